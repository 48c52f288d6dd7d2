//! What a plan, its data and an evaluation may take: one typed table of limits.

use thiserror::Error;

/// Bounds on what a plan from a stranger may cost. Every bound has a typed error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one plan file, part or calendar.
    pub plan_bytes: usize,
    /// Bytes of one JSON or TOML data document (tables in CSV have no such bound).
    pub document_bytes: usize,
    /// How deep an expression, a type or a data document may nest.
    pub depth: usize,
    /// Files that a plan may import, directly or not.
    pub imports: usize,
    /// Definitions (terms, inputs, rules, functions) of one plan.
    pub definitions: usize,
    /// How deep functions may call each other.
    pub calls: usize,
    /// Bits of a fraction's numerator or denominator.
    pub fraction_bits: u64,
    /// Elements of a list that a formula builds.
    pub list_items: usize,
    /// Bytes of a text that a formula builds.
    pub text_bytes: usize,
    /// Items and bytes that `+` puts together in one evaluation, all lists and texts counted.
    pub joined: u64,
    /// How deep formulas and the functions that they call may be evaluated inside each other.
    pub nesting: usize,
    /// Steps (formula nodes evaluated) of one evaluation.
    pub steps: u64,
    /// Faults of the data reported one by one; the rest are counted.
    pub faults: usize,
}

impl Limits {
    /// The limits that apply unless a caller sets others.
    pub const DEFAULT: Self = Self {
        plan_bytes: 4 << 20,
        document_bytes: 64 << 20,
        depth: 64,
        imports: 64,
        definitions: 20_000,
        calls: 64,
        fraction_bits: 16_384,
        list_items: 10_000_000,
        text_bytes: 1 << 20,
        joined: 100_000_000,
        nesting: 600,
        steps: 20_000_000_000,
        faults: 1_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A limit was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum LimitError {
    /// A fraction grew beyond [`Limits::fraction_bits`].
    #[error("the exact fraction needs more than {0} bits")]
    Fraction(u64),
    /// An evaluation took more than [`Limits::steps`].
    #[error("the evaluation takes more than {0} steps")]
    Steps(u64),
    /// A list grew beyond [`Limits::list_items`].
    #[error("a list has more than {0} items")]
    List(usize),
    /// A text grew beyond [`Limits::text_bytes`].
    #[error("a text has more than {0} bytes")]
    Text(usize),
    /// `+` put more together than [`Limits::joined`].
    #[error("lists and texts put together with `+` have more than {0} items and bytes in all")]
    Joined(u64),
    /// Formulas are evaluated inside each other deeper than [`Limits::nesting`].
    #[error("formulas and functions nest more than {0} deep")]
    Nesting(usize),
    /// Functions call each other deeper than [`Limits::calls`].
    #[error("functions call each other more than {0} deep")]
    Calls(usize),
}

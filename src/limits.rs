//! What a plan, its data and an evaluation may take: one typed table of limits.

use thiserror::Error;

/// Bounds on what a plan from a stranger may cost. Every bound has a typed error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one plan file, part or calendar.
    pub plan_bytes: usize,
    /// Bytes of one JSON or TOML data document (tables in CSV have no such bound).
    pub document_bytes: usize,
    /// Bytes of a table that is read with the place of every value, whatever its format.
    pub table_bytes: usize,
    /// Bytes of memory that the texts and formats take which the sheets of a workbook share.
    pub workbook_bytes: usize,
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
    /// Values that an evaluation may hold at a time in what its formulas build: items of lists, fields
    /// of records, and one for every few bytes of a text or a long fraction. Whatever the data.
    pub values: u64,
    /// Values that it may hold besides, for each row of the data.
    pub values_per_row: u64,
    /// Rows of a table that formulas may hold as a list, or that are allocated among.
    pub walked_rows: usize,
    /// Conclusions that may fail before the evaluation is given up.
    pub failures: usize,
    /// Rows that may be refused in an evaluation that goes on without them.
    pub refused_rows: usize,
    /// How deep formulas and the functions that they call may be evaluated inside each other.
    pub nesting: usize,
    /// Steps of one evaluation, whatever the data: a part of a formula evaluated is one, and work on
    /// lists, texts and long fractions counts by their size.
    pub steps: u64,
    /// Steps that it may take besides, for each row of the data.
    pub steps_per_row: u64,
    /// Steps that the constants of a plan (terms, bounds, steps, expected values) may take, all together.
    pub constant_steps: u64,
    /// Values that a constant may hold.
    pub constant_values: u64,
    /// Faults of the data reported one by one; the rest are counted.
    pub faults: usize,
}

impl Limits {
    /// The limits that apply unless a caller sets others.
    pub const DEFAULT: Self = Self {
        plan_bytes: 4 << 20,
        document_bytes: 8 << 20,
        table_bytes: usize::MAX,
        workbook_bytes: usize::MAX,
        depth: 64,
        imports: 64,
        definitions: 20_000,
        calls: 64,
        fraction_bits: 16_384,
        list_items: 10_000_000,
        text_bytes: 1 << 20,
        values: 40_000_000,
        values_per_row: 50,
        walked_rows: usize::MAX,
        failures: usize::MAX,
        refused_rows: usize::MAX,
        nesting: 400,
        steps: 200_000_000,
        steps_per_row: 100_000,
        constant_steps: 10_000_000,
        constant_values: 1_000_000,
        faults: 1_000,
    };
}

/// A count with commas between its thousands.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut out = String::new();
    for (left, digit) in (0..digits.len()).rev().zip(digits.chars()) {
        out.push(digit);
        if left > 0 && left % 3 == 0 {
            out.push(',');
        }
    }
    out
}

impl LimitError {
    /// Whether it bounds the evaluation as a whole, so that nothing more can be evaluated.
    #[must_use]
    pub fn ends_evaluation(&self) -> bool {
        matches!(self, Self::Steps(_) | Self::Values(_) | Self::Rows(_) | Self::Failures(_))
    }
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
    #[error("the evaluation takes more than {} steps", grouped(*.0))]
    Steps(u64),
    /// A list grew beyond [`Limits::list_items`].
    #[error("a list has more than {} items", grouped(*.0 as u64))]
    List(usize),
    /// A text grew beyond [`Limits::text_bytes`].
    #[error("a text has more than {} bytes", grouped(*.0 as u64))]
    Text(usize),
    /// An evaluation held more than [`Limits::values`] and [`Limits::values_per_row`] allow.
    #[error("lists, records and texts hold more than {} values at a time", grouped(*.0))]
    Values(u64),
    /// Rows of a table beyond [`Limits::walked_rows`] were to be held at a time.
    #[error("more than {} rows of a table are held in memory at a time", grouped(*.0 as u64))]
    Rows(usize),
    /// More conclusions failed than [`Limits::failures`].
    #[error("more than {} conclusions failed", grouped(*.0 as u64))]
    Failures(usize),
    /// Formulas are evaluated inside each other deeper than [`Limits::nesting`].
    #[error("formulas and functions nest more than {0} deep")]
    Nesting(usize),
    /// Functions call each other deeper than [`Limits::calls`].
    #[error("functions call each other more than {0} deep")]
    Calls(usize),
}

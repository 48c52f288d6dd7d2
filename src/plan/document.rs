//! The plan file as read: every formula parsed, every name and place kept, nothing resolved yet.

use crate::diagnostic::{Code, Level};
use crate::number::RoundingMode;
use crate::source::{Name, SourceId, SourceMap, Span, Spanned};
use crate::syntax::ast::{Expr, TypeExpr};
use crate::value::{Calendar, MonthEnd};
use chrono::NaiveDate;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// A plan file and the parts it imports, merged; names are unique within each kind of thing.
#[derive(Clone, Debug, Default)]
pub struct Document {
    /// Every text the plan was read from.
    pub sources: SourceMap,
    /// `[plan]`.
    pub header: Header,
    /// `[conventions]`.
    pub conventions: Conventions,
    /// `[amendment]`, where there is one.
    pub amendment: Option<Amendment>,
    /// `[types]`, in the file's order like everything below.
    pub types: Vec<TypeAlias>,
    /// `[terms]`.
    pub terms: Vec<Term>,
    /// `[inputs]`.
    pub inputs: Vec<Input>,
    /// `[functions]`.
    pub functions: Vec<Function>,
    /// `[rules]`.
    pub rules: Vec<Rule>,
    /// `[assumptions]`.
    pub assumptions: Vec<Assumption>,
    /// `[outline]`.
    pub outline: Vec<OutlineEntry>,
    /// Calendars imported, by the name that formulas use.
    pub calendars: Vec<CalendarImport>,
    /// `[lints]`.
    pub lints: Vec<Lint>,
    /// `[fixtures]`.
    pub fixtures: Vec<Fixture>,
    /// `[[tests]]`.
    pub tests: Vec<Test>,
    /// `[[mutants]]`.
    pub mutants: Vec<AcceptedMutant>,
    /// Names of definitions, fields included, that could not be read and were left out, also
    /// `term_date`, `rounding`, `month_end` and currency codes. Each is reported already: that
    /// something else uses such a name, or misses it, is no further fault.
    pub broken: Vec<Name>,
    /// Whether definitions may be missing whose names nobody knows: a part was not found, or the
    /// plan has too many. Then an unknown name is no further fault at all.
    pub incomplete: bool,
    /// Words on lines that faults of the TOML take away: what they would have defined is not known.
    pub lost: BTreeSet<Arc<str>>,
    /// Words of everything that could not be read: what they name counts as used.
    pub mentioned: BTreeSet<Arc<str>>,
    /// Places of definitions in which reading found a problem, in the
    /// order of the text and apart from each other: each is the name, or more around it.
    pub unsure: Vec<Span>,
    /// Every formula and type that is written as text, in the order in which they were read.
    pub written: Vec<Written>,
    /// Whether reading found an error.
    pub faulty: bool,
    /// Whether what data must be like could all be read: inputs, and what their defaults, bounds and
    /// conditions may use.
    pub inputs_sound: bool,
}

/// A formula or a type that is written as text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Its place, with the quotes.
    pub span: Span,
    /// Whether it is a type.
    pub is_type: bool,
}

/// What a plan file is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// A plan: it may be run.
    #[default]
    Plan,
    /// A part (`[part]` in place of `[plan]`): types, terms, inputs, functions and assumptions that plans import.
    Part,
    /// A calendar (`[calendar]`): holidays that plans and parts import.
    Calendar,
}

impl Role {
    /// What it is called, with its article.
    #[must_use]
    pub fn noun(&self) -> &'static str {
        match self {
            Self::Plan => "a plan",
            Self::Part => "a part",
            Self::Calendar => "a calendar",
        }
    }
}

/// `[plan]` (or `[part]`): what the file is.
#[derive(Clone, Debug, Default)]
pub struct Header {
    /// Plan or part.
    pub role: Role,
    /// The version of the plan language, 1.
    pub language: u32,
    /// `id`.
    pub id: Arc<str>,
    /// `title`.
    pub title: Arc<str>,
    /// `source`: the document that the plan encodes.
    pub source: Option<Arc<str>>,
    /// `about`.
    pub about: Option<Arc<str>>,
    /// `currency` (one) or `currencies`: ISO codes and the decimals of each (2 unless `decimals` says).
    pub currencies: Vec<Currency>,
    /// `units`: further units that the plan declares, singular.
    pub units: Vec<Name>,
    /// `term_date`: the date at which a term with a history is read.
    pub term_date: Option<Expr>,
    /// The span of the whole header's name.
    pub span: Span,
    /// The file.
    pub file: SourceId,
}

/// A declared currency.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Currency {
    /// Its ISO code, three capital letters.
    pub code: Name,
    /// Decimals of its smallest unit.
    pub decimals: u32,
}

/// `[conventions]`: what is undecided until it is declared.
#[derive(Clone, Debug, Default)]
pub struct Conventions {
    /// `month_end`: the day where the later month is too short. One reading today: `clamp`, its last day.
    pub month_end: Option<Spanned<MonthEnd>>,
    /// `rounding`: the tie rule of `round`.
    pub rounding: Option<Spanned<RoundingMode>>,
}

/// `[amendment]`: whose approval a change of the plan needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Amendment {
    /// `default`: the approval of what does not say (`change`).
    pub default: Option<Name>,
    /// `change`: the approval of a change of this section itself.
    pub change: Option<Name>,
    /// `[amendment.approvals.name]`, in the file's order.
    pub approvals: Vec<Approval>,
}

impl Amendment {
    /// The approval of this name.
    #[must_use]
    pub fn of(&self, name: &str) -> Option<&Approval> {
        self.approvals.iter().find(|a| &*a.name.value == name)
    }
}

/// An approval that changes may need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approval {
    /// What `change` calls it.
    pub name: Name,
    /// Who must approve.
    pub by: Arc<str>,
    /// The clauses that say so.
    pub cite: Vec<Spanned<Arc<str>>>,
    /// The document's words.
    pub words: Option<Arc<str>>,
}

/// `[types] name = "one of a, b"`.
#[derive(Clone, Debug)]
pub struct TypeAlias {
    /// Its name.
    pub name: Name,
    /// What it stands for.
    pub ty: TypeExpr,
}

/// `[terms] name = { ... }`: a figure the plan states.
#[derive(Clone, Debug)]
pub struct Term {
    /// Its name.
    pub name: Name,
    /// Its versions by date: one without a date, or several in ascending order of `from`.
    pub versions: Vec<TermVersion>,
    /// Common entries.
    pub notes: Notes,
}

/// A term's value from a date on.
#[derive(Clone, Debug)]
pub struct TermVersion {
    /// The first day it is in force; none for a term without a history.
    pub from: Option<Spanned<NaiveDate>>,
    /// The last day it is in force (`until`), where the history says so.
    pub until: Option<Spanned<NaiveDate>>,
    /// The value, a constant formula.
    pub value: Expr,
}

/// Entries that terms, inputs, functions, rules and assumptions share.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// `cite`: the clauses followed.
    pub cite: Vec<Spanned<Arc<str>>>,
    /// `about`: one line for readers.
    pub about: Option<Arc<str>>,
    /// `change`: who must approve a change (`board`, `stockholders`, ...).
    pub change: Option<Change>,
}

/// `change = "board"`, or `change = { increase = "stockholders", decrease = "board" }`: whose approval a
/// change of a definition needs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// Of any change.
    pub any: Option<Name>,
    /// Of a greater figure or a later date, where the two differ.
    pub increase: Option<Name>,
    /// Of a lesser figure or an earlier date.
    pub decrease: Option<Name>,
}

impl Notes {
    /// Who must approve a change, in words.
    #[must_use]
    pub fn approval(&self) -> Option<Arc<str>> {
        self.change.as_ref().map(|change| change.to_string().into())
    }
}

impl Change {
    /// Every approval that it names.
    pub fn names(&self) -> impl Iterator<Item = &Name> {
        [&self.any, &self.increase, &self.decrease].into_iter().flatten()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let directed = [(&self.increase, "increase"), (&self.decrease, "decrease")];
        let directed = directed
            .into_iter()
            .filter_map(|(name, word)| name.as_ref().map(|name| format!("{} ({word})", name.value)));
        let all: Vec<String> = self.any.iter().map(|n| n.value.to_string()).chain(directed).collect();
        f.write_str(&all.join(", "))
    }
}

/// `[inputs.name]`.
#[derive(Clone, Debug)]
pub struct Input {
    /// Its name.
    pub name: Name,
    /// What it is.
    pub kind: InputKind,
    /// Common entries.
    pub notes: Notes,
}

/// The shapes of an input.
#[derive(Clone, Debug)]
pub enum InputKind {
    /// `name = { type = "..." }`: one value.
    Scalar(Box<Field>),
    /// `[inputs.name]` with `fields` (and without `key`): one record.
    Record {
        /// `optional = true`: the record may be absent as a whole.
        optional: bool,
        /// Its fields.
        fields: Vec<Field>,
        /// Its conditions.
        require: Vec<Condition>,
    },
    /// `[inputs.name]` with `key`: a table.
    Table {
        /// The key's fields, one or more.
        key: Vec<Name>,
        /// Its fields.
        fields: Vec<Field>,
        /// Conditions over each row.
        require: Vec<Condition>,
    },
}

impl InputKind {
    /// Its fields; a scalar is a field itself.
    #[must_use]
    pub fn fields(&self) -> &[Field] {
        match self {
            Self::Scalar(field) => std::slice::from_ref(field),
            Self::Record { fields, .. } | Self::Table { fields, .. } => fields,
        }
    }

    /// The same fields, to change them.
    pub fn fields_mut(&mut self) -> &mut [Field] {
        match self {
            Self::Scalar(field) => std::slice::from_mut(field),
            Self::Record { fields, .. } | Self::Table { fields, .. } => fields,
        }
    }

    /// Its conditions, of which a scalar has none.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        match self {
            Self::Scalar(_) => &[],
            Self::Record { require, .. } | Self::Table { require, .. } => require,
        }
    }

    /// The same conditions, to change them.
    pub fn conditions_mut(&mut self) -> &mut [Condition] {
        match self {
            Self::Scalar(_) => &mut [],
            Self::Record { require, .. } | Self::Table { require, .. } => require,
        }
    }
}

/// A field of a record or table, or a scalar input.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// `type`.
    pub ty: TypeExpr,
    /// `default`, a formula over other fields and inputs.
    pub default: Option<Expr>,
    /// `min`, `max` (inclusive), `above`, `below` (exclusive), each a constant formula.
    pub bounds: Vec<(BoundKind, Expr)>,
    /// `whole = true`.
    pub whole: Option<Span>,
    /// `step = "0.01 USD"`: a multiple of it.
    pub step: Option<Expr>,
    /// `unique = true`.
    pub unique: Option<Span>,
    /// Common entries.
    pub notes: Notes,
}

/// Which bound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundKind {
    /// `min`: at least.
    Min,
    /// `max`: at most.
    Max,
    /// `above`: more than.
    Above,
    /// `below`: less than.
    Below,
}

impl BoundKind {
    /// How it is said: "at least".
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Min => "at least",
            Self::Max => "at most",
            Self::Above => "above",
            Self::Below => "below",
        }
    }
}

/// `{ that = "...", field = "...", message = "..." }`.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What must hold.
    pub that: Expr,
    /// The field to blame.
    pub field: Name,
    /// What to say, after the field's name: "is required unless the status is active".
    pub message: Arc<str>,
}

/// `[functions.name]`.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters, in order.
    pub params: Vec<(Name, TypeExpr)>,
    /// Its declared result.
    pub ty: Option<TypeExpr>,
    /// Its formula.
    pub body: Expr,
    /// Common entries.
    pub notes: Notes,
}

/// `[rules.name]` or `[rules.table.name]`.
#[derive(Clone, Debug)]
pub struct Rule {
    /// The table whose every row it concludes about; none for a figure of the plan.
    pub table: Option<Name>,
    /// Its name.
    pub name: Name,
    /// Its declared type.
    pub ty: Option<TypeExpr>,
    /// `private = true`: a step of the calculation, left out of the results unless asked for by name.
    pub private: bool,
    /// The range that its conclusion must lie in, as a field's.
    pub bounds: Vec<(BoundKind, Expr)>,
    /// How it concludes.
    pub body: RuleBody,
    /// Common entries.
    pub notes: Notes,
}

/// The forms of a rule.
#[derive(Clone, Debug)]
pub enum RuleBody {
    /// `value = "..."`.
    Value(Expr),
    /// `cases = [...]` with `otherwise`.
    Cases {
        /// Tried in order.
        cases: Vec<Case>,
        /// Where none applies; its span is that of the whole rule's name where it is missing.
        otherwise: Option<Otherwise>,
    },
    /// `all = [...]`: requirements that collect reasons; the rule is true where all are met.
    All(Vec<Requirement>),
    /// `allocate = { ... }`: exact parts, one for each row, cut to whole steps.
    Allocate(Box<Allocate>),
}

/// `{ when = "...", then = "...", cite = "..." }`.
#[derive(Clone, Debug)]
pub struct Case {
    /// The condition.
    pub when: Expr,
    /// What it gives.
    pub then: Expr,
    /// Its clause.
    pub cite: Option<Spanned<Arc<str>>>,
}

/// `otherwise = "..."` or `otherwise = { then = "...", cite = "..." }`.
#[derive(Clone, Debug)]
pub struct Otherwise {
    /// What is given where no case applies.
    pub then: Expr,
    /// Its clause.
    pub cite: Option<Spanned<Arc<str>>>,
}

/// `{ require = "...", reason = "...", cite = "..." }`.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// What must hold.
    pub require: Expr,
    /// The reason collected where it does not.
    pub reason: Name,
    /// Its clause.
    pub cite: Option<Spanned<Arc<str>>>,
}

/// `{ parts, step, remainder, ties, within, where }`: each row's exact part cut down to whole steps,
/// the steps left over given one each to the largest cut-off parts, so that the total is conserved.
#[derive(Clone, Debug)]
pub struct Allocate {
    /// The exact part of a row.
    pub parts: Expr,
    /// The step to cut to, the same for all rows.
    pub step: Expr,
    /// Breaks ties between equal cut-off parts, the smaller first.
    pub ties: Expr,
    /// Rows with the same value share one total; none: all rows do.
    pub within: Option<Expr>,
}

/// `[assumptions.name]`: where the document is silent.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// Its name.
    pub name: Name,
    /// The readings with what each means, the order as written.
    pub readings: Vec<(Name, Arc<str>)>,
    /// The reading chosen.
    pub chosen: Name,
    /// Common entries.
    pub notes: Notes,
}

/// `[outline]`: what became of one clause of the document.
#[derive(Clone, Debug)]
pub struct OutlineEntry {
    /// The clause, as the document numbers it.
    pub clause: Spanned<Arc<str>>,
    /// Its heading in the document's words.
    pub heading: Option<Arc<str>>,
    /// What became of it; one clause may end as several things.
    pub status: Vec<OutlineStatus>,
}

/// What a clause of the document became.
#[derive(Clone, Debug)]
pub enum OutlineStatus {
    /// `rule = "participants.eligible"` or a list of them.
    Rule(Name),
    /// `input = "period.limits_set_on"`: an input, or a field of one.
    Input(Name),
    /// `term = "..."`.
    Term(Name),
    /// `assumption = "..."`.
    Assumption(Name),
    /// `discretion = "why"`: somebody decides, and the decision arrives as data.
    Discretion(Spanned<Arc<str>>),
    /// `narrative = "why"`: nothing to compute.
    Narrative(Spanned<Arc<str>>),
}

/// `[lints] name = "level"` or `name = { level = "allow", reason = "..." }`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lint {
    /// What it finds.
    pub code: Code,
    /// How much that weighs in this plan.
    pub level: Level,
    /// Why, where the plan says so: always where it is allowed.
    pub reason: Option<Arc<str>>,
}

/// A calendar file imported under a name.
#[derive(Clone, Debug)]
pub struct CalendarImport {
    /// The name formulas use.
    pub name: Name,
    /// The days.
    pub calendar: Arc<Calendar>,
}

/// `[fixtures.name]`: data that tests share.
#[derive(Clone, Debug)]
pub struct Fixture {
    /// Its name.
    pub name: Name,
    /// Another fixture that it starts from (`use`).
    pub base: Option<Name>,
    /// `given`: scalars, records, tables.
    pub given: crate::value::Raw,
    /// `rows.TABLE`: fields that every row of a test's table has unless it says otherwise.
    pub rows: crate::value::Raw,
}

/// `[[tests]]`.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: Name,
    /// `cite`: the clause it is about.
    pub cite: Vec<Spanned<Arc<str>>>,
    /// `use`: the fixture it starts from.
    pub base: Option<Name>,
    /// `given`; none where it is not known what the test's data are, or what is to come of them.
    pub given: Option<crate::value::Raw>,
    /// `assume.NAME = "reading"`.
    pub assume: Vec<(Name, Name)>,
    /// `as_of`: the date at which terms are read.
    pub as_of: Option<Spanned<NaiveDate>>,
    /// `expect`: plan figures by name, rows by table and key.
    pub expect: Vec<Expectation>,
    /// `refused`: instead of `expect`, the data must be refused, with a fault of this field (`participants.status_date`).
    pub refused: Option<Name>,
    /// `fails`: instead of `expect`, the evaluation must fail in this rule.
    pub fails: Option<Fails>,
    /// `unconfirmed = true`: proposed, and not yet calculated by hand; it counts for nothing.
    pub unconfirmed: bool,
}

/// `[[mutants]]`: a change of the plan that no test can tell or need tell, and why.
#[derive(Clone, Debug)]
pub struct AcceptedMutant {
    /// The definition that is changed, as `whereas mutate` names it.
    pub place: Name,
    /// The change, in the same words.
    pub change: Name,
    /// Why no test tells it.
    pub why: Arc<str>,
}

/// `fails = "RULE"` or `fails = { rule = "RULE", code = "CODE" }`.
#[derive(Clone, Debug)]
pub struct Fails {
    /// The rule.
    pub rule: Name,
    /// The code of its failure, where the test says it.
    pub code: Option<Name>,
}

/// One expected conclusion.
#[derive(Clone, Debug)]
pub struct Expectation {
    /// The table and the row's key, for a rule of a table.
    pub row: Option<(Name, Name)>,
    /// The rule.
    pub rule: Name,
    /// The value: a constant formula (`"0.10 USD"`, `"purchase"`, `"[a, b]"`, `"absent"`).
    pub value: Expr,
}

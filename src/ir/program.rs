//! What a checked plan is made of.

use super::Expr;
use crate::diagnostic::Code;
use crate::number::{Num, RoundingMode};
use crate::plan::{AcceptedMutant, BoundKind, Fixture};
use crate::source::{Name, SourceMap, Span};
use crate::value::{Calendar, EnumType, MonthEnd, Type, Value};
use chrono::NaiveDate;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A rule of a program, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub usize);

/// A function of a program, by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub usize);

/// The record that holds a plan's scalar inputs.
pub const SCALARS: usize = 0;

/// A checked plan.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// The texts it was read from.
    pub sources: SourceMap,
    /// The plan's id, title and document.
    pub id: Arc<str>,
    /// The plan's title.
    pub title: Arc<str>,
    /// The document that the plan encodes.
    pub source: Option<Arc<str>>,
    /// One line about it.
    pub about: Option<Arc<str>>,
    /// The version of the plan language.
    pub language: u32,
    /// Further units that the plan declares.
    pub units: Vec<Name>,
    /// Decimals of each declared currency.
    pub currencies: BTreeMap<Arc<str>, u32>,
    /// The month-end convention, where one is declared.
    pub month_end: Option<MonthEnd>,
    /// The tie rule of `round`, where one is declared.
    pub rounding: Option<RoundingMode>,
    /// The date at which terms with a history are read.
    pub term_date: Option<Expr>,
    /// Terms.
    pub terms: Vec<Term>,
    /// Input records; the first holds the scalars.
    pub records: Vec<Record>,
    /// Input tables.
    pub tables: Vec<Table>,
    /// Functions.
    pub functions: Vec<Function>,
    /// Rules, in the order of the plan file.
    pub rules: Vec<Rule>,
    /// Every rule after all those it uses: the strata of evaluation.
    pub order: Vec<RuleId>,
    /// Fields with defaults, every one after those its default uses: table (or none for a record),
    /// its index, and the field's.
    pub defaults: Vec<(Holder, usize)>,
    /// Assumptions.
    pub assumptions: Vec<Assumption>,
    /// Calendars.
    pub calendars: Vec<Arc<Calendar>>,
    /// The names by which formulas use the calendars, in the same order.
    pub calendar_names: Vec<Name>,
    /// What became of each clause of the document, in the document's order.
    pub outline: Vec<Clause>,
    /// Data that the plan's own tests share.
    pub fixtures: Vec<Fixture>,
    /// The plan's own tests.
    pub tests: Vec<Test>,
    /// Changes of the plan that its tests do not tell, as the plan accepts them.
    pub mutants: Vec<AcceptedMutant>,
}

impl Program {
    /// The rule with this id.
    #[must_use]
    pub fn rule(&self, id: RuleId) -> Option<&Rule> {
        self.rules.get(id.0)
    }

    /// The name of a rule as results show it: `total_cost`, `participants.refund`.
    #[must_use]
    pub fn rule_name(&self, id: RuleId) -> String {
        let Some(rule) = self.rule(id) else { return String::new() };
        match rule.table.and_then(|t| self.tables.get(t)) {
            Some(table) => format!("{}.{}", table.name.value, rule.name.value),
            None => rule.name.value.to_string(),
        }
    }

    /// The rule with this name, as [`Program::rule_name`] writes it.
    #[must_use]
    pub fn find_rule(&self, name: &str) -> Option<RuleId> {
        (0..self.rules.len()).map(RuleId).find(|id| self.rule_name(*id) == name)
    }

    /// The index of the table with this name.
    #[must_use]
    pub fn find_table(&self, name: &str) -> Option<usize> {
        self.tables.iter().position(|t| &*t.name.value == name)
    }

    /// The index of the record with this name.
    #[must_use]
    pub fn find_record(&self, name: &str) -> Option<usize> {
        self.records.iter().skip(1).position(|r| &*r.name.value == name).map(|i| i.saturating_add(1))
    }

    /// The name of a record or table; empty for the scalars.
    #[must_use]
    pub fn holder_name(&self, holder: Holder) -> &str {
        match holder {
            Holder::Record(record) => self.records.get(record).map_or("", |r| &r.name.value),
            Holder::Table(table) => self.tables.get(table).map_or("", |t| &t.name.value),
        }
    }

    /// The fields of a record or table.
    #[must_use]
    pub fn fields(&self, holder: Holder) -> &[Field] {
        match holder {
            Holder::Record(record) => self.records.get(record).map_or(&[], |r| &r.fields),
            Holder::Table(table) => self.tables.get(table).map_or(&[], |t| &t.fields),
        }
    }

    /// Rules of a table, or of the plan, in the plan's order.
    pub fn rules_of(&self, table: Option<usize>) -> impl Iterator<Item = (RuleId, &Rule)> {
        self.rules.iter().enumerate().filter(move |(_, r)| r.table == table).map(|(i, r)| (RuleId(i), r))
    }
}

/// A term.
#[derive(Clone, Debug)]
pub struct Term {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its versions, in order of date.
    pub versions: Vec<TermVersion>,
    /// Its clauses.
    pub cite: Vec<Arc<str>>,
    /// One line about it.
    pub about: Option<Arc<str>>,
    /// Who may change it.
    pub change: Option<Arc<str>>,
}

impl Term {
    /// The version in force on a date; the only one where there is no history.
    #[must_use]
    pub fn at(&self, date: Option<NaiveDate>) -> Option<&TermVersion> {
        match (self.versions.as_slice(), date) {
            ([only], _) if only.from.is_none() => Some(only),
            (versions, Some(date)) => versions
                .iter()
                .rev()
                .find(|v| v.from.is_none_or(|f| f <= date))
                .filter(|v| v.until.is_none_or(|u| date <= u)),
            _ => None,
        }
    }

    /// The days around a date on which no version is in force: the last day of the version before it,
    /// where there is one that ends, and the first of the version after it.
    #[must_use]
    pub fn gap(&self, date: NaiveDate) -> (Option<NaiveDate>, Option<NaiveDate>) {
        let before = self.versions.iter().filter_map(|v| v.until).filter(|until| *until < date).max();
        let after = self.versions.iter().filter_map(|v| v.from).filter(|from| date < *from).min();
        (before, after)
    }

    /// Whether it has versions by date.
    #[must_use]
    pub fn has_history(&self) -> bool {
        self.versions.iter().any(|v| v.from.is_some())
    }
}

/// A term's value from a date on.
#[derive(Clone, Debug)]
pub struct TermVersion {
    /// The first day.
    pub from: Option<NaiveDate>,
    /// The last day.
    pub until: Option<NaiveDate>,
    /// The value.
    pub value: Value,
    /// Where it is written.
    pub span: Span,
}

/// What holds fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    /// A record.
    Record(usize),
    /// A table.
    Table(usize),
}

/// An input record.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name; empty for the scalars.
    pub name: Name,
    /// Whether it may be absent as a whole.
    pub optional: bool,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Its conditions.
    pub conditions: Vec<Condition>,
    /// Its clauses.
    pub cite: Vec<Arc<str>>,
    /// One line about it.
    pub about: Option<Arc<str>>,
}

/// An input table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Its name.
    pub name: Name,
    /// The fields of its key.
    pub key: Vec<usize>,
    /// Its fields.
    pub fields: Vec<Field>,
    /// Conditions on each row, which is in slot 0.
    pub conditions: Vec<Condition>,
    /// Its clauses.
    pub cite: Vec<Arc<str>>,
    /// One line about it.
    pub about: Option<Arc<str>>,
}

/// A field of a record or table.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: Name,
    /// Its type; a reference is the row referred to.
    pub ty: Type,
    /// What it is where the data does not say; the row is in slot 0.
    pub default: Option<Expr>,
    /// Its bounds.
    pub bounds: Vec<Bound>,
    /// What it must be a multiple of.
    pub step: Option<Num>,
    /// Whether no two rows may share a value.
    pub unique: bool,
    /// Its clauses.
    pub cite: Vec<Arc<str>>,
    /// One line about it.
    pub about: Option<Arc<str>>,
}

/// A bound of a field or of a rule's conclusion.
#[derive(Clone, Debug)]
pub struct Bound {
    /// Which.
    pub kind: BoundKind,
    /// The number or date.
    pub value: Value,
    /// Where it stands.
    pub span: Span,
}

impl Bound {
    /// Whether a value satisfies it.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        crate::library::compare(value, &self.value).is_some_and(|order| match self.kind {
            BoundKind::Min => order.is_ge(),
            BoundKind::Max => order.is_le(),
            BoundKind::Above => order.is_gt(),
            BoundKind::Below => order.is_lt(),
        })
    }
}

/// A condition of a record or of each row of a table.
#[derive(Clone, Debug)]
pub struct Condition {
    /// What must hold; for a table the row is in slot 0.
    pub that: Expr,
    /// The field to blame.
    pub field: usize,
    /// What to say.
    pub message: Arc<str>,
}

/// A function.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its name.
    pub name: Name,
    /// Its parameters, in slots from 0.
    pub params: Vec<(Arc<str>, Type)>,
    /// Its result.
    pub ty: Type,
    /// Its formula.
    pub body: Expr,
    /// Slots that its formula needs.
    pub slots: usize,
    /// Its clauses.
    pub cite: Vec<Arc<str>>,
    /// One line about it.
    pub about: Option<Arc<str>>,
    /// Who may change it.
    pub change: Option<Arc<str>>,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name.
    pub name: Name,
    /// The table whose every row it concludes about.
    pub table: Option<usize>,
    /// The type of its conclusion.
    pub ty: Type,
    /// Whether it is left out of the results unless asked for.
    pub private: bool,
    /// The range that its conclusion must lie in, where it has one.
    pub bounds: Vec<Bound>,
    /// How it concludes; the row of a table's rule is in slot 0.
    pub body: RuleBody,
    /// Slots that its formulas need.
    pub slots: usize,
    /// Its clauses.
    pub cite: Vec<Arc<str>>,
    /// One line about it.
    pub about: Option<Arc<str>>,
    /// Who may change it.
    pub change: Option<Arc<str>>,
}

/// How a rule concludes.
#[derive(Clone, Debug)]
pub enum RuleBody {
    /// A formula.
    Value(Expr),
    /// Cases tried in order; the last without a condition.
    Cases(Vec<Case>),
    /// Requirements; true where all are met.
    All(Vec<Requirement>),
    /// Exact parts cut to whole steps.
    Allocate(Box<Allocate>),
}

/// A case.
#[derive(Clone, Debug)]
pub struct Case {
    /// When it applies; always, for `otherwise`.
    pub when: Option<Expr>,
    /// What it gives.
    pub then: Expr,
    /// Its clause.
    pub cite: Option<Arc<str>>,
}

/// A requirement.
#[derive(Clone, Debug)]
pub struct Requirement {
    /// What must hold.
    pub require: Expr,
    /// The reason where it does not.
    pub reason: Arc<str>,
    /// Its clause.
    pub cite: Option<Arc<str>>,
}

/// Exact parts, one for each row, cut to whole steps with their total conserved.
#[derive(Clone, Debug)]
pub struct Allocate {
    /// The exact part of a row.
    pub parts: Expr,
    /// The step.
    pub step: Expr,
    /// What breaks ties, the smaller first.
    pub ties: Expr,
    /// Rows with the same value share one total.
    pub within: Option<Expr>,
}

/// An assumption.
#[derive(Clone, Debug)]
pub struct Assumption {
    /// Its name.
    pub name: Name,
    /// Its readings as an enumeration.
    pub readings: Arc<EnumType>,
    /// What each reading means, in the same order.
    pub meanings: Vec<Arc<str>>,
    /// The reading chosen.
    pub chosen: usize,
    /// Its clauses.
    pub cite: Vec<Arc<str>>,
    /// One line about it.
    pub about: Option<Arc<str>>,
    /// Who may change it.
    pub change: Option<Arc<str>>,
}

/// A clause of the document, and what became of it.
#[derive(Clone, Debug)]
pub struct Clause {
    /// The clause, as the document numbers it.
    pub name: Name,
    /// Its heading in the document's words.
    pub heading: Option<Arc<str>>,
    /// What became of it; one clause may end as several things.
    pub status: Vec<ClauseStatus>,
}

/// What a clause of the document became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClauseStatus {
    /// A rule.
    Rule(RuleId),
    /// A function.
    Function(FunctionId),
    /// An input record or table.
    Input(Holder),
    /// A field of one.
    Field(Holder, usize),
    /// A term.
    Term(usize),
    /// An assumption.
    Assumption(usize),
    /// Somebody decides, and the decision arrives as data.
    Discretion(Arc<str>),
    /// Nothing to compute.
    Narrative(Arc<str>),
}

/// What an evaluation is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Selection {
    /// Every rule that is not private.
    #[default]
    All,
    /// These rules.
    Rules(Vec<RuleId>),
}

/// One of the plan's own tests, resolved.
#[derive(Clone, Debug)]
pub struct Test {
    /// Its name.
    pub name: Name,
    /// The clauses it is about.
    pub cite: Vec<Arc<str>>,
    /// The fixture it starts from.
    pub base: Option<Name>,
    /// Its data as the test writes them, without the fixture's.
    pub own: crate::value::Raw,
    /// Its data, fixtures merged in.
    pub given: crate::value::Raw,
    /// Readings by assumption, both by index.
    pub assume: Vec<(usize, usize)>,
    /// The date at which terms are read.
    pub as_of: Option<NaiveDate>,
    /// What it expects.
    pub expect: Expectation,
    /// Whether it is only proposed: it counts for nothing then.
    pub unconfirmed: bool,
}

/// What a test expects.
#[derive(Clone, Debug)]
pub enum Expectation {
    /// These conclusions: rule, row key for a table's rule, value, place.
    Values(Vec<(RuleId, Option<Name>, Value, Span)>),
    /// Data refused with a fault of this field (`participants.status_date`).
    Refused(Name),
    /// An evaluation that fails in this rule, with this code where the test says it.
    Fails(RuleId, Option<Code>, Span),
}

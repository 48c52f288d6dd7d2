//! One row of a table at a time, while the figures of the plan stay as an evaluation found them.

use super::error::EvaluateError;
use super::evaluation::{failures_of, select};
use super::results::Results;
use super::rows;
use crate::data::{to_raw, validate_row};
use crate::diagnostic::{Code, Diagnostic};
use crate::eval::{Choices, Concluded, Dataset, Obstacle, Of, Shown, Single, Why};
use crate::ir::{Program, RuleId};
use crate::limits::Limits;
use crate::value::{Type, Value};
use serde::de::DeserializeOwned;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

/// Evaluates rows of one table one at a time, with all that does not depend on the row taken from the
/// [`Results`] that it was made of, by [`Results::row_evaluator`]:
///
/// * the figures of the plan, such as a price or a total. They are not evaluated again: a total does not
///   come to include the row, and keeps what it included;
/// * the conclusions about other tables;
/// * the data of records and other tables, the readings, and the date at which terms are read.
///
/// What it concludes is what an evaluation of all data with this row among them concludes about the row,
/// as long as that comes to the same figures. A row whose key the data have already stands in place of
/// that row, any other beside them all.
///
/// It is made once and then cheap to use: it may be cloned, and shared between threads.
///
/// ```
/// use serde_json::json;
/// use whereas::Plan;
///
/// let plan = Plan::from_str(r#"
/// [plan]
/// language = 1
/// id = "small"
/// title = "A small plan"
/// currency = "USD"
/// [inputs]
/// pool = "shares"
/// [inputs.participants]
/// key = "id"
/// fields = { id = "text", requested = "shares" }
/// [rules.total]
/// cite = "§1"
/// value = "sum(participants.requested)"
/// [rules.participants.received]
/// cite = "§2"
/// value = "if total > pool then floor(requested * pool / total, 1 share) else requested"
/// "#)?;
/// let data = json!({ "pool": 100, "participants": [
///     { "id": "E1", "requested": 150 }, { "id": "E2", "requested": 50 },
/// ] });
/// let participants = plan.evaluate(&data)?.row_evaluator("participants")?;
/// let changed = participants.evaluate(&json!({ "id": "E1", "requested": 100 }))?;
/// // The total is still 200.
/// assert_eq!(serde_json::to_string(&changed)?, r#"{"id":"E1","received":50}"#);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RowEvaluator(Arc<Known>);

/// What is known while rows are evaluated.
struct Known {
    program: Arc<Program>,
    limits: Limits,
    choices: Choices,
    /// All of the data that were evaluated.
    data: Arc<Dataset>,
    table: usize,
    /// The rules asked for, in the plan's order.
    asked: Vec<RuleId>,
    rules: Single,
}

/// A row that fits the plan and the data of a [`RowEvaluator`], to be evaluated as often as one likes.
#[derive(Clone, Debug)]
pub struct Row {
    known: Arc<Known>,
    /// The data, in which it is the only row of its table.
    data: Arc<Dataset>,
}

/// What was concluded about one row. It serializes to the JSON of the row in [`Results`].
#[derive(Clone, Debug)]
pub struct RowResults {
    known: Arc<Known>,
    data: Arc<Dataset>,
    concluded: Concluded,
}

/// Neither the plan nor the data, which may be long.
impl fmt::Debug for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = self.program.tables.get(self.table).map_or("", |t| &t.name.value);
        f.debug_struct("Known").field("table", &table).finish_non_exhaustive()
    }
}

impl Results {
    /// Prepares to evaluate rows of a table one at a time, with the figures of these results; see
    /// [`RowEvaluator`]. What these results were asked for of the table is what each row is asked for.
    ///
    /// # Errors
    /// [`EvaluateError::Request`] where there is no such table, these results have nothing about it, or
    /// where one row by itself does not decide a rule asked for, or one that it needs: the rule reads
    /// other rows of its table, or references to them, or conclusions about another table that depend on
    /// this one's rows, or it asks for the row's place among them, or it allocates among all rows. Figures of the plan stand in the way of nothing,
    /// whatever they read; nor does what the readings in force and the figures rule out.
    pub fn row_evaluator(&self, table: &str) -> Result<RowEvaluator, EvaluateError> {
        let program = self.shared_program();
        let request = |found: Diagnostic| EvaluateError::Request(vec![found]);
        let Some(index) = program.find_table(table) else {
            let unknown = || {
                Diagnostic::error(
                    Code::BadSelection,
                    format!("`{table}` is no table, and rows are of tables"),
                )
                .help("name a table of the plan that has rules")
            };
            return Err(request(select(&program, table).err().map_or_else(unknown, |found| *found)));
        };
        let asked: Vec<RuleId> =
            program.rules_of(Some(index)).map(|(id, _)| id).filter(|id| self.asked_for(*id)).collect();
        if asked.is_empty() {
            let says = format!("these results were asked for nothing about `{table}`");
            return Err(request(
                Diagnostic::error(Code::BadSelection, says).help("ask for a rule of the table"),
            ));
        }
        let rules = Single::new(
            &program,
            self.data(),
            self.outcome(),
            (self.choices(), self.limits()),
            index,
            asked.iter().copied().collect::<BTreeSet<_>>(),
        );
        let rules = rules.map_err(|obstacles| {
            EvaluateError::Request(obstacles.iter().map(|o| refusal(&program, index, o)).collect())
        })?;
        Ok(RowEvaluator(Arc::new(Known {
            limits: *self.limits(),
            choices: self.choices().clone(),
            data: self.shared_data(),
            table: index,
            asked,
            rules,
            program,
        })))
    }
}

impl RowEvaluator {
    /// Evaluates a row given as any value that serializes to a map of the table's fields.
    ///
    /// # Errors
    /// As [`RowEvaluator::row`] and [`RowEvaluator::conclude`].
    pub fn evaluate<T: Serialize + ?Sized>(&self, row: &T) -> Result<RowResults, EvaluateError> {
        self.conclude(&self.row(row)?)
    }

    /// Checks a row against the plan and the data: types, bounds, references, the table's own conditions,
    /// fields of which no two rows may have the same value. Defaults are filled in.
    ///
    /// # Errors
    /// [`EvaluateError::Serialize`] where the value has no form as data; [`EvaluateError::Data`] with every
    /// fault of the row, in the words of [`crate::Plan::evaluate`].
    pub fn row<T: Serialize + ?Sized>(&self, row: &T) -> Result<Row, EvaluateError> {
        let known = &self.0;
        let (choices, limits) = (&known.choices, &known.limits);
        let data = validate_row(&known.program, &known.data, known.table, to_raw(row)?, choices, limits)
            .map_err(EvaluateError::Data)?;
        Ok(Row { known: Arc::clone(known), data: Arc::new(data) })
    }

    /// The row that the data have under a key, as results show it.
    ///
    /// # Errors
    /// [`EvaluateError::Request`] where the table has no such row.
    pub fn kept(&self, key: &str) -> Result<Row, EvaluateError> {
        let known = &self.0;
        let row = rows::find(&known.program, &known.data, known.table, key).map_err(|no_row| {
            let of = known.program.tables.get(known.table).map_or("", |t| &t.name.value);
            let found = Diagnostic::error(Code::BadSelection, format!("`{of}` {}", no_row.why));
            EvaluateError::Request(vec![found.help_maybe(no_row.help)])
        })?;
        Ok(Row { known: Arc::clone(known), data: Arc::new(known.data.with_only(known.table, row)) })
    }

    /// Concludes about a row.
    ///
    /// # Errors
    /// [`EvaluateError::Rules`] where a rule has no conclusion for the row, in the words of
    /// [`crate::Plan::evaluate`] and within the same limits; [`EvaluateError::Request`] where the row was
    /// checked by an evaluator of other results.
    pub fn conclude(&self, row: &Row) -> Result<RowResults, EvaluateError> {
        let known = &self.0;
        if !Arc::ptr_eq(known, &row.known) {
            let found = Diagnostic::error(Code::BadRequest, "the row was checked against other results");
            let help = "check it with the evaluator that is to conclude about it";
            return Err(EvaluateError::Request(vec![found.help(help)]));
        }
        let (program, limits) = (&known.program, &known.limits);
        let concluded = known.rules.conclude(program, &row.data, &known.choices, limits);
        if concluded.failures.is_empty() {
            let (known, data) = (Arc::clone(known), Arc::clone(&row.data));
            return Ok(RowResults { known, data, concluded });
        }
        let more = concluded.failures.len().saturating_sub(limits.faults);
        let listed = concluded.failures.iter().enumerate().take(limits.faults);
        let of = |index: &usize| if concluded.known.contains(index) { &*known.data } else { &*row.data };
        Err(EvaluateError::Rules(failures_of(program, listed.map(|(at, f)| (of(&at), f)), more)))
    }
}

impl RowResults {
    /// A conclusion, by the name of its rule: `refund`, or `participants.refund`.
    #[must_use]
    pub fn get(&self, rule: &str) -> Option<&Value> {
        let program = &self.known.program;
        let (table, name) = (program.tables.get(self.known.table)?, rule.split_once('.'));
        let name = match name {
            Some((of, name)) if of == &*table.name.value => name,
            Some(_) => return None,
            None => rule,
        };
        let found = program.rules_of(Some(self.known.table)).find(|(_, r)| &*r.name.value == name);
        found.and_then(|(id, _)| self.value(id))
    }

    /// A rule's conclusion; none of rules that are not about the row, or were not needed.
    #[must_use]
    pub fn value(&self, rule: RuleId) -> Option<&Value> {
        self.concluded.value(rule)
    }

    /// Reads the conclusions into the caller's own type, as their JSON is laid out.
    ///
    /// # Errors
    /// Where the type does not fit.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(serde_json::to_value(self)?)
    }

    fn shown<'a>(&'a self, ty: &'a Type, value: &'a Value) -> Shown<'a> {
        Shown { program: &self.known.program, data: &self.data, ty, value }
    }
}

impl Serialize for RowResults {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let known = &self.known;
        let mut map = serializer.serialize_map(None)?;
        if let Some(info) = known.program.tables.get(known.table) {
            for key in &info.key {
                let Some(field) = info.fields.get(*key) else { continue };
                let value = self.data.cell(known.table, 0, *key).unwrap_or_default();
                map.serialize_entry(&*field.name.value, &self.shown(&field.ty, &value))?;
            }
        }
        for id in &known.asked {
            let Some(rule) = known.program.rule(*id) else { continue };
            let value = self.value(*id).unwrap_or(&Value::Absent);
            map.serialize_entry(&*rule.name.value, &self.shown(&rule.ty, value))?;
        }
        map.end()
    }
}

/// Why one row by itself does not decide something, as a diagnostic.
fn refusal(program: &Program, table: usize, obstacle: &Obstacle) -> Diagnostic {
    let name = program.tables.get(table).map_or("", |t| &t.name.value);
    let (what, help) = match obstacle.of {
        Of::Rule(id) => (
            format!("`{}`", program.rule_name(id)),
            "evaluate all data, or ask for rules that do not need it",
        ),
        Of::Field(field) => {
            let fields = program.tables.get(table).map_or(&[][..], |t| &t.fields);
            let field = fields.get(field).map_or("", |f| &f.name.value);
            (format!("the default or a condition of `{name}.{field}`"), "evaluate all data")
        }
    };
    let why = match obstacle.why {
        Why::Allocates => format!("allocates among all rows of `{name}`"),
        Why::ReadsRows => format!("reads other rows of `{name}`"),
        Why::ReadsPlace => format!("asks for the place of a row of `{name}`"),
        Why::ReadsReference => format!("reads a reference to a row of `{name}`"),
        Why::ReadsDependent(rule) => {
            format!("reads `{}`, which depends on rows of `{name}`", program.rule_name(rule))
        }
    };
    Diagnostic::error(Code::BadSelection, format!("{what} {why}: one row by itself does not decide it"))
        .label(obstacle.span, "this needs other rows")
        .help(help)
}

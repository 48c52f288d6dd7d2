//! What an evaluation concluded, by name.

use super::rows;
use crate::eval::{Choices, Shown};
use crate::eval::{Dataset, Outcome};
use crate::ir::{Program, RuleId, Selection, Use, reached};
use crate::limits::Limits;
use crate::value::{Cells, Type, Value};
use serde::de::DeserializeOwned;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Conclusions by name. They serialize to the JSON of results: plan figures first, then each table.
#[derive(Clone, Debug)]
pub struct Results {
    program: Arc<Program>,
    data: Arc<Dataset>,
    outcome: Arc<Outcome>,
    choices: Choices,
    selection: Selection,
    limits: Limits,
    with_assumptions: bool,
    refused: Vec<(usize, usize)>,
}

/// A table's rules that were asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChosenTable {
    /// The table.
    pub table: usize,
    /// Its rules, in the plan's order.
    pub rules: Vec<RuleId>,
}

/// The rules that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Figures of the plan, in its order.
    pub plan: Vec<RuleId>,
    /// Tables that have conclusions, in the plan's order.
    pub tables: Vec<ChosenTable>,
}

impl Results {
    pub(super) fn new(
        program: Arc<Program>,
        data: Dataset,
        outcome: Outcome,
        (choices, selection): (Choices, Selection),
        limits: Limits,
    ) -> Self {
        let (data, outcome) = (Arc::new(data), Arc::new(outcome));
        let (with_assumptions, refused) = (false, Vec::new());
        Self { program, data, outcome, choices, selection, limits, with_assumptions, refused }
    }

    /// Adds to the serialized results which assumptions each conclusion rests on, as `$assumptions`,
    /// and the reading of each of these that is in force, as `$readings`: whether the plan, the
    /// evaluation or a determination chose it, and of a determination who decided, when and why.
    #[must_use]
    pub fn with_assumptions(mut self) -> Self {
        self.with_assumptions = true;
        self
    }

    /// Results of data without rows that were refused: JSON says how many, by table, as `$refused`.
    pub(super) fn without(mut self, refused: Vec<(usize, usize)>) -> Self {
        self.refused = refused;
        self
    }

    /// Tables of which rows were refused and are in no figure, each with how many.
    #[must_use]
    pub fn refused(&self) -> &[(usize, usize)] {
        &self.refused
    }

    /// The plan.
    #[must_use]
    pub fn program(&self) -> &Program {
        &self.program
    }

    /// The data.
    #[must_use]
    pub fn data(&self) -> &Dataset {
        &self.data
    }

    pub(super) fn shared_program(&self) -> Arc<Program> {
        Arc::clone(&self.program)
    }

    pub(super) fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    pub(super) fn choices(&self) -> &Choices {
        &self.choices
    }

    pub(super) fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn shared_data(&self) -> Arc<Dataset> {
        Arc::clone(&self.data)
    }

    /// Whether a rule was asked for.
    #[must_use]
    pub fn asked_for(&self, id: RuleId) -> bool {
        match &self.selection {
            Selection::All => self.program.rule(id).is_some_and(|r| !r.private),
            Selection::Rules(rules) => rules.contains(&id),
        }
    }

    /// The rules that were asked for.
    #[must_use]
    pub fn chosen(&self) -> Chosen {
        let of = |table: Option<usize>| -> Vec<RuleId> {
            self.program.rules_of(table).map(|(id, _)| id).filter(|id| self.asked_for(*id)).collect()
        };
        let tables =
            (0..self.program.tables.len()).map(|table| ChosenTable { table, rules: of(Some(table)) });
        Chosen { plan: of(None), tables: tables.filter(|t| !t.rules.is_empty()).collect() }
    }

    /// A conclusion: of a rule as results name it, for the row with this key where it is a table's.
    #[must_use]
    pub fn get(&self, rule: &str, key: Option<&str>) -> Option<Value> {
        let id = self.program.find_rule(rule)?;
        let row = match (self.program.rule(id)?.table, key) {
            (None, _) => None,
            (Some(table), Some(key)) => Some(rows::find(&self.program, &self.data, table, key).ok()?),
            (Some(_), None) => return None,
        };
        self.outcome.value(id, row)
    }

    /// A rule's conclusions, for every row in input order; none where it was not needed.
    #[must_use]
    pub fn cells(&self, rule: RuleId) -> Option<&Cells> {
        self.outcome.columns.get(rule.0)?.as_ref().map(|c| &c.values)
    }

    /// A rule's conclusion for a row by index.
    #[must_use]
    pub fn value(&self, rule: RuleId, row: Option<u32>) -> Option<Value> {
        self.outcome.value(rule, row)
    }

    /// Reads the results into the caller's own type, as their JSON is laid out.
    ///
    /// # Errors
    /// Where the type does not fit.
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        serde_json::from_value(serde_json::to_value(self)?)
    }

    /// The assumptions that each conclusion asked for rests on, by rule, found from what its formulas use.
    #[must_use]
    pub fn assumptions(&self) -> BTreeMap<RuleId, Vec<usize>> {
        let chosen = self.chosen();
        let rules = chosen.plan.iter().chain(chosen.tables.iter().flat_map(|t| &t.rules));
        rules.map(|id| (*id, rests_on(&self.program, *id))).filter(|(_, a)| !a.is_empty()).collect()
    }

    /// A table's rows, each as the JSON of results has it.
    pub fn rows<'a>(&'a self, table: &'a ChosenTable) -> impl Iterator<Item = impl Serialize + 'a> + 'a {
        let rows = u32::try_from(self.data.len_of(table.table)).unwrap_or(u32::MAX);
        (0..rows).map(move |row| Row { results: self, table, row })
    }

    fn shown<'a>(&'a self, ty: &'a Type, value: &'a Value) -> Shown<'a> {
        Shown { program: &self.program, data: &self.data, ty, value }
    }
}

/// The assumptions that a rule rests on, directly or through what it uses.
#[must_use]
pub fn rests_on(program: &Program, rule: RuleId) -> Vec<usize> {
    let assumptions = reached(program, [Use::Rule(rule)]).into_iter().filter_map(|u| match u {
        Use::Assumption(index) => Some(index),
        _ => None,
    });
    assumptions.collect()
}

impl Serialize for Results {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let chosen = self.chosen();
        let mut map = serializer.serialize_map(None)?;
        for id in &chosen.plan {
            let Some(rule) = self.program.rule(*id) else { continue };
            let value = self.outcome.value(*id, None).unwrap_or(Value::Absent);
            map.serialize_entry(&*rule.name.value, &self.shown(&rule.ty, &value))?;
        }
        for table in &chosen.tables {
            let Some(info) = self.program.tables.get(table.table) else { continue };
            map.serialize_entry(&*info.name.value, &Rows { results: self, table })?;
        }
        if self.with_assumptions {
            let named: Vec<(String, Vec<&str>)> = self
                .assumptions()
                .into_iter()
                .map(|(id, assumptions)| {
                    let names = assumptions
                        .iter()
                        .filter_map(|a| self.program.assumptions.get(*a))
                        .map(|a| &*a.name.value);
                    (self.program.rule_name(id), names.collect())
                })
                .collect();
            map.serialize_entry("$assumptions", &Pairs(&named))?;
            let rested_on: BTreeSet<usize> = self.assumptions().into_values().flatten().collect();
            map.serialize_entry("$readings", &Pairs(&self.in_force(&rested_on)))?;
        }
        if !self.refused.is_empty() {
            let name = |table: usize| self.program.tables.get(table).map_or("", |t| &*t.name.value);
            let rows: Vec<(String, usize)> =
                self.refused.iter().map(|(table, rows)| (name(*table).to_owned(), *rows)).collect();
            map.serialize_entry("$refused", &Pairs(&rows))?;
        }
        map.end()
    }
}

impl Results {
    /// The readings in force of these assumptions, by name.
    fn in_force(&self, assumptions: &BTreeSet<usize>) -> Vec<(String, InForce<'_>)> {
        let of = |index: usize| {
            let assumption = self.program.assumptions.get(index)?;
            let picked = self.choices.reading(index);
            let reading = picked.unwrap_or(assumption.chosen);
            let decided = self.choices.determination(index).filter(|d| d.reading == reading);
            let in_force = InForce {
                reading: assumption.readings.values.get(reading)?,
                chosen: match (decided, picked) {
                    (Some(_), _) => "determination",
                    (None, Some(_)) => "evaluation",
                    (None, None) => "plan",
                },
                by: decided.map(|d| &*d.by),
                on: decided.map(|d| d.on.to_string()),
                note: decided.and_then(|d| d.note.as_deref()),
            };
            Some((assumption.name.value.to_string(), in_force))
        };
        assumptions.iter().filter_map(|index| of(*index)).collect()
    }
}

/// The reading of an assumption that is in force, and who chose it.
#[derive(Serialize)]
struct InForce<'a> {
    reading: &'a str,
    chosen: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<&'a str>,
}

struct Pairs<'a, T>(&'a [(String, T)]);

impl<T: Serialize> Serialize for Pairs<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(k, v)| (k, v)))
    }
}

struct Rows<'a> {
    results: &'a Results,
    table: &'a ChosenTable,
}

impl Serialize for Rows<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let rows = u32::try_from(self.results.data.len_of(self.table.table)).unwrap_or(u32::MAX);
        let mut seq = serializer.serialize_seq(Some(rows as usize))?;
        for row in 0..rows {
            seq.serialize_element(&Row { results: self.results, table: self.table, row })?;
        }
        seq.end()
    }
}

struct Row<'a> {
    results: &'a Results,
    table: &'a ChosenTable,
    row: u32,
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let results = self.results;
        let mut map = serializer.serialize_map(None)?;
        if let Some(info) = results.program.tables.get(self.table.table) {
            for key in &info.key {
                let Some(field) = info.fields.get(*key) else { continue };
                let value = results.data.cell(self.table.table, self.row, *key).unwrap_or(Value::Absent);
                map.serialize_entry(&*field.name.value, &results.shown(&field.ty, &value))?;
            }
        }
        for id in &self.table.rules {
            let Some(rule) = results.program.rule(*id) else { continue };
            let value = results.outcome.value(*id, Some(self.row)).unwrap_or(Value::Absent);
            map.serialize_entry(&*rule.name.value, &results.shown(&rule.ty, &value))?;
        }
        for extra in results.data.tables.get(self.table.table).map_or(&[][..], |t| &t.extra) {
            let value = extra.cells.get(self.row as usize).unwrap_or_default();
            map.serialize_entry(&*extra.name, &results.shown(&Type::Text, &value))?;
        }
        map.end()
    }
}

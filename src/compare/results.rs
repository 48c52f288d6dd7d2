//! Both versions evaluated over the same data: which conclusions move, and a smallest row that shows
//! what each change does.

use super::isolate::{moves_results, without};
use super::{Comparison, Version};
use crate::engine::{MovedRule, Results, Side, moved};
use crate::eval::{Dataset, Shown};
use crate::ir::{Program, RuleId};
use crate::limits::Limits;
use crate::value::{Type, Value};

/// What moves between two versions.
#[derive(Clone, Debug, Default)]
pub struct Moved {
    /// Rules of both versions whose conclusions move, those that move most money first.
    pub rules: Vec<MovedRule>,
    /// Rules asked for that only one of the versions has.
    pub alone: Vec<String>,
    /// For each change that moves something, the row with the least data that shows it.
    pub examples: Vec<Example>,
}

/// The least data that shows what a change does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Example {
    /// The change, by index.
    pub change: usize,
    /// The rule that moves, as results name it.
    pub rule: String,
    /// The row's key, for a table's rule.
    pub key: Option<String>,
    /// The conclusion without the change, in words.
    pub from: String,
    /// The conclusion with it.
    pub to: String,
    /// The row's data, by field; fields that hold no value, `false` or a default of zero are left out.
    pub data: Vec<(String, String)>,
    /// Whether this is the doing of this change alone: all else is as in the later version.
    pub alone: bool,
}

/// The most changes that are taken back one at a time: each takes an evaluation.
const TAKEN_BACK: usize = 100;

/// Holds the results of both versions against each other. `evaluate` evaluates the later version with
/// one change taken back over the same data, for the example of that change.
#[must_use]
pub fn results(
    comparison: &Comparison,
    (old, from): (&Version, &Results),
    (new, to): (&Version, &Results),
    limits: &Limits,
    evaluate: &dyn Fn(Program) -> Option<Results>,
) -> Moved {
    let rules: Vec<(RuleId, RuleId)> = comparison
        .rules
        .iter()
        .filter(|(was, is)| from.asked_for(*was) && to.asked_for(*is))
        .copied()
        .collect();
    let rules_moved = between(&rules, from, to, limits);
    let alone = |version: &Version, results: &Results, known: &dyn Fn(RuleId) -> bool| -> Vec<String> {
        let asked =
            (0..version.program.rules.len()).map(RuleId).filter(|id| results.asked_for(*id) && !known(*id));
        asked.map(|id| version.program.rule_name(id)).collect()
    };
    let mut lone = alone(old, from, &|id| comparison.rules.iter().any(|(was, _)| *was == id));
    lone.extend(alone(new, to, &|id| comparison.rules.iter().any(|(_, is)| *is == id)));
    let mut examples = Vec::new();
    for (index, change) in comparison.changes.iter().enumerate().filter(|(_, c)| moves_results(c)) {
        let without = (index < TAKEN_BACK)
            .then(|| without(change, comparison, (old, new), limits))
            .flatten()
            .and_then(evaluate);
        let found = match &without {
            Some(without) => {
                let asked = (0..new.program.rules.len()).map(RuleId).filter(|id| to.asked_for(*id));
                let moved = between(&asked.map(|id| (id, id)).collect::<Vec<_>>(), without, to, limits);
                smallest(&moved, (without, to), |_| Some(1))
            }
            None => smallest(&rules_moved, (from, to), |rule| {
                let changes = comparison.bearing_on(&to.program().rule_name(rule));
                changes.contains(&index).then_some(changes.len())
            }),
        };
        examples.extend(found.map(|(changes, example)| Example {
            change: index,
            alone: changes == 1,
            ..example
        }));
    }
    Moved { rules: rules_moved, alone: lone, examples }
}

/// What moves between two evaluations.
fn between(rules: &[(RuleId, RuleId)], from: &Results, to: &Results, limits: &Limits) -> Vec<MovedRule> {
    let was = |id: RuleId, row: Option<u32>| from.value(id, row);
    let is = |id: RuleId, row: Option<u32>| to.value(id, row);
    let earlier = Side { program: from.program(), data: from.data(), value: &was };
    moved(rules, &earlier, &Side { program: to.program(), data: to.data(), value: &is }, limits)
}

/// The conclusion with the least data behind it, of the rules that the fewest changes bear on; `changes`
/// says how many do, none for a rule that is not to be taken.
fn smallest(
    rules: &[MovedRule],
    (from, to): (&Results, &Results),
    changes: impl Fn(RuleId) -> Option<usize>,
) -> Option<(usize, Example)> {
    let (program, data) = (to.program(), to.data());
    let bearing = rules.iter().filter_map(|moved| Some((moved, changes(moved.rule)?)));
    let sized = bearing.flat_map(|(moved, changes)| {
        moved.moves.iter().map(move |m| {
            let fields = row_fields(program, data, moved.rule, m.row);
            let length: usize = fields.iter().map(|(_, text)| text.len()).sum();
            // A figure of the plan has the data of all rows behind it; what is concluded first is the
            // nearest to its cause.
            ((changes, m.row.is_none(), moved.rule, fields.len(), length, m.row), (moved, m, fields))
        })
    });
    let ((changes, ..), (moved, one, data)) = sized.min_by(|a, b| a.0.cmp(&b.0))?;
    let words = |results: &Results, rule: RuleId, value: &Value| {
        let ty = results.program().rule(rule).map_or(Type::Never, |r| r.ty.clone());
        Shown { program: results.program(), data: results.data(), ty: &ty, value }.words()
    };
    let example = Example {
        change: 0,
        rule: program.rule_name(moved.rule),
        key: one.key.clone(),
        from: words(from, moved.from, &one.from),
        to: words(to, moved.rule, &one.to),
        data,
        alone: false,
    };
    Some((changes, example))
}

/// A row's data in words, without what is absent, false, nothing or zero.
fn row_fields(program: &Program, data: &Dataset, rule: RuleId, row: Option<u32>) -> Vec<(String, String)> {
    let table = program.rule(rule).and_then(|r| r.table);
    let (Some(table), Some(row)) = (table.and_then(|t| Some((t, program.tables.get(t)?))), row) else {
        return Vec::new();
    };
    let (index, table) = table;
    let of = |(field, info): (usize, &crate::ir::Field)| {
        let value = data.cell(index, row, field)?;
        let says_little = match &value {
            Value::Absent | Value::Bool(false) => true,
            Value::Number(n) => n.is_zero() && info.default.is_some(),
            _ => false,
        };
        let text = Shown { program, data, ty: &info.ty, value: &value }.words();
        (!says_little).then(|| (info.name.value.to_string(), text))
    };
    table.fields.iter().enumerate().filter_map(of).collect()
}

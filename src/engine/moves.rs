//! Which conclusions move between two evaluations, by how much, the worst first.

use super::parts::{PartMove, difference, parts};
use crate::eval::{Dataset, Shown, row_label};
use crate::ir::{Program, RuleId};
use crate::limits::Limits;
use crate::number::Num;
use crate::value::{Type, Value};
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// A rule whose conclusions move.
#[derive(Clone, Debug)]
pub struct MovedRule {
    /// The rule, as the side it moves to knows it.
    pub rule: RuleId,
    /// The rule, as the side it moves from knows it.
    pub from: RuleId,
    /// Conclusions that move, of how many.
    pub rows: (usize, usize),
    /// The sum of the differences, for numbers.
    pub net: Option<Num>,
    /// Each conclusion that moves, the largest first.
    pub moves: Vec<Move>,
}

/// A conclusion that moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The row's key, for a table's rule.
    pub key: Option<String>,
    /// The row, in the data of the side it moves to.
    pub row: Option<u32>,
    /// The conclusion on the side it moves from: under the readings in force, or of the earlier version.
    pub from: Value,
    /// The conclusion on the side it moves to.
    pub to: Value,
    /// The difference, for numbers.
    pub by: Option<Num>,
    /// For a record or a list of records, what moves inside of it, the largest first.
    pub parts: Vec<PartMove>,
}

/// One of two evaluations.
#[derive(Clone, Copy)]
pub struct Side<'a> {
    /// The plan.
    pub program: &'a Program,
    /// Its data.
    pub data: &'a Dataset,
    /// A rule's conclusion, of a row where it is a table's.
    pub value: &'a dyn Fn(RuleId, Option<u32>) -> Option<Value>,
}

impl std::fmt::Debug for Side<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Side").field("plan", &self.program.id).finish_non_exhaustive()
    }
}

impl Side<'_> {
    fn words(&self, rule: RuleId, value: &Value) -> String {
        let ty = self.program.rule(rule).map_or(Type::Never, |r| r.ty.clone());
        Shown { program: self.program, data: self.data, ty: &ty, value }.words()
    }
}

/// The rules (each as the two sides know it) whose conclusions differ, those that move most money first.
/// Rows of the same key are held against each other; those of one side alone are left out.
#[must_use]
pub fn moved(rules: &[(RuleId, RuleId)], from: &Side<'_>, to: &Side<'_>, limits: &Limits) -> Vec<MovedRule> {
    let one_plan = std::ptr::eq(from.program, to.program);
    let mut rows: BTreeMap<usize, Option<BTreeMap<String, u32>>> = BTreeMap::new();
    let mut found = Vec::new();
    for (was, is) in rules {
        let (Some(earlier), Some(rule)) = (from.program.rule(*was), to.program.rule(*is)) else { continue };
        let mut moves = Vec::new();
        let count = rule.table.map_or(1, |table| to.data.len_of(table));
        let labels = match (rule.table, earlier.table) {
            (Some(table), Some(old)) if !one_plan => {
                rows.entry(table).or_insert_with(|| Some(labels(from, old))).as_ref()
            }
            (None, None) | (Some(_), Some(_)) => None,
            _ => continue,
        };
        for index in 0..count {
            let index = u32::try_from(index).unwrap_or(u32::MAX);
            let row = rule.table.map(|_| index);
            let key = || rule.table.zip(row).map(|(table, row)| row_label(to.program, to.data, table, row));
            let (old_row, label) = match labels {
                None => (row, None),
                Some(labels) => {
                    let label = key();
                    match label.as_ref().and_then(|label| labels.get(label)) {
                        Some(old) => (Some(*old), label),
                        None => continue,
                    }
                }
            };
            let (Some(a), Some(b)) = ((from.value)(*was, old_row), (to.value)(*is, row)) else { continue };
            let differs = match (&a, &b) {
                (Value::Row { .. } | Value::Record(_) | Value::List(_) | Value::Calendar(_), _)
                    if !one_plan =>
                {
                    from.words(*was, &a) != to.words(*is, &b)
                }
                _ => a != b,
            };
            if differs {
                let key = label.or_else(key);
                let before = Shown { program: from.program, data: from.data, ty: &earlier.ty, value: &a };
                let after = Shown { program: to.program, data: to.data, ty: &rule.ty, value: &b };
                let parts = parts(before, after, limits);
                moves.push(Move { key, row, by: difference(&a, &b, limits), from: a, to: b, parts });
            }
        }
        if moves.is_empty() {
            continue;
        }
        let differences: Option<Vec<&Num>> = moves.iter().map(|m| m.by.as_ref()).collect();
        let bits = limits.fraction_bits;
        let net = differences.and_then(|d| d.into_iter().try_fold(Num::ZERO, |sum, n| sum.add(n, bits).ok()));
        moves.sort_by_key(|m| (Reverse(m.by.as_ref().map(Num::abs)), m.row));
        found.push(MovedRule { rule: *is, from: *was, rows: (moves.len(), count), net, moves });
    }
    found.sort_by_key(|m| (Reverse(money(to.program, m)), Reverse(m.rows.0), m.rule));
    found
}

/// The rows of a table by what they are called.
fn labels(side: &Side<'_>, table: usize) -> BTreeMap<String, u32> {
    let count = u32::try_from(side.data.len_of(table)).unwrap_or(u32::MAX);
    (0..count).map(|row| (row_label(side.program, side.data, table, row), row)).collect()
}

/// The largest amount of money by which a rule's conclusions move.
#[must_use]
pub fn money(program: &Program, moved: &MovedRule) -> Option<Num> {
    match program.rule(moved.rule).map(|r| r.ty.required().clone()) {
        Some(Type::Number(unit)) if unit.currency().is_some() => {
            moved.moves.first()?.by.as_ref().map(Num::abs)
        }
        _ => None,
    }
}

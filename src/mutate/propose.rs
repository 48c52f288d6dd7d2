//! Writes the test that is missing: as TOML, marked `unconfirmed`, with what the plan concludes now.

use super::given::{Given, written};
use super::judge::Judge;
use super::place::Place;
use super::search::{Search, Start, Told};
use super::sites::{Edit, Mutant};
use crate::engine::choices_of;
use crate::eval::{Choices, Dataset, Shown};
use crate::ir::{Program, RuleId};
use crate::source::Span;
use crate::syntax::ast::ExprKind;
use crate::syntax::toml_key::{key, quoted};
use crate::value::{Type, Value};
use std::fmt::Write as _;

/// Tests whose data a proposal starts from.
const STARTS: usize = 10;

/// A test that tells a change, where one is found.
pub fn proposal(judge: &Judge<'_>, mutant: &Mutant, changed: &Program, reached: &[usize]) -> Option<String> {
    let rule = match mutant.place {
        Place::Rule(rule) | Place::Range(rule) => Some(RuleId(rule)),
        _ => None,
    };
    let all = reached.iter().copied().chain((0..judge.tests.len()).filter(|t| !reached.contains(t)));
    let mut starts: Vec<Start> = Vec::new();
    for index in all {
        let Some(test) = judge.tests.get(index).and_then(|t| judge.program.tests.get(t.index)) else {
            continue;
        };
        starts.push(Start { given: Given::of(test), choices: choices_of(test) });
        if starts.len() >= STARTS {
            break;
        }
    }
    let mut search = Search::new(judge.program, changed, rule, sides(mutant), &judge.limits);
    let (found, told) = search.find(&starts)?;
    Some(block(judge.program, mutant, &mutant.place.name(&judge.document), &found, &told))
}

/// Where the right sides of a changed comparison stand.
fn sides(mutant: &Mutant) -> Vec<Span> {
    match &mutant.edit {
        Edit::Part { to, .. } => match &to.kind {
            ExprKind::Compare(_, rest) => rest.iter().map(|(_, _, right)| right.span).collect(),
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn block(program: &Program, mutant: &Mutant, place: &str, found: &Start, told: &Told) -> String {
    let mut out = String::from("[[tests]]\n");
    let _ = writeln!(out, "name = {}", quoted(&format!("{place}: {}", mutant.change.replace('`', "'"))));
    out.push_str("unconfirmed = true\n");
    if !mutant.cite.is_empty() {
        let cites: Vec<String> = mutant.cite.iter().map(|c| quoted(c)).collect();
        let _ = writeln!(out, "cite = [{}]", cites.join(", "));
    }
    out.push_str(&written(&found.given));
    out.push_str(&chosen(program, &found.choices));
    match told {
        Told::Value(id, row, value) => {
            let Some(rule) = program.rule(*id) else { return out };
            let value = quoted(&constant(program, &rule.ty, value));
            let name = key(&rule.name.value);
            let table = rule.table.and_then(|t| program.tables.get(t));
            let _ = match table.zip(row.as_ref()) {
                Some((table, row)) => {
                    writeln!(out, "expect.{}.{}.{name} = {value}", key(&table.name.value), key(row))
                }
                None => writeln!(out, "expect.{name} = {value}"),
            };
        }
        Told::Fails(id) => {
            let _ = writeln!(out, "fails = {}", quoted(&program.rule_name(*id)));
        }
        Told::Refused(field) => {
            let _ = writeln!(out, "refused = {}", quoted(field));
        }
    }
    out
}

fn chosen(program: &Program, choices: &Choices) -> String {
    let mut out = String::new();
    for (index, assumption) in program.assumptions.iter().enumerate() {
        let reading = choices.readings.get(index).copied().flatten();
        if let Some(reading) = reading.and_then(|r| assumption.readings.values.get(r)) {
            let _ = writeln!(out, "assume.{} = {}", key(&assumption.name.value), quoted(reading));
        }
    }
    if let Some(date) = choices.as_of {
        let _ = writeln!(out, "as_of = {date}");
    }
    out
}

/// A value as a constant formula.
fn constant(program: &Program, ty: &Type, value: &Value) -> String {
    match (ty.required(), value) {
        (Type::List(item), Value::List(items)) => {
            let items: Vec<String> = items.iter().map(|v| constant(program, item, v)).collect();
            format!("[{}]", items.join(", "))
        }
        (_, Value::Text(text)) => {
            let mark = if text.contains('\'') { '"' } else { '\'' };
            format!("{mark}{text}{mark}")
        }
        _ => Shown { program, data: &Dataset::default(), ty, value }.words(),
    }
}

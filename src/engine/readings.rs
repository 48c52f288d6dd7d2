//! What the readings of a plan's assumptions are worth: every other reading evaluated, one at a time
//! or in pairs, and compared with the readings in force.

use super::error::EvaluateError;
use super::evaluation::{Evaluation, dataset, failure};
use super::inputs::ToInputs;
use super::moves::{Move, MovedRule, Side, money, moved};
use super::results::rests_on;
use crate::diagnostic::Diagnostics;
use crate::eval::{self, Choices, Dataset, Faced, Outcome};
use crate::ir::{Program, RuleId, Selection};
use crate::limits::Limits;
use crate::number::Num;
use crate::value::Value;
use std::cmp::Reverse;
use std::collections::BTreeMap;

/// Every alternative, worst first.
#[derive(Clone, Debug)]
pub struct Readings {
    /// The readings in force: by assumption, the reading's index.
    pub in_force: Vec<usize>,
    /// Other readings that move something or cannot be evaluated, worst first; then those that move nothing.
    pub alternatives: Vec<Alternative>,
    /// Pairs left out, which move nothing more than their two readings do by themselves.
    pub pairs_left_out: usize,
}

/// One alternative: a reading, or a pair of readings of two assumptions.
#[derive(Clone, Debug)]
pub struct Alternative {
    /// The readings, by assumption and index.
    pub readings: Vec<(usize, usize)>,
    /// Rules whose conclusions move, worst first.
    pub moved: Vec<MovedRule>,
    /// Why it cannot be evaluated, where it cannot.
    pub refused: Diagnostics,
}

impl Evaluation<'_> {
    /// Evaluates every other reading of every assumption, one at a time; with `pairs`, also every pair
    /// of other readings of two assumptions, and keeps those that move more than the two do alone.
    ///
    /// # Errors
    /// Where the data do not fit the plan, or a rule has no conclusion, under the readings in force.
    pub fn readings(&self, inputs: &impl ToInputs, pairs: bool) -> Result<Faced<Readings>, EvaluateError> {
        let base = self.run(inputs)?;
        let (plan, choices) = (self.plan(), self.choices());
        let program = plan.program();
        let chosen = base.chosen();
        let rules: Vec<RuleId> =
            chosen.plan.iter().chain(chosen.tables.iter().flat_map(|t| &t.rules)).copied().collect();
        let rests: Vec<(RuleId, Vec<usize>)> = rules.iter().map(|id| (*id, rests_on(program, *id))).collect();
        let in_force: Vec<usize> = program
            .assumptions
            .iter()
            .enumerate()
            .map(|(i, a)| choices.reading(i).unwrap_or(a.chosen))
            .collect();
        let others = others(program, &in_force);
        let mut sets: Vec<Vec<(usize, usize)>> = others.iter().map(|o| vec![*o]).collect();
        if pairs {
            for (at, first) in others.iter().enumerate() {
                sets.extend(
                    others.iter().skip(at).filter(|o| o.0 != first.0).map(|second| vec![*first, *second]),
                );
            }
        }
        let document = inputs.to_inputs()?;
        let mut alternatives = Vec::with_capacity(sets.len());
        for readings in sets {
            let wanted: Vec<RuleId> = rests
                .iter()
                .filter(|(_, on)| readings.iter().any(|(a, _)| on.contains(a)))
                .map(|(id, _)| *id)
                .collect();
            let mut other = choices.clone();
            for (assumption, reading) in &readings {
                other.pick(*assumption, *reading);
            }
            let found = alternative(program, &document, &other, wanted.clone(), plan.limits());
            alternatives.push(match found {
                Ok((data, outcome)) => {
                    let from = |id: RuleId, row: Option<u32>| base.value(id, row);
                    let to = |id: RuleId, row: Option<u32>| outcome.value(id, row);
                    let from = Side { program, data: base.data(), value: &from };
                    let to = Side { program, data: &data, value: &to };
                    // Rules evaluated on the way were not asked for.
                    let asked = wanted.iter().filter(|id| base.asked_for(**id)).map(|id| (*id, *id));
                    let moved = moved(&asked.collect::<Vec<_>>(), &from, &to, plan.limits());
                    Alternative { moved, readings, refused: Vec::new() }
                }
                Err(refused) => Alternative { readings, moved: Vec::new(), refused },
            });
        }
        let (alone, joint): (Vec<_>, Vec<_>) = alternatives.into_iter().partition(|a| a.readings.len() < 2);
        let evaluated = joint.len();
        let more: Vec<Alternative> =
            joint.into_iter().filter(|pair| moves_more(pair, &alone, plan.limits())).collect();
        let pairs_left_out = evaluated.saturating_sub(more.len());
        let mut alternatives: Vec<Alternative> = alone.into_iter().chain(more).collect();
        alternatives.sort_by_key(|a| {
            (
                Reverse(!a.refused.is_empty()),
                Reverse(worst_money(program, a)),
                Reverse(a.moved.len()),
                Reverse(a.cells()),
            )
        });
        Ok(Faced {
            program: plan.shared(),
            data: base.shared_data(),
            choices: choices.clone(),
            value: Readings { in_force, alternatives, pairs_left_out },
        })
    }
}

impl Alternative {
    /// Conclusions that move, of all rules.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.moved.iter().map(|m| m.rows.0).sum()
    }

    /// Each conclusion that moves, with its rule.
    fn cells_moved(&self) -> impl Iterator<Item = (RuleId, &Move)> {
        self.moved.iter().flat_map(|m| m.moves.iter().map(|one| (m.rule, one)))
    }
}

/// Whether a pair moves anything that does not follow from what each of its readings moves alone: where
/// both move the same number, the sum of the two differences does.
fn moves_more(pair: &Alternative, alone: &[Alternative], limits: &Limits) -> bool {
    let halves: Vec<&Alternative> = pair
        .readings
        .iter()
        .filter_map(|own| alone.iter().find(|a| a.readings.as_slice() == [*own]))
        .collect();
    if halves.iter().any(|half| !half.refused.is_empty()) {
        return pair.refused.is_empty();
    }
    if !pair.refused.is_empty() {
        return true;
    }
    let mut expected: BTreeMap<(RuleId, Option<u32>), (Value, Value)> = BTreeMap::new();
    for (rule, one) in halves.iter().flat_map(|half| half.cells_moved()) {
        let cell = expected.entry((rule, one.row)).or_insert_with(|| (one.from.clone(), one.from.clone()));
        match (&cell.1, &one.by) {
            (Value::Number(so_far), Some(by)) => match so_far.add(by, limits.fraction_bits) {
                Ok(sum) => cell.1 = Value::Number(sum),
                Err(_) => return true,
            },
            (so_far, _) if *so_far == cell.0 || *so_far == one.to => cell.1 = one.to.clone(),
            _ => return true,
        }
    }
    expected.retain(|_, (from, to)| from != to);
    let moved: BTreeMap<_, _> =
        pair.cells_moved().map(|(rule, one)| ((rule, one.row), (one.from.clone(), one.to.clone()))).collect();
    moved != expected
}

/// Every reading that is not in force.
fn others(program: &Program, in_force: &[usize]) -> Vec<(usize, usize)> {
    let mut others = Vec::new();
    for (index, (assumption, own)) in program.assumptions.iter().zip(in_force).enumerate() {
        others.extend((0..assumption.readings.values.len()).filter(|r| r != own).map(|r| (index, r)));
    }
    others
}

fn alternative(
    program: &Program,
    document: &super::Inputs,
    choices: &Choices,
    wanted: Vec<RuleId>,
    limits: &Limits,
) -> Result<(Dataset, Outcome), Diagnostics> {
    let data = dataset(program, document, choices, limits)?;
    let outcome = eval::evaluate(program, &data, choices, &Selection::Rules(wanted), limits);
    if outcome.failures.is_empty() {
        Ok((data, outcome))
    } else {
        Err(outcome.failures.iter().map(|f| failure(program, &data, f)).collect())
    }
}

fn worst_money(program: &Program, alternative: &Alternative) -> Option<Num> {
    alternative.moved.iter().filter_map(|m| money(program, m)).max()
}

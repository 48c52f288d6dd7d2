//! Folds for each row of a batch: the rows, or items, folded over are found first, then all rows at hand take their
//! first step together, then their second, as long as there are any that have one.

use super::batch::{Batch, get, set};
use super::lists::{Lists, items_of, places_of};
use super::program::{BATCH, Mask, Place, Reg, WORDS};
use super::sheet::Sheet;
use super::walk::Walk;
use std::ops::Range;

/// A fold. Its state is some whole numbers, each in a place.
#[derive(Clone, Debug)]
pub struct Fold {
    /// The rows folded over, as lists in order.
    pub rows: Walk,
    /// The first state.
    pub first: Vec<Reg>,
    /// The operations of a step, on pairs.
    pub step: Sheet,
    /// The next state.
    pub next: Vec<Reg>,
    /// Pairs in doubt.
    pub doubt: Option<Mask>,
    /// Whether every state is wanted, which is one number, and not the last alone.
    pub running: bool,
}

/// What folds for the rows of a batch came to.
#[derive(Debug)]
pub struct Folded {
    /// The last states, place by place.
    pub state: Vec<Vec<i64>>,
    /// Every state, where that is wanted.
    pub listed: Option<Lists>,
    /// Rows in doubt.
    pub doubt: [u64; WORDS],
}

impl Fold {
    /// Calls `visit` with every register and mask of the batch folded for that is read.
    pub fn reads(&mut self, visit: &mut dyn FnMut(Place<'_>)) {
        self.rows.reads(visit);
        self.first.iter_mut().for_each(|reg| visit(Place::Reads(reg)));
        self.step.outer(visit);
    }

    /// Folds for each row of a batch.
    #[must_use]
    pub fn run(&self, outer: &Batch) -> Folded {
        let mut folded = Folded {
            state: self.first.iter().map(|reg| outer.numbers(*reg).to_vec()).collect(),
            listed: None,
            doubt: [0; WORDS],
        };
        self.run_for(outer, 0..outer.rows(), &mut folded);
        folded
    }

    /// Folds for some rows, and for fewer at a time where there is no room for all that they fold over.
    fn run_for(&self, outer: &Batch, some: Range<usize>, folded: &mut Folded) {
        let walked = self.rows.run_for(outer, some.clone());
        if walked.is_full && some.len() > 1 && !self.running {
            let middle = some.start.saturating_add(some.len() >> 1);
            self.run_for(outer, some.start..middle, folded);
            return self.run_for(outer, middle..some.end, folded);
        }
        let lists: Vec<&[i64]> = walked.numbers.iter().map(|run| items_of(*run, &walked.items)).collect();
        // Each round costs something however few rows still take part in it.
        let rounds = lists.iter().map(|list| list.len()).max().unwrap_or(0);
        let pairs = walked.items.len().saturating_add(rounds.saturating_mul(8));
        let unsure = !self.rows.steps.take(self.step.operations(), pairs);
        some.filter(|row| unsure || get(&walked.doubt, *row)).for_each(|row| set(&mut folded.doubt, row));
        if self.running {
            // There are as many states as there are rows folded over.
            let (runs, items) = (walked.numbers.clone(), vec![0; walked.items.len()]);
            folded.listed = Some(Lists { runs, items, ..Lists::default() });
        }
        self.fold(outer, &lists, folded);
        // The rows folded over are no longer held, but as many states as there were of them may be.
        if let Some(listed) = &mut folded.listed {
            listed.holding = walked.holding;
        }
    }

    fn fold(&self, outer: &Batch, lists: &[&[i64]], folded: &mut Folded) {
        let mut batch = self.step.batch();
        let mut of: Vec<usize> = Vec::with_capacity(BATCH);
        let mut rows: Vec<i64> = Vec::with_capacity(BATCH);
        let mut going: Vec<usize> = (0..lists.len()).collect();
        for step in 0.. {
            of.clear();
            rows.clear();
            going.retain(|row| match lists.get(*row).and_then(|list| list.get(step)) {
                Some(walked) if !get(&folded.doubt, *row) => {
                    of.push(*row);
                    rows.push(*walked);
                    true
                }
                _ => false,
            });
            if going.is_empty() {
                return;
            }
            batch.turn_to_step((of, rows), std::mem::take(&mut folded.state));
            self.step.run_batch(&mut batch, outer);
            ((of, rows), folded.state) = batch.take_step();
            let doubt = self.doubt.map_or([0; WORDS], |mask| batch.mask(mask));
            for (place, next) in folded.state.iter_mut().zip(&self.next) {
                for (row, number) in of.iter().zip(batch.numbers(*next)) {
                    if let Some(state) = place.get_mut(*row) {
                        *state = *number;
                    }
                }
            }
            if let (Some(listed), Some(states)) = (&mut folded.listed, folded.state.first()) {
                for row in &of {
                    let place = listed.runs.get(*row).and_then(|run| places_of(*run).nth(step));
                    let place = place.and_then(|place| listed.items.get_mut(usize::try_from(place).ok()?));
                    if let (Some(place), Some(state)) = (place, states.get(*row)) {
                        *place = *state;
                    }
                }
            }
            for (_, row) in of.iter().enumerate().filter(|(pair, _)| get(&doubt, *pair)) {
                set(&mut folded.doubt, *row);
            }
        }
    }
}

//! Lists of the rows of a batch: their items stand side by side, and a number says which are a row's.

use super::batch::{get, set};
use super::program::WORDS;
use super::walk::{Holding, Steps};
use indexmap::IndexSet;
use std::ops::Range;
use std::sync::Arc;

/// Items of the ranges of one batch, at most.
const MOST_RANGED: usize = 1 << 18;

/// Lists that were made of each row.
#[derive(Debug, Default)]
pub struct Lists {
    /// Which items are a row's, as [`run_of`] has it.
    pub runs: Vec<i64>,
    /// The items.
    pub items: Vec<i64>,
    /// Rows whose list is not known.
    pub doubt: [u64; WORDS],
    /// What counts as held as long as the items are.
    pub holding: Option<Holding>,
}

impl Lists {
    /// Nothing is known of any row.
    fn unknown(rows: usize) -> Self {
        Self { runs: vec![0; rows], doubt: [u64::MAX; WORDS], ..Self::default() }
    }

    /// The same, counted as held; nothing is known where there is no room.
    fn held(self, steps: &Arc<Steps>) -> Self {
        match Holding::of(steps, self.items.len()) {
            Some(holding) => Self { holding: Some(holding), ..self },
            None => Self::unknown(self.runs.len()),
        }
    }
}

/// Which items are a row's, in one number: how many there are, and before that where they begin.
#[must_use]
pub fn run_of(items: Range<usize>) -> Option<i64> {
    let start = i64::from(i32::try_from(items.start).ok()?);
    Some(start << 32 | i64::from(u32::try_from(items.len()).ok()?))
}

/// The places of the items that are a row's.
#[must_use]
pub fn places_of(run: i64) -> Range<i64> {
    let start = run >> 32;
    start..start.saturating_add(run & i64::from(u32::MAX))
}

/// The items that are a row's.
#[must_use]
pub fn items_of(run: i64, items: &[i64]) -> &[i64] {
    let start = usize::try_from(run >> 32).unwrap_or(0);
    let count = usize::try_from(run & i64::from(u32::MAX)).unwrap_or(0);
    items.get(start..start.saturating_add(count)).unwrap_or_default()
}

/// The items of each row without those that are the same as one before.
#[must_use]
pub fn distinct(runs: &[i64], items: &[i64], steps: &Arc<Steps>) -> Lists {
    let mut made = Lists::default();
    if !steps.take(1, items.len()) {
        return Lists::unknown(runs.len());
    }
    let mut seen = IndexSet::new();
    for run in runs {
        let start = made.items.len();
        seen.clear();
        made.items.extend(items_of(*run, items).iter().filter(|item| seen.insert(**item)));
        // No list is longer, or begins later, than before.
        made.runs.push(run_of(start..made.items.len()).unwrap_or(0));
    }
    made.held(steps)
}

/// The whole numbers from one to another for each row, but for rows to be left out; in doubt are lists for
/// which there is no room.
#[must_use]
pub fn ranges((from, last): (&[i64], &[i64]), skip: &[u64; WORDS], steps: &Arc<Steps>) -> Lists {
    let mut made = Lists::default();
    for (row, (from, last)) in from.iter().zip(last).enumerate() {
        let start = made.items.len();
        let length = last.saturating_sub(*from).saturating_add(1).max(0);
        let room = MOST_RANGED.saturating_sub(start);
        if get(skip, row) {
            // It needs none.
        } else if usize::try_from(length).is_ok_and(|length| length <= room) {
            made.items.extend(*from..=*last);
        } else {
            set(&mut made.doubt, row);
        }
        made.runs.push(run_of(start..made.items.len()).unwrap_or(0));
    }
    if !steps.take(1, made.items.len()) {
        return Lists::unknown(from.len());
    }
    made.held(steps)
}

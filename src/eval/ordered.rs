//! Rows put in order by what formulas say of them: more than may be held at a time, in sorted runs that are put
//! away and merged.

use super::compare;
use crate::limits::LimitError;
use crate::value::{Long, LongOf, Store, Value, read_back, write_down};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Rows of a run that are read back at a time, at most, and bytes of them beyond which no row is added.
const BLOCK: usize = 64;
const BLOCK_BYTES: usize = 1 << 12;
/// Runs that are merged to one as soon as there are so many.
const MERGED: usize = 16;

/// A row, and what it is put in order by with whatever else is kept of it.
pub type Keyed = (Vec<Value>, u32);

/// Stands for the table of a row in what is put away, where the keys of the next one begin.
const ENDS: u32 = u32::MAX;

/// Rows in order that are put away.
type Run = Vec<Block>;

/// Runs of rows in order. What was merged is of the next level, so that no more than a few are read at a time.
#[derive(Debug)]
pub struct Runs {
    store: Arc<dyn Store>,
    /// Of each key, whether the greatest comes first.
    descending: Arc<[bool]>,
    levels: Vec<Vec<Run>>,
    rows: usize,
}

/// Where rows that follow each other are put away.
#[derive(Debug)]
struct Block {
    at: u64,
    length: usize,
}

/// A run as it is written.
struct Writing<'s> {
    store: &'s Arc<dyn Store>,
    run: Run,
    bytes: Vec<u8>,
    rows: usize,
}

impl Writing<'_> {
    /// Adds a row; whether it could be written down.
    fn push(&mut self, keys: &[Value], row: u32) -> bool {
        let row = Value::Row { table: ENDS, row };
        if keys.iter().chain([&row]).try_for_each(|value| write_down(value, &mut self.bytes)).is_none() {
            return false;
        }
        self.rows = self.rows.saturating_add(1);
        if self.rows >= BLOCK || self.bytes.len() >= BLOCK_BYTES {
            self.put_away();
        }
        true
    }

    fn put_away(&mut self) {
        if self.rows > 0 {
            // The store keeps why what is lost is lost.
            let at = self.store.put(&self.bytes).unwrap_or(u64::MAX);
            self.run.push(Block { at, length: self.bytes.len() });
            self.bytes.clear();
            self.rows = 0;
        }
    }

    fn finish(mut self) -> Run {
        self.put_away();
        self.run
    }
}

impl Runs {
    /// None yet.
    fn new(store: &Arc<dyn Store>, descending: impl Iterator<Item = bool>) -> Self {
        Self { store: Arc::clone(store), descending: descending.collect(), levels: Vec::new(), rows: 0 }
    }

    fn writing(store: &Arc<dyn Store>) -> Writing<'_> {
        Writing { store, run: Run::new(), bytes: Vec::new(), rows: 0 }
    }

    /// Puts a run away, whose rows are in order; whether all of it could be written down.
    fn add(&mut self, run: &[Keyed]) -> bool {
        let store = Arc::clone(&self.store);
        let mut writing = Self::writing(&store);
        if !run.iter().all(|(keys, row)| writing.push(keys, *row)) {
            return false;
        }
        self.rows = self.rows.saturating_add(run.len());
        let (mut run, mut level) = (writing.finish(), 0);
        loop {
            if self.levels.len() <= level {
                self.levels.push(Vec::new());
            }
            let Some(runs) = self.levels.get_mut(level) else { return true };
            runs.push(run);
            if runs.len() < MERGED {
                return true;
            }
            let runs = std::mem::take(runs);
            let mut writing = Self::writing(&store);
            // What was written down once can be again.
            self.each_of(runs.iter(), |keys, row| writing.push(&keys, row));
            run = writing.finish();
            level = level.saturating_add(1);
        }
    }

    /// The rows in order; those with the same keys in their own.
    pub fn merged(&self) -> Long<(u32,)> {
        let mut rows = LongOf::new(self.rows, Some(&self.store));
        self.each(|_, row| {
            rows.push((row,));
            true
        });
        rows.finish()
    }

    /// Calls `each` with the rows in order, and what was kept of them, as long as it answers yes.
    pub fn each(&self, each: impl FnMut(Vec<Value>, u32) -> bool) {
        self.each_of(self.levels.iter().flatten(), each);
    }

    fn each_of<'r>(
        &self,
        runs: impl Iterator<Item = &'r Run>,
        mut each: impl FnMut(Vec<Value>, u32) -> bool,
    ) {
        let mut heads: BinaryHeap<Reverse<Head>> = BinaryHeap::new();
        let mut left: Vec<Left<'_>> = runs.map(|run| Left { blocks: run.iter(), rows: Vec::new() }).collect();
        let next = |left: &mut Vec<Left<'_>>, run: usize| {
            let (keys, row) = left.get_mut(run)?.next(&self.store)?;
            Some(Reverse(Head { keys, row, run, descending: Arc::clone(&self.descending) }))
        };
        for run in 0..left.len() {
            heads.extend(next(&mut left, run));
        }
        while let Some(Reverse(head)) = heads.pop() {
            if !each(head.keys, head.row) {
                return;
            }
            heads.extend(next(&mut left, head.run));
        }
    }
}

/// Rows as they come, to be put in order: some at a time in memory, and away.
#[derive(Debug)]
pub struct Ordered {
    runs: Runs,
    run: Vec<Keyed>,
    /// Rows that may be held at a time.
    most: usize,
}

impl Ordered {
    /// None yet.
    pub fn new(store: &Arc<dyn Store>, descending: impl Iterator<Item = bool>, most: usize) -> Self {
        Self { runs: Runs::new(store, descending), run: Vec::new(), most: most.max(1) }
    }

    /// Adds a row.
    pub fn push(&mut self, row: Keyed) -> Result<(), LimitError> {
        self.run.push(row);
        if self.run.len() >= self.most { self.put_away() } else { Ok(()) }
    }

    /// Puts those that are held in order and away.
    pub fn put_away(&mut self) -> Result<(), LimitError> {
        let descending = Arc::clone(&self.runs.descending);
        self.run.sort_by(|(a, one), (b, other)| {
            let order = in_order((a, b), descending.iter().copied()).unwrap_or(Ordering::Equal);
            order.then(one.cmp(other))
        });
        let is_written = self.runs.add(&self.run);
        self.run.clear();
        if is_written { Ok(()) } else { Err(LimitError::Rows(self.most)) }
    }

    /// All of them.
    pub fn finish(mut self) -> Result<Runs, LimitError> {
        self.put_away()?;
        Ok(self.runs)
    }
}

/// What is left of a run.
struct Left<'r> {
    blocks: std::slice::Iter<'r, Block>,
    /// Of the block at hand, in reverse.
    rows: Vec<Keyed>,
}

impl Left<'_> {
    fn next(&mut self, store: &Arc<dyn Store>) -> Option<Keyed> {
        if self.rows.is_empty() {
            let block = self.blocks.next()?;
            let mut bytes = vec![0; block.length];
            // The store keeps why there is none.
            store.read(block.at, &mut bytes).then_some(())?;
            let mut keys = Vec::new();
            for value in read_back(&bytes) {
                match value {
                    Value::Row { table: ENDS, row } => {
                        self.rows.push((std::mem::take(&mut keys), row));
                    }
                    key => keys.push(key),
                }
            }
            self.rows.reverse();
        }
        self.rows.pop()
    }
}

/// The next row of a run.
struct Head {
    keys: Vec<Value>,
    row: u32,
    run: usize,
    descending: Arc<[bool]>,
}

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        in_order((&self.keys, &other.keys), self.descending.iter().copied())
            .unwrap_or(Ordering::Equal)
            .then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Head {}

/// The order of two rows by their keys, each in descending order where it says so; none where two keys cannot be
/// compared.
pub fn in_order((a, b): (&[Value], &[Value]), descending: impl Iterator<Item = bool>) -> Option<Ordering> {
    for ((a, b), descending) in a.iter().zip(b).zip(descending) {
        let order = if descending { compare(b, a) } else { compare(a, b) }?;
        if order != Ordering::Equal {
            return Some(order);
        }
    }
    Some(Ordering::Equal)
}

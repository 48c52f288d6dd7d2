//! Rows put in order by what formulas say of them: more than may be held at a time, in sorted runs that are put
//! away and merged.

use super::compare;
use crate::limits::LimitError;
use crate::value::{Long, LongOf, Store, Value, read_back, write_down};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Rows of a run that are read back at a time.
const BLOCK: usize = 64;

/// A row, and what it is put in order by with whatever else is kept of it.
pub type Keyed = (Vec<Value>, u32);

/// Stands for the table of a row in what is put away, where the keys of the next one begin.
const ENDS: u32 = u32::MAX;

/// Runs of rows in order.
#[derive(Debug)]
pub struct Runs {
    store: Arc<dyn Store>,
    /// Of each key, whether the greatest comes first.
    descending: Arc<[bool]>,
    runs: Vec<Vec<Block>>,
    rows: usize,
}

/// Where rows that follow each other are put away.
#[derive(Debug)]
struct Block {
    at: u64,
    length: usize,
}

impl Runs {
    fn new(store: &Arc<dyn Store>, descending: impl Iterator<Item = bool>) -> Self {
        Self { store: Arc::clone(store), descending: descending.collect(), runs: Vec::new(), rows: 0 }
    }

    /// Puts a run away, whose rows are in order; whether all of it could be written down.
    fn add(&mut self, run: &[Keyed]) -> bool {
        let (mut blocks, mut bytes) = (Vec::new(), Vec::new());
        for rows in run.chunks(BLOCK) {
            bytes.clear();
            for (keys, row) in rows {
                let row = Value::Row { table: ENDS, row: *row };
                if keys.iter().chain([&row]).try_for_each(|value| write_down(value, &mut bytes)).is_none() {
                    return false;
                }
            }
            // The store keeps why what is lost is lost.
            blocks.push(Block { at: self.store.put(&bytes).unwrap_or(u64::MAX), length: bytes.len() });
        }
        self.runs.push(blocks);
        self.rows = self.rows.saturating_add(run.len());
        true
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
    pub fn each(&self, mut each: impl FnMut(Vec<Value>, u32) -> bool) {
        let mut heads: BinaryHeap<Reverse<Head>> = BinaryHeap::new();
        let mut left: Vec<Left<'_>> =
            self.runs.iter().map(|run| Left { blocks: run.iter(), rows: Vec::new() }).collect();
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

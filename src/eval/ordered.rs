//! Rows put in order by what formulas say of them: more than may be held at a time, in sorted runs that are put
//! away and merged.

use super::compare;
use crate::value::{Long, LongOf, Store, Value, read_back, write_down};
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::sync::Arc;

/// Rows of a run that are read back at a time.
const BLOCK: usize = 64;

/// A row and what it is put in order by.
pub type Keyed = (Vec<Value>, u32);

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
    /// None yet.
    pub fn new(store: &Arc<dyn Store>, descending: impl Iterator<Item = bool>) -> Self {
        Self { store: Arc::clone(store), descending: descending.collect(), runs: Vec::new(), rows: 0 }
    }

    /// Puts a run away, whose rows are in order; whether all of it could be written down.
    pub fn add(&mut self, run: &[Keyed]) -> bool {
        let (mut blocks, mut bytes) = (Vec::new(), Vec::new());
        for rows in run.chunks(BLOCK) {
            bytes.clear();
            for (keys, row) in rows {
                let row = Value::Row { table: 0, row: *row };
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
        let mut heads: BinaryHeap<Reverse<Head>> = BinaryHeap::new();
        let mut left: Vec<Left<'_>> =
            self.runs.iter().map(|run| Left { blocks: run.iter(), rows: Vec::new() }).collect();
        let next = |left: &mut Vec<Left<'_>>, run: usize| {
            let (keys, row) = left.get_mut(run)?.next(&self.store, self.descending.len())?;
            Some(Reverse(Head { keys, row, run, descending: Arc::clone(&self.descending) }))
        };
        for run in 0..left.len() {
            heads.extend(next(&mut left, run));
        }
        let mut rows = LongOf::new(self.rows, Some(&self.store));
        while let Some(Reverse(head)) = heads.pop() {
            rows.push((head.row,));
            heads.extend(next(&mut left, head.run));
        }
        rows.finish()
    }
}

/// What is left of a run.
struct Left<'r> {
    blocks: std::slice::Iter<'r, Block>,
    /// Of the block at hand, in reverse.
    rows: Vec<Keyed>,
}

impl Left<'_> {
    fn next(&mut self, store: &Arc<dyn Store>, count: usize) -> Option<Keyed> {
        if self.rows.is_empty() {
            let block = self.blocks.next()?;
            let mut bytes = vec![0; block.length];
            // The store keeps why there is none.
            store.read(block.at, &mut bytes).then_some(())?;
            let mut keys = Vec::new();
            for value in read_back(&bytes) {
                match value {
                    Value::Row { row, .. } if keys.len() == count => {
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

//! Operations ready to run: what nothing needs left out, registers shared, results named.

use super::batch::Batch;
use super::common::without_repeats;
use super::program::{BATCH, Mask, Op, Place, Reg};
use super::rooms::Rooms;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// Operations over the rows of a table.
#[derive(Clone, Debug)]
pub struct Sheet {
    ops: Vec<Op>,
    regs: usize,
    masks: usize,
}

/// Registers and masks that are read after the operations have run.
#[derive(Debug, Default)]
pub struct Kept<'a> {
    /// Registers.
    pub regs: Vec<&'a mut Reg>,
    /// Masks.
    pub masks: Vec<&'a mut Mask>,
}

impl Sheet {
    /// Leaves out operations that say what another said, and those whose results nothing reads, and lets registers be used again once they
    /// are read for the last time. The registers and masks kept are renamed in place.
    #[must_use]
    pub fn new(ops: Vec<Op>, mut kept: Kept<'_>) -> Self {
        let ops = needed(without_repeats(ops, &mut kept), &kept);
        let mut last = Uses::default();
        for (at, op) in ops.iter().enumerate() {
            op.clone().places(&mut |place| last.note(&place, at));
        }
        kept.regs.iter().for_each(|r| last.keep(**r));
        kept.masks.iter().for_each(|m| last.keep_mask(**m));
        let (mut regs, mut masks) = (Names::default(), Names::default());
        let mut shared = Vec::with_capacity(ops.len());
        for (at, mut op) in ops.into_iter().enumerate() {
            let (mut read, mut read_masks) = (Vec::new(), Vec::new());
            op.places(&mut |place| match place {
                Place::Reads(reg) => {
                    read.push(*reg);
                    reg.0 = regs.of(reg.0);
                }
                Place::ReadsMask(mask) => {
                    read_masks.push(*mask);
                    mask.0 = masks.of(mask.0);
                }
                Place::Writes(reg) => {
                    // One that nothing reads is free again at once.
                    if !last.regs.contains_key(reg) {
                        read.push(*reg);
                    }
                    reg.0 = regs.take(reg.0);
                }
                Place::WritesMask(mask) => {
                    if !last.masks.contains_key(mask) {
                        read_masks.push(*mask);
                    }
                    mask.0 = masks.take(mask.0);
                }
            });
            read.retain(|r| last.regs.get(r).is_none_or(|use_| *use_ == at));
            read.into_iter().for_each(|r| regs.free(r.0));
            read_masks.retain(|m| last.masks.get(m).is_none_or(|use_| *use_ == at));
            read_masks.into_iter().for_each(|m| masks.free(m.0));
            shared.push(op);
        }
        for reg in kept.regs {
            reg.0 = regs.of(reg.0);
        }
        for mask in kept.masks {
            mask.0 = masks.of(mask.0);
        }
        Self { ops: shared, regs: regs.count, masks: masks.count }
    }

    /// How many operations there are.
    #[must_use]
    pub fn operations(&self) -> usize {
        self.ops.len()
    }

    /// Calls `visit` with what operations on pairs read of the batch around them.
    pub fn outer(&mut self, visit: &mut dyn FnMut(Place<'_>)) {
        for op in &mut self.ops {
            match op {
                Op::Outer { from, .. } => visit(Place::Reads(from)),
                Op::OuterMask { from, .. } => visit(Place::ReadsMask(from)),
                _ => {}
            }
        }
    }

    /// Room for one batch.
    #[must_use]
    pub fn batch(&self) -> Batch {
        Batch::new(self.regs, self.masks)
    }

    /// Runs the operations over a batch of pairs, within the batch that is walked for.
    pub fn run_batch(&self, batch: &mut Batch, around: &Batch) {
        batch.run(&self.ops, Some(around));
    }

    /// What a run costs: an operation on a batch of rows counts as one step for each of eight rows, which
    /// is about what a step of the reference evaluator would do in that time.
    #[must_use]
    pub fn cost(&self, starts: &[usize]) -> u64 {
        let rows = starts.last().copied().unwrap_or(0).div_ceil(8);
        let cost = self.ops.len().saturating_mul(rows);
        u64::try_from(cost).unwrap_or(u64::MAX)
    }

    /// Runs the operations over every segment, whose first rows (and the number of all) are `starts`.
    /// `each` sees every batch: what is gathered of the segment so far, the registers, the batch's first
    /// row within the segment and how many it has; `finish` makes the result of the segment of this number,
    /// when the run reads nothing more of it, and what was gathered serves for the next. Results come in the
    /// order of the segments, whatever the threads.
    pub fn run<G: Send, T: Send>(
        &self,
        starts: &[usize],
        pool: Option<&ThreadPool>,
        begin: impl Fn() -> G + Sync,
        each: impl Fn(&mut G, &Batch, usize, usize) + Sync,
        finish: impl Fn(&mut G, usize) -> T + Sync,
    ) -> Vec<T> {
        let bounds: Vec<(usize, usize, usize)> = starts
            .windows(2)
            .enumerate()
            .filter_map(|(segment, pair)| match pair {
                [start, end] => Some((segment, *start, end.saturating_sub(*start))),
                _ => None,
            })
            .collect();
        let one = |(batch, gathered): &mut (Batch, G), (segment, before, rows): (usize, usize, usize)| {
            for start in (0..rows).step_by(BATCH) {
                let count = rows.saturating_sub(start).min(BATCH);
                batch.turn_to(segment, before, start, count);
                batch.run(&self.ops, None);
                each(gathered, batch, start, count);
            }
            batch.turn_away();
            finish(gathered, segment)
        };
        let room = || (self.batch(), begin());
        match pool {
            Some(pool) if bounds.len() > 1 => {
                let rooms = Rooms::default();
                let each = |bound| rooms.work(room, |room| one(room, bound));
                pool.install(|| bounds.into_par_iter().map(each).collect())
            }
            _ => {
                let mut room = room();
                bounds.into_iter().map(|bound| one(&mut room, bound)).collect()
            }
        }
    }
}

/// The operations that something comes to read.
fn needed(ops: Vec<Op>, kept: &Kept<'_>) -> Vec<Op> {
    let mut regs: BTreeSet<Reg> = kept.regs.iter().map(|r| **r).collect();
    let mut masks: BTreeSet<Mask> = kept.masks.iter().map(|m| **m).collect();
    let mut found: Vec<Op> = Vec::with_capacity(ops.len());
    for mut op in ops.into_iter().rev() {
        let mut live = false;
        op.places(&mut |place| match place {
            Place::Writes(reg) => live |= regs.contains(reg),
            Place::WritesMask(mask) => live |= masks.contains(mask),
            Place::Reads(_) | Place::ReadsMask(_) => {}
        });
        if live {
            op.places(&mut |place| match place {
                Place::Reads(reg) => {
                    regs.insert(*reg);
                }
                Place::ReadsMask(mask) => {
                    masks.insert(*mask);
                }
                Place::Writes(_) | Place::WritesMask(_) => {}
            });
            found.push(op);
        }
    }
    found.reverse();
    found
}

/// Where registers and masks are read for the last time.
#[derive(Default)]
struct Uses {
    regs: BTreeMap<Reg, usize>,
    masks: BTreeMap<Mask, usize>,
}

impl Uses {
    fn note(&mut self, place: &Place<'_>, at: usize) {
        match place {
            Place::Reads(reg) => {
                self.regs.insert(**reg, at);
            }
            Place::ReadsMask(mask) => {
                self.masks.insert(**mask, at);
            }
            Place::Writes(_) | Place::WritesMask(_) => {}
        }
    }

    fn keep(&mut self, reg: Reg) {
        self.regs.insert(reg, usize::MAX);
    }

    fn keep_mask(&mut self, mask: Mask) {
        self.masks.insert(mask, usize::MAX);
    }
}

/// Names for registers, used again once they are free.
#[derive(Default)]
struct Names {
    names: BTreeMap<usize, usize>,
    free: Vec<usize>,
    count: usize,
}

impl Names {
    fn of(&self, old: usize) -> usize {
        self.names.get(&old).copied().unwrap_or(usize::MAX)
    }

    fn take(&mut self, old: usize) -> usize {
        let name = self.free.pop().unwrap_or_else(|| {
            self.count = self.count.saturating_add(1);
            self.count.saturating_sub(1)
        });
        self.names.insert(old, name);
        name
    }

    fn free(&mut self, old: usize) {
        if let Some(name) = self.names.remove(&old) {
            self.free.push(name);
        }
    }
}

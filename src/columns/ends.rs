//! The first or the last of a table's rows in some order: one pass over all of them, whatever their order.

use super::batch::Batch;
use super::engine::{Engine, rows_mask};
use super::lower::{Figure, Lowering, Truth};
use super::program::{Reg, WORDS};
use super::sheet::{Kept, Sheet};
use super::totals::{MOST_IN_DOUBT, Over};
use crate::eval::in_order;
use crate::value::{Bits, Value};
use std::cmp::Ordering;
use std::sync::atomic::{AtomicUsize, Ordering as Memory};

/// What is known of some rows.
#[derive(Debug, Default)]
struct End {
    /// What the row that goes before the others is put in order by, and the row.
    best: Option<(Vec<i64>, usize)>,
    /// How many pass.
    count: usize,
    /// Rows in doubt, which count for nothing yet.
    in_doubt: Vec<usize>,
}

/// What rows are put in order by, and which end is asked for.
struct Order {
    keys: Vec<(Reg, bool)>,
    last: bool,
}

impl Order {
    /// Whether a row goes before another, so that it is the one that is asked for.
    fn is_before(&self, (keys, row): (&[i64], usize), (others, other): (&[i64], usize)) -> bool {
        let mut order = Ordering::Equal;
        for ((one, other), (_, descending)) in keys.iter().zip(others).zip(&self.keys) {
            order = order.then(if *descending { other.cmp(one) } else { one.cmp(other) });
        }
        order.then(row.cmp(&other)) == if self.last { Ordering::Greater } else { Ordering::Less }
    }
}

impl Engine<'_, '_> {
    /// The item of the first row that passes, or with `last` of the last, absent where none does; none where it has
    /// no column form, or where some row has no item.
    pub(super) fn end(&mut self, over: Over<'_>, last: bool) -> Option<Value> {
        let starts = self.starts(over.table);
        let pool = self.pool;
        let mut lowering = Lowering::new(self, over.table, over.nesting);
        let mut frame = vec![Figure::constant(Value::Absent); over.slot.saturating_add(1)];
        if let Some(own) = frame.get_mut(over.slot) {
            *own = lowering.own();
        }
        let (passes, doubt) = lowering.passing(over.filter, &mut frame);
        let keys: Vec<_> = over.order.iter().map(|key| (key.key.clone(), key.descending)).collect();
        let (keys, doubt) = lowering.orders(&keys, &mut frame, (passes, doubt))?;
        let item = lowering.lower(over.item, &mut frame);
        let mut doubt = lowering.both_doubts(doubt, item.doubt, passes);
        (!lowering.is_all(doubt)).then_some(())?;
        let mut passes = match passes {
            Truth::Known(false) => return Some(Value::Absent).filter(|_| doubt.is_none()),
            Truth::Known(true) => None,
            Truth::By(mask) => Some(mask),
        };
        let mut order = Order { keys, last };
        let ops = std::mem::take(&mut lowering.ops);
        let mut kept = Kept::default();
        kept.regs.extend(order.keys.iter_mut().map(|(reg, _)| reg));
        kept.masks.extend(passes.as_mut());
        kept.masks.extend(doubt.as_mut());
        let sheet = Sheet::new(ops, kept);
        self.machine.spend(sheet.cost(&starts)).then_some(())?;
        let all_in_doubt = AtomicUsize::new(0);
        let ends = sheet.run(
            &starts,
            pool,
            End::default,
            |end: &mut End, batch, start, rows| {
                let inside = rows_mask(rows);
                let in_doubt = doubt.map_or([0; WORDS], |mask| batch.mask(mask));
                let found: Vec<u64> = inside.iter().zip(in_doubt).map(|(i, d)| i & d).collect();
                let found = Bits::from_words(found);
                let before = all_in_doubt.fetch_add(found.rows().count(), Memory::Relaxed);
                if before <= MOST_IN_DOUBT {
                    end.in_doubt.extend(found.rows().map(|row| start.saturating_add(row)));
                }
                let passing = passes.map_or([u64::MAX; WORDS], |mask| batch.mask(mask));
                let sure = passing.iter().zip(inside).zip(in_doubt).map(|((p, i), d)| p & i & !d);
                end.add(&Bits::from_words(sure.collect()), batch, start, &order);
            },
            |end, _| std::mem::take(end),
        );
        self.settle().then_some(())?;
        (all_in_doubt.into_inner() <= MOST_IN_DOUBT).then_some(())?;
        let (mut best, mut count, mut in_doubt) = (None, 0_usize, Vec::new());
        for (end, start) in ends.into_iter().zip(starts.iter()) {
            count = count.saturating_add(end.count);
            in_doubt.extend(end.in_doubt.into_iter().map(|row| start.saturating_add(row)));
            let Some((keys, row)) = end.best else { continue };
            let row = row.saturating_add(*start);
            let goes_before =
                |(others, other): &(Vec<i64>, usize)| order.is_before((&keys, row), (others, *other));
            if best.as_ref().is_none_or(goes_before) {
                best = Some((keys, row));
            }
        }
        let best = self.end_in_doubt(over, last, best.map(|(_, row)| row), (&mut count, in_doubt))?;
        (count <= self.machine.limits().list_items).then_some(())?;
        let Some(row) = best else { return Some(Value::Absent) };
        self.decided(over, row).flatten()
    }

    /// The row that goes before all others, those in doubt decided one by one; an outer none where that fails.
    fn end_in_doubt(
        &mut self,
        over: Over<'_>,
        last: bool,
        mut best: Option<usize>,
        (count, in_doubt): (&mut usize, Vec<usize>),
    ) -> Option<Option<usize>> {
        if in_doubt.is_empty() {
            return Some(best);
        }
        // What is the same for all rows is not worked out for each of these.
        let (filter, item) = self.known_in(over);
        let over = over.with(filter.as_ref(), item.as_ref());
        let mut known: Option<Vec<Value>> = None;
        for row in in_doubt {
            if self.decided(over, row)?.is_none() {
                continue;
            }
            *count = count.saturating_add(1);
            let keys = self.order_of(over, row)?;
            if let Some(other) = best {
                let others = match known.take() {
                    Some(keys) => keys,
                    None => self.order_of(over, other)?,
                };
                let order = in_order((&keys, &others), over.order.iter().map(|key| key.descending))?;
                let wanted = if last { Ordering::Greater } else { Ordering::Less };
                if order.then(row.cmp(&other)) != wanted {
                    known = Some(others);
                    continue;
                }
            }
            (best, known) = (Some(row), Some(keys));
        }
        Some(best)
    }

    /// What a row is put in order by, by the reference evaluator; none where that fails.
    fn order_of(&mut self, over: Over<'_>, row: usize) -> Option<Vec<Value>> {
        let mut frame = over.frame(row)?;
        over.order.iter().map(|key| self.machine.look(over.nesting, &key.key, &mut frame)).collect()
    }
}

impl End {
    /// Adds the rows of a batch that pass.
    fn add(&mut self, passing: &Bits, batch: &Batch, start: usize, order: &Order) {
        let columns: Vec<&[i64]> = order.keys.iter().map(|(reg, _)| batch.numbers(*reg)).collect();
        let mut keys = Vec::with_capacity(columns.len());
        for at in passing.rows() {
            self.count = self.count.saturating_add(1);
            let row = start.saturating_add(at);
            keys.clear();
            keys.extend(columns.iter().map(|column| column.get(at).copied().unwrap_or(0)));
            match &mut self.best {
                None => self.best = Some((keys.clone(), row)),
                Some((others, other)) => {
                    if order.is_before((&keys, row), (others, *other)) {
                        others.copy_from_slice(&keys);
                        *other = row;
                    }
                }
            }
        }
    }
}

//! Totals over whole tables, in one pass. Rows in doubt, such as those that hold a number beyond what a register
//! can, are left to the reference evaluator, one by one, and put to the rest.

use super::batch::Batch;
use super::engine::{Engine, rows_mask};
use super::lower::{Figure, Lowering, Truth, What, closed};
use super::number::Scaled;
use super::program::WORDS;
use super::sheet::{Kept, Sheet};
use super::walk::Kind;
use crate::ir::{Expr, ExprKind, OrderKey};
use crate::library::Builtin;
use crate::number::Num;
use crate::value::{Bits, Value};
use chrono::NaiveDate;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rows of a table from which a walk over all of them is worth a pass of its own.
const WORTH_A_PASS: usize = 2;
/// Rows of one total that the reference evaluator decides one by one, at most.
pub(super) const MOST_IN_DOUBT: usize = 100_000;

/// A walk over all rows of a table.
#[derive(Clone, Copy)]
pub(super) struct Over<'e> {
    pub table: usize,
    /// Where the row stands.
    pub slot: usize,
    pub filter: Option<&'e Expr>,
    pub order: &'e [OrderKey],
    pub item: &'e Expr,
    /// How deep it stands within other formulas.
    pub nesting: usize,
}

impl<'e> Over<'e> {
    /// The same with another filter and another item, where there are any.
    pub fn with(self, filter: Option<&'e Expr>, item: Option<&'e Expr>) -> Self {
        Self { filter: filter.or(self.filter), item: item.unwrap_or(self.item), ..self }
    }

    /// A row in its place.
    pub fn frame(self, row: usize) -> Option<Vec<Value>> {
        let own = Value::Row { table: u32::try_from(self.table).ok()?, row: u32::try_from(row).ok()? };
        let mut frame = vec![Value::Absent; self.slot];
        frame.push(own);
        Some(frame)
    }
}

impl Engine<'_, '_> {
    /// The formula, which stands so deep within others, with its totals over whole tables in place;
    /// none where it has none. Where it is evaluated for many rows, those without a column form are worked out too.
    pub fn summed(&mut self, expr: &Expr, nesting: usize, many: bool) -> Option<Expr> {
        let within = nesting.saturating_add(1);
        if let ExprKind::Builtin(builtin, args) = &expr.kind
            && let [walk] = args.as_slice()
            && let Some(over) = self.over(walk, within)
        {
            let total = self.total(builtin, walk, over);
            let value = total.or_else(|| many.then(|| self.machine.look(nesting, expr, &mut Vec::new()))?);
            // What is held beside the formula is counted nowhere, and so may not be long.
            if let Some(value) = value.filter(|value| !matches!(value, Value::List(_) | Value::Record(_))) {
                return Some(Expr { kind: ExprKind::Const(value), ty: expr.ty.clone(), span: expr.span });
            }
        }
        let mut changed = false;
        let mut copy = expr.clone();
        copy.children_mut(&mut |child| {
            if let Some(summed) = self.summed(child, within, many) {
                *child = summed;
                changed = true;
            }
        });
        changed.then_some(copy)
    }

    /// Whether a condition on the rows of a table, which are in slot 0, is sure to hold for all of them.
    pub fn holds(&mut self, condition: &Expr, table: usize) -> bool {
        let sum = self.walk_over(
            Over { table, slot: 0, filter: None, order: &[], item: condition, nesting: 0 },
            Kind::All,
        );
        matches!(sum, Some((Value::Bool(true), _)))
    }

    /// A walk over all rows of a table that reads nothing around it and is worth a pass, within a formula that
    /// stands so deep within others.
    fn over<'e>(&self, walk: &'e Expr, nesting: usize) -> Option<Over<'e>> {
        let (source, slot, filter, order, item) = match &walk.kind {
            ExprKind::Query(query) => {
                (&query.source, query.slot, query.filter.as_ref(), query.order.as_slice(), &query.value)
            }
            ExprKind::Project { list, slot, access } => (&**list, *slot, None, [].as_slice(), &**access),
            _ => return None,
        };
        let ExprKind::Table(table) = source.kind else { return None };
        // What it reads of a variable around it is not known here.
        let alone = closed(walk, &|_| false, &mut Vec::new());
        (alone && self.machine.dataset().len_of(table) >= WORTH_A_PASS).then_some(())?;
        Some(Over { table, slot, filter, order, item, nesting: nesting.saturating_add(1) })
    }

    /// What a function makes of a walk over all rows of a table; none where it has no column form, or
    /// where a row has no value.
    fn total(&mut self, builtin: &Builtin, walk: &Expr, over: Over<'_>) -> Option<Value> {
        let kind = Kind::of(builtin.name)?;
        if kind.is_placed() {
            return self.end(over, kind == Kind::Last);
        }
        over.order.is_empty().then_some(())?;
        let (value, count) = self.walk_over(over, kind)?;
        // Where a list is made, it may be longer than a list may be.
        let listed = matches!(walk.kind, ExprKind::Query(_)) && kind.lists();
        let most = u64::try_from(self.machine.limits().list_items).unwrap_or(u64::MAX);
        (!listed || count <= most).then_some(value)
    }

    /// What is made of an item for each row of a table that passes a filter, and how many pass.
    fn walk_over(&mut self, over: Over<'_>, kind: Kind) -> Option<(Value, u64)> {
        let starts = self.starts(over.table);
        let pool = self.pool;
        let mut lowering = Lowering::new(self, over.table, over.nesting);
        let mut frame = vec![Figure::constant(Value::Absent); over.slot.saturating_add(1)];
        if let Some(own) = frame.get_mut(over.slot) {
            *own = lowering.own();
        }
        let (passes, doubt) = match over.filter {
            None => (Truth::Known(true), None),
            Some(filter) => {
                let filter = lowering.lower(filter, &mut frame);
                lowering.truth_and_doubt(&filter)
            }
        };
        let figure = lowering.lower(over.item, &mut frame);
        let (mut what, more) = lowering.required(&figure);
        let mut doubt = lowering.both_doubts(doubt, more, passes);
        let mut passes = match passes {
            Truth::Known(false) => return None,
            Truth::Known(true) => None,
            Truth::By(mask) => Some(mask),
        };
        let mut kept = Kept::default();
        if let What::Const(Value::Bool(known)) = what {
            // The same for every row, it still needs a mask to be counted.
            what = What::Flag(lowering.known(known));
        }
        let counted = match &what {
            What::Flag(_) => matches!(kind, Kind::Any | Kind::All | Kind::Count),
            What::Number(_) | What::Date(_) => true,
            _ => kind == Kind::Count,
        };
        counted.then_some(())?;
        let ops = std::mem::take(&mut lowering.ops);
        match &mut what {
            What::Number(n) if n.by.is_none() => kept.regs.push(&mut n.reg),
            What::Date(day) => kept.regs.push(&mut day.reg),
            What::Flag(mask) => kept.masks.push(mask),
            _ if kind == Kind::Count => {}
            _ => return None,
        }
        kept.masks.extend(passes.as_mut());
        kept.masks.extend(doubt.as_mut());
        let sheet = Sheet::new(ops, kept);
        self.machine.spend(sheet.cost(&starts)).then_some(())?;
        let all_in_doubt = AtomicUsize::new(0);
        let sums = sheet.run(
            &starts,
            pool,
            Sum::default,
            |sum: &mut Sum, batch, start, rows| {
                let inside = rows_mask(rows);
                let mut pass = passes.map_or([u64::MAX; WORDS], |m| batch.mask(m));
                pass.iter_mut().zip(inside).for_each(|(p, i)| *p &= i);
                if let Some(doubt) = doubt {
                    let in_doubt = batch.mask(doubt);
                    // A row whose filter is in doubt may pass, whatever its bit says.
                    pass.iter_mut().zip(in_doubt).for_each(|(p, d)| *p &= !d);
                    let found = Bits::from_words(inside.iter().zip(in_doubt).map(|(i, d)| i & d).collect());
                    let before = all_in_doubt.fetch_add(found.rows().count(), Ordering::Relaxed);
                    // Beyond the most nothing is made of them, nor kept.
                    if before <= MOST_IN_DOUBT {
                        sum.in_doubt.extend(found.rows().map(|row| start.saturating_add(row)));
                    }
                }
                sum.add(&what, batch, &pass, rows);
            },
            |gathered, _| std::mem::take(gathered),
        );
        self.settle().then_some(())?;
        (all_in_doubt.into_inner() <= MOST_IN_DOUBT).then_some(())?;
        let in_doubt = sums.iter().zip(starts.iter());
        let in_doubt: Vec<usize> = in_doubt
            .flat_map(|(sum, start)| sum.in_doubt.iter().map(|row| start.saturating_add(*row)))
            .collect();
        let sum = sums.iter().fold(Sum::default(), Sum::join);
        let (mut count, mut value) = (sum.count, sum.value(kind, &what)?);
        // What is the same for all rows is not worked out for each of these.
        let (filter, item) = if in_doubt.is_empty() { (None, None) } else { self.known_in(over) };
        let over = over.with(filter.as_ref(), item.as_ref());
        for row in in_doubt {
            if let Some(item) = self.decided(over, row)? {
                value = self.joined(kind, (value, count), item)?;
                count = count.saturating_add(1);
            }
        }
        Some((value, count))
    }

    /// A walk's filter and its item with their own totals in place, where they have any.
    pub(super) fn known_in(&mut self, over: Over<'_>) -> (Option<Expr>, Option<Expr>) {
        let mut known = |expr: &Expr| self.summed(expr, over.nesting, true);
        (over.filter.and_then(&mut known), known(over.item))
    }

    /// The item of a row, by the reference evaluator, if the row passes; none where that fails.
    pub(super) fn decided(&mut self, over: Over<'_>, row: usize) -> Option<Option<Value>> {
        let mut frame = over.frame(row)?;
        match over.filter.map(|filter| self.machine.look(over.nesting, filter, &mut frame)) {
            None | Some(Some(Value::Bool(true))) => {
                self.machine.look(over.nesting, over.item, &mut frame).map(Some)
            }
            Some(Some(Value::Bool(false))) => Some(None),
            Some(_) => None,
        }
    }

    /// What is made of an item and what so many others came to; none where it is not sure to be the same in
    /// whatever order.
    fn joined(&self, kind: Kind, (value, count): (Value, u64), item: Value) -> Option<Value> {
        match (kind, value, item) {
            (Kind::Count, _, _) => Some(Value::Number(Num::from_i128(count.checked_add(1)?.into()))),
            (Kind::Sum, Value::Number(total), Value::Number(item)) => {
                // Decimals that fit one stay small however many are put together.
                item.to_decimal()?;
                total.add(&item, self.machine.limits().fraction_bits).ok().map(Value::Number)
            }
            (Kind::Any, Value::Bool(value), Value::Bool(item)) => Some(Value::Bool(value || item)),
            (Kind::All, Value::Bool(value), Value::Bool(item)) => Some(Value::Bool(value && item)),
            (Kind::Least | Kind::Greatest, Value::Absent, item @ (Value::Number(_) | Value::Date(_))) => {
                Some(item)
            }
            (Kind::Least, Value::Number(value), Value::Number(item)) => Some(Value::Number(value.min(item))),
            (Kind::Greatest, Value::Number(value), Value::Number(item)) => {
                Some(Value::Number(value.max(item)))
            }
            (Kind::Least, Value::Date(value), Value::Date(item)) => Some(Value::Date(value.min(item))),
            (Kind::Greatest, Value::Date(value), Value::Date(item)) => Some(Value::Date(value.max(item))),
            _ => None,
        }
    }
}

/// Totals of some rows.
#[derive(Clone, Debug, Default)]
struct Sum {
    total: i128,
    count: u64,
    set: u64,
    extremes: Option<(i64, i64)>,
    /// Rows in doubt, which are in none of these.
    in_doubt: Vec<usize>,
}

impl Sum {
    fn add(&mut self, what: &What, batch: &Batch, pass: &[u64; WORDS], rows: usize) {
        self.count = self.count.saturating_add(pass.iter().map(|w| u64::from(w.count_ones())).sum());
        match what {
            What::Flag(mask) => {
                let flags = batch.mask(*mask);
                let set = pass.iter().zip(flags).map(|(p, f)| u64::from((p & f).count_ones())).sum();
                self.set = self.set.saturating_add(set);
            }
            What::Number(Scaled { reg, .. }) => self.add_numbers(batch.numbers(*reg), pass, rows),
            What::Date(day) => self.add_numbers(batch.numbers(day.reg), pass, rows),
            _ => {}
        }
    }

    fn add_numbers(&mut self, numbers: &[i64], pass: &[u64; WORDS], rows: usize) {
        for (chunk, word) in numbers.get(..rows).unwrap_or_default().chunks(64).zip(pass) {
            for (bit, n) in (0_u32..).zip(chunk) {
                if word >> (bit & 63) & 1 == 1 {
                    // A segment's rows cannot overflow 128 bits with numbers of 64.
                    self.total = self.total.wrapping_add((*n).into());
                    let (low, high) = self.extremes.unwrap_or((*n, *n));
                    self.extremes = Some((low.min(*n), high.max(*n)));
                }
            }
        }
    }

    fn join(self, other: &Self) -> Self {
        let extremes = match (self.extremes, other.extremes) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        Self {
            total: self.total.wrapping_add(other.total),
            count: self.count.saturating_add(other.count),
            set: self.set.saturating_add(other.set),
            extremes,
            in_doubt: Vec::new(),
        }
    }

    /// What the rows that are in no doubt come to.
    fn value(self, kind: Kind, what: &What) -> Option<Value> {
        let of = |n: i128| match what {
            What::Number(scaled) => {
                Num::from_fraction(n.checked_mul(scaled.times)?, scaled.over).map(Value::Number)
            }
            What::Date(_) => NaiveDate::from_num_days_from_ce_opt(i32::try_from(n).ok()?).map(Value::Date),
            _ => None,
        };
        match kind {
            Kind::Sum => of(self.total).filter(|_| matches!(what, What::Number(_))),
            Kind::Count => Some(Value::Number(Num::from_i128(self.count.into()))),
            Kind::Least => self.extremes.map_or(Some(Value::Absent), |(low, _)| of(low.into())),
            Kind::Greatest => self.extremes.map_or(Some(Value::Absent), |(_, high)| of(high.into())),
            Kind::Any => matches!(what, What::Flag(_)).then_some(Value::Bool(self.set > 0)),
            Kind::All => matches!(what, What::Flag(_)).then_some(Value::Bool(self.set == self.count)),
            Kind::First | Kind::Last | Kind::List | Kind::Present => None,
        }
    }
}

//! Walks whose conditions and items say nothing of the row walked for, beyond what rows are found by: what
//! any run of rows comes to is worked out once, from each row.

use super::Lowering;
use super::figure::{Figure, What};
use super::hoist::free;
use super::walks::Items;
use crate::columns::extremes::Extremes;
use crate::columns::groups::Groups;
use crate::columns::number::{Range, Scaled};
use crate::columns::store::{Stored, gathered};
use crate::columns::walk::{Item, Kind, Ranked, Running};
use crate::ir::Expr;
use crate::progress::Watched;
use crate::value::Packed;
use std::cmp::Ordering;

impl Lowering<'_, '_, '_> {
    /// What runs of rows come to, where neither what is left of the conditions nor the items say anything
    /// of the row walked for: each row is then looked at once, however many it is walked over for.
    pub(super) fn running(
        &mut self,
        kind: Kind,
        (table, slot): (usize, usize),
        (left, order, value): (&[Expr], &[(Expr, bool)], &Expr),
        among: &Groups,
    ) -> Option<(Running, What)> {
        // What a list holds is read from the rows themselves.
        (kind != Kind::List).then_some(())?;
        let alone = |expr: &Expr| free(expr).iter().all(|read| *read == slot);
        (left.iter().chain(order.iter().map(|(key, _)| key)).all(alone) && alone(value)).then_some(())?;
        let mut rows = Lowering::new(&mut *self.engine, table, self.nesting);
        let mut frame = Vec::new();
        super::set(&mut frame, slot, rows.own());
        let (passes, doubt) = rows.passing(left, &mut frame);
        let (orders, doubt) = rows.orders(order, &mut frame, (passes, doubt))?;
        let Items { what, item, absent, doubt } = rows.items(kind, value, &mut frame, (passes, doubt))?;
        (!rows.is_all(doubt)).then_some(())?;
        let mut stored = Vec::new();
        let mut store = |rows: &mut Lowering<'_, '_, '_>, what: What| {
            stored.push(Stored::new(&Figure::sure(what), rows)?);
            Some(stored.len().saturating_sub(1))
        };
        let passes = match rows.those_that(passes) {
            Some(mask) => Some(store(&mut rows, What::Flag(mask))?),
            None => None,
        };
        let doubt = match doubt {
            Some(mask) => Some(store(&mut rows, What::Flag(mask))?),
            None => None,
        };
        let item = match item {
            Item::Nothing => None,
            Item::Number(_) | Item::Flag(_) => Some(store(&mut rows, what.clone())?),
        };
        let absent = match absent.filter(|_| kind.is_ordered()) {
            Some(mask) => Some(store(&mut rows, What::Flag(mask))?),
            None => None,
        };
        let mut keys: Vec<(usize, bool)> = Vec::with_capacity(orders.len());
        for (reg, descending) in orders {
            let number = Scaled { reg, range: Range::REGISTER, times: 1, over: 1, by: None };
            keys.push((store(&mut rows, What::Number(number))?, descending));
        }
        let ops = std::mem::take(&mut rows.ops);
        let columns = gathered(&mut *self.engine, table, ops, &mut stored, Watched::default())?;
        let column = |place: Option<usize>| place.and_then(|p| columns.get(p));
        let (passes, doubt, item, absent) = (column(passes), column(doubt), column(item), column(absent));
        let keys: Vec<(&Packed, bool)> =
            keys.into_iter().filter_map(|(place, down)| Some((columns.get(place)?, down))).collect();
        let mut running = Running { totals: vec![0], counts: vec![0], doubts: vec![0], extremes: None };
        let mut passing: Vec<Option<u32>> = Vec::with_capacity(among.in_order().len());
        let (mut total, mut count, mut doubts) = (0_i128, 0_u64, 0_u64);
        for row in among.in_order() {
            let number = |column: &Packed| column.number(*row as usize);
            let mut passed = None;
            if doubt.is_some_and(|doubt| number(doubt) == 1) {
                doubts = doubts.saturating_add(1);
            } else if passes.is_none_or(|passes| number(passes) == 1) {
                count = count.saturating_add(1);
                passed = Some(*row);
                // Numbers of 64 bits, fewer than there are of those, cannot overflow 128.
                total = total.wrapping_add(item.map_or(0, number).into());
            }
            passing.push(passed);
            running.totals.push(total);
            running.counts.push(count);
            running.doubts.push(doubts);
        }
        running.extremes = ranked(kind, passing, (item, absent), &keys);
        Some((running, what))
    }
}

/// What the extreme of any run of rows is found by; none for what has none. `passing` has the rows that
/// pass by their place, and `keys` what they are put in order by.
fn ranked(
    kind: Kind,
    passing: Vec<Option<u32>>,
    (item, absent): (Option<&Packed>, Option<&Packed>),
    keys: &[(&Packed, bool)],
) -> Option<Ranked> {
    let item_of = |row: u32| item.map_or(0, |item| item.number(row as usize));
    if matches!(kind, Kind::Least | Kind::Greatest) {
        let numbers = passing.into_iter().map(|row| row.map(item_of)).collect();
        return Some(Ranked { numbers: Extremes::new(numbers, kind == Kind::Greatest), items: None });
    }
    kind.is_ordered().then_some(())?;
    let key_of = |row: u32| keys.iter().map(move |(key, down)| (key.number(row as usize), *down));
    let mut order: Vec<(u32, usize)> =
        passing.iter().enumerate().filter_map(|(place, row)| Some(((*row)?, place))).collect();
    order.sort_unstable_by(|(a, _), (b, _)| {
        let keys = key_of(*a).zip(key_of(*b));
        let orders = keys.map(|((a, down), (b, _))| if down { b.cmp(&a) } else { a.cmp(&b) });
        // Rows with the same keys keep their own order.
        orders.fold(Ordering::Equal, Ordering::then).then(a.cmp(b))
    });
    let mut ranks: Vec<Option<i64>> = vec![None; passing.len()];
    for ((_, place), rank) in order.iter().zip(0_i64..) {
        if let Some(slot) = ranks.get_mut(*place) {
            *slot = Some(rank);
        }
    }
    let is_absent = |row: u32| absent.is_some_and(|absent| absent.number(row as usize) == 1);
    let items = order.iter().map(|(row, _)| (!is_absent(*row)).then(|| item_of(*row))).collect();
    Some(Ranked { numbers: Extremes::new(ranks, kind == Kind::Last), items: Some(items) })
}

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
use crate::value::{LongOf, Packed, PairsOf, Recent, Sorter, Store};
use std::sync::Arc;

/// Rows that are looked at together.
const TOGETHER: usize = 32_768;

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
        (!kind.is_listed()).then_some(())?;
        let alone = |expr: &Expr| free(expr).iter().all(|read| *read == slot);
        (left.iter().chain(order.iter().map(|(key, _)| key)).all(alone) && alone(value)).then_some(())?;
        let mut rows = Lowering::new(&mut *self.engine, table, self.nesting);
        rows.parts = self.parts;
        let mut frame = Vec::new();
        super::set(&mut frame, slot, rows.own());
        let (passes, doubt) = rows.passing(left, &mut frame);
        let orders = rows.orders(order, &mut frame, (passes, doubt));
        let items = orders.and_then(|(orders, doubt)| {
            Some((orders, rows.items(kind, value, &mut frame, (passes, doubt))?))
        });
        // What is lowered here counts too.
        self.parts = rows.parts;
        let (orders, Items { what, item, absent, doubt }) = items?;
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
        let absent = match absent.filter(|_| kind.is_placed()) {
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
        let keys: Vec<(&Packed, bool)> =
            keys.into_iter().filter_map(|(place, down)| Some((columns.get(place)?, down))).collect();
        let order = Order::of(&keys)?;
        let store = columns.iter().find_map(Packed::store).or_else(|| among.store());
        let mut runs = Runs::new(kind, among.len(), store);
        let (mut recent, mut rows, mut from) = (Recent::default(), Vec::with_capacity(TOGETHER), 0);
        while from < among.len() {
            let to = from.saturating_add(TOGETHER).min(among.len());
            rows.clear();
            among.rows(from..to, &mut recent, &mut rows);
            let read = |column: Option<&Packed>| column.map(|column| numbers(column, &rows));
            let (passes, doubt) = (read(column(passes)), read(column(doubt)));
            let (items, absent) = (read(column(item)), read(column(absent)));
            let keys = order.keys(&rows);
            let at = |numbers: &Option<Vec<i64>>, at: usize, otherwise: i64| match numbers {
                Some(numbers) => numbers.get(at).copied().unwrap_or(0),
                None => otherwise,
            };
            for (index, row) in rows.iter().enumerate() {
                runs.add(&One {
                    row: u32::try_from(*row).unwrap_or(u32::MAX),
                    doubt: at(&doubt, index, 0) == 1,
                    passes: at(&passes, index, 1) == 1,
                    item: at(&items, index, 0),
                    absent: at(&absent, index, 0) == 1,
                    key: keys.get(index).copied().unwrap_or(0),
                });
            }
            from = to;
        }
        Some((runs.finish(), what))
    }
}

/// The numbers of some rows; 0 where there is none.
fn numbers(column: &Packed, rows: &[i64]) -> Vec<i64> {
    let numbers = column.numbers(rows.iter().map(|row| usize::try_from(*row).unwrap_or(usize::MAX)));
    numbers.into_iter().map(Option::unwrap_or_default).collect()
}

/// What rows are put in order by, as one number.
struct Order<'c> {
    /// Each key's column, its least and its greatest number, and whether the greatest comes first.
    keys: Vec<(&'c Packed, i64, i64, bool)>,
}

impl<'c> Order<'c> {
    /// None where no number tells all keys apart.
    fn of(keys: &[(&'c Packed, bool)]) -> Option<Self> {
        let mut all = 1_u128;
        let mut known = Vec::with_capacity(keys.len());
        for (column, down) in keys {
            let (low, high) = column.extremes();
            // A row without a key has 0.
            let (low, high) = (low.min(0), high.max(0));
            all = all.checked_mul(u128::from(high.abs_diff(low)).saturating_add(1))?;
            known.push((*column, low, high, *down));
        }
        Some(Self { keys: known })
    }

    fn keys(&self, rows: &[i64]) -> Vec<u128> {
        let mut found = vec![0_u128; if self.keys.is_empty() { 0 } else { rows.len() }];
        for (column, low, high, down) in &self.keys {
            let values = u128::from(high.abs_diff(*low)).saturating_add(1);
            for (key, number) in found.iter_mut().zip(numbers(column, rows)) {
                let digit = if *down { high.abs_diff(number) } else { number.abs_diff(*low) };
                *key = key.wrapping_mul(values).wrapping_add(digit.into());
            }
        }
        found
    }
}

/// What is known of a row.
struct One {
    row: u32,
    doubt: bool,
    passes: bool,
    item: i64,
    absent: bool,
    key: u128,
}

/// Rows in the order of an index, as they come.
struct Runs<'s> {
    kind: Kind,
    store: Option<&'s Arc<dyn Store>>,
    sums: LongOf<(i128, u32, u32)>,
    sum: (i128, u32, u32),
    /// The numbers of which the extreme is asked for.
    numbers: LongOf<(i64,)>,
    /// Items by place, where those in order are asked for.
    items: LongOf<(i64, u8)>,
    /// Those that pass, in order.
    order: Sorter<(u128, u32, u32)>,
    place: u32,
}

impl<'s> Runs<'s> {
    fn new(kind: Kind, rows: usize, store: Option<&'s Arc<dyn Store>>) -> Self {
        let mut sums = LongOf::new(rows.saturating_add(1), store);
        sums.push((0, 0, 0));
        let of = |wanted: bool| if wanted { rows } else { 0 };
        let numbers = LongOf::new(of(matches!(kind, Kind::Least | Kind::Greatest)), store);
        let items = LongOf::new(of(kind.is_placed()), store);
        Self { kind, store, sums, sum: (0, 0, 0), numbers, items, order: Sorter::new(store), place: 0 }
    }

    fn add(&mut self, one: &One) {
        let passes = one.passes && !one.doubt;
        let (total, count, doubts) = &mut self.sum;
        *doubts = doubts.saturating_add(one.doubt.into());
        if passes {
            *count = count.saturating_add(1);
            // Numbers of 64 bits, fewer than there are of those, cannot overflow 128.
            *total = total.wrapping_add(one.item.into());
        }
        self.sums.push(self.sum);
        match self.kind {
            Kind::Least | Kind::Greatest => {
                let nothing = Extremes::nothing(self.kind == Kind::Greatest);
                self.numbers.push((if passes { one.item } else { nothing },));
            }
            Kind::First | Kind::Last => {
                self.items.push((one.item, one.absent.into()));
                if passes {
                    // Rows with the same keys keep their own order.
                    self.order.push((one.key, one.row, self.place));
                }
            }
            Kind::Sum | Kind::Count | Kind::Any | Kind::All | Kind::List | Kind::Present => {}
        }
        self.place = self.place.saturating_add(1);
    }

    fn finish(self) -> Running {
        let sums = self.sums.finish();
        let rows = self.place as usize;
        let extremes = match self.kind {
            Kind::Least | Kind::Greatest => {
                let numbers = Extremes::new(self.numbers.finish(), self.kind == Kind::Greatest);
                Some(Ranked { numbers, items: None })
            }
            Kind::First | Kind::Last => {
                let order = self.order.finish();
                let mut places = LongOf::new(order.len(), self.store);
                let mut ranks = PairsOf::new(self.store);
                let mut rank = 0_u32;
                order.each(|(_, _, place)| {
                    places.push((place,));
                    ranks.push((place.into(), rank));
                    rank = rank.saturating_add(1);
                    true
                });
                drop(order);
                let nothing = Extremes::nothing(self.kind == Kind::Last);
                let (mut numbers, mut next) = (LongOf::new(rows, self.store), 0_u64);
                ranks.finish().each(|(place, rank)| {
                    (next..place).for_each(|_| numbers.push((nothing,)));
                    numbers.push((rank.into(),));
                    next = place.saturating_add(1);
                    true
                });
                (next..self.place.into()).for_each(|_| numbers.push((nothing,)));
                let numbers = Extremes::new(numbers.finish(), self.kind == Kind::Last);
                Some(Ranked { numbers, items: Some((places.finish(), self.items.finish())) })
            }
            Kind::Sum | Kind::Count | Kind::Any | Kind::All | Kind::List | Kind::Present => None,
        };
        Running { sums, extremes }
    }
}

//! Walks over the rows of a table, or the items of a list, for each row of a batch: the pairs of a row and what is
//! walked over are a batch of their own, of which only those are made that can pass.

use super::batch::{Batch, get, set};
use super::extremes::Extremes;
use super::groups::{Bounds, Groups};
use super::lists::{places_of, run_of};
use super::program::{BATCH, Mask, Place, Reg, WORDS};
use super::sheet::Sheet;
use crate::value::{Bits, Long, Recent};
use std::cmp::Ordering;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering as Memory};

/// What is made of the rows that pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The total.
    Sum,
    /// How many there are.
    Count,
    /// The least.
    Least,
    /// The greatest.
    Greatest,
    /// Whether one is true.
    Any,
    /// Whether none is false.
    All,
    /// The first in order.
    First,
    /// The last in order.
    Last,
    /// All of them.
    List,
    /// All that are present.
    Present,
}

impl Kind {
    /// What a function of the language makes of a list.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        Some(match name {
            "sum" => Self::Sum,
            "count" => Self::Count,
            "min" | "earliest" => Self::Least,
            "max" | "latest" => Self::Greatest,
            "any" => Self::Any,
            "all" => Self::All,
            "first" => Self::First,
            "last" => Self::Last,
            _ => return None,
        })
    }

    /// Whether one of the list is taken by where it stands.
    #[must_use]
    pub fn is_placed(self) -> bool {
        matches!(self, Self::First | Self::Last)
    }

    /// Whether it is a list itself.
    #[must_use]
    pub fn is_listed(self) -> bool {
        matches!(self, Self::List | Self::Present)
    }

    /// Whether it depends on the order of the list.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        self.is_placed() || self.is_listed()
    }

    /// Whether the reference evaluator makes a list for it.
    #[must_use]
    pub fn lists(self) -> bool {
        !matches!(self, Self::Any | Self::All)
    }
}

/// What each pair gives.
#[derive(Clone, Copy, Debug)]
pub enum Item {
    /// Nothing that matters.
    Nothing,
    /// A number.
    Number(Reg),
    /// A condition.
    Flag(Mask),
}

/// A bound of the last key, in a register of the row walked for.
#[derive(Clone, Copy, Debug)]
pub struct Bound {
    /// The bound.
    pub reg: Reg,
    /// Whether it is an upper one.
    pub above: bool,
    /// Whether the bound itself lies outside.
    pub strict: bool,
}

/// What walks of an evaluation have taken and not yet been charged for, and what they may take.
#[derive(Debug, Default)]
pub struct Steps {
    /// Steps taken so far.
    pub taken: AtomicU64,
    /// How many may be.
    pub most: AtomicU64,
    /// Items of lists that are held.
    pub values: AtomicU64,
    /// How many there may be.
    pub most_values: AtomicU64,
}

impl Steps {
    /// Takes the steps of operations on so many rows or pairs, one for each eight of them, which is about what
    /// the reference evaluator does in that time; whether there were as many left.
    pub fn take(&self, operations: usize, rows: usize) -> bool {
        let cost = operations.saturating_add(1).saturating_mul(rows.div_ceil(8));
        let cost = u64::try_from(cost).unwrap_or(u64::MAX);
        let before = self.taken.fetch_add(cost, Memory::Relaxed);
        before.saturating_add(cost) <= self.most.load(Memory::Relaxed)
    }

    /// Counts items of lists as held; whether there may be so many.
    pub fn hold(&self, items: u64) -> bool {
        let held = self.values.fetch_add(items, Memory::Relaxed).saturating_add(items);
        held <= self.most_values.load(Memory::Relaxed)
    }

    /// Counts items of lists as held no longer.
    pub fn release(&self, items: u64) {
        let left = |held: u64| Some(held.saturating_sub(items));
        let _ = self.values.fetch_update(Memory::Relaxed, Memory::Relaxed, left);
    }
}

/// Items of lists that count as held until this is dropped.
#[derive(Debug)]
pub struct Holding {
    steps: Arc<Steps>,
    items: u64,
}

impl Holding {
    /// So many items; none where there is no room for them.
    #[must_use]
    pub fn of(steps: &Arc<Steps>, items: usize) -> Option<Self> {
        let items = u64::try_from(items).unwrap_or(u64::MAX);
        let fits = steps.hold(items);
        // What is dropped here is held no longer.
        Some(Self { steps: Arc::clone(steps), items }).filter(|_| fits)
    }
}

impl Drop for Holding {
    fn drop(&mut self) {
        self.steps.release(self.items);
    }
}

/// What rows come to from the first of an index on, where that says nothing of the row walked for: any
/// run of them is then the difference of two.
#[derive(Clone, Debug)]
pub struct Running {
    /// Before each place the numbers of those that pass, or how many are true; how many pass; and how many are
    /// in doubt.
    pub sums: Long<(i128, u32, u32)>,
    /// The least or greatest, or the first or last, of any run.
    pub extremes: Option<Ranked>,
}

/// What the least, the greatest, the first or the last of some rows is.
#[derive(Clone, Debug)]
pub struct Ranked {
    /// The numbers themselves, or their ranks in the order of the walk.
    pub numbers: Extremes,
    /// The place of each rank, and each place's item with 1 where it has none; none for numbers themselves.
    pub items: Option<(Long<(u32,)>, Long<(i64, u8)>)>,
}

impl Running {
    fn sum(&self, places: &Range<usize>) -> Sum {
        let (Some(before), Some(after)) = (self.sums.get(places.start), self.sums.get(places.end)) else {
            return Sum::default();
        };
        let total = after.0.wrapping_sub(before.0);
        let count = u64::from(after.1.saturating_sub(before.1));
        let (set, doubt) = (u64::try_from(total).unwrap_or(0), after.2 > before.2);
        let mut sum = Sum { total, count, set, doubt, ..Sum::default() };
        if let Some(ranked) = self.extremes.as_ref().filter(|_| count > 0) {
            let found = ranked.numbers.of(places);
            match &ranked.items {
                None => sum.extremes = Some((found, found)),
                Some((by_rank, items)) => {
                    let place = usize::try_from(found).ok().and_then(|rank| by_rank.get(rank));
                    let item = place.and_then(|(place,)| items.get(place as usize));
                    let item = item.filter(|(_, absent)| *absent == 0).map(|(item, _)| item);
                    sum.best = Some(Best { keys: Vec::new(), row: 0, item });
                }
            }
        }
        sum
    }
}

/// What is walked over.
#[derive(Clone, Debug)]
pub enum Over {
    /// Rows of a table, by ways to find them, each of which finds some of those that pass.
    Rows(Vec<Way>),
    /// The items of a list: a pair's row is then its place among the items of the batch.
    Items(Reg),
}

/// A way to find rows.
#[derive(Clone, Debug)]
pub struct Way {
    /// The rows walked over, in groups.
    pub among: Arc<Groups>,
    /// What the first keys equal.
    pub equal: Vec<Reg>,
    /// Bounds of the key after those.
    pub bounds: Vec<Bound>,
}

/// A walk. Its own operations work on pairs.
#[derive(Clone, Debug)]
pub struct Walk {
    /// What is walked over.
    pub over: Over,
    /// Rows that nothing is walked for.
    pub skip: Option<Mask>,
    /// What runs of rows come to, where no pair needs to be looked at for that.
    pub running: Option<Arc<Running>>,
    /// The operations on pairs.
    pub sheet: Sheet,
    /// Pairs that pass; all, where there is none.
    pub passes: Option<Mask>,
    /// Pairs in doubt.
    pub doubt: Option<Mask>,
    /// What they give.
    pub item: Item,
    /// Pairs that give nothing.
    pub absent: Option<Mask>,
    /// What they are put in order by, each in ascending order or, with `true`, in descending.
    pub order: Vec<(Reg, bool)>,
    /// What is made of them.
    pub kind: Kind,
    /// Items that a list may have.
    pub most: u64,
    /// What is taken.
    pub steps: Arc<Steps>,
}

impl Way {
    /// The places of the rows that can pass for a row.
    fn places(&self, outer: &Batch, row: usize, recent: &mut Recent) -> Range<usize> {
        let at = |reg: &Reg| outer.numbers(*reg).get(row).copied().unwrap_or(0);
        let mut within = Bounds::NONE;
        for bound in &self.bounds {
            let n = at(&bound.reg);
            let strict = i64::from(bound.strict);
            let least = if bound.above { n.checked_sub(strict) } else { n.checked_add(strict) };
            match least {
                // Nothing lies beyond what a register can hold.
                None => return 0..0,
                Some(n) if bound.above => within.to = within.to.min(n),
                Some(n) => within.from = within.from.max(n),
            }
        }
        let bounds = (!self.bounds.is_empty()).then_some(within);
        self.among.places(self.equal.iter().map(at), bounds, recent)
    }
}

/// What walks for the rows of a batch came to.
#[derive(Debug)]
pub struct Walked {
    /// Numbers, 1 for what is true.
    pub numbers: Vec<i64>,
    /// The items of lists, of which a number says which are a row's, as [`run_of`] has it.
    pub items: Vec<i64>,
    /// Rows without one.
    pub absent: [u64; WORDS],
    /// Rows in doubt.
    pub doubt: [u64; WORDS],
    /// What counts as held as long as the items are.
    pub holding: Option<Holding>,
    /// Whether there was no room for lists: fewer rows at a time may have room.
    pub is_full: bool,
}

/// What is known of one row's pairs so far.
#[derive(Clone, Debug, Default)]
struct Sum {
    total: i128,
    count: u64,
    set: u64,
    extremes: Option<(i64, i64)>,
    best: Option<Best>,
    list: Listing,
    doubt: bool,
}

/// The rows of a list as they are found, which is in the order of an index.
#[derive(Clone, Debug, Default)]
struct Listing {
    /// Each row with its item.
    items: Vec<(i64, i64)>,
    /// What they are put in order by, so many numbers for each.
    keys: Vec<i64>,
}

impl Listing {
    /// The items in the order of the walk: by keys, each descending where its flag says so, then by row.
    fn in_order(&mut self, descending: &[bool]) -> impl Iterator<Item = i64> {
        if descending.is_empty() {
            self.items.sort_unstable();
        } else {
            let keyed = self.keys.chunks(descending.len()).zip(std::mem::take(&mut self.items));
            let mut keyed: Vec<(&[i64], (i64, i64))> = keyed.collect();
            keyed.sort_unstable_by(|(a, (row_a, _)), (b, (row_b, _))| {
                let keys = a.iter().zip(*b).zip(descending);
                let order = keys.map(|((a, b), descending)| if *descending { b.cmp(a) } else { a.cmp(b) });
                order.fold(Ordering::Equal, Ordering::then).then(row_a.cmp(row_b))
            });
            self.items = keyed.into_iter().map(|(_, item)| item).collect();
        }
        self.items.iter().map(|(_, item)| *item)
    }
}

/// The pair that stands first, or last, so far.
#[derive(Clone, Debug)]
struct Best {
    keys: Vec<i64>,
    row: i64,
    item: Option<i64>,
}

/// Rows found in several ways: a row that is found in two is one row.
#[derive(Default)]
struct Several {
    rows: Vec<i64>,
    /// A bit for each row, where they are many.
    many: Option<Bits>,
}

impl Several {
    /// Rows from which on each is a bit.
    const MANY: usize = 1 << 16;

    fn clear(&mut self) {
        self.rows.clear();
        self.many = None;
    }

    /// Puts rows into bits where they are many, of a table that has so many.
    fn settle(&mut self, rows: usize) {
        if self.rows.len() >= Self::MANY {
            let many = self.many.get_or_insert_with(|| Bits::none(rows));
            set_all(many, &mut self.rows);
        }
    }

    /// Calls `each` with them in their order, some at a time, as long as it answers yes; whether it always did.
    fn each(&mut self, mut each: impl FnMut(&[i64]) -> bool) -> bool {
        let Some(mut many) = self.many.take() else {
            self.rows.sort_unstable();
            self.rows.dedup();
            return each(&self.rows);
        };
        set_all(&mut many, &mut self.rows);
        let mut some = Vec::with_capacity(BATCH);
        for row in many.rows() {
            some.push(i64::try_from(row).unwrap_or(i64::MAX));
            if some.len() >= BATCH {
                if !each(&some) {
                    return false;
                }
                some.clear();
            }
        }
        each(&some)
    }
}

fn set_all(bits: &mut Bits, rows: &mut Vec<i64>) {
    rows.drain(..).filter_map(|row| usize::try_from(row).ok()).for_each(|row| bits.set(row));
}

/// Pairs that wait to be worked out.
struct Pairs {
    batch: Batch,
    of: Vec<usize>,
    rows: Vec<i64>,
    sums: Vec<Sum>,
    /// Items of lists that count as held.
    holding: Holding,
    /// Whether there was no room for them.
    is_full: bool,
}

impl Walk {
    /// Calls `visit` with every register and mask of the batch walked for that is read.
    pub fn reads(&mut self, visit: &mut dyn FnMut(Place<'_>)) {
        match &mut self.over {
            Over::Items(run) => visit(Place::Reads(run)),
            Over::Rows(ways) => {
                for way in ways {
                    way.equal.iter_mut().for_each(|reg| visit(Place::Reads(reg)));
                    way.bounds.iter_mut().for_each(|bound| visit(Place::Reads(&mut bound.reg)));
                }
            }
        }
        self.skip.iter_mut().for_each(|mask| visit(Place::ReadsMask(mask)));
        self.sheet.outer(visit);
    }

    /// Walks for each row of a batch.
    #[must_use]
    pub fn run(&self, outer: &Batch) -> Walked {
        self.run_for(outer, 0..outer.rows())
    }

    /// Walks for some rows of a batch.
    #[must_use]
    pub fn run_for(&self, outer: &Batch, some: Range<usize>) -> Walked {
        let rows = outer.rows();
        let skip = self.skip.map_or([0; WORDS], |mask| outer.mask(mask));
        let mut pairs = Pairs {
            batch: self.sheet.batch(),
            of: Vec::with_capacity(BATCH),
            rows: Vec::with_capacity(BATCH),
            sums: vec![Sum::default(); rows],
            holding: Holding { steps: Arc::clone(&self.steps), items: 0 },
            is_full: false,
        };
        let ways = match &self.over {
            Over::Rows(ways) => ways.as_slice(),
            Over::Items(_) => &[],
        };
        let mut recent: Vec<Recent> = ways.iter().map(|_| Recent::default()).collect();
        let mut several = Several::default();
        for row in some.filter(|row| !get(&skip, *row)) {
            let found = match (&self.over, ways, recent.as_mut_slice()) {
                (Over::Items(run), ..) => {
                    several.clear();
                    several.rows.extend(places_of(outer.numbers(*run).get(row).copied().unwrap_or(0)));
                    self.pair_all(&mut pairs, outer, row, &several.rows)
                }
                (Over::Rows(_), [way], [recent]) => {
                    let places = way.places(outer, row, recent);
                    if let Some(running) = &self.running {
                        if let Some(sum) = pairs.sums.get_mut(row) {
                            *sum = running.sum(&places);
                        }
                        continue;
                    }
                    self.pair(&mut pairs, outer, row, (way, places, recent))
                }
                (Over::Rows(_), ways, recent) => {
                    several.clear();
                    for (way, recent) in ways.iter().zip(recent) {
                        let mut places = way.places(outer, row, recent);
                        while !places.is_empty() {
                            let end = places.end.min(places.start.saturating_add(BATCH));
                            way.among.rows(places.start..end, recent, &mut several.rows);
                            several.settle(way.among.rows_of_table());
                            places.start = end;
                        }
                    }
                    several.each(|rows| self.pair_all(&mut pairs, outer, row, rows))
                }
            };
            if !found {
                return Walked { is_full: pairs.is_full, ..Walked::all_in_doubt(rows) };
            }
        }
        if !self.settle(&mut pairs, outer) {
            return Walked { is_full: pairs.is_full, ..Walked::all_in_doubt(rows) };
        }
        Walked { holding: Some(pairs.holding), ..self.told(&mut pairs.sums) }
    }

    /// Pairs a row with those at some places; whether there were steps left to work them out.
    fn pair(
        &self,
        pairs: &mut Pairs,
        outer: &Batch,
        row: usize,
        (way, mut places, recent): (&Way, Range<usize>, &mut Recent),
    ) -> bool {
        while !places.is_empty() {
            let room = BATCH.saturating_sub(pairs.rows.len()).min(places.len());
            let middle = places.start.saturating_add(room);
            way.among.rows(places.start..middle, recent, &mut pairs.rows);
            pairs.of.resize(pairs.rows.len(), row);
            places.start = middle;
            if pairs.of.len() >= BATCH && !self.settle(pairs, outer) {
                return false;
            }
        }
        true
    }

    /// Pairs a row with these; whether there were steps left to work them out.
    fn pair_all(&self, pairs: &mut Pairs, outer: &Batch, row: usize, rows: &[i64]) -> bool {
        let mut left = rows;
        while !left.is_empty() {
            let room = BATCH.saturating_sub(pairs.of.len());
            let (now, later) = left.split_at(room.min(left.len()));
            pairs.rows.extend_from_slice(now);
            pairs.of.resize(pairs.rows.len(), row);
            left = later;
            if pairs.of.len() >= BATCH && !self.settle(pairs, outer) {
                return false;
            }
        }
        true
    }

    /// Works out the pairs that wait; whether there were steps left to do so.
    fn settle(&self, pairs: &mut Pairs, outer: &Batch) -> bool {
        let count = pairs.of.len();
        if count == 0 {
            return true;
        }
        if !self.steps.take(self.sheet.operations(), count) {
            return false;
        }
        pairs.batch.turn_to_pairs(std::mem::take(&mut pairs.of), std::mem::take(&mut pairs.rows));
        self.sheet.run_batch(&mut pairs.batch, outer);
        let all = [u64::MAX; WORDS];
        let passes = self.passes.map_or(all, |mask| pairs.batch.mask(mask));
        let doubt = self.doubt.map_or([0; WORDS], |mask| pairs.batch.mask(mask));
        let absent = self.absent.map_or([0; WORDS], |mask| pairs.batch.mask(mask));
        let flags = match self.item {
            Item::Flag(mask) => pairs.batch.mask(mask),
            _ => [0; WORDS],
        };
        let numbers = match self.item {
            Item::Number(reg) => pairs.batch.numbers(reg),
            _ => &[],
        };
        let mut listed = 0_u64;
        let (of, rows) = pairs.batch.pairs();
        for (pair, (of, row)) in of.iter().zip(rows).enumerate() {
            let Some(sum) = pairs.sums.get_mut(*of) else { continue };
            if get(&doubt, pair) {
                sum.doubt = true;
                continue;
            }
            if !get(&passes, pair) {
                continue;
            }
            let is_set = get(&flags, pair);
            let item = match self.item {
                Item::Number(_) => numbers.get(pair).copied().unwrap_or(0),
                Item::Flag(_) => i64::from(is_set),
                Item::Nothing => 0,
            };
            sum.count = sum.count.saturating_add(1);
            match self.kind {
                Kind::Count => {}
                // Numbers of 64 bits, fewer than there are of those, cannot overflow 128.
                Kind::Sum => sum.total = sum.total.wrapping_add(item.into()),
                Kind::Any | Kind::All => sum.set = sum.set.saturating_add(is_set.into()),
                Kind::Least | Kind::Greatest => {
                    let (low, high) = sum.extremes.unwrap_or((item, item));
                    sum.extremes = Some((low.min(item), high.max(item)));
                }
                Kind::First | Kind::Last => {
                    let key = |reg: Reg| pairs.batch.numbers(reg).get(pair).copied().unwrap_or(0);
                    self.place(sum, *row, (!get(&absent, pair)).then_some(item), key);
                }
                Kind::Present if get(&absent, pair) => {}
                Kind::List | Kind::Present => {
                    let key = |reg: Reg| pairs.batch.numbers(reg).get(pair).copied().unwrap_or(0);
                    sum.list.keys.extend(self.order.iter().map(|(reg, _)| key(*reg)));
                    sum.list.items.push((*row, item));
                    listed = listed.saturating_add(1);
                }
            }
        }
        pairs.holding.items = pairs.holding.items.saturating_add(listed);
        pairs.is_full = !self.steps.hold(listed);
        let (of, rows) = pairs.batch.take_pairs();
        (pairs.of, pairs.rows) = (of, rows);
        pairs.of.clear();
        pairs.rows.clear();
        !pairs.is_full
    }

    /// Keeps a pair where it stands before, or behind, the one kept so far.
    fn place(&self, sum: &mut Sum, row: i64, item: Option<i64>, key: impl Fn(Reg) -> i64) {
        if let Some(best) = &sum.best {
            let mut order = Ordering::Equal;
            for ((reg, descending), other) in self.order.iter().zip(&best.keys) {
                let one = key(*reg).cmp(other);
                order = order.then(if *descending { one.reverse() } else { one });
            }
            let wanted = if self.kind == Kind::First { Ordering::Less } else { Ordering::Greater };
            if order.then(row.cmp(&best.row)) != wanted {
                return;
            }
        }
        let keys = self.order.iter().map(|(reg, _)| key(*reg)).collect();
        sum.best = Some(Best { keys, row, item });
    }

    fn told(&self, sums: &mut [Sum]) -> Walked {
        let mut walked = Walked::none(sums.len());
        let descending: Vec<bool> = self.order.iter().map(|(_, descending)| *descending).collect();
        for (row, (sum, number)) in sums.iter_mut().zip(&mut walked.numbers).enumerate() {
            let of = |n: i64| Ok(Some(n));
            let count = i64::try_from(sum.count);
            let found = match self.kind {
                _ if sum.doubt || self.kind.lists() && sum.count > self.most => Err(()),
                Kind::Sum => i64::try_from(sum.total).map(Some).map_err(|_| ()),
                Kind::Count => count.map(Some).map_err(|_| ()),
                Kind::Least => Ok(sum.extremes.map(|(low, _)| low)),
                Kind::Greatest => Ok(sum.extremes.map(|(_, high)| high)),
                Kind::Any => of((sum.set > 0).into()),
                Kind::All => of((sum.set == sum.count).into()),
                Kind::First | Kind::Last => Ok(sum.best.as_ref().and_then(|best| best.item)),
                Kind::List | Kind::Present => {
                    let start = walked.items.len();
                    walked.items.extend(sum.list.in_order(&descending));
                    run_of(start..walked.items.len()).map(Some).ok_or(())
                }
            };
            match found {
                Ok(Some(found)) => *number = found,
                Ok(None) => set(&mut walked.absent, row),
                Err(()) => set(&mut walked.doubt, row),
            }
        }
        walked
    }
}

impl Walked {
    fn none(rows: usize) -> Self {
        let (absent, doubt) = ([0; WORDS], [0; WORDS]);
        Self { numbers: vec![0; rows], items: Vec::new(), absent, doubt, holding: None, is_full: false }
    }

    fn all_in_doubt(rows: usize) -> Self {
        Self { doubt: [u64::MAX; WORDS], ..Self::none(rows) }
    }
}

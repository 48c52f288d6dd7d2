//! What formulas over rows stand on: the plan, the data and the conclusions so far.

use super::lower::{Lowering, Truth, What, closed};
use super::program::{Mask, WORDS};
use super::sheet::{Kept, Sheet};
use super::walk::{Kind, Steps};
use crate::eval::{Evaluated, Machine};
use crate::ir::{Expr, ExprKind, FunctionId, Program, RuleId, walk};
use crate::library::{Builtin, Surroundings};
use crate::number::Num;
use crate::value::{Bits, Cells, Packed, Value};
use chrono::NaiveDate;
use rayon::ThreadPool;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Rows of a table from which a walk over all of them is worth a pass of its own.
const WORTH_A_PASS: usize = 2;

/// The reference evaluator, with the columns that formulas over rows read.
pub struct Engine<'m, 'a> {
    /// The reference evaluator, which holds the conclusions.
    pub machine: &'m mut Machine<'a>,
    /// Threads to share the work among.
    pub pool: Option<&'m ThreadPool>,
    fields: BTreeMap<(usize, usize), Option<Arc<Packed>>>,
    packed: BTreeMap<RuleId, Option<Arc<Packed>>>,
    starts: BTreeMap<usize, Arc<[usize]>>,
    steps: Arc<Steps>,
    /// Functions that walk.
    walking: BTreeSet<usize>,
}

impl<'m, 'a> Engine<'m, 'a> {
    /// Nothing read yet.
    pub fn new(machine: &'m mut Machine<'a>, pool: Option<&'m ThreadPool>) -> Self {
        let steps = Arc::new(Steps { taken: AtomicU64::new(0), most: machine.steps_left().into() });
        let (fields, packed, starts) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let walking = walking(machine.program());
        Self { machine, pool, fields, packed, starts, steps, walking }
    }

    /// Where walks of the next run count their steps.
    #[must_use]
    pub fn steps(&self) -> Arc<Steps> {
        Arc::clone(&self.steps)
    }

    /// Charges the steps of walks that were run; whether there were as many left.
    pub fn settle(&mut self) -> bool {
        let taken = self.steps.taken.swap(0, Ordering::Relaxed);
        let fits = self.machine.spend(taken);
        self.steps.most.store(self.machine.steps_left(), Ordering::Relaxed);
        fits
    }

    /// The plan.
    #[must_use]
    pub fn program(&self) -> &'a Program {
        self.machine.program()
    }

    /// What functions of the language know of the plan.
    #[must_use]
    pub fn around(&self) -> Surroundings<'_> {
        self.machine.surroundings()
    }

    /// The first row of each segment of a table, and the number of rows at the end.
    pub fn starts(&mut self, table: usize) -> Arc<[usize]> {
        if let Some(known) = self.starts.get(&table) {
            return Arc::clone(known);
        }
        let data = self.machine.dataset().tables.get(table);
        let starts = data.map_or_else(|| Arc::from([0]), |t| t.starts());
        self.starts.insert(table, Arc::clone(&starts));
        starts
    }

    /// A field of a table's rows; none where it has no packed form.
    pub fn field(&mut self, table: usize, field: usize) -> Option<Arc<Packed>> {
        if let Some(known) = self.fields.get(&(table, field)) {
            return known.clone();
        }
        let starts = self.starts(table);
        let cells = self.machine.dataset().tables.get(table)?.fields.get(field)?;
        let packed = pack(cells, &starts);
        self.fields.insert((table, field), packed.clone());
        packed
    }

    /// A rule's conclusions; none where there are none yet, or they have no packed form.
    pub fn conclusions(&mut self, rule: RuleId) -> Option<Arc<Packed>> {
        if let Some(known) = self.packed.get(&rule) {
            return known.clone();
        }
        let table = self.program().rule(rule)?.table?;
        let starts = self.starts(table);
        let packed = pack(self.machine.concluded(rule)?, &starts);
        // What is packed already need not be held twice, nor be in the way of a change.
        self.packed.insert(rule, packed.clone());
        packed
    }

    /// Whether a function, or one that it calls, walks over rows or items.
    #[must_use]
    pub fn walks(&self, id: FunctionId) -> bool {
        self.walking.contains(&id.0)
    }

    /// Drops what is held of packed conclusions, so that they can be changed in place.
    pub fn forget(&mut self) {
        self.packed.clear();
    }

    /// The value of a formula that is the same for every row, and stands so deep within others.
    ///
    /// # Errors
    /// Where it has none.
    pub fn value(&mut self, expr: &Expr, frame: &mut Vec<Value>, nesting: usize) -> Evaluated {
        let summed = self.summed(expr, nesting);
        self.machine.eval_within(nesting, summed.as_ref().unwrap_or(expr), frame)
    }

    /// The formula, which stands so deep within others, with its totals over whole tables in place;
    /// none where it has none.
    pub fn summed(&mut self, expr: &Expr, nesting: usize) -> Option<Expr> {
        let within = nesting.saturating_add(1);
        if let ExprKind::Builtin(builtin, args) = &expr.kind
            && let [walk] = args.as_slice()
            && let Some(value) = self.total(builtin, walk, within)
        {
            return Some(Expr { kind: ExprKind::Const(value), ty: expr.ty.clone(), span: expr.span });
        }
        let mut changed = false;
        let mut copy = expr.clone();
        copy.children_mut(&mut |child| {
            if let Some(summed) = self.summed(child, within) {
                *child = summed;
                changed = true;
            }
        });
        changed.then_some(copy)
    }

    /// Whether a condition on the rows of a table, which are in slot 0, is sure to hold for all of them.
    pub fn holds(&mut self, condition: &Expr, table: usize) -> bool {
        let sum = self.walk_over((table, 0, None, condition), Kind::All, 0);
        matches!(sum, Some((Value::Bool(true), _)))
    }

    /// The rows of a table, which are in slot 0, for which a condition is not sure to hold; none where it
    /// has no column form.
    pub fn doubtful(&mut self, condition: &Expr, table: usize) -> Option<Vec<usize>> {
        let starts = self.starts(table);
        let pool = self.pool;
        let mut lowering = Lowering::new(self, table, 0);
        let mut frame = vec![lowering.own()];
        let figure = lowering.lower(condition, &mut frame);
        let (what, more) = lowering.required(&figure);
        let mut flag = match what {
            What::Const(Value::Bool(known)) => lowering.known(known),
            What::Flag(mask) => mask,
            _ => return None,
        };
        let mut doubt = lowering.both_doubts(None, more, Truth::Known(true));
        let ops = std::mem::take(&mut lowering.ops);
        let mut kept = Kept::default();
        kept.masks.push(&mut flag);
        kept.masks.extend(doubt.as_mut());
        let sheet = Sheet::new(ops, kept);
        self.machine.spend(sheet.cost(&starts)).then_some(())?;
        let found = sheet.run(
            &starts,
            pool,
            Vec::new,
            |found: &mut Vec<usize>, batch, start, rows| {
                let inside = rows_mask(rows);
                let in_doubt = doubt.map_or([0; WORDS], |m: Mask| batch.mask(m));
                let words = inside.iter().zip(batch.mask(flag)).zip(in_doubt);
                let words = words.map(|((inside, holds), doubt)| inside & (!holds | doubt)).collect();
                found.extend(Bits::from_words(words).rows().map(|row| start.saturating_add(row)));
            },
            std::mem::take,
        );
        self.settle().then_some(())?;
        let rows = found.into_iter().zip(starts.iter());
        Some(rows.flat_map(|(rows, start)| rows.into_iter().map(|row| row.saturating_add(*start))).collect())
    }

    /// What a function makes of a walk over all rows of a table; none where it has no column form, or
    /// where a row has no value.
    fn total(&mut self, builtin: &Builtin, walk: &Expr, nesting: usize) -> Option<Value> {
        let (source, slot, filter, item) = match &walk.kind {
            ExprKind::Query(query) if query.order.is_empty() => {
                (&query.source, query.slot, query.filter.as_ref(), &query.value)
            }
            ExprKind::Project { list, slot, access } => (&**list, *slot, None, &**access),
            _ => return None,
        };
        let ExprKind::Table(table) = source.kind else { return None };
        // What it reads of a variable around it is not known here.
        let alone = closed(walk, &|_| false, &mut Vec::new());
        (alone && self.machine.dataset().len_of(table) >= WORTH_A_PASS).then_some(())?;
        let kind = Kind::of(builtin.name).filter(|kind| !kind.is_ordered())?;
        let found = self.walk_over((table, slot, filter, item), kind, nesting.saturating_add(1))?;
        // Where a list is made, it may be longer than a list may be.
        let listed = matches!(walk.kind, ExprKind::Query(_)) && kind.lists();
        let most = u64::try_from(self.machine.limits().list_items).unwrap_or(u64::MAX);
        (!listed || found.1 <= most).then_some(found.0)
    }

    /// What is made of an item for each row of a table that passes a filter, and how many pass; the row
    /// is in a slot.
    fn walk_over(
        &mut self,
        (table, slot, filter, item): (usize, usize, Option<&Expr>, &Expr),
        kind: Kind,
        nesting: usize,
    ) -> Option<(Value, u64)> {
        let starts = self.starts(table);
        let pool = self.pool;
        let mut lowering = Lowering::new(self, table, nesting);
        let mut frame = Vec::new();
        frame.resize(slot.saturating_add(1), super::lower::Figure::constant(Value::Absent));
        if let Some(own) = frame.get_mut(slot) {
            *own = lowering.own();
        }
        let (passes, doubt) = match filter {
            None => (Truth::Known(true), None),
            Some(filter) => {
                let filter = lowering.lower(filter, &mut frame);
                lowering.truth_and_doubt(&filter)
            }
        };
        let figure = lowering.lower(item, &mut frame);
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
        let counted = |what: &What| matches!(what, What::Number(_) | What::Date(_) | What::Flag(_));
        if kind != Kind::Count && !counted(&what) {
            return None;
        }
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
        let sums = sheet.run(
            &starts,
            pool,
            Sum::default,
            |sum: &mut Sum, batch, _, rows| {
                let inside = rows_mask(rows);
                let mut pass = passes.map_or([u64::MAX; WORDS], |m| batch.mask(m));
                pass.iter_mut().zip(inside).for_each(|(p, i)| *p &= i);
                let in_doubt = doubt.map_or([0; WORDS], |m: Mask| batch.mask(m));
                // A row whose filter is in doubt may pass, whatever its bit says.
                sum.doubt |= inside.iter().zip(in_doubt).any(|(i, d)| i & d != 0);
                sum.add(&what, batch, &pass, rows);
            },
            std::mem::take,
        );
        self.settle().then_some(())?;
        let sum = sums.into_iter().reduce(Sum::join).unwrap_or_default();
        Some((sum.value(kind, &what)?, sum.count))
    }
}

/// The functions that walk over rows or items, themselves or by those that they call.
fn walking(program: &Program) -> BTreeSet<usize> {
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for (index, function) in program.functions.iter().enumerate() {
            walk(&function.body, &mut |part| {
                let walks = match &part.kind {
                    ExprKind::Query(_) | ExprKind::Fold { .. } => true,
                    ExprKind::Call(id, _) => found.contains(&id.0),
                    _ => false,
                };
                if walks {
                    found.insert(index);
                }
            });
        }
        // Functions do not call themselves, so that each round finds those one call further away.
        if found.len() == before {
            return found;
        }
    }
}

fn pack(cells: &Cells, starts: &[usize]) -> Option<Arc<Packed>> {
    match cells {
        Cells::Packed(packed) => Some(Arc::clone(packed)),
        Cells::Each(values) => Packed::of(values, Some(starts)).map(Arc::new),
    }
}

/// The bits of so many rows.
pub fn rows_mask(rows: usize) -> [u64; WORDS] {
    let mut words = [0; WORDS];
    for (index, word) in words.iter_mut().enumerate() {
        let left = rows.saturating_sub(index << 6);
        *word = if left >= 64 { u64::MAX } else { (1_u64 << left).wrapping_sub(1) };
    }
    words
}

/// Totals of some rows.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    total: i128,
    count: u64,
    set: u64,
    extremes: Option<(i64, i64)>,
    doubt: bool,
}

impl Sum {
    fn add(&mut self, what: &What, batch: &super::batch::Batch, pass: &[u64; WORDS], rows: usize) {
        self.count = self.count.saturating_add(pass.iter().map(|w| u64::from(w.count_ones())).sum());
        match what {
            What::Flag(mask) => {
                let flags = batch.mask(*mask);
                let set = pass.iter().zip(flags).map(|(p, f)| u64::from((p & f).count_ones())).sum();
                self.set = self.set.saturating_add(set);
            }
            What::Number(super::number::Scaled { reg, .. }) => {
                self.add_numbers(batch.numbers(*reg), pass, rows);
            }
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

    fn join(self, other: Self) -> Self {
        let extremes = match (self.extremes, other.extremes) {
            (Some(a), Some(b)) => Some((a.0.min(b.0), a.1.max(b.1))),
            (a, b) => a.or(b),
        };
        Self {
            total: self.total.wrapping_add(other.total),
            count: self.count.saturating_add(other.count),
            set: self.set.saturating_add(other.set),
            extremes,
            doubt: self.doubt || other.doubt,
        }
    }

    fn value(self, kind: Kind, what: &What) -> Option<Value> {
        if self.doubt {
            return None;
        }
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
            Kind::First | Kind::Last => None,
        }
    }
}

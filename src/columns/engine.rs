//! What formulas over rows stand on: the plan, the data and the conclusions so far.

use super::groups::{Groups, KeyOf};
use super::lower::{Lowering, Truth, What};
use super::program::{Mask, WORDS};
use super::sheet::{Kept, Sheet};
use super::walk::Steps;
use crate::eval::{Evaluated, Machine};
use crate::ir::{Expr, Program, RuleId};
use crate::library::Surroundings;
use crate::value::{Bits, Cells, Packed, Spare, Value};
use rayon::ThreadPool;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// The reference evaluator, with the columns that formulas over rows read.
pub struct Engine<'m, 'a> {
    /// The reference evaluator, which holds the conclusions.
    pub machine: &'m mut Machine<'a>,
    /// Threads to share the work among.
    pub pool: Option<&'m ThreadPool>,
    /// What columns stood in that were given up, for what is packed next.
    pub spare: Arc<Spare>,
    fields: BTreeMap<(usize, usize), Option<Arc<Packed>>>,
    packed: BTreeMap<RuleId, Option<Arc<Packed>>>,
    starts: BTreeMap<usize, Arc<[usize]>>,
    /// Indexes of the pass at hand, each with its keys and how many rows it has.
    indexes: Vec<(Vec<KeyOf>, usize, Arc<Groups>)>,
    steps: Arc<Steps>,
    /// Items of lists that the last run left in columns.
    listed: u64,
    /// Whether steps or room ran out.
    exceeded: bool,
}

impl<'m, 'a> Engine<'m, 'a> {
    /// Nothing read yet.
    pub fn new(machine: &'m mut Machine<'a>, pool: Option<&'m ThreadPool>) -> Self {
        let (most, most_values) = (machine.steps_left().into(), machine.values_left().into());
        let steps = Arc::new(Steps { most, most_values, ..Steps::default() });
        let (fields, packed, starts) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        Self {
            machine,
            pool,
            spare: Arc::default(),
            fields,
            packed,
            starts,
            indexes: Vec::new(),
            steps,
            listed: 0,
            exceeded: false,
        }
    }

    /// Where walks of the next run count their steps.
    #[must_use]
    pub fn steps(&self) -> Arc<Steps> {
        Arc::clone(&self.steps)
    }

    /// Charges the steps of walks that were run; whether there were as many left, and room for their lists.
    pub fn settle(&mut self) -> bool {
        let taken = self.steps.taken.swap(0, Ordering::Relaxed);
        self.listed = self.steps.values.swap(0, Ordering::Relaxed);
        let fits = self.machine.spend(taken) && self.listed <= self.machine.values_left();
        self.steps.most.store(self.machine.steps_left(), Ordering::Relaxed);
        self.exceeded |= !fits;
        fits
    }

    /// Makes room for the lists of the last run, whose columns are kept in memory.
    pub fn hold_lists(&mut self) {
        let listed = std::mem::take(&mut self.listed);
        self.exceeded |= !self.machine.hold(listed);
        self.steps.most_values.store(self.machine.values_left(), Ordering::Relaxed);
    }

    /// Whether steps or room ran out: what was concluded since may be nothing.
    #[must_use]
    pub fn is_exceeded(&self) -> bool {
        self.exceeded || self.machine.is_spent()
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

    /// Rows by what they are found by, made once for a pass.
    pub fn indexed(&mut self, keys: Vec<KeyOf>, rows: usize) -> Arc<Groups> {
        let is_same =
            |(one, other): (&KeyOf, &KeyOf)| Arc::ptr_eq(&one.column, &other.column) && one.by == other.by;
        let known = self.indexes.iter().find(|(others, of, _)| {
            *of == rows && keys.len() == others.len() && keys.iter().zip(others).all(is_same)
        });
        if let Some((.., among)) = known {
            return Arc::clone(among);
        }
        let among = Arc::new(Groups::new(&keys, rows));
        self.indexes.push((keys, rows, Arc::clone(&among)));
        among
    }

    /// Drops the indexes that no operation holds.
    pub fn forget_indexes(&mut self) {
        self.indexes.clear();
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
        let summed = self.summed(expr, nesting, false);
        self.machine.eval_within(nesting, summed.as_ref().unwrap_or(expr), frame)
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
            |gathered, _| std::mem::take(gathered),
        );
        self.settle().then_some(())?;
        let rows = found.into_iter().zip(starts.iter());
        Some(rows.flat_map(|(rows, start)| rows.into_iter().map(|row| row.saturating_add(*start))).collect())
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

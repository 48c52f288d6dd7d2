//! Allocation over columns: exact parts as whole numbers of one fraction of a step, cut down by one
//! division, and of the rows only those ranked that stand on the edge of being given a step more.

use super::apart::Apart;
use super::batch::Batch;
use super::engine::{Engine, rows_mask};
use super::lower::{Figure, Key, Lowering, What};
use super::number::{Scaled, fraction, lowest};
use super::program::{Mask, Reg, WORDS};
use super::sheet::{Kept, Sheet};
use super::within::Columns;
use crate::ir::{Allocate, Rule, RuleBody, RuleId};
use crate::number::Num;
use crate::value::{Cells, Filling, Meaning, Packed, Segment, Value};
use indexmap::IndexMap;
use std::cmp::Ordering;
use std::sync::Arc;

/// What is gathered of the rows.
#[derive(Debug, Default)]
struct Gathered {
    parts: Vec<i64>,
    ties: Vec<i64>,
    groups: Vec<i64>,
    doubt: bool,
}

/// The rows of a table, to be shared among.
pub(super) struct Sharing<'t> {
    pub parts: Vec<i64>,
    /// What a part is in steps: times the first, divided by the second, both positive.
    pub times: i128,
    pub over: i128,
    pub ties: Ties<'t>,
    /// Whole steps, row by row.
    pub steps: Vec<i64>,
}

/// What decides among rows of which the same is cut off, before their order.
pub(super) enum Ties<'t> {
    None,
    Numbers(Vec<i64>),
    Texts(&'t Packed),
    /// Texts that were read back.
    Owned(Vec<Arc<str>>),
}

impl Engine<'_, '_> {
    /// A rule's allocation; none where it has no column form, or where some row has no part.
    pub fn allocated(&mut self, id: RuleId) -> Option<Cells> {
        let program = self.program();
        let rule = program.rule(id)?;
        let RuleBody::Allocate(allocate) = &rule.body else { return None };
        let table = rule.table?;
        (self.machine.dataset().len_of(table) > 0).then_some(())?;
        let starts = self.starts(table);
        let pool = self.pool;
        let mut lowering = Lowering::new(self, table, 0);
        let mut lowered = Lowered::new(allocate, rule.slots, &mut lowering)?;
        let in_steps = lowered.in_steps()?;
        let is_put_away = lowering.engine.machine.dataset().tables.get(table)?.store().is_some();
        if is_put_away && !matches!(lowered.groups, Key::Same) {
            let columns = Columns::of(&mut lowering, &lowered, table)?;
            let shared = self.shared_within((&lowered, &columns), in_steps, &starts)?;
            let (least, most) = shared.extremes();
            return lowered.are_within(rule, [least, most]).then(|| Cells::Packed(Arc::new(shared)));
        }
        let ops = std::mem::take(&mut lowering.ops);
        let mut kept = Kept::default();
        kept.regs.push(&mut lowered.parts.reg);
        for key in [&mut lowered.ties, &mut lowered.groups] {
            if let Key::Numbers(reg) = key {
                kept.regs.push(reg);
            }
        }
        kept.masks.extend(lowered.doubt.as_mut());
        let sheet = Sheet::new(ops, kept);
        let rows = u64::try_from(starts.last().copied().unwrap_or(0)).unwrap_or(u64::MAX);
        self.machine.spend(sheet.cost(&starts).saturating_add(rows)).then_some(())?;
        let (times, over) = in_steps;
        let data = self.machine.dataset().tables.get(table)?;
        if let Some(store) = data.store() {
            let over = u64::try_from(over).ok()?;
            let apart = Apart { sheet: &sheet, lowered: &lowered, starts: &starts, times, over, store };
            let shared = self.shared_apart(&apart)?;
            let (least, most) = shared.extremes();
            return lowered.are_within(rule, [least, most]).then(|| Cells::Packed(Arc::new(shared)));
        }
        let segments = sheet.run(
            &starts,
            pool,
            Gathered::default,
            |gathered: &mut Gathered, batch, _, rows| gathered.add(&lowered, batch, rows),
            |gathered, _| std::mem::take(gathered),
        );
        drop(sheet);
        self.settle().then_some(())?;
        let all = segments.into_iter().reduce(Gathered::join).filter(|g| !g.doubt)?;
        let ties = match &lowered.ties {
            Key::Same => Ties::None,
            Key::Numbers(_) => Ties::Numbers(all.ties),
            Key::Text(column) => Ties::Texts(column),
        };
        let steps = vec![0; all.parts.len()];
        let mut sharing = Sharing { parts: all.parts, times, over, ties, steps };
        for group in grouped(&lowered.groups, &all.groups, sharing.parts.len())? {
            sharing.share_exactly(&group)?;
        }
        let ends = [*sharing.steps.iter().min()?, *sharing.steps.iter().max()?];
        lowered.are_within(rule, ends).then_some(())?;
        packed(&sharing.steps, lowered.step, &starts)
    }
}

/// What an allocation is made of, lowered.
pub(super) struct Lowered {
    pub parts: Scaled,
    /// The step as a fraction in lowest terms.
    pub step: (i128, i128),
    pub ties: Key,
    pub groups: Key,
    /// Rows whose part is not known.
    pub doubt: Option<Mask>,
}

impl Lowered {
    fn new(allocate: &Allocate, slots: usize, lowering: &mut Lowering<'_, '_, '_>) -> Option<Self> {
        let mut frame = vec![Figure::constant(Value::Absent); slots.max(1)];
        if let Some(own) = frame.first_mut() {
            *own = lowering.own();
        }
        let step = lowering.lower(&allocate.step, &mut frame);
        let Value::Number(step) = step.as_constant()? else { return None };
        let step = fraction(step).filter(|(above, _)| *above > 0)?;
        let parts = lowering.lower(&allocate.parts, &mut frame);
        let (what, doubt) = lowering.required(&parts);
        let What::Number(parts) = what else { return None };
        let (parts, more) = lowering.plain(parts);
        let doubt = lowering.doubts(doubt, more);
        let mut key = |expr: &_, ordered: bool| {
            let figure = lowering.lower(expr, &mut frame);
            lowering.key(&figure, ordered)
        };
        let ties = key(&allocate.ties, true)?;
        let groups = match &allocate.within {
            Some(within) => key(within, false)?,
            None => Key::Same,
        };
        Some(Self { parts, step, ties, groups, doubt })
    }

    /// Whether so many steps lie within the rule's range; which part does not, the reference evaluator says.
    fn are_within(&self, rule: &Rule, steps: [i64; 2]) -> bool {
        let part = |steps: i64| Num::from_fraction(i128::from(steps).checked_mul(self.step.0)?, self.step.1);
        let holds = |part: Num| rule.bounds.iter().all(|bound| bound.holds(&Value::Number(part.clone())));
        steps.iter().all(|steps| part(*steps).is_some_and(holds))
    }

    /// What a part's number is in steps.
    fn in_steps(&self) -> Option<(i128, i128)> {
        let (above, below) = self.step;
        lowest(self.parts.times.checked_mul(below)?, self.parts.over.checked_mul(above)?)
    }
}

impl Gathered {
    fn add(&mut self, lowered: &Lowered, batch: &Batch, rows: usize) {
        let numbers = |reg: Reg| batch.numbers(reg);
        self.parts.extend_from_slice(numbers(lowered.parts.reg));
        if let Key::Numbers(reg) = lowered.ties {
            self.ties.extend_from_slice(numbers(reg));
        }
        if let Key::Numbers(reg) = lowered.groups {
            self.groups.extend_from_slice(numbers(reg));
        }
        let doubt = lowered.doubt.map_or([0; WORDS], |mask| batch.mask(mask));
        self.doubt |= rows_mask(rows).iter().zip(doubt).any(|(inside, doubt)| inside & doubt != 0);
    }

    fn join(mut self, other: Self) -> Self {
        self.parts.extend(other.parts);
        self.ties.extend(other.ties);
        self.groups.extend(other.groups);
        self.doubt |= other.doubt;
        self
    }
}

/// The rows of each group, in order.
fn grouped(key: &Key, groups: &[i64], rows: usize) -> Option<Vec<Vec<u32>>> {
    let all = 0..u32::try_from(rows).ok()?;
    let mut found: IndexMap<i64, Vec<u32>> = IndexMap::new();
    match key {
        Key::Same => return Some(vec![all.collect()]),
        Key::Numbers(_) => {
            for (row, group) in all.zip(groups) {
                found.entry(*group).or_default().push(row);
            }
        }
        Key::Text(column) => {
            let mut names: IndexMap<&str, i64> = IndexMap::new();
            for row in all {
                let next = i64::try_from(names.len()).ok()?;
                let name = *names.entry(column.text(row as usize)?).or_insert(next);
                found.entry(name).or_default().push(row);
            }
        }
    }
    Some(found.into_values().collect())
}

impl Sharing<'_> {
    /// Gives each row of a group its whole steps; none where something does not fit.
    pub(super) fn share_exactly(&mut self, group: &[u32]) -> Option<()> {
        // The remainders of a divisor of 64 bits need no more to be told apart.
        if u64::try_from(self.over).is_ok() {
            self.share(group, |rest| u64::try_from(rest).unwrap_or(u64::MAX))
        } else {
            self.share(group, |rest| rest)
        }
    }

    /// Gives each row of a group its whole steps; `rank` keeps the order of what is cut off. None where
    /// something does not fit.
    fn share<R: Copy + Ord>(&mut self, group: &[u32], rank: impl Fn(i128) -> R) -> Option<()> {
        let mut rests: Vec<R> = Vec::with_capacity(group.len());
        let (mut total, mut cut) = (0_i128, 0_i128);
        for row in group {
            let part = i128::from(*self.parts.get(*row as usize)?);
            total = total.checked_add(part)?;
            let (whole, rest) = divided(part.checked_mul(self.times)?, self.over)?;
            *self.steps.get_mut(*row as usize)? = i64::try_from(whole).ok()?;
            cut = cut.checked_add(whole)?;
            rests.push(rank(rest));
        }
        let (whole, _) = divided(total.checked_mul(self.times)?, self.over)?;
        let winners = usize::try_from(whole.checked_sub(cut)?).unwrap_or(0).min(group.len());
        for row in self.winners(group, &rests, winners)? {
            let steps = self.steps.get_mut(row as usize)?;
            *steps = steps.checked_add(1)?;
        }
        Some(())
    }

    /// The rows of which the most is cut off, so many of them.
    fn winners<R: Copy + Ord>(&self, group: &[u32], rests: &[R], winners: usize) -> Option<Vec<u32>> {
        let losers = group.len().checked_sub(winners)?;
        if winners == 0 || losers == 0 {
            return Some(if winners == 0 { Vec::new() } else { group.to_vec() });
        }
        let mut order = rests.to_vec();
        let (_, edge, _) = order.select_nth_unstable(losers);
        let edge = *edge;
        drop(order);
        let with = |wanted: Ordering| {
            let rows = group.iter().zip(rests).filter(move |(_, rest)| (**rest).cmp(&edge) == wanted);
            rows.map(|(row, _)| *row)
        };
        let mut found: Vec<u32> = with(Ordering::Greater).collect();
        // The edge itself may be shared by more rows than there are steps left.
        let left = winners.checked_sub(found.len())?;
        let mut even: Vec<u32> = with(Ordering::Equal).collect();
        if let Some(last) = left.checked_sub(1).filter(|_| left < even.len()) {
            even.select_nth_unstable_by(last, |a, b| self.ties.order(*a, *b).then(a.cmp(b)));
        }
        found.extend(even.into_iter().take(left));
        Some(found)
    }
}

impl Ties<'_> {
    fn order(&self, a: u32, b: u32) -> Ordering {
        let (a, b) = (a as usize, b as usize);
        match self {
            Self::None => Ordering::Equal,
            Self::Numbers(numbers) => numbers.get(a).cmp(&numbers.get(b)),
            Self::Texts(column) => column.text(a).cmp(&column.text(b)),
            Self::Owned(texts) => texts.get(a).cmp(&texts.get(b)),
        }
    }
}

/// The whole part of a quotient and its remainder, which is not negative; the divisor is positive.
pub(super) fn divided(above: i128, below: i128) -> Option<(i128, i128)> {
    if let (Ok(above), Ok(below)) = (i64::try_from(above), i64::try_from(below)) {
        return Some((above.checked_div_euclid(below)?.into(), above.checked_rem_euclid(below)?.into()));
    }
    Some((above.checked_div_euclid(below)?, above.checked_rem_euclid(below)?))
}

/// Whole steps as a column.
fn packed(steps: &[i64], (above, below): (i128, i128), starts: &[usize]) -> Option<Cells> {
    let meaning = Meaning::Number { times: i64::try_from(above).ok()?, over: i64::try_from(below).ok()? };
    let segments: Option<Vec<Segment>> = starts
        .windows(2)
        .filter_map(|pair| match pair {
            [start, end] => Some(
                steps.get(*start..*end).map(|rows| Segment::new(Filling::Numbers(rows), None, Vec::new())),
            ),
            _ => None,
        })
        .collect();
    Some(Cells::Packed(Arc::new(Packed::new(meaning, segments?))))
}

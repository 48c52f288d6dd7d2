//! Conclusions as they come out of a pass, packed.

use super::batch::Batch;
use super::engine::rows_mask;
use super::lower::{Figure, Lowering, What};
use super::program::{Mask, Op, Reg, WORDS};
use super::sheet::Kept;
use crate::ir::RuleId;
use crate::value::{Bits, Filling, Meaning, Segment, Value};

/// A rule's conclusions, to be packed after each batch.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The rule.
    pub rule: RuleId,
    /// What its numbers mean.
    pub meaning: Meaning,
    source: Source,
    absent: Option<Mask>,
    doubt: Option<Mask>,
}

#[derive(Clone, Debug)]
enum Source {
    Numbers(Reg),
    Flags(Mask),
}

impl Stored {
    /// How a rule's figure is stored; none where it has no packed form, so that the reference evaluator
    /// concludes for every row.
    pub fn new(rule: RuleId, figure: &Figure, lowering: &mut Lowering<'_, '_, '_>) -> Option<Self> {
        if lowering.is_hopeless(figure) {
            return None;
        }
        let (mut absent, mut doubt) = (figure.absent, figure.doubt);
        let (meaning, source) = match &figure.what {
            What::Number(number) => {
                let (number, more) = lowering.plain(number.clone());
                doubt = lowering.doubts(doubt, more);
                let times = i64::try_from(number.times).ok()?;
                let over = i64::try_from(number.over).ok()?;
                (Meaning::Number { times, over }, Source::Numbers(number.reg))
            }
            What::Flag(mask) => (Meaning::Flag, Source::Flags(*mask)),
            What::Date(day) => (Meaning::Date, Source::Numbers(day.reg)),
            What::Code(reg, values) => (Meaning::Code(values.clone()), Source::Numbers(*reg)),
            What::Row { table, .. } => {
                let reg = lowering.row(&figure.what)?;
                (Meaning::Row(u32::try_from(*table).ok()?), Source::Numbers(reg))
            }
            What::Const(Value::Absent) => {
                absent = Some(lowering.everything());
                (Meaning::Flag, Source::Numbers(lowering.fill(0)))
            }
            What::Const(value) => (Meaning::Code([value.clone()].into()), Source::Numbers(lowering.fill(0))),
            What::Text(_) | What::Record(_) | What::List(_) | What::Nothing => return None,
        };
        Some(Self { rule, meaning, source, absent, doubt })
    }

    /// The registers and masks to keep.
    pub fn keep<'k>(&'k mut self, kept: &mut Kept<'k>) {
        match &mut self.source {
            Source::Numbers(reg) => kept.regs.push(reg),
            Source::Flags(mask) => kept.masks.push(mask),
        }
        kept.masks.extend(self.absent.as_mut());
        kept.masks.extend(self.doubt.as_mut());
    }
}

/// Rows of one segment as they come.
#[derive(Debug, Default)]
pub struct Growing {
    numbers: Vec<i64>,
    flags: Vec<u64>,
    absent: Vec<u64>,
    odd: Vec<(u32, Option<Value>)>,
    rows: usize,
}

impl Growing {
    /// Adds a batch, whose first row is a multiple of 64.
    pub fn add(&mut self, stored: &Stored, batch: &Batch, start: usize, rows: usize) {
        let inside = rows_mask(rows);
        let masked = |mask: Mask| {
            let mut words = batch.mask(mask);
            words.iter_mut().zip(inside).for_each(|(w, i)| *w &= i);
            words
        };
        let words = rows.div_ceil(64);
        match stored.source {
            Source::Numbers(reg) => self.numbers.extend_from_slice(batch.numbers(reg)),
            Source::Flags(mask) => self.flags.extend(masked(mask).iter().take(words)),
        }
        if let Some(mask) = stored.absent {
            self.absent.extend(masked(mask).iter().take(words));
        }
        if let Some(mask) = stored.doubt {
            let found = masked(mask);
            if found != [0; WORDS] {
                for row in Bits::from_words(found.to_vec()).rows() {
                    let row = u32::try_from(start.saturating_add(row)).unwrap_or(u32::MAX);
                    self.odd.push((row, None));
                }
            }
        }
        self.rows = self.rows.saturating_add(rows);
    }

    /// How many rows came since the last segment.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The segment, in which rows in doubt have no value yet; there are no rows then.
    pub fn finish(&mut self, stored: &Stored) -> Segment {
        let odd = std::mem::take(&mut self.odd);
        let filling = match stored.source {
            Source::Numbers(_) => Filling::Numbers(&self.numbers),
            Source::Flags(_) => Filling::Flags(Bits::from_words(std::mem::take(&mut self.flags)), self.rows),
        };
        let absent = stored.absent.map(|_| Bits::from_words(std::mem::take(&mut self.absent)));
        let segment = Segment::new(filling, absent, odd);
        self.numbers.clear();
        self.rows = 0;
        segment
    }
}

impl Lowering<'_, '_, '_> {
    /// A register that holds one number.
    fn fill(&mut self, value: i64) -> Reg {
        let to = Reg(self.regs);
        self.regs = self.regs.saturating_add(1);
        self.ops.push(Op::Fill { value, to });
        to
    }
}

//! Conclusions as they come out of a pass, packed.

use super::batch::{Batch, get, set};
use super::engine::{Engine, rows_mask};
use super::lists::items_of;
use super::lower::{Figure, Lowering, What};
use super::program::{Mask, Op, Reg, WORDS};
use super::sheet::{Kept, Sheet};
use crate::progress::Watched;
use crate::value::{Bits, Filling, Held, Meaning, Packed, Part, Placed, Room, Slabs, Stay, Texts, Value};
use std::sync::Arc;

/// A rule's conclusions, to be packed after each batch.
#[derive(Clone, Debug)]
pub struct Stored {
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
    Texts(Arc<Packed>),
    /// Lists that a walk has made, and what their items mean.
    Listed(Reg, Meaning),
    /// Records, or lists of the same length, part by part.
    Parts(Vec<Stored>, Parts),
}

/// What parts are put together to.
#[derive(Clone, Copy, Debug)]
enum Parts {
    Record,
    List,
}

impl Stored {
    /// How a figure is stored; none where it has no packed form, so that the reference evaluator
    /// concludes for every row.
    pub fn new(figure: &Figure, lowering: &mut Lowering<'_, '_, '_>) -> Option<Self> {
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
            What::Text(from) => (Meaning::Text, Source::Texts(Arc::clone(from))),
            What::Whole(from) => (Meaning::Whole, Source::Texts(Arc::clone(from))),
            What::Listed(reg, item) => (Meaning::Whole, Source::Listed(*reg, item.clone())),
            What::Record(figures) | What::List(figures) => {
                let mut parts = Vec::with_capacity(figures.len());
                for figure in figures {
                    let mut part = Self::new(figure, lowering)?;
                    doubt = lowering.doubts(doubt, part.doubt.take());
                    parts.push(part);
                }
                let is_record = matches!(figure.what, What::Record(_));
                let put = if is_record { Parts::Record } else { Parts::List };
                (Meaning::Whole, Source::Parts(parts, put))
            }
            What::Nothing => return None,
        };
        Some(Self { meaning, source, absent, doubt })
    }

    /// Nothing but the rows in doubt; none where no row can be.
    pub fn only_doubt(&self) -> Option<Self> {
        let doubt = self.doubt?;
        Some(Self { meaning: Meaning::Flag, source: Source::Flags(doubt), absent: None, doubt: Some(doubt) })
    }

    /// Whether any row can be in doubt.
    pub fn may_be_in_doubt(&self) -> bool {
        self.doubt.is_some()
    }

    /// The registers and masks to keep.
    pub fn keep<'k>(&'k mut self, kept: &mut Kept<'k>) {
        match &mut self.source {
            Source::Numbers(reg) | Source::Listed(reg, _) => kept.regs.push(reg),
            Source::Flags(mask) => kept.masks.push(mask),
            Source::Texts(_) => {}
            Source::Parts(parts, _) => parts.iter_mut().for_each(|part| part.keep(kept)),
        }
        kept.masks.extend(self.absent.as_mut());
        kept.masks.extend(self.doubt.as_mut());
    }
}

impl Stored {
    /// The segments at hand of columns of texts and lists that it is put together of.
    fn texts<'s>(&'s self, batch: &Batch, found: &mut Vec<(&'s Arc<Packed>, Held<'s>)>) {
        match &self.source {
            Source::Texts(from) => {
                found.extend(from.parts().get(batch.segment()).map(|part| (from, part.segment())));
            }
            Source::Parts(parts, _) => parts.iter().for_each(|part| part.texts(batch, found)),
            Source::Numbers(_) | Source::Flags(_) | Source::Listed(..) => {}
        }
    }

    /// Items of the lists that walks have made for it.
    fn listed(&self, batch: &Batch) -> u64 {
        match &self.source {
            Source::Listed(run, _) => {
                let items = batch.numbers(*run).iter().map(|run| items_of(*run, batch.items()).len());
                u64::try_from(items.fold(0, usize::saturating_add)).unwrap_or(u64::MAX)
            }
            Source::Parts(parts, _) => {
                parts.iter().map(|part| part.listed(batch)).fold(0, u64::saturating_add)
            }
            Source::Numbers(_) | Source::Flags(_) | Source::Texts(_) => 0,
        }
    }

    /// The value of a row of a batch; none where nothing tells it.
    fn value(&self, batch: &Batch, row: usize, texts: &[(&Arc<Packed>, Held<'_>)]) -> Option<Value> {
        let number = |reg: Reg| batch.numbers(reg).get(row).copied();
        if self.absent.is_some_and(|mask| get(&batch.mask(mask), row)) {
            return Some(Value::Absent);
        }
        match &self.source {
            Source::Numbers(reg) => self.meaning.value(number(*reg)?),
            Source::Flags(mask) => Some(Value::Bool(get(&batch.mask(*mask), row))),
            Source::Texts(from) => {
                let (_, segment) = texts.iter().find(|(of, _)| Arc::ptr_eq(of, from))?;
                from.value_of(segment, batch.start().saturating_add(row))
            }
            Source::Listed(run, item) => {
                let items = items_of(number(*run)?, batch.items()).iter();
                Some(Value::List(items.map(|number| item.value(*number)).collect::<Option<_>>()?))
            }
            Source::Parts(parts, put) => {
                let values = parts.iter().map(|part| part.value(batch, row, texts)).collect::<Option<_>>()?;
                Some(match put {
                    Parts::Record => Value::Record(values),
                    Parts::List => Value::List(values),
                })
            }
        }
    }
}

/// Rows of one segment as they come.
#[derive(Debug, Default)]
pub struct Growing {
    numbers: Vec<i64>,
    flags: Vec<u64>,
    texts: Texts,
    absent: Vec<u64>,
    odd: Vec<(u32, Option<Value>)>,
    rows: usize,
    /// Items of lists that walks have made.
    listed: u64,
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
        let mut doubt = stored.doubt.map_or([0; WORDS], masked);
        match &stored.source {
            Source::Numbers(reg) => self.numbers.extend_from_slice(batch.numbers(*reg)),
            Source::Flags(mask) => self.flags.extend(masked(*mask).iter().take(words)),
            Source::Texts(from) => {
                let segment = from.parts().get(batch.segment()).map(Part::segment);
                for row in start..start.saturating_add(rows) {
                    self.texts.push(segment.as_ref().and_then(|s| s.text_bytes(row)).unwrap_or_default());
                }
            }
            Source::Listed(..) | Source::Parts(..) => {
                self.listed = self.listed.saturating_add(stored.listed(batch));
                let absent = stored.absent.map_or([0; WORDS], masked);
                let mut texts = Vec::new();
                stored.texts(batch, &mut texts);
                for row in 0..rows {
                    let is_there = !get(&doubt, row) && !get(&absent, row);
                    match is_there.then(|| stored.value(batch, row, &texts)).flatten() {
                        Some(value) if self.texts.push_whole(&value) => {}
                        Some(_) => set(&mut doubt, row),
                        None => {
                            self.texts.push(b"");
                            if !get(&absent, row) {
                                set(&mut doubt, row);
                            }
                        }
                    }
                }
            }
        }
        if let Some(mask) = stored.absent {
            self.absent.extend(masked(mask).iter().take(words));
        }
        if doubt != [0; WORDS] {
            for row in Bits::from_words(doubt.to_vec()).rows() {
                let row = u32::try_from(start.saturating_add(row)).unwrap_or(u32::MAX);
                self.odd.push((row, None));
            }
        }
        self.rows = self.rows.saturating_add(rows);
    }

    /// How many rows came since the last segment.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The segment, in which rows in doubt have no value yet; there are no rows then.
    pub fn finish(&mut self, stored: &Stored, room: &mut Room<'_>) -> Placed {
        let odd = std::mem::take(&mut self.odd);
        let filling = match stored.source {
            Source::Numbers(_) => Filling::Numbers(&self.numbers),
            Source::Flags(_) => Filling::Flags(Bits::from_words(std::mem::take(&mut self.flags)), self.rows),
            Source::Texts(_) | Source::Listed(..) | Source::Parts(..) => Filling::Texts(&self.texts),
        };
        let absent = stored.absent.map(|_| Bits::from_words(std::mem::take(&mut self.absent)));
        let segment = room.segment(Stay::Whole, filling, absent, odd);
        self.numbers.clear();
        self.texts.clear();
        self.rows = 0;
        segment
    }
}

/// Runs operations over the rows of a table and packs what is stored of them, each in a column; rows in
/// doubt have no value there. None where steps or room run out.
pub fn gathered(
    engine: &mut Engine<'_, '_>,
    table: usize,
    ops: Vec<Op>,
    stored: &mut [Stored],
    watch: Watched<'_>,
) -> Option<Vec<Packed>> {
    gathered_last(engine, table, ops, stored, (watch, &[]))
}

/// The same, which reads some columns for the last time: each segment of them is given up once its rows are
/// through, unless one of these is in doubt.
pub fn gathered_last(
    engine: &mut Engine<'_, '_>,
    table: usize,
    ops: Vec<Op>,
    stored: &mut [Stored],
    (watch, last): (Watched<'_>, &[Arc<Packed>]),
) -> Option<Vec<Packed>> {
    if stored.is_empty() {
        return Some(Vec::new());
    }
    let starts = engine.starts(table);
    let mut kept = Kept::default();
    stored.iter_mut().for_each(|s| s.keep(&mut kept));
    let sheet = Sheet::new(ops, kept);
    engine.machine.spend(sheet.cost(&starts)).then_some(())?;
    let stored = &*stored;
    let store = engine.machine.dataset().tables.get(table).and_then(|t| t.store());
    let rows = starts.last().copied().unwrap_or(0);
    let slabs = Slabs::of(rows.saturating_mul(stored.len()).saturating_mul(4), store).after(&engine.spare);
    let (spare, steps, is_put_away) = (&engine.spare, engine.steps(), store.is_some());
    let segments: Vec<Vec<Placed>> = sheet.run(
        &starts,
        engine.pool,
        || (stored.iter().map(|_| Growing::default()).collect(), slabs.room()),
        |(growing, _): &mut (Vec<Growing>, Room<'_>), batch, start, rows| {
            for (one, stored) in growing.iter_mut().zip(stored) {
                // Lists that are stored are held on where those of the batch no longer are.
                let before = one.listed;
                one.add(stored, batch, start, rows);
                steps.hold(one.listed.saturating_sub(before));
            }
        },
        |(growing, room), segment| {
            watch.advance(growing.iter().map(Growing::rows).fold(0, usize::saturating_add));
            let in_doubt = growing.iter().any(|one| !one.odd.is_empty());
            let listed: u64 = growing.iter_mut().map(|one| std::mem::take(&mut one.listed)).sum();
            if is_put_away {
                // Nothing is held of them any more but where memory has room.
                steps.release(listed);
            }
            let finished =
                growing.iter_mut().zip(stored).map(|(one, stored)| one.finish(stored, room)).collect();
            if !in_doubt {
                let parts = last.iter().filter_map(|column| column.parts().get(segment));
                parts.for_each(|part| part.give_up(spare));
            }
            finished
        },
    );
    drop(sheet);
    let (store, sealed) = (store.cloned(), slabs.seal());
    engine.settle().then_some(())?;
    let mut columns: Vec<Vec<Part>> = stored.iter().map(|_| Vec::with_capacity(segments.len())).collect();
    for finished in segments {
        for (one, parts) in finished.into_iter().zip(&mut columns) {
            parts.push(one.settled(&sealed));
        }
    }
    let columns = stored.iter().zip(columns);
    Some(columns.map(|(one, parts)| Packed::of_parts(one.meaning.clone(), parts, store.clone())).collect())
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

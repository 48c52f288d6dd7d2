//! Allocation among more rows than memory holds: what is cut off is put in order in sorted runs, and of the rows
//! on the edge those that come first are found by a few bytes of their texts at a time.

use super::allocate::{Lowered, divided};
use super::batch::Batch;
use super::engine::{Engine, rows_mask};
use super::lower::Key;
use super::program::WORDS;
use super::sheet::Sheet;
use crate::value::{Bits, Filling, Meaning, Packed, Pairs, PairsOf, Part, Segment, Store};
use std::sync::{Arc, Mutex, PoisonError};

/// Bytes of a text that are put in order at a time; how many there are is the eighth.
const BYTES: usize = 7;

/// The rows of a table that share a total.
pub(super) struct Apart<'s> {
    pub sheet: &'s Sheet,
    pub lowered: &'s Lowered,
    /// The first row of each segment, and the number of rows.
    pub starts: &'s [usize],
    /// What a part is in steps: times the first, divided by the second, both positive.
    pub times: i128,
    pub over: u64,
    pub store: &'s Arc<dyn Store>,
}

/// What parts come to.
#[derive(Clone, Copy, Debug, Default)]
struct Sum {
    /// The parts' numbers.
    total: i128,
    /// Whole steps.
    cut: i128,
    /// Whether some part is not known, or fits nowhere.
    doubt: bool,
}

/// Who is given a step more.
struct Winners {
    /// Rows of which more than this is cut off; all, where there is none.
    above: Option<u64>,
    /// Of rows of which as much is, these.
    edge: Bits,
}

impl Engine<'_, '_> {
    /// Whole steps for each row, packed; none where something does not fit.
    pub(super) fn shared_apart(&mut self, of: &Apart<'_>) -> Option<Packed> {
        let rows = of.rows();
        let (sum, rests) = self.rests(of)?;
        let (whole, _) = divided(sum.total.checked_mul(of.times)?, of.over.into())?;
        let winners = usize::try_from(whole.checked_sub(sum.cut)?).unwrap_or(0).min(rows);
        let winners = self.winners(of, &rests, (rows, winners))?;
        drop(rests);
        // None where a part does not fit.
        let pass = |numbers: &mut Vec<Option<i64>>, batch: &Batch, _: usize, count: usize| {
            let row = batch.first();
            let parts = batch.numbers(of.lowered.parts.reg).iter().take(count);
            numbers.extend(parts.zip(row..).map(|(part, row)| {
                let (whole, rest) = of.steps(*part)?;
                let is_winner = winners.above.is_none_or(|above| rest > above)
                    || winners.above == Some(rest) && winners.edge.get(row);
                whole.checked_add(is_winner.into())
            }));
        };
        let parts = of.sheet.run(of.starts, self.pool, Vec::new, pass, |numbers, _| {
            let numbers: Vec<i64> = numbers.drain(..).collect::<Option<_>>()?;
            let segment = Segment::new(Filling::Numbers(&numbers), None, Vec::new());
            Some(Part::stored(segment, Some(of.store)))
        });
        let parts = parts.into_iter().collect::<Option<Vec<Part>>>()?;
        let (above, below) = of.lowered.step;
        let meaning = Meaning::Number { times: i64::try_from(above).ok()?, over: i64::try_from(below).ok()? };
        Some(Packed::of_parts(meaning, parts, Some(Arc::clone(of.store))))
    }

    /// What all parts come to, and the rows by what is cut off.
    fn rests(&mut self, of: &Apart<'_>) -> Option<(Sum, Pairs)> {
        let rests = Mutex::new(PairsOf::new(Some(of.store)));
        let pass = |sum: &mut Sum, batch: &Batch, _: usize, count: usize| {
            let mut rests = rests.lock().unwrap_or_else(PoisonError::into_inner);
            let doubt = of.lowered.doubt.map_or([0; WORDS], |mask| batch.mask(mask));
            sum.doubt |= rows_mask(count).iter().zip(doubt).any(|(inside, doubt)| inside & doubt != 0);
            for (part, row) in batch.numbers(of.lowered.parts.reg).iter().take(count).zip(batch.first()..) {
                let (Some((whole, rest)), Ok(row)) = (of.steps(*part), u32::try_from(row)) else {
                    sum.doubt = true;
                    return;
                };
                sum.total = sum.total.saturating_add((*part).into());
                sum.cut = sum.cut.saturating_add(whole.into());
                rests.push((rest, row));
            }
        };
        let sums = of.sheet.run(of.starts, self.pool, Sum::default, pass, |sum, _| std::mem::take(sum));
        self.settle().then_some(())?;
        let sum = sums.into_iter().fold(Sum::default(), |a, b| Sum {
            // Numbers of 64 bits, fewer than there are of those, cannot overflow 128.
            total: a.total.saturating_add(b.total),
            cut: a.cut.saturating_add(b.cut),
            doubt: a.doubt || b.doubt,
        });
        let rests = rests.into_inner().unwrap_or_else(PoisonError::into_inner);
        (!sum.doubt).then(|| (sum, rests.finish()))
    }

    /// The rows of which the most is cut off, so many of them.
    fn winners(&mut self, of: &Apart<'_>, rests: &Pairs, (rows, count): (usize, usize)) -> Option<Winners> {
        let losers = rows.checked_sub(count)?;
        if count == 0 {
            return Some(Winners { above: Some(u64::MAX), edge: Bits::none(0) });
        }
        if losers == 0 {
            return Some(Winners { above: None, edge: Bits::none(0) });
        }
        // The least that is cut off of a winner, and how many rows there are of which less is.
        let (edge, below) = edge_at(rests, losers);
        let (even, all) = those_with(edge, rests, rows);
        let left = all.checked_sub(losers.checked_sub(below)?)?;
        let edge_rows = if left == all { even } else { self.first_of(of, even, left)? };
        Some(Winners { above: Some(edge), edge: edge_rows })
    }

    /// Of rows of which as much is cut off, so many that come first by what decides among them, and then by their
    /// order.
    fn first_of(&mut self, of: &Apart<'_>, even: Bits, left: usize) -> Option<Bits> {
        match &of.lowered.ties {
            Key::Same => Some(first(&even, left)),
            Key::Numbers(reg) => {
                let rows = u64::try_from(even.words().len()).ok()?.saturating_mul(64);
                self.machine.spend(of.sheet.cost(of.starts).saturating_add(rows)).then_some(())?;
                let ties = Mutex::new(PairsOf::new(Some(of.store)));
                let pass = |(): &mut (), batch: &Batch, _: usize, count: usize| {
                    let mut ties = ties.lock().unwrap_or_else(PoisonError::into_inner);
                    let numbers = batch.numbers(*reg).iter().take(count).zip(batch.first()..);
                    for (number, row) in numbers.filter(|(_, row)| even.get(*row)) {
                        // Numbers below zero come first.
                        let number = number.cast_unsigned() ^ (1 << 63);
                        ties.push((number, u32::try_from(row).unwrap_or(u32::MAX)));
                    }
                };
                of.sheet.run(of.starts, self.pool, || (), pass, |(), _| ());
                self.settle().then_some(())?;
                let ties = ties.into_inner().unwrap_or_else(PoisonError::into_inner).finish();
                let mut winners = Bits::none(of.rows());
                add_first(&ties, left, &mut winners);
                Some(winners)
            }
            Key::Text(column) => self.first_texts(of, column, (even, left)),
        }
    }

    /// The rows whose texts come first: those of a pass over the column are put in order by some bytes, and of
    /// those on its edge the next ones by more.
    fn first_texts(
        &mut self,
        of: &Apart<'_>,
        column: &Packed,
        (mut even, mut left): (Bits, usize),
    ) -> Option<Bits> {
        let mut winners = Bits::none(of.rows());
        let mut offset = 0_usize;
        loop {
            self.machine.spend(u64::try_from(of.rows()).unwrap_or(u64::MAX)).then_some(())?;
            let mut keys = PairsOf::new(Some(of.store));
            for (segment, start) in column.segments().zip(column.starts()) {
                for at in 0..segment.len() {
                    let row = start.saturating_add(at);
                    if even.get(row) {
                        keys.push((key_at(segment.text_bytes(at)?, offset), u32::try_from(row).ok()?));
                    }
                }
            }
            let keys = keys.finish();
            // The first rows in order: those that share the bytes of the last among them are in question yet.
            let (edge, below) = edge_at(&keys, left.checked_sub(1)?);
            add_first(&keys, below, &mut winners);
            left = left.checked_sub(below)?;
            let all;
            (even, all) = those_with(edge, &keys, of.rows());
            // Texts that end here are the same, and the order of the rows decides.
            let ends = usize::try_from(edge & 0xFF).is_ok_and(|bytes| bytes <= BYTES);
            if ends || left == all {
                first(&even, left).rows().for_each(|row| winners.set(row));
                return Some(winners);
            }
            offset = offset.checked_add(BYTES)?;
        }
    }
}

/// The number at a place in order, from 0, and how many rows have a lesser one.
fn edge_at(pairs: &Pairs, place: usize) -> (u64, usize) {
    let (mut edge, mut below, mut at) = (0, 0, 0_usize);
    pairs.in_order(|number, _| {
        if at == 0 || number != edge {
            (edge, below) = (number, at);
        }
        at = at.saturating_add(1);
        at <= place
    });
    (edge, below)
}

/// Adds the first so many rows in order.
fn add_first(pairs: &Pairs, count: usize, found: &mut Bits) {
    let mut left = count;
    pairs.in_order(|_, row| {
        if left > 0 {
            found.set(row as usize);
            left = left.saturating_sub(1);
        }
        left > 0
    });
}

/// The rows of a number, of so many in all, and how many they are.
fn those_with(number: u64, among: &Pairs, rows: usize) -> (Bits, usize) {
    let (mut found, mut count) = (Bits::none(rows), 0_usize);
    let none = among.find(number, |row| {
        found.set(row as usize);
        count = count.saturating_add(1);
        false
    });
    debug_assert_eq!(none, None);
    (found, count)
}

/// The first so many of some rows.
fn first(rows: &Bits, count: usize) -> Bits {
    let mut found = Bits::none(rows.words().len().saturating_mul(64));
    rows.rows().take(count).for_each(|row| found.set(row));
    found
}

/// Some bytes of a text as a number whose order is theirs, and how many there are, eight where more follow.
fn key_at(text: &[u8], offset: usize) -> u64 {
    let left = text.get(offset..).unwrap_or_default();
    let mut key = [0; BYTES + 1];
    for (to, from) in key.iter_mut().zip(left.iter().take(BYTES)) {
        *to = *from;
    }
    if let Some(last) = key.last_mut() {
        *last = u8::try_from(left.len().min(BYTES.saturating_add(1))).unwrap_or(u8::MAX);
    }
    u64::from_be_bytes(key)
}

impl Apart<'_> {
    fn rows(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// A part's whole steps, and what is cut off.
    fn steps(&self, part: i64) -> Option<(i64, u64)> {
        let (whole, rest) = divided(i128::from(part).checked_mul(self.times)?, self.over.into())?;
        Some((i64::try_from(whole).ok()?, u64::try_from(rest).ok()?))
    }
}

//! Runs operations over one batch of rows.

use super::days;
use super::lists::{self, Lists};
use super::planes;
use super::program::{BATCH, Division, Is, Mask, Op, Reg, WORDS};
use super::walk::{Holding, Walked};

use crate::lanes;
use crate::number::rounded_quotient;
use crate::value::{Bits, Held, Packed, Recent, Segment};
use std::sync::Arc;

/// Registers and masks of one thread.
#[derive(Debug)]
pub struct Batch {
    regs: Vec<Vec<i64>>,
    masks: Vec<[u64; WORDS]>,
    /// Rows of the batch at hand.
    rows: usize,
    /// The first of them, within its segment.
    start: usize,
    /// The segment at hand.
    segment: usize,
    /// Rows of the table before the segment.
    before: usize,
    /// Segments of columns that were read back for the segment at hand.
    read: Vec<(Arc<Packed>, Arc<Segment>)>,
    /// The pairs at hand, where these are no rows of a segment: each one's row in the batch walked for,
    /// and the row walked over.
    pairs: (Vec<usize>, Vec<i64>),
    /// The states of a fold, place by place, for each row of the batch folded for.
    state: Vec<Vec<i64>>,
    /// The items of lists that walks have made for the rows at hand.
    items: Vec<i64>,
    /// What counts as held as long as those are.
    holding: Vec<Holding>,
}

impl Batch {
    /// Room for so many registers and masks.
    #[must_use]
    pub fn new(regs: usize, masks: usize) -> Self {
        Self {
            regs: vec![vec![0; BATCH]; regs],
            masks: vec![[0; WORDS]; masks],
            rows: 0,
            start: 0,
            segment: 0,
            before: 0,
            read: Vec::new(),
            pairs: (Vec::new(), Vec::new()),
            state: Vec::new(),
            items: Vec::new(),
            holding: Vec::new(),
        }
    }

    /// Turns to other rows: `rows` of them from `start` on in a segment.
    pub fn turn_to(&mut self, segment: usize, before: usize, start: usize, rows: usize) {
        if self.segment != segment || start == 0 {
            self.read.clear();
        }
        (self.segment, self.before, self.start, self.rows) = (segment, before, start, rows.min(BATCH));
        self.items.clear();
        self.holding.clear();
    }

    /// Turns away from the segment at hand: nothing that was read back of it, or made of it, is held any longer.
    pub fn turn_away(&mut self) {
        self.read.clear();
        self.items.clear();
        self.holding.clear();
    }

    /// Turns to pairs: each one's row in the batch walked for, and the row walked over.
    pub fn turn_to_pairs(&mut self, of: Vec<usize>, rows: Vec<i64>) {
        self.rows = of.len().min(rows.len()).min(BATCH);
        self.pairs = (of, rows);
        self.items.clear();
        self.holding.clear();
    }

    /// The pairs at hand.
    #[must_use]
    pub fn pairs(&self) -> (&[usize], &[i64]) {
        (&self.pairs.0, &self.pairs.1)
    }

    /// The items of lists.
    #[must_use]
    pub fn items(&self) -> &[i64] {
        &self.items
    }

    /// Gives the pairs' room back, to be filled anew.
    pub fn take_pairs(&mut self) -> (Vec<usize>, Vec<i64>) {
        std::mem::take(&mut self.pairs)
    }

    /// Turns to a step of a fold: pairs of which each row walked for has one at most, and its states.
    pub fn turn_to_step(&mut self, (of, rows): (Vec<usize>, Vec<i64>), state: Vec<Vec<i64>>) {
        self.turn_to_pairs(of, rows);
        self.state = state;
    }

    /// Gives the pairs' and the states' room back.
    pub fn take_step(&mut self) -> ((Vec<usize>, Vec<i64>), Vec<Vec<i64>>) {
        (self.take_pairs(), std::mem::take(&mut self.state))
    }

    /// The segment at hand.
    #[must_use]
    pub fn segment(&self) -> usize {
        self.segment
    }

    /// The first row at hand, within its segment.
    #[must_use]
    pub fn start(&self) -> usize {
        self.start
    }

    /// The first row at hand, among all of the table.
    #[must_use]
    pub fn first(&self) -> usize {
        self.before.saturating_add(self.start)
    }

    /// How many rows are at hand.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// A register's numbers.
    #[must_use]
    pub fn numbers(&self, reg: Reg) -> &[i64] {
        self.regs.get(reg.0).and_then(|r| r.get(..self.rows)).unwrap_or_default()
    }

    /// A mask's words; bits beyond the rows mean nothing.
    #[must_use]
    pub fn mask(&self, mask: Mask) -> [u64; WORDS] {
        self.masks.get(mask.0).copied().unwrap_or([0; WORDS])
    }

    /// Runs the operations; those on pairs read the batch that is walked for.
    pub fn run(&mut self, ops: &[Op], around: Option<&Self>) {
        for op in ops {
            match (op, around) {
                (Op::Outer { from, to }, Some(around)) => {
                    let numbers = around.numbers(*from);
                    self.write(*to, |batch, out| {
                        for (out, of) in out.iter_mut().zip(&batch.pairs.0) {
                            *out = numbers.get(*of).copied().unwrap_or(0);
                        }
                    });
                }
                (Op::OuterMask { from, to }, Some(around)) => {
                    let (bits, mut words) = (around.mask(*from), [0; WORDS]);
                    for (pair, of) in self.pairs.0.iter().enumerate() {
                        if get(&bits, *of) {
                            set(&mut words, pair);
                        }
                    }
                    self.write_mask(*to, words);
                }
                (Op::Item { to }, Some(around)) => self.write(*to, |batch, out| {
                    for (out, place) in out.iter_mut().zip(&batch.pairs.1) {
                        let place = usize::try_from(*place).unwrap_or(usize::MAX);
                        *out = around.items.get(place).copied().unwrap_or(0);
                    }
                }),
                _ => self.step(op),
            }
        }
    }

    /// A column's segment at hand.
    fn segment_of<'c>(&mut self, column: &'c Arc<Packed>) -> Option<Held<'c>> {
        if let Some((_, known)) = self.read.iter().find(|(of, _)| Arc::ptr_eq(of, column)) {
            return Some(Held::Read(Arc::clone(known)));
        }
        let held = column.parts().get(self.segment)?.segment();
        if let Held::Read(segment) = &held {
            self.read.push((Arc::clone(column), Arc::clone(segment)));
        }
        Some(held)
    }

    /// Writes a register; `write` sees the others.
    fn write(&mut self, to: Reg, write: impl FnOnce(&Self, &mut [i64])) {
        let Some(slot) = self.regs.get_mut(to.0) else { return };
        let mut out = std::mem::take(slot);
        let rows = self.rows;
        if let Some(out) = out.get_mut(..rows) {
            write(self, out);
        }
        if let Some(slot) = self.regs.get_mut(to.0) {
            *slot = out;
        }
    }

    fn write_mask(&mut self, to: Mask, words: [u64; WORDS]) {
        if let Some(mask) = self.masks.get_mut(to.0) {
            *mask = words;
        }
    }

    fn map(&mut self, a: Reg, to: Reg, f: impl Fn(i64) -> i64) {
        self.write(to, |batch, out| {
            let a = batch.numbers(a);
            lanes::best(move || {
                for (out, a) in out.iter_mut().zip(a) {
                    *out = f(*a);
                }
            });
        });
    }

    fn zip(&mut self, a: Reg, b: Reg, to: Reg, f: impl Fn(i64, i64) -> i64) {
        self.write(to, |batch, out| {
            let (a, b) = (batch.numbers(a), batch.numbers(b));
            lanes::best(move || {
                for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
                    *out = f(*a, *b);
                }
            });
        });
    }

    /// Writes what `f` gives, and the mask of rows where it gives nothing.
    fn try_map(&mut self, a: Reg, to: Reg, doubt: Mask, f: impl Fn(i64) -> Option<i64>) {
        let mut words = [0; WORDS];
        self.write(to, |batch, out| {
            for (row, (out, a)) in out.iter_mut().zip(batch.numbers(a)).enumerate() {
                *out = f(*a).unwrap_or_else(|| {
                    set(&mut words, row);
                    0
                });
            }
        });
        self.write_mask(doubt, words);
    }

    fn try_zip(&mut self, (a, b): (Reg, Reg), to: Reg, doubt: Mask, f: impl Fn(i64, i64) -> Option<i64>) {
        let mut words = [0; WORDS];
        self.write(to, |batch, out| {
            let sources = batch.numbers(a).iter().zip(batch.numbers(b));
            for (row, (out, (a, b))) in out.iter_mut().zip(sources).enumerate() {
                *out = f(*a, *b).unwrap_or_else(|| {
                    set(&mut words, row);
                    0
                });
            }
        });
        self.write_mask(doubt, words);
    }

    fn test(&mut self, a: Reg, to: Mask, f: impl Fn(i64) -> bool) {
        let a = self.numbers(a);
        let words = lanes::best(move || {
            let mut words = [0; WORDS];
            for (word, rows) in words.iter_mut().zip(a.chunks(64)) {
                *word = bits(rows.iter().map(|a| f(*a)));
            }
            words
        });
        self.write_mask(to, words);
    }

    fn test_both(&mut self, a: Reg, b: Reg, to: Mask, f: impl Fn(i64, i64) -> bool) {
        let (a, b) = (self.numbers(a), self.numbers(b));
        let words = lanes::best(move || {
            let mut words = [0; WORDS];
            for (word, (a, b)) in words.iter_mut().zip(a.chunks(64).zip(b.chunks(64))) {
                *word = bits(a.iter().zip(b).map(|(a, b)| f(*a, *b)));
            }
            words
        });
        self.write_mask(to, words);
    }

    fn join(&mut self, a: Mask, b: Mask, to: Mask, f: impl Fn(u64, u64) -> u64) {
        let (a, b) = (self.mask(a), self.mask(b));
        let mut words = [0; WORDS];
        for ((out, a), b) in words.iter_mut().zip(a).zip(b) {
            *out = f(a, b);
        }
        self.write_mask(to, words);
    }

    fn step(&mut self, op: &Op) {
        match op {
            Op::Load { from, times, to } => {
                let (segment, start) = (self.segment_of(from), self.start);
                self.write(*to, |_, out| {
                    if let Some(segment) = &segment {
                        segment.unpack(start, out);
                    }
                    if *times != 1 {
                        out.iter_mut().for_each(|n| *n = n.wrapping_mul(*times));
                    }
                });
            }
            Op::LoadFlags { from, to } => {
                let segment = self.segment_of(from);
                let words = self.words_of(segment.as_deref().and_then(Segment::flags));
                self.write_mask(*to, words);
            }
            Op::LoadAbsent { from, to } => {
                let segment = self.segment_of(from);
                let words = self.words_of(segment.as_deref().and_then(Segment::absent));
                self.write_mask(*to, words);
            }
            Op::LoadOdd { from, to } => {
                let mut words = [0; WORDS];
                let segment = self.segment_of(from);
                let odd = segment.as_deref().map(Segment::odd).unwrap_or_default();
                let first = odd.partition_point(|(row, _)| (*row as usize) < self.start);
                for (row, _) in odd.iter().skip(first) {
                    let Some(row) = (*row as usize).checked_sub(self.start).filter(|r| *r < self.rows) else {
                        break;
                    };
                    set(&mut words, row);
                }
                self.write_mask(*to, words);
            }
            Op::LoadText { from, text, to } => {
                let mut words = [0; WORDS];
                if let Some(segment) = self.segment_of(from) {
                    for row in 0..self.rows {
                        if segment.text(self.start.saturating_add(row)) == Some(text) {
                            set(&mut words, row);
                        }
                    }
                }
                self.write_mask(*to, words);
            }
            Op::Rows { to } => {
                let first = i64::try_from(self.before.saturating_add(self.start)).unwrap_or(i64::MAX);
                self.write(*to, |_, out| {
                    for (out, row) in out.iter_mut().zip(first..) {
                        *out = row;
                    }
                });
            }
            Op::Fill { value, to } => self.write(*to, |_, out| out.fill(*value)),
            Op::FillMask { value, to } => self.write_mask(*to, [if *value { u64::MAX } else { 0 }; WORDS]),
            Op::Combine { a, times_a, b, times_b, to, doubt } => match (doubt, times_a, times_b) {
                (Some(doubt), times_a, times_b) => self.try_zip((*a, *b), *to, *doubt, |a, b| {
                    a.checked_mul(*times_a)?.checked_add(b.checked_mul(*times_b)?)
                }),
                (None, 1, 1) => self.zip(*a, *b, *to, i64::wrapping_add),
                (None, 1, -1) => self.zip(*a, *b, *to, i64::wrapping_sub),
                (None, &times_a, &times_b) => self.zip(*a, *b, *to, move |a, b| {
                    a.wrapping_mul(times_a).wrapping_add(b.wrapping_mul(times_b))
                }),
            },
            &Op::Affine { a, times, plus, to, doubt } => match (doubt, times) {
                (Some(doubt), times) => {
                    self.try_map(a, to, doubt, |a| a.checked_mul(times)?.checked_add(plus));
                }
                (None, 1) => self.map(a, to, move |a| a.wrapping_add(plus)),
                (None, times) => self.map(a, to, move |a| a.wrapping_mul(times).wrapping_add(plus)),
            },
            Op::Multiply { a, b, to, doubt } => match doubt {
                Some(doubt) => self.try_zip((*a, *b), *to, *doubt, i64::checked_mul),
                None => self.zip(*a, *b, *to, i64::wrapping_mul),
            },
            Op::Extreme { a, b, greater: false, to } => self.zip(*a, *b, *to, i64::min),
            Op::Extreme { a, b, greater: true, to } => self.zip(*a, *b, *to, i64::max),
            &Op::ExtremeOf { a, value, greater: false, to } => self.map(a, to, move |a| a.min(value)),
            &Op::ExtremeOf { a, value, greater: true, to } => self.map(a, to, move |a| a.max(value)),
            Op::Size { a, to } => self.map(*a, *to, i64::wrapping_abs),
            Op::Select { mask, a, b, to } => {
                let mask = self.mask(*mask);
                self.write(*to, |batch, out| {
                    let (a, b) = (batch.numbers(*a), batch.numbers(*b));
                    lanes::best(move || {
                        let sources = a.chunks(64).zip(b.chunks(64));
                        for ((out, (a, b)), word) in out.chunks_mut(64).zip(sources).zip(mask) {
                            for (bit, ((out, a), b)) in (0_u32..).zip(out.iter_mut().zip(a).zip(b)) {
                                *out = if word >> (bit & 63) & 1 == 1 { *a } else { *b };
                            }
                        }
                    });
                });
            }
            Op::Round { a, by, to, doubt } => self.round(*a, by, *to, *doubt),
            Op::RoundBy { a, times, by, over, mode, to, doubt } => {
                self.try_zip((*a, *by), *to, *doubt, |a, by| {
                    let (above, below) = over_positive(a, *times, by, *over)?;
                    i64::try_from(rounded_quotient(above, below, *mode)?).ok()
                });
            }
            Op::Exactly { a, times, by, over, to, doubt } => {
                self.try_zip((*a, *by), *to, *doubt, |a, by| {
                    let (above, below) = over_positive(a, *times, by, *over)?;
                    (above.checked_rem(below)? == 0).then_some(())?;
                    i64::try_from(above.checked_div(below)?).ok()
                });
            }
            Op::Compare { a, is, b, to } => match is {
                Is::Equal => self.test_both(*a, *b, *to, |a, b| a == b),
                Is::Less => self.test_both(*a, *b, *to, |a, b| a < b),
                Is::AtMost => self.test_both(*a, *b, *to, |a, b| a <= b),
            },
            Op::CompareWide { a, times_a, is, b, times_b, to } => {
                // Products of two numbers of 64 bits fit 128.
                let (x, y) = (i128::from(*times_a), i128::from(*times_b));
                let wide = |a: i64, b: i64| (i128::from(a).wrapping_mul(x), i128::from(b).wrapping_mul(y));
                self.test_both(*a, *b, *to, |a, b| {
                    let (a, b) = wide(a, b);
                    is.holds(&a, &b)
                });
            }
            Op::CompareRatios { a, is, b, to, doubt } => self.compare_ratios(*a, *is, *b, (*to, *doubt)),
            &Op::CompareTo { a, is, value, to } => match is {
                Is::Equal => self.test(a, to, move |a| a == value),
                Is::Less => self.test(a, to, move |a| a < value),
                Is::AtMost => self.test(a, to, move |a| a <= value),
            },
            Op::And { a, b, to } => self.join(*a, *b, *to, |a, b| a & b),
            Op::Or { a, b, to } => self.join(*a, *b, *to, |a, b| a | b),
            Op::Without { a, b, to } => self.join(*a, *b, *to, |a, b| a & !b),
            Op::Not { a, to } => self.join(*a, *a, *to, |a, _| !a),
            Op::SelectMask { mask, a, b, to } => {
                let mask = self.mask(*mask);
                let (a, b) = (self.mask(*a), self.mask(*b));
                let mut words = [0; WORDS];
                for (((out, a), b), mask) in words.iter_mut().zip(a).zip(b).zip(mask) {
                    *out = a & mask | b & !mask;
                }
                self.write_mask(*to, words);
            }
            Op::Planes { a, to } => {
                let words = planes::apart(self.numbers(*a));
                for (to, words) in to.iter().zip(words) {
                    self.write_mask(*to, words);
                }
            }
            Op::Code { planes, places, plus, to } => {
                let words: Vec<[u64; WORDS]> = planes.iter().map(|plane| self.mask(*plane)).collect();
                self.write(*to, |_, out| planes::together(&words, places, *plus, out));
            }
            Op::Number { mask, to } => {
                let mask = self.mask(*mask);
                self.write(*to, |_, out| {
                    for (rows, word) in out.chunks_mut(64).zip(mask) {
                        for (bit, out) in (0_u32..).zip(rows) {
                            *out = (word >> (bit & 63) & 1).cast_signed();
                        }
                    }
                });
            }
            Op::Map { a, table, to } => {
                self.map(*a, *to, |a| {
                    usize::try_from(a).ok().and_then(|a| table.get(a).copied()).unwrap_or(0)
                });
            }
            Op::Within { a, table, to } => {
                self.test(*a, *to, |a| usize::try_from(a).is_ok_and(|a| table.get(a)));
            }
            Op::AddMonths { a, months, to, doubt } => {
                self.try_map(*a, *to, *doubt, |a| days::add_months(a, *months));
            }
            Op::AddMonthsBy { a, by, times, to, doubt } => {
                self.try_zip((*a, *by), *to, *doubt, |a, by| days::add_months(a, by.checked_mul(*times)?));
            }
            Op::MakeDate { parts: [year, month, day], to, doubt } => {
                let mut words = [0; WORDS];
                self.write(*to, |batch, out| {
                    let days = batch.numbers(*month).iter().zip(batch.numbers(*day));
                    let parts = batch.numbers(*year).iter().zip(days);
                    for (row, (out, (year, (month, day)))) in out.iter_mut().zip(parts).enumerate() {
                        *out = days::made(*year, *month, *day).unwrap_or_else(|| {
                            set(&mut words, row);
                            0
                        });
                    }
                });
                self.write_mask(*doubt, words);
            }
            Op::Part { a, part, to } => self.map(*a, *to, |a| days::part(a, *part)),
            Op::FindBy { keys, among, to, absent } => {
                let (mut missing, mut recent) = ([0; WORDS], Recent::default());
                self.write(*to, |batch, out| {
                    let columns: Vec<&[i64]> = keys.iter().map(|key| batch.numbers(*key)).collect();
                    for (row, out) in out.iter_mut().enumerate() {
                        let keys = columns.iter().map(|key| key.get(row).copied().unwrap_or(0));
                        *out = among.first(keys, &mut recent).unwrap_or_else(|| {
                            set(&mut missing, row);
                            0
                        });
                    }
                });
                self.write_mask(*absent, missing);
            }
            Op::Inner { to } => self.write(*to, |batch, out| {
                for (out, row) in out.iter_mut().zip(&batch.pairs.1) {
                    *out = *row;
                }
            }),
            Op::State { place, to } => self.write(*to, |batch, out| {
                let state = batch.state.get(*place).map(Vec::as_slice).unwrap_or_default();
                for (out, of) in out.iter_mut().zip(&batch.pairs.0) {
                    *out = state.get(*of).copied().unwrap_or(0);
                }
            }),
            Op::Fold { fold, to, doubt } => {
                let mut folded = fold.run(self);
                if let Some(listed) = folded.listed.take() {
                    let [to] = to.as_slice() else { return };
                    return self.write_lists(Lists { doubt: folded.doubt, ..listed }, *to, *doubt);
                }
                for (to, state) in to.iter().zip(&folded.state) {
                    self.write_numbers(*to, state);
                }
                self.write_mask(*doubt, folded.doubt);
            }
            Op::Distinct { run, steps, to, doubt } => {
                let made = lists::distinct(self.numbers(*run), &self.items, steps);
                self.write_lists(made, *to, *doubt);
            }
            Op::Range { from, last, skip, steps, to, doubt } => {
                let skip = skip.map_or([0; WORDS], |mask| self.mask(mask));
                let made = lists::ranges((self.numbers(*from), self.numbers(*last)), &skip, steps);
                self.write_lists(made, *to, *doubt);
            }
            Op::Walk { walk, to, absent, doubt } => {
                let Walked { numbers, items, absent: gone, doubt: unsure, holding, .. } = walk.run(self);
                self.write_mask(*absent, gone);
                if walk.kind.is_listed() {
                    let made = Lists { runs: numbers, items, doubt: unsure, holding };
                    return self.write_lists(made, *to, *doubt);
                }
                self.write_numbers(*to, &numbers);
                self.write_mask(*doubt, unsure);
            }
            // Only pairs have a row around them.
            Op::Outer { to, .. } | Op::Item { to } => self.write(*to, |_, out| out.fill(0)),
            Op::OuterMask { to, .. } => self.write_mask(*to, [0; WORDS]),
            Op::Gather { row, from, times, to, absent, doubt, except } => {
                let except = except.map_or([0; WORDS], |m| self.mask(m));
                self.gather(*row, (from, *times), (*to, *absent, *doubt), except);
            }
        }
    }

    fn write_numbers(&mut self, to: Reg, numbers: &[i64]) {
        self.write(to, |_, out| {
            for (out, number) in out.iter_mut().zip(numbers) {
                *out = *number;
            }
        });
    }

    /// Puts lists behind those that were made before. Where there are more items than a number says where they
    /// begin, every row is in doubt and no list has any.
    fn write_lists(&mut self, made: Lists, to: Reg, doubt: Mask) {
        let Lists { mut runs, mut items, doubt: mut unsure, holding } = made;
        let all = self.items.len().checked_add(items.len()).and_then(|all| i32::try_from(all).ok());
        if let (Some(_), Ok(before)) = (all, i64::try_from(self.items.len())) {
            runs.iter_mut().for_each(|run| *run = run.saturating_add(before << 32));
            self.items.append(&mut items);
            self.holding.extend(holding);
        } else {
            runs.fill(0);
            unsure = [u64::MAX; WORDS];
        }
        self.write_numbers(to, &runs);
        self.write_mask(doubt, unsure);
    }

    /// The words of a segment's bits from the batch's first row on, which is a multiple of 64.
    fn words_of(&self, bits: Option<&Bits>) -> [u64; WORDS] {
        let mut words = [0; WORDS];
        if let Some(found) = bits.and_then(|b| b.words().get(self.start >> 6..)) {
            for (out, word) in words.iter_mut().zip(found) {
                *out = *word;
            }
        }
        words
    }

    fn round(&mut self, a: Reg, by: &Division, to: Reg, doubt: Option<Mask>) {
        match *by {
            Division::Multiply { times, shift, plus } => {
                let times = u128::from(times);
                self.map(a, to, move |a| {
                    let a = u128::from(a.wrapping_add(plus).cast_unsigned());
                    #[expect(clippy::cast_possible_truncation, reason = "the range shows that it fits")]
                    let quotient = (a.wrapping_mul(times) >> (shift & 127)) as u64;
                    quotient.cast_signed()
                });
            }
            Division::Floor { times, plus, over } => self.map(a, to, move |a| {
                let above = a.wrapping_mul(times).wrapping_add(plus);
                above.checked_div_euclid(over).unwrap_or(0)
            }),
            Division::Wide { times, over, mode } => {
                let doubt = doubt.unwrap_or(Mask(usize::MAX));
                self.try_map(a, to, doubt, |a| {
                    let above = i128::from(a).checked_mul(times)?;
                    i64::try_from(rounded_quotient(above, over, mode)?).ok()
                });
            }
        }
    }

    fn compare_ratios(
        &mut self,
        (a, times_a, by_a): (Reg, i64, Reg),
        is: Is,
        (b, times_b, by_b): (Reg, i64, Reg),
        (to, doubt): (Mask, Mask),
    ) {
        let (mut words, mut unsure) = ([0; WORDS], [0; WORDS]);
        let ratios = self.numbers(a).iter().zip(self.numbers(by_a));
        let others = self.numbers(b).iter().zip(self.numbers(by_b));
        for (row, ((a, by_a), (b, by_b))) in ratios.zip(others).enumerate() {
            match compare_products((*a, times_a, *by_b), is, (*b, times_b, *by_a)) {
                Some(true) => set(&mut words, row),
                Some(false) => {}
                None => set(&mut unsure, row),
            }
        }
        self.write_mask(to, words);
        self.write_mask(doubt, unsure);
    }

    fn gather(
        &mut self,
        row: Reg,
        (from, times): (&Packed, i64),
        (to, absent, doubt): (Reg, Mask, Mask),
        except: [u64; WORDS],
    ) {
        let (mut missing, mut odd) = ([0; WORDS], [0; WORDS]);
        self.write(to, |batch, out| {
            // What is passed over has no row.
            let rows = batch.numbers(row).iter().enumerate();
            let rows = rows.map(|(at, row)| {
                let row = usize::try_from(*row).ok().filter(|_| !get(&except, at));
                row.unwrap_or(usize::MAX)
            });
            from.numbers_of(rows, |at, found| {
                let Some(out) = out.get_mut(at) else { return };
                *out = found.flatten().unwrap_or(0).wrapping_mul(times);
                match found {
                    Some(Some(_)) => {}
                    _ if get(&except, at) => set(&mut missing, at),
                    Some(None) => set(&mut missing, at),
                    None => set(&mut odd, at),
                }
            });
        });
        self.write_mask(absent, missing);
        self.write_mask(doubt, odd);
    }
}

/// Compares two fractions, each of which has been multiplied by both divisors: a number, its factor and the
/// other's divisor. None where a divisor is zero, or where a product does not fit.
fn compare_products(a: (i64, i64, i64), is: Is, b: (i64, i64, i64)) -> Option<bool> {
    (a.2 != 0 && b.2 != 0).then_some(())?;
    let product = |(n, times, by): (i64, i64, i64)| {
        i128::from(n).checked_mul(i128::from(by))?.checked_mul(i128::from(times))
    };
    let (x, y) = (product(a)?, product(b)?);
    // Multiplied by a divisor below zero, and by no other, each is the other's side.
    Some(if (a.2 < 0) == (b.2 < 0) { is.holds(&x, &y) } else { is.holds(&y, &x) })
}

/// `a * times` over `by * over`, with a positive divisor.
fn over_positive(a: i64, times: i128, by: i64, over: i128) -> Option<(i128, i128)> {
    let above = i128::from(a).checked_mul(times)?;
    let below = i128::from(by).checked_mul(over)?;
    if below < 0 { Some((above.checked_neg()?, below.checked_neg()?)) } else { Some((above, below)) }
}

/// A bit for each of up to 64 answers, the first the lowest.
#[inline]
fn bits(answers: impl DoubleEndedIterator<Item = bool>) -> u64 {
    answers.rev().fold(0, |bits, answer| bits << 1 | u64::from(answer))
}

/// Sets a row's bit.
pub fn set(words: &mut [u64; WORDS], row: usize) {
    if let Some(word) = words.get_mut(row >> 6) {
        *word |= 1 << (row & 63);
    }
}

/// A row's bit.
#[must_use]
pub fn get(words: &[u64; WORDS], row: usize) -> bool {
    words.get(row >> 6).is_some_and(|word| word >> (row & 63) & 1 == 1)
}

//! A run of rows of one column, packed.

use super::encoded::{Reader, put_bits, put_odd};
use super::{Bits, Meaning};
use crate::value::Value;

/// Rows of a segment, at most. Its columns fit the processor's cache together.
pub const SEGMENT: usize = 16_384;

/// Whole numbers in as few bytes as their range needs, each above the segment's least.
#[derive(Clone, Debug)]
enum Words {
    /// All are the least.
    Same,
    One(Box<[u8]>),
    Two(Box<[u16]>),
    Four(Box<[u32]>),
    Eight(Box<[i64]>),
    /// Bits, for `true` and `false`.
    Flags(Bits),
    /// Texts.
    Texts(Texts),
}

/// Bytes of a text that are copied together.
const COPIED: usize = 16;

/// Texts one after the other.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

/// Adds bytes to others. Most are few: copies of a length known beforehand, which may overlap, are
/// cheaper than one that must ask.
#[inline]
pub fn append(to: &mut Vec<u8>, bytes: &[u8]) {
    match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        (Some(first), Some(last)) if bytes.len() <= 16 => {
            let end = to.len().wrapping_add(bytes.len());
            to.extend_from_slice(first);
            to.truncate(end.wrapping_sub(8));
            to.extend_from_slice(last);
        }
        (None, _) => bytes.iter().for_each(|byte| to.push(*byte)),
        _ => to.extend_from_slice(bytes),
    }
}

impl Texts {
    /// No texts, with room for as many as there are here.
    #[must_use]
    pub fn room(&self) -> Self {
        Self {
            bytes: Vec::with_capacity(self.bytes.len().saturating_add(COPIED)),
            ends: Vec::with_capacity(self.ends.len()),
        }
    }

    /// Adds a text, which is UTF-8.
    #[inline]
    pub fn push(&mut self, text: &[u8]) {
        append(&mut self.bytes, text);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// Adds the parts of a text, which is UTF-8, from a first byte up to another each; answers how many
    /// they are, or none where one is no part of it.
    pub fn extend(&mut self, text: &[u8], parts: impl Iterator<Item = (u32, u32)> + Clone) -> Option<usize> {
        let before = self.ends.len();
        let mut at = self.bytes.len();
        let all =
            parts.clone().fold(0_u32, |all, (start, end)| all.saturating_add(end.saturating_sub(start)));
        // A copy of a length known beforehand may go over the end.
        self.bytes.resize(at.checked_add(all as usize)?.checked_add(COPIED)?, 0);
        for (start, end) in parts {
            let (start, end) = (start as usize, end as usize);
            let length = end.checked_sub(start)?;
            let to = self.bytes.get_mut(at..)?;
            match (text.get(start..)?.first_chunk::<COPIED>(), to.first_chunk_mut::<COPIED>()) {
                (Some(from), Some(to)) if length <= COPIED => *to = *from,
                _ => to.get_mut(..length)?.copy_from_slice(text.get(start..end)?),
            }
            at = at.wrapping_add(length);
            self.ends.push(u32::try_from(at).ok()?);
        }
        self.bytes.truncate(at);
        Some(self.ends.len().saturating_sub(before))
    }

    /// The text at a position.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        std::str::from_utf8(self.bytes(index)?).ok()
    }

    /// The bytes of the text at a position.
    #[inline]
    #[must_use]
    pub fn bytes(&self, index: usize) -> Option<&[u8]> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())?;
        self.bytes.get(start as usize..end as usize)
    }

    /// About how many bytes of memory they take.
    #[must_use]
    pub fn size(&self) -> usize {
        self.bytes.len().saturating_add(self.ends.len().saturating_mul(4))
    }

    /// The text at a position with what stands after it, and how many bytes are its own; none for the
    /// last texts, or where they are more.
    #[inline]
    #[must_use]
    pub fn chunk(&self, index: usize) -> Option<(&[u8; COPIED], usize)> {
        let end = *self.ends.get(index)? as usize;
        let start = index.checked_sub(1).map_or(Some(0), |before| self.ends.get(before).copied())? as usize;
        let length = end.wrapping_sub(start);
        let chunk = self.bytes.get(start..)?.first_chunk()?;
        (length <= COPIED).then_some((chunk, length))
    }

    /// Whether each text is greater than the one before.
    #[must_use]
    pub fn ascend(&self) -> bool {
        // Short texts are compared as one number and their length; the empty one is below all others.
        let short = |index: usize| {
            let (chunk, length) = self.chunk(index)?;
            let unused = u128::MAX.checked_shr(u32::try_from(length << 3).ok()?).unwrap_or(0);
            Some((u128::from_be_bytes(*chunk) & !unused, length))
        };
        let mut before = None;
        (0..self.len()).all(|index| {
            let own = short(index);
            let above = match (before, own) {
                (Some(before), Some(own)) => before < own,
                _ => index.checked_sub(1).is_none_or(|before| self.bytes(before) < self.bytes(index)),
            };
            before = own;
            above
        })
    }

    /// All texts, one after the other.
    #[must_use]
    pub fn all(&self) -> &[u8] {
        &self.bytes
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Drops what it has room for beyond its texts.
    fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }
}

/// What a segment is made of.
#[derive(Debug)]
pub enum Filling<'a> {
    /// Whole numbers.
    Numbers(&'a [i64]),
    /// `true` and `false`, for so many rows.
    Flags(Bits, usize),
    /// Texts.
    Texts(Texts),
}

/// A run of rows of one column.
#[derive(Clone, Debug)]
pub struct Segment {
    rows: u32,
    least: i64,
    most: i64,
    words: Words,
    absent: Option<Bits>,
    /// Rows that the packed form does not hold, in order: their values, or none.
    odd: Vec<(u32, Option<Value>)>,
}

impl Segment {
    /// Packs rows. What stands at rows that are absent or odd does not matter.
    #[must_use]
    pub fn new(filling: Filling<'_>, absent: Option<Bits>, odd: Vec<(u32, Option<Value>)>) -> Self {
        let absent = absent.filter(Bits::any);
        match filling {
            Filling::Numbers(numbers) => Self::numbers(numbers, absent, odd),
            Filling::Flags(bits, rows) => {
                Self { rows: count(rows), least: 0, most: 1, words: Words::Flags(bits), absent, odd }
            }
            Filling::Texts(mut texts) => {
                texts.shrink();
                let rows = count(texts.len());
                Self { rows, least: 0, most: 0, words: Words::Texts(texts), absent, odd }
            }
        }
    }

    fn numbers(numbers: &[i64], absent: Option<Bits>, odd: Vec<(u32, Option<Value>)>) -> Self {
        let (least, most) = extremes(numbers, absent.as_ref(), &odd);
        let range = most.wrapping_sub(least).cast_unsigned();
        // What stands at an absent row may lie outside the range; cut to the width it is any number.
        let above = |n: &i64| n.wrapping_sub(least);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the range just found"
        )]
        let words = if range == 0 {
            Words::Same
        } else if u8::try_from(range).is_ok() {
            Words::One(numbers.iter().map(|n| above(n) as u8).collect())
        } else if u16::try_from(range).is_ok() {
            Words::Two(numbers.iter().map(|n| above(n) as u16).collect())
        } else if u32::try_from(range).is_ok() {
            Words::Four(numbers.iter().map(|n| above(n) as u32).collect())
        } else {
            Words::Eight(numbers.into())
        };
        Self { rows: count(numbers.len()), least, most, words, absent, odd }
    }

    /// The segment with every number multiplied; those that then do not fit are odd, with the value
    /// that `meaning` gives the number as it was.
    #[must_use]
    pub fn scaled(self, factor: i64, meaning: &Meaning) -> Self {
        let rows = self.len();
        let mut numbers = vec![0; rows];
        self.unpack(0, &mut numbers);
        let (absent, mut odd) = (self.absent, self.odd);
        for (row, n) in numbers.iter_mut().enumerate() {
            if let Some(scaled) = n.checked_mul(factor) {
                *n = scaled;
            } else if !absent.as_ref().is_some_and(|a| a.get(row)) {
                let row = count(row);
                if let Err(place) = odd.binary_search_by_key(&row, |(at, _)| *at) {
                    odd.insert(place, (row, meaning.value(*n)));
                }
                *n = 0;
            }
        }
        Self::new(Filling::Numbers(&numbers), absent, odd)
    }

    /// Bytes that stand before the first word of a segment that is written down.
    pub(super) const FRONT: u64 = 2;
    /// Stands for the width of `true` and `false` in a segment that is written down.
    pub(super) const FLAGS: usize = 9;

    /// About how many bytes of memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let width = match &self.words {
            Words::Same => 0,
            Words::One(_) => 1,
            Words::Two(_) => 2,
            Words::Four(_) => 4,
            Words::Eight(_) => 8,
            Words::Flags(_) => 1,
            Words::Texts(texts) => return texts.size().saturating_add(256),
        };
        let odd = self.odd.len().saturating_mul(size_of::<(u32, Option<Value>)>());
        self.len()
            .saturating_mul(width)
            .saturating_add(self.len() >> 3)
            .saturating_add(odd)
            .saturating_add(256)
    }

    /// Writes the segment down, all but what a [`super::Part`] knows of it; answers how many bytes each
    /// number takes, more than 8 where they are none. None where it has no form as bytes.
    pub(super) fn encode(&self, out: &mut Vec<u8>) -> Option<u8> {
        let flags = u8::from(self.absent.is_some()) | u8::from(!self.odd.is_empty()) << 1;
        let tag = match &self.words {
            Words::Same => 0,
            Words::One(_) => 1,
            Words::Two(_) => 2,
            Words::Four(_) => 4,
            Words::Eight(_) => 8,
            Words::Flags(_) => 9,
            Words::Texts(_) => 10,
        };
        out.extend_from_slice(&[tag, flags]);
        match &self.words {
            Words::Same => {}
            Words::One(words) => out.extend_from_slice(words),
            Words::Two(words) => words.iter().for_each(|w| out.extend_from_slice(&w.to_le_bytes())),
            Words::Four(words) => words.iter().for_each(|w| out.extend_from_slice(&w.to_le_bytes())),
            Words::Eight(words) => words.iter().for_each(|w| out.extend_from_slice(&w.to_le_bytes())),
            Words::Flags(bits) => put_bits(bits, out),
            Words::Texts(texts) => {
                texts.ends.iter().for_each(|end| out.extend_from_slice(&end.to_le_bytes()));
                out.extend_from_slice(&texts.bytes);
            }
        }
        if let Some(absent) = &self.absent {
            put_bits(absent, out);
        }
        if !self.odd.is_empty() {
            put_odd(&self.odd, out)?;
        }
        Some(tag)
    }

    /// The segment of so many rows that was written down.
    pub(super) fn decode(bytes: &[u8], rows: usize, (least, most): (i64, i64)) -> Option<Self> {
        let mut reader = Reader(bytes);
        let [tag, flags] = reader.bytes()?;
        let words = match tag {
            0 => Words::Same,
            1 => Words::One(reader.take(rows)?.into()),
            2 => Words::Two(reader.words(rows, u16::from_le_bytes)?),
            4 => Words::Four(reader.words(rows, u32::from_le_bytes)?),
            8 => Words::Eight(reader.words(rows, i64::from_le_bytes)?),
            9 => Words::Flags(reader.bits(rows)?),
            _ => {
                let ends: Vec<u32> = reader.words(rows, u32::from_le_bytes)?.into();
                let length = ends.last().copied().unwrap_or(0);
                Words::Texts(Texts { bytes: reader.take(length as usize)?.into(), ends })
            }
        };
        let absent = if flags & 1 == 1 { Some(reader.bits(rows)?) } else { None };
        let odd = if flags & 2 == 2 { reader.odd()? } else { Vec::new() };
        Some(Self { rows: count(rows), least, most, words, absent, odd })
    }

    /// Stands for a segment that could not be read back.
    pub(super) fn lost(rows: usize) -> Self {
        Self { rows: count(rows), least: 0, most: 0, words: Words::Same, absent: None, odd: Vec::new() }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows as usize
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The least and the greatest number of rows that have one.
    #[must_use]
    pub fn extremes(&self) -> (i64, i64) {
        (self.least, self.most)
    }

    /// Rows without a value.
    #[must_use]
    pub fn absent(&self) -> Option<&Bits> {
        self.absent.as_ref()
    }

    /// Rows that the packed form does not hold, in order.
    #[must_use]
    pub fn odd(&self) -> &[(u32, Option<Value>)] {
        &self.odd
    }

    /// A row that the packed form does not hold; none where it does.
    #[must_use]
    pub fn odd_at(&self, row: usize) -> Option<&Option<Value>> {
        let row = u32::try_from(row).ok()?;
        let index = self.odd.binary_search_by_key(&row, |(at, _)| *at).ok()?;
        self.odd.get(index).map(|(_, value)| value)
    }

    /// Puts a value in place of a row's.
    pub fn set_odd(&mut self, row: usize, value: Option<Value>) {
        let row = u32::try_from(row).unwrap_or(u32::MAX);
        match self.odd.binary_search_by_key(&row, |(at, _)| *at) {
            Ok(index) => {
                if let Some(place) = self.odd.get_mut(index) {
                    place.1 = value;
                }
            }
            Err(index) => self.odd.insert(index, (row, value)),
        }
    }

    /// A row's number.
    #[must_use]
    pub fn number(&self, row: usize) -> i64 {
        let above = match &self.words {
            Words::One(words) => words.get(row).copied().map_or(0, i64::from),
            Words::Two(words) => words.get(row).copied().map_or(0, i64::from),
            Words::Four(words) => words.get(row).copied().map_or(0, i64::from),
            Words::Eight(words) => return words.get(row).copied().unwrap_or(0),
            Words::Flags(bits) => i64::from(bits.get(row)),
            Words::Same | Words::Texts(_) => 0,
        };
        self.least.wrapping_add(above)
    }

    /// A row's text.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<&str> {
        match &self.words {
            Words::Texts(texts) => texts.get(row),
            _ => None,
        }
    }

    /// The bytes of a row's text.
    #[inline]
    #[must_use]
    pub fn text_bytes(&self, row: usize) -> Option<&[u8]> {
        match &self.words {
            Words::Texts(texts) => texts.bytes(row),
            _ => None,
        }
    }

    /// Whether each row has a number or text greater than that of the row before.
    #[must_use]
    pub fn ascends(&self) -> bool {
        let plain = self.absent.is_none() && self.odd.is_empty();
        plain
            && match &self.words {
                Words::One(words) => words.is_sorted_by(|a, b| a < b),
                Words::Two(words) => words.is_sorted_by(|a, b| a < b),
                Words::Four(words) => words.is_sorted_by(|a, b| a < b),
                Words::Eight(words) => words.is_sorted_by(|a, b| a < b),
                Words::Texts(texts) => texts.ascend(),
                Words::Same | Words::Flags(_) => self.rows <= 1,
            }
    }

    /// The texts of a segment of texts.
    #[must_use]
    pub fn texts(&self) -> Option<&Texts> {
        match &self.words {
            Words::Texts(texts) => Some(texts),
            _ => None,
        }
    }

    /// The bits of a segment of `true` and `false`.
    #[must_use]
    pub fn flags(&self) -> Option<&Bits> {
        match &self.words {
            Words::Flags(bits) => Some(bits),
            _ => None,
        }
    }

    /// Writes the numbers of the rows from `start` on, a multiple of 64, as many as `out` takes.
    pub fn unpack(&self, start: usize, out: &mut [i64]) {
        let least = self.least;
        let end = start.saturating_add(out.len());
        match &self.words {
            Words::One(words) => widen(words.get(start..end), least, out),
            Words::Two(words) => widen(words.get(start..end), least, out),
            Words::Four(words) => widen(words.get(start..end), least, out),
            Words::Eight(words) => {
                if let Some(words) = words.get(start..end) {
                    out.copy_from_slice(words);
                }
            }
            Words::Flags(bits) => {
                // Rows begin with a word wherever a batch does.
                let words = bits.words().get(start >> 6..).unwrap_or_default();
                for (places, word) in out.chunks_mut(64).zip(words) {
                    for (bit, place) in (0_u32..).zip(places) {
                        *place = (word >> (bit & 63) & 1).cast_signed();
                    }
                }
            }
            Words::Same | Words::Texts(_) => out.fill(least),
        }
    }
}

fn widen<T: Copy + Into<i64>>(words: Option<&[T]>, least: i64, out: &mut [i64]) {
    for (place, word) in out.iter_mut().zip(words.unwrap_or_default()) {
        *place = least.wrapping_add((*word).into());
    }
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// The least and the greatest number of the rows that have one; zeros where none has.
fn extremes(numbers: &[i64], absent: Option<&Bits>, odd: &[(u32, Option<Value>)]) -> (i64, i64) {
    if absent.is_none() && odd.is_empty() {
        let (mut least, mut most) = (i64::MAX, i64::MIN);
        for n in numbers {
            least = least.min(*n);
            most = most.max(*n);
        }
        return if numbers.is_empty() { (0, 0) } else { (least, most) };
    }
    let mut odd = odd.iter().map(|(row, _)| *row as usize).peekable();
    let mut found: Option<(i64, i64)> = None;
    for (row, n) in numbers.iter().enumerate() {
        if odd.next_if_eq(&row).is_some() || absent.is_some_and(|bits| bits.get(row)) {
            continue;
        }
        let (least, most) = found.unwrap_or((*n, *n));
        found = Some((least.min(*n), most.max(*n)));
    }
    found.unwrap_or((0, 0))
}

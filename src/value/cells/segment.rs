//! A run of rows of one column, packed.

use super::encoded::{Reader, put_bits, put_odd};
use super::slab::{Bytes, Room, Sealed};
use super::texts::{Kept, Looked};
use super::{Bits, Meaning, Texts};
use crate::lanes;
use crate::value::Value;
use std::ops::Range;

/// Rows of a segment, at most. Its columns fit the processor's cache together.
pub const SEGMENT: usize = 16_384;

/// Whole numbers in as few bytes as their range needs, each above the segment's least; those of eight
/// bytes are the numbers themselves. The lowest byte is the first.
#[derive(Clone, Debug)]
enum Words {
    /// All are the least.
    Same,
    One(Bytes),
    Two(Bytes),
    Four(Bytes),
    Eight(Bytes),
    /// Bits, for `true` and `false`.
    Flags(Bits),
    /// Texts.
    Texts(Kept),
}

/// What a segment is made of.
#[derive(Debug)]
pub enum Filling<'a> {
    /// Whole numbers.
    Numbers(&'a [i64]),
    /// Whole numbers, with the least and the greatest of rows that have one.
    Ranged(&'a [i64], (i64, i64)),
    /// `true` and `false`, for so many rows.
    Flags(Bits, usize),
    /// Texts.
    Texts(&'a Texts),
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
        Self::within(filling, absent, odd, &mut Room::default())
    }

    /// Packs rows into room that there is for them.
    pub(super) fn within(
        filling: Filling<'_>,
        absent: Option<Bits>,
        odd: Vec<(u32, Option<Value>)>,
        room: &mut Room<'_>,
    ) -> Self {
        let absent = absent.filter(Bits::any);
        match filling {
            Filling::Numbers(numbers) => {
                let range = extremes(numbers, absent.as_ref(), &odd);
                Self::numbers(numbers, range, absent, odd, room)
            }
            Filling::Ranged(numbers, range) => {
                debug_assert_eq!(range, extremes(numbers, absent.as_ref(), &odd));
                Self::numbers(numbers, range, absent, odd, room)
            }
            Filling::Flags(bits, rows) => {
                Self { rows: count(rows), least: 0, most: 1, words: Words::Flags(bits), absent, odd }
            }
            Filling::Texts(texts) => {
                let rows = count(texts.look().len());
                let words = Words::Texts(Kept::new(texts, room));
                Self { rows, least: 0, most: 0, words, absent, odd }
            }
        }
    }

    fn numbers(
        numbers: &[i64],
        (least, most): (i64, i64),
        absent: Option<Bits>,
        odd: Vec<(u32, Option<Value>)>,
        room: &mut Room<'_>,
    ) -> Self {
        let range = most.wrapping_sub(least).cast_unsigned();
        // What stands at an absent row may lie outside the range; cut to the width it is any number.
        let above = move |n: i64| n.wrapping_sub(least);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the range just found"
        )]
        let words = if range == 0 {
            Words::Same
        } else if u8::try_from(range).is_ok() {
            Words::One(narrow(numbers, room, move |n| [above(n) as u8]))
        } else if u16::try_from(range).is_ok() {
            Words::Two(narrow(numbers, room, move |n| (above(n) as u16).to_le_bytes()))
        } else if u32::try_from(range).is_ok() {
            Words::Four(narrow(numbers, room, move |n| (above(n) as u32).to_le_bytes()))
        } else {
            Words::Eight(narrow(numbers, room, i64::to_le_bytes))
        };
        Self { rows: count(numbers.len()), least, most, words, absent, odd }
    }

    /// The segment, once the slabs that its bytes stand in are sealed.
    pub(super) fn settle(&mut self, sealed: &Sealed) {
        match &mut self.words {
            Words::One(bytes) | Words::Two(bytes) | Words::Four(bytes) | Words::Eight(bytes) => {
                bytes.settle(sealed);
            }
            Words::Texts(texts) => texts.settle(sealed),
            Words::Same | Words::Flags(_) => {}
        }
    }

    /// The bytes of its numbers; none where no numbers stand in bytes.
    pub(super) fn into_bytes(self) -> Option<Bytes> {
        match self.words {
            Words::One(bytes) | Words::Two(bytes) | Words::Four(bytes) | Words::Eight(bytes) => Some(bytes),
            Words::Same | Words::Flags(_) | Words::Texts(_) => None,
        }
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
    /// Stands for the width of texts there.
    pub(super) const TEXTS: u8 = 10;

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
            Words::Texts(texts) => return texts.look().size().saturating_add(256),
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
            Words::Texts(_) => Self::TEXTS,
        };
        out.extend_from_slice(&[tag, flags]);
        match &self.words {
            Words::Same => {}
            Words::One(bytes) | Words::Two(bytes) | Words::Four(bytes) | Words::Eight(bytes) => {
                out.extend_from_slice(bytes);
            }
            Words::Flags(bits) => put_bits(bits, out),
            Words::Texts(texts) => {
                let texts = texts.look();
                texts.ends().for_each(|end| out.extend_from_slice(&end.to_le_bytes()));
                out.extend_from_slice(texts.all());
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
            1 => Words::One(Bytes::Own(reader.take(rows)?.into())),
            2 => Words::Two(Bytes::Own(reader.take(rows.checked_mul(2)?)?.into())),
            4 => Words::Four(Bytes::Own(reader.take(rows.checked_mul(4)?)?.into())),
            8 => Words::Eight(Bytes::Own(reader.take(rows.checked_mul(8)?)?.into())),
            9 => Words::Flags(reader.bits(rows)?),
            _ => {
                let ends = reader.take(rows.checked_mul(4)?)?;
                let length = ends.last_chunk().map_or(0, |end| u32::from_le_bytes(*end));
                Words::Texts(Kept::of_bytes(ends.into(), reader.take(length as usize)?.into()))
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

    /// A row's number; none where it is absent, and an outer none where no number stands for it.
    #[must_use]
    pub fn number_at(&self, row: usize) -> Option<Option<i64>> {
        self.odd_at(row).is_none().then_some(())?;
        let absent = self.absent().is_some_and(|bits| bits.get(row));
        Some((!absent).then(|| self.number(row)))
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

    /// The segment without some rows, which are in order.
    #[must_use]
    pub fn without(&self, rows: &[usize]) -> Self {
        let mut gone = rows.iter().peekable();
        let stay: Vec<usize> = (0..self.len()).filter(|row| gone.next_if_eq(&row).is_none()).collect();
        let bits = |of: &Bits| {
            let mut bits = Bits::none(stay.len());
            stay.iter().enumerate().filter(|(_, row)| of.get(**row)).for_each(|(at, _)| bits.set(at));
            bits
        };
        let absent = self.absent.as_ref().map(bits);
        let odd = self.odd.iter().filter_map(|(row, value)| {
            let at = stay.binary_search(&(*row as usize)).ok()?;
            Some((count(at), value.clone()))
        });
        let odd = odd.collect();
        match &self.words {
            Words::Flags(flags) => Self::new(Filling::Flags(bits(flags), stay.len()), absent, odd),
            Words::Texts(texts) => {
                let (texts, mut left) = (texts.look(), Texts::default());
                stay.iter().for_each(|row| left.push(texts.bytes(*row).unwrap_or_default()));
                Self::new(Filling::Texts(&left), absent, odd)
            }
            _ => {
                let numbers: Vec<i64> = stay.iter().map(|row| self.number(*row)).collect();
                Self::new(Filling::Numbers(&numbers), absent, odd)
            }
        }
    }

    /// A row's number.
    #[must_use]
    pub fn number(&self, row: usize) -> i64 {
        let above = match &self.words {
            Words::One(bytes) => bytes.get(row).copied().map_or(0, i64::from),
            Words::Two(bytes) => word(bytes, row, |b| u16::from_le_bytes(b).into()),
            Words::Four(bytes) => word(bytes, row, |b| u32::from_le_bytes(b).into()),
            Words::Eight(bytes) => return word(bytes, row, i64::from_le_bytes),
            Words::Flags(bits) => i64::from(bits.get(row)),
            Words::Same | Words::Texts(_) => 0,
        };
        self.least.wrapping_add(above)
    }

    /// A row's text.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<&str> {
        match &self.words {
            Words::Texts(texts) => texts.look().get(row),
            _ => None,
        }
    }

    /// The bytes of a row's text.
    #[inline]
    #[must_use]
    pub fn text_bytes(&self, row: usize) -> Option<&[u8]> {
        match &self.words {
            Words::Texts(texts) => texts.look().bytes(row),
            _ => None,
        }
    }

    /// The texts of a segment of texts.
    #[must_use]
    pub fn texts(&self) -> Option<Looked<'_>> {
        match &self.words {
            Words::Texts(texts) => Some(texts.look()),
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
            Words::One(bytes) => widen(bytes, start..end, out, move |[b]| least.wrapping_add(b.into())),
            Words::Two(bytes) => {
                widen(bytes, start..end, out, move |b| least.wrapping_add(u16::from_le_bytes(b).into()));
            }
            Words::Four(bytes) => {
                widen(bytes, start..end, out, move |b| least.wrapping_add(u32::from_le_bytes(b).into()));
            }
            Words::Eight(bytes) => widen(bytes, start..end, out, i64::from_le_bytes),
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

/// Numbers in words of `N` bytes.
#[inline]
fn narrow<const N: usize>(numbers: &[i64], room: &mut Room<'_>, of: impl Fn(i64) -> [u8; N]) -> Bytes {
    room.bytes(numbers.len().saturating_mul(N), |out| {
        lanes::best(move || {
            for (place, number) in out.as_chunks_mut().0.iter_mut().zip(numbers) {
                *place = of(*number);
            }
        });
    })
}

/// The numbers of words of `N` bytes.
#[inline]
fn widen<const N: usize>(bytes: &[u8], rows: Range<usize>, out: &mut [i64], of: impl Fn([u8; N]) -> i64) {
    let words = bytes.as_chunks().0.get(rows).unwrap_or_default();
    lanes::best(move || {
        for (place, word) in out.iter_mut().zip(words) {
            *place = of(*word);
        }
    });
}

/// The number of one word of `N` bytes; 0 where there is none.
#[inline]
fn word<const N: usize>(bytes: &[u8], row: usize, of: impl Fn([u8; N]) -> i64) -> i64 {
    bytes.as_chunks().0.get(row).map_or(0, |word| of(*word))
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

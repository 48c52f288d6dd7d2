//! Four words of 64 bits, one after the other: what is done at once where the processor can, so that what is written
//! for four words compiles for every processor and tests can hold the two together. Where there are no such
//! instructions nothing comes here: work word by word is written otherwise, and quicker so.

#![allow(clippy::unused_self, reason = "asked as a processor is that has such instructions")]

use std::ops::{BitAnd, BitOr, BitXor};

/// A processor that works on four words at once.
#[derive(Clone, Copy, Debug)]
pub struct Lanes(());

impl Lanes {
    /// None: no such processor is known.
    #[must_use]
    pub fn find() -> Option<Self> {
        None
    }

    /// Lanes where there are none.
    #[cfg(test)]
    pub fn feigned() -> Self {
        Self(())
    }

    /// Does work that is compiled for such a processor.
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        work()
    }

    /// Four words.
    #[must_use]
    pub fn four(self, words: [u64; 4]) -> Four {
        Four(words)
    }

    /// The same word four times.
    #[must_use]
    pub fn all(self, word: u64) -> Four {
        Four([word; 4])
    }

    /// The words of a table of eight that the lowest bits of each word name.
    #[must_use]
    pub fn entries(self, table: &[u32; 8], of: Four) -> Four {
        of.each(|word| table.get((word & 7) as usize).copied().map_or(0, u64::from))
    }

    /// A bit for each byte that is one of some, the first byte's lowest.
    #[must_use]
    pub fn found<const N: usize>(self, bytes: &[u8; 64], any: [u8; N]) -> u64 {
        bytes.iter().rev().fold(0, |above, byte| above << 1 | u64::from(any.contains(byte)))
    }

    /// A bit for each byte above 127, the first byte's lowest.
    #[must_use]
    pub fn high(self, bytes: &[u8; 64]) -> u64 {
        bytes.iter().rev().fold(0, |above, byte| above << 1 | u64::from(*byte > 127))
    }
}

/// Four words of 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Four([u64; 4]);

/// All bits, or none.
fn mask(is: bool) -> u64 {
    if is { u64::MAX } else { 0 }
}

impl Four {
    fn each(self, of: impl FnMut(u64) -> u64) -> Self {
        Self(self.0.map(of))
    }

    fn both(self, other: Self, of: impl Fn(u64, u64) -> u64) -> Self {
        let mut others = other.0.into_iter();
        self.each(|word| of(word, others.next().unwrap_or(0)))
    }

    fn bytes(self, other: Self, of: impl Fn(u8, u8) -> u8) -> Self {
        self.both(other, |a, b| {
            let mut others = b.to_le_bytes().into_iter();
            u64::from_le_bytes(a.to_le_bytes().map(|byte| of(byte, others.next().unwrap_or(0))))
        })
    }

    /// Of each so many bits a word of as many.
    fn parts(self, bits: u32, of: impl Fn(u64) -> u64) -> Self {
        let kept = u64::MAX >> 64_u32.saturating_sub(bits);
        self.each(|word| {
            let places = (0..64).step_by(bits as usize);
            places.fold(0, |all, place: u32| all | (of(word >> (place & 63) & kept) & kept) << (place & 63))
        })
    }

    /// The words.
    #[must_use]
    pub fn words(self) -> [u64; 4] {
        self.0
    }

    /// Sums, without what goes beyond 64 bits.
    #[must_use]
    pub fn wrapping_add(self, other: Self) -> Self {
        self.both(other, u64::wrapping_add)
    }

    /// Differences, without what goes beyond 64 bits.
    #[must_use]
    pub fn wrapping_sub(self, other: Self) -> Self {
        self.both(other, u64::wrapping_sub)
    }

    /// Products of the lower halves.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        self.both(other, |a, b| (a & 0xFFFF_FFFF).wrapping_mul(b & 0xFFFF_FFFF))
    }

    /// Bits moved up by so many places each; nothing is left of 64 and more.
    #[must_use]
    pub fn up(self, places: Self) -> Self {
        self.both(places, |word, places| if places < 64 { word << (places & 63) } else { 0 })
    }

    /// Bits moved down by so many places each; nothing is left of 64 and more.
    #[must_use]
    pub fn down(self, places: Self) -> Self {
        self.both(places, |word, places| if places < 64 { word >> (places & 63) } else { 0 })
    }

    /// Bits moved up.
    #[must_use]
    pub fn up_by<const PLACES: i32>(self) -> Self {
        self.each(|word| word << (PLACES & 63))
    }

    /// Bits moved down.
    #[must_use]
    pub fn down_by<const PLACES: i32>(self) -> Self {
        self.each(|word| word >> (PLACES & 63))
    }

    /// Bits that these words have and the other words do not.
    #[must_use]
    pub fn without(self, gone: Self) -> Self {
        self.both(gone, |word, gone| word & !gone)
    }

    /// All bits of each word that equals the other's, none of others.
    #[must_use]
    pub fn equals(self, other: Self) -> Self {
        self.both(other, |a, b| mask(a == b))
    }

    /// All bits of each word that is zero, none of others.
    #[must_use]
    pub fn is_zero(self) -> Self {
        self.each(|word| mask(word == 0))
    }

    /// All bits of each word that is greater than the other's, both with a sign; none of others.
    #[must_use]
    pub fn exceeds(self, other: Self) -> Self {
        self.both(other, |a, b| mask(a.cast_signed() > b.cast_signed()))
    }

    /// All bits of each byte that equals the other's, none of others.
    #[must_use]
    pub fn bytes_equal(self, other: Self) -> Self {
        self.bytes(other, |a, b| if a == b { u8::MAX } else { 0 })
    }

    /// By how much each byte is above the other's; nothing where it is not.
    #[must_use]
    pub fn bytes_above(self, other: Self) -> Self {
        self.bytes(other, u8::saturating_sub)
    }

    /// The sum of each word's bytes.
    #[must_use]
    pub fn bytes_summed(self) -> Self {
        self.each(|word| word.to_le_bytes().into_iter().map(u64::from).sum())
    }

    /// Of each two bytes the first times ten and the second, as a word of 16 bits.
    #[must_use]
    pub fn tens(self) -> Self {
        self.parts(16, |pair| (pair & 0xFF).wrapping_mul(10).wrapping_add(pair >> 8))
    }

    /// Of each two words of 16 bits the first times a hundred and the second, as a word of 32. They are below
    /// 32,768.
    #[must_use]
    pub fn hundreds(self) -> Self {
        self.parts(32, |pair| (pair & 0xFFFF).wrapping_mul(100).wrapping_add(pair >> 16))
    }

    /// Of each word of 16 bits, without a sign, the upper half of its product with a number.
    #[must_use]
    pub fn upper_products(self, number: u16) -> Self {
        self.parts(16, |word| word.wrapping_mul(number.into()) >> 16)
    }

    /// Of each word of 16 bits the lower half of its product with a number.
    #[must_use]
    pub fn lower_products(self, number: u16) -> Self {
        self.parts(16, |word| word.wrapping_mul(number.into()))
    }

    /// The bytes of a table of sixteen that the lowest four bits of each byte name; zeros for bytes above 127.
    #[must_use]
    pub fn bytes_of(self, table: &[u8; 16]) -> Self {
        let named = |byte: u64| table.get((byte & 15) as usize).filter(|_| byte < 128);
        self.parts(8, |byte| named(byte).copied().map_or(0, u64::from))
    }

    /// Each of these words and the other's in its place.
    #[must_use]
    pub fn paired(self, other: Self) -> [[u64; 2]; 4] {
        let mut others = other.0.into_iter();
        self.0.map(|word| [word, others.next().unwrap_or(0)])
    }

    /// These words where `is` has all bits, the others where it has none.
    #[must_use]
    pub fn where_or(self, is: Self, others: Self) -> Self {
        self & is | others.without(is)
    }

    /// The smaller of two words each, both with a sign.
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        other.where_or(self.exceeds(other), self)
    }

    /// The greater of two words each, both with a sign.
    #[must_use]
    pub fn most(self, other: Self) -> Self {
        self.where_or(self.exceeds(other), other)
    }
}

impl BitAnd for Four {
    type Output = Self;
    fn bitand(self, other: Self) -> Self {
        self.both(other, |a, b| a & b)
    }
}

impl BitOr for Four {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.both(other, |a, b| a | b)
    }
}

impl BitXor for Four {
    type Output = Self;
    fn bitxor(self, other: Self) -> Self {
        self.both(other, |a, b| a ^ b)
    }
}

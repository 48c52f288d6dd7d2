//! Four words of 64 bits, and what is done with all of them at once.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into work compiled for newer instructions uses them"
)]

use pulp::x86::V3;
use std::arch::x86_64::__m256i;
use std::ops::{BitAnd, BitOr, BitXor};

/// A processor that works on four words at once.
#[derive(Clone, Copy, Debug)]
pub struct Lanes(V3);

impl Lanes {
    /// What this processor can do at once; none where it cannot.
    #[inline]
    #[must_use]
    pub fn find() -> Option<Self> {
        V3::try_new().map(Self)
    }

    /// Does work that is compiled for such a processor, with all that is inlined into it.
    #[inline(always)]
    pub fn run<T>(self, work: impl FnOnce() -> T) -> T {
        self.0.vectorize(work)
    }

    /// Four words.
    #[inline(always)]
    #[must_use]
    pub fn four(self, words: [u64; 4]) -> Four {
        Four { lanes: self, words: pulp::cast(words) }
    }

    /// The same word four times.
    #[inline(always)]
    #[must_use]
    pub fn all(self, word: u64) -> Four {
        self.four([word; 4])
    }

    /// The words of a table of eight that the lowest bits of each word name.
    #[inline(always)]
    #[must_use]
    pub fn entries(self, table: &[u32; 8], of: Four) -> Four {
        let table: __m256i = pulp::cast(*table);
        let found = self.0.avx2._mm256_permutevar8x32_epi32(table, of.words);
        Four { lanes: self, words: found } & self.all(0xFFFF_FFFF)
    }

    /// A bit for each byte that is one of some, the first byte's lowest.
    #[inline(always)]
    #[must_use]
    pub fn found<const N: usize>(self, bytes: &[u8; 64], any: [u8; N]) -> u64 {
        self.bits(bytes, |half| {
            let mut found: __m256i = pulp::cast([0_u8; 32]);
            for byte in any {
                let is = self.0.avx2._mm256_cmpeq_epi8(half, pulp::cast([byte; 32]));
                found = self.0.avx2._mm256_or_si256(found, is);
            }
            found
        })
    }

    /// A bit for each byte above 127, the first byte's lowest.
    #[inline(always)]
    #[must_use]
    pub fn high(self, bytes: &[u8; 64]) -> u64 {
        self.bits(bytes, |half| half)
    }

    /// The highest bits of what is made of each byte.
    #[inline(always)]
    fn bits(self, bytes: &[u8; 64], of: impl Fn(__m256i) -> __m256i) -> u64 {
        let (halves, _) = bytes.as_chunks::<32>();
        halves.iter().rev().fold(0, |above, half| {
            let bits = self.0.avx2._mm256_movemask_epi8(of(pulp::cast(*half)));
            above << 32 | u64::from(bits.cast_unsigned())
        })
    }
}

/// Four words of 64 bits.
#[derive(Clone, Copy, Debug)]
pub struct Four {
    lanes: Lanes,
    words: __m256i,
}

impl Four {
    #[inline(always)]
    fn of(self, words: __m256i) -> Self {
        Self { lanes: self.lanes, words }
    }

    /// The words.
    #[inline(always)]
    #[must_use]
    pub fn words(self) -> [u64; 4] {
        pulp::cast(self.words)
    }

    /// Sums, without what goes beyond 64 bits.
    #[inline(always)]
    #[must_use]
    pub fn wrapping_add(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_add_epi64(self.words, other.words))
    }

    /// Differences, without what goes beyond 64 bits.
    #[inline(always)]
    #[must_use]
    pub fn wrapping_sub(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_sub_epi64(self.words, other.words))
    }

    /// Products of the lower halves.
    #[inline(always)]
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_mul_epu32(self.words, other.words))
    }

    /// Bits moved up by so many places each; nothing is left of 64 and more.
    #[inline(always)]
    #[must_use]
    pub fn up(self, places: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_sllv_epi64(self.words, places.words))
    }

    /// Bits moved down by so many places each; nothing is left of 64 and more.
    #[inline(always)]
    #[must_use]
    pub fn down(self, places: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_srlv_epi64(self.words, places.words))
    }

    /// Bits moved up.
    #[inline(always)]
    #[must_use]
    pub fn up_by<const PLACES: i32>(self) -> Self {
        self.of(self.lanes.0.avx2._mm256_slli_epi64::<PLACES>(self.words))
    }

    /// Bits moved down.
    #[inline(always)]
    #[must_use]
    pub fn down_by<const PLACES: i32>(self) -> Self {
        self.of(self.lanes.0.avx2._mm256_srli_epi64::<PLACES>(self.words))
    }

    /// Bits that these words have and the other words do not.
    #[inline(always)]
    #[must_use]
    pub fn without(self, gone: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_andnot_si256(gone.words, self.words))
    }

    /// All bits of each word that equals the other's, none of others.
    #[inline(always)]
    #[must_use]
    pub fn equals(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_cmpeq_epi64(self.words, other.words))
    }

    /// All bits of each word that is zero, none of others.
    #[inline(always)]
    #[must_use]
    pub fn is_zero(self) -> Self {
        self.equals(self.lanes.all(0))
    }

    /// All bits of each word that is greater than the other's, both with a sign; none of others.
    #[inline(always)]
    #[must_use]
    pub fn exceeds(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_cmpgt_epi64(self.words, other.words))
    }

    /// All bits of each byte that equals the other's, none of others.
    #[inline(always)]
    #[must_use]
    pub fn bytes_equal(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_cmpeq_epi8(self.words, other.words))
    }

    /// By how much each byte is above the other's; nothing where it is not.
    #[inline(always)]
    #[must_use]
    pub fn bytes_above(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_subs_epu8(self.words, other.words))
    }

    /// The sum of each word's bytes.
    #[inline(always)]
    #[must_use]
    pub fn bytes_summed(self) -> Self {
        self.of(self.lanes.0.avx2._mm256_sad_epu8(self.words, self.lanes.all(0).words))
    }

    /// Of each two bytes the first times ten and the second, as a word of 16 bits.
    #[inline(always)]
    #[must_use]
    pub fn tens(self) -> Self {
        let tens = self.lanes.all(0x010A_010A_010A_010A);
        self.of(self.lanes.0.avx2._mm256_maddubs_epi16(self.words, tens.words))
    }

    /// Of each two words of 16 bits the first times a hundred and the second, as a word of 32. They are below
    /// 32,768.
    #[inline(always)]
    #[must_use]
    pub fn hundreds(self) -> Self {
        let hundreds = self.lanes.all(0x0001_0064_0001_0064);
        self.of(self.lanes.0.avx2._mm256_madd_epi16(self.words, hundreds.words))
    }

    /// Of each word of 16 bits, without a sign, the upper half of its product with a number.
    #[inline(always)]
    #[must_use]
    pub fn upper_products(self, number: u16) -> Self {
        let number: __m256i = pulp::cast([number; 16]);
        self.of(self.lanes.0.avx2._mm256_mulhi_epu16(self.words, number))
    }

    /// Of each word of 16 bits the lower half of its product with a number.
    #[inline(always)]
    #[must_use]
    pub fn lower_products(self, number: u16) -> Self {
        let number: __m256i = pulp::cast([number; 16]);
        self.of(self.lanes.0.avx2._mm256_mullo_epi16(self.words, number))
    }

    /// The bytes of a table of sixteen that the lowest four bits of each byte name; zeros for bytes above 127.
    #[inline(always)]
    #[must_use]
    pub fn bytes_of(self, table: &[u8; 16]) -> Self {
        let table: __m256i = pulp::cast([*table; 2]);
        self.of(self.lanes.0.avx2._mm256_shuffle_epi8(table, self.words))
    }

    /// Each of these words and the other's in its place.
    #[inline(always)]
    #[must_use]
    pub fn paired(self, other: Self) -> [[u64; 2]; 4] {
        let even = self.lanes.0.avx2._mm256_unpacklo_epi64(self.words, other.words);
        let odd = self.lanes.0.avx2._mm256_unpackhi_epi64(self.words, other.words);
        let first = self.lanes.0.avx2._mm256_permute2x128_si256::<0x20>(even, odd);
        let second = self.lanes.0.avx2._mm256_permute2x128_si256::<0x31>(even, odd);
        pulp::cast([first, second])
    }

    /// These words where `is` has all bits, the others where it has none.
    #[inline(always)]
    #[must_use]
    pub fn where_or(self, is: Self, others: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_blendv_epi8(others.words, self.words, is.words))
    }

    /// The smaller of two words each, both with a sign.
    #[inline(always)]
    #[must_use]
    pub fn least(self, other: Self) -> Self {
        other.where_or(self.exceeds(other), self)
    }

    /// The greater of two words each, both with a sign.
    #[inline(always)]
    #[must_use]
    pub fn most(self, other: Self) -> Self {
        self.where_or(self.exceeds(other), other)
    }
}

impl BitAnd for Four {
    type Output = Self;
    #[inline(always)]
    fn bitand(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_and_si256(self.words, other.words))
    }
}

impl BitOr for Four {
    type Output = Self;
    #[inline(always)]
    fn bitor(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_or_si256(self.words, other.words))
    }
}

impl BitXor for Four {
    type Output = Self;
    #[inline(always)]
    fn bitxor(self, other: Self) -> Self {
        self.of(self.lanes.0.avx2._mm256_xor_si256(self.words, other.words))
    }
}

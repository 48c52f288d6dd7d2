//! Numbers and dates as the digits that cells show.

use crate::lanes::ZEROS;
use chrono::{Datelike, NaiveDate};

/// Every pair of digits.
pub const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "evaluated by the compiler"
    )]
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// Numbers below this have up to eight digits.
pub const EIGHT: u64 = 100_000_000;

/// Every four digits, the first of them the lowest byte.
static FOURS: [u32; 10_000] = {
    let mut fours = [0; 10_000];
    let mut n = 0;
    #[expect(clippy::indexing_slicing, reason = "evaluated by the compiler")]
    while n < fours.len() {
        let ([a, b], [c, d]) = (PAIRS[n / 100], PAIRS[n % 100]);
        fours[n] = u32::from_le_bytes([a, b, c, d]);
        n += 1;
    }
    fours
};

/// The digits of a number of up to eight, the first of them the lowest byte, and how many they are.
#[inline]
pub fn eight(number: u64) -> (u64, usize) {
    let high = number.wrapping_div(10_000);
    let four = |n: u64| usize::try_from(n).ok().and_then(|n| FOURS.get(n).copied()).map_or(0, u64::from);
    let digits = four(high) | four(number.wrapping_sub(high.wrapping_mul(10_000))) << 32;
    // Zeros before the first digit go; the last digit stays.
    let zeros = (digits ^ ZEROS | 1 << 56).trailing_zeros() & 0x38;
    (digits >> zeros, 8_usize.wrapping_sub((zeros >> 3) as usize))
}

/// Room for any number or date: what is written ends before [`LAST`], from `begin` on.
pub struct Digits {
    bytes: [u8; LAST],
    begin: usize,
}

/// Where a cell ends; the longest is shorter.
const LAST: usize = 40;

impl Digits {
    /// Nothing written.
    pub fn new() -> Self {
        Self { bytes: [0; LAST], begin: LAST }
    }

    /// Puts a byte before what is written.
    fn byte(&mut self, byte: u8) {
        self.begin = self.begin.wrapping_sub(1);
        if let Some(place) = self.bytes.get_mut(self.begin) {
            *place = byte;
        }
    }

    /// Puts two digits before what is written.
    fn pair(&mut self, number: u64) {
        self.begin = self.begin.wrapping_sub(2);
        let pair = usize::try_from(number).ok().and_then(|n| PAIRS.get(n));
        let place = self.bytes.get_mut(self.begin..).and_then(|b| b.first_chunk_mut::<2>());
        if let (Some(place), Some(pair)) = (place, pair) {
            *place = *pair;
        }
    }

    /// Puts the digits of a number before what is written, without zeros before them.
    fn whole(&mut self, mut number: u64) {
        while number >= 100 {
            self.pair(number.wrapping_rem(100));
            number = number.wrapping_div(100);
        }
        if number >= 10 {
            self.pair(number);
        } else {
            self.byte(b'0'.wrapping_add(u8::try_from(number).unwrap_or(0)));
        }
    }

    /// Puts so many digits of a number before what is written.
    fn padded(&mut self, mut number: u64, width: u32) {
        for _ in 0..width {
            let digit = u8::try_from(number.wrapping_rem(10)).unwrap_or(0);
            self.byte(b'0'.wrapping_add(digit));
            number = number.wrapping_div(10);
        }
    }

    /// A whole number with `scale` of its digits behind a point, of which zeros beyond the `least` are
    /// left out.
    pub fn fixed(&mut self, number: i64, scale: u32, least: u32) {
        self.begin = LAST;
        let size = number.unsigned_abs();
        self.scaled(size, scale, least);
        if number < 0 {
            self.byte(b'-');
        }
    }

    fn scaled(&mut self, mut size: u64, mut scale: u32, least: u32) {
        while scale > least && size.wrapping_rem(10) == 0 {
            size = size.wrapping_div(10);
            scale = scale.wrapping_sub(1);
        }
        let power = 10_u64.checked_pow(scale).unwrap_or(1);
        self.padded(0, least.saturating_sub(scale));
        self.padded(size.checked_rem(power).unwrap_or(0), scale);
        if scale.max(least) > 0 {
            self.byte(b'.');
        }
        self.whole(size.checked_div(power).unwrap_or(0));
    }

    /// A date, by its days.
    pub fn date(&mut self, days: i64) -> Option<()> {
        let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?)?;
        self.begin = LAST;
        self.padded(date.day().into(), 2);
        self.byte(b'-');
        self.padded(date.month().into(), 2);
        self.byte(b'-');
        self.padded(u64::try_from(date.year()).ok()?, 4);
        Some(())
    }

    /// What is written.
    pub fn written(&self) -> &[u8] {
        self.bytes.get(self.begin..LAST).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Num;
    use proptest::prelude::*;

    fn written(number: i64, scale: u32, least: u32) -> String {
        let mut digits = Digits::new();
        digits.fixed(number, scale, least);
        String::from_utf8(digits.written().to_vec()).unwrap()
    }

    fn text(digits: u64, length: usize) -> String {
        String::from_utf8(digits.to_le_bytes()[..length].to_vec()).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_exact_numbers_are(number: i64, scale in 0_u32..13, least in 0_u32..5) {
            let num = Num::from_scaled_ratio(number, 1, 10_i64.pow(scale)).unwrap();
            prop_assert_eq!(written(number, scale, least), num.padded(least));
        }

        #[test]
        fn eight_digits_are_those_of_the_number(number in 0..EIGHT, fewer in 0_u32..8) {
            let number = number / 10_u64.pow(fewer);
            let (digits, length) = eight(number);
            prop_assert_eq!(text(digits, length), number.to_string());
        }
    }

    #[test]
    fn every_four_digits_are_written() {
        for number in (0..10_000).chain((0..10_000).map(|n| n * 10_000)) {
            let (digits, length) = eight(number);
            assert_eq!(text(digits, length), number.to_string());
        }
    }

    #[test]
    fn small_numbers_keep_their_zeros() {
        assert_eq!(written(5, 2, 2), "0.05");
        assert_eq!(written(-5, 2, 2), "-0.05");
        assert_eq!(written(0, 2, 0), "0");
        assert_eq!(written(0, 0, 2), "0.00");
        assert_eq!(written(12_500, 4, 0), "1.25");
        assert_eq!(written(i64::MIN, 0, 0), i64::MIN.to_string());
    }
}

//! Numbers written into slots four at a time: what [`super::slots`] does one by one.

#![expect(
    clippy::inline_always,
    reason = "only what is inlined into work compiled for newer instructions uses them"
)]

use super::slots::{SEVEN, Slot};
use crate::lanes::{Four, Lanes, ZEROS};

/// A point, two zeros and a comma.
const PART: u64 = 0x2C30_302E;

/// Writes whole numbers into slots, as far as they are not below zero and have up to seven digits; the others, and
/// those beyond the last four, get no length.
pub fn whole(lanes: Lanes, numbers: &[i64], slots: &mut [Slot]) {
    let ((numbers, _), (slots, rest)) = (numbers.as_chunks(), slots.as_chunks_mut());
    rest.fill(Slot::default());
    lanes.run(move || {
        for (numbers, slots) in numbers.iter().zip(slots) {
            let (numbers, fit) = below(lanes, *numbers, SEVEN);
            *slots = joined(lanes, numbers, lanes.all(b','.into()), 1, fit);
        }
    });
}

/// Writes hundredths as numbers with two decimals into slots, as far as they are not below zero and have up to
/// seven digits before the point; the others, and those beyond the last four, get no length.
pub fn cents(lanes: Lanes, numbers: &[i64], slots: &mut [Slot]) {
    let ((numbers, _), (slots, rest)) = (numbers.as_chunks(), slots.as_chunks_mut());
    rest.fill(Slot::default());
    lanes.run(move || {
        for (numbers, slots) in numbers.iter().zip(slots) {
            let (numbers, fit) = below(lanes, *numbers, SEVEN.wrapping_mul(100));
            // A hundredth of a number of 32 bits.
            let whole = numbers.times(lanes.all(1_374_389_535)).down_by::<37>();
            let part = numbers.wrapping_sub(whole.times(lanes.all(100)));
            let tens = part.upper_products(TENTH);
            let ones = part.wrapping_sub(tens.lower_products(10));
            let after = tens.up_by::<8>() | ones.up_by::<16>();
            *slots = joined(lanes, whole, after.wrapping_add(lanes.all(PART)), 4, fit);
        }
    });
}

/// Numbers, and all bits of those that are from zero up to below a number.
#[inline(always)]
fn below(lanes: Lanes, numbers: [i64; 4], most: u64) -> (Four, Four) {
    let numbers = lanes.four(numbers.map(i64::cast_unsigned));
    let is_negative = lanes.all(0).exceeds(numbers);
    (numbers, lanes.all(most).exceeds(numbers).without(is_negative))
}

/// Numbers of up to seven digits, and after them the bytes of `after`, so many; nothing of those that do not fit.
#[inline(always)]
fn joined(lanes: Lanes, numbers: Four, after: Four, more: u64, fit: Four) -> [Slot; 4] {
    let digits = eight(lanes, numbers);
    // Zeros before the first digit go; the last digit stays. How many bits those have:
    let kept = digits | lanes.all(1 << 56);
    let below = (kept & lanes.all(0).wrapping_sub(kept)).wrapping_sub(lanes.all(1));
    let gone = (below.bytes_equal(lanes.all(u64::MAX)) & lanes.all(0x0808_0808_0808_0808)).bytes_summed();
    let first = (digits | lanes.all(ZEROS)).down(gone);
    let low = first | after.up(lanes.all(64).wrapping_sub(gone));
    // Eight digits, but for one where eight bits are gone.
    let count = lanes.all(more.wrapping_add(8) << 56).wrapping_sub(gone.up_by::<53>());
    let high = after.down(gone) | count;
    (low & fit).paired(high & fit).map(Slot::of_words)
}

/// A tenth of a number below 100, as the upper half of a product.
const TENTH: u16 = 6_554;

/// The values of a number's digits, up to eight, the first of them the lowest byte.
#[inline(always)]
fn eight(lanes: Lanes, numbers: Four) -> Four {
    // A ten-thousandth of a number of 32 bits.
    let high = numbers.times(lanes.all(3_518_437_209)).down_by::<45>();
    let fours = high | numbers.wrapping_sub(high.times(lanes.all(10_000))).up_by::<32>();
    // A hundredth of a number below 10,000 is an eighth of the upper half of a product.
    let high = fours.upper_products(5_243).down_by::<3>() & lanes.all(0x0000_007F_0000_007F);
    let pairs = high | fours.wrapping_sub(high.lower_products(100)).up_by::<16>();
    let high = pairs.upper_products(TENTH);
    high | pairs.wrapping_sub(high.lower_products(10)).up_by::<8>()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Numbers of each length, and those at the ends of what is written.
    fn number() -> impl Strategy<Value = i64> {
        let edge = prop_oneof![
            Just(i64::MIN),
            Just(i64::MAX),
            Just(9_999_999),
            Just(10_000_000),
            Just(999_999_999),
            Just(1_000_000_000)
        ];
        let any = (-20_i64..20_000_000_000, 0_u32..11).prop_map(|(number, fewer)| number / 10_i64.pow(fewer));
        prop_oneof![1 => edge, 4 => any]
    }

    /// What some numbers are written as, and what each is by itself where it is one of those below a number.
    fn written(
        numbers: &[i64],
        four: impl Fn(Lanes, &[i64], &mut [Slot]),
        one: impl Fn(i64) -> Option<Slot>,
        most: i64,
    ) -> Option<(Vec<Slot>, Vec<Slot>)> {
        let mut slots = vec![Slot::of(b"before").unwrap(); numbers.len()];
        four(Lanes::find()?, numbers, &mut slots);
        let last = numbers.len() / 4 * 4;
        let each = numbers
            .iter()
            .enumerate()
            .map(|(place, n)| one(*n).filter(|_| place < last && (0..most).contains(n)).unwrap_or_default());
        Some((slots, each.collect()))
    }

    proptest! {
        #[test]
        fn four_numbers_are_written_as_each_is(numbers in proptest::collection::vec(number(), 0..11)) {
            if let Some((slots, each)) = written(&numbers, whole, Slot::whole, 10_000_000) {
                prop_assert_eq!(slots, each);
            }
            if let Some((slots, each)) = written(&numbers, cents, Slot::cents, 1_000_000_000) {
                prop_assert_eq!(slots, each);
            }
        }
    }

    #[test]
    fn all_numbers_of_up_to_six_digits_are_written() {
        let numbers: Vec<i64> = (0..1_000_000).collect();
        let whole = written(&numbers, whole, Slot::whole, 1_000_000);
        let cents = written(&numbers, cents, Slot::cents, 1_000_000);
        for (slots, each) in whole.into_iter().chain(cents) {
            assert!(slots == each);
        }
    }
}

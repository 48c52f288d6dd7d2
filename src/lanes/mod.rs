//! Words four at a time, on processors that have instructions for it (x86-64 with AVX2). Everything done with them
//! is also done word by word, which is what other processors get: results never depend on it.

#[cfg(all(feature = "cli", target_arch = "x86_64"))]
mod four;
#[cfg(all(feature = "cli", any(test, not(target_arch = "x86_64"))))]
mod plain;

#[cfg(all(feature = "cli", target_arch = "x86_64"))]
pub use four::{Four, Lanes};
#[cfg(all(feature = "cli", not(target_arch = "x86_64")))]
pub use plain::{Four, Lanes};

/// Eight bytes, each `0`.
#[cfg(feature = "cli")]
pub const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Does work by newer instructions where the processor has them: it is compiled for both. A loop over numbers that
/// is handed in whole is worth it, with everything that it reads moved in.
#[inline(always)]
#[expect(clippy::inline_always, reason = "what is compiled twice stands in the place that asks for it")]
pub fn best<T>(work: impl FnOnce() -> T) -> T {
    #[cfg(feature = "cli")]
    if let Some(lanes) = Lanes::find() {
        return lanes.run(work);
    }
    work()
}

#[cfg(all(test, feature = "cli", target_arch = "x86_64"))]
mod tests {
    use super::{four, plain};
    use proptest::array::uniform4;
    use proptest::prelude::*;

    /// Words of any kind: any bits, few bits, digits.
    fn word() -> impl Strategy<Value = u64> {
        prop_oneof![any::<u64>(), 0_u64..70, any::<u64>().prop_map(|w| w & 0x0F0F_0F0F_0F0F_0F0F)]
    }

    /// Asserts that both kinds of words come to the same.
    macro_rules! same {
        ($lanes:expr, $plain:expr, $a:expr, $b:expr, |$one:ident, $other:ident| $of:expr) => {{
            let found = {
                let ($one, $other) = ($lanes.four($a), $lanes.four($b));
                $of.words()
            };
            let expected = {
                let ($one, $other) = ($plain.four($a), $plain.four($b));
                $of.words()
            };
            prop_assert_eq!(found, expected, "{}", stringify!($of));
        }};
    }

    proptest! {
        #[test]
        fn four_at_once_are_as_one_after_the_other(
            a in uniform4(word()), b in uniform4(word()), table: [u32; 8], bytes: [u8; 16], number: u16, small in uniform4(0_u64..64)
        ) {
            let Some(lanes) = four::Lanes::find() else { return Ok(()) };
            let plain = plain::Lanes::feigned();
            same!(lanes, plain, a, b, |a, b| a.wrapping_add(b));
            same!(lanes, plain, a, b, |a, b| a.wrapping_sub(b));
            same!(lanes, plain, a, b, |a, b| a.times(b));
            same!(lanes, plain, a, small, |a, b| a.up(b));
            same!(lanes, plain, a, b, |a, b| a.up(b));
            same!(lanes, plain, a, small, |a, b| a.down(b));
            same!(lanes, plain, a, b, |a, b| a.down(b));
            same!(lanes, plain, a, b, |a, b| a.without(b));
            same!(lanes, plain, a, b, |a, b| a.equals(b));
            same!(lanes, plain, a, a, |a, b| a.equals(b));
            same!(lanes, plain, a, b, |a, b| a.exceeds(b));
            same!(lanes, plain, a, b, |a, b| a.bytes_equal(b));
            same!(lanes, plain, a, b, |a, b| a.bytes_above(b));
            same!(lanes, plain, a, b, |a, b| a.least(b));
            same!(lanes, plain, a, b, |a, b| a.most(b));
            same!(lanes, plain, a, b, |a, b| a & b);
            same!(lanes, plain, a, b, |a, b| a | b);
            same!(lanes, plain, a, b, |a, b| a ^ b);
            same!(lanes, plain, a, b, |a, b| a.where_or(a.exceeds(b), b));
            same!(lanes, plain, a, b, |a, b| a.is_zero().without(b));
            same!(lanes, plain, a, b, |a, b| a.up_by::<13>() | b.down_by::<5>());
            same!(lanes, plain, a, b, |a, b| a.bytes_summed() | b);
            same!(lanes, plain, a, b, |a, b| a.upper_products(number) | b);
            same!(lanes, plain, a, b, |a, b| a.lower_products(number) | b);
            let low = |words: [u64; 4]| words.map(|w| w & 0x7F7F_7F7F_7F7F_7F7F);
            same!(lanes, plain, a, b, |a, b| a.tens() | b);
            same!(lanes, plain, low(a), b, |a, b| a.hundreds() | b);
            same!(lanes, plain, a, b, |a, b| a.bytes_of(&bytes) | b);
            prop_assert_eq!(lanes.run(|| lanes.all(a[0]).words()), plain.run(|| plain.all(a[0]).words()));
            prop_assert!(plain::Lanes::find().is_none());
            prop_assert_eq!(lanes.entries(&table, lanes.four(a)).words(), plain.entries(&table, plain.four(a)).words());
            prop_assert_eq!(lanes.four(a).paired(lanes.four(b)), plain.four(a).paired(plain.four(b)));
            let mut block = [0; 64];
            block.iter_mut().zip(bytes.iter().cycle()).for_each(|(place, byte)| *place = byte % 4 + (byte & 128));
            prop_assert_eq!(lanes.found(&block, [1, 3]), plain.found(&block, [1, 3]));
            prop_assert_eq!(lanes.found(&block, [2, 0, 130]), plain.found(&block, [2, 0, 130]));
            prop_assert_eq!(lanes.high(&block), plain.high(&block));
        }
    }
}

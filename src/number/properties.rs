//! Every operation held against plain fractions, which know neither decimals nor limits.
#![allow(clippy::arithmetic_side_effects, reason = "the reference is computed with plain operators")]

use super::{Num, NumError, RoundingMode};
use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{Signed, Zero};
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

const BITS: u64 = 1 << 20;

impl From<BigRational> for Num {
    fn from(value: BigRational) -> Self {
        let (numerator, denominator) = value.into_raw();
        Self::from_big_ratio(numerator, denominator).unwrap()
    }
}

/// The same value, computed without [`Num`].
fn plain(num: &Num) -> BigRational {
    BigRational::new(num.numerator(), num.denominator())
}

/// Numbers of every representation, with those at the edges of each often.
fn numbers() -> impl Strategy<Value = Num> {
    let decimals = (any::<i128>(), 0_u32..28, 0_u32..128).prop_map(|(mantissa, scale, shift)| {
        BigRational::new((mantissa >> shift).into(), BigInt::from(10).pow(scale)).into()
    });
    let small = (-10_000_i64..10_000, 1_i64..1_000).prop_map(|(n, d)| Num::from_ratio(n, d).unwrap());
    let ratios = (any::<i64>(), 1..i64::MAX).prop_map(|(n, d)| Num::from_ratio(n, d).unwrap());
    let big = (any::<i128>(), any::<i128>(), any::<i128>()).prop_map(|(a, b, c)| {
        let below = if c == 0 { BigInt::from(1) } else { BigInt::from(c) };
        BigRational::new(BigInt::from(a) * BigInt::from(b), below).into()
    });
    let edges = prop::sample::select(vec![
        "0",
        "1",
        "-1",
        "0.5",
        "-0.5",
        "79228162514264337593543950335",
        "-79228162514264337593543950335",
        "79228162514264337593543950336",
        "0.0000000000000000000000000001",
        "-0.00000000000000000000000000001",
        "7.9228162514264337593543950335",
        "170141183460469231731687303715884105727",
        "-170141183460469231731687303715884105728",
        "9223372036854775807",
        "-9223372036854775808",
        "-9223372036854775808/3",
        "-9223372036854775807/9223372036854775806",
        "1/9223372036854775807",
        "1/9223372036854775808",
        "1/18446744073709551616",
        "1/3",
    ])
    .prop_map(|text| Num::parse(text).unwrap());
    prop_oneof![decimals, small, ratios, big, edges]
}

fn modes() -> impl Strategy<Value = RoundingMode> {
    prop::sample::select(RoundingMode::ALL.to_vec())
}

/// Rounding to a whole number, by the words of each mode.
fn rounded(quotient: &BigRational, mode: RoundingMode) -> BigRational {
    let half = BigRational::new(1.into(), 2.into());
    let (down, up) = (quotient.floor(), quotient.ceil());
    let (near, far) = if quotient.is_negative() { (&up, &down) } else { (&down, &up) };
    let distance = (quotient - near).abs();
    let nearest = |tie: &BigRational| {
        if distance == half {
            tie.clone()
        } else if distance < half {
            near.clone()
        } else {
            far.clone()
        }
    };
    match mode {
        RoundingMode::Floor => down,
        RoundingMode::Ceiling => up,
        RoundingMode::TowardZero => near.clone(),
        RoundingMode::AwayFromZero => far.clone(),
        RoundingMode::HalfUp => nearest(far),
        RoundingMode::HalfDown => nearest(near),
        RoundingMode::HalfEven => {
            nearest(if (near.to_integer() % BigInt::from(2)).is_zero() { near } else { far })
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arithmetic_agrees_with_plain_fractions(a in numbers(), b in numbers()) {
        let (x, y) = (plain(&a), plain(&b));
        prop_assert_eq!(a.add(&b, BITS), Ok((&x + &y).into()));
        prop_assert_eq!(a.sub(&b, BITS), Ok((&x - &y).into()));
        prop_assert_eq!(a.mul(&b, BITS), Ok((&x * &y).into()));
        if y.is_zero() {
            prop_assert_eq!(a.div(&b, BITS), Err(NumError::DivisionByZero));
        } else {
            prop_assert_eq!(a.div(&b, BITS), Ok((&x / &y).into()));
        }
        prop_assert_eq!(a.neg(), (-&x).into());
        prop_assert_eq!(a.abs(), x.abs().into());
    }

    #[test]
    fn powers_agree_with_plain_fractions(a in numbers(), exponent in -6_i32..=6) {
        let power = if a.is_zero() && exponent < 0 {
            Err(NumError::DivisionByZero)
        } else {
            Ok(plain(&a).pow(exponent).into())
        };
        prop_assert_eq!(a.powi(exponent, BITS), power);
    }

    #[test]
    fn order_and_equality_agree_with_plain_fractions(a in numbers(), b in numbers()) {
        let (x, y) = (plain(&a), plain(&b));
        prop_assert_eq!(a.cmp(&b), x.cmp(&y));
        prop_assert_eq!(a == b, x == y);
        prop_assert_eq!(a.is_negative(), x.is_negative());
        prop_assert_eq!(a.is_positive(), x.is_positive());
        prop_assert_eq!(a.is_zero(), x.is_zero());
        prop_assert_eq!(a.is_whole(), x.is_integer());
    }

    #[test]
    fn one_value_has_one_hash_however_it_was_made(a in numbers(), b in numbers()) {
        let back = a.add(&b, BITS).unwrap().sub(&b, BITS).unwrap();
        let hasher = BuildHasherDefault::<DefaultHasher>::default();
        prop_assert_eq!(&back, &a);
        prop_assert_eq!(hasher.hash_one(&back), hasher.hash_one(&a));
        prop_assert_eq!(BTreeSet::from([a, back]).len(), 1);
    }

    #[test]
    fn rounding_agrees_with_the_words_of_each_mode(a in numbers(), step in numbers(), mode in modes()) {
        let (x, s) = (plain(&a), plain(&step));
        let expected = if s.is_positive() {
            Ok((rounded(&(&x / &s), mode) * &s).into())
        } else {
            Err(NumError::BadStep)
        };
        prop_assert_eq!(a.round_to(&step, mode, BITS), expected);
    }

    #[test]
    fn ties_are_rounded_by_their_rule(whole in any::<i32>(), step in numbers(), mode in modes()) {
        let step = step.abs();
        prop_assume!(step.is_positive());
        let tie = Num::from_ratio(i64::from(whole) * 2 + 1, 2).unwrap().mul(&step, BITS).unwrap();
        let expected = rounded(&BigRational::new((i64::from(whole) * 2 + 1).into(), 2.into()), mode) * plain(&step);
        prop_assert_eq!(tie.round_to(&step, mode, BITS), Ok(expected.into()));
    }

    #[test]
    fn rounding_twice_is_rounding_once_and_moves_less_than_a_step(a in numbers(), step in numbers(), mode in modes()) {
        let step = step.abs();
        prop_assume!(step.is_positive());
        let once = a.round_to(&step, mode, BITS).unwrap();
        prop_assert_eq!(once.round_to(&step, mode, BITS).unwrap(), once.clone());
        prop_assert!(a.sub(&once, BITS).unwrap().abs() < step);
        prop_assert!(once.div(&step, BITS).unwrap().is_whole());
    }

    #[test]
    fn what_is_displayed_parses_to_the_same_number(a in numbers()) {
        let text = a.to_string();
        prop_assert_eq!(a.has_finite_decimal(), !text.contains('/'));
        prop_assert!(!(text.contains('.') && text.ends_with('0')));
        prop_assert!(!text.contains(['e', 'E', '+']) && text != "-0");
        if text.len() <= 200 {
            prop_assert_eq!(Num::parse(&text), Ok(a));
        }
    }

    #[test]
    fn fixed_decimals_show_the_rounded_value(a in numbers(), decimals in 0_u32..40, mode in modes()) {
        let step = BigRational::new(1.into(), BigInt::from(10).pow(decimals));
        let text = a.to_fixed(decimals, mode, BITS).unwrap();
        let shown = text.split_once('.').map_or(0, |(_, d)| d.len());
        prop_assert_eq!(shown, decimals as usize);
        if text.len() <= 200 {
            let value: Num = (rounded(&(plain(&a) / &step), mode) * step).into();
            prop_assert_eq!(Num::parse(&text), Ok(value));
        }
    }

    #[test]
    fn a_number_within_its_bits_is_never_refused(a in numbers(), b in numbers(), bits in 96_u64..400) {
        for (result, exact) in [
            (a.add(&b, bits), plain(&a) + plain(&b)),
            (a.mul(&b, bits), plain(&a) * plain(&b)),
        ] {
            let needed = exact.numer().bits().max(exact.denom().bits());
            prop_assert_eq!(result.is_ok(), needed <= bits, "{} of {}", needed, bits);
        }
    }

    #[test]
    fn no_text_makes_the_parser_panic(text in "[-+0-9./eE ]{0,40}") {
        if let Ok(number) = Num::parse(&text) {
            prop_assert_eq!(Num::parse(&number.to_string()).ok().filter(|_| number.to_string().len() <= 200).unwrap_or(number.clone()), number);
        }
    }
}

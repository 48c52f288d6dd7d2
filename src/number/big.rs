//! Fractions of any size, for what 128 bits do not hold.
#![allow(
    clippy::arithmetic_side_effects,
    reason = "whole numbers of any size do not overflow; every divisor here is checked or not zero"
)]

use super::{Num, NumError, Repr, small};
use num_bigint::{BigInt, BigUint, Sign};
use num_rational::BigRational;
use num_traits::{One, ToPrimitive, Zero};
use std::cmp::Ordering;

/// 5^27, the highest power of five in 64 bits.
const FIVES: u64 = 5_u64.pow(27);

/// 10 to a power.
pub(super) fn power_of_ten(exponent: u32) -> BigInt {
    BigInt::from(10).pow(exponent)
}

/// The fraction `mantissa` / 10^`scale` in lowest terms.
pub(super) fn from_scaled(mantissa: i128, scale: u32) -> BigRational {
    // The denominator is a power of ten and never zero.
    BigRational::new(mantissa.into(), power_of_ten(scale))
}

/// The number that a fraction in lowest terms is, in the representation that is its own.
pub(super) fn to_num(value: BigRational) -> Num {
    if let (Some(numerator), Some(denominator)) = (value.numer().to_i128(), value.denom().to_i128()) {
        if let Some(decimal) = small::as_decimal(numerator, denominator) {
            return Num(Repr::Decimal(decimal));
        }
        if let (Ok(n), Ok(d)) = (i64::try_from(numerator), i64::try_from(denominator)) {
            return Num(Repr::Ratio(n, d));
        }
    }
    Num(Repr::Big(Box::new(value)))
}

/// The sum.
pub(super) fn add(a: &BigRational, b: &BigRational) -> Num {
    to_num(a + b)
}

/// The product.
pub(super) fn mul(a: &BigRational, b: &BigRational) -> Num {
    to_num(a * b)
}

/// The quotient.
pub(super) fn div(a: &BigRational, b: &BigRational) -> Result<Num, NumError> {
    if b.is_zero() { Err(NumError::DivisionByZero) } else { Ok(to_num(a / b)) }
}

/// The number with the other sign.
pub(super) fn neg(a: &BigRational) -> Num {
    to_num(-a)
}

/// A power; zero to a negative one is division by zero. The result is refused before it is
/// computed where it cannot be within `max_bits`.
pub(super) fn powi(base: &BigRational, exponent: i32, max_bits: u64) -> Result<Num, NumError> {
    let times = exponent.unsigned_abs();
    if base.is_zero() && exponent < 0 {
        return Err(NumError::DivisionByZero);
    }
    // A number of b bits has at least (b - 1) n + 1 bits when raised to n. A decimal may have 96.
    let least = bits(base).saturating_sub(1).saturating_mul(times.into());
    if least > max_bits.max(96) {
        return Err(NumError::TooLarge(max_bits));
    }
    let (above, below) = (base.numer().pow(times), base.denom().pow(times));
    let power = BigRational::new_raw(above, below);
    Ok(to_num(if exponent < 0 { power.recip() } else { power }))
}

/// The multiple of `step` (positive) that `value` is rounded to; `up` tells whether a quotient goes
/// up, from whether its floor is odd and how its part above the floor compares with a half.
pub(super) fn round(value: &BigRational, step: &BigRational, up: impl Fn(bool, Ordering) -> bool) -> Num {
    let quotient = value / step;
    let floor = quotient.floor().to_integer();
    let above_floor = quotient.numer() - &floor * quotient.denom();
    let odd = floor.bit(0);
    let rounded = if above_floor.is_zero() {
        floor
    } else if up(odd, (above_floor * 2_u32).cmp(quotient.denom())) {
        floor + 1_u32
    } else {
        floor
    };
    to_num(step * BigRational::from_integer(rounded))
}

/// How a fraction compares with zero.
pub(super) fn sign(value: &BigRational) -> Ordering {
    match value.numer().sign() {
        Sign::Minus => Ordering::Less,
        Sign::NoSign => Ordering::Equal,
        Sign::Plus => Ordering::Greater,
    }
}

/// The bits of the longer of numerator and denominator.
pub(super) fn bits(value: &BigRational) -> u64 {
    value.numer().bits().max(value.denom().bits())
}

/// How many words of 64 bits numerator and denominator have together.
pub(super) fn words(value: &BigRational) -> u64 {
    (value.numer().bits().div_ceil(64)).saturating_add(value.denom().bits().div_ceil(64))
}

/// How many decimals a fraction in lowest terms with this denominator has, where they end.
pub(super) fn decimals_of(denominator: &BigInt) -> Option<u64> {
    let twos = denominator.trailing_zeros()?;
    let mut rest: BigUint = denominator.magnitude() >> twos;
    let mut fives = 0_u64;
    while !rest.is_one() && (&rest % FIVES).is_zero() {
        rest /= FIVES;
        fives = fives.saturating_add(27);
    }
    // A power of five that 5^27 does not divide is within 64 bits.
    let mut rest = rest.to_u64()?;
    while rest % 5 == 0 {
        rest /= 5;
        fives = fives.saturating_add(1);
    }
    (rest == 1).then(|| twos.max(fives))
}

/// The whole number that a finite decimal is without its point, and how many of its digits stand
/// after the point.
pub(super) fn digits_of(value: &BigRational) -> Option<(BigInt, u32)> {
    let scale = u32::try_from(decimals_of(value.denom())?).ok()?;
    Some((value.numer() * (power_of_ten(scale) / value.denom()), scale))
}

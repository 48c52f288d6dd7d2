//! Arithmetic that fits 128 bits, without allocation: what overflows says so and is left to
//! [`super::big`].

use super::{Num, Repr, big};
use num_integer::Integer;
use rust_decimal::Decimal;
use std::cmp::Ordering;

/// 10 to the powers 0 to 38, all that an `i128` holds.
const POWERS_OF_TEN: [i128; 39] = {
    let mut powers = [1_i128; 39];
    let mut exponent = 1;
    #[expect(
        clippy::indexing_slicing,
        reason = "evaluated by the compiler, which refuses what is out of bounds"
    )]
    while exponent < powers.len() {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// 10 to a power, where it fits.
pub(super) fn power_of_ten(exponent: u32) -> Option<i128> {
    POWERS_OF_TEN.get(usize::try_from(exponent).ok()?).copied()
}

/// The number `mantissa` / 10^`scale`.
pub(super) fn from_scaled(mantissa: i128, scale: u32) -> Num {
    let (mantissa, scale) = strip_zeros(mantissa, scale);
    match Decimal::try_from_i128_with_scale(mantissa, scale) {
        Ok(decimal) => Num(Repr::Decimal(decimal)),
        Err(_) => big::to_num(big::from_scaled(mantissa, scale)),
    }
}

/// Takes the zeros off the end of a decimal part.
fn strip_zeros(mut mantissa: i128, mut scale: u32) -> (i128, u32) {
    if mantissa == 0 {
        return (0, 0);
    }
    // Division of 64 bits is several times faster and holds nearly every figure of a plan.
    if let Ok(mut narrow) = i64::try_from(mantissa) {
        while scale > 0 && narrow & 1 == 0 && narrow % 10 == 0 {
            narrow /= 10;
            scale = scale.saturating_sub(1);
        }
        return (narrow.into(), scale);
    }
    while scale > 0 && mantissa & 1 == 0 && mantissa % 10 == 0 {
        mantissa /= 10;
        scale = scale.saturating_sub(1);
    }
    (mantissa, scale)
}

/// The number `numerator` / `denominator`; none where it is division by zero, or where the
/// denominator has no counterpart above zero.
pub(super) fn from_fraction(numerator: i128, denominator: i128) -> Option<Num> {
    let (numerator, denominator) = if denominator < 0 {
        (numerator.checked_neg()?, denominator.checked_neg()?)
    } else {
        (numerator, denominator)
    };
    if numerator.checked_rem(denominator)? == 0 {
        return Some(from_scaled(numerator.checked_div(denominator)?, 0));
    }
    let divisor = i128::try_from(gcd(numerator.unsigned_abs(), denominator.unsigned_abs())).ok()?;
    let (numerator, denominator) = (numerator.checked_div(divisor)?, denominator.checked_div(divisor)?);
    if let Some(decimal) = as_decimal(numerator, denominator) {
        return Some(Num(Repr::Decimal(decimal)));
    }
    Some(match (i64::try_from(numerator), i64::try_from(denominator)) {
        (Ok(n), Ok(d)) => Num(Repr::Ratio(n, d)),
        _ => Num(Repr::Big(Box::new(num_rational::Ratio::new_raw(numerator.into(), denominator.into())))),
    })
}

/// The greatest common divisor, in 64 bits where that is enough.
fn gcd(a: u128, b: u128) -> u128 {
    match (u64::try_from(a), u64::try_from(b)) {
        (Ok(a), Ok(b)) => a.gcd(&b).into(),
        _ => a.gcd(&b),
    }
}

/// A fraction in lowest terms as the decimal that holds it exactly, if one does.
pub(super) fn as_decimal(numerator: i128, denominator: i128) -> Option<Decimal> {
    let scale = decimals_of(denominator.unsigned_abs())?;
    let factor = power_of_ten(scale)?.checked_div(denominator)?;
    Decimal::try_from_i128_with_scale(numerator.checked_mul(factor)?, scale).ok()
}

/// How many decimals a fraction in lowest terms with this denominator has, where they end.
pub(super) fn decimals_of(denominator: u128) -> Option<u32> {
    let twos = denominator.trailing_zeros();
    let mut rest = denominator.checked_shr(twos)?;
    let mut fives = 0_u32;
    while rest % 5 == 0 {
        rest /= 5;
        fives = fives.checked_add(1)?;
    }
    (rest == 1).then(|| twos.max(fives))
}

/// Two decimals brought to the same number of decimals: both mantissas, and that number.
pub(super) fn align(a: (i128, u32), b: (i128, u32)) -> Option<(i128, i128, u32)> {
    match a.1.cmp(&b.1) {
        Ordering::Equal => Some((a.0, b.0, a.1)),
        Ordering::Less => Some((a.0.checked_mul(power_of_ten(b.1.checked_sub(a.1)?)?)?, b.0, b.1)),
        Ordering::Greater => Some((a.0, b.0.checked_mul(power_of_ten(a.1.checked_sub(b.1)?)?)?, a.1)),
    }
}

/// How two decimals, each within 96 bits and 28 decimals, compare.
pub(super) fn compare_scaled(a: (i128, u32), b: (i128, u32)) -> Ordering {
    match align(a, b) {
        Some((a, b, _)) => a.cmp(&b),
        // Only the one with fewer decimals is scaled, and only a size that the other's 96 bits are
        // nowhere near overflows: it is the larger in size, so its sign decides.
        None if a.1 < b.1 => a.0.cmp(&0),
        None => 0.cmp(&b.0),
    }
}

/// How two fractions with positive denominators compare, where that fits.
pub(super) fn compare(a: Option<(i128, i128)>, b: Option<(i128, i128)>) -> Option<Ordering> {
    let (a, b) = (a?, b?);
    Some(a.0.checked_mul(b.1)?.cmp(&b.0.checked_mul(a.1)?))
}

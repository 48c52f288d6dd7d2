//! Exact numbers: a finite decimal while it fits, an exact fraction after that, never a rounding
//! that was not asked for.

mod arith;
mod big;
mod display;
mod parse;
mod rounding;
mod small;

#[cfg(test)]
mod properties;

pub use parse::NumParseError;
pub use rounding::{RoundingMode, rounded_quotient};

use num_bigint::BigInt;
use num_rational::BigRational;
use rust_decimal::Decimal;
use std::cmp::Ordering;
use std::hash::{Hash, Hasher};
use thiserror::Error;

/// An exact rational number.
///
/// Every value has one representation, so equality and hashing need no arithmetic. Small decimals
/// and small fractions are held in place; only what does not fit is allocated.
#[derive(Clone)]
pub struct Num(Repr);

/// The representations, the first that fits the value being the one used.
#[derive(Clone)]
enum Repr {
    /// A finite decimal within `Decimal`'s 96 bits and 28 decimals, without trailing zeros or `-0`.
    Decimal(Decimal),
    /// A fraction in lowest terms with a positive denominator.
    Ratio(i64, i64),
    /// Any other fraction, in lowest terms with a positive denominator.
    Big(Box<BigRational>),
}

/// Why an operation on numbers has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum NumError {
    /// Division by zero, or zero to a negative power.
    #[error("division by zero")]
    DivisionByZero,
    /// The exact fraction needs more than this many bits above or below its line.
    #[error("the exact fraction needs more than {0} bits")]
    TooLarge(u64),
    /// A number is to be rounded to a multiple of zero or of a negative number.
    #[error("a number can be rounded to multiples of a positive number only")]
    BadStep,
}

impl Num {
    /// In place of a limit on bits, where a number is only shown in another form.
    pub const ANY_SIZE: u64 = u64::MAX;
    /// 0.
    pub const ZERO: Self = Self(Repr::Decimal(Decimal::ZERO));
    /// 1.
    pub const ONE: Self = Self(Repr::Decimal(Decimal::ONE));

    /// A whole number.
    #[must_use]
    pub fn from_i128(value: i128) -> Self {
        small::from_scaled(value, 0)
    }

    /// A decimal, whatever zeros end it.
    #[must_use]
    pub fn from_decimal(value: Decimal) -> Self {
        small::from_scaled(value.mantissa(), value.scale())
    }

    /// The fraction of two whole numbers; none where the second is zero.
    #[must_use]
    pub fn from_ratio(numerator: i64, denominator: i64) -> Option<Self> {
        small::from_fraction(numerator.into(), denominator.into())
    }

    /// The fraction of two whole numbers of any size; none where the second is zero.
    #[must_use]
    pub fn from_big_ratio(numerator: BigInt, denominator: BigInt) -> Option<Self> {
        (denominator.sign() != num_bigint::Sign::NoSign)
            .then(|| big::to_num(BigRational::new(numerator, denominator)))
    }

    /// `number` times `times`, divided by `over`; none where that is division by zero.
    #[must_use]
    pub fn from_scaled_ratio(number: i64, times: i64, over: i64) -> Option<Self> {
        small::from_fraction(i128::from(number).checked_mul(times.into())?, over.into())
    }

    /// The value times a whole number, where that is whole and within `i64`.
    #[must_use]
    pub fn times_whole(&self, factor: i64) -> Option<i64> {
        let (above, below) = self.to_small()?;
        let product = above.checked_mul(factor.into())?;
        (product.checked_rem(below)? == 0)
            .then(|| product.checked_div(below))?
            .and_then(|n| i64::try_from(n).ok())
    }

    /// The fraction of two whole numbers of 128 bits; none where the second is zero.
    #[must_use]
    pub fn from_fraction(above: i128, below: i128) -> Option<Self> {
        small::from_fraction(above, below)
    }

    /// The fraction of two whole numbers of 128 bits, the second positive; none where the number
    /// is larger.
    #[must_use]
    pub fn to_fraction(&self) -> Option<(i128, i128)> {
        self.to_small()
    }

    /// The value where it is whole and within `i64`.
    #[must_use]
    pub fn to_i64(&self) -> Option<i64> {
        match &self.0 {
            Repr::Decimal(d) if d.scale() == 0 => i64::try_from(d.mantissa()).ok(),
            _ => None,
        }
    }

    /// The value as a decimal where that holds it exactly.
    #[must_use]
    pub fn to_decimal(&self) -> Option<Decimal> {
        match &self.0 {
            Repr::Decimal(d) => Some(*d),
            _ => None,
        }
    }

    /// Whether it is 0.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(&self.0, Repr::Decimal(d) if d.is_zero())
    }

    /// How many words of 64 bits its numerator and denominator have, 0 where they are held in place.
    #[must_use]
    pub fn long_words(&self) -> u64 {
        match &self.0 {
            Repr::Decimal(_) | Repr::Ratio(..) => 0,
            Repr::Big(r) => big::words(r),
        }
    }

    /// Whether it is a whole number.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        match &self.0 {
            Repr::Decimal(d) => d.scale() == 0,
            Repr::Ratio(_, denominator) => *denominator == 1,
            Repr::Big(r) => r.is_integer(),
        }
    }

    /// Whether it is below 0.
    #[must_use]
    pub fn is_negative(&self) -> bool {
        self.sign() == Ordering::Less
    }

    /// Whether it is above 0.
    #[must_use]
    pub fn is_positive(&self) -> bool {
        self.sign() == Ordering::Greater
    }

    /// How it compares with 0.
    fn sign(&self) -> Ordering {
        match &self.0 {
            Repr::Decimal(d) => d.mantissa().cmp(&0),
            Repr::Ratio(numerator, _) => numerator.cmp(&0),
            Repr::Big(r) => big::sign(r),
        }
    }

    /// Whether a finite decimal, of whatever length, writes it exactly.
    #[must_use]
    pub fn has_finite_decimal(&self) -> bool {
        match &self.0 {
            Repr::Decimal(_) => true,
            Repr::Ratio(_, denominator) => small::decimals_of(denominator.unsigned_abs().into()).is_some(),
            Repr::Big(r) => big::decimals_of(r.denom()).is_some(),
        }
    }

    /// The whole number above the line, in lowest terms; it carries the sign.
    #[must_use]
    pub fn numerator(&self) -> BigInt {
        match &self.0 {
            Repr::Decimal(d) if d.scale() == 0 => d.mantissa().into(),
            Repr::Ratio(numerator, _) => (*numerator).into(),
            _ => self.to_big().numer().clone(),
        }
    }

    /// The whole number below the line, in lowest terms; it is positive.
    #[must_use]
    pub fn denominator(&self) -> BigInt {
        match &self.0 {
            Repr::Decimal(d) if d.scale() == 0 => 1.into(),
            Repr::Ratio(_, denominator) => (*denominator).into(),
            _ => self.to_big().denom().clone(),
        }
    }

    /// The value as a fraction in lowest terms.
    fn to_big(&self) -> BigRational {
        match &self.0 {
            Repr::Decimal(d) => big::from_scaled(d.mantissa(), d.scale()),
            Repr::Ratio(numerator, denominator) => {
                BigRational::new_raw((*numerator).into(), (*denominator).into())
            }
            Repr::Big(r) => (**r).clone(),
        }
    }

    /// Numerator and positive denominator, not always in lowest terms, where both fit.
    fn to_small(&self) -> Option<(i128, i128)> {
        match &self.0 {
            Repr::Decimal(d) => Some((d.mantissa(), small::power_of_ten(d.scale())?)),
            Repr::Ratio(numerator, denominator) => Some(((*numerator).into(), (*denominator).into())),
            Repr::Big(_) => None,
        }
    }

    /// This number, or the error where it is a fraction of more than `max_bits` bits. Decimals have
    /// a bound of their own and always pass.
    fn within(self, max_bits: u64) -> Result<Self, NumError> {
        let fits = match &self.0 {
            Repr::Decimal(_) => true,
            Repr::Ratio(numerator, denominator) => {
                let widest = numerator.unsigned_abs().max(denominator.unsigned_abs());
                u64::from(u64::BITS.saturating_sub(widest.leading_zeros())) <= max_bits
            }
            Repr::Big(r) => big::bits(r) <= max_bits,
        };
        if fits { Ok(self) } else { Err(NumError::TooLarge(max_bits)) }
    }
}

impl Default for Num {
    fn default() -> Self {
        Self::ZERO
    }
}

impl From<i64> for Num {
    fn from(value: i64) -> Self {
        Self(Repr::Decimal(Decimal::from(value)))
    }
}

impl PartialEq for Num {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Repr::Decimal(a), Repr::Decimal(b)) => a.scale() == b.scale() && a.mantissa() == b.mantissa(),
            (Repr::Ratio(a, b), Repr::Ratio(c, d)) => a == c && b == d,
            (Repr::Big(a), Repr::Big(b)) => a.numer() == b.numer() && a.denom() == b.denom(),
            _ => false,
        }
    }
}

impl Eq for Num {}

impl Hash for Num {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Decimal(d) => (d.mantissa(), d.scale()).hash(state),
            Repr::Ratio(numerator, denominator) => (numerator, denominator).hash(state),
            Repr::Big(r) => (r.numer(), r.denom()).hash(state),
        }
    }
}

impl PartialOrd for Num {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Num {
    fn cmp(&self, other: &Self) -> Ordering {
        if let (Repr::Decimal(a), Repr::Decimal(b)) = (&self.0, &other.0) {
            return small::compare_scaled((a.mantissa(), a.scale()), (b.mantissa(), b.scale()));
        }
        small::compare(self.to_small(), other.to_small())
            .unwrap_or_else(|| self.to_big().cmp(&other.to_big()))
    }
}

impl serde::Serialize for Num {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn num(text: &str) -> Num {
        Num::parse(text).unwrap()
    }

    #[test]
    fn a_value_has_one_representation() {
        assert_eq!(num("1.50"), num("3/2"));
        assert_eq!(num("-0.0"), Num::ZERO);
        assert_eq!(num("2/6"), num("1/3"));
        assert_eq!(num("1e3"), Num::from(1000));
        assert_eq!(Num::from_decimal(Decimal::new(1_000, 3)), Num::ONE);
        assert_eq!(Num::from_ratio(6, -4), Some(num("-1.5")));
        assert_eq!(Num::from_ratio(1, 0), None);
        assert_eq!(Num::from_ratio(i64::MIN, i64::MIN), Some(Num::ONE));
    }

    #[test]
    fn a_whole_number_beyond_the_decimal_is_still_whole_and_finite() {
        let huge = Num::from_i128(i128::MIN);
        assert!(huge.is_whole() && huge.has_finite_decimal() && huge.is_negative());
        assert_eq!(huge.to_decimal(), None);
        assert_eq!(huge.to_string(), i128::MIN.to_string());
        assert_eq!(huge.denominator(), 1.into());
    }

    #[test]
    fn whole_numbers_come_out_as_i64_only_where_they_are_whole_and_fit() {
        assert_eq!(Num::from(i64::MIN).to_i64(), Some(i64::MIN));
        assert_eq!(num("9223372036854775808").to_i64(), None);
        assert_eq!(num("1.5").to_i64(), None);
        assert_eq!(num("1/3").to_i64(), None);
    }

    #[test]
    fn order_is_exact_at_the_edge_of_the_decimal() {
        let widest = num("79228162514264337593543950335");
        let narrowest = num("0.0000000000000000000000000001");
        assert!(widest > narrowest && num("-79228162514264337593543950335") < narrowest);
        assert!(widest < num("79228162514264337593543950336"));
        assert!(num("0.3333333333333333333333333333") < num("1/3"));
        assert!(num("0.3333333333333333333333333334") > num("1/3"));
    }

    #[test]
    fn a_number_serializes_as_its_text() {
        assert_eq!(serde_json::to_string(&num("-1.50")).unwrap(), "\"-1.5\"");
    }
}

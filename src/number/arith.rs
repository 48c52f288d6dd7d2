//! Arithmetic, exact and bounded: 128 bits where they suffice, fractions of any size after that.

use super::{Num, NumError, Repr, big, small};

impl Num {
    /// The sum.
    ///
    /// # Errors
    /// [`NumError::TooLarge`] where the exact fraction needs more than `max_bits` bits.
    pub fn add(&self, other: &Self, max_bits: u64) -> Result<Self, NumError> {
        self.small_sum(other, i128::checked_add)
            .unwrap_or_else(|| big::add(&self.to_big(), &other.to_big()))
            .within(max_bits)
    }

    /// The difference.
    ///
    /// # Errors
    /// [`NumError::TooLarge`] where the exact fraction needs more than `max_bits` bits.
    pub fn sub(&self, other: &Self, max_bits: u64) -> Result<Self, NumError> {
        self.small_sum(other, i128::checked_sub)
            .unwrap_or_else(|| big::add(&self.to_big(), &other.neg().to_big()))
            .within(max_bits)
    }

    /// The product.
    ///
    /// # Errors
    /// [`NumError::TooLarge`] where the exact fraction needs more than `max_bits` bits.
    pub fn mul(&self, other: &Self, max_bits: u64) -> Result<Self, NumError> {
        self.small_product(other)
            .unwrap_or_else(|| big::mul(&self.to_big(), &other.to_big()))
            .within(max_bits)
    }

    /// The quotient.
    ///
    /// # Errors
    /// [`NumError::DivisionByZero`], or [`NumError::TooLarge`] where the exact fraction needs more
    /// than `max_bits` bits.
    pub fn div(&self, other: &Self, max_bits: u64) -> Result<Self, NumError> {
        if other.is_zero() {
            return Err(NumError::DivisionByZero);
        }
        match self.small_quotient(other) {
            Some(quotient) => quotient,
            None => big::div(&self.to_big(), &other.to_big())?,
        }
        .within(max_bits)
    }

    /// This number to a whole power; anything to the power 0 is 1.
    ///
    /// # Errors
    /// [`NumError::DivisionByZero`] for zero to a negative power, [`NumError::TooLarge`] where the
    /// exact fraction needs more than `max_bits` bits: it is refused before it is computed.
    pub fn powi(&self, exponent: i32, max_bits: u64) -> Result<Self, NumError> {
        match exponent {
            0 => Ok(Self::ONE),
            1 => Ok(self.clone()),
            2 => self.mul(self, max_bits),
            _ => big::powi(&self.to_big(), exponent, max_bits)?.within(max_bits),
        }
    }

    /// The number with the other sign.
    #[must_use]
    pub fn neg(&self) -> Self {
        match &self.0 {
            Repr::Decimal(d) if d.is_zero() => Self::ZERO,
            Repr::Decimal(d) => {
                let mut negated = *d;
                negated.set_sign_negative(d.is_sign_positive());
                Self(Repr::Decimal(negated))
            }
            Repr::Ratio(numerator, denominator) => match numerator.checked_neg() {
                Some(negated) => Self(Repr::Ratio(negated, *denominator)),
                None => big::neg(&self.to_big()),
            },
            Repr::Big(r) => big::neg(r),
        }
    }

    /// The size without the sign.
    #[must_use]
    pub fn abs(&self) -> Self {
        if self.is_negative() { self.neg() } else { self.clone() }
    }

    /// Sum or difference, where it fits 128 bits.
    fn small_sum(&self, other: &Self, combine: fn(i128, i128) -> Option<i128>) -> Option<Self> {
        if let (Repr::Decimal(a), Repr::Decimal(b)) = (&self.0, &other.0) {
            let (a, b, scale) = small::align((a.mantissa(), a.scale()), (b.mantissa(), b.scale()))?;
            return Some(small::from_scaled(combine(a, b)?, scale));
        }
        let ((a, b), (c, d)) = (self.to_small()?, other.to_small()?);
        if b == d {
            return small::from_fraction(combine(a, c)?, b);
        }
        small::from_fraction(combine(a.checked_mul(d)?, c.checked_mul(b)?)?, b.checked_mul(d)?)
    }

    /// The product, where it fits 128 bits.
    fn small_product(&self, other: &Self) -> Option<Self> {
        if let (Repr::Decimal(a), Repr::Decimal(b)) = (&self.0, &other.0) {
            let mantissa = a.mantissa().checked_mul(b.mantissa())?;
            return Some(small::from_scaled(mantissa, a.scale().checked_add(b.scale())?));
        }
        let ((a, b), (c, d)) = (self.to_small()?, other.to_small()?);
        small::from_fraction(a.checked_mul(c)?, b.checked_mul(d)?)
    }

    /// The quotient by a number that is not zero, where it fits 128 bits.
    fn small_quotient(&self, other: &Self) -> Option<Self> {
        if let (Repr::Decimal(a), Repr::Decimal(b)) = (&self.0, &other.0) {
            let (a, b, _) = small::align((a.mantissa(), a.scale()), (b.mantissa(), b.scale()))?;
            return small::from_fraction(a, b);
        }
        let ((a, b), (c, d)) = (self.to_small()?, other.to_small()?);
        small::from_fraction(a.checked_mul(d)?, b.checked_mul(c)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BITS: u64 = 16_384;

    fn num(text: &str) -> Num {
        Num::parse(text).unwrap()
    }

    #[test]
    fn products_beyond_the_decimal_are_exact_and_not_rounded() {
        let a = num("0.1234567890123456789");
        let product = a.mul(&a, BITS).unwrap();
        assert_eq!(product.to_string(), "0.01524157875323883675019051998750190521");
        assert_eq!(product.div(&a, BITS).unwrap(), a);
    }

    #[test]
    fn sums_beyond_the_decimal_are_exact_and_not_rounded() {
        let wide = num("79228162514264337593543950335");
        let sum = wide.add(&num("0.1"), BITS).unwrap();
        assert_eq!(sum.to_string(), "79228162514264337593543950335.1");
        assert_eq!(sum.sub(&wide, BITS).unwrap().to_string(), "0.1");
    }

    #[test]
    fn thirds_are_kept_and_come_back_whole() {
        let third = Num::ONE.div(&Num::from(3), BITS).unwrap();
        assert_eq!(third.to_string(), "1/3");
        assert_eq!(third.mul(&Num::from(3), BITS).unwrap(), Num::ONE);
        assert_eq!(third.add(&third, BITS).unwrap().add(&third, BITS).unwrap(), Num::ONE);
        assert_eq!(Num::ONE.div(&num("1/3"), BITS).unwrap(), Num::from(3));
    }

    #[test]
    fn division_by_zero_is_an_error() {
        assert_eq!(Num::ONE.div(&Num::ZERO, BITS), Err(NumError::DivisionByZero));
        assert_eq!(Num::ZERO.powi(-1, BITS), Err(NumError::DivisionByZero));
        assert_eq!(Num::ZERO.powi(0, BITS), Ok(Num::ONE));
    }

    #[test]
    fn a_fraction_is_refused_beyond_its_bits() {
        let fraction = num("1/3");
        assert_eq!(fraction.powi(100, 100), Err(NumError::TooLarge(100)));
        assert!(fraction.powi(100, 160).is_ok());
        assert_eq!(fraction.mul(&num("1/257"), 9), Err(NumError::TooLarge(9)));
    }

    #[test]
    fn an_enormous_power_is_refused_before_it_is_computed() {
        assert_eq!(num("1.0000001").powi(i32::MAX, BITS), Err(NumError::TooLarge(BITS)));
        assert_eq!(num("2").powi(i32::MIN, BITS), Err(NumError::TooLarge(BITS)));
        assert_eq!(num("-1").powi(i32::MIN, BITS), Ok(Num::ONE));
        assert_eq!(num("-1").powi(i32::MAX, BITS), Ok(Num::from(-1)));
        assert_eq!(num("1").powi(i32::MAX, BITS), Ok(Num::ONE));
        assert_eq!(Num::ZERO.powi(i32::MAX, BITS), Ok(Num::ZERO));
    }

    #[test]
    fn powers_that_are_decimals_need_no_room_as_fractions() {
        assert_eq!(num("10").powi(28, 8), Ok(num("1e28")));
        assert_eq!(num("10").powi(-28, 8), Ok(num("1e-28")));
        assert_eq!(num("-1/2").powi(-3, BITS), Ok(num("-8")));
    }

    #[test]
    fn the_smallest_whole_number_negates() {
        let least = Num::from_ratio(i64::MIN, 3).unwrap();
        assert_eq!(least.neg().to_string(), "9223372036854775808/3");
        assert_eq!(least.abs().neg(), least);
        assert_eq!(Num::ZERO.neg(), Num::ZERO);
    }
}

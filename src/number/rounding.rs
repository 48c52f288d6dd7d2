//! Rounding to a multiple of a step, with the tie rule named.

use super::{Num, NumError, Repr, big, small};
use std::cmp::Ordering;

/// Which multiple a number between two is rounded to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RoundingMode {
    /// The one below, toward minus infinity.
    Floor,
    /// The one above, toward plus infinity.
    Ceiling,
    /// The nearer one; of two as near, the one farther from zero.
    HalfUp,
    /// The nearer one; of two as near, the even multiple.
    HalfEven,
    /// The nearer one; of two as near, the one nearer to zero.
    HalfDown,
    /// The one nearer to zero.
    TowardZero,
    /// The one farther from zero.
    AwayFromZero,
}

impl RoundingMode {
    /// Every mode, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Floor,
        Self::Ceiling,
        Self::HalfUp,
        Self::HalfEven,
        Self::HalfDown,
        Self::TowardZero,
        Self::AwayFromZero,
    ];

    /// The name a plan uses.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Floor => "floor",
            Self::Ceiling => "ceiling",
            Self::HalfUp => "half_up",
            Self::HalfEven => "half_even",
            Self::HalfDown => "half_down",
            Self::TowardZero => "toward_zero",
            Self::AwayFromZero => "away_from_zero",
        }
    }

    /// The mode of this name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|mode| mode.name() == name)
    }

    /// Whether a quotient that is not whole goes up from its floor: given its sign, whether the
    /// floor is odd, and how the part above the floor compares with a half.
    fn goes_up(self, negative: bool, floor_is_odd: bool, half: Ordering) -> bool {
        let tie = |up: bool| half == Ordering::Greater || (half == Ordering::Equal && up);
        match self {
            Self::Floor => false,
            Self::Ceiling => true,
            Self::HalfUp => tie(!negative),
            Self::HalfEven => tie(floor_is_odd),
            Self::HalfDown => tie(negative),
            Self::TowardZero => negative,
            Self::AwayFromZero => !negative,
        }
    }
}

impl Num {
    /// The multiple of `step` that this number is rounded to.
    ///
    /// # Errors
    /// [`NumError::BadStep`] where the step is not positive, [`NumError::TooLarge`] where the exact
    /// fraction needs more than `max_bits` bits.
    pub fn round_to(&self, step: &Self, mode: RoundingMode, max_bits: u64) -> Result<Self, NumError> {
        if !step.is_positive() {
            return Err(NumError::BadStep);
        }
        self.small_round(step, mode)
            .unwrap_or_else(|| {
                let negative = self.is_negative();
                big::round(&self.to_big(), &step.to_big(), |odd, half| mode.goes_up(negative, odd, half))
            })
            .within(max_bits)
    }

    /// The multiple of `step` (positive) that the quotient of two numbers is rounded to; none where they are
    /// no decimals, where it does not fit 128 bits, or where that is division by zero.
    #[must_use]
    pub fn round_quotient(value: &Self, by: &Self, step: &Self, mode: RoundingMode) -> Option<Self> {
        let (Repr::Decimal(value), Repr::Decimal(by), Repr::Decimal(step)) = (&value.0, &by.0, &step.0)
        else {
            return None;
        };
        // The value over the divisor and the step, with the decimals of all three on one side.
        let (mut above, mut below) = (value.mantissa(), by.mantissa().checked_mul(step.mantissa())?);
        let (tens_below, tens_above) = (value.scale(), by.scale().checked_add(step.scale())?);
        match tens_above.checked_sub(tens_below) {
            Some(tens) => above = above.checked_mul(small::power_of_ten(tens)?)?,
            None => below = below.checked_mul(small::power_of_ten(tens_below.checked_sub(tens_above)?)?)?,
        }
        if below < 0 {
            (above, below) = (above.checked_neg()?, below.checked_neg()?);
        }
        let multiple = rounded_quotient(above, below, mode)?;
        Some(small::from_scaled(multiple.checked_mul(step.mantissa())?, step.scale()))
    }

    /// The rounded number, where it fits 128 bits.
    fn small_round(&self, step: &Self, mode: RoundingMode) -> Option<Self> {
        if let (Repr::Decimal(value), Repr::Decimal(unit)) = (&self.0, &step.0) {
            let (value, unit, scale) =
                small::align((value.mantissa(), value.scale()), (unit.mantissa(), unit.scale()))?;
            return Some(small::from_scaled(rounded_quotient(value, unit, mode)?.checked_mul(unit)?, scale));
        }
        let ((a, b), (c, d)) = (self.to_small()?, step.to_small()?);
        let multiple = rounded_quotient(a.checked_mul(d)?, b.checked_mul(c)?, mode)?;
        small::from_fraction(multiple.checked_mul(c)?, d)
    }
}

/// `value` / `unit`, rounded to a whole number; the unit is positive. None where that does not fit.
#[must_use]
pub fn rounded_quotient(value: i128, unit: i128, mode: RoundingMode) -> Option<i128> {
    // Most figures fit 64 bits, whose division is several times faster.
    let (floor, rest): (i128, i128) = match (i64::try_from(value), i64::try_from(unit)) {
        (Ok(v), Ok(u)) => (v.checked_div_euclid(u)?.into(), v.checked_rem_euclid(u)?.into()),
        _ => (value.checked_div_euclid(unit)?, value.checked_rem_euclid(unit)?),
    };
    if rest == 0 {
        return Some(floor);
    }
    let half = rest.cmp(&unit.checked_sub(rest)?);
    if mode.goes_up(value < 0, floor & 1 == 1, half) { floor.checked_add(1) } else { Some(floor) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn num(text: &str) -> Num {
        Num::parse(text).unwrap()
    }

    #[test]
    fn each_mode_rounds_by_its_own_rule() {
        let values = ["-2.5", "-1.5", "-1.2", "-0.5", "0.5", "1.2", "1.5", "2.5", "2.7"];
        let expected = [
            (RoundingMode::Floor, [-3, -2, -2, -1, 0, 1, 1, 2, 2]),
            (RoundingMode::Ceiling, [-2, -1, -1, 0, 1, 2, 2, 3, 3]),
            (RoundingMode::HalfUp, [-3, -2, -1, -1, 1, 1, 2, 3, 3]),
            (RoundingMode::HalfEven, [-2, -2, -1, 0, 0, 1, 2, 2, 3]),
            (RoundingMode::HalfDown, [-2, -1, -1, 0, 0, 1, 1, 2, 3]),
            (RoundingMode::TowardZero, [-2, -1, -1, 0, 0, 1, 1, 2, 2]),
            (RoundingMode::AwayFromZero, [-3, -2, -2, -1, 1, 2, 2, 3, 3]),
        ];
        for (mode, results) in expected {
            for (value, result) in values.into_iter().zip(results) {
                let rounded = num(value).round_to(&Num::ONE, mode, 64).unwrap();
                assert_eq!(rounded, Num::from(result), "{value} {}", mode.name());
            }
        }
    }

    #[test]
    fn any_positive_step_will_do() {
        let mode = RoundingMode::HalfUp;
        assert_eq!(num("1.115625").round_to(&num("0.01"), mode, 64), Ok(num("1.12")));
        assert_eq!(num("1234").round_to(&num("100"), mode, 64), Ok(num("1200")));
        assert_eq!(num("0.5").round_to(&num("1/3"), mode, 64), Ok(num("2/3")));
        assert_eq!(num("2/3").round_to(&num("0.01"), mode, 64), Ok(num("0.67")));
        assert_eq!(num("-2/3").round_to(&num("0.01"), mode, 64), Ok(num("-0.67")));
        let long = num("79228162514264337593543950334.5");
        assert_eq!(long.round_to(&Num::ONE, mode, 64), Ok(num("79228162514264337593543950335")));
    }

    #[test]
    fn a_quotient_is_rounded_as_its_fraction_is() {
        let values = ["0", "273.17", "-273.17", "24999.99", "1e-20", "-7", "1e20", "92233720368547758.07"];
        let divisors = ["1.1157", "-1.75", "3", "0.0001", "1e10", "7e-9"];
        for (value, by) in values.iter().flat_map(|v| divisors.iter().map(move |d| (num(v), num(d)))) {
            for step in ["1", "0.01", "100", "0.25"].map(num) {
                for mode in RoundingMode::ALL {
                    let exact = value.div(&by, 16_384).unwrap().round_to(&step, mode, 16_384).unwrap();
                    let rounded = Num::round_quotient(&value, &by, &step, mode);
                    assert!(rounded.is_none_or(|n| n == exact), "{value} / {by} to {step} {}", mode.name());
                }
            }
        }
        let price = Num::round_quotient(&num("273.17"), &num("1.1157"), &Num::ONE, RoundingMode::Floor);
        assert_eq!(price, Some(num("244")));
        assert_eq!(Num::round_quotient(&Num::ONE, &Num::ZERO, &Num::ONE, RoundingMode::Floor), None);
        assert_eq!(Num::round_quotient(&num("1/3"), &Num::ONE, &Num::ONE, RoundingMode::Floor), None);
    }

    #[test]
    fn a_step_that_is_not_positive_is_an_error() {
        for step in ["0", "-1", "-1/3"] {
            assert_eq!(Num::ONE.round_to(&num(step), RoundingMode::Floor, 64), Err(NumError::BadStep));
        }
    }

    #[test]
    fn names_lead_back_to_their_modes() {
        for mode in RoundingMode::ALL {
            assert_eq!(RoundingMode::from_name(mode.name()), Some(mode));
        }
        assert_eq!(RoundingMode::from_name("bankers"), None);
    }
}

//! Numbers as formulas over rows see them: a register of whole numbers, with a factor and a divisor
//! that are known before any row is.

use super::program::Reg;
use crate::number::Num;
use num_integer::Integer;

/// A row's number: `reg * times / over`, divided by `by` where there is one.
#[derive(Clone, Debug)]
pub struct Scaled {
    /// The whole number.
    pub reg: Reg,
    /// Its least and greatest value.
    pub range: Range,
    /// The factor.
    pub times: i128,
    /// The divisor; positive.
    pub over: i128,
    /// A divisor that differs by row, and its range; rows where it is zero are in doubt.
    pub by: Option<(Reg, Range)>,
}

/// The least and the greatest value that a register may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub low: i128,
    /// The greatest.
    pub high: i128,
}

impl Range {
    /// What a register can hold at all.
    pub const REGISTER: Self = Self { low: i64::MIN as i128, high: i64::MAX as i128 };

    /// One value.
    #[must_use]
    pub fn one(value: i128) -> Self {
        Self { low: value, high: value }
    }

    /// Whether every value fits a register.
    #[must_use]
    pub fn fits(self) -> bool {
        Self::REGISTER.low <= self.low && self.high <= Self::REGISTER.high
    }

    /// This range, cut to what a register can hold.
    #[must_use]
    pub fn cut(self) -> Self {
        let cut = |n: i128| n.clamp(Self::REGISTER.low, Self::REGISTER.high);
        Self { low: cut(self.low), high: cut(self.high) }
    }

    /// The range of either.
    #[must_use]
    pub fn join(self, other: Self) -> Self {
        Self { low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// The range of the sum; ranges of registers cannot overflow it.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self { low: self.low.saturating_add(other.low), high: self.high.saturating_add(other.high) }
    }

    /// The range of the product.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        let corners = [
            self.low.saturating_mul(other.low),
            self.low.saturating_mul(other.high),
            self.high.saturating_mul(other.low),
            self.high.saturating_mul(other.high),
        ];
        let low = corners.iter().copied().min().unwrap_or(0);
        let high = corners.iter().copied().max().unwrap_or(0);
        Self { low, high }
    }

    /// Whether it holds a value.
    #[must_use]
    pub fn holds(self, value: i128) -> bool {
        self.low <= value && value <= self.high
    }
}

/// A fraction in lowest terms with a positive divisor; none where it does not fit.
#[must_use]
pub fn lowest(above: i128, below: i128) -> Option<(i128, i128)> {
    let (above, below) =
        if below < 0 { (above.checked_neg()?, below.checked_neg()?) } else { (above, below) };
    if below == 0 {
        return None;
    }
    let common = i128::try_from(above.unsigned_abs().gcd(&below.unsigned_abs())).ok()?;
    Some((above.checked_div(common)?, below.checked_div(common)?))
}

/// A number as a fraction in lowest terms, where it fits.
#[must_use]
pub fn fraction(n: &Num) -> Option<(i128, i128)> {
    let (above, below) = n.to_fraction()?;
    lowest(above, below)
}

/// Two numbers brought to one divisor: factors for both registers, and what both are then a
/// multiple of.
#[derive(Clone, Copy, Debug)]
pub struct Aligned {
    /// The first register's factor.
    pub first: i128,
    /// The second's.
    pub second: i128,
    /// The factor of the result.
    pub times: i128,
    /// Its divisor.
    pub over: i128,
}

/// Brings two fractions to one divisor; none where the factors do not fit a register.
#[must_use]
pub fn align(a: (i128, i128), b: (i128, i128)) -> Option<Aligned> {
    let common = i128::try_from(a.1.unsigned_abs().gcd(&b.1.unsigned_abs())).ok()?;
    let over = a.1.checked_div(common)?.checked_mul(b.1)?;
    let first = a.0.checked_mul(over.checked_div(a.1)?)?;
    let second = b.0.checked_mul(over.checked_div(b.1)?)?;
    let shared = i128::try_from(first.unsigned_abs().gcd(&second.unsigned_abs())).ok()?.max(1);
    let (first, second) = (first.checked_div(shared)?, second.checked_div(shared)?);
    (i64::try_from(first).is_ok() && i64::try_from(second).is_ok()).then_some(())?;
    let (times, over) = lowest(shared, over)?;
    Some(Aligned { first, second, times, over })
}

//! Ranges of numbers with exact ends, and what arithmetic makes of them.

use crate::number::Num;

/// The most bits of an end; one that grows longer is given up.
const BITS: u64 = 1_024;

/// An end of a range.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// The number.
    pub at: Num,
    /// Whether the number itself is left out.
    pub open: bool,
}

/// The numbers from one end to another; without an end they go on for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Range {
    /// The least.
    pub low: Option<End>,
    /// The greatest.
    pub high: Option<End>,
}

impl Range {
    /// One number.
    pub fn only(at: Num) -> Self {
        let end = Some(End { at, open: false });
        Self { low: end.clone(), high: end }
    }

    /// From a number on.
    pub fn from(at: Num) -> Self {
        Self { low: Some(End { at, open: false }), high: None }
    }

    /// From one number to another.
    pub fn between(low: Num, high: Num) -> Self {
        Self { low: Some(End { at: low, open: false }), high: Some(End { at: high, open: false }) }
    }

    /// Whether a number lies in it.
    pub fn holds(&self, n: &Num) -> bool {
        self.low.as_ref().is_none_or(|e| *n > e.at || (*n == e.at && !e.open))
            && self.high.as_ref().is_none_or(|e| *n < e.at || (*n == e.at && !e.open))
    }

    /// Whether no number in it is below 0.
    pub fn is_from_zero(&self) -> bool {
        self.low.as_ref().is_some_and(|e| !e.at.is_negative())
    }

    fn is_above_zero(&self) -> bool {
        self.is_from_zero() && !self.holds(&Num::ZERO)
    }

    /// The numbers with the other sign.
    pub fn negated(&self) -> Self {
        let turned = |e: &Option<End>| e.as_ref().map(|e| End { at: e.at.neg(), open: e.open });
        Self { low: turned(&self.high), high: turned(&self.low) }
    }

    /// The sums of two.
    pub fn plus(&self, other: &Self) -> Self {
        let sum = |a: &Option<End>, b: &Option<End>| {
            let (a, b) = (a.as_ref()?, b.as_ref()?);
            Some(End { at: a.at.add(&b.at, BITS).ok()?, open: a.open || b.open })
        };
        Self { low: sum(&self.low, &other.low), high: sum(&self.high, &other.high) }
    }

    /// The products of two.
    pub fn times(&self, other: &Self) -> Self {
        if self.negated().is_from_zero() && !self.is_from_zero() {
            return self.negated().times(other).negated();
        }
        if other.negated().is_from_zero() && !other.is_from_zero() {
            return self.times(&other.negated()).negated();
        }
        if self.is_from_zero() && other.is_from_zero() {
            let product = |a: &Option<End>, b: &Option<End>| {
                let (a, b) = (a.as_ref()?, b.as_ref()?);
                // Nothing comes to 0 by a factor that is not 0 itself.
                let zero = |e: &End| e.at.is_zero() && !e.open;
                let open = (a.open || b.open) && !zero(a) && !zero(b);
                Some(End { at: a.at.mul(&b.at, BITS).ok()?, open })
            };
            return Self { low: product(&self.low, &other.low), high: product(&self.high, &other.high) };
        }
        let ends = |r: &Self| Some([r.low.as_ref()?.at.clone(), r.high.as_ref()?.at.clone()]);
        let (Some(a), Some(b)) = (ends(self), ends(other)) else { return Self::default() };
        let products: Option<Vec<Num>> =
            a.iter().flat_map(|x| b.iter().map(|y| x.mul(y, BITS).ok())).collect();
        let Some(products) = products else { return Self::default() };
        match (products.iter().min(), products.iter().max()) {
            (Some(low), Some(high)) => Self::between(low.clone(), high.clone()),
            _ => Self::default(),
        }
    }

    /// The quotients of two; any number where the second may be 0.
    pub fn over(&self, other: &Self) -> Self {
        if other.negated().is_above_zero() {
            return self.over(&other.negated()).negated();
        }
        if !other.is_above_zero() {
            return Self::default();
        }
        let inverse = |e: &End| Some(End { at: Num::ONE.div(&e.at, BITS).ok()?, open: e.open });
        let low = match &other.high {
            Some(end) => inverse(end),
            None => Some(End { at: Num::ZERO, open: true }),
        };
        let high = other.low.as_ref().filter(|e| !e.at.is_zero()).and_then(inverse);
        self.times(&Self { low, high })
    }

    /// The numbers of either.
    pub fn or(&self, other: &Self) -> Self {
        let low = match (&self.low, &other.low) {
            (Some(a), Some(b)) if (&a.at, a.open) <= (&b.at, b.open) => Some(a.clone()),
            (Some(_), Some(b)) => Some(b.clone()),
            _ => None,
        };
        let high = match (&self.high, &other.high) {
            (Some(a), Some(b)) if (&a.at, !a.open) >= (&b.at, !b.open) => Some(a.clone()),
            (Some(_), Some(b)) => Some(b.clone()),
            _ => None,
        };
        Self { low, high }
    }

    /// The numbers of both; the tighter ends.
    pub fn and(&self, other: &Self) -> Self {
        let low = match (&self.low, &other.low) {
            (Some(a), Some(b)) if (&a.at, a.open) >= (&b.at, b.open) => Some(a.clone()),
            (Some(_), Some(b)) => Some(b.clone()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        let high = match (&self.high, &other.high) {
            (Some(a), Some(b)) if (&a.at, !a.open) <= (&b.at, !b.open) => Some(a.clone()),
            (Some(_), Some(b)) => Some(b.clone()),
            (a, b) => a.clone().or_else(|| b.clone()),
        };
        Self { low, high }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn range(low: Option<i64>, high: Option<i64>) -> Range {
        let end = |n: i64| End { at: Num::from(n), open: false };
        Range { low: low.map(end), high: high.map(end) }
    }

    fn above_zero() -> Range {
        Range { low: Some(End { at: Num::ZERO, open: true }), high: None }
    }

    #[test]
    fn products_take_their_ends_from_the_signs() {
        assert_eq!(range(Some(2), Some(3)).times(&range(Some(-5), Some(4))), range(Some(-15), Some(12)));
        assert_eq!(range(Some(2), None).times(&range(Some(3), None)), range(Some(6), None));
        assert_eq!(range(None, Some(-2)).times(&range(Some(3), None)), range(None, Some(-6)));
        assert_eq!(range(None, None).times(&range(Some(0), None)), Range::default());
        assert_eq!(above_zero().times(&above_zero()), above_zero());
        assert_eq!(above_zero().times(&range(Some(0), None)), range(Some(0), None));
    }

    #[test]
    fn quotients_need_a_divisor_that_is_never_zero() {
        assert_eq!(range(Some(1), Some(2)).over(&range(Some(0), Some(2))), Range::default());
        assert_eq!(range(Some(6), Some(8)).over(&range(Some(2), Some(2))), range(Some(3), Some(4)));
        assert_eq!(range(Some(6), Some(8)).over(&range(Some(-2), Some(-2))), range(Some(-4), Some(-3)));
        assert_eq!(range(Some(1), None).over(&above_zero()), above_zero());
    }

    #[test]
    fn both_and_either() {
        assert_eq!(range(Some(1), Some(5)).and(&range(None, Some(3))), range(Some(1), Some(3)));
        assert_eq!(range(Some(1), Some(5)).or(&range(None, Some(3))), range(None, Some(5)));
        assert!(!above_zero().and(&range(Some(0), None)).holds(&Num::ZERO));
        assert!(above_zero().or(&range(Some(0), None)).holds(&Num::ZERO));
    }
}

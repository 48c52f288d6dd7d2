//! Numbers with a divisor that differs by row, together with others: they stay fractions, which nothing rounds
//! and no register has to hold.

use super::Lowering;
use super::emit::Truth;
use super::numbers::Doubtful;
use crate::columns::number::{Aligned, Range, Scaled, align};
use crate::columns::program::{Is, Mask, Op, Reg};

/// A divisor that differs by row, and its range.
type Divisor = (Reg, Range);

impl Lowering<'_, '_, '_> {
    /// `a + b * sign`, of which one or both are divided by what differs by row.
    pub(super) fn sum_of_ratios(&mut self, a: Scaled, b: Scaled, sign: i64) -> Option<Doubtful> {
        let (a, b, by, doubt) = self.over_one(a, b);
        let Aligned { first, second, times, over } = align((a.times, a.over), (b.times, b.over))?;
        let (times_a, times_b) = (i64::try_from(first).ok()?, i64::try_from(second).ok()?.checked_mul(sign)?);
        let range = a.range.times(Range::one(first)).plus(b.range.times(Range::one(times_b.into())));
        let (a, b) = (a.reg, b.reg);
        let (reg, more) = self.checked(range, |to, doubt| Op::Combine { a, times_a, b, times_b, to, doubt });
        let doubt = self.either(doubt, more);
        Some((Scaled { reg, range: range.cut(), times, over, by: Some(by) }, doubt))
    }

    /// Two numbers over one divisor.
    fn over_one(&mut self, mut a: Scaled, mut b: Scaled) -> (Scaled, Scaled, Divisor, Option<Mask>) {
        let (by_a, by_b) = (a.by.take(), b.by.take());
        match (by_a, by_b) {
            (Some(by), Some(other)) if by.0 == other.0 => (a, b, by, None),
            (Some(by), Some(other)) => {
                let (by_all, doubt) = self.multiplied(by, other);
                let (num_a, doubt_a) = self.multiplied((a.reg, a.range), other);
                let (num_b, doubt_b) = self.multiplied((b.reg, b.range), by);
                (a.reg, a.range) = num_a;
                (b.reg, b.range) = num_b;
                let doubt = self.either(doubt, doubt_a);
                (a, b, by_all, self.either(doubt, doubt_b))
            }
            (Some(by), None) => {
                let ((reg, range), doubt) = self.multiplied((b.reg, b.range), by);
                (a, Scaled { reg, range, ..b }, by, doubt)
            }
            (None, by) => {
                let by = by.unwrap_or_else(|| self.one());
                let ((reg, range), doubt) = self.multiplied((a.reg, a.range), by);
                (Scaled { reg, range, ..a }, b, by, doubt)
            }
        }
    }

    /// Two numbers of one factor and divisor, of which one or both are divided by what differs by row: both are then.
    pub(super) fn aligned_ratios(
        &mut self,
        a: &Scaled,
        b: &Scaled,
    ) -> Option<((Scaled, Divisor), (Scaled, Divisor), Option<Mask>)> {
        let Aligned { first, second, times, over } = align((a.times, a.over), (b.times, b.over))?;
        let (range_a, range_b) = (a.range.times(Range::one(first)), b.range.times(Range::one(second)));
        let (reg_a, doubt) = self.affine(a, first, 0, range_a)?;
        let (reg_b, more) = self.affine(b, second, 0, range_b)?;
        let (by_a, by_b) = (a.by.unwrap_or_else(|| self.one()), b.by.unwrap_or_else(|| self.one()));
        let of = |reg, range: Range| Scaled { reg, range: range.cut(), times, over, by: None };
        let doubt = self.either(doubt, more);
        Some(((of(reg_a, range_a), by_a), (of(reg_b, range_b), by_b), doubt))
    }

    /// `a` where a mask is set, else `b`, of which one or both are divided by what differs by row.
    pub(super) fn select_ratio(&mut self, mask: Mask, a: &Scaled, b: &Scaled) -> Option<Doubtful> {
        let ((a, by_a), (b, by_b), doubt) = self.aligned_ratios(a, b)?;
        let by = (self.selected(mask, by_a.0, by_b.0), by_a.1.join(by_b.1));
        let reg = self.selected(mask, a.reg, b.reg);
        Some((Scaled { reg, range: a.range.join(b.range), by: Some(by), ..a }, doubt))
    }

    /// The lesser (or greater) of two numbers, of which one or both are divided by what differs by row.
    pub(super) fn extreme_ratio(&mut self, a: &Scaled, b: &Scaled, greater: bool) -> Option<Doubtful> {
        let (less, doubt) = self.compare_ratios(a, Is::Less, b)?;
        let (lower, higher) = if greater { (b, a) } else { (a, b) };
        let (found, more) = match less {
            Truth::Known(less) => ((if less { lower } else { higher }).clone(), None),
            Truth::By(mask) => self.select_ratio(mask, lower, higher)?,
        };
        Some((found, self.either(doubt, more)))
    }

    /// A comparison of two numbers, of which one or both are divided by what differs by row: each is multiplied by the
    /// other's divisor.
    pub(super) fn compare_ratios(&mut self, a: &Scaled, is: Is, b: &Scaled) -> Option<(Truth, Option<Mask>)> {
        let Aligned { first, second, .. } = align((a.times, a.over), (b.times, b.over))?;
        let (by_a, by_b) = (a.by.unwrap_or_else(|| self.one()).0, b.by.unwrap_or_else(|| self.one()).0);
        let (a, b) = ((a.reg, i64::try_from(first).ok()?, by_a), (b.reg, i64::try_from(second).ok()?, by_b));
        let (to, doubt) = (self.mask(), self.mask());
        self.ops.push(Op::CompareRatios { a, is, b, to, doubt });
        Some((Truth::By(to), Some(doubt)))
    }

    fn multiplied(&mut self, a: Divisor, b: Divisor) -> (Divisor, Option<Mask>) {
        let range = a.1.times(b.1);
        let (reg, doubt) = self.checked(range, |to, doubt| Op::Multiply { a: a.0, b: b.0, to, doubt });
        ((reg, range.cut()), doubt)
    }

    /// The divisor of what no row divides.
    pub(super) fn one(&mut self) -> Divisor {
        (self.number_op(|to| Op::Fill { value: 1, to }), Range::one(1))
    }
}

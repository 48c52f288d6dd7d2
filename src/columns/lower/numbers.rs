//! Arithmetic, rounding and comparison of numbers. Factors that are known beforehand are carried
//! along, and cost nothing until a number is rounded or stored.

use super::Lowering;
use super::emit::Truth;
use super::figure::{Figure, What};
use crate::columns::number::{Aligned, Range, Scaled, align, fraction, lowest};
use crate::columns::program::{Division, Is, Mask, Op, Reg};
use crate::ir::Arith;
use crate::number::{Num, RoundingMode};
use crate::syntax::ast::CmpOp;
use crate::value::Value;

/// A number with the rows where it is in doubt.
pub(super) type Doubtful = (Scaled, Option<Mask>);

impl Lowering<'_, '_, '_> {
    /// Arithmetic on two figures.
    pub(super) fn arithmetic(&mut self, op: Arith, a: &Figure, b: &Figure) -> Figure {
        let (a, b) = (self.present(a), self.present(b));
        let doubt = self.either(a.doubt, b.doubt);
        let found = match op {
            Arith::Add => self.sum(&a.what, &b.what, 1),
            Arith::Sub => self.sum(&a.what, &b.what, -1),
            Arith::Mul => self.product(&a.what, &b.what),
            Arith::Div => self.quotient(&a.what, &b.what),
        };
        self.number_figure(found, doubt)
    }

    /// A number as a figure; nothing is known where there is none.
    pub(super) fn number_figure(&mut self, found: Option<Doubtful>, doubt: Option<Mask>) -> Figure {
        match found {
            None => self.nothing(),
            Some((number, more)) => {
                let doubt = self.either(doubt, more);
                Figure { what: What::Number(number), absent: None, doubt }
            }
        }
    }

    /// `a + b * sign`.
    fn sum(&mut self, a: &What, b: &What, sign: i64) -> Option<Doubtful> {
        // A constant is added without a register of its own.
        if let (What::Number(number), What::Const(Value::Number(n))) = (a, b)
            && number.by.is_none()
        {
            let (above, below) = fraction(n)?;
            return self.plus(number, (above.checked_mul(sign.into())?, below), 1);
        }
        if let (What::Const(Value::Number(n)), What::Number(number)) = (a, b)
            && number.by.is_none()
        {
            return self.plus(number, fraction(n)?, sign);
        }
        let (a, b) = (self.scaled(a)?, self.scaled(b)?);
        if a.by.is_some() || b.by.is_some() {
            return self.sum_of_ratios(a, b, sign);
        }
        let Aligned { first, second, times, over } = align((a.times, a.over), (b.times, b.over))?;
        let (times_a, times_b) = (i64::try_from(first).ok()?, i64::try_from(second).ok()?.checked_mul(sign)?);
        let range = a.range.times(Range::one(first)).plus(b.range.times(Range::one(times_b.into())));
        let (reg, doubt) =
            self.checked(range, |to, doubt| Op::Combine { a: a.reg, times_a, b: b.reg, times_b, to, doubt });
        Some((Scaled { reg, range: range.cut(), times, over, by: None }, doubt))
    }

    /// `number * sign + constant`.
    fn plus(&mut self, number: &Scaled, constant: (i128, i128), sign: i64) -> Option<Doubtful> {
        let size = (constant.0.checked_abs()?.max(1), constant.1);
        let Aligned { first, second, times, over } = align((number.times, number.over), size)?;
        let plus = second.checked_mul(constant.0.signum())?;
        let factor = first.checked_mul(sign.into())?;
        let range = number.range.times(Range::one(factor)).plus(Range::one(plus));
        let (reg, doubt) = self.affine(number, factor, plus, range)?;
        Some((Scaled { reg, range: range.cut(), times, over, by: None }, doubt))
    }

    /// `register * times + plus`; nothing is added where that is the register itself.
    pub(super) fn affine(
        &mut self,
        number: &Scaled,
        times: i128,
        plus: i128,
        range: Range,
    ) -> Option<(Reg, Option<Mask>)> {
        if times == 1 && plus == 0 {
            return Some((number.reg, None));
        }
        let (times, plus) = (i64::try_from(times).ok()?, i64::try_from(plus).ok()?);
        let a = number.reg;
        Some(self.checked(range, |to, doubt| Op::Affine { a, times, plus, to, doubt }))
    }

    /// Adds an operation, checked only where its result might not fit.
    pub(super) fn checked(
        &mut self,
        range: Range,
        op: impl FnOnce(Reg, Option<Mask>) -> Op,
    ) -> (Reg, Option<Mask>) {
        let to = self.reg();
        let doubt = (!range.fits()).then(|| self.mask());
        self.ops.push(op(to, doubt));
        (to, doubt)
    }

    fn product(&mut self, a: &What, b: &What) -> Option<Doubtful> {
        match (a, b) {
            (What::Number(number), What::Const(Value::Number(n)))
            | (What::Const(Value::Number(n)), What::Number(number)) => self.times(number, fraction(n)?),
            _ => {
                let (a, b) = (self.scaled(a)?, self.scaled(b)?);
                let range = a.range.times(b.range);
                let (reg, doubt) =
                    self.checked(range, |to, doubt| Op::Multiply { a: a.reg, b: b.reg, to, doubt });
                let (times, over) = lowest(a.times.checked_mul(b.times)?, a.over.checked_mul(b.over)?)?;
                let (by, more) = match (a.by, b.by) {
                    (Some(one), Some(other)) => {
                        let range = one.1.times(other.1);
                        let (reg, doubt) =
                            self.checked(range, |to, doubt| Op::Multiply { a: one.0, b: other.0, to, doubt });
                        (Some((reg, range.cut())), doubt)
                    }
                    (one, other) => (one.or(other), None),
                };
                let doubt = self.either(doubt, more);
                Some((Scaled { reg, range: range.cut(), times, over, by }, doubt))
            }
        }
    }

    /// A number times a fraction; only a sign or a zero takes an operation.
    fn times(&mut self, number: &Scaled, (above, below): (i128, i128)) -> Option<Doubtful> {
        let sign = above.signum();
        let (reg, range, doubt) = if sign == 1 {
            (number.reg, number.range, None)
        } else {
            let range = number.range.times(Range::one(sign));
            let (reg, doubt) = self.affine(number, sign, 0, range)?;
            (reg, range.cut(), doubt)
        };
        let size = above.checked_abs()?.max(1);
        let (times, over) = lowest(number.times.checked_mul(size)?, number.over.checked_mul(below)?)?;
        Some((Scaled { reg, range, times, over, by: number.by }, doubt))
    }

    fn quotient(&mut self, a: &What, b: &What) -> Option<Doubtful> {
        if let What::Const(Value::Number(n)) = b {
            let (above, below) = fraction(n)?;
            let number = self.scaled(a)?;
            let sign = above.signum();
            // Divided by zero, every row is in doubt.
            return self
                .times(&number, (below.checked_mul(sign)?, above.checked_abs()?.max(1)))
                .filter(|_| sign != 0);
        }
        let (a, b) = (self.scaled(a)?, self.scaled(b)?);
        // `b` divided in turn would multiply: rare, and left to the reference evaluator.
        b.by.is_none().then_some(())?;
        let doubt = match self.compare_to(b.reg, b.range, Is::Equal, 0) {
            Truth::Known(true) => return None,
            zero => self.rows_of(zero),
        };
        let (times, over) = lowest(a.times.checked_mul(b.over)?, a.over.checked_mul(b.times)?)?;
        let (by, more) = match a.by {
            None => ((b.reg, b.range), None),
            Some((reg, range)) => {
                let range = range.times(b.range);
                let (reg, doubt) =
                    self.checked(range, |to, doubt| Op::Multiply { a: reg, b: b.reg, to, doubt });
                ((reg, range.cut()), doubt)
            }
        };
        let doubt = self.either(doubt, more);
        Some((Scaled { reg: a.reg, range: a.range, times, over, by: Some(by) }, doubt))
    }

    /// A number without a divisor that differs by row: rows where it has no short decimal are in doubt.
    pub(super) fn undivided(&mut self, number: Scaled) -> Doubtful {
        const FINEST: i128 = 1_000_000;
        let Some((by, _)) = number.by else { return (number, None) };
        let (to, doubt) = (self.reg(), self.mask());
        let times = number.times.saturating_mul(FINEST);
        self.ops.push(Op::Exactly { a: number.reg, times, by, over: number.over, to, doubt });
        (Scaled { reg: to, range: Range::REGISTER, times: 1, over: FINEST, by: None }, Some(doubt))
    }

    /// A whole number in a register, its range, and the rows where it is none, or none that a register holds.
    pub(super) fn whole(&mut self, what: &What) -> Option<(Reg, Range, Option<Mask>)> {
        let number = self.scaled(what)?;
        if number.by.is_none() && number.over == 1 {
            let range = number.range.times(Range::one(number.times));
            let (reg, doubt) = self.affine(&number, number.times, 0, range)?;
            return Some((reg, range.cut(), doubt));
        }
        let (by, _) = number.by.unwrap_or_else(|| self.one());
        let (to, doubt) = (self.reg(), self.mask());
        self.ops.push(Op::Exactly { a: number.reg, times: number.times, by, over: number.over, to, doubt });
        Some((to, Range::REGISTER, Some(doubt)))
    }

    /// A figure without its sign.
    pub(super) fn size(&mut self, figure: &Figure) -> Figure {
        let figure = self.present(figure);
        let What::Number(number) = &figure.what else { return self.nothing() };
        // The least number of a register has no counterpart above zero.
        let ranges = [Some(number.range), number.by.map(|(_, range)| range)];
        if ranges.into_iter().flatten().any(|range| range.low <= Range::REGISTER.low) {
            return self.nothing();
        }
        let (reg, range) = self.sized((number.reg, number.range));
        let by = number.by.map(|by| self.sized(by));
        let number = Scaled { reg, range, by, ..number.clone() };
        Figure { what: What::Number(number), absent: None, doubt: figure.doubt }
    }

    fn sized(&mut self, (a, range): (Reg, Range)) -> (Reg, Range) {
        let high = range.high.max(range.low.saturating_neg());
        (self.number_op(|to| Op::Size { a, to }), Range { low: range.low.max(0), high })
    }

    /// The lesser (or greater) of two numbers.
    pub(super) fn extreme(&mut self, a: &Figure, b: &Figure, greater: bool) -> Figure {
        let (a, b) = (self.present(a), self.present(b));
        let doubt = self.either(a.doubt, b.doubt);
        let found = self.extreme_of(&a.what, &b.what, greater);
        self.number_figure(found, doubt)
    }

    fn extreme_of(&mut self, a: &What, b: &What, greater: bool) -> Option<Doubtful> {
        let pick = |a: i128, b: i128| if greater { a.max(b) } else { a.min(b) };
        if let (What::Number(number), What::Const(Value::Number(n)))
        | (What::Const(Value::Number(n)), What::Number(number)) = (a, b)
            && number.by.is_none()
        {
            let (above, below) = fraction(n)?;
            let size = (above.checked_abs()?.max(1), below);
            let Aligned { first, second, times, over } = align((number.times, number.over), size)?;
            let limit = second.checked_mul(above.signum())?;
            let range = number.range.times(Range::one(first));
            let (reg, doubt) = self.affine(number, first, 0, range)?;
            let value = i64::try_from(limit).ok()?;
            let reg = self.number_op(|to| Op::ExtremeOf { a: reg, value, greater, to });
            let range = range.cut();
            let range = Range { low: pick(range.low, limit), high: pick(range.high, limit) };
            return Some((Scaled { reg, range, times, over, by: None }, doubt));
        }
        let (a, b) = (self.scaled(a)?, self.scaled(b)?);
        if a.by.is_some() || b.by.is_some() {
            return self.extreme_ratio(&a, &b, greater);
        }
        let ((a, b), times, over, doubt) = self.aligned(&a, &b)?;
        let reg = self.number_op(|to| Op::Extreme { a: a.reg, b: b.reg, greater, to });
        let range = Range { low: pick(a.range.low, b.range.low), high: pick(a.range.high, b.range.high) };
        Some((Scaled { reg, range, times, over, by: None }, doubt))
    }

    /// Two numbers, which no row divides, as registers of one factor and divisor.
    pub(super) fn aligned(
        &mut self,
        a: &Scaled,
        b: &Scaled,
    ) -> Option<((Scaled, Scaled), i128, i128, Option<Mask>)> {
        let Aligned { first, second, times, over } = align((a.times, a.over), (b.times, b.over))?;
        let (range_a, range_b) = (a.range.times(Range::one(first)), b.range.times(Range::one(second)));
        let (reg_a, doubt_a) = self.affine(a, first, 0, range_a)?;
        let (reg_b, doubt_b) = self.affine(b, second, 0, range_b)?;
        let doubt = self.either(doubt_a, doubt_b);
        let of = |reg, range: Range| Scaled { reg, range: range.cut(), times, over, by: None };
        Some(((of(reg_a, range_a), of(reg_b, range_b)), times, over, doubt))
    }

    /// Rounds a figure to a step that is the same for every row.
    pub(super) fn round(&mut self, figure: &Figure, step: &Num, mode: RoundingMode) -> Figure {
        let figure = self.present(figure);
        let found = match &figure.what {
            What::Number(number) if step.is_positive() => self.rounded(number, step, mode),
            _ => None,
        };
        self.number_figure(found, figure.doubt)
    }

    /// Rounds a figure to a step that differs by row: so many steps, rounded, each as large as that.
    pub(super) fn round_by_row(&mut self, figure: &Figure, step: &Figure, mode: RoundingMode) -> Figure {
        let step = self.present(step);
        let (is_none, doubt) = self.compare(CmpOp::Le, &step, &Figure::constant(Value::Number(Num::ZERO)));
        let none = self.rows_of(is_none);
        let doubt = self.either(doubt, none);
        let steps = self.arithmetic(Arith::Div, figure, &step);
        let steps = self.round(&steps, &Num::ONE, mode);
        let rounded = self.arithmetic(Arith::Mul, &steps, &step);
        Figure { doubt: self.either(rounded.doubt, doubt), ..rounded }
    }

    fn rounded(&mut self, number: &Scaled, step: &Num, mode: RoundingMode) -> Option<Doubtful> {
        let (step_above, step_below) = fraction(step)?;
        // The number in steps is `reg * times / over`.
        let (times, over) =
            lowest(number.times.checked_mul(step_below)?, number.over.checked_mul(step_above)?)?;
        let of = |reg, range: Range| Scaled {
            reg,
            range: range.cut(),
            times: step_above,
            over: step_below,
            by: None,
        };
        if let Some((by, _)) = number.by {
            let (to, doubt) = (self.reg(), self.mask());
            self.ops.push(Op::RoundBy { a: number.reg, times, by, over, mode, to, doubt });
            return Some((of(to, Range::REGISTER), Some(doubt)));
        }
        if over == 1 {
            // It is a multiple of the step as it is.
            return Some((number.clone(), None));
        }
        let bound = |n: i128, up: bool| -> Option<i128> {
            let product = n.checked_mul(times)?;
            let floor = product.checked_div_euclid(over)?;
            Some(if up { floor.saturating_add(1) } else { floor })
        };
        let range = Range { low: bound(number.range.low, false)?, high: bound(number.range.high, true)? };
        let by = division(number.range, times, over, mode);
        let to = self.reg();
        let doubt = match by {
            Division::Wide { .. } => Some(self.mask()),
            _ => None,
        };
        self.ops.push(Op::Round { a: number.reg, by, to, doubt });
        Some((of(to, range), doubt))
    }

    /// Whether one number is less than another, or equal, or either.
    pub(super) fn compare_numbers(&mut self, a: &What, is: Is, b: &What) -> Option<(Truth, Option<Mask>)> {
        if let (What::Number(number), What::Const(Value::Number(n))) = (a, b)
            && number.by.is_none()
        {
            let (limit, exact) = threshold(number, n)?;
            let truth = match is {
                Is::Equal if !exact => Truth::Known(false),
                Is::Equal | Is::AtMost => self.compare_to(number.reg, number.range, is, limit),
                // Below a limit between two numbers are those up to the lower one.
                Is::Less if exact => self.compare_to(number.reg, number.range, Is::Less, limit),
                Is::Less => self.compare_to(number.reg, number.range, Is::AtMost, limit),
            };
            return Some((truth, None));
        }
        if let (What::Const(Value::Number(n)), What::Number(number)) = (a, b)
            && number.by.is_none()
        {
            let (limit, exact) = threshold(number, n)?;
            // What is not at most (or below) the limit is above (or not below) it.
            let below = match is {
                Is::Equal if !exact => return Some((Truth::Known(false), None)),
                Is::Equal => return Some((self.compare_to(number.reg, number.range, is, limit), None)),
                Is::Less => self.compare_to(number.reg, number.range, Is::AtMost, limit),
                Is::AtMost if exact => self.compare_to(number.reg, number.range, Is::Less, limit),
                Is::AtMost => self.compare_to(number.reg, number.range, Is::AtMost, limit),
            };
            return Some((self.not(below), None));
        }
        let (a, b) = (self.scaled(a)?, self.scaled(b)?);
        if a.by.is_some() || b.by.is_some() {
            return self.compare_ratios(&a, is, &b);
        }
        let Aligned { first, second, .. } = align((a.times, a.over), (b.times, b.over))?;
        let (ranges_a, ranges_b) = (a.range.times(Range::one(first)), b.range.times(Range::one(second)));
        let (x, y) = (a.reg, b.reg);
        let mask = if first == 1 && second == 1 {
            self.mask_op(|to| Op::Compare { a: x, is, b: y, to })
        } else if ranges_a.fits() && ranges_b.fits() {
            let (x, _) = self.affine(&a, first, 0, ranges_a)?;
            let (y, _) = self.affine(&b, second, 0, ranges_b)?;
            self.mask_op(|to| Op::Compare { a: x, is, b: y, to })
        } else {
            let (times_a, times_b) = (i64::try_from(first).ok()?, i64::try_from(second).ok()?);
            self.mask_op(|to| Op::CompareWide { a: x, times_a, is, b: y, times_b, to })
        };
        Some((Truth::By(mask), None))
    }
}

/// The greatest whole number of a register that is no more than a number, and whether it is that number.
fn threshold(number: &Scaled, limit: &Num) -> Option<(i128, bool)> {
    let (above, below) = fraction(limit)?;
    let above = above.checked_mul(number.over)?;
    let below = below.checked_mul(number.times)?;
    Some((above.checked_div_euclid(below)?, above.checked_rem_euclid(below)? == 0))
}

/// The cheapest way to work out `reg * times / over`, rounded, for a register of a range.
fn division(range: Range, times: i128, over: i128, mode: RoundingMode) -> Division {
    let wide = Division::Wide { times, over, mode };
    // For numbers that are not negative most modes are a floor of something.
    let floor = |plus: i128, times: i128, over: i128| -> Option<Division> {
        let above = range.times(Range::one(times)).plus(Range::one(plus));
        (above.fits() && range.low >= 0).then_some(())?;
        multiply(range, times, plus, over).or_else(|| {
            Some(Division::Floor {
                times: i64::try_from(times).ok()?,
                plus: i64::try_from(plus).ok()?,
                over: i64::try_from(over).ok()?,
            })
        })
    };
    let doubled = || Some((times.checked_mul(2)?, over.checked_mul(2)?));
    let found = match mode {
        RoundingMode::Floor if range.low < 0 => {
            let above = range.times(Range::one(times));
            let narrow = i64::try_from(times).ok().zip(i64::try_from(over).ok()).filter(|_| above.fits());
            narrow.map(|(times, over)| Division::Floor { times, plus: 0, over })
        }
        RoundingMode::Floor | RoundingMode::TowardZero => floor(0, times, over),
        RoundingMode::Ceiling | RoundingMode::AwayFromZero => {
            over.checked_sub(1).and_then(|plus| floor(plus, times, over))
        }
        RoundingMode::HalfUp if over % 2 == 0 => {
            over.checked_div(2).and_then(|plus| floor(plus, times, over))
        }
        RoundingMode::HalfUp => doubled().and_then(|(times, twice)| floor(over, times, twice)),
        RoundingMode::HalfDown | RoundingMode::HalfEven => None,
    };
    found.unwrap_or(wide)
}

/// `floor((reg * times + plus) / over)` by multiplying, where that gives the same for the whole range.
///
/// With `m` the factor `2^shift / over`, rounded up, and `e` what that is too much (times `over`), the
/// product is right as long as `(reg + plus) * e < 2^shift`: the excess then stays below the next
/// whole number.
fn multiply(range: Range, times: i128, plus: i128, over: i128) -> Option<Division> {
    // What is added must be a multiple of the factor to be added before multiplying.
    (plus.checked_rem(times)? == 0).then_some(())?;
    let plus = plus.checked_div(times)?;
    let high = u128::try_from(range.high.checked_add(plus)?).ok()?;
    let (times, over) = (u128::try_from(times).ok()?, u128::try_from(over).ok()?);
    (0..=64_u32).rev().find_map(|shift| {
        let scaled = times.checked_mul(1_u128.checked_shl(shift)?)?;
        let factor = scaled.checked_add(over.checked_sub(1)?)?.checked_div(over)?;
        let excess = factor.checked_mul(over)?.checked_sub(scaled)?;
        let factor = u64::try_from(factor).ok()?;
        (high.checked_mul(excess)? < 1_u128.checked_shl(shift)?).then_some(())?;
        // The product of a number and the factor must fit 128 bits, and the quotient 63.
        let product = high.checked_mul(factor.into())?;
        (product >> shift < 1 << 63).then_some(())?;
        Some(Division::Multiply { times: factor, shift, plus: i64::try_from(plus).ok()? })
    })
}

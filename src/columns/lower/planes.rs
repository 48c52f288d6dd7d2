//! Codes by their binary digits, which are conditions: what is asked of a code, and a choice among a few
//! values, then takes operations on masks alone.

use super::Lowering;
use super::emit::Truth;
use super::figure::What;
use crate::columns::program::{Mask, Op, PLANES, Reg};
use crate::value::Value;
use std::sync::Arc;

impl Lowering<'_, '_, '_> {
    /// The digits of a code, the lowest first; none where there are more than are worth it.
    pub(super) fn planes_of(&mut self, a: Reg, values: usize) -> Option<Vec<Truth>> {
        if let Some(known) = self.planes.get(&a) {
            return Some(known.clone());
        }
        let masks: Vec<Mask> = (0..digits(values)?).map(|_| self.mask()).collect();
        let planes: Vec<Truth> = masks.iter().copied().map(Truth::By).collect();
        self.ops.push(Op::Planes { a, to: masks });
        self.planes.insert(a, planes.clone());
        Some(planes)
    }

    /// A code of these digits, of so many values; none where there are too many.
    pub(super) fn code_of(&mut self, digits: Vec<Truth>, values: usize) -> Option<Reg> {
        (digits.len() <= PLANES && values <= 1 << PLANES).then_some(())?;
        let (mut planes, mut places, mut plus) = (Vec::new(), Vec::new(), 0_i64);
        for (place, digit) in (0_u32..).zip(&digits) {
            match digit {
                Truth::Known(known) => plus |= i64::from(*known) << (place & 63),
                Truth::By(mask) => {
                    planes.push(*mask);
                    places.push(place);
                }
            }
        }
        let code = self.number_op(|to| Op::Code { planes, places, plus, to });
        self.planes.insert(code, digits);
        Some(code)
    }

    /// Rows whose code, of which these are the digits, is among those `found`.
    pub(super) fn within_planes(&mut self, planes: &[Truth], found: &[bool]) -> Truth {
        let codes: Vec<Option<bool>> = found.iter().copied().map(Some).collect();
        self.by_digits(planes, &codes)
    }

    /// What holds by code; codes that are none here do not occur.
    fn by_digits(&mut self, planes: &[Truth], codes: &[Option<bool>]) -> Truth {
        let mut known = codes.iter().flatten();
        let first = known.next().copied().unwrap_or(false);
        if known.all(|other| *other == first) {
            return Truth::Known(first);
        }
        let Some((digit, rest)) = planes.split_last() else { return Truth::Known(first) };
        let half = 1_usize << rest.len();
        let (low, high) = codes.split_at(half.min(codes.len()));
        match digit {
            Truth::Known(true) => self.by_digits(rest, high),
            Truth::Known(false) => self.by_digits(rest, low),
            Truth::By(mask) => {
                let any = |codes: &[Option<bool>]| codes.iter().any(Option::is_some);
                match (any(low), any(high)) {
                    (_, false) => self.by_digits(rest, low),
                    (false, true) => self.by_digits(rest, high),
                    (true, true) => {
                        let (low, high) = (self.by_digits(rest, low), self.by_digits(rest, high));
                        self.select_truth(*mask, high, low)
                    }
                }
            }
        }
    }

    /// `a` where a mask is set, else `b`, where the digits of both are known.
    pub(super) fn select_planes(&mut self, mask: Mask, a: &What, b: &What) -> Option<What> {
        let ((planes_a, values_a), (planes_b, values_b)) = (self.known_planes(a)?, self.known_planes(b)?);
        let mut all = values_a.to_vec();
        let mut codes: Vec<usize> = Vec::with_capacity(values_b.len());
        for value in values_b.iter() {
            codes.push(all.iter().position(|v| v == value).unwrap_or_else(|| {
                all.push(value.clone());
                all.len().saturating_sub(1)
            }));
        }
        let count = digits(all.len())?;
        let same = codes.iter().copied().eq(0..codes.len());
        let mut selected = Vec::with_capacity(count);
        for place in 0..count {
            let of = |planes: &[Truth]| planes.get(place).copied().unwrap_or(Truth::Known(false));
            let other = if same {
                of(&planes_b)
            } else {
                let found: Vec<bool> = codes.iter().map(|code| code >> place & 1 == 1).collect();
                self.within_planes(&planes_b, &found)
            };
            let own = of(&planes_a);
            selected.push(self.select_truth(mask, own, other));
        }
        let code = self.code_of(selected, all.len())?;
        Some(What::Code(code, all.into()))
    }

    fn known_planes(&self, what: &What) -> Option<(Vec<Truth>, Arc<[Value]>)> {
        match what {
            What::Const(value) => Some((Vec::new(), Arc::from([value.clone()]))),
            What::Code(reg, values) => Some((self.planes.get(reg)?.clone(), Arc::clone(values))),
            _ => None,
        }
    }
}

/// How many binary digits the codes of so many values have; none where those are too many.
fn digits(values: usize) -> Option<usize> {
    (0..=PLANES).find(|digits| values <= 1 << digits)
}

//! Operations that say the same as one before: left out, and what they write is read from that one.

use super::program::{Mask, Op, Place, Reg};
use super::sheet::Kept;
use crate::value::Packed;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What an operation reads and does, without where it writes: two that have the same name give the same.
type Name = (u8, Vec<i128>);

/// What is written elsewhere already.
#[derive(Default)]
struct Known {
    regs: BTreeMap<Reg, Reg>,
    masks: BTreeMap<Mask, Mask>,
    /// Masks that are the negation of another.
    negated: BTreeMap<Mask, Mask>,
    written: BTreeMap<Name, (Vec<Reg>, Vec<Mask>)>,
}

/// Leaves out operations that say the same as one before. Each register and each mask is written once here.
pub fn without_repeats(ops: Vec<Op>, kept: &mut Kept<'_>) -> Vec<Op> {
    let mut known = Known::default();
    let mut left = Vec::with_capacity(ops.len());
    for mut op in ops {
        let (mut regs, mut masks) = (Vec::new(), Vec::new());
        op.places(&mut |place| match place {
            Place::Reads(reg) => *reg = known.reg(*reg),
            Place::ReadsMask(mask) => *mask = known.mask(*mask),
            Place::Writes(reg) => regs.push(*reg),
            Place::WritesMask(mask) => masks.push(*mask),
        });
        if let Some((from, to)) = known.as_it_is(&op) {
            known.masks.insert(to, from);
            continue;
        }
        if let Some(name) = name(&op) {
            if let Some((as_regs, as_masks)) = known.written.get(&name) {
                known.regs.extend(regs.into_iter().zip(as_regs.iter().copied()));
                known.masks.extend(masks.into_iter().zip(as_masks.iter().copied()));
                continue;
            }
            known.written.insert(name, (regs, masks));
        }
        if let Op::Not { a, to } = &op {
            known.negated.insert(*to, *a);
        }
        left.push(op);
    }
    kept.regs.iter_mut().for_each(|reg| **reg = known.reg(**reg));
    kept.masks.iter_mut().for_each(|mask| **mask = known.mask(**mask));
    left
}

impl Known {
    fn reg(&self, reg: Reg) -> Reg {
        self.regs.get(&reg).copied().unwrap_or(reg)
    }

    fn mask(&self, mask: Mask) -> Mask {
        self.masks.get(&mask).copied().unwrap_or(mask)
    }

    /// A mask that is another, and that one first.
    fn as_it_is(&self, op: &Op) -> Option<(Mask, Mask)> {
        match op {
            Op::Not { a, to } => Some((*self.negated.get(a)?, *to)),
            Op::And { a, b, to } | Op::Or { a, b, to } if a == b => Some((*a, *to)),
            Op::SelectMask { a, b, to, .. } if a == b => Some((*a, *to)),
            _ => None,
        }
    }
}

/// An operation's name; none for those that are not told apart.
fn name(op: &Op) -> Option<Name> {
    let reg = |reg: &Reg| index(reg.0);
    let mask = |mask: &Mask| index(mask.0);
    let optional = |of: &Option<Mask>| i128::from(of.is_some());
    let both = |a: &Mask, b: &Mask| vec![mask(a.min(b)), mask(a.max(b))];
    Some(match op {
        Op::Load { from, times, .. } => (0, vec![column(from), (*times).into()]),
        Op::LoadFlags { from, .. } => (1, vec![column(from)]),
        Op::LoadAbsent { from, .. } => (2, vec![column(from)]),
        Op::LoadOdd { from, .. } => (3, vec![column(from)]),
        Op::Rows { .. } => (4, Vec::new()),
        Op::Fill { value, .. } => (5, vec![(*value).into()]),
        Op::FillMask { value, .. } => (6, vec![(*value).into()]),
        Op::Combine { a, times_a, b, times_b, doubt, .. } => {
            (7, vec![reg(a), (*times_a).into(), reg(b), (*times_b).into(), optional(doubt)])
        }
        Op::Affine { a, times, plus, doubt, .. } => {
            (8, vec![reg(a), (*times).into(), (*plus).into(), optional(doubt)])
        }
        Op::Multiply { a, b, doubt, .. } => (9, vec![reg(a.min(b)), reg(a.max(b)), optional(doubt)]),
        Op::Extreme { a, b, greater, .. } => (10, vec![reg(a.min(b)), reg(a.max(b)), (*greater).into()]),
        Op::ExtremeOf { a, value, greater, .. } => (11, vec![reg(a), (*value).into(), (*greater).into()]),
        Op::Size { a, .. } => (12, vec![reg(a)]),
        Op::Select { mask: m, a, b, .. } => (13, vec![mask(m), reg(a), reg(b)]),
        Op::Compare { a, is, b, .. } => (14, vec![reg(a), *is as i128, reg(b)]),
        Op::CompareTo { a, is, value, .. } => (15, vec![reg(a), *is as i128, (*value).into()]),
        Op::And { a, b, .. } => (16, both(a, b)),
        Op::Or { a, b, .. } => (17, both(a, b)),
        Op::Without { a, b, .. } => (18, vec![mask(a), mask(b)]),
        Op::Not { a, .. } => (19, vec![mask(a)]),
        Op::SelectMask { mask: m, a, b, .. } => (20, vec![mask(m), mask(a), mask(b)]),
        Op::Number { mask: m, .. } => (21, vec![mask(m)]),
        Op::AddMonths { a, months, .. } => (22, vec![reg(a), (*months).into()]),
        Op::Part { a, part, .. } => (23, vec![reg(a), *part as i128]),
        Op::Planes { a, to } => (24, vec![reg(a), index(to.len())]),
        Op::Outer { from, .. } => (25, vec![reg(from)]),
        Op::OuterMask { from, .. } => (26, vec![mask(from)]),
        Op::Inner { .. } => (27, Vec::new()),
        Op::Item { .. } => (29, Vec::new()),
        Op::State { place, .. } => (28, vec![index(*place)]),
        _ => return None,
    })
}

fn index(of: usize) -> i128 {
    i128::try_from(of).unwrap_or(i128::MAX)
}

/// The same column stands at the same place as long as an operation holds it.
fn column(of: &Arc<Packed>) -> i128 {
    index(Arc::as_ptr(of).addr())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::columns::program::Is;

    #[test]
    fn what_was_worked_out_before_is_read_from_there() {
        let to = |n| (Reg(n), Mask(n));
        let ops = vec![
            Op::Fill { value: 3, to: to(0).0 },
            Op::Fill { value: 3, to: to(1).0 },
            Op::CompareTo { a: Reg(0), is: Is::AtMost, value: 5, to: Mask(0) },
            Op::CompareTo { a: Reg(1), is: Is::AtMost, value: 5, to: Mask(1) },
            Op::Not { a: Mask(1), to: Mask(2) },
            Op::Not { a: Mask(2), to: Mask(3) },
            Op::And { a: Mask(3), b: Mask(0), to: Mask(4) },
        ];
        let mut last = Mask(4);
        let mut kept = Kept::default();
        kept.masks.push(&mut last);
        let left = without_repeats(ops, &mut kept);
        assert_eq!(left.len(), 3);
        assert_eq!(last, Mask(0));
    }
}

//! Totals of all rows but those that are the same in some respect as the row at hand: those of all rows, less those
//! of the same.

use super::Lowering;
use super::figure::Figure;
use super::hoist::{free, reads};
use crate::columns::walk::Kind;
use crate::ir::{Arith, Expr, ExprKind, Query, conjuncts};
use crate::library::Builtin;
use crate::syntax::ast::CmpOp;
use crate::value::Type;

impl Lowering<'_, '_, '_> {
    /// The total of rows of which one condition says that they differ from the row at hand, where all else that is
    /// asked of them is found without looking at pairs. A row that is left out is asked all the same: where that
    /// fails the reference evaluator decides.
    pub(super) fn all_but(
        &mut self,
        expr: &Expr,
        builtin: &'static Builtin,
        (list, query): (&Expr, &Query),
        frame: &mut Vec<Figure>,
    ) -> Option<Figure> {
        let kind = Kind::of(builtin.name)?;
        (matches!(kind, Kind::Sum | Kind::Count) && query.order.is_empty()).then_some(())?;
        let conditions: Vec<&Expr> = query.filter.iter().flat_map(conjuncts).collect();
        let place = conditions.iter().position(|c| compared(c, query.slot) == Some(CmpOp::Ne))?;
        let is_found = |condition: &Expr| {
            alone(condition, query.slot) || compared(condition, query.slot).is_some_and(|op| op != CmpOp::Ne)
        };
        let mut others = conditions.iter().enumerate().filter(|(at, _)| *at != place);
        (others.all(|(_, condition)| is_found(condition)) && alone(&query.value, query.slot)).then_some(())?;
        // The condition stands where it stood: what fails before others are asked fails so here.
        let total = |with: Option<&Expr>| {
            let kept = conditions.iter().enumerate();
            let kept = kept.filter_map(|(at, condition)| if at == place { with } else { Some(*condition) });
            let filter = kept.cloned().reduce(|a, b| {
                let span = a.span;
                Expr { kind: ExprKind::And(Box::new(a), Box::new(b)), ty: Type::Bool, span }
            });
            let kind = ExprKind::Query(Box::new(Query { filter, ..query.clone() }));
            let list = Expr { kind, ty: list.ty.clone(), span: list.span };
            Expr { kind: ExprKind::Builtin(builtin, vec![list]), ty: expr.ty.clone(), span: expr.span }
        };
        let mut same = (*conditions.get(place)?).clone();
        if let ExprKind::Compare(_, rest) = &mut same.kind {
            rest.iter_mut().for_each(|(op, _)| *op = CmpOp::Eq);
        }
        let all = self.without_reference(|s| s.lower(&total(None), frame));
        let same = self.without_reference(|s| s.lower(&total(Some(&same)), frame));
        let known = !self.is_hopeless(&all) && !self.is_hopeless(&same);
        known.then(|| self.arithmetic(Arith::Sub, &all, &same))
    }
}

/// How something of the row in a slot alone is compared with something else.
fn compared(condition: &Expr, slot: usize) -> Option<CmpOp> {
    let ExprKind::Compare(first, rest) = &condition.kind else { return None };
    let [(op, other)] = rest.as_slice() else { return None };
    let of_row = |part: &Expr| reads(part, &[slot]) && alone(part, slot);
    let apart = |part: &Expr| !reads(part, &[slot]);
    ((of_row(first) && apart(other)) || (apart(first) && of_row(other))).then_some(*op)
}

/// Whether a formula says nothing of any row but that in a slot.
fn alone(part: &Expr, slot: usize) -> bool {
    free(part).iter().all(|read| *read == slot)
}

//! Parts of formulas that are the same for every row: evaluated once, by the reference evaluator.

use super::Lowering;
use super::figure::Figure;
use crate::ir::{Expr, ExprKind, Query};
use crate::value::Value;

impl Lowering<'_, '_, '_> {
    /// A part's value, where it is the same for every row; none where it is not, and an error where it
    /// cannot be worked out.
    pub(super) fn constant(&mut self, expr: &Expr, frame: &[Figure]) -> Option<Result<Value, ()>> {
        let known = |slot: usize| frame.get(slot).is_some_and(|f| f.as_constant().is_some());
        closed(expr, &known, &mut Vec::new()).then_some(())?;
        let mut values: Vec<Value> =
            frame.iter().map(|f| f.as_constant().cloned().unwrap_or_default()).collect();
        Some(self.engine.value(expr, &mut values, self.nesting).map_err(|_| ()))
    }
}

/// Whether every variable that a formula reads is known, or is its own.
pub fn closed(expr: &Expr, known: &dyn Fn(usize) -> bool, own: &mut Vec<usize>) -> bool {
    let mut within = |slots: &[usize], parts: &[&Expr]| {
        let before = own.len();
        own.extend_from_slice(slots);
        let all = parts.iter().all(|part| closed(part, known, own));
        own.truncate(before);
        all
    };
    match &expr.kind {
        ExprKind::Local(slot) => own.contains(slot) || known(*slot),
        ExprKind::Let(slot, _, value, body) => within(&[], &[value]) && within(&[*slot], &[body]),
        ExprKind::Project { list, slot, access } => within(&[], &[list]) && within(&[*slot], &[access]),
        ExprKind::Query(query) => within(&[], &[&query.source]) && within(&[query.slot], &parts_of(query)),
        ExprKind::Fold { slot, initial, query, .. } => {
            within(&[], &[initial, &query.source]) && within(&[*slot, query.slot], &parts_of(query))
        }
        // What `+` puts together is counted for the whole evaluation, each time that it does so.
        ExprKind::Concat(..) => false,
        _ => {
            let mut all = true;
            expr.children(&mut |child| all = all && closed(child, known, own));
            all
        }
    }
}

fn parts_of(query: &Query) -> Vec<&Expr> {
    query.filter.iter().chain(query.order.iter().map(|k| &k.key)).chain([&query.value]).collect()
}

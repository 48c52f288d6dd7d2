//! Parts of a walk's formulas that say nothing of the row walked over: they are worked out for the row
//! that is walked for, once.

use crate::ir::{Expr, ExprKind, walk};

/// Parts that were taken out of formulas, each with how deep it stood there. A variable stands for each.
pub struct Hoisted {
    /// The first part's variable; the others' follow.
    base: usize,
    /// The parts.
    pub parts: Vec<(Expr, usize)>,
}

impl Hoisted {
    /// Nothing taken out yet; variables from this one on are free.
    pub fn new(base: usize) -> Self {
        Self { base, parts: Vec::new() }
    }

    /// The variable of each part.
    pub fn slots(&self) -> std::ops::Range<usize> {
        self.base..self.base.saturating_add(self.parts.len())
    }

    /// The formula without its parts that read none of the variables `own`; it stands so deep.
    pub fn take_out(&mut self, expr: &Expr, own: &mut Vec<usize>, depth: usize) -> Expr {
        self.take(expr, own, depth, &|_| true)
    }

    /// The formula without those of its parts that read none of the variables `own` and walk over something.
    pub fn take_walks_out(&mut self, expr: &Expr, own: &mut Vec<usize>) -> Expr {
        self.take(expr, own, 0, &walks)
    }

    fn take(
        &mut self,
        expr: &Expr,
        own: &mut Vec<usize>,
        depth: usize,
        wanted: &dyn Fn(&Expr) -> bool,
    ) -> Expr {
        // A table stands for itself wherever it is walked over.
        if matches!(expr.kind, ExprKind::Const(_) | ExprKind::Table(_)) {
            return expr.clone();
        }
        if !reads(expr, own) {
            if !wanted(expr) {
                return expr.clone();
            }
            let slot = self.base.saturating_add(self.parts.len());
            self.parts.push((expr.clone(), depth));
            return Expr { kind: ExprKind::Local(slot), ty: expr.ty.clone(), span: expr.span };
        }
        let before = own.len();
        bound(expr, own);
        let mut left = expr.clone();
        left.children_mut(&mut |child| *child = self.take(child, own, depth.saturating_add(1), wanted));
        own.truncate(before);
        left
    }
}

/// Whether a formula reads one of these variables.
pub fn reads(expr: &Expr, own: &[usize]) -> bool {
    let mut found = false;
    walk(expr, &mut |part| found |= matches!(part.kind, ExprKind::Local(slot) if own.contains(&slot)));
    found
}

/// Whether a formula may walk over something.
fn walks(expr: &Expr) -> bool {
    let mut found = false;
    walk(expr, &mut |part| {
        found |= matches!(part.kind, ExprKind::Query(_) | ExprKind::Fold { .. } | ExprKind::Call(..));
    });
    found
}

/// Adds the variables that a formula itself gives values.
fn bound(expr: &Expr, own: &mut Vec<usize>) {
    match &expr.kind {
        ExprKind::Let(slot, ..) | ExprKind::Project { slot, .. } => own.push(*slot),
        ExprKind::Query(query) => own.push(query.slot),
        ExprKind::Fold { slot, query, .. } => own.extend([*slot, query.slot]),
        _ => {}
    }
}

/// The least variable that a formula does not use, and no formula within it.
pub fn free_slot(expr: &Expr) -> usize {
    let mut least = 0;
    walk(expr, &mut |part| {
        let mut used = Vec::new();
        bound(part, &mut used);
        if let ExprKind::Local(slot) = part.kind {
            used.push(slot);
        }
        least = used.into_iter().map(|slot| slot.saturating_add(1)).fold(least, usize::max);
    });
    least
}

/// The variables that a formula reads and does not itself give values, in order.
pub fn free(expr: &Expr) -> Vec<usize> {
    fn add(expr: &Expr, own: &mut Vec<usize>, found: &mut Vec<usize>) {
        if let ExprKind::Local(slot) = expr.kind {
            if !own.contains(&slot) && !found.contains(&slot) {
                found.push(slot);
            }
            return;
        }
        let before = own.len();
        bound(expr, own);
        expr.children(&mut |child| add(child, own, found));
        own.truncate(before);
    }
    let mut found = Vec::new();
    add(expr, &mut Vec::new(), &mut found);
    found.sort_unstable();
    found
}

//! Walks turned into others that say the same, of which more stands in conditions: rows are found by
//! conditions, while items are worked out for each row.

use crate::columns::walk::Kind;
use crate::ir::{Expr, ExprKind, Query, conjuncts};
use crate::number::Num;
use crate::syntax::ast::CmpOp;
use crate::value::Value;

/// A walk over the rows of a table.
pub struct Turned {
    /// What is made of them.
    pub kind: Kind,
    /// What must hold of a row, one condition after another.
    pub conditions: Vec<Expr>,
    /// What each row gives.
    pub value: Expr,
    /// Whether the result is the opposite.
    pub opposite: bool,
}

impl Turned {
    /// A walk as it stands, turned as far as it can be. `listed` says whether its list, rows that give
    /// nothing among them, is sure to be no longer than lists may be.
    pub fn new(kind: Kind, query: &Query, listed: bool) -> Self {
        let conditions = query.filter.iter().flat_map(conjuncts).cloned().collect();
        let walk = Self { kind, conditions, value: query.value.clone(), opposite: false };
        match kind {
            Kind::Any => walk.by_conditions(false),
            Kind::All => walk.by_conditions(true),
            Kind::Sum if listed => walk.without_choices(),
            _ => walk,
        }
    }

    /// Whether one is true is whether a row fulfils that too; whether all are, whether none fulfils the
    /// opposite.
    fn by_conditions(mut self, opposite: bool) -> Self {
        let wanted = if opposite { negated(&self.value) } else { self.value.clone() };
        let kind = ExprKind::Const(Value::Bool(true));
        self.value = Expr { kind, ty: self.value.ty.clone(), span: self.value.span };
        self.conditions.extend(conjuncts(&wanted).into_iter().cloned());
        Self { kind: Kind::Any, opposite, ..self }
    }

    /// Rows that give nothing to a total need not be added.
    fn without_choices(mut self) -> Self {
        while let ExprKind::If(condition, then, otherwise) = &self.value.kind {
            let (condition, value) = if is_zero(otherwise) {
                ((**condition).clone(), (**then).clone())
            } else if is_zero(then) {
                (negated(condition), (**otherwise).clone())
            } else {
                break;
            };
            self.conditions.extend(conjuncts(&condition).into_iter().cloned());
            self.value = value;
        }
        self
    }
}

fn is_zero(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Const(Value::Number(n)) if *n == Num::ZERO)
}

/// The opposite of a condition, whose parts are asked for the same rows as before.
fn negated(condition: &Expr) -> Expr {
    let kind = match &condition.kind {
        ExprKind::Not(inner) => return (**inner).clone(),
        ExprKind::Or(a, b) => ExprKind::And(negated(a).into(), negated(b).into()),
        ExprKind::And(a, b) => ExprKind::Or(negated(a).into(), negated(b).into()),
        ExprKind::In(item, list, negated) => ExprKind::In(item.clone(), list.clone(), !negated),
        ExprKind::IsPresent(value, negated) => ExprKind::IsPresent(value.clone(), !negated),
        ExprKind::Compare(first, rest) if rest.len() == 1 => {
            let rest = rest.iter().map(|(op, part)| (opposite(*op), part.clone())).collect();
            ExprKind::Compare(first.clone(), rest)
        }
        _ => ExprKind::Not(Box::new(condition.clone())),
    };
    Expr { kind, ty: condition.ty.clone(), span: condition.span }
}

fn opposite(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Eq => CmpOp::Ne,
        CmpOp::Ne => CmpOp::Eq,
        CmpOp::Lt => CmpOp::Ge,
        CmpOp::Le => CmpOp::Gt,
        CmpOp::Gt => CmpOp::Le,
        CmpOp::Ge => CmpOp::Lt,
    }
}

/// The conditions of which one must hold for a condition to hold, in their order.
pub fn alternatives(condition: &Expr) -> Vec<&Expr> {
    match &condition.kind {
        ExprKind::Or(a, b) => {
            let mut all = alternatives(a);
            all.extend(alternatives(b));
            all
        }
        _ => vec![condition],
    }
}

//! Equality of formulas up to where they stand.

use super::ast::{Expr, ExprKind, Query, UnitExpr};
use crate::source::{Name, Span};

/// Whether two formulas are the same but for their places: the same tree, whatever blanks,
/// brackets and remarks they were written with.
#[must_use]
pub fn same_formula(a: &Expr, b: &Expr) -> bool {
    erase_spans(a.clone()) == erase_spans(b.clone())
}

/// The formula with every span set to the same place.
#[must_use]
pub fn erase_spans(mut expr: Expr) -> Expr {
    erase(&mut expr);
    expr
}

fn erase(expr: &mut Expr) {
    expr.span = Span::default();
    match &mut expr.kind {
        ExprKind::Absent | ExprKind::Bool(_) | ExprKind::Date(_) | ExprKind::Text(_) | ExprKind::Fail(_) => {}
        ExprKind::Number { unit, .. } => {
            if let Some(UnitExpr { factors }) = unit {
                for (name, _) in factors {
                    erase_name(name);
                }
            }
        }
        ExprKind::Name(name) => erase_name(name),
        ExprKind::Field(base, name) => {
            erase(base);
            erase_name(name);
        }
        ExprKind::Call(name, items) => {
            erase_name(name);
            items.iter_mut().for_each(erase);
        }
        ExprKind::Lookup(base, keys) => {
            erase(base);
            keys.iter_mut().for_each(erase);
        }
        ExprKind::Negate(inner)
        | ExprKind::Not(inner)
        | ExprKind::Power(inner, _)
        | ExprKind::IsPresent { value: inner, .. }
        | ExprKind::ClauseOf(inner)
        | ExprKind::ReasonsOf(inner) => erase(inner),
        ExprKind::At(a, b) | ExprKind::Otherwise(a, b) | ExprKind::In { item: a, list: b, .. } => {
            erase(a);
            erase(b);
        }
        ExprKind::Binary(_, span, a, b) => {
            *span = Span::default();
            erase(a);
            erase(b);
        }
        ExprKind::Compare(first, rest) => {
            erase(first);
            for (_, span, value) in rest {
                *span = Span::default();
                erase(value);
            }
        }
        ExprKind::If(a, b, c) => {
            erase(a);
            erase(b);
            erase(c);
        }
        ExprKind::Match { subject, arms, otherwise } => {
            erase(subject);
            for arm in arms {
                arm.patterns.iter_mut().for_each(erase);
                erase(&mut arm.value);
            }
            if let Some(last) = otherwise {
                erase(last);
            }
        }
        ExprKind::Let { name, value, body } => {
            erase_name(name);
            erase(value);
            erase(body);
        }
        ExprKind::List(items) => items.iter_mut().for_each(erase),
        ExprKind::Record(fields) => erase_fields(fields),
        ExprKind::With(base, fields) => {
            erase(base);
            erase_fields(fields);
        }
        ExprKind::Query(query) => erase_query(query),
        ExprKind::Fold { state, initial, query, .. } => {
            erase_name(state);
            erase(initial);
            erase_query(query);
        }
    }
}

fn erase_fields(fields: &mut [(Name, Expr)]) {
    for (label, value) in fields {
        erase_name(label);
        erase(value);
    }
}

fn erase_query(query: &mut Query) {
    erase(&mut query.value);
    erase_name(&mut query.row);
    erase(&mut query.source);
    query.filter.iter_mut().for_each(erase);
    query.order.iter_mut().for_each(|key| erase(&mut key.key));
}

fn erase_name(name: &mut Name) {
    name.span = Span::default();
}

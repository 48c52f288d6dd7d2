//! Lowering of types.

use super::ast::{TypeExpr, TypeExprKind};
use super::literals;
use super::lower::{Lowered, Parts, range, unread};
use super::parser::Rule;
use crate::source::{Name, TextMap};
use pest::iterators::Pair;
use std::sync::Arc;

/// The tree of a type.
pub(super) fn lower(map: &TextMap, pair: Pair<'_, Rule>) -> Lowered<TypeExpr> {
    Ok(type_expr(map, pair)?.0)
}

/// A type and the byte after it. It recurses as deep as the text nests, which has been bounded.
fn type_expr(map: &TextMap, pair: Pair<'_, Rule>) -> Lowered<(TypeExpr, usize)> {
    let mut parts = Parts::of(pair);
    let base = parts.next()?;
    let (start, mut end) = (range(&base).start, range(&base).end);
    let kind = match base.as_rule() {
        Rule::percent => TypeExprKind::Percent,
        Rule::unit_type => unit(map, base),
        Rule::list_type => {
            let (item, after) = type_expr(map, Parts::of(base).next()?)?;
            end = after;
            TypeExprKind::List(Box::new(item))
        }
        Rule::one_of => {
            let mut inner = Parts::of(base);
            let mut values = Vec::new();
            while let Some(value) = inner.maybe() {
                end = range(&value).end;
                values.push(name(map, &value));
            }
            TypeExprKind::OneOf(values)
        }
        Rule::ref_type => {
            let table = Parts::of(base).next()?;
            end = range(&table).end;
            TypeExprKind::Ref(name(map, &table))
        }
        Rule::record_type => {
            let mut inner = Parts::of(base);
            let mut fields = Vec::new();
            while let Some(label) = inner.maybe() {
                let (ty, _) = type_expr(map, inner.next()?)?;
                fields.push((name(map, &label), ty));
            }
            TypeExprKind::Record(fields)
        }
        Rule::type_group => type_expr(map, Parts::of(base).next()?)?.0.kind,
        _ => return Err(unread(range(&base)).into()),
    };
    let mut ty = TypeExpr { kind, span: map.span(start..end) };
    if let Some(mark) = parts.maybe() {
        end = range(&mark).end;
        ty = TypeExpr { kind: TypeExprKind::Optional(Box::new(ty)), span: map.span(start..end) };
    }
    Ok((ty, end))
}

fn name(map: &TextMap, pair: &Pair<'_, Rule>) -> Name {
    Name::new(Arc::from(pair.as_str()), map.span(range(pair)))
}

/// One word, which may be anything that has a name, or a unit of several.
fn unit(map: &TextMap, pair: Pair<'_, Rule>) -> TypeExprKind {
    let unit = literals::unit_factors(map, pair);
    match unit.factors.as_slice() {
        [(name, 1)] => TypeExprKind::Named(name.clone()),
        _ => TypeExprKind::Unit(unit),
    }
}

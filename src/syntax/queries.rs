//! Lowering of queries and folds: walks over the rows of a table or the items of a list.

use super::ast::{Expr, ExprKind, OrderKey, Query};
use super::fault::{Fault, Language};
use super::lower::{Lower, Lowered, Parts, Tree, range};
use super::parser::Rule;
use crate::source::Name;
use pest::iterators::Pair;
use std::ops::Range;

/// The clauses of a walk that both of its forms share.
#[derive(Default)]
struct Clauses {
    filter: Option<Expr>,
    order: Vec<OrderKey>,
    height: usize,
    end: usize,
}

impl<'a> Lower<'a, '_> {
    /// `value for row in source where ...`, or `row in source where ...`, `first` being what stands
    /// before the walk.
    pub(super) fn query(&self, first: Tree, walk: Pair<'a, Rule>, brackets: Option<Range<usize>>) -> Lowered {
        let start = first.range.start;
        let (query, height, end) = if walk.as_rule() == Rule::walk {
            let (row, source, clauses) = self.walk(walk)?;
            let height = first.height.max(source.height).max(clauses.height);
            let Clauses { filter, order, end, .. } = clauses;
            (Query { value: first.expr, row, source: source.expr, filter, order }, height, end)
        } else {
            let place = range(&walk);
            let clauses = self.clauses(Parts::of(walk), first.range.end)?;
            let height = first.height.max(clauses.height);
            let Clauses { filter, order, end, .. } = clauses;
            let (value, row, source) = row_in_source(first, place)?;
            (Query { value, row, source, filter, order }, height, end)
        };
        self.node(ExprKind::Query(Box::new(query)), brackets.unwrap_or(start..end), height)
    }

    /// `[running] fold s = initial for row in source ... then next`.
    pub(super) fn fold(&self, pair: Pair<'a, Rule>) -> Lowered {
        let start = range(&pair).start;
        let mut parts = Parts::of(pair);
        let mut part = parts.next()?;
        let running = part.as_rule() == Rule::k_running;
        if running {
            part = parts.next()?;
        }
        let state = self.name(&part);
        let initial = self.expr(parts.next()?)?;
        let (row, source, clauses) = self.walk(parts.next()?)?;
        let next = self.expr(parts.next()?)?;
        let height = initial.height.max(source.height).max(clauses.height).max(next.height);
        let end = next.range.end;
        let Clauses { filter, order, .. } = clauses;
        let query = Query { value: next.expr, row, source: source.expr, filter, order };
        let kind = ExprKind::Fold { state, initial: Box::new(initial.expr), query: Box::new(query), running };
        self.node(kind, start..end, height)
    }

    /// `for row in source`, `where` and `order by`.
    fn walk(&self, pair: Pair<'a, Rule>) -> Lowered<(Name, Tree, Clauses)> {
        let mut parts = Parts::of(pair);
        let row = self.name(&parts.next()?);
        let source = self.sum(parts.next()?)?;
        let clauses = self.clauses(parts, source.range.end)?;
        Ok((row, source, clauses))
    }

    fn clauses(&self, mut parts: Parts<'a>, end: usize) -> Lowered<Clauses> {
        let mut clauses = Clauses { end, ..Clauses::default() };
        while let Some(part) = parts.maybe() {
            if part.as_rule() == Rule::filter {
                let filter = self.logic(Parts::of(part).next()?)?;
                clauses.end = filter.range.end;
                clauses.height = clauses.height.max(filter.height);
                clauses.filter = Some(filter.expr);
                continue;
            }
            let mut keys = Parts::of(part);
            while let Some(key) = keys.maybe() {
                let mut inner = Parts::of(key);
                let key = self.logic(inner.next()?)?;
                let direction = inner.maybe();
                clauses.end = direction.as_ref().map_or(key.range.end, |d| range(d).end);
                clauses.height = clauses.height.max(key.height);
                let descending = direction.is_some_and(|d| d.as_rule() == Rule::k_descending);
                clauses.order.push(OrderKey { key: key.expr, descending });
            }
        }
        Ok(clauses)
    }
}

/// Takes `row in source` apart: the value of a short query is its row.
fn row_in_source(first: Tree, walk: Range<usize>) -> Lowered<(Expr, Name, Expr)> {
    let (bare, place) = (first.is_bare(), first.range);
    if let ExprKind::In { item, list, negated: false } = first.expr.kind
        && bare
        && let ExprKind::Name(row) = &item.kind
    {
        let row = row.clone();
        return Ok((*item, row, *list));
    }
    let message = "a walk over rows needs a row to begin with";
    Err(Box::new(
        Fault::new(Language::Formula.code(), message)
            .label(walk.start..walk.start.saturating_add(5), "picks or orders rows")
            .label(place, "not of the form `row in table`")
            .help("write `row in table where ...`, or `value for row in table where ...`"),
    ))
}

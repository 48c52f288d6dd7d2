//! The rows of tables as lists, made once for each evaluation: all of them, and those whose field
//! has a value.

use super::Dataset;
use crate::ir::{Expr, ExprKind, Query, walk};
use crate::syntax::ast::CmpOp;
use crate::value::{Cells, Value};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Rows by the value of a field.
type ByValue = IndexMap<Value, Arc<[Value]>>;

/// Lists of rows that were needed so far.
#[derive(Clone, Debug, Default)]
pub struct Walks {
    all: BTreeMap<usize, Arc<[Value]>>,
    by_field: BTreeMap<(usize, usize), ByValue>,
}

impl Walks {
    /// All rows of a table.
    pub fn rows_of(&mut self, data: &Dataset, table: usize) -> Arc<[Value]> {
        let rows = self.all.entry(table).or_insert_with(|| {
            let rows = u32::try_from(data.len_of(table)).unwrap_or(u32::MAX);
            let table = u32::try_from(table).unwrap_or(u32::MAX);
            (0..rows).map(|row| Value::Row { table, row }).collect()
        });
        Arc::clone(rows)
    }

    /// Whether the rows by this field are known already.
    pub fn knows(&self, table: usize, field: usize) -> bool {
        self.by_field.contains_key(&(table, field))
    }

    /// The rows of a table whose field has this value, in their order.
    pub fn rows_with(
        &mut self,
        data: &Dataset,
        (table, field): (usize, usize),
        value: &Value,
    ) -> Arc<[Value]> {
        let by_value = self.by_field.entry((table, field)).or_insert_with(|| {
            let mut found: IndexMap<Value, Vec<Value>> = IndexMap::new();
            let cells = data.tables.get(table).and_then(|t| t.fields.get(field));
            let table = u32::try_from(table).unwrap_or(u32::MAX);
            for (row, value) in (0_u32..).zip(cells.into_iter().flat_map(Cells::iter)) {
                let value = value.unwrap_or_default();
                found.entry(value).or_default().push(Value::Row { table, row });
            }
            found.into_iter().map(|(value, rows)| (value, rows.into())).collect()
        });
        by_value.get(value).map_or_else(|| Arc::from([]), Arc::clone)
    }
}

/// An equality that every row which passes a walk's filter fulfils.
#[derive(Clone, Copy, Debug)]
pub struct Equality<'e> {
    /// The table walked over.
    pub table: usize,
    /// The field of its rows.
    pub field: usize,
    /// What the field equals: it says nothing of the row.
    pub value: &'e Expr,
}

/// The first equality among a filter's conditions that rows can be found by. The conditions before
/// it cannot fail, so that leaving out rows for which it does not hold leaves out no fault.
pub fn equality(query: &Query) -> Option<Equality<'_>> {
    let ExprKind::Table(table) = query.source.kind else { return None };
    let mut conditions = Vec::new();
    flatten(query.filter.as_ref()?, &mut conditions);
    for condition in conditions {
        if let Some((field, value)) = field_equals(condition, query.slot) {
            return Some(Equality { table, field, value });
        }
        if !is_sure(condition) {
            return None;
        }
    }
    None
}

/// The conditions that all must hold, in their order.
fn flatten<'e>(condition: &'e Expr, into: &mut Vec<&'e Expr>) {
    if let ExprKind::And(a, b) = &condition.kind {
        flatten(a, into);
        flatten(b, into);
    } else {
        into.push(condition);
    }
}

/// The field of the row in this slot, and what it equals.
fn field_equals(condition: &Expr, slot: usize) -> Option<(usize, &Expr)> {
    let ExprKind::Compare(first, rest) = &condition.kind else { return None };
    let [(CmpOp::Eq, second)] = rest.as_slice() else { return None };
    let own = |e: &Expr| match &e.kind {
        ExprKind::RowField(row, field) if matches!(row.kind, ExprKind::Local(s) if s == slot) => Some(*field),
        _ => None,
    };
    let free = |e: &Expr| {
        let mut free = true;
        walk(e, &mut |part| free &= !matches!(part.kind, ExprKind::Local(s) if s == slot));
        free
    };
    match (own(first), own(second)) {
        (Some(field), None) if free(second) => Some((field, second)),
        (None, Some(field)) if free(first) => Some((field, first)),
        _ => None,
    }
}

/// Whether a formula has a value whatever the data: it reads and compares for equality, no more.
fn is_sure(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Const(_) | ExprKind::Local(_) | ExprKind::Input { .. } | ExprKind::Assumption(_) => true,
        ExprKind::RowField(e, _) | ExprKind::IsPresent(e, _) | ExprKind::Not(e) => is_sure(e),
        ExprKind::And(a, b) | ExprKind::Or(a, b) => is_sure(a) && is_sure(b),
        ExprKind::Compare(first, rest) => is_sure(first) && rest.iter().all(|(_, e)| is_sure(e)),
        _ => false,
    }
}

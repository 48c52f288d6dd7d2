//! The rows of tables as lists, made once for each evaluation: all of them, and those whose fields
//! have some values.

use super::Dataset;
use super::index::key_hash;
use super::items::{Items, Rows};
use crate::ir::{Expr, ExprKind, Query, conjuncts, walk};
use crate::syntax::ast::CmpOp;
use crate::value::{Bits, Pairs, PairsOf, Value};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A field of a row; or, with more of them, of the row that it refers to, and so on.
type Path = Vec<usize>;
/// Rows by the values of some fields.
type ByValues = IndexMap<Vec<Value>, Arc<[Value]>>;

/// Rows from which on they are no list where rows may not all be held.
const MANY: usize = 1_024;

/// Lists of rows that were needed so far.
#[derive(Clone, Debug, Default)]
pub struct Walks {
    /// Those that were made for all evaluations, before this one.
    before: Option<Arc<Walks>>,
    all: BTreeMap<usize, Arc<[Value]>>,
    by_fields: BTreeMap<(usize, Vec<Path>), ByValues>,
    /// Rows of tables that have more of them than may be held at a time, by a hash of what they are found by.
    by_hash: BTreeMap<(usize, Vec<Path>), Pairs>,
}

impl Walks {
    /// Lists that go on from those made before.
    pub fn after(before: Arc<Self>) -> Self {
        Self { before: Some(before), ..Self::default() }
    }

    /// Makes the lists that a formula's walks need, of tables that this says may be known.
    pub fn prepare(&mut self, data: &Dataset, formula: &Expr, may_be_known: &dyn Fn(usize) -> bool) {
        walk(formula, &mut |part| match &part.kind {
            ExprKind::Table(table) if may_be_known(*table) => {
                self.rows_of(data, *table);
            }
            ExprKind::Query(query) | ExprKind::Fold { query, .. } => {
                let found = equalities(query).filter(|(table, _)| may_be_known(*table));
                if let Some((table, equalities)) = found {
                    let paths = equalities.into_iter().map(|e| e.path).collect();
                    self.rows_with(data, (table, paths), &[]);
                }
            }
            _ => {}
        });
    }

    /// All rows of a table.
    pub fn rows_of(&mut self, data: &Dataset, table: usize) -> Arc<[Value]> {
        if let Some(known) = self.before.as_ref().and_then(|before| before.all.get(&table)) {
            return Arc::clone(known);
        }
        let rows = self.all.entry(table).or_insert_with(|| {
            let rows = u32::try_from(data.len_of(table)).unwrap_or(u32::MAX);
            let table = u32::try_from(table).unwrap_or(u32::MAX);
            (0..rows).map(|row| Value::Row { table, row }).collect()
        });
        Arc::clone(rows)
    }

    /// Whether the rows by these fields are known already.
    pub fn knows(&self, by: &(usize, Vec<Path>)) -> bool {
        self.by_fields.contains_key(by)
            || self.by_hash.contains_key(by)
            || self.before.as_ref().is_some_and(|before| before.by_fields.contains_key(by))
    }

    /// The rows of a table whose fields have these values, in their order.
    pub fn rows_with(&mut self, data: &Dataset, by: (usize, Vec<Path>), values: &[Value]) -> Arc<[Value]> {
        if let Some(known) = self.before.as_ref().and_then(|before| before.by_fields.get(&by)) {
            return known.get(values).map_or_else(|| Arc::from([]), Arc::clone);
        }
        let (table, paths) = by.clone();
        let by_values = self.by_fields.entry(by).or_insert_with(|| {
            let mut found: IndexMap<Vec<Value>, Vec<Value>> = IndexMap::new();
            let rows = u32::try_from(data.len_of(table)).unwrap_or(u32::MAX);
            let table = u32::try_from(table).unwrap_or(u32::MAX);
            for row in 0..rows {
                let own = Value::Row { table, row };
                let values = paths.iter().map(|path| read(data, &own, path)).collect();
                found.entry(values).or_default().push(own);
            }
            found.into_iter().map(|(values, rows)| (values, rows.into())).collect()
        });
        by_values.get(values).map_or_else(|| Arc::from([]), Arc::clone)
    }

    /// The same of a table that has more rows than may be held at a time.
    pub fn rows_apart(&mut self, data: &Dataset, by: (usize, Vec<Path>), values: &[Value]) -> Items {
        let (of, rows) = (u32::try_from(by.0).unwrap_or(u32::MAX), data.len_of(by.0));
        let paths = by.1.clone();
        let hashes = self.by_hash.entry(by).or_insert_with(|| {
            let mut hashes = PairsOf::new(data.tables.get(of as usize).and_then(|table| table.store()));
            for row in 0..u32::try_from(rows).unwrap_or(u32::MAX) {
                let own = Value::Row { table: of, row };
                let values: Vec<Value> = paths.iter().map(|path| read(data, &own, path)).collect();
                hashes.push((key_hash(&values), row));
            }
            hashes.finish()
        });
        // Few are a list; of many each is a bit.
        let mut few: Vec<Value> = Vec::new();
        let (mut many, mut count) = (None, 0_usize);
        let _ = hashes.find(key_hash(values), |row| {
            if has(data, (of, row), &paths, values) {
                count = count.saturating_add(1);
                few.push(Value::Row { table: of, row });
            }
            if few.len() >= MANY {
                let many: &mut Bits = many.get_or_insert_with(|| Bits::none(rows));
                set_all(many, &mut few);
            }
            false
        });
        let Some(mut many) = many else { return Items::List(few.into()) };
        set_all(&mut many, &mut few);
        Items::Rows(of, Rows::Those(many, count))
    }
}

fn set_all(bits: &mut Bits, rows: &mut Vec<Value>) {
    for row in rows.drain(..) {
        if let Value::Row { row, .. } = row {
            bits.set(row as usize);
        }
    }
}

/// Whether a row's fields have these values.
fn has(data: &Dataset, (table, row): (u32, u32), paths: &[Path], values: &[Value]) -> bool {
    let own = Value::Row { table, row };
    paths.iter().zip(values).all(|(path, value)| read(data, &own, path) == *value)
}

/// What stands in a field of a row, or of the row that it refers to; absent where that is.
fn read(data: &Dataset, row: &Value, path: &[usize]) -> Value {
    path.iter().fold(row.clone(), |of, field| match of {
        Value::Row { table, row } => data.cell(table as usize, row, *field).unwrap_or_default(),
        _ => Value::Absent,
    })
}

/// An equality that every row which passes a walk's filter fulfils.
#[derive(Clone, Debug)]
pub struct Equality<'e> {
    /// The field of the rows.
    pub path: Path,
    /// What the field equals: it says nothing of the row.
    pub value: &'e Expr,
}

/// The table that is walked over, and the equalities among the filter's conditions that its rows can be
/// found by. The conditions before one cannot fail, so that leaving out rows for which it does not
/// hold leaves out no fault.
pub fn equalities(query: &Query) -> Option<(usize, Vec<Equality<'_>>)> {
    let ExprKind::Table(table) = query.source.kind else { return None };
    let mut found = Vec::new();
    for condition in conjuncts(query.filter.as_ref()?) {
        if let Some(equality) = field_equals(condition, query.slot) {
            found.push(equality);
        } else if !is_sure(condition) {
            break;
        }
    }
    (!found.is_empty()).then_some((table, found))
}

/// The field of the row in this slot, or of a row that it refers to, and what it equals.
fn field_equals(condition: &Expr, slot: usize) -> Option<Equality<'_>> {
    let ExprKind::Compare(first, rest) = &condition.kind else { return None };
    let [(CmpOp::Eq, second)] = rest.as_slice() else { return None };
    let free = |e: &Expr| {
        let mut free = true;
        walk(e, &mut |part| free &= !matches!(part.kind, ExprKind::Local(s) if s == slot));
        free
    };
    match (path_of(first, slot), path_of(second, slot)) {
        (Some(path), None) if free(second) => Some(Equality { path, value: second }),
        (None, Some(path)) if free(first) => Some(Equality { path, value: first }),
        _ => None,
    }
}

/// The field that a formula reads of the row in this slot.
fn path_of(expr: &Expr, slot: usize) -> Option<Path> {
    let ExprKind::RowField(of, field) = &expr.kind else { return None };
    let mut path = match of.kind {
        ExprKind::Local(s) if s == slot => Path::new(),
        _ => path_of(of, slot)?,
    };
    path.push(*field);
    Some(path)
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

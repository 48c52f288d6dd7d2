//! Formulas in a form in which two that mean the same read the same: variables by number, names as the
//! later version calls them, units in the singular.

use crate::syntax::ast::{Expr, ExprKind, Query, TypeExpr, TypeExprKind, UnitExpr};
use crate::syntax::{print_expr, print_type};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What definitions of the earlier version are called in the later one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Names {
    /// Terms, inputs, functions, rules, fields and assumptions, by the earlier name.
    pub by_old: BTreeMap<String, String>,
}

impl Names {
    /// The later name.
    pub fn of<'a>(&'a self, name: &'a str) -> &'a str {
        self.by_old.get(name).map_or(name, String::as_str)
    }

    /// The later name of a rule, with its table's.
    pub fn path(&self, name: &str) -> String {
        name.split('.').map(|part| self.of(part)).collect::<Vec<_>>().join(".")
    }

    fn rename(&self, name: &mut Arc<str>) {
        if let Some(new) = self.by_old.get(&**name) {
            *name = Arc::from(new.as_str());
        }
    }
}

/// A formula's normal form; `params` are the variables it stands under.
pub(super) fn formula(expr: &Expr, params: &[Arc<str>], names: &Names) -> String {
    let mut expr = expr.clone();
    let mut walk = Walk { names, scope: Vec::new(), count: 0 };
    for name in params {
        walk.bind(name);
    }
    walk.expr(&mut expr);
    print_expr(&expr)
}

/// A type's normal form.
pub(super) fn ty(ty: &TypeExpr, names: &Names) -> String {
    let mut ty = ty.clone();
    sorted(&mut ty);
    // Types name tables and aliases: whole words of their text.
    let text = print_type(&ty);
    let mut out = String::with_capacity(text.len());
    let mut word = String::new();
    for c in text.chars().chain([' ']) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
        } else {
            out.push_str(names.of(&word));
            word.clear();
            out.push(c);
        }
    }
    out.trim_end().to_owned()
}

/// Enumerations with their names in alphabetical order: the order says nothing.
fn sorted(ty: &mut TypeExpr) {
    match &mut ty.kind {
        TypeExprKind::OneOf(names) => names.sort_by(|a, b| a.value.cmp(&b.value)),
        TypeExprKind::List(inner) | TypeExprKind::Optional(inner) => sorted(inner),
        TypeExprKind::Record(fields) => fields.iter_mut().for_each(|(_, ty)| sorted(ty)),
        TypeExprKind::Percent | TypeExprKind::Named(_) | TypeExprKind::Unit(_) | TypeExprKind::Ref(_) => {}
    }
}

struct Walk<'n> {
    names: &'n Names,
    /// Variables and what they are called, the innermost last.
    scope: Vec<(Arc<str>, Arc<str>)>,
    count: usize,
}

impl Walk<'_> {
    fn bind(&mut self, name: &Arc<str>) -> Arc<str> {
        self.count = self.count.saturating_add(1);
        let new: Arc<str> = Arc::from(format!("${}", self.count));
        self.scope.push((Arc::clone(name), Arc::clone(&new)));
        new
    }

    fn expr(&mut self, expr: &mut Expr) {
        match &mut expr.kind {
            ExprKind::Absent
            | ExprKind::Bool(_)
            | ExprKind::Date(_)
            | ExprKind::Text(_)
            | ExprKind::Fail(_) => {}
            ExprKind::Number { unit, .. } => {
                for (name, _) in unit.iter_mut().flat_map(|UnitExpr { factors }| factors) {
                    // `1 share` and `2 shares` are of one unit.
                    if name.value.len() > 1 && name.value.ends_with('s') {
                        name.value = Arc::from(name.value.trim_end_matches('s'));
                    }
                }
            }
            ExprKind::Name(name) => match self.scope.iter().rev().find(|(old, _)| *old == name.value) {
                Some((_, new)) => name.value = Arc::clone(new),
                None => self.names.rename(&mut name.value),
            },
            ExprKind::Field(base, name) => {
                self.expr(base);
                self.names.rename(&mut name.value);
            }
            ExprKind::Call(name, items) => {
                self.names.rename(&mut name.value);
                items.iter_mut().for_each(|item| self.expr(item));
            }
            ExprKind::Lookup(base, keys) => {
                self.expr(base);
                keys.iter_mut().for_each(|key| self.expr(key));
            }
            ExprKind::Negate(inner)
            | ExprKind::Not(inner)
            | ExprKind::Power(inner, _)
            | ExprKind::IsPresent { value: inner, .. }
            | ExprKind::ClauseOf(inner)
            | ExprKind::ReasonsOf(inner) => self.expr(inner),
            ExprKind::At(a, b)
            | ExprKind::Otherwise(a, b)
            | ExprKind::In { item: a, list: b, .. }
            | ExprKind::Binary(_, _, a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Compare(first, rest) => {
                self.expr(first);
                rest.iter_mut().for_each(|(_, _, value)| self.expr(value));
            }
            ExprKind::If(a, b, c) => {
                self.expr(a);
                self.expr(b);
                self.expr(c);
            }
            ExprKind::Match { subject, arms, otherwise } => {
                self.expr(subject);
                for arm in arms {
                    arm.patterns.iter_mut().for_each(|p| self.expr(p));
                    self.expr(&mut arm.value);
                }
                if let Some(last) = otherwise {
                    self.expr(last);
                }
            }
            ExprKind::Let { name, value, body } => {
                self.expr(value);
                name.value = self.bind(&name.value);
                self.expr(body);
                self.scope.pop();
            }
            ExprKind::List(items) => items.iter_mut().for_each(|item| self.expr(item)),
            ExprKind::Record(fields) => fields.iter_mut().for_each(|(_, value)| self.expr(value)),
            ExprKind::With(base, fields) => {
                self.expr(base);
                fields.iter_mut().for_each(|(_, value)| self.expr(value));
            }
            ExprKind::Query(query) => self.query(query),
            ExprKind::Fold { state, initial, query, .. } => {
                self.expr(initial);
                state.value = self.bind(&state.value);
                self.query(query);
                self.scope.pop();
            }
        }
    }

    fn query(&mut self, query: &mut Query) {
        self.expr(&mut query.source);
        query.row.value = self.bind(&query.row.value);
        query.filter.iter_mut().for_each(|filter| self.expr(filter));
        query.order.iter_mut().for_each(|key| self.expr(&mut key.key));
        self.expr(&mut query.value);
        self.scope.pop();
    }
}

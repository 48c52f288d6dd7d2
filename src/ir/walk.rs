//! Walks over formulas: every part of one, and what it reads.

use super::{Expr, ExprKind, FunctionId, Holder, Program, Query, RuleBody, RuleId};
use crate::value::{Type, Value};
use std::collections::BTreeSet;

impl Expr {
    /// Calls `visit` on each direct part.
    pub fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match &self.kind {
            ExprKind::Const(_)
            | ExprKind::Local(_)
            | ExprKind::Input { .. }
            | ExprKind::Record(_)
            | ExprKind::Table(_)
            | ExprKind::Rule(_)
            | ExprKind::Term(_, None)
            | ExprKind::Assumption(_)
            | ExprKind::Fail(_)
            | ExprKind::ClauseOf(_, None)
            | ExprKind::ReasonsOf(_, None) => {}
            ExprKind::RowField(e, _)
            | ExprKind::RowRule(e, _)
            | ExprKind::RecordField(e, _)
            | ExprKind::Term(_, Some(e))
            | ExprKind::Negate(e)
            | ExprKind::Not(e)
            | ExprKind::Power(e, _)
            | ExprKind::IsPresent(e, _)
            | ExprKind::ClauseOf(_, Some(e))
            | ExprKind::ReasonsOf(_, Some(e)) => visit(e),
            ExprKind::Project { list, access: e, .. } => {
                visit(list);
                visit(e);
            }
            ExprKind::Call(_, args)
            | ExprKind::Builtin(_, args)
            | ExprKind::Lookup(_, args)
            | ExprKind::List(args)
            | ExprKind::MakeRecord(args) => args.iter().for_each(visit),
            ExprKind::Arith(_, a, b)
            | ExprKind::DateStep(_, _, a, b)
            | ExprKind::DateDifference(a, b)
            | ExprKind::Concat(a, b)
            | ExprKind::And(a, b)
            | ExprKind::Or(a, b)
            | ExprKind::In(a, b, _)
            | ExprKind::Otherwise(a, b)
            | ExprKind::Let(_, _, a, b) => {
                visit(a);
                visit(b);
            }
            ExprKind::Compare(first, rest) => {
                visit(first);
                rest.iter().for_each(|(_, e)| visit(e));
            }
            ExprKind::If(c, a, b) => {
                visit(c);
                visit(a);
                visit(b);
            }
            ExprKind::Match(subject, arms, otherwise) => {
                visit(subject);
                for arm in arms {
                    arm.patterns.iter().for_each(&mut *visit);
                    visit(&arm.value);
                }
                if let Some(e) = otherwise {
                    visit(e);
                }
            }
            ExprKind::With(base, fields) => {
                visit(base);
                fields.iter().for_each(|(_, e)| visit(e));
            }
            ExprKind::Query(query) => query.children(visit),
            ExprKind::Fold { initial, query, .. } => {
                visit(initial);
                query.children(visit);
            }
        }
    }

    /// Calls `visit` on each direct part, to change it.
    pub fn children_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        match &mut self.kind {
            ExprKind::Const(_)
            | ExprKind::Local(_)
            | ExprKind::Input { .. }
            | ExprKind::Record(_)
            | ExprKind::Table(_)
            | ExprKind::Rule(_)
            | ExprKind::Term(_, None)
            | ExprKind::Assumption(_)
            | ExprKind::Fail(_)
            | ExprKind::ClauseOf(_, None)
            | ExprKind::ReasonsOf(_, None) => {}
            ExprKind::RowField(e, _)
            | ExprKind::RowRule(e, _)
            | ExprKind::RecordField(e, _)
            | ExprKind::Term(_, Some(e))
            | ExprKind::Negate(e)
            | ExprKind::Not(e)
            | ExprKind::Power(e, _)
            | ExprKind::IsPresent(e, _)
            | ExprKind::ClauseOf(_, Some(e))
            | ExprKind::ReasonsOf(_, Some(e)) => visit(e),
            ExprKind::Project { list, access: e, .. } => {
                visit(list);
                visit(e);
            }
            ExprKind::Call(_, args)
            | ExprKind::Builtin(_, args)
            | ExprKind::Lookup(_, args)
            | ExprKind::List(args)
            | ExprKind::MakeRecord(args) => args.iter_mut().for_each(visit),
            ExprKind::Arith(_, a, b)
            | ExprKind::DateStep(_, _, a, b)
            | ExprKind::DateDifference(a, b)
            | ExprKind::Concat(a, b)
            | ExprKind::And(a, b)
            | ExprKind::Or(a, b)
            | ExprKind::In(a, b, _)
            | ExprKind::Otherwise(a, b)
            | ExprKind::Let(_, _, a, b) => {
                visit(a);
                visit(b);
            }
            ExprKind::Compare(first, rest) => {
                visit(first);
                rest.iter_mut().for_each(|(_, e)| visit(e));
            }
            ExprKind::If(c, a, b) => {
                visit(c);
                visit(a);
                visit(b);
            }
            ExprKind::Match(subject, arms, otherwise) => {
                visit(subject);
                for arm in arms {
                    arm.patterns.iter_mut().for_each(&mut *visit);
                    visit(&mut arm.value);
                }
                if let Some(e) = otherwise {
                    visit(e);
                }
            }
            ExprKind::With(base, fields) => {
                visit(base);
                fields.iter_mut().for_each(|(_, e)| visit(e));
            }
            ExprKind::Query(query) => query.children_mut(visit),
            ExprKind::Fold { initial, query, .. } => {
                visit(initial);
                query.children_mut(visit);
            }
        }
    }
}

impl Query {
    fn children_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        visit(&mut self.source);
        if let Some(filter) = &mut self.filter {
            visit(filter);
        }
        self.order.iter_mut().for_each(|k| visit(&mut k.key));
        visit(&mut self.value);
    }

    fn children<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        visit(&self.source);
        if let Some(filter) = &self.filter {
            visit(filter);
        }
        self.order.iter().for_each(|k| visit(&k.key));
        visit(&self.value);
    }
}

impl RuleBody {
    /// Calls `visit` on each formula of the rule.
    pub fn formulas<'a>(&'a self, visit: &mut dyn FnMut(&'a Expr)) {
        match self {
            Self::Value(e) => visit(e),
            Self::Cases(cases) => {
                for case in cases {
                    if let Some(when) = &case.when {
                        visit(when);
                    }
                    visit(&case.then);
                }
            }
            Self::All(requirements) => requirements.iter().for_each(|r| visit(&r.require)),
            Self::Allocate(a) => {
                visit(&a.parts);
                visit(&a.step);
                visit(&a.ties);
                if let Some(within) = &a.within {
                    visit(within);
                }
            }
        }
    }

    /// Calls `visit` on each formula of the rule, to change it.
    pub fn formulas_mut(&mut self, visit: &mut dyn FnMut(&mut Expr)) {
        match self {
            Self::Value(e) => visit(e),
            Self::Cases(cases) => {
                for case in cases {
                    if let Some(when) = &mut case.when {
                        visit(when);
                    }
                    visit(&mut case.then);
                }
            }
            Self::All(requirements) => requirements.iter_mut().for_each(|r| visit(&mut r.require)),
            Self::Allocate(a) => {
                visit(&mut a.parts);
                visit(&mut a.step);
                visit(&mut a.ties);
                if let Some(within) = &mut a.within {
                    visit(within);
                }
            }
        }
    }
}

/// Calls `visit` on a formula and on every part of it, outermost first. The depth of formulas is
/// bounded when they are parsed, so that the recursion is bounded too.
pub fn walk<'a>(expr: &'a Expr, visit: &mut dyn FnMut(&'a Expr)) {
    visit(expr);
    expr.children(&mut |child| walk(child, visit));
}

/// The conditions that all must hold for a condition to hold, in their order.
#[must_use]
pub fn conjuncts(condition: &Expr) -> Vec<&Expr> {
    fn add<'e>(condition: &'e Expr, into: &mut Vec<&'e Expr>) {
        if let ExprKind::And(a, b) = &condition.kind {
            add(a, into);
            add(b, into);
        } else {
            into.push(condition);
        }
    }
    let mut all = Vec::new();
    add(condition, &mut all);
    all
}

/// Something that a formula reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Use {
    /// A rule's conclusions.
    Rule(RuleId),
    /// A function.
    Function(FunctionId),
    /// A term.
    Term(usize),
    /// An assumption's reading.
    Assumption(usize),
    /// A field of a record.
    RecordField(usize, usize),
    /// A record as a whole, or whether it is present.
    Record(usize),
    /// A field of a table's rows.
    TableField(usize, usize),
    /// A table's rows.
    Table(usize),
    /// A calendar's days.
    Calendar(u32),
}

impl Use {
    /// What a part of a formula itself reads, without the parts within it.
    #[must_use]
    pub fn of(expr: &Expr) -> Option<Self> {
        Some(match &expr.kind {
            ExprKind::Rule(id)
            | ExprKind::RowRule(_, id)
            | ExprKind::ClauseOf(id, _)
            | ExprKind::ReasonsOf(id, _) => Self::Rule(*id),
            ExprKind::Call(id, _) => Self::Function(*id),
            ExprKind::Term(id, _) => Self::Term(*id),
            ExprKind::Assumption(id) => Self::Assumption(*id),
            ExprKind::Input { record, field } => Self::RecordField(*record, *field),
            ExprKind::Record(id) => Self::Record(*id),
            ExprKind::Table(id) | ExprKind::Lookup(id, _) => Self::Table(*id),
            ExprKind::Const(Value::Calendar(id)) => Self::Calendar(*id),
            ExprKind::RowField(row, field) => match row.ty.required() {
                Type::Row(table) => Self::TableField(*table, *field),
                _ => return None,
            },
            _ => return None,
        })
    }

    /// A field of a record or of a table's rows.
    #[must_use]
    pub fn field(holder: Holder, field: usize) -> Self {
        match holder {
            Holder::Record(record) => Self::RecordField(record, field),
            Holder::Table(table) => Self::TableField(table, field),
        }
    }
}

/// Everything that is read where these are: they themselves, and what the rules and functions among it
/// read.
#[must_use]
pub fn reached(program: &Program, from: impl IntoIterator<Item = Use>) -> BTreeSet<Use> {
    let mut found = BTreeSet::new();
    let mut waiting: Vec<Use> = from.into_iter().collect();
    while let Some(next) = waiting.pop() {
        if !found.insert(next) {
            continue;
        }
        let mut add = |used: Use| waiting.push(used);
        match next {
            Use::Rule(id) => {
                if let Some(rule) = program.rule(id) {
                    rule.body.formulas(&mut |formula| uses(formula, &mut add));
                }
            }
            Use::Function(id) => {
                if let Some(function) = program.functions.get(id.0) {
                    uses(&function.body, &mut add);
                }
            }
            _ => {}
        }
    }
    found
}

/// Calls `found` with everything that a formula reads directly, in the order of the formula.
pub fn uses(expr: &Expr, found: &mut dyn FnMut(Use)) {
    walk(expr, &mut |e| {
        if let Some(used) = Use::of(e) {
            found(used);
        }
    });
}

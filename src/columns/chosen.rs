//! What an evaluation can come to under the readings that are chosen: a branch for another reading is never
//! taken, so that what only it reads need not be worked out.

use crate::eval::Choices;
use crate::ir::{Expr, ExprKind, Program, RuleBody, RuleId, Use};
use crate::syntax::ast::CmpOp;
use crate::value::Value;
use std::collections::BTreeSet;

/// A plan under chosen readings.
#[derive(Clone, Copy)]
pub struct Chosen<'a> {
    /// The plan.
    pub program: &'a Program,
    /// The readings.
    pub choices: &'a Choices,
}

impl Chosen<'_> {
    /// The rules that some come to need, they themselves among them.
    pub fn needed(&self, from: BTreeSet<RuleId>) -> BTreeSet<RuleId> {
        let mut waiting: Vec<Use> = from.into_iter().map(Use::Rule).collect();
        let mut found: BTreeSet<Use> = BTreeSet::new();
        while let Some(next) = waiting.pop() {
            if !found.insert(next) {
                continue;
            }
            let mut add = |part: &Expr| waiting.extend(Use::of(part));
            match next {
                Use::Rule(id) => {
                    if let Some(rule) = self.program.rule(id) {
                        self.formulas(&rule.body, &mut |formula| self.walk(formula, &mut add));
                    }
                }
                Use::Function(id) => {
                    if let Some(function) = self.program.functions.get(id.0) {
                        self.walk(&function.body, &mut add);
                    }
                }
                _ => {}
            }
        }
        let rules = found.into_iter().filter_map(|used| match used {
            Use::Rule(id) => Some(id),
            _ => None,
        });
        rules.collect()
    }

    /// Calls `visit` with the formulas of a rule that can be come to.
    pub fn formulas<'f>(&self, body: &'f RuleBody, visit: &mut dyn FnMut(&'f Expr)) {
        let RuleBody::Cases(cases) = body else { return body.formulas(visit) };
        for case in cases {
            let decided = case.when.as_ref().map_or(Some(true), |when| self.decided(when));
            if let Some(when) = &case.when {
                visit(when);
            }
            if decided != Some(false) {
                visit(&case.then);
            }
            if decided == Some(true) {
                return;
            }
        }
    }

    /// Calls `visit` with a formula and its parts that can be come to, outermost first.
    pub fn walk<'f>(&self, expr: &'f Expr, visit: &mut dyn FnMut(&'f Expr)) {
        visit(expr);
        match &expr.kind {
            ExprKind::If(condition, then, otherwise) => {
                self.walk(condition, visit);
                let decided = self.decided(condition);
                if decided != Some(false) {
                    self.walk(then, visit);
                }
                if decided != Some(true) {
                    self.walk(otherwise, visit);
                }
            }
            ExprKind::And(first, second) => {
                self.walk(first, visit);
                if self.decided(first) != Some(false) {
                    self.walk(second, visit);
                }
            }
            ExprKind::Or(first, second) => {
                self.walk(first, visit);
                if self.decided(first) != Some(true) {
                    self.walk(second, visit);
                }
            }
            _ => expr.children(&mut |child| self.walk(child, visit)),
        }
    }

    /// Whether a condition holds, where readings alone say so.
    fn decided(&self, condition: &Expr) -> Option<bool> {
        match &condition.kind {
            ExprKind::Const(Value::Bool(known)) => Some(*known),
            ExprKind::Not(inner) => self.decided(inner).map(|known| !known),
            ExprKind::And(a, b) => match (self.decided(a), self.decided(b)) {
                (Some(false), _) => Some(false),
                (Some(true), second) => second,
                (None, _) => None,
            },
            ExprKind::Or(a, b) => match (self.decided(a), self.decided(b)) {
                (Some(true), _) => Some(true),
                (Some(false), second) => second,
                (None, _) => None,
            },
            ExprKind::Compare(first, rest) => match rest.as_slice() {
                [(CmpOp::Eq, second)] => Some(self.value(first)? == self.value(second)?),
                [(CmpOp::Ne, second)] => Some(self.value(first)? != self.value(second)?),
                _ => None,
            },
            ExprKind::In(item, list, negated) => {
                let ExprKind::List(items) = &list.kind else { return None };
                let item = self.value(item)?;
                let items: Vec<Value> = items.iter().map(|one| self.value(one)).collect::<Option<_>>()?;
                Some(items.contains(&item) != *negated)
            }
            _ => None,
        }
    }

    fn value(&self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Const(value) => Some(value.clone()),
            ExprKind::Assumption(index) => {
                let assumption = self.program.assumptions.get(*index)?;
                let reading = self.choices.reading(*index).unwrap_or(assumption.chosen);
                Some(Value::Symbol(assumption.readings.values.get(reading)?.clone()))
            }
            _ => None,
        }
    }
}

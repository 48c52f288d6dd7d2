//! How a rule concludes about rows, and what decided.

use super::Lowering;
use super::emit::Truth;
use super::figure::{Figure, What};
use crate::columns::program::{Mask, Op};
use crate::ir::{Case, Requirement, Rule, RuleBody, RuleId};
use crate::plan::BoundKind;
use crate::syntax::ast::CmpOp;
use crate::value::Value;
use std::sync::Arc;

/// Requirements whose every combination has a code.
const MOST_REQUIREMENTS: usize = 10;

impl Lowering<'_, '_, '_> {
    /// Lowers a rule; its figure is found in `concluded` then.
    pub fn rule(&mut self, id: RuleId, rule: &Rule) {
        self.exhausted = false;
        self.awaits = false;
        let mut frame = vec![Figure::constant(Value::Absent); rule.slots.max(1)];
        if let Some(own) = frame.first_mut() {
            *own = Figure::sure(What::Row { row: None, table: self.table });
        }
        let figure = match &rule.body {
            RuleBody::Value(formula) => self.lower(formula, &mut frame),
            RuleBody::Cases(cases) => {
                let (figure, decided) = self.cases(cases, &mut frame);
                self.decided.insert(id, decided);
                figure
            }
            RuleBody::All(requirements) => self.requirements(id, requirements, &mut frame),
            RuleBody::Allocate(_) => self.nothing(),
        };
        let figure = self.ranged(id, rule, figure);
        self.concluded.insert(id, figure);
    }

    /// A conclusion that is in doubt where it lies outside the rule's range: there it is none.
    fn ranged(&mut self, id: RuleId, rule: &Rule, mut figure: Figure) -> Figure {
        for bound in &rule.bounds {
            let op = match bound.kind {
                BoundKind::Min => CmpOp::Ge,
                BoundKind::Max => CmpOp::Le,
                BoundKind::Above => CmpOp::Gt,
                BoundKind::Below => CmpOp::Lt,
            };
            let (inside, doubt) = self.compare(op, &figure, &Figure::constant(bound.value.clone()));
            let outside = self.not(inside);
            let outside = self.rows_of(outside);
            let doubt = self.either(doubt, outside);
            figure.doubt = self.either(figure.doubt, doubt);
        }
        if !rule.bounds.is_empty()
            && let Some(mut decided) = self.decided.remove(&id)
        {
            decided.doubt = self.either(decided.doubt, figure.doubt);
            self.decided.insert(id, decided);
        }
        figure
    }

    /// The value of the first case that applies, and its clause.
    fn cases(&mut self, cases: &[Case], frame: &mut Vec<Figure>) -> (Figure, Figure) {
        let Some((case, rest)) = cases.split_first() else { return (self.nothing(), self.nothing()) };
        let clause = case.cite.clone().map_or(Value::Absent, Value::Text);
        let mut scope = frame.clone();
        let (condition, doubt) = match &case.when {
            None => (Truth::Known(true), None),
            Some(when) => {
                let when = self.lower(when, frame);
                self.truth(&when)
            }
        };
        let (mut value, mut decided) = match condition {
            Truth::Known(true) => (self.lower(&case.then, frame), Figure::constant(clause)),
            Truth::Known(false) => self.cases(rest, &mut scope),
            Truth::By(mask) => {
                let then = self.within(condition, true, |s| s.lower(&case.then, frame));
                let (later, later_clause) = self.within(condition, false, |s| s.cases(rest, &mut scope));
                let value = self.select(mask, &then, &later);
                (value, self.select(mask, &Figure::constant(clause), &later_clause))
            }
        };
        value.doubt = self.either(value.doubt, doubt);
        // Where the value is in doubt, so is what decided: the rule has no value there, perhaps.
        decided.doubt = self.either(decided.doubt, value.doubt);
        (value, decided)
    }

    /// Whether every requirement is met; all are asked, for the reasons.
    fn requirements(&mut self, id: RuleId, requirements: &[Requirement], frame: &mut Vec<Figure>) -> Figure {
        let (mut all, mut doubt) = (Truth::Known(true), None);
        let mut unmet: Vec<(Truth, Arc<str>)> = Vec::with_capacity(requirements.len());
        for requirement in requirements {
            let met = self.lower(&requirement.require, frame);
            let (met, more) = self.truth(&met);
            doubt = self.either(doubt, more);
            all = self.and(all, met);
            let not = self.not(met);
            unmet.push((not, Arc::clone(&requirement.reason)));
        }
        let reasons = self.reasons(&unmet, doubt);
        self.decided.insert(id, reasons);
        Self::flag(all, doubt)
    }

    /// The reasons as codes: each set of requirements not met has its list.
    fn reasons(&mut self, unmet: &[(Truth, Arc<str>)], doubt: Option<Mask>) -> Figure {
        if unmet.len() > MOST_REQUIREMENTS {
            return self.nothing();
        }
        let mut lists: Vec<Value> = Vec::new();
        let mut table: Vec<i64> = Vec::new();
        for set in 0..1_usize << unmet.len() {
            let mut reasons: Vec<Value> = Vec::new();
            for (bit, (_, reason)) in unmet.iter().enumerate() {
                let reason = Value::Symbol(Arc::clone(reason));
                if set >> bit & 1 == 1 && !reasons.contains(&reason) {
                    reasons.push(reason);
                }
            }
            // Requirements may share a reason, and sets of them then a list: a list has one code.
            let list = Value::List(reasons.into());
            let place = lists.iter().position(|l| *l == list).unwrap_or_else(|| {
                lists.push(list);
                lists.len().saturating_sub(1)
            });
            table.push(i64::try_from(place).unwrap_or(i64::MAX));
        }
        if let Some(planes) = self.code_of(unmet.iter().map(|(truth, _)| *truth).collect(), lists.len())
            && lists.len() == table.len()
        {
            return Figure { what: What::Code(planes, lists.into()), absent: None, doubt };
        }
        let mut code = self.number_op(|to| Op::Fill { value: 0, to });
        for (bit, (truth, _)) in unmet.iter().enumerate() {
            let weight = 1_i64 << bit;
            code = match truth {
                Truth::Known(false) => code,
                Truth::Known(true) => {
                    self.number_op(|to| Op::Affine { a: code, times: 1, plus: weight, to, doubt: None })
                }
                Truth::By(mask) => {
                    let b = self.number_op(|to| Op::Number { mask: *mask, to });
                    self.number_op(|to| Op::Combine {
                        a: code,
                        times_a: 1,
                        b,
                        times_b: weight,
                        to,
                        doubt: None,
                    })
                }
            };
        }
        if lists.len() < table.len() {
            code = self.number_op(|to| Op::Map { a: code, table: table.into(), to });
        }
        Figure { what: What::Code(code, lists.into()), absent: None, doubt }
    }
}

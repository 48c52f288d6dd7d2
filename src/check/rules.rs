//! Rules: their formulas, cases, requirements and allocations.

use super::context::{Allowed, Context, has_fault};
use super::declare::plain;
use super::facts::{self, Facts};
use super::fit::join;
use super::globals::{Globals, PossibleGap};
use super::inputs;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{self, Expr, Rule, RuleId};
use crate::library::is_ordered;
use crate::plan::{self, RuleBody};
use crate::value::Type;
use std::sync::Arc;

/// Checks a rule and keeps it; answers its type where it has no fault.
pub fn check(globals: &mut Globals, id: RuleId) -> Option<Type> {
    let info = globals.rules.get(id.0)?;
    let (table, declared) = (info.table, info.standing.ty.clone());
    let document = Arc::clone(&globals.document);
    let rule = document.rules.get(id.0)?;
    let mut context = Context::new(globals, Allowed::Rules, table);
    let (body, ty) = context.rule_body(id, rule, declared.as_ref());
    let slots = context.slots;
    let mut faulty = false;
    body.formulas(&mut |formula| faulty |= has_fault(formula));
    if !context.settle(faulty) {
        return None;
    }
    let ty = declared.unwrap_or(ty);
    if !globals.is_bounded(&ty, &rule.name) {
        return None;
    }
    let bounds = inputs::bounds(globals, None, &rule.name, ty.required(), &rule.bounds);
    globals.rules.get_mut(id.0)?.checked = Some(Box::new(Rule {
        name: rule.name.clone(),
        table,
        ty: ty.clone(),
        private: rule.private,
        bounds,
        body,
        slots,
        cite: plain(&rule.notes.cite),
        about: rule.notes.about.clone(),
        change: rule.notes.approval(),
    }));
    Some(ty)
}

impl Context<'_> {
    fn rule_body(&mut self, id: RuleId, rule: &plan::Rule, declared: Option<&Type>) -> (ir::RuleBody, Type) {
        let place = format!("`{}`", rule.name.value);
        match &rule.body {
            RuleBody::Value(expr) => {
                let value = match declared {
                    Some(ty) => self.check(expr, ty, &place),
                    None => self.infer(expr, None),
                };
                let ty = value.ty.clone();
                (ir::RuleBody::Value(value), ty)
            }
            RuleBody::Cases { cases, otherwise } => {
                let found = self.cases(rule, cases, otherwise.as_ref(), declared);
                if otherwise.is_none() {
                    self.note_gap(id, rule, &found.0);
                }
                found
            }
            RuleBody::All(requirements) => {
                let checked = self.requirements(requirements);
                if let Some(ty) = declared
                    && *ty != Type::Bool
                {
                    let diagnostic = self.misfit(&Type::Bool, ty, rule.name.span, &place);
                    self.diagnostics
                        .push(diagnostic.help("a rule with `all` is true or false: leave its `type` out"));
                }
                (ir::RuleBody::All(checked), Type::Bool)
            }
            RuleBody::Allocate(allocate) => self.allocate(rule, allocate, declared),
        }
    }

    fn cases(
        &mut self,
        rule: &plan::Rule,
        cases: &[plan::Case],
        otherwise: Option<&plan::Otherwise>,
        declared: Option<&Type>,
    ) -> (ir::RuleBody, Type) {
        let place = format!("`{}`", rule.name.value);
        let mut left = Facts::default();
        let mut checked = Vec::new();
        let mut joined: Option<Expr> = None;
        let mut guide = declared.cloned();
        for case in cases {
            let when = self.knowing(&left, |c| c.condition(&case.when, "`when`"));
            let (yes, no) = facts::of_condition(&when);
            let known = left.clone().and(&yes);
            if known.is_impossible() {
                let (why, help) = if yes.is_impossible() {
                    ("no value satisfies this", "mend the condition, or leave the case out")
                } else {
                    ("the cases above have decided it", "leave the case out, or move it up")
                };
                self.diagnostics.push(
                    Diagnostic::warning(Code::UnreachableCase, "this case can never apply")
                        .label(when.span, why)
                        .help(help),
                );
            }
            let then = self.knowing(&known, |c| c.case_value(&case.then, guide.as_ref(), declared, &place));
            self.join_case(&mut joined, &mut guide, &then);
            checked.push(ir::Case {
                when: Some(when),
                then,
                cite: case.cite.as_ref().map(|c| Arc::clone(&c.value)),
            });
            left = left.and(&no);
        }
        if let Some(last) = otherwise {
            if left.is_impossible() {
                self.diagnostics.push(
                    Diagnostic::warning(Code::UnreachableCase, "every value is decided by the cases above")
                        .label(last.then.span, "this is never reached")
                        .help("leave the `otherwise` out"),
                );
            }
            let then = self.knowing(&left, |c| c.case_value(&last.then, guide.as_ref(), declared, &place));
            self.join_case(&mut joined, &mut guide, &then);
            checked.push(ir::Case {
                when: None,
                then,
                cite: last.cite.as_ref().map(|c| Arc::clone(&c.value)),
            });
        }
        let ty = joined.map_or(Type::Never, |e| e.ty);
        (ir::RuleBody::Cases(checked), ty)
    }

    /// Notes that cases without `otherwise` leave a gap, as far as presence and names tell.
    fn note_gap(&mut self, id: RuleId, rule: &plan::Rule, body: &ir::RuleBody) {
        let ir::RuleBody::Cases(cases) = body else { return };
        let (mut left, mut has_order) = (Facts::default(), false);
        for when in cases.iter().filter_map(|case| case.when.as_ref()) {
            // Where a condition has a fault, it cannot be said what is left.
            if has_fault(when) {
                return;
            }
            left = left.and(&facts::of_condition(when).1);
            ir::walk(when, &mut |part| {
                has_order |= matches!(&part.kind, ir::ExprKind::Compare(first, _)
                    if matches!(first.ty.required(), Type::Number(_) | Type::Date));
            });
        }
        if left.is_impossible() {
            return;
        }
        let message = format!("the cases of `{}` leave a gap", rule.name.value);
        let problem = Diagnostic::error(Code::MissingOtherwise, message)
            .label(rule.name.span, "no `otherwise` here")
            .help("say what holds where none of them applies: `otherwise = \"...\"`");
        self.globals.gaps.push(PossibleGap { rule: id, has_order, problem });
    }

    fn case_value(
        &mut self,
        expr: &crate::syntax::ast::Expr,
        guide: Option<&Type>,
        declared: Option<&Type>,
        place: &str,
    ) -> Expr {
        match declared {
            Some(ty) => self.check(expr, ty, place),
            None => self.infer(expr, guide),
        }
    }

    fn join_case(&mut self, joined: &mut Option<Expr>, guide: &mut Option<Type>, value: &Expr) {
        let ty = match joined.as_ref() {
            None => value.ty.clone(),
            Some(before) => match join(&before.ty, &value.ty) {
                Some(ty) => ty,
                None => self.joined(before, value),
            },
        };
        if guide.is_none() && !matches!(ty, Type::Never | Type::Absent) {
            *guide = Some(ty.clone());
        }
        *joined = Some(Expr { ty, ..value.clone() });
    }

    fn requirements(&mut self, requirements: &[plan::Requirement]) -> Vec<ir::Requirement> {
        requirements
            .iter()
            .map(|r| ir::Requirement {
                require: self.condition(&r.require, "`require`"),
                reason: Arc::clone(&r.reason.value),
                cite: r.cite.as_ref().map(|c| Arc::clone(&c.value)),
            })
            .collect()
    }

    fn allocate(
        &mut self,
        rule: &plan::Rule,
        allocate: &plan::Allocate,
        declared: Option<&Type>,
    ) -> (ir::RuleBody, Type) {
        if self.row.is_none() {
            self.diagnostics.push(
                Diagnostic::error(
                    Code::BadRule,
                    format!("`{}` allocates, but is no rule of a table", rule.name.value),
                )
                .label(rule.name.span, "a figure of the plan has no rows to allocate to")
                .help("put the rule under a table, as in `[rules.participants.NAME]`"),
            );
        }
        let parts = self.number(&allocate.parts, "`parts`");
        // One step for all rows: it is checked where the row is not in sight.
        let row = self.row.take();
        let step = self.check(&allocate.step, &parts.ty.clone(), "`step`");
        self.step(&step, "`step`");
        self.row = row;
        let ties = self.present(&allocate.ties, None, "`ties`");
        if !is_ordered(&ties.ty) {
            let found = self.show(&ties.ty);
            self.diagnostics.push(
                Diagnostic::error(
                    Code::WrongType,
                    format!("`ties` needs values with an order, found `{found}`"),
                )
                .label(ties.span, format!("this is `{found}`"))
                .help("name a field of the row that is text, a number or a date, such as its key"),
            );
        }
        let within = allocate.within.as_ref().map(|w| self.present(w, None, "`within`"));
        let ty = parts.ty.clone();
        if let Some(wanted) = declared {
            self.require(&parts, wanted, &format!("`{}`", rule.name.value));
        }
        (ir::RuleBody::Allocate(Box::new(ir::Allocate { parts, step, ties, within })), ty)
    }
}

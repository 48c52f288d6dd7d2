//! Types of formulas: the walk over the syntax tree, choices, variables, lists and records.

use super::context::{Context, broken};
use super::facts::{self, Facts};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Expr, ExprKind, MatchArm};
use crate::source::{Name, Span};
use crate::syntax::ast;
use crate::value::{Field, Presentation, RecordType, Type, Unit, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

impl Context<'_> {
    /// Checks a formula that must be of a type.
    pub fn check(&mut self, expr: &ast::Expr, wanted: &Type, place: &str) -> Expr {
        let checked = self.infer(expr, Some(wanted));
        if self.require(&checked, wanted, place) { checked } else { broken(checked.span) }
    }

    /// Checks a condition.
    pub fn condition(&mut self, expr: &ast::Expr, place: &str) -> Expr {
        self.check(expr, &Type::Bool, place)
    }

    /// Checks a value that must be present.
    pub fn present(&mut self, expr: &ast::Expr, expected: Option<&Type>, place: &str) -> Expr {
        let checked = self.infer(expr, expected);
        if checked.ty.is_optional() {
            let diagnostic = self.unhandled(&checked.ty, checked.span, place);
            self.diagnostics.push(diagnostic);
            return broken(checked.span);
        }
        checked
    }

    /// Finds the type of a formula; `expected` is the type its place needs, where known, and decides
    /// what names of enumerations mean.
    pub fn infer(&mut self, expr: &ast::Expr, expected: Option<&Type>) -> Expr {
        use ast::ExprKind as K;
        let span = expr.span;
        let constant = |value: Value, ty: Type| Expr { kind: ExprKind::Const(value), ty, span };
        match &expr.kind {
            K::Absent => match expected.map(Type::required) {
                // An enumeration may have a value of this name; its place decides.
                Some(Type::Enum(names)) if names.values.iter().any(|v| &**v == "absent") => {
                    super::context::symbol(&Arc::from("absent"), names, span)
                }
                _ => constant(Value::Absent, Type::Absent),
            },
            K::Bool(value) => constant(Value::Bool(*value), Type::Bool),
            K::Date(date) => constant(Value::Date(*date), Type::Date),
            K::Text(text) => constant(Value::Text(Arc::clone(text)), Type::Text),
            K::Number { value, unit, percent } => {
                let unit = match unit {
                    _ if *percent => Some(Unit::dimensionless(Presentation::Percent)),
                    None => Some(Unit::none()),
                    Some(unit) => self.unit(unit),
                };
                match unit {
                    Some(unit) => constant(Value::Number(value.clone()), Type::Number(unit)),
                    None => broken(span),
                }
            }
            K::Name(name) => self.name(name, expected),
            K::Field(base, name) => self.field(base, name, span),
            K::Call(name, args) => self.call(name, args, span),
            K::Lookup(table, keys) => self.lookup(table, keys, span),
            K::At(term, date) => self.term_at(term, date, span),
            K::Negate(inner) => {
                let inner = self.number(inner, "`-`");
                Expr { ty: inner.ty.clone(), kind: ExprKind::Negate(Box::new(inner)), span }
            }
            K::Not(inner) => {
                let inner = self.condition(inner, "`not`");
                Expr { kind: ExprKind::Not(Box::new(inner)), ty: Type::Bool, span }
            }
            K::Power(base, exponent) => {
                let base = self.number(base, "`^`");
                let ty = match &base.ty {
                    Type::Number(unit) => Type::Number(unit.power(*exponent)),
                    other => other.clone(),
                };
                self.reasonable(Expr { kind: ExprKind::Power(Box::new(base), *exponent), ty, span })
            }
            K::Binary(ast::BinOp::And | ast::BinOp::Or, ..) => self.logic(expr),
            K::Binary(op, at, a, b) => self.arithmetic(*op, *at, a, b, expected, span),
            K::Compare(first, rest) => self.comparison(first, rest, span),
            K::In { item, list, negated } => self.membership(item, list, *negated, span),
            K::IsPresent { value, negated } => {
                let value = self.infer(value, None);
                if !value.ty.is_optional() && value.ty != Type::Never {
                    self.needless(value.span, "this is always present", None);
                }
                Expr { kind: ExprKind::IsPresent(Box::new(value), *negated), ty: Type::Bool, span }
            }
            K::Otherwise(a, b) => {
                let a = self.infer(a, expected);
                if !a.ty.is_optional() && a.ty != Type::Never {
                    let text = "this is always present, so what follows `otherwise` is never used";
                    let guard = Span { start: a.span.end, end: b.span.end, ..a.span };
                    self.needless(a.span, text, Some(guard));
                }
                let mut required = a.clone();
                required.ty = a.ty.required().clone();
                if required.ty == Type::Absent {
                    required.ty = Type::Never;
                }
                let wanted =
                    if required.ty == Type::Never { expected.cloned() } else { Some(required.ty.clone()) };
                let b = self.infer(b, wanted.as_ref());
                let rule = "what follows `otherwise` must be of the same kind as the value it stands in for";
                let ty = self.joined_as(&required, &b, "one value is", rule);
                Expr { kind: ExprKind::Otherwise(Box::new(a), Box::new(b)), ty, span }
            }
            K::If(condition, then, otherwise) => {
                let condition = self.condition(condition, "`if`");
                let (yes, no) = facts::of_condition(&condition);
                let then = self.knowing(&yes, |c| c.infer(then, expected));
                let guide = expected.cloned().or_else(|| guide(&then));
                let otherwise = self.knowing(&no, |c| c.infer(otherwise, guide.as_ref()));
                let ty = self.joined(&then, &otherwise);
                Expr {
                    kind: ExprKind::If(Box::new(condition), Box::new(then), Box::new(otherwise)),
                    ty,
                    span,
                }
            }
            K::Match { subject, arms, otherwise } => {
                self.matching(subject, arms, otherwise.as_deref(), expected, span)
            }
            K::Let { name, value, body } => {
                let value = self.infer(value, None);
                let slot = self.bind(name, value.ty.clone());
                let body = self.infer(body, expected);
                self.unbind(true);
                let ty = body.ty.clone();
                let label = Arc::clone(&name.value);
                Expr { kind: ExprKind::Let(slot, label, Box::new(value), Box::new(body)), ty, span }
            }
            K::List(items) => self.list(items, expected, span),
            K::Record(fields) => self.record(fields, expected, span),
            K::With(base, fields) => self.with(base, fields, expected, span),
            K::Query(query) => {
                let item = match expected.map(Type::required) {
                    Some(Type::List(item)) => Some((**item).clone()),
                    _ => None,
                };
                self.query(query, item.as_ref(), span)
            }
            K::Fold { state, initial, query, running } => {
                self.fold(state, initial, query, *running, expected, span)
            }
            K::Fail(message) => Expr { kind: ExprKind::Fail(Arc::clone(message)), ty: Type::Never, span },
            K::ClauseOf(rule) => self.clause_of(rule, span),
            K::ReasonsOf(rule) => self.reasons_of(rule, span),
        }
    }

    /// Looks at formulas beside one that has a fault: what they name counts as used, and what is wrong
    /// with them cannot be told yet.
    pub fn touch<'e>(&mut self, formulas: impl IntoIterator<Item = &'e ast::Expr>) {
        let before = self.diagnostics.len();
        for formula in formulas {
            self.infer(formula, None);
        }
        self.diagnostics.truncate(before);
    }

    /// Says that a value is guarded for nothing; `guard` is what can be taken away, where that is all.
    fn needless(&mut self, span: Span, text: &str, guard: Option<Span>) {
        let warning = Diagnostic::warning(Code::NeedlessOtherwise, "this value is never absent")
            .label(span, text)
            .help("leave the guard out, or check that this is the value you mean");
        // A remark within it would go too: somebody has to look at that.
        let bare = |guard: &Span| !self.globals.document.sources.slice(*guard).contains('#');
        self.diagnostics.push(match guard.filter(bare) {
            Some(guard) => warning.fix(guard, ""),
            None => warning,
        });
    }

    /// Resolves a unit written after a number.
    pub fn unit(&mut self, unit: &ast::UnitExpr) -> Option<Unit> {
        match super::types::unit(self.globals, unit) {
            Ok(unit) => unit,
            Err(diagnostic) => {
                self.diagnostics.push(*diagnostic);
                None
            }
        }
    }

    /// Checks a number that must be present.
    pub fn number(&mut self, expr: &ast::Expr, place: &str) -> Expr {
        let checked = self.present(expr, None, place);
        if matches!(checked.ty, Type::Number(_) | Type::Never) {
            return checked;
        }
        let found = self.show(&checked.ty);
        self.fault(
            Diagnostic::error(Code::WrongType, format!("{place} needs a number, found `{found}`"))
                .label(checked.span, format!("this is `{found}`"))
                .help("write a formula whose value is a number"),
            checked.span,
        )
    }

    fn matching(
        &mut self,
        subject: &ast::Expr,
        arms: &[ast::MatchArm],
        otherwise: Option<&ast::Expr>,
        expected: Option<&Type>,
        span: Span,
    ) -> Expr {
        let subject = self.present(subject, None, "`match`");
        let mut left = Facts::default();
        let mut seen: BTreeSet<Arc<str>> = BTreeSet::new();
        let mut checked: Vec<MatchArm> = Vec::new();
        let mut result: Option<Expr> = None;
        let mut guide_type = expected.cloned();
        for arm in arms {
            let ty = subject.ty.clone();
            let patterns: Vec<Expr> =
                arm.patterns.iter().map(|p| self.check(p, &ty, "a value of this `match`")).collect();
            let mut names = BTreeSet::new();
            for pattern in &patterns {
                if let ExprKind::Const(Value::Symbol(name)) = &pattern.kind {
                    names.insert(Arc::clone(name));
                    if !seen.insert(Arc::clone(name)) {
                        self.diagnostics.push(
                            Diagnostic::error(
                                Code::UnreachableCase,
                                format!("`{name}` was already decided above"),
                            )
                            .label(pattern.span, "this is never reached")
                            .help("leave out one of the two"),
                        );
                    }
                }
            }
            let (yes, no) = facts::of_names(&subject, &names);
            let known = left.clone().and(&yes);
            let value = self.knowing(&known, |c| c.infer(&arm.value, guide_type.as_ref()));
            guide_type = guide_type.or_else(|| guide(&value));
            let ty = result.as_ref().map_or_else(|| value.ty.clone(), |r| self.joined(r, &value));
            result = Some(Expr { ty, ..value.clone() });
            checked.push(MatchArm { patterns, value });
            left = left.and(&no);
        }
        let all_decided = match &subject.ty {
            Type::Enum(names) => names.values.iter().all(|v| seen.contains(v)),
            Type::Never => true,
            _ => false,
        };
        let otherwise = otherwise.map(|e| self.knowing(&left, |c| c.infer(e, guide_type.as_ref())));
        if let Some(value) = &otherwise {
            if all_decided && subject.ty != Type::Never {
                self.diagnostics.push(
                    Diagnostic::warning(Code::UnreachableCase, "every value is decided above")
                        .label(value.span, "this is never reached")
                        .help("leave the `else` out"),
                );
            }
            let ty = result.as_ref().map_or_else(|| value.ty.clone(), |r| self.joined(r, value));
            result = Some(Expr { ty, ..value.clone() });
        } else if !all_decided {
            let missing = match &subject.ty {
                Type::Enum(names) => {
                    let open: Vec<Arc<str>> =
                        names.values.iter().filter(|v| !seen.contains(*v)).cloned().collect();
                    let are = if open.len() == 1 { "is" } else { "are" };
                    format!("{} {are} not decided", super::context::listed(&open, "and"))
                }
                _ => "other values are not decided".to_owned(),
            };
            self.diagnostics.push(
                Diagnostic::error(Code::MissingOtherwise, format!("this `match` leaves a gap: {missing}"))
                    .label(span, "no `else` here")
                    .help("add the missing values, or end with `else ...`"),
            );
        }
        let ty = result.map_or(Type::Never, |r| r.ty);
        Expr { kind: ExprKind::Match(Box::new(subject), checked, otherwise.map(Box::new)), ty, span }
    }

    fn list(&mut self, items: &[ast::Expr], expected: Option<&Type>, span: Span) -> Expr {
        let mut wanted = match expected.map(Type::required) {
            Some(Type::List(item)) => Some((**item).clone()),
            // Beside a formula with a fault, the items may be values of an enumeration.
            Some(Type::Never) => Some(Type::Never),
            _ => None,
        };
        let mut checked: Vec<Expr> = Vec::new();
        let mut item: Option<Expr> = None;
        for e in items {
            let value = self.infer(e, wanted.as_ref());
            wanted = wanted.or_else(|| guide(&value));
            let rule = "the items of a list must be of the same kind";
            let ty = item
                .as_ref()
                .map_or_else(|| value.ty.clone(), |r| self.joined_as(r, &value, "one item is", rule));
            item = Some(Expr { ty, ..value.clone() });
            checked.push(value);
        }
        let ty = item.map_or(Type::Never, |e| e.ty).list();
        Expr { kind: ExprKind::List(checked), ty, span }
    }

    fn record(&mut self, fields: &[(Name, ast::Expr)], expected: Option<&Type>, span: Span) -> Expr {
        let wanted = match expected.map(Type::required) {
            Some(Type::Record(record)) => Some(Arc::clone(record)),
            _ => None,
        };
        let mut checked: Vec<(Name, Expr)> = Vec::new();
        for (name, value) in fields {
            if checked.iter().any(|(n, _)| n.value == name.value) {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::DuplicateName,
                        format!("the field `{}` is given twice", name.value),
                    )
                    .label(name.span, "given again here")
                    .help("leave one of the two out"),
                );
                continue;
            }
            let hint = wanted
                .as_ref()
                .and_then(|w| w.fields.iter().find(|f| f.name == name.value))
                .map(|f| f.ty.clone());
            let value = self.infer(value, hint.as_ref());
            checked.push((name.clone(), value));
        }
        // Where the record's type is known its fields take that order, whatever the order written.
        if let Some(wanted) = &wanted {
            let rank = |n: &Name| wanted.fields.iter().position(|f| f.name == n.value).unwrap_or(usize::MAX);
            checked.sort_by_key(|(n, _)| rank(n));
        }
        let types =
            checked.iter().map(|(n, v)| Field { name: Arc::clone(&n.value), ty: v.ty.clone() }).collect();
        let ty = Type::Record(Arc::new(RecordType { fields: types }));
        Expr { kind: ExprKind::MakeRecord(checked.into_iter().map(|(_, v)| v).collect()), ty, span }
    }

    fn with(
        &mut self,
        base: &ast::Expr,
        fields: &[(Name, ast::Expr)],
        expected: Option<&Type>,
        span: Span,
    ) -> Expr {
        let base = self.present(base, expected, "`with`");
        let Type::Record(record) = base.ty.clone() else {
            self.touch(fields.iter().map(|(_, value)| value));
            if base.ty == Type::Never {
                return base;
            }
            let found = self.show(&base.ty);
            return self.fault(
                Diagnostic::error(Code::WrongType, format!("`with` needs a record, found `{found}`"))
                    .label(base.span, format!("this is `{found}`"))
                    .help("`with` replaces fields of a record, as in `state with { price: p }`"),
                span,
            );
        };
        let members: Vec<Arc<str>> = record.fields.iter().map(|f| Arc::clone(&f.name)).collect();
        let mut replaced = Vec::new();
        let mut types = record.fields.clone();
        for (name, value) in fields {
            let Some(index) = record.fields.iter().position(|f| f.name == name.value) else {
                self.unknown_field(name, "this record", &members, span);
                continue;
            };
            let old = record.fields.get(index).map_or(Type::Never, |f| f.ty.clone());
            let value = self.infer(value, Some(&old));
            let ty = if let Some(ty) = super::fit::join(&old, &value.ty) {
                ty
            } else {
                let diagnostic = self.misfit(&value.ty, &old, value.span, &format!("`{}`", name.value));
                self.diagnostics.push(diagnostic);
                old
            };
            if let Some(field) = types.get_mut(index) {
                field.ty = ty;
            }
            replaced.push((index, value));
        }
        let ty = Type::Record(Arc::new(RecordType { fields: types }));
        Expr { kind: ExprKind::With(Box::new(base), replaced), ty, span }
    }
}

/// The type of one branch as a guide for the names of the next.
fn guide(expr: &Expr) -> Option<Type> {
    (!matches!(expr.ty, Type::Never | Type::Absent)).then(|| expr.ty.clone())
}

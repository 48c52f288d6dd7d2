//! Types of accesses, look-ups, terms, and calls of functions.

use super::context::{Context, broken, listed};
use super::globals::Global;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Expr, ExprKind, FunctionId, RuleId, Use};
use crate::library;
use crate::plan::RuleBody;
use crate::source::{Name, Span};
use crate::syntax::ast;
use crate::value::{EnumType, Type};
use std::sync::Arc;

/// What to do about a step that is not above zero.
pub const STEP: &str = "write a step such as `0.01 USD` or `1 share`";

impl Context<'_> {
    /// `base.field`; `plan.name` and `assumption.name` are places of their own.
    pub fn field(&mut self, base: &ast::Expr, name: &Name, span: Span) -> Expr {
        if let ast::ExprKind::Name(root) = &base.kind
            && !self.sees(&root.value)
        {
            match &*root.value {
                "assumption" => return self.assumption(name, span),
                "plan" => {
                    return if let Some(expr) = self.global(name) {
                        Expr { span, ..expr }
                    } else {
                        let names: Vec<Arc<str>> = self.globals.items.keys().cloned().collect();
                        self.unknown_field(name, "the plan", &names, span)
                    };
                }
                _ => {}
            }
        }
        let base = self.infer(base, None);
        self.access(base, name, span)
    }

    fn assumption(&mut self, name: &Name, span: Span) -> Expr {
        let found = self.globals.program.assumptions.iter().position(|a| a.name.value == name.value);
        let Some(index) = found else {
            if self.globals.is_broken(&name.value) {
                return broken(span);
            }
            let names: Vec<Arc<str>> =
                self.globals.program.assumptions.iter().map(|a| Arc::clone(&a.name.value)).collect();
            let near = self.globals.near(&name.value, names.iter().map(|n| &**n));
            return self.fault(
                Diagnostic::error(Code::UnknownName, format!("there is no assumption `{}`", name.value))
                    .label(name.span, "no such assumption")
                    .help_maybe(
                        near.or_else(|| Some(format!("declare it under `[assumptions.{}]`", name.value))),
                    ),
                span,
            );
        };
        self.globals.touched.insert(Use::Assumption(index));
        let readings = self.globals.program.assumptions.get(index).map(|a| Arc::clone(&a.readings));
        let ty = readings.map_or(Type::Never, Type::Enum);
        self.narrowed(ExprKind::Assumption(index), ty, span)
    }

    /// A field of a value.
    fn access(&mut self, base: Expr, name: &Name, span: Span) -> Expr {
        match base.ty.clone().required() {
            Type::Never => broken(span),
            Type::Row(table) => self.row_member(base, *table, name, span),
            Type::Record(record) => {
                if let ExprKind::Record(index) = base.kind {
                    let fields = self.globals.records.get(index).map(|r| &r.fields);
                    let found =
                        fields.and_then(|fields| fields.iter().position(|f| f.name.value == name.value));
                    if let Some(field) = found {
                        return self.record_field(index, field, span);
                    }
                    let (of, members): (String, Vec<Arc<str>>) =
                        self.globals.records.get(index).map_or_else(Default::default, |r| {
                            (
                                format!("`{}`", r.name.value),
                                r.fields.iter().map(|f| Arc::clone(&f.name.value)).collect(),
                            )
                        });
                    return self.unknown_field(name, &of, &members, span);
                }
                let Some(index) = record.fields.iter().position(|f| f.name == name.value) else {
                    let members: Vec<Arc<str>> = record.fields.iter().map(|f| Arc::clone(&f.name)).collect();
                    return self.unknown_field(name, "this record", &members, span);
                };
                let ty = record.fields.get(index).map_or(Type::Never, |f| f.ty.clone());
                let ty = if base.ty.is_optional() { ty.optional() } else { ty };
                self.narrowed(ExprKind::RecordField(Box::new(base), index), ty, span)
            }
            Type::List(item)
                if matches!(item.required(), Type::Row(_) | Type::Record(_)) && !base.ty.is_optional() =>
            {
                let variable = Name::new(Arc::from("_item"), base.span);
                let slot = self.bind(&variable, (**item).clone());
                let row = Expr { kind: ExprKind::Local(slot), ty: (**item).clone(), span: base.span };
                let access = self.access(row, name, span);
                self.unbind(false);
                let ty = access.ty.clone().list();
                Expr {
                    kind: ExprKind::Project { list: Box::new(base), slot, access: Box::new(access) },
                    ty,
                    span,
                }
            }
            other => {
                let found = self.show(other);
                self.fault(
                    Diagnostic::error(Code::UnknownField, format!("`{found}` has no fields"))
                        .label(base.span, format!("this is `{found}`"))
                        .help(match library::find(&name.value) {
                            Some(_) => format!("`{0}` is a function: write `{0}(...)`", name.value),
                            None => format!(
                                "leave `.{}` out, or take it of a record, a row or a table",
                                name.value
                            ),
                        }),
                    span,
                )
            }
        }
    }

    /// `table[key]`.
    pub fn lookup(&mut self, table: &ast::Expr, keys: &[ast::Expr], span: Span) -> Expr {
        let base = self.infer(table, None);
        let ExprKind::Table(index) = base.kind else {
            if base.ty == Type::Never {
                return broken(span);
            }
            let found = self.show(&base.ty);
            return self.fault(
                Diagnostic::error(Code::WrongType, "only a row of an input table can be looked up by its key")
                    .label(base.span, format!("this is `{found}`"))
                    .help("write the table's name before `[`; to find items of a list use `first(x in list where ...)`"),
                span,
            );
        };
        let (types, name): (Vec<Type>, String) =
            self.globals.tables.get(index).map_or_else(Default::default, |t| {
                let types = t.key.iter().filter_map(|k| t.fields.get(*k)).map(|f| f.ty.clone()).collect();
                (types, t.name.value.to_string())
            });
        if types.len() != keys.len() {
            let (needs, found) = (types.len(), keys.len());
            return self.fault(
                Diagnostic::error(
                    Code::WrongArguments,
                    format!("the key of `{name}` has {needs} {}, found {found}", plural(needs, "field")),
                )
                .label(span, format!("{found} {} here", plural(found, "value")))
                .help("give one value for each field of the table's key, in its order"),
                span,
            );
        }
        let place = format!("the key of `{name}`");
        let keys: Vec<Expr> = keys.iter().zip(&types).map(|(k, ty)| self.check(k, ty, &place)).collect();
        self.narrowed(ExprKind::Lookup(index, keys), Type::Row(index).optional(), span)
    }

    /// The fault of a term that uses itself, or one further down.
    fn term_below(&mut self, index: usize, span: Span) -> Expr {
        let document = Arc::clone(&self.globals.document);
        let Some(term) = document.terms.get(index) else { return broken(span) };
        let name = &term.name.value;
        let fault = if index == self.globals.terms_checked {
            Diagnostic::error(Code::Cycle, format!("the term `{name}` uses itself"))
                .label(span, "its own value")
                .help("write the value itself")
        } else {
            Diagnostic::error(Code::NotConstant, format!("the term `{name}` is not known here yet"))
                .label(span, "used here")
                .label(term.name.span, "defined further down")
                .help(format!("a term may use those above it: move `{name}` up"))
        };
        self.fault(fault, span)
    }

    /// A term read at the plan's term date, or at `date`.
    pub fn term(&mut self, index: usize, date: Option<Expr>, span: Span) -> Expr {
        self.globals.touched.insert(Use::Term(index));
        if index >= self.globals.terms_checked {
            return self.term_below(index, span);
        }
        let Some(Some(term)) = self.globals.terms.get(index) else { return broken(span) };
        let (ty, has_history, name) = (term.ty.clone(), term.has_history(), Arc::clone(&term.name.value));
        if has_history && date.is_none() && self.globals.document.header.term_date.is_none() {
            return self.fault(
                Diagnostic::error(
                    Code::MissingTermDate,
                    format!("the term `{name}` has a history, and no date says which version is meant"),
                )
                .label(span, "read without a date")
                .help(format!("write `{name} at` and a date, or give the plan a `term_date`")),
                span,
            );
        }
        Expr { kind: ExprKind::Term(index, date.map(Box::new)), ty, span }
    }

    /// `term at date`.
    pub fn term_at(&mut self, term: &ast::Expr, date: &ast::Expr, span: Span) -> Expr {
        let date = self.check(date, &Type::Date, "`at`");
        // Read with its date at once: without one, a term with a history may be a fault.
        if let ast::ExprKind::Name(name) = &term.kind
            && let Some(index) = self.term_named(&name.value)
        {
            return self.term(index, Some(date), span);
        }
        let base = self.infer(term, None);
        match base.kind {
            ExprKind::Term(index, None) => self.term(index, Some(date), span),
            ExprKind::Fail(_) => broken(span),
            _ => self.fault(
                Diagnostic::error(Code::WrongType, "`at` reads a term on a date, and this is no term")
                    .label(base.span, "not a term")
                    .help("leave `at ...` out, or name a term before it"),
                span,
            ),
        }
    }

    /// The term that a bare name stands for here.
    fn term_named(&self, name: &str) -> Option<usize> {
        let nearer = self.variables.iter().any(|v| &*v.name.value == name)
            || self.row.is_some_and(|t| self.is_member(t, name));
        match self.globals.items.get(name) {
            Some(Global::Term(index)) if !nearer => Some(*index),
            _ => None,
        }
    }

    /// `function(arguments)`.
    pub fn call(&mut self, name: &Name, args: &[ast::Expr], span: Span) -> Expr {
        if let Some(id) = self.globals.function(&name.value) {
            return self.call_function(id, name, args, span);
        }
        if let Some(builtin) = library::find(&name.value) {
            return self.call_builtin(builtin, name, args, span);
        }
        if self.globals.is_broken(&name.value) {
            self.touch(args);
            return broken(span);
        }
        let own: Vec<Arc<str>> = self.globals.functions.iter().map(|f| Arc::clone(&f.name.value)).collect();
        let names = library::BUILTINS.iter().map(|b| b.name).chain(own.iter().map(|name| &**name));
        let help = match self.globals.near(&name.value, names) {
            _ if self.sees(&name.value) => {
                format!("`{}` is a value: leave the parentheses out", name.value)
            }
            Some(near) => near,
            None => {
                "the functions of the language are in its reference; the plan's own are under `[functions]`"
                    .to_owned()
            }
        };
        for arg in args {
            self.infer(arg, None);
        }
        self.fault(
            Diagnostic::error(Code::UnknownFunction, format!("there is no function `{}`", name.value))
                .label(name.span, "no such function")
                .help(help),
            span,
        )
    }

    fn call_function(&mut self, id: FunctionId, name: &Name, args: &[ast::Expr], span: Span) -> Expr {
        let Some(params) = self.globals.functions.get(id.0).and_then(|f| f.params.clone()) else {
            self.touch(args);
            return broken(span);
        };
        if params.len() != args.len() {
            self.touch(args);
            let (needs, found) = (params.len(), args.len());
            let names: Vec<Arc<str>> = params.iter().map(|(n, _)| Arc::clone(&n.value)).collect();
            let help = if names.is_empty() {
                format!("write `{}()`, with nothing in the parentheses", name.value)
            } else {
                let written: Vec<&str> = names.iter().map(|n| &**n).collect();
                let written = format!("{}({})", name.value, written.join(", "));
                format!("give it {}, in this order, as in `{written}`", listed(&names, "and"))
            };
            return self.fault(
                Diagnostic::error(
                    Code::WrongArguments,
                    format!("`{}` takes {needs} {}, found {found}", name.value, plural(needs, "argument")),
                )
                .label(span, format!("{found} {} here", plural(found, "argument")))
                .help(help),
                span,
            );
        }
        let checked: Vec<Expr> = args
            .iter()
            .zip(&params)
            .map(|(arg, (param, ty))| self.check(arg, ty, &format!("`{}` of `{}`", param.value, name.value)))
            .collect();
        match super::infer::type_of(self.globals, id.0) {
            Some(ty) => self.narrowed(ExprKind::Call(id, checked), ty, span),
            None => broken(span),
        }
    }

    /// The rule that `clause of` or `reasons of` names, with its row.
    fn rule_named(&mut self, rule: &ast::Expr, what: &str) -> Result<(RuleId, Option<Box<Expr>>), Expr> {
        let checked = self.infer(rule, None);
        match checked.kind {
            ExprKind::Rule(id) => Ok((id, None)),
            ExprKind::RowRule(row, id) => Ok((id, Some(row))),
            ExprKind::Fail(_) => Err(checked),
            _ => {
                let diagnostic = Diagnostic::error(Code::WrongType, format!("`{what} of` needs a rule"))
                    .label(checked.span, "this is no rule")
                    .help("name a rule after `of`");
                Err(self.fault(diagnostic, checked.span))
            }
        }
    }

    /// `clause of rule`.
    pub fn clause_of(&mut self, rule: &ast::Expr, span: Span) -> Expr {
        let (id, row) = match self.rule_named(rule, "clause") {
            Ok(found) => found,
            Err(broken) => return broken,
        };
        let document = Arc::clone(&self.globals.document);
        let all_cited = match document.rules.get(id.0).map(|r| &r.body) {
            Some(RuleBody::Cases { cases, otherwise }) => {
                cases.iter().all(|c| c.cite.is_some()) && otherwise.as_ref().is_none_or(|o| o.cite.is_some())
            }
            _ => false,
        };
        if !all_cited {
            let name = self.globals.rule_name(id);
            return self.fault(
                Diagnostic::error(Code::BadRule, format!("`{name}` does not say which clause decides"))
                    .label(rule.span, "not every case of this rule has a clause")
                    .help("`clause of` needs a rule with `cases` in which every case, and `otherwise`, has its `cite`"),
                span,
            );
        }
        let ty =
            if row.as_ref().is_some_and(|r| r.ty.is_optional()) { Type::Text.optional() } else { Type::Text };
        Expr { kind: ExprKind::ClauseOf(id, row), ty, span }
    }

    /// `reasons of rule`.
    pub fn reasons_of(&mut self, rule: &ast::Expr, span: Span) -> Expr {
        let (id, row) = match self.rule_named(rule, "reasons") {
            Ok(found) => found,
            Err(broken) => return broken,
        };
        let document = Arc::clone(&self.globals.document);
        let Some(RuleBody::All(requirements)) = document.rules.get(id.0).map(|r| &r.body) else {
            let name = self.globals.rule_name(id);
            return self.fault(
                Diagnostic::error(Code::BadRule, format!("`{name}` collects no reasons"))
                    .label(rule.span, "a rule without requirements")
                    .help("`reasons of` needs a rule with `all`, a list of requirements with their reasons"),
                span,
            );
        };
        let mut values: Vec<Arc<str>> = Vec::new();
        for requirement in requirements {
            if !values.contains(&requirement.reason.value) {
                values.push(Arc::clone(&requirement.reason.value));
            }
        }
        let ty = Type::Enum(Arc::new(EnumType { values })).list();
        let ty = if row.as_ref().is_some_and(|r| r.ty.is_optional()) { ty.optional() } else { ty };
        Expr { kind: ExprKind::ReasonsOf(id, row), ty, span }
    }
}

/// "1 field", "2 fields".
pub fn plural(n: usize, word: &str) -> String {
    if n == 1 { word.to_owned() } else { format!("{word}s") }
}

//! What is left over: terms, inputs, functions, private rules and assumptions that nothing uses, and
//! figures that name no clause.

use super::globals::Globals;
use super::order;
use crate::diagnostic::{Code, Diagnostic, did_you_mean};
use crate::ir::{Expr, Field, FunctionId, RuleId, Use, uses};
use crate::plan::{self, InputKind, OutlineStatus, Role, RuleBody};
use crate::source::{Name, Span};
use crate::syntax::ast;
use crate::value::Type;
use indexmap::IndexSet;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What the plan reads.
#[derive(Debug, Default)]
pub struct Used {
    /// What sound formulas read.
    read: IndexSet<Use>,
    /// Names in what has a fault: whatever has one of them may be read there.
    mentioned: BTreeSet<Arc<str>>,
    /// Where errors lie, in the order of the text.
    errors: Vec<Span>,
}

impl Used {
    fn holds(&self, read: Use, name: &Name) -> bool {
        self.read.contains(&read) || self.mentioned.contains(&name.value)
    }

    /// Whether an error lies in one of these places.
    fn in_error(&self, places: impl IntoIterator<Item = Span>) -> bool {
        places.into_iter().any(|place| {
            let next = self.errors.partition_point(|e| (e.source, e.start) < (place.source, place.start));
            self.errors.get(next).is_some_and(|e| e.source == place.source && e.start <= place.end)
        })
    }
}

/// Warns about what is left over. A part is used by the plans that import it, so only its citations
/// are looked at; and what a plan does not use of a part is no fault of the plan.
pub fn check(globals: &mut Globals, mut used: Used, role: &Role) {
    let file = globals.document.header.file;
    let errors = globals.diagnostics.iter().filter(|d| d.is_error());
    used.errors = errors.flat_map(|d| &d.labels).map(|label| label.span).collect();
    used.errors.sort_unstable();
    if used.errors.is_empty() && !globals.document.faulty {
        used.mentioned.clear();
    } else {
        used.read.extend(&globals.touched);
    }
    let used = used;
    let mut warnings = Vec::new();
    let mut unused = |code: Code, what: &str, name: &Name, help: &str| {
        let sound = !used.in_error([name.span]) && !is_unsure(globals, name.span);
        if sound && name.span.source == file && *role == Role::Plan {
            warnings.push(
                Diagnostic::warning(code, format!("the {what} `{}` is not used", name.value))
                    .label(name.span, "nothing reads this")
                    .help(help),
            );
        }
    };
    let document = &globals.document;
    for (i, term) in document.terms.iter().enumerate() {
        let in_error = used.in_error(term.versions.iter().map(|v| v.value.span));
        if !used.holds(Use::Term(i), &term.name) && !in_error {
            let help = "leave it out, or write it into the rule that should use it";
            unused(Code::UnusedTerm, "term", &term.name, help);
        }
    }
    let of_fields = |input: &plan::Input| -> Vec<Span> {
        let key: &[Name] = match &input.kind {
            InputKind::Table { key, .. } => key,
            InputKind::Scalar(_) | InputKind::Record { .. } => &[],
        };
        input.kind.fields().iter().map(|f| f.ty.span).chain(key.iter().map(|k| k.span)).collect()
    };
    // An input with an error in its types or its key says nothing of what is read yet.
    let faulty: BTreeSet<&str> = document
        .inputs
        .iter()
        .filter(|input| used.in_error(of_fields(input)))
        .map(|input| &*input.name.value)
        .collect();
    let input_help = "leave it out, or write the rule that should use it";
    for (r, record) in globals.records.iter().enumerate() {
        let of_fields =
            record.fields.iter().enumerate().any(|(f, _)| used.read.contains(&Use::RecordField(r, f)));
        if r > 0 && used.holds(Use::Record(r), &record.name) && !of_fields {
            continue;
        }
        for (f, field) in record.fields.iter().enumerate() {
            let name = if r == 0 { &field.name } else { &record.name };
            if faulty.contains(&*name.value) {
                continue;
            }
            if !used.holds(Use::RecordField(r, f), &field.name) {
                let what = if r == 0 { "input" } else { "field" };
                unused(Code::UnusedInput, what, &field.name, input_help);
            }
        }
    }
    for (t, table) in globals.tables.iter().enumerate() {
        // A table is read where its rows are walked over, looked up or reached through a reference.
        if faulty.contains(&*table.name.value) {
            continue;
        }
        let read = used.read.iter().any(|u| matches!(u, Use::Table(id) | Use::TableField(id, _) if *id == t))
            || used.mentioned.contains(&table.name.value);
        if !read && !globals.rules.iter().any(|rule| rule.table == Some(t)) {
            unused(Code::UnusedInput, "table", &table.name, input_help);
            continue;
        }
        for (f, field) in table.fields.iter().enumerate() {
            // A reference says something by naming a row that must exist.
            let refers = matches!(field.ty.required(), Type::Row(_));
            if !used.holds(Use::TableField(t, f), &field.name) && !table.key.contains(&f) && !refers {
                unused(Code::UnusedInput, "field", &field.name, input_help);
            }
        }
    }
    for (i, function) in document.functions.iter().enumerate() {
        if !used.holds(Use::Function(FunctionId(i)), &function.name) {
            unused(Code::UnusedFunction, "function", &function.name, "leave it out, or call it");
        }
    }
    for (i, rule) in document.rules.iter().enumerate() {
        if rule.private && !used.holds(Use::Rule(RuleId(i)), &rule.name) {
            let help = "leave it out, use it in another rule, or leave out `private`";
            unused(Code::UnusedRule, "private rule", &rule.name, help);
        }
    }
    for (i, assumption) in globals.program.assumptions.iter().enumerate() {
        // An assumption with one reading is a note: there is nothing to branch on.
        if assumption.readings.values.len() > 1 && !used.holds(Use::Assumption(i), &assumption.name) {
            let name = &assumption.name;
            let help = format!(
                "branch on it in a rule, as in `if assumption.{} = {} then ...`",
                name.value,
                assumption.readings.values.first().map_or("reading", |v| v)
            );
            unused(Code::UnusedAssumption, "assumption", name, &help);
        }
    }
    uncited(globals, &mut warnings);
    globals.diagnostics.append(&mut warnings);
}

/// Everything that some rule, function, default, condition or constant reads. It is asked before the
/// definitions are sorted: then what could be checked of them is at hand.
pub fn used(globals: &Globals) -> Used {
    let document = &globals.document;
    let mut used = Used::default();
    let mut open: Vec<&ast::Expr> = Vec::new();
    let checked = globals.rules.iter().map(|rule| rule.checked.as_ref().map(|rule| &rule.body));
    for (rule, body) in document.rules.iter().zip(checked) {
        let mut whole = body.is_some();
        if let Some(body) = body {
            body.formulas(&mut |e| whole &= read_of(e, &mut used.read));
        }
        if !whole {
            open.extend(order::formulas(&rule.body));
        }
    }
    for (function, info) in document.functions.iter().zip(&globals.functions) {
        let whole = info.checked.as_ref().is_some_and(|function| read_of(&function.body, &mut used.read));
        if !whole {
            open.push(&function.body);
        }
    }
    let program = &globals.program;
    if let (Some(date), Some(written)) = (&program.term_date, &document.header.term_date)
        && !read_of(date, &mut used.read)
    {
        open.push(written);
    }
    let mut whole = true;
    let records = program.records.iter().map(|r| (&r.fields, &r.conditions));
    for (fields, conditions) in records.chain(program.tables.iter().map(|t| (&t.fields, &t.conditions))) {
        let formulas =
            fields.iter().filter_map(|f| f.default.as_ref()).chain(conditions.iter().map(|c| &c.that));
        formulas.for_each(|e| whole &= read_of(e, &mut used.read));
    }
    if !whole || globals.has_errors() {
        open.extend(of_inputs(globals, true));
    }
    // Constants are values by now: the terms that they used are found by name.
    let terms = document.terms.iter().flat_map(|t| &t.versions).map(|v| &v.value);
    for formula in terms.chain(of_inputs(globals, false)) {
        order::names(formula, &mut |name| {
            let found = document.terms.iter().position(|t| &*t.name.value == name);
            used.read.extend(found.map(Use::Term));
        });
    }
    open.extend(document.terms.iter().flat_map(|t| &t.versions).map(|v| &v.value));
    open.extend(of_inputs(globals, false));
    for formula in open {
        order::names(formula, &mut |name| {
            used.mentioned.insert(Arc::from(name));
        });
    }
    let tables: Vec<&str> = globals.tables.iter().map(|t| &*t.name.value).collect();
    for name in referred(globals) {
        // A reference that leads nowhere may have been meant for another table.
        let near = did_you_mean(&name.value, tables.iter().copied());
        used.mentioned.extend(near.map(Arc::from).into_iter().chain([Arc::clone(&name.value)]));
    }
    let elsewhere = document.mentioned.iter().chain(&document.lost).chain(&globals.meant);
    used.mentioned.extend(elsewhere.cloned());
    outlined(globals, &mut used.read);
    used
}

/// Whether no part of a checked formula has a fault, or waits for one that has.
fn is_whole(formula: &Expr) -> bool {
    let mut whole = formula.ty != Type::Never;
    formula.children(&mut |child| whole = whole && is_whole(child));
    whole
}

/// Adds what a checked formula reads; answers whether that is all.
fn read_of(formula: &Expr, read: &mut IndexSet<Use>) -> bool {
    uses(formula, &mut |u| {
        read.insert(u);
    });
    is_whole(formula)
}

/// The formulas of inputs as written: those that may read data, or the constants, with the bounds of rules.
fn of_inputs(globals: &Globals, of_data: bool) -> Vec<&ast::Expr> {
    let mut found = Vec::new();
    for input in &globals.document.inputs {
        for field in input.kind.fields() {
            if of_data {
                found.extend(&field.default);
            } else {
                found.extend(field.bounds.iter().map(|(_, bound)| bound).chain(&field.step));
            }
        }
        found.extend(input.kind.conditions().iter().filter(|_| of_data).map(|c| &c.that));
    }
    let rules = globals.document.rules.iter().filter(|_| !of_data);
    found.extend(rules.flat_map(|rule| &rule.bounds).map(|(_, bound)| bound));
    found
}

/// The names of tables that the types of inputs refer to.
fn referred(globals: &Globals) -> Vec<&Name> {
    fn walk<'t>(ty: &'t ast::TypeExpr, found: &mut Vec<&'t Name>) {
        match &ty.kind {
            ast::TypeExprKind::Ref(name) => found.push(name),
            ast::TypeExprKind::List(inner) | ast::TypeExprKind::Optional(inner) => walk(inner, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    let fields = globals.document.inputs.iter().flat_map(|input| input.kind.fields());
    fields.for_each(|field| walk(&field.ty, &mut found));
    globals.document.types.iter().for_each(|alias| walk(&alias.ty, &mut found));
    found
}

/// Inputs that the outline names: it says why they are there.
fn outlined(globals: &Globals, found: &mut IndexSet<Use>) {
    let statuses = globals.document.outline.iter().flat_map(|e| &e.status);
    for status in statuses {
        let OutlineStatus::Input(name) = status else { continue };
        let (holder, field) = name.value.split_once('.').unwrap_or(("", &name.value));
        let at = |fields: &[Field]| fields.iter().position(|f| &*f.name.value == field);
        for (r, record) in globals.records.iter().enumerate().filter(|(_, r)| &*r.name.value == holder) {
            found.extend(at(&record.fields).map(|f| Use::RecordField(r, f)));
        }
        for (t, table) in globals.tables.iter().enumerate().filter(|(_, t)| &*t.name.value == holder) {
            found.extend(at(&table.fields).map(|f| Use::TableField(t, f)));
        }
    }
}

/// Whether a problem was found where a definition was read.
fn is_unsure(globals: &Globals, name: Span) -> bool {
    let unsure = &globals.document.unsure;
    let after = unsure.partition_point(|part| (part.source, part.start) <= (name.source, name.start));
    let before = after.checked_sub(1).and_then(|at| unsure.get(at));
    before.is_some_and(|part| part.source == name.source && name.end <= part.end)
}

fn uncited(globals: &Globals, warnings: &mut Vec<Diagnostic>) {
    let document = &globals.document;
    let mut missing = |what: &str, name: &Name| {
        // Where a definition could not be read in full, its citation may be there.
        if name.span.source == document.header.file && !is_unsure(globals, name.span) {
            warnings.push(
                Diagnostic::warning(
                    Code::MissingCite,
                    format!("the {what} `{}` names no clause", name.value),
                )
                .label(name.span, "where in the document does this come from?")
                .help("add its clause, as in `cite = \"§8\"`"),
            );
        }
    };
    for term in document.terms.iter().filter(|t| t.notes.cite.is_empty()) {
        missing("term", &term.name);
    }
    for rule in document.rules.iter().filter(|r| !r.private && r.notes.cite.is_empty()) {
        let cited = match &rule.body {
            RuleBody::Cases { cases, otherwise } => {
                cases.iter().all(|c| c.cite.is_some()) && otherwise.as_ref().is_none_or(|o| o.cite.is_some())
            }
            RuleBody::All(requirements) => requirements.iter().all(|r| r.cite.is_some()),
            _ => false,
        };
        if !cited {
            missing("rule", &rule.name);
        }
    }
    for assumption in document.assumptions.iter().filter(|a| a.notes.cite.is_empty()) {
        missing("assumption", &assumption.name);
    }
}

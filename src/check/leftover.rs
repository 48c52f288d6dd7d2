//! What is left over: terms, inputs, functions, private rules and assumptions that nothing uses, and
//! figures that name no clause.

use super::globals::Globals;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Field, RuleBody, Use, uses};
use crate::plan::{OutlineStatus, Role};
use crate::source::Name;
use crate::value::Type;
use indexmap::IndexSet;

/// Warns about what is left over. A part is used by the plans that import it, so only its citations
/// are looked at; and what a plan does not use of a part is no fault of the plan.
pub fn check(globals: &mut Globals, role: &Role) {
    let found = read(globals);
    let file = globals.document.header.file;
    let mut warnings = Vec::new();
    let mut unused = |code: Code, what: &str, name: &Name, help: &str| {
        if name.span.source == file && *role == Role::Plan {
            warnings.push(
                Diagnostic::warning(code, format!("the {what} `{}` is not used", name.value))
                    .label(name.span, "nothing reads this")
                    .help(help),
            );
        }
    };
    let program = &globals.program;
    for (i, term) in program.terms.iter().enumerate() {
        if !found.contains(&Use::Term(i)) {
            unused(
                Code::UnusedTerm,
                "term",
                &term.name,
                "leave it out, or write it into the rule that should use it",
            );
        }
    }
    for (r, record) in program.records.iter().enumerate() {
        if found.contains(&Use::Record(r))
            && r > 0
            && record.fields.iter().enumerate().all(|(f, _)| !found.contains(&Use::RecordField(r, f)))
        {
            continue;
        }
        for (f, field) in record.fields.iter().enumerate() {
            if !found.contains(&Use::RecordField(r, f)) {
                let what = if r == 0 { "input" } else { "field" };
                unused(
                    Code::UnusedInput,
                    what,
                    &field.name,
                    "leave it out, or write the rule that should use it",
                );
            }
        }
    }
    for (t, table) in program.tables.iter().enumerate() {
        // A table is read where its rows are walked over, looked up or reached through a reference.
        let read = found.iter().any(|u| matches!(u, Use::Table(id) | Use::TableField(id, _) if *id == t));
        if !read && program.rules_of(Some(t)).next().is_none() {
            unused(
                Code::UnusedInput,
                "table",
                &table.name,
                "leave it out, or write the rule that should use it",
            );
            continue;
        }
        for (f, field) in table.fields.iter().enumerate() {
            // A reference says something by naming a row that must exist.
            let refers = matches!(field.ty.required(), Type::Row(_));
            if !found.contains(&Use::TableField(t, f)) && !table.key.contains(&f) && !refers {
                unused(
                    Code::UnusedInput,
                    "field",
                    &field.name,
                    "leave it out, or write the rule that should use it",
                );
            }
        }
    }
    for (i, function) in program.functions.iter().enumerate() {
        if !found.contains(&Use::Function(crate::ir::FunctionId(i))) {
            unused(Code::UnusedFunction, "function", &function.name, "leave it out, or call it");
        }
    }
    for (i, rule) in program.rules.iter().enumerate() {
        if rule.private && !found.contains(&Use::Rule(crate::ir::RuleId(i))) {
            unused(
                Code::UnusedRule,
                "private rule",
                &rule.name,
                "leave it out, use it in another rule, or leave out `private`",
            );
        }
    }
    for (i, assumption) in program.assumptions.iter().enumerate() {
        // An assumption with one reading is a note: there is nothing to branch on.
        if assumption.readings.values.len() > 1 && !found.contains(&Use::Assumption(i)) {
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

/// Everything that some rule, function, default or condition reads.
fn read(globals: &Globals) -> IndexSet<Use> {
    let program = &globals.program;
    let mut found = IndexSet::new();
    let mut add = |u: Use| {
        found.insert(u);
    };
    for rule in &program.rules {
        rule.body.formulas(&mut |e| uses(e, &mut add));
    }
    for function in &program.functions {
        uses(&function.body, &mut add);
    }
    if let Some(date) = &program.term_date {
        uses(date, &mut add);
    }
    let records = program.records.iter().map(|r| (&r.fields, &r.conditions));
    for (fields, conditions) in records.chain(program.tables.iter().map(|t| (&t.fields, &t.conditions))) {
        fields.iter().filter_map(|f| f.default.as_ref()).for_each(|e| uses(e, &mut add));
        conditions.iter().for_each(|c| uses(&c.that, &mut add));
    }
    outlined(globals, &mut found);
    found
}

/// Inputs that the outline names: it says why they are there.
fn outlined(globals: &Globals, found: &mut IndexSet<Use>) {
    let program = &globals.program;
    let statuses = globals.document.outline.iter().flat_map(|e| &e.status);
    for status in statuses {
        let OutlineStatus::Input(name) = status else { continue };
        let (holder, field) = name.value.split_once('.').unwrap_or(("", &name.value));
        let at = |fields: &[Field]| fields.iter().position(|f| &*f.name.value == field);
        for (r, record) in program.records.iter().enumerate().filter(|(_, r)| &*r.name.value == holder) {
            found.extend(at(&record.fields).map(|f| Use::RecordField(r, f)));
        }
        for (t, table) in program.tables.iter().enumerate().filter(|(_, t)| &*t.name.value == holder) {
            found.extend(at(&table.fields).map(|f| Use::TableField(t, f)));
        }
    }
}

fn uncited(globals: &Globals, warnings: &mut Vec<Diagnostic>) {
    let file = globals.document.header.file;
    let mut missing = |what: &str, name: &Name| {
        if name.span.source == file {
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
    let program = &globals.program;
    for term in program.terms.iter().filter(|t| t.cite.is_empty()) {
        missing("term", &term.name);
    }
    for rule in program.rules.iter().filter(|r| !r.private && r.cite.is_empty()) {
        let cited = match &rule.body {
            RuleBody::Cases(cases) => cases.iter().all(|c| c.cite.is_some()),
            RuleBody::All(requirements) => requirements.iter().all(|r| r.cite.is_some()),
            _ => false,
        };
        if !cited {
            missing("rule", &rule.name);
        }
    }
    for assumption in program.assumptions.iter().filter(|a| a.cite.is_empty()) {
        missing("assumption", &assumption.name);
    }
}

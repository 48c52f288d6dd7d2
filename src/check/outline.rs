//! The outline of the document: every entry names something, and every clause cited has an entry.

use super::globals::Globals;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::plan::OutlineStatus;
use crate::source::{Name, Spanned};
use std::sync::Arc;

/// Checks the outline, where there is one.
pub fn check(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    if document.outline.is_empty() {
        return;
    }
    let mut faults = Diagnostics::new();
    for status in document.outline.iter().flat_map(|e| &e.status) {
        target(globals, status, &mut faults);
    }
    let clauses: Vec<&str> = document.outline.iter().map(|e| &*e.clause.value).collect();
    let cited = cites(globals);
    let mut seen: Vec<&str> = Vec::new();
    for cite in &cited {
        if cite.span.source != document.header.file || seen.contains(&&*cite.value) {
            continue;
        }
        seen.push(&cite.value);
        let covered = clauses.iter().any(|c| cite.value.strip_prefix(c).is_some_and(is_boundary));
        if !covered {
            let near = did_you_mean(&cite.value, clauses.iter().copied());
            faults.push(
                Diagnostic::warning(
                    Code::BadOutline,
                    format!("the clause `{}` is cited but not in the outline", cite.value),
                )
                .label(cite.span, "no entry of the outline covers this")
                .help_maybe(near.map(|n| format!("did you mean `{n}`?")).or_else(|| {
                    Some(format!(
                        "add it under `[outline]`, as in `\"{}\" = {{ rule = \"...\" }}`",
                        cite.value
                    ))
                })),
            );
        }
    }
    globals.diagnostics.append(&mut faults);
}

/// Whether a clause's name ends where the rest begins: `§4` covers `§4(a)` and `§4.1`, not `§41`.
fn is_boundary(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| !c.is_alphanumeric())
}

fn target(globals: &Globals, status: &OutlineStatus, faults: &mut Diagnostics) {
    let (what, name, names): (&str, &Name, Vec<String>) = match status {
        OutlineStatus::Rule(name) => {
            let rules = (0..globals.document.rules.len()).map(|i| globals.rule_name(crate::ir::RuleId(i)));
            let functions = globals.functions.iter().map(|f| f.name.value.to_string());
            ("rule", name, rules.chain(functions).collect())
        }
        OutlineStatus::Term(name) => {
            ("term", name, globals.document.terms.iter().map(|t| t.name.value.to_string()).collect())
        }
        OutlineStatus::Assumption(name) => (
            "assumption",
            name,
            globals.program.assumptions.iter().map(|a| a.name.value.to_string()).collect(),
        ),
        OutlineStatus::Input(name) => ("input", name, input_names(globals)),
        OutlineStatus::Discretion(_) | OutlineStatus::Narrative(_) => return,
    };
    if names.iter().any(|n| **n == *name.value) {
        return;
    }
    let near = did_you_mean(&name.value, names.iter().map(String::as_str));
    faults.push(
        Diagnostic::error(
            Code::BadOutline,
            format!("the outline names a {what} `{}` that the plan does not have", name.value),
        )
        .label(name.span, format!("no such {what}"))
        .help_maybe(near.map(|n| format!("did you mean `{n}`?")).or_else(|| {
            Some(
                "name it as results do, a table's with the table before it, as in `participants.eligible`"
                    .to_owned(),
            )
        })),
    );
}

fn input_names(globals: &Globals) -> Vec<String> {
    let records = globals.records.iter().map(|r| (&r.name, &r.fields));
    let tables = globals.tables.iter().map(|t| (&t.name, &t.fields));
    let mut names = Vec::new();
    for (holder, fields) in records.chain(tables) {
        if holder.value.is_empty() {
            names.extend(fields.iter().map(|f| f.name.value.to_string()));
        } else {
            names.push(holder.value.to_string());
            names.extend(fields.iter().map(|f| format!("{}.{}", holder.value, f.name.value)));
        }
    }
    names
}

fn cites(globals: &Globals) -> Vec<Spanned<Arc<str>>> {
    use crate::plan::RuleBody;
    let document = &globals.document;
    let notes = document
        .terms
        .iter()
        .map(|t| &t.notes)
        .chain(document.rules.iter().map(|r| &r.notes))
        .chain(document.assumptions.iter().map(|a| &a.notes))
        .chain(document.functions.iter().map(|f| &f.notes))
        .chain(document.inputs.iter().map(|i| &i.notes));
    let mut cites: Vec<Spanned<Arc<str>>> = notes.flat_map(|n| n.cite.iter().cloned()).collect();
    for rule in &document.rules {
        match &rule.body {
            RuleBody::Cases { cases, otherwise } => {
                cites.extend(cases.iter().filter_map(|c| c.cite.clone()));
                cites.extend(otherwise.iter().filter_map(|o| o.cite.clone()));
            }
            RuleBody::All(requirements) => cites.extend(requirements.iter().filter_map(|r| r.cite.clone())),
            _ => {}
        }
    }
    cites
}

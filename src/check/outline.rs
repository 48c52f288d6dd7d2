//! The outline of the document: every entry names something, and every clause cited has an entry.

use super::globals::Globals;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, did_you_mean};
use crate::ir::{Clause, ClauseStatus, Field, FunctionId, Holder, RuleId};
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
    let names = Names::of(globals);
    for entry in &document.outline {
        let targets = entry.status.iter().filter_map(|status| target(globals, &names, status, &mut faults));
        let status = targets.collect();
        globals.program.outline.push(Clause {
            name: entry.clause.clone(),
            heading: entry.heading.clone(),
            status,
        });
    }
    if let Some(last) = document.outline.last().filter(|e| e.status.is_empty()) {
        faults.push(
            Diagnostic::error(
                Code::BadOutline,
                format!("the heading `{}` has no clauses under it", last.clause.value),
            )
            .label(last.clause.span, "no entry follows this")
            .help("say what became of it, as in `narrative = \"why nothing is computed\"`, or leave it out"),
        );
    }
    // A heading alone says nothing of its clauses.
    let told = document.outline.iter().filter(|e| !e.status.is_empty());
    let clauses: Vec<&str> = told.map(|e| &*e.clause.value).collect();
    let cited = cites(globals);
    let mut seen: Vec<&str> = Vec::new();
    for cite in &cited {
        if cite.span.source != document.header.file || seen.contains(&&*cite.value) {
            continue;
        }
        seen.push(&cite.value);
        // An entry that could not be read may be the one that is missing.
        let unread = globals.broken.iter().map(|clause| &**clause);
        let covers = |c: &str| cite.value.strip_prefix(c).is_some_and(is_boundary);
        let covered = clauses.iter().copied().chain(unread).any(|c| !c.is_empty() && covers(c));
        if !covered {
            // Clauses differ by a digit and mean another thing: only another way to write one is near.
            let bare =
                |clause: &str| clause.to_lowercase().replace(|c: char| c.is_whitespace() || c == '.', "");
            let near = clauses.iter().find(|c| bare(c) == bare(&cite.value));
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

/// A noun with its article.
fn a(noun: &str) -> String {
    if noun.starts_with(['a', 'i']) { format!("an {noun}") } else { format!("a {noun}") }
}

/// Whether a clause's name ends where the rest begins: `§4` covers `§4(a)` and `§4.1`, not `§41`.
fn is_boundary(rest: &str) -> bool {
    rest.chars().next().is_none_or(|c| !c.is_alphanumeric())
}

/// What an outline may name, each with its name.
struct Names {
    rules: Vec<(String, ClauseStatus)>,
    terms: Vec<(String, ClauseStatus)>,
    assumptions: Vec<(String, ClauseStatus)>,
    inputs: Vec<(String, ClauseStatus)>,
}

impl Names {
    fn of(globals: &Globals) -> Self {
        let terms = globals.document.terms.iter().enumerate();
        let assumptions = globals.program.assumptions.iter().enumerate();
        Self {
            rules: rules(globals),
            terms: terms.map(|(i, t)| (t.name.value.to_string(), ClauseStatus::Term(i))).collect(),
            assumptions: assumptions
                .map(|(i, a)| (a.name.value.to_string(), ClauseStatus::Assumption(i)))
                .collect(),
            inputs: inputs(globals),
        }
    }
}

/// What a status names, or the fault that there is no such thing.
fn target(
    globals: &Globals,
    names: &Names,
    status: &OutlineStatus,
    faults: &mut Diagnostics,
) -> Option<ClauseStatus> {
    let (what, name, names): (&str, &Name, &[(String, ClauseStatus)]) = match status {
        OutlineStatus::Rule(name) => ("rule", name, &names.rules),
        OutlineStatus::Term(name) => ("term", name, &names.terms),
        OutlineStatus::Assumption(name) => ("assumption", name, &names.assumptions),
        OutlineStatus::Input(name) => ("input", name, &names.inputs),
        OutlineStatus::Discretion(why) => return Some(ClauseStatus::Discretion(Arc::clone(&why.value))),
        OutlineStatus::Narrative(why) => return Some(ClauseStatus::Narrative(Arc::clone(&why.value))),
    };
    if let Some((_, found)) = names.iter().find(|(n, _)| **n == *name.value) {
        return Some(found.clone());
    }
    if name.value.split('.').any(|part| globals.is_broken(part)) {
        return None;
    }
    let of_table = names
        .iter()
        .map(|(n, _)| &**n)
        .find(|n| n.strip_suffix(&*name.value).is_some_and(|t| t.ends_with('.')));
    let near = of_table.or_else(|| did_you_mean(&name.value, names.iter().map(|(n, _)| &**n)));
    faults.push(
        Diagnostic::error(
            Code::BadOutline,
            format!("the outline names {} `{}` that the plan does not have", a(what), name.value),
        )
        .label(name.span, format!("no such {what}"))
        .help_maybe(near.map(|n| format!("did you mean `{n}`?")).or_else(|| {
            Some(
                "name it as results do, a table's with the table before it, as in `participants.eligible`"
                    .to_owned(),
            )
        })),
    );
    None
}

/// Rules, and functions, which follow clauses too.
fn rules(globals: &Globals) -> Vec<(String, ClauseStatus)> {
    let rules = (0..globals.document.rules.len()).map(RuleId);
    let functions = globals.functions.iter().enumerate();
    rules
        .map(|id| (globals.rule_name(id), ClauseStatus::Rule(id)))
        .chain(functions.map(|(i, f)| (f.name.value.to_string(), ClauseStatus::Function(FunctionId(i)))))
        .collect()
}

fn inputs(globals: &Globals) -> Vec<(String, ClauseStatus)> {
    let records = globals.records.iter().enumerate().map(|(i, r)| (Holder::Record(i), &r.name, &r.fields));
    let tables = globals.tables.iter().enumerate().map(|(i, t)| (Holder::Table(i), &t.name, &t.fields));
    let mut names = Vec::new();
    for (holder, name, fields) in records.chain(tables) {
        let prefix = if name.value.is_empty() { String::new() } else { format!("{}.", name.value) };
        if !prefix.is_empty() {
            names.push((name.value.to_string(), ClauseStatus::Input(holder)));
        }
        let field =
            |(i, f): (usize, &Field)| (format!("{prefix}{}", f.name.value), ClauseStatus::Field(holder, i));
        names.extend(fields.iter().enumerate().map(field));
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

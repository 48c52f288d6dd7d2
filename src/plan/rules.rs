//! `[rules]`: what a plan concludes, once for the plan or once for every row of a table.

use super::document::{Allocate, Case, Document, InputKind, Notes, Otherwise, Requirement, Rule, RuleBody};
use super::formula::Plain;
use super::found::Space;
use super::inputs::BOUNDS;
use super::quote::quoted;
use super::walk::{Entry, Reader, Section};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Name;
use std::collections::BTreeMap;
use std::sync::Arc;
use toml::de::DeTable;

const RULE: &[&str] = &[
    "type",
    "cite",
    "about",
    "change",
    "private",
    "value",
    "cases",
    "otherwise",
    "all",
    "allocate",
    "min",
    "max",
    "above",
    "below",
];
/// The entries that say how a rule concludes.
const FORMS: [&str; 4] = ["value", "cases", "all", "allocate"];
const CASE: &[&str] = &["when", "then", "cite"];
const OTHERWISE: &[&str] = &["then", "cite"];
const REQUIREMENT: &[&str] = &["require", "reason", "cite"];
const ALLOCATE: &[&str] = &["parts", "step", "ties", "within"];

/// Reads `[rules]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[rules]`".to_owned(), &[]) else { return };
    let inputs: BTreeMap<Arc<str>, bool> = document
        .inputs
        .iter()
        .map(|i| (Arc::clone(&i.name.value), matches!(i.kind, InputKind::Table { .. })))
        .collect();
    let mut rules = Vec::new();
    for entry in section.take_all(|_| true) {
        let name = &entry.key;
        match entry.as_table() {
            Some(table) if inputs.get(&name.value) == Some(&true) && !is_one_rule(table) => {
                for rule in reader.entries(table) {
                    rules.extend(read_rule(reader, &rule, Some(name)));
                }
            }
            Some(table)
                if inputs.get(&name.value) != Some(&true) && is_rows(reader, name, table, &inputs) =>
            {
                if !reader.found.excuses(&name.value) {
                    unknown_table(reader, name, &inputs);
                }
                reader.mention(&entry);
                for rule in table.keys() {
                    let span = reader.unquoted(rule.span());
                    reader.found.leave_out(&Name::new(Arc::from(&**rule.get_ref()), span));
                }
            }
            _ => rules.extend(read_rule(reader, &entry, None)),
        }
    }
    // Rules of one table may stand apart from each other.
    rules.sort_by_key(|rule: &Rule| rule.name.span);
    document.rules.extend(rules);
}

/// Whether what stands under a table's name is meant as one rule: then the two share a name.
fn is_one_rule(table: &DeTable<'_>) -> bool {
    let all_of_a_rule = table.keys().all(|k| RULE.contains(&&**k.get_ref()));
    all_of_a_rule && table.len() > 1 && table.keys().any(|k| FORMS.contains(&&**k.get_ref()))
}

/// Whether what stands under a name that no table has is meant as rules of a table.
fn is_rows(reader: &Reader<'_>, name: &Name, table: &DeTable<'_>, inputs: &BTreeMap<Arc<str>, bool>) -> bool {
    if table.is_empty() || table.keys().any(|k| RULE.contains(&&**k.get_ref())) {
        return false;
    }
    let near = || reader.found.near(&name.value, tables(inputs)).is_some();
    table.values().all(|v| v.get_ref().is_table()) || inputs.contains_key(&name.value) || near()
}

fn tables(inputs: &BTreeMap<Arc<str>, bool>) -> impl Iterator<Item = &str> {
    inputs.iter().filter(|(_, is_table)| **is_table).map(|(name, _)| &**name)
}

fn unknown_table(reader: &mut Reader<'_>, name: &Name, inputs: &BTreeMap<Arc<str>, bool>) {
    let near = reader.found.near(&name.value, tables(inputs));
    near.iter().for_each(|near| reader.found.mention(near));
    let near = near.map(quoted);
    let help = match near {
        _ if inputs.contains_key(&name.value) => {
            "only a table, an input with a `key`, has rules for its rows: write this as rules of the plan"
                .to_owned()
        }
        Some(near) => format!("did you mean {near}?"),
        None => format!(
            "declare the table as `[inputs.{}]`, or write one rule with `value`, `cases`, `all` or `allocate`",
            name.value
        ),
    };
    reader.report(
        Diagnostic::error(Code::UnknownName, format!("no input table is called {}", quoted(&name.value)))
            .label(name.span, "rules for its rows stand here")
            .help(help),
    );
}

/// Reads one rule; one that cannot be read is noted as left out.
fn read_rule(reader: &mut Reader<'_>, entry: &Entry<'_>, table: Option<&Name>) -> Option<Rule> {
    let space = table.map_or(Space::Definitions, |t| Space::Fields(Arc::clone(&t.value)));
    let rule = if reader.define(space, &entry.key, "rule") {
        reader.judged(&entry.key, |reader| read_body(reader, entry, table))
    } else {
        None
    };
    if rule.is_none() {
        reader.leave_out(entry);
        // A table whose rules cannot be read is not unused.
        if let Some(table) = table {
            reader.found.mention(&table.value);
        }
    }
    rule
}

fn read_body(reader: &mut Reader<'_>, entry: &Entry<'_>, table: Option<&Name>) -> Option<Rule> {
    let name = entry.key.clone();
    if entry.as_table().is_none() {
        // The short form: `total = "sum(...)"`.
        let body = RuleBody::Value(reader.formula(entry)?);
        return Some(Rule {
            table: table.cloned(),
            name,
            ty: None,
            private: false,
            bounds: Vec::new(),
            body,
            notes: Notes::default(),
        });
    }
    let what = match table {
        Some(table) => format!("the rule `{}.{}`", table.value, name.value),
        None => format!("the rule {}", quoted(&name.value)),
    };
    let mut section = reader.section(entry, what, RULE)?;
    let notes = reader.notes(&mut section);
    let ty = section.take("type").map(|e| reader.ty(&e));
    let private = reader.flag(&mut section, "private").is_some();
    let (mut bounds, mut bounds_read) = (Vec::new(), true);
    for (key, kind) in BOUNDS {
        let Some(entry) = section.take(key) else { continue };
        match reader.formula_or(&entry, Plain::Single) {
            Some(bound) => bounds.push((kind, bound)),
            None => bounds_read = false,
        }
    }
    let otherwise = section.take("otherwise");
    let forms: Vec<Entry<'_>> = FORMS.iter().filter_map(|form| section.take(form)).collect();
    if let (Some(extra), false) = (&otherwise, forms.iter().any(|f| &*f.key.value == "cases")) {
        reader.report(
            Diagnostic::error(Code::BadRule, format!("{} has `otherwise` without `cases`", section.what))
                .label(extra.key.span, "it stands for what no case covers")
                .help("add `cases = [{ when = \"...\", then = \"...\" }]`, or write `a otherwise b` inside the formula"),
        );
    }
    let body = match forms.as_slice() {
        [] => {
            // A lone `otherwise` has been reported above.
            if otherwise.is_none() {
                reader.report(
                    Diagnostic::error(
                        Code::BadRule,
                        format!("{} does not say what it concludes", section.what),
                    )
                    .label(section.place, "expected `value`, `cases`, `all` or `allocate`")
                    .help("add `value = \"...\"` with a formula"),
                );
            }
            None
        }
        [form] => match &*form.key.value {
            "value" => reader.formula(form).map(RuleBody::Value).filter(|_| otherwise.is_none()),
            "cases" => cases(reader, &section, form, otherwise.as_ref()),
            "all" => requirements(reader, &section, form),
            _ => allocate(reader, &section, form, table.is_some()),
        },
        [first, rest @ ..] => {
            let mut diagnostic =
                Diagnostic::error(Code::BadRule, format!("{} concludes in more than one way", section.what))
                    .label(first.key.span, "one way");
            for form in rest {
                diagnostic = diagnostic.label(form.key.span, "another");
            }
            reader.report(diagnostic.help("keep one of `value`, `cases`, `all` and `allocate`"));
            None
        }
    };
    section.finish(reader);
    let ty = match ty {
        Some(ty) => Some(ty?),
        None => None,
    };
    let body = body.filter(|_| bounds_read)?;
    Some(Rule { table: table.cloned(), name, ty, private, bounds, body, notes })
}

/// The items of a list that must hold some.
fn some_items<'t>(
    reader: &mut Reader<'_>,
    rule: &Section<'_>,
    entry: &Entry<'t>,
    like: &str,
) -> Option<Vec<Entry<'t>>> {
    let key = &*entry.key.value;
    let items = reader.items(entry);
    match &items {
        None => reader.wrong(entry, "a list", Some(format!("write `{key} = [{like}, ...]`"))),
        Some(items) if items.is_empty() => reader.report(
            Diagnostic::error(Code::BadRule, format!("{} has an empty list {}", rule.what, quoted(key)))
                .label(entry.span, "nothing stands here")
                .help(format!("write `{key} = [{like}, ...]`")),
        ),
        Some(_) => {}
    }
    items.filter(|items| !items.is_empty())
}

fn cases(
    reader: &mut Reader<'_>,
    rule: &Section<'_>,
    entry: &Entry<'_>,
    otherwise: Option<&Entry<'_>>,
) -> Option<RuleBody> {
    let items = some_items(reader, rule, entry, "{ when = \"...\", then = \"...\" }");
    let what = format!("a case of {}", rule.what);
    let read: Vec<Option<Case>> =
        items.unwrap_or_default().iter().map(|item| case(reader, item, what.clone())).collect();
    let otherwise = otherwise.map(|e| read_otherwise(reader, rule, e));
    let cases: Vec<Case> = read.into_iter().collect::<Option<_>>()?;
    let otherwise = match otherwise {
        Some(read) => Some(read?),
        None => None,
    };
    (!cases.is_empty()).then_some(RuleBody::Cases { cases, otherwise })
}

fn case(reader: &mut Reader<'_>, item: &Entry<'_>, what: String) -> Option<Case> {
    let mut section = reader.section(item, what, CASE)?;
    section.place = item.span;
    let when = section.need(reader, "when").and_then(|e| reader.formula(&e));
    let then = section.need(reader, "then").and_then(|e| reader.formula(&e));
    let cite = reader.clause(&mut section);
    section.finish(reader);
    Some(Case { when: when?, then: then?, cite })
}

fn read_otherwise(reader: &mut Reader<'_>, rule: &Section<'_>, entry: &Entry<'_>) -> Option<Otherwise> {
    if entry.as_table().is_none() {
        return Some(Otherwise { then: reader.formula(entry)?, cite: None });
    }
    let mut section = reader.section(entry, format!("`otherwise` of {}", rule.what), OTHERWISE)?;
    let then = section.need(reader, "then").and_then(|e| reader.formula(&e));
    let cite = reader.clause(&mut section);
    section.finish(reader);
    Some(Otherwise { then: then?, cite })
}

fn requirements(reader: &mut Reader<'_>, rule: &Section<'_>, entry: &Entry<'_>) -> Option<RuleBody> {
    let items = some_items(reader, rule, entry, "{ require = \"...\", reason = \"...\" }")?;
    let what = format!("a requirement of {}", rule.what);
    let read: Vec<_> = items.iter().map(|item| requirement(reader, item, what.clone())).collect();
    Some(RuleBody::All(read.into_iter().collect::<Option<_>>()?))
}

fn requirement(reader: &mut Reader<'_>, item: &Entry<'_>, what: String) -> Option<Requirement> {
    let mut section = reader.section(item, what, REQUIREMENT)?;
    section.place = item.span;
    let require = section.need(reader, "require").and_then(|e| reader.formula(&e));
    let reason = section.need(reader, "reason").and_then(|e| reader.name(&e));
    let cite = reader.clause(&mut section);
    section.finish(reader);
    Some(Requirement { require: require?, reason: reason?, cite })
}

fn allocate(
    reader: &mut Reader<'_>,
    rule: &Section<'_>,
    entry: &Entry<'_>,
    in_table: bool,
) -> Option<RuleBody> {
    if !in_table {
        reader.report(
            Diagnostic::error(Code::BadRule, format!("{} allocates, but to no rows", rule.what))
                .label(entry.key.span, "parts are given to the rows of a table")
                .help("move the rule to its table: `[rules.TABLE.NAME]`"),
        );
    }
    let mut section = reader.section(entry, format!("`allocate` of {}", rule.what), ALLOCATE)?;
    let parts = section.need(reader, "parts").and_then(|e| reader.formula(&e));
    let step = section.need(reader, "step").and_then(|e| reader.formula(&e));
    let ties = section.need(reader, "ties").and_then(|e| reader.formula(&e));
    let within = section.take("within").map(|e| reader.formula(&e));
    section.finish(reader);
    let within = match within {
        Some(within) => Some(within?),
        None => None,
    };
    let allocate = Allocate { parts: parts?, step: step?, ties: ties?, within };
    in_table.then(|| RuleBody::Allocate(Box::new(allocate)))
}

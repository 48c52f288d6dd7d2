//! The plan's own tests: their data put together, their expectations typed.

use super::declare::plain;
use super::globals::{Globals, TableInfo};
use super::terms;
use crate::diagnostic::{Code, Diagnostic, did_you_mean, meant};
use crate::ir::{Expectation, RuleId, Test};
use crate::number::Num;
use crate::plan::{self, Document, Rule};
use crate::source::Name;
use crate::value::{Raw, RawKind, Type, row_key};
use indexmap::IndexMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Checks every test that the plan's definitions allow to be checked.
pub fn check(globals: &mut Globals) {
    let document = Arc::clone(&globals.document);
    // Where parts of the plan are missing, nothing can be said about its tests.
    if document.incomplete {
        return;
    }
    let chains = chains(globals);
    let nothing = Fixture::default();
    let sound = chains.iter().filter(|(_, length)| length.is_some());
    let fixtures: BTreeMap<&str, Fixture> =
        sound.map(|(name, _)| (&**name, fixture(&document.fixtures, name))).collect();
    for test in &document.tests {
        let base = match &test.base {
            None => Some(&nothing),
            Some(base) => named(globals, &document, base).and_then(|found| fixtures.get(&*found.name.value)),
        };
        let given = base.zip(test.given.as_ref()).map(|(base, own)| (base.filled(own), own));
        let assume = assumptions(globals, test);
        let expect = expectation(globals, test);
        // A test with a fault is there all the same, so that its data are looked at too: where there
        // is an error, no test is run.
        if let Some((given, _)) = &given {
            rows_given(globals, test, given);
        }
        if let (Some((given, own)), Some(expect)) = (given, expect) {
            globals.program.tests.push(Test {
                name: test.name.clone(),
                cite: plain(&test.cite),
                base: test.base.clone(),
                own: own.clone(),
                given,
                assume,
                as_of: test.as_of.as_ref().map(|d| d.value),
                expect,
                unconfirmed: test.unconfirmed,
            });
        }
    }
}

/// A fixture with those it starts from.
#[derive(Clone, Default)]
struct Fixture {
    given: Raw,
    rows: Raw,
}

impl Fixture {
    /// A test's data over the fixture's: records field by field; a table the test gives takes the
    /// place of the fixture's; and every row has the fields that the fixture gives all rows.
    fn filled(&self, given: &Raw) -> Raw {
        let mut merged = overlay(&self.given, given);
        if let (RawKind::Map(entries), RawKind::Map(rows)) = (&mut merged.kind, &self.rows.kind) {
            for (table, template) in rows {
                for (_, value) in entries.iter_mut().filter(|(n, _)| n == table) {
                    if let RawKind::List(items) = &mut value.kind {
                        items.iter_mut().for_each(|row| *row = overlay(template, row));
                    }
                }
            }
        }
        merged
    }
}

/// The second over the first: maps entry by entry, anything else as a whole.
#[must_use]
pub fn overlay(base: &Raw, over: &Raw) -> Raw {
    let (RawKind::Map(under), RawKind::Map(entries)) = (&base.kind, &over.kind) else { return over.clone() };
    let mut merged = under.clone();
    for (name, value) in entries {
        match merged.iter_mut().find(|(n, _)| n == name) {
            Some((_, slot)) => *slot = overlay(slot, value),
            None => merged.push((Arc::clone(name), value.clone())),
        }
    }
    Raw { kind: RawKind::Map(merged), place: over.place.clone() }
}

/// How many others a fixture may start from.
const CHAIN: usize = 8;

/// The fixtures that can be used, each with how many it starts from, itself included. None where a
/// fault stands in the way; each is reported once, however many fixtures and tests lead to it.
fn chains(globals: &mut Globals) -> BTreeMap<Arc<str>, Option<usize>> {
    let document = Arc::clone(&globals.document);
    let mut chains: BTreeMap<Arc<str>, Option<usize>> = BTreeMap::new();
    for first in &document.fixtures {
        let mut path: IndexMap<&str, &plan::Fixture> = IndexMap::new();
        let mut next = Some(&first.name);
        let mut length = Some(0_usize);
        while let Some(name) = next {
            if let Some(known) = chains.get(&name.value) {
                length = *known;
                break;
            }
            if let Some(from) = path.get_index_of(&*name.value) {
                let circle: Vec<&plan::Fixture> = path.values().skip(from).copied().collect();
                globals.diagnostics.push(in_a_circle(&circle));
                length = None;
                break;
            }
            let Some(found) = named(globals, &document, name) else {
                length = None;
                break;
            };
            path.insert(&found.name.value, found);
            next = found.base.as_ref();
        }
        for fixture in path.into_values().rev() {
            if length > Some(CHAIN) {
                globals.diagnostics.push(too_long(&fixture.name));
                length = None;
            }
            length = length.map(|below| below.saturating_add(1));
            chains.insert(Arc::clone(&fixture.name.value), length);
        }
    }
    chains
}

/// The data of a test: its own over the fixture that it starts from, whose chain is sound.
#[must_use]
pub fn given(fixtures: &[plan::Fixture], base: Option<&str>, own: &Raw) -> Raw {
    base.map_or_else(|| own.clone(), |base| fixture(fixtures, base).filled(own))
}

/// The data of a fixture whose chain is sound.
fn fixture(fixtures: &[plan::Fixture], name: &str) -> Fixture {
    let find = |name: &str| fixtures.iter().find(|f| &*f.name.value == name);
    let chain: Vec<&plan::Fixture> = std::iter::successors(find(name), |f| find(&f.base.as_ref()?.value))
        .take(CHAIN.saturating_mul(2))
        .collect();
    chain.into_iter().rev().fold(Fixture::default(), |below, own| Fixture {
        given: overlay(&below.given, &own.given),
        rows: overlay(&below.rows, &own.rows),
    })
}

/// The fixture of this name, with a fault where there is none.
fn named<'d>(globals: &mut Globals, document: &'d Document, name: &Name) -> Option<&'d plan::Fixture> {
    let found = document.fixtures.iter().find(|f| f.name.value == name.value);
    if found.is_none() && !globals.is_broken(&name.value) {
        let near = meant(&name.value, document.fixtures.iter().map(|f| &*f.name.value));
        globals.diagnostics.push(
            Diagnostic::error(Code::BadTest, format!("there is no fixture `{}`", name.value))
                .label(name.span, "no such fixture")
                .help_maybe(near.or_else(|| Some(format!("declare it under `[fixtures.{}]`", name.value)))),
        );
    }
    found
}

fn in_a_circle(circle: &[&plan::Fixture]) -> Diagnostic {
    let names = circle.iter().chain(circle.first()).map(|f| format!("`{}`", f.name.value));
    let names: Vec<String> = names.collect();
    let first = names.first().cloned().unwrap_or_default();
    let message = format!("the fixture {first} starts from itself: {}", names.join(" uses "));
    let labels = circle.iter().zip(names.iter().skip(1)).take(12);
    labels
        .fold(Diagnostic::error(Code::Cycle, message), |fault, (fixture, next)| {
            fault.label(fixture.name.span, format!("uses {next}"))
        })
        .help("break the chain of `use`")
}

fn too_long(name: &Name) -> Diagnostic {
    let message = format!("the fixture `{}` starts from more than {CHAIN} others in a row", name.value);
    Diagnostic::error(Code::TooDeep, message)
        .label(name.span, "one too many")
        .help("put the data of some of them together")
}

fn assumptions(globals: &mut Globals, test: &plan::Test) -> Vec<(usize, usize)> {
    let mut chosen = Vec::new();
    for (name, reading) in &test.assume {
        let program = &globals.program;
        let found = program.assumptions.iter().position(|a| a.name.value == name.value);
        let Some((index, assumption)) = found.and_then(|i| Some((i, program.assumptions.get(i)?))) else {
            if globals.is_broken(&name.value) {
                continue;
            }
            let near = meant(&name.value, program.assumptions.iter().map(|a| &*a.name.value));
            let fault = Diagnostic::error(Code::BadTest, format!("there is no assumption `{}`", name.value))
                .label(name.span, "no such assumption")
                .help_maybe(
                    near.or_else(|| Some(format!("declare it under `[assumptions.{}]`", name.value))),
                );
            globals.diagnostics.push(fault);
            continue;
        };
        if let Some(position) = assumption.readings.values.iter().position(|v| *v == reading.value) {
            chosen.push((index, position));
        } else {
            let help = format!("write one of {}", super::context::quoted(&assumption.readings.values));
            let fault = Diagnostic::error(
                Code::BadTest,
                format!("`{}` is no reading of `{}`", reading.value, name.value),
            )
            .label(reading.span, "no such reading")
            .help(help);
            globals.diagnostics.push(fault);
        }
    }
    chosen
}

fn find_rule(globals: &mut Globals, full: &str, at: &Name) -> Option<RuleId> {
    if let Some(index) = globals.document.rules.iter().position(|rule| is_called(rule, full)) {
        return Some(RuleId(index));
    }
    let names: Vec<String> =
        (0..globals.document.rules.len()).map(|i| globals.rule_name(RuleId(i))).collect();
    if full.split('.').any(|part| globals.is_broken(part)) {
        return None;
    }
    let near = meant(full, names.iter().map(String::as_str));
    globals.diagnostics.push(
        Diagnostic::error(Code::BadTest, format!("there is no rule `{full}`"))
            .label(at.span, "no such rule")
            .help_maybe(
                near.or_else(|| {
                    Some("name a rule of the plan, or a table, a row's key and a rule".to_owned())
                }),
            ),
    );
    None
}

/// Whether a rule is called so in results: by its name, after its table's where it has one.
fn is_called(rule: &Rule, full: &str) -> bool {
    let name = match &rule.table {
        Some(table) => full.strip_prefix(&*table.value).and_then(|rest| rest.strip_prefix('.')),
        None => Some(full),
    };
    name == Some(&*rule.name.value)
}

/// The code that a rule's failure may have.
fn failure_code(globals: &mut Globals, name: &Name) -> Option<Code> {
    if let Some(code) = Code::OF_FAILURES.iter().find(|c| c.name() == &*name.value) {
        return Some(*code);
    }
    let names = Code::OF_FAILURES.map(|c| Arc::from(c.name()));
    let help = meant(&name.value, names.iter().map(|n| &**n))
        .unwrap_or_else(|| format!("write one of {}", super::context::quoted(&names)));
    let message = format!("no rule fails with the code `{}`", name.value);
    globals
        .diagnostics
        .push(Diagnostic::error(Code::BadTest, message).label(name.span, "no such failure").help(help));
    None
}

/// Reports the rows of which a test expects something and that its data do not have.
fn rows_given(globals: &mut Globals, test: &plan::Test, given: &Raw) {
    let mut faults = Vec::new();
    let mut told: Vec<(&str, &str)> = Vec::new();
    for (table, key) in test.expect.iter().filter_map(|e| e.row.as_ref()) {
        let (name, wanted) = (&*table.value, &*key.value);
        let Some(info) = globals.tables.iter().find(|t| *t.name.value == *name) else { continue };
        // Where part of the key has a fault, rows cannot be told apart.
        let parts = globals.document.inputs.iter().find(|i| *i.name.value == *name).map(|i| &i.kind);
        let whole = matches!(parts, Some(plan::InputKind::Table { key, .. }) if key.len() == info.key.len());
        if !whole || told.contains(&(name, wanted)) || has_row(info, given, wanted) {
            continue;
        }
        told.push((name, wanted));
        let help = match info.key.len() {
            1 => format!("give the row under `given.{name}`, or name the key of one that is given"),
            _ => format!(
                "give the row under `given.{name}`, or name one that is given, the fields of its key joined by ` / `"
            ),
        };
        faults.push(
            Diagnostic::error(Code::BadTest, format!("the test's data have no row `{wanted}` of `{name}`"))
                .label(key.span, "no such row")
                .help(help),
        );
    }
    globals.diagnostics.append(&mut faults);
}

/// Whether some row of a test's data has this key. Where the rows or a key cannot be read, which is
/// reported of the data, it may be this one.
fn has_row(table: &TableInfo, given: &Raw, wanted: &str) -> bool {
    let RawKind::Map(entries) = &given.kind else { return true };
    let rows = match entries.iter().find(|(name, _)| *name == table.name.value).map(|(_, rows)| &rows.kind) {
        None | Some(RawKind::Null) => return false,
        Some(RawKind::List(rows)) => rows,
        Some(_) => return true,
    };
    let key = |row| table.key.iter().map(|field| key_part(table, row, *field)).collect();
    let keys: Vec<Option<Vec<String>>> = rows.iter().map(key).collect();
    let whole: Option<Vec<Vec<String>>> = keys.into_iter().collect();
    whole.is_none_or(|keys| !row_key::named(wanted, &keys).is_empty())
}

/// A field of a row's key, as results write it.
fn key_part(table: &TableInfo, row: &Raw, field: usize) -> Option<String> {
    let RawKind::Map(entries) = &row.kind else { return None };
    let field = table.fields.get(field)?;
    match &entries.iter().find(|(name, _)| *name == field.name.value)?.1.kind {
        RawKind::Number(text) => Num::parse(text).ok().map(|n| n.to_string()),
        RawKind::Text(text) if matches!(field.ty, Type::Number(_)) => {
            Num::parse(text).ok().map(|n| n.to_string())
        }
        RawKind::Text(text) | RawKind::Date(text) => Some(text.to_string()),
        _ => None,
    }
}

/// Whether the plan takes a field, reporting that it does not.
fn takes(globals: &mut Globals, field: &Name) -> bool {
    let records = globals.records.iter().map(|r| (&r.name.value, &r.fields));
    let all = records.chain(globals.tables.iter().map(|t| (&t.name.value, &t.fields)));
    let names: Vec<String> = all
        .flat_map(|(holder, fields)| {
            fields.iter().map(move |f| match &**holder {
                "" => f.name.value.to_string(),
                holder => format!("{holder}.{}", f.name.value),
            })
        })
        .collect();
    if names.iter().any(|name| **name == *field.value) {
        return true;
    }
    if field.value.split('.').any(|part| globals.is_broken(part)) {
        return false;
    }
    let of_one = || names.iter().find(|n| n.strip_suffix(&*field.value).is_some_and(|t| t.ends_with('.')));
    let near =
        did_you_mean(&field.value, names.iter().map(String::as_str)).or_else(|| of_one().map(|n| &**n));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "name a field of an input with the input before it, as in `participants.left_on`".to_owned(),
    };
    globals.diagnostics.push(
        Diagnostic::error(
            Code::BadTest,
            format!("the plan takes no field `{}` that could be refused", field.value),
        )
        .label(field.span, "no such field")
        .help(help),
    );
    false
}

/// Whether a type is known in all its parts: where a rule uses one that has a fault, it may not be.
fn says_something(ty: &Type) -> bool {
    match ty {
        Type::Never | Type::Absent => false,
        Type::List(inner) | Type::Optional(inner) => says_something(inner),
        Type::Record(record) => record.fields.iter().all(|f| says_something(&f.ty)),
        _ => true,
    }
}

fn expectation(globals: &mut Globals, test: &plan::Test) -> Option<Expectation> {
    if let Some(field) = &test.refused {
        return takes(globals, field).then(|| Expectation::Refused(field.clone()));
    }
    if let Some(plan::Fails { rule, code }) = &test.fails {
        let full = rule.value.to_string();
        let id = find_rule(globals, &full, rule)?;
        let code = match code {
            Some(name) => Some(failure_code(globals, name)?),
            None => None,
        };
        return Some(Expectation::Fails(id, code, rule.span));
    }
    let mut values = Vec::new();
    for expected in &test.expect {
        let full = match &expected.row {
            Some((table, _)) => format!("{}.{}", table.value, expected.rule.value),
            None => expected.rule.value.to_string(),
        };
        let Some(id) = find_rule(globals, &full, &expected.rule) else { continue };
        let ty = globals.rule_types.get(id.0).cloned().flatten();
        // Where a rule has a fault of its own there is no type to hold expectations to.
        let Some(ty) = ty.filter(says_something) else { continue };
        let place = format!("`{full}`");
        if let Some((_, value)) = terms::constant(globals, &expected.value, Some(&ty.optional()), &place) {
            let key = expected.row.as_ref().map(|(_, key)| key.clone());
            values.push((id, key, value, expected.value.span));
        }
    }
    Some(Expectation::Values(values))
}

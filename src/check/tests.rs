//! The plan's own tests: their data put together, their expectations typed.

use super::declare::plain;
use super::globals::Globals;
use super::terms;
use crate::diagnostic::{Code, Diagnostic, meant};
use crate::ir::{Expectation, RuleId, Test};
use crate::plan::{self, Document};
use crate::source::Name;
use crate::value::{Raw, RawKind, Type};
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
    for test in &document.tests {
        let before = globals.diagnostics.len();
        let given = match &test.base {
            None => Some(test.given.clone()),
            Some(base) => named(globals, &document, base)
                .filter(|found| chains.get(&found.name.value).is_some_and(Option::is_some))
                .map(|found| fixture(&document, &found.name.value).filled(&test.given)),
        };
        let assume = assumptions(globals, test);
        let expect = expectation(globals, test);
        if globals.diagnostics.len() > before {
            continue;
        }
        if let (Some(given), Some(expect)) = (given, expect) {
            globals.program.tests.push(Test {
                name: test.name.clone(),
                cite: plain(&test.cite),
                base: test.base.clone(),
                own: test.given.clone(),
                given,
                assume,
                as_of: test.as_of.as_ref().map(|d| d.value),
                expect,
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
fn overlay(base: &Raw, over: &Raw) -> Raw {
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

/// The data of a fixture whose chain is sound.
fn fixture(document: &Document, name: &str) -> Fixture {
    let find = |name: &str| document.fixtures.iter().find(|f| &*f.name.value == name);
    let chain = std::iter::successors(find(name), |f| find(&f.base.as_ref()?.value));
    let chain: Vec<&plan::Fixture> = chain.collect();
    chain.into_iter().rev().fold(Fixture::default(), |below, own| Fixture {
        given: overlay(&below.given, &own.given),
        rows: overlay(&below.rows, &own.rows),
    })
}

/// The fixture of this name, with a fault where there is none.
fn named<'d>(globals: &mut Globals, document: &'d Document, name: &Name) -> Option<&'d plan::Fixture> {
    let found = document.fixtures.iter().find(|f| f.name.value == name.value);
    if found.is_none() {
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
    let names: Vec<String> =
        (0..globals.document.rules.len()).map(|i| globals.rule_name(RuleId(i))).collect();
    if let Some(index) = names.iter().position(|n| n == full) {
        return Some(RuleId(index));
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

fn expectation(globals: &mut Globals, test: &plan::Test) -> Option<Expectation> {
    if let Some(field) = &test.refused {
        return Some(Expectation::Refused(field.clone()));
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
        let ty = globals.program.rules.get(id.0).map(|r| r.ty.clone());
        // Where rules, or what they use, have faults of their own there is no type to hold expectations to.
        let Some(ty) = ty.filter(|ty| *ty != Type::Never) else { continue };
        let place = format!("`{full}`");
        if let Some((_, value)) = terms::constant(globals, &expected.value, Some(&ty.optional()), &place) {
            let key = expected.row.as_ref().map(|(_, key)| Arc::clone(&key.value));
            values.push((id, key, value, expected.value.span));
        }
    }
    Some(Expectation::Values(values))
}

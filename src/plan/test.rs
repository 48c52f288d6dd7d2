//! `[[tests]]`: what the plan must conclude from given data.

use super::document::{Document, Expectation, Fails, InputKind, Test};
use super::formula::Plain;
use super::found::Space;
use super::names::checked_name;
use super::quote::quoted;
use super::walk::{Entry, Reader, Section};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Name;
use std::collections::BTreeSet;
use std::sync::Arc;

const TEST: &[&str] =
    &["name", "cite", "use", "given", "assume", "as_of", "expect", "refused", "fails", "unconfirmed"];
/// The entries that say what must come of a test.
const OUTCOMES: [&str; 3] = ["expect", "refused", "fails"];

/// Reads `[[tests]]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(items) = reader.items(entry) else {
        reader.wrong(entry, "a list of tests", Some("begin each test with a line `[[tests]]`".to_owned()));
        return;
    };
    let tables: BTreeSet<Arc<str>> = document
        .inputs
        .iter()
        .filter(|i| matches!(i.kind, InputKind::Table { .. }))
        .map(|i| Arc::clone(&i.name.value))
        .collect();
    for item in items {
        document.tests.extend(read_one(reader, &item, &tables));
    }
}

fn read_one(reader: &mut Reader<'_>, item: &Entry<'_>, tables: &BTreeSet<Arc<str>>) -> Option<Test> {
    if reader.file.is_unsure(item.span) {
        return None;
    }
    let mut section = reader.section(item, "the test".to_owned(), TEST)?;
    section.place = item.span;
    let name = section.need(reader, "name").and_then(|e| reader.text(&e));
    if let Some(name) = &name {
        section.what = format!("the test {}", quoted(&name.value));
        section.place = name.span;
    }
    if let Some(name) = &name {
        reader.define(Space::Tests, name, "test");
    }
    let cite = section.take("cite").map(|e| reader.texts(&e)).unwrap_or_default();
    let base = section.take("use").map(|e| reader.name(&e));
    let given = section.take("given").map(|e| reader.data(&e));
    let mut whole = true;
    let assume = section.take("assume").map(|e| read_assume(reader, &e, &mut whole));
    let as_of = section.take("as_of").map(|e| reader.date(&e));
    let unconfirmed = reader.flag(&mut section, "unconfirmed").is_some();
    let outcomes: Vec<Entry<'_>> = OUTCOMES.iter().filter_map(|key| section.take(key)).collect();
    let (mut expect, mut refused, mut fails) = (Vec::new(), None, None);
    // Whether it is known which data there are, and whether they may have faults.
    let mut known = base != Some(None) && given != Some(None) && whole && as_of != Some(None);
    match outcomes.as_slice() {
        [outcome] => match &*outcome.key.value {
            "expect" => expect = read_expect(reader, outcome, tables),
            "refused" => {
                refused = reader.path(outcome);
                known &= refused.is_some();
            }
            _ => fails = read_fails(reader, outcome),
        },
        other => {
            known = false;
            wrong_outcomes(reader, &section, other);
        }
    }
    section.finish(reader);
    let name = name?;
    let given = given.flatten().unwrap_or_else(|| reader.no_data(&name));
    let given = known.then_some(given);
    Some(Test {
        name,
        cite,
        base: base.flatten(),
        given,
        assume: assume.unwrap_or_default(),
        as_of: as_of.flatten(),
        expect,
        refused,
        fails,
        unconfirmed,
    })
}

fn wrong_outcomes(reader: &mut Reader<'_>, test: &Section<'_>, outcomes: &[Entry<'_>]) {
    let mut diagnostic = match outcomes {
        [] => Diagnostic::error(Code::BadTest, format!("{} expects nothing", test.what))
            .label(test.place, "expected `expect`, `refused` or `fails`"),
        _ => Diagnostic::error(
            Code::BadTest,
            format!("{} expects several outcomes that exclude each other", test.what),
        ),
    };
    for outcome in outcomes {
        diagnostic = diagnostic.label(outcome.key.span, "an outcome");
    }
    let help = "give `expect` for conclusions, `refused` for data that must be refused, or `fails` for a rule that must fail";
    reader.report(diagnostic.help(help));
}

/// `fails = "RULE"`, or `fails = { rule = "RULE", code = "CODE" }`.
fn read_fails(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Fails> {
    if entry.as_table().is_none() {
        return reader.path(entry).map(|rule| Fails { rule, code: None });
    }
    let mut section = reader.section(entry, "`fails`".to_owned(), &["rule", "code"])?;
    let rule = section.need(reader, "rule").and_then(|e| reader.path(&e));
    let code = section.take("code").map(|e| reader.text(&e));
    section.finish(reader);
    // A code that is there and could not be read leaves the test out.
    match code {
        Some(None) => None,
        code => Some(Fails { rule: rule?, code: code.flatten() }),
    }
}

/// The readings that a test assumes, `whole` where all of them can be read.
fn read_assume(reader: &mut Reader<'_>, entry: &Entry<'_>, whole: &mut bool) -> Vec<(Name, Name)> {
    if entry.as_table().is_none() {
        reader.wrong(entry, "a table of assumptions", Some("write `assume.NAME = \"reading\"`".to_owned()));
        *whole = false;
        return Vec::new();
    }
    let Some(mut section) = reader.section(entry, "`assume`".to_owned(), &[]) else {
        *whole = false;
        return Vec::new();
    };
    let mut assume = Vec::new();
    for entry in section.take_all(|_| true) {
        let named = checked_name(reader, &entry.key);
        match reader.name(&entry) {
            Some(reading) if named => assume.push((entry.key, reading)),
            _ => *whole = false,
        }
    }
    assume
}

/// `expect.RULE = value` and `expect.TABLE.KEY.RULE = value`, all that can be read.
fn read_expect(reader: &mut Reader<'_>, entry: &Entry<'_>, tables: &BTreeSet<Arc<str>>) -> Vec<Expectation> {
    if entry.as_table().is_none() {
        reader.wrong(entry, "a table of expected values", Some("write `expect.RULE = value`".to_owned()));
        return Vec::new();
    }
    let Some(mut section) = reader.section(entry, "`expect`".to_owned(), &[]) else { return Vec::new() };
    let mut expected = Vec::new();
    let mut sound = true;
    for entry in section.take_all(|_| true) {
        let table = entry.key.clone();
        if !tables.contains(&table.value) {
            sound &= expect_one(reader, &entry, None, &mut expected);
            continue;
        }
        for row in rows_of(reader, &entry, &mut sound) {
            for rule in rows_of(reader, &row, &mut sound) {
                sound &= expect_one(reader, &rule, Some((table.clone(), row.key.clone())), &mut expected);
            }
        }
    }
    if sound && expected.is_empty() {
        reader.report(
            Diagnostic::error(Code::BadTest, "the test expects nothing")
                .label(entry.span, "no value stands here")
                .help("write `expect.RULE = value`"),
        );
    }
    expected
}

/// The entries below a table or a row of `expect`.
fn rows_of<'t>(reader: &mut Reader<'_>, entry: &Entry<'t>, sound: &mut bool) -> Vec<Entry<'t>> {
    if let Some(table) = entry.as_table() {
        return reader.entries(table);
    }
    let help = "write `expect.TABLE.KEY.RULE = value`, the key in quotes unless it is one word";
    reader.wrong(entry, "a table", Some(help.to_owned()));
    *sound = false;
    Vec::new()
}

fn expect_one(
    reader: &mut Reader<'_>,
    entry: &Entry<'_>,
    row: Option<(Name, Name)>,
    expected: &mut Vec<Expectation>,
) -> bool {
    let named = checked_name(reader, &entry.key);
    let value = reader.formula_or(entry, Plain::Records);
    match value {
        Some(value) if named => {
            expected.push(Expectation { row, rule: entry.key.clone(), value });
            true
        }
        _ => false,
    }
}

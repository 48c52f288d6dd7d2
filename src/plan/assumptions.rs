//! `[assumptions]`: where the document is silent, what it may mean and what the plan takes it to mean.

use super::document::{Assumption, Document};
use super::found::Space;
use super::names::checked_name;
use super::quote::{listed, quoted};
use super::walk::{Entry, Reader, Section};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Name;
use std::sync::Arc;

const ASSUMPTION: &[&str] = &["readings", "chosen", "cite", "about", "change"];
const READINGS: &str = "write `readings = { name = \"what it means\", ... }`";

/// Reads `[assumptions]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[assumptions]`".to_owned(), &[]) else { return };
    for entry in section.take_all(|_| true) {
        let assumption = reader.judged(&entry.key, |reader| read_one(reader, &entry));
        let defined = reader.define(Space::Assumptions, &entry.key, "assumption");
        match assumption {
            Some(assumption) if defined => document.assumptions.push(assumption),
            _ => reader.leave_out(&entry),
        }
    }
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Assumption> {
    let name = entry.key.clone();
    let mut section = reader.section(entry, format!("the assumption {}", quoted(&name.value)), ASSUMPTION)?;
    let notes = reader.notes(&mut section);
    let readings = section.need(reader, "readings").and_then(|e| read_readings(reader, &section, &e));
    let chosen = section.need(reader, "chosen").and_then(|e| reader.name(&e));
    section.finish(reader);
    let what = format!("the assumption {}", quoted(&name.value));
    let (readings, chosen) = (readings?, chosen?);
    if !readings.iter().any(|(reading, _)| reading.value == chosen.value) {
        if reader.found.excuses(&chosen.value) {
            return None;
        }
        let names = || readings.iter().map(|(reading, _)| &*reading.value);
        let near = reader.found.near(&chosen.value, names()).map(quoted);
        let help = near.map_or_else(
            || format!("the readings are {}", listed(names().take(20), "and")),
            |near| format!("did you mean {near}?"),
        );
        let message = format!("{what} has no reading {}", quoted(&chosen.value));
        reader.report(
            Diagnostic::error(Code::BadAssumption, message).label(chosen.span, "not a reading").help(help),
        );
        return None;
    }
    Some(Assumption { name, readings, chosen, notes })
}

fn read_readings(
    reader: &mut Reader<'_>,
    assumption: &Section<'_>,
    entry: &Entry<'_>,
) -> Option<Vec<(Name, Arc<str>)>> {
    if entry.as_table().is_none() {
        reader.wrong(entry, "a table of readings and their meanings", Some(READINGS.to_owned()));
        return None;
    }
    let mut section = reader.section(entry, "`readings`".to_owned(), &[])?;
    let entries = section.take_all(|_| true);
    if entries.is_empty() {
        reader.report(
            Diagnostic::error(Code::BadAssumption, format!("{} has no reading", assumption.what))
                .label(entry.span, "no reading stands here")
                .help(READINGS),
        );
        return None;
    }
    let read: Vec<_> = entries
        .iter()
        .map(|reading| {
            let named = checked_name(reader, &reading.key);
            let meaning = reader.text(reading)?;
            named.then(|| (reading.key.clone(), meaning.value))
        })
        .collect();
    read.into_iter().collect()
}

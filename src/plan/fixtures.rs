//! `[fixtures]`, data that tests share, and data inside a plan file in general.

use super::document::{Document, Fixture};
use super::found::Space;
use super::quote::quoted;
use super::walk::{Entry, Reader};
use crate::source::Name;
use crate::value::{Characters, Place, Raw, RawKind};
use std::sync::Arc;
use toml::de::DeValue;

const FIXTURE: &[&str] = &["use", "given", "rows"];

/// Reads `[fixtures]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[fixtures]`".to_owned(), &[]) else { return };
    for entry in section.take_all(|_| true) {
        let fixture = read_one(reader, &entry);
        let defined = reader.define(Space::Fixtures, &entry.key, "fixture");
        match fixture {
            Some(fixture) if defined => document.fixtures.push(fixture),
            _ => reader.leave_out(&entry),
        }
    }
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Fixture> {
    let name = entry.key.clone();
    let mut section = reader.section(entry, format!("the fixture {}", quoted(&name.value)), FIXTURE)?;
    let base = section.take("use").map(|e| reader.name(&e));
    let given = section.take("given").map(|e| reader.data(&e));
    let rows = section.take("rows").map(|e| reader.rows(&e));
    section.finish(reader);
    let base = match base {
        Some(base) => Some(base?),
        None => None,
    };
    let nothing = reader.no_data(&name);
    let read = |data: Option<Option<Raw>>| data.unwrap_or_else(|| Some(nothing.clone()));
    let (given, rows) = (read(given)?, read(rows)?);
    Some(Fixture { name, base, given, rows })
}

impl Reader<'_> {
    /// The data of a test or fixture that gives none: what is missing is missing from there.
    pub fn no_data(&self, of: &Name) -> Raw {
        let line = Some(self.file.line(of.span.start as usize));
        let characters = Some(Box::new(Characters { name: of.span, value: of.span }));
        Raw { place: Place { characters, ..Place::new(&*self.file.name, line) }, ..Raw::default() }
    }

    /// A table of data.
    pub fn data(&mut self, entry: &Entry<'_>) -> Option<Raw> {
        if entry.as_table().is_none() {
            let help = format!("write `{}.NAME = ...` or `{0} = {{ NAME = ... }}`", entry.key.value);
            self.wrong(entry, "a table of data", Some(help));
            return None;
        }
        self.raw(entry)
    }

    /// Fields by table: what a row has unless it says otherwise.
    pub fn rows(&mut self, entry: &Entry<'_>) -> Option<Raw> {
        let data = self.data(entry)?;
        let mut sound = true;
        for table in entry.as_table().map(|t| self.entries(t)).unwrap_or_default() {
            if table.as_table().is_none() {
                let help = format!("write `rows.{} = {{ field = ... }}`", table.key.value);
                self.wrong(&table, "a table of fields", Some(help));
                sound = false;
            }
        }
        sound.then_some(data)
    }

    /// Any data, its numbers and dates exactly as written.
    fn raw(&mut self, entry: &Entry<'_>) -> Option<Raw> {
        let kind = match entry.value {
            DeValue::String(text) => RawKind::Text(Arc::from(&**text)),
            DeValue::Boolean(value) => RawKind::Bool(*value),
            DeValue::Integer(_) | DeValue::Float(_) => RawKind::Number(self.digits(entry)?.into()),
            DeValue::Datetime(day) if day.date.is_some() && day.time.is_none() => {
                RawKind::Date(Arc::from(self.slice(entry.span)))
            }
            DeValue::Datetime(_) => {
                self.wrong(entry, "a date", Some("leave out the time of day".to_owned()));
                return None;
            }
            DeValue::Array(_) => {
                let items = self.items(entry)?;
                let read: Vec<_> = items.iter().map(|item| self.raw(item)).collect();
                RawKind::List(read.into_iter().collect::<Option<_>>()?)
            }
            DeValue::Table(table) => {
                let mut fields = Vec::new();
                for field in self.entries(table) {
                    fields.push(self.raw(&field).map(|value| (field.key.value, value)));
                }
                RawKind::Map(fields.into_iter().collect::<Option<_>>()?)
            }
        };
        let characters = Some(Box::new(Characters { name: entry.key.span, value: entry.span }));
        let line = Some(self.file.line(entry.first));
        let place = Place { characters, ..Place::new(Arc::clone(&self.file.name), line) };
        Some(Raw { kind, place })
    }
}

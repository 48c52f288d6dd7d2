//! The data document: what a plan takes, and several documents merged into one.

use super::fault::{described, fault_of};
use super::{Place, Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use indexmap::IndexMap;
use std::sync::Arc;

/// The shapes of what a plan takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// One value at the top of a document.
    Scalar,
    /// Named fields.
    Record,
    /// Rows.
    Table,
}

/// A scalar, record or table that a plan takes, as far as reading its data needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Known {
    /// Its name.
    pub name: Arc<str>,
    /// Its shape.
    pub kind: Kind,
    /// The fields of a table's key.
    pub key: Vec<Arc<str>>,
    /// The fields of a record or table; with none given, every field name is let through.
    pub fields: Vec<Arc<str>>,
}

impl Known {
    /// A scalar input.
    pub fn scalar(name: impl Into<Arc<str>>) -> Self {
        Self { name: name.into(), kind: Kind::Scalar, key: Vec::new(), fields: Vec::new() }
    }

    /// A record with these fields.
    pub fn record(name: impl Into<Arc<str>>, fields: impl IntoIterator<Item = impl Into<Arc<str>>>) -> Self {
        let fields = fields.into_iter().map(Into::into).collect();
        Self { name: name.into(), kind: Kind::Record, key: Vec::new(), fields }
    }

    /// A table with this key and these fields, the key's among them.
    pub fn table(
        name: impl Into<Arc<str>>,
        key: impl IntoIterator<Item = impl Into<Arc<str>>>,
        fields: impl IntoIterator<Item = impl Into<Arc<str>>>,
    ) -> Self {
        let key = key.into_iter().map(Into::into).collect();
        let fields = fields.into_iter().map(Into::into).collect();
        Self { name: name.into(), kind: Kind::Table, key, fields }
    }
}

/// Merges documents into one; later ones add.
///
/// # Errors
///
/// A document that is not a map of names; a table, record or scalar given twice, in one document or
/// in two (null is the same as missing, so it is not a repeat in another document).
pub fn merge(documents: Vec<Raw>) -> Result<Raw, Diagnostics> {
    let place = documents.first().map(|d| d.place.clone()).unwrap_or_default();
    let mut merged: IndexMap<Arc<str>, Raw> = IndexMap::new();
    let mut faults = Diagnostics::new();
    for document in documents {
        match entries(document) {
            Ok(entries) => add(&mut merged, entries, &mut faults),
            Err(more) => faults.extend(more),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Raw { kind: RawKind::Map(merged.into_iter().collect()), place })
}

/// Adds one document's entries to those merged so far.
fn add(merged: &mut IndexMap<Arc<str>, Raw>, entries: Vec<(Arc<str>, Raw)>, faults: &mut Diagnostics) {
    let mut here: IndexMap<Arc<str>, Place> = IndexMap::new();
    for (name, value) in entries {
        if let Some(first) = here.get(&name) {
            faults.push(given_twice(&name, first, &value.place));
            continue;
        }
        here.insert(Arc::clone(&name), value.place.clone());
        match merged.get(&name) {
            Some(earlier) if value.kind != RawKind::Null && earlier.kind != RawKind::Null => {
                faults.push(given_twice(&name, &earlier.place, &value.place));
            }
            Some(_) if value.kind == RawKind::Null => {}
            _ => {
                merged.insert(name, value);
            }
        }
    }
}

/// The entries of a document, which must be a map of names.
pub(super) fn entries(document: Raw) -> Result<Vec<(Arc<str>, Raw)>, Diagnostics> {
    let Raw { kind, place } = document;
    match kind {
        RawKind::Map(entries) => Ok(entries),
        other => {
            let message = format!(
                "the data are {}, expected a record that holds tables and records by name",
                described(&other)
            );
            let help = "to give the rows of one table, name it: `--data participants=FILE`";
            Err(vec![Diagnostic::error(Code::DataWrongType, message).help(help).about(place.subject())])
        }
    }
}

/// The fault of a name given twice, with both places.
pub(super) fn given_twice(name: &str, first: &Place, second: &Place) -> Diagnostic {
    let same = first.file == second.file;
    let message = match (same, first.line, second.line) {
        (true, Some(a), Some(b)) if a == b => format!("`{name}` is given twice on line {a}"),
        (true, Some(a), Some(b)) => format!("`{name}` is given twice, on line {a} and on line {b}"),
        (true, ..) => format!("`{name}` is given twice"),
        (false, ..) => format!("`{name}` is given twice, in {} and in {}", named(first), named(second)),
    };
    fault_of(Code::DataGivenTwice, name, second, message)
        .help("give it once; to change a single field of what a file gives, use `--set`")
}

/// A place as a message names it.
fn named(place: &Place) -> String {
    match (&place.file, place.line) {
        (Some(file), Some(line)) if line > 1 => format!("`{file}` (line {line})"),
        (Some(file), _) => format!("`{file}`"),
        (None, _) => "data without a file".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(kind: RawKind, file: &str, line: u32) -> Raw {
        Raw { kind, place: Place::new(file, Some(line)) }
    }

    fn document(file: &str, entries: &[(&str, RawKind, u32)]) -> Raw {
        let entries = entries.iter().map(|(n, k, l)| (Arc::from(*n), value(k.clone(), file, *l))).collect();
        value(RawKind::Map(entries), file, 1)
    }

    fn list() -> RawKind {
        RawKind::List(Vec::new())
    }

    #[test]
    fn later_documents_add() {
        let a = document("a.json", &[("company", RawKind::Map(Vec::new()), 1)]);
        let b = document("b.csv", &[("participants", list(), 1)]);
        let merged = merge(vec![a, b]).unwrap();
        let RawKind::Map(entries) = merged.kind else { panic!() };
        let names: Vec<&str> = entries.iter().map(|(n, _)| &**n).collect();
        assert_eq!(names, ["company", "participants"]);
        assert_eq!(merge(Vec::new()).unwrap(), Raw::default());
    }

    #[test]
    fn a_table_given_twice_names_both_files() {
        let a = document("a.json", &[("participants", list(), 7)]);
        let b = document("b.csv", &[("participants", list(), 1)]);
        let faults = merge(vec![a, b]).unwrap_err();
        assert_eq!(faults.len(), 1);
        assert_eq!(faults[0].code, Code::DataGivenTwice);
        assert_eq!(faults[0].message, "`participants` is given twice, in `a.json` (line 7) and in `b.csv`");
        assert_eq!(faults[0].subject.as_ref().unwrap().table.as_deref(), Some("participants"));
    }

    #[test]
    fn a_name_given_twice_in_one_document_is_refused_even_when_null() {
        let a = document("a.json", &[("as_of", RawKind::Null, 2), ("as_of", RawKind::Bool(true), 3)]);
        let faults = merge(vec![a]).unwrap_err();
        assert_eq!(faults[0].message, "`as_of` is given twice, on line 2 and on line 3");
    }

    #[test]
    fn null_in_one_document_leaves_room_for_another() {
        let null = || document("a.json", &[("event", RawKind::Null, 2)]);
        let event = || document("b.json", &[("event", RawKind::Bool(true), 2)]);
        for documents in [vec![null(), event()], vec![event(), null()]] {
            let RawKind::Map(entries) = merge(documents).unwrap().kind else { panic!() };
            assert_eq!(entries[0].1.kind, RawKind::Bool(true));
        }
    }

    #[test]
    fn a_document_that_is_a_list_is_refused() {
        let faults = merge(vec![value(list(), "a.json", 1)]).unwrap_err();
        assert_eq!(faults[0].code, Code::DataWrongType);
        assert!(faults[0].message.starts_with("the data are a list"));
    }
}

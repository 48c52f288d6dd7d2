//! `[inputs]`: what a plan is told. Single values, records, and tables with a key.

use super::document::{BoundKind, Condition, Document, Field, Input, InputKind, Notes};
use super::formula::Plain;
use super::found::Space;
use super::quote::{listed, quoted};
use super::walk::{Entry, Reader, Section};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Name;
use std::collections::BTreeSet;
use std::sync::Arc;
use toml::de::{DeTable, DeValue};

const FIELD: &[&str] = &[
    "type", "default", "min", "max", "above", "below", "whole", "step", "unique", "about", "cite", "change",
];
const INPUT: &[&str] = &["key", "fields", "require", "optional", "about", "cite", "change"];
const CONDITION: &[&str] = &["that", "field", "message"];
/// The entries of bounds, of fields and of rules.
pub(super) const BOUNDS: [(&str, BoundKind); 4] = [
    ("min", BoundKind::Min),
    ("max", BoundKind::Max),
    ("above", BoundKind::Above),
    ("below", BoundKind::Below),
];

/// Reads `[inputs]`.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, document: &mut Document) {
    let Some(mut section) = reader.section(entry, "`[inputs]`".to_owned(), &[]) else { return };
    for entry in section.take_all(|_| true) {
        let defined = reader.define(Space::Definitions, &entry.key, "input");
        let input = reader.judged(&entry.key, |reader| defined.then(|| read_one(reader, &entry)).flatten());
        match input {
            Some(input) => document.inputs.push(input),
            None => reader.leave_out(&entry),
        }
    }
}

/// Whether a table says what one value is, rather than which fields there are.
fn is_field(table: &DeTable<'_>) -> bool {
    table.iter().any(|(key, value)| key.get_ref() == "type" && !value.get_ref().is_table())
}

fn read_one(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Option<Input> {
    let name = entry.key.clone();
    let what = format!("the input {}", quoted(&name.value));
    match entry.value {
        DeValue::Table(table) if !is_field(table) => return read_fields(reader, entry, what),
        DeValue::String(_) | DeValue::Table(_) => {}
        _ => {
            let help = format!("write `{} = {{ type = \"...\" }}`, or a section with fields", name.value);
            reader.wrong(entry, "a type or a table of fields", Some(help));
            return None;
        }
    }
    let field = read_field(reader, entry, what, false)?;
    let notes = field.notes.clone();
    Some(Input { name, kind: InputKind::Scalar(Box::new(field)), notes })
}

/// A record or a table.
fn read_fields(reader: &mut Reader<'_>, entry: &Entry<'_>, what: String) -> Option<Input> {
    let name = entry.key.clone();
    let mut section = reader.section(entry, what, INPUT)?;
    section.also("fields stand under `fields`, or each as `name = { type = \"...\" }`");
    let notes = reader.notes(&mut section);
    let key = section.take("key");
    let (fields, known) = fields(reader, &mut section, &name, key.is_some());
    // What was probably meant as a field is not also an unknown one where it is used.
    for name in section.unknown() {
        reader.found.leave_out(&name);
    }
    let require = conditions(reader, &mut section);
    let optional = section.take("optional");
    let kind = if let Some(key) = key {
        if let Some(optional) = optional {
            let message = format!("{} is a table and cannot be optional", section.what);
            reader.report(
                Diagnostic::error(Code::WrongEntry, message)
                    .label(optional.key.span, "only a record may be absent as a whole")
                    .help("leave `optional` out: a table may always be empty"),
            );
        }
        InputKind::Table { key: key_fields(reader, &section, &key, &known), fields, require }
    } else {
        let optional = optional.and_then(|e| reader.switch(&e)).unwrap_or_default();
        InputKind::Record { optional, fields, require }
    };
    section.finish(reader);
    Some(Input { name, kind, notes })
}

/// The fields, and the names of all that were meant to be fields.
fn fields(
    reader: &mut Reader<'_>,
    section: &mut Section<'_>,
    input: &Name,
    in_table: bool,
) -> (Vec<Field>, BTreeSet<Arc<str>>) {
    let direct = |e: &Entry<'_>| {
        let says = |t: &DeTable<'_>| t.keys().any(|k| FIELD.contains(&&**k.get_ref()));
        !INPUT.contains(&&*e.key.value) && e.as_table().is_some_and(says)
    };
    let mut entries = section.take_all(direct);
    let list = section.take("fields");
    let listed = list.as_ref().and_then(|e| reader.section(e, "`fields`".to_owned(), &[]));
    entries.extend(listed.map(|mut s| s.take_all(|_| true)).unwrap_or_default());
    entries.sort_by_key(|e| e.first);
    // Unknown entries were probably meant as fields: their report is enough.
    if entries.is_empty() && list.as_ref().is_none_or(|e| e.value.is_table()) && section.unknown().is_empty()
    {
        reader.report(
            Diagnostic::error(Code::MissingEntry, format!("{} has no fields", section.what))
                .label(section.place, "`fields` is missing")
                .help(format!("add a section `[inputs.{}.fields]` with lines such as `pay = \"USD\"`, or for a single value a `type`", input.value)),
        );
    }
    let mut fields = Vec::new();
    let mut known = BTreeSet::new();
    for entry in entries {
        let what = format!("the field `{}.{}`", input.value, entry.key.value);
        known.insert(Arc::clone(&entry.key.value));
        let defined = reader.define(Space::Fields(Arc::clone(&input.value)), &entry.key, "field");
        match reader.judged(&entry.key, |reader| read_field(reader, &entry, what, in_table)) {
            Some(field) if defined => fields.push(field),
            _ => reader.leave_out(&entry),
        }
    }
    (fields, known)
}

fn read_field(reader: &mut Reader<'_>, entry: &Entry<'_>, what: String, in_table: bool) -> Option<Field> {
    let name = entry.key.clone();
    if entry.as_table().is_none() {
        // The short form: `pay = "USD"`.
        return Some(Field {
            ty: reader.ty(entry)?,
            name,
            default: None,
            bounds: Vec::new(),
            whole: None,
            step: None,
            unique: None,
            notes: Notes::default(),
        });
    }
    let mut section = reader.section(entry, what, FIELD)?;
    let notes = reader.notes(&mut section);
    let ty = section.need(reader, "type").and_then(|e| reader.ty(&e));
    // An entry that is there and cannot be read leaves the field out.
    let mut whole_field = true;
    let mut formula = |reader: &mut Reader<'_>, entry: Option<Entry<'_>>, plain| {
        let entry = entry?;
        let read = reader.formula_or(&entry, plain);
        whole_field &= read.is_some();
        read
    };
    let default = formula(reader, section.take("default"), Plain::Lists);
    let mut bounds = Vec::new();
    for (key, kind) in BOUNDS {
        bounds.extend(formula(reader, section.take(key), Plain::Single).map(|bound| (kind, bound)));
    }
    let step = formula(reader, section.take("step"), Plain::Single);
    let whole = reader.flag(&mut section, "whole");
    let unique = section.take("unique");
    if let Some(unique) = unique.as_ref().filter(|_| !in_table) {
        reader.report(
            Diagnostic::error(Code::WrongEntry, format!("{} cannot be unique", section.what))
                .label(unique.key.span, "only a table's fields can be unique")
                .help("leave `unique` out"),
        );
    }
    let unique = unique.and_then(|e| reader.switch(&e)?.then_some(e.span));
    section.finish(reader);
    let ty = ty.filter(|_| whole_field)?;
    Some(Field { name, ty, default, bounds, whole, step, unique, notes })
}

fn conditions(reader: &mut Reader<'_>, section: &mut Section<'_>) -> Vec<Condition> {
    let Some(entry) = section.take("require") else { return Vec::new() };
    let Some(items) = reader.items(&entry) else {
        let help = "write `require = [{ that = \"...\", field = \"...\", message = \"...\" }]`";
        reader.wrong(&entry, "a list of conditions", Some(help.to_owned()));
        return Vec::new();
    };
    let what = format!("a condition of {}", section.what);
    items
        .iter()
        .filter_map(|item| {
            let read = condition(reader, item, what.clone());
            if read.is_none() {
                reader.mention(item);
            }
            read
        })
        .collect()
}

fn condition(reader: &mut Reader<'_>, item: &Entry<'_>, what: String) -> Option<Condition> {
    let mut section = reader.section(item, what, CONDITION)?;
    section.place = item.span;
    let that = section.need(reader, "that").and_then(|e| reader.formula(&e));
    let field = section.need(reader, "field").and_then(|e| reader.name(&e));
    let message = section.need(reader, "message").and_then(|e| reader.text(&e));
    section.finish(reader);
    Some(Condition { that: that?, field: field?, message: message?.value })
}

fn key_fields(
    reader: &mut Reader<'_>,
    section: &Section<'_>,
    entry: &Entry<'_>,
    known: &BTreeSet<Arc<str>>,
) -> Vec<Name> {
    let mut key: Vec<Name> = Vec::new();
    let mut seen = BTreeSet::new();
    let names = reader.names(entry);
    if entry.value.as_array().is_some_and(|a| a.is_empty()) {
        reader.report(
            Diagnostic::error(Code::BadKey, format!("the key of {} has no field", section.what))
                .label(entry.span, "expected the name of a field")
                .help("name the field, or the fields, that tell rows apart"),
        );
    }
    for name in names {
        if known.is_empty() {
            // That there are no fields is reported already.
            key.push(name);
        } else if !known.contains(&name.value) && reader.found.excuses(&name.value) {
            // Its field stands where the file cannot be read.
            key.push(name);
        } else if !known.contains(&name.value) {
            let near = reader.found.near(&name.value, known.iter().map(|k| &**k)).map(quoted);
            let help = near.map_or_else(
                || match known.len() {
                    1 => format!("the only field is {}", listed(known.iter().map(|k| &**k), "and")),
                    _ => format!("the fields are {}", listed(known.iter().take(20).map(|k| &**k), "and")),
                },
                |near| format!("did you mean {near}?"),
            );
            let message = format!("the key of {} names no field: {}", section.what, quoted(&name.value));
            reader.report(
                Diagnostic::error(Code::BadKey, message).label(name.span, "not a field of it").help(help),
            );
        } else if !seen.insert(Arc::clone(&name.value)) {
            let message = format!("the key of {} names {} twice", section.what, quoted(&name.value));
            reader.report(
                Diagnostic::error(Code::BadKey, message).label(name.span, "again here").help("remove one"),
            );
        } else {
            key.push(name);
        }
    }
    key
}

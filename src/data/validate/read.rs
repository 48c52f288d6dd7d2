//! The document taken apart: records, tables, keys and references.

use super::convert::{Misfit, convert};
use super::faults::{Cell, Faults, Part, cut, mark, written};
use super::references::{key_type, references, references_of_column};
use crate::data::{Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Subject, did_you_mean, ticked};
use crate::eval::{Dataset, Index, TableData};
use crate::ir::{Field, Holder, Program, SCALARS};
use crate::value::{Type, Value};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reads every record and table; what has a fault is absent in the result.
pub fn read(
    program: &Program,
    document: &Raw,
    rosters: Vec<(usize, TableData)>,
    faults: &mut Faults<'_>,
) -> Dataset {
    let mut dataset = Dataset {
        records: program.records.iter().map(|_| None).collect(),
        tables: program.tables.iter().map(|_| Arc::default()).collect(),
    };
    let entries: &[(Arc<str>, Raw)] = match &document.kind {
        RawKind::Map(entries) => entries,
        RawKind::Null => &[],
        _ => {
            faults.push(
                Diagnostic::error(Code::DataWrongType, "the data is no set of named records and tables")
                    .help("write an object (or a TOML document) with the plan's inputs by name"),
            );
            &[]
        }
    };
    let meant = names(program, entries, faults);
    let given = |name: &str| {
        entries.iter().find(|(n, _)| **n == *name).map(|(_, v)| v).filter(|v| v.kind != RawKind::Null)
    };
    for index in 0..program.records.len() {
        let fields = record(program, index, document, &given, &meant, faults);
        if let Some(slot) = dataset.records.get_mut(index) {
            *slot = fields;
        }
    }
    for (index, table) in program.tables.iter().enumerate() {
        let Some(raw) = given(&table.name.value) else {
            if meant.contains(&*table.name.value) {
                doubt_rows(program, index, faults);
            }
            continue;
        };
        let Some(rows) = raw.kind.items() else {
            let help = format!("write a list of rows, as in `\"{}\": [{{ ... }}]`", table.name.value);
            let says = format!("`{}` is `{}`, expected a list of rows", table.name.value, written(raw));
            let fault = Diagnostic::error(Code::DataWrongType, says).help(help);
            faults.push(about(fault, &table.name.value, raw, Part::Value));
            doubt_rows(program, index, faults);
            continue;
        };
        let holder = Holder::Table(index);
        let header = header(&table.fields, &table.name.value, raw, faults);
        // Without its key, a header is hardly that of the table's own file.
        if rows.is_empty() && header.as_ref().is_some_and(|h| table.key.iter().any(|k| h.contains(k))) {
            doubt_rows(program, index, faults);
        }
        let read: Vec<Vec<Value>> = rows
            .iter()
            .enumerate()
            .map(|(row, raw)| fields(&table.fields, holder, row, raw, header.as_ref(), faults))
            .collect();
        if let Some(slot) = dataset.tables.get_mut(index) {
            let places = rows.iter().map(|r| r.place.clone()).collect();
            *slot = Arc::new(TableData::of_rows(read, table.fields.len(), places));
        }
    }
    let of_rosters: Vec<usize> = rosters.iter().map(|(table, _)| *table).collect();
    for (table, data) in rosters {
        if let Some(slot) = dataset.tables.get_mut(table) {
            *slot = Arc::new(data);
        }
    }
    keys(program, &mut dataset, &of_rosters, faults);
    dataset
}

/// Marks the rows of a table that cannot be read as not known: one of them may be the one that a
/// reference means.
fn doubt_rows(program: &Program, index: usize, faults: &mut Faults<'_>) {
    for field in program.tables.get(index).map_or(&[][..], |t| &t.key) {
        faults.doubt(Cell { holder: Holder::Table(index), row: 0, field: *field });
    }
}

/// A record or table as a whole.
fn whole(name: &str, raw: &Raw) -> Subject {
    Subject { table: Some(cut(name)), ..raw.place.subject() }
}

/// Says of a fault that it is about the whole of a record or table.
fn about(fault: Diagnostic, name: &str, raw: &Raw, part: Part) -> Diagnostic {
    mark(fault.about(whole(name, raw)), &raw.place, part, name)
}

/// Names that the plan does not have, and names given twice. Answers the names that were probably
/// meant instead: that they are missing is no further fault.
fn names<'p>(
    program: &'p Program,
    entries: &[(Arc<str>, Raw)],
    faults: &mut Faults<'_>,
) -> BTreeSet<&'p str> {
    let mut meant = BTreeSet::new();
    let scalars = program.records.first().map_or(&[][..], |r| &r.fields);
    let known: Vec<&str> = scalars
        .iter()
        .map(|f| &*f.name.value)
        .chain(program.records.iter().skip(1).map(|r| &*r.name.value))
        .chain(program.tables.iter().map(|t| &*t.name.value))
        .collect();
    let mut seen = BTreeSet::new();
    for (name, raw) in entries {
        if !known.contains(&&**name) {
            let near = did_you_mean(name, known.iter().copied());
            meant.extend(near);
            let help = near.map_or_else(
                || format!("the plan takes {}", ticked(&known)),
                |n| format!("did you mean `{n}`?"),
            );
            let says = format!("the plan takes no input `{}`", cut(name));
            let fault = Diagnostic::error(Code::DataUnknownTable, says).help(help);
            faults.push(about(fault, name, raw, Part::Name));
        } else if !seen.insert(name) {
            let fault = Diagnostic::error(Code::DataGivenTwice, format!("`{name}` is given twice"))
                .help("leave one of the two out");
            faults.push(about(fault, name, raw, Part::Value));
        }
    }
    meant
}

fn record<'r>(
    program: &Program,
    index: usize,
    document: &'r Raw,
    given: &dyn Fn(&str) -> Option<&'r Raw>,
    meant: &BTreeSet<&str>,
    faults: &mut Faults<'_>,
) -> Option<Vec<Value>> {
    let record = program.records.get(index)?;
    let holder = Holder::Record(index);
    let doubt = |faults: &mut Faults<'_>| {
        for field in 0..record.fields.len() {
            faults.doubt(Cell { holder, row: 0, field });
        }
    };
    if index == SCALARS {
        let values = record.fields.iter().enumerate().map(|(field, info)| {
            let raw = given(&info.name.value);
            let cell = Cell { holder, row: 0, field };
            if raw.is_none() && meant.contains(&*info.name.value) {
                faults.doubt(cell);
                return Value::Absent;
            }
            value(info, cell, raw, faults)
        });
        return Some(values.collect());
    }
    match given(&record.name.value) {
        Some(raw) => {
            if let RawKind::Map(_) = &raw.kind {
                Some(fields(&record.fields, holder, 0, raw, None, faults))
            } else {
                let name = &record.name.value;
                let says = format!("`{name}` is `{}`, expected a record of named fields", written(raw));
                let fault = Diagnostic::error(Code::DataWrongType, says).help("write its fields by name");
                faults.push(about(fault, name, raw, Part::Value));
                doubt(faults);
                None
            }
        }
        None if meant.contains(&*record.name.value) => {
            doubt(faults);
            None
        }
        None if record.optional => None,
        None => {
            let empty = Raw { kind: RawKind::Map(Vec::new()), place: document.place.clone() };
            Some(fields(&record.fields, holder, 0, &empty, None, faults))
        }
    }
}

/// The columns of a table that has a header, as CSV does: one that there is not, or that is missing, is
/// a fault of the header, once, also where there are no rows. Answers the fields that are not known for
/// that; none for tables without a header.
fn header(infos: &[Field], table: &str, raw: &Raw, faults: &mut Faults<'_>) -> Option<BTreeSet<usize>> {
    let RawKind::Sheet { columns, .. } = &raw.kind else { return None };
    let mut meant = BTreeSet::new();
    for name in columns {
        if infos.iter().any(|f| f.name.value == *name) {
            continue;
        }
        let near = did_you_mean(name, infos.iter().map(|f| &*f.name.value));
        meant.extend(near.and_then(|near| infos.iter().position(|f| &*f.name.value == near)));
        let subject = Subject { field: Some(cut(name)), ..whole(table, raw) };
        let message = format!("{}: there is no field `{}`, which the header names", cut(table), cut(name));
        let help = fields_help(infos, near);
        faults.push(Diagnostic::error(Code::DataUnknownField, message).help(help).about(subject));
    }
    for (field, info) in infos.iter().enumerate() {
        let is_named = columns.contains(&info.name.value);
        let may_be_left_out = info.ty.is_optional() || info.default.is_some() || info.ty == Type::Never;
        if is_named || may_be_left_out || !meant.insert(field) {
            continue;
        }
        let name = &info.name.value;
        let subject = Subject { field: Some(cut(name)), ..whole(table, raw) };
        let message = format!("{}: the header names no column `{name}`, and it is required", cut(table));
        let help = format!("add a column `{name}` with a value for each row");
        faults.push(Diagnostic::error(Code::DataMissing, message).help(help).about(subject));
    }
    Some(meant)
}

/// What helps with a field that there is not.
fn fields_help(infos: &[Field], near: Option<&str>) -> String {
    near.map_or_else(
        || format!("its fields are {}", ticked(infos.iter().map(|f| &f.name.value))),
        |near| format!("did you mean `{near}`?"),
    )
}

/// The fields of a record or row; faults leave their value absent. `header` are the fields that a
/// header leaves out, where that has been told of.
pub(super) fn fields(
    infos: &[Field],
    holder: Holder,
    row: usize,
    raw: &Raw,
    header: Option<&BTreeSet<usize>>,
    faults: &mut Faults<'_>,
) -> Vec<Value> {
    let entries: &[(Arc<str>, Raw)] = if let RawKind::Map(entries) = &raw.kind {
        entries
    } else {
        let name = faults.program.holder_name(holder);
        let position = faults.number_of(holder, row);
        let says = format!("{name}, row {position}: `{}` is no row of named fields", written(raw));
        let fault = Diagnostic::error(Code::DataWrongType, says).help("write the row's fields by name");
        faults.push(about(fault, name, raw, Part::Value));
        for field in 0..infos.len() {
            faults.doubt(Cell { holder, row, field });
        }
        return vec![Value::Absent; infos.len()];
    };
    let mut found: Vec<Option<&Raw>> = vec![None; infos.len()];
    let mut meant = header.cloned().unwrap_or_default();
    for (name, raw) in entries {
        let Some(field) = infos.iter().position(|f| f.name.value == *name) else {
            if header.is_none() {
                meant.extend(unknown(infos, holder, row, name, raw, faults));
            }
            continue;
        };
        match found.get_mut(field) {
            Some(slot @ None) => *slot = Some(raw),
            slot => {
                let first = slot.and_then(|s| s.as_ref()).and_then(|first| first.place.line);
                let says = match (first, raw.place.line) {
                    (Some(a), Some(b)) if a != b => format!("is given twice, on line {a} and on line {b}"),
                    _ => "is given twice".to_owned(),
                };
                let help = Some("leave one of the two out".to_owned());
                faults.cell(Code::DataGivenTwice, Cell { holder, row, field }, &says, help);
            }
        }
    }
    let read = |(field, (info, raw)): (usize, (&Field, Option<&Raw>))| {
        let cell = Cell { holder, row, field };
        // Misspelt, it is not missing too.
        if raw.is_none() && meant.contains(&field) {
            faults.doubt(cell);
            return Value::Absent;
        }
        value(info, cell, raw, faults)
    };
    infos.iter().zip(found).enumerate().map(read).collect()
}

/// A field that there is not; answers the one that was probably meant.
fn unknown(
    infos: &[Field],
    holder: Holder,
    row: usize,
    name: &str,
    raw: &Raw,
    faults: &mut Faults<'_>,
) -> Option<usize> {
    if faults.is_full() {
        faults.count();
        return None;
    }
    let near = did_you_mean(name, infos.iter().map(|f| &*f.name.value));
    let help = fields_help(infos, near);
    let at = Cell { holder, row, field: usize::MAX };
    let mut subject = faults.subject(at);
    let place = raw.place.subject();
    subject.field = Some(cut(name));
    (subject.file, subject.line, subject.at) = (place.file, place.line, place.at);
    let of = faults.of(at);
    let message = format!("{of}there is no field `{}`, found with the value `{}`", cut(name), written(raw));
    let fault = Diagnostic::error(Code::DataUnknownField, message).help(help).about(subject);
    faults.push(mark(fault, &raw.place, Part::Name, name));
    near.and_then(|near| infos.iter().position(|f| &*f.name.value == near))
}

/// One field's value; a reference stays the key it names until all keys are known.
fn value(info: &Field, cell: Cell, raw: Option<&Raw>, faults: &mut Faults<'_>) -> Value {
    let ty = key_type(faults.program, &info.ty);
    // In the data of a faulty plan's tests: its type cannot be told, or not that of the key it names.
    let item = match ty.required() {
        Type::List(item) => item.required(),
        other => other,
    };
    if *item == Type::Never {
        faults.doubt(cell);
        return Value::Absent;
    }
    let Some(raw) = raw.filter(|r| r.kind != RawKind::Null) else {
        if !info.ty.is_optional() && info.default.is_none() {
            let help = Some(format!("give `{}` a value", info.name.value));
            faults.cell(Code::DataMissing, cell, "is missing, and it is required", help);
        }
        return Value::Absent;
    };
    match convert(raw, &ty) {
        Ok(value) => value,
        Err(Misfit { code, says, help }) => {
            faults.cell(code, cell, &says, help);
            Value::Absent
        }
    }
}

/// Indexes every table by its key and turns references into rows. Keys that are references themselves
/// wait for the tables they name.
fn keys(program: &Program, dataset: &mut Dataset, of_rosters: &[usize], faults: &mut Faults<'_>) {
    let refers = |index: usize| {
        program.tables.get(index).is_some_and(|t| {
            t.key.iter().filter_map(|k| t.fields.get(*k)).any(|f| matches!(f.ty, Type::Row(_)))
        })
    };
    let (first, second): (Vec<usize>, Vec<usize>) =
        (0..program.tables.len()).filter(|i| !of_rosters.contains(i)).partition(|i| !refers(*i));
    for index in first {
        index_table(program, index, dataset, faults);
    }
    let resolved = |dataset: &mut Dataset, faults: &mut Faults<'_>, only_keys: bool| {
        for (index, table) in program.tables.iter().enumerate() {
            for (field, info) in table.fields.iter().enumerate() {
                if table.key.contains(&field) != only_keys {
                    continue;
                }
                if of_rosters.contains(&index) {
                    references_of_column(info, (index, field), dataset, faults);
                } else {
                    references(info, Holder::Table(index), field, dataset, faults);
                }
            }
        }
    };
    resolved(dataset, faults, true);
    for index in second {
        index_table(program, index, dataset, faults);
    }
    for index in of_rosters.iter().copied().filter(|index| refers(*index)) {
        let Some(data) = dataset.tables.get_mut(index).map(Arc::make_mut) else { continue };
        let key = program.tables.get(index).map_or(&[][..], |table| &table.key);
        data.index = Index::of_columns(key.iter().filter_map(|k| data.fields.get(*k).cloned()).collect());
    }
    resolved(dataset, faults, false);
    for (index, record) in program.records.iter().enumerate() {
        for (field, info) in record.fields.iter().enumerate() {
            references(info, Holder::Record(index), field, dataset, faults);
        }
    }
}

fn index_table(program: &Program, index: usize, dataset: &mut Dataset, faults: &mut Faults<'_>) {
    let (Some(table), Some(data)) = (program.tables.get(index), dataset.tables.get_mut(index)) else {
        return;
    };
    let holder = Holder::Table(index);
    let mut known = Index::with_capacity(data.rows);
    for row in 0..data.rows {
        if table.key.iter().any(|field| faults.is_faulty(Cell { holder, row, field: *field })) {
            continue;
        }
        let key: Vec<Value> = table.key.iter().map(|k| data.cell(row, *k).unwrap_or_default()).collect();
        if let Some(before) = known.row(&key) {
            let field = table.key.first().copied().unwrap_or(0);
            faults.repeats(Cell { holder, row, field });
            if faults.is_full() {
                faults.cell(Code::DataDuplicateKey, Cell { holder, row, field }, "", None);
                continue;
            }
            let earlier = faults.number_of(holder, usize::try_from(before).unwrap_or(0));
            let named: Vec<String> = table
                .key
                .iter()
                .filter_map(|k| table.fields.get(*k))
                .map(|f| format!("`{}`", f.name.value))
                .collect();
            let says = if named.len() > 1 {
                format!("repeats the key of row {earlier}: {} together identify a row", named.join(" and "))
            } else {
                format!("repeats the key of row {earlier}")
            };
            faults.cell(
                Code::DataDuplicateKey,
                Cell { holder, row, field },
                &says,
                Some("give each row a key of its own, or leave one of the two out".to_owned()),
            );
            faults.blame(holder, usize::try_from(before).unwrap_or(usize::MAX));
            continue;
        }
        known.add(key, u32::try_from(row).unwrap_or(u32::MAX));
    }
    Arc::make_mut(data).index = known;
}

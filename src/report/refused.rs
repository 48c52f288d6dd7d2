//! Rows that were refused, with their reasons: to be mended and given again.

use crate::engine::Refused;
use crate::ir::Program;
use crate::value::{Raw, RawKind};
use serde_json::{Map, Value, json};
use std::io::{self, Write};
use std::sync::Arc;

/// Writes refused rows as JSON: a list, for each row its table, file and line, the row as it was read
/// and what is wrong with it.
///
/// # Errors
/// Where writing fails.
pub fn write_refused_json(program: &Program, refused: &[Refused], out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Value> = refused
        .iter()
        .map(|one| {
            let reasons = one.reasons.iter().map(|d| {
                let field = d.subject.as_ref().and_then(|s| s.field.as_ref());
                json!({ "code": d.code.name(), "field": field, "message": d.message, "help": d.help })
            });
            json!({
                "table": table(program, one),
                "file": one.row.place.file.as_deref(),
                "line": one.row.place.line,
                "row": as_json(&one.row),
                "reasons": reasons.collect::<Vec<Value>>(),
            })
        })
        .collect();
    serde_json::to_writer_pretty(&mut *out, &rows)?;
    out.write_all(b"\n")
}

/// Writes refused rows as CSV: what is wrong, the table and the line, then the row's own cells as they
/// were read. Without these first columns it is data again.
///
/// # Errors
/// Where writing fails.
pub fn write_refused_csv(program: &Program, refused: &[Refused], out: &mut dyn Write) -> io::Result<()> {
    let (mut names, mut unknown): (Vec<Arc<str>>, Vec<Arc<str>>) = (Vec::new(), Vec::new());
    for one in refused {
        let fields = program.tables.get(one.table).map_or(&[][..], |table| &table.fields);
        for (name, _) in cells(&one.row) {
            let is_known = fields.iter().any(|field| field.name.value == *name);
            let names = if is_known { &mut names } else { &mut unknown };
            if !names.contains(name) {
                names.push(Arc::clone(name));
            }
        }
    }
    unknown.retain(|name| !names.contains(name));
    names.append(&mut unknown);
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::Any(b'\n')).from_writer(out);
    let header = ["$reasons", "$table", "$line"].into_iter().chain(names.iter().map(|n| &**n));
    writer.write_record(header)?;
    for one in refused {
        let reasons: Vec<&str> = one.reasons.iter().map(|d| &*d.message).collect();
        let line = one.row.place.line.map_or_else(String::new, |line| line.to_string());
        let row = names.iter().map(|name| {
            cells(&one.row).iter().find(|(n, _)| n == name).map_or_else(String::new, |(_, v)| as_cell(v))
        });
        let first = [reasons.join("; "), table(program, one).to_owned(), line];
        writer.write_record(first.into_iter().chain(row))?;
    }
    writer.flush()
}

fn table<'p>(program: &'p Program, one: &Refused) -> &'p str {
    program.tables.get(one.table).map_or("", |t| &*t.name.value)
}

fn cells(row: &Raw) -> &[(Arc<str>, Raw)] {
    match &row.kind {
        RawKind::Map(cells) => cells,
        _ => &[],
    }
}

/// A value as JSON; a number is a text, exactly as it was written.
fn as_json(raw: &Raw) -> Value {
    match &raw.kind {
        RawKind::Null => Value::Null,
        RawKind::Bool(value) => Value::Bool(*value),
        RawKind::Number(text)
        | RawKind::Text(text)
        | RawKind::Cell(text)
        | RawKind::Date(text)
        | RawKind::Float(text) => Value::String(text.to_string()),
        RawKind::List(items) | RawKind::Sheet { rows: items, .. } => items.iter().map(as_json).collect(),
        RawKind::Map(entries) => {
            Value::Object(entries.iter().map(|(n, v)| (n.to_string(), as_json(v))).collect::<Map<_, _>>())
        }
    }
}

fn as_cell(raw: &Raw) -> String {
    match as_json(raw) {
        Value::Null => String::new(),
        Value::String(text) => text,
        other => other.to_string(),
    }
}

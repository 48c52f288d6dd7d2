//! Data of tests as lines to read: a record a line, a table's row a line.

use super::anchors::Anchors;
use super::model::Given;
use super::words::clean;
use crate::value::{Raw, RawKind};

/// The lines of a document of data, single values first.
pub(super) fn given(anchors: &Anchors<'_>, data: &Raw) -> Vec<Given> {
    let RawKind::Map(entries) = &data.kind else { return Vec::new() };
    let mut single = Given { of: None, fields: Vec::new() };
    let mut lines = Vec::new();
    for (name, value) in entries {
        let of = anchors.find_holder(name).map(|h| anchors.holder(h));
        match (&value.kind, of) {
            (RawKind::Map(fields), Some(of)) => lines.push(line(of, fields)),
            (RawKind::List(rows), Some(of)) if rows.is_empty() => {
                lines.push(Given { of: Some(of), fields: vec![("no rows".to_owned(), String::new())] });
            }
            (RawKind::List(rows), Some(of)) if rows.iter().all(|r| matches!(r.kind, RawKind::Map(_))) => {
                for row in rows {
                    if let RawKind::Map(fields) = &row.kind {
                        lines.push(line(of.clone(), fields));
                    }
                }
            }
            _ => single.fields.push((clean(name), text(value))),
        }
    }
    if !single.fields.is_empty() {
        lines.insert(0, single);
    }
    lines
}

fn line(of: super::model::Link, fields: &[(std::sync::Arc<str>, Raw)]) -> Given {
    Given { of: Some(of), fields: fields.iter().map(|(name, value)| (clean(name), text(value))).collect() }
}

/// A value as it was written.
fn text(value: &Raw) -> String {
    match &value.kind {
        RawKind::Null => "absent".to_owned(),
        RawKind::Bool(value) => value.to_string(),
        RawKind::Number(text)
        | RawKind::Text(text)
        | RawKind::Cell(text)
        | RawKind::Date(text)
        | RawKind::Float(text) => clean(text),
        RawKind::List(items) | RawKind::Sheet { rows: items, .. } => {
            let items: Vec<String> = items.iter().map(self::text).collect();
            format!("[{}]", items.join(", "))
        }
        RawKind::Map(fields) => {
            let fields: Vec<String> = fields
                .iter()
                .map(|(name, value)| format!("{}: {}", clean(name), self::text(value)))
                .collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

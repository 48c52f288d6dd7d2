//! One file of data: what its name stands for in the plan, and what its format makes of it.

use super::document::entries;
use super::fault::{fault, fault_of, shown, suggest};
use super::files::{read_bytes, read_text, unpacked_bound};
use super::format::{Encoding, Format, Packing};
use super::rows::read_rows;
use super::source::{Reading, Source};
use super::{ExtraColumns, Kind, Known, Place, Raw, RawKind, read_csv, read_json, read_toml};
use crate::diagnostic::{Code, Diagnostics};
use std::sync::Arc;

/// The name under which a folder, or `NAME=PATH`, gives the scalars.
pub(super) const SCALARS: &str = "plan";

/// What a name in the data stands for.
#[derive(Clone, Copy, Debug)]
pub(super) enum Target<'a> {
    /// The scalars, under the name `plan`; all that the plan takes tells what else is none.
    Scalars(&'a [Known]),
    /// A record of the plan.
    Record(&'a Known),
    /// A table of the plan.
    Table(&'a Known),
}

/// What `name` stands for in the data of a plan.
pub(super) fn find_target<'a>(
    name: &str,
    known: &'a [Known],
    place: &Place,
) -> Result<Target<'a>, Diagnostics> {
    match known.iter().find(|k| *k.name == *name) {
        Some(k) if k.kind == Kind::Table => Ok(Target::Table(k)),
        Some(k) if k.kind == Kind::Record => Ok(Target::Record(k)),
        Some(_) => {
            let message = format!("`{name}` is a single value, which has no file of its own");
            let help = format!(
                "give it in `{SCALARS}.toml` of a folder, at the top of a document, or with `--set {name}=VALUE`"
            );
            Err(vec![fault_of(Code::DataUnknownTable, name, place, message).help(help)])
        }
        None if name == SCALARS => Ok(Target::Scalars(known)),
        None => {
            let files = known.iter().filter(|k| k.kind != Kind::Scalar).map(|k| &*k.name);
            let message = format!("the plan has no table or record {}", shown(name));
            let help = suggest(name, "the plan's tables and records are", files);
            Err(vec![fault_of(Code::DataUnknownTable, name, place, message).help_maybe(help)])
        }
    }
}

/// Reads the file of one table, one record or the scalars into entries of a document.
pub(super) fn read_target(
    target: Target<'_>,
    source: &Source,
    reading: &Reading<'_>,
) -> Result<Vec<(Arc<str>, Raw)>, Diagnostics> {
    let limits = reading.limits;
    let (path, shown_path, Encoding { format, packing }) = (&*source.path, source.shown(), source.encoding);
    source.encoding.check_built(shown_path)?;
    // A workbook's sheet of single values is laid out as a record is.
    if format.is_tabular() && format != Format::Xlsx && matches!(target, Target::Scalars(_)) {
        let noun = format.noun();
        let message =
            format!("{} is {noun}, but single values are read from JSON or TOML", shown(shown_path));
        let help = format!("write them as `{SCALARS}.toml`: `as_of = 2001-01-02`");
        return Err(vec![fault(Code::DataUnreadable, shown_path, None, message).help(help)]);
    }
    let fields = match target {
        Target::Table(known) | Target::Record(known) if reading.extra != ExtraColumns::Keep => {
            known.fields.as_slice()
        }
        _ => &[],
    };
    let value = match format {
        Format::Csv => {
            let bound = (packing != Packing::Plain).then(|| unpacked_bound(path));
            let bound =
                bound.or(Some(usize::MAX)).map(|b| b.min(limits.table_bytes)).filter(|b| *b < usize::MAX);
            read_csv(shown_path, &read_bytes(path, shown_path, packing, bound)?, limits)?
        }
        Format::Json if source.is_large_json(limits) && matches!(target, Target::Table(_)) => {
            read_rows(source, fields, limits)?
        }
        Format::Json => {
            read_text(path, shown_path, packing, limits, |text| read_json(shown_path, text, limits))?
        }
        Format::Toml => {
            read_text(path, shown_path, packing, limits, |text| read_toml(shown_path, text, limits))?
        }
        Format::NdJson | Format::Xlsx | Format::Parquet | Format::Arrow => read_rows(source, fields, limits)?,
    };
    match target {
        Target::Table(table) if format == Format::Toml => {
            Ok(vec![(Arc::clone(&table.name), rows_of_toml(table, value)?)])
        }
        Target::Table(table) => Ok(vec![(Arc::clone(&table.name), value)]),
        Target::Record(record) if format.is_tabular() => {
            Ok(vec![(Arc::clone(&record.name), only_row(&record.name, value, shown_path)?)])
        }
        Target::Record(record) => Ok(vec![(Arc::clone(&record.name), value)]),
        Target::Scalars(known) if format.is_tabular() => {
            scalars(known, only_row(SCALARS, value, shown_path)?, shown_path)
        }
        Target::Scalars(known) => scalars(known, value, shown_path),
    }
}

/// The one row of a record's file.
fn only_row(record: &str, value: Raw, shown_path: &str) -> Result<Raw, Diagnostics> {
    let mut value = value;
    let Some(rows) = value.kind.items_mut() else { return Ok(value) };
    let count = rows.len();
    match rows.pop() {
        Some(row) if count == 1 => Ok(row),
        _ => {
            let message =
                format!("{} has {count} rows, expected one: `{record}` is a record", shown(shown_path));
            Err(vec![
                fault_of(Code::DataWrongType, record, &value.place, message)
                    .help("a record's fields stand in one row below the header"),
            ])
        }
    }
}

/// The scalars: a map of names, none of them a record or table of the plan.
fn scalars(known: &[Known], value: Raw, shown_path: &str) -> Result<Vec<(Arc<str>, Raw)>, Diagnostics> {
    let entries = entries(value)?;
    let faults: Diagnostics = entries
        .iter()
        .filter(|(name, _)| known.iter().any(|k| k.name == *name && k.kind != Kind::Scalar))
        .map(|(name, value)| {
            let message =
                format!("{} holds single values, but `{name}` has a file of its own", shown(shown_path));
            fault_of(Code::DataWrongType, name, &value.place, message)
                .help(format!("move it to `{name}.csv`, `{name}.json` or `{name}.toml`"))
        })
        .collect();
    if faults.is_empty() { Ok(entries) } else { Err(faults) }
}

/// The rows of `[[name]]`, the only thing that a table's TOML file holds.
fn rows_of_toml(table: &Known, value: Raw) -> Result<Raw, Diagnostics> {
    let place = value.place.clone();
    let entries = entries(value)?;
    let mut rows = None;
    let mut faults = Diagnostics::new();
    for (name, value) in entries {
        if name == table.name {
            rows = Some(value);
        } else {
            let message =
                format!("found {}, but the file holds the rows of `{}` only", shown(&name), table.name);
            faults.push(
                fault_of(Code::DataUnknownTable, &table.name, &value.place, message)
                    .help(format!("every row begins with the line `[[{}]]`", table.name)),
            );
        }
    }
    if faults.is_empty() {
        Ok(rows.unwrap_or(Raw { kind: RawKind::List(Vec::new()), place }))
    } else {
        Err(faults)
    }
}

//! Tables of the formats other than CSV, a row at a time; of JSON those that are larger than a document may be.

use super::fault::{capped, fault, shown};
use super::format::Format;
use super::source::Source;
use super::{Place, Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::Limits;
use crate::progress::Tally;
use crate::value::Grid;
use std::sync::Arc;

/// What takes rows; it answers whether it wants more.
pub(super) type Each<'e> = dyn FnMut(Raw) -> bool + 'e;

/// What says of each row, in their order, whether it is wanted.
pub(super) type Wanted<'w> = dyn FnMut() -> bool + 'w;

/// Values of a table that are kept with their places, or as many as its file has bytes: more come only of
/// a file made to fill the memory.
const MOST_VALUES: u64 = 20_000_000;

/// Bytes that a value takes in a file, about.
const BYTES_OF_VALUE: usize = 4;

/// Hands on every row of a table: a map of its values. Answers the names of its columns, where the file
/// has them apart from its rows. `fields` are the names that mean something to
/// the plan, all where there are none: the values of other columns have no faults.
///
/// # Errors
///
/// A file that is missing, unreadable or damaged, and values that have no form as data, each with its place.
pub(super) fn each_row(
    source: &Source,
    fields: &[Arc<str>],
    limits: &Limits,
    each: &mut Each<'_>,
) -> Result<Option<Vec<Arc<str>>>, Diagnostics> {
    each_row_counted(source, fields, limits, &Tally::default(), each)
}

/// The same where the bytes of the file are counted as they are read; those of a workbook are not.
///
/// # Errors
///
/// As those of [`each_row`].
pub(super) fn each_row_counted(
    source: &Source,
    fields: &[Arc<str>],
    limits: &Limits,
    tally: &Tally,
    each: &mut Each<'_>,
) -> Result<Option<Vec<Arc<str>>>, Diagnostics> {
    each_wanted(source, fields, limits, tally, &mut || true, each)
}

/// The same of the rows of these numbers alone, which are in order and count from 0: what stands between them is
/// not looked into, as far as the format allows it.
///
/// # Errors
///
/// As those of all rows.
pub(super) fn each_numbered(
    source: &Source,
    numbers: &[usize],
    limits: &Limits,
    each: &mut Each<'_>,
) -> Result<(), Diagnostics> {
    let (mut at, mut left) = (0_usize, numbers.iter().peekable());
    let mut wanted = || {
        let is_next = left.next_if(|number| **number == at).is_some();
        at = at.saturating_add(1);
        is_next
    };
    let mut count = 0_usize;
    each_wanted(source, &[], limits, &Tally::default(), &mut wanted, &mut |row| {
        count = count.saturating_add(1);
        each(row) && count < numbers.len()
    })
    .map(drop)
}

fn each_wanted(
    source: &Source,
    fields: &[Arc<str>],
    limits: &Limits,
    tally: &Tally,
    wanted: &mut Wanted<'_>,
    each: &mut Each<'_>,
) -> Result<Option<Vec<Arc<str>>>, Diagnostics> {
    source.encoding.check_built(source.shown())?;
    match source.encoding.format {
        Format::Json => super::json_rows::each_row(source, limits, tally, wanted, each).map(|()| None),
        Format::NdJson => super::ndjson::each_row(source, limits, tally, wanted, each).map(|()| None),
        #[cfg(feature = "xlsx")]
        Format::Xlsx => {
            super::xlsx::each_row(source, fields, limits, &mut |row| !wanted() || each(row)).map(Some)
        }
        #[cfg(feature = "arrow")]
        Format::Arrow => {
            super::arrow::each_row(source, fields, limits, tally, &mut |row| !wanted() || each(row)).map(Some)
        }
        #[cfg(feature = "parquet")]
        Format::Parquet => {
            super::arrow::each_row(source, fields, limits, tally, &mut |row| !wanted() || each(row)).map(Some)
        }
        format => {
            let _ = fields;
            let message = format!("{} is {}, expected rows", shown(source.shown()), format.noun());
            Err(vec![fault(Code::DataUnreadable, source.shown(), None, message).help(super::format::ENDINGS)])
        }
    }
}

/// Every row of a table with the place of every value.
pub(super) fn read_rows(source: &Source, fields: &[Arc<str>], limits: &Limits) -> Result<Raw, Diagnostics> {
    let size = std::fs::metadata(&*source.path).map_or(0, |m| m.len());
    let within = u64::try_from(limits.table_bytes / BYTES_OF_VALUE).unwrap_or(u64::MAX);
    let (most, mut values) = (size.max(MOST_VALUES).min(within), 0_u64);
    let mut rows = Vec::new();
    let columns = each_row(source, fields, limits, &mut |row| {
        let more = match &row.kind {
            RawKind::Map(cells) => cells.len(),
            _ => 1,
        };
        values = values.saturating_add(u64::try_from(more).unwrap_or(u64::MAX)).saturating_add(1);
        rows.push(row);
        values <= most
    })?;
    if values > most {
        let message = format!("{} holds more than {most} values", shown(source.shown()));
        let help = "a table of this size is read where each row fits the plan as it stands; divide the file";
        return Err(vec![fault(Code::FileTooLarge, source.shown(), None, message).help(help)]);
    }
    let kind = match columns {
        Some(columns) => RawKind::Sheet { columns, rows },
        None => RawKind::List(rows),
    };
    Ok(Raw { kind, place: top_of(source) })
}

/// The place of a table as a whole.
pub(super) fn top_of(source: &Source) -> Place {
    let place = Place::new(source.shown(), None);
    match source.encoding.format {
        Format::NdJson | Format::Json => Place { line: Some(1), ..place },
        _ => place.in_grid(&Arc::new(Grid { sheet: source.sheet.clone(), column: None })),
    }
}

/// Faults of a file's rows as they are found.
pub(super) struct Found<'a> {
    source: &'a Source,
    limits: &'a Limits,
    faults: Diagnostics,
    more: usize,
}

impl<'a> Found<'a> {
    pub(super) fn new(source: &'a Source, limits: &'a Limits) -> Self {
        Self { source, limits, faults: Diagnostics::new(), more: 0 }
    }

    pub(super) fn push(&mut self, fault: Diagnostic) {
        if self.faults.len() < self.limits.faults {
            self.faults.push(fault);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }

    pub(super) fn finish(self) -> Result<(), Diagnostics> {
        if self.faults.is_empty() {
            return Ok(());
        }
        Err(capped(self.faults, self.more, self.source.shown(), self.limits))
    }
}

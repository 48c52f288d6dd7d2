//! Workbooks: the rows of one sheet under its first row, which names the columns.
//!
//! A workbook keeps numbers as binary floats. A whole number up to 2^53 is taken exactly, any other at
//! the fifteen digits that a spreadsheet shows. Dates are numbers with a date's format.

use super::contained::contained;
use super::fault::{fault, shown};
use super::files::{open_seekable, unpacked_bound};
use super::parts::{Lasting, Part, Within};
use super::rows::{Each, Found};
use super::source::Source;
use super::{Place, Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::Limits;
use crate::number::Num;
use crate::value::Grid;
use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx};
use std::collections::BTreeMap;
use std::fmt::{Display, LowerExp};
use std::io::{self, Read as _};
use std::sync::Arc;

/// The greatest whole number up to which a binary float holds every one.
const WHOLE: u64 = 1 << 53;

type Book = Xlsx<Box<dyn Lasting>>;

/// Bytes of the list of a workbook's parts that there is always room for.
const LIST: u64 = 1 << 18;

/// The names of the sheets that are neither hidden nor empty, in their order.
pub(super) fn sheets(source: &Source, limits: &Limits) -> Result<Vec<String>, Diagnostics> {
    filled(source, &mut book(source, limits)?)
}

fn filled(source: &Source, book: &mut Book) -> Result<Vec<String>, Diagnostics> {
    let sheets: Vec<String> = book
        .sheets_metadata()
        .iter()
        .filter(|s| s.visible == SheetVisible::Visible && s.typ == SheetType::WorkSheet)
        .map(|s| s.name.clone())
        .collect();
    let mut filled = Vec::new();
    for sheet in sheets {
        let mut is_filled = false;
        cells(source, book, &sheet, &mut |_, value, is_formula| {
            is_filled = is_formula || !is_empty(&value);
            !is_filled
        })?;
        if is_filled {
            filled.push(sheet);
        }
    }
    Ok(filled)
}

/// Hands on every row below the names of the columns that is not empty.
pub(super) fn each_row(
    source: &Source,
    fields: &[Arc<str>],
    limits: &Limits,
    each: &mut Each<'_>,
) -> Result<Vec<Arc<str>>, Diagnostics> {
    let mut book = book(source, limits)?;
    let sheet: Arc<str> = match &source.sheet {
        Some(sheet) => Arc::clone(sheet),
        None => only_sheet(source, &mut book)?,
    };
    let mut table = Table::new(source, fields, &sheet, limits);
    cells(source, &mut book, &sheet, &mut |at, value, is_formula| table.cell(at, &value, is_formula, each))?;
    table.finish(each)
}

/// The sheet of a workbook that is given as one table: the only one, or that of its name.
fn only_sheet(source: &Source, book: &mut Book) -> Result<Arc<str>, Diagnostics> {
    let sheets = filled(source, book)?;
    let name = source.name.as_deref().unwrap_or_default();
    if let Some(sheet) = sheets.iter().find(|s| *s == name) {
        return Ok(Arc::from(&**sheet));
    }
    match sheets.as_slice() {
        [only] => Ok(Arc::from(&**only)),
        [] => {
            let message = format!("{} has no sheet that holds anything", shown(source.shown()));
            let help = "write the names of the columns in the first row of a sheet, and the rows below";
            Err(vec![fault(Code::DataUnreadable, source.shown(), None, message).help(help)])
        }
        several => {
            let names: Vec<String> = several.iter().take(12).map(|s| shown(s)).collect();
            let message =
                format!("{} has {} sheets, none named `{name}`", shown(source.shown()), several.len());
            let help = format!("name the sheet of the rows `{name}`; there are {}", names.join(", "));
            Err(vec![fault(Code::DataUnreadable, source.shown(), None, message).help(help)])
        }
    }
}

/// A workbook whose parts are known to unpack to no more than is bounded, and of which no more is kept while it is
/// read than there is room for: its rows come one after the other.
fn book(source: &Source, limits: &Limits) -> Result<Book, Diagnostics> {
    let name = source.shown();
    let bound = u64::try_from(unpacked_bound(&source.path)).unwrap_or(u64::MAX);
    let room = |bytes: usize| u64::try_from(bytes).unwrap_or(u64::MAX);
    let is_bounded = limits.table_bytes < usize::MAX;
    let (list, kept) = (room(limits.table_bytes).max(LIST), room(limits.workbook_bytes));
    let row = if is_bounded { room(limits.document_bytes) } else { u64::MAX };
    let mut file = Within { inner: open_seekable(&source.path, name, bound)?, left: list };
    let damaged = |why: &str| damaged(name, why);
    match contained(|| zip::ZipArchive::new(&mut file).map(drop)) {
        None => return Err(damaged("its parts cannot be told apart")),
        Some(Err(_)) if file.is_over() => return Err(no_room(name, "the list of its parts takes", list)),
        Some(Err(_)) => return Err(damaged("it is damaged or something else")),
        Some(Ok(())) => {}
    }
    let mut file = file.inner;
    match contained(|| measure(&mut file, bound, is_bounded)) {
        None => return Err(damaged("its parts cannot be told apart")),
        Some(Err(_)) => return Err(damaged("it is damaged or something else")),
        Some(Ok(None)) => {
            let message =
                format!("{} unpacks to more than {bound} bytes, the most that is read", shown(name));
            let help = "save the rows in a new workbook, or as CSV";
            return Err(vec![fault(Code::FileTooLarge, name, None, message).help(help)]);
        }
        Some(Ok(Some(size))) if size.asks_too_much => {
            return Err(damaged("it says that it holds more texts than it does"));
        }
        Some(Ok(Some(size))) if size.kept > kept => {
            return Err(no_room(name, "the texts and formats that its sheets share take", kept));
        }
        Some(Ok(Some(size))) if size.longest > row => {
            return Err(no_room(name, "a row or text of it takes", row));
        }
        Some(Ok(Some(_))) => {}
    }
    match contained(|| Xlsx::new(file)) {
        None => Err(damaged("its parts do not fit together")),
        Some(Err(error)) => Err(damaged(&error.to_string())),
        Some(Ok(book)) => Ok(book),
    }
}

/// What the parts of a workbook come to.
#[derive(Default)]
struct Size {
    /// Bytes of memory that are held of them for as long as it is open, about.
    kept: u64,
    /// Bytes of the longest row or text.
    longest: u64,
    /// Whether one says that it holds more texts than could be read.
    asks_too_much: bool,
}

/// Unpacks every part, to see what they come to; none where that is more than so many bytes. What is kept of them is
/// looked for where memory has a bound.
fn measure(
    file: &mut Box<dyn Lasting>,
    bound: u64,
    is_bounded: bool,
) -> Result<Option<Size>, zip::result::ZipError> {
    let mut archive = zip::ZipArchive::new(file)?;
    let (mut left, mut size) = (bound, Size::default());
    for index in 0..archive.len() {
        let packed = archive.by_index(index)?;
        let mut part = Part::new(&packed.name().unwrap_or_default(), is_bounded);
        io::copy(&mut packed.take(left.saturating_add(1)), &mut part)?;
        match left.checked_sub(part.bytes()) {
            Some(less) => left = less,
            None => return Ok(None),
        }
        size.kept = size.kept.saturating_add(part.kept());
        size.longest = size.longest.max(part.longest());
        size.asks_too_much |= part.asked() > bound;
    }
    Ok(Some(size))
}

/// The fault of a workbook of which something has no room.
fn no_room(name: &str, what: &str, most: u64) -> Diagnostics {
    let message = format!("{} has no room: {what} more than {most} bytes", shown(name));
    let help = "give its tables as CSV, or allow more memory";
    vec![fault(Code::FileTooLarge, name, None, message).help(help)]
}

fn damaged(name: &str, why: &str) -> Diagnostics {
    let why: String = why.chars().take(120).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let message = format!("{} is no workbook that can be read: {}", shown(name), why.trim_end_matches('.'));
    let help = "open it in a spreadsheet and save it as `.xlsx`, without a password";
    vec![fault(Code::DataUnreadable, name, None, message).help(help)]
}

/// Hands on every cell of a sheet that is written down, by row and column from 0.
fn cells(
    source: &Source,
    book: &mut Book,
    sheet: &str,
    each: &mut dyn FnMut((u32, u32), DataRef<'_>, bool) -> bool,
) -> Result<(), Diagnostics> {
    let name = source.shown();
    let of_sheet = |why: &str| damaged(name, &format!("sheet {sheet}: {why}"));
    let mut reader = match contained(|| book.worksheet_cells_reader(sheet)) {
        None => return Err(of_sheet("it cannot be read")),
        Some(Err(error)) => return Err(of_sheet(&error.to_string())),
        Some(Ok(reader)) => reader,
    };
    loop {
        match contained(|| reader.next_cell_with_formula_metadata()) {
            None => return Err(of_sheet("it cannot be read to its end")),
            Some(Err(error)) => return Err(of_sheet(&error.to_string())),
            Some(Ok(None)) => return Ok(()),
            Some(Ok(Some(cell))) => {
                if !each(cell.pos, cell.value, cell.formula.is_some()) {
                    return Ok(());
                }
            }
        }
    }
}

/// Rows as their cells come.
struct Table<'a> {
    fields: &'a [Arc<str>],
    file: Arc<str>,
    sheet: Arc<Grid>,
    /// The columns by number, once the row of their names is complete.
    columns: BTreeMap<u32, Column>,
    has_names: bool,
    row: u32,
    cells: BTreeMap<u32, Raw>,
    /// Bytes of the row's texts, and the most that they may have.
    bytes: usize,
    most: usize,
    found: Found<'a>,
    goes_on: bool,
}

struct Column {
    name: Arc<str>,
    grid: Arc<Grid>,
    /// Whether its values have no faults of their own.
    is_extra: bool,
}

impl<'a> Table<'a> {
    fn new(source: &'a Source, fields: &'a [Arc<str>], sheet: &Arc<str>, limits: &'a Limits) -> Self {
        Self {
            fields,
            file: Arc::from(source.shown()),
            sheet: Arc::new(Grid { sheet: Some(Arc::clone(sheet)), column: None }),
            columns: BTreeMap::new(),
            has_names: false,
            row: 0,
            cells: BTreeMap::new(),
            bytes: 0,
            // Without a bound a row may be as long as a workbook.
            most: if limits.table_bytes < usize::MAX { limits.document_bytes } else { usize::MAX },
            found: Found::new(source, limits),
            goes_on: true,
        }
    }

    fn place(&self, row: u32, column: u32) -> Place {
        let grid = match self.columns.get(&column) {
            Some(column) => Arc::clone(&column.grid),
            None => {
                Arc::new(Grid { sheet: self.sheet.sheet.clone(), column: Some(Arc::from(letters(column))) })
            }
        };
        Place::new(Arc::clone(&self.file), row.checked_add(1)).in_grid(&grid)
    }

    fn fault(&mut self, code: Code, place: &Place, says: &str, help: &str) {
        let at = place.within().unwrap_or_default();
        let fault = Diagnostic::error(code, format!("{at} {says}")).help(help).about(place.subject());
        self.found.push(fault);
    }

    /// Takes a cell; answers whether more are wanted.
    fn cell(
        &mut self,
        (row, column): (u32, u32),
        value: &DataRef<'_>,
        is_formula: bool,
        each: &mut Each<'_>,
    ) -> bool {
        if row != self.row {
            self.close(each);
            if row < self.row {
                let place = self.place(row, column);
                self.fault(
                    Code::DataSyntax,
                    &place,
                    "stands after a later row",
                    "save the workbook anew in a spreadsheet",
                );
                return false;
            }
            (self.row, self.bytes) = (row, 0);
        }
        let place = self.place(row, column);
        let known = self.columns.get(&column);
        let is_extra = known.is_some_and(|c| c.is_extra);
        let kind = match value {
            DataRef::Empty if is_formula && !is_extra => {
                let help = "open the workbook in a spreadsheet, let it work out its formulas, and save it";
                self.fault(Code::DataSyntax, &place, "holds a formula without a value", help);
                return self.goes_on;
            }
            DataRef::Error(error) if !is_extra => {
                let help = "mend what the cell rests on, or clear it where there is no value";
                self.fault(Code::DataSyntax, &place, &format!("holds the error `{error}`"), help);
                return self.goes_on;
            }
            value if is_empty(value) => return self.goes_on,
            value => RawKind::Cell(Arc::from(text(value))),
        };
        if self.has_names && known.is_none() {
            let help = "name the column in the first row of the sheet, or clear its cells";
            self.fault(Code::DataSyntax, &place, "stands in a column without a name", help);
            return self.goes_on;
        }
        if let RawKind::Cell(text) = &kind {
            self.bytes = self.bytes.saturating_add(text.len());
        }
        if self.bytes > self.most {
            let says =
                format!("ends more than {} bytes of its row, the most that there is room for", self.most);
            self.fault(Code::FileTooLarge, &place, &says, "give the table as CSV, or allow more memory");
            self.goes_on = false;
            return false;
        }
        if self.cells.insert(column, Raw { kind, place: place.clone() }).is_some() {
            self.fault(
                Code::DataGivenTwice,
                &place,
                "is given twice",
                "save the workbook anew in a spreadsheet",
            );
        }
        self.goes_on
    }

    /// Ends the row whose cells came last.
    fn close(&mut self, each: &mut Each<'_>) {
        let mut cells = std::mem::take(&mut self.cells);
        if cells.is_empty() || !self.goes_on {
            return;
        }
        if !self.has_names {
            self.has_names = true;
            self.names(cells);
            return;
        }
        let place = Place::new(Arc::clone(&self.file), self.row.checked_add(1)).in_grid(&self.sheet);
        let entries = self.columns.iter().map(|(number, column)| {
            let absent = || Raw { kind: RawKind::Null, place: place.clone().in_grid(&column.grid) };
            (Arc::clone(&column.name), cells.remove(number).unwrap_or_else(absent))
        });
        let kind = RawKind::Map(entries.collect());
        self.goes_on = each(Raw { kind, place });
    }

    /// Takes a row as the names of the columns.
    fn names(&mut self, cells: BTreeMap<u32, Raw>) {
        for (number, cell) in cells {
            let RawKind::Cell(name) = cell.kind else { continue };
            if let Some(first) = self.columns.values().find(|c| c.name == name) {
                let first = first.grid.column.clone().unwrap_or_default();
                let says = format!("names the column {}, as column {first} is named", shown(&name));
                let help = "each column has a name of its own; remove one of the two";
                self.fault(Code::DataGivenTwice, &cell.place, &says, help);
                continue;
            }
            let is_extra = !self.fields.is_empty() && !self.fields.contains(&name);
            let grid = cell.place.grid.unwrap_or_default();
            self.columns.insert(number, Column { name, grid, is_extra });
        }
    }

    fn finish(mut self, each: &mut Each<'_>) -> Result<Vec<Arc<str>>, Diagnostics> {
        self.close(each);
        if !self.has_names {
            let place = Place::new(Arc::clone(&self.file), None).in_grid(&self.sheet);
            let help = "the first row names the columns, the rows stand below";
            self.fault(Code::DataSyntax, &place, "is empty", help);
        }
        self.found.finish()?;
        Ok(self.columns.into_values().map(|column| column.name).collect())
    }
}

fn is_empty(value: &DataRef<'_>) -> bool {
    match value {
        DataRef::Empty => true,
        DataRef::String(text) => text.is_empty(),
        DataRef::SharedString(text) => text.is_empty(),
        _ => false,
    }
}

/// What a cell holds, as a cell of CSV would.
fn text(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => figure(*number),
        DataRef::String(text) | DataRef::DurationIso(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(value) => value.to_string(),
        DataRef::DateTime(serial) => date(*serial),
        DataRef::DateTimeIso(text) => {
            text.strip_suffix('Z').unwrap_or(text).strip_suffix("T00:00:00").unwrap_or(text).to_owned()
        }
        DataRef::Error(error) => error.to_string(),
    }
}

/// A number as text: exactly where it is whole, else at fifteen digits.
fn figure(number: impl Display + LowerExp) -> String {
    let plain = number.to_string();
    let digits = plain.strip_prefix('-').unwrap_or(&plain);
    if digits.parse::<u64>().is_ok_and(|whole| whole <= WHOLE) {
        return plain;
    }
    let shown = format!("{number:.14e}");
    Num::parse(&shown).map_or(shown, |n| n.to_string())
}

/// A date as ISO text. What has a time of day, or is a span of time, is shown as that and fits no field
/// but text.
fn date(serial: ExcelDateTime) -> String {
    if serial.is_duration() {
        return format!("{} days", figure(serial.as_f64()));
    }
    let (year, month, day, hour, minute, second, milli) = serial.to_ymd_hms_milli();
    let time = (hour, minute, second, milli);
    let days = serial.as_f64().to_string();
    let is_date = days.parse::<u32>().is_ok_and(|days| (1..2_958_466).contains(&days));
    match time {
        (0, 0, 0, 0) if is_date => format!("{year:04}-{month:02}-{day:02}"),
        _ if days.starts_with('-') || !(1900..=9999).contains(&year) => format!("{days} days"),
        (hour, minute, second, _) => {
            format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
        }
    }
}

/// The letters of a column from 0: `A`, `Z`, `AA`.
fn letters(mut column: u32) -> String {
    let mut letters = Vec::new();
    loop {
        let letter = u8::try_from(column.checked_rem(26).unwrap_or(0)).unwrap_or(0);
        letters.push(char::from(b'A'.saturating_add(letter)));
        match column.checked_div(26).and_then(|rest| rest.checked_sub(1)) {
            Some(rest) => column = rest,
            None => return letters.into_iter().rev().collect(),
        }
    }
}

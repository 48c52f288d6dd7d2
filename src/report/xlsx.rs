//! Results as a workbook: a sheet for the plan's figures and one for each table.
//!
//! A workbook keeps numbers as binary floats, which hold any figure of up to fifteen digits so that it is
//! read back as it was; a longer figure, and a fraction without a finite decimal, is written as text.

use super::Shown;
use super::table::columns_of;
use crate::data::contained;
use crate::diagnostic::{Code, Diagnostic};
use crate::engine::Results;
use crate::number::Num;
use crate::progress::{Phase, Watched};
use crate::value::{Type, Value};
use chrono::{Datelike, NaiveDate};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::sync::mpsc::{self, SyncSender};
use std::thread;

/// Rows of a sheet, the names of the columns among them.
const ROWS: usize = 1_048_576;
/// Columns of a sheet.
const COLUMNS: usize = 16_384;
/// Characters of a sheet's name.
const NAME: usize = 31;
/// Digits of a number that a spreadsheet shows.
const DIGITS: usize = 15;

/// Refuses what no workbook can hold.
///
/// # Errors
/// A table with too many rows or columns, or with a name that is none for a sheet.
pub fn check_workbook(results: &Results) -> Result<(), Box<Diagnostic>> {
    for table in results.chosen().tables {
        let name = results.program().tables.get(table.table).map_or("", |t| &t.name.value);
        let (rows, columns) = (results.data().len_of(table.table), columns_of(results, &table).len());
        let what = if rows >= ROWS {
            format!("has {rows} rows, and a sheet of a workbook {} below its first", ROWS.saturating_sub(1))
        } else if columns > COLUMNS {
            format!("has {columns} columns, and a sheet of a workbook {COLUMNS}")
        } else if name.chars().count() > NAME {
            format!("has a longer name than a sheet of a workbook, which has {NAME} characters")
        } else {
            continue;
        };
        let help = "write the results as CSV or Parquet";
        return Err(Box::new(Diagnostic::error(Code::BadRequest, format!("`{name}` {what}")).help(help)));
    }
    Ok(())
}

/// Writes results as a workbook. Rows go to the folder of temporary files as they come, and from there into the
/// workbook, which is packed piece by piece: no more than one of them is held at a time.
///
/// # Errors
/// Where writing fails, or a text is longer than a cell may be.
pub fn write_workbook(results: &Results, watch: Watched<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut book = written(contained(|| workbook(results, watch)))?;
    let (sender, receiver) = mpsc::sync_channel(PIECES);
    thread::scope(|scope| {
        // What is packed may only be handed to a writer that threads share, which a terminal is not.
        let pack =
            move || written(contained(move || book.save_to_writer(Pieces { sender, piece: Vec::new() })));
        let packing = thread::Builder::new().spawn_scoped(scope, pack)?;
        // Where this ends early, nobody takes further pieces, and the packing ends too.
        for piece in receiver {
            out.write_all(&piece)?;
        }
        packing.join().unwrap_or_else(|_| written(None))
    })
}

/// What the writer of workbooks came to, which gives up where the folder of temporary files takes no more.
fn written<T>(done: Option<Result<T, XlsxError>>) -> io::Result<T> {
    match done {
        None => Err(io::Error::other(
            "its rows cannot be kept in the folder of temporary files (`TMPDIR`), which may be full",
        )),
        Some(Err(XlsxError::IoError(error))) => Err(error),
        Some(Err(XlsxError::TempFileError(folder, error))) => Err(io::Error::other(format!(
            "its rows cannot be kept in `{}`: {}",
            super::one_line(&folder.display().to_string()),
            error.kind()
        ))),
        Some(Err(error)) => Err(io::Error::other(error.to_string())),
        Some(Ok(done)) => Ok(done),
    }
}

/// Bytes that are handed on together, and how many such pieces wait at most.
const PIECE: usize = 1 << 16;
const PIECES: usize = 2;

/// What is packed, as it is handed to another thread.
struct Pieces {
    sender: SyncSender<Vec<u8>>,
    piece: Vec<u8>,
}

impl Pieces {
    fn send(&mut self) -> io::Result<()> {
        let gone = |_| io::Error::from(io::ErrorKind::BrokenPipe);
        self.sender.send(std::mem::take(&mut self.piece)).map_err(gone)
    }
}

impl Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.send()
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        // Where nobody takes it, that is told already.
        let _ = self.send();
    }
}

fn workbook(results: &Results, watch: Watched<'_>) -> Result<Workbook, XlsxError> {
    let mut book = Workbook::new();
    // The same results are the same bytes, whenever they are written.
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    book.set_properties(&DocProperties::new().set_creation_datetime(&made));
    let mut styles = Styles::default();
    let chosen = results.chosen();
    let rows = chosen.tables.iter().map(|table| results.data().len_of(table.table));
    watch.begin(Phase::Writing, Some(rows.fold(0, usize::saturating_add)));
    if !chosen.plan.is_empty() {
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name("plan")?;
        sheet.write_string(0, 0, "rule")?;
        sheet.write_string(0, 1, "value")?;
        for (id, row) in chosen.plan.iter().zip(1_u32..) {
            let Some(rule) = results.program().rule(*id) else { continue };
            let value = results.value(*id, None).unwrap_or(Value::Absent);
            sheet.write_string(row, 0, &*rule.name.value)?;
            styles.cell(results, sheet, (row, 1), &rule.ty, &value)?;
        }
    }
    for table in &chosen.tables {
        let Some(info) = results.program().tables.get(table.table) else { continue };
        let sheet = book.add_worksheet_with_constant_memory()?;
        sheet.set_name(&*info.name.value)?;
        let columns = columns_of(results, table);
        for (column, number) in columns.iter().zip(0_u16..) {
            sheet.write_string(0, number, column.name)?;
        }
        for (row, at) in (0..results.data().len_of(table.table)).zip(1_u32..) {
            for (column, number) in columns.iter().zip(0_u16..) {
                let value = column.cells.get(row).unwrap_or_default();
                styles.cell(results, sheet, (at, number), column.ty, &value)?;
            }
            watch.advance(1);
        }
    }
    if chosen.plan.is_empty() && chosen.tables.is_empty() {
        book.add_worksheet().set_name("plan")?;
    }
    Ok(book)
}

/// The formats of cells, each made once.
#[derive(Default)]
struct Styles {
    decimals: BTreeMap<usize, Format>,
    date: Option<Format>,
}

impl Styles {
    fn cell(
        &mut self,
        results: &Results,
        sheet: &mut Worksheet,
        (row, column): (u32, u16),
        ty: &Type,
        value: &Value,
    ) -> Result<(), XlsxError> {
        match (ty.required(), value) {
            (_, Value::Absent) => {}
            (_, Value::Bool(value)) => {
                sheet.write_boolean(row, column, *value)?;
            }
            (_, Value::Date(date)) => {
                if let Some(serial) = serial(*date) {
                    let format = self.date.get_or_insert_with(|| Format::new().set_num_format("yyyy-mm-dd"));
                    sheet.write_number_with_format(row, column, serial, format)?;
                } else {
                    sheet.write_string(row, column, text(results, ty, value))?;
                }
            }
            (Type::Number(unit), Value::Number(n)) => {
                let least = unit.currency().map(|code| results.program().currencies.get(code).copied());
                match (exact(n), least) {
                    (None, _) => sheet.write_string(row, column, text(results, ty, value))?,
                    (Some(number), None) => sheet.write_number(row, column, number)?,
                    (Some(number), Some(least)) => {
                        let format = self.of_money(n, least.unwrap_or(2));
                        sheet.write_number_with_format(row, column, number, format)?
                    }
                };
            }
            _ => {
                let text = text(results, ty, value);
                if !text.is_empty() {
                    sheet.write_string(row, column, text)?;
                }
            }
        }
        Ok(())
    }

    /// As many decimals as the currency has, or as the figure needs.
    fn of_money(&mut self, n: &Num, least: u32) -> &Format {
        let shown = n.padded(least);
        let zeros = shown.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        self.decimals.entry(zeros).or_insert_with(|| {
            let zeros = "0".repeat(zeros);
            Format::new().set_num_format(if zeros.is_empty() { "0".to_owned() } else { format!("0.{zeros}") })
        })
    }
}

fn text(results: &Results, ty: &Type, value: &Value) -> String {
    Shown { program: results.program(), data: results.data(), ty, value }.cell()
}

/// The float that is read back as this number; none where it has more than fifteen digits.
fn exact(n: &Num) -> Option<f64> {
    let text = n.has_finite_decimal().then(|| n.to_string())?;
    let digits = text.trim_start_matches('-').replace('.', "");
    let significant = digits.trim_start_matches('0').trim_end_matches('0').len();
    (significant <= DIGITS && digits.len() <= 64).then(|| text.parse().ok())?
}

/// A date as a spreadsheet counts days; none before the first day that all of them count alike.
fn serial(date: NaiveDate) -> Option<u32> {
    let first = NaiveDate::from_ymd_opt(1900, 3, 1)?;
    let days = date.num_days_from_ce().checked_sub(first.num_days_from_ce())?;
    u32::try_from(days).ok()?.checked_add(61)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_of_fifteen_digits_are_numbers() {
        let held = |text: &str| exact(&Num::parse(text).unwrap()).map(|n| n.to_string());
        assert_eq!(held("0.1").unwrap(), "0.1");
        assert_eq!(held("-123456789012.345").unwrap(), "-123456789012.345");
        assert_eq!(held("1234567890123456"), None);
        assert_eq!(held("0.1234567890123456"), None);
        assert_eq!(held("1/3"), None);
    }

    #[test]
    fn days_are_counted_as_spreadsheets_do() {
        let serial = |y, m, d| serial(NaiveDate::from_ymd_opt(y, m, d).unwrap());
        assert_eq!(serial(1900, 3, 1), Some(61));
        assert_eq!(serial(2001, 1, 31), Some(36922));
        assert_eq!(serial(1900, 2, 28), None);
    }
}

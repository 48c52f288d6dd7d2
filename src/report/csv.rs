//! Results as CSV, a segment of rows at a time.

use super::Shown;
use super::results::csv_table;
use crate::columns;
use crate::engine::{ChosenTable, Results};
use crate::ir::Program;
use crate::value::{Cells, Meaning, Packed, SEGMENT, Segment, Type, Value};
use chrono::{Datelike, NaiveDate};
use rayon::prelude::*;
use std::io::{self, Write};

/// Segments written down at once before they go out.
const WAVE: usize = 8;

/// Writes results as CSV: the header, then a row for each row of the table in input order; or
/// `rule,value` for the plan's figures. Threads make no difference to what is written.
///
/// # Errors
/// Where writing fails, or where more than one table was asked for.
pub fn write_csv(results: &Results, threads: usize, out: &mut dyn Write) -> io::Result<()> {
    let table = csv_table(results).map_err(|d| io::Error::other(d.message))?;
    let Some(table) = table else {
        let mut text = Vec::new();
        for row in super::results::rows(results, None) {
            line(&row, &mut text);
        }
        return out.write_all(&text);
    };
    let columns = columns_of(results, &table);
    let mut header = Vec::new();
    let names: Vec<String> = columns.iter().map(|c| c.name.clone()).collect();
    line(&names, &mut header);
    out.write_all(&header)?;
    let rows = results.data().len_of(table.table);
    let starts = columns.iter().find_map(|c| c.packed()).map_or_else(
        || (0..rows).step_by(SEGMENT).chain([rows]).collect::<Vec<usize>>(),
        |packed| packed.starts().to_vec(),
    );
    let runs: Vec<(usize, usize)> = starts
        .windows(2)
        .filter_map(|pair| match pair {
            [start, end] => Some((*start, *end)),
            _ => None,
        })
        .collect();
    let write = |(start, end): &(usize, usize)| run(results, &columns, *start, *end);
    match columns::pool(threads) {
        Some(pool) => {
            for wave in runs.chunks(WAVE) {
                let texts: Vec<Vec<u8>> = pool.install(|| wave.par_iter().map(write).collect());
                texts.iter().try_for_each(|text| out.write_all(text))?;
            }
        }
        None => runs.iter().try_for_each(|run| out.write_all(&write(run)))?,
    }
    out.flush()
}

/// A column of the file.
struct Column<'a> {
    name: String,
    ty: &'a Type,
    cells: &'a Cells,
    style: Style,
}

impl Column<'_> {
    fn packed(&self) -> Option<&Packed> {
        match self.cells {
            Cells::Packed(packed) => Some(packed),
            Cells::Each(_) => None,
        }
    }
}

/// How the numbers of a packed column are written.
enum Style {
    Text,
    Flag,
    Date,
    /// Cells by code.
    Code(Vec<Vec<u8>>),
    /// Times the factor, with so many digits after the point, of which zeros beyond the least number
    /// are left out.
    Decimal { factor: i64, scale: u32, least: u32 },
    /// Each value on its own.
    Other,
}

fn columns_of<'a>(results: &'a Results, table: &ChosenTable) -> Vec<Column<'a>> {
    let program = results.program();
    let Some((info, data)) = program.tables.get(table.table).zip(results.data().tables.get(table.table)) else {
        return Vec::new();
    };
    let keys = info.key.iter().filter_map(|k| {
        let (field, cells) = (info.fields.get(*k)?, data.fields.get(*k)?);
        Some((field.name.value.to_string(), &field.ty, cells))
    });
    let rules = table.rules.iter().filter_map(|id| {
        let rule = program.rule(*id)?;
        Some((rule.name.value.to_string(), &rule.ty, results.cells(*id)?))
    });
    keys.chain(rules)
        .map(|(name, ty, cells)| {
            let style = match cells {
                Cells::Packed(packed) => style(results, packed.meaning(), ty),
                Cells::Each(_) => Style::Other,
            };
            Column { name, ty, cells, style }
        })
        .collect()
}

fn style(results: &Results, meaning: &Meaning, ty: &Type) -> Style {
    match meaning {
        Meaning::Text => Style::Text,
        Meaning::Flag => Style::Flag,
        Meaning::Date => Style::Date,
        Meaning::Row(_) => Style::Other,
        Meaning::Code(values) => Style::Code(
            values
                .iter()
                .map(|value| {
                    let mut cell = Vec::new();
                    quoted(shown(results, ty, value).as_bytes(), &mut cell);
                    cell
                })
                .collect(),
        ),
        Meaning::Number { times, over } => {
            decimal(results.program(), ty, *times, *over).unwrap_or(Style::Other)
        }
    }
}

/// A number's decimals, where `times / over` has a few.
fn decimal(program: &Program, ty: &Type, times: i64, over: i64) -> Option<Style> {
    let least = match ty.required() {
        Type::Number(unit) => {
            unit.currency().map_or(0, |code| program.currencies.get(code).copied().unwrap_or(2))
        }
        _ => return None,
    };
    (0..=12_u32).find_map(|scale| {
        let power = 10_i64.checked_pow(scale)?;
        (power.checked_rem(over)? == 0).then_some(())?;
        let factor = power.checked_div(over)?.checked_mul(times)?;
        Some(Style::Decimal { factor, scale, least })
    })
}

/// The lines of some rows, which are one segment of every packed column.
fn run(results: &Results, columns: &[Column<'_>], start: usize, end: usize) -> Vec<u8> {
    let rows = end.saturating_sub(start);
    let parts: Vec<Part<'_>> = columns.iter().map(|c| Part::new(c, start, rows)).collect();
    let mut text = Vec::with_capacity(rows.saturating_mul(16).saturating_mul(columns.len().max(1)));
    for row in 0..rows {
        for (index, part) in parts.iter().enumerate() {
            if index > 0 {
                text.push(b',');
            }
            part.cell(results, start, row, &mut text);
        }
        text.push(b'\n');
    }
    text
}

/// A column's segment, its numbers unpacked.
struct Part<'a> {
    column: &'a Column<'a>,
    segment: Option<&'a Segment>,
    numbers: Vec<i64>,
    /// Whether every row is plain: present, and held by the packed form.
    plain: bool,
}

impl<'a> Part<'a> {
    fn new(column: &'a Column<'a>, start: usize, rows: usize) -> Self {
        let segment = column.packed().and_then(|packed| {
            let index = packed.starts().binary_search(&start).ok()?;
            packed.segments().get(index)
        });
        let mut numbers = Vec::new();
        if let Some(segment) = segment
            && !matches!(column.style, Style::Text | Style::Other)
        {
            numbers.resize(rows, 0);
            segment.unpack(0, &mut numbers);
        }
        let plain = segment.is_some_and(|s| s.absent().is_none() && s.odd().is_empty());
        Self { column, segment, numbers, plain }
    }

    #[inline]
    fn cell(&self, results: &Results, start: usize, row: usize, text: &mut Vec<u8>) {
        let written = (self.plain || self.is_plain(row)).then(|| self.packed_cell(row, text)).flatten();
        if written.is_none() {
            let value = self.column.cells.get(start.saturating_add(row)).unwrap_or_default();
            quoted(shown(results, self.column.ty, &value).as_bytes(), text);
        }
    }

    fn is_plain(&self, row: usize) -> bool {
        self.segment.is_some_and(|s| s.odd_at(row).is_none() && !s.absent().is_some_and(|a| a.get(row)))
    }

    #[inline]
    fn packed_cell(&self, row: usize, text: &mut Vec<u8>) -> Option<()> {
        let number = || self.numbers.get(row).copied();
        match &self.column.style {
            Style::Text => quoted(self.segment?.text(row)?.as_bytes(), text),
            Style::Flag => text.extend_from_slice(if number()? == 1 { b"true" } else { b"false" }),
            Style::Date => date(number()?, text)?,
            Style::Code(cells) => text.extend_from_slice(cells.get(usize::try_from(number()?).ok()?)?),
            Style::Decimal { factor: 1, scale, least } => fixed(number()?, *scale, *least, text),
            Style::Decimal { factor, scale, least } => {
                fixed(number()?.checked_mul(*factor)?, *scale, *least, text);
            }
            Style::Other => return None,
        }
        Some(())
    }
}

fn shown(results: &Results, ty: &Type, value: &Value) -> String {
    Shown { program: results.program(), data: results.data(), ty, value }.cell()
}

/// A line of cells.
fn line(cells: &[String], text: &mut Vec<u8>) {
    for (index, cell) in cells.iter().enumerate() {
        if index > 0 {
            text.push(b',');
        }
        quoted(cell.as_bytes(), text);
    }
    text.push(b'\n');
}

/// A cell, in quotes where it must be.
#[inline]
fn quoted(cell: &[u8], text: &mut Vec<u8>) {
    if !cell.iter().any(|b| matches!(b, b',' | b'"' | b'\n' | b'\r')) {
        return text.extend_from_slice(cell);
    }
    text.push(b'"');
    for byte in cell {
        if *byte == b'"' {
            text.push(b'"');
        }
        text.push(*byte);
    }
    text.push(b'"');
}

/// Every pair of digits.
const PAIRS: [u8; 200] = {
    let mut pairs = [0; 200];
    let mut n = 0;
    #[expect(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "evaluated by the compiler")]
    while n < 100 {
        pairs[2 * n] = b'0' + (n / 10) as u8;
        pairs[2 * n + 1] = b'0' + (n % 10) as u8;
        n += 1;
    }
    pairs
};

/// A whole number with its last digits behind a point.
#[inline]
fn fixed(number: i64, scale: u32, least: u32, text: &mut Vec<u8>) {
    if number < 0 {
        text.push(b'-');
    }
    let size = number.unsigned_abs();
    if scale == 0 && least == 0 {
        return whole(size, 1, text);
    }
    let power = 10_u64.checked_pow(scale).unwrap_or(1).max(1);
    whole(size.checked_div(power).unwrap_or(0), 1, text);
    let rest = size.checked_rem(power).unwrap_or(0);
    let digits = scale as usize;
    let point = text.len();
    text.push(b'.');
    if digits > 0 {
        whole(rest, digits, text);
    }
    let kept = point.saturating_add(1).saturating_add(least as usize);
    while text.len() > kept && text.last() == Some(&b'0') {
        text.pop();
    }
    while text.len() < kept {
        text.push(b'0');
    }
    if text.last() == Some(&b'.') {
        text.pop();
    }
}

/// The digits of a number, with zeros before them to so many.
#[inline]
fn whole(mut number: u64, width: usize, text: &mut Vec<u8>) {
    let mut digits = [b'0'; 20];
    let mut begin = digits.len();
    for pair in digits.rchunks_exact_mut(2) {
        let index = usize::try_from(number.wrapping_rem(100)).unwrap_or(0).wrapping_mul(2);
        number = number.wrapping_div(100);
        if let Some(found) = PAIRS.get(index..index.wrapping_add(2)) {
            pair.copy_from_slice(found);
        }
        begin = begin.wrapping_sub(2);
        if number == 0 {
            break;
        }
    }
    // The pair written last may begin with a zero.
    if digits.get(begin) == Some(&b'0') && begin.wrapping_add(1) < digits.len() {
        begin = begin.wrapping_add(1);
    }
    let begin = begin.min(digits.len().saturating_sub(width));
    text.extend_from_slice(digits.get(begin..).unwrap_or_default());
}

fn date(days: i64, text: &mut Vec<u8>) -> Option<()> {
    let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?)?;
    whole(u64::try_from(date.year()).ok()?, 4, text);
    text.push(b'-');
    whole(date.month().into(), 2, text);
    text.push(b'-');
    whole(date.day().into(), 2, text);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Num;
    use proptest::prelude::*;

    fn written(number: i64, scale: u32, least: u32) -> String {
        let mut text = Vec::new();
        fixed(number, scale, least, &mut text);
        String::from_utf8(text).unwrap()
    }

    proptest! {
        #[test]
        fn numbers_are_written_as_exact_numbers_are(number: i64, scale in 0_u32..13, least in 0_u32..5) {
            let num = Num::from_scaled_ratio(number, 1, 10_i64.pow(scale)).unwrap();
            prop_assert_eq!(written(number, scale, least), num.padded(least));
        }

        #[test]
        fn cells_are_quoted_as_a_writer_of_csv_does(cells in proptest::collection::vec("[a,\" \\r\\né]{1,5}", 2..4)) {
            let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::Any(b'\n')).from_writer(Vec::new());
            writer.write_record(&cells).unwrap();
            let mut text = Vec::new();
            line(&cells, &mut text);
            prop_assert_eq!(text, writer.into_inner().unwrap());
        }
    }

    #[test]
    fn small_numbers_keep_their_zeros() {
        assert_eq!(written(5, 2, 2), "0.05");
        assert_eq!(written(-5, 2, 2), "-0.05");
        assert_eq!(written(0, 2, 0), "0");
        assert_eq!(written(0, 0, 2), "0.00");
        assert_eq!(written(12_500, 4, 0), "1.25");
        assert_eq!(written(i64::MIN, 0, 0), i64::MIN.to_string());
    }
}

//! Results as CSV, a segment of rows at a time.

use super::Shown;
use super::table::{columns_of, one_table};
use crate::columns;
use crate::engine::{ChosenTable, Results};
use crate::ir::Program;
use crate::progress::{Phase, Watched};
use crate::value::{Cells, Held, Meaning, Packed, SEGMENT, Type, Value, append};
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
pub fn write_csv(
    results: &Results,
    threads: usize,
    watch: Watched<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let table = one_table(results, "CSV").map_err(|d| io::Error::other(d.message))?;
    let Some(table) = table else {
        let mut text = Vec::new();
        for row in super::results::rows(results, None) {
            line(&row, &mut text);
        }
        return out.write_all(&text);
    };
    let columns = styled(results, &table);
    let mut header = Vec::new();
    let names: Vec<String> = columns.iter().map(|c| c.name.to_owned()).collect();
    line(&names, &mut header);
    out.write_all(&header)?;
    let rows = results.data().len_of(table.table);
    watch.begin(Phase::Writing, Some(rows));
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
    // Texts are written down where others stood before.
    let write = |(start, end): (usize, usize), text: &mut Vec<u8>| {
        text.clear();
        run(results, &columns, (start, end), text);
    };
    if let Some(pool) = columns::pool(threads) {
        let mut texts = vec![Vec::new(); WAVE];
        for wave in runs.chunks(WAVE) {
            let places = wave.par_iter().zip(&mut texts);
            pool.install(|| places.for_each(|(run, text)| write(*run, text)));
            texts.iter().take(wave.len()).try_for_each(|text| out.write_all(text))?;
            wave.iter().for_each(|(start, end)| watch.advance(end.saturating_sub(*start)));
        }
    } else {
        let mut text = Vec::new();
        for run in runs {
            write(run, &mut text);
            out.write_all(&text)?;
            watch.advance(run.1.saturating_sub(run.0));
        }
    }
    out.flush()
}

/// A column of the file.
struct Column<'a> {
    name: &'a str,
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
    Decimal {
        factor: i64,
        scale: u32,
        least: u32,
    },
    /// Each value on its own.
    Other,
}

fn styled<'a>(results: &'a Results, table: &ChosenTable) -> Vec<Column<'a>> {
    columns_of(results, table)
        .into_iter()
        .map(|of| {
            let style = match of.cells {
                Cells::Packed(packed) => style(results, packed.meaning(), of.ty),
                Cells::Each(_) => Style::Other,
            };
            Column { name: of.name, ty: of.ty, cells: of.cells, style }
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

/// Adds the lines of some rows, which are one segment of every packed column.
fn run(results: &Results, columns: &[Column<'_>], (start, end): (usize, usize), text: &mut Vec<u8>) {
    let rows = end.saturating_sub(start);
    let parts: Vec<Part<'_>> = columns.iter().map(|c| Part::new(c, start, rows)).collect();
    let mut digits = Digits::new();
    for row in 0..rows {
        for part in &parts {
            part.cell(results, (start, row), &mut digits, text);
        }
        // Every cell has a comma after it; after the last stands the line's end instead.
        if let Some(last) = text.last_mut() {
            *last = b'\n';
        }
    }
}

/// A column's segment, its numbers unpacked.
struct Part<'a> {
    column: &'a Column<'a>,
    segment: Option<Held<'a>>,
    numbers: Vec<i64>,
    /// Whether every row is plain: present, and held by the packed form.
    plain: bool,
}

impl<'a> Part<'a> {
    fn new(column: &'a Column<'a>, start: usize, rows: usize) -> Self {
        let segment = column.packed().and_then(|packed| {
            let index = packed.starts().binary_search(&start).ok()?;
            Some(packed.parts().get(index)?.segment())
        });
        let mut numbers = Vec::new();
        if let Some(segment) = &segment
            && !matches!(column.style, Style::Text | Style::Other)
        {
            numbers.resize(rows, 0);
            segment.unpack(0, &mut numbers);
        }
        let plain = segment.as_ref().is_some_and(|s| s.absent().is_none() && s.odd().is_empty());
        Self { column, segment, numbers, plain }
    }

    /// Adds a row's cell and a comma.
    #[inline]
    fn cell(&self, results: &Results, (start, row): (usize, usize), digits: &mut Digits, text: &mut Vec<u8>) {
        let written =
            (self.plain || self.is_plain(row)).then(|| self.packed_cell(row, digits, text)).flatten();
        if written.is_none() {
            let held = self.segment.as_ref().zip(self.column.packed());
            let value = match held {
                Some((segment, packed)) => packed.value_of(segment, row),
                None => self.column.cells.get(start.saturating_add(row)),
            };
            let value = value.unwrap_or_default();
            quoted(shown(results, self.column.ty, &value).as_bytes(), text);
            text.push(b',');
        }
    }

    fn is_plain(&self, row: usize) -> bool {
        self.segment
            .as_ref()
            .is_some_and(|s| s.odd_at(row).is_none() && !s.absent().is_some_and(|a| a.get(row)))
    }

    #[inline]
    fn packed_cell(&self, row: usize, digits: &mut Digits, text: &mut Vec<u8>) -> Option<()> {
        let number = || self.numbers.get(row).copied();
        match &self.column.style {
            Style::Text => {
                quoted(self.segment.as_ref()?.text_bytes(row)?, text);
                text.push(b',');
            }
            Style::Flag => append(text, if number()? == 1 { b"true," } else { b"false," }),
            Style::Date => {
                digits.date(number()?)?;
                digits.add_to(text);
            }
            Style::Code(cells) => {
                append(text, cells.get(usize::try_from(number()?).ok()?)?);
                text.push(b',');
            }
            Style::Decimal { factor, scale, least } => {
                let number = if *factor == 1 { number()? } else { number()?.checked_mul(*factor)? };
                digits.fixed(number, *scale, *least);
                digits.add_to(text);
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
        return append(text, cell);
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
const PAIRS: [[u8; 2]; 100] = {
    let mut pairs = [[0; 2]; 100];
    let mut n = 0;
    #[expect(
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        reason = "evaluated by the compiler"
    )]
    while n < 100 {
        pairs[n] = [b'0' + (n / 10) as u8, b'0' + (n % 10) as u8];
        n += 1;
    }
    pairs
};

/// Room for any number or date: what is written stands before a comma at [`LAST`], from `begin` on.
struct Digits {
    bytes: [u8; 64],
    begin: usize,
}

/// Where a cell ends, before its comma. As many bytes as a copy takes follow any place before it.
const LAST: usize = 31;
/// Bytes of a copy, of which a cell with its comma needs fewer.
const COPIED: usize = 32;

impl Digits {
    fn new() -> Self {
        Self { bytes: [b','; 64], begin: LAST }
    }

    /// Puts a byte before what is written.
    #[inline]
    fn byte(&mut self, byte: u8) {
        self.begin = self.begin.wrapping_sub(1);
        if let Some(place) = self.bytes.get_mut(self.begin) {
            *place = byte;
        }
    }

    /// Puts two digits before what is written.
    #[inline]
    fn pair(&mut self, number: u64) {
        self.begin = self.begin.wrapping_sub(2);
        let pair = usize::try_from(number).ok().and_then(|n| PAIRS.get(n));
        let place = self.bytes.get_mut(self.begin..).and_then(|b| b.first_chunk_mut::<2>());
        if let (Some(place), Some(pair)) = (place, pair) {
            *place = *pair;
        }
    }

    /// Puts the digits of a number before what is written, without zeros before them.
    #[inline]
    fn whole(&mut self, mut number: u64) {
        while number >= 100 {
            self.pair(number.wrapping_rem(100));
            number = number.wrapping_div(100);
        }
        if number >= 10 {
            self.pair(number);
        } else {
            self.byte(b'0'.wrapping_add(u8::try_from(number).unwrap_or(0)));
        }
    }

    /// Puts so many digits of a number before what is written.
    fn padded(&mut self, mut number: u64, width: u32) {
        for _ in 0..width {
            let digit = u8::try_from(number.wrapping_rem(10)).unwrap_or(0);
            self.byte(b'0'.wrapping_add(digit));
            number = number.wrapping_div(10);
        }
    }

    /// A whole number with its last digits behind a point.
    #[inline]
    fn fixed(&mut self, number: i64, scale: u32, least: u32) {
        self.begin = LAST;
        let size = number.unsigned_abs();
        match (scale, least) {
            (0, 0) => self.whole(size),
            (2, 2) => {
                self.pair(size.wrapping_rem(100));
                self.byte(b'.');
                self.whole(size.wrapping_div(100));
            }
            _ => self.scaled(size, scale, least),
        }
        if number < 0 {
            self.byte(b'-');
        }
    }

    fn scaled(&mut self, mut size: u64, mut scale: u32, least: u32) {
        while scale > least && size.wrapping_rem(10) == 0 {
            size = size.wrapping_div(10);
            scale = scale.wrapping_sub(1);
        }
        let power = 10_u64.checked_pow(scale).unwrap_or(1);
        self.padded(0, least.saturating_sub(scale));
        self.padded(size.checked_rem(power).unwrap_or(0), scale);
        if scale.max(least) > 0 {
            self.byte(b'.');
        }
        self.whole(size.checked_div(power).unwrap_or(0));
    }

    /// A date, by its days.
    fn date(&mut self, days: i64) -> Option<()> {
        let date = NaiveDate::from_num_days_from_ce_opt(i32::try_from(days).ok()?)?;
        self.begin = LAST;
        self.padded(date.day().into(), 2);
        self.byte(b'-');
        self.padded(date.month().into(), 2);
        self.byte(b'-');
        self.padded(u64::try_from(date.year()).ok()?, 4);
        Some(())
    }

    /// Adds what is written and its comma to a text: a copy of a length known beforehand, cut to the
    /// right one.
    #[inline]
    fn add_to(&self, text: &mut Vec<u8>) {
        if let Some(chunk) = self.bytes.get(self.begin..).and_then(|b| b.first_chunk::<COPIED>()) {
            let end = text.len().wrapping_add(LAST).wrapping_sub(self.begin).wrapping_add(1);
            text.extend_from_slice(chunk);
            text.truncate(end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::number::Num;
    use proptest::prelude::*;

    fn written(number: i64, scale: u32, least: u32) -> String {
        let mut text = Vec::new();
        let mut digits = Digits::new();
        digits.fixed(number, scale, least);
        digits.add_to(&mut text);
        assert_eq!(text.pop(), Some(b','));
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

//! Results as CSV, a segment of rows at a time.

mod digits;
mod fours;
mod slots;

use super::Shown;
use super::table::{columns_of, one_table};
use crate::columns;
use crate::engine::{ChosenTable, Results};
use crate::ir::Program;
use crate::lanes::Lanes;
use crate::progress::{Phase, Watched};
use crate::value::{Cells, Held, Meaning, Packed, Type, Value};
use digits::Digits;
use rayon::prelude::*;
use slots::{Lines, Slot, Slots};
use std::io::{self, Write};

/// Segments written down at once before they go out.
const WAVE: usize = 4;
/// Rows whose cells stand side by side before they are lines: a multiple of 64.
const BATCH: usize = 256;

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
    let starts = results.data().tables.get(table.table).map(|t| t.starts()).unwrap_or_default();
    let runs: Vec<(usize, usize)> = starts
        .windows(2)
        .filter_map(|pair| match pair {
            [start, end] => Some((*start, *end)),
            _ => None,
        })
        .collect();
    let write = |(start, end): (usize, usize), room: &mut Room, lines: &mut Lines| {
        run(results, &columns, (start, end), room, lines);
    };
    let Some(pool) = columns::pool(threads) else {
        let (mut room, mut lines) = (Room::new(), Lines::default());
        for run in runs {
            write(run, &mut room, &mut lines);
            out.write_all(lines.written())?;
            watch.advance(run.1.saturating_sub(run.0));
        }
        return out.flush();
    };
    // While one wave of segments goes out the next is written down, where the one before stood.
    let (mut ready, mut next) = (vec![Lines::default(); WAVE], vec![Lines::default(); WAVE]);
    let mut last = 0;
    for wave in runs.chunks(WAVE).chain([&[][..]]) {
        pool.in_place_scope(|scope| {
            let places = wave.par_iter().zip(&mut next);
            scope.spawn(move |_| {
                places.for_each_init(Room::new, |room, (run, lines)| write(*run, room, lines));
            });
            ready.iter().take(last).try_for_each(|lines| out.write_all(lines.written()))
        })?;
        wave.iter().for_each(|(start, end)| watch.advance(end.saturating_sub(*start)));
        std::mem::swap(&mut ready, &mut next);
        last = wave.len();
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
        Meaning::Row(_) | Meaning::Whole => Style::Other,
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

/// What is used again from segment to segment.
struct Room {
    slots: Slots,
    numbers: Vec<i64>,
}

impl Room {
    fn new() -> Self {
        Self { slots: Slots::new(Lanes::find()), numbers: Vec::new() }
    }
}

/// Writes down the lines of some rows, which are one segment of every packed column.
fn run(
    results: &Results,
    columns: &[Column<'_>],
    (start, end): (usize, usize),
    room: &mut Room,
    text: &mut Lines,
) {
    let parts: Vec<Part<'_>> = columns.iter().map(|c| Part::new(c, start)).collect();
    text.clear();
    let rows = end.saturating_sub(start);
    for first in (0..rows).step_by(BATCH) {
        let count = rows.saturating_sub(first).min(BATCH);
        room.slots.turn_to(columns.len(), count);
        room.numbers.resize(count, 0);
        for (index, part) in parts.iter().enumerate() {
            part.fill(results, first, &mut room.numbers, (&mut room.slots, index));
        }
        text.add(&room.slots, |row, column, text| {
            if let Some(part) = parts.get(column) {
                part.cell(results, (start, first.saturating_add(row)), text);
            }
        });
    }
}

/// A column's segment.
struct Part<'a> {
    column: &'a Column<'a>,
    segment: Option<Held<'a>>,
    /// Whether its texts are written without quotes.
    bare: bool,
}

impl<'a> Part<'a> {
    fn new(column: &'a Column<'a>, start: usize) -> Self {
        let segment = column.packed().and_then(|packed| {
            let index = packed.starts().binary_search(&start).ok()?;
            Some(packed.parts().get(index)?.segment())
        });
        let texts = segment.as_ref().and_then(|segment| segment.texts());
        let bare = texts.is_some_and(|texts| !needs_quotes(texts.all()));
        Self { column, segment, bare }
    }

    /// Puts the cells of some rows, from `first` on, into their slots, as far as they are short and held
    /// by the packed form.
    fn fill(
        &self,
        results: &Results,
        first: usize,
        numbers: &mut [i64],
        (slots, column): (&mut Slots, usize),
    ) {
        if let Some(segment) = &self.segment
            && !matches!(self.column.style, Style::Text | Style::Other)
        {
            segment.unpack(first, numbers);
        }
        let each = numbers.iter().copied();
        match (&self.column.style, &self.segment) {
            (Style::Other, _) | (_, None) => slots.fill(column, each.map(|_| Slot::default())),
            (Style::Text, Some(segment)) => {
                let texts = segment.texts();
                let bare = texts.filter(|_| self.bare);
                let text = |row| {
                    let chunk = bare.and_then(|texts| texts.chunk(row));
                    let short = chunk.and_then(|(bytes, length)| Slot::first_of(bytes, length));
                    let bare = || Slot::of(texts?.bytes(row).filter(|text| !needs_quotes(text))?);
                    short.or_else(bare).unwrap_or_default()
                };
                slots.fill(column, (first..).zip(each).map(|(row, _)| text(row)));
            }
            (Style::Flag, _) => {
                let (no, yes) = (slot_of(b"false"), slot_of(b"true"));
                slots.fill(column, each.map(|n| if n == 1 { yes } else { no }));
            }
            (Style::Date, _) => {
                let mut digits = Digits::new();
                let date = |n| digits.date(n).map(|()| slot_of(digits.written())).unwrap_or_default();
                slots.fill(column, each.map(date));
            }
            (Style::Code(cells), _) => {
                let cells: Vec<Slot> = cells.iter().map(|cell| slot_of(cell)).collect();
                let cell = |n| usize::try_from(n).ok().and_then(|n: usize| cells.get(n).copied());
                slots.fill(column, each.map(|n: i64| cell(n).unwrap_or_default()));
            }
            (Style::Decimal { factor: 1, scale: 0, least: 0 }, _) => {
                slots.wholes(column, numbers);
            }
            (Style::Decimal { factor: 1, scale: 2, least: 2 }, _) => {
                slots.cents(column, numbers);
            }
            (Style::Decimal { factor, scale, least }, _) => {
                let mut digits = Digits::new();
                let number = |n: i64| {
                    digits.fixed(n.checked_mul(*factor)?, *scale, *least);
                    Slot::of(digits.written())
                };
                slots.fill(column, each.map(number).map(Option::unwrap_or_default));
            }
        }
        self.except(results, (first, numbers.len()), (slots, column));
    }

    /// Rows without a value are empty, and those that the packed form does not hold are of no slot.
    fn except(&self, results: &Results, (first, rows): (usize, usize), (slots, column): (&mut Slots, usize)) {
        let Some(segment) = &self.segment else { return };
        if let Some(absent) = segment.absent() {
            let empty = slot_of(shown(results, self.column.ty, &Value::Absent).as_bytes());
            for row in (0..rows).filter(|row| absent.get(first.saturating_add(*row))) {
                slots.set(row, column, empty);
            }
        }
        let odd = segment.odd();
        let from = odd.partition_point(|(row, _)| (*row as usize) < first);
        let inside = odd
            .iter()
            .skip(from)
            .map_while(|(row, _)| (*row as usize).checked_sub(first).filter(|row| *row < rows));
        inside.for_each(|row| slots.set(row, column, Slot::default()));
    }

    /// Adds the cell of a row that has no slot.
    fn cell(&self, results: &Results, (start, row): (usize, usize), text: &mut Vec<u8>) {
        if self.packed_cell(row, text).is_none() {
            let value = match self.segment.as_ref().zip(self.column.packed()) {
                Some((segment, packed)) => packed.value_of(segment, row),
                None => self.column.cells.get(start.saturating_add(row)),
            };
            let value = value.unwrap_or_default();
            quoted(shown(results, self.column.ty, &value).as_bytes(), text);
        }
    }

    /// Adds the cell of a row that the packed form holds.
    fn packed_cell(&self, row: usize, text: &mut Vec<u8>) -> Option<()> {
        let segment = self.segment.as_ref()?;
        let is_plain = segment.odd_at(row).is_none() && !segment.absent().is_some_and(|a| a.get(row));
        is_plain.then_some(())?;
        match &self.column.style {
            Style::Text => quoted(segment.texts()?.bytes(row)?, text),
            Style::Code(cells) => {
                text.extend_from_slice(cells.get(usize::try_from(segment.number(row)).ok()?)?);
            }
            Style::Decimal { factor, scale, least } => {
                let mut digits = Digits::new();
                digits.fixed(segment.number(row).checked_mul(*factor)?, *scale, *least);
                text.extend_from_slice(digits.written());
            }
            Style::Flag | Style::Date | Style::Other => return None,
        }
        Some(())
    }
}

/// A cell in a slot, or what stands for one that has none.
fn slot_of(cell: &[u8]) -> Slot {
    Slot::of(cell).unwrap_or_default()
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

/// Whether a cell, or any of some cells, stands in quotes.
fn needs_quotes(cell: &[u8]) -> bool {
    memchr::memchr3(b',', b'"', b'\n', cell).is_some() || memchr::memchr(b'\r', cell).is_some()
}

/// A cell, in quotes where it must be.
fn quoted(cell: &[u8], text: &mut Vec<u8>) {
    if !needs_quotes(cell) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn cells_are_quoted_as_a_writer_of_csv_does(cells in proptest::collection::vec("[a,\" \\r\\né]{1,5}", 2..4)) {
            let mut writer = ::csv::WriterBuilder::new().terminator(::csv::Terminator::Any(b'\n')).from_writer(Vec::new());
            writer.write_record(&cells).unwrap();
            let mut text = Vec::new();
            line(&cells, &mut text);
            prop_assert_eq!(text, writer.into_inner().unwrap());
        }
    }
}

//! Whole tables from CSV straight into columns, a few nanoseconds a cell.
//!
//! This reader takes what fits the plan and nothing else. Where a row does not, it answers nothing,
//! and the ordinary reader, which keeps the place of every value, says what is wrong.

mod cell;
mod grow;
mod keys;
mod lines;
mod pieces;

pub use pieces::{faults_in_pieces, is_large};

use crate::eval::{Index, Places, TableData};
use crate::ir::{ExprKind, Field, Program, Table};
use crate::value::{Cells, Meaning, Packed, Place, Segment, Type, Value};
use grow::Growing;
use lines::Lines;
use rayon::ThreadPool;
use rayon::prelude::*;
use std::fs::File;
use std::path::Path;
use std::sync::Arc;

/// Bytes of a file that one task reads at a time.
const RANGE: u64 = 4 << 20;

/// A column of the file: which field it holds.
#[derive(Clone, Debug)]
struct Layout {
    /// The field of each column, in the order of the file.
    fields: Vec<usize>,
}

/// Reads a table; none where anything about the file or its rows needs the ordinary reader.
#[must_use]
pub fn read_roster(
    program: &Program,
    table: usize,
    path: &str,
    pool: Option<&ThreadPool>,
) -> Option<TableData> {
    let info = program.tables.get(table)?;
    let file = File::open(path).ok()?;
    let metadata = file.metadata().ok().filter(std::fs::Metadata::is_file)?;
    let (header, first) = lines::header(file)?;
    let layout = layout(info, &header)?;
    let ranges: Vec<(u64, u64)> = std::iter::successors(Some(first), |at| at.checked_add(RANGE))
        .take_while(|at| *at < metadata.len())
        .map(|at| (at, at.saturating_add(RANGE).min(metadata.len())))
        .collect();
    let one = |(start, end): (u64, u64)| range(program, info, &layout, Path::new(path), (start, end, first));
    // Collected into one option, reading ends with the first range that does not fit.
    let segments: Option<Vec<Vec<Vec<Grown>>>> = match pool {
        Some(pool) => pool.install(|| ranges.into_par_iter().map(one).collect()),
        None => ranges.into_iter().map(one).collect(),
    };
    assembled(info, segments?.into_iter().flatten(), path)
}

/// A table of its segments, each with its columns; none where a value is out of bounds or repeated that
/// may not be.
fn assembled(info: &Table, segments: impl Iterator<Item = Vec<Grown>>, path: &str) -> Option<TableData> {
    let mut columns: Vec<Vec<Grown>> = info.fields.iter().map(|_| Vec::new()).collect();
    for segment in segments {
        for (column, grown) in columns.iter_mut().zip(segment) {
            column.push(grown);
        }
    }
    let fields: Vec<Arc<Packed>> = columns.into_iter().map(|c| Arc::new(packed(c))).collect();
    let rows = fields.first().map_or(0, |f| f.len());
    u32::try_from(rows).ok()?;
    keys::are_unique(&fields, &info.key).then_some(())?;
    for (field, cells) in info.fields.iter().zip(&fields) {
        fits(field, cells).then_some(())?;
    }
    for (index, _) in info.fields.iter().enumerate().filter(|(_, f)| f.unique) {
        // Rows without a value repeat nothing.
        let column = fields.get(index)?;
        (column.segments().iter().all(|s| s.absent().is_none())).then_some(())?;
        keys::are_unique(&fields, &[index]).then_some(())?;
    }
    let fields: Vec<Cells> = fields.into_iter().map(Cells::Packed).collect();
    let index = Index::of_columns(info.key.iter().filter_map(|k| fields.get(*k).cloned()).collect());
    let places = Places::Lines(Place::new(path, Some(2)));
    Some(TableData { rows, fields, index, places })
}

/// A segment of a column, with the divisor of its numbers.
struct Grown {
    meaning: Meaning,
    segment: Segment,
}

/// The rows of a range of the file, in segments.
fn range(
    program: &Program,
    table: &Table,
    layout: &Layout,
    path: &Path,
    (start, end, first): (u64, u64, u64),
) -> Option<Vec<Vec<Grown>>> {
    let mut lines = Lines::open(path, start, end, first)?;
    let mut part = Part::new(program, table, layout)?;
    while let Some(block) = lines.next()? {
        part.add(block)?;
    }
    part.finish()
}

/// Rows as they are read, and the segments that are full.
struct Part<'a> {
    layout: &'a Layout,
    growing: Vec<Growing>,
    segments: Vec<Vec<Grown>>,
    rows: usize,
}

impl<'a> Part<'a> {
    fn new(program: &Program, table: &Table, layout: &'a Layout) -> Option<Self> {
        let growing = table.fields.iter().map(|f| Growing::new(program, f)).collect::<Option<_>>()?;
        Some(Self { layout, growing, segments: Vec::new(), rows: 0 })
    }

    /// Adds the rows of whole lines.
    fn add(&mut self, block: &[u8]) -> Option<()> {
        let mut at = 0;
        while at < block.len() {
            at = row(block, at, self.layout, &mut self.growing)?;
            self.rows = self.rows.saturating_add(1);
            if self.rows == crate::value::SEGMENT {
                self.close()?;
            }
        }
        Some(())
    }

    fn close(&mut self) -> Option<()> {
        self.segments.push(finish(&mut self.growing, self.rows, self.layout)?);
        self.rows = 0;
        Some(())
    }

    fn finish(mut self) -> Option<Vec<Vec<Grown>>> {
        if self.rows > 0 {
            self.close()?;
        }
        Some(self.segments)
    }
}

/// One row: every column's cell in turn. Answers where the next begins.
fn row(block: &[u8], mut at: usize, layout: &Layout, growing: &mut [Growing]) -> Option<usize> {
    let last = layout.fields.len().checked_sub(1)?;
    for (column, field) in layout.fields.iter().enumerate() {
        at = growing.get_mut(*field)?.cell(block, at)?;
        // A comma stands between cells, the line's end after the last.
        match block.get(at)? {
            b',' if column < last => at = at.saturating_add(1),
            b'\n' if column == last => return Some(at.saturating_add(1)),
            b'\r' if column == last && block.get(at.saturating_add(1)) == Some(&b'\n') => {
                return Some(at.saturating_add(2));
            }
            _ => return None,
        }
    }
    None
}

fn finish(growing: &mut [Growing], rows: usize, layout: &Layout) -> Option<Vec<Grown>> {
    growing
        .iter_mut()
        .enumerate()
        .map(|(field, column)| {
            if !layout.fields.contains(&field) {
                column.fill(rows)?;
            }
            let (meaning, segment) = column.finish();
            Some(Grown { meaning, segment })
        })
        .collect()
}

/// The segments of a column under one meaning: numbers with few decimals are scaled to the most.
fn packed(parts: Vec<Grown>) -> Packed {
    let over = |meaning: &Meaning| match meaning {
        Meaning::Number { over, .. } => *over,
        _ => 1,
    };
    let most = parts.iter().map(|p| over(&p.meaning)).max().unwrap_or(1);
    let meaning = parts.first().map_or(Meaning::Flag, |p| match &p.meaning {
        Meaning::Number { times, .. } => Meaning::Number { times: *times, over: most },
        other => other.clone(),
    });
    let segments = parts
        .into_iter()
        .map(|part| match most.checked_div(over(&part.meaning)).unwrap_or(1) {
            1 => part.segment,
            factor => part.segment.scaled(factor, &part.meaning),
        })
        .collect();
    Packed::new(meaning, segments)
}

/// Which field each column holds; none where a name is unknown, repeated or missing.
fn layout(table: &Table, header: &[String]) -> Option<Layout> {
    let mut fields = Vec::with_capacity(header.len());
    for name in header {
        let field = table.fields.iter().position(|f| *f.name.value == **name)?;
        (!fields.contains(&field)).then_some(())?;
        fields.push(field);
    }
    for (index, field) in table.fields.iter().enumerate() {
        if let Some(default) = &field.default {
            matches!(default.kind, ExprKind::Const(_)).then_some(())?;
        }
        let may_be_missing = field.ty.is_optional() || field.default.is_some();
        (fields.contains(&index) || may_be_missing).then_some(())?;
        matches!(field.ty.required(), Type::Text | Type::Date | Type::Bool | Type::Enum(_) | Type::Number(_))
            .then_some(())?;
    }
    Some(Layout { fields })
}

/// Whether every value of a column is within its field's bounds and a multiple of its step.
fn fits(field: &Field, column: &Packed) -> bool {
    let bounded = |value: &Value| field.bounds.iter().all(|b| b.holds(value));
    let odd = |segment: &Segment, holds: &dyn Fn(&Value) -> bool| {
        segment.odd().iter().filter_map(|(_, v)| v.as_ref()).filter(|v| **v != Value::Absent).all(holds)
    };
    let has_values = |segment: &Segment| {
        segment.absent().is_none_or(|a| a.rows().count().saturating_add(segment.odd().len()) < segment.len())
    };
    let within = field.bounds.is_empty()
        || column.segments().iter().all(|segment| {
            let (least, most) = segment.extremes();
            let ends = [least, most];
            let mut ends = ends.iter().map(|n| column.meaning().value(*n));
            (!has_values(segment) || ends.all(|v| v.is_some_and(|v| bounded(&v)))) && odd(segment, &bounded)
        });
    within && field.step.as_ref().is_none_or(|step| keys::are_multiples(column, step))
}

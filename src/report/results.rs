//! Results as JSON, CSV and a table for people.

#[cfg(feature = "cli")]
use super::table::{Column, columns_of, one_table};
#[cfg(feature = "cli")]
use crate::engine::ChosenTable;
use crate::engine::Results;
use crate::progress::{Phase, Watched};
#[cfg(feature = "cli")]
use crate::value::{Type, Value};
use serde::Serialize;
use serde_json::ser::{Formatter, PrettyFormatter};
use std::io::{self, Write};

/// Writes results as JSON, indented, with a line feed at the end, and tells of the rows that are written.
///
/// # Errors
/// Where writing fails.
pub fn write_json(results: &Results, watch: Watched<'_>, out: &mut dyn Write) -> io::Result<()> {
    let tables = results.chosen().tables;
    let rows = tables.iter().map(|table| results.data().len_of(table.table));
    watch.begin(Phase::Writing, Some(rows.fold(0, usize::saturating_add)));
    let counted = Counted { pretty: PrettyFormatter::new(), watch, depth: 0 };
    results.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, counted))?;
    out.write_all(b"\n")
}

/// JSON laid out for people, of which is told how many rows of its tables are written.
struct Counted<'w> {
    pretty: PrettyFormatter<'static>,
    watch: Watched<'w>,
    /// How many lists and objects are open.
    depth: usize,
}

/// Lists and objects that are open around a row: the results, and its table.
const AROUND_ROW: usize = 2;

impl Formatter for Counted<'_> {
    fn begin_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_add(1);
        self.pretty.begin_array(out)
    }

    fn end_array<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.pretty.end_array(out)
    }

    fn begin_array_value<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_array_value(out, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        if self.depth == AROUND_ROW {
            self.watch.advance(1);
        }
        self.pretty.end_array_value(out)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_add(1);
        self.pretty.begin_object(out)
    }

    fn end_object<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.depth = self.depth.saturating_sub(1);
        self.pretty.end_object(out)
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, out: &mut W, first: bool) -> io::Result<()> {
        self.pretty.begin_object_key(out, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.begin_object_value(out)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, out: &mut W) -> io::Result<()> {
        self.pretty.end_object_value(out)
    }
}

/// Writes one table as newline-delimited JSON, a row on each line; or the plan's figures, on one line.
///
/// # Errors
/// Where writing fails, or where more than one table was asked for.
#[cfg(feature = "cli")]
pub fn write_ndjson(results: &Results, watch: Watched<'_>, out: &mut dyn Write) -> io::Result<()> {
    let table = one_table(results, "NDJSON").map_err(|d| io::Error::other(d.message))?;
    let Some(table) = table else {
        serde_json::to_writer(&mut *out, results)?;
        return out.write_all(b"\n");
    };
    watch.begin(Phase::Writing, Some(results.data().len_of(table.table)));
    for row in results.rows(&table) {
        watch.advance(1);
        serde_json::to_writer(&mut *out, &row)?;
        out.write_all(b"\n")?;
    }
    Ok(())
}

#[cfg(feature = "cli")]
fn cell(results: &Results, ty: &Type, value: &Value) -> String {
    super::Shown { program: results.program(), data: results.data(), ty, value }.cell()
}

/// The header and every row.
#[cfg(feature = "cli")]
pub(super) fn rows<'a>(
    results: &'a Results,
    table: Option<&'a ChosenTable>,
) -> Box<dyn Iterator<Item = Vec<String>> + 'a> {
    let program = results.program();
    let Some(chosen) = table else {
        let header = vec!["rule".to_owned(), "value".to_owned()];
        let plan = results.chosen().plan.into_iter().filter_map(move |id| {
            let rule = program.rule(id)?;
            let value = results.value(id, None).unwrap_or(Value::Absent);
            Some(vec![rule.name.value.to_string(), cell(results, &rule.ty, &value)])
        });
        return Box::new(std::iter::once(header).chain(plan));
    };
    let columns = columns_of(results, chosen);
    let header: Vec<String> = columns.iter().map(|c| c.name.to_owned()).collect();
    let body = (0..results.data().len_of(chosen.table)).map(move |row| {
        let value = |column: &Column<'_>| column.cells.get(row).unwrap_or_default();
        columns.iter().map(|column| cell(results, column.ty, &value(column))).collect()
    });
    Box::new(std::iter::once(header).chain(body))
}

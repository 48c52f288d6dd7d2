//! Results as JSON, CSV and a table for people.

#[cfg(feature = "cli")]
use super::table::{Column, columns_of, one_table};
#[cfg(feature = "cli")]
use crate::engine::ChosenTable;
use crate::engine::Results;
#[cfg(feature = "cli")]
use crate::progress::{Phase, Watched};
#[cfg(feature = "cli")]
use crate::value::{Type, Value};
use std::io::{self, Write};

/// Writes results as JSON, indented, with a line feed at the end.
///
/// # Errors
/// Where writing fails.
pub fn write_json(results: &Results, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, results)?;
    out.write_all(b"\n")
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

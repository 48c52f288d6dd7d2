//! Results as tables for people.

use super::Style;
use super::results::rows;
use super::table::{Column, columns_of};
use crate::engine::Results;
use crate::progress::{Phase, Watched};
use crate::value::Type;
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, LineStyle, Table, TableStyle, Width};
use std::io::{self, Write};
use textwrap::core::display_width;

/// Spaces that the table puts around each cell, and between it and the next.
const AROUND: usize = 3;
/// Those of them that belong to the cell.
const WITHIN: u16 = 2;
/// Rows that are laid out together, at most, and about how many bytes of them.
const ROWS: usize = 512;
const BYTES: usize = 1 << 16;

/// The rows of a table, from the names of its columns on, as often as they are asked for.
type Body<'a> = dyn Fn() -> Box<dyn Iterator<Item = Vec<String>> + 'a> + 'a;

/// Writes results as tables for people: the plan's figures, then each table. No cell is broken: where a
/// table's columns do not fit the width, it comes in several blocks, each beginning with the key. Rows are gone
/// through once to see how wide columns are, and once more for each block, so that few are held at a time.
///
/// # Errors
/// Where writing fails.
pub fn write_results_table(
    results: &Results,
    style: Style,
    watch: Watched<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let chosen = results.chosen();
    if !chosen.plan.is_empty() {
        writeln!(out, "{}", super::one_line(&results.program().title))?;
        blocks(&|| rows(results, None), 1, &[false, true], (style, watch), out)?;
    }
    for (index, table) in chosen.tables.iter().enumerate() {
        let Some(info) = results.program().tables.get(table.table) else { continue };
        if index > 0 || !chosen.plan.is_empty() {
            writeln!(out)?;
        }
        let keys = info.key.len();
        let is_number = |(index, column): (usize, Column<'_>)| {
            index >= keys && matches!(column.ty.required(), Type::Number(_))
        };
        let right: Vec<bool> = columns_of(results, table).into_iter().enumerate().map(is_number).collect();
        watch.begin(Phase::Writing, Some(results.data().len_of(table.table)));
        writeln!(out, "{}", info.name.value)?;
        blocks(&|| rows(results, Some(table)), info.key.len(), &right, (style, watch), out)?;
    }
    Ok(())
}

/// A table, the header first, as one block or several; the first `keys` columns stand in each.
fn blocks(
    body: &Body<'_>,
    keys: usize,
    right: &[bool],
    (style, watch): (Style, Watched<'_>),
    out: &mut dyn Write,
) -> io::Result<()> {
    let columns = right.len();
    let (mut shown, mut laid) = (vec![0_usize; columns], vec![0_u16; columns]);
    in_pieces(body(), &mut |piece, _| {
        for row in piece {
            for (widest, cell) in shown.iter_mut().zip(row) {
                *widest = display_width(cell).max(*widest);
            }
        }
        let table = plain(piece.iter().map(|row| row.iter().map(String::as_str).collect()), None);
        for (widest, width) in laid.iter_mut().zip(table.column_max_content_widths()) {
            *widest = width.max(*widest);
        }
        Ok(())
    })?;
    let wide = |column: usize| shown.get(column).copied().unwrap_or(0).saturating_add(AROUND);
    let key_width: usize = (0..keys).map(wide).sum();
    let mut groups: Vec<Vec<usize>> = vec![Vec::new()];
    let mut used = key_width;
    for column in keys..columns {
        let own = wide(column);
        if used.saturating_add(own) > style.width && groups.last().is_some_and(|g| !g.is_empty()) {
            groups.push(Vec::new());
            used = key_width;
        }
        used = used.saturating_add(own);
        if let Some(group) = groups.last_mut() {
            group.push(column);
        }
    }
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let columns: Vec<usize> = (0..keys).chain(group.iter().copied()).collect();
        let of_columns = |column: &usize| {
            let width = laid.get(*column).copied().unwrap_or(0);
            (width, right.get(*column) == Some(&true))
        };
        let layout: Vec<(u16, bool)> = columns.iter().map(of_columns).collect();
        in_pieces(body(), &mut |piece, is_first| {
            if index == 0 {
                watch.advance(piece.len());
            }
            block(piece, is_first, (&columns, &layout), style.unicode, out)
        })?;
    }
    Ok(())
}

/// Hands on rows, some at a time, in which nothing is left that would break a line; says which are the first.
fn in_pieces(
    rows: impl Iterator<Item = Vec<String>>,
    each: &mut dyn FnMut(&[Vec<String>], bool) -> io::Result<()>,
) -> io::Result<()> {
    let (mut piece, mut bytes, mut is_first) = (Vec::new(), 0_usize, true);
    for row in rows {
        let row: Vec<String> = row.iter().map(|cell| super::escape::one_line(cell)).collect();
        bytes = row.iter().map(String::len).fold(bytes, usize::saturating_add);
        piece.push(row);
        if piece.len() >= ROWS || bytes >= BYTES {
            each(&piece, is_first)?;
            (bytes, is_first) = (0, false);
            piece.clear();
        }
    }
    if piece.is_empty() { Ok(()) } else { each(&piece, is_first) }
}

/// Writes some rows of a block, the header before them where they are the first.
fn block(
    piece: &[Vec<String>],
    is_first: bool,
    (columns, layout): (&[usize], &[(u16, bool)]),
    unicode: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rows =
        piece.iter().map(|row| columns.iter().filter_map(|c| row.get(*c)).map(String::as_str).collect());
    let header = if is_first { rows.next() } else { None };
    let mut table = plain(rows, header);
    let stroke = if unicode { '─' } else { '-' };
    let rule = LineStyle::none().fill(stroke).junction(stroke);
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_content_arrangement(ContentArrangement::Disabled);
    for (column, (width, is_right)) in table.column_iter_mut().zip(layout) {
        column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(WITHIN))));
        if *is_right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    for line in table.to_string().lines() {
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}

/// A table of these rows, as yet without a style.
fn plain<'a>(rows: impl Iterator<Item = Vec<&'a str>>, header: Option<Vec<&'a str>>) -> Table {
    let mut table = Table::new();
    if let Some(header) = header {
        table.set_header(header);
    }
    for row in rows {
        table.add_row(row);
    }
    table
}

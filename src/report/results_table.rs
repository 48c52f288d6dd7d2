//! Results as tables for people.

use super::Style;
use super::results::rows;
use super::table::{Column, columns_of};
use crate::engine::Results;
use crate::value::Type;
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use textwrap::core::display_width;

/// Spaces that the table puts around each cell, and between it and the next.
const AROUND: usize = 3;

/// Results as tables for people: the plan's figures, then each table. No cell is broken: where a
/// table's columns do not fit the width, it comes in several blocks, each beginning with the key.
#[must_use]
pub fn results_table(results: &Results, style: Style) -> String {
    let chosen = results.chosen();
    let mut parts = Vec::new();
    if !chosen.plan.is_empty() {
        let body: Vec<Vec<String>> = rows(results, None).collect();
        parts.push(format!(
            "{}\n{}",
            super::one_line(&results.program().title),
            blocks(&body, 1, &[false, true], style)
        ));
    }
    for table in &chosen.tables {
        let Some(info) = results.program().tables.get(table.table) else { continue };
        let keys = info.key.len();
        let is_number = |(index, column): (usize, Column<'_>)| {
            index >= keys && matches!(column.ty.required(), Type::Number(_))
        };
        let right: Vec<bool> = columns_of(results, table).into_iter().enumerate().map(is_number).collect();
        let body: Vec<Vec<String>> = rows(results, Some(table)).collect();
        parts.push(format!("{}\n{}", info.name.value, blocks(&body, info.key.len(), &right, style)));
    }
    parts.join("\n")
}

/// A table, the header first, as one block or several; the first `keys` columns stand in each.
fn blocks(body: &[Vec<String>], keys: usize, right: &[bool], style: Style) -> String {
    let body: Vec<Vec<String>> =
        body.iter().map(|row| row.iter().map(|c| super::escape::one_line(c)).collect()).collect();
    let columns = right.len();
    let wide = |column: usize| {
        let cells = body.iter().filter_map(|row| row.get(column));
        cells.map(|c| display_width(c)).max().unwrap_or(0).saturating_add(AROUND)
    };
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
    let tables: Vec<String> = groups
        .iter()
        .map(|group| {
            let columns: Vec<usize> = (0..keys).chain(group.iter().copied()).collect();
            block(&body, &columns, right, style.unicode)
        })
        .collect();
    tables.join("\n")
}

fn block(body: &[Vec<String>], columns: &[usize], right: &[bool], unicode: bool) -> String {
    let stroke = if unicode { '─' } else { '-' };
    let rule = LineStyle::none().fill(stroke).junction(stroke);
    let mut table = Table::new();
    table.load_style(TableStyle::new().header_separator(rule));
    table.set_content_arrangement(ContentArrangement::Disabled);
    for (index, row) in body.iter().enumerate() {
        let cells: Vec<&str> = columns.iter().filter_map(|c| row.get(*c)).map(String::as_str).collect();
        if index == 0 {
            table.set_header(cells);
        } else {
            table.add_row(cells);
        }
    }
    for (column, original) in table.column_iter_mut().zip(columns) {
        if right.get(*original) == Some(&true) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let text = table.to_string();
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    format!("{}\n", lines.join("\n"))
}

//! Rows named by their key, as `--for` and the expectations of tests do.

use crate::diagnostic::meant;
use crate::eval::{Dataset, row_key_of};
use crate::ir::Program;
use crate::value::row_key;

/// Rows whose keys are compared for a suggestion.
const COMPARED: usize = 10_000;

/// Why a name stands for no one row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NoRow {
    /// What is wrong, to be put after the name of the table: "has no row `E3`".
    pub why: String,
    /// What to do; none where there is no row to compare.
    pub help: Option<String>,
}

/// The row of a table that a key names: as it is shown, or with its fields in quotes.
pub(super) fn find(program: &Program, data: &Dataset, table: usize, asked: &str) -> Result<u32, NoRow> {
    let rows = u32::try_from(data.len_of(table)).unwrap_or(u32::MAX);
    let keys: Vec<Vec<String>> = (0..rows).map(|row| row_key_of(program, data, table, row)).collect();
    match row_key::named(asked, &keys).as_slice() {
        [row] => Ok(u32::try_from(*row).unwrap_or(u32::MAX)),
        [] => {
            let labels: Vec<String> = keys.iter().take(COMPARED).map(|k| row_key::joined(k)).collect();
            let help = meant(asked, labels.iter().map(String::as_str));
            Err(NoRow { why: format!("has no row `{asked}`"), help })
        }
        several => Err(NoRow {
            why: format!("has {} rows that `{asked}` may mean", several.len()),
            help: Some(row_key::choose(several.iter().filter_map(|row| keys.get(*row)).map(Vec::as_slice))),
        }),
    }
}

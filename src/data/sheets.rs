//! A whole workbook given as data: a sheet for each table or record, `plan` for the scalars.

use super::Place;
use super::fault::fault;
use super::files::{STANDARD_INPUT, is_standard_input};
use super::format::Encoding;
use super::source::{Named, Reading};
use crate::diagnostic::{Code, Diagnostics};

/// The sheets of a workbook, in their order. Hidden and empty sheets are ignored; every other must be
/// that of a record or table of the plan.
pub(super) fn name_workbook(
    path: &str,
    encoding: Encoding,
    reading: &Reading<'_>,
) -> Result<Named, Diagnostics> {
    let shown = if is_standard_input(path) { STANDARD_INPUT } else { path };
    encoding.check_built(shown)?;
    if is_standard_input(path) {
        let message = "a workbook that comes through a pipe is read once, for one table";
        let help = "name the table, as in `--data participants=-`, or save the workbook to a file first";
        return Err(vec![fault(Code::DataUnreadable, shown, None, message).help(help)]);
    }
    #[cfg(feature = "xlsx")]
    let sources = sheets(path, encoding, reading)?;
    #[cfg(not(feature = "xlsx"))]
    let sources = {
        let _ = reading;
        Vec::new()
    };
    Ok(Named { sources, holder: Some(Place::new(shown, None)) })
}

#[cfg(feature = "xlsx")]
fn sheets(
    path: &str,
    encoding: Encoding,
    reading: &Reading<'_>,
) -> Result<Vec<Result<super::Source, Diagnostics>>, Diagnostics> {
    use std::sync::Arc;
    let whole = super::Source { name: None, path: Arc::from(path), encoding, sheet: None, spooled: false };
    let named = |sheet: String| {
        let sheet: Arc<str> = Arc::from(sheet);
        let grid = Arc::new(crate::value::Grid { sheet: Some(Arc::clone(&sheet)), column: None });
        let place = Place::new(whole.shown(), None).in_grid(&grid);
        super::target::find_target(&sheet, reading.known, &place)?;
        Ok(super::Source { name: Some(Arc::clone(&sheet)), sheet: Some(sheet), ..whole.clone() })
    };
    Ok(super::xlsx::sheets(&whole, reading.limits)?.into_iter().map(named).collect())
}

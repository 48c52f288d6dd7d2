//! Recorded decisions on assumptions: which reading, who decided, when, and why.

use super::assumptions;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, meant};
use crate::eval::{Choices, Determination};
use crate::ir::Program;
use crate::value::{Place, Raw, RawKind, parse_date};
use std::collections::BTreeSet;
use std::sync::Arc;

/// Reads decisions from a document such as
///
/// ```toml
/// [determinations.residual]
/// reading = "carry"
/// by = "Compensation Committee"
/// on = 2001-01-15
/// note = "minutes of the meeting, item 4"
/// ```
///
/// # Errors
/// Every entry that names no assumption or reading, or lacks who decided and when.
pub fn determinations(program: &Program, document: &Raw, choices: &mut Choices) -> Result<(), Diagnostics> {
    let mut faults = Diagnostics::new();
    let entries = match &document.kind {
        RawKind::Map(entries) => entries.as_slice(),
        _ => &[],
    };
    again(entries, &mut faults);
    for (name, value) in entries {
        match (&**name, &value.kind) {
            ("determinations", RawKind::Map(items)) => {
                again(items, &mut faults);
                for (assumption, entry) in items {
                    if let RawKind::Map(fields) = &entry.kind {
                        again(fields, &mut faults);
                    }
                    match one(program, assumption, entry) {
                        Ok((index, found)) => choices.determine(index, found),
                        Err(found) => faults.push(*found),
                    }
                }
            }
            _ => faults.push(
                fault(&value.place, format!("`{name}` is not expected in a file of determinations"))
                    .help("write `[determinations.NAME]` for each assumption decided"),
            ),
        }
    }
    if faults.is_empty() { Ok(()) } else { Err(faults) }
}

/// Reports names given before in the same place.
fn again(entries: &[(Arc<str>, Raw)], faults: &mut Diagnostics) {
    let mut seen = BTreeSet::new();
    for (name, value) in entries.iter().filter(|(name, _)| !seen.insert(name)) {
        let twice = Diagnostic::error(Code::DataGivenTwice, format!("`{name}` is given twice"));
        faults.push(at(&value.place, twice.help("leave one of the two out")));
    }
}

fn fault(place: &Place, message: String) -> Diagnostic {
    at(place, Diagnostic::error(Code::BadAssume, message))
}

fn at(place: &Place, diagnostic: Diagnostic) -> Diagnostic {
    diagnostic.about(place.subject())
}

fn one(program: &Program, name: &str, entry: &Raw) -> Result<(usize, Determination), Box<Diagnostic>> {
    let here = |fault: Box<Diagnostic>| Box::new(at(&entry.place, *fault));
    let (index, assumption) = assumptions::assumption(program, name).map_err(here)?;
    let RawKind::Map(fields) = &entry.kind else {
        return Err(Box::new(
            fault(&entry.place, format!("the determination of `{name}` is no table"))
                .help("write its `reading`, `by`, `on` and, if you like, a `note`"),
        ));
    };
    let known = ["reading", "by", "on", "note"];
    if let Some((other, value)) = fields.iter().find(|(n, _)| !known.contains(&&**n)) {
        let help = meant(other, known)
            .unwrap_or_else(|| "a determination has `reading`, `by`, `on` and `note`".to_owned());
        return Err(Box::new(
            fault(&value.place, format!("the determination of `{name}` has no entry `{other}`")).help(help),
        ));
    }
    let text = |field: &str| fields.iter().find(|(n, _)| &**n == field).map(|(_, v)| v);
    let required = |field: &str, help: &str| {
        text(field).and_then(written).ok_or_else(|| {
            Box::new(
                fault(&entry.place, format!("the determination of `{name}` does not say `{field}`"))
                    .help(help),
            )
        })
    };
    let reading = required("reading", "name the reading decided")?;
    let reading = assumptions::reading(assumption, &reading).map_err(here)?;
    let by = required("by", "say who decided, as in `by = \"Compensation Committee\"`")?;
    let on = required("on", "say when it was decided, as in `on = 2001-01-15`")?;
    let on = parse_date(&on).ok_or_else(|| {
        Box::new(fault(&entry.place, format!("`{on}` is no date")).help("write a date such as `2001-01-15`"))
    })?;
    let note = match text("note") {
        None => None,
        Some(raw) => Some(written(raw).ok_or_else(|| {
            Box::new(
                fault(&raw.place, format!("the note on `{name}` is no text"))
                    .help("write the note in quotes"),
            )
        })?),
    };
    Ok((index, Determination { reading, by, on, note }))
}

fn written(raw: &Raw) -> Option<Arc<str>> {
    match &raw.kind {
        RawKind::Text(text) | RawKind::Date(text) if !text.is_empty() => Some(Arc::clone(text)),
        _ => None,
    }
}

//! Results as JSON, CSV and a table for people.

#[cfg(feature = "cli")]
use crate::diagnostic::{Code, Diagnostic};
#[cfg(feature = "cli")]
use crate::engine::ChosenTable;
use crate::engine::Results;
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

/// The one table that CSV can hold: a table's conclusions, or (none) the plan's figures.
///
/// # Errors
/// Where more was asked for.
#[cfg(feature = "cli")]
pub fn csv_table(results: &Results) -> Result<Option<ChosenTable>, Box<Diagnostic>> {
    let chosen = results.chosen();
    match (chosen.plan.is_empty(), chosen.tables.as_slice()) {
        (_, []) => Ok(None),
        (true, [table]) => Ok(Some(table.clone())),
        _ => {
            let names: Vec<String> = chosen
                .tables
                .iter()
                .filter_map(|t| results.program().tables.get(t.table))
                .map(|t| format!("`--only {}`", t.name.value))
                .chain((!chosen.plan.is_empty()).then(|| "`--only plan`".to_owned()))
                .collect();
            Err(Box::new(
                Diagnostic::error(Code::BadSelection, "CSV holds one table, and more was asked for")
                    .help(format!("choose with {}", names.join(" or "))),
            ))
        }
    }
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
    let Some(info) = program.tables.get(chosen.table) else { return Box::new(std::iter::empty()) };
    let keys = info.key.iter().filter_map(|k| info.fields.get(*k)).map(|f| f.name.value.to_string());
    let names = chosen.rules.iter().filter_map(|id| program.rule(*id)).map(|r| r.name.value.to_string());
    let header: Vec<String> = keys.chain(names).collect();
    let count = u32::try_from(results.data().len_of(chosen.table)).unwrap_or(u32::MAX);
    let body = (0..count).map(move |row| {
        let keys = info.key.iter().filter_map(|k| {
            let value = results.data().cell(chosen.table, row, *k)?;
            Some(cell(results, &info.fields.get(*k)?.ty, &value))
        });
        let values = chosen.rules.iter().filter_map(|id| {
            let value = results.value(*id, Some(row)).unwrap_or(Value::Absent);
            Some(cell(results, &program.rule(*id)?.ty, &value))
        });
        keys.chain(values).collect()
    });
    Box::new(std::iter::once(header).chain(body))
}

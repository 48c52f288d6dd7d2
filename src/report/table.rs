//! One table of results as columns: the key, the conclusions, and what was carried through.

use crate::diagnostic::{Code, Diagnostic};
use crate::engine::{ChosenTable, Results};
use crate::value::{Cells, Type};

/// The type of a column that the plan does not know.
static TEXT: Type = Type::Text;

/// A column of a table of results.
pub(super) struct Column<'a> {
    /// Its name.
    pub(super) name: &'a str,
    /// The type of its values; they may be absent all the same.
    pub(super) ty: &'a Type,
    /// Its values.
    pub(super) cells: &'a Cells,
}

/// The columns of a table in their order.
pub(super) fn columns_of<'a>(results: &'a Results, table: &ChosenTable) -> Vec<Column<'a>> {
    let program = results.program();
    let Some((info, data)) = program.tables.get(table.table).zip(results.data().tables.get(table.table))
    else {
        return Vec::new();
    };
    let keys = info.key.iter().filter_map(|k| {
        let (field, cells) = (info.fields.get(*k)?, data.fields.get(*k)?);
        Some(Column { name: &field.name.value, ty: &field.ty, cells })
    });
    let rules = table.rules.iter().filter_map(|id| {
        let rule = program.rule(*id)?;
        Some(Column { name: &rule.name.value, ty: &rule.ty, cells: results.cells(*id)? })
    });
    let extra = data.extra.iter().map(|e| Column { name: &e.name, ty: &TEXT, cells: &e.cells });
    keys.chain(rules).chain(extra).collect()
}

/// The one table that a format such as CSV can hold: a table's conclusions, or (none) the plan's figures.
///
/// # Errors
/// Where more was asked for.
pub fn one_table(results: &Results, format: &str) -> Result<Option<ChosenTable>, Box<Diagnostic>> {
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
            let message = format!("{format} holds one table, and more was asked for");
            Err(Box::new(
                Diagnostic::error(Code::BadSelection, message)
                    .help(format!("choose with {}", names.join(" or "))),
            ))
        }
    }
}

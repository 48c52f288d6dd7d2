//! From data as read to data that fit the plan; every fault is found and named before any rule is
//! evaluated.

mod bounds;
mod conditions;
mod convert;
mod defaults;
mod faults;
mod read;
mod references;
mod row;

use super::{Kind, Known, Raw};
use crate::columns;
use crate::diagnostic::Diagnostics;
use crate::eval::{Choices, Dataset, TableData};
use crate::ir::{Holder, Program, SCALARS};
use crate::limits::Limits;
#[cfg(feature = "cli")]
pub use convert::convert_cell;
use defaults::Held;
use faults::Faults;
#[cfg(feature = "cli")]
pub use faults::not_listed;
#[cfg(feature = "cli")]
pub use references::{key_type, referred};
pub use row::validate_row;
use std::collections::BTreeSet;

/// Checks data against a plan's inputs.
///
/// # Errors
/// Every fault of the data: what is unknown, missing, of a wrong type or out of range, repeated keys,
/// references to nothing and conditions that do not hold.
pub fn validate(
    program: &Program,
    document: &Raw,
    choices: &Choices,
    limits: &Limits,
) -> Result<Dataset, Diagnostics> {
    let mut faults = Faults::new(program, document, limits);
    let dataset = checked(program, document, Vec::new(), (choices, limits), &mut faults);
    let found = faults.finish();
    if found.is_empty() { Ok(dataset) } else { Err(found) }
}

#[cfg(feature = "cli")]
/// The faults of data of which one table has some rows alone: they are named by their numbers in the
/// whole, from 0. So many faults are told at most; how many there are besides is the second answer.
#[must_use]
pub fn validate_some(
    program: &Program,
    document: &Raw,
    rosters: Vec<(usize, TableData)>,
    (table, rows): (usize, &[usize]),
    (choices, limits): (&Choices, &Limits),
) -> (Diagnostics, usize) {
    let mut faults = Faults::new(program, document, limits);
    faults.number(table, rows);
    checked(program, document, rosters, (choices, limits), &mut faults);
    faults.counted()
}

/// Data of which some tables were read straight into columns, and fit the plan cell by cell; none
/// where anything else has a fault, which reading them the ordinary way then names.
#[must_use]
pub fn validate_rosters(
    program: &Program,
    document: &Raw,
    rosters: Vec<(usize, TableData)>,
    choices: &Choices,
    limits: &Limits,
) -> Option<Dataset> {
    let tables: Vec<usize> = rosters.iter().map(|(table, _)| *table).collect();
    let mut faults = Faults::new(program, document, limits);
    let dataset = checked(program, document, rosters, (choices, limits), &mut faults);
    let fits = |table: &usize| faults.unnamed(*table).is_empty() && faults.unfilled(*table).is_empty();
    tables.iter().all(fits).then_some(())?;
    faults.finish().is_empty().then_some(())?;
    let holds = |t: &usize| columns::not_held(program, &dataset, (choices, limits), *t, 1).is_empty();
    tables.iter().all(holds).then_some(dataset)
}

/// What of some data is looked at beside tables that were read straight into columns.
#[derive(Debug)]
pub struct Beside {
    /// The faults of everything else.
    pub faults: Diagnostics,
    /// Of each such table the rows for which some condition does not hold.
    pub not_held: Vec<Vec<usize>>,
    /// Of each such table the rows that refer to no row, each with the table where it should be.
    pub unnamed: Vec<Vec<(usize, usize)>>,
    /// Whether a value of such a table was asked for as it was written, which nobody knows.
    pub missed: bool,
}

impl Beside {
    /// Of each table the rows that do not fit, in order.
    #[must_use]
    pub fn rows(&self) -> Vec<Vec<usize>> {
        let both = |(held, unnamed): (&Vec<usize>, &Vec<(usize, usize)>)| {
            let rows: BTreeSet<usize> =
                held.iter().copied().chain(unnamed.iter().map(|(row, _)| *row)).collect();
            rows.into_iter().collect()
        };
        self.not_held.iter().zip(&self.unnamed).map(both).collect()
    }
}

/// The faults of data beside tables that were read straight into columns, and the rows of these for which a
/// condition does not hold: so many at most.
#[must_use]
pub fn validate_beside(
    program: &Program,
    document: &Raw,
    rosters: Vec<(usize, TableData)>,
    (choices, limits): (&Choices, &Limits),
    most: usize,
) -> Beside {
    let tables: Vec<usize> = rosters.iter().map(|(table, _)| *table).collect();
    let mut faults = Faults::new(program, document, limits);
    let dataset = checked(program, document, rosters, (choices, limits), &mut faults);
    let missed = tables.iter().any(|table| faults.missed(*table));
    let held = |table: &usize| {
        let mut rows = faults.unfilled(*table);
        rows.extend(columns::not_held(program, &dataset, (choices, limits), *table, most));
        rows.into_iter().collect()
    };
    Beside {
        not_held: tables.iter().map(held).collect(),
        unnamed: tables.iter().map(|table| faults.unnamed(*table)).collect(),
        faults: faults.finish(),
        missed,
    }
}

fn checked(
    program: &Program,
    document: &Raw,
    rosters: Vec<(usize, TableData)>,
    (choices, limits): (&Choices, &Limits),
    faults: &mut Faults<'_>,
) -> Dataset {
    let of_rosters: Vec<usize> = rosters.iter().map(|(table, _)| *table).collect();
    let mut dataset = read::read(program, document, rosters, faults);
    let held = |holder| match holder {
        Holder::Table(table) if of_rosters.contains(&table) => Held::InColumns,
        _ => Held::AsRead,
    };
    let account = defaults::fill(program, &mut dataset, held, (choices, limits), faults);
    bounds::check(program, &dataset, &of_rosters, faults);
    conditions::check(program, &dataset, &of_rosters, (choices, limits), account, faults);
    dataset
}

/// What a plan takes, for the readers of files.
#[must_use]
pub fn known_inputs(program: &Program) -> Vec<Known> {
    let fields = |fields: &[crate::ir::Field]| -> Vec<std::sync::Arc<str>> {
        fields.iter().map(|f| std::sync::Arc::clone(&f.name.value)).collect()
    };
    let mut known = Vec::new();
    for (index, record) in program.records.iter().enumerate() {
        if index == SCALARS {
            known.extend(record.fields.iter().map(|f| Known::scalar(std::sync::Arc::clone(&f.name.value))));
        } else {
            known.push(Known {
                name: std::sync::Arc::clone(&record.name.value),
                kind: Kind::Record,
                key: Vec::new(),
                fields: fields(&record.fields),
            });
        }
    }
    for table in &program.tables {
        let key = table
            .key
            .iter()
            .filter_map(|k| table.fields.get(*k))
            .map(|f| std::sync::Arc::clone(&f.name.value));
        known.push(Known {
            name: std::sync::Arc::clone(&table.name.value),
            kind: Kind::Table,
            key: key.collect(),
            fields: fields(&table.fields),
        });
    }
    known
}

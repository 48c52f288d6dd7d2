//! References in tables read straight into columns, held to the ordinary reader: keys of every type, rows of
//! the same table, and references to nothing.

use super::told;
use std::fs;
use std::path::Path;
use whereas::columns::pool;
use whereas::data::{Around, Encoding, Format, Source, known_inputs, read_data, read_roster};
use whereas::engine::{Evaluator, Rosters};
use whereas::{Inputs, Plan};

const PLAN: &str = r#"
[plan]
language = 1
id = "references"
title = "References"
currency = "USD"
[inputs.accounts]
key = "number"
fields = { number = "number", balance = "USD" }
[inputs.dates]
key = "on"
fields = { on = "date", open = "boolean" }
[inputs.grades]
key = "grade"
fields = { grade = "one of low, high", pay = "USD" }
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
account = "ref accounts"
rest = "ref dates?"
grade = "ref grades?"
boss = "ref people?"
[rules.people]
balance = { value = "account.balance + (if grade is present then grade.pay else 0 USD)", cite = "1" }
rests = { value = "rest is present and rest.open", cite = "1" }
above = { value = "if boss is present then boss.balance else 0 USD", cite = "1" }
named = { value = "{ account: account, rest: rest, grade: grade, boss: boss }", cite = "1" }
[rules.accounts]
holders = { value = "count(p in people where p.account = this)", cite = "1" }
"#;

/// The tables, with so many people; one cell of those in `wrong` is another.
fn tables(people: usize, wrong: Option<(usize, usize, &str)>) -> [(&'static str, String); 4] {
    let half = |n: usize| if n.is_multiple_of(2) { format!("{}", n / 2) } else { format!("{}.5", n / 2) };
    let accounts: String = (0..40).map(|n| format!("{},{n}.25\n", half(n * 17 % 40))).collect();
    let dates: String = (1..29).map(|n| format!("2001-02-{n:02},{}\n", n % 3 == 0)).collect();
    let rows: String = (0..people)
        .map(|row| {
            // Numbers are written in several ways, and cells may be empty.
            let account = row * 7 % 40;
            let account = if row % 3 == 0 { format!("{}0", half(account | 1)) } else { half(account) };
            let optional = |every: usize, cell: String| if row % every == 0 { String::new() } else { cell };
            let rest = optional(5, format!("2001-02-{:02}", 1 + row * 11 % 28));
            let grade = optional(4, ["low", "high"][row % 2].to_owned());
            let boss = optional(6, format!("P{}", row * 31 % people));
            let mut cells = [format!("P{row}"), account, rest, grade, boss];
            if let Some((at, cell, value)) = wrong
                && at == row
            {
                value.clone_into(&mut cells[cell]);
            }
            cells.join(",") + "\n"
        })
        .collect();
    [
        ("accounts", format!("number,balance\n{accounts}")),
        ("dates", format!("on,open\n{dates}")),
        ("grades", "grade,pay\nlow,1\nhigh,2\n".to_owned()),
        ("people", format!("id,account,rest,grade,boss\n{rows}")),
    ]
}

/// What comes of the tables of a folder, by the ordinary reader and straight into columns.
fn both(plan: &Plan, folder: &Path, threads: usize) -> (String, String) {
    let known = known_inputs(plan.program());
    let ordinary = || read_data([folder.to_str().unwrap()], &known, plan.limits()).map(Inputs::from_raw);
    let inputs = ordinary().unwrap();
    let expected = told(plan.evaluation().evaluator(Evaluator::Reference).run(&inputs));
    let pool = pool(threads);
    let around = Around { pool: pool.as_ref(), ..Around::default() };
    let read = |table: usize| {
        let name = &plan.program().tables[table].name.value;
        let path = folder.join(format!("{name}.csv"));
        let source = Source::new(name, path.to_str().unwrap(), Encoding::plain(Format::Csv));
        let Some(rows) = read_roster(plan.program(), table, &source, around) else {
            panic!("`{name}` is left to the ordinary reader");
        };
        (table, rows)
    };
    let tables = (0..plan.program().tables.len()).map(read).collect();
    let again = { std::sync::Arc::new(move || Ok(inputs.clone())) };
    let rosters = Rosters { tables, again: Some(again), ..Rosters::default() };
    let inputs = Inputs::new().with_rosters(rosters);
    let found = told(plan.evaluation().evaluator(Evaluator::Columns).run(&inputs));
    (expected, found)
}

#[test]
fn keys_of_every_type_are_found() {
    let plan = Plan::from_str(PLAN).unwrap();
    for (people, wrong) in [
        (1, None),
        (300, None),
        (20_000, None),
        (300, Some((299, 1, "20"))),
        (300, Some((0, 2, "2001-03-01"))),
        (300, Some((7, 4, "P300"))),
        (20_000, Some((19_999, 4, "p1"))),
    ] {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in tables(people, wrong) {
            fs::write(folder.path().join(format!("{name}.csv")), text).unwrap();
        }
        for threads in [1, 3] {
            let (expected, found) = both(&plan, folder.path(), threads);
            assert!(expected == found, "{people}, {wrong:?}\n{}", super::parting(&expected, &found));
            assert_eq!(expected.contains("has no such row"), wrong.is_some(), "{wrong:?}");
        }
    }
}

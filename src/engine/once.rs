//! Runs whose inputs are given up come to what runs that keep them come to.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::arithmetic_side_effects)]

use super::{Again, EvaluateError, Evaluator, Inputs, Plan, Results, Rosters, ToInputs};
use crate::eval::Dataset;
use crate::limits::Limits;
use crate::plan::NoImports;
use crate::value::{Cells, Packed, Part};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Rows of three segments.
const ROWS: usize = 36_000;

const PLAN: &str = r#"
[plan]
language = 1
id = "once"
title = "Once"
currency = "USD"
[conventions]
month_end = "clamp"
rounding = "half_up"
[inputs.offices]
key = "name"
fields = { name = "text", rent = "USD", floors = "number" }
[inputs.people]
key = "id"
[inputs.people.fields]
id = "number"
pay = { type = "USD", min = "0 USD" }
bonus = "USD"
rate = "number"
hours = "number?"
huge = "number"
kind = "one of red, green, blue"
hired = "date"
office = "ref offices"
unread = "number"
[functions.doubled]
cite = "f"
params = { amount = "USD" }
type = "USD"
value = "amount * 2"
[rules]
total = { cite = "1", value = "sum(people.asked)" }
paid = { cite = "1", value = "sum(p.pay for p in people where p.kind = red)" }
[rules.offices]
staff = { cite = "0", value = "count(p in people where p.office = this)" }
dear = { cite = "0", value = "rent * floors > 100_000 USD" }
[rules.people]
old = { cite = "2", private = true, value = "hired + 3 months <= 2010-01-02" }
asked = { cite = "2", value = "if old then round(rate * bonus, 0.01 USD) else doubled(bonus)" }
large = { cite = "2", value = "huge * huge * (hours otherwise 1)" }
seldom = { cite = "2", value = "unread * 2" }
part = { cite = "3", value = "round(asked * 1_000 / total, 0.01) * 1 USD" }
here = { cite = "3", value = "if office.dear then office.rent - part else part + paid / 7" }
[rules.people.fits]
cite = "4"
all = [{ require = "rate < 0.5", reason = "rate" }, { require = "not (kind = blue)", reason = "kind" }]
[rules.people.why]
cite = "4"
value = "if total > 0 USD then reasons of fits else []"
"#;

/// People of whom `huge` is so large in one segment, or in none, that its square leaves 64 bits.
fn people(huge_in: Option<usize>) -> Vec<Value> {
    let kinds = ["red", "green", "blue"];
    (0..ROWS)
        .map(|row| {
            let is_huge = huge_in == Some(row / 16_384) && row % 1_000 == 3;
            json!({
                "id": row,
                "pay": format!("{}.{:02}", row * 31 % 9_973, row % 100),
                "bonus": format!("{}.5", row % 977),
                "rate": format!("0.{:02}", row % 90),
                "hours": (row % 7 > 0).then_some(row % 50),
                "huge": if is_huge { 4_000_000_000_usize + row } else { row },
                "kind": kinds[row % 3],
                "hired": format!("20{:02}-0{}-11", row % 20, row % 9 + 1),
                "office": format!("o{}", row % 5),
                "unread": row * 7,
            })
        })
        .collect()
}

fn inputs(huge_in: Option<usize>) -> Inputs {
    let offices: Vec<Value> =
        (0..5).map(|n| json!({ "name": format!("o{n}"), "rent": n * 9_000, "floors": n + 1 })).collect();
    Inputs::new().with("people", &people(huge_in)).unwrap().with("offices", &offices).unwrap()
}

/// The same data in packed columns.
fn packed(mut data: Dataset) -> Dataset {
    for table in &mut data.tables {
        for cells in &mut Arc::make_mut(table).fields {
            if let Cells::Each(values) = cells
                && let Some(packed) = Packed::of(values, None)
            {
                *cells = Cells::Packed(Arc::new(packed));
            }
        }
    }
    data
}

fn told(results: Result<Results, EvaluateError>) -> String {
    match results {
        Ok(results) => serde_json::to_string(&results).unwrap(),
        Err(error) => format!("{:#?}", error.diagnostics()),
    }
}

/// How many parts of each field of a table were given up.
fn gone(data: &Dataset, table: usize) -> Vec<usize> {
    let count = |cells: &Cells| match cells {
        Cells::Packed(packed) => packed.parts().iter().filter(|part| Part::is_gone(part)).count(),
        Cells::Each(_) => 0,
    };
    data.tables[table].fields.iter().map(count).collect()
}

#[test]
fn what_is_given_up_changes_no_result() {
    let plan = Plan::from_str(PLAN).unwrap();
    let people = plan.program().find_table("people").unwrap();
    for (huge_in, only) in [
        (None, &["people"][..]),
        (None, &["plan"]),
        (Some(0), &["people", "offices", "plan"]),
        (Some(1), &["people.large", "people.part"]),
        (Some(2), &["people.here", "people.why", "people.large"]),
    ] {
        let inputs = inputs(huge_in);
        let evaluation = plan.evaluation().evaluator(Evaluator::Columns).only(only.iter().copied());
        let expected = told(evaluation.clone().evaluator(Evaluator::Reference).run(&inputs));
        for threads in [1, 2] {
            let evaluation = evaluation.clone().threads(threads);
            let mut data = packed(evaluation.data(&inputs).unwrap());
            let outcome = evaluation.once(&mut data).unwrap();
            let found = gone(&data, people);
            let [id, pay, bonus, _, _, _, kind, hired, office, unread] = found[..] else {
                panic!("{found:?}")
            };
            // The key stays, and what a walk reads; the rest is gone, and what nothing reads at all.
            assert_eq!((id, unread, hired, bonus), (0, 3, 3, 3), "{only:?}");
            if only == ["people"] {
                assert_eq!((pay, kind), (0, 0));
            }
            let is_walked = only.contains(&"offices");
            assert_eq!(office, if is_walked { 0 } else { 3 }, "{only:?}");
            assert!(told(evaluation.results(data, outcome)) == expected, "{only:?} of {huge_in:?}");
        }
    }
}

#[test]
fn failures_are_the_same() {
    let failing = PLAN.replace("huge * huge * (hours otherwise 1)", "huge / (rate - 0.17)");
    let plan = Plan::from_str(&failing).unwrap();
    let inputs = inputs(None);
    let evaluation = plan.evaluation().evaluator(Evaluator::Columns).only(["people"]);
    let expected = told(evaluation.run(&inputs));
    assert!(expected.contains("division by zero"), "{expected}");
    let mut data = packed(evaluation.data(&inputs).unwrap());
    let outcome = evaluation.once(&mut data).unwrap();
    assert_eq!(told(evaluation.results(data, outcome)), expected);
}

#[test]
fn what_reaches_a_limit_is_read_again() {
    let limits = Limits { steps: 0, steps_per_row: 1, ..Limits::DEFAULT };
    let plan = Plan::from_str_with("plan.toml", PLAN, &NoImports, limits).unwrap();
    let inputs = inputs(None);
    let evaluation = plan.evaluation().evaluator(Evaluator::Columns).only(["people"]);
    let mut data = packed(evaluation.data(&inputs).unwrap());
    assert!(evaluation.once(&mut data).is_none());
    let expected = told(evaluation.run(&inputs));
    let read = Arc::new(AtomicUsize::new(0));
    let again: Again = Arc::new({
        let (inputs, read) = (inputs.clone(), Arc::clone(&read));
        move || {
            read.fetch_add(1, Ordering::Relaxed);
            Ok(inputs.clone())
        }
    });
    // One table is in columns as a file is read into them.
    let offices = plan.program().find_table("offices").unwrap();
    let packed = (*packed(evaluation.data(&inputs).unwrap()).tables[offices]).clone();
    let people = json!({ "people": people(None) });
    let mut rosters = Rosters::default();
    (rosters.tables, rosters.again) = (vec![(offices, packed)], Some(again.clone()));
    let inputs = people.to_inputs().unwrap().with_rosters(rosters);
    assert_eq!(told(evaluation.run(&inputs)), expected);
    assert_eq!(read.load(Ordering::Relaxed), 0);
    let found = told(evaluation.run_once(inputs.with_plain(again)));
    assert!(found == expected && found.contains("steps"), "{found}");
    assert_eq!(read.load(Ordering::Relaxed), 1);
}

/// The plans that come along.
const NAMES: [&str; 7] = [
    "beneficial-ownership",
    "convertible-note",
    "espp",
    "note-purchase",
    "registration-rights",
    "severance",
    "stock-option",
];

#[test]
fn lists_beyond_their_room_are_told_as_by_rows() {
    let limits = Limits { values: 100_000, values_per_row: 0, ..Limits::DEFAULT };
    let listing = PLAN.replace("[rules.people.fits]", "[rules.people.near]\ncite = \"3\"\nvalue = \"[o.rent for o in offices where o.floors > rate]\"\n[rules.people.fits]");
    let plan = Plan::from_str_with("plan.toml", &listing, &NoImports, limits).unwrap();
    let inputs = inputs(None);
    let evaluation = plan.evaluation().evaluator(Evaluator::Columns).only(["people.near"]);
    // Segments whose lists have room are given up before those that have none.
    let mut data = packed(evaluation.data(&inputs).unwrap());
    assert!(evaluation.once(&mut data).is_none());
    let expected = told(evaluation.clone().evaluator(Evaluator::Reference).run(&inputs));
    assert!(expected.contains("hold more than 100,000 values"), "{expected}");
    assert_eq!(told(evaluation.run(&inputs)), expected);
}

#[test]
fn plans_that_come_along_conclude_the_same_on_the_data_of_their_tests() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
    let (mut tests, mut given_up) = (0, 0);
    for name in NAMES {
        let file = folder.join(format!("{name}.toml"));
        let plan = Plan::from_path(&file).unwrap();
        let program = plan.program();
        for test in &program.tests {
            let inputs = Inputs::from_raw(test.given.clone());
            let mut evaluation = plan.evaluation();
            for (assumption, reading) in &test.assume {
                let assumption = &program.assumptions[*assumption];
                evaluation = evaluation.assume(&assumption.name.value, &assumption.readings.values[*reading]);
            }
            if let Some(date) = test.as_of {
                evaluation = evaluation.as_of(date);
            }
            let Ok(data) = evaluation.data(&inputs) else { continue };
            let expected = told(evaluation.clone().evaluator(Evaluator::Reference).run(&inputs));
            let mut data = packed(data);
            let outcome = evaluation.once(&mut data).unwrap();
            given_up += (0..data.tables.len()).flat_map(|table| gone(&data, table)).sum::<usize>();
            let found = told(evaluation.results(data, outcome));
            assert!(found == expected, "{name}, {}: {found}\n\n{expected}", &*test.name.value);
            tests += 1;
        }
    }
    assert!(tests > 300 && given_up > 500, "{tests} tests, {given_up} parts given up");
}

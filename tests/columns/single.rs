//! One row at a time, held to whole evaluations: as long as the figures of the plan are the same, a row
//! has the conclusions, and the faults, that it has among all others.

use super::dice::noise;
use super::{Case, case, cases, data, plans, told};
use proptest::prelude::*;
use serde_json::{Value, json};
use whereas::{EvaluateError, Evaluation, Inputs, Plan, Results, RowResults};

/// What came of rows by themselves.
#[derive(Default, Debug)]
struct Tally {
    refused: u32,
    concluded: u32,
    failed: u32,
}

/// What was concluded about one row, as JSON.
fn shown(row: &RowResults) -> String {
    serde_json::to_string_pretty(row).unwrap()
}

/// The rows of a table, each as the JSON of results has it.
fn rows_of(results: &Results, table: &str) -> Vec<String> {
    let chosen = results.chosen();
    let table = results.program().find_table(table).unwrap();
    let table = chosen.tables.iter().find(|t| t.table == table).unwrap();
    results.rows(table).map(|row| serde_json::to_string_pretty(&row).unwrap()).collect()
}

/// What is said of rules without a conclusion, wherever the row stands.
fn said(error: &EvaluateError) -> Vec<String> {
    error
        .diagnostics()
        .iter()
        .map(|d| format!("{} {} {:?} {:?}", d.code, d.message, d.labels, d.help))
        .collect()
}

/// Every row of a table by itself, beside the results of all of them; none where a row cannot be
/// evaluated by itself.
fn compare(results: &Results, document: &Value, table: &str) -> Result<Option<u32>, String> {
    let Ok(evaluator) = results.row_evaluator(table) else { return Ok(None) };
    let whole = rows_of(results, table);
    let rows = document[table].as_array().unwrap();
    for (index, row) in rows.iter().enumerate() {
        let expected = &whole[index];
        let given = evaluator.evaluate(row).map_err(|e| format!("{row}: {e}"))?;
        let given = shown(&given);
        if given != *expected {
            return Err(format!("by itself {given}\namong all {expected}"));
        }
    }
    // As the data have them, already checked.
    let key = results.program().tables[results.program().find_table(table).unwrap()].key[0];
    let key = &*results.program().tables[results.program().find_table(table).unwrap()].fields[key].name.value;
    for (index, row) in rows.iter().enumerate().take(8) {
        let kept = evaluator.kept(row[key].as_str().unwrap()).unwrap();
        let kept = shown(&evaluator.conclude(&kept).unwrap());
        assert_eq!(kept, whole[index]);
    }
    Ok(Some(u32::try_from(rows.len()).unwrap()))
}

/// The figures of the plan, private ones too.
fn figures(plan: &Plan, document: &Value) -> String {
    let rules = plan.program().rules_of(None).map(|(id, _)| plan.program().rule_name(id));
    let names: Vec<String> = rules.collect();
    told(plan.evaluation().only(names.iter().map(String::as_str)).run(document))
}

/// Rows that fail among all others, each beside itself alone: all rows that fail but one are replaced.
fn compare_failing(
    plan: &Plan,
    (evaluation, table): (&Evaluation<'_>, &str),
    error: &EvaluateError,
    document: &Value,
) -> Result<u32, String> {
    let blamed = |error: &EvaluateError| -> Vec<usize> {
        let subjects = error.diagnostics().iter().filter_map(|d| d.subject.as_ref());
        let rows = subjects.filter(|s| s.table.as_deref() == Some(table)).flat_map(|s| s.rows.clone());
        let mut rows: Vec<usize> = rows.collect();
        rows.dedup();
        rows
    };
    let failing = blamed(error);
    let rows = document[table].as_array().unwrap();
    let Some(sound) = (0..rows.len()).find(|row| !failing.contains(row)) else { return Ok(0) };
    let with = |document: &Value, row: usize, like: &Value| {
        let mut changed = document.clone();
        let id = changed[table][row]["id"].clone();
        changed[table][row] = like.clone();
        changed[table][row]["id"] = id;
        changed
    };
    let sound_document = failing.iter().fold(document.clone(), |d, row| with(&d, *row, &rows[sound]));
    let Ok(results) = evaluation.run(&sound_document) else { return Ok(0) };
    let Ok(evaluator) = results.row_evaluator(table) else { return Ok(0) };
    let mut compared = 0;
    for row in failing.into_iter().take(4) {
        let one = with(&sound_document, row, &rows[row]);
        let Err(whole) = evaluation.run(&one) else { continue };
        let known = figures(plan, &sound_document);
        if !known.starts_with('{') || figures(plan, &one) != known || blamed(&whole) != [row] {
            continue;
        }
        let alone = evaluator.evaluate(&rows[row]);
        let alone = alone.err().map(|e| said(&e)).unwrap_or_default();
        if alone != said(&whole) {
            return Err(format!("by itself {alone:#?}\namong all {:#?}", said(&whole)));
        }
        compared += 1;
    }
    Ok(compared)
}

fn check(case: &Case, tally: &mut Tally) -> Result<(), String> {
    let Ok(plan) = Plan::from_str(&plans::plan(&case.rules, case.is_small())) else { return Ok(()) };
    let document = data::document(&case.shape);
    for table in ["people", "groups"] {
        let rules = plan.program().rules_of(plan.program().find_table(table));
        let mut names: Vec<String> = rules.map(|(id, _)| plan.program().rule_name(id)).collect();
        if names.is_empty() {
            continue;
        }
        names.push(table.to_owned());
        for name in names {
            let evaluation = plan.evaluation().only([name.as_str()]);
            match evaluation.run(&document) {
                Ok(results) => {
                    match compare(&results, &document, table).map_err(|e| format!("{name}\n{e}"))? {
                        Some(rows) => tally.concluded += rows,
                        None => tally.refused += 1,
                    }
                }
                // Rules that are all private conclude nothing that a table's name asks for.
                Err(EvaluateError::Rules(found)) if table == "people" => {
                    let error = EvaluateError::Rules(found);
                    let of = (&evaluation, table);
                    let rows = compare_failing(&plan, of, &error, &document);
                    tally.failed += rows.map_err(|e| format!("{name}\n{e}"))?;
                }
                Err(_) => {}
            }
        }
    }
    Ok(())
}

#[test]
fn rows_of_generated_plans_conclude_the_same_by_themselves() {
    let tally = std::cell::RefCell::new(Tally::default());
    let few = case().prop_map(|mut case| {
        case.shape.rows = case.shape.rows.min(16);
        case
    });
    let mut runner = proptest::test_runner::TestRunner::new(super::config(cases(super::CASES) * 3));
    let result = runner.run(&few, |case| check(&case, &mut tally.borrow_mut()).map_err(TestCaseError::fail));
    if let Err(error) = result {
        panic!("{error}");
    }
    let tally = tally.into_inner();
    println!("{tally:?}");
    assert!(tally.concluded > 500 && tally.refused > 10 && tally.failed > 10, "{tally:?}");
}

/// Chosen by a number that looks random.
fn one<'a>(of: &[&'a str], row: usize, column: usize) -> &'a str {
    of[noise(9, column, row) as usize % of.len()]
}

fn below(most: u64, row: usize, column: usize) -> u64 {
    noise(5, column, row) % most
}

#[test]
fn rows_of_the_purchase_that_is_timed_conclude_the_same_by_themselves() {
    let plan = Plan::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/purchase.toml")).unwrap();
    let row = |row: usize| {
        let mut one = json!({
            "id": format!("E{row}"),
            "hire_date": one(&["2000-10-02", "2000-10-03", "1999-03-01", "1987-12-31"], row, 1),
            "hours_per_week": one(&["20", "20.25", "40", "37.5"], row, 2),
            "months_per_year": 4 + below(9, row, 3),
            "owned_shares": one(&["4692046", "4692047", "100", "0"], row, 4),
            "status": one(&["active", "active", "terminated", "retired", "leave", "deceased"], row, 5),
            "pay": format!("{}.{:02}", below(60_000, row, 6), below(100, row, 7)),
            "deduction_rate": format!("0.{:02}", below(14, row, 8)),
            "extra_cash": format!("{}.5", below(900, row, 9)),
            "prior_purchases_fmv_this_year": below(30_000, row, 10),
        });
        if row % 3 == 0 {
            one["election"] = json!(["purchase", "withdraw"][row % 2]);
        }
        one
    };
    let rows: Vec<Value> = (0..400).map(row).collect();
    for pool in [60_000, 6_000_000, 0] {
        let document = json!({ "pool": pool, "participants": rows });
        let results = plan.evaluate(&document).unwrap();
        assert_eq!(compare(&results, &document, "participants"), Ok(Some(400)));
    }
}

fn espp() -> Plan {
    Plan::from_path(concat!(env!("CARGO_MANIFEST_DIR"), "/plans/espp.toml")).unwrap()
}

fn espp_row(row: usize) -> Value {
    let status =
        ["active", "active", "ceased", "left", "retired", "absent", "returned", "not_resumed", "deceased"];
    let days = ["2001-01-02", "2001-04-01", "2001-06-20", "2001-06-29", "2001-07-02"];
    let mut one = json!({
        "id": format!("E{row}"),
        "hire_date": one(&["2000-10-02", "2000-10-03", "1999-03-01", "2001-02-01"], row, 1),
        "hours_per_week": one(&["20", "20.25", "40"], row, 2),
        "months_per_year": 4 + below(9, row, 3),
        "owned_shares": one(&["4692046", "4000000", "100", "0"], row, 4),
        "pay": format!("{}.{:02}", below(60_000, row, 6), below(100, row, 7)),
        "deduction_rate": format!("{}%", below(14, row, 8)),
        "status": one(&status, row, 9),
        "status_date": one(&days, row, 10),
        "election": one(&["none", "make_up", "reduce", "withdraw"], row, 11),
        "election_date": one(&days, row, 12),
        "cash_in_absence": row % 2 == 0,
    });
    if row % 4 == 0 {
        one["enrolled_on"] = json!(one_day(row));
        one["prior_fmv_this_year"] = json!(below(30_000, row, 13));
    }
    one
}

fn one_day(row: usize) -> &'static str {
    if row % 8 == 0 { "2001-01-02" } else { "2001-01-03" }
}

fn espp_data(issued: u64) -> Value {
    json!({
        "company": { "shares_outstanding": 93_840_935, "shares_issued": issued, "adopted": "1999-07-22", "approved": "1999-12-01" },
        "period": { "first_trading_day": "2001-01-02", "last_trading_day": "2001-06-29", "fmv_first": "1.75",
                    "fmv_last": "1.3125", "share_limit": 9_000, "limits_set_on": "2000-12-01" },
        "participants": (0..60).map(espp_row).collect::<Vec<_>>(),
    })
}

#[test]
fn rows_of_the_stock_purchase_plan_conclude_the_same_by_themselves_under_every_reading() {
    let plan = espp();
    for issued in [0, 5_990_000] {
        let document = espp_data(issued);
        let mut refused = 0;
        let mut check = |evaluation: Evaluation<'_>| {
            let results = evaluation.run(&document).unwrap();
            match compare(&results, &document, "participants").unwrap() {
                Some(rows) => assert_eq!(rows, 60),
                None => refused += 1,
            }
        };
        check(plan.evaluation());
        for assumption in &plan.program().assumptions {
            for reading in &assumption.readings.values {
                check(plan.evaluation().assume(&assumption.name.value, reading));
            }
        }
        // Where shares run short and those left over go to the largest parts, one row does not decide.
        assert_eq!(refused, u32::from(issued > 0));
    }
}

#[test]
fn rows_in_the_tests_of_the_stock_purchase_plan_conclude_the_same_by_themselves() {
    let plan = espp();
    let people = plan.program().find_table("participants").unwrap();
    let mut rows = 0;
    for test in &plan.program().tests {
        let Ok(results) = plan.evaluate(&Inputs::from_raw(test.given.clone())) else { continue };
        let Ok(evaluator) = results.row_evaluator("participants") else { continue };
        let whole = rows_of(&results, "participants");
        for (row, expected) in whole.iter().enumerate() {
            let key =
                whereas::eval::row_label(plan.program(), results.data(), people, u32::try_from(row).unwrap());
            let kept = evaluator.kept(&key).unwrap();
            assert_eq!(shown(&evaluator.conclude(&kept).unwrap()), *expected, "{}", &*test.name.value);
            rows += 1;
        }
    }
    assert!(rows > 100, "{rows}");
}

const PLAN: &str = r#"
[plan]
language = 1
id = "p"
title = "P"
currency = "USD"
[inputs]
pool = "shares"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
badge = { type = "number?", unique = true }
boss = "ref people?"
pay = { type = "USD", min = "0 USD" }
double = { type = "USD", default = "pay * 2" }
[inputs.offices]
key = "name"
[inputs.offices.fields]
name = "text"
head = "ref people"
[rules.total]
cite = "1"
value = "sum(people.pay)"
[rules.people.part]
cite = "2"
value = "pay / total"
[rules.people.after]
cite = "2"
value = "double / (pay - 5 USD)"
[rules.people.rank]
cite = "3"
value = "count(p in people where p.pay > pay)"
[rules.people.place]
cite = "3"
value = "position(this)"
[rules.people.above]
cite = "3"
value = "if boss is present then boss.pay else pay"
[rules.people.shared]
cite = "4"
allocate = { parts = "pay / 3", step = "0.01 USD", ties = "id" }
[rules.offices.cost]
cite = "5"
value = "head.pay * 2"
[rules.people.heads]
cite = "6"
value = "sum(o.cost for o in offices)"
"#;

fn people() -> (Plan, Value) {
    let people = json!([
        { "id": "A", "badge": 1, "pay": 10 }, { "id": "B", "badge": 2, "pay": 30, "boss": "A" },
    ]);
    let data = json!({ "pool": 5, "people": people, "offices": [{ "name": "N", "head": "A" }] });
    (Plan::from_str(PLAN).unwrap(), data)
}

#[test]
fn what_other_rows_decide_is_refused_and_says_why() {
    let (plan, data) = people();
    let refused = |name: &str| -> String {
        let results = plan.evaluation().only([name]).run(&data).unwrap();
        let error = results.row_evaluator("people").unwrap_err();
        assert!(matches!(error, EvaluateError::Request(_)));
        error.diagnostics()[0].message.clone()
    };
    let alone = "one row by itself does not decide it";
    assert_eq!(refused("people.rank"), format!("`people.rank` reads other rows of `people`: {alone}"));
    assert_eq!(
        refused("people.place"),
        format!("`people.place` asks for the place of a row of `people`: {alone}")
    );
    assert_eq!(
        refused("people.above"),
        format!("`people.above` reads a reference to a row of `people`: {alone}")
    );
    assert_eq!(
        refused("people.shared"),
        format!("`people.shared` allocates among all rows of `people`: {alone}")
    );
    assert_eq!(
        refused("people.heads"),
        format!("`people.heads` reads `offices.cost`, which depends on rows of `people`: {alone}")
    );
    let results = plan.evaluation().only(["people.part"]).run(&data).unwrap();
    let error = results.row_evaluator("peple").unwrap_err();
    assert_eq!(error.diagnostics()[0].help.as_deref(), Some("did you mean `people`?"));
    let error = results.row_evaluator("offices").unwrap_err();
    assert_eq!(error.to_string(), "bad-selection: these results were asked for nothing about `offices`");
    let error = results.row_evaluator("total").unwrap_err();
    assert_eq!(error.to_string(), "bad-selection: `total` is no table, and rows are of tables");
}

#[test]
fn a_figure_that_failed_fails_the_rows_that_come_to_need_it() {
    let plan = r#"
[plan]
language = 1
id = "p"
title = "P"
currency = "USD"
[inputs]
by = "number"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD"
weight = "number"
[rules.inverse]
private = true
cite = "1"
value = "1 / by"
[rules.people.own]
private = true
cite = "1"
value = "pay / weight"
[rules.least]
private = true
cite = "1"
value = "min(people.own)"
[rules.people.part]
cite = "2"
cases = [{ when = "pay > 50 USD", then = "inverse * pay" }, { when = "pay > 20 USD", then = "least otherwise pay" }]
otherwise = "pay"
"#;
    let plan = Plan::from_str(plan).unwrap();
    let people = |pay: u32| json!({ "by": 0, "people": [{ "id": "A", "pay": pay, "weight": 1 }, { "id": "B", "pay": 1, "weight": 0 }] });
    let evaluator = plan.evaluate(&people(10)).unwrap().row_evaluator("people").unwrap();
    for pay in [10, 15, 30, 60] {
        let whole = plan.evaluate(&people(pay));
        let alone = evaluator.evaluate(&people(pay)["people"][0]);
        match (whole, alone) {
            (Ok(whole), Ok(alone)) => assert_eq!(rows_of(&whole, "people")[0], shown(&alone)),
            (Err(whole), Err(alone)) => assert_eq!(said(&whole), said(&alone)),
            (whole, alone) => panic!("{whole:?}\n{alone:?}"),
        }
    }
}

#[test]
fn a_total_stays_what_it_was_and_a_known_key_stands_for_its_row() {
    let (plan, data) = people();
    let results = plan.evaluation().only(["people.part", "people.after"]).run(&data).unwrap();
    let evaluator = results.row_evaluator("people").unwrap();
    let json = |row: &Value| serde_json::to_string(&evaluator.evaluate(row).unwrap()).unwrap();
    // Among all rows the first would be 20 of 50.
    assert_eq!(
        json(&json!({ "id": "A", "badge": 1, "pay": 20 })),
        r#"{"id":"A","part":"0.5","after":"8/3"}"#
    );
    assert_eq!(
        json(&json!({ "id": "C", "pay": 20, "double": 30, "boss": "C" })),
        r#"{"id":"C","part":"0.5","after":"2"}"#
    );
    let said = |row: &Value| evaluator.evaluate(row).unwrap_err();
    // The value of another row's field that no two may share; one's own is one's own.
    let taken = said(&json!({ "id": "A", "badge": 2, "pay": 20 }));
    let whole = plan.evaluate(&json!({ "pool": 5, "offices": [], "people": [
        { "id": "B", "badge": 2, "pay": 1 }, { "id": "X", "badge": 2, "pay": 1 } ] }));
    assert_eq!(taken.to_string().replace('A', "X").replace("row 2", "row 1"), whole.unwrap_err().to_string());
    assert!(matches!(taken, EvaluateError::Data(_)));
    for faulty in [
        json!({ "id": "C", "pay": -1 }),
        json!({ "id": "C", "pay": 1, "boss": "D" }),
        json!({ "id": "C", "pays": 1 }),
        json!({ "id": "C", "pay": 1.5 }),
        json!({ "pay": 1 }),
    ] {
        let mut whole = data.clone();
        whole["people"] = json!([faulty]);
        whole["offices"] = json!([]);
        assert_eq!(said(&faulty).to_string(), plan.evaluate(&whole).unwrap_err().to_string());
    }
    let failed = said(&json!({ "id": "C", "pay": 5 }));
    assert_eq!(
        failed.to_string(),
        "division-by-zero: `people.after` has no value for `C`: a division by zero"
    );
    let other = plan.evaluation().only(["people.part"]).run(&data).unwrap().row_evaluator("people").unwrap();
    let error = other.conclude(&evaluator.kept("A").unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "bad-request: the row was checked against other results");
    assert!(evaluator.kept("Z").is_err());
}

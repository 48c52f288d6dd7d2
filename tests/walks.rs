//! Walks that need not look at every row conclude, and fail, as those that do.
#![allow(
    clippy::pedantic,
    clippy::arithmetic_side_effects,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

use whereas::data::read_toml;
use whereas::engine::Evaluator;
use whereas::limits::Limits;
use whereas::plan::NoImports;
use whereas::{EvaluateError, Inputs, Plan};

/// A figure over a table of as many rows: `a` is the place from 0, modulo 5, `b` the place.
fn figure(formula: &str, rows: usize) -> Result<String, String> {
    let plan = format!(
        "[plan]\nlanguage = 1\nid = \"w\"\ntitle = \"W\"\nsource = \"x\"\ncurrency = \"USD\"\n\
         [inputs.rows]\nkey = \"id\"\nfields = {{ id = \"text\", a = \"number\", b = \"number\" }}\n\
         [rules.r]\ncite = \"1\"\nvalue = '''{formula}'''\n"
    );
    let plan = Plan::from_str(&plan).unwrap_or_else(|e| panic!("{formula}: {:?}", e.diagnostics));
    let rows: String =
        (0..rows).map(|n| format!("[[rows]]\nid = \"{n}\"\na = {}\nb = {n}\n", n % 5)).collect();
    let data = Inputs::from_raw(read_toml("d.toml", &rows, &Limits::DEFAULT).unwrap());
    match plan.evaluate(&data) {
        Ok(results) => Ok(format!("{:?}", results.value(plan.program().find_rule("r").unwrap(), None))),
        Err(EvaluateError::Rules(found)) => Err(found[0].message.clone()),
        Err(other) => panic!("{other:?}"),
    }
}

#[test]
fn rows_found_by_a_field_are_those_that_a_walk_finds() {
    for (quick, plain) in [
        ("[x.b for x in rows where x.a = 3]", "[x.b for x in rows where x.a + 0 = 3]"),
        (
            "[x.b for x in rows where 3 = x.a and x.b > 10]",
            "[x.b for x in rows where x.a + 0 = 3 and x.b > 10]",
        ),
        (
            "[x.b for x in rows where x.b <> 8 and x.a = 3]",
            "[x.b for x in rows where x.b <> 8 and x.a + 0 = 3]",
        ),
        ("[x.b for x in rows where x.a = 9]", "[x.b for x in rows where x.a + 0 = 9]"),
        (
            "[count(y in rows where y.a = x.b) for x in rows]",
            "[count(y in rows where y.a + 0 = x.b) for x in rows]",
        ),
        (
            "[x.b for x in rows where x.a = 2 order by x.b descending]",
            "[x.b for x in rows where x.a + 0 = 2 order by x.b descending]",
        ),
        // What fails is what fails in a walk: behind the equality only for rows that fulfil it, before
        // it for every row, and where the value itself fails.
        (
            "count(x in rows where x.a = 3 and 1 / x.b > 0)",
            "count(x in rows where x.a + 0 = 3 and 1 / x.b > 0)",
        ),
        (
            "count(x in rows where x.a = 0 and 1 / x.b > 0)",
            "count(x in rows where x.a + 0 = 0 and 1 / x.b > 0)",
        ),
        (
            "count(x in rows where 1 / x.b > 0 and x.a = 3)",
            "count(x in rows where 1 / x.b > 0 and x.a + 0 = 3)",
        ),
        (
            "[x.b for x in rows where x.a = 3 and x.b > 0 and x.b = 8]",
            "[x.b for x in rows where x.a + 0 = 3 and x.b > 0 and x.b + 0 = 8]",
        ),
        (
            "[count(y in rows where y.a = x.a and y.b = x.b) for x in rows]",
            "[count(y in rows where y.a + 0 = x.a and y.b + 0 = x.b) for x in rows]",
        ),
        // The value of a second equality matters only where the first is fulfilled.
        (
            "count(x in rows where x.a = 9 and x.b = 1 / 0)",
            "count(x in rows where x.a + 0 = 9 and x.b + 0 = 1 / 0)",
        ),
        (
            "count(x in rows where x.a = 3 and x.b = 1 / 0)",
            "count(x in rows where x.a + 0 = 3 and x.b + 0 = 1 / 0)",
        ),
        ("count(x in rows where x.a = 1 / 0)", "count(x in rows where x.a + 0 = 1 / 0)"),
        (
            "count(x in rows where x.b > 99 and x.a = 1 / 0)",
            "count(x in rows where x.b > 99 and x.a + 0 = 1 / 0)",
        ),
    ] {
        for rows in [0, 3, 40] {
            assert_eq!(figure(quick, rows), figure(plain, rows), "{quick}, {rows} rows");
        }
    }
    assert!(figure("count(x in rows where x.a = 0 and 1 / x.b > 0)", 40).is_err());
    assert!(figure("count(x in rows where x.a = 3 and 1 / x.b > 0)", 40).is_ok());
}

#[test]
fn any_and_all_stop_where_they_are_decided() {
    let yes = figure("true", 1);
    assert_eq!(figure("any(6 / x > 2 for x in [1, 0])", 0), yes);
    assert_eq!(figure("any(x = 1 for x in [1, 0] where 6 / x > 2)", 0), yes);
    assert_eq!(figure("not all(x > 1 for x in [1, 0] where 6 / x > 2)", 0), yes);
    assert!(figure("any(x = 2 for x in [1, 0] where 6 / x > 2)", 0).is_err());
}

/// What a formula about each row of a table comes to, by one evaluator and within limits: `g` is the
/// place from 0, modulo a tenth of the rows, `d` a day that goes up and down, `x` a number that repeats.
fn by_row(formula: &str, rows: usize, evaluator: Evaluator, limits: Limits) -> Result<String, String> {
    by_row_with(|n| (n * 17 % 1_009).to_string(), formula, rows, evaluator, limits)
}

/// The same where `x` of each row is given.
fn by_row_with(
    x: impl Fn(usize) -> String,
    formula: &str,
    rows: usize,
    evaluator: Evaluator,
    limits: Limits,
) -> Result<String, String> {
    let plan = format!(
        "[plan]\nlanguage = 1\nid = \"w\"\ntitle = \"W\"\nsource = \"x\"\ncurrency = \"USD\"\n\
         [conventions]\nmonth_end = \"clamp\"\n\
         [inputs.t]\nkey = \"id\"\nfields = {{ id = \"text\", g = \"number\", d = \"date\", x = \"number\" }}\n\
         [rules.t.r]\ncite = \"1\"\nvalue = '''{formula}'''\n"
    );
    let plan = Plan::from_str_with("plan.toml", &plan, &NoImports, limits)
        .unwrap_or_else(|e| panic!("{formula}: {:?}", e.diagnostics));
    let groups = (rows / 10).max(1);
    let table: String = (0..rows)
        .map(|n| {
            let (month, day) = (n * 7 % 12 + 1, n * 13 % 28 + 1);
            format!(
                "[[t]]\nid = \"k{n}\"\ng = {}\nd = {}-{month:02}-{day:02}\nx = {}\n",
                n % groups,
                1990 + n * 31 % 30,
                x(n)
            )
        })
        .collect();
    let data = Inputs::from_raw(read_toml("d.toml", &table, &Limits::DEFAULT).unwrap());
    match plan.evaluation().evaluator(evaluator).run(&data) {
        Ok(results) => Ok(serde_json::to_string(&results).unwrap()),
        Err(error) => Err(format!("{:?}", error.diagnostics())),
    }
}

/// Walks that find their rows, or what those come to, without looking at all of them for each row.
const FOUND: [&str; 20] = [
    "last(o.x for o in t where o.d <= d order by o.d) otherwise 0",
    "last(o.x for o in t where o.g = g and o.d < d order by o.d descending, o.x) otherwise 0",
    "first(o.x for o in t where o.d > d order by o.d) otherwise 0",
    "first(o.x for o in t where o.d > d) otherwise 0",
    "max(o.x for o in t where o.d < d) otherwise 0",
    "min(o.x for o in t where d < o.d <= d + 1 year and o.x > 3) otherwise 0",
    "if latest(o.d for o in t where o.d < d) is present then 1 else 0",
    "if x in [o.x for o in t where o.g = 3] then 1 else 0",
    "if x + 1 not in [o.x * 2 for o in t] then 1 else 0",
    "if id in [o.id for o in t where o.x > 500] then 1 else 0",
    "count(o in t where o.g = g or o.x = x)",
    "sum(o.x for o in t where o.g = g and o.x < x or o.d = d or 3 < o.x and o.id = id)",
    "if any(o.g = g and o.d = d and o.x <> x for o in t) then 1 else 0",
    "if all(o.g <> g or o.d >= d for o in t) then 1 else 0",
    "if all(not (o.x = x) or o.g = g for o in t where o.d < d) then 1 else 0",
    "sum(if o.g = g then o.x else 0 for o in t)",
    "sum(if o.d < d then 0 else if o.x > 7 then o.x else 0 for o in t)",
    "count(o in t where year(o.d) = year(d))",
    "count(o in t where o.x + o.g > x)",
    "sum(o.x for o in t where o.g + 0 = g)",
];

#[test]
fn walks_that_find_their_rows_conclude_what_the_others_do() {
    for formula in FOUND {
        for rows in [0, 1, 40, 90] {
            let by = |evaluator| by_row(formula, rows, evaluator, Limits::DEFAULT);
            assert_eq!(by(Evaluator::Columns), by(Evaluator::Reference), "{formula}, {rows} rows");
        }
    }
}

#[test]
fn walks_that_find_their_rows_take_no_more_steps_for_each_row_where_there_are_more() {
    const ROWS: usize = 3_000;
    let limits = Limits { steps: 1_000, steps_per_row: 60, ..Limits::DEFAULT };
    for formula in FOUND {
        // A step for each pair of rows would be a thousand times as many as there are here.
        let found = by_row(formula, ROWS, Evaluator::Columns, limits);
        assert!(found.is_ok(), "{formula}: {found:?}");
    }
    let paired = "count(o in t where o.x + x > 20)";
    assert!(by_row(paired, ROWS, Evaluator::Columns, limits).is_err(), "what must look at all pairs does");
}

/// Totals over a whole table, in a formula about each of its rows.
const TOTALS: [&str; 16] = [
    "x - sum(o.x for o in t)",
    "sum(t.x) / 2 - x",
    "sum(o.x * 3 for o in t where o.g < 3 or o.x > 1_000_000)",
    "count(o in t where o.x < 500)",
    "x - (min(o.x for o in t) otherwise 0)",
    "(max(o.x for o in t) otherwise 0) - x",
    "if latest(o.d for o in t where o.x > 1_000_000) is present then 1 else 0",
    "if any(o.x > 1_000_000 for o in t) then 1 else 0",
    "if all(o.x > -1 for o in t) then x else 0",
    // Conditions have a least and a greatest too.
    "if min(o.x > 3 for o in t) otherwise true then 1 else 0",
    "if max(o.x > 1_000_000 for o in t) is present then x else 0",
    // A total within a total, and within a choice.
    "sum(o.x / (1 + sum(q.g for q in t)) for o in t)",
    "sum(o.x / (1 + abs(sum(q.x for q in t))) for o in t where o.x < 10)",
    "if x > 1_000_000 then sum(o.x for o in t) else count(o in t where o.g = 1)",
    "count(distinct([o.x for o in t]))",
    "sum(if o.x > 5 then o.x else o.g / 4 for o in t)",
];

/// Totals that fail for rows before others that decide, or behind them.
const FAILING: [&str; 3] = [
    "if any(1 / (o.x - 17) > 0 for o in t) then 1 else 0",
    "if all(1 / (o.x - 34) < 1 for o in t where o.x > 0) then 1 else 0",
    "sum(if o.x > 5 then o.x else 1 / o.g for o in t)",
];

#[test]
fn totals_hold_numbers_that_no_register_does() {
    let limits = Limits { steps: 1_000, steps_per_row: 200, ..Limits::DEFAULT };
    for every in [2, 7, 1_000] {
        // More than 64 bits, and more decimals than the others.
        let x = |n: usize| match n % (2 * every) {
            1 => format!("\"{n}00000000000000000000.25\""),
            odd if odd == every => format!("\"{}.12345678901\"", n % 5),
            _ => (n * 17 % 1_009).to_string(),
        };
        for formula in TOTALS.into_iter().chain(FAILING) {
            for rows in [1, 40, 90] {
                let by = |evaluator| by_row_with(x, formula, rows, evaluator, Limits::DEFAULT);
                assert_eq!(by(Evaluator::Columns), by(Evaluator::Reference), "{formula}, {rows} rows");
            }
        }
        for formula in TOTALS {
            // A step for each pair of rows would be a hundred times as many as there are here.
            let found = by_row_with(x, formula, 6_000, Evaluator::Columns, limits);
            assert!(found.is_ok(), "{formula}: {found:?}");
        }
    }
}

/// A function that looks at a whole table, called for each row with few arguments, stays remembered where many
/// results of another, that took few steps, would fill the room for it.
#[test]
fn what_took_many_steps_stays_remembered() {
    const ROWS: usize = 400;
    let plan = "[plan]\nlanguage = 1\nid = \"w\"\ntitle = \"W\"\nsource = \"x\"\ncurrency = \"USD\"\n\
         [inputs.t]\nkey = \"id\"\nfields = { id = \"text\", g = \"number\", x = \"number\" }\n\
         [functions.dear]\nparams = { d = \"number\" }\nvalue = \"sum(o.x + d for o in t)\"\n\
         [functions.cheap]\nparams = { n = \"number\" }\nvalue = \"n * 2 + 1\"\n\
         [rules.t.r]\ncite = \"1\"\nvalue = \"cheap(x) + dear(g)\"\n";
    let rows: String =
        (0..ROWS).map(|n| format!("[[t]]\nid = \"{n}\"\ng = {}\nx = {n}\n", n / 100)).collect();
    let data = Inputs::from_raw(read_toml("d.toml", &rows, &Limits::DEFAULT).unwrap());
    // Room for a hundred results; each row's own walk would take a thousand steps.
    let limits =
        Limits { values: 2_000, values_per_row: 0, steps: 60_000, steps_per_row: 0, ..Limits::DEFAULT };
    let plan = Plan::from_str_with("plan.toml", plan, &NoImports, limits).unwrap();
    let results = plan.evaluation().evaluator(Evaluator::Reference).run(&data);
    assert!(results.is_ok(), "{:?}", results.err());
}

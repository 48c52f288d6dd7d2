//! Formulas about one row by itself: quotients, which stay fractions until something rounds them, dates moved by
//! what differs by row, and lists made on the way.

use super::{compare, limited, over_columns};
use serde_json::json;
use whereas::Inputs;
use whereas::limits::Limits;

const HEAD: &str = r#"
[plan]
language = 1
id = "forms"
title = "Forms"
currency = "USD"
[conventions]
month_end = "clamp"
rounding = "half_up"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD"
price = "USD/share"
shares = "shares"
split = "number"
since = "date"
until = "date?"
"#;

/// Formulas of which nearly every quotient is no short decimal, and others that are different in every row.
const FORMS: [&str; 34] = [
    // The $25,000 limit in shares beside a cap: §423(b)(8) divides by a value that differs by person.
    "floor(min(25_000 USD / price, shares), 1 share)",
    "floor(max(pay / price, shares / split), 1 share)",
    "if pay / shares < price then 1 else 0",
    "if pay / split <= pay / (split + 1) then 1 else 0",
    "if 1 / split = 3 / (3 * split) then 1 else 0",
    "round(if split > 3 then pay / split else pay, 0.01 USD)",
    "round(pay / split + 1 USD, 0.01 USD)",
    "round(1 USD - pay / split, 0.01 USD)",
    "round(pay / split + pay / (split + 7), 0.01 USD)",
    "round(2 * (pay / split) - pay * (3 / split), 0.01 USD)",
    "round(abs(0 USD - pay / split), 0.01 USD)",
    "round(pay, 0.01 USD * split)",
    "floor(pay / price, 1 share * split)",
    "since + split * 1 month",
    "since - split * 1 year",
    "since + split * 1 day",
    "since - (split / 2) * 1 day",
    "date(year(since) + 1, month(since), 1)",
    "date(2000 + split, 2, 29 - split)",
    "date(2001, split, 31)",
    "sum([pay, 3 USD, pay * 2])",
    "sum(x for x in [pay, 3 USD, pay * 2] where x > 5 USD)",
    "count(x in [since, until otherwise since, 2001-01-01] where x > 2003-01-01)",
    "(earliest([since, until otherwise 2001-05-05, 2010-01-01]) otherwise since) - since",
    "(max(x for x in [pay, 3 USD, pay / split] where x < 2_000 USD) otherwise 1 USD) > 2 USD",
    "first(x for x in [split, 7, split * 2] where x > 6) otherwise 0",
    "last(x for x in [split, 7, split * 2] where x > split) otherwise 0",
    "if any(x > split for x in [3, 5, shares / 1 share]) then 1 else 0",
    "if all(1 / x > 0.01 for x in [3, split, shares / 1 share]) then 1 else 0",
    "product([split, 2, split])",
    "round(sum(pay * n for n in range(1, 4)) / 7, 0.01 USD)",
    "sum(pay * n for n in range(1, min(split, 3)))",
    "count(n in range(0 - split, 2 - split) where since + n * 1 month < 2004-01-01)",
    "count(distinct([month(since + n * 20 days) for n in range(1, min(split, 2))]))",
];

/// Those that have no value for some rows.
const FAILING: [&str; 3] =
    ["since - (split / 2) * 1 day", "date(2000 + split, 2, 29 - split)", "date(2001, split, 31)"];

fn plan(formula: &str) -> String {
    format!("{HEAD}[rules.people.found]\ncite = \"1\"\nvalue = '''{formula}'''\n")
}

fn inputs(rows: i64, large: bool) -> Inputs {
    let people: Vec<_> = (0..rows)
        .map(|n| {
            let split = if large && n % 5 == 0 { n - 20 } else { n % 17 + 1 };
            let pay = if large && n % 7 == 0 { 90_000_000_000_000_000 } else { 1_000 + n };
            let mut row = json!({
                "id": n.to_string(),
                "pay": format!("{}{pay}.{:02}", if n % 3 == 0 { "-" } else { "" }, n % 100),
                "price": format!("{}.{:04}", n % 90 + 1, n % 10_000),
                "shares": n % 600 + 1,
                "split": split,
                "since": format!("{}-{:02}-{:02}", 1_990 + n % 23, n % 12 + 1, n % 28 + 1),
            });
            if n % 3 == 0 {
                row["until"] = json!(format!("2003-{:02}-15", n % 12 + 1));
            }
            if large && n % 11 == 0 {
                row["since"] = json!("9999-12-31");
            }
            row
        })
        .collect();
    Inputs::new().with("people", &people).unwrap()
}

#[test]
fn every_form_is_the_same() {
    for formula in FORMS {
        for large in [false, true] {
            let plan = limited(&plan(formula), Limits::DEFAULT);
            compare(&plan.evaluation(), &inputs(300, large), &[1, 2])
                .unwrap_or_else(|e| panic!("{formula}: {e}"));
        }
    }
}

/// The reference evaluator takes several steps for each of 3,000 rows, columns one for each operation on eight.
#[test]
fn forms_are_worked_out_over_columns() {
    let data = inputs(3_000, false);
    let limits = Limits { steps: 20_000, steps_per_row: 0, ..Limits::DEFAULT };
    for formula in FORMS {
        // Halves of days, and days that no month has.
        if FAILING.contains(&formula) {
            continue;
        }
        over_columns(&limited(&plan(formula), limits), &data, formula);
    }
}

//! Numbers divided by what differs by row, beside others: they stay fractions until something rounds them.

use super::{compare, limited};
use serde_json::json;
use whereas::Inputs;
use whereas::engine::Evaluator;
use whereas::limits::Limits;

const HEAD: &str = r#"
[plan]
language = 1
id = "ratios"
title = "Ratios"
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
"#;

/// Formulas of which nearly every quotient is no short decimal.
const RATIOS: [&str; 11] = [
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
];

fn plan(formula: &str) -> String {
    format!("{HEAD}[rules.people.found]\ncite = \"1\"\nvalue = '''{formula}'''\n")
}

fn inputs(rows: i64, large: bool) -> Inputs {
    let people: Vec<_> = (0..rows)
        .map(|n| {
            let split = if large && n % 5 == 0 { n - 20 } else { n % 17 + 1 };
            let pay = if large && n % 7 == 0 { 90_000_000_000_000_000 } else { 1_000 + n };
            json!({
                "id": n.to_string(),
                "pay": format!("{}{pay}.{:02}", if n % 3 == 0 { "-" } else { "" }, n % 100),
                "price": format!("{}.{:04}", n % 90 + 1, n % 10_000),
                "shares": n % 600 + 1,
                "split": split,
            })
        })
        .collect();
    Inputs::new().with("people", &people).unwrap()
}

#[test]
fn every_ratio_is_the_same() {
    for formula in RATIOS {
        for large in [false, true] {
            let plan = limited(&plan(formula), Limits::DEFAULT);
            compare(&plan.evaluation(), &inputs(300, large), &[1, 2])
                .unwrap_or_else(|e| panic!("{formula}: {e}"));
        }
    }
}

/// The reference evaluator takes several steps for each of 3,000 rows, columns one for each operation on eight.
#[test]
fn ratios_are_worked_out_over_columns() {
    let data = inputs(3_000, false);
    let limits = Limits { steps: 9_000, steps_per_row: 0, ..Limits::DEFAULT };
    for formula in RATIOS {
        let plan = limited(&plan(formula), limits);
        let found = |evaluator| plan.evaluation().evaluator(evaluator).run(&data);
        assert!(found(Evaluator::Reference).is_err(), "{formula}");
        found(Evaluator::Columns).unwrap_or_else(|e| panic!("{formula}: {:#?}", e.diagnostics()));
    }
}

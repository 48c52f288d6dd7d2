//! Plans on which the evaluators once differed, or could.

use super::{compare, compare_readings, limited};
use serde_json::{Value, json};
use whereas::limits::Limits;
use whereas::{Inputs, Plan};

const HEAD: &str = r#"
[plan]
language = 1
id = "found"
title = "Found"
currency = "USD"
[conventions]
month_end = "clamp"
rounding = "half_up"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD"
bonus = "USD?"
hours = "number"
"#;

fn inputs(people: &Value) -> Inputs {
    Inputs::new().with("people", people).unwrap()
}

fn three() -> Inputs {
    inputs(&json!([
        { "id": "A", "pay": "5", "hours": 0 },
        { "id": "B", "pay": "7", "hours": 1, "bonus": "3" },
        { "id": "C", "pay": "7", "hours": 2 },
    ]))
}

fn same(rules: &str) -> String {
    let plan = Plan::from_str(&format!("{HEAD}{rules}")).unwrap();
    compare_readings(&plan, &three(), &[1, 3]).unwrap_or_else(|e| panic!("{e}"))
}

fn same_within(rules: &str, limits: Limits) -> String {
    let plan = limited(&format!("{HEAD}{rules}"), limits);
    compare(&plan.evaluation(), &three(), &[1, 3]).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn a_walk_that_reads_a_variable_around_it() {
    let told = same(
        r#"
[rules.several]
cite = "1"
value = "let most = max(people.pay); count(p in people where most is present or p.id = 'A')"
"#,
    );
    assert!(told.contains("\"several\": 3"), "{told}");
}

#[test]
fn rows_whose_text_comes_before_one_that_is_the_same_for_all() {
    let told = same(
        r#"
[rules.cut]
cite = "1"
value = "'C'"
[rules.people.before]
cite = "1"
value = "count(p in people where p.pay = pay and p.id < cut)"
[rules.people.until]
cite = "1"
value = "count(p in people where p.pay = pay and p.id <= cut)"
"#,
    );
    assert!(told.contains("\"before\": 1") && told.contains("\"until\": 2"), "{told}");
}

#[test]
fn a_text_that_is_absent_for_some_rows_alone() {
    let told = same(
        r#"
[rules.people.names]
cite = "1"
value = "let t = if hours > 0 then id else absent; count(distinct([t otherwise 'none', 'none']))"
"#,
    );
    assert!(told.contains("\"names\": 1") && told.contains("\"names\": 2"), "{told}");
}

#[test]
fn a_filter_that_fails_for_a_row_that_would_not_pass() {
    let told = same(
        r#"
[rules.several]
cite = "1"
value = "count(p in people where round(p.pay / p.hours, 1 USD) > 5 USD)"
"#,
    );
    assert!(told.contains("a division by zero"), "{told}");
}

/// Functions that each call the one before twice: as many calls as there are grains on the chessboard.
fn doubling(calls: usize) -> String {
    let mut text =
        String::from("\n[functions.f0]\nparams = { x = \"USD?\" }\ntype = \"USD?\"\nvalue = \"x\"\n");
    for i in 1..=calls {
        let before = i - 1;
        text += &format!(
            "\n[functions.f{i}]\nparams = {{ x = \"USD?\" }}\ntype = \"USD?\"\nvalue = \"f{before}(f{before}(x))\"\n"
        );
    }
    text + &format!("\n[rules.people.r]\ncite = \"1\"\nvalue = \"f{calls}(bonus)\"\n")
}

#[test]
fn functions_that_call_each_other_over_and_over_end() {
    assert!(same(&doubling(60)).contains("\"r\": \"3\""));
}

/// Functions that nest in each other, each in so many choices.
fn nested(calls: usize, choices: usize) -> String {
    let mut text = String::from("\n[functions.g0]\nparams = { x = \"USD\" }\nvalue = \"x\"\n");
    for i in 1..=calls {
        let mut value = format!("g{}(x)", i - 1);
        for k in 0..choices {
            value = format!("(if x > {k} USD then {value} else x)");
        }
        text += &format!("\n[functions.g{i}]\nparams = {{ x = \"USD\" }}\nvalue = \"{value}\"\n");
    }
    text + &format!("\n[rules.people.r]\ncite = \"1\"\nvalue = \"g{calls}(pay + 50 USD)\"\n")
}

#[test]
fn formulas_within_formulas_as_deep_as_may_be_and_deeper() {
    assert!(same(&nested(54, 5)).contains("\"r\": \"55\""));
    let deeper = same(&nested(54, 14));
    assert!(deeper.contains(&format!("nest more than {} deep", Limits::DEFAULT.nesting)), "{deeper}");
    for nesting in 1..40 {
        let limits = Limits { nesting, ..Limits::DEFAULT };
        same_within(&nested(3, 4), limits);
        same_within(
            "\n[rules.people.r]\ncite = \"1\"\nvalue = \"if pay > 6 USD then pay + (1 USD + (2 USD + (3 USD + (bonus otherwise pay)))) else 0 USD\"\n",
            limits,
        );
        same_within(
            "\n[rules.r]\ncite = \"1\"\nvalue = \"1 USD + (1 USD + sum(p.pay * (p.hours + 1) for p in people))\"\n",
            limits,
        );
        same_within(
            "\n[rules.r]\ncite = \"1\"\nvalue = \"not any(p.pay * (p.hours + 1) > 100 USD for p in people)\"\n",
            limits,
        );
        for formula in [
            "sum(x for x in [hours, 7])",
            "sum(x for x in [hours, 7] where x > 1 and x > 2 and x > 3)",
            "if any(x > 1 and x > 2 for x in [hours, 7]) then 1 else 0",
            "sum(x for x in range(1, hours))",
            "product(x for x in range(1, hours))",
            "sum(range(1, hours * 2))",
            "let l = [p.hours for p in people where p.pay = pay]; sum(x for x in l where x > 1 and x > 0)",
            "sum(present([p.bonus for p in people where p.pay = pay])) / 1 USD",
            "count(distinct([p.hours for p in people where p.pay = pay]))",
            "product([p.hours for p in people where p.pay = pay])",
            "fold s = 1 for p in people where p.pay = pay and p.hours > 0 order by p.hours then s + p.hours * (s + 1)",
            "sum(running fold s = 1 for p in people where p.pay = pay then s + p.hours * (s + 1))",
            "sum(count(q in people where q.pay = p.pay and q.hours > 1) for p in people where p.pay = pay)",
            "round(hours / (hours + 3), 0.01 * (hours + 1))",
            "year(date(2000 + hours, 1 + hours, 1) + hours * 1 month)",
        ] {
            let rule = format!("\n[rules.people.r]\ncite = \"1\"\nvalue = '''{formula}'''\n");
            same_within(&rule, limits);
        }
    }
}

#[test]
fn lists_of_as_many_items_as_may_be_and_more() {
    for list_items in 0..5 {
        let limits = Limits { list_items, ..Limits::DEFAULT };
        for value in [
            "sum(p.pay for p in people)",
            "sum(people.pay)",
            "count(p in people where p.hours > 0)",
            "max(p.pay for p in people where p.hours > 0) otherwise 0 USD",
        ] {
            same_within(&format!("\n[rules.r]\ncite = \"1\"\nvalue = \"{value}\"\n"), limits);
        }
        same_within("\n[rules.r]\ncite = \"1\"\nvalue = \"any(p.hours > 5 for p in people)\"\n", limits);
    }
}

#[test]
fn fractions_as_long_as_may_be_and_longer() {
    for fraction_bits in [1, 4, 8, 64, 128, 600] {
        let limits = Limits { fraction_bits, ..Limits::DEFAULT };
        same_within(
            "\n[rules.people.r]\ncite = \"1\"\nvalue = \"pay / 3 * (pay / 7) + pay * 1.5 USD\"\n"
                .replace("* 1.5 USD", "/ 11 * 1 USD")
                .as_str(),
            limits,
        );
    }
}

/// Columns take fewer steps: they may conclude where rows do not, but a failure is that of rows.
#[test]
fn steps_that_run_out_run_out_where_they_do_for_rows() {
    let text = format!(
        "{HEAD}\n[rules.people.r]\ncite = \"1\"\nvalue = \"pay / (hours + 1) + sum(people.pay)\"\n[rules.t]\ncite = \"1\"\nvalue = \"sum(people.r)\"\n"
    );
    let (mut refused, mut concluded) = (0, 0);
    for steps in 0..120 {
        let plan = limited(&text, Limits { steps, steps_per_row: 0, ..Limits::DEFAULT });
        match compare(&plan.evaluation(), &three(), &[1, 3]) {
            Ok(told) if told.starts_with('{') => concluded += 1,
            Ok(_) => refused += 1,
            Err(parting) => {
                assert!(
                    parting.contains("the evaluation takes more than") && parting.contains("\"t\""),
                    "{parting}"
                );
            }
        }
    }
    assert!(refused > 0 && concluded > 0, "{refused} refused, {concluded} concluded");
}

#[test]
fn values_that_do_not_fit_are_those_of_rows() {
    let rules = "\n[rules.people.r]\ncite = \"1\"\nvalue = \"sum([p.pay for p in people where p.hours >= 0] + [pay, pay])\"\n[rules.t]\ncite = \"1\"\nvalue = \"sum(people.r)\"\n";
    for values in 0..60 {
        same_within(rules, Limits { values, values_per_row: 0, ..Limits::DEFAULT });
    }
}

#[test]
fn failures_are_listed_by_rule_and_row_whatever_is_worked_out_first() {
    let told = same(
        r#"
[rules.first]
cite = "1"
value = "1 USD / (count(people) - 3)"
[rules.people.late]
cite = "1"
value = "pay / (hours - 2)"
[rules.people.early]
cite = "1"
value = "pay / hours"
[rules.people.both]
cite = "1"
value = "early + late + first"
[rules.total]
cite = "1"
value = "sum(people.late) + sum(people.early)"
"#,
    );
    assert!(told.contains("people.late") && told.contains("people.early"), "{told}");
}

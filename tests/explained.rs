//! Explanations of shipped plans: a fold is told step by step, and the assumptions that an explanation
//! names are those that the conclusion rests on.
#![cfg(feature = "cli")]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    clippy::panic
)]

use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use whereas::data::{apply_set, known_inputs, parse_set, read_data};
use whereas::eval::{Explanation, Faced};
use whereas::ir::Expectation;
use whereas::report::{Style, explain_json, explain_markdown, explain_tree, row_label};
use whereas::{Evaluation, Inputs, Plan};

const NOTES: (&str, &str) = ("plans/convertible-note.toml", "examples/one-year/notes");

/// The most rows of a table whose conclusions are all explained; of a longer one the first, the middle
/// and the last are.
const ROWS: usize = 4;

fn root(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn inputs(plan: &Plan, folder: &str, set: &[&str]) -> Inputs {
    let known = known_inputs(plan.program());
    let folder = root(folder);
    let mut document = read_data([folder.to_str().unwrap()], &known, plan.limits()).unwrap();
    for text in set {
        apply_set(&mut document, &parse_set(text).unwrap(), &known).unwrap();
    }
    Inputs::from_raw(document)
}

fn explained(rule: &str, key: Option<&str>, set: &[&str]) -> Faced<Explanation> {
    let plan = Plan::from_path(root(NOTES.0)).unwrap();
    plan.explain(&inputs(&plan, NOTES.1, set), rule, key).unwrap()
}

/// The tree without its lines, each line of it as one.
fn lines(explanation: &Faced<Explanation>) -> Vec<String> {
    let tree = explain_tree(explanation, Style { colour: false, unicode: true, width: 2_000 });
    tree.lines().map(|l| l.trim_start_matches(['│', '├', '└', '─', ' ']).to_owned()).collect()
}

/// Whether these stand in a tree, in this order.
fn holds(lines: &[String], wanted: &[&str]) {
    let mut from = 0;
    for line in wanted {
        let found = lines[from..].iter().position(|l| l == line);
        from += found.unwrap_or_else(|| panic!("`{line}` is missing in {:#?}", &lines[from..])) + 1;
    }
}

/// "Promise to pay": 10% a year of 360 days, paid in kind. Note R-07 is for $40,000 from February 20, 2001; to
/// the last Business Day of August, the 31st, are 6 months and 11 days as the plan counts them, 191:
/// 40,000 x 10% x 191 / 360 = 2,122.2222..., to the cent 2,122.22.
#[test]
fn interest_in_kind_is_told_with_its_rate_its_days_and_its_cent() {
    let explanation = explained("notes.principal_with_pik", Some("R-07"), &["as_of=2001-12-31"]);
    holds(
        &lines(&explanation),
        &[
            "notes.principal_with_pik of R-07 = 42122.22 USD (Promise to pay, PIK Notes)",
            "date = 2001-02-20, conversion is absent, days = 0 days, interest = 0.00 USD, converted = 0.00 USD, principal = 40000.00 USD, since = 2001-02-20",
            "10 items of events",
            "step 1, after 2001-08-31: date = 2001-08-31, days = 191 days, interest = 2122.22 USD, principal = 42122.22 USD, since = 2001-08-31 (the rest as before)",
            "before it: first_step",
            "= step_after(step, e)",
            "= interest_step(before, event.date)",
            "no: event.conversion is present",
            "interest(amount: 40000.00 USD, from: 2001-02-20, to: 2001-08-31) = 2122.22 USD (Promise to pay)",
            "= round(amount * interest_rate * days(from, to) / year_of_interest, 0.01 USD)",
            "= round(40000.00 USD * 10% * 191 days / 360 days, 0.01 USD)",
            "interest_rate = 10% (term, Promise to pay: a year, paid in kind)",
            "rounded half up, to 0.01 USD: 2122 2/9 USD (about 2122.2222) becomes 2122.22 USD, 1/450 USD (about 0.0022) dropped",
            "assumption.day_count = bond_basis (assumption, Promise to pay)",
            "relied upon: bond_basis, 30/360 or bond basis (ISDA)",
            "step 2, after 2002-01-15 / R-07: date = 2002-01-15, conversion = R-07, days = 0 days, interest = 0.00 USD, converted = 42122.22 USD, principal = 0.00 USD (the rest as before)",
            "yes: event.conversion is present",
            "steps 4 to 7 are left out",
            "last over 1 of 10 items of note.life = the state after 2001-08-31, where s.date <= day",
        ],
    );
}

/// §15(e), the vendor's 12,000,000 shares at $0.75 after 93,910,935 at $1.3125:
/// (110,158,077.834... x 1.3125 + 9,000,000) / 122,158,077.834... = 1.257243..., to the cent 1.26.
#[test]
fn an_adjustment_of_the_price_is_told_with_its_weighted_average_and_its_branch() {
    let explanation = explained("conversion_price", None, &[]);
    let lines = lines(&explanation);
    holds(
        &lines,
        &[
            "conversion_price = 1.26 USD/share (§15(a))",
            "5 rows of issuances",
            "before it: first_state",
            "step 3, after vendor: issuance = vendor, price = 1.26 USD/share, common = 105910935 shares, is_step = true (the rest as before)",
            "= after_issuance(state, i, counted_shares(i, day))",
            "= after_adjustment(state, issuance, counted)",
            "no: issuance.kind in [dividend, split, combination], since issuances.kind of vendor is stock",
            "yes: adjusts(state.price, issuance, counted)",
            "= 1.3125 USD/share - 1.257243... USD/share + 0 USD/share",
            "= (110158077.834285... shares * 1.3125 USD/share + 9000000.00 USD) / (110158077.834285... shares + 12000000 shares)",
            "relied upon: with_accrued, for unpaid principal and accrued interest",
            "yes: assumption.adjustment_order = test_then_round",
            "rounded half up, to 0.01 USD/share: 1 87988318105/342042617936 USD/share (about 1.2572) becomes 1.26 USD/share, 23569063959/8551065448400 USD/share (about 0.0028) added",
        ],
    );
    // No record is told as the plan writes one, but in formulas.
    assert!(!lines.iter().any(|l| l.contains("{ issuance") && !l.starts_with("= ")), "{lines:#?}");
    assert!(explain_markdown(&explanation).contains("- step 3, after `vendor`: `issuance` = **vendor**"));

    let parsed: Json = serde_json::from_str(&explain_json(&explanation)).unwrap();
    let path = &parsed["explanation"]["steps"][0]["steps"][0]["steps"][0];
    assert_eq!(path["name"], "price_path");
    let steps = path["walks"][0]["items"].as_array().unwrap();
    assert_eq!(steps.len(), 5);
    assert_eq!(steps[2]["before"]["value"]["price"], "1.3125");
    assert_eq!(steps[2]["value"]["price"], "1.26");
    assert_eq!(steps[2]["taken"], "after_issuance(state, i, counted_shares(i, day))");
    let of = |figure: &Json, name: &str| -> Json {
        figure["steps"].as_array().unwrap().iter().find(|s| s["name"] == name).unwrap().clone()
    };
    let made = of(&of(&of(&steps[2], "after_issuance"), "after_adjustment"), "reduced_price");
    assert_eq!(made["clauses"][0], "§15(e)");
    assert_eq!(made["roundings"][0]["result"], "1.26");
    assert_eq!(made["roundings"][0]["residual"], "-23569063959/8551065448400");
}

/// What a caller asks for of the steps is told, and what was opened in a step that is left out is opened
/// where it is met next.
#[test]
fn a_caller_chooses_how_many_steps_are_told() {
    let told = |steps: Option<usize>| {
        let mut explanation = explained("notes.principal_with_pik", Some("R-07"), &["as_of=2001-12-31"]);
        if let Some(most) = steps {
            explanation.value = explanation.value.steps_to(most);
        }
        lines(&explanation)
    };
    let count = |lines: &[String]| lines.iter().filter(|l| l.starts_with("step ")).count();
    assert_eq!([Some(0), Some(1), None, Some(10)].map(|n| count(&told(n))), [0, 1, 6, 10]);
    holds(
        &told(Some(1)),
        &[
            "step 1, after 2001-08-31: date = 2001-08-31, days = 191 days, interest = 2122.22 USD, principal = 42122.22 USD, since = 2001-08-31 (the rest as before)",
            "steps 2 to 10 are left out",
        ],
    );
    assert!(!told(Some(10)).iter().any(|l| l.contains("left out")));
    // Nothing is said to stand above or below that stands nowhere.
    for lines in [told(Some(1)), told(None), told(Some(10))] {
        for line in lines.iter().filter(|l| l.ends_with("(as above)") || l.ends_with("(see below)")) {
            let figure = &line[..line.rfind(" (").unwrap()];
            let opened =
                |l: &String| l.starts_with(figure) && !l.ends_with("above)") && !l.ends_with("below)");
            let named = figure.split(" = ").next().unwrap();
            let whole = |l: &String| l.starts_with(named) && !l.ends_with("above)") && !l.ends_with("below)");
            assert!(lines.iter().any(|l| opened(l) || whole(l)), "{line}");
        }
    }
}

const WALKS: &str = r#"
[plan]
language = 1
id = "walks"
title = "Walks"
currency = "USD"

[inputs.sales]
key = "id"
fields = { id = "text", amount = "USD" }

[functions.fee]
params = { amount = "USD" }
value = "round(amount / 3, 0.01 USD, half_up)"

[functions.risky]
params = { amount = "USD" }
value = "100 USD / (amount - 2 USD)"

[functions.cut]
params = { amount = "USD" }
value = "if assumption.way = down then floor(amount, 1 USD) else ceiling(amount, 1 USD)"

[rules.sales]
own = "cut(1.50 USD)"

[assumptions.way]
cite = "§1"
about = "which way a part of a dollar goes"
readings = { down = "it is dropped", up = "it is made whole" }
chosen = "down"

[rules]
of_one = "sum(s.own for s in sales where s.id = 'S5')"
grown = "fold s = 0 USD for n in range(1, 300) then s + fee(n * 1 USD)"
fees = "sum(fee(s.amount) for s in sales)"
high = "any(fee(s.amount) > 1 USD for s in sales)"
low = "all(fee(s.amount) < 9 USD for s in sales)"
last_fee = "last(fee(s.amount) for s in sales) otherwise 0 USD"
dear = "[s.id for s in sales where fee(s.amount) > 1 USD]"
fails = "[risky(s.amount) for s in sales]"
"#;

/// What is told of a walk by its kind: every step of a fold up to the bound, one row of a sum, the item
/// that decides alone, the condition that an item passed, and the step that failed.
#[test]
fn walks_tell_the_steps_that_matter() {
    let plan = Plan::from_str(WALKS).unwrap();
    let sales = [1, 2, 4, 5].map(|n| serde_json::json!({ "id": format!("S{n}"), "amount": n }));
    let data = serde_json::json!({ "sales": sales });
    let explained = |rule: &str| plan.explain(&data, rule, None).unwrap();
    let json = |rule: &str| -> Json {
        let parsed: Json = serde_json::from_str(&explain_json(&explained(rule))).unwrap();
        parsed["explanation"].clone()
    };
    let steps = |walk: &Json| -> Vec<u64> {
        walk["items"].as_array().unwrap().iter().map(|i| i["step"].as_u64().unwrap()).collect()
    };

    let grown = &json("grown")["walks"][0];
    assert_eq!(steps(grown), (1..=100).chain(201..=300).collect::<Vec<_>>());
    assert_eq!(grown["left_out"], 100);
    assert_eq!(grown["items"][199]["steps"][0]["roundings"].as_array().map(Vec::len), Some(1));
    assert_eq!(grown["items"][1]["filled"], "0.33 USD + 0.67 USD");
    assert_eq!(grown["items"][1]["before"]["words"], "0.33 USD");

    assert_eq!(steps(&json("fees")["walks"][0]), [1, 2, 3, 4]);
    holds(
        &lines(&explained("fees")),
        &[
            "sum over 4 rows of sales",
            "S1: 0.33 USD",
            "fee(amount: 1.00 USD) = 0.33 USD",
            "rounded half up, to 0.01 USD: 1/3 USD (about 0.3333) becomes 0.33 USD, 1/300 USD (about 0.0033) dropped",
            "S2: 0.67 USD",
            "S4: 1.33 USD",
            "S5: 1.67 USD",
        ],
    );
    assert!(!lines(&explained("fees")).iter().any(|l| l.starts_with("fee(amount: 2.00 USD)")));

    // S4 is the first whose fee is above a dollar; that all are below nine, every row has a part in.
    assert_eq!(steps(&json("high")["walks"][0]), [3]);
    holds(&lines(&explained("high")), &["found in S4", "fee(amount: 4.00 USD) = 1.33 USD"]);
    assert_eq!(steps(&json("low")["walks"][0]), [1, 2, 3, 4]);
    assert_eq!(steps(&json("last_fee")["walks"][0]), [4]);
    let dear = &json("dear")["walks"][0];
    assert_eq!(steps(dear), [1, 2]);
    assert_eq!(dear["items"][0]["branches"][0]["condition"], "fee(s.amount) > 1 USD");

    // The row's function was called for another row before, and its walk is told as a sum alone.
    holds(
        &lines(&explained("of_one")),
        &[
            "of_one = 1.00 USD",
            "assumption.way = down (assumption, §1), relied upon in what is summed up or not opened here",
            "relied upon: down, it is dropped",
        ],
    );

    holds(&lines(&explained("fails")), &["fails at S2 of sales"]);
    assert!(lines(&explained("fails")).iter().any(|l| l.starts_with("risky(amount: 2.00 USD) has no value")));
}

/// The assumptions that an explanation's JSON names anywhere.
fn named(json: &Json, found: &mut BTreeSet<String>) {
    match json {
        Json::Object(fields) => {
            for (name, value) in fields {
                if name == "assumptions" {
                    found.extend(
                        value.as_array().unwrap().iter().map(|a| a["name"].as_str().unwrap().to_owned()),
                    );
                }
                named(value, found);
            }
        }
        Json::Array(items) => items.iter().for_each(|item| named(item, found)),
        _ => {}
    }
}

/// A conclusion: the rule, and the key of its row.
type Conclusion = (String, Option<String>);

/// Every conclusion of an evaluation, as JSON.
fn conclusions(evaluation: &Evaluation<'_>, inputs: &Inputs) -> Option<BTreeMap<Conclusion, Json>> {
    let results = evaluation.run(inputs).ok()?;
    let (program, data) = (results.program(), results.data());
    let all = serde_json::to_value(&results).unwrap();
    let chosen = results.chosen();
    let mut found = BTreeMap::new();
    for id in chosen.plan {
        let name = program.rule_name(id);
        found.insert((name.clone(), None), all[&name].clone());
    }
    for of in chosen.tables {
        let table = &*program.tables[of.table].name.value;
        for (row, values) in all[table].as_array().unwrap().iter().enumerate() {
            let key = row_label(program, data, of.table, u32::try_from(row).unwrap());
            for id in &of.rules {
                let rule = &*program.rule(*id).unwrap().name.value;
                found.insert((program.rule_name(*id), Some(key.clone())), values[rule].clone());
            }
        }
    }
    Some(found)
}

/// Holds for each of these conclusions: the assumptions that its explanation names are among those of
/// `--with-assumptions`, and each that another reading of which changes it is named.
fn agree(evaluation: &Evaluation<'_>, inputs: &Inputs, wanted: impl Fn(&Conclusion) -> bool) -> usize {
    let results = evaluation.run(inputs).unwrap();
    let program = results.program();
    let name = |index: usize| program.assumptions[index].name.value.to_string();
    let rests: BTreeMap<String, BTreeSet<String>> = results
        .assumptions()
        .into_iter()
        .map(|(id, all)| (program.rule_name(id), all.into_iter().map(name).collect()))
        .collect();
    let own = conclusions(evaluation, inputs).unwrap();
    let mut decisive: BTreeMap<&Conclusion, BTreeSet<String>> = BTreeMap::new();
    for (index, assumption) in program.assumptions.iter().enumerate() {
        let taken = evaluation.choices().reading(index).unwrap_or(assumption.chosen);
        for (reading, text) in assumption.readings.values.iter().enumerate().filter(|(r, _)| *r != taken) {
            let other = evaluation.clone().assume(&name(index), text);
            let Some(other) = conclusions(&other, inputs) else { continue };
            assert_ne!(reading, taken);
            for (conclusion, value) in &own {
                if other.get(conclusion) != Some(value) {
                    decisive.entry(conclusion).or_default().insert(name(index));
                }
            }
        }
    }
    let mut explained = 0;
    for conclusion in own.keys().filter(|c| wanted(c)) {
        let (rule, key) = conclusion;
        let explanation = evaluation.explain(inputs, rule, key.as_deref()).unwrap();
        let relied: BTreeSet<String> = explanation.value.assumptions.iter().map(|(a, _)| name(*a)).collect();
        let of_rule = rests.get(rule).cloned().unwrap_or_default();
        assert!(relied.is_subset(&of_rule), "{conclusion:?} names {relied:?} beyond {of_rule:?}");
        let decide = decisive.get(conclusion).cloned().unwrap_or_default();
        assert!(decide.is_subset(&relied), "{conclusion:?} names {relied:?} and not all of {decide:?}");
        // What the tree opens is named at its head too. The JSON of a long one is not read each time.
        if explained % 5 == 0 {
            let shorter = Faced { value: explanation.value.clone().steps_to(2), ..explanation.clone() };
            let mut all = BTreeSet::new();
            named(&serde_json::from_str(&explain_json(&shorter)).unwrap(), &mut all);
            assert_eq!(all, relied, "{conclusion:?}");
        }
        explained += 1;
    }
    explained
}

#[test]
fn the_assumptions_of_the_examples_conclusions_are_named() {
    for (plan, folder) in [
        NOTES,
        ("plans/espp.toml", "examples/one-year/espp"),
        ("plans/espp.toml", "examples/espp/period-2001"),
        ("plans/espp.toml", "examples/espp/oversubscribed-2001"),
        ("plans/espp.toml", "examples/espp/quotes-2001"),
        ("plans/stock-option.toml", "examples/one-year/stock-option"),
        ("plans/beneficial-ownership.toml", "examples/one-year/ownership"),
    ] {
        let plan = Plan::from_path(root(plan)).unwrap();
        let inputs = inputs(&plan, folder, &[]);
        let all = conclusions(&plan.evaluation(), &inputs).unwrap();
        let rows = |rule: &str| -> Vec<&String> {
            all.keys().filter(|(r, _)| r == rule).filter_map(|(_, key)| key.as_ref()).collect()
        };
        let wanted = |(rule, key): &Conclusion| {
            let Some(key) = key else { return true };
            let all = rows(rule);
            all.len() <= ROWS || [all[0], all[all.len() / 2], all[all.len() - 1]].contains(&key)
        };
        assert!(agree(&plan.evaluation(), &inputs, wanted) > 0, "{folder}");
    }
}

/// The plans' own tests are the examples of those that have no folder of data.
#[test]
fn the_assumptions_of_what_plans_test_are_named() {
    let mut explained = 0;
    for entry in std::fs::read_dir(root("plans")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let plan = Plan::from_path(&path).unwrap();
        let program = plan.program();
        // One of ten, from all parts of the plan.
        for test in program.tests.iter().step_by(10) {
            let Expectation::Values(values) = &test.expect else { continue };
            let mut evaluation = plan.evaluation();
            for (assumption, reading) in &test.assume {
                let assumption = &program.assumptions[*assumption];
                evaluation = evaluation.assume(&assumption.name.value, &assumption.readings.values[*reading]);
            }
            if let Some(date) = test.as_of {
                evaluation = evaluation.as_of(date);
            }
            let inputs = Inputs::from_raw(test.given.clone());
            let rules: BTreeSet<Conclusion> = values
                .iter()
                .map(|(rule, key, ..)| (program.rule_name(*rule), key.as_ref().map(|k| k.value.to_string())))
                .collect();
            if evaluation.run(&inputs).is_ok() {
                explained += agree(&evaluation, &inputs, |c| rules.contains(c));
            }
        }
    }
    assert!(explained > 30, "{explained}");
}

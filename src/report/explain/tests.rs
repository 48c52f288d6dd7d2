//! A small plan with terms, an assumption, cases, requirements, roundings, functions and an allocation,
//! and another with the other kinds of steps.

use super::{explain_json, explain_markdown};
use crate::engine::{Evaluation, Inputs, Plan};
use crate::eval::{Explanation, Faced};
use crate::ir::Expectation;
use serde_json::{Value as Json, json};

const PLAN: &str = r#"
[plan]
language = 1
id = "small"
title = "A small purchase plan"
source = "Small Corporation, Exhibit 1"
currencies = ["USD"]
term_date = "period.first_day"

[conventions]
month_end = "clamp"
rounding = "half_up"

[types]
status = "one of active, left, retired"

[terms]
discount = { value = "85%", cite = "§8", about = "share of the fair market value that is paid" }
cap = { value = "10%", cite = "§6" }
par = { value = "0.01 USD/share", cite = "§8" }

[terms.pool]
cite = "§1"
history = [{ from = 1999-01-01, until = 2000-12-31, value = "1_000 shares" }, { from = 2001-01-01, value = "60 shares" }]

[inputs.period]
first_day = { type = "date" }
last_day = { type = "date" }
committee_price = { type = "USD/share?" }

[inputs.quotes]
key = ["date", "market"]
fields = { date = "date", market = "text", close = "USD/share?" }

[inputs.participants]
key = "id"
[inputs.participants.fields]
id = "text"
hire_date = "date"
hours_per_week = { type = "number", about = "customary hours, without overtime" }
pay = { type = "USD" }
rate = { type = "%" }
extra_cash = { type = "USD", default = "0 USD" }
status = { type = "status", default = "active" }
status_date = "date?"

[functions.price_at]
params = { day = "date" }
type = "USD/share"
cite = "§8"
about = "the fair market value on a day"
value = """
  let own = present(q.close for q in quotes where q.date = day);   # its closing prices
  let best = max(own);
  if best is present then best
  else fail "no closing price"
"""

[rules]
fair_market_value_first = { value = "price_at(period.first_day)", cite = "§8" }
fair_market_value_last = { value = "price_at(period.last_day)", cite = "§8" }
total_requested = { value = "sum(participants.requested_shares)", cite = "§13" }
oversubscribed = { value = "total_requested > pool", cite = "§13" }
total_cost = { value = "sum(participants.cost)", cite = "§9" }

[rules.purchase_price]
type = "USD/share"
cite = "§8"
about = "what a participant pays for one share"
value = """
  max(
    discount * min(fair_market_value_first, fair_market_value_last),
    par,
    period.committee_price otherwise 0 USD/share
  )"""

[rules.participants.eligible]
cite = "§4"
all = [
  { require = "hire_date + 3 months <= period.first_day", cite = "§4(a)", reason = "under_three_months" },
  { require = "hours_per_week > 20", cite = "§4(c)", reason = "twenty_hours_or_less" },
]

[rules.participants.outcome]
type = "one of purchase, refund"
cite = "§9"
cases = [
  { when = "not eligible", then = "refund", cite = "§19(b)" },
  { when = "status = left", then = "refund", cite = "§15" },
  { when = "status = retired and (status_date is absent or status_date < period.last_day)", then = "refund", cite = "§16" },
  { when = "assumption.residual = nobody", then = "refund" },
]
otherwise = { then = "purchase", cite = "§9" }

[rules.participants.account]
cite = "§6"
value = "min(round(rate * pay, 0.01 USD), floor(cap * pay, 0.01 USD)) + extra_cash"

[rules.participants.requested_shares]
cite = "§9"
value = "if outcome = purchase then floor(account / purchase_price, 1 share) else 0 shares"

[rules.participants.cut_shares]
private = true
allocate = { parts = "requested_shares * pool / total_requested", step = "1 share", ties = "id" }

[rules.participants.purchased_shares]
cite = "§13"
about = "the shares bought, fewer than asked for where there are not enough"
value = "if oversubscribed then cut_shares else requested_shares"

[rules.participants.cost]
cite = "§9"
value = "round(purchased_shares * purchase_price, 0.01 USD)"

[rules.participants.refund]
cite = "§9"
about = "cash that goes back"
cases = [
  { when = "outcome = purchase and assumption.residual = carry", then = "0 USD", cite = "§13" },
]
otherwise = { then = "account - cost", cite = "§13" }

[assumptions.residual]
cite = "§13"
about = "cash below the price of one share; the document refunds it only when shares run short"
readings = { refund = "it goes back to the participant", carry = "it stays for the next period", nobody = "there is none" }
chosen = "refund"
"#;

#[cfg(feature = "cli")]
const KINDS: &str = r#"
[plan]
language = 1
id = "kinds"
title = "Kinds of steps"
currency = "USD"

[inputs.event]
optional = true
fields = { kind = "one of sale, merger" }

[inputs.rates]
key = ["kind", "region"]
fields = { kind = "one of x, y", region = "text", rate = "%" }

[inputs.rows]
key = "id"
fields = { id = "text", a = "USD", b = "USD" }

[terms]
least = { value = "5 USD", cite = "§0" }

[rules]
total = { value = "sum(rows.ratio)", cite = "§2" }
worst = { value = "max(r.a / r.b for r in rows where r.a > least) otherwise 0", cite = "§3" }
half = { value = "1/2 + 1/6" }

[rules.rows]
ratio = "a / b"
looked = 'if rates[x, "north"] is present then rates[x, "north"].rate else rates[y, "north"].rate otherwise 0%'
sort = 'if event is present then "sold" else match id when "A", "B" then "early" else "late"'
running = "fold s = 0 USD for r in rows order by r.id then if r.a > s then r.a else s + least"
others = "[r.id for r in rows where r.a >= a and r.id <> id]"
anyone = "any(r.a > 8 USD for r in rows) and all(r.a > least for r in rows)"
many = "[n for n in range(1, 12)]"
"#;

/// Compares with the snapshot of the test's own name.
macro_rules! snapshot {
    ($name:literal, $text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!($name, $text));
    }};
}

fn data() -> Json {
    json!({
        "period": { "first_day": "2001-01-02", "last_day": "2001-06-29" },
        "quotes": [
            { "date": "2001-01-02", "market": "NYSE", "close": "1.75" },
            { "date": "2001-01-02", "market": "NASDAQ", "close": "1.8125" },
            { "date": "2001-06-29", "market": "NYSE", "close": "1.3125" },
            { "date": "2001-06-28", "market": "NYSE", "close": "1.5" },
        ],
        "participants": [
            { "id": "E1", "hire_date": "2000-01-03", "hours_per_week": 40, "pay": "412.35", "rate": "7.5%" },
            { "id": "E2", "hire_date": "1999-01-03", "hours_per_week": 40, "pay": 300, "rate": "10%", "extra_cash": "5.55" },
            { "id": "E3", "hire_date": "1999-01-03", "hours_per_week": 15, "pay": 300, "rate": "10%" },
            { "id": "E4", "hire_date": "1999-01-03", "hours_per_week": 25, "pay": 600, "rate": "10%",
              "status": "retired", "status_date": "2001-07-02" },
        ],
    })
}

#[cfg(feature = "cli")]
fn rows() -> Json {
    json!({
        "rates": [{ "kind": "y", "region": "north", "rate": "5%" }],
        "rows": [
            { "id": "A", "a": 4, "b": 2 },
            { "id": "B`*_\u{1b}[31m\u{202e}<b>@x", "a": 7, "b": 0 },
            { "id": "C", "a": 9, "b": 3 },
        ],
    })
}

fn explained(plan: &str, data: &Json, rule: &str, key: Option<&str>) -> Faced<Explanation> {
    chosen(plan, data, rule, key, |e| e)
}

fn chosen(
    plan: &str,
    data: &Json,
    rule: &str,
    key: Option<&str>,
    choose: impl FnOnce(Evaluation<'_>) -> Evaluation<'_>,
) -> Faced<Explanation> {
    let plan = Plan::from_str(plan).unwrap();
    choose(plan.evaluation()).explain(data, rule, key).unwrap()
}

#[cfg(feature = "cli")]
fn tree(explanation: &Faced<Explanation>, width: usize) -> String {
    super::explain_tree(explanation, crate::report::Style { colour: false, unicode: true, width })
}

#[cfg(feature = "cli")]
#[test]
fn a_tree_tells_each_figure_once_from_the_top_down_to_the_inputs() {
    snapshot!("tree", tree(&explained(PLAN, &data(), "participants.refund", Some("E1")), 100));
}

#[cfg(feature = "cli")]
#[test]
fn a_tree_says_which_requirement_is_not_met_and_why_in_ascii_on_a_narrow_terminal() {
    let explanation = explained(PLAN, &data(), "participants.outcome", Some("E3"));
    let style = crate::report::Style { colour: false, unicode: false, width: 60 };
    snapshot!("requirements", super::explain_tree(&explanation, style));
}

#[cfg(feature = "cli")]
#[test]
fn cases_that_do_not_apply_say_why() {
    let explanation = explained(PLAN, &data(), "participants.outcome", Some("E4"));
    let tree = tree(&explanation, 200);
    let lines: Vec<&str> = tree.lines().skip(1).take(5).collect();
    snapshot!("cases", lines.join("\n"));
}

#[test]
fn markdown_is_a_heading_and_a_nested_list() {
    let explanation = chosen(PLAN, &data(), "participants.refund", Some("E2"), |e| {
        e.assume("residual", "carry").as_of(chrono::NaiveDate::from_ymd_opt(2000, 6, 1).unwrap())
    });
    snapshot!("markdown", explain_markdown(&explanation));
}

#[test]
fn json_has_what_its_description_says() {
    let explanation = explained(PLAN, &data(), "participants.requested_shares", Some("E1"));
    snapshot!("json", explain_json(&explanation));
    let explanation = explained(PLAN, &data(), "participants.cut_shares", Some("E4"));
    let parsed: Json = serde_json::from_str(&explain_json(&explanation)).unwrap();
    snapshot!("allocation", parsed["explanation"]["allocation"].to_string());
    let steps = parsed["explanation"]["steps"].as_array().unwrap();
    let total = steps.iter().find(|s| s["name"] == "total_requested").unwrap();
    assert_eq!(total["walks"][0]["rows"], 4);
    assert_eq!(total["walks"][0]["value"], 111);
}

#[cfg(feature = "cli")]
#[test]
fn every_other_kind_of_step_is_told() {
    let plan = Plan::from_str(KINDS).unwrap();
    let mut out = String::new();
    for rule in ["looked", "sort", "running", "others", "anyone", "many"] {
        out.push_str(&tree(&plan.explain(&rows(), &format!("rows.{rule}"), Some("C")).unwrap(), 100));
        out.push('\n');
    }
    out.push_str(&tree(&plan.explain(&rows(), "half", None).unwrap(), 100));
    snapshot!("kinds", out);
}

/// Walks whose value is that of one row, or that go from state to state.
#[cfg(feature = "cli")]
const WALKS: &str = r#"
[plan]
language = 1
id = "walks"
title = "Walks"

[inputs.rows]
key = "id"
fields = { id = "text", a = "number" }

[rules]
some = "any(r.a > 8 for r in rows)"
none = "any(r.a > 99 for r in rows)"
every = "all(r.a < 8 for r in rows)"
first_one = "first(r.a for r in rows where r.a > 3 order by r.id) otherwise 0"
last_one = "last(r.a for r in rows) otherwise 0"
last_row = "last(r for r in rows) is present"
distinct_first = "first(distinct(r.a for r in rows)) otherwise 0"
states = "running fold s = 0 for r in rows then s + r.a"
state = "fold s = 0 for r in rows then s + r.a"
"#;

#[cfg(feature = "cli")]
#[test]
fn a_walk_names_the_row_that_decides_and_each_state() {
    let rows: Vec<Json> = (1..10).map(|n| json!({ "id": format!("R{n}"), "a": n })).collect();
    let data = json!({ "rows": rows });
    let told = |rule: &str| tree(&explained(WALKS, &data, rule, None), 200);
    for (rule, said) in [
        ("some", "found in R9"),
        ("every", "not so in R8"),
        ("first_one", "that of R4"),
        ("last_one", "that of R9"),
        ("states", "after R3: 6"),
        ("state", "after R9: 45"),
    ] {
        assert!(told(rule).contains(said), "{rule}: {}", told(rule));
    }
    // Where no one row decides, none is named.
    for rule in ["none", "distinct_first", "last_row"] {
        let told = told(rule);
        assert!(!told.contains("found in") && !told.contains("that of"), "{rule}: {told}");
    }
}

#[cfg(feature = "cli")]
#[test]
fn a_figure_that_failed_says_where_and_why() {
    snapshot!("failed_row", tree(&explained(KINDS, &rows(), "total", None), 80));
    snapshot!("failed_walk", tree(&explained(KINDS, &rows(), "worst", None), 80));
    let parsed: Json =
        serde_json::from_str(&explain_json(&explained(KINDS, &rows(), "worst", None))).unwrap();
    assert_eq!(parsed["explanation"]["value"], Json::Null);
    assert_eq!(parsed["explanation"]["failure"]["message"], "a division by zero");
    assert_eq!(parsed["explanation"]["failure"]["formula"], "r.a / r.b");
}

#[cfg(feature = "cli")]
#[test]
fn nothing_of_the_data_reaches_a_terminal_as_a_command() {
    let explanation = explained(KINDS, &rows(), "total", None);
    for text in [tree(&explanation, 80), explain_markdown(&explanation), explain_json(&explanation)] {
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
    }
    // A key with backticks stands in a code span of two; nothing else of it is a mark.
    assert!(explain_markdown(&explanation).contains("``B`*_\\u{1b}[31m\\u{202e}<b>@x``"));
}

#[cfg(feature = "cli")]
#[test]
fn colours_change_nothing_else_and_stay_within_their_line() {
    let explanation = explained(PLAN, &data(), "participants.refund", Some("E3"));
    let style = crate::report::Style { colour: true, unicode: true, width: 70 };
    let coloured = super::explain_tree(&explanation, style);
    let mut plain = String::new();
    for line in coloured.lines() {
        let mut open = false;
        let mut parts = line.split('\u{1b}');
        plain.push_str(parts.next().unwrap());
        for part in parts {
            let (code, text) = part.split_once('m').unwrap();
            open = code != "[0";
            plain.push_str(text);
        }
        assert!(!open, "{line:?}");
        plain.push('\n');
    }
    assert_eq!(plain, tree(&explanation, 70));
}

#[cfg(feature = "cli")]
#[test]
fn lines_keep_to_the_width() {
    let explanation = explained(PLAN, &data(), "participants.refund", Some("E1"));
    for width in [70, 80, 120, 160] {
        for line in tree(&explanation, width).lines() {
            assert!(textwrap::core::display_width(line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn a_chain_of_rules_of_any_length_is_explained() {
    let mut plan =
        "[plan]\nlanguage = 1\nid = \"chain\"\ntitle = \"Chain\"\n[rules]\nr0 = \"1\"\n".to_owned();
    for n in 1..3_000 {
        plan.push_str(&format!("r{n} = \"r{} + r{}\"\n", n - 1, n / 2));
    }
    let json = explain_json(&explained(&plan, &json!({}), "r2999", None));
    assert!(json.contains("\"extent\": \"cut\""));
    assert!(serde_json::from_str::<Json>(&json).is_ok());
}

#[test]
fn functions_that_call_each_other_twice_are_opened_once() {
    let mut plan = "[plan]\nlanguage = 1\nid = \"twice\"\ntitle = \"Twice\"\n".to_owned();
    plan.push_str("[functions.f0]\nparams = { n = \"number\" }\nvalue = \"n + 1\"\n");
    for n in 1..40 {
        plan.push_str(&format!(
            "[functions.f{n}]\nparams = {{ n = \"number\" }}\nvalue = \"f{0}(n) + f{0}(n + 0)\"\n",
            n - 1
        ));
    }
    plan.push_str("[rules]\ntop = \"f39(1)\"\n");
    let json = explain_json(&explained(&plan, &json!({}), "top", None));
    assert_eq!(json.matches("\"name\": \"f0\"").count(), 1);
}

/// Every conclusion that a shipped plan's own tests expect is explained as what it is.
#[test]
fn the_conclusions_of_shipped_plans_are_explained() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
    let mut explained = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|e| e != "toml") {
            continue;
        }
        let plan = Plan::from_path(&path).unwrap();
        for test in &plan.program().tests {
            let Expectation::Values(values) = &test.expect else { continue };
            let mut evaluation = plan.evaluation();
            for (assumption, reading) in &test.assume {
                let assumption = &plan.program().assumptions[*assumption];
                evaluation = evaluation.assume(&assumption.name.value, &assumption.readings.values[*reading]);
            }
            if let Some(date) = test.as_of {
                evaluation = evaluation.as_of(date);
            }
            let inputs = Inputs::from_raw(test.given.clone());
            for (rule, key, expected, _) in values {
                let name = plan.program().rule_name(*rule);
                let explanation =
                    evaluation.explain(&inputs, &name, key.as_ref().map(|k| &*k.value)).unwrap();
                assert_eq!(
                    explanation.value.root.value.as_ref(),
                    Some(expected),
                    "{name} of {}",
                    test.name.value
                );
                let parsed: Json = serde_json::from_str(&explain_json(&explanation)).unwrap();
                assert_eq!(parsed["explanation"]["name"], *name);
                assert!(explain_markdown(&explanation).starts_with("### `"));
                explained += 1;
            }
        }
    }
    assert!(explained > 0);
}

//! What is proved of plans is held against their evaluation: random cases, requirements and divisors
//! over inputs with few values are tried for every row that the inputs allow.
//!
//! `PROPTEST_CASES=5000 cargo test --release --test proof` tries many more than an ordinary run.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used
)]

use proptest::prelude::*;
use std::collections::BTreeSet;
use std::fmt::Write as _;
use whereas::diagnostic::{Code, Diagnostic};
use whereas::engine::{Loaded, load};
use whereas::limits::Limits;
use whereas::plan::NoImports;
use whereas::value::Value;
use whereas::{Inputs, Plan};

/// Plans that an ordinary run tries.
const PLANS: u32 = 60;

const HEAD: &str = r#"
[plan]
language = 1
id = "proof"
title = "Proof"
currency = "USD"

[conventions]
month_end = "clamp"
rounding = "half_up"

[terms]
low = { value = "1", cite = "1" }

[inputs.rows]
key = "id"
REQUIRE
[inputs.rows.fields]
id = "text"
flag = "boolean"
kind = "one of a, b, c"
n = { type = "number", whole = true, min = 0, max = 3 }
m = { type = "number", step = "0.5", min = 0, max = 1 }
on = { type = "date?", min = 2001-01-30, max = 2001-02-01 }

[rules.rows.big]
private = true
cite = "1"
value = "n > low or kind = a"

[rules.rows.half]
private = true
cite = "1"
cases = [{ when = "flag", then = "n / 2", cite = "1" }]
otherwise = { then = "n + m", cite = "1" }

[rules.rows.sort]
private = true
cite = "1"
type = "one of small, large"
value = "if big and flag then large else small"

[functions.above]
params = { x = "number", y = "number" }
value = "x > y"
"#;

/// Every row that the types and bounds allow.
fn rows() -> String {
    let mut text = String::new();
    let mut id = 0;
    for flag in [true, false] {
        for kind in ["a", "b", "c"] {
            for n in 0..=3 {
                for m in ["0", "0.5", "1"] {
                    for on in ["", "on = 2001-01-30\n", "on = 2001-01-31\n", "on = 2001-02-01\n"] {
                        let _ = write!(
                            text,
                            "[[rows]]\nid = \"{id}\"\nflag = {flag}\nkind = \"{kind}\"\nn = {n}\nm = {m}\n{on}"
                        );
                        id += 1;
                    }
                }
            }
        }
    }
    text
}

fn data() -> Inputs {
    Inputs::from_raw(whereas::data::read_toml("rows.toml", &rows(), &Limits::DEFAULT).unwrap())
}

fn comparison() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["<", "<=", ">", ">=", "=", "<>"])
}

/// A number over the fields of a row.
fn number() -> impl Strategy<Value = String> {
    let few = prop::sample::select(vec![
        "n",
        "m",
        "n + m",
        "2 * n - m",
        "n - 2 * m",
        "half",
        "min(n, m)",
        "max(n - 1, m)",
        "abs(n - 2)",
        "floor(n / 2, 1)",
        "ceiling(m, 1)",
        "round(n / 3, 1)",
        "(if flag then n else m)",
        "(match kind when a then n when b then 1 else m)",
        "(let x = n - m; x + 1)",
        "(n * m)",
        "(if on is present then on - 2001-01-30 else 5 days) / 1 day",
    ]);
    few.prop_map(str::to_owned)
}

fn atom() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "flag",
        "not flag",
        "big",
        "kind = a",
        "kind <> b",
        "kind in [a, c]",
        "kind not in [b]",
        "sort = large",
        "on is present",
        "on is absent",
        "(on is absent or on < 2001-02-01)",
        "(on is present and on > 2001-01-30)",
        "(on otherwise 2001-01-01) >= 2001-01-31",
        "(on is present and on + 1 month <= 2001-02-28)",
        "(on is present and month(on) = 1)",
        "above(n, m)",
        "above(low, n)",
        "(let same = kind = b; same or flag)",
    ]);
    let constant = prop::sample::select(vec!["0", "0.5", "1", "1.5", "2", "3", "low", "n", "m"]);
    prop_oneof![
        1 => fixed.prop_map(str::to_owned),
        2 => (number(), comparison(), constant).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
    ]
}

fn condition() -> impl Strategy<Value = String> {
    atom().prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} and {b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a} or {b})")),
            inner.prop_map(|a| format!("not ({a})")),
        ]
    })
}

#[derive(Clone, Debug)]
struct Drawn {
    data: Vec<String>,
    cases: Vec<String>,
    all: Vec<String>,
    where_divided: String,
    divisor: String,
}

fn drawn() -> impl Strategy<Value = Drawn> {
    let conditions = |n| prop::collection::vec(condition(), n);
    (conditions(0..2), conditions(1..5), conditions(1..4), condition(), number()).prop_map(
        |(data, cases, all, where_divided, divisor)| Drawn { data, cases, all, where_divided, divisor },
    )
}

impl Drawn {
    fn plan(&self, otherwise: &str, rules: &str) -> String {
        let require: Vec<String> = self
            .data
            .iter()
            // Conditions of the data may use no rule.
            .filter(|c| !["big", "half", "sort", "above"].iter().any(|r| c.contains(r)))
            .map(|c| format!("{{ that = '''{c}''', field = \"n\", message = \"no\" }}"))
            .collect();
        let head = HEAD.replace("REQUIRE", &format!("require = [{}]", require.join(", ")));
        let cases: Vec<String> = self
            .cases
            .iter()
            .enumerate()
            .map(|(i, c)| format!("{{ when = '''{c}''', then = \"{}\", cite = \"1\" }}", i + 1))
            .collect();
        format!("{head}\n[rules.rows.outcome]\ncases = [{}]\n{otherwise}\n{rules}\n", cases.join(", "))
    }

    /// The plan with all that is proved of it.
    fn whole(&self) -> String {
        let all: Vec<String> = self
            .all
            .iter()
            .enumerate()
            .map(|(i, c)| format!("{{ require = '''{c}''', reason = \"r{i}\", cite = \"1\" }}"))
            .collect();
        let rules = format!(
            "[rules.rows.met]\ncite = \"1\"\nall = [{}]\n[rules.rows.quotient]\ncite = \"1\"\nvalue = '''if {} then 1 / ({}) else 0'''\n",
            all.join(", "),
            self.where_divided,
            self.divisor,
        );
        self.plan("otherwise = { then = \"0\", cite = \"1\" }", &rules)
    }

    /// The same conditions as figures, without conditions of the data.
    fn tried(&self) -> String {
        let mut rules = String::new();
        let mut rule = |name: String, formula: &str| {
            let _ = writeln!(rules, "[rules.rows.{name}]\ncite = \"1\"\nvalue = '''{formula}'''");
        };
        rule("zero".to_owned(), &format!("({}) and ({}) = 0", self.where_divided, self.divisor));
        for (i, condition) in self.all.iter().enumerate() {
            rule(format!("all_{i}"), condition);
        }
        for (i, condition) in self.cases.iter().enumerate() {
            rule(format!("case_{i}"), condition);
        }
        for (i, condition) in self.data.iter().enumerate() {
            if !["big", "half", "sort", "above"].iter().any(|r| condition.contains(r)) {
                rule(format!("data_{i}"), condition);
            }
        }
        let plain = Self { data: Vec::new(), ..self.clone() };
        plain.plan("otherwise = { then = \"0\", cite = \"1\" }", &rules)
    }
}

/// What holds of each row that the data's conditions allow.
struct Tried {
    outcomes: BTreeSet<String>,
    zero: bool,
    /// For each row, whether each requirement is met.
    met: Vec<Vec<bool>>,
    cases: Vec<Vec<bool>>,
    rows: usize,
}

fn tried(drawn: &Drawn) -> Tried {
    let text = drawn.tried();
    let plan = Plan::from_str(&text).unwrap_or_else(|e| panic!("{text}\n{:?}", e.diagnostics));
    let results = plan.evaluate(&data()).unwrap_or_else(|e| panic!("{text}\n{:?}", e.diagnostics()));
    let rule = |name: &str| plan.program().find_rule(&format!("rows.{name}"));
    let value = |name: &str, row: u32| rule(name).and_then(|id| results.value(id, Some(row)));
    let is = |name: &str, row: u32| value(name, row) == Some(Value::Bool(true));
    let mut found =
        Tried { outcomes: BTreeSet::new(), zero: false, met: Vec::new(), cases: Vec::new(), rows: 0 };
    for row in 0..u32::try_from(rows().matches("[[rows]]").count()).unwrap() {
        let allowed = (0..drawn.data.len())
            .all(|i| rule(&format!("data_{i}")).is_none() || is(&format!("data_{i}"), row));
        if !allowed {
            continue;
        }
        found.rows += 1;
        if let Some(Value::Number(n)) = value("outcome", row) {
            found.outcomes.insert(n.to_string());
        }
        found.zero |= is("zero", row);
        found.met.push((0..drawn.all.len()).map(|i| is(&format!("all_{i}"), row)).collect());
        found.cases.push((0..drawn.cases.len()).map(|i| is(&format!("case_{i}"), row)).collect());
    }
    found
}

fn proved(text: &str) -> Loaded {
    load("plan.toml", text, &NoImports, &Limits::DEFAULT).examined()
}

fn said(loaded: &Loaded, code: Code) -> Vec<(String, &Diagnostic)> {
    let all = loaded.diagnostics.iter().chain(&loaded.allowed).filter(|d| d.code == code);
    all.map(|d| (loaded.sources.slice(d.primary().unwrap()).to_owned(), d)).collect()
}

/// How many questions were decided, and how many not.
#[derive(Default)]
struct Count {
    decided: usize,
    undecided: usize,
}

fn judge(drawn: &Drawn, count: &mut Count) {
    let text = drawn.whole();
    let loaded = proved(&text);
    assert!(loaded.program.is_some(), "{text}\n{:?}", loaded.diagnostics);
    let tried = tried(drawn);
    let undecided = said(&loaded, Code::Undecided);
    let contradictory = said(&loaded, Code::ContradictoryRequirements);
    count.undecided += undecided.len();
    count.decided += (drawn.cases.len() + drawn.all.len() + 2).saturating_sub(undecided.len());
    let data_contradict = contradictory
        .iter()
        .any(|(span, _)| drawn.data.iter().any(|d| d == span) && !drawn.all.contains(span));
    if data_contradict {
        assert_eq!(tried.rows, 0, "the data's conditions can be met:\n{text}");
        return;
    }
    if tried.rows == 0 {
        return;
    }
    // Cases. The same words may stand in two places: those places are told apart by their number.
    let unreachable = said(&loaded, Code::UnreachableCase);
    let once = |c: &String| text.matches(&format!("'''{c}'''")).count() == 1;
    for (i, case) in drawn.cases.iter().enumerate().filter(|(_, c)| once(c)) {
        let reached = tried.outcomes.contains(&(i + 1).to_string());
        // A branch within a formula may have the words of a case.
        let claimed = unreachable.iter().any(|(span, d)| span == case && d.message.contains("this case"));
        assert!(!(claimed && reached), "`{case}` is reached:\n{text}");
        let open = undecided.iter().any(|(span, _)| span == case || span == "n > low or kind = a");
        let is_constant =
            !["n", "m", "flag", "kind", "on", "big", "half", "sort"].iter().any(|f| case.contains(f));
        let spent = undecided.iter().any(|(_, d)| d.message.contains("too large"));
        assert!(
            reached || claimed || open || is_constant || spent,
            "`{case}` is never reached, which is not said:\n{text}\n{:?}",
            loaded.diagnostics
        );
    }
    // Divisors.
    let divisor = said(&loaded, Code::ZeroDivisor);
    if let [(_, found)] = divisor.as_slice() {
        assert!(tried.zero, "the divisor is never zero: {found:?}\n{text}");
    }
    // Requirements.
    let redundant = said(&loaded, Code::RedundantRequirement);
    for (i, requirement) in drawn.all.iter().enumerate().filter(|(_, c)| once(c)) {
        if redundant.iter().any(|(span, _)| span == requirement) {
            for met in &tried.met {
                let others = met.iter().enumerate().all(|(j, is)| j == i || *is);
                assert!(met[i] || !others, "`{requirement}` says something:\n{text}");
            }
        }
    }
    for (span, found) in &contradictory {
        if drawn.all.contains(span) {
            let any = tried.met.iter().any(|met| met.iter().all(|is| *is));
            assert!(!any, "the requirements can be met: {found:?}\n{text}");
        }
    }
    // Overlaps.
    for (span, found) in said(&loaded, Code::OverlappingCases) {
        let Some(i) = drawn.cases.iter().position(|c| *c == span).filter(|_| once(&span)) else { continue };
        let both = tried.cases.iter().any(|row| row[i] && row[..i].iter().any(|earlier| *earlier));
        assert!(both, "`{span}` never holds beside another: {found:?}\n{text}");
    }
    // Gaps.
    let text = drawn.plan("", "");
    let loaded = proved(&text);
    let gap = said(&loaded, Code::MissingOtherwise);
    let left = tried.outcomes.contains("0");
    match gap.as_slice() {
        [] => assert!(!left, "the cases leave a gap, which is not said:\n{text}"),
        [(_, found)] if found.message.contains("nothing applies where") => {
            assert!(left, "the cases leave no gap: {found:?}\n{text}");
        }
        _ => {}
    }
}

#[test]
fn what_is_proved_holds_for_every_row_and_what_holds_is_proved_or_left_open() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(PLANS);
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let seed = proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha);
    let mut runner = if std::env::var("PROPTEST_CASES").is_ok() {
        proptest::test_runner::TestRunner::new(config)
    } else {
        proptest::test_runner::TestRunner::new_with_rng(config, seed)
    };
    let count = std::cell::RefCell::new(Count::default());
    let result = runner.run(&drawn(), |drawn| {
        judge(&drawn, &mut count.borrow_mut());
        Ok(())
    });
    if let Err(error) = result {
        panic!("{error}");
    }
    let Count { decided, undecided } = count.into_inner();
    // Were nearly nothing decided, nothing would be held to account.
    assert!(decided > undecided * 2, "{decided} decided, {undecided} not");
}

/// The codes found in a plan, and those of lints that are allowed.
fn codes(text: &str) -> Vec<&'static str> {
    let head = "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\ncurrency = \"USD\"\n[conventions]\nmonth_end = \"clamp\"\nrounding = \"half_up\"\n";
    let loaded = proved(&format!("{head}{text}"));
    assert!(!loaded.diagnostics.iter().any(Diagnostic::is_error), "{:?}", loaded.diagnostics);
    loaded.diagnostics.iter().chain(&loaded.allowed).map(|d| d.code.name()).collect()
}

#[test]
fn what_a_table_requires_of_its_rows_says_nothing_of_a_row_that_is_not_there() {
    let plan = r#"
        [inputs]
        who = "text"
        [inputs.people]
        key = "id"
        require = [{ that = "left_on is present", field = "left_on", message = "is missing" }]
        fields = { id = "text", left_on = "date?" }
        [rules.known]
        cite = "1"
        value = "if people[who] is present and people[who].left_on is present then 1 else 2"
    "#;
    assert!(!codes(plan).contains(&"unreachable-case"));
}

#[test]
fn what_one_record_requires_of_another_counts_for_both() {
    let plan = |require: &str| {
        format!(
            r#"
            [inputs.company]
            require = [{require}]
            fields = {{ founded = "date" }}
            [inputs.stock]
            fields = {{ issued = "shares" }}
            [rules.age]
            cite = "1"
            value = "company.founded"
            [rules.part]
            cite = "1"
            value = "1 share / stock.issued"
            "#
        )
    };
    assert_eq!(codes(&plan("")), ["zero-divisor"]);
    let require = r#"{ that = "stock.issued > 0 shares", field = "founded", message = "is too early" }"#;
    assert_eq!(codes(&plan(require)), [""; 0]);
}

#[test]
fn what_is_required_of_a_product_counts_for_its_factors() {
    let plan = r#"
        [inputs.lot]
        require = [{ that = "shares * price > 0 USD", field = "price", message = "is missing" }]
        fields = { shares = "shares", price = "USD/share" }
        [rules.each]
        cite = "1"
        value = "1 USD / lot.price"
    "#;
    assert_eq!(codes(plan), ["undecided"]);
}

#[test]
fn nothing_is_shown_of_a_function_that_its_callers_keep_from_failing() {
    let plan = r#"
        [inputs]
        cash = "USD"
        price = "USD/share"
        [functions.shares]
        params = { each = "USD/share" }
        value = "cash / each"
        [rules.bought]
        cite = "1"
        value = "if price > 0 USD/share then shares(price) else 0 shares"
    "#;
    assert_eq!(codes(plan), ["undecided"]);
}

#[test]
fn a_hostile_plan_is_given_up_and_not_looked_through_for_ever() {
    let numbers: String = (0..60).map(|n| format!("n{n} = \"number\"\n")).collect();
    let any: Vec<String> = (0..60)
        .map(|n| {
            format!(
                "(n{n} > n{} or n{n} < n{} - 1 or n{n} = n{} + 2)",
                (n * 7 + 1) % 60,
                (n * 11 + 3) % 60,
                (n * 13 + 5) % 60
            )
        })
        .collect();
    let cases: Vec<String> = (0..40)
        .map(|n| format!("{{ when = \"{}\", then = \"{n}\", cite = \"1\" }}", any[n..n + 20].join(" and ")))
        .collect();
    let text = format!(
        "[inputs]\n{numbers}\n[rules.r]\ncases = [{}]\notherwise = {{ then = \"99\", cite = \"1\" }}\n",
        cases.join(",\n")
    );
    let found = codes(&text);
    assert!(found.contains(&"undecided"), "{found:?}");
}

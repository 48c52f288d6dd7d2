use super::{Change, Comparison, How, Version, compare};
use crate::engine::load;
use crate::limits::Limits;
use crate::plan::{MapResolver, read_plan};

fn version(name: &str, text: &str, part: &str) -> Version {
    let resolver = MapResolver::new().with("part.toml", part);
    let limits = Limits::DEFAULT;
    let loaded = load(name, text, &resolver, &limits);
    let errors: Vec<_> = loaded.diagnostics.iter().filter(|d| d.is_error()).collect();
    assert!(errors.is_empty(), "{errors:#?}");
    let (document, _) = read_plan(name, text, &resolver, &limits);
    Version { name: name.to_owned(), document, program: loaded.program.unwrap() }
}

const PART: &str = "[part]\nlanguage = 1\nid = \"part\"\ncurrency = \"USD\"\n\n[terms]\nfee = { value = \"5 USD\", cite = \"§9\" }\n";

const PLAN: &str = r#"[plan]
language = 1
id = "p"
title = "P"
currency = "USD"

[conventions]
rounding = "half_up"

[imports]
part = { part = "part.toml" }

[amendment]
default = "board"
[amendment.approvals.board]
by = "the Board"
cite = "§23"
words = "The Board may amend the Plan"
[amendment.approvals.owners]
by = "the owners"

[terms]
cap = { value = "10%", cite = "§6", about = "largest share" }
pool = { value = "100 shares", cite = "§1", change = "owners" }

[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = { type = "USD", min = "0 USD" }
kind = "one of old, new"

[rules.people.saved]
cite = "§6"
about = "what is saved"
value = "let most = cap * pay; round(min(most, pay), 0.01 USD)"

[rules.people.outcome]
type = "one of kept, paid"
cases = [
  { when = "kind = old", then = "kept", cite = "§7" },
  { when = "saved > 5 USD", then = "paid", cite = "§8" },
]
otherwise = { then = "kept", cite = "§8" }

[rules.left]
cite = "§1"
value = "pool - 1 share"

[rules.cost]
cite = "§9"
value = "sum(people.saved) + fee"

[outline]
"§1" = { term = "pool", rule = "left" }
"§6" = { term = "cap", rule = "people.saved" }
"§7" = { rule = "people.outcome" }
"§8" = { rule = "people.outcome" }
"§9" = { term = "fee", rule = "cost" }
"§23" = { narrative = "amendments" }
"#;

fn of(edits: &[(&str, &str)]) -> Comparison {
    let mut text = PLAN.to_owned();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    compare(&version("old.toml", PLAN, PART), &version("new.toml", &text, PART))
}

/// One line for each difference.
fn lines(change: &Change) -> Vec<String> {
    let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
    let of = |d: &super::Difference| format!("{}: {} / {}", d.what, side(&d.before), side(&d.after));
    change.differences.iter().map(of).collect()
}

#[test]
fn what_is_only_written_otherwise_is_the_same() {
    let found = of(&[
        (
            "let most = cap * pay; round(min(most, pay), 0.01 USD)",
            "let x = (cap * pay); round( min(x, pay), 0.01 USD )",
        ),
        ("largest share", "the largest share"),
        ("pool - 1 share", "(pool - 1 share)"),
        ("value = \"10%\"", "value = \"5% + 5%\""),
    ]);
    assert!(found.is_same() && found.texts_differ, "{:#?}", found.changes);
    let reworded: Vec<String> =
        found.reworded.iter().map(|r| format!("{} {}", r.name, r.what.join(" "))).collect();
    assert_eq!(reworded, ["cap about", "people.saved formula", "left formula"]);
    assert!(found.needed.is_empty());
    assert!(!of(&[]).texts_differ);
}

#[test]
fn a_history_is_compared_day_by_day() {
    let found = of(&[
        (
            "cap = { value = \"10%\",",
            "cap = { history = [{ from = 2000-01-01, until = 2001-12-31, value = \"10%\" }, { from = 2002-01-01, value = \"12%\" }],",
        ),
        ("[conventions]", "[inputs]\ntold_on = \"date\"\n[conventions]"),
        ("currency = \"USD\"\n\n[inputs]", "currency = \"USD\"\nterm_date = \"told_on\"\n\n[inputs]"),
    ]);
    let cap = found.changes.iter().find(|c| c.name == "cap").unwrap();
    assert_eq!(lines(cap), ["until 1999-12-31: 10% / -", "from 2002-01-01: 10% / 12%"]);
    assert_eq!(cap.bears_on, ["people.saved", "people.outcome", "cost"]);
    assert_eq!((cap.approval.as_slice(), cap.how), (&["board".to_owned()][..], How::Changed));
    assert!(found.changes.iter().any(|c| c.name == "told_on" && c.how == How::Added));
}

#[test]
fn cases_are_told_apart_by_their_conditions() {
    let found = of(&[
        ("saved > 5 USD", "saved >= 5 USD"),
        ("otherwise = { then = \"kept\"", "otherwise = { then = \"paid\""),
    ]);
    assert_eq!(
        lines(&found.changes[0]),
        ["condition of the case for `paid`: saved > 5 USD / saved >= 5 USD", "otherwise: kept / paid"]
    );
    let swapped = of(&[
        ("  { when = \"kind = old\", then = \"kept\", cite = \"§7\" },\n", ""),
        (
            "then = \"paid\", cite = \"§8\" },\n",
            "then = \"paid\", cite = \"§8\" },\n  { when = \"kind = old\", then = \"kept\", cite = \"§7\" },\n",
        ),
    ]);
    assert_eq!(
        lines(&swapped.changes[0]),
        ["order of cases: `kind = old`, then `saved > 5 USD` / `saved > 5 USD`, then `kind = old`"]
    );
}

#[test]
fn approvals_are_those_in_force_before_the_change() {
    let found = of(&[
        (
            "100 shares\", cite = \"§1\", change = \"owners\"",
            "200 shares\", cite = \"§1\", change = \"board\"",
        ),
        ("saved > 5 USD", "saved > 6 USD"),
    ]);
    let needed: Vec<(&str, Option<&str>, &[String])> =
        found.needed.iter().map(|n| (n.name.as_str(), n.by.as_deref(), n.of.as_slice())).collect();
    assert_eq!(
        needed,
        [
            ("owners", Some("the owners"), &["pool".to_owned()][..]),
            ("board", Some("the Board"), &["people.outcome".to_owned()][..])
        ]
    );
}

#[test]
fn a_change_in_a_part_shows_in_the_rules_that_use_it() {
    let old = version("plan.toml", PLAN, PART);
    let new = version("plan.toml", PLAN, &PART.replace("5 USD", "6 USD"));
    let found = compare(&old, &new);
    let [change] = found.changes.as_slice() else { panic!("{:#?}", found.changes) };
    assert_eq!((change.name.as_str(), change.from.as_deref()), ("fee", Some("part.toml")));
    assert_eq!(
        (lines(change), &change.bears_on[..]),
        (vec!["value: 5 USD / 6 USD".to_owned()], &["cost".to_owned()][..])
    );
}

#[test]
fn what_says_the_same_under_another_name_is_renamed() {
    let found =
        of(&[("cap", "ceiling_of_pay"), ("people", "staff"), ("saved", "kept_back"), ("left", "remaining")]);
    assert!(found.changes.is_empty(), "{:#?}", found.changes);
    let mut renamed: Vec<String> = found.renamed.iter().map(|r| format!("{} > {}", r.from, r.to)).collect();
    renamed.sort();
    assert_eq!(
        renamed,
        ["cap > ceiling_of_pay", "left > remaining", "people > staff", "people.saved > staff.kept_back"]
    );
    // A rename and a change are told apart.
    let both = of(&[("pool", "reserve"), ("100 shares", "200 shares")]);
    assert_eq!(both.renamed.len(), 0);
    assert!(both.changes.iter().any(|c| c.name == "pool" && c.how == How::Removed));
    assert!(both.changes.iter().any(|c| c.name == "reserve" && c.how == How::Added));
}

#[test]
fn inputs_readings_and_the_outline_are_compared() {
    let found = of(&[
        ("min = \"0 USD\"", "min = \"1 USD\""),
        ("one of old, new", "one of old, new, other"),
        (
            "\"§9\" = { term = \"fee\", rule = \"cost\" }",
            "\"§9\" = { rule = \"cost\", narrative = \"a fee\" }",
        ),
        ("rounding = \"half_up\"", "rounding = \"half_even\""),
    ]);
    let all: Vec<String> = found
        .changes
        .iter()
        .map(|c| format!("{} {}: {}", c.kind.noun(), c.name, lines(c).join("; ")))
        .collect();
    assert_eq!(
        all,
        [
            "plan plan: rounding: half_up / half_even",
            "field people.pay: at least: 0 USD / 1 USD",
            "field people.kind: type: one of old, new / one of old, new, other",
            "clause §9: narrative: - / said; term: fee / -",
        ]
    );
    assert!(found.changes[3].approval.is_empty());
}

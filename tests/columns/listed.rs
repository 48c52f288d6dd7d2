//! Rules that conclude lists and records: made by walks, of parts, or left to the reference evaluator within a
//! pass, and read by rules behind them.

use super::{cases, compare, limited};
use proptest::prelude::*;
use serde_json::json;
use whereas::Inputs;
use whereas::limits::Limits;

const HEAD: &str = r#"
[plan]
language = 1
id = "listed"
title = "Listed"
currency = "USD"
[conventions]
month_end = "clamp"
rounding = "half_up"
[inputs.groups]
key = "id"
[inputs.groups.fields]
id = "text"
rate = "number"
since = "date?"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
group = "ref groups"
pay = "USD"
bonus = "USD?"
hours = "number"
kind = "one of red, green, blue"
days = "list of date"
[types]
pack = "{ all: list of number, count: number }"
note = "{ what: text, paid: USD?, by: ref groups?, kinds: list of number }"
"#;

/// Lists and records, each with formulas that read it as `l`.
const LISTS: [(&str, &str, &[&str]); 17] = [
    (
        "list of ref people",
        "[p in people where p.group = group and p <> this]",
        &["count(l)", "sum(p.hours for p in l)", "if any(p.pay > pay for p in l) then 1 else 0"],
    ),
    ("list of ref people", "[p in people where p.hours < hours]", &["sum(p.hours for p in l)", "count(l)"]),
    (
        "list of USD",
        "[p.pay for p in people where p.group = group]",
        &["sum(l) / 1 USD", "let o = if hours > 3 then list else absent; count(o otherwise [1 USD])"],
    ),
    ("list of USD", "[p.pay / 3 for p in people where p.hours <= hours]", &["sum(l) / 1 USD"]),
    ("list of number", "[1 / p.hours for p in people where p.group = group]", &["sum(l)"]),
    ("list of boolean", "[p.pay > pay for p in people where p.kind = kind]", &["count(x in l where x)"]),
    (
        "list of one of red, green, blue",
        "[p.kind for p in people where p.hours >= hours and p.group = group]",
        &["count(x in l where x = kind)", "count(l)"],
    ),
    (
        "list of ref groups",
        "[g in groups where g.rate < hours and g.since is present]",
        &["sum(g.rate for g in l)", "if group in l then 1 else 0"],
    ),
    (
        "list of date",
        "[d for d in days where d > 2001-06-01] + [2001-01-01]",
        &[
            "count(l)",
            "let o = if hours > 3 then list else absent; year(max(o otherwise [2001-01-01]) otherwise 2000-01-01)",
        ],
    ),
    ("list of number", "[hours, hours * 2, 7]", &["sum(l)", "if hours in l then 1 else 0"]),
    (
        "list of USD",
        "[p.bonus otherwise 0 USD for p in people where p.group = group order by p.pay]",
        &["sum(l) / 1 USD"],
    ),
    ("list of text", "[p.id for p in people where p.group = group]", &["count(distinct(l))"]),
    (
        "list of USD",
        "running fold s = 0 USD for p in people where p.group = group then s + p.pay",
        &["sum(l) / 1 USD"],
    ),
    (
        "note",
        "{ what: id, paid: bonus, by: if hours > 3 then group else absent, kinds: [hours, 1] }",
        &["sum(l.kinds)", "(l.paid otherwise 3 USD) / 1 USD", "if l.by is present then l.by.rate else 0"],
    ),
    (
        "list of note",
        "[{ what: p.id, paid: p.bonus, by: p.group, kinds: [p.hours] } for p in people where p.group = group]",
        &["count(l)", "sum(sum(n.kinds) for n in l)"],
    ),
    (
        "list of list of number",
        "[[p.hours, hours] for p in people where p.group = group]",
        &["count(l)", "sum(sum(x) for x in l)"],
    ),
    (
        "pack",
        "{ all: [p.hours for p in people where p.group = group], count: 1 }",
        &["sum(l.all)", "count(x in l.all where x > 2)"],
    ),
];

fn plan(chosen: usize, reader: usize) -> String {
    let (ty, value, readers) = LISTS[chosen % LISTS.len()];
    let reader = readers[reader % readers.len()].replace("in l)", "in list)").replace("(l)", "(list)");
    let reader = reader.replace("in l ", "in list ").replace("l.", "list.").replace("(l ", "(list ");
    format!(
        "{HEAD}
[rules.people.list]
cite = \"1\"
type = \"{ty}\"
value = '''{value}'''
[rules.people.reader]
cite = \"1\"
value = '''{reader}'''
[rules.people.behind]
cite = \"1\"
value = \"reader + hours\"
[rules.people.kept]
cite = \"1\"
value = \"if hours > 2 then count([list]) else 0\"
[rules.total]
cite = \"1\"
value = \"sum(people.behind)\"
"
    )
}

fn inputs(rows: &[(u8, u8, u8, u8)]) -> Inputs {
    let groups = [
        json!({ "id": "a", "rate": 2, "since": "2001-02-03" }),
        json!({ "id": "b", "rate": "1.5" }),
        json!({ "id": "c", "rate": 4, "since": "2002-02-03" }),
    ];
    let people: Vec<_> = rows
        .iter()
        .enumerate()
        .map(|(n, (group, pay, hours, kind))| {
            let mut row = json!({
                "id": format!("p{n}"),
                "group": (["a", "b", "c"][usize::from(group % 3)]),
                "pay": format!("{}.{}5", pay, pay % 10),
                "hours": hours % 7,
                "kind": (["red", "green", "blue"][usize::from(kind % 3)]),
                "days": (0..kind % 4).map(|d| format!("2001-0{}-17", d * 3 + 1)).collect::<Vec<_>>(),
            });
            if kind % 2 == 0 {
                row["bonus"] = json!(format!("{pay}.50"));
            }
            // A number that no register holds.
            if *pay == 200 {
                row["pay"] = json!("1000000000000000000000.01");
            }
            row
        })
        .collect();
    Inputs::new().with("groups", &groups).unwrap().with("people", &people).unwrap()
}

#[test]
fn every_list_is_the_same() {
    let rows: Vec<_> = (0..40_u8).map(|n| (n.wrapping_mul(7), n * 3, n.wrapping_mul(5), n)).collect();
    for (chosen, (_, list, readers)) in LISTS.iter().enumerate() {
        for reader in 0..readers.len() {
            let text = plan(chosen, reader);
            for rows in [&rows[..], &rows[..1], &[]] {
                let found = compare(&limited(&text, Limits::DEFAULT).evaluation(), &inputs(rows), &[1, 3]);
                let found = found.unwrap_or_else(|e| panic!("{list}: {e}"));
                // But for divisions by zero there is something to compare.
                let is_result = found.starts_with('{');
                assert!(is_result || list.contains("1 / p.hours"), "{list}: {found}");
            }
        }
    }
}

#[test]
fn lists_as_long_as_may_be_and_longer_are_the_same() {
    let rows: Vec<_> = (0..9_u8).map(|n| (n, n, n, n)).collect();
    for (chosen, (_, list, _)) in LISTS.iter().enumerate() {
        for list_items in 0..6 {
            let limits = Limits { list_items, ..Limits::DEFAULT };
            let plan = limited(&plan(chosen, 0), limits);
            compare(&plan.evaluation(), &inputs(&rows), &[1])
                .unwrap_or_else(|e| panic!("{list}, {list_items}: {e}"));
        }
    }
}

/// What lists hold at a time is bounded whoever makes them: where memory could not hold them, nothing is concluded.
#[test]
fn lists_of_many_rows_are_bounded() {
    let rows: Vec<_> = (0..200_u8).map(|n| (0, 1, n, n)).collect();
    for chosen in [0, 2, 8, 14, 16] {
        let limits = Limits { values: 2_000, values_per_row: 0, ..Limits::DEFAULT };
        let plan = limited(&plan(chosen, 0), limits);
        let found = compare(&plan.evaluation(), &inputs(&rows), &[1, 2]);
        match found {
            Ok(found) => assert!(chosen == 8 || found.contains("hold more than"), "{chosen}: {found}"),
            Err(parting) => panic!("{parting}"),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(48), ..ProptestConfig::default() })]

    #[test]
    fn lists_of_any_rows_are_the_same(
        chosen in 0..LISTS.len(), reader in 0_usize..3, rows in prop::collection::vec(any::<(u8, u8, u8, u8)>(), 0..30),
    ) {
        let plan = limited(&plan(chosen, reader), Limits::DEFAULT);
        if let Err(parting) = compare(&plan.evaluation(), &inputs(&rows), &[1, 2]) {
            return Err(TestCaseError::fail(format!("{}: {parting}", LISTS[chosen].1)));
        }
    }
}

//! Walks over more rows than memory holds: those of a whole table, in order or folded, and those of another table
//! that are found for each row.

use super::{flat, line, run, words};
use crate::support::Scratch;
use std::fmt::Write as _;
use std::fs;

const PLAN: &str = r#"[plan]
language = 1
id = "walked"
title = "Purchases of many people"
currency = "USD"

[conventions]
month_end = "clamp"
rounding = "half_up"

[inputs.people]
key = "id"
fields = { id = "text", name = "text", pay = "USD", joined = "date", team = "text" }

[inputs.purchases]
key = "id"
[inputs.purchases.fields]
id = "number"
person = "ref people"
amount = "USD"
on = "date"
kind = "one of buy, sale"

[rules]
"#;

/// Rules of the plan: whether each is about people, purchases or the plan; its type, and its formula.
const RULES: [(&str, &str, &str); 33] = [
    ("plan", "USD?", "first(p.amount for p in purchases order by p.on)"),
    (
        "plan",
        "USD?",
        "last(p.amount for p in purchases where p.kind = buy order by p.on, p.amount descending)",
    ),
    ("plan", "text?", "last(p.name for p in people)"),
    ("plan", "text?", "first(p.name for p in people order by p.name, p.pay descending)"),
    ("plan", "number?", "first(p.id for p in purchases where p.amount > 990 USD)"),
    ("plan", "text?", "last(p in people where p.pay < 0 USD order by p.pay).name"),
    ("plan", "text?", "first(p in people order by p.pay descending).name"),
    (
        "plan",
        "USD",
        "fold s = 0 USD for p in purchases then if p.kind = buy then s + p.amount else max(0 USD, s - p.amount)",
    ),
    (
        "plan",
        "USD",
        "fold s = 0 USD for p in purchases where p.kind = buy order by p.on, p.person.name then max(p.amount, s - 1 USD)",
    ),
    ("plan", "number", "count(purchases)"),
    ("plan", "text?", "last(people).name"),
    ("people", "number", "count(purchases) + count(people)"),
    ("plan", "number", "count(distinct([p.team for p in people]))"),
    ("plan", "text?", "max(p.name for p in people)"),
    ("plan", "list of text", "[p.id for p in people where p.pay > 990 USD order by p.name descending, p.id]"),
    ("plan", "number", "count(p in people where p.name + p.team = 'name 5t3')"),
    ("plan", "boolean", "all(p.name <> p.team for p in people)"),
    ("plan", "number", "sum(1 / 3 for p in people where p.name < 'name 3')"),
    ("people", "USD", "sum(p.amount for p in purchases where p.person = this and p.kind = buy)"),
    ("people", "USD", "sum(p.amount for p in purchases where p.on <= joined)"),
    ("people", "USD?", "max(p.amount for p in purchases where p.on > joined)"),
    ("people", "number", "count(o in people where o.pay > pay)"),
    ("people", "USD?", "last(p.amount for p in purchases where p.person = this order by p.on, p.amount)"),
    ("people", "list of USD", "[p.amount for p in purchases where p.person = this]"),
    (
        "people",
        "USD",
        "fold s = 0 USD for p in purchases where p.person = this order by p.on then max(0 USD, if p.kind = buy then s + p.amount else s - p.amount)",
    ),
    (
        "people",
        "USD",
        "let mine = [p for p in purchases where p.person = this]; sum(p.amount for p in mine where p.kind = buy) - sum(p.amount for p in mine where p.kind = sale)",
    ),
    ("people", "number", "count(distinct([p.on for p in purchases where p.person = this]))"),
    (
        "people",
        "USD?",
        "max(running fold s = 0 USD for p in purchases where p.person = this order by p.on then max(0 USD, if p.kind = buy then s + p.amount else s - p.amount))",
    ),
    (
        "people",
        "USD",
        "sum(sum(o.amount for o in purchases where o.person = this and o.on < p.on) for p in purchases where p.person = this and p.kind = sale)",
    ),
    ("people", "USD", "sum(o.pay for o in people where o.team = team)"),
    ("people", "number", "count(o in people where o.name = name and o.pay >= pay)"),
    (
        "purchases",
        "USD",
        "sum(o.amount for o in purchases where o.person = person and (o.on < on or o.on = on and o.id < id))",
    ),
    (
        "purchases",
        "USD?",
        "first(o.amount for o in purchases where o.person = person and o.on < on order by o.on descending)",
    ),
];

/// Tables in which nothing is in order.
fn tables(people: u32, purchases: u32) -> (String, String) {
    let mixed = |n: u32| n.wrapping_mul(2_654_435_761) >> 7;
    let mut of_people = "id,name,pay,joined,team\n".to_owned();
    for n in 0..people {
        let m = mixed(n);
        let joined = format!("20{:02}-{:02}-{:02}", m % 20 + 10, m / 20 % 12 + 1, m / 240 % 28 + 1);
        writeln!(
            of_people,
            "P{n},name {},{}.{:02},{joined},t{}",
            m % (people / 2),
            m % 1_000,
            m % 100,
            m % 50
        )
        .unwrap();
    }
    let mut of_purchases = "id,person,amount,on,kind\n".to_owned();
    for n in 0..purchases {
        let m = mixed(n.wrapping_add(7));
        let on = format!("20{:02}-{:02}-{:02}", m % 20 + 10, m / 20 % 12 + 1, m / 240 % 28 + 1);
        let kind = if m % 3 == 0 { "sale" } else { "buy" };
        writeln!(of_purchases, "{n},P{},{}.{:02},{on},{kind}", m % people, m / 3 % 1_000, m % 100).unwrap();
    }
    (of_people, of_purchases)
}

#[test]
fn walks_over_more_rows_than_memory_holds_come_to_the_same() {
    let (people, purchases) = tables(20_000, 40_000);
    let scratch = Scratch::new("memory-walks");
    let (mut plan, mut of_table) =
        (PLAN.to_owned(), [("people", String::new()), ("purchases", String::new())]);
    for (n, (about, ty, formula)) in RULES.iter().enumerate() {
        let rule = format!("r{n} = {{ cite = \"§1\", type = \"{ty}\", value = \"{formula}\" }}\n");
        match of_table.iter_mut().find(|(name, _)| name == about) {
            Some((_, rules)) => rules.push_str(&rule),
            None => plan.push_str(&rule),
        }
    }
    for (table, rules) in of_table {
        write!(plan, "\n[rules.{table}]\n{rules}").unwrap();
    }
    scratch.write("plan.toml", &plan);
    scratch.write("people.csv", &people);
    scratch.write("purchases.csv", &purchases);
    let mut most_of_all = None;
    for (n, (about, ..)) in RULES.iter().enumerate() {
        let only = if *about == "plan" { format!("r{n}") } else { format!("{about}.r{n}") };
        let command = format!(
            "run plan.toml --data people=people.csv --data purchases=purchases.csv --only {only} --format ndjson"
        );
        let command = if *about == "plan" { command.replace("ndjson", "csv") } else { command };
        let without = run(&scratch.0, &words(&command), None);
        assert_eq!(without.code, Some(0), "{only}: {}", without.text());
        let script = format!("exec \"$0\" {command} --memory 16MB --out within.out");
        let (code, said, most) = line(&scratch, &script);
        assert_eq!(code, Some(0), "{only}: {said}");
        assert!(fs::read_to_string(scratch.0.join("within.out")).unwrap() == without.out, "{only}");
        most_of_all = most_of_all.max(most.map(|most| (most, only)));
    }
    assert!(most_of_all.as_ref().is_none_or(|(most, _)| *most < 16_000_000), "{most_of_all:?}");
}

#[test]
fn walks_of_the_reference_evaluator_come_to_the_same() {
    let (people, purchases) = tables(17_000, 18_000);
    let scratch = Scratch::new("memory-walks-reference");
    scratch.write("people.csv", &people);
    scratch.write("purchases.csv", &purchases);
    for (n, (about, ty, formula)) in RULES.iter().enumerate().filter(|(_, (about, ..))| *about == "plan") {
        let rule = format!("r{n} = {{ cite = \"§1\", type = \"{ty}\", value = \"{formula}\" }}\n");
        scratch.write("plan.toml", format!("{PLAN}{rule}"));
        let command = format!(
            "run plan.toml --data people=people.csv --data purchases=purchases.csv --only r{n} --format csv"
        );
        let of = |more: &str| run(&scratch.0, &words(&format!("{command} --engine reference {more}")), None);
        let (without, within) = (of(""), of("--memory 16MB"));
        assert_eq!((without.code, within.code), (Some(0), Some(0)), "{about}: {formula}: {}", within.text());
        assert_eq!(without.out, within.out, "{formula}");
    }
}

#[test]
fn a_walk_over_many_rows_fails_where_it_does_without_a_bound() {
    let (people, purchases) = tables(17_000, 10);
    let scratch = Scratch::new("memory-walks-failing");
    scratch.write("people.csv", people.replacen(",t7\n", ",odd\n", 400));
    scratch.write("purchases.csv", &purchases);
    for formula in [
        "first(p.pay for p in people where FAILS > 0 order by p.pay)",
        "first(if p.team = 'odd' then p.pay * FAILS else p.pay for p in people order by p.name)",
        "last(p.pay for p in people order by (if p.team = 'odd' then FAILS else 2))",
        "fold s = 0 for p in people order by p.name then if p.team = 'odd' then FAILS else s + 1",
        "count(distinct([if p.team = 'odd' then FAILS else 3 for p in people]))",
        "first(p.name for p in people order by (if p.team = 'odd' then FAILS else 3))",
    ] {
        let formula = formula.replace("FAILS", "p.pay / (p.pay - p.pay)");
        scratch.write("plan.toml", format!("{PLAN}r = {{ cite = \"§1\", value = \"{formula}\" }}\n"));
        let command =
            "run plan.toml --data people=people.csv --data purchases=purchases.csv --only r --format csv";
        let without = run(&scratch.0, &words(command), None);
        let within = run(&scratch.0, &words(&format!("{command} --memory 16MB")), None);
        assert_eq!((without.code, within.code), (Some(1), Some(1)), "{formula}: {}", without.text());
        assert!(flat(&within.err).contains("`r` has no value"), "{formula}: {}", within.err);
        assert_eq!(flat(&without.err), flat(&within.err), "{formula}");
    }
}

//! Tables whose rows refer to each other or to those of others, larger than the memory allowed.

use super::*;

/// The plan, with accounts that refer to offices, which have a size.
fn referring() -> String {
    let sum = "sum(a.balance for a in accounts where a.office.staff > 3)";
    PLAN.replace("open = \"boolean\" }", "open = \"boolean\", office = \"ref offices\" }")
        .replace("city = \"text\" }", "city = \"text\", staff = \"number\" }")
        .replace("[rules]\n", &format!("[rules]\nin_large = {{ value = \"{sum}\", cite = \"§6\" }}\n"))
}

/// A plan for tables that say something of their rows together.
const TOGETHER: &str = r#"[plan]
language = 1
id = "together"
title = "Rows together"
currency = "USD"

[inputs.slips]
key = "id"
fields = { id = "number", slip = { type = "number?", unique = true }, pay = "USD" }

[inputs.people]
key = "id"
fields = { id = "number", boss = "ref people?", pay = "USD" }
require = [{ that = "boss is absent or pay >= 1 USD", field = "pay", message = "is too little below another" }]

[rules]
slips_paid = { value = "sum(slips.pay)", cite = "§1" }
bosses_paid = { value = "sum(p.boss.pay for p in people where p.boss is present)", cite = "§1" }
"#;

#[test]
fn rows_are_held_against_each_other_within_little_memory() {
    let scratch = Scratch::new("memory-together");
    scratch.write("plan.toml", TOGETHER);
    let slips = |again: usize| -> String {
        let slip = |row: usize| {
            if row.is_multiple_of(3) { String::new() } else { format!("{}", row * 7_919 % 65_536) }
        };
        (0..30_000)
            .map(|row| format!("{row},{},1\n", slip(if row == 20_000 { again } else { row })))
            .collect()
    };
    let people = |wrong: &str| -> String {
        let boss =
            |row: usize| if row.is_multiple_of(4) { String::new() } else { format!("{}", row * 31 % 30_000) };
        let pay = |row: usize| if row == 29_999 { wrong.to_owned() } else { format!("{row}.5") };
        (0..30_000).map(|row| format!("{row},{},{}\n", boss(row), pay(row))).collect()
    };
    let ran = |slips: String, people: String, memory: &str| {
        scratch.write("slips.csv", format!("id,slip,pay\n{slips}"));
        scratch.write("people.csv", format!("id,boss,pay\n{people}"));
        let data = "--data slips=slips.csv --data people=people.csv --only slips_paid --only bosses_paid";
        run(&scratch.0, &words(&format!("run plan.toml {data} --format json {memory}")), None)
    };
    let both = |slips: String, people: String| {
        let without = ran(slips.clone(), people.clone(), "");
        (without, ran(slips, people, "--memory 16MB"))
    };
    // Rows without a value repeat none, and rows refer to rows of their own table.
    let (without, within) = both(slips(20_000), people("1"));
    assert_eq!((without.code, within.code), (Some(0), Some(0)), "{}", within.text());
    assert_eq!(without.out, within.out);
    // The slip of row 100 comes again.
    let (without, within) = both(slips(100), people("1"));
    assert_eq!((without.code, within.code), (Some(1), Some(1)));
    assert!(flat(&without.err).contains("slips.csv, line 20002"), "{}", without.err);
    assert!(flat(&within.err).contains("slips.csv, line 20002"), "{}", within.err);
    // What one row says of another is not told of some rows alone: no false fault is.
    let (without, within) = both(slips(20_000), people("0.5"));
    assert_eq!((without.code, within.code), (Some(1), Some(1)));
    assert!(flat(&without.err).contains("`pay` is too little below another"), "{}", without.err);
    assert!(flat(&within.err).contains("`people.csv` has no room"), "{}", within.err);
}

#[test]
fn references_of_large_tables_take_no_more_memory() {
    let offices: String = (0..40_000).map(|n| format!("o{},Rome,{}\n", n * 7_919 % 40_000, n % 7)).collect();
    let referred = |row: usize| (row * 31) % 40_000;
    let accounts: String = (accounts(120_000).lines().enumerate())
        .map(|(row, line)| match row {
            0 => format!("{line},office\n"),
            row => format!("{line},o{}\n", referred(row)),
        })
        .collect();
    let scratch = scratch("memory-references", &roster(1_000), &accounts);
    scratch.write("plan.toml", referring());
    scratch.write("offices.csv", format!("name,city,staff\n{offices}"));
    let only = "--data people=people.csv --only in_large --format json";
    let without = whereas(&scratch, &format!("{only} --out without.json"));
    assert_eq!(without.code, Some(0), "{}", without.text());
    let script = format!("exec \"$0\" run plan.toml {OTHERS} {only} --memory 16MB --out within.json");
    let (code, said, most) = line(&scratch, &script);
    assert_eq!(code, Some(0), "{said}");
    let read = |name: &str| fs::read_to_string(scratch.0.join(name)).unwrap();
    assert_eq!(read("without.json"), read("within.json"));
    assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
    // A row that refers to nothing is told of at its line, and is refused alone.
    let broken = accounts.replacen(&format!(",o{}\n", referred(100_001)), ",o40000\n", 40);
    assert!(broken != accounts);
    scratch.write("accounts.csv", broken);
    let without = whereas(&scratch, only);
    let within = whereas(&scratch, &format!("{only} --memory 16MB"));
    assert_eq!((without.code, within.code), (Some(1), Some(1)), "{}", within.text());
    assert!(flat(&without.err).contains("names `o40000`, and `offices` has no such row"), "{}", without.err);
    assert_eq!(without.err, within.err);
    let refused = "--reject r.csv --keep-going --out x.json";
    let without = whereas(&scratch, &format!("{only} {refused}"));
    let (all, results) = (read("r.csv"), read("x.json"));
    let within = whereas(&scratch, &format!("{only} {refused} --memory 16MB"));
    assert_eq!(without.err, within.err);
    assert!((all, results) == (read("r.csv"), read("x.json")));
}

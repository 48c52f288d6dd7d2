//! The reader of tables straight into columns, held to the ordinary reader of CSV.

use super::dice::{Dice, noise};
use super::{cases, config, told};
use proptest::prelude::*;
use std::fs;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use whereas::columns::pool;
use whereas::data::{
    Around, Encoding, Format, Source, known_inputs, read_data, read_json, read_roster, sift_roster,
};
use whereas::diagnostic::Diagnostics;
use whereas::engine::{Evaluator, Rosters, Tried};
use whereas::{EvaluateError, Inputs, Plan};

const PLAN: &str = r#"
[plan]
language = 1
id = "roster"
title = "Roster"
currency = "USD"
[inputs.offices]
key = "name"
fields = { name = "text", city = "text" }
[inputs.people]
key = "id"
require = [
  { that = "kind = red or left is present", field = "left", message = "is required" },
  { that = "hired <= 9999-12-30", field = "hired", message = "is too late" },
]
[inputs.people.fields]
id = "text"
pay = { type = "USD", min = "-1_000_000 USD", step = "0.0001 USD" }
rate = { type = "%", default = "5%" }
hours = { type = "number", max = 1_000_000 }
shares = { type = "shares?", whole = true }
price = "USD/share?"
hired = { type = "date", above = 0001-01-01 }
left = "date?"
active = { type = "boolean", default = true }
flag = "boolean?"
kind = { type = "one of red, green, blue", default = "red" }
note = "text?"
badge = { type = "count", unique = true }
office = "ref offices?"
[rules.total]
cite = "1"
value = "sum(people.pay)"
[rules.people.all_of_it]
cite = "1"
value = '{ pay: pay, rate: rate, hours: hours, shares: shares, price: price, hired: hired, left: left, active: active, flag: flag, kind: kind, note: note, badge: badge, office: office }'
[rules.people.an_hour]
cite = "1"
value = "round(pay / hours, 0.01 USD, half_up)"
[rules.people.place]
cite = "1"
value = "position(this)"
[rules.people.again]
cite = "1"
value = "people[id].badge otherwise 0"
[rules.people.city]
cite = "1"
value = 'if office is present then office.city else "none"'
[rules.offices.many]
cite = "1"
value = "count(p in people where p.office is present and p.office = this)"
"#;

/// The offices, as the document and as a file give them.
const OFFICES: &str = r#"{ "offices": [{ "name": "o1", "city": "Rome" }, { "name": "o2", "city": "Oslo" }, { "name": "o3", "city": "Ulm" }] }"#;
const OFFICES_FILE: &str = "name,city\no1,Rome\no2,Oslo\no3,Ulm\n";

static THE_PLAN: LazyLock<Plan> = LazyLock::new(|| Plan::from_str(PLAN).unwrap());

const COLUMNS: [(&str, &[&str], &[&str]); 14] = [
    ("id", &["P"], &["", "P1"]),
    (
        "pay",
        &[
            "100",
            "1.50",
            "0",
            "1250.50",
            "00012",
            "99999999999.99",
            "0.1",
            "7",
            "12.3456",
            "-5",
            "-0",
            "1e3",
            "2.5e-2",
            "1/4",
            "123456789012345678",
        ],
        &[
            "abc", "1,000", "$5", "1/0", "1.23456", "-1000001", " 5", "5%", "1.", "", "1_000", ".5", "+4",
            "1e99999", "١",
        ],
    ),
    ("rate", &["0.05", "7.5%", "1/3", "0.12345", "", "12", "0.000000001", "100%", "-0%"], &["%", "5 %", "a"]),
    (
        "hours",
        &[
            "40",
            "1",
            "2.5",
            "1/3",
            "-0.000000000001",
            "0.123456789",
            "0.1234567891",
            "1000000",
            "-92233720368547758079999",
            "9.99999999",
            // Then a rule has no value, and its line is told.
            "0",
        ],
        &["", "1000001", "h", "1e10"],
    ),
    (
        "shares",
        &["", "5", "0", "100.0", "-3", "9223372036854775807", "9223372036854775808", "1e3"],
        &["0.5", "1/3"],
    ),
    ("price", &["", "1.3125", "0.0001", "1/7", "0.00000001", "1234567890.123456789"], &["x"]),
    (
        "hired",
        &["2001-01-31", "2000-02-29", "9999-12-30", "0001-01-02"],
        &[
            "2001-02-29",
            "9999-12-31",
            "0001-01-01",
            "0000-01-01",
            "2001-1-3",
            "",
            "01/02/2001",
            "2001-01-31T00:00",
        ],
    ),
    ("left", &["2001-06-30", "1999-12-31", "9999-12-31", "0001-01-01"], &["", "today", "2001-00-01"]),
    ("active", &["true", "false", ""], &["TRUE", "yes", "1"]),
    ("flag", &["true", "false", ""], &["False"]),
    ("kind", &["red", "green", "blue", ""], &["Red", "red ", "purple"]),
    (
        "note",
        &["", "a", "plain words", "Ärger über 5 €", " spaced ", "a;b", "'", "x\ty", "日本語"],
        &["\u{0}", "a\"b"],
    ),
    ("badge", &["7"], &["", "1", "1.0", "x"]),
    ("office", &["", "o1", "o2", "o3"], &["o9", "O1", " o1", "o"]),
];
/// Columns that a file need not have.
const OPTIONAL: [usize; 8] = [2, 4, 5, 8, 9, 10, 11, 13];

#[derive(Clone)]
struct Written {
    layout: Vec<u16>,
    rows: usize,
    seed: u64,
    /// One cell of so many is faulty; none where it is 0.
    faulty: u64,
    /// One cell of so many stands in quotes; none where it is 0.
    quoted: u64,
    /// One row of so many has empty lines before it, and one goes on over lines; none where it is 0.
    apart: u64,
}

impl Written {
    fn text(&self) -> String {
        let mut dice = Dice::new(&self.layout);
        let mark = dice.roll(4) == 3;
        let end = dice.pick(&["\n", "\r\n"]);
        let last = dice.roll(3) != 2;
        let mut columns: Vec<usize> = (0..COLUMNS.len()).collect();
        for column in OPTIONAL {
            if dice.roll(4) == 3 {
                columns.retain(|c| *c != column);
            }
        }
        for at in 1..columns.len() {
            let other = dice.roll(4 * (at + 1));
            if other < at {
                columns.swap(at, other);
            }
        }
        let extra = self.faulty > 0 && dice.roll(40) == 39;
        // Most columns hold a few sorts of values, and some all.
        let few: Vec<usize> = columns.iter().map(|_| dice.roll(20)).collect();
        let mut text = if mark { String::from("\u{feff}") } else { String::new() };
        let mut names: Vec<&str> = columns.iter().map(|c| COLUMNS[*c].0).collect();
        if extra {
            names.push(dice.pick(&["other", "pay", "", "\"q\""]));
        }
        if self.apart > 0 {
            text += dice.pick(&["", "", "\n", "\r\n\n"]);
            names.iter_mut().filter(|n| dice.roll(4) == 3 && !n.contains('"')).for_each(|name| {
                *name = COLUMNS.iter().find(|c| c.0 == *name).map_or(*name, |_| quoted_name(name));
            });
        }
        text += &names.join(",");
        let apart = |salt: usize, row: usize| self.apart > 0 && noise(self.seed, salt, row) % self.apart == 0;
        for row in 0..self.rows {
            text += end;
            if apart(91, row) {
                let empty = ["\n", "\r\n", "  \n", "\n\n\n", "\u{a0}\t\r\n"];
                text += empty[noise(self.seed, 92, row) as usize % empty.len()];
            }
            for (at, column) in columns.iter().enumerate() {
                let n = noise(self.seed, *column, row);
                let (name, good, bad) = COLUMNS[*column];
                let good = if few[at] < 12 { &good[..good.len().min(3)] } else { good };
                let faulty = self.faulty > 0 && (n >> 32) % self.faulty == 0;
                let list = if faulty { bad } else { good };
                let mut cell = list[n as usize % list.len()].to_owned();
                if !faulty && (name == "id" || name == "badge") {
                    cell = format!("{}{row}", if name == "id" { "P" } else { "" });
                }
                let plain = !cell.contains(['"', ',', '\n']);
                let quotes = self.quoted > 0 && (n >> 20) % self.quoted == 0;
                let lines = name == "note" && apart(93, row);
                if at > 0 {
                    text.push(',');
                }
                if quotes || lines || !plain && !faulty {
                    let over = ["", "\n", "\r\n\n", "\n,\n", "\n\"\"\n"];
                    let over = over[if lines { n as usize % over.len() } else { 0 }];
                    cell = format!(
                        "\"{}{over}{}\"",
                        cell.replace('"', "\"\""),
                        if name == "note" { ", \"\"so\"\"" } else { "" }
                    );
                } else if name == "note" && n % 64 == 63 && !cell.is_empty() {
                    // A quote within a cell is nothing but a character.
                    cell += " 5\"";
                }
                text += &cell;
            }
            if extra {
                text.push(',');
            }
            if self.faulty > 0 && noise(self.seed, 90, row) % (self.faulty * 20) == 0 {
                text += dice.pick(&["\n", ",", "\n  ", "\r", "\"", "\n\n\n"]);
            }
        }
        if last {
            text += end;
        }
        text
    }
}

/// The name of a column in quotes.
fn quoted_name(name: &str) -> &'static str {
    match name {
        "id" => "\"id\"",
        "pay" => "\"pay\"",
        "note" => "\"note\"",
        _ => COLUMNS.iter().find(|c| c.0 == name).map_or("", |c| c.0),
    }
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}\n{}", &self.layout, self.text())
    }
}

fn ordinary(plan: &Plan, path: &Path) -> Result<Inputs, EvaluateError> {
    all_of_it(plan, path).map_err(EvaluateError::Data)
}

/// The rows of a file and the offices, each with its place.
fn all_of_it(plan: &Plan, path: &Path) -> Result<Inputs, Diagnostics> {
    let mut arguments = vec![format!("people={}", path.display())];
    if plan.program().find_table("offices").is_some() {
        let offices = path.with_file_name("offices.json");
        fs::write(&offices, OFFICES).unwrap();
        arguments.push(offices.display().to_string());
    }
    let arguments = arguments.iter().map(String::as_str);
    read_data(arguments, &known_inputs(plan.program()), plan.limits()).map(Inputs::from_raw)
}

/// The offices beside a table in columns: in the document, or, beside several threads, in columns too.
fn beside(plan: &Plan, path: &Path, threads: usize) -> (Inputs, Option<(usize, Source)>) {
    let Some(table) = plan.program().find_table("offices") else { return (Inputs::new(), None) };
    if threads == 1 {
        let raw = read_json("offices.json", OFFICES, plan.limits()).unwrap();
        return (Inputs::from_raw(raw), None);
    }
    let path = path.with_file_name("offices.csv");
    fs::write(&path, OFFICES_FILE).unwrap();
    let source = Source::new("offices", path.to_str().unwrap(), Encoding::plain(Format::Csv));
    (Inputs::new(), Some((table, source)))
}

/// What is read straight into columns, where it is; as the command does it.
fn straight(plan: &Plan, path: &Path, threads: usize) -> Option<Inputs> {
    let table = plan.program().find_table("people").unwrap();
    let source = Source::new("people", path.to_str().unwrap(), Encoding::plain(Format::Csv));
    let pool = pool(threads);
    let around = Around { pool: pool.as_ref(), ..Around::default() };
    let data = read_roster(plan.program(), table, &source, around)?;
    let (again_plan, again_path) = (plan.clone(), path.to_owned());
    let again = move || all_of_it(&again_plan, &again_path);
    let mut tables = vec![(table, data)];
    let (inputs, offices) = beside(plan, path, threads);
    if let Some((table, source)) = offices {
        tables.push((table, read_roster(plan.program(), table, &source, around)?));
    }
    let rosters = Rosters { tables, again: Some(Arc::new(again)), ..Rosters::default() };
    Some(inputs.with_rosters(rosters))
}

/// What became of an evaluation without the rows that are refused, to be compared.
fn told_of(tried: Tried) -> String {
    let rows: Vec<String> =
        tried.refused.iter().map(|r| format!("{} {:?}\n{:#?}", r.table, r.row, r.reasons)).collect();
    let all = tried.of_all.map_or_else(String::new, |error| told(Err(error)));
    format!("{}\nall: {all}\n{}", rows.join("\n"), told(tried.results))
}

/// The rows that are refused of one file, and the results without them, by both readers: whether any
/// were, or where the two part.
fn compare_refused(plan: &Plan, text: &[u8], threads: usize) -> Result<bool, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    fs::write(&path, text).unwrap();
    let Ok(inputs) = ordinary(plan, &path) else { return Ok(false) };
    let expected = plan.evaluation().evaluator(Evaluator::Reference).run_without_refused(&inputs);
    let table = plan.program().find_table("people").unwrap();
    let source = Source::new("people", path.to_str().unwrap(), Encoding::plain(Format::Csv));
    let pool = pool(threads);
    let around = Around { pool: pool.as_ref(), ..Around::default() };
    let Some(one) = sift_roster(plan.program(), table, &source, around, usize::MAX) else { return Ok(false) };
    let any = !expected.refused.is_empty();
    let never = move || panic!("{threads} threads: left to the ordinary reader");
    let mut sifted = vec![one];
    let (inputs, offices) = beside(plan, &path, threads);
    if let Some((table, source)) = offices {
        sifted.extend(sift_roster(plan.program(), table, &source, around, usize::MAX));
    }
    let rosters = Rosters { again: Some(Arc::new(never)), sifted, ..Rosters::default() };
    let inputs = inputs.with_rosters(rosters);
    let found = plan.evaluation().evaluator(Evaluator::Columns).run_without_refused(&inputs);
    let (expected, found) = (told_of(expected), told_of(found));
    if expected != found {
        return Err(format!("{threads} threads, refused\n{}", super::parting(&expected, &found)));
    }
    Ok(any)
}

/// Both readers on one file: whether columns were read, or where the two part.
fn compare(plan: &Plan, text: &[u8], threads: &[usize]) -> Result<bool, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("people.csv");
    fs::write(&path, text).unwrap();
    let run = |inputs: &Inputs, evaluator| told(plan.evaluation().evaluator(evaluator).run(inputs));
    let expected = match ordinary(plan, &path) {
        Ok(inputs) => run(&inputs, Evaluator::Reference),
        Err(error) => told(Err(error)),
    };
    let mut read = false;
    for threads in threads {
        let Some(inputs) = straight(plan, &path, *threads) else { continue };
        read = true;
        for evaluator in [Evaluator::Reference, Evaluator::Columns] {
            let found = run(&inputs, evaluator);
            if found != expected {
                let which = format!("{threads} threads, {evaluator:?}");
                return Err(format!("{which}\n{}", super::parting(&expected, &found)));
            }
        }
    }
    Ok(read)
}

fn written(
    faulty: impl Strategy<Value = u64>,
    quoted: impl Strategy<Value = u64>,
    apart: impl Strategy<Value = u64>,
) -> impl Strategy<Value = Written> {
    let layout = prop::collection::vec(any::<u16>(), 0..50);
    (layout, 0_usize..40, any::<u64>(), faulty, quoted, apart).prop_map(
        |(layout, rows, seed, faulty, quoted, apart)| Written { layout, rows, seed, faulty, quoted, apart },
    )
}

#[test]
fn files_are_read_the_same_whatever_is_wrong_with_them() {
    let mut runner = proptest::test_runner::TestRunner::new(config(cases(192)));
    let faulty = prop_oneof![Just(0_u64), Just(300_u64), Just(60_u64), Just(7_u64)];
    let quoted = prop_oneof![Just(0_u64), Just(9_u64), Just(2_u64)];
    let apart = prop_oneof![Just(0_u64), Just(20_u64), Just(3_u64)];
    let outcome = runner.run(&written(faulty, quoted, apart), |file| {
        compare(&THE_PLAN, file.text().as_bytes(), &[1, 3]).map(|_| ()).map_err(TestCaseError::fail)
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn the_same_rows_are_refused_for_the_same_reasons() {
    let mut runner = proptest::test_runner::TestRunner::new(config(cases(192)));
    let faulty = prop_oneof![Just(0_u64), Just(300_u64), Just(60_u64), Just(7_u64)];
    let quoted = prop_oneof![Just(0_u64), Just(9_u64)];
    let apart = prop_oneof![Just(0_u64), Just(20_u64), Just(3_u64)];
    let files = written(faulty, quoted, apart);
    let outcome = runner.run(&(files, 0_usize..4), |(file, repeated)| {
        // Rows that stand there again repeat keys, or badges, whatever else is wrong with them.
        let mut text = file.text();
        let lines: Vec<&str> = text.lines().collect();
        let again: Vec<String> = (0..repeated)
            .filter_map(|n| lines.get((2 + n * 7) % lines.len().max(1)))
            .map(|l| l.replace("P1", "R1"))
            .collect();
        if !text.ends_with('\n') {
            text += "\n";
        }
        text += &again.join("\n");
        let one = compare_refused(&THE_PLAN, text.as_bytes(), 1);
        let three = compare_refused(&THE_PLAN, text.as_bytes(), 3);
        one.and(three).map(|_| ()).map_err(TestCaseError::fail)
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

#[test]
fn refused_rows_of_long_files_are_the_same() {
    let plan = Plan::from_str(LONG).unwrap();
    let odd = |row: usize| match row % 3_000 {
        7 => Some("abc"),
        1_500 => Some("1"),
        2_000 => Some("1.23456"),
        _ => None,
    };
    let text = long(12_000, |row| 380 + noise(7, 0, row) as usize % 120, odd);
    let text =
        text.replace("P000100,", "P000050,").replace("P007003,", "P003007,").replace("\nP004", "\n\nP004");
    for threads in [1, 3] {
        assert!(compare_refused(&plan, text.as_bytes(), threads).unwrap_or_else(|e| panic!("{e}")));
    }
}

#[test]
fn plain_files_are_read_straight_into_columns() {
    let mut runner = proptest::test_runner::TestRunner::new(config(cases(96)));
    let quoted = prop_oneof![Just(0_u64), Just(5_u64)];
    let apart = prop_oneof![Just(0_u64), Just(9_u64), Just(2_u64)];
    let outcome = runner.run(&written(Just(0), quoted, apart), |file| {
        match compare(&THE_PLAN, file.text().as_bytes(), &[1]) {
            Ok(read) => {
                prop_assert!(read || file.rows == 0, "left to the ordinary reader");
                Ok(())
            }
            Err(parting) => Err(TestCaseError::fail(parting)),
        }
    });
    outcome.unwrap_or_else(|e| panic!("{e}"));
}

const LONG: &str = r#"
[plan]
language = 1
id = "roster"
title = "Roster"
currency = "USD"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD"
note = "text?"
left = "date?"
[rules.total]
cite = "1"
value = "sum(people.pay)"
[rules.people.twice]
cite = "1"
value = "pay * 2"
[rules.people.length]
cite = "1"
value = "if left is present then 0 else 100 USD / (pay - 1 USD)"
"#;

fn long(rows: usize, note: impl Fn(usize) -> usize, odd: impl Fn(usize) -> Option<&'static str>) -> String {
    let mut text = String::from("id,note,pay,left\n");
    for row in 0..rows {
        let pay = odd(row).map_or_else(|| format!("{}.{:02}", 2 + row % 5_000, row % 100), str::to_owned);
        let left = if row % 7 == 0 { "2001-01-31" } else { "" };
        text += &format!("P{row:06},{},{pay},{left}\n", "é".repeat(note(row) / 2));
    }
    text
}

#[test]
fn long_files_are_read_the_same_in_ranges_and_blocks() {
    let plan = Plan::from_str(LONG).unwrap();
    // Nine megabytes: three ranges, lines over the ends of blocks, one longer than a block; numbers that
    // change a column's scale in the last range; a fault or two.
    let note = |row: usize| if row == 5_000 { 400_000 } else { 380 + noise(7, 0, row) as usize % 120 };
    let files: [(&str, Box<dyn Fn(usize) -> Option<&'static str>>); 4] = [
        ("plain", Box::new(|_| None)),
        ("finer", Box::new(|row| (row % 6_000 == 5_999).then_some("1.23456"))),
        ("odd", Box::new(|row| (row % 9_000 == 8_999).then_some("1/3"))),
        ("failing", Box::new(|row| (row % 8_000 == 7_999).then_some("1"))),
    ];
    for (name, odd) in files {
        let text = long(20_000, note, odd);
        assert!(text.len() > 8_500_000, "{}", text.len());
        assert!(compare(&plan, text.as_bytes(), &[1, 3]).unwrap_or_else(|e| panic!("{name}: {e}")), "{name}");
    }
    let mut text = long(20_000, note, |_| None);
    text += "P000000,again,5,\n";
    assert!(!compare(&plan, text.as_bytes(), &[1, 3]).unwrap(), "a key that is repeated in another range");
}

#[test]
fn lines_that_end_where_blocks_and_ranges_do() {
    let plan = Plan::from_str(LONG).unwrap();
    // The first lines fill a block, or a range, but for a few bytes more or less.
    for (size, step) in [(1_usize << 18, 1_usize), (4 << 20, 3)] {
        for more in (0..12).step_by(step) {
            let mut text = String::from("id,note,pay,left\n");
            let mut row = 0;
            let header = if size == 4 << 20 { text.len() } else { 0 };
            while text.len() < size + header - 60_000 {
                text += &format!("P{row:06},{},5.5,\n", "x".repeat(40_000));
                row += 1;
            }
            let left = size + header - text.len() - 20 + more;
            text += &format!("Q,{},6,\n", "y".repeat(left));
            text += "R,last,7.25,2001-01-31\nS,,8,\n";
            assert!(
                compare(&plan, text.as_bytes(), &[1, 3]).unwrap_or_else(|e| panic!("{size} {more}: {e}"))
            );
        }
    }
}

#[test]
fn cells_that_run_over_the_ends_of_blocks_and_ranges() {
    let plan = Plan::from_str(LONG).unwrap();
    // Rows over some lines each, of which there are two ranges: wherever those end, it is within a cell.
    for (size, step) in [(90_usize, 40_usize), (70_000, 7), (300_000, 3)] {
        let mut text = String::from("id,note,pay,left\n");
        let mut row = 0;
        while text.len() < 9 << 20 {
            let filler: String = "P1,x,5,\n".repeat((size + row % step) / 8);
            // The last rows have no value for `length`: their lines are told.
            let pay = if text.len() > (9 << 20) - 200_000 { 1 } else { 2 + row % 50 };
            text += &format!("P{row:06},\"{filler}\",{pay}.25,\n");
            row += 1;
            if row % 100 == 0 {
                text += "\n\r\n";
            }
        }
        text += "Q,,1,";
        assert!(compare(&plan, text.as_bytes(), &[1, 3]).unwrap_or_else(|e| panic!("{size}: {e}")), "{size}");
        text += "\nR,\"open,1,\nS,,2,\n";
        assert!(
            !compare(&plan, text.as_bytes(), &[1, 3]).unwrap_or_else(|e| panic!("{size}: {e}")),
            "{size}"
        );
    }
}

#[test]
fn forms_of_a_file() {
    let plan = Plan::from_str(LONG).unwrap();
    let read = |text: &[u8]| compare(&plan, text, &[1, 3]).unwrap_or_else(|e| panic!("{e}"));
    for text in [
        "id,pay\nA,5\nB,6\n",
        "id,pay\nA,5\nB,6",
        "\u{feff}id,pay\r\nA,5\r\nB,6\r\n",
        "pay,id\n5,A\n",
        "id,pay,note\nA,5,\"a, \"\"b\"\"\"\n",
        "id,pay\n",
        "id,pay\n\n",
        "id,pay\n\nA,5\n",
        "id,pay\nA,5\n\n\nB,6\n",
        "id,pay\nA,5\n   \nB,6\n",
        "\nid,pay\nA,5\n",
        "\u{feff}\"id\",\"pay\"\nA,5\n\n\nB,6",
        "id,pay,note\nA,5,\"two\nlines\"\nB,1,\n",
        "id,pay,note\nA,5,\"two\r\nlines\"\nB,1,\r\nC,1,a\"b\n",
    ] {
        assert!(read(text.as_bytes()), "{text}");
    }
    let others: [&[u8]; 20] = [
        b"\"id\"x,pay\nA,5\n",
        b"id,\"pay\n\"\nA,5\n",
        b"id,\"pay\nA,5\n",
        b"id,pay\nA,\"5\"6\n",
        b"",
        b"id,pay",
        b"id,pay\nA,5\rB,6\n",
        b"id,pay\nA,5\nA,6\n",
        b"id,pay\nA,5,6\n",
        b"id,pay\nA\n",
        b"id;pay\nA;5\n",
        b"id,pay,pay\nA,5,5\n",
        b"id,pay,x\nA,5,5\n",
        b"id\nA\n",
        b"id,pay\nA,\xff\n",
        b"id,pay,note\nA,5,\xff\n",
        b"id,pay,note\nA,5,\"open\n",
        b"id,pay\nA,5\0\n",
        b"id,pay\nA,5\n\x00",
        b"\xff\xfei\0d\0",
    ];
    for text in others {
        read(text);
    }
    let long = format!("id,pay,note\nA,5,{}\nB,1,\n", "x".repeat(3 << 20));
    read(long.as_bytes());
}

#[test]
fn a_fraction_is_no_whole_number() {
    let text = "id,pay,hours,shares,hired,badge\nA,1,1,0,2001-01-31,1\nB,1,1,1/3,2001-01-31,2\n";
    let read = compare(&THE_PLAN, text.as_bytes(), &[1]).unwrap_or_else(|e| panic!("{e}"));
    assert!(!read);
}

#[test]
fn blank_lines_are_no_rows_of_a_table_of_one_column() {
    let plan = PLAN.split("[inputs.people]").next().unwrap().to_owned()
        + "[inputs.people]\nkey = \"id\"\n[inputs.people.fields]\nid = \"count\"\n[rules.people.r]\ncite = \"1\"\nvalue = \"id\"\n";
    let plan = Plan::from_str(&plan).unwrap();
    for text in ["id\n5\n\n7\n", "id\n5\n7\n\n", "id\n5\r\n\r\n7\n", "id\n\n5\n", "id\n\"\"\n5\n"] {
        compare(&plan, text.as_bytes(), &[1]).unwrap_or_else(|e| panic!("{text:?}: {e}"));
    }
}

//! Tables that are larger than the memory allowed: the same results within it, or a refusal that says why.
#![cfg(feature = "cli")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic
)]

#[cfg(feature = "xlsx")]
mod books;
mod faults;
mod references;
#[path = "../bad/support.rs"]
mod support;
mod walks;

use std::fmt::Write as _;
use std::fs;
use std::process::{Command, Stdio};
use support::{Ran, Scratch, inside, name, run, words};

/// Rows of the large table.
const ROWS: u32 = 200_000;

const PLAN: &str = r#"[plan]
language = 1
id = "large"
title = "A large table"
currency = "USD"

[conventions]
month_end = "clamp"
rounding = "half_up"

[terms]
pool = { value = "1_000_000 USD", cite = "§1" }

[inputs.offices]
key = "name"
fields = { name = "text", city = "text" }

[inputs.accounts]
key = "number"
fields = { number = "number", balance = "USD", open = "boolean" }

[inputs.people]
key = ["office", "id"]
[inputs.people.fields]
office = "text"
id = "number"
grade = "one of junior, senior, chief"
hired = "date?"
pay = { type = "USD", min = "0 USD", step = "0.001 USD" }
note = "text?"

[rules.people]
large = { value = "pay > 900 USD and hired is present", cite = "§2" }
said = { value = 'if large then "large: " + (note otherwise "no note") else "small"', cite = "§2" }
balance = { value = "if accounts[id] is present and accounts[id].open then accounts[id].balance else 0 USD", cite = "§2" }
city = { value = 'offices[office].city otherwise "nowhere"', cite = "§2" }
part = { value = "round(pay * pool / total, 0.01 USD)", cite = "§3" }
exact = { value = "pay / 7", cite = "§4" }
latest = { value = "earliest(hired otherwise 2030-01-01, last_hired)", cite = "§4" }
pair = { value = "{ grade: grade, pay: pay }", cite = "§4" }
outcome = { cite = "§5", type = "USD", cases = [{ when = "grade = chief or large", then = "part" }], otherwise = "0 USD" }

[rules]
total = { value = "sum(people.pay)", cite = "§3" }
last_hired = { value = "latest(p.hired for p in people where p.hired is present) otherwise 1990-01-01", cite = "§4" }
"#;

/// A roster in which keys come in no order, numbers have different decimals and cells may be empty.
fn roster(rows: u32) -> String {
    let mut text = "office,id,grade,hired,pay,note\n".to_owned();
    for row in 0..rows {
        // Every number below the power of two is met once.
        let id = row.wrapping_mul(48_271) & 0x3_FFFF;
        let grade = ["junior", "senior", "chief"][(row % 3) as usize];
        let hired =
            if row % 5 == 0 { String::new() } else { format!("20{:02}-{:02}-17", row % 24, row % 12 + 1) };
        let pay = if row > rows - 9 { format!("{}.125", row % 997) } else { format!("{}.5", row % 997) };
        let note = match row % 11 {
            0 => "\"with, comma\"".to_owned(),
            1 => String::new(),
            n => format!("note {n}"),
        };
        writeln!(text, "o{},{id},{grade},{hired},{pay},{note}", row % 7).unwrap();
    }
    text
}

/// The large table of accounts, which rows of the other look up.
fn accounts(rows: u32) -> String {
    let mut text = "number,balance,open\n".to_owned();
    for row in 0..rows {
        let number = row.wrapping_mul(7_919) & 0x3_FFFF;
        writeln!(text, "{number},{row}.{:02},{}", row % 100, row % 2 == 1).unwrap();
    }
    text
}

fn scratch(name: &str, people: &str, accounts: &str) -> Scratch {
    let scratch = Scratch::new(name);
    scratch.write("plan.toml", PLAN);
    scratch.write("people.csv", people);
    scratch.write("accounts.csv", accounts);
    scratch.write("offices.csv", "name,city\no1,Rome\no2,Oslo\n");
    scratch
}

/// What was said, on one line.
fn flat(said: &str) -> String {
    said.split_whitespace().filter(|w| *w != "│").collect::<Vec<_>>().join(" ")
}

const OTHERS: &str = "--data accounts=accounts.csv --data offices=offices.csv";

fn whereas(scratch: &Scratch, command: &str) -> Ran {
    run(&scratch.0, &words(&format!("run plan.toml {OTHERS} {command}")), None)
}

/// Runs a line of the shell in a folder, `whereas` being `$0`; answers the exit code, what was said, and
/// where the system tells it, the most anonymous memory that the command took, in bytes.
fn line(scratch: &Scratch, script: &str) -> (Option<i32>, String, Option<u64>) {
    let mut child = Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_whereas")])
        .current_dir(&scratch.0)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut most = None;
    while child.try_wait().unwrap().is_none() {
        let text = fs::read_to_string(&status).unwrap_or_default();
        let anonymous = text.lines().find_map(|l| l.strip_prefix("RssAnon:"));
        let kilobytes = anonymous.and_then(|l| l.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok());
        most = most.max(kilobytes.map(|k| k * 1024));
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    let output = child.wait_with_output().unwrap();
    (output.status.code(), String::from_utf8(output.stderr).unwrap(), most)
}

#[test]
fn results_are_the_same_within_little_memory_however_the_table_comes() {
    let scratch = scratch("memory-same", &roster(ROWS), &accounts(10));
    let rules =
        "--only people.large --only people.part --only people.latest --only people.outcome --format csv";
    let without = whereas(&scratch, &format!("--data people=people.csv {rules} --out without.csv"));
    assert_eq!(without.code, Some(0), "{}", without.text());
    let expected = fs::read(scratch.0.join("without.csv")).unwrap();
    assert!(expected.len() > 5_000_000);
    let packed = cfg!(feature = "compression")
        && Command::new("gzip")
            .arg("-k")
            .arg(scratch.0.join("people.csv"))
            .status()
            .is_ok_and(|s| s.success());
    let mut ways = vec![
        ("", "people.csv", "--threads 1"),
        ("", "people.csv", "--threads 2"),
        ("cat people.csv |", "- --input-format people=csv", "--threads 2"),
    ];
    if packed {
        ways.push(("", "people.csv.gz", "--threads 2"));
        ways.push(("cat people.csv.gz |", "- --input-format people=csv.gz", "--threads 1"));
    }
    for (before, file, threads) in ways {
        // Alone, the command takes the place of the shell, so that its memory can be looked at.
        let exec = if before.is_empty() { "exec " } else { before };
        let script = format!(
            "{exec} \"$0\" run plan.toml {OTHERS} --data people={file} {rules} {threads} --memory 16MB --out within.csv"
        );
        let (code, said, most) = line(&scratch, &script);
        assert_eq!(code, Some(0), "{script}: {said}");
        assert!(expected == fs::read(scratch.0.join("within.csv")).unwrap(), "{script}");
        match most.filter(|_| before.is_empty()) {
            Some(most) => assert!((1_000_000..16_000_000).contains(&most), "{script} took {most} bytes"),
            None if before.is_empty() => {
                println!("skipped: this system does not tell how much memory was taken")
            }
            None => {}
        }
    }
}

#[test]
fn every_kind_of_conclusion_is_the_same_within_little_memory() {
    let scratch = scratch("memory-kinds", &roster(30_000), &accounts(150_000));
    for format in ["csv", "ndjson"] {
        let mut written = Vec::new();
        for memory in ["", "--memory 16MB", "--memory 16MB --threads 2", "--engine reference --memory 1GB"] {
            let ran = whereas(
                &scratch,
                &format!("--data people=people.csv --only people --format {format} {memory}"),
            );
            assert_eq!(ran.code, Some(0), "{memory}: {}", ran.err);
            written.push(ran.out);
        }
        assert!(written.iter().all(|out| *out == written[0]), "{format}");
    }
}

#[test]
fn faults_of_a_large_table_are_the_same_within_little_memory() {
    let rows = 60_000;
    let roster = roster(rows);
    let (head, tail) = roster.split_at(roster.len() - 2_000);
    let broken =
        format!("{head}{}", tail.replacen(",junior,", ",janitor,", 1).replacen(".125,", ".1255,", 1));
    let second = roster.lines().nth(2).unwrap();
    let repeated = format!("{roster}{second}\n");
    for (name, people) in [("memory-broken", broken), ("memory-repeated", repeated)] {
        let scratch = scratch(name, &people, &accounts(10));
        let without = whereas(&scratch, "--data people=people.csv --only people --format csv");
        let within = whereas(&scratch, "--data people=people.csv --only people --format csv --memory 16MB");
        assert_eq!((without.code, within.code), (Some(1), Some(1)), "{}", within.err);
        // A key that is met again far away is named by its row alone.
        let place = |ran: &Ran| {
            ran.err
                .lines()
                .find(|l| l.contains("people.csv, line"))
                .map(|l| l.split(", people").next().unwrap().to_owned())
        };
        assert!(place(&without).is_some());
        assert_eq!(place(&without), place(&within), "{}", within.err);
        if name == "memory-broken" {
            assert_eq!(without.err, within.err);
        }
    }
}

#[test]
fn totals_with_numbers_that_no_register_holds_take_no_more_memory() {
    let rows = roster(40_000);
    let (head, tail) = rows.split_at(rows.len() - 200_000);
    let huge = format!(
        "{head}{}",
        tail.replacen(".125,", "00000000000000000000.125,", 3).replacen(".5,", ".5000,", 9)
    );
    let scratch = scratch("memory-huge", &huge, &accounts(10));
    for only in ["total", "people.part", "last_hired"] {
        let command = format!("--data people=people.csv --only {only} --format csv");
        let (without, within) =
            (whereas(&scratch, &command), whereas(&scratch, &format!("{command} --memory 16MB")));
        assert_eq!((without.code, within.code), (Some(0), Some(0)), "{only}: {}", within.err);
        assert_eq!(without.out, within.out, "{only}");
    }
}

#[test]
fn faults_of_a_packed_table_are_told_within_little_memory() {
    if !cfg!(feature = "compression") {
        return;
    }
    let rows = roster(20_000);
    let cell = rows.replacen(",chief,", ",chef,", 1);
    let line = format!("{rows}o1,9\n").replacen(",senior,", ",señor,", 1);
    for (name, people) in [("memory-packed-cell", cell), ("memory-packed-line", line)] {
        let scratch = scratch(name, &people, &accounts(10));
        let packed =
            Command::new("gzip").args(["-k", "people.csv"]).current_dir(&scratch.0).status().unwrap();
        assert!(packed.success());
        let command = "--only total --format csv --memory 16MB --data people=people.csv";
        let (plain, packed) = (whereas(&scratch, command), whereas(&scratch, &format!("{command}.gz")));
        assert_eq!((plain.code, packed.code), (Some(1), Some(1)), "{}", packed.err);
        let said = |ran: &Ran| flat(&ran.err).replace(".gz", "");
        assert_eq!(said(&plain), said(&packed));
        let place = if name == "memory-packed-cell" { "expected one of" } else { "the row has 2 cells" };
        assert!(said(&packed).contains(place), "{}", packed.err);
        // What cannot be read as CSV is not held against the plan.
        let is_in_part = said(&packed).contains("there may be more faults");
        assert_eq!(is_in_part, name == "memory-packed-line", "{}", packed.err);
    }
}

/// The same table as objects, a line each.
fn objects(roster: &str) -> String {
    let mut text = String::new();
    for line in roster.lines().skip(1) {
        let names = ["office", "id", "grade", "hired", "pay", "note"];
        let cells = names.into_iter().zip(line.splitn(6, ',')).filter(|(_, cell)| !cell.is_empty());
        let cells: Vec<String> =
            cells.map(|(name, cell)| format!("{name:?}: \"{}\"", cell.trim_matches('"'))).collect();
        writeln!(text, "{{{}}}", cells.join(", ")).unwrap();
    }
    text
}

#[test]
fn rows_of_other_formats_come_the_same_way() {
    let roster = roster(40_000);
    let rows = objects(&roster);
    let (head, tail) = rows.split_at(rows.len() - 2_000);
    let tail = tail.replacen("\"junior\"", "\"janitor\"", 1).replacen(".125\"", ".1255\"", 1);
    let scratch = scratch("memory-objects", &roster, &accounts(10));
    scratch.write("good.ndjson", &rows);
    scratch.write("bad.ndjson", format!("{head}{tail}"));
    let rules = "--only people.large --only people.part --format csv";
    let expected = whereas(&scratch, &format!("--data people=people.csv {rules}"));
    let within = whereas(&scratch, &format!("--data people=good.ndjson {rules} --memory 16MB"));
    assert_eq!((within.code, &*within.err), (Some(0), ""));
    assert!(within.out == expected.out);
    let without = whereas(&scratch, &format!("--data people=bad.ndjson {rules}"));
    let script = format!("exec \"$0\" run plan.toml {OTHERS} --data people=bad.ndjson {rules} --memory 16MB");
    let (code, said, most) = line(&scratch, &script);
    assert_eq!((code, flat(&said)), (Some(1), flat(&without.err)));
    assert!(said.contains("janitor"), "{said}");
    assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
    // A list of rows in JSON, each on lines of its own, or all on one; there rows have no lines.
    let listed = |rows: &str, between: &str| {
        format!("\u{feff}[{between}{}{between}]", rows.trim_end().replace("}\n", &format!("}},{between}")))
    };
    for between in ["\n  ", " "] {
        scratch.write("good.json", listed(&rows, between));
        scratch.write("bad.json", listed(&format!("{head}{tail}"), between));
        let script = format!(
            "exec \"$0\" run plan.toml {OTHERS} --data people=good.json {rules} --memory 16MB --out j.csv"
        );
        let (code, said, most) = line(&scratch, &script);
        assert_eq!((code, &*said), (Some(0), ""));
        assert!(fs::read_to_string(scratch.0.join("j.csv")).unwrap() == expected.out);
        assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
        let without = whereas(&scratch, &format!("--data people=bad.json {rules}"));
        let within = whereas(&scratch, &format!("--data people=bad.json {rules} --memory 16MB"));
        assert_eq!((without.code, within.code), (Some(1), Some(1)));
        let without = if between == " " { without.err.replace(", line 1,", ",") } else { without.err };
        assert_eq!(flat(&without), flat(&within.err));
    }
}

#[test]
fn what_is_no_list_of_rows_in_json_is_refused_with_its_place() {
    let rows = objects(&roster(3_000));
    let scratch = scratch("memory-json", "", &accounts(10));
    let rows = rows.trim_end().replace("}\n", "},\n");
    let long = "x".repeat(200_000);
    for (text, said) in [
        (format!("{{ \"people\": [\n{rows}\n] }}"), "line 1 ╰─▶ the file holds no list of rows"),
        (format!("[\n{rows}"), "line 3001 ╰─▶ the list is not closed"),
        (format!("[\n{rows}\n]\n]"), "line 3003 ╰─▶ something follows the list"),
        (format!("[\n{rows},\n]"), "line 3002 ╰─▶ a row is missing"),
        (format!("[\n{rows}\n{{}}\n]"), "line 3002 ╰─▶ a `,` or a `]` is missing behind a row"),
        (format!("[\n{rows},\n5\n]"), "line 3002 ╰─▶ the list holds something else than an object"),
        (format!("[\n{rows},\n{{ \"id\": 01 }}\n]"), "line 3002 ╰─▶"),
        (format!("[\n{rows},\n{{ \"id\": \"{long}\n]"), "line 3002 ╰─▶ a row is longer than 125000 bytes"),
    ] {
        scratch.write("people.json", text);
        let within = whereas(&scratch, "--data people=people.json --only total --memory 16MB");
        assert_eq!(within.code, Some(1));
        assert!(flat(&within.err).contains(&format!("people.json, {said}")), "{said}: {}", within.err);
    }
    scratch.write("people.json", "[]".to_owned() + &" ".repeat(130_000));
    let empty = whereas(&scratch, "--data people=people.json --only total --format csv --memory 16MB");
    assert_eq!((empty.code, &*empty.out), (Some(0), "rule,value\ntotal,0.00\n"));
}

/// A row with an empty line before it, or a cell over several lines, here and there.
fn apart(roster: &str) -> String {
    let mut text = String::new();
    for (row, line) in roster.lines().enumerate() {
        match row % 500 {
            7 if row > 7 => writeln!(text, "\n\r\n{line}").unwrap(),
            9 => writeln!(text, "{}", line.replace("note 8", "\"note\n8\"")).unwrap(),
            _ => writeln!(text, "{line}").unwrap(),
        }
    }
    text
}

#[test]
fn empty_lines_and_cells_over_lines_take_no_more_memory() {
    let scratch = scratch("memory-apart", &apart(&roster(ROWS)), &accounts(10));
    let rules = "--only people.said --only people.part --format csv";
    let without = whereas(&scratch, &format!("--data people=people.csv {rules} --out without.csv"));
    assert_eq!((without.code, &*without.err), (Some(0), ""));
    let expected = fs::read(scratch.0.join("without.csv")).unwrap();
    assert!(expected.windows(6).any(|w| w == b"note\n8"));
    for threads in [1, 2] {
        let script = format!(
            "exec \"$0\" run plan.toml {OTHERS} --data people=people.csv {rules} --threads {threads} --memory 16MB --out within.csv"
        );
        let (code, said, most) = line(&scratch, &script);
        assert_eq!(code, Some(0), "{said}");
        assert!(expected == fs::read(scratch.0.join("within.csv")).unwrap());
        assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
    }
    // The line of a row is told where it is.
    let failing = PLAN.replace("exact = { value = \"pay / 7\"", "exact = { value = \"pay / (id - 60531)\"");
    scratch.write("plan.toml", failing);
    let without = whereas(&scratch, "--data people=people.csv --only people.exact --format csv");
    let within = whereas(&scratch, "--data people=people.csv --only people.exact --format csv --memory 16MB");
    assert_eq!((without.code, within.code), (Some(1), Some(1)), "{}", within.text());
    assert!(without.err.contains("people.csv, line"), "{}", without.err);
    assert_eq!(without.err, within.err);
}

#[test]
fn rows_are_refused_within_little_memory() {
    let text = apart(&roster(120_000));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let second = lines[2].clone();
    for (at, from, to) in [(40_000, ",junior,", ",janitor,"), (80_000, ",senior,", ",\"sen,ior\",")] {
        let line = lines[at..].iter_mut().find(|l| l.contains(from)).unwrap();
        *line = line.replacen(from, to, 1);
    }
    lines[90_000] = "o1,7000000,junior,,-5,".to_owned();
    lines[91_000] = "o1,7000001,junior,,0.00001,".to_owned();
    lines[92_000] = second;
    let scratch = scratch("memory-reject", &(lines.join("\n") + "\n"), &accounts(10));
    let failing = PLAN.replace("exact = { value = \"pay / 7\"", "exact = { value = \"pay / (id - 60531)\"");
    scratch.write("plan.toml", failing);
    let rules = "--data people=people.csv --only people.exact --only people.part --format csv --keep-going";
    let without = whereas(&scratch, &format!("{rules} --reject all.json --out without.csv"));
    assert_eq!(without.code, Some(1), "{}", without.text());
    assert!(flat(&without.err).contains("rows of `people` were refused"), "{}", without.err);
    let refused = fs::read_to_string(scratch.0.join("all.json")).unwrap();
    for code in [
        "data-unknown-value",
        "data-out-of-range",
        "data-not-whole",
        "data-duplicate-key",
        "division-by-zero",
    ] {
        assert!(refused.contains(code), "{code}: {refused}");
    }
    let script = format!(
        "exec \"$0\" run plan.toml {OTHERS} {rules} --reject some.json --memory 16MB --out within.csv"
    );
    let (code, said, most) = line(&scratch, &script);
    assert_eq!((code, flat(&said).replace("some.json", "all.json")), (Some(1), flat(&without.err)));
    assert_eq!(refused, fs::read_to_string(scratch.0.join("some.json")).unwrap());
    let read = |name: &str| fs::read(scratch.0.join(name)).unwrap();
    assert!(read("without.csv") == read("within.csv"));
    assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
}

#[test]
fn clean_tables_beside_a_faulty_one_are_no_hindrance() {
    let people = roster(60_000);
    let faulty = accounts(60_000).replacen(",true\n", ",maybe\n", 1);
    // Both are large, or the faulty one is small.
    for (name, faulty) in
        [("memory-beside", &*faulty), ("memory-small", "number,balance,open\n1,2.5,maybe\n")]
    {
        let scratch = scratch(name, &people, faulty);
        let command = "--data people=people.csv --only people.balance --format csv";
        let without = whereas(&scratch, command);
        let script = format!("exec \"$0\" run plan.toml {OTHERS} {command} --memory 16MB");
        let (code, said, most) = line(&scratch, &script);
        assert_eq!((code, flat(&said)), (Some(1), flat(&without.err)), "{name}");
        assert!(said.contains("maybe"), "{said}");
        assert!(most.is_none_or(|most| most < 16_000_000), "{name}: {most:?}");
    }
}

#[test]
fn faults_of_several_large_tables_are_told_together() {
    let people = roster(30_000).replacen(",junior,", ",janitor,", 1);
    let scratch = scratch("memory-several", &people, &accounts(60_000).replacen(",true\n", ",maybe\n", 1));
    let command = "--data people=people.csv --only people.balance --format csv";
    let without = whereas(&scratch, command);
    let within = whereas(&scratch, &format!("{command} --memory 16MB"));
    assert_eq!((without.code, within.code), (Some(1), Some(1)), "{}", within.text());
    let faults =
        |ran: &Ran| ran.err.split("\n\n").filter(|f| f.contains(", line ")).map(str::to_owned).collect();
    let (mut all, mut told): (Vec<String>, Vec<String>) = (faults(&without), faults(&within));
    all.sort();
    told.sort();
    assert!(all.len() == 2 && all == told, "{}", within.err);
    // Neither was read as a whole.
    assert!(within.err.contains("there may be more faults"), "{}", within.err);
}

/// A plan that allocates in several ways: many rows with as much cut off, decided among by texts that are alike
/// for long, by numbers or by their order.
const SHARED: &str = r#"[plan]
language = 1
id = "shared"
title = "Shared"
currency = "USD"

[terms]
pool = { value = "123_457 shares", cite = "§1" }

[inputs.people]
key = "id"
fields = { id = "text", asked = "shares", rank = "number", team = "text" }

[rules.people]
exact = { value = "asked * pool / asked_by_all", cite = "§1" }
thirds = { value = "rank / 3", cite = "§1" }
by_text = { allocate = { parts = "exact", step = "1 share", ties = "id" }, cite = "§1" }
by_number = { allocate = { parts = "exact", step = "1 share", ties = "-rank" }, cite = "§1" }
by_order = { allocate = { parts = "thirds", step = "0.5", ties = "0" }, cite = "§1" }
even = { allocate = { parts = "asked / 7", step = "2 shares", ties = "id" }, cite = "§1" }
in_teams = { allocate = { parts = "exact", step = "1 share", ties = "id", within = "team" }, cite = "§1" }
in_ranks = { allocate = { parts = "exact", step = "1 share", ties = "-asked", within = "rank" }, cite = "§1" }
in_pairs = { allocate = { parts = "asked / 3", step = "1 share", ties = "0", within = "{ rank: rank, team: team }" }, cite = "§1" }
in_fractions = { allocate = { parts = "asked / (rank + 3)", step = "1 share", ties = "id", within = "team" }, cite = "§1" }

[rules]
asked_by_all = { value = "sum(people.asked)", cite = "§1" }
given = { value = "sum(people.by_text)", cite = "§1" }
"#;

#[test]
fn allocations_among_more_rows_than_memory_holds_are_the_same() {
    let scratch = Scratch::new("memory-shared");
    scratch.write("plan.toml", SHARED);
    let row = |n: u32| {
        let id = n.wrapping_mul(7_919) % 65_536;
        // One text is the beginning of others, and some characters take several bytes.
        let name = format!("participant-of-the-plan-{}{}", "é".repeat(id as usize % 3), id);
        format!("{name},{},{},team {}\n", n % 5 + 1, (n * 31) % 11, n % 97)
    };
    let people: String = (0..40_000).map(row).collect();
    scratch.write("people.csv", format!("id,asked,rank,team\n{people}"));
    let within = ["in_teams", "in_ranks", "in_pairs", "in_fractions"];
    for only in ["by_text", "by_number", "by_order", "even", "asked"].into_iter().chain(within) {
        let only = if only == "asked" { "given".to_owned() } else { format!("people.{only}") };
        let command = format!("run plan.toml --data people=people.csv --only {only} --format csv");
        let without = run(&scratch.0, &words(&command), None);
        assert_eq!(without.code, Some(0), "{only}: {}", without.text());
        let script = format!("exec \"$0\" {command} --memory 16MB --threads 2 --out within.csv");
        let (code, said, most) = line(&scratch, &script);
        assert_eq!(code, Some(0), "{only}: {said}");
        assert!(fs::read_to_string(scratch.0.join("within.csv")).unwrap() == without.out, "{only}");
        assert!(most.is_none_or(|most| most < 16_000_000), "{only}: {most:?}");
    }
    let given =
        run(&scratch.0, &words("run plan.toml --data people=people.csv --only given --format csv"), None);
    assert_eq!(given.out, "rule,value\ngiven,123457\n");
}

#[test]
fn a_quote_that_nothing_closes_takes_in_no_more_than_a_row() {
    let people = roster(ROWS).replace("\"with, comma\"", "with");
    let half = people.lines().count() / 2;
    let lines = people.lines().enumerate();
    let people: String = lines
        .map(|(row, line)| {
            format!("{line}\n{}", if row == half { "o1,8000000,junior,,5,\"open\n" } else { "" })
        })
        .collect();
    let scratch = scratch("memory-open", &people, &accounts(10));
    let script =
        format!("exec \"$0\" run plan.toml {OTHERS} --data people=people.csv --only total --memory 16MB");
    let (code, said, most) = line(&scratch, &script);
    assert_eq!(code, Some(1), "{said}");
    let expected = "people.csv, line 100002 ╰─▶ a cell opens a quote that is not closed within 1048576 bytes";
    assert!(flat(&said).contains(expected), "{said}");
    assert!(most.is_none_or(|most| most < 24_000_000), "{most:?}");
}

#[test]
fn a_table_for_people_may_have_any_number_of_rows() {
    let scratch = scratch("memory-table", &roster(20_000), &accounts(10));
    let command = "--data people=people.csv --only people.said --only people.part --only total";
    let within = whereas(&scratch, &format!("{command} --format table --memory 16MB"));
    assert_eq!((within.code, &*within.err), (Some(0), ""));
    assert!(within.out == whereas(&scratch, &format!("{command} --format table")).out);
    assert_eq!(within.out.lines().nth(8).map(|l| l.starts_with(" o0       0 ")), Some(true));
    let script = format!(
        "exec \"$0\" run plan.toml {OTHERS} {command} --format table --out table.txt --memory 16MB --threads 1"
    );
    let (code, said, most) = line(&scratch, &script);
    assert_eq!((code, &*said), (Some(0), ""));
    assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
}

#[test]
fn what_has_no_room_is_refused_by_name() {
    let people = roster(40_000);
    let scratch = scratch("memory-refused", &people, &accounts(10));
    let within =
        |command: &str| whereas(&scratch, &format!("--data people=people.csv {command} --memory 16MB"));
    // A list of all rows has none: the rule that asks for it is named, at its place.
    let listed = PLAN.replace(
        "[rules]\n",
        "[rules]\nrichest = { value = \"let all = people; count(p in all where p.pay > 9 USD)\", cite = \"§4\" }\n",
    );
    scratch.write("plan.toml", listed);
    let listed = within("--only richest");
    assert_eq!(listed.code, Some(1));
    assert!(
        flat(&listed.err)
            .contains("`richest` has no value: more than 15,625 rows of a table are held in memory"),
        "{}",
        listed.err
    );
    assert!(flat(&listed.err).contains("let all = people"), "{}", listed.err);
    // So are more failures than there is room to keep.
    let failing = PLAN.replace("exact = { value = \"pay / 7\"", "exact = { value = \"pay / (pay - pay)\"");
    scratch.write("plan.toml", failing);
    let failing = within("--only people.exact");
    assert_eq!(failing.code, Some(1));
    assert!(flat(&failing.err).contains("more than 15,625 conclusions failed"), "{}", failing.err);
    // So are more rows that do not fit than there is room to tell why of, a 16,384th of the bound's bytes.
    scratch.write("plan.toml", PLAN);
    let with = |column: usize, value: &str, faulty: usize| -> String {
        let changed = |(at, line): (usize, &str)| {
            let mut cells: Vec<&str> = line.splitn(6, ',').collect();
            if (1..=faulty).contains(&at) {
                cells[column] = value;
            }
            cells.join(",") + "\n"
        };
        people.lines().enumerate().map(changed).collect()
    };
    let refused = "--only total --reject r.csv --keep-going --out total.json";
    for (column, value, said) in [
        (2, "janitor", "more than 976 of its rows do not fit the plan"),
        (4, "-1", "more than 976 rows do not fit the plan, and there is no room"),
    ] {
        scratch.write("people.csv", with(column, value, 976));
        let some = within(refused);
        assert_eq!(some.code, Some(1), "{}", some.err);
        assert!(flat(&some.err).contains("976 of 40000 rows of `people` were refused"), "{}", some.err);
        for name in ["r.csv", "total.json"] {
            fs::remove_file(scratch.0.join(name)).unwrap();
        }
        scratch.write("people.csv", with(column, value, 977));
        let many = within(refused);
        assert_eq!(many.code, Some(1), "{}", many.err);
        assert!(flat(&many.err).contains(said), "{}", many.err);
        // Nothing is written where not all is told.
        assert!(!scratch.0.join("r.csv").exists() && !scratch.0.join("total.json").exists());
    }
    scratch.write("people.csv", &people);
    // A default that no two rows may share asks for the whole table.
    let unique =
        PLAN.replace("note = \"text?\"", "note = { type = \"text\", unique = true, default = \"office\" }");
    scratch.write("plan.toml", unique.replace("(note otherwise \"no note\")", "note"));
    let unique = within("--only total");
    assert_eq!(unique.code, Some(1));
    let expected = "`people.csv` has no room within `--memory 16MB`";
    assert!(flat(&unique.err).contains(expected), "{}", unique.err);
    assert!(flat(&unique.err).contains("its column `note` is no plain value"), "{}", unique.err);
}

/// A plan of every kind of column that is not one plain value for each row.
const LISTED: &str = r#"[plan]
language = 1
id = "listed"
title = "Lists, defaults and references in keys"
currency = "USD"

[conventions]
month_end = "clamp"

[terms]
first = { value = "2001-02-20", cite = "§1" }

[inputs.groups]
key = "id"
fields = { id = "text", rate = "%" }

[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
group = "ref groups"
start = { type = "date", default = "first", min = "2001-01-01" }
known = { type = "date", default = "start + 1 month" }
pay = { type = "USD", default = "group.rate * 1000 USD", max = "90_000 USD" }
label = { type = "text", default = "id" }
grade = { type = "one of junior, senior", default = "if pay > 60 USD then senior else junior" }
second = { type = "ref groups", default = "group" }
tags = { type = "list of text", default = "[]" }
shares = { type = "list of number", default = "[]" }
groups = { type = "list of ref groups", default = "[]" }

[inputs.votes]
key = "person"
fields = { person = "ref people", yes = "boolean" }

[rules.people]
due = { value = "known + 30 days", cite = "§2" }
all_shares = { value = "sum(shares)", cite = "§2" }
rates = { value = "sum(g.rate for g in groups) + second.rate", cite = "§2" }
labels = { value = "[t for t in tags where t <> label] + [label]", cite = "§2" }
step = { value = "{ grade: grade, pay: pay, groups: [g for g in groups where g.rate > 2%] }", cite = "§2" }
voted = { value = "any(v.yes for v in votes where v.person = this)", cite = "§2" }

[rules]
paid = { value = "sum(people.pay)", cite = "§3" }
in_favor = { value = "sum(v.person.pay for v in votes where v.yes)", cite = "§3" }
"#;

#[test]
fn lists_defaults_and_references_in_keys_take_no_more_memory() {
    let scratch = Scratch::new("memory-listed");
    scratch.write("plan.toml", LISTED);
    let groups: String = (0..50).map(|n| format!("g{n},{}%\n", n % 7)).collect();
    scratch.write("groups.csv", format!("id,rate\n{groups}"));
    let votes: String =
        (0..6_000).map(|n| format!("p{},{}\n", n * 7_919 % 6_000, u32::is_multiple_of(n, 3))).collect();
    scratch.write("votes.csv", format!("person,yes\n{votes}"));
    // A row leaves out what its number says, or has a fault.
    let people = |fault: &dyn Fn(usize) -> Option<(usize, &'static str)>| -> String {
        let row = |n: usize| {
            let given =
                |which: usize, text: String| if n.is_multiple_of(which) { String::new() } else { text };
            let mut cells = [
                format!("p{n}"),
                format!("g{}", n % 50),
                given(2, format!("200{}-05-17", n % 9 + 1)),
                given(3, format!("200{}-06-1{}", n % 9 + 1, n % 10)),
                given(5, format!("{}.{:02}", n % 997, n % 100)),
                given(7, format!("label {}", n % 11)),
                given(4, ["junior", "senior"][n % 2].to_owned()),
                given(6, format!("g{}", n * 3 % 50)),
                given(8, format!("a;label {};é", n % 11)),
                given(9, format!("{};1/3;{}.5", n % 5, n % 13)),
                given(11, format!("g{};g{}", n % 50, n * 7 % 50)),
            ];
            if let Some((column, text)) = fault(n) {
                cells[column] = text.to_owned();
            }
            cells.join(",") + "\n"
        };
        let head = "id,group,start,known,pay,label,grade,second,tags,shares,groups\n";
        head.to_owned() + &(0..6_000).map(row).collect::<String>()
    };
    let data = "--data people=people.csv --data groups=groups.csv --data votes=votes.csv";
    let ran = |command: &str| run(&scratch.0, &words(&format!("run plan.toml {data} {command}")), None);
    scratch.write("people.csv", people(&|_| None));
    let without = ran("--format json --engine reference");
    assert_eq!(without.code, Some(0), "{}", without.text());
    assert!(ran("--format json").out == without.out);
    let script = format!("exec \"$0\" run plan.toml {data} --format json --memory 16MB --out within.json");
    let (code, said, most) = line(&scratch, &script);
    assert_eq!(code, Some(0), "{said}");
    assert!(fs::read_to_string(scratch.0.join("within.json")).unwrap() == without.out);
    assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
    // Faults are told as without a bound: a list and a reference that are wrong, and defaults that have no value,
    // or none that fits.
    for (fault, said) in [
        ((9, "1;x"), "`shares` holds an item that is `x`, expected a number"),
        ((10, "g1;g50"), "names `g50`, and `groups` has no such row"),
        ((1, "g51"), "names `g51`, and `groups` has no such row"),
        ((2, "9999-12-31"), "`known` is missing, and its default has no value"),
    ] {
        scratch.write("people.csv", people(&|n| (n == 4_998).then_some(fault)));
        let (without, within) = (ran("--only paid"), ran("--only paid --memory 16MB"));
        assert_eq!((without.code, within.code), (Some(1), Some(1)), "{said}: {}", within.text());
        assert!(flat(&without.err).contains(said), "{said}: {}", without.err);
        // That there may be more is said where others refer to a row that could not be read.
        let first = |ran: &Ran| ran.err.split("\n\n").next().map(str::to_owned);
        assert_eq!(first(&without), first(&within));
        let refused = "--only paid --only people.due --format json --reject r.csv --keep-going --out x.json";
        let read = |name: &str| fs::read_to_string(scratch.0.join(name)).unwrap_or_default();
        let without = ran(refused);
        let (rejected, results) = (read("r.csv"), read("x.json"));
        let within = ran(&format!("{refused} --memory 16MB"));
        assert_eq!((without.code, &without.err), (within.code, &within.err), "{said}");
        assert!(
            rejected.contains("p4998") && (rejected, results) == (read("r.csv"), read("x.json")),
            "{said}"
        );
    }
}

#[cfg(unix)]
#[test]
fn a_full_folder_of_temporary_files_is_said_and_leaves_nothing() {
    let scratch = scratch("memory-full", &roster(120_000), &accounts(10));
    let before: Vec<String> = inside(&scratch.0).iter().map(|p| name(p)).collect();
    for (data, what) in [
        ("--data people=people.csv", "what `--memory 16MB` has no room for"),
        ("--data people=- --input-format people=csv < people.csv", "standard input"),
    ] {
        let script = format!(
            "export TMPDIR=\"$PWD\"; ulimit -f 64; exec \"$0\" run plan.toml {OTHERS} {data} --only people.part --memory 16MB --out new.csv"
        );
        let (code, said, _) = line(
            &scratch,
            &script
                .replace(" < people.csv", "")
                .replace("exec", if data.contains('<') { "cat people.csv | exec" } else { "exec" }),
        );
        assert_eq!(code, Some(2), "{said}");
        let said = flat(&said);
        assert!(said.contains(what), "{said}");
        assert!(said.contains("it would be larger than files may be here after"), "{said}");
        let after: Vec<String> = inside(&scratch.0).iter().map(|p| name(p)).collect();
        assert_eq!(after, before);
    }
}

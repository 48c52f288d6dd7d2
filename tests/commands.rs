//! The command as a user meets it: formats, exit codes, output whole or not at all.
#![cfg(feature = "cli")]
#![allow(clippy::pedantic, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const PLAN: &str = "plans/espp.toml";
const DATA: &str = "examples/espp/period-2001";

fn whereas(args: &[&str]) -> Output {
    command(args).output().unwrap()
}

fn command(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_whereas"));
    command.args(args).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command.env_remove("NO_COLOR").env_remove("CLICOLOR_FORCE").env("COLUMNS", "100");
    command
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn plans() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
    let mut found: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|e| e.unwrap().path())
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .map(|p| format!("plans/{}", p.file_name().unwrap().to_str().unwrap()))
        .collect();
    found.sort();
    found
}

#[test]
fn every_plan_and_part_checks_without_a_warning() {
    let mut all = plans();
    all.extend(
        ["parts/market", "parts/notices", "parts/transactions", "calendars/nyse", "calendars/new-york"]
            .map(|f| format!("plans/{f}.toml")),
    );
    for plan in &all {
        let output = whereas(&["check", plan]);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    }
    assert_eq!(plans().len(), 7);
}

#[test]
fn every_plan_passes_its_own_tests() {
    for plan in plans() {
        let output = whereas(&["test", &plan]);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{plan}: {said}");
        assert!(
            said.trim_end().ends_with("passed, 0 failed") && !said.starts_with("0 passed"),
            "{plan}: {said}"
        );
    }
}

#[test]
fn results_in_a_pipe_are_json_and_money_is_conserved() {
    let output = whereas(&["run", PLAN, "--data", DATA]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let results: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let amount = |row: &serde_json::Value, field: &str| -> rust_decimal::Decimal {
        row[field].as_str().unwrap().parse().unwrap()
    };
    let participants = results["participants"].as_array().unwrap();
    assert!(participants.len() >= 200);
    for row in participants {
        // §13: what is credited is spent, paid back or carried, to the cent.
        let out = amount(row, "cost") + amount(row, "refund") + amount(row, "carried");
        assert_eq!(amount(row, "account"), out, "{row}");
    }
}

#[test]
fn csv_has_line_feeds_cents_and_one_table() {
    let output = whereas(&["run", PLAN, "--data", DATA, "--only", "participants", "--format", "csv"]);
    let csv = text(&output.stdout);
    assert!(!csv.contains('\r'));
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let cost = header.iter().position(|h| *h == "cost").unwrap();
    assert_eq!(header[0], "id");
    for line in lines {
        let cell = line.split(',').nth(cost).unwrap();
        assert_eq!(cell.split_once('.').unwrap().1.len(), 2, "{line}");
    }
    let both = whereas(&["run", PLAN, "--data", DATA, "--format", "csv"]);
    assert_eq!(both.status.code(), Some(2));
    assert!(both.stdout.is_empty());
    assert!(text(&both.stderr).contains("--only participants"));
}

#[test]
fn figures_of_the_plan_are_csv_of_rule_and_value() {
    let output = whereas(&["run", PLAN, "--data", DATA, "--only", "plan", "--format", "csv"]);
    let csv = text(&output.stdout);
    assert!(csv.starts_with("rule,value\n"), "{csv}");
    assert!(csv.contains("\nplan_terminates,false\n"), "{csv}");
}

#[test]
fn assumptions_are_found_from_the_dependencies() {
    let only = ["run", PLAN, "--data", DATA, "--only", "participants.refund", "--with-assumptions"];
    let results: serde_json::Value = serde_json::from_slice(&whereas(&only).stdout).unwrap();
    let rests: Vec<&str> = results["$assumptions"]["participants.refund"]
        .as_array()
        .unwrap()
        .iter()
        .map(|v| v.as_str().unwrap())
        .collect();
    assert!(rests.contains(&"residual") && rests.contains(&"price_rounding"), "{rests:?}");
}

#[test]
fn a_file_is_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("results.csv");
    let shown = out.to_str().unwrap();
    let good = whereas(&["run", PLAN, "--data", DATA, "--only", "participants", "--out", shown]);
    assert_eq!(good.status.code(), Some(0), "{}", text(&good.stderr));
    let written = fs::read(&out).unwrap();
    // Faulty data leave the file as it was, and nothing beside it.
    let bad = whereas(&[
        "run",
        PLAN,
        "--data",
        DATA,
        "--set",
        "participants.E1042.pay=-1",
        "--only",
        "participants",
        "--out",
        shown,
    ]);
    assert_eq!(bad.status.code(), Some(1));
    assert!(bad.stdout.is_empty());
    assert!(
        text(&bad.stderr).contains("E1042") && text(&bad.stderr).contains("pay"),
        "{}",
        text(&bad.stderr)
    );
    assert_eq!(fs::read(&out).unwrap(), written);
    let beside: Vec<PathBuf> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(beside, [out]);
    let nowhere = whereas(&["run", PLAN, "--data", DATA, "--out", "/no/such/folder/x.json"]);
    assert_eq!(nowhere.status.code(), Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_said_and_a_reader_that_left_is_no_fault() {
    let full = command(&["run", PLAN, "--data", DATA])
        .stdout(fs::OpenOptions::new().write(true).open("/dev/full").unwrap())
        .output()
        .unwrap();
    assert_eq!(full.status.code(), Some(2));
    assert!(text(&full.stderr).contains("output-failed"), "{}", text(&full.stderr));
    let mut left = command(&["run", PLAN, "--data", DATA])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(left.stdout.take());
    let output = left.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stderr.is_empty(), "{}", text(&output.stderr));
}

#[test]
fn exit_codes_are_as_documented() {
    let folder = tempfile::tempdir().unwrap();
    let bad = folder.path().join("bad.json");
    fs::write(&bad, "{").unwrap();
    let bad = bad.to_str().unwrap();
    let part = "plans/parts/market.toml";
    let run = |more: &[&'static str]| [&["run", PLAN, "--data", DATA], more].concat();
    let explain = |more: &[&'static str]| [&["explain", PLAN, "--data", DATA], more].concat();
    let fine: [Vec<&str>; 5] = [
        vec!["check", PLAN],
        vec!["check", part],
        vec!["--version"],
        vec!["code", "cycle"],
        explain(&["participants.refund", "--for", "E1042", "--depth", "0"]),
    ];
    // What a plan or data hold is wrong.
    let problems: [Vec<&str>; 3] =
        [vec!["run", PLAN], vec!["run", PLAN, "--data", bad], run(&["--set", "participants.E1042.pay=-1"])];
    // What the command line names is not there, or cannot be read or written.
    let could_not: [Vec<&str>; 20] = [
        vec!["nonsense"],
        vec!["run", "--nonsense", PLAN],
        vec!["code", "cicle"],
        vec!["check", "plans/missing.toml"],
        vec!["check", "plans"],
        vec!["check", "plans/espp.toml/"],
        vec!["run", "plans/missing.toml"],
        vec!["run", part],
        vec!["test", part],
        vec!["test", PLAN, "plans/missing.toml"],
        vec!["run", PLAN, "--data", "missing.json"],
        vec!["run", PLAN, "--determinations", "missing.toml"],
        run(&["--assume", "residual=keep"]),
        run(&["--assume", "residual"]),
        run(&["--as-of", "yesterday"]),
        run(&["--only", "total_cots"]),
        run(&["--set", "participants.E1042.pya=1"]),
        run(&["--set", "participants.nobody.pay=1"]),
        explain(&["participants.refund", "--for", "nobody"]),
        explain(&["participants.refnd", "--for", "E1042"]),
    ];
    for (code, lines) in [(0, &fine[..]), (1, &problems[..]), (2, &could_not[..])] {
        for line in lines {
            let output = whereas(line);
            assert_eq!(output.status.code(), Some(code), "{line:?}: {}", text(&output.stderr));
        }
    }
}

#[test]
fn the_examples_of_the_help_work() {
    let folder = tempfile::tempdir().unwrap();
    for command in ["", "check", "run", "explain", "readings", "test", "doc", "code"] {
        let help = text(&whereas(&[command, "--help"][usize::from(command.is_empty())..]).stdout);
        let joined = help.replace("\\\n", " ");
        let examples: Vec<&str> = joined.lines().filter_map(|l| l.strip_prefix("  whereas ")).collect();
        assert!(!examples.is_empty(), "{command}: {help}");
        for example in examples {
            // What an example writes, it writes into a folder of its own.
            let mut words: Vec<String> = example.split_whitespace().map(str::to_owned).collect();
            for at in 1..words.len() {
                if words[at - 1] == "--out" {
                    words[at] = folder.path().join(&words[at]).to_str().unwrap().to_owned();
                }
            }
            let output = whereas(&words.iter().map(|w| &**w).collect::<Vec<_>>());
            assert_eq!(output.status.code(), Some(0), "{example}: {}", text(&output.stderr));
        }
    }
    let version = text(&whereas(&["--version"]).stdout);
    assert_eq!(version, format!("whereas {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_row_of_a_composite_key_is_named_without_doubt() {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.toml");
    fs::write(
        &plan,
        "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\n\n[inputs.rows]\nkey = [\"of\", \"id\"]\n\
         fields = { of = \"text\", id = \"text\", a = \"number\" }\n\n\
         [rules.rows]\ntwice = { value = \"2 * a\", cite = \"§1\" }\n",
    )
    .unwrap();
    let rows = folder.path().join("rows.csv");
    fs::write(&rows, "of,id,a\na / b,c,1\na,b / c,2\nd,e,3\nf=g,h,4\n").unwrap();
    let (plan, data) = (plan.to_str().unwrap(), format!("rows={}", rows.to_str().unwrap()));
    let explained = |key: &str| whereas(&["explain", plan, "rows.twice", "--for", key, "--data", &data]);
    for (key, value) in [
        ("d / e", "= 6"),
        ("d/e", "= 6"),
        ("\"a / b\" / c", "= 2"),
        ("a / \"b / c\"", "= 4"),
        ("\"a\" / \"b / c\"", "= 4"),
    ] {
        let output = explained(key);
        let said = text(&output.stdout);
        assert!(said.lines().next().is_some_and(|l| l.contains(value)), "{key}: {said}");
    }
    let set = |path: &str| {
        whereas(&["run", plan, "--data", &data, "--only", "rows", "--set", path, "--format", "csv"])
    };
    let expected = [
        ("rows.d / e.a=9", "d,e,18"),
        ("rows.\"a / b\" / c.a=9", "a / b,c,18"),
        ("rows.a/\"b / c\".a=9", "a,b / c,18"),
        ("rows.\"f=g\" / h.a=9", "f=g,h,18"),
    ];
    for (path, row) in expected {
        let output = set(path);
        assert!(text(&output.stdout).lines().any(|l| l == row), "{path}: {}", text(&output.stderr));
    }
    for output in [explained("a / b / c"), set("rows.a / b / c.a=9")] {
        assert_eq!(output.status.code(), Some(2));
        let said = text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains("`rows` has 2 rows that `a / b / c` may mean"), "{said}");
        assert!(said.contains("`\"a / b\" / \"c\"` or `\"a\" / \"b / c\"`"), "{said}");
    }
}

#[test]
fn readings_show_what_moves_and_where() {
    let output = whereas(&["readings", PLAN, "--data", DATA, "--format", "json"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let readings: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(readings["in_force"]["residual"], "refund");
    let alternatives = readings["alternatives"].as_array().unwrap();
    let carry = alternatives.iter().find(|a| a["readings"][0]["reading"] == "carry").unwrap();
    let refund =
        carry["moved"].as_array().unwrap().iter().find(|m| m["rule"] == "participants.refund").unwrap();
    assert!(refund["rows_moved"].as_u64().unwrap() > 0);
    for one in refund["moves"].as_array().unwrap() {
        assert_eq!(one["to"], "0", "{one}");
    }
    for format in ["table", "markdown"] {
        let said = text(&whereas(&["readings", PLAN, "--data", DATA, "--format", format]).stdout);
        assert!(said.contains("residual = carry") && said.contains("participants.refund"), "{said}");
    }
    let pairs =
        text(&whereas(&["readings", PLAN, "--data", DATA, "--pairs", "--only", "total_refund"]).stdout);
    assert!(pairs.contains(" and "), "{pairs}");
    assert!(pairs.contains(" pairs move nothing more than their two readings do"), "{pairs}");
}

#[test]
fn readings_show_what_moves_inside_of_a_list_of_records() {
    let notes = ["readings", "plans/convertible-note.toml", "--data", "examples/one-year/notes"];
    let told = |format: &str| {
        text(&whereas(&[&notes[..], &["--only", "notes.schedule", "--format", format]].concat()).stdout)
    };
    let markdown = told("markdown");
    let line = "R-01, 2006-02-17, principal_after: 31026168.34 USD → 31001611.61 USD (-24556.73 USD)<br>";
    assert!(markdown.contains(line) && markdown.contains("<br>and 531 more |"), "{markdown}");
    // The last period ends on another day: its record is held against the one it takes the place of.
    assert!(!markdown.contains("no more: {"), "{markdown}");
    let table = told("table");
    assert!(table.lines().count() < 100 && table.contains("and 531 more"), "{table}");
    let readings: serde_json::Value = serde_json::from_str(&told("json")).unwrap();
    let isda = &readings["alternatives"]
        .as_array()
        .unwrap()
        .iter()
        .find(|a| a["readings"][0]["reading"] == "thirty_e_isda")
        .unwrap();
    let part = &isda["moved"][0]["moves"][0]["parts"][0];
    assert_eq!(part["path"], serde_json::json!(["2006-02-17", "principal_after"]));
    assert_eq!((&part["from"], &part["to"]), (&"31026168.34".into(), &"31001611.61".into()));
    assert_eq!(part["by"], "-24556.73");
}

#[test]
fn a_plan_without_other_readings_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan.toml");
    let plan =
        "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"Plan\"\n[rules.a]\ncite = \"§1\"\nvalue = \"1\"\n";
    fs::write(&file, plan).unwrap();
    for format in ["table", "markdown"] {
        let said = text(&whereas(&["readings", file.to_str().unwrap(), "--format", format]).stdout);
        assert!(said.contains("the plan has no other readings"), "{format}: {said}");
    }
}

#[test]
fn a_determination_decides_and_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("decided.toml");
    fs::write(&file, "[determinations.residual]\nreading = \"carry\"\nby = \"Compensation Committee\"\non = 2001-01-15\nnote = \"minutes, item 4\"\n").unwrap();
    let shown = file.to_str().unwrap();
    let results =
        whereas(&["run", PLAN, "--data", DATA, "--only", "total_refund", "--determinations", shown]);
    let plain = whereas(&["run", PLAN, "--data", DATA, "--only", "total_refund"]);
    assert_eq!(results.status.code(), Some(0), "{}", text(&results.stderr));
    assert_ne!(results.stdout, plain.stdout);
    // What was decided, by whom and when stands with the results where assumptions are asked for.
    let in_force = |more: &[&str]| -> serde_json::Value {
        let asked = ["run", PLAN, "--data", DATA, "--only", "total_refund", "--with-assumptions"];
        let output = whereas(&[&asked[..], more].concat());
        let results: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        results["$readings"]["residual"].clone()
    };
    assert_eq!(
        in_force(&["--determinations", shown]),
        serde_json::json!({
            "reading": "carry", "chosen": "determination",
            "by": "Compensation Committee", "on": "2001-01-15", "note": "minutes, item 4"
        })
    );
    assert_eq!(in_force(&[]), serde_json::json!({ "reading": "refund", "chosen": "plan" }));
    assert_eq!(
        in_force(&["--determinations", shown, "--assume", "residual=refund"]),
        serde_json::json!({ "reading": "refund", "chosen": "evaluation" })
    );
    assert!(!text(&results.stdout).contains('$'));
    let why = text(
        &whereas(&[
            "explain",
            PLAN,
            "participants.refund",
            "--for",
            "E1042",
            "--data",
            DATA,
            "--determinations",
            shown,
        ])
        .stdout,
    );
    assert!(why.contains("Compensation Committee") && why.contains("2001-01-15"), "{why}");
    fs::write(&file, "[determinations.residul]\nreading = \"carry\"\nby = \"x\"\non = 2001-01-15\n").unwrap();
    let wrong = whereas(&["run", PLAN, "--data", DATA, "--determinations", shown]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("did you mean `residual`?"), "{}", text(&wrong.stderr));
}

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
    assert_eq!(whereas(&["check", PLAN]).status.code(), Some(0));
    assert_eq!(whereas(&["check", "plans/missing.toml"]).status.code(), Some(2));
    assert_eq!(whereas(&["nonsense"]).status.code(), Some(2));
    assert_eq!(whereas(&["--version"]).status.code(), Some(0));
    assert_eq!(whereas(&["code", "cycle"]).status.code(), Some(0));
    assert_eq!(whereas(&["code", "cicle"]).status.code(), Some(2));
    assert_eq!(whereas(&["run", PLAN, "--data", DATA, "--assume", "residual=keep"]).status.code(), Some(2));
    assert_eq!(whereas(&["run", PLAN, "--data", DATA, "--only", "total_cots"]).status.code(), Some(2));
    assert_eq!(whereas(&["run", PLAN]).status.code(), Some(1));
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

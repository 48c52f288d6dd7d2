//! `--reject` and `--keep-going`: rows that are refused are written down with their reasons, and no
//! figure holds anything of them.
#![cfg(feature = "cli")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used
)]

use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const PLAN: &str = r#"
[plan]
language = 1
id = "purchase-plan"
title = "Stock purchase plan"
currency = "USD"

[inputs]
bonus = { type = "USD", min = "0 USD" }

[inputs.participants]
key = "id"
[inputs.participants.fields]
id = "text"
pay = { type = "USD", min = "0 USD" }
months = "number"

[inputs.transfers]
key = "id"
[inputs.transfers.fields]
id = "text"
seller = { type = "ref participants" }

[rules.total_pay]
cite = "§6"
value = "bonus + sum(p.pay for p in participants)"

[rules.transfer_count]
cite = "§6"
value = "count(t for t in transfers)"

[rules.participants.monthly]
cite = "§6"
value = "round(pay / months, 0.01 USD, half_up)"
"#;

struct Run {
    folder: TempDir,
    code: i32,
    results: Option<Value>,
    said: String,
}

impl Run {
    /// Runs the plan over participants and transfers in CSV.
    fn of(participants: &str, transfers: &str, more: &[&str]) -> Self {
        Self::of_folder(participants, transfers, more, None)
    }

    /// The same with a folder beside the data.
    fn of_folder(participants: &str, transfers: &str, more: &[&str], beside: Option<&str>) -> Self {
        let folder = TempDir::new().unwrap();
        beside.iter().for_each(|name| fs::create_dir(folder.path().join(name)).unwrap());
        let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
        fs::write(path("plan.toml"), PLAN).unwrap();
        fs::write(path("p.csv"), format!("id,pay,months\n{participants}")).unwrap();
        fs::write(path("t.csv"), format!("id,seller\n{transfers}")).unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_whereas"))
            .args(["run", "plan.toml", "--data", "participants=p.csv", "--data", "transfers=t.csv"])
            .args(more)
            .current_dir(folder.path())
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let results = serde_json::from_slice(&output.stdout).ok();
        let said = String::from_utf8(output.stderr).unwrap();
        Self { code: output.status.code().unwrap(), results, said, folder }
    }

    fn file(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.folder.path().join(name)).ok()
    }

    /// The keys of the rows refused, with the codes of their reasons.
    fn refused(&self) -> Vec<(String, Vec<String>)> {
        let rows: Vec<Value> = serde_json::from_str(&self.file("refused.json").unwrap()).unwrap();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        let codes =
            |row: &Value| row["reasons"].as_array().unwrap().iter().map(|r| text(&r["code"])).collect();
        rows.iter().map(|row| (text(&row["row"]["id"]), codes(row))).collect()
    }
}

const BOTH: [&str; 5] = ["--set", "bonus=1000", "--reject", "refused.json", "--keep-going"];

fn one(key: &str, code: &str) -> (String, Vec<String>) {
    (key.to_owned(), vec![code.to_owned()])
}

#[test]
fn sound_rows_are_evaluated_and_the_others_written_down() {
    // 1,000 + 1,200 + 600 by hand; of E2 and of the transfer of it nothing is left.
    let run = Run::of("E1,1200,12\nE2,-5,12\nE3,600,6\n", "T1,E1\nT2,E2\n", &BOTH);
    assert_eq!(run.code, 1, "{}", run.said);
    let results = run.results.as_ref().unwrap();
    assert_eq!(results["total_pay"], "2800");
    assert_eq!(results["transfer_count"], 1);
    assert_eq!(results["$refused"], json!({ "participants": 1, "transfers": 1 }));
    assert_eq!(run.refused(), [one("E2", "data-out-of-range"), one("T2", "data-unknown-reference")]);
    let warning = "1 of 3 rows of `participants` and 1 of 2 rows of `transfers` were refused";
    assert!(run.said.contains(warning), "{}", run.said);
}

#[test]
fn of_rows_that_repeat_a_key_none_is_kept() {
    let run = Run::of("E1,1200,12\nE2,1,12\nE1,600,6\n", "", &BOTH);
    assert_eq!(run.results.as_ref().unwrap()["total_pay"], "1001");
    let twice = "data-duplicate-key";
    assert_eq!(run.refused(), [one("E1", twice), one("E1", twice)]);
}

#[test]
fn each_row_of_a_repeated_key_names_another() {
    let rows = "E2,1,12\nE1,1200,12\nE1,600,6\nE1,5,12\n";
    let run = Run::of(rows, "", &["--set", "bonus=1", "--reject", "refused.csv"]);
    let again = |line: u32, pay: &str| {
        format!("participants `E1`: `id` repeats the key of row 2,participants,{line},E1,{pay}\n")
    };
    let first = "\"participants, row 2: `id` has the key that row 3 has too\",participants,3,E1,1200,12\n";
    let expected =
        format!("$reasons,$table,$line,id,pay,months\n{first}{}{}", again(4, "600,6"), again(5, "5,12"));
    assert_eq!(run.file("refused.csv").unwrap(), expected, "{}", run.said);
}

#[test]
fn a_row_for_which_a_rule_has_no_conclusion_is_refused() {
    let run = Run::of("E1,1200,0\nE2,600,6\n", "", &BOTH);
    assert_eq!(run.results.as_ref().unwrap()["total_pay"], "1600");
    assert_eq!(run.refused(), [one("E1", "division-by-zero")]);
}

#[test]
fn more_rows_may_be_refused_than_faults_are_listed() {
    let faulty: String = (0..1500).map(|row| format!("F{row},x,12\n")).collect();
    let run = Run::of(&format!("{faulty}E1,1200,12\n"), "", &BOTH);
    assert_eq!(run.results.as_ref().unwrap()["total_pay"], "2200", "{}", run.said);
    assert_eq!(run.refused().len(), 1500);
    let run = Run::of(&format!("{faulty}E1,1200,12\n"), "", &BOTH[..4]);
    assert_eq!((run.code, run.results.is_none(), run.refused().len()), (1, true, 1500));
    assert!(run.said.contains("500 more faults of the data are not listed"), "{}", run.said);
}

#[test]
fn without_being_asked_to_go_on_there_are_no_results() {
    let run = Run::of("E1,x,12\nE2,1,12\n", "T1,E1\n", &["--set", "bonus=1", "--reject", "refused.csv"]);
    assert_eq!((run.code, run.results.is_none()), (1, true));
    assert_eq!(
        run.file("refused.csv").unwrap(),
        "$reasons,$table,$line,id,pay,months,seller\n\
         \"participants `E1`: `pay` is `x`, expected an amount in `USD`, such as `1250.50`\",participants,2,E1,x,12,\n\
         \"transfers `T1`: `seller` names `E1`, and `participants` has no such row\",transfers,2,T1,,,E1\n",
        "{}",
        run.said
    );
    // That `T1` names a row that is refused is told once it is.
    assert!(run.said.contains("there may be more faults"), "{}", run.said);
}

#[test]
fn what_is_no_fault_of_a_row_ends_the_evaluation() {
    let run = Run::of(
        "E1,1200,12\nE2,-5,12\n",
        "",
        &["--set", "bonus=-1", "--reject", "refused.json", "--keep-going"],
    );
    assert_eq!((run.code, run.results.is_none()), (1, true));
    assert!(run.said.contains("bonus") && run.said.contains("E2"), "{}", run.said);
}

/// Runs a plan of people and of places over a chain of rows, which stand in two tables by turns and each of which
/// names the one before; the first is out of bounds, and `F` names nobody. Answers the results, how many were
/// refused, and what was said. A table that refers to itself is not read straight into columns.
fn chain(rows: usize, tables: [&str; 2]) -> (Option<String>, usize, String) {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let mut plan = "[plan]\nlanguage = 1\nid = \"lines\"\ntitle = \"Reporting lines\"\n".to_owned();
    for (name, before) in [("people", tables[1]), ("places", tables[0])] {
        plan += &format!(
            r#"
[inputs.{name}]
key = "id"
fields.id = "text"
fields.pay = {{ type = "number", min = 0 }}
fields.chief = {{ type = "ref {before}?" }}

[rules.{name}.twice]
cite = "§1"
value = "pay * 2"
"#
        );
        let mut lines = "id,pay,chief\n".to_owned();
        for row in (0..rows).filter(|row| tables[row % 2] == name) {
            let (pay, before) = if row == 0 { (-1, String::new()) } else { (1, format!("E{}", row - 1)) };
            lines += &format!("E{row},{pay},{before}\n");
        }
        fs::write(path(&format!("{name}.csv")), lines + "F,4,\n").unwrap();
    }
    fs::write(path("plan.toml"), plan).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_whereas"))
        .args(["run", "plan.toml", "--data", "people=people.csv", "--data", "places=places.csv"])
        .args(["--only", "people", "--format", "csv", "--out", "out.csv"])
        .args(["--reject", "refused.csv", "--keep-going"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    let refused = fs::read_to_string(path("refused.csv")).expect(&said).lines().count() - 1;
    (fs::read_to_string(path("out.csv")).ok(), refused, said)
}

#[test]
fn rows_that_fall_one_after_the_other_without_end_are_said_to_be_more() {
    for tables in [["people", "people"], ["people", "places"]] {
        let (results, refused, said) = chain(64, tables);
        assert_eq!((results.as_deref(), refused), (Some("id,twice\nF,8\n"), 64), "{said}");
        let (results, refused, said) = chain(65, tables);
        assert_eq!((results, refused), (None, 64));
        assert!(said.contains("one after the other"), "{said}");
    }
}

#[test]
fn where_nothing_is_refused_the_file_says_so() {
    let run = Run::of("E1,1200,12\n", "", &BOTH);
    assert_eq!((run.code, run.refused().len()), (0, 0), "{}", run.said);
    assert!(run.results.unwrap().get("$refused").is_none());
}

#[test]
fn results_and_refused_rows_are_not_written_into_one_file() {
    for out in ["same.csv", "./same.csv", "folder/../same.csv"] {
        let folder = ["--reject", "same.csv", "--out", out, "--keep-going", "--only", "participants"];
        let run = Run::of_folder("E1,100,12\nE2,much,12\n", "", &folder, Some("folder"));
        assert_eq!(run.code, 2, "{}", run.said);
        assert!(run.said.contains("`same.csv` is written by `--out` too"), "{}", run.said);
        assert_eq!(run.file("same.csv"), None);
    }
    let apart = ["--reject", "other.csv", "--out", "same.csv", "--keep-going", "--only", "participants"];
    assert_eq!(Run::of("E1,100,12\nE2,much,12\n", "", &apart).code, 1);
}

#[test]
fn going_on_needs_a_place_for_what_is_refused() {
    let run = Run::of("E1,1200,12\n", "", &["--set", "bonus=1", "--keep-going"]);
    assert_eq!(run.code, 2);
    let run = Run::of("E1,1200,12\n", "", &["--set", "bonus=1", "--reject", "p.csv", "--keep-going"]);
    assert_eq!(run.code, 2);
    assert!(run.said.contains("is read by this command"), "{}", run.said);
    assert!(Path::new(&run.folder.path().join("p.csv")).exists());
}

//! Data and results in every format: what is written is read back as the same values by both evaluators,
//! and damaged files are refused with their names, whatever is wrong with them.
#![cfg(all(
    feature = "cli",
    feature = "compression",
    feature = "xlsx",
    feature = "arrow",
    feature = "parquet"
))]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used
)]

mod books;
mod columns;
mod damaged;
mod told;

use std::fs;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

/// A plan that concludes what it is told, field by field.
const ECHO: &str = r#"
[plan]
language = 1
id = "echo"
title = "Echo"
currency = "USD"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD?"
price = "USD/share?"
shares = "share?"
rate = "%?"
born = "date?"
kind = "one of red, green?"
note = "text?"
active = "boolean?"
tags = { type = "list of text", default = [] }
[rules.people]
echo_pay = { value = "pay" }
echo_price = { value = "price" }
echo_shares = { value = "shares" }
echo_rate = { value = "rate" }
echo_born = { value = "born" }
echo_kind = { value = "kind" }
echo_note = { value = "note" }
echo_active = { value = "active" }
echo_tags = { value = "tags" }
[rules]
total = { type = "USD", value = "sum(p.pay otherwise 0 USD for p in people)" }
"#;

const ROWS: &str = r#"[
  {"id": "E1", "pay": "100.5", "price": "1.115625", "shares": 12, "rate": "0.85", "born": "2001-01-31",
   "kind": "red", "note": "a, \"b\"", "active": true, "tags": ["x", "y"]},
  {"id": "E2", "rate": "1/3", "note": "1e5"},
  {"id": "1003", "pay": "0.1", "price": "-0.000001", "shares": "1/2", "rate": "-1", "born": "1850-12-31",
   "kind": "green", "note": "true", "active": false, "tags": ["z"]},
  {"id": "E4", "pay": "12345678901234567.89", "price": "100000", "shares": 123456789012345, "born": "9999-12-31"}
]"#;

/// A folder with a plan in it.
pub struct Place(TempDir);

impl Place {
    pub(crate) fn new(plan: &str) -> Self {
        let place = Self(TempDir::new().unwrap());
        place.write("plan.toml", plan);
        place
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }

    pub(crate) fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.0.path().join(name), bytes).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.0.path().join(name)).unwrap()
    }

    /// What the command prints, and its exit code; it never panics.
    pub(crate) fn run(&self, arguments: &str) -> (String, String, i32) {
        let output = Command::new(env!("CARGO_BIN_EXE_whereas"))
            .args(["--color", "never", "run", "plan.toml"])
            .args(arguments.split_whitespace())
            .current_dir(self.path())
            .env("COLUMNS", "100")
            .output()
            .unwrap();
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!err.contains("panicked"), "{arguments}: {err}");
        let code = output.status.code().unwrap_or_else(|| panic!("{arguments}: {err}"));
        assert!((0..=2).contains(&code), "{arguments}: {err}");
        (out.into_owned(), err.into_owned(), code)
    }

    pub(crate) fn fine(&self, arguments: &str) -> String {
        let (out, err, code) = self.run(arguments);
        assert_eq!(code, 0, "{arguments}: {err}");
        out
    }

    /// What the command prints that reads a file through a pipe.
    pub(crate) fn piped(&self, arguments: &str, file: &str) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_whereas"))
            .args(["--color", "never", "run", "plan.toml"])
            .args(arguments.split_whitespace())
            .current_dir(self.path())
            .env("COLUMNS", "100")
            .stdin(fs::File::open(self.path().join(file)).unwrap())
            .output()
            .unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    }

    pub(crate) fn refused(&self, arguments: &str) -> String {
        let (out, err, code) = self.run(arguments);
        assert!(code != 0 && out.is_empty(), "{arguments}: {out}");
        err
    }
}

/// Every ending that results of one table are written with and data read from.
pub const ENDINGS: [&str; 12] = [
    "csv",
    "csv.gz",
    "csv.zst",
    "json",
    "json.gz",
    "json.zst",
    "ndjson",
    "ndjson.gz",
    "ndjson.zst",
    "xlsx",
    "parquet",
    "arrow",
];

#[test]
fn what_is_written_is_read_back_as_the_same_values() {
    let place = Place::new(ECHO);
    place.write("rows.json", ROWS);
    let expected = place.fine("--data people=rows.json --only people --format json");
    // The results, read as data by a plan whose fields have their names.
    let again = ECHO.replace("echo_", "once_");
    let again = ["pay", "price", "shares", "rate", "born", "kind", "note", "active", "tags"]
        .iter()
        .fold(again, |plan, f| {
            plan.replace(&format!("\n{f} = "), &format!("\necho_{f} = "))
                .replace(&format!("value = \"{f}\""), &format!("value = \"echo_{f}\""))
        })
        .replace("p.pay", "p.echo_pay");
    let other = Place::new(&again);
    for ending in ENDINGS {
        place.fine(&format!("--data people=rows.json --only people --out r.{ending}"));
        // A list is a list in JSON, whose rows are an array below the table's name.
        let bytes = place.read(&format!("r.{ending}"));
        other.write(&format!("r.{ending}"), &bytes);
        let data =
            if ending.starts_with("json") { format!("r.{ending}") } else { format!("people=r.{ending}") };
        for engine in ["reference", "columns"] {
            let found = other.fine(&format!("--data {data} --only people --format json --engine {engine}"));
            assert_eq!(found.replace("once_", "echo_"), expected, "{ending}, {engine}");
        }
    }
    // A folder reads each of them too, and so does a whole workbook.
    for ending in ENDINGS.iter().filter(|e| !e.starts_with("json")) {
        let folder = other.path().join("folder");
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        fs::copy(other.path().join(format!("r.{ending}")), folder.join(format!("people.{ending}"))).unwrap();
        let found = other.fine("--data folder --only people --format json");
        assert_eq!(found.replace("once_", "echo_"), expected, "{ending}");
    }
    let found = other.fine("--data r.xlsx --only people --format json");
    assert_eq!(found.replace("once_", "echo_"), expected);
}

#[test]
fn results_do_not_depend_on_the_time_or_the_number_of_threads() {
    let place = Place::new(ECHO);
    place.write("rows.json", ROWS);
    for ending in ENDINGS {
        place.fine(&format!("--data people=rows.json --only people --out a.{ending}"));
        std::thread::sleep(std::time::Duration::from_millis(5));
        place.fine(&format!("--data people=rows.json --only people --threads 3 --out b.{ending}"));
        assert_eq!(place.read(&format!("a.{ending}")), place.read(&format!("b.{ending}")), "{ending}");
    }
}

#[test]
fn the_figures_of_the_plan_are_written_in_every_format() {
    let place = Place::new(ECHO);
    place.write("rows.json", ROWS);
    for ending in ENDINGS {
        place.fine(&format!("--data people=rows.json --only plan --out plan.{ending}"));
    }
    assert_eq!(place.read("plan.ndjson"), b"{\"total\":\"12345678901234668.49\"}\n");
    let err = place.refused("--data people=rows.json --out all.parquet");
    assert!(err.contains("a Parquet file holds one table, and more was asked for"), "{err}");
    // A workbook holds everything.
    place.fine("--data people=rows.json --out all.xlsx");
}

#[test]
fn a_table_in_json_that_comes_through_a_pipe_may_have_any_size() {
    let place = Place::new(ECHO);
    let note = "x".repeat(1_000_000);
    let rows: Vec<String> =
        (0..10).map(|row| format!("{{\"id\": \"E{row}\", \"pay\": {row}, \"note\": \"{note}\"}}")).collect();
    let all = format!("[{}]", rows.join(",\n"));
    place.write("p.json", &all);
    for format in ["people=json", "json"] {
        let found = place
            .piped(&format!("--data people=- --input-format {format} --only total --format csv"), "p.json");
        assert_eq!(found, "rule,value\ntotal,45.00\n");
    }
    // What is wrong is told of standard input, and a document has no more room than before.
    place.write("p.json", all.replace("\"pay\": 7", "\"pay\": \"much\""));
    let found = place.piped("--data people=- --input-format people=json --only total", "p.json");
    assert!(found.contains("standard input, line 8") && found.contains("much"), "{found:.500}");
    place.write("all.json", format!("{{\"people\": {all}}}"));
    let found = place.piped("--data - --only total", "all.json");
    assert!(found.contains("larger than 8388608 bytes"), "{found}");
}

#[test]
fn a_nul_character_is_named_in_every_format() {
    let place = Place::new(ECHO);
    place.write("p.csv", "id\nE\0\n");
    place.write("p.json", "[{\"id\": \"E\0\"}]");
    place.write("p.ndjson", "{\"id\": \"E1\"}\n{\"id\": \"E\0\"}\n");
    for ending in ["csv", "json", "ndjson"] {
        let err = place.refused(&format!("--data people=p.{ending}"));
        assert!(err.contains("it holds a NUL character"), "{ending}: {err}");
    }
}

#[test]
fn many_rows_are_read_from_every_format_by_both_readers() {
    let plan = "[plan]\nlanguage = 1\nid = \"m\"\ntitle = \"M\"\ncurrency = \"USD\"\n[inputs.people]\nkey = \"id\"\n[inputs.people.fields]\nid = \"text\"\npay = \"USD\"\nborn = \"date?\"\nmentor = \"ref people?\"\n[rules.people]\nraised = { value = \"pay * 3\" }\nborn_on = { value = \"born\" }\n[rules]\ntotal = { value = \"sum(people.pay)\" }\n";
    let quick = plan.replace("mentor = \"ref people?\"\n", "");
    let mut csv = String::from("id,pay,born\n");
    for row in 0..70_000 {
        let born = if row % 3 == 0 {
            String::new()
        } else {
            format!("19{:02}-0{}-1{}", row % 90 + 10, row % 9 + 1, row % 10)
        };
        csv.push_str(&format!("E{row},{}.{:02},{born}\n", row % 5000, row % 100));
    }
    let place = Place::new(&quick);
    let slow = Place::new(plan);
    for place in [&place, &slow] {
        place.write("people.csv", &csv);
    }
    let expected = place.fine("--data people=people.csv --only people --format csv");
    // The table as data of other formats: its own results under the names of the inputs.
    let names = quick.replace("raised = { value = \"pay * 3\" }", "pay_ = { value = \"pay\" }");
    let writer = Place::new(&names);
    writer.write("people.csv", &csv);
    for ending in ["csv.gz", "csv.zst", "ndjson", "xlsx", "parquet", "arrow"] {
        writer.fine(&format!("--data people=people.csv --only people --out p.{ending}"));
        let renamed = quick
            .replace("\npay = \"USD\"", "\npay_ = \"USD\"")
            .replace("\nborn = ", "\nborn_on = ")
            .replace("value = \"pay * 3\"", "value = \"pay_ * 3\"")
            .replace("born_on = { value = \"born\" }", "born_on_ = { value = \"born_on\" }")
            .replace("people.pay", "people.pay_");
        let slower = renamed.replace("[rules.people]", "mentor = \"ref people?\"\n[rules.people]");
        for plan in [renamed, slower] {
            let reader = Place::new(&plan);
            reader.write(&format!("p.{ending}"), writer.read(&format!("p.{ending}")));
            for threads in [1, 2] {
                let found = reader.fine(&format!(
                    "--data people=p.{ending} --only people --format csv --threads {threads}"
                ));
                assert!(found.replace("born_on_", "born_on") == expected, "{ending}, {threads} threads");
            }
        }
    }
}

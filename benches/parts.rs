//! What the parts of a job cost, each by itself: `cargo bench --bench parts`.
//!
//! Parts of 10,000 rows are given for the whole of them: a microsecond is a tenth of a nanosecond a row.
#![allow(clippy::pedantic, clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)]

use criterion::{Criterion, criterion_group, criterion_main};
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::PathBuf;
use whereas::data::{
    Around, Encoding, Format, Packing, Raw, RawKind, Source, read_json, read_roster, validate,
    validate_rosters,
};
use whereas::engine::Rosters;
use whereas::eval::{Choices, Dataset};
use whereas::ir::Selection;
use whereas::limits::Limits;
use whereas::progress::Watched;
use whereas::{Inputs, Plan, columns, eval, report};

const ROWS: usize = 10_000;
/// Rows of which there are so many that what rules take whatever the rows does not count.
const MANY: usize = 100_000;

fn at(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// A roster without surprises: what boundaries cost is for whole jobs to say.
fn roster(rows: usize) -> (tempfile::TempDir, Source) {
    let mut text = String::from(
        "id,hire_date,hours_per_week,months_per_year,owned_shares,status,election,pay,deduction_rate,\
         extra_cash,prior_purchases_fmv_this_year\n",
    );
    for row in 0..rows {
        let (month, day) = (1 + row % 12, 1 + row % 28);
        let (pay, cents, rate) = (2_000 + row * 7 % 9_000, row % 100, 1 + row % 12);
        writeln!(
            text,
            "E{row:07},1999-{month:02}-{day:02},40,12,{row},active,,{pay}.{cents:02},0.{rate:02},0.00,0"
        )
        .unwrap();
    }
    written(&text)
}

/// Participants of every status and election of the employee stock purchase plan.
fn every_kind(rows: usize) -> (tempfile::TempDir, Source) {
    let statuses = ["active", "ceased", "left", "retired", "absent", "returned", "not_resumed", "deceased"];
    let elections = ["none", "make_up", "reduce", "withdraw"];
    let mut text = String::from(
        "id,hire_date,hours_per_week,months_per_year,owned_shares,pay,deduction_rate,extra_cash,\
         plan_shares_held,status,status_date,election,election_date\n",
    );
    for row in 0..rows {
        let day = |of: usize| format!("2001-{:02}-{:02}", 1 + of % 6, 1 + of % 28);
        let (status, election) = (row % 8, row / 8 % 4);
        let status_date = if status == 0 { String::new() } else { day(row / 3) };
        let election_date = if election == 0 { String::new() } else { day(row / 5) };
        writeln!(
            text,
            "E{row:07},{}-{:02}-{:02},{},{},{},{}.{:02},0.{:02},{}.00,{},{},{status_date},{},{election_date}",
            1990 + row % 11,
            1 + row % 12,
            1 + row % 28,
            18 + row % 23,
            4 + row % 9,
            row * 37 % 100_000,
            2_000 + row * 7 % 90_000,
            row % 100,
            1 + row % 12,
            row % 7 * 10,
            row % 300,
            statuses[status],
            elections[election],
        )
        .unwrap();
    }
    written(&text)
}

/// A file of participants.
fn written(text: &str) -> (tempfile::TempDir, Source) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("participants.csv");
    std::fs::write(&path, text).unwrap();
    let encoding = Encoding { format: Format::Csv, packing: Packing::Plain };
    let source = Source::new("participants", path.to_str().unwrap(), encoding);
    (folder, source)
}

fn pool() -> Raw {
    read_json("pool.json", r#"{ "pool": 6000000 }"#, &Limits::DEFAULT).unwrap()
}

/// The data of a roster that fits the plan.
fn dataset(plan: &Plan, source: &Source, rest: &Raw) -> Dataset {
    let table = plan.program().find_table("participants").unwrap();
    let rows = read_roster(plan.program(), table, source, Around::default()).unwrap();
    validate_rosters(plan.program(), rest, vec![(table, rows)], &Choices::default(), plan.limits()).unwrap()
}

fn jobs(c: &mut Criterion) {
    let plan = Plan::from_path(at("benches/purchase.toml")).unwrap();
    let table = plan.program().find_table("participants").unwrap();
    let (_folder, source) = roster(ROWS);
    c.bench_function("read 10,000 rows", |b| {
        b.iter(|| read_roster(plan.program(), table, black_box(&source), Around::default()).unwrap());
    });
    let data = dataset(&plan, &source, &pool());
    let (_many, source) = roster(MANY);
    rules(c, "purchase", MANY, &plan, &dataset(&plan, &source, &pool()));
    let rosters = Rosters { tables: vec![(table, (*data.tables[table]).clone())], ..Rosters::default() };
    let again = rosters.tables.clone();
    let inputs = Inputs::from_raw(pool()).with_rosters(Rosters {
        tables: again,
        again: Some(std::sync::Arc::new(|| Ok(Inputs::from_raw(pool())))),
        ..Rosters::default()
    });
    let results = plan.evaluation().only(["participants"]).run(&inputs).unwrap();
    c.bench_function("write 10,000 rows", |b| {
        b.iter(|| report::write_csv(&results, 1, Watched::default(), &mut std::io::sink()).unwrap());
    });
}

/// All rules of a plan over columns, with packing what they conclude.
fn rules(c: &mut Criterion, name: &str, rows: usize, plan: &Plan, data: &Dataset) {
    let (choices, limits) = (Choices::default(), plan.limits());
    let rules = || {
        columns::evaluate(plan.program(), data, &choices, &Selection::All, limits, columns::Crew::default())
    };
    c.bench_function(&format!("rules of {name}, {rows} rows"), |b| b.iter(|| black_box(rules())));
}

/// All conclusions of a large plan, more shares being asked for than there are.
fn espp_rules(c: &mut Criterion) {
    let (_folder, source) = every_kind(MANY);
    let rest = serde_json::json!({
        "company": { "shares_outstanding": 93_840_935, "shares_issued": 400_000, "adopted": "1999-07-22",
                     "approved": "1999-12-01" },
        "period": { "first_trading_day": "2001-01-02", "last_trading_day": "2001-06-29",
                    "fmv_first": "1.75", "fmv_last": "1.3125" },
    });
    let rest = read_json("rest.json", &rest.to_string(), &Limits::DEFAULT).unwrap();
    let plan = Plan::from_path(at("plans/espp.toml")).unwrap();
    rules(c, "espp", MANY, &plan, &dataset(&plan, &source, &rest));
}

/// One participant, whose data are validated: what an embedder pays for every person.
fn single(c: &mut Criterion) {
    let plan = Plan::from_path(at("benches/purchase.toml")).unwrap();
    let text = r#"{ "pool": 6000, "participants": [{ "id": "E1", "hire_date": "1999-03-01",
        "hours_per_week": 40, "months_per_year": 12, "owned_shares": 100, "status": "active",
        "pay": "6829.18", "deduction_rate": "0.04", "extra_cash": 0, "prior_purchases_fmv_this_year": 0 }] }"#;
    let raw = read_json("one.json", text, &Limits::DEFAULT).unwrap();
    assert!(matches!(raw.kind, RawKind::Map(_)));
    let choices = Choices::default();
    let data = validate(plan.program(), &raw, &choices, plan.limits()).unwrap();
    c.bench_function("one participant, rules alone", |b| {
        b.iter(|| black_box(eval::evaluate(plan.program(), &data, &choices, &Selection::All, plan.limits())));
    });
    let inputs = Inputs::from_raw(raw);
    c.bench_function("one participant, validated", |b| b.iter(|| plan.evaluate(black_box(&inputs)).unwrap()));
}

/// One participant, whose data are validated, with the figures of the plan known; and with the data as an
/// embedder has them.
fn row(c: &mut Criterion) {
    let row = serde_json::json!({
        "id": "E1", "hire_date": "1999-03-01", "hours_per_week": 40, "months_per_year": 12,
        "owned_shares": 100, "pay": "6829.18", "deduction_rate": "0.04",
    });
    let mut purchase = row.clone();
    for (field, value) in [("status", "active"), ("extra_cash", "0"), ("prior_purchases_fmv_this_year", "0")]
    {
        purchase[field] = value.into();
    }
    let data = serde_json::json!({ "pool": 6000, "participants": [purchase] });
    let espp = serde_json::json!({
        "company": { "shares_outstanding": 93_840_935, "adopted": "1999-07-22", "approved": "1999-12-01" },
        "period": { "first_trading_day": "2001-01-02", "last_trading_day": "2001-06-29",
                    "fmv_first": "1.75", "fmv_last": "1.3125" },
        "participants": [row],
    });
    for (name, path, data) in [("purchase", "benches/purchase.toml", data), ("espp", "plans/espp.toml", espp)]
    {
        let results = Plan::from_path(at(path)).unwrap().evaluate(&data).unwrap();
        let participants = results.row_evaluator("participants").unwrap();
        let row = &data["participants"][0];
        let checked = participants.row(row).unwrap();
        c.bench_function(&format!("one participant of {name}, figures known"), |b| {
            b.iter(|| participants.conclude(black_box(&checked)).unwrap());
        });
        c.bench_function(&format!("one participant of {name}, figures known, validated"), |b| {
            b.iter(|| participants.evaluate(black_box(row)).unwrap());
        });
    }
}

fn check(c: &mut Criterion) {
    for name in ["purchase", "espp", "convertible-note", "registration-rights"] {
        let folder = if name == "purchase" { "benches" } else { "plans" };
        let path = at(&format!("{folder}/{name}.toml"));
        c.bench_function(&format!("check {name}.toml"), |b| {
            b.iter(|| Plan::from_path(black_box(&path)).unwrap())
        });
    }
}

fn start(c: &mut Criterion) {
    c.bench_function("start of the command", |b| {
        b.iter(|| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_whereas"));
            assert!(command.arg("--version").stdout(std::process::Stdio::null()).status().unwrap().success());
        });
    });
}

criterion_group!(parts, jobs, espp_rules, single, row, check, start);
criterion_main!(parts);

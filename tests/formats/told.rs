//! What reading and writing tell of how far they are, in every format: shares of the bytes that a file has,
//! and of the rows of the results.

use super::{ENDINGS, Place};
use std::sync::{Arc, Mutex};
use whereas::data::{Around, Encoding, Source, read_roster};
use whereas::engine::Rosters;
use whereas::limits::Limits;
use whereas::plan::NoImports;
use whereas::progress::{Phase, Watch, Watched};
use whereas::report;
use whereas::{Inputs, Plan, Results};

const PLAN: &str = r#"
[plan]
language = 1
id = "told"
title = "Told"
currency = "USD"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD"
[rules.people]
again = { value = "pay" }
"#;

const ROWS: u64 = 8_000;

/// What was told: each beginning, and how much was done after it.
#[derive(Debug, Default)]
struct Seen(Mutex<Vec<(Phase, Option<u64>, u64)>>);

impl Watch for Seen {
    fn begin(&self, phase: Phase, all: Option<u64>) {
        self.0.lock().unwrap().push((phase, all, 0));
    }

    fn advance(&self, parts: u64) {
        self.0.lock().unwrap().last_mut().unwrap().2 += parts;
    }
}

/// Results whose table is read from a file, and what was told of its reading.
fn read(plan: &Plan, path: &str, threads: usize) -> (Results, Seen) {
    let seen = Seen::default();
    let (_, encoding) = Encoding::of_name(path).unwrap();
    let source = Source::new("people", path, encoding);
    let pool = whereas::columns::pool(threads);
    let around = Around { watch: Watched(Some(&seen)), pool: pool.as_ref(), ..Around::default() };
    let data = read_roster(plan.program(), 0, &source, around).unwrap();
    let rosters = Rosters {
        tables: vec![(0, data)],
        again: Some(Arc::new(|| panic!("read again"))),
        ..Rosters::default()
    };
    (plan.evaluation().only(["people"]).run(&Inputs::new().with_rosters(rosters)).unwrap(), seen)
}

#[test]
fn reading_and_writing_tell_how_far_they_are() {
    let place = Place::new(PLAN);
    let pay = |row: u64| row * 2_654_435_761 % 100_000;
    let rows: String = (0..ROWS).map(|row| format!("E{row},{}.25\n", pay(row))).collect();
    place.write("p.csv", format!("id,pay\n{rows}"));
    let plan = Plan::from_str_with("plan.toml", PLAN, &NoImports, Limits::DEFAULT).unwrap();
    let at = |name: &str| place.path().join(name).to_str().unwrap().to_owned();
    let (results, _) = read(&plan, &at("p.csv"), 1);
    // What is concluded is data again where the plan takes it.
    let plan = PLAN
        .replace("pay = \"USD\"", "again = \"USD\"")
        .replace("again = { value = \"pay\" }", "pay = { value = \"again\" }");
    let plan = Plan::from_str_with("plan.toml", &plan, &NoImports, Limits::DEFAULT).unwrap();
    for ending in ENDINGS {
        let name = format!("w.{ending}");
        if ending.starts_with("json") {
            let rows: Vec<String> =
                (0..ROWS).map(|row| format!("{{\"id\": \"E{row}\", \"again\": {}}}", pay(row))).collect();
            place.write("rows", format!("[{}]", rows.join(",\n")));
            let text = place.read("rows");
            match ending {
                "json.gz" => place.write(&name, super::damaged::gzip(std::iter::once(text))),
                "json.zst" => place.write(&name, zstd::encode_all(&*text, 1).unwrap()),
                _ => place.write(&name, text),
            }
        } else {
            place.fine(&format!("--data people=p.csv --only people --out {name}"));
        }
        for threads in [1, 2] {
            let (_, seen) = read(&plan, &at(&name), threads);
            let told = seen.0.into_inner().unwrap();
            let bytes = u64::try_from(place.read(&name).len()).unwrap();
            if ending == "xlsx" {
                assert_eq!((told.len(), told[0].1), (1, None), "{ending}: {told:?}");
                continue;
            }
            assert_eq!((told.len(), told[0].0, told[0].1), (1, Phase::Reading, Some(bytes)), "{ending}");
            let done = told[0].2;
            assert!(bytes * 9 / 10 <= done && done <= bytes * 11 / 10, "{ending}: {done} of {bytes} bytes");
        }
    }
    let write = |write: &dyn Fn(Watched<'_>, &mut Vec<u8>) -> std::io::Result<()>| {
        let (seen, mut out) = (Seen::default(), Vec::new());
        write(Watched(Some(&seen)), &mut out).unwrap();
        assert_eq!(seen.0.into_inner().unwrap(), [(Phase::Writing, Some(ROWS), ROWS)]);
        out
    };
    write(&|watch, out| report::write_csv(&results, 1, watch, out));
    write(&|watch, out| report::write_ndjson(&results, watch, out));
    write(&|watch, out| report::write_workbook(&results, watch, out));
    write(&|watch, out| report::write_parquet(&results, watch, out));
    write(&|watch, out| report::write_arrow(&results, watch, out));
    let json = write(&|watch, out| report::write_json(&results, watch, out));
    assert_eq!(json, format!("{}\n", serde_json::to_string_pretty(&results).unwrap()).into_bytes());
}

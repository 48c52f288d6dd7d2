//! Large tables of which a few rows do not fit are told of without being read with the place of every value, also
//! where memory has no bound.

use super::{flat, line};
use crate::support::Scratch;
use std::fmt::Write as _;

#[test]
fn a_row_at_the_end_of_a_large_table_is_told_of_in_little_memory() {
    let fields: Vec<String> = (0..14).map(|n| format!("field_{n}")).collect();
    let types: Vec<String> = fields.iter().map(|name| format!("{name} = \"number\"")).collect();
    let plan = format!(
        "[plan]\nlanguage = 1\nid = \"wide\"\ntitle = \"Many fields\"\n[inputs.rows]\nkey = \"id\"\n\
         fields = {{ id = \"text\", {} }}\n[rules]\nr = {{ value = \"sum(rows.field_1)\", cite = \"§1\" }}\n",
        types.join(", ")
    );
    let rows = 76_000;
    let mut text = String::new();
    for row in 0..rows {
        let value = if row + 1 == rows { "\"12x\"" } else { "12" };
        write!(text, "{{\"id\": \"P{row:09}\"").unwrap();
        fields.iter().for_each(|name| write!(text, ", \"{name}\": {value}").unwrap());
        text.push_str("}\n");
    }
    assert!(text.len() > 16 << 20);
    let scratch = Scratch::new("memory-late-fault");
    scratch.write("plan.toml", plan);
    scratch.write("rows.ndjson", &text);
    scratch.write("rows.json", format!("[\n{}\n]\n", text.trim_end().replace("}\n", "},\n")));
    for (file, expected) in
        [("rows.ndjson", "rows.ndjson, line 76000"), ("rows.json", "rows.json, line 76001")]
    {
        let script = format!("exec \"$0\" run plan.toml --data rows={file} --only r");
        let (code, said, most) = line(&scratch, &script);
        assert_eq!(code, Some(1), "{said}");
        assert!(flat(&said).contains(expected) && said.contains("field_13"), "{said}");
        // With the place of every value the table takes some hundred megabytes.
        assert!(most.is_none_or(|most| most < 60_000_000), "{file}: {most:?}");
    }
}

const MANY: &str = r#"[plan]
language = 1
id = "many"
title = "Many faults"

[inputs.rows]
key = "id"
require = [{ that = "until >= rate", field = "until", message = "must not be below `rate`" }]
fields.id = "text"
fields.pay = { type = "number", min = 0, step = 1 }
fields.rate = { type = "number", max = 9 }
fields.tag = { type = "text?", unique = true }
fields.until = { type = "number", default = 5 }

[rules]
total = { value = "sum(rows.pay)", cite = "§1" }
"#;

/// Rows some of which have an own fault, or repeat something: how many in so many rows is said of each kind.
fn faulty(rows: u32, every: [u32; 5]) -> String {
    let is_at = |kind: usize, row: u32| every[kind] > 0 && row % every[kind] == every[kind] / 2;
    let mut text = "id,pay,rate,tag,until\n".to_owned();
    for row in 0..rows {
        // Keys in no order, which differ but for those repeated.
        let key = |row: u32| row.wrapping_mul(48_271) & 0xF_FFFF;
        let id = if is_at(0, row) { key(row / 3) } else { key(row) };
        let pay = if is_at(1, row) { "-1" } else { "7" };
        let rate = if is_at(2, row) { "x" } else { "2" };
        let tag = match row {
            _ if is_at(3, row) => format!("t{}", row % 5),
            _ if row % 2 == 0 => format!("t{row}"),
            _ => String::new(),
        };
        let until = if is_at(4, row) { "1" } else { "" };
        writeln!(text, "E{id},{pay},{rate},{tag},{until}").unwrap();
    }
    text
}

/// As [`line`] for a command that says more than a pipe holds.
fn much(scratch: &Scratch, script: &str) -> (Option<i32>, String, Option<u64>) {
    let (code, _, most) = line(scratch, &format!("{script} 2> said.txt"));
    (code, std::fs::read_to_string(scratch.0.join("said.txt")).unwrap(), most)
}

#[test]
fn the_first_of_many_faults_are_told_and_the_others_counted_within_little_memory() {
    let scratch = Scratch::new("memory-many-faults");
    scratch.write("plan.toml", MANY);
    for (every, counted) in [
        ([9, 0, 0, 0, 0], true),
        ([3, 0, 0, 0, 0], true),
        ([0, 9, 0, 0, 0], true),
        ([0, 0, 0, 11, 0], true),
        ([40, 25, 90, 30, 60], true),
        ([70, 70, 70, 70, 70], true),
        // Rows for which a condition does not hold are not counted beyond those that are told.
        ([0, 0, 0, 0, 8], false),
    ] {
        scratch.write("rows.csv", faulty(30_000, every));
        let [without, within] = ["", "--memory 16MB"].map(|memory| {
            let script = format!(
                "exec \"$0\" run plan.toml --data rows=rows.csv --only total --problems short {memory}"
            );
            let (code, said, most) = much(&scratch, &script);
            assert_eq!(code, Some(1), "{every:?}: {said}");
            assert!(memory.is_empty() || most.is_none_or(|most| most < 24_000_000), "{every:?}: {most:?}");
            said
        });
        let [(all, last), (told, more)] =
            [&without, &within].map(|said| said.trim_end().rsplit_once('\n').unwrap());
        assert!(all == told && all.lines().count() == 1_000, "{every:?}: {told}");
        assert!(last.contains("more faults of the data are not listed"), "{every:?}: {last}");
        let expected = if counted { last } else { "error[data-condition]: there may be more faults" };
        assert_eq!(expected, more, "{every:?}");
    }
}

#[test]
fn however_many_rows_repeat_a_key_or_lack_their_fields_little_memory_is_taken() {
    let scratch = Scratch::new("memory-repeated-rows");
    scratch.write("plan.toml", MANY);
    let row = format!("{},7,2,,\n", "E".repeat(60));
    // So large that it is not read with the place of every value where memory has no bound either.
    scratch.write("rows.csv", format!("id,pay,rate,tag,until\n{}", row.repeat(260_000)));
    scratch.write("fewer.csv", format!("id,pay,rate,tag,until\n{}", row.repeat(100_000)));
    scratch.write("rows.ndjson", "{}\n".repeat(200_000));
    scratch.write("again.ndjson", "{\"id\": \"E1\", \"pay\": 7, \"rate\": 2}\n".repeat(200_000));
    for (file, memory, room, last) in [
        ("fewer.csv", "", 60_000_000, "98999 more faults of the data are not listed"),
        ("rows.csv", "", 150_000_000, "258999 more faults of the data are not listed"),
        ("rows.csv", "--memory 16MB", 24_000_000, "258999 more faults of the data are not listed"),
        ("again.ndjson", "--memory 16MB", 24_000_000, "198999 more faults of the data are not listed"),
        ("rows.ndjson", "--memory 16MB", 24_000_000, "there may be more faults"),
    ] {
        let script =
            format!("exec \"$0\" run plan.toml --data rows={file} --only total --problems short {memory}");
        let (code, said, most) = much(&scratch, &script);
        assert_eq!((code, said.lines().count()), (Some(1), 1_001), "{file} {memory}");
        assert!(said.trim_end().ends_with(last), "{file} {memory}: {:?}", said.lines().last());
        assert!(most.is_none_or(|most| most < room), "{file} {memory}: {most:?}");
    }
}

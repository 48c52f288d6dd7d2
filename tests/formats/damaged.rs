//! Files cut short, with bits flipped, made to fill the memory, or named as what they are not: each is read
//! or refused, and no run panics, is ended by a signal or takes more memory than it may.

use super::Place;
use std::io::Write;

const PLAN: &str = r#"
[plan]
language = 1
id = "damaged"
title = "Damaged"
currency = "USD"
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD"
born = "date?"
tags = "list of text?"
[rules.people]
raised = { value = "pay * 2" }
born_ = { value = "born" }
tags_ = { value = "tags" }
"#;

const ENDINGS: [&str; 6] = ["csv.gz", "csv.zst", "ndjson", "xlsx", "parquet", "arrow"];

/// A file of every format, whole.
fn files() -> (Place, Vec<(&'static str, Vec<u8>)>) {
    let place = Place::new(PLAN);
    let mut csv = String::from("id,pay,born,tags\n");
    (0..40).for_each(|row| csv.push_str(&format!("E{row},{row}.25,2001-01-{:02},a;b\n", row % 28 + 1)));
    place.write("p.csv", csv);
    let files = ENDINGS.map(|ending| {
        place.fine(&format!("--data people=p.csv --only people --out w.{ending}"));
        (ending, place.read(&format!("w.{ending}")))
    });
    let reader = PLAN
        .replace("\npay = ", "\nraised = ")
        .replace("\nborn = ", "\nborn_ = ")
        .replace("\ntags = ", "\ntags_ = ");
    let reader = reader.replace(
        "raised = { value = \"pay * 2\" }\nborn_ = { value = \"born\" }\ntags_ = { value = \"tags\" }",
        "a = { value = \"raised\" }",
    );
    (Place::new(&reader), files.to_vec())
}

#[test]
fn damaged_files_are_read_or_refused() {
    let (place, files) = files();
    for (ending, whole) in &files {
        let data = format!("--data people=p.{ending} --format csv");
        place.write(&format!("p.{ending}"), whole);
        place.fine(&data);
        for cut in 0..12 {
            place.write(&format!("p.{ending}"), &whole[..whole.len() * cut / 12]);
            place.run(&data);
        }
        // A fixed generator: the same bits in every run.
        let mut state = 0x2545_F491_4F6C_DD1D_u64;
        for _ in 0..40 {
            let mut bytes = whole.clone();
            for _ in 0..3 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                let at = usize::try_from(state >> 16).unwrap() % bytes.len();
                bytes[at] ^= 1 << (state % 8);
            }
            place.write(&format!("p.{ending}"), bytes);
            place.run(&data);
        }
    }
}

#[test]
fn a_file_that_is_something_else_is_refused_by_name() {
    let (place, files) = files();
    for (ending, _) in &files {
        for (other, bytes) in &files {
            let same = ending == other || (ending.starts_with("csv") && *ending == *other);
            if same {
                continue;
            }
            place.write(&format!("p.{ending}"), bytes);
            let err = place.refused(&format!("--data people=p.{ending}"));
            assert!(
                err.contains(&format!("p.{ending}")) && err.contains("help: "),
                "{other} as {ending}: {err}"
            );
        }
        place.write(&format!("p.{ending}"), b"");
        let (_, err, _) = place.run(&format!("--data people=p.{ending}"));
        assert!(*ending == "ndjson" || err.contains(&format!("p.{ending}")), "{ending}: {err}");
    }
}

pub(crate) fn gzip(text: impl Iterator<Item = Vec<u8>>) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    text.for_each(|t| out.write_all(&t).unwrap());
    out.finish().unwrap()
}

#[test]
fn packed_files_made_to_fill_the_memory_are_refused() {
    let place = Place::new(PLAN);
    let zeros = || (0..300).map(|_| vec![b' '; 1 << 20]);
    place.write("p.json.gz", gzip(zeros()));
    let err = place.refused("--data people=p.json.gz");
    assert!(err.contains("file-too-large"), "{err}");
    place.write("p.csv.gz", gzip(std::iter::once(b"id,pay\n".to_vec()).chain(zeros())));
    let err = place.refused("--data people=p.csv.gz");
    assert!(err.contains("file-too-large"), "{err}");
    place.write("p.ndjson.gz", gzip(zeros()));
    let err = place.refused("--data people=p.ndjson.gz");
    assert!(err.contains("the line is longer than"), "{err}");
}

#[test]
fn a_faulty_row_of_a_large_packed_file_is_named_by_its_line() {
    let plan = PLAN.replace("tags = \"list of text?\"\n", "").replace("tags_ = { value = \"tags\" }\n", "");
    let place = Place::new(&plan);
    let line = |row: u32| {
        format!("E{row},{}.25,2001-01-02\n", row.wrapping_mul(2_654_435_761) % 100_000).into_bytes()
    };
    let rows = (0..400_000_u32).map(|row| if row == 345_678 { b"E345678,x,\n".to_vec() } else { line(row) });
    place.write("p.csv.gz", gzip(std::iter::once(b"id,pay,born\n".to_vec()).chain(rows)));
    let err = place.refused("--data people=p.csv.gz");
    assert!(err.contains("p.csv.gz, line 345680, people E345678, pay"), "{err}");
}

/// Every way of reading a packed table.
const WAYS: [&str; 6] = [
    "--threads 1",
    "--threads 2",
    "--threads 2 --engine reference",
    "--threads 2 --memory 16MB",
    "--threads 2 --reject refused.csv --keep-going",
    "--memory 16MB --reject refused.csv --keep-going",
];

/// What is said of a damaged file is the same whichever way it is read; nothing is concluded of it.
fn told_of_every_way(place: &Place, ending: &str, told: &str) {
    for way in WAYS {
        let named = format!("people=p.{ending}");
        let err = place.refused(&format!("--data {named} --only total {way}"));
        assert!(err.contains(told) && err.contains(&format!("p.{ending}")), "{way}: {err}");
        assert_eq!(place.run(&format!("--data {named} --only total {way}")).2, 2, "{way}: {err}");
        let format = format!("--data people=- --input-format people={ending} --only total {way}");
        let piped = place.piped(&format, &format!("p.{ending}"));
        assert!(piped.contains(told) && piped.contains("standard input"), "{way}: {piped}");
    }
}

/// A plan with a total of people whose fields are all plain.
fn with_total() -> Place {
    let plan = PLAN.replace("tags = \"list of text?\"\n", "").replace("tags_ = { value = \"tags\" }\n", "");
    Place::new(&format!("{plan}[rules]\ntotal = {{ value = \"sum(people.pay)\" }}\n"))
}

/// People for whom little memory has no room.
fn many() -> String {
    let pay = |row: u32| row.wrapping_mul(2_654_435_761) % 100_000;
    let rows: String = (0..40_000).map(|row| format!("E{row},{}.25,2001-01-02\n", pay(row))).collect();
    format!("id,pay,born\n{rows}")
}

#[test]
fn a_packed_table_with_a_wrong_sum_or_length_is_refused_however_it_is_read() {
    let place = with_total();
    let mut stored = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
    stored.write_all(b"id,pay,born\nA,100,\nB,200,\n").unwrap();
    let whole = stored.finish().unwrap();
    let at = whole.windows(3).position(|bytes| bytes == b"100").unwrap();
    let with = |at: usize, byte: u8| [&whole[..at], &[byte], &whole[at + 1..]].concat();
    for damaged in [with(at, b'9'), with(whole.len() - 1, 7), with(whole.len() - 8, !whole[whole.len() - 8])]
    {
        place.write("p.csv.gz", damaged);
        told_of_every_way(&place, "csv.gz", "corrupt gzip stream does not have a matching checksum");
    }
    place.write("p.csv.gz", &whole[..whole.len() - 3]);
    told_of_every_way(&place, "csv.gz", "cannot be unpacked");
}

#[test]
fn a_large_packed_table_that_is_damaged_is_refused_for_that_within_little_memory() {
    let place = with_total();
    let whole = gzip(std::iter::once(many().into_bytes()));
    let sum = whole.len() - 8;
    for (damaged, told) in [
        ([&whole[..sum], &[!whole[sum]], &whole[sum + 1..]].concat(), "a matching checksum"),
        (whole[..whole.len() / 2].to_vec(), "cannot be unpacked"),
        (whole[..whole.len() - 3].to_vec(), "cannot be unpacked"),
    ] {
        place.write("p.csv.gz", damaged);
        told_of_every_way(&place, "csv.gz", told);
    }
    let whole = zstd::encode_all(many().as_bytes(), 1).unwrap();
    place.write("p.csv.zst", &whole[..whole.len() / 2]);
    told_of_every_way(&place, "csv.zst", "cannot be unpacked");
}

#[test]
fn a_row_that_is_too_long_or_has_a_cell_too_many_is_told_within_little_memory() {
    let place = with_total();
    let rows = many();
    place.write("p.csv", format!("{rows}A,1,{}\nB,2,\n", "x".repeat(1_100_000)));
    for way in ["", "--reject refused.csv"] {
        let err = place.refused(&format!("--data people=p.csv --only total --memory 16MB {way}"));
        let told = err.contains("line 40002") && err.contains("the row is longer than 1048576 bytes");
        assert!(told, "{way}: {err}");
    }
    // One row that can be refused, one that cannot.
    place.write("p.csv", format!("{rows}A,much,\nB,2,,3\n"));
    for bound in ["", "--memory 16MB"] {
        let err = place.refused(&format!("--data people=p.csv --only total --reject refused.csv {bound}"));
        let told =
            err.contains("line 40003") && err.contains("the row has 4 cells, the header names 3 columns");
        assert!(told && err.contains("1 error\n"), "{bound}: {err}");
    }
}

//! Workbooks larger than the memory allowed, as data and as results.

use super::*;
use std::io::{Cursor, Write as _};

/// The parts of a workbook that has one sheet, `people`, with these rows and these shared texts.
fn book(rows: &str, texts: &str, more: &[(&str, &str)]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    let of = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let relationship = |what: &str, target: &str| {
        format!(
            "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"r\" Type=\"{of}/{what}\" Target=\"{target}\"/></Relationships>"
        )
    };
    part("_rels/.rels", &relationship("officeDocument", "xl/workbook.xml"));
    part("xl/_rels/workbook.xml.rels", &relationship("worksheet", "worksheets/sheet1.xml"));
    part(
        "xl/workbook.xml",
        &format!(
            "<workbook xmlns=\"{main}\" xmlns:r=\"{of}\"><sheets><sheet name=\"people\" sheetId=\"1\" r:id=\"r\"/></sheets></workbook>"
        ),
    );
    part(
        "xl/styles.xml",
        &format!(
            "<styleSheet xmlns=\"{main}\"><cellXfs><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
        ),
    );
    part(
        "xl/worksheets/sheet1.xml",
        &format!("<worksheet xmlns=\"{main}\"><sheetData>{rows}</sheetData></worksheet>"),
    );
    part("xl/sharedStrings.xml", texts);
    for (name, text) in more {
        part(name, text);
    }
    zip.finish().unwrap().into_inner()
}

/// A roster as a workbook: numbers, texts of their own and, where that is asked for, texts that cells share. Some
/// rows are empty.
fn as_book(roster: &str, shares: bool) -> Vec<u8> {
    let (mut rows, mut texts, mut known) = (String::new(), String::new(), Vec::new());
    let mut number = 0;
    for (at, row) in roster.lines().enumerate() {
        number += if at % 900 == 899 { 3 } else { 1 };
        write!(rows, "<row r=\"{number}\">").unwrap();
        for (column, cell) in row.splitn(6, ',').enumerate() {
            let (column, cell) =
                ([b'A', b'B', b'C', b'D', b'E', b'F'][column] as char, cell.trim_matches('"'));
            let place = format!("r=\"{column}{number}\"");
            if cell.is_empty() {
                continue;
            } else if at > 0 && "BE".contains(column) && cell.parse::<f64>().is_ok() {
                write!(rows, "<c {place}><v>{cell}</v></c>").unwrap();
            } else if shares {
                let index = known.iter().position(|text| *text == cell).unwrap_or_else(|| {
                    known.push(cell);
                    write!(texts, "<si><t>{cell}</t></si>").unwrap();
                    known.len() - 1
                });
                write!(rows, "<c {place} t=\"s\"><v>{index}</v></c>").unwrap();
            } else {
                write!(rows, "<c {place} t=\"inlineStr\"><is><t>{cell}</t></is></c>").unwrap();
            }
        }
        rows += "</row>";
    }
    book(&rows, &format!("<sst uniqueCount=\"{}\">{texts}</sst>", known.len()), &[])
}

const RULES: &str = "--only people.said --only people.part --format csv";

#[test]
fn rows_of_workbooks_come_the_same_way() {
    let roster = roster(12_000);
    let scratch = scratch("memory-books", &roster, &accounts(10));
    let expected = whereas(&scratch, &format!("--data people=people.csv {RULES}"));
    assert_eq!(expected.code, Some(0), "{}", expected.text());
    let at = roster.len() - 2_000;
    let (head, tail) = roster.split_at(at);
    let broken = format!(
        "{head}{}",
        tail.replacen(",junior,", ",janitor,", 1)
            .replacen(".125,", ".1255,", 1)
            .replacen(",senior,", ",,", 1)
    );
    for shares in [true, false] {
        scratch.write("good.xlsx", as_book(&roster, shares));
        scratch.write("bad.xlsx", as_book(&broken, shares));
        for (before, file) in [("exec", "good.xlsx"), ("cat good.xlsx |", "- --input-format people=xlsx")] {
            let script = format!(
                "{before} \"$0\" run plan.toml {OTHERS} --data people={file} {RULES} --memory 16MB --out within.csv"
            );
            let (code, said, most) = line(&scratch, &script);
            assert_eq!((code, &*said), (Some(0), ""), "{file}");
            assert!(fs::read_to_string(scratch.0.join("within.csv")).unwrap() == expected.out, "{file}");
            assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
        }
        let without = whereas(&scratch, &format!("--data people=bad.xlsx {RULES}"));
        let script =
            format!("exec \"$0\" run plan.toml {OTHERS} --data people=bad.xlsx {RULES} --memory 16MB");
        let (code, said, most) = line(&scratch, &script);
        assert_eq!((code, flat(&said)), (Some(1), flat(&without.err)));
        assert!(said.contains("janitor") && said.contains("sheet people, cell E"), "{said}");
        assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
        let refused = format!("--data people=bad.xlsx {RULES} --reject r.csv --keep-going --out rest.csv");
        let read = |name: &str| fs::read_to_string(scratch.0.join(name)).unwrap();
        let without = whereas(&scratch, &refused);
        let (rows, rest) = (read("r.csv"), read("rest.csv"));
        let within = whereas(&scratch, &format!("{refused} --memory 16MB"));
        assert_eq!((without.code, &without.err), (within.code, &within.err));
        assert!(rows.contains("janitor") && (rows, rest) == (read("r.csv"), read("rest.csv")));
    }
}

#[test]
fn faults_of_cells_are_told_as_without_a_bound() {
    let scratch = scratch("memory-book-cells", "", &accounts(10));
    let head: String = ["office", "id", "grade", "hired", "pay", "note"]
        .iter()
        .zip("ABCDEF".chars())
        .map(|(name, column)| format!("<c r=\"{column}1\" t=\"str\"><v>{name}</v></c>"))
        .collect();
    let row = |number: usize, hired: &str, pay: &str| {
        format!(
            "<row r=\"{number}\"><c r=\"A{number}\" t=\"str\"><v>o1</v></c><c r=\"B{number}\"><v>{number}</v></c><c r=\"C{number}\" t=\"str\"><v>chief</v></c><c r=\"D{number}\" s=\"1\">{hired}</c><c r=\"E{number}\"{pay}</c></row>"
        )
    };
    let (hired, pay) = ("<v>36922</v>", "><v>5.5</v>");
    let rows: String = (2..2_000).map(|number| row(number, hired, pay)).collect();
    for (hired, pay, more, said) in [
        ("<v>36922.5</v>", pay, "", "cell D2000"),
        ("<v>-4</v>", pay, "", "cell D2000"),
        (hired, " t=\"e\"><v>#N/A</v>", "", "holds the error `#N/A`"),
        (hired, "><f>A1</f>", "", "holds a formula without a value"),
        (hired, " t=\"str\"><v>much</v>", "", "cell E2000"),
        (hired, "><v>1e300</v>", "", "cell E2000"),
        (
            hired,
            pay,
            "<row r=\"2001\"><c r=\"H2001\"><v>1</v></c></row>",
            "stands in a column without a name",
        ),
        (hired, pay, "<row r=\"1000\"><c r=\"A1000\"><v>1</v></c></row>", "stands after a later row"),
        (
            hired,
            pay,
            "<row r=\"2001\"><c r=\"B2001\" t=\"q\"><v>1</v></c></row>",
            "is no workbook that can be read",
        ),
        (hired, "><f>2+3</f><v>0.85</v>", "", ""),
    ] {
        let odd = row(2_000, hired, pay);
        scratch.write(
            "people.xlsx",
            book(&format!("<row r=\"1\">{head}</row>{rows}{odd}{more}"), "<sst/>", &[]),
        );
        let command = "--data people=people.xlsx --only total --format csv";
        let (without, within) =
            (whereas(&scratch, command), whereas(&scratch, &format!("{command} --memory 16MB")));
        assert_eq!((without.code, &without.out), (within.code, &within.out), "{said}: {}", within.err);
        let first = |ran: &Ran| ran.err.split("\n\n").next().map(flat);
        assert_eq!(first(&without), first(&within), "{said}");
        assert!(flat(&within.err).contains(said), "{said}: {}", within.err);
    }
}

#[test]
fn a_workbook_of_which_too_much_would_be_kept_is_refused_by_name() {
    let scratch = scratch("memory-shared-texts", "", &accounts(10));
    let head = "<row r=\"1\"><c r=\"A1\" t=\"str\"><v>office</v></c></row>";
    let texts = |count: usize| -> String { (0..count).map(|n| format!("<si><t>{n}</t></si>")).collect() };
    let sst = |count: usize, said: u64| format!("<sst uniqueCount=\"{said}\">{}</sst>", texts(count));
    let long = "x".repeat(130_000);
    let cells = "<c r=\"A2\" t=\"s\"><v>0</v></c>".repeat(3);
    let many: Vec<String> = (0..3_000).map(|n| format!("{n:0100}")).collect();
    let many: Vec<(&str, &str)> = many.iter().map(|name| (&**name, "")).collect();
    for (book, said) in [
        (
            book(head, &sst(80_000, 80_000), &[]),
            "the texts and formats that its sheets share take more than 4000000",
        ),
        (book(head, &sst(10, 90_000_000_000), &[]), "it says that it holds more texts than it does"),
        (
            book(&format!("{head}<row><c><f>{long}</f></c></row>"), "", &[]),
            "a row or text of it takes more than 125000",
        ),
        (
            book(&format!("{head}<row><!-- </row> {long} --></row>"), "", &[]),
            "a row or text of it takes more than 125000",
        ),
        (
            book(head, &format!("<sst><si><t>{long}</t></si></sst>"), &[]),
            "a row or text of it takes more than 125000",
        ),
        (book(head, "", &many), "the list of its parts takes more than 262144"),
        (
            book(
                &format!("{head}<row r=\"2\">{cells}</row>"),
                &format!("<sst><si><t>{}</t></si></sst>", "x".repeat(60_000)),
                &[],
            ),
            "cell A2 ends more than 125000 bytes of its row",
        ),
    ] {
        scratch.write("people.xlsx", book);
        let script = format!(
            "exec \"$0\" run plan.toml {OTHERS} --data people=people.xlsx --only total --memory 16MB"
        );
        let (code, told, most) = line(&scratch, &script);
        assert!(matches!(code, Some(1 | 2)), "{told}");
        assert!(flat(&told).contains("people.xlsx") && flat(&told).contains(said), "{said}: {told}");
        assert!(most.is_none_or(|most| most < 16_000_000), "{said}: {most:?}");
    }
    // As many texts as there is room for are read.
    scratch.write("people.xlsx", book(head, &sst(50_000, 50_000), &[]));
    let fine = whereas(&scratch, "--data people=people.xlsx --only total --memory 16MB");
    assert_eq!((fine.code, &*fine.err), (Some(0), ""));
}

#[test]
fn results_of_any_number_of_rows_are_a_workbook() {
    let scratch = scratch("memory-book-out", &roster(20_000), &accounts(10));
    let command = format!(
        "run plan.toml {OTHERS} --data people=people.csv --only people.said --only people.part --only total"
    );
    let without = run(&scratch.0, &words(&format!("{command} --out without.xlsx")), None);
    assert_eq!(without.code, Some(0), "{}", without.text());
    let (code, said, most) =
        line(&scratch, &format!("exec \"$0\" {command} --out within.xlsx --memory 16MB"));
    assert_eq!((code, &*said), (Some(0), ""));
    let read = |name: &str| fs::read(scratch.0.join(name)).unwrap();
    assert!(read("without.xlsx") == read("within.xlsx"));
    assert!(most.is_none_or(|most| most < 16_000_000), "{most:?}");
    let through =
        line(&scratch, &format!("\"$0\" {command} --format xlsx --memory 16MB | cmp - within.xlsx"));
    assert_eq!(through.0, Some(0), "{}", through.1);
}

#[cfg(unix)]
#[test]
fn a_workbook_that_a_disk_has_no_room_for_is_not_half_written() {
    let scratch = scratch("memory-book-full", &roster(3_000), &accounts(10));
    let before: Vec<String> = inside(&scratch.0).iter().map(|p| name(p)).collect();
    let command =
        format!("run plan.toml {OTHERS} --data people=people.csv --only people.part --out new.xlsx");
    // The rows of the sheet go to the folder of temporary files first.
    let said =
        "`new.xlsx` cannot be written: its rows cannot be kept in the folder of temporary files (`TMPDIR`)";
    for limit in [0, 64] {
        for memory in ["", "--memory 1GB"] {
            let script = format!("export TMPDIR=\"$PWD\"; ulimit -f {limit}; exec \"$0\" {command} {memory}");
            let (code, told, _) = line(&scratch, &script);
            assert_eq!(code, Some(2), "{told}");
            assert!(flat(&told).contains(said) && !told.contains("panicked"), "{told}");
            let after: Vec<String> = inside(&scratch.0).iter().map(|p| name(p)).collect();
            assert_eq!(after, before);
        }
    }
    // There is no such folder.
    let script = format!("export TMPDIR=\"$PWD/none\"; exec \"$0\" {command}");
    let (code, told, _) = line(&scratch, &script);
    assert_eq!(code, Some(2), "{told}");
    assert!(flat(&told).contains("`new.xlsx` cannot be written: its rows cannot be kept in `"), "{told}");
    // A reader that goes away is no fault.
    let (code, told, _) = line(
        &scratch,
        &format!("\"$0\" {} | head -c 10 >/dev/null", command.replace("--out new.xlsx", "--format xlsx")),
    );
    assert_eq!((code, &*told), (Some(0), ""));
}

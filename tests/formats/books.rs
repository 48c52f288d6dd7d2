//! Workbooks as administrators send them, put together part by part.

use super::Place;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook, Worksheet};
use std::io::Write;

const PLAN: &str = r#"
[plan]
language = 1
id = "book"
title = "Book"
currency = "USD"
[inputs]
as_of = "date?"
[inputs.company]
fields.shares = "share"
optional = true
[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
pay = "USD?"
rate = "%?"
born = "date?"
active = "boolean?"
[rules.people]
pay_ = { value = "pay" }
rate_ = { value = "rate" }
born_ = { value = "born" }
active_ = { value = "active" }
"#;

fn book(place: &Place, name: &str, fill: impl FnOnce(&mut Workbook)) {
    let mut book = Workbook::new();
    fill(&mut book);
    place.write(name, book.save_to_buffer().unwrap());
}

fn header(sheet: &mut Worksheet, names: &[&str]) {
    for (name, column) in names.iter().zip(0..) {
        sheet.write(0, column, *name).unwrap();
    }
}

#[test]
fn cells_are_what_they_show() {
    let place = Place::new(PLAN);
    book(&place, "p.xlsx", |book| {
        let sheet = book.add_worksheet();
        sheet.set_name("Roster 2001").unwrap();
        header(sheet, &["id", "pay", "rate", "born", "active"]);
        let percent = Format::new().set_num_format("0%");
        let date = Format::new().set_num_format("m/d/yy");
        let money = Format::new().set_num_format("$#,##0.00");
        sheet.write(1, 0, 1001).unwrap();
        sheet.write_with_format(1, 1, 100.5, &money).unwrap();
        sheet.write_with_format(1, 2, 0.85, &percent).unwrap();
        sheet.write_with_format(1, 3, ExcelDateTime::from_ymd(2001, 1, 31).unwrap(), &date).unwrap();
        sheet.write(1, 4, true).unwrap();
        // Text that looks like something else.
        for (column, text) in (0..).zip(["0042", "200", "7.5%", "1999-12-31", "false"]) {
            sheet.write(2, column, text).unwrap();
        }
        // A row of empty cells with formats, and one that is left out.
        sheet.write_blank(3, 1, &money).unwrap();
        sheet.write(5, 0, "E5").unwrap();
        sheet.write(5, 1, Formula::new("=0.1+0.2").set_result("0.30000000000000004")).unwrap();
        sheet.write(6, 0, 1_234_567_890_123_456_i64).unwrap();
        sheet.write(6, 1, 1e-7).unwrap();
        sheet.write_with_format(6, 3, 60.0, &Format::new()).unwrap();
        sheet.write_blank(6, 3, &date).unwrap();
        sheet.write_blank(90, 4, &date).unwrap();
        // What a spreadsheet adds of its own accord, and a note to oneself.
        book.add_worksheet().set_name("Sheet2").unwrap();
        let hidden = book.add_worksheet();
        hidden.set_name("notes").unwrap().set_hidden(true);
        hidden.write(0, 0, "call Mary").unwrap();
    });
    let expected = "id,pay_,rate_,born_,active_\n1001,100.50,0.85,2001-01-31,true\n0042,200.00,0.075,1999-12-31,false\nE5,0.30,,,\n1234567890123456,0.0000001,,,\n";
    for engine in ["reference", "columns"] {
        let out = place.fine(&format!("--data people=p.xlsx --only people --format csv --engine {engine}"));
        assert_eq!(out, expected, "{engine}");
    }
}

#[test]
fn a_whole_workbook_has_a_sheet_for_each_table_and_record() {
    let place = Place::new(PLAN);
    let with = |extra: Option<&'static str>| {
        move |book: &mut Workbook| {
            let people = book.add_worksheet().set_name("people").unwrap();
            header(people, &["id", "pay"]);
            people.write(1, 0, "E1").unwrap();
            people.write(1, 1, 5).unwrap();
            let company = book.add_worksheet().set_name("company").unwrap();
            header(company, &["shares"]);
            company.write(1, 0, 700).unwrap();
            let plan = book.add_worksheet().set_name("plan").unwrap();
            header(plan, &["as_of"]);
            plan.write(1, 0, "2001-01-31").unwrap();
            if let Some(name) = extra {
                book.add_worksheet().set_name(name).unwrap().write(0, 0, "x").unwrap();
            }
        }
    };
    book(&place, "p.xlsx", with(None));
    assert_eq!(place.fine("--data p.xlsx --only people.pay_ --format csv"), "id,pay_\nE1,5.00\n");
    assert_eq!(place.fine("--data people=p.xlsx --only people.pay_ --format csv"), "id,pay_\nE1,5.00\n");
    book(&place, "q.xlsx", with(Some("peolpe")));
    let err = place.refused("--data q.xlsx");
    assert!(
        err.contains("the plan has no table or record `peolpe`") && err.contains("sheet peolpe"),
        "{err}"
    );
    let err = place.refused("--data q.xlsx --data people=p.xlsx");
    assert!(err.contains("peolpe"), "{err}");
}

#[test]
fn faults_name_the_sheet_and_the_cell() {
    let place = Place::new(PLAN);
    book(&place, "p.xlsx", |book| {
        let sheet = book.add_worksheet().set_name("people").unwrap();
        header(sheet, &["id", "pay", "rate", "born"]);
        sheet.write(1, 0, "E1").unwrap();
        sheet.write(1, 1, "lots").unwrap();
        sheet.write(1, 2, "2").unwrap();
        let moment = ExcelDateTime::parse_from_str("2001-01-31T12:30:00").unwrap();
        sheet.write_with_format(1, 3, &moment, &Format::new().set_num_format("yyyy-mm-dd hh:mm")).unwrap();
    });
    let err = place.refused("--data people=p.xlsx");
    assert!(err.contains("p.xlsx, sheet people, cell B2, people E1, pay"), "{err}");
    assert!(err.contains("p.xlsx, sheet people, cell D2") && err.contains("`2001-01-31T12:30:00`"), "{err}");
    let short = place.refused("--data people=p.xlsx --problems short");
    assert!(short.contains("p.xlsx: sheet people, cell B2: "), "{short}");
    let json = place.refused("--data people=p.xlsx --problems json");
    assert!(json.contains("\"at\": \"sheet people, cell B2\""), "{json}");
    for (name, fill, says) in [
        (
            "two",
            (&|sheet: &mut Worksheet| header(sheet, &["id", "id"])) as &dyn Fn(&mut Worksheet),
            "cell B1 names the column `id`, as column A is named",
        ),
        (
            "nameless",
            &|sheet| {
                header(sheet, &["id"]);
                sheet.write(1, 0, "E1").unwrap();
                sheet.write(1, 2, "x").unwrap();
            },
            "cell C2 stands in a column without a name",
        ),
        (
            "formula",
            &|sheet| {
                header(sheet, &["id"]);
                sheet.write(1, 0, Formula::new("=A9").set_result("#N/A")).unwrap();
            },
            "cell A2 holds the error `#N/A`",
        ),
    ] {
        book(&place, "q.xlsx", |book| fill(book.add_worksheet().set_name("people").unwrap()));
        let err = place.refused("--data people=q.xlsx");
        assert!(err.contains(says), "{name}: {err}");
    }
}

#[test]
fn a_workbook_comes_through_a_pipe_as_one_table() {
    let place = Place::new(PLAN);
    book(&place, "p.xlsx", |book| {
        let sheet = book.add_worksheet().set_name("roster").unwrap();
        header(sheet, &["id", "pay"]);
        sheet.write(1, 0, "E1").unwrap();
        sheet.write(1, 1, 5).unwrap();
    });
    let given = "--data people=- --input-format people=xlsx --only people.pay_ --format csv";
    assert_eq!(place.piped(given, "p.xlsx"), "id,pay_\nE1,5.00\n");
    let whole = place.piped("--data - --input-format xlsx --only people.pay_ --format csv", "p.xlsx");
    assert!(whole.contains("a workbook that comes through a pipe is read once, for one table"), "{whole}");
}

/// A workbook of one sheet, its cells as given.
fn raw_book(cells: &str, strings: usize) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let how = zip::write::SimpleFileOptions::default();
    let mut part = |name: &str, text: &str| {
        zip.start_file(name, how).unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    };
    part(
        "[Content_Types].xml",
        r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
    );
    part(
        "_rels/.rels",
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
    );
    part(
        "xl/workbook.xml",
        r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="people" sheetId="1" r:id="s"/></sheets></workbook>"#,
    );
    part(
        "xl/_rels/workbook.xml.rels",
        r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="s" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#,
    );
    part(
        "xl/worksheets/sheet1.xml",
        &format!(
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{cells}</sheetData></worksheet>"#
        ),
    );
    if strings > 0 {
        part("xl/comments.xml", &" ".repeat(strings));
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn crafted_workbooks_are_refused_or_read_in_little_room() {
    let place = Place::new(PLAN);
    let one = r#"<row r="1"><c r="A1" t="str"><v>id</v></c></row><row r="2"><c r="A2"><v>7</v></c></row>"#;
    place.write("p.xlsx", raw_book(one, 0));
    assert_eq!(place.fine("--data people=p.xlsx --only people.pay_ --format csv"), "id,pay_\n7,\n");
    // A cell in the last corner makes no room for all before it.
    place.write(
        "p.xlsx",
        raw_book(&format!(r#"{one}<row r="1048576"><c r="A1048576"><v>8</v></c></row>"#), 0),
    );
    assert_eq!(place.fine("--data people=p.xlsx --only people.pay_ --format csv"), "id,pay_\n7,\n8,\n");
    place.write("p.xlsx", raw_book(one, 200 << 20));
    assert!(place.refused("--data people=p.xlsx").contains("unpacks to more than"));
    for cells in [
        format!(r#"{one}<row r="2"><c r="A2"><v>7</v></c></row>"#),
        format!(r#"{one}<row r="1"><c r="A1"><v>7</v></c></row>"#),
        format!(r#"{one}<row r="3"><c r="ZZZZZZZ3"><v>7</v></c></row>"#),
        format!(r#"{one}<row r="99999999999"><c><v>7</v></c></row>"#),
        format!(r#"{one}<row r="3"><c r="A3" t="s"><v>99</v></c></row>"#),
        format!(r#"{one}<row r="3"><c r="A3"><v>1e999</v></c></row>"#),
        format!(r#"{one}<row r="3"><c r="A3"><v>7</v>"#),
        format!(r#"{one}<row r="3"><c r="A3"><f>B3</f></c></row>"#),
        String::new(),
    ] {
        place.write("p.xlsx", raw_book(&cells, 0));
        let (_, err, _) = place.run("--data people=p.xlsx --only people.pay_ --format csv");
        assert!(err.is_empty() || err.contains("p.xlsx"), "{cells}: {err}");
    }
}

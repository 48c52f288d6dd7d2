//! CSV data: one table, a header of unique names, every cell as written.

use super::fault::{capped, fault, shown};
use super::files::decode;
use super::{Place, Raw, RawKind};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Subject};
use crate::limits::Limits;
use ::csv::{ReaderBuilder, StringRecord};
use indexmap::IndexMap;
use std::sync::Arc;

/// Reads one table: its columns, and rows of cells, null where a cell is empty.
///
/// The first line is the header. Cells are separated by commas; a cell in double quotes may hold
/// commas, line breaks and doubled quotes. Blank lines are skipped, a byte order mark is dropped.
///
/// # Errors
///
/// Bytes that are not UTF-8 text, a missing header, columns without a name or with the same name,
/// rows with another number of cells than the header, quotes that do not match: every fault with its
/// line, the first `limits.faults` of them listed.
pub fn read_csv(name: &str, bytes: &[u8], limits: &Limits) -> Result<Raw, Diagnostics> {
    let text = decode(name, bytes)?;
    check_quotes(name, text)?;
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut lines = LineCursor { bytes: text.as_bytes(), at: 0, line: 1 };
    let mut record = StringRecord::new();
    let mut next = |record: &mut StringRecord| -> Result<Option<u32>, Diagnostics> {
        match reader.read_record(record) {
            Ok(true) => Ok(Some(lines.move_to(record.position().map_or(0, ::csv::Position::byte)))),
            Ok(false) => Ok(None),
            Err(error) => Err(vec![fault(Code::DataSyntax, name, None, format!("cannot be read: {error}"))]),
        }
    };

    let Some(line) = next(&mut record)? else {
        let fault = fault(Code::DataSyntax, name, None, "the file has no header")
            .help("the first line names the columns, as in `id,pay`");
        return Err(vec![fault]);
    };
    let header = read_header(name, &record, line)?;

    let file: Arc<str> = Arc::from(name);
    let mut columns: Vec<Column> = header.iter().map(|name| Column::new(Arc::clone(name))).collect();
    let (mut rows, mut faults, mut more) = (Vec::new(), Diagnostics::new(), 0_usize);
    while let Some(line) = next(&mut record)? {
        if record.len() == columns.len() {
            let place = Place::new(Arc::clone(&file), Some(line));
            let cells = columns.iter_mut().zip(&record).map(|(column, cell)| column.cell(cell, &place));
            rows.push(Raw { kind: RawKind::Map(cells.collect()), place });
        } else if record.len() == 1 && record.iter().all(|cell| cell.trim().is_empty()) {
            // A line of spaces in a table of several columns is as blank as an empty one.
        } else if faults.len() < limits.faults {
            faults.push(wrong_count(name, line, record.len(), columns.len()));
        } else {
            more = more.saturating_add(1);
        }
    }
    if !faults.is_empty() {
        return Err(capped(faults, more, name, limits));
    }
    Ok(Raw { kind: RawKind::Sheet { columns: header, rows }, place: Place::new(file, Some(line)) })
}

/// A column, with the last cell read: neighbours are often the same, and then share their text.
struct Column {
    name: Arc<str>,
    last: Arc<str>,
}

impl Column {
    fn new(name: Arc<str>) -> Self {
        Self { name, last: Arc::from("") }
    }

    fn cell(&mut self, cell: &str, place: &Place) -> (Arc<str>, Raw) {
        let kind = if cell.is_empty() {
            RawKind::Null
        } else {
            if *self.last != *cell {
                self.last = Arc::from(cell);
            }
            RawKind::Cell(Arc::clone(&self.last))
        };
        (Arc::clone(&self.name), Raw { kind, place: place.clone() })
    }
}

/// The names of the columns.
fn read_header(name: &str, record: &StringRecord, line: u32) -> Result<Vec<Arc<str>>, Diagnostics> {
    let only = if record.len() == 1 { record.iter().next() } else { None };
    if let Some(separator) = only.and_then(|cell| cell.chars().find(|c| matches!(c, ';' | '\t'))) {
        let separator = if separator == '\t' { "tabs" } else { "semicolons" };
        let message = format!("the columns are separated by {separator}, expected commas");
        return Err(vec![
            fault(Code::DataSyntax, name, Some(line), message)
                .help("save the file as CSV with commas between the columns"),
        ]);
    }
    let mut seen: IndexMap<&str, usize> = IndexMap::new();
    let mut faults = Diagnostics::new();
    for (column, number) in record.iter().zip(1_usize..) {
        if column.trim().is_empty() {
            let message = format!("column {number} has no name");
            faults.push(
                fault(Code::DataSyntax, name, Some(line), message)
                    .help("name the column, or remove it together with its comma in every row"),
            );
        } else if let Some(first) = seen.get(column) {
            let message = format!("{} names column {first} and column {number}", shown(column));
            faults.push(
                Diagnostic::error(Code::DataGivenTwice, message)
                    .help("each column has a name of its own; remove one of the two")
                    .about(Subject {
                        file: Some(name.to_owned()),
                        line: Some(line),
                        field: Some(column.to_owned()),
                        ..Subject::default()
                    }),
            );
        } else {
            seen.insert(column, number);
        }
    }
    if faults.is_empty() { Ok(record.iter().map(Arc::from).collect()) } else { Err(faults) }
}

fn wrong_count(name: &str, line: u32, found: usize, expected: usize) -> Diagnostic {
    let plural = |n: usize, one: &str, many: &str| format!("{n} {}", if n == 1 { one } else { many });
    let message = format!(
        "the row has {}, the header names {}",
        plural(found, "cell", "cells"),
        plural(expected, "column", "columns")
    );
    let help = if found > expected {
        "a cell that holds a comma stands in double quotes: `\"25,000\"`"
    } else {
        "give every row a cell for each column; an empty cell is an absent value"
    };
    fault(Code::DataSyntax, name, Some(line), message).help(help)
}

/// Refuses quotes that do not match, which the reader would take as it sees fit: an open one
/// swallows the rest of the file.
fn check_quotes(name: &str, text: &str) -> Result<(), Diagnostics> {
    if !text.contains('"') {
        return Ok(());
    }
    match quotes(text.as_bytes()) {
        Quotes::Match => Ok(()),
        Quotes::Doubled(line) => {
            let message = "a cell goes on after its closing quote";
            let help = "a quote inside a quoted cell is written twice: `\"a \"\"b\"\" c\"`";
            Err(vec![fault(Code::DataSyntax, name, Some(line), message).help(help)])
        }
        Quotes::Open(line) => {
            let message = "a cell opens a quote that is never closed";
            Err(vec![fault(Code::DataSyntax, name, Some(line), message).help("close it with `\"`")])
        }
    }
}

/// What is to be said of the quotes of a text.
enum Quotes {
    /// All match.
    Match,
    /// A cell goes on after its closing quote, on this line.
    Doubled(u32),
    /// The quote that is opened on this line is open at the end.
    Open(u32),
}

fn quotes(text: &[u8]) -> Quotes {
    enum At {
        CellStart,
        Plain,
        Quoted,
        Closed,
    }
    let (mut at, mut line, mut opened) = (At::CellStart, 1_u32, 1_u32);
    for c in text {
        at = match (at, c) {
            (At::CellStart, b'"') => {
                opened = line;
                At::Quoted
            }
            (At::Quoted, b'"') => At::Closed,
            (At::Quoted, _) | (At::Closed, b'"') => At::Quoted,
            (_, b',' | b'\n' | b'\r') => At::CellStart,
            (At::Closed, _) => return Quotes::Doubled(line),
            (At::CellStart | At::Plain, _) => At::Plain,
        };
        if *c == b'\n' {
            line = line.saturating_add(1);
        }
    }
    if matches!(at, At::Quoted) { Quotes::Open(opened) } else { Quotes::Match }
}

/// The line, from 1, of the quote that is open at the end of a text.
pub(super) fn open_quote(text: &[u8]) -> Option<u32> {
    match quotes(text) {
        Quotes::Open(line) => Some(line),
        _ => None,
    }
}

/// Turns ascending offsets of records into lines.
struct LineCursor<'a> {
    bytes: &'a [u8],
    at: usize,
    line: u32,
}

impl LineCursor<'_> {
    /// The line of the record that begins at `offset` or after the line ends that stand there: the
    /// reader leaves those before a record to the record.
    fn move_to(&mut self, offset: u64) -> u32 {
        let offset = usize::try_from(offset).unwrap_or(usize::MAX);
        while let Some(b) = self.bytes.get(self.at) {
            if self.at >= offset && !matches!(b, b'\n' | b'\r') {
                break;
            }
            if *b == b'\n' {
                self.line = self.line.saturating_add(1);
            }
            self.at = self.at.saturating_add(1);
        }
        self.line
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: impl AsRef<[u8]>) -> Result<Raw, Diagnostics> {
        read_csv("p.csv", text.as_ref(), &Limits::DEFAULT)
    }

    /// Rows as `line: name=cell, ...`, `~` for an absent cell.
    fn rows(text: impl AsRef<[u8]>) -> Vec<String> {
        let RawKind::Sheet { rows, .. } = read(text).unwrap().kind else { panic!() };
        rows.iter()
            .map(|row| {
                let RawKind::Map(cells) = &row.kind else { panic!() };
                let cells: Vec<String> = cells
                    .iter()
                    .map(|(name, cell)| match &cell.kind {
                        RawKind::Null => format!("{name}=~"),
                        RawKind::Cell(text) => format!("{name}={text}"),
                        other => panic!("{other:?}"),
                    })
                    .collect();
                format!("{}: {}", row.place.line.unwrap(), cells.join(", "))
            })
            .collect()
    }

    fn faults(text: impl AsRef<[u8]>) -> Vec<(Code, Option<u32>, String)> {
        let faults = read(text).unwrap_err();
        faults.into_iter().map(|f| (f.code, f.subject.unwrap().line, f.message)).collect()
    }

    #[test]
    fn cells_are_kept_as_written() {
        let text = "id,pay,note\nE1,25000.50,\nE2, 1e3 ,\"\"\nE3,1/3,\"a, \"\"b\"\"\"\n";
        assert_eq!(
            rows(text),
            [
                "2: id=E1, pay=25000.50, note=~",
                "3: id=E2, pay= 1e3 , note=~",
                "4: id=E3, pay=1/3, note=a, \"b\""
            ]
        );
    }

    #[test]
    fn line_ends_blank_lines_and_a_byte_order_mark_do_not_matter() {
        let expected = ["2: id=1, b=x", "3: id=2, b=y"];
        assert_eq!(rows("id,b\n1,x\n2,y\n"), expected);
        assert_eq!(rows("id,b\n1,x\n2,y"), expected);
        assert_eq!(rows("id,b\r\n1,x\r\n2,y\r\n"), expected);
        assert_eq!(rows("\u{feff}id,b\r\n1,x\r\n2,y"), expected);
        assert_eq!(rows("\u{feff}\"id\",b\n1,x\n2,y"), expected);
        assert_eq!(rows("\n\nid,b\n\n1,x\n  \n2,y\n\n\n"), ["5: id=1, b=x", "7: id=2, b=y"]);
        assert_eq!(rows("id,b\r\n\r\n1,x\r\n\r\n2,y\r\n\r\n"), ["3: id=1, b=x", "5: id=2, b=y"]);
        assert_eq!(
            rows("id,b\n1,\"x\ny\"\n2,\"a\r\nb\"\n3,z"),
            ["2: id=1, b=x\ny", "4: id=2, b=a\r\nb", "6: id=3, b=z"]
        );
        assert_eq!(rows("id\n1\n\n2"), ["2: id=1", "4: id=2"]);
    }

    #[test]
    fn a_header_alone_is_a_table_without_rows() {
        assert!(rows("id,pay").is_empty());
        assert!(rows("id,pay\r\n").is_empty());
    }

    #[test]
    fn a_file_without_a_header_is_refused() {
        assert_eq!(faults("")[0].0, Code::FileNotText);
        for text in ["\n", "\r\n\r\n", "\u{feff}", "\u{feff}\n"] {
            assert_eq!(
                faults(text),
                [(Code::DataSyntax, None, "the file has no header".to_owned())],
                "{text:?}"
            );
        }
    }

    #[test]
    fn columns_have_unique_names() {
        let message = "`pay` names column 2 and column 3".to_owned();
        assert_eq!(faults("id,pay,pay\n"), [(Code::DataGivenTwice, Some(1), message)]);
        assert_eq!(
            faults("id,,pay\n1,2,3"),
            [(Code::DataSyntax, Some(1), "column 2 has no name".to_owned())]
        );
        assert_eq!(faults("id;pay\n1;2")[0].2, "the columns are separated by semicolons, expected commas");
        assert_eq!(faults("id\tpay\n1\t2")[0].2, "the columns are separated by tabs, expected commas");
    }

    #[test]
    fn every_row_has_as_many_cells_as_the_header() {
        let found = faults("id,pay\n1,2,3\n2,3\n\n4\n");
        let expected = [
            (Code::DataSyntax, Some(2), "the row has 3 cells, the header names 2 columns".to_owned()),
            (Code::DataSyntax, Some(5), "the row has 1 cell, the header names 2 columns".to_owned()),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn faults_beyond_the_limit_are_counted() {
        let limits = Limits { faults: 2, ..Limits::DEFAULT };
        let faults = read_csv("p.csv", b"a,b\n1\n1\n1\n1\n", &limits).unwrap_err();
        assert_eq!(faults.len(), 3);
        assert_eq!(faults[2].message, "2 more faults are not listed");
    }

    #[test]
    fn quotes_match() {
        assert_eq!(rows("a,b\n\"1\",5\" pipe\n"), ["2: a=1, b=5\" pipe"]);
        assert_eq!(faults("a,b\n1,2\n3,\"4\n5,6\n")[0].1, Some(3));
        assert_eq!(
            faults("a,b\n1,\"2\"x\n")[0],
            (Code::DataSyntax, Some(2), "a cell goes on after its closing quote".to_owned())
        );
        assert_eq!(rows("a\n\"\"\"\"\n"), ["2: a=\""]);
    }

    #[test]
    fn bytes_that_are_not_text_are_refused_by_line() {
        assert_eq!(
            faults(&b"a,b\n1,caf\xe9\n"[..])[0],
            (Code::FileNotText, Some(2), "line 2 of `p.csv` is not UTF-8".to_owned())
        );
        assert_eq!(faults(&b"a,b\n1,2\n\0,3\n"[..])[0].1, Some(3));
    }

    proptest! {
        #[test]
        fn what_a_writer_quotes_is_read_back(
            cells in proptest::collection::vec("[a,\" \\r\\nxé;]{0,5}", 2..30), crlf: bool, bom: bool
        ) {
            let terminator = if crlf { ::csv::Terminator::CRLF } else { ::csv::Terminator::Any(b'\n') };
            let mut writer = ::csv::WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
            writer.write_record(["p", "q"]).unwrap();
            let pairs: Vec<&[String]> = cells.chunks_exact(2).collect();
            for pair in &pairs {
                writer.write_record(*pair).unwrap();
            }
            let mut bytes = if bom { "\u{feff}".as_bytes().to_vec() } else { Vec::new() };
            bytes.extend(writer.into_inner().unwrap());
            let RawKind::Sheet { rows, .. } = read(&bytes).unwrap().kind else { panic!() };
            prop_assert_eq!(rows.len(), pairs.len());
            let text = std::str::from_utf8(&bytes).unwrap();
            for (row, pair) in rows.iter().zip(pairs) {
                let RawKind::Map(found) = &row.kind else { panic!() };
                for ((_, cell), expected) in found.iter().zip(pair) {
                    let found = match &cell.kind {
                        RawKind::Null => "",
                        RawKind::Cell(text) => text,
                        other => panic!("{other:?}"),
                    };
                    prop_assert_eq!(found, expected);
                }
                let line = row.place.line.unwrap() as usize;
                prop_assert!(line > 1 && line <= text.matches('\n').count());
            }
        }

        #[test]
        fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(
            proptest::sample::select(&b"a,\"\r\n \0\xff\xc3\xa9\xef\xbb\xbf;\t"[..]), 0..40)
        ) {
            let _ = read(&bytes);
        }
    }
}

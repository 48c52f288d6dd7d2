//! Messages as users see them: every slip with its code, the characters underlined, and the help.

use crate::diagnostic::Diagnostic;
use crate::limits::Limits;
use crate::source::{SourceId, TextMap};
use crate::syntax::{parse_expr, parse_type};
use std::fmt::Write;

/// Compares with the snapshot of the test's own name.
macro_rules! shown {
    ($text:expr) => {{
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!($text));
    }};
}

/// A fault drawn under its text.
fn drawn(text: &str, diagnostic: &Diagnostic) -> String {
    let mut out = format!("{}: {}\n", diagnostic.code, diagnostic.message);
    for (number, line) in text.split('\n').enumerate() {
        let start: usize = text.split('\n').take(number).map(|l| l.len() + 1).sum();
        writeln!(out, "    {}", line.escape_debug().to_string().replace("\\'", "'").replace("\\\"", "\""))
            .unwrap();
        for label in &diagnostic.labels {
            let (from, to) = (label.span.start as usize, label.span.end as usize);
            if from < start || from > start + line.len() {
                continue;
            }
            let before = line.get(..from - start).unwrap_or("").chars().count();
            let width = text.get(from..to).unwrap_or("").chars().count();
            writeln!(out, "    {}{} {}", " ".repeat(before), "^".repeat(width), label.text).unwrap();
        }
    }
    if let Some(help) = &diagnostic.help {
        writeln!(out, "  help: {help}").unwrap();
    }
    out
}

/// Draws the fault of every formula, one after the other.
fn gallery<T: std::fmt::Debug>(
    texts: &[&str],
    parse: impl Fn(&TextMap, &Limits) -> Result<T, Box<Diagnostic>>,
) -> String {
    let drawn = texts.iter().map(|text| {
        let map = TextMap::plain(SourceId(0), text, 0);
        let fault = parse(&map, &Limits::DEFAULT);
        drawn(text, &fault.expect_err(&format!("{text:?} is a formula")))
    });
    drawn.collect::<Vec<_>>().join("\n")
}

fn formulas(texts: &[&str]) -> String {
    gallery(texts, parse_expr)
}

#[test]
fn operators_of_other_languages() {
    shown!(formulas(&[
        "status == retired",
        "status != retired",
        "a && b",
        "a || b",
        "a => b",
        "a =< b",
        "a >< b",
        "a < = b",
        "a > = b",
        "a = < b",
        "a < > b",
        "a = = b",
        "= a + b",
        "!eligible",
        "x ? y : z",
        "x ?? y",
        "rate ** 2",
        "rate²",
        "a & b",
        "a | b",
        "x := 5; x",
        "a -> b",
        "a – b",
        "a ÷ b",
        "a ~ b",
        "a // why\n+ b",
        "a @ b",
        "a\u{a0}+ b",
        "a\u{2003}+ b",
    ]));
}

#[test]
fn choices_and_keywords() {
    shown!(formulas(&[
        "IF(a, b, c)",
        "if(a, b, c)",
        "if (a, b, c)",
        "AND(a, b)",
        "not(a, b)",
        "if a then b",
        "(if a then b) + 1",
        "[if a then b, c]",
        "if a then b otherwise c",
        "if a b else c",
        "if a else c",
        "if a",
        "if a then b elif c then d else e",
        "if a THEN b else c",
        "a AND b",
        "if a thn b else c",
        "a then b",
        "a else b",
        "when a then b",
        "case a when b then c",
        "match s",
        "match s then b",
        "match s when a b",
        "match s when a",
        "a and if b then c else d",
        "let x = 1",
        "let x = 1 in x + 1",
        "let x = 1, x + 1",
        "let if = 1; 2",
        "let x 1; x",
        "fold s for r in t then s",
        "fold s = 0 then s",
        "fold s = 0 for r in t",
        "fold s = 0 for r of t then s",
        "x between 1 and 2",
        "a plus b",
        "x mod 2",
        "x equals y",
    ]));
}

#[test]
fn absent_values() {
    shown!(formulas(&[
        "x = null",
        "x otherwise None",
        "x is null",
        "x is not null",
        "x is not present",
        "x is not absent",
        "x is 5",
        "x is not 5",
        "x is",
        "a is present = b",
        "(a) is not",
    ]));
}

#[test]
fn numbers_and_units() {
    shown!(formulas(&[
        "1,000",
        "min(1,000, x)",
        "1,234,567.89 USD",
        "1 000",
        "1 500",
        "1_000_",
        "1__000",
        "$5",
        "$ 1,500.50 + x",
        "€20",
        "$",
        "007",
        "00.5",
        ".5",
        "5.",
        "1.2.3",
        "1e5",
        "2.5E-3",
        "10days",
        "5USD/share",
        "0x1F",
        "1 5 / 16",
        "1 16/5",
        "1 5/0",
        "1.5 1/2",
        "2/3%",
        "5/16 USD/share",
        "1½",
        "10 %",
        "10% of pay",
        "x%",
        "x % 2",
        "10%2",
        "%",
        "x^2.5",
        "x^y",
        "x^99999999999",
        "5 3",
        "١",
    ]));
}

#[test]
fn dates() {
    shown!(formulas(&[
        "2001-02-30",
        "2001-13-01",
        "2100-02-29",
        "0000-01-01",
        "2001-2-5",
        "2001/02/20",
        "02/20/2001",
        "20.02.2001",
        "2/3/2001",
        "2001-02-20T10:00",
        "20 January 2001",
        "x < January 20, 2001",
        "Feb 3 1999",
        "date(2001, 2, 30) + 2001-02-31",
    ]));
}

#[test]
fn brackets_and_commas() {
    shown!(formulas(&[
        "(a + b",
        "f(a, [b, c",
        "(a + ",
        "f(",
        "(a + b]",
        "[a, (b]",
        "a + b)",
        "a]",
        "(a, b)",
        "x in (a, b)",
        "a, b",
        "f(a; b)",
        "a;",
        "f(a b)",
        "f(a,, b)",
        "()",
        "[a, b",
        "{ }",
        "{ a }",
        "{ a = 1 }",
        "{ a: 1 b: 2 }",
        "{ \"a\": 1 }",
        "a: 1",
        "x { a: 1 }",
        "x with a: 1",
        "x with",
        "a[]",
        "a[1",
    ]));
}

#[test]
fn texts_and_names() {
    shown!(formulas(&[
        "status = “left”",
        "status = ‘left’",
        "status = \"left",
        "status = 'left",
        "participant's pay",
        "prix_élevé + 1",
        "été",
        "a.",
        "a.5",
        "a..b",
        "fail",
        "fail no_price",
        "clause of",
        "clause of 5",
        "a b",
        "pay rate",
        "pay \"text\"",
        "a not b",
        "5 + + ",
        "a + * b",
        "and a",
        "a +",
        "a + # and so on",
        "a = b = ",
        "order by x",
    ]));
}

#[test]
fn queries() {
    shown!(formulas(&[
        "q.close for q in quotes",
        "q in quotes where q.close is present",
        "sum(q.close for q)",
        "sum(q.close for q.x in quotes)",
        "sum(q.close for q in quotes if q.date = day)",
        "[q.close in quotes where a]",
        "[not q in quotes where a]",
        "max(q.close for q in quotes, 5)",
        "[q in quotes order q.date]",
        "[q in quotes where a order by b desc]",
        "[q in quotes where]",
        "[for q in quotes: q.close]",
        "[a, b for q in quotes]",
    ]));
}

#[test]
fn whole_texts() {
    shown!(formulas(&["", "   ", "# nothing but a remark", "\n", "a\n  + b\n  c"]));
}

#[test]
fn types() {
    shown!(gallery(
        &[
            "",
            "USD / share",
            "list text",
            "[text]",
            "list<text>",
            "text | date",
            "optional date",
            "one of",
            "one of a b",
            "one of a | b",
            "{ a date }",
            "{ a: date",
            "{ a: date, }?)",
            "date??",
            "ref if",
            "list of",
            "5 USD",
            "USD/",
            "if",
            "date or absent",
            "\"text\"",
            "$",
            "§",
        ],
        parse_type
    ));
}

#[test]
fn places_are_those_of_the_file() {
    let file = "v = \"a \\u003d\\u003d \\\"x\\\"\"";
    let table = toml::de::DeTable::parse(file).unwrap();
    let (_, value) = table.get_ref().iter().next().unwrap();
    let map = TextMap::of(SourceId(2), file, value.span()).unwrap();
    let fault = parse_expr(&map, &Limits::DEFAULT).unwrap_err();
    let span = fault.primary().unwrap();
    assert_eq!((span.source, &file[span.range()]), (SourceId(2), "\\u003d\\u003d"));
    let empty = TextMap::of(SourceId(0), "v = ''", 4..6).unwrap();
    assert_eq!(parse_expr(&empty, &Limits::DEFAULT).unwrap_err().primary().unwrap().range(), 4..6);
}

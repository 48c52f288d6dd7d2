//! Parts and calendars join the plan; what cannot be imported is said under the path.

use super::document::Role;
use super::{Document, MapResolver, NoImports, read_plan};
use crate::diagnostic::{Code, Diagnostics};
use crate::limits::Limits;

const HEAD: &str = "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\n";
const PART: &str = "[part]\nlanguage = 1\n";

fn read(body: &str, files: &[(&str, &str)]) -> (Document, Diagnostics) {
    let resolver = files.iter().fold(MapResolver::new(), |r, (name, text)| r.with(*name, *text));
    read_plan("plan.toml", &format!("{HEAD}{body}"), &resolver, &Limits::DEFAULT)
}

/// The code, the underlined text and the message of the only problem.
fn only(read: &(Document, Diagnostics)) -> (Code, String, String) {
    let [d] = &read.1[..] else { panic!("one problem expected: {:#?}", read.1) };
    (d.code, read.0.sources.slice(d.labels[0].span).to_owned(), d.message.clone())
}

#[test]
fn the_definitions_of_parts_come_before_those_of_the_plan() {
    let market = format!(
        "{PART}currency = \"EUR\"\nunits = [\"hour\"]\n[imports]\nbase = {{ part = \"base.toml\" }}\n\
         [terms]\nb = \"2\"\n[inputs]\nbegun = \"date\"\n[assumptions.silent]\nreadings = {{ x = \"it\" }}\nchosen = \"x\"\n\
         [outline]\n\"§1\" = {{ term = \"b\" }}\n"
    );
    let base = format!("{PART}[terms]\na = \"1\"\n[functions.f]\nvalue = \"1\"\n[types]\nt = \"text\"\n");
    let body = "currency = \"USD\"\n[imports]\nmarket = { part = \"parts/market.toml\" }\nagain = { part = \"parts/base.toml\" }\n[terms]\nc = \"3\"\n";
    let (document, diagnostics) = read(body, &[("parts/market.toml", &market), ("parts/base.toml", &base)]);
    assert_eq!(diagnostics, []);
    let terms: Vec<_> = document.terms.iter().map(|t| &*t.name.value).collect();
    assert_eq!(terms, ["a", "b", "c"]);
    assert_eq!(document.sources.name_of(document.terms[0].name.span), "parts/base.toml");
    let counts = [
        document.inputs.len(),
        document.functions.len(),
        document.types.len(),
        document.assumptions.len(),
        document.outline.len(),
    ];
    assert_eq!(counts, [1; 5]);
    assert_eq!(document.header.role, Role::Plan);
    let currencies: Vec<_> = document.header.currencies.iter().map(|c| &*c.code.value).collect();
    assert_eq!((currencies, document.header.units.len()), (vec!["USD", "EUR"], 1));
}

#[test]
fn a_part_can_be_read_by_itself() {
    let (document, diagnostics) =
        read_plan("part.toml", &format!("{PART}[terms]\na = \"1\"\n"), &NoImports, &Limits::DEFAULT);
    assert_eq!(diagnostics, []);
    assert_eq!((document.header.role, document.terms.len()), (Role::Part, 1));
}

#[test]
fn a_name_taken_in_a_part_is_shown_in_both_files() {
    let part = format!("{PART}[terms]\nprice = \"1\"\n");
    let read = read("[imports]\nm = { part = \"m.toml\" }\n[rules]\nprice = \"2\"\n", &[("m.toml", &part)]);
    assert_eq!(only(&read).0, Code::DuplicateName);
    let files: Vec<_> = read.1[0].labels.iter().map(|l| read.0.sources.name_of(l.span)).collect();
    assert_eq!(files, ["plan.toml", "m.toml"]);
    assert_eq!(read.1[0].message, "a term and a rule are both called `price`");
}

#[test]
fn a_circle_of_imports_is_named_along_its_whole_path() {
    let a = format!("{PART}[imports]\nb = {{ part = \"b.toml\" }}\n");
    let b = format!("{PART}[imports]\na = {{ part = \"./a.toml\" }}\n");
    let circle = read("[imports]\na = { part = \"a.toml\" }\n", &[("a.toml", &a), ("b.toml", &b)]);
    let (code, text, message) = only(&circle);
    assert_eq!((code, &*text), (Code::ImportCycle, "./a.toml"));
    assert_eq!(message, "`a.toml` imports `b.toml` imports `a.toml`, in a circle");
    let itself = read("[imports]\na = { part = \"plan.toml\" }\n", &[("plan.toml", PART)]);
    assert_eq!(only(&itself).0, Code::ImportCycle);
}

#[test]
fn a_part_has_no_rules_and_no_tests() {
    let part = format!("{PART}[rules]\nx = \"1\"\n[conventions]\nrounding = \"half_up\"\n");
    let (document, diagnostics) = read("[imports]\nm = { part = \"m.toml\" }\n", &[("m.toml", &part)]);
    let found: Vec<_> =
        diagnostics.iter().map(|d| (d.code, document.sources.slice(d.labels[0].span))).collect();
    assert_eq!(found, [(Code::WrongEntry, "rules"), (Code::WrongEntry, "conventions")]);
    assert!(document.rules.is_empty());
}

#[test]
fn what_is_no_part_cannot_be_imported_as_one() {
    let body = "[imports]\nm = { part = \"m.toml\" }\n[terms]\na = \"unknown_term\"\n";
    for text in [HEAD, "[calendar]\nid = \"x\"\n"] {
        let read = read(body, &[("m.toml", text)]);
        assert_eq!((only(&read).0, &*only(&read).1), (Code::ImportFailed, "m.toml"), "{text}");
        assert!(read.0.incomplete);
    }
}

#[test]
fn a_file_that_cannot_be_had_is_said_under_its_path() {
    let missing = read("[imports]\nm = { part = \"m.toml\" }\n", &[]);
    let (code, text, message) = only(&missing);
    assert_eq!(
        (code, &*text, &*message),
        (Code::ImportFailed, "m.toml", "`m.toml` cannot be imported: there is no such file")
    );
    assert!(missing.0.incomplete);
    let outside = read("[imports]\nm = { calendar = \"../m.toml\" }\n", &[]);
    assert_eq!(only(&outside).0, Code::ImportFailed);
    assert_eq!((outside.0.incomplete, &*outside.0.broken[0].value), (false, "m"));
    let text = format!("{HEAD}[imports]\nm = {{ part = \"m.toml\" }}\n");
    let (_, refused) = read_plan("plan.toml", &text, &NoImports, &Limits::DEFAULT);
    assert_eq!(refused[0].message, "`m.toml` cannot be imported: imports are not allowed here");
}

#[test]
fn a_calendar_joins_under_its_name_once_and_a_wrong_one_is_shown() {
    let calendar =
        "[calendar]\nid = \"x\"\ntitle = \"X\"\nfrom = 2000-01-01\nto = 2001-12-31\nweekend = [\"sunday\"]\n";
    let part = format!("{PART}[imports]\nnyse = {{ calendar = \"c.toml\" }}\n");
    let body = "[imports]\nnyse = { calendar = \"c.toml\" }\nother = { calendar = \"./c.toml\" }\nm = { part = \"m.toml\" }\n";
    let (document, diagnostics) = read(body, &[("c.toml", calendar), ("m.toml", &part)]);
    assert_eq!(diagnostics, []);
    let names: Vec<_> = document.calendars.iter().map(|c| (&*c.name.value, c.calendar.id())).collect();
    assert_eq!(names, [("nyse", "x"), ("other", "x")]);
    let taken =
        read("[imports]\na = { calendar = \"c.toml\" }\n[terms]\na = \"1\"\n", &[("c.toml", calendar)]);
    assert_eq!(only(&taken).0, Code::DuplicateName);
    let wrong = read("[imports]\nnyse = { calendar = \"c.toml\" }\n", &[("c.toml", "id = \"x\"\n")]);
    let [problem] = &wrong.1[..] else { panic!("{:#?}", wrong.1) };
    assert_eq!(problem.code, Code::BadCalendar);
    assert_eq!(wrong.0.sources.name_of(problem.labels[0].span), "c.toml");
    assert_eq!(wrong.0.sources.slice(problem.labels[1].span), "c.toml");
}

#[test]
fn too_many_imports_are_a_limit() {
    let part = |n: usize| format!("{PART}[imports]\nnext = {{ part = \"{}.toml\" }}\n", n + 1);
    let files: Vec<(String, String)> = (0..100).map(|n| (format!("{n}.toml"), part(n))).collect();
    let files: Vec<_> = files.iter().map(|(n, t)| (&**n, &**t)).collect();
    let read = read("[imports]\nfirst = { part = \"0.toml\" }\n", &files);
    assert_eq!(only(&read).0, Code::PlanTooLarge);
}

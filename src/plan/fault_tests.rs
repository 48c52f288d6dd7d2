//! Every fault of a plan file: its code and the exact text underlined.

use super::{Document, NoImports, read_plan};
use crate::diagnostic::{Code, Diagnostics};
use crate::limits::Limits;

const HEAD: &str = "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\ncurrency = \"USD\"\n";

fn read(text: &str) -> (Document, Diagnostics) {
    read_plan("plan.toml", text, &NoImports, &Limits::DEFAULT)
}

/// The codes and underlined texts found in `body` after a sound header.
fn faults(body: &str) -> Vec<(Code, String)> {
    let (document, diagnostics) = read(&format!("{HEAD}{body}\n"));
    for d in &diagnostics {
        let all =
            [Some(&d.message), d.help.as_ref()].into_iter().flatten().chain(d.labels.iter().map(|l| &l.text));
        for text in all {
            assert!(!text.is_empty() && !text.ends_with('.') && !text.contains("::"), "{text:?}");
        }
    }
    diagnostics
        .iter()
        .map(|d| (d.code, d.labels.first().map_or("", |l| document.sources.slice(l.span)).to_owned()))
        .collect()
}

/// In place of a text: the place inside a formula is the formula reader's to choose.
const ANY: &str = "*";

/// Holds each snippet against its only fault.
fn check(table: &[(&str, Code, &str)]) {
    for (body, code, text) in table {
        let found = faults(body);
        let [(found_code, found_text)] = &found[..] else { panic!("{body}: {found:?}") };
        assert_eq!(found_code, code, "{body}");
        assert!(*text == ANY || found_text == text, "{body}: {found_text:?}");
    }
}

#[test]
fn faults_of_the_header() {
    check(&[
        ("colour = 1", Code::UnknownEntry, "colour"),
        ("source = 5", Code::WrongEntry, "5"),
        ("about = \" \"", Code::WrongEntry, "\" \""),
        ("currencies = [\"EUR\"]", Code::WrongEntry, "currencies"),
        ("decimals = { EUR = 2 }", Code::UnknownUnit, "EUR"),
        ("decimals = { USD = 99 }", Code::WrongEntry, "99"),
        ("units = [\"share\"]", Code::BadName, "share"),
        ("units = [\"hour\", \"hour\"]", Code::DuplicateName, "hour"),
        ("term_date = \"1 +\"", Code::FormulaSyntax, ANY),
        ("[conventions]\nrounding = \"half_pu\"", Code::WrongEntry, "half_pu"),
        ("[conventions]\nrounding = \"floor\"", Code::WrongEntry, "floor"),
        ("[conventions]\nmonths = 1", Code::UnknownEntry, "months"),
        ("[part]\nlanguage = 1", Code::WrongEntry, "part"),
        ("[rulez]\na = 1", Code::UnknownEntry, "rulez"),
        ("[imports]\na = \"x.toml\"", Code::WrongEntry, "\"x.toml\""),
        ("[imports]\na = {}", Code::MissingEntry, "a"),
        ("[imports]\na = { part = \"a\", calendar = \"b\" }", Code::WrongEntry, "part"),
    ]);
    let (_, diagnostics) = read("[plan]\nlanguage = 2\nnew_entry = 1\n[new_section]\n");
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::UnsupportedLanguage]);
    let (_, diagnostics) = read("[plan]\n");
    let messages: Vec<_> = diagnostics.iter().map(|d| &*d.message).collect();
    assert_eq!(messages, ["`[plan]` has no `language`", "`[plan]` has no `id`", "`[plan]` has no `title`"]);
    let (_, diagnostics) = read("# nothing\n");
    assert_eq!((diagnostics.len(), diagnostics[0].code), (1, Code::MissingEntry));
}

#[test]
fn an_unknown_entry_is_told_what_may_stand_there() {
    let (_, diagnostics) = read("[plan]\nlanguage = 1\nid = \"p\"\ntitel = \"P\"\n");
    let unknown = diagnostics.iter().find(|d| d.code == Code::UnknownEntry).unwrap();
    assert_eq!(unknown.message, "`[plan]` has no entry `titel`");
    let help = unknown.help.as_deref().unwrap();
    assert!(help.starts_with("did you mean `title`? the entries here are `language`, `id`"), "{help}");
}

#[test]
fn faults_of_names() {
    check(&[
        ("[terms]\n\"first day\" = \"1\"", Code::BadName, "first day"),
        ("[terms]\nthen = \"1\"", Code::BadName, "then"),
        ("[terms]\nshare = \"1\"", Code::BadName, "share"),
        ("[rules]\nUSD = \"1\"", Code::BadName, "USD"),
        ("[terms]\nassumption = \"1\"", Code::BadName, "assumption"),
        ("[types]\ndate = \"text\"", Code::BadName, "date"),
        ("[inputs]\nday = \"date\"", Code::BadName, "day"),
        ("[terms]\na = \"1\"\n[rules]\na = \"1\"", Code::DuplicateName, "a"),
        (
            "[inputs.t]\nkey = \"k\"\nfields = { k = \"text\" }\n[rules.t]\nk = \"1\"",
            Code::DuplicateName,
            "k",
        ),
        (
            "[inputs.t]\nkey = \"k\"\nfields = { k = \"text\" }\n[rules.t]\nvalue = \"1\"\ncite = \"§1\"",
            Code::DuplicateName,
            "t",
        ),
    ]);
    // The columns of data are called so.
    assert_eq!(
        faults(
            "[inputs.t]\nkey = \"date\"\nfields = { date = \"date\", shares = \"share\", days = \"day\" }"
        ),
        []
    );
}

#[test]
fn faults_of_terms() {
    check(&[
        ("[terms]\na = {}", Code::MissingEntry, "a"),
        ("[terms]\na = [1]", Code::WrongEntry, "[1]"),
        ("[terms]\na = { valeu = 1, value = 1 }", Code::UnknownEntry, "valeu"),
        ("[terms]\na = \"1 +\"", Code::FormulaSyntax, ANY),
        ("[terms]\na = 0x1F", Code::BadNumber, "0x1F"),
        ("[terms]\na = inf", Code::BadNumber, "inf"),
        ("[terms]\na = 2001-02-03T10:00:00", Code::WrongEntry, "2001-02-03T10:00:00"),
        ("[terms]\na = { value = 1, cite = 3 }", Code::WrongEntry, "3"),
        ("[terms]\na = { value = 1, cite = [\"§1\", 3] }", Code::WrongEntry, "3"),
        ("[terms]\na = { history = [] }", Code::BadHistory, "[]"),
        ("[terms]\na = { history = 1 }", Code::WrongEntry, "1"),
        ("[terms]\na = { value = 1, history = [] }", Code::BadHistory, "history"),
        ("[terms]\na = { history = [{ value = 1 }] }", Code::MissingEntry, "{ value = 1 }"),
        ("[terms]\na = { history = [{ from = \"2001-02-30\", value = 1 }] }", Code::BadDate, "2001-02-30"),
        (
            "[terms]\na = { history = [{ from = 2001-01-02, value = 1 }, { from = 2001-01-01, value = 2 }] }",
            Code::BadHistory,
            "2001-01-01",
        ),
        (
            "[terms]\na = { history = [{ from = 2001-01-01, until = 2001-02-01, value = 1 }, { from = 2001-02-01, value = 2 }] }",
            Code::BadHistory,
            "2001-02-01",
        ),
        (
            "[terms]\na = { history = [{ from = 2001-01-02, until = 2001-01-01, value = 1 }] }",
            Code::BadHistory,
            "2001-01-01",
        ),
    ]);
}

#[test]
fn faults_of_inputs() {
    check(&[
        ("[inputs]\na = 5", Code::WrongEntry, "5"),
        ("[inputs]\na = { type = 5 }", Code::WrongEntry, "5"),
        ("[inputs]\na = \"list of\"", Code::TypeSyntax, ANY),
        ("[inputs]\na = { type = \"text\", unique = true }", Code::WrongEntry, "unique"),
        ("[inputs]\na = { type = \"text\", whole = \"yes\" }", Code::WrongEntry, "\"yes\""),
        ("[inputs.a]\nkey = \"id\"", Code::MissingEntry, "a"),
        ("[inputs.a]\nkey = \"id\"\nfields = { ident = \"text\" }", Code::BadKey, "id"),
        ("[inputs.a]\nkey = []\nfields = { id = \"text\" }", Code::BadKey, "[]"),
        ("[inputs.a]\nkey = [\"id\", \"id\"]\nfields = { id = \"text\" }", Code::BadKey, "id"),
        (
            "[inputs.a]\nkey = \"id\"\noptional = true\nfields = { id = \"text\" }",
            Code::WrongEntry,
            "optional",
        ),
        ("[inputs.a]\npay = \"USD\"", Code::UnknownEntry, "pay"),
        ("[inputs.a]\npay = \"USD\"\nfields = { id = \"text\" }", Code::UnknownEntry, "pay"),
        ("[inputs.a]\nfields = { id = { default = \"1\" } }", Code::MissingEntry, "id"),
        ("[inputs.a]\nfields = { id = { type = \"text\", mni = 1 } }", Code::UnknownEntry, "mni"),
        ("[inputs.a]\nfields = { id = \"text\" }\nrequire = 1", Code::WrongEntry, "1"),
        (
            "[inputs.a]\nfields = { id = \"text\" }\nrequire = [{ that = \"1\", field = \"id\" }]",
            Code::MissingEntry,
            "{ that = \"1\", field = \"id\" }",
        ),
    ]);
}

#[test]
fn faults_of_functions_and_rules() {
    const TABLE: &str = "[inputs.people]\nkey = \"id\"\nfields = { id = \"text\" }\n";
    let with_table = |body: &str| faults(&format!("{TABLE}{body}"));
    check(&[
        ("[functions]\nf = \"1\"", Code::WrongEntry, "\"1\""),
        ("[functions.f]\nparams = [\"a\"]\nvalue = \"1\"", Code::WrongEntry, "[\"a\"]"),
        ("[functions.f]\nparams = { then = \"text\" }\nvalue = \"1\"", Code::BadName, "then"),
        ("[functions.f]\ncite = \"§1\"", Code::MissingEntry, "f"),
        ("[rules.a]\ncite = \"§1\"", Code::BadRule, "a"),
        ("[rules.a]", Code::BadRule, "a"),
        ("[rules.a]\nvalue = \"1\"\nall = []", Code::BadRule, "value"),
        ("[rules.a]\nvalue = \"1\"\notherwise = \"2\"", Code::BadRule, "otherwise"),
        ("[rules.a]\notherwise = \"2\"", Code::BadRule, "otherwise"),
        ("[rules.a]\ncases = []", Code::BadRule, "[]"),
        ("[rules.a]\ncases = [{ when = \"1\" }]", Code::MissingEntry, "{ when = \"1\" }"),
        ("[rules.a]\ncases = [{ if = 1, when = \"1\", then = \"1\" }]", Code::UnknownEntry, "if"),
        ("[rules.a]\nall = [{ require = \"1\", reason = \"too few\" }]", Code::BadName, "too few"),
        ("[rules.a]\nvalue = \"1\"\nprivate = \"yes\"", Code::WrongEntry, "\"yes\""),
        ("[rules.a]\nallocate = { parts = \"1\", step = \"1\", ties = \"1\" }", Code::BadRule, "allocate"),
        ("[rules.peopel.eligible]\nvalue = \"1\"", Code::UnknownName, "peopel"),
    ]);
    assert_eq!(with_table("[rules.poeple]\neligible = \"1\""), [(Code::UnknownName, "poeple".to_owned())]);
    assert_eq!(with_table("[rules.people.a]\nvalue = \"1 +\"")[0].0, Code::FormulaSyntax);
    assert_eq!(with_table("[rules]\npeople = \"1\""), [(Code::DuplicateName, "people".to_owned())]);
    let missing = with_table("[rules.people.a]\nallocate = { parts = \"1\", step = \"1\" }");
    assert_eq!(missing, [(Code::MissingEntry, "allocate".to_owned())]);
    let (_, diagnostics) = read(&format!("{HEAD}{TABLE}[rules.poeple.a]\nvalue = \"1\"\n"));
    assert_eq!(diagnostics[0].help.as_deref(), Some("did you mean `people`?"));
}

#[test]
fn faults_of_assumptions_and_of_the_outline() {
    check(&[
        ("[assumptions.a]\nchosen = \"x\"", Code::MissingEntry, "a"),
        ("[assumptions.a]\nreadings = {}\nchosen = \"x\"", Code::BadAssumption, "{}"),
        ("[assumptions.a]\nreadings = { carry = \"it\" }\nchosen = \"cary\"", Code::BadAssumption, "cary"),
        ("[assumptions.a]\nreadings = [\"x\"]\nchosen = \"x\"", Code::WrongEntry, "[\"x\"]"),
        ("[assumptions.a]\nreadings = { x = 1 }\nchosen = \"x\"", Code::WrongEntry, "1"),
        ("[outline]\n\"§1\" = \"price\"", Code::WrongEntry, "\"price\""),
        ("[outline]\n\"§1\" = {}", Code::BadOutline, "§1"),
        ("[outline]\n\"§1\" = { narrative = \"\" }", Code::WrongEntry, "\"\""),
        ("[outline]\n\"§1\" = { rule = \"a b\" }", Code::BadName, "a b"),
        ("[outline]\n\"§1\" = { rules = \"a\" , rule = \"a\" }", Code::UnknownEntry, "rules"),
    ]);
}

#[test]
fn faults_of_fixtures_and_tests() {
    check(&[
        ("[fixtures.a]\ngiven = 1", Code::WrongEntry, "1"),
        ("[fixtures.a]\nrows.people = 1", Code::WrongEntry, "1"),
        ("[fixtures.a]\ngiven.at = 2001-01-01T10:00:00", Code::WrongEntry, "2001-01-01T10:00:00"),
        ("[fixtures.a]\ngiven.rate = 0x10", Code::BadNumber, "0x10"),
        ("[tests]\nname = \"a\"", Code::WrongEntry, "[tests]"),
        ("[[tests]]\nfails = \"a\"", Code::MissingEntry, "[[tests]]"),
        ("[[tests]]\nname = \"a\"", Code::BadTest, "a"),
        ("[[tests]]\nname = \"a\"\nfails = \"a\"\nrefused = \"b\"", Code::BadTest, "refused"),
        ("[[tests]]\nname = \"a\"\nexpect = {}", Code::BadTest, "{}"),
        ("[[tests]]\nname = \"a\"\nexpect.a = \"1 +\"", Code::FormulaSyntax, ANY),
        ("[[tests]]\nname = \"a\"\nfails = \"a\"\nassume = 1", Code::WrongEntry, "1"),
        ("[[tests]]\nname = \"a\"\nfails = \"a\"\nas_of = \"soon\"", Code::BadDate, "soon"),
        (
            "[[tests]]\nname = \"x y\"\nfails = \"a\"\n[[tests]]\nname = \"x y\"\nfails = \"b\"",
            Code::DuplicateName,
            "x y",
        ),
        (
            "[inputs.t]\nkey = \"k\"\nfields = { k = \"text\" }\n[[tests]]\nname = \"a\"\nexpect.t.a = 1",
            Code::WrongEntry,
            "1",
        ),
    ]);
}

#[test]
fn all_faults_of_the_toml_come_at_once_and_bring_no_others() {
    let text =
        "[plan]\nlanguage = 1\nid = p\ntitle = \"P\n[terms\na = 1\n[types]\nx = \n[outline]\n\"§1\" = 1 2\n";
    let (document, diagnostics) = read(text);
    let found: Vec<_> = diagnostics.iter().map(|d| (d.code, &*d.message)).collect();
    assert_eq!(
        found,
        [
            (Code::TomlSyntax, "`p` must stand in quotes"),
            (Code::TomlSyntax, "a text is not closed"),
            (Code::TomlSyntax, "a section's header is not closed"),
            (Code::TomlSyntax, "a value is missing"),
            (Code::TomlSyntax, "`1 2` must stand in quotes"),
        ]
    );
    assert_eq!(document.sources.slice(diagnostics[0].labels[0].span), "p");
    // What the lost lines would have defined is known by their words.
    assert!(!document.incomplete && ["a", "x", "§1"].iter().all(|word| document.lost.contains(*word)));
    check(&[
        ("[terms]\na = 1\na = 2", Code::TomlSyntax, "a"),
        ("[terms]\na = 1\n[types]\n[terms]\nb = 2", Code::TomlSyntax, "terms"),
        ("[terms]\na = 2001-02-30", Code::TomlSyntax, "2001-02-30"),
        ("[terms]\na 1\nb = 2", Code::TomlSyntax, ""),
        ("[terms]\na = { value = 1", Code::TomlSyntax, ""),
        ("[terms]\na = \"\"\"1", Code::TomlSyntax, ""),
    ]);
}

#[test]
fn a_fault_on_a_sound_line_is_reported_beside_one_of_the_toml() {
    let codes: Vec<_> = faults("[terms]\na = b\nc = \"1 +\"").into_iter().map(|(code, _)| code).collect();
    assert_eq!(codes, [Code::TomlSyntax, Code::FormulaSyntax]);
}

#[test]
fn only_the_lines_of_a_fault_are_lost() {
    let (document, diagnostics) = read(&format!(
        "{HEAD}[rules.a]\ncite = §1\nvalue = \"1 +\"\n[rules.b]\ntype = §\nvalue = \"1\"\n[rules.c\nvalue = \"2\"\n\
         [rules.d]\nvalue = \"\"\"1\n + spare\"\"\"\n[[tests]]\nname = \"t\"\ngiven.p = 1 2\nexpect.d = 1\n"
    ));
    let codes: Vec<_> = diagnostics.iter().map(|d| d.code).collect();
    use Code::{FormulaSyntax, TomlSyntax};
    assert_eq!(codes, [TomlSyntax, FormulaSyntax, TomlSyntax, TomlSyntax, TomlSyntax]);
    let rules: Vec<&str> = document.rules.iter().map(|r| &*r.name.value).collect();
    // What remains of `b` may not be what was meant, nor what remains of the test.
    assert_eq!((rules, document.tests.len()), (vec!["d"], 0));
    assert!(document.lost.contains("c") && !document.lost.contains("spare"));
    assert!(document.inputs_sound);
}

#[test]
fn what_is_no_text_or_too_large_is_refused_before_it_is_parsed() {
    let code = |text: &str| read(text).1.iter().map(|d| d.code).collect::<Vec<_>>();
    assert_eq!(code(""), [Code::FileNotText]);
    assert_eq!(code("\u{feff} \r\n"), [Code::FileNotText]);
    assert_eq!(code("[plan]\u{0}"), [Code::FileNotText]);
    assert_eq!(code("\u{1b}ELF"), [Code::FileNotText]);
    let deep = format!("{HEAD}[terms]\na = {}1{}", "[".repeat(200), "]".repeat(200));
    assert_eq!(code(&deep), [Code::TooDeep]);
    let key = ["a"; 70].join(".");
    let nested = format!("[{key}]\n{}1{}", format!("{key} = {{ ").repeat(70), "}".repeat(70));
    assert_eq!(code(&nested), [Code::TooDeep]);
    let limits = Limits { plan_bytes: 10, ..Limits::DEFAULT };
    let (document, large) = read_plan("plan.toml", HEAD, &NoImports, &limits);
    assert_eq!((large[0].code, large.len()), (Code::FileTooLarge, 1));
    assert_eq!(document.sources.name_of(large[0].labels[0].span), "plan.toml");
}

#[test]
fn definitions_and_reports_are_bounded() {
    let limits = Limits { definitions: 3, ..Limits::DEFAULT };
    let text = format!("{HEAD}[terms]\na = \"1\"\nb = \"1\"\n[rules]\nc = \"1\"\nd = \"1\"\n");
    let (document, diagnostics) = read_plan("plan.toml", &text, &NoImports, &limits);
    assert_eq!(diagnostics.iter().map(|d| d.code).collect::<Vec<_>>(), [Code::PlanTooLarge]);
    assert!(document.incomplete);
    let limits = Limits { faults: 5, ..Limits::DEFAULT };
    let many: String = (0..50).map(|n| format!("unknown_{n} = 1\n")).collect();
    let (_, diagnostics) = read_plan("plan.toml", &format!("{HEAD}{many}"), &NoImports, &limits);
    assert_eq!(diagnostics.len(), 5);
    assert_eq!(
        diagnostics[4].help.as_deref().unwrap().rsplit("; ").next(),
        Some("there are 45 more problems: mend these first")
    );
}

//! Bad plans, bad data and questions that have no answer, each with all that the command says of it.
//!
//! `bad/plan/CODE/NAME.toml` is a plan (or a part) that is checked, `NAME.txt` what comes of it. Every
//! other folder `bad/GROUP/CODE/NAME` holds a `transcript.txt` that begins with the command, perhaps with
//! `< FILE` at its end for standard input, and the files that the command reads. `CODE` is the code of
//! every problem found, so that none follows from another; cases of several codes lie in `several`,
//! slips of the command line that have no code in `usage`.
//!
//! `UPDATE=1 cargo test --test bad` writes down what the command says now.
#![cfg(feature = "cli")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::string_slice,
    clippy::unwrap_used
)]

#[path = "bad/support.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use support::{
    Ran, Scratch, catalogue, codes, difference, in_parallel, inside, misbehaved, name, run, words,
};

/// Codes that no case here can bring about: files that are too large are made when the tests run (below),
/// and results may stand beside a warning (tests/refused.rs).
const ELSEWHERE: [&str; 2] = ["file-too-large", "rows-refused"];

/// One case: a command, the folder it runs in, and where its expectation stands.
struct Case {
    /// Group, code and name, for messages.
    name: String,
    code: String,
    folder: PathBuf,
    /// The command line after `whereas`.
    command: String,
    expected: PathBuf,
}

impl Case {
    fn is_plan(&self) -> bool {
        self.name.starts_with("plan/")
    }

    fn run(&self) -> Ran {
        let (command, stdin) = match self.command.split_once(" < ") {
            Some((command, file)) => (command, Some(fs::read(self.folder.join(file)).unwrap())),
            None => (&*self.command, None),
        };
        run(&self.folder, &words(command), stdin.as_deref())
    }

    /// What the expectation must be.
    fn record(&self, ran: &Ran) -> String {
        if self.is_plan() {
            return ran.text();
        }
        format!("$ whereas {}\n{}[exit code {}]\n", self.command, ran.text(), ran.code.unwrap_or(-1))
    }

    /// What is wrong with what the command did, apart from its words.
    fn faults(&self, ran: &Ran) -> Option<String> {
        if let Some(wrong) = misbehaved(ran) {
            return Some(wrong);
        }
        let text = ran.text();
        let named = codes(&text);
        let silent = ["run ", "code "].iter().any(|c| self.command.starts_with(c));
        if ran.code == Some(0) || (self.is_plan() && ran.code != Some(1)) {
            Some(format!("ended with {:?}", ran.code))
        } else if silent && !ran.out.is_empty() {
            Some(format!("wrote on standard output:\n{}", ran.out))
        } else if self.command.starts_with("explain ") && named.is_empty() && ran.code == Some(1) {
            // An explanation of a conclusion that there is not tells why in its own way.
            None
        } else if named.is_empty() != (self.code == "usage") {
            Some("names no problem".to_owned())
        } else if self.code == "several" {
            let several = named.iter().collect::<BTreeSet<_>>().len() > 1;
            (!several).then(|| format!("names {named:?} only"))
        } else if let Some(other) = named.iter().find(|c| **c != self.code) {
            Some(format!("names `{other}`"))
        } else {
            problems(&text).iter().find_map(|p| ill_said(p))
        }
    }
}

/// The problems of a rendering, each with its lines.
fn problems(text: &str) -> Vec<&str> {
    text.split("\n\n").filter(|p| !codes(p).is_empty()).collect()
}

/// What a message must not be: without help, a sentence with a full stop or a capital.
fn ill_said(problem: &str) -> Option<String> {
    // What to do about a failed test is said once, by its page.
    if !problem.contains("\n  help: ") && !problem.contains("error[test-failed]") {
        return Some("a problem without help".to_owned());
    }
    let lines = problem.lines().filter(|l| l.starts_with("error[") || l.starts_with("warning["));
    let said = lines.chain(problem.lines().filter(|l| l.trim_start().starts_with("help: ")));
    for line in said {
        let text = line.split_once(": ").map_or(line, |(_, text)| text);
        if text.ends_with('.') && !text.ends_with("...") {
            return Some(format!("a full stop at the end: {text}"));
        }
        if text.starts_with(|c: char| c.is_uppercase())
            && !text.starts_with("JSON")
            && !text.starts_with("CSV")
        {
            return Some(format!("begins with a capital: {text}"));
        }
    }
    None
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad")
}

/// Every case there is.
fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for group in inside(&root()).iter().filter(|p| p.is_dir()) {
        for code in inside(group).iter().filter(|p| p.is_dir()) {
            let at = |entry: &Path| format!("{}/{}/{}", name(group), name(code), name(entry));
            for entry in inside(code) {
                if name(group) == "plan" {
                    if entry.extension().is_some_and(|e| e == "toml") {
                        cases.push(Case {
                            name: at(&entry),
                            code: name(code),
                            folder: code.clone(),
                            command: format!("check {}", name(&entry)),
                            expected: entry.with_extension("txt"),
                        });
                    } else if entry.is_file() {
                        assert!(entry.with_extension("toml").is_file(), "{} has no plan", entry.display());
                    }
                } else if entry.is_dir() {
                    let expected = entry.join("transcript.txt");
                    let text =
                        fs::read_to_string(&expected).unwrap_or_else(|e| panic!("{}: {e}", at(&entry)));
                    let command = text.lines().next().and_then(|l| l.strip_prefix("$ whereas "));
                    let command = command.unwrap_or_else(|| panic!("{} has no command", at(&entry)));
                    cases.push(Case {
                        name: at(&entry),
                        code: name(code),
                        folder: entry,
                        command: command.to_owned(),
                        expected,
                    });
                }
            }
        }
    }
    cases
}

#[test]
fn every_case_is_said_exactly_so() {
    let cases = cases();
    let update = std::env::var_os("UPDATE").is_some_and(|v| v == "1");
    let judged = in_parallel(&cases, |case| {
        let ran = case.run();
        let (record, fault) = (case.record(&ran), case.faults(&ran));
        let expected = fs::read_to_string(&case.expected).unwrap_or_default();
        if update && record != expected {
            fs::write(&case.expected, &record).unwrap();
        }
        let changed = (!update && record != expected).then(|| difference(&expected, &record));
        (record, fault, changed)
    });
    let mut report = String::new();
    let mut wrong = 0;
    for (case, (record, fault, changed)) in cases.iter().zip(&judged) {
        if fault.is_some() || changed.is_some() {
            wrong += 1;
            report.push_str(&format!("\n======== {}\n", case.name));
        }
        if let Some(fault) = fault {
            report.push_str(&format!("{fault}\n{}", if changed.is_none() { &**record } else { "" }));
        }
        report.push_str(changed.as_deref().unwrap_or(""));
    }
    assert!(wrong == 0, "{wrong} of {} cases (UPDATE=1 writes them down):\n{report}", cases.len());
}

#[test]
fn no_two_cases_are_alike_and_every_code_is_met() {
    let cases = cases();
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    let mut met: BTreeSet<String> = BTreeSet::new();
    let mut alike = Vec::new();
    for case in &cases {
        let text = fs::read_to_string(&case.expected).unwrap_or_default();
        met.extend(codes(&text));
        let command = if case.is_plan() { "" } else { text.split_once('\n').map_or("", |(line, _)| line) };
        let file = name(&case.expected.with_extension("toml"));
        let said = text.replace(command, "").replace(&file, "FILE");
        if let Some(other) = seen.insert(said, &case.name) {
            alike.push(format!("{other} and {}", case.name));
        }
    }
    assert!(alike.is_empty(), "these render alike:\n{}", alike.join("\n"));
    let missing: Vec<String> =
        catalogue().into_iter().filter(|c| !met.contains(c) && !ELSEWHERE.contains(&&**c)).collect();
    assert!(missing.is_empty(), "no case meets {missing:?}");
    assert!(cases.len() > 400, "{} cases", cases.len());
}

const HEAD: &str = "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\n\n";

/// A plan that takes any amount of data.
const TAKES: &str = "[inputs]\na = \"number\"\n\n[inputs.rows]\nkey = \"id\"\nfields = { id = \"text\" }\n\n\
    [rules]\nb = { value = \"a + count(rows)\", cite = \"§1\" }\n";

/// The only problem that a command finds: its code, and all that is said of it on one line.
fn only(scratch: &Scratch, command: &str) -> (String, String) {
    let ran = run(&scratch.0, &words(command), None);
    let shown = ran.text();
    assert_eq!(misbehaved(&ran), None, "{command}");
    assert!(shown.len() < 4_000, "{command} prints {} bytes: {:.2000}", shown.len(), shown);
    let named = codes(&shown);
    assert_eq!(named.len(), 1, "{command}: {shown}");
    assert_eq!(problems(&shown).iter().find_map(|p| ill_said(p)), None, "{command}: {shown}");
    // Long messages are wrapped.
    let words: Vec<&str> = shown.split_whitespace().filter(|w| *w != "│").collect();
    (named[0].clone(), words.join(" "))
}

/// Holds each command against the code that it must give and words that it must say.
fn hold(scratch: &Scratch, table: &[(&str, &str, &str)]) {
    for (command, code, said) in table {
        let (found, text) = only(scratch, command);
        assert!(found == *code && text.contains(said), "{command} gives {text}");
    }
}

#[test]
fn files_of_hundreds_of_megabytes_are_refused_before_they_are_read() {
    let scratch = Scratch::new("bad-large");
    let large = |file: &str, megabytes: u64| {
        scratch.write(file, "");
        fs::File::options().write(true).open(scratch.0.join(file)).unwrap().set_len(megabytes << 20).unwrap();
    };
    scratch.write("plan.toml", format!("{HEAD}{TAKES}"));
    scratch.write("importing.toml", format!("{HEAD}[imports]\nm = {{ part = \"large.toml\" }}\n"));
    scratch.write("counting.toml", format!("{HEAD}[imports]\nm = {{ calendar = \"large.toml\" }}\n"));
    large("large.toml", 200);
    large("large.json", 300);
    large("data.toml", 300);
    large("rows.csv", 200);
    hold(
        &scratch,
        &[
            ("check large.toml", "file-too-large", "the plan `large.toml` cannot be read"),
            ("check importing.toml", "import-failed", "`large.toml` cannot be imported"),
            ("check counting.toml", "import-failed", "`large.toml` cannot be imported"),
            (
                "run plan.toml --data large.json",
                "file-too-large",
                "`large.json` is larger than 8388608 bytes",
            ),
            ("run plan.toml --data data.toml", "file-too-large", "`data.toml` is larger than 8388608 bytes"),
            ("run plan.toml --data rows=rows.csv", "file-not-text", "`rows.csv` is not text"),
        ],
    );
}

#[test]
fn a_million_brackets_and_other_excesses_are_refused_in_a_few_lines() {
    const MANY: usize = 1_000_000;
    let scratch = Scratch::new("bad-deep");
    let plan = |file: &str, text: String| scratch.write(file, format!("{HEAD}{text}"));
    plan("plan.toml", TAKES.to_owned());
    // A formula has at most 64 KB.
    let rule = |formula: String| format!("[rules]\nb = {{ value = '{formula}', cite = \"§1\" }}\n");
    plan("long.toml", rule("(".repeat(MANY)));
    for (file, formula) in [
        ("round.toml", "(".repeat(60_000)),
        ("square.toml", "[".repeat(60_000)),
        ("curly.toml", "{a:".repeat(20_000)),
        ("not.toml", "not ".repeat(15_000)),
        ("minus.toml", "-".repeat(60_000)),
        ("if.toml", "if true then ".repeat(4_000)),
        ("call.toml", "max(1, ".repeat(9_000)),
        ("chain.toml", format!("1{}", " + 1".repeat(15_000))),
        ("fields.toml", format!("a{}", ".a".repeat(30_000))),
        ("otherwise.toml", "a otherwise ".repeat(5_000)),
    ] {
        plan(file, rule(formula));
    }
    plan("type.toml", format!("[inputs]\na = \"{}text\"\n", "list of ".repeat(8_000)));
    plan("digits.toml", rule("9".repeat(60_000)));
    plan("lists.toml", format!("[terms]\na = {}\n", "[".repeat(MANY)));
    plan("tables.toml", format!("[terms]\na = {}\n", "{ a = ".repeat(MANY / 2)));
    plan("dots.toml", format!("[terms]\n{}a = 1\n", "a.".repeat(MANY)));
    plan("header.toml", format!("[{}a]\n", "a.".repeat(MANY)));
    scratch.write("deep.json", format!("{{ \"a\": {} }}", "[".repeat(MANY)));
    scratch.write("closed.json", format!("{{ \"a\": {}{} }}", "[".repeat(MANY), "]".repeat(MANY)));
    scratch.write("objects.json", "{ \"a\": ".repeat(MANY));
    scratch.write("deep.toml", format!("a = {}\n", "[".repeat(MANY)));
    scratch.write("dotted.toml", format!("{}a = 1\n", "a.".repeat(MANY)));
    scratch.write("digits.json", format!("{{ \"a\": {} }}", "9".repeat(MANY)));
    scratch.write("text.json", format!("{{ \"a\": \"{}\" }}", "x".repeat(MANY)));
    scratch.write("name.json", format!("{{ \"a\": 1, \"{}\": 2 }}", "x".repeat(MANY)));
    scratch.write("commas.csv", format!("id\nE1{}\n", ",".repeat(MANY)));
    scratch.write("quote.csv", format!("id\n\"{}\n", "x".repeat(MANY)));
    hold(
        &scratch,
        &[
            ("check long.toml", "plan-too-large", "a formula of 1000000 bytes, where 65536 is the most"),
            ("check round.toml", "too-deep", "this formula nests too deeply"),
            ("check square.toml", "too-deep", "this formula nests too deeply"),
            ("check curly.toml", "too-deep", "this formula nests too deeply"),
            ("check not.toml", "too-deep", "this formula nests too deeply"),
            ("check minus.toml", "too-deep", "this formula nests too deeply"),
            ("check if.toml", "too-deep", "this formula nests too deeply"),
            ("check call.toml", "too-deep", "this formula nests too deeply"),
            ("check chain.toml", "too-deep", "this formula nests too deeply"),
            ("check fields.toml", "too-deep", "this formula nests too deeply"),
            ("check otherwise.toml", "too-deep", "this formula nests too deeply"),
            ("check type.toml", "too-deep", "this type nests too deeply"),
            ("check digits.toml", "bad-number", "a number has at most 200 characters"),
            ("check lists.toml", "too-deep", "the file nests too deeply"),
            ("check tables.toml", "too-deep", "the file nests too deeply"),
            ("check dots.toml", "too-deep", "the file nests too deeply"),
            ("check header.toml", "too-deep", "the file nests too deeply"),
            ("run plan.toml --data deep.json", "data-syntax", "nest deeper than 64 levels"),
            ("run plan.toml --data closed.json", "data-syntax", "nest deeper than 64 levels"),
            ("run plan.toml --data objects.json", "data-syntax", "nest deeper than 64 levels"),
            ("run plan.toml --data deep.toml", "data-syntax", "nest deeper than 64 levels"),
            ("run plan.toml --data dotted.toml", "data-syntax", "nest deeper than 64 levels"),
            ("run plan.toml --data digits.json", "data-wrong-type", "is the number"),
            ("run plan.toml --data text.json", "data-wrong-type", "is `xxxx"),
            ("run plan.toml --data name.json", "data-unknown-table", "the plan takes no input `xxxx"),
            ("run plan.toml --data rows=commas.csv", "data-syntax", "the row has 1000001 cells"),
            ("run plan.toml --data rows=quote.csv", "data-syntax", "opens a quote that is never closed"),
        ],
    );
}

#[test]
fn a_plan_has_its_limits() {
    let scratch = Scratch::new("bad-limits");
    let plan = |file: &str, text: String| scratch.write(file, format!("{HEAD}{text}"));
    let many = |count: usize, line: &dyn Fn(usize) -> String| (0..count).map(line).collect::<String>();
    let terms = many(20_001, &|n| format!("a{n} = {{ value = 1, cite = \"§1\" }}\n"));
    plan("terms.toml", format!("[terms]\n{terms}"));
    let parts = many(65, &|n| format!("p{n} = {{ part = \"parts/{n}.toml\" }}\n"));
    plan("parts.toml", format!("[imports]\n{parts}"));
    for n in 0..65 {
        scratch.write(&format!("parts/{n}.toml"), "[part]\nlanguage = 1\n");
    }
    let link = |n: usize| match n {
        69 => "f0 = { value = \"1\" }\n".to_owned(),
        _ => format!("f{} = {{ value = \"f{}() + 1\" }}\n", 69 - n, 68 - n),
    };
    let functions = many(70, &link);
    plan(
        "calls.toml",
        format!("[functions]\n{functions}\n[rules]\nb = {{ value = \"f69()\", cite = \"§1\" }}\n"),
    );
    hold(
        &scratch,
        &[
            ("check terms.toml", "plan-too-large", "the plan has more than 20000 definitions"),
            ("check parts.toml", "plan-too-large", "the plan imports more than 64 files"),
            ("check calls.toml", "too-deep", "calls functions more than 64 deep"),
        ],
    );
}

#[test]
fn faults_beyond_the_thousandth_are_counted() {
    let scratch = Scratch::new("bad-many");
    scratch.write("plan.toml", format!("{HEAD}{TAKES}"));
    scratch.write("rows.csv", format!("id\n{}", "E1\n".repeat(1_501)));
    let ragged: String = (0..1_500).map(|n| format!("E{n},x\n")).collect();
    scratch.write("ragged.csv", format!("id\n{ragged}"));
    let unknown: String = (0..1_500).map(|n| format!("unknown_{n} = 1\n")).collect();
    scratch.write("unknown.toml", format!("{HEAD}{unknown}"));
    for (command, said) in [
        ("run plan.toml --data rows=rows.csv --set a=1", "500 more faults of the data are not listed"),
        ("run plan.toml --data rows=ragged.csv --set a=1", "500 more faults are not listed"),
        ("check unknown.toml", "there are 500 more problems: mend these first"),
    ] {
        let ran = run(&scratch.0, &words(command), None);
        assert_eq!((misbehaved(&ran), ran.code), (None, Some(1)), "{command}");
        let text = ran.text();
        assert!(text.contains(said), "{command}: {:.2000}", text);
        assert!(codes(&text).len() <= 1_001, "{command}");
    }
}

#[cfg(unix)]
#[test]
fn what_the_file_system_refuses_is_said_in_words() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let scratch = Scratch::new("bad-system");
    scratch.write("plan.toml", format!("{HEAD}[rules]\nb = {{ value = \"1\", cite = \"§1\" }}\n"));
    scratch.write("outside.toml", "[part]\nlanguage = 1\n");
    scratch.write("inner/importing.toml", format!("{HEAD}[imports]\nm = {{ part = \"link.toml\" }}\n"));
    symlink("../outside.toml", scratch.0.join("inner/link.toml")).unwrap();
    symlink("nowhere.toml", scratch.0.join("dangling.toml")).unwrap();
    let pipe = scratch.0.join("pipe.toml");
    let piped = std::process::Command::new("mkfifo").arg(&pipe).status().is_ok_and(|s| s.success());
    hold(
        &scratch,
        &[
            ("check inner/importing.toml", "import-failed", "it lies outside the plan's folder"),
            ("check dangling.toml", "file-unreadable", "there is no such file"),
            ("run plan.toml --data /dev/null", "data-unreadable", "is not a regular file"),
            ("run plan.toml --out /dev/full --format json", "output-failed", "`/dev/full` cannot be written"),
        ],
    );
    if piped {
        hold(
            &scratch,
            &[
                ("check pipe.toml", "file-unreadable", "it is not a regular file"),
                ("run plan.toml --data pipe.toml", "data-unreadable", "is not a regular file"),
            ],
        );
    }
    scratch.write("secret.toml", "");
    fs::set_permissions(scratch.0.join("secret.toml"), fs::Permissions::from_mode(0o000)).unwrap();
    // The superuser may read it all the same.
    if fs::read(scratch.0.join("secret.toml")).is_err() {
        hold(
            &scratch,
            &[
                ("check secret.toml", "file-unreadable", "reading it is not permitted"),
                ("run plan.toml --data secret.toml", "data-unreadable", "`secret.toml` may not be read"),
            ],
        );
    }
}

#[test]
fn nothing_is_left_behind_where_results_cannot_be_written() {
    let scratch = Scratch::new("bad-out");
    scratch.write("plan.toml", format!("{HEAD}{TAKES}"));
    scratch.write("bad.json", "{ \"a\": \"x\" }");
    scratch.write("good.json", "{ \"a\": 1 }");
    scratch.write("result.json", "earlier");
    let files = || inside(&scratch.0).iter().map(|p| name(p)).collect::<Vec<_>>();
    let before = files();
    for command in [
        "run plan.toml --data bad.json --out result.json",
        "run plan.toml --data bad.json --out new.json",
        "run plan.toml --data good.json --out nowhere/new.json",
        "run plan.toml --data good.json --only c --out result.json",
    ] {
        let ran = run(&scratch.0, &words(command), None);
        assert!(matches!(ran.code, Some(1 | 2)) && ran.out.is_empty(), "{command}: {ran:?}");
        assert_eq!(files(), before, "{command}");
        assert_eq!(fs::read_to_string(scratch.0.join("result.json")).unwrap(), "earlier", "{command}");
    }
}

//! `whereas diff`: what it prints, of files and of revisions; on every plan, and on every faulty one.
//! The files in tests/diff are what it prints: `UPDATE=1` renews them.
#![cfg(feature = "cli")]
#![allow(clippy::pedantic, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "bad/support.rs"]
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use support::{Ran, Scratch, difference, inside, misbehaved, name, run, words};
use whereas::compare::{Version, compare};
use whereas::diagnostic::Diagnostic;
use whereas::engine::load;
use whereas::format::format;
use whereas::limits::Limits;
use whereas::plan::{FolderResolver, read_plan};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A copy of the plans, and the amendment of 2002 beside them.
fn plans(scratch: &Scratch) {
    let copy = |from: &Path, to: &str| {
        for path in inside(from).iter().filter(|p| p.is_file()) {
            scratch.write(&format!("{to}/{}", name(path)), fs::read(path).unwrap());
        }
    };
    for folder in ["plans", "plans/parts", "plans/calendars", "examples/espp/period-2001"] {
        copy(&root().join(folder), folder);
    }
    let espp = fs::read_to_string(root().join("plans/espp.toml")).unwrap();
    scratch.write("plans/amended.toml", amended(&espp));
}

/// A figure with the history that the amendment of 2002 gives it.
fn dated(text: &str, term: &str, was: &str, is: &str) -> String {
    let line = text.lines().find(|l| l.starts_with(&format!("{term} = "))).unwrap();
    let value = format!("value = \"{was}\", ");
    assert!(line.contains(&value), "{line}");
    let history = format!(
        ", history = [\n  {{ from = 2000-02-01, until = 2001-12-31, value = \"{was}\" }},\n  {{ from = 2002-01-01, value = \"{is}\" }},\n] }}"
    );
    let new = line.replace(&value, "").strip_suffix(" }").unwrap().to_owned() + &history;
    text.replace(line, &new)
}

fn amended(text: &str) -> String {
    let text = dated(text, "discount", "85%", "90%");
    let text = dated(&text, "deduction_cap", "10%", "12%");
    dated(&text, "share_pool_stated", "6_000_000 shares", "7_000_000 shares")
}

/// Holds an output against its file.
fn held(file: &str, found: &str) {
    let path = root().join("tests/diff").join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(expected == found, "{file}: run with UPDATE=1 to renew it\n{}", difference(&expected, found));
}

fn diff(scratch: &Scratch, args: &str) -> Ran {
    let ran = run(&scratch.0, &words(&format!("diff {args}")), None);
    assert_eq!(misbehaved(&ran), None, "{args}");
    ran
}

#[test]
fn an_amendment_is_told_in_every_format() {
    let scratch = Scratch::new("diff-amended");
    plans(&scratch);
    let data = "plans/espp.toml plans/amended.toml --data examples/espp/period-2001 --as-of 2002-01-02 --only participants.deductions --only purchase_price --only available_shares --only total_refund --rows 2";
    for (args, file) in [
        ("plans/espp.toml plans/amended.toml", "amendment.txt"),
        (data, "amendment-data.txt"),
        ("plans/espp.toml plans/amended.toml --format json", "amendment.json"),
        (&format!("{data} --format markdown"), "amendment-data.md"),
        ("plans/amended.toml plans/espp.toml", "back.txt"),
    ] {
        let ran = diff(&scratch, args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{args}");
        held(file, &ran.out);
    }
    let json = diff(&scratch, &format!("{data} --format json")).out;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["changes"].as_array().unwrap().len(), 3);
    let moved = json["moved"].as_array().unwrap();
    let rule = |name: &str| moved.iter().find(|m| m["rule"] == name).unwrap();
    assert_eq!(rule("purchase_price")["moves"][0]["from"], "0.7055");
    assert_eq!(rule("purchase_price")["moves"][0]["to"], "0.747");
    assert_eq!(rule("participants.deductions")["rows"], 200);
}

#[test]
fn every_kind_of_change_is_told() {
    let scratch = Scratch::new("diff-kinds");
    let plan = |file: &str| fs::read_to_string(root().join("tests/diff").join(file)).unwrap();
    for file in ["old.toml", "new.toml", "same.toml"] {
        scratch.write(file, plan(file));
    }
    scratch.write("data.json", plan("data.json"));
    for (args, file, code) in [
        ("old.toml new.toml", "kinds.txt", 1),
        ("old.toml new.toml --format markdown", "kinds.md", 1),
        ("old.toml new.toml --data data.json", "kinds-data.txt", 1),
        ("old.toml same.toml", "same.txt", 0),
        ("old.toml same.toml --data data.json --format markdown", "same.md", 0),
        ("old.toml old.toml", "itself.txt", 0),
    ] {
        let ran = diff(&scratch, args);
        assert_eq!((ran.code, ran.err.as_str()), (Some(code), ""), "{args}");
        held(file, &ran.out);
    }
}

fn git(folder: &Path, args: &[&str]) -> bool {
    Command::new("git")
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"])
        .args(args)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .is_ok_and(|o| o.status.success())
}

/// Runs the command where `git` is found.
fn with_git(scratch: &Scratch, args: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_whereas"))
        .args(["--color", "never"])
        .args(words(args))
        .current_dir(&scratch.0)
        .env("COLUMNS", "100")
        // Whatever repository the tests lie in is not the one meant.
        .env("GIT_CEILING_DIRECTORIES", scratch.0.parent().unwrap())
        .output()
        .unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn revisions_are_read_with_what_they_import() {
    let scratch = Scratch::new("diff-git");
    plans(&scratch);
    if !git(&scratch.0, &["init", "-q"]) {
        return;
    }
    let commit = || assert!(git(&scratch.0, &["add", "-A"]) && git(&scratch.0, &["commit", "-qm", "x"]));
    commit();
    let text = |path: &str| fs::read_to_string(scratch.0.join(path)).unwrap();
    scratch.write("plans/espp.toml", text("plans/amended.toml"));
    commit();
    // A part of the revision is compared with the part as it is.
    let market = text("plans/parts/market.toml");
    assert!(market.contains("highest_bid(day) + lowest_asked(day)) / 2"));
    scratch.write(
        "plans/parts/market.toml",
        market.replace(
            "highest_bid(day) + lowest_asked(day)) / 2",
            "highest_bid(day) + lowest_asked(day)) / 3",
        ),
    );
    let (code, out, err) = with_git(&scratch, "diff HEAD~1 HEAD -- plans/espp.toml");
    assert_eq!((code, err.as_str()), (Some(1), ""));
    let files = diff(&scratch, "plans/espp.toml plans/amended.toml");
    assert_eq!(files.code, Some(0), "{}", files.text());
    let told = fs::read_to_string(root().join("tests/diff/amendment.txt")).unwrap();
    let told = told.replace(
        "`plans/espp.toml` and `plans/amended.toml`",
        "`HEAD~1:plans/espp.toml` and `HEAD:plans/espp.toml`",
    );
    assert_eq!(out.split_once('\n').unwrap().1, told.split_once('\n').unwrap().1);
    let (code, out, err) = with_git(&scratch, "diff HEAD -- plans/espp.toml");
    assert_eq!((code, err.as_str()), (Some(1), ""));
    held("part.txt", &out);
    for (args, said) in [
        ("diff nowhere -- plans/espp.toml", "there is no revision `nowhere`"),
        ("diff HEAD -- plans/nowhere.toml", "the revision has no such file"),
        ("diff HEAD -- plans", "it is a folder, not a file"),
        ("diff HEAD", "one version is named where two are compared"),
    ] {
        let (code, out, err) = with_git(&scratch, args);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{args}: {err}");
        assert!(err.contains(said), "{args}: {err}");
    }
    let outside = Scratch::new("diff-no-git");
    outside.write("plan.toml", "");
    let (code, _, err) = with_git(&outside, "diff HEAD -- plan.toml");
    assert!(code == Some(2) && err.contains("lies in no git repository"), "{err}");
}

#[test]
fn without_git_a_revision_cannot_be_read() {
    let scratch = Scratch::new("diff-without-git");
    scratch.write("plan.toml", "");
    scratch.write("empty/nothing", "");
    let output = Command::new(env!("CARGO_BIN_EXE_whereas"))
        .args(["--color", "never", "diff", "HEAD", "--", "plan.toml"])
        .current_dir(&scratch.0)
        // An empty path would be none, and the system then looks where it looks without one.
        .env("PATH", scratch.0.join("empty"))
        .output()
        .unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{err}");
    assert!(err.contains("there is no `git` command here"), "{err}");
}

#[test]
fn every_plan_is_the_same_as_itself_in_any_form() {
    for path in inside(&root().join("plans")).into_iter().filter(|p| p.is_file()) {
        let limits = Limits::DEFAULT;
        let resolver = FolderResolver::for_plan(&path, &limits).unwrap();
        let file = resolver.plan().unwrap();
        let version = |text: &str| {
            let loaded = load(&file.name, text, &resolver, &limits);
            assert!(!loaded.diagnostics.iter().any(Diagnostic::is_error), "{}", path.display());
            let (document, _) = read_plan(&file.name, text, &resolver, &limits);
            Version { name: file.name.clone(), document, program: loaded.program.unwrap() }
        };
        // The same marks with other blanks.
        let loose: String = file.text.lines().map(|l| l.replacen(" = ", "   =  ", 1) + "\n").collect();
        let form = format(&file.name, &loose, &limits).text;
        let (old, new) = (version(&file.text), version(&form));
        let found = compare(&old, &new);
        assert!(found.is_same() && found.reworded.is_empty(), "{}: {:#?}", path.display(), found.reworded);
        let ran = run(&root(), &["diff".to_owned(), file.name.clone(), file.name.clone()], None);
        assert_eq!((ran.code, misbehaved(&ran)), (Some(0), None), "{}: {}", path.display(), ran.text());
    }
}

#[test]
fn every_faulty_plan_is_compared_or_refused() {
    let folders =
        inside(&root().join("tests/bad/plan")).into_iter().chain(inside(&root().join("tests/bad/files")));
    let files: Vec<PathBuf> = folders
        .flat_map(|f| if f.is_dir() { inside(&f) } else { vec![f] })
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .collect();
    assert!(files.len() > 60, "{}", files.len());
    let limits = Limits::DEFAULT;
    let sound = root().join("tests/diff/old.toml").display().to_string();
    let ran = support::in_parallel(&files, |path| {
        let faulty = path.display().to_string();
        let back = run(&root(), &["diff".to_owned(), sound.clone(), faulty.clone()], None);
        let ran = run(&root(), &["diff".to_owned(), faulty, sound.clone()], None);
        (back, ran)
    });
    for (path, (back, ran)) in files.iter().zip(ran) {
        for ran in [back, ran] {
            assert_eq!(misbehaved(&ran), None, "{}", path.display());
            // Warnings stand in the way of nothing: such a plan is another plan.
            let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
            let refused = FolderResolver::for_plan(path, &limits).map_or(true, |resolver| {
                load("plan.toml", &text, &resolver, &limits).diagnostics.iter().any(Diagnostic::is_error)
            });
            assert_eq!(ran.err.is_empty(), !refused, "{}: {}", path.display(), ran.text());
            assert!(matches!(ran.code, Some(1 | 2)), "{}: {}", path.display(), ran.text());
        }
    }
}

#[test]
fn what_cannot_be_compared_is_refused_in_words() {
    let scratch = Scratch::new("diff-refused");
    plans(&scratch);
    for (args, code, said) in [
        ("plans/espp.toml nowhere.toml", 2, "there is no such file"),
        ("plans/espp.toml plans/calendars/nyse.toml", 2, "is a calendar, and only plans and parts are"),
        (
            "plans/parts/market.toml plans/parts/market.toml --data examples/espp/period-2001",
            2,
            "only a plan can be evaluated",
        ),
        ("plans/espp.toml plans/amended.toml --data nowhere.json", 2, "nowhere.json"),
        ("plans/espp.toml plans/amended.toml --data examples/espp/period-2001 --only nothing", 2, "nothing"),
        (
            "plans/espp.toml plans/amended.toml --out result.csv",
            2,
            "are not written to files that end in `.csv`",
        ),
        ("plans/espp.toml plans/amended.toml --out plans/espp.toml", 2, "would be lost"),
        (
            "plans/espp.toml plans/amended.toml --data participants=examples/espp/period-2001/participants.csv \
             --out examples/espp/period-2001/participants.csv",
            2,
            "would be lost",
        ),
        ("plans/espp.toml", 2, "one version is named"),
    ] {
        let ran = diff(&scratch, args);
        assert_eq!((ran.code, ran.out.as_str()), (Some(code), ""), "{args}: {}", ran.err);
        assert!(ran.err.contains(said), "{args}: {}", ran.err);
    }
    let parts = diff(&scratch, "plans/parts/market.toml plans/parts/market.toml");
    assert_eq!(parts.code, Some(0), "{}", parts.text());
    // A rule that only one of the versions has.
    let text = fs::read_to_string(root().join("tests/diff/old.toml")).unwrap();
    scratch.write("old.toml", &text);
    let more = "\n[rules.more]\ncite = \"§9\"\nvalue = \"cost\"\n\n[outline]";
    scratch.write("more.toml", text.replacen("\n[outline]", more, 1));
    scratch.write("data.json", fs::read(root().join("tests/diff/data.json")).unwrap());
    let ran = diff(&scratch, "old.toml more.toml --data data.json");
    assert!(ran.code == Some(1) && ran.out.contains("in one version alone: more"), "{}", ran.text());
}

/// A plan in which clauses, reasons and keys are conclusions or ways to them.
const ASKED: &str = r#"
[plan]
language = 1
id = "asked"
title = "Asked"
currency = "USD"

[amendment]
default = "board"

[amendment.approvals.board]
by = "the Board"
cite = "§23"

[amendment.approvals.owners]
by = "the owners"
cite = "§23(a)"

[imports]
days = { calendar = "days.toml" }

[terms]
pool = { value = "100 shares", cite = "§1", change = { increase = "owners" } }
least = { value = "20", cite = "§4" }

[inputs.quotes]
key = ["market", "kind"]
[inputs.quotes.fields]
market = "text"
kind = "text"
price = "USD/share"

[inputs.people]
key = "id"
[inputs.people.fields]
id = "text"
hours = "number"
status = "one of active, left"
until = "date"

[rules.people.eligible]
all = [
  { require = "hours > least", reason = "hours", cite = "§4(a)" },
  { require = "status = active", reason = "status", cite = "§4(b)" },
]

[rules.people.reasons]
cite = "§4"
value = "reasons of eligible"

[rules.people.outcome]
type = "one of sold, kept"
cases = [{ when = "eligible", then = "sold", cite = "§5" }]
otherwise = { then = "kept", cite = "§6" }

[rules.people.clause]
cite = "§5"
value = "clause of outcome"

[rules.people.notice]
cite = "§7"
value = "next_business_day(until, days)"

[rules.worth]
cite = "§1"
value = "pool * (quotes[\"A\", \"B\"].price otherwise 0 USD/share)"

[fixtures.one]
rows.people = { hours = 40, status = "active", until = 2001-01-02 }

[[tests]]
name = "forty hours"
cite = "§4"
use = "one"
given.people = [{ id = "E1" }]
expect.people.E1.eligible = "true"
"#;

const DAYS: &str = r#"
[calendar]
id = "days"
title = "Days"
from = 2001-01-01
to = 2001-12-31
weekend = ["saturday", "sunday"]

[[holidays]]
name = "New Year's Day"
month = 1
day = 1
"#;

const ASKED_DATA: &str = r#"{
  "quotes": [
    { "market": "A", "kind": "B", "price": "1" },
    { "market": "B", "kind": "A", "price": "2" }
  ],
  "people": [
    { "id": "E1", "hours": 10, "status": "left", "until": "2001-01-02" },
    { "id": "E2", "hours": 40, "status": "active", "until": "2001-01-02" }
  ]
}"#;

#[test]
fn what_moves_a_result_is_never_called_the_same() {
    let scratch = Scratch::new("diff-asked");
    scratch.write("days.toml", DAYS);
    scratch.write("old.toml", ASKED);
    scratch.write("data.json", ASKED_DATA);
    let requirement = "  { require = \"hours > least\", reason = \"hours\", cite = \"§4(a)\" },\n";
    for (from, to, said) in [
        // Reasons are listed in the order of the requirements.
        (
            "  { require = \"status = active\", reason = \"status\", cite = \"§4(b)\" },\n",
            "",
            "requirement `status`",
        ),
        (
            "then = \"sold\", cite = \"§5\"",
            "then = \"sold\", cite = \"§5(a)\"",
            "clause of `eligible`: §5 → §5(a)",
        ),
        (
            "then = \"kept\", cite = \"§6\"",
            "then = \"kept\", cite = \"§6(a)\"",
            "clause of `otherwise`: §6 → §6(a)",
        ),
        ("[\"market\", \"kind\"]", "[\"kind\", \"market\"]", "key: market, kind → kind, market"),
    ] {
        assert!(ASKED.contains(from), "{from}");
        scratch.write("new.toml", ASKED.replacen(from, to, 1));
        let ran = diff(&scratch, "old.toml new.toml --data data.json");
        assert!(ran.code == Some(1) && ran.out.contains(said), "{}", ran.text());
        assert!(!ran.out.contains("no result moves"), "{}", ran.text());
    }
    let swapped = ASKED.replacen(requirement, "", 1).replacen(
        "reason = \"status\", cite = \"§4(b)\" },\n",
        &format!("reason = \"status\", cite = \"§4(b)\" }},\n{requirement}"),
        1,
    );
    scratch.write("new.toml", &swapped);
    let ran = diff(&scratch, "old.toml new.toml --data data.json");
    assert!(ran.code == Some(1) && ran.out.contains("order of requirements"), "{}", ran.text());
    assert!(ran.out.contains("people.reasons   1 of 2"), "{}", ran.text());
    // Where nobody asks for reasons or clauses, their order and the clauses are words.
    let unasked =
        |plan: &str| plan.replace("\"reasons of eligible\"", "\"hours\"").replace("clause of outcome", "id");
    scratch.write("old.toml", unasked(ASKED));
    scratch.write("new.toml", unasked(&swapped).replacen("cite = \"§6\"", "cite = \"§6(a)\"", 1));
    let ran = diff(&scratch, "old.toml new.toml --data data.json");
    assert!(ran.code == Some(0) && ran.out.contains("with these data no result moves"), "{}", ran.text());
}

#[test]
fn what_says_nothing_of_meaning_is_told_as_such() {
    let scratch = Scratch::new("diff-words");
    scratch.write("days.toml", DAYS);
    scratch.write("old.toml", ASKED);
    let lints = "[lints]\nmissing-cite = \"deny\"\n\n[terms]";
    for (from, to, said) in [
        ("one of active, left", "one of left, active", "mean the same"),
        ("hours = 40, status", "hours = 41, status", "fixture changed: one"),
        ("E1.eligible = \"true\"", "E1.outcome = \"sold\"", "test changed: forty hours"),
        ("name = \"forty hours\"", "name = \"40 hours\"", "test removed: forty hours"),
        ("[terms]", lints, "lint added: missing-cite (warn → deny)"),
        ("cite = \"§23(a)\"", "cite = \"§23(b)\"", "amendment (clause of `owners` in other words)"),
    ] {
        assert!(ASKED.contains(from), "{from}");
        scratch.write("new.toml", ASKED.replacen(from, to, 1));
        let ran = diff(&scratch, "old.toml new.toml");
        assert!(ran.code == Some(0) && ran.out.contains(said), "{from}: {}", ran.text());
        let json: serde_json::Value =
            serde_json::from_str(&diff(&scratch, "old.toml new.toml --format json").out).unwrap();
        assert_eq!(json["same"], true);
    }
}

#[test]
fn approvals_depend_on_the_direction_where_the_plan_says_so() {
    let scratch = Scratch::new("diff-direction");
    scratch.write("days.toml", DAYS);
    scratch.write("old.toml", ASKED);
    let history = "history = [{ from = 2001-01-01, value = \"200 shares\" }]";
    for (to, approval) in [
        ("value = \"200 shares\"", vec!["owners"]),
        ("value = \"99 shares\"", vec!["board"]),
        // Before 2001 there is no figure any more: that goes neither way.
        (history, vec!["owners", "board"]),
    ] {
        let new = ASKED.replacen("value = \"100 shares\"", to, 1);
        let new = if to == history {
            new.replacen("title = \"Asked\"", "title = \"Asked\"\nterm_date = \"2001-06-30\"", 1)
        } else {
            new
        };
        scratch.write("new.toml", new);
        let ran = diff(&scratch, "old.toml new.toml --format json");
        let json: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
        let changes = json["changes"].as_array().unwrap();
        let pool = changes.iter().find(|c| c["name"] == "pool").unwrap();
        assert_eq!(pool["approval"], serde_json::json!(approval), "{to}");
    }
}

#[test]
fn another_calendar_is_told_by_its_days() {
    let scratch = Scratch::new("diff-calendar");
    scratch.write("days.toml", DAYS);
    scratch.write("old.toml", ASKED);
    scratch.write(
        "other.toml",
        DAYS.replace("day = 1", "day = 3").replace("title = \"Days\"", "title = \"Other\""),
    );
    scratch.write("new.toml", ASKED.replace("calendar = \"days.toml\"", "calendar = \"other.toml\""));
    let ran = diff(&scratch, "old.toml new.toml");
    assert_eq!(ran.code, Some(1), "{}", ran.text());
    for said in [
        "2001-01-01: holidays → business days",
        "2001-01-03: business days → holidays",
        "bears on people.notice",
    ] {
        assert!(ran.out.contains(said), "{said}: {}", ran.text());
    }
}

#[test]
fn a_plan_that_git_knows_by_another_name_is_found() {
    let scratch = Scratch::new("diff-renamed");
    scratch.write("plans/days.toml", DAYS);
    scratch.write("plans/old.toml", ASKED);
    if !git(&scratch.0, &["init", "-q"]) {
        return;
    }
    let commit = || assert!(git(&scratch.0, &["add", "-A"]) && git(&scratch.0, &["commit", "-qm", "x"]));
    commit();
    assert!(git(&scratch.0, &["mv", "plans", "documents"]));
    assert!(git(&scratch.0, &["mv", "documents/old.toml", "documents/new.toml"]));
    scratch.write("documents/new.toml", ASKED.replacen("\"100 shares\"", "\"200 shares\"", 1));
    commit();
    for args in [
        "diff HEAD~1 -- documents/new.toml",
        "diff HEAD~1 HEAD -- documents/new.toml",
        "diff HEAD~1 HEAD -- plans/old.toml",
    ] {
        let (code, out, err) = with_git(&scratch, args);
        assert_eq!((code, err.as_str()), (Some(1), ""), "{args}");
        assert!(out.starts_with("`HEAD~1:plans/old.toml` and `"), "{args}: {out}");
        assert!(out.contains("value: 100 shares → 200 shares") && out.contains("approval: owners"), "{out}");
    }
    let (code, _, err) = with_git(&scratch, "diff HEAD -- plans/none.toml");
    assert!(code == Some(2) && err.contains("the revision has no such file"), "{err}");
}

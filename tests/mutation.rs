//! Coverage, and the changes that tests tell: on a small plan in every detail, on every shipped plan in
//! outline, and on every faulty plan without a slip.
#![cfg(feature = "cli")]
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects
)]

#[path = "bad/support.rs"]
mod support;

use scraper::{Html, Selector};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Ran, in_parallel, inside, misbehaved, run, words};
use whereas::Plan;

const SMALL: &str = r#"[plan]
language = 1
id = "small"
title = "A small plan"
currency = "USD"

[terms]
cap = { value = "10%", cite = "§6" }
opens = { value = "2001-01-02", cite = "§7" }

[inputs]
pay = { type = "USD", min = "0 USD" }
joined = "date"
[inputs.gift]
optional = true
fields = { amount = { type = "USD", default = "0 USD" } }

[assumptions.end]
cite = "§8"
readings = { kept = "kept", lost = "lost" }
chosen = "kept"

[rules.deducted]
cite = "§6"
value = "floor(cap * pay, 1 USD)"

[rules.takes_part]
all = [
  { require = "joined <= opens", reason = "late", cite = "§7" },
  { require = "pay > 0 USD", reason = "unpaid", cite = "§7" },
]

[rules.refund]
cases = [
  { when = "not takes_part", then = "deducted", cite = "§8" },
  { when = "assumption.end = lost", then = "0 USD", cite = "§8" },
]
otherwise = { then = "deducted / 2", cite = "§8" }

[rules.never_expected]
cite = "§9"
value = "pay * 2"

[outline]
"§6" = { rule = "deducted", term = "cap" }
"§7" = { rule = "takes_part", term = "opens", input = "joined" }
"§8" = { rule = "refund", assumption = "end" }
"§9" = { rule = "never_expected" }
"§10" = { narrative = "governing law" }

[[tests]]
name = "a tenth, in whole dollars"
cite = "§6"
given = { pay = 1_019, joined = 2001-01-02 }
expect = { deducted = "101 USD", takes_part = true }

[[tests]]
name = "late"
cite = "§7"
given = { pay = 100, joined = 2001-01-03 }
expect.takes_part = false
"#;

fn folder(text: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("plan.toml"), text).unwrap();
    folder
}

fn command(folder: &Path, line: &str) -> Ran {
    let ran = run(folder, &words(line), None);
    assert_eq!(misbehaved(&ran), None, "{line}");
    ran
}

fn json(folder: &Path, line: &str) -> Value {
    let ran = command(folder, line);
    serde_json::from_str(&ran.out).unwrap_or_else(|e| panic!("{line}: {e}\n{}", ran.text()))
}

fn verdict<'v>(report: &'v Value, place: &str, change: &str) -> &'v Value {
    let all = report["changes"].as_array().unwrap();
    let found = all.iter().find(|c| c["in"] == place && c["change"] == change);
    found.unwrap_or_else(|| panic!("no change of {place} reads {change}:\n{report:#}"))
}

#[test]
fn a_change_at_a_boundary_survives_until_a_test_stands_on_it() {
    let small = folder(SMALL);
    let report = json(small.path(), "mutate plan.toml --format json");
    assert_eq!(verdict(&report, "cap", "`10%` to `9%`")["test"], "a tenth, in whole dollars");
    assert_eq!(verdict(&report, "takes_part", "`joined <= opens` to `joined < opens`")["verdict"], "killed");
    let unpaid = verdict(&report, "takes_part", "`pay > 0 USD` to `pay >= 0 USD`");
    assert_eq!(unpaid["verdict"], "survived");
    assert_eq!(unpaid["cite"][0], "§7");
    let proposed = unpaid["proposal"].as_str().unwrap();
    assert!(proposed.contains("unconfirmed = true") && proposed.contains("pay = 0"), "{proposed}");
    assert!(proposed.contains("expect.takes_part = \"false\""), "{proposed}");
    // Confirmed, it tells the change.
    let more = folder(&format!("{SMALL}\n{}", proposed.replace("unconfirmed = true\n", "")));
    let report = json(more.path(), "mutate plan.toml --format json");
    assert_eq!(verdict(&report, "takes_part", "`pay > 0 USD` to `pay >= 0 USD`")["verdict"], "killed");
}

#[test]
fn every_proposal_checks_passes_and_tells_its_change() {
    let small = folder(SMALL);
    let report = json(small.path(), "mutate plan.toml --format json");
    let mut proposed = 0;
    for change in report["changes"].as_array().unwrap() {
        let Some(test) = change["proposal"].as_str() else { continue };
        proposed += 1;
        let unconfirmed =
            Plan::from_str(&format!("{SMALL}\n{test}")).unwrap_or_else(|e| panic!("{test}\n{e}"));
        assert!(unconfirmed.test(None).iter().all(|t| !t.failed()), "{test}");
        assert!(unconfirmed.test(None).iter().any(|t| !t.passed()), "an unconfirmed test has not passed");
        let confirmed = folder(&format!("{SMALL}\n{}", test.replace("unconfirmed = true\n", "")));
        let after = json(confirmed.path(), "mutate plan.toml --format json --no-proposals");
        let (place, text) = (change["in"].as_str().unwrap(), change["change"].as_str().unwrap());
        assert_eq!(verdict(&after, place, text)["verdict"], "killed", "{test}");
    }
    assert!(proposed > 5, "only {proposed} tests were proposed");
}

#[test]
fn an_unconfirmed_test_counts_for_nothing() {
    let wrong = "\n[[tests]]\nname = \"guessed\"\nunconfirmed = true\ngiven = { pay = 5, joined = 2001-01-01 }\nexpect.never_expected = \"7 USD\"\n";
    let folder = folder(&format!("{SMALL}{wrong}"));
    let ran = command(folder.path(), "test plan.toml");
    assert_eq!((ran.code, &*ran.out), (Some(0), "unconfirmed  guessed\n2 passed, 0 failed, 1 unconfirmed\n"));
    let covered = json(folder.path(), "test plan.toml --coverage --format json");
    let points = covered["plans"][0]["points"].as_array().unwrap();
    let rule = points.iter().find(|p| p["kind"] == "rules" && p["in"] == "never_expected").unwrap();
    assert_eq!(rule["tests"], 0);
    let report = json(folder.path(), "mutate plan.toml --format json --no-proposals");
    assert_eq!(report["unconfirmed_tests"], 1);
    assert_eq!(verdict(&report, "never_expected", "`pay * 2` to `pay / 2`")["verdict"], "survived");
}

#[test]
fn the_plan_accepts_survivors_and_is_warned_of_entries_that_accept_nothing() {
    let entry = |change: &str| {
        format!("\n[[mutants]]\nin = \"takes_part\"\nchange = \"{change}\"\nwhy = \"tried\"\n")
    };
    let (survives, killed, none) = (
        "`pay > 0 USD` to `pay >= 0 USD`",
        "`joined <= opens` to `joined < opens`",
        "`pay > 5 USD` to `pay < 5 USD`",
    );
    let folder = folder(&format!("{SMALL}{}{}{}", entry(survives), entry(killed), entry(none)));
    let report = json(folder.path(), "mutate plan.toml --format json --no-proposals");
    assert_eq!(verdict(&report, "takes_part", survives)["verdict"], "accepted");
    assert_eq!(report["stale"].as_array().unwrap().len(), 2);
    let ran = command(folder.path(), "mutate plan.toml --no-proposals");
    assert!(ran.err.contains("that a test tells") && ran.err.contains("that there is not"), "{}", ran.err);
}

#[test]
fn coverage_counts_what_is_expected_and_nothing_else() {
    let folder = folder(SMALL);
    let report = json(folder.path(), "test plan.toml --coverage --format json");
    let plan = &report["plans"][0];
    let counts = &plan["counts"];
    // `deducted` and `takes_part` are expected; `refund` and `never_expected` are not.
    assert_eq!((&counts["rules"]["covered"], &counts["rules"]["all"]), (&2.into(), &4.into()));
    assert_eq!((&counts["cases"]["covered"], &counts["cases"]["all"]), (&0.into(), &3.into()));
    assert_eq!((&counts["readings"]["covered"], &counts["readings"]["all"]), (&0.into(), &2.into()));
    // Met and not met of `late`, met alone of `unpaid`.
    assert_eq!((&counts["requirements"]["covered"], &counts["requirements"]["all"]), (&3.into(), &4.into()));
    let sides: Vec<(&str, u64)> = plan["points"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|p| p["kind"] == "boundaries" && p["what"].as_str().unwrap().contains("joined <= opens"))
        .map(|p| (p["what"].as_str().unwrap(), p["tests"].as_u64().unwrap()))
        .collect();
    assert_eq!(sides.iter().map(|(_, tests)| *tests).collect::<Vec<_>>(), [0, 1, 1], "{sides:?}");
    let clauses: Vec<&Value> = plan["clauses"].as_array().unwrap().iter().map(|c| &c["covered"]).collect();
    assert_eq!(clauses, [&Value::from(true), &true.into(), &false.into(), &false.into(), &Value::Null]);
}

#[test]
fn the_report_does_not_depend_on_threads_and_the_cache_is_never_stale() {
    let folder = folder(SMALL);
    let one = command(folder.path(), "mutate plan.toml --threads 1");
    assert_eq!(one.out, command(folder.path(), "mutate plan.toml --threads 3").out);
    assert_eq!(one.code, Some(1));
    assert_eq!(one.out, command(folder.path(), "mutate plan.toml --cache kept.json").out);
    // What the file says is what is reported, as long as the plan is the same ...
    let kept = fs::read_to_string(folder.path().join("kept.json")).unwrap();
    let marked = kept.replace("a tenth, in whole dollars", "from the cache");
    let marked =
        marked.replacen("name = \\\"from the cache\\\"", "name = \\\"a tenth, in whole dollars\\\"", 1);
    fs::write(folder.path().join("kept.json"), marked).unwrap();
    assert!(
        command(folder.path(), "mutate plan.toml --cache kept.json --format json")
            .out
            .contains("from the cache")
    );
    // ... and no longer.
    fs::write(folder.path().join("plan.toml"), format!("{SMALL}\n# a remark\n")).unwrap();
    let after = command(folder.path(), "mutate plan.toml --cache kept.json --format json");
    assert!(!after.out.contains("from the cache"), "{}", after.out);
    // A file that is no cache is somebody's.
    for file in ["notes.txt", "other.toml"] {
        fs::write(folder.path().join(file), "{ nothing of ours").unwrap();
        let ran = command(folder.path(), &format!("mutate plan.toml --cache {file}"));
        assert!(ran.code == Some(2) && ran.err.contains("would be lost"), "{}", ran.text());
        assert_eq!(fs::read_to_string(folder.path().join(file)).unwrap(), "{ nothing of ours");
    }
    fs::write(folder.path().join("empty.json"), "").unwrap();
    assert_eq!(after.out, command(folder.path(), "mutate plan.toml --cache empty.json --format json").out);
}

#[test]
fn what_was_killed_is_kept_where_only_tests_were_added() {
    let folder = folder(SMALL);
    let plan = folder.path().join("plan.toml");
    let line = "mutate plan.toml --cache kept.json --format json --no-proposals";
    json(folder.path(), line);
    let kept = fs::read_to_string(folder.path().join("kept.json")).unwrap();
    let mark =
        |kept: &str| kept.replace("\"killed\":\"a tenth, in whole dollars\"", "\"killed\":\"as kept\"");
    assert_ne!(mark(&kept), kept);
    let unpaid = "\n[[tests]]\nname = \"unpaid\"\ncite = \"§7\"\ngiven = { pay = 0, joined = 2001-01-02 }\nexpect.takes_part = false\n";
    let first = SMALL.find("[[tests]]").unwrap();
    let survivor =
        |report: &Value| verdict(report, "takes_part", "`pay > 0 USD` to `pay >= 0 USD`")["verdict"].clone();
    // Before the others or behind them, a further test is asked of what survived alone.
    for text in [
        format!("{SMALL}{unpaid}"),
        format!("{}{}\n{}", &SMALL[..first], unpaid.trim_start(), &SMALL[first..]),
    ] {
        fs::write(folder.path().join("kept.json"), mark(&kept)).unwrap();
        fs::write(&plan, &text).unwrap();
        let report = json(folder.path(), line);
        assert_eq!(verdict(&report, "cap", "`10%` to `9%`")["test"], "as kept");
        assert_eq!(survivor(&report), "killed");
    }
    // A test that is changed, or anything else that is, counts for everything, wherever it stands.
    let late = "\n[rules.late]\ncite = \"§9\"\nvalue = \"pay\"\n";
    let accepted = "\n[[mutants]]\nin = \"deducted\"\nchange = \"`2` to `3`\"\nwhy = \"as told\"\n";
    for text in [
        format!("{SMALL}{unpaid}{accepted}{late}"),
        SMALL.replace("deducted = \"101 USD\"", "deducted = \"101.00 USD\""),
        SMALL.replace("pay * 2", "pay * 3"),
        format!("{}{unpaid}", SMALL.replace("name = \"late\"", "name = \"too late\"")),
    ] {
        fs::write(folder.path().join("kept.json"), mark(&kept)).unwrap();
        fs::write(&plan, &text).unwrap();
        let report = json(folder.path(), line);
        assert_eq!(verdict(&report, "cap", "`10%` to `9%`")["test"], "a tenth, in whole dollars");
    }
}

#[test]
fn bounds_names_and_what_is_given_are_changed() {
    let plan = r#"
[plan]
language = 1
id = "kinds"
title = "Kinds"
currency = "USD"

[inputs]
pay = { type = "USD", min = "5 USD", below = "100 USD", step = "0.01 USD" }
bonus = "USD?"
status = { type = "one of active, left, retired", default = "active" }

[rules.outcome]
type = "one of sold, kept"
cite = "§1"
cases = [{ when = "status in [left, retired]", then = "kept", cite = "§1" }]
otherwise = { then = "sold", cite = "§1" }

[rules.all_pay]
cite = "§2"
max = "1_000 USD"
value = "pay + (bonus otherwise 1 USD)"
"#;
    let folder = folder(plan);
    let report = json(folder.path(), "mutate plan.toml --format json --no-proposals");
    for (place, change) in [
        ("pay", "`5 USD` to `4 USD`"),
        ("pay", "`at least 5 USD` to `above 5 USD`"),
        ("pay", "`below 100 USD` to `at most 100 USD`"),
        ("pay", "`0.01 USD` to `0.02 USD`"),
        ("status", "`active` to `left`"),
        ("outcome", "`[left, retired]` to `[retired, retired]`"),
        ("outcome", "`kept` to `sold`"),
        ("outcome", "`sold` to `kept`"),
        ("all_pay", "`bonus otherwise 1 USD` to `1 USD`"),
        ("all_pay", "`1000 USD` to `999 USD`"),
        ("all_pay", "`at most 1000 USD` to `below 1000 USD`"),
    ] {
        assert_eq!(verdict(&report, place, change)["verdict"], "survived");
    }
    // A test at the bounds tells them.
    let tests = r#"
[[tests]]
name = "the least pay"
given = { pay = 5 }
expect = { all_pay = "6 USD", outcome = "sold" }

[[tests]]
name = "too little"
given = { pay = 4.99 }
refused = "pay"

[[tests]]
name = "the most"
given = { pay = 50, bonus = 950 }
expect.all_pay = "1_000 USD"

[[tests]]
name = "too much"
given = { pay = 50, bonus = 950.01 }
fails = { rule = "all_pay", code = "outside-range" }
"#;
    fs::write(folder.path().join("plan.toml"), format!("{plan}{tests}")).unwrap();
    let report = json(folder.path(), "mutate plan.toml --format json --no-proposals");
    for (place, change) in [
        ("pay", "`5 USD` to `4 USD`"),
        ("pay", "`at least 5 USD` to `above 5 USD`"),
        ("status", "`active` to `left`"),
        ("all_pay", "`1000 USD` to `999 USD`"),
        ("all_pay", "`at most 1000 USD` to `below 1000 USD`"),
        ("all_pay", "`bonus otherwise 1 USD` to `1 USD`"),
    ] {
        assert_eq!(verdict(&report, place, change)["verdict"], "killed", "{change}");
    }
}

/// Holds output against a file of tests/mutants; `UPDATE=1` renews it.
fn held(file: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mutants").join(file);
    if std::env::var_os("UPDATE").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, found).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        expected == found,
        "{file}: run with UPDATE=1 to renew it\n{}",
        support::difference(&expected, found)
    );
}

#[test]
fn reports_are_written_as_they_were() {
    let accepted =
        "\n[[mutants]]\nin = \"takes_part\"\nchange = \"`pay > 0 USD` to `pay >= 0 USD`\"\nwhy = \"tried\"\n";
    let folder = folder(&format!("{SMALL}{accepted}"));
    for (format, file) in [("human", "small.txt"), ("markdown", "small.md"), ("json", "small.json")] {
        held(file, &command(folder.path(), &format!("mutate plan.toml --format {format}")).out);
    }
    for (format, file) in [("human", "coverage.txt"), ("json", "coverage.json"), ("lcov", "coverage.info")] {
        held(file, &command(folder.path(), &format!("test plan.toml --coverage --format {format}")).out);
    }
}

#[test]
fn a_threshold_decides_how_the_command_ends() {
    let folder = folder(SMALL);
    assert_eq!(command(folder.path(), "mutate plan.toml --no-proposals --least 10%").code, Some(0));
    assert_eq!(command(folder.path(), "mutate plan.toml --no-proposals --least 100%").code, Some(1));
    for wrong in ["95", "101%", "-1%", "many%"] {
        let ran = command(folder.path(), &format!("mutate plan.toml --least={wrong}"));
        assert_eq!(ran.code, Some(2), "{wrong}: {}", ran.text());
    }
    assert_eq!(command(folder.path(), "mutate plan.toml --out report.pdf").code, Some(2));
    assert_eq!(command(folder.path(), "test plan.toml --coverage --out report.pdf").code, Some(2));
    assert_eq!(command(folder.path(), "test plan.toml --format json").code, Some(2));
}

#[test]
fn what_a_plan_says_is_escaped_on_the_page_and_on_the_terminal() {
    let evil = SMALL
        .replace("A small plan", "A <script>alert(1)</script> plan")
        .replace("a tenth, in whole dollars", "tenth \\u001B[31m");
    let folder = folder(&evil);
    let page = command(folder.path(), "test plan.toml --coverage --format html").out;
    assert!(!page.contains("<script>alert"), "{page}");
    let document = Html::parse_document(&page);
    assert!(document.errors.is_empty(), "{:?}", document.errors);
    let all = |selector: &str| document.select(&Selector::parse(selector).unwrap()).count();
    assert_eq!(all("pre.listing .line"), evil.lines().count());
    assert!(all(".sign[aria-label]") > 5 && all(".no") > 0 && all(".yes") > 0);
    let said = command(folder.path(), "mutate plan.toml --format json").out;
    assert!(!said.contains('\u{1b}'), "{said}");
}

#[test]
fn records_of_lcov_add_up() {
    let folder = folder(SMALL);
    let text = command(folder.path(), "test plan.toml --coverage --format lcov").out;
    let count = |prefix: &str| text.lines().filter(|l| l.starts_with(prefix)).count();
    let total = |prefix: &str| -> usize {
        text.lines().filter_map(|l| l.strip_prefix(prefix)).map(|n| n.parse::<usize>().unwrap()).sum()
    };
    assert_eq!((count("DA:"), count("BRDA:")), (total("LF:"), total("BRF:")), "{text}");
    assert_eq!((count("FN:"), count("FNDA:")), (total("FNF:"), total("FNF:")), "{text}");
    assert!(total("FNH:") < total("FNF:") && total("FNH:") > 0, "{text}");
    assert!(total("LH:") < total("LF:") && total("BRH:") < total("BRF:") && total("LH:") > 0, "{text}");
}

fn plans(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = inside(&root);
    found.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    found
}

/// The large plans take long without optimization: their scores are told by the command itself.
#[test]
fn the_shipped_plans_are_covered_and_the_small_ones_tell_their_changes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut wrong = Vec::new();
    for plan in plans("plans") {
        let covered = json(root, &format!("test {} --coverage --format json", plan.display()));
        let counts = &covered["plans"][0]["counts"];
        if counts["rules"]["covered"] != counts["rules"]["all"] {
            wrong.push(format!("{}: {}", plan.display(), counts["rules"]));
        }
        if fs::metadata(&plan).unwrap().len() < 80_000 {
            let ran = command(root, &format!("mutate {} --no-proposals --least 95%", plan.display()));
            if ran.code != Some(0) || !ran.err.is_empty() || ran.out.contains("survived  ") {
                wrong.push(format!("{}: {}", plan.display(), ran.text()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Plans that are broken in every way are refused with the words of `check`, or tried.
#[test]
fn no_faulty_plan_makes_a_slip() {
    let mut faulty: Vec<PathBuf> = Vec::new();
    for code in
        inside(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/bad/plan")).iter().filter(|p| p.is_dir())
    {
        faulty.extend(inside(code).into_iter().filter(|p| p.extension().is_some_and(|e| e == "toml")));
    }
    assert!(faulty.len() > 100);
    let wrong = in_parallel(&faulty, |plan| {
        let folder = plan.parent().unwrap();
        let name = plan.file_name().unwrap().to_str().unwrap();
        for line in [format!("mutate {name}"), format!("test {name} --coverage --format html")] {
            let ran = run(folder, &words(&line), None);
            if let Some(slip) = misbehaved(&ran) {
                return Some(format!("{}: {line}: {slip}", plan.display()));
            }
        }
        None
    });
    let wrong: Vec<String> = wrong.into_iter().flatten().collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

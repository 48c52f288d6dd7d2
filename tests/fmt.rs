//! `whereas fmt`: the plans and examples stand in its form; twice is once; what a plan means stays,
//! faulty plans included; and a file is shown, written or left alone as asked.
#![cfg(feature = "cli")]
#![allow(clippy::pedantic, clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "bad/support.rs"]
mod support;

use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};
use support::{Scratch, inside, misbehaved, name, run, words};
use whereas::format::format;
use whereas::limits::Limits;
use whereas::plan::{NoImports, read_plan};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every TOML file below a folder.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut left = vec![root().join(folder)];
    while let Some(folder) = left.pop() {
        for path in inside(&folder) {
            if path.is_dir() {
                left.push(path);
            } else if path.extension().is_some_and(|e| e == "toml") {
                found.push(path);
            }
        }
    }
    assert!(!found.is_empty(), "{folder}");
    found.sort();
    found
}

/// What a plan's text says, without its places: what reading it answers, and the codes of its faults.
fn said(text: &str) -> (String, Vec<String>) {
    let (document, problems) = read_plan("plan.toml", text, &NoImports, &Limits::DEFAULT);
    let shown = format!(
        "{:?}",
        (
            (&document.header, &document.conventions, &document.types, &document.terms, &document.inputs),
            (&document.functions, &document.rules, &document.assumptions, &document.outline),
            (&document.fixtures, &document.tests, &document.broken),
        )
    );
    let mut codes: Vec<String> = problems.iter().map(|d| format!("{} {}", d.code, d.message)).collect();
    codes.sort();
    (without_places(&shown), codes)
}

/// A rendering without its places.
fn without_places(shown: &str) -> String {
    let mut out = String::new();
    let mut rest = shown;
    while let Some((before, after)) = rest.split_once("span: Span {") {
        out.push_str(before);
        rest = after.split_once('}').unwrap().1;
    }
    out.push_str(rest);
    let mut rest = std::mem::take(&mut out);
    for form in ["Span {", "place: Place {"] {
        let mut kept = String::new();
        let mut left = rest.as_str();
        while let Some((before, after)) = left.split_once(form) {
            kept.push_str(before);
            // Places may hold ranges in brackets of their own, but no braces.
            left = after.split_once('}').unwrap().1;
        }
        kept.push_str(left);
        rest = kept;
    }
    rest
}

/// Formats a text, holds that nothing of what it says has changed and that twice is once.
fn held(name: &str, text: &str) -> String {
    let once = format(name, text, &Limits::DEFAULT).text;
    assert_eq!(format(name, &once, &Limits::DEFAULT).text, once, "{name}: twice is not once");
    if text.trim().is_empty() {
        return once;
    }
    let (before, after) = (said(text), said(&once));
    assert_eq!(before.1, after.1, "{name}: other problems");
    assert!(before.0 == after.0, "{name}: says something else");
    once
}

#[test]
fn plans_and_examples_stand_in_the_form() {
    for path in ["plans", "examples"].into_iter().flat_map(files) {
        let text = fs::read_to_string(&path).unwrap();
        let done = held(&name(&path), &text);
        assert!(done == text, "{}: run `whereas fmt` on it", path.display());
    }
}

#[test]
fn drafts_and_faulty_plans_keep_what_they_say() {
    let mut count = 0;
    for path in files("tests/bad").into_iter().chain(inside(&root().join("tests/drafts"))) {
        let Ok(text) = fs::read_to_string(&path) else { continue };
        held(&path.display().to_string(), &text);
        count += 1;
    }
    assert!(count > 100, "{count}");
}

/// A plan with every blank that it can spare taken away, or doubled.
fn disturbed(text: &str, by: &[u8]) -> String {
    let mut out = String::new();
    let (mut quote, mut turns) = (None, by.iter().cycle());
    let mut line_begins = true;
    for c in text.chars() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(q), c) if q == c => quote = None,
            _ => {}
        }
        let in_block = quote.is_none();
        out.push(c);
        if c == ' ' && in_block && !line_begins {
            match turns.next().copied().unwrap_or(0) % 3 {
                0 => out.push(' '),
                1 => out.push('\t'),
                _ => {}
            }
        }
        line_begins = c == '\n';
    }
    out
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn other_blanks_lead_to_the_same_form(by in proptest::collection::vec(any::<u8>(), 1..40)) {
        let text = fs::read_to_string(root().join("plans/parts/market.toml")).unwrap();
        let odd: String = text
            .lines()
            .map(|line| if line.contains('#') || line.contains('"') || line.contains("'''") { format!("{line}\n") } else { disturbed(&format!("{line}\n"), &by) })
            .collect();
        prop_assert_eq!(format("market.toml", &odd, &Limits::DEFAULT).text, text);
    }
}

const PLAN: &str =
    "[plan]\nlanguage = 1\nid = \"p\"\ntitle = \"P\"\n\n[rules]\na = { value = \"1+1\", cite = \"§1\" }\n";

#[test]
fn a_file_is_shown_written_or_left_alone_as_asked() {
    let scratch = Scratch::new("fmt");
    scratch.write("plan.toml", PLAN);
    let expected = PLAN.replace("1+1", "1 + 1");
    let text = || fs::read_to_string(scratch.0.join("plan.toml")).unwrap();

    let shown = run(&scratch.0, &words("fmt --check plan.toml"), None);
    assert_eq!(shown.code, Some(1));
    assert_eq!(
        shown.out,
        "--- plan.toml\n+++ plan.toml\n@@ -5,3 +5,3 @@\n \n [rules]\n-a = { value = \"1+1\", cite = \"§1\" }\n+a = { value = \"1 + 1\", cite = \"§1\" }\n"
    );
    assert_eq!(text(), PLAN);

    let printed = run(&scratch.0, &words("fmt --stdout plan.toml"), None);
    assert_eq!((printed.code, printed.out.as_str()), (Some(0), expected.as_str()));
    assert_eq!(text(), PLAN);
    let piped = run(&scratch.0, &words("fmt -"), Some(PLAN.as_bytes()));
    assert_eq!((piped.code, piped.out.as_str()), (Some(0), expected.as_str()));

    let written = run(&scratch.0, &words("fmt plan.toml"), None);
    assert_eq!((written.code, written.out.as_str()), (Some(0), "plan.toml: formatted\n"));
    assert_eq!(text(), expected);
    for again in ["fmt plan.toml", "fmt --check plan.toml"] {
        let ran = run(&scratch.0, &words(again), None);
        assert_eq!((ran.code, ran.text().as_str()), (Some(0), ""), "{again}");
    }
    assert_eq!(run(&scratch.0, &words("fmt nowhere.toml"), None).code, Some(2));
}

#[test]
fn what_cannot_be_read_is_left_and_said() {
    let scratch = Scratch::new("fmt-faulty");
    scratch.write("plan.toml", format!("{PLAN}b = {{ value=\"1 + \", cite=\"§2\" }}\nc == 2\n"));
    let ran = run(&scratch.0, &words("fmt plan.toml"), None);
    assert_eq!((ran.code, misbehaved(&ran)), (Some(1), None));
    assert!(
        ran.err.contains("error[formula-syntax]") && ran.err.contains("error[toml-syntax]"),
        "{}",
        ran.err
    );
    let expected = PLAN.replace("1+1", "1 + 1") + "b = { value = \"1 + \", cite = \"§2\" }\nc == 2\n";
    assert_eq!(fs::read_to_string(scratch.0.join("plan.toml")).unwrap(), expected);
}

#[test]
fn every_faulty_plan_is_formatted_or_refused() {
    let folders =
        inside(&root().join("tests/bad/plan")).into_iter().chain(inside(&root().join("tests/bad/files")));
    let mut files: Vec<PathBuf> =
        folders.flat_map(|f| if f.is_dir() { inside(&f) } else { vec![f] }).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    assert!(files.len() > 60, "{}", files.len());
    let args = |path: &Path| vec!["fmt".to_owned(), "--stdout".to_owned(), path.display().to_string()];
    for path in files {
        let ran = run(&root(), &args(&path), None);
        assert_eq!(misbehaved(&ran), None, "{}", path.display());
        assert_ne!(ran.code, Some(2), "{}: {}", path.display(), ran.err);
    }
}

#[test]
fn completions_and_manual_pages_know_every_command() {
    let scratch = Scratch::new("man");
    let help = run(&scratch.0, &words("--help"), None).out;
    let (_, rest) = help.split_once("Commands:\n").unwrap();
    let commands: Vec<&str> = rest
        .lines()
        .map_while(|l| l.strip_prefix("  "))
        .filter_map(|l| l.split(' ').next())
        .filter(|c| !c.is_empty() && *c != "help")
        .collect();
    assert!(commands.contains(&"fmt"), "{help}");
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run(&scratch.0, &words(&format!("completions {shell}")), None);
        assert_eq!((ran.code, ran.err.as_str()), (Some(0), ""), "{shell}");
        for command in &commands {
            assert!(ran.out.contains(command), "{shell}: {command}");
        }
    }
    assert_eq!(run(&scratch.0, &words("completions csh"), None).code, Some(2));
    let page = run(&scratch.0, &words("man"), None);
    assert!(page.code == Some(0) && page.out.contains(".TH whereas 1"), "{}", page.text());
    fs::create_dir(scratch.0.join("man1")).unwrap();
    let ran = run(&scratch.0, &words("man --out man1"), None);
    assert_eq!((ran.code, ran.text().as_str()), (Some(0), ""));
    for command in commands {
        let page = fs::read_to_string(scratch.0.join(format!("man1/whereas-{command}.1"))).unwrap();
        assert!(
            page.contains(&format!(".TH whereas-{command} 1")) && page.contains(".SH SYNOPSIS"),
            "{page}"
        );
    }
    assert_eq!(run(&scratch.0, &words("man --out nowhere"), None).code, Some(2));
}

//! A fault brings no others: where one line of a sound plan is damaged, everything that is reported
//! lies on that line, and nothing else of the plan seems missing, unused or wrong for it.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::unwrap_used
)]

use std::fs;
use std::path::{Path, PathBuf};
use whereas::engine::{Loaded, load};
use whereas::limits::Limits;
use whereas::plan::FolderResolver;

fn plans() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plans");
    let mut found: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    found.retain(|p| p.extension().is_some_and(|e| e == "toml"));
    // The longest plans take long to check so often.
    found.retain(|p| fs::metadata(p).unwrap().len() < 120_000);
    found.sort();
    found
}

fn checked(path: &Path, text: &str) -> Loaded {
    let resolver = FolderResolver::for_plan(path, &Limits::DEFAULT).unwrap();
    load("plan.toml", text, &resolver, &Limits::DEFAULT)
}

/// Damages some lines of every plan, one at a time, and answers what is reported on others. `damage`
/// is given a line and answers it damaged, or nothing where it is not that kind of line.
fn elsewhere(every: usize, damage: impl Fn(&str) -> Option<String>) -> String {
    let mut report = String::new();
    let mut damaged = 0;
    for path in plans() {
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        let candidates: Vec<(usize, String)> =
            lines.iter().enumerate().filter_map(|(at, line)| Some((at, damage(line)?))).collect();
        for (at, broken) in candidates.into_iter().step_by(every) {
            let mut written: Vec<&str> = lines.clone();
            written[at] = &broken;
            let loaded = checked(&path, &written.join("\n"));
            damaged += 1;
            let name = path.file_name().unwrap().to_string_lossy();
            if !loaded.diagnostics.iter().any(|d| d.is_error()) {
                report.push_str(&format!("{name}:{}: nothing is reported of {broken}\n", at + 1));
            }
            for problem in &loaded.diagnostics {
                let line = problem.primary().map_or(0, |span| loaded.sources.line_column(span).0);
                if line != at + 1 {
                    let (code, said) = (problem.code, &problem.message);
                    report.push_str(&format!("{name}:{}: {broken}\n  {line}: {code}: {said}\n", at + 1));
                }
            }
        }
    }
    assert!(damaged > 20, "{damaged} lines were damaged");
    report
}

#[test]
fn a_text_without_its_quotes_brings_nothing_else() {
    let report = elsewhere(9, |line| {
        let (name, value) = line.split_once(" = \"")?;
        let bare = value.strip_suffix('"').filter(|v| !v.contains('"') && !v.is_empty())?;
        // What happens to be a number, a date or a switch is no fault of the TOML.
        let is_text =
            bare.chars().any(|c| c.is_alphabetic() || c == '§') && !matches!(bare, "true" | "false");
        is_text.then(|| format!("{name} = {bare}"))
    });
    assert!(report.is_empty(), "{report}");
}

#[test]
fn a_header_that_is_not_closed_brings_nothing_else() {
    let report = elsewhere(6, |line| {
        let header = line.strip_prefix('[').and_then(|l| l.strip_suffix(']'))?;
        (!header.starts_with('[')).then(|| format!("[{header}"))
    });
    assert!(report.is_empty(), "{report}");
}

#[test]
fn a_formula_that_breaks_off_brings_nothing_else() {
    let report = elsewhere(3, |line| {
        let formula = line.strip_prefix("value = \"").and_then(|l| l.strip_suffix('"'))?;
        (!formula.contains('"')).then(|| format!("value = \"{formula} + (\""))
    });
    assert!(report.is_empty(), "{report}");
}

#[test]
fn a_name_misspelt_brings_nothing_else() {
    let report = elsewhere(1, |line| {
        let formula = line.strip_prefix("value = \"").and_then(|l| l.strip_suffix('"'))?;
        let word = formula.split(|c: char| !c.is_alphanumeric() && c != '_').find(|w| w.len() > 12)?;
        (!formula.contains('"'))
            .then(|| format!("value = \"{}\"", formula.replacen(word, &format!("{word}x"), 1)))
    });
    assert!(report.is_empty(), "{report}");
}

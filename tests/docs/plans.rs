//! The pieces of plan files that the documentation shows.

use super::blocks::{Block, blocks, pages, read};
use super::formulas::{Sample, load};
use whereas::diagnostic::{Code, Diagnostic};

const HEADER: &str = "[plan]\nlanguage = 1\nid = \"example\"\ntitle = \"Example\"\ncurrency = \"USD\"\n";
const CONVENTIONS: &str = "[conventions]\nmonth_end = \"clamp\"\nrounding = \"half_up\"\n";

/// What a piece of a plan may be warned of, because the rest of the plan is not there.
const OF_PIECES: &[Code] = &[
    Code::UnusedTerm,
    Code::UnusedInput,
    Code::UnusedFunction,
    Code::UnusedRule,
    Code::UnusedAssumption,
    Code::BadOutline,
];

/// Whether a text has a section of this name.
fn has(text: &str, section: &str) -> bool {
    text.lines().any(|l| l.split('#').next().is_some_and(|l| l.trim() == section))
}

fn faults(page: &str, block: &Block, sample: &Sample) -> Vec<String> {
    let whole = has(&block.text, "[plan]") || has(&block.text, "[part]");
    let loaded = match block.info.get(1).map(String::as_str) {
        Some("added") => sample.with(&block.text),
        _ if whole => load(&block.text),
        _ if has(&block.text, "[conventions]") => load(&format!("{HEADER}{}", block.text)),
        _ => load(&format!("{HEADER}{CONVENTIONS}{}", block.text)),
    };
    let found: Vec<Diagnostic> = match &loaded {
        Ok(plan) => plan.warnings().to_vec(),
        Err(error) => error.diagnostics.clone(),
    };
    found
        .iter()
        // A part is no plan: that it cannot be evaluated is said last.
        .filter(|d| !(has(&block.text, "[part]") && d.code == Code::BadRequest))
        .filter(|d| d.is_error() || (whole && block.info.len() == 1) || !OF_PIECES.contains(&d.code))
        .map(|d| format!("{page}:{}: {}: {}", block.line, d.code, d.message))
        .collect()
}

#[test]
fn every_piece_of_a_plan_checks_without_problems() {
    let sample = Sample::of(&blocks(&read("docs/language.md")));
    let mut wrong = Vec::new();
    let mut count = 0;
    for page in pages() {
        for block in blocks(&read(&page)) {
            let kind = block.info.get(1).map(String::as_str);
            if block.info.first().is_some_and(|i| i == "toml")
                && matches!(kind, None | Some("plan" | "added"))
            {
                count += 1;
                wrong.extend(faults(&page, &block, &sample));
            }
        }
    }
    assert!(count > 10, "only {count} pieces were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_tests_that_the_documentation_shows_pass() {
    for page in pages() {
        for block in blocks(&read(&page)) {
            if block.info == ["toml"] && has(&block.text, "[plan]") && block.text.contains("[[tests]]") {
                let plan = load(&block.text).unwrap_or_else(|e| panic!("{page}:{}: {e}", block.line));
                for report in plan.test(None) {
                    assert!(report.passed(), "{page}:{}: {report:#?}", block.line);
                }
            }
        }
    }
}

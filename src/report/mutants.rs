//! Which changes of a plan its tests do not tell, as text, JSON and Markdown.

use crate::mutate::{Found, Mutation, Report, Verdict};
use serde_json::json;
use std::fmt::Write as _;

/// The share of changes that are told: "96.4%".
fn score(report: &Report) -> String {
    let score = report.score();
    let (whole, tenth) = (score.checked_div(10).unwrap_or(0), score.checked_rem(10).unwrap_or(0));
    format!("{whole}.{tenth}%")
}

/// "1 change", "2 changes".
fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

fn summary(report: &Report) -> String {
    let mut text = format!(
        "{}: {} killed, {} survived",
        counted(report.found.len(), "change"),
        report.killed(),
        report.survived()
    );
    for (count, what) in [(report.accepted(), "accepted"), (report.equivalent(), "equivalent")] {
        if count > 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    let _ = write!(text, "; score {}", score(report));
    if report.ill_typed > 0 {
        let _ =
            write!(text, "\n{} would not check, and do not count", counted(report.ill_typed, "more change"));
    }
    if report.unconfirmed > 0 {
        let _ = write!(text, "\n{} counted for nothing", counted(report.unconfirmed, "unconfirmed test"));
    }
    text
}

fn come(found: &Found) -> String {
    match found.reached {
        0 => "no test comes to it".to_owned(),
        1 => "1 test comes to it and does not tell".to_owned(),
        n => format!("{n} tests come to it and none tells"),
    }
}

fn place(found: &Found) -> String {
    let cite = if found.cite.is_empty() { String::new() } else { format!("  ({})", found.cite.join(", ")) };
    format!("{} {}{cite}", found.noun, found.place)
}

/// For people: what survived, with the test that is missing; what the plan accepts; how many of each.
#[cfg(feature = "cli")]
#[must_use]
pub fn mutants_text(mutation: &Mutation) -> String {
    let mut out = String::new();
    let line = super::escape::one_line;
    for found in &mutation.report.found {
        let head = match &found.verdict {
            Verdict::Survived => "survived  ",
            Verdict::Accepted(_) => "accepted  ",
            Verdict::Equivalent(_) => "equivalent",
            Verdict::Killed(_) => continue,
        };
        let _ = writeln!(out, "{head}  {}", line(&place(found)));
        let _ = writeln!(out, "            {}:{}:{}", line(&found.file), found.line.0, found.line.1);
        let _ = writeln!(out, "            {}", line(&found.change));
        match &found.verdict {
            Verdict::Survived => {
                let _ = writeln!(out, "            {}", come(found));
                if let Some(test) = &found.proposal {
                    out.push_str("            a test that would tell it:\n\n");
                    out.push_str(&super::escape::lines(test));
                    out.push('\n');
                }
            }
            Verdict::Accepted(why) | Verdict::Equivalent(why) => {
                let _ = writeln!(out, "            {}", line(why));
            }
            Verdict::Killed(_) => {}
        }
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(&mutation.report));
    out
}

/// Every change, for programs.
#[must_use]
pub fn mutants_json(mutation: &Mutation) -> String {
    let report = &mutation.report;
    let changes: Vec<serde_json::Value> = report
        .found
        .iter()
        .map(|found| {
            let (verdict, told_by, why) = match &found.verdict {
                Verdict::Killed(test) => ("killed", Some(test), None),
                Verdict::Survived => ("survived", None, None),
                Verdict::Accepted(why) => ("accepted", None, Some(why)),
                Verdict::Equivalent(why) => ("equivalent", None, Some(why)),
            };
            json!({
                "in": found.place,
                "kind": found.noun,
                "change": found.change,
                "cite": found.cite,
                "file": found.file,
                "line": found.line.0,
                "column": found.line.1,
                "verdict": verdict,
                "test": told_by,
                "why": why,
                "proposal": found.proposal,
            })
        })
        .collect();
    let stale: Vec<serde_json::Value> = mutation
        .stale
        .iter()
        .map(|s| json!({ "in": s.place, "change": s.change, "killed": s.killed }))
        .collect();
    let whole = json!({
        "score": format!("{}", score(report)),
        "killed": report.killed(),
        "survived": report.survived(),
        "accepted": report.accepted(),
        "equivalent": report.equivalent(),
        "ill_typed": report.ill_typed,
        "unconfirmed_tests": report.unconfirmed,
        "changes": changes,
        "stale": stale,
    });
    format!("{}\n", serde_json::to_string_pretty(&whole).unwrap_or_default())
}

/// What survived, as Markdown.
#[must_use]
pub fn mutants_markdown(mutation: &Mutation) -> String {
    let report = &mutation.report;
    let mut out = format!("{}.\n", summary(report).replace('\n', ".\n"));
    let of = |wanted: &dyn Fn(&Verdict) -> bool| -> Vec<&Found> {
        report.found.iter().filter(|f| wanted(&f.verdict)).collect()
    };
    let survived = of(&|v| *v == Verdict::Survived);
    if !survived.is_empty() {
        out.push_str("\n## Survived\n");
    }
    for found in survived {
        let _ = writeln!(out, "\n### {}\n", super::explain::markdown::escaped(&place(found)));
        let _ = writeln!(out, "Line {}: {}; {}.", found.line.0, code(&found.change), come(found));
        if let Some(test) = &found.proposal {
            let _ = write!(out, "\n```toml\n{test}```\n");
        }
    }
    for (title, wanted) in [("Accepted", true), ("Equivalent", false)] {
        let some = of(&|v| match v {
            Verdict::Accepted(_) => wanted,
            Verdict::Equivalent(_) => !wanted,
            _ => false,
        });
        if some.is_empty() {
            continue;
        }
        let _ = write!(out, "\n## {title}\n\n");
        for found in some {
            if let Verdict::Accepted(why) | Verdict::Equivalent(why) = &found.verdict {
                let place = super::explain::markdown::escaped(&place(found));
                let why = super::explain::markdown::escaped(why);
                let _ = writeln!(out, "- {place}, line {}: {}; {why}", found.line.0, code(&found.change));
            }
        }
    }
    out
}

/// A change, whose formulas stand in backticks already.
fn code(change: &str) -> String {
    super::escape::one_line(change)
}

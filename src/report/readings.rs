//! What other readings of the assumptions are worth, as text, JSON and Markdown.

use super::Faced;
use super::moves::{Sides, cell};
use crate::engine::{Alternative, Readings};
use serde_json::{Map, Value as Json, json};
use std::fmt::Write as _;

type Told<'a> = &'a Faced<Readings>;

/// An alternative's readings, as they are asked for: `residual=carry`.
fn named(told: Told<'_>, alternative: &Alternative, joint: &str) -> String {
    let parts: Vec<String> =
        alternative.readings.iter().filter_map(|(a, r)| pair(told, *a, *r, joint)).collect();
    parts.join(" and ")
}

fn pair(told: Told<'_>, assumption: usize, reading: usize, joint: &str) -> Option<String> {
    let info = told.program.assumptions.get(assumption)?;
    Some(format!("{}{joint}{}", info.name.value, info.readings.values.get(reading)?))
}

fn meaning(told: Told<'_>, assumption: usize, reading: usize) -> String {
    let info = told.program.assumptions.get(assumption);
    info.and_then(|a| a.meanings.get(reading)).map(ToString::to_string).unwrap_or_default()
}

fn in_force(told: Told<'_>, assumption: usize) -> usize {
    told.value.in_force.get(assumption).copied().unwrap_or_default()
}

fn clauses(told: Told<'_>, assumption: usize) -> String {
    told.program.assumptions.get(assumption).map(|a| a.cite.join(", ")).unwrap_or_default()
}

fn about(told: Told<'_>, assumption: usize) -> String {
    told.program
        .assumptions
        .get(assumption)
        .and_then(|a| a.about.clone())
        .map(|t| t.to_string())
        .unwrap_or_default()
}

/// Both sides are evaluations of one plan.
fn sides(told: Told<'_>) -> Sides<'_> {
    let side = (&*told.program, &*told.data);
    Sides { from: side, to: side }
}

/// How many pairs are not shown, and why.
fn left_out(told: Told<'_>) -> Option<String> {
    let (count, subject) = match told.value.pairs_left_out {
        0 => return None,
        1 => ("1 pair".to_owned(), "its two readings do"),
        many => (format!("{many} pairs"), "their two readings do"),
    };
    let verb = if told.value.pairs_left_out == 1 { "moves" } else { "move" };
    Some(format!("{count} {verb} nothing more than {subject} one at a time"))
}

/// What is said of a plan without other readings.
const NONE: &str = "the plan has no other readings";

/// For people: each alternative that moves something, worst first, then those that move nothing.
/// `shown` is how many conclusions of a rule are listed one by one.
#[cfg(feature = "cli")]
#[must_use]
pub fn readings_text(told: Told<'_>, style: super::Style, shown: usize) -> String {
    let mut out = String::new();
    let bold = |text: &str| if style.colour { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() };
    let mut still: Vec<String> = Vec::new();
    for alternative in &told.value.alternatives {
        let name = named(told, alternative, " = ");
        if alternative.moved.is_empty() && alternative.refused.is_empty() {
            still.push(name);
            continue;
        }
        if !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "{}", bold(&name));
        for (assumption, other) in &alternative.readings {
            let own = in_force(told, *assumption);
            let reading = |which: usize| {
                let pair = pair(told, *assumption, which, " = ").unwrap_or_default();
                format!("{pair} ({})", meaning(told, *assumption, which))
            };
            let lines = [
                ("", format!("{}: {}", clauses(told, *assumption), about(told, *assumption))),
                ("in force: ", reading(own)),
                ("instead:  ", reading(*other)),
            ];
            for (head, line) in lines {
                out.push_str(&hanging(head, &line, style.width));
            }
        }
        for fault in &alternative.refused {
            out.push_str(&hanging("cannot be evaluated: ", &fault.message, style.width));
        }
        if !alternative.moved.is_empty() {
            out.push_str(&sides(told).table(&alternative.moved, style.width, shown));
        }
    }
    if !still.is_empty() {
        if !out.is_empty() {
            out.push('\n');
        }
        let line = format!("nothing moves under {}", still.join("; "));
        let _ = writeln!(
            out,
            "{}",
            textwrap::fill(&line, textwrap::Options::new(style.width).subsequent_indent("  "))
        );
    }
    if let Some(line) = left_out(told) {
        if still.is_empty() && !out.is_empty() {
            out.push('\n');
        }
        let _ = writeln!(out, "{}", textwrap::fill(&line, style.width));
    }
    if out.is_empty() {
        let _ = writeln!(out, "{NONE}");
    }
    out
}

/// Text below a heading, wrapped behind its own head.
#[cfg(feature = "cli")]
fn hanging(head: &str, text: &str, width: usize) -> String {
    let first = format!("  {head}");
    let next = " ".repeat(first.len().min(12));
    let options = textwrap::Options::new(width).initial_indent(&first).subsequent_indent(&next);
    format!("{}\n", textwrap::fill(&super::escape::one_line(text), options))
}

/// As JSON: `in_force` by assumption, and `alternatives`, worst first, each with its readings and the
/// conclusions that move (`from`, `to` and `by` as results write them).
#[must_use]
pub fn readings_json(told: Told<'_>) -> String {
    let force: Map<String, Json> = told
        .program
        .assumptions
        .iter()
        .enumerate()
        .map(|(i, a)| {
            (a.name.value.to_string(), json!(a.readings.values.get(in_force(told, i)).map(|v| &**v)))
        })
        .collect();
    let alternatives: Vec<Json> = told.value.alternatives.iter().map(|a| alternative_json(told, a)).collect();
    let whole = json!({
        "in_force": force,
        "alternatives": alternatives,
        "pairs_left_out": told.value.pairs_left_out,
    });
    format!("{}\n", serde_json::to_string_pretty(&whole).unwrap_or_default())
}

fn alternative_json(told: Told<'_>, alternative: &Alternative) -> Json {
    let readings: Vec<Json> = alternative
        .readings
        .iter()
        .filter_map(|(a, r)| {
            let info = told.program.assumptions.get(*a)?;
            Some(json!({
                "assumption": &*info.name.value,
                "reading": info.readings.values.get(*r).map(|v| &**v),
                "instead_of": info.readings.values.get(in_force(told, *a)).map(|v| &**v),
                "cite": info.cite.iter().map(|c| &**c).collect::<Vec<_>>(),
                "about": info.about.as_deref(),
                "meaning": meaning(told, *a, *r),
            }))
        })
        .collect();
    let moved: Vec<Json> = alternative.moved.iter().map(|rule| sides(told).json(rule)).collect();
    let refused: Vec<Json> =
        alternative.refused.iter().map(|d| json!({ "code": d.code.name(), "message": d.message })).collect();
    json!({ "readings": readings, "moved": moved, "refused": refused })
}

/// As Markdown: a heading for each alternative that moves something, and a table.
#[must_use]
pub fn readings_markdown(told: Told<'_>, shown: usize) -> String {
    let mut out = format!("# Readings of {}\n", told.program.title);
    let mut still: Vec<String> = Vec::new();
    for alternative in &told.value.alternatives {
        if alternative.moved.is_empty() && alternative.refused.is_empty() {
            still.push(format!("`{}`", named(told, alternative, " = ")));
            continue;
        }
        let _ = writeln!(out, "\n## `{}`\n", named(told, alternative, " = "));
        for (assumption, reading) in &alternative.readings {
            let own = in_force(told, *assumption);
            let _ = writeln!(
                out,
                "{}: {}. In force is *{}* ({}); instead *{}* ({}).\n",
                clauses(told, *assumption),
                cell(&about(told, *assumption)),
                pair(told, *assumption, own, " = ").unwrap_or_default(),
                cell(&meaning(told, *assumption, own)),
                pair(told, *assumption, *reading, " = ").unwrap_or_default(),
                cell(&meaning(told, *assumption, *reading)),
            );
        }
        for fault in &alternative.refused {
            let _ = writeln!(out, "- cannot be evaluated: {}", cell(&fault.message));
        }
        out.push_str(&sides(told).markdown(&alternative.moved, shown));
    }
    if !still.is_empty() {
        let _ = writeln!(out, "\nNothing moves under {}.", still.join(", "));
    }
    if let Some(line) = left_out(told) {
        let _ = writeln!(out, "\n{line}.");
    }
    if told.value.alternatives.is_empty() {
        let _ = writeln!(out, "\n{NONE}.");
    }
    out
}

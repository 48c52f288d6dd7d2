//! What other readings of the assumptions are worth, as text, JSON and Markdown.

use super::Faced;
use crate::engine::{Alternative, Move, MovedRule, PartMove, Readings};
use crate::number::Num;
use crate::value::{Type, Value};
use serde_json::{Map, Value as Json, json};
use std::cmp::Reverse;
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

fn words(told: Told<'_>, rule: &MovedRule, value: &Value) -> String {
    let ty = told.program.rule(rule.rule).map_or(Type::Never, |r| r.ty.clone());
    told.shown(&ty, value).words()
}

fn signed(told: Told<'_>, rule: &MovedRule, by: &Num) -> String {
    let text = words(told, rule, &Value::Number(by.clone()));
    if by.is_positive() { format!("+{text}") } else { text }
}

fn change(told: Told<'_>, rule: &MovedRule, one: &Move) -> String {
    let key = one.key.as_ref().map_or_else(String::new, |k| format!("{k}: "));
    format!("{key}{} → {}", words(told, rule, &one.from), words(told, rule, &one.to))
}

/// What moves inside of a conclusion, with where it stands: the row, the record, the field.
fn part_change(told: Told<'_>, one: &Move, part: &PartMove) -> String {
    let place: Vec<&str> = one.key.iter().chain(&part.path).map(String::as_str).collect();
    let words = |value: &Value| told.shown(&part.ty, value).words();
    let by = part.by.as_ref().map_or_else(String::new, |by| {
        let sign = if by.is_positive() { "+" } else { "" };
        format!(" ({sign}{})", words(&Value::Number(by.clone())))
    });
    let change = match (&part.from, &part.to) {
        (Value::Absent, to @ Value::Record(_)) => format!("more: {}", words(to)),
        (from @ Value::Record(_), Value::Absent) => format!("no more: {}", words(from)),
        (from, to) => format!("{} → {}{by}", words(from), words(to)),
    };
    format!("{}: {change}", place.join(", "))
}

/// The first `shown` of what moves of a rule, largest first, and how many more do: conclusions, or the
/// parts of those that have parts.
fn largest(told: Told<'_>, rule: &MovedRule, shown: usize) -> Vec<String> {
    let mut parts: Vec<(&Move, &PartMove)> =
        rule.moves.iter().flat_map(|m| m.parts.iter().map(move |p| (m, p))).collect();
    let all = if parts.is_empty() { rule.moves.len() } else { parts.len() };
    let mut listed: Vec<String> = if parts.is_empty() {
        rule.moves.iter().take(shown.max(1)).map(|m| change(told, rule, m)).collect()
    } else {
        // Each row's are sorted so already.
        parts.sort_by_key(|(_, part)| Reverse(part.weight()));
        parts.into_iter().take(shown.max(1)).map(|(m, part)| part_change(told, m, part)).collect()
    };
    let more = all.saturating_sub(listed.len());
    if more > 0 {
        listed.push(format!("and {more} more"));
    }
    listed
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

fn rows(rule: &MovedRule) -> String {
    match rule.rows {
        (_, 1) => "the figure".to_owned(),
        (some, all) => format!("{some} of {all}"),
    }
}

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
            out.push_str(&table(told, alternative, style.width, shown));
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

#[cfg(feature = "cli")]
fn table(told: Told<'_>, alternative: &Alternative, width: usize, shown: usize) -> String {
    use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(100));
    table.set_header(["conclusion", "moves", "in all", "the largest"]);
    for rule in &alternative.moved {
        let listed = largest(told, rule, shown);
        let net = rule.net.as_ref().map_or_else(String::new, |n| signed(told, rule, n));
        let cells = [told.program.rule_name(rule.rule), rows(rule), net, listed.join("\n")];
        table.add_row(
            cells.iter().map(|c| c.lines().map(super::escape::one_line).collect::<Vec<_>>().join("\n")),
        );
    }
    for column in [1, 2] {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    format!("{table}\n")
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
    let moved: Vec<Json> = alternative.moved.iter().map(|rule| rule_json(told, rule)).collect();
    let refused: Vec<Json> =
        alternative.refused.iter().map(|d| json!({ "code": d.code.name(), "message": d.message })).collect();
    json!({ "readings": readings, "moved": moved, "refused": refused })
}

fn rule_json(told: Told<'_>, rule: &MovedRule) -> Json {
    let ty = told.program.rule(rule.rule).map_or(Type::Never, |r| r.ty.clone());
    let value = |value: &Value| serde_json::to_value(told.shown(&ty, value)).unwrap_or(Json::Null);
    let number = |n: &Option<Num>| n.as_ref().map_or(Json::Null, |n| value(&Value::Number(n.clone())));
    let moves: Vec<Json> = rule
        .moves
        .iter()
        .map(|m| {
            let mut one =
                json!({ "key": m.key, "from": value(&m.from), "to": value(&m.to), "by": number(&m.by) });
            if let (false, Some(map)) = (m.parts.is_empty(), one.as_object_mut()) {
                map.insert("parts".to_owned(), m.parts.iter().map(|part| part_json(told, part)).collect());
            }
            one
        })
        .collect();
    json!({
        "rule": told.program.rule_name(rule.rule),
        "rows_moved": rule.rows.0,
        "rows": rule.rows.1,
        "net": number(&rule.net),
        "moves": moves,
    })
}

fn part_json(told: Told<'_>, part: &PartMove) -> Json {
    let value = |value: &Value| serde_json::to_value(told.shown(&part.ty, value)).unwrap_or(Json::Null);
    let by = part.by.as_ref().map_or(Json::Null, |by| value(&Value::Number(by.clone())));
    json!({ "path": part.path, "from": value(&part.from), "to": value(&part.to), "by": by })
}

/// As Markdown: a heading for each alternative that moves something, and a table.
#[must_use]
pub fn readings_markdown(told: Told<'_>, shown: usize) -> String {
    let mut out = format!("# Readings of {}\n", told.program.title);
    let cell = |text: &str| super::escape::one_line(text).replace('|', "\\|");
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
        if !alternative.moved.is_empty() {
            out.push_str("| conclusion | moves | in all | the largest |\n|---|--:|--:|---|\n");
        }
        for rule in &alternative.moved {
            let listed: Vec<String> = largest(told, rule, shown).iter().map(|line| cell(line)).collect();
            let net = rule.net.as_ref().map_or_else(String::new, |n| signed(told, rule, n));
            let _ = writeln!(
                out,
                "| `{}` | {} | {net} | {} |",
                told.program.rule_name(rule.rule),
                rows(rule),
                listed.join("<br>")
            );
        }
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

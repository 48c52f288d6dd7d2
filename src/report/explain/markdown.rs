//! Markdown: a heading and a nested list.

use super::entry::{Entry, Ink, Line};

/// Draws the heading, the list, and below it the legend.
pub fn draw(root: &Entry, legend: &[(String, String)]) -> String {
    let mut out = format!("### {}\n", line(&root.head));
    for note in &root.notes {
        out.push_str(&format!("\n{}\n", line(note)));
    }
    if !root.parts.is_empty() || !root.reasons.is_empty() {
        out.push('\n');
    }
    reasons(root, 0, &mut out);
    root.parts.iter().for_each(|part| entry(part, 0, &mut out));
    for (name, text) in legend {
        out.push_str(&format!("\n{}: {}\n", escaped(name), escaped(text)));
    }
    out
}

/// One item: its notes follow it on the same line, a formula as what its value equals.
fn entry(entry: &Entry, depth: usize, out: &mut String) {
    out.push_str(&"  ".repeat(depth));
    out.push_str("- ");
    out.push_str(&line(&entry.head));
    // The formula goes on from the value.
    let notes: Vec<String> = entry.notes.iter().map(line).collect();
    let (formulas, others): (Vec<&String>, Vec<&String>) = notes.iter().partition(|n| n.starts_with("= "));
    formulas.into_iter().for_each(|formula| out.push_str(&format!(" {formula}")));
    others.into_iter().for_each(|note| out.push_str(&format!("; {note}")));
    out.push('\n');
    reasons(entry, depth.saturating_add(1), out);
    entry.parts.iter().for_each(|part| self::entry(part, depth.saturating_add(1), out));
}

/// Conditions are items of their own, before the parts.
fn reasons(entry: &Entry, depth: usize, out: &mut String) {
    for reason in &entry.reasons {
        out.push_str(&format!("{}- {}\n", "  ".repeat(depth), line(reason)));
    }
}

fn line(line: &Line) -> String {
    line.0
        .iter()
        .map(|piece| match piece.ink {
            Ink::Name | Ink::Formula => code(&piece.text),
            Ink::Value => format!("**{}**", escaped(&piece.text)),
            Ink::Yes | Ink::No | Ink::Fault => emphasised(&piece.text),
            Ink::Plain | Ink::Quiet => escaped(&piece.text),
        })
        .collect()
}

/// Emphasis has no space inside its marks.
fn emphasised(text: &str) -> String {
    let inner = text.trim();
    let (before, after) = text.split_once(inner).unwrap_or(("", ""));
    format!("{before}_{}_{after}", escaped(inner))
}

/// A code span, fenced with more backticks than it holds.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.saturating_add(1));
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text in which nothing is taken for a mark.
pub(in crate::report) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '#' | '&' | '@') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

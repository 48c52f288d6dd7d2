//! What two versions of a plan differ in, as text, JSON and Markdown for a pull request.

use super::escape::one_line;
use super::moves::{Sides, cell};
#[cfg(feature = "cli")]
use crate::compare::How;
use crate::compare::{Change, Checked, Comparison, Difference, Example, Moved, Needed, Version};
use crate::engine::Results;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// The most rules that a change is said to bear on, in texts for people.
const NAMED: usize = 5;
/// A formula longer than this stands on a line of its own.
#[cfg(feature = "cli")]
const SHORT: usize = 40;

/// A comparison with all it speaks of.
#[derive(Clone, Copy, Debug)]
pub struct Told<'a> {
    /// The earlier version.
    pub old: &'a Version,
    /// The later version.
    pub new: &'a Version,
    /// What they differ in.
    pub comparison: &'a Comparison,
    /// What moves, and the results of both versions, where they were evaluated.
    pub moved: Option<(&'a Moved, &'a Results, &'a Results)>,
    /// How many conclusions of a rule are listed one by one.
    pub rows: usize,
}

impl<'a> Told<'a> {
    fn sides(&self) -> Option<(&'a Moved, Sides<'a>)> {
        let (moved, from, to) = self.moved?;
        let side = |results: &'a Results| (results.program(), results.data());
        Some((moved, Sides { from: side(from), to: side(to) }))
    }

    /// The sentence that says it all.
    fn verdict(&self) -> String {
        let names = format!("{} and {}", shown(&self.old.name), shown(&self.new.name));
        let c = self.comparison;
        match (c.changes.len(), c.renamed.len()) {
            (0, 0) if c.texts_differ => format!("{names} mean the same, in other words or another form"),
            (0, 0) => format!("{names} are the same"),
            (0, _) => format!("{names} differ in names alone"),
            (1, _) => format!("{names} differ in meaning: 1 change"),
            (n, _) => format!("{names} differ in meaning: {n} changes"),
        }
    }

    fn example(&self, change: usize) -> Option<(String, String)> {
        let (moved, ..) = self.moved?;
        let example = moved.examples.iter().find(|e| e.change == change)?;
        let key = example.key.as_ref().map_or_else(String::new, |key| format!("{key}: "));
        let with = if example.alone { "" } else { " (with other changes)" };
        Some((format!("{}: {key}{} → {}{with}", example.rule, example.from, example.to), data(example)))
    }
}

fn shown(name: &str) -> String {
    format!("`{}`", one_line(name))
}

fn data(example: &Example) -> String {
    let fields = example.data.iter().map(|(name, value)| format!("{name} = {value}"));
    fields.collect::<Vec<_>>().join(", ")
}

/// `term `discount` (§8) changed`.
fn head(change: &Change, quote: &str) -> String {
    let cite = if change.cite.is_empty() { String::new() } else { format!(" ({})", change.cite.join(", ")) };
    let from = change.from.as_ref().map_or_else(String::new, |from| format!(", of {quote}{from}{quote}"));
    let name = match change.kind {
        crate::compare::Kind::Plan | crate::compare::Kind::Amendment => format!("`[{}]`", change.name),
        kind => format!("{} {quote}{}{quote}", kind.noun(), change.name),
    };
    let name = if quote.is_empty() { name.replace('`', "") } else { name };
    format!("{name}{cite}{from} {}", change.how.word())
}

fn bears_on(change: &Change, quote: &str, most: usize) -> Option<String> {
    let named: Vec<String> =
        change.bears_on.iter().take(most).map(|r| format!("{quote}{r}{quote}")).collect();
    let more = change.bears_on.len().saturating_sub(named.len());
    match (named.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(named.join(", ")),
        (false, _) => Some(format!("{} and {more} more", named.join(", "))),
    }
}

fn clause(difference: &Difference) -> String {
    difference.cite.as_ref().map_or_else(String::new, |cite| format!(" ({cite})"))
}

/// ` (warn → deny)`.
fn said_of(check: &Checked) -> String {
    check.said.as_ref().map_or_else(String::new, |said| format!(" ({said})"))
}

fn names(list: &[String], quote: &str) -> String {
    list.iter().map(|name| format!("{quote}{name}{quote}")).collect::<Vec<_>>().join(", ")
}

fn needed_head(needed: &Needed) -> String {
    let cite = if needed.cite.is_empty() { String::new() } else { format!(" ({})", needed.cite.join(", ")) };
    match &needed.by {
        Some(by) => format!("{}: {by}{cite}", needed.name),
        None => format!("{}: the plan does not say more of it", needed.name),
    }
}

/// For people.
#[cfg(feature = "cli")]
#[must_use]
pub fn diff_text(told: &Told<'_>, style: super::Style) -> String {
    let paint = |code: &str, text: &str| {
        if style.colour { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    };
    let wrapped = |indent: &str, next: &str, text: &str| {
        let options = textwrap::Options::new(style.width).initial_indent(indent).subsequent_indent(next);
        format!("{}\n", textwrap::fill(&one_line(text), options))
    };
    let c = told.comparison;
    let mut out = wrapped("", "  ", &told.verdict());
    for (index, change) in c.changes.iter().enumerate() {
        out.push('\n');
        let _ = writeln!(out, "{}", paint("1", &one_line(&head(change, ""))));
        out.extend(change.about.as_ref().map(|about| wrapped("  ", "  ", about)));
        for difference in &change.differences {
            let what = format!("{}{}", difference.what, clause(difference));
            let (before, after) = (difference.before.as_deref(), difference.after.as_deref());
            let length = [before, after].into_iter().flatten().map(|t| t.chars().count()).max().unwrap_or(0);
            if length <= SHORT && (change.how == How::Changed || change.differences.len() > 1) {
                let said = |text: Option<&str>| text.unwrap_or("nothing").to_owned();
                let line = match (change.how, before, after) {
                    (How::Changed, ..) => format!("{what}: {} → {}", said(before), said(after)),
                    _ => format!("{what}: {}", said(after.or(before))),
                };
                out.push_str(&wrapped("  ", "      ", &line));
                continue;
            }
            out.push_str(&wrapped("  ", "      ", &what));
            for (mark, colour, text) in [("-", "31", before), ("+", "32", after)] {
                let Some(text) = text else { continue };
                let block = wrapped(&format!("    {mark} "), "      ", text);
                for line in block.lines() {
                    let _ = writeln!(out, "{}", paint(colour, line));
                }
            }
        }
        if let Some(rules) = bears_on(change, "", NAMED) {
            out.push_str(&wrapped("  ", "    ", &format!("bears on {rules}")));
        }
        if !change.approval.is_empty() {
            out.push_str(&wrapped("  ", "    ", &format!("approval: {}", change.approval.join(", "))));
        }
        if let Some((example, data)) = told.example(index) {
            out.push_str(&wrapped("  ", "    ", &format!("smallest example: {example}")));
            if !data.is_empty() {
                out.push_str(&wrapped("    ", "    ", &data));
            }
        }
    }
    let mut lines: Vec<String> = Vec::new();
    lines.extend(c.renamed.iter().map(|r| format!("renamed: {} {} → {}", r.kind.noun(), r.from, r.to)));
    lines.extend(c.reworded.iter().map(|r| {
        format!("unchanged in meaning: {} {} ({} in other words)", r.kind.noun(), r.name, r.what.join(", "))
    }));
    lines.extend(c.checks.iter().map(|check| {
        format!("{} {}: {}{}", check.kind.noun(), check.how.word(), check.name, said_of(check))
    }));
    if !lines.is_empty() {
        out.push('\n');
    }
    out.extend(lines.iter().map(|line| wrapped("", "  ", line)));
    if !c.needed.is_empty() {
        let _ = writeln!(out, "\n{}", paint("1", "approval needed"));
        for needed in &c.needed {
            out.push_str(&wrapped("  ", "    ", &needed_head(needed)));
            out.extend(needed.words.as_ref().map(|words| wrapped("    ", "    ", &format!("\"{words}\""))));
            out.push_str(&wrapped("    ", "      ", &format!("for {}", names(&needed.of, ""))));
        }
    }
    if !c.unsaid.is_empty() {
        let line = format!("who must approve is not said for {}", names(&c.unsaid, ""));
        out.push_str(&format!("\n{}", wrapped("", "  ", &line)));
    }
    if let Some((moved, sides)) = told.sides() {
        out.push('\n');
        if moved.rules.is_empty() {
            out.push_str("with these data no result moves\n");
        } else {
            out.push_str(&sides.table(&moved.rules, style.width, told.rows));
        }
        if !moved.alone.is_empty() {
            out.push_str(&wrapped("", "  ", &format!("in one version alone: {}", names(&moved.alone, ""))));
        }
    }
    out
}

/// As JSON.
#[must_use]
pub fn diff_json(told: &Told<'_>) -> String {
    let c = told.comparison;
    let difference =
        |d: &Difference| json!({ "what": d.what, "from": d.before, "to": d.after, "cite": d.cite });
    let sides = told.sides();
    let change = |(index, change): (usize, &Change)| {
        let mut out = json!({
            "kind": change.kind.noun(),
            "name": change.name,
            "change": change.how.word(),
            "cite": change.cite,
            "about": change.about,
            "file": change.from,
            "differences": change.differences.iter().map(difference).collect::<Vec<_>>(),
            "bears_on": change.bears_on,
            "approval": change.approval,
        });
        let example = told.moved.and_then(|(moved, ..)| moved.examples.iter().find(|e| e.change == index));
        let example = example.map(|e| {
            let data: serde_json::Map<String, Json> =
                e.data.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
            json!({ "rule": e.rule, "key": e.key, "from": e.from, "to": e.to, "data": data, "alone": e.alone })
        });
        if let (Some(example), Some(map)) = (example, out.as_object_mut()) {
            map.insert("example".to_owned(), example);
        }
        out
    };
    let mut whole = json!({
        "old": told.old.name,
        "new": told.new.name,
        "same": c.is_same(),
        "texts_differ": c.texts_differ,
        "changes": c.changes.iter().enumerate().map(change).collect::<Vec<_>>(),
        "renamed": c.renamed.iter()
            .map(|r| json!({ "kind": r.kind.noun(), "from": r.from, "to": r.to })).collect::<Vec<_>>(),
        "reworded": c.reworded.iter()
            .map(|r| json!({ "kind": r.kind.noun(), "name": r.name, "what": r.what })).collect::<Vec<_>>(),
        "checks": c.checks.iter().map(|check| json!({
            "kind": check.kind.noun(), "name": check.name, "change": check.how.word(), "said": check.said,
        })).collect::<Vec<_>>(),
        "approvals": c.needed.iter().map(|n| json!({
            "name": n.name, "by": n.by, "cite": n.cite, "words": n.words, "of": n.of,
        })).collect::<Vec<_>>(),
        "approval_not_said": c.unsaid,
    });
    if let (Some((moved, sides)), Some(map)) = (&sides, whole.as_object_mut()) {
        map.insert("moved".to_owned(), moved.rules.iter().map(|rule| sides.json(rule)).collect());
        map.insert("in_one_version".to_owned(), json!(moved.alone));
    }
    format!("{}\n", serde_json::to_string_pretty(&whole).unwrap_or_default())
}

/// As Markdown, for the text of a pull request.
#[must_use]
pub fn diff_markdown(told: &Told<'_>) -> String {
    let c = told.comparison;
    let mut out = format!("# {}\n\n{}.\n", one_line(&told.new.document.header.title), told.verdict());
    for (index, change) in c.changes.iter().enumerate() {
        let _ = writeln!(out, "\n## {}\n", one_line(&head(change, "`")));
        if let Some(about) = &change.about {
            let _ = writeln!(out, "{}\n", one_line(about));
        }
        if change.differences.is_empty() {
            continue;
        }
        out.push_str("| | before | after |\n|---|---|---|\n");
        for difference in &change.differences {
            let said =
                |text: &Option<String>| text.as_ref().map_or_else(String::new, |t| format!("`{}`", cell(t)));
            let _ = writeln!(
                out,
                "| {}{} | {} | {} |",
                cell(&difference.what),
                cell(&clause(difference)),
                said(&difference.before),
                said(&difference.after)
            );
        }
        let mut notes = Vec::new();
        notes.extend(bears_on(change, "`", NAMED).map(|rules| format!("Bears on {rules}.")));
        if !change.approval.is_empty() {
            let approval: Vec<String> =
                change.approval.iter().map(|name| format!("**{}**", one_line(name))).collect();
            notes.push(format!("Approval: {}.", approval.join(", ")));
        }
        notes.extend(told.example(index).map(|(example, data)| {
            let data = if data.is_empty() { String::new() } else { format!(" ({})", one_line(&data)) };
            format!("Smallest example: {}{data}.", one_line(&example))
        }));
        for note in notes {
            let _ = writeln!(out, "\n{note}");
        }
    }
    if !c.renamed.is_empty() || !c.reworded.is_empty() {
        out.push_str("\n## Unchanged in meaning\n\n");
    }
    for r in &c.renamed {
        let _ = writeln!(out, "- {} `{}` is now `{}`", r.kind.noun(), r.from, r.to);
    }
    for r in &c.reworded {
        let _ = writeln!(
            out,
            "- {} `{}`: {} in other words",
            r.kind.noun(),
            one_line(&r.name),
            one_line(&r.what.join(", "))
        );
    }
    if !c.checks.is_empty() {
        out.push_str("\n## Tests and lints\n\n");
    }
    for check in &c.checks {
        let (kind, how) = (check.kind.noun(), check.how.word());
        let _ = writeln!(out, "- {kind} {how}: {}{}", one_line(&check.name), said_of(check));
    }
    if !c.needed.is_empty() {
        out.push_str("\n## Approval needed\n\n");
    }
    for needed in &c.needed {
        let words = needed.words.as_ref().map_or_else(String::new, |w| format!(" \"{}\"", one_line(w)));
        let _ = writeln!(
            out,
            "- [ ] **{}**{words} For {}.",
            one_line(&needed_head(needed)),
            names(&needed.of, "`")
        );
    }
    if !c.unsaid.is_empty() {
        let _ = writeln!(out, "\nWho must approve is not said for {}.", names(&c.unsaid, "`"));
    }
    if let Some((moved, sides)) = told.sides() {
        out.push_str("\n## Results\n\n");
        if moved.rules.is_empty() {
            out.push_str("With these data no result moves.\n");
        }
        out.push_str(&sides.markdown(&moved.rules, told.rows));
        if !moved.alone.is_empty() {
            let _ = writeln!(out, "\nIn one version alone: {}.", names(&moved.alone, "`"));
        }
    }
    out
}

//! Single lines about one thing: names, values read, roundings, walks, assumptions.

use super::entry::{Entry, Ink, Line, Telling};
use super::records::{self, Known};
use super::speaker::{RowOf, Speaker};
use crate::eval::{Branch, BranchOf, Figure, Node, NodeKind, Rounding, Share, Step, Walk, Walked};
use crate::ir::{Holder, TermVersion};
use crate::number::{Num, RoundingMode};
use crate::report::escape;
use crate::source::Span;
use crate::value::{Type, Value};

/// The most characters of a formula filled with values.
const FILLED: usize = 200;
/// The most rows of a walk that are listed one by one.
const ROWS: usize = 6;

/// The name of a node, and one line about it.
pub fn node_name(
    speaker: &Speaker<'_>,
    known: &Known,
    node: &Node,
    around: Option<RowOf>,
) -> (Line, Option<String>) {
    match &node.kind {
        NodeKind::Rule(id, row) => {
            let about = speaker.program.rule(*id).and_then(|r| r.about.as_ref()).map(ToString::to_string);
            (Line::default().figure(speaker.rule(*id, *row, around)), about)
        }
        NodeKind::Function(id, args) => {
            let Some(function) = speaker.program.functions.get(id.0) else { return (Line::default(), None) };
            let mut line = Line::default().with(Ink::Name, &*function.name.value).plain("(");
            for (index, ((name, ty), value)) in function.params.iter().zip(args).enumerate() {
                let comma = if index > 0 { ", " } else { "" };
                let words = records::known_or_words(speaker, known, ty, value);
                line = line.plain(format!("{comma}{name}: ")).with(Ink::Value, words);
            }
            (line.plain(")"), function.about.as_ref().map(ToString::to_string))
        }
        NodeKind::Variable(name) => (Line::default().with(Ink::Name, &**name), None),
        NodeKind::Step(number) => (Line::default().plain(format!("step {number}")), None),
    }
}

/// Why a condition was answered as it was: `, since status is active`. Nothing where that says no
/// more than the condition itself.
pub fn since(
    speaker: &Speaker<'_>,
    known: &Known,
    branch: &Branch,
    condition: &str,
    here: Option<RowOf>,
) -> Line {
    // A call that is all of the condition has its arguments where it is opened.
    let calls = branch.steps.iter().filter_map(|s| match s {
        Step::Node(Node { kind: NodeKind::Function(id, _), .. }) => speaker.program.functions.get(id.0),
        _ => None,
    });
    if calls.take(1).any(|f| is_call_of(&f.name.value, condition)) {
        return Line::default();
    }
    let told: Vec<(Line, String)> =
        branch.steps.iter().filter_map(|s| reading(speaker, known, s, here)).collect();
    if let [(name, value)] = told.as_slice() {
        let name = name.text();
        let says_it_itself = match &branch.of {
            BranchOf::Match(..) => name == condition,
            _ => {
                condition == name
                    || branch.answer == Some(true)
                        && [format!("{name} = {value}"), format!("{name} is {value}")]
                            .iter()
                            .any(|s| s == condition)
            }
        };
        if says_it_itself {
            return Line::default();
        }
    }
    let last = told.len().saturating_sub(1);
    let mut line = Line::default();
    for (index, (name, value)) in told.into_iter().enumerate() {
        let joint = match index {
            0 => ", since ",
            n if n == last => " and ",
            _ => ", ",
        };
        line = line.plain(joint).then(name).plain(" is ").with(Ink::Value, value);
    }
    line
}

/// Whether a condition is one call of a function, or that denied.
fn is_call_of(name: &str, condition: &str) -> bool {
    let call = condition.strip_prefix("not ").unwrap_or(condition);
    let Some(arguments) = call.strip_prefix(name).and_then(|rest| rest.strip_prefix('(')) else {
        return false;
    };
    arguments.find(')').is_some_and(|end| end.saturating_add(1) == arguments.len())
}

/// A value that a condition read: its name, and the value in words.
fn reading(speaker: &Speaker<'_>, known: &Known, step: &Step, here: Option<RowOf>) -> Option<(Line, String)> {
    let named = |name: String| Line::default().with(Ink::Name, name);
    Some(match step {
        Step::Node(node) => {
            let value = node
                .value
                .as_ref()
                .map_or_else(|| "without a value".to_owned(), |v| speaker.words(&node.ty, v));
            (node_name(speaker, known, node, here).0, value)
        }
        Step::Branch(_) | Step::Rounding(_) | Step::Figure(Figure::Share(_) | Figure::Stopped { .. }) => {
            return None;
        }
        Step::Figure(Figure::Input { holder, row, field, value, .. }) => {
            let ty = &speaker.field(*holder, *field)?.ty;
            (Line::default().figure(speaker.input(*holder, *row, *field, here)), speaker.words(ty, value))
        }
        Step::Figure(Figure::Record { record, present }) => {
            let value = if *present { "present" } else { "absent" };
            (named(speaker.holder(Holder::Record(*record)).to_owned()), value.to_owned())
        }
        Step::Figure(Figure::Lookup { table, key, row }) => {
            let value = if row.is_some() { return None } else { "absent" };
            (
                named(format!("{}[{}]", speaker.table(*table), key_words(speaker, *table, key))),
                value.to_owned(),
            )
        }
        Step::Figure(Figure::Term { term, value, .. }) => {
            let term = speaker.program.terms.get(*term)?;
            (named(term.name.value.to_string()), speaker.words(&term.ty, value))
        }
        Step::Figure(Figure::Assumption { assumption, reading }) => {
            let assumption = speaker.program.assumptions.get(*assumption)?;
            let reading = assumption.readings.values.get(*reading)?;
            (named(format!("assumption.{}", assumption.name.value)), reading.to_string())
        }
        Step::Walk(walked) => {
            let (_, value, ty) = walked.walk.result.as_ref()?;
            (named(over(speaker, &walked.walk)), speaker.words(ty, value))
        }
        Step::Figure(Figure::Computed { span, value, ty }) => {
            (Line::default().with(Ink::Formula, speaker.formula(*span)), speaker.words(ty, value))
        }
    })
}

fn key_words(speaker: &Speaker<'_>, table: usize, key: &[Value]) -> String {
    let fields = speaker.program.tables.get(table).map(|t| (t.key.as_slice(), t.fields.as_slice()));
    let (keys, fields) = fields.unwrap_or_default();
    let parts = keys.iter().zip(key).filter_map(|(k, v)| Some(speaker.words(&fields.get(*k)?.ty, v)));
    parts.collect::<Vec<_>>().join(", ")
}

/// A rounding: the exact value, the result, what was dropped or added.
pub fn rounding(speaker: &Speaker<'_>, rounding: &Rounding) -> Entry {
    let words = |n: &Num| speaker.number(&rounding.ty, n);
    let line = Line::default().plain(format!("{}, to {}: ", mode(rounding.mode), words(&rounding.step)));
    Entry::from(rounded(line, &words, &rounding.exact, &rounding.result))
}

fn rounded(line: Line, words: &dyn Fn(&Num) -> String, exact: &Num, result: &Num) -> Line {
    let residual = exact.sub(result, Num::ANY_SIZE).unwrap_or(Num::ZERO);
    if residual.is_zero() {
        return line.with(Ink::Value, words(exact)).plain(" needs no rounding");
    }
    let (size, came) =
        if residual.is_negative() { (residual.neg(), " added") } else { (residual, " dropped") };
    line.with(Ink::Value, words(exact))
        .plain(" becomes ")
        .with(Ink::Value, words(result))
        .plain(", ")
        .with(Ink::Value, words(&size))
        .plain(came)
}

fn mode(mode: RoundingMode) -> &'static str {
    match mode {
        RoundingMode::Floor => "rounded down",
        RoundingMode::Ceiling => "rounded up",
        RoundingMode::HalfUp => "rounded half up",
        RoundingMode::HalfEven => "rounded half to even",
        RoundingMode::HalfDown => "rounded half down",
        RoundingMode::TowardZero => "rounded toward zero",
        RoundingMode::AwayFromZero => "rounded away from zero",
    }
}

/// The formula with its values; none where it would be long, or say no more than the line above.
pub fn filled(speaker: &Speaker<'_>, node: &Node, taken: Span) -> Option<Line> {
    let text = speaker.filled(node)?;
    let value = speaker.words(&node.ty, node.value.as_ref()?);
    let tells = text != value && text != speaker.formula(taken) && text.chars().count() <= FILLED;
    tells.then(|| Line::default().plain("= ").with(Ink::Formula, text))
}

/// What a figure is: ` = 0.35 USD`, or ` is absent`.
pub fn equals(speaker: &Speaker<'_>, name: Line, ty: &Type, value: &Value) -> Line {
    let verb = if *value == Value::Absent { " is " } else { " = " };
    name.plain(verb).with(Ink::Value, speaker.words(ty, value))
}

/// A figure that no rule concluded.
pub fn figure(
    speaker: &Speaker<'_>,
    figure: &Figure,
    here: Option<RowOf>,
    telling: &Telling,
) -> Option<Entry> {
    let in_full = telling.in_full;
    let equals = |name: Line, ty: &Type, value: &Value| self::equals(speaker, name, ty, value);
    Some(match figure {
        Figure::Input { holder, row, field, value, default } => {
            let declared = speaker.field(*holder, *field)?;
            let name = speaker.input(*holder, *row, *field, here);
            let mut tags = vec!["input".to_owned()];
            if *default {
                tags.push("at its default".to_owned());
            }
            if let (Holder::Table(table), Some(row), true) = (holder, row, name.1.is_some()) {
                tags.extend(speaker.data_place(RowOf { table: *table, row: *row }));
            }
            let line = equals(Line::default().figure(name), &declared.ty, value);
            Entry::from(line.tags(&with_about(tags, declared.about.as_deref(), in_full)))
        }
        Figure::Record { record, present } => {
            let name = speaker.holder(Holder::Record(*record)).to_owned();
            let value = if *present { "present" } else { "absent" };
            Entry::from(
                Line::default()
                    .with(Ink::Name, name)
                    .plain(" is ")
                    .with(Ink::Value, value)
                    .tags(&["input".to_owned()]),
            )
        }
        Figure::Lookup { row: Some(_), .. } => return None,
        Figure::Lookup { table, key, row: None } => {
            let name = speaker.table(*table).to_owned();
            let line = Line::default().plain("no row of ").with(Ink::Name, name).plain(" for ");
            Entry::from(line.with(Ink::Value, key_words(speaker, *table, key)).tags(&["input".to_owned()]))
        }
        Figure::Term { term, version, date, value } => {
            let term = speaker.program.terms.get(*term)?;
            let mut tags = vec!["term".to_owned()];
            tags.extend(term.cite.iter().map(|c| escape::one_line(c)));
            if let (true, true, Some(version)) = (in_full, term.has_history(), term.versions.get(*version)) {
                tags.push(in_force(version));
                tags.extend(date.map(|d| format!("read on {d}")));
            }
            let line = equals(Line::default().with(Ink::Name, &*term.name.value), &term.ty, value);
            Entry::from(line.tags(&with_about(tags, term.about.as_deref(), in_full)))
        }
        Figure::Assumption { assumption, reading } => {
            self::assumption(speaker, *assumption, *reading, in_full)?
        }
        Figure::Computed { span, value, ty } => {
            Entry::from(equals(Line::default().with(Ink::Formula, speaker.formula(*span)), ty, value))
        }
        Figure::Share(share) => self::share(speaker, share),
        Figure::Stopped { at, ty } => {
            let line = Line::default().with(Ink::Fault, "fails at ").with(Ink::Name, speaker.words(ty, at));
            Entry::from(match ty {
                Type::Row(table) => line.plain(format!(" of {}", speaker.table(*table))),
                _ => line,
            })
        }
    })
}

fn with_about(mut tags: Vec<String>, about: Option<&str>, in_full: bool) -> Vec<String> {
    if let (Some(about), true, Some(last)) = (about, in_full, tags.last_mut()) {
        last.push_str(": ");
        last.push_str(&escape::one_line(about));
    }
    tags
}

/// Since when a version of a term is in force: `in force from 2002-01-01 to 2003-12-31`.
fn in_force(version: &TermVersion) -> String {
    let from = version.from.map(|d| format!(" from {d}")).unwrap_or_default();
    let until = version.until.map(|d| format!(" to {d}")).unwrap_or_default();
    format!("in force{from}{until}")
}

/// An assumption that was read for something that is not told by itself: a sum's rows, steps left out.
pub fn assumption_elsewhere(speaker: &Speaker<'_>, of: usize, reading: usize) -> Option<Entry> {
    let mut entry = assumption(speaker, of, reading, true)?;
    entry.head = entry.head.with(Ink::Quiet, ", relied upon in what is summed up or not opened here");
    Some(entry)
}

/// An assumption: the reading relied upon and what it means, then the others.
fn assumption(speaker: &Speaker<'_>, of: usize, reading: usize, in_full: bool) -> Option<Entry> {
    let assumption = speaker.program.assumptions.get(of)?;
    let name = assumption.readings.values.get(reading)?;
    let mut tags = vec!["assumption".to_owned()];
    tags.extend(assumption.cite.iter().map(|c| escape::one_line(c)));
    let line = Line::default()
        .with(Ink::Name, format!("assumption.{}", assumption.name.value))
        .plain(" = ")
        .with(Ink::Value, escape::one_line(name))
        .tags(&tags);
    let mut entry = Entry::from(line);
    if !in_full {
        return Some(entry);
    }
    if let Some(about) = &assumption.about {
        entry.notes.push(Line::default().with(Ink::Quiet, escape::one_line(about)));
    }
    for (index, (name, meaning)) in assumption.readings.values.iter().zip(&assumption.meanings).enumerate() {
        let (word, ink) =
            if index == reading { ("relied upon: ", Ink::Value) } else { ("not taken: ", Ink::Formula) };
        let plan =
            if index == assumption.chosen && index != reading { " (the plan's own choice)" } else { "" };
        let line = Line::default()
            .plain(word)
            .with(ink, escape::one_line(name))
            .plain(format!(", {}", escape::one_line(meaning)))
            .with(Ink::Quiet, plan);
        // The reading relied upon comes first.
        let place = usize::from(assumption.about.is_some());
        if index == reading { entry.notes.insert(place, line) } else { entry.notes.push(line) }
    }
    if let Some(decided) = speaker.choices.determination(of) {
        let otherwise =
            assumption.readings.values.get(decided.reading).filter(|_| decided.reading != reading);
        let what = otherwise
            .map_or_else(|| "decided".to_owned(), |r| format!("decided otherwise, {}", escape::one_line(r)));
        let note = decided.note.as_ref().map_or_else(String::new, |n| format!(": {}", escape::one_line(n)));
        let who = escape::one_line(&decided.by);
        entry.notes.push(Line::default().plain(format!("{what}, by {who} on {}{note}", decided.on)));
    }
    Some(entry)
}

/// Whether the rows of a walk are few enough to be listed. What others get who stand beside the row
/// that the explanation is about is not told where only their sum, or the like, matters.
pub fn shows_items(walked: &Walked, about: Option<RowOf>) -> bool {
    let walk = &walked.walk;
    if walk.decided {
        return names_the_one(walk);
    }
    if !walked.steps.is_empty() {
        return true;
    }
    let beside = walk.filter.is_none() && about.is_some_and(|of| walk.row == Type::Row(of.table));
    let summed = walk.result.is_some();
    !walk.items.is_empty() && walk.passed <= ROWS && !(beside && summed)
}

/// Whether the item that decided is worth naming beside what it gives.
fn names_the_one(walk: &Walk) -> bool {
    walk.items.iter().any(|(row, gives)| row != gives)
}

/// What is walked over: `sum over 3 of 14 rows of quotes`.
fn over(speaker: &Speaker<'_>, walk: &Walk) -> String {
    let made = walk.result.as_ref().map(|(name, ..)| format!("{name} over ")).unwrap_or_default();
    let number = if walk.passed == walk.all {
        walk.all.to_string()
    } else {
        format!("{} of {}", walk.passed, walk.all)
    };
    let s = if walk.all == 1 { "" } else { "s" };
    match &walk.row {
        Type::Row(table) => format!("{made}{number} row{s} of {}", speaker.table(*table)),
        _ => format!("{made}{number} item{s} of {}", speaker.formula(walk.source)),
    }
}

/// A walk and its rows, as far as they are not told step by step.
pub fn walk(speaker: &Speaker<'_>, known: &Known, walked: &Walked, telling: &Telling) -> Entry {
    let walk = &walked.walk;
    let mut line = Line::default().plain(over(speaker, walk));
    // Where the walk is all of the formula above, that has said the value and the condition.
    if telling.formula != Some(walk.whole) {
        if let Some((_, value, ty)) = &walk.result {
            line = match known.get(value) {
                Some(name) => line.plain(" = ").with(Ink::Value, name),
                None => equals(speaker, line, ty, value),
            };
        }
        if let Some(filter) = walk.filter {
            line = line.plain(", where ").with(Ink::Formula, speaker.formula(filter));
        }
    }
    let mut entry = Entry::from(line);
    if !shows_items(walked, telling.row) {
        return entry;
    }
    let of_rows = matches!(walk.row, Type::Row(_));
    let labels = walk.items.iter().map(|(row, _)| speaker.words(&walk.row, row));
    if walk.decided {
        let word = match walk.result {
            Some(("all", ..)) => "not so in ",
            Some(("first" | "last", ..)) => "that of ",
            _ => "found in ",
        };
        let names: Vec<String> = labels.collect();
        entry.notes.push(Line::default().plain(word).with(Ink::Name, names.join(", ")));
    } else if !walked.steps.is_empty() {
        // Each is told by itself.
    } else if walk.items.iter().all(|(row, gives)| row == gives) {
        let names: Vec<String> = labels.collect();
        entry
            .notes
            .push(Line::default().with(if of_rows { Ink::Name } else { Ink::Value }, names.join(", ")));
    } else {
        let after = matches!(walk.result, Some(("fold", ..)));
        entry.parts = labels
            .zip(&walk.items)
            .map(|(label, (_, gives))| {
                let line = Line::default().plain(if after { "after " } else { "" }).with(Ink::Name, label);
                Entry::from(line.plain(": ").with(Ink::Value, speaker.words(&walk.item, gives)))
            })
            .collect();
    }
    entry
}

/// How many steps are not told between two that are: `steps 4 to 97 are left out`.
pub fn left_out(walked: &Walked, before: usize, after: usize) -> Option<Entry> {
    let (first, last) = (before.saturating_add(1), after.saturating_sub(1));
    if walked.walk.decided || first > last {
        return None;
    }
    let what = if walked.steps.iter().any(|s| s.before.is_some()) { "step" } else { "item" };
    let text = if first == last {
        format!("{what} {first} is left out")
    } else {
        format!("{what}s {first} to {last} are left out")
    };
    Some(Entry::from(Line::default().with(Ink::Quiet, text)))
}

/// How a row came by its part of an allocation.
fn share(speaker: &Speaker<'_>, share: &Share) -> Entry {
    let words = |n: &Num| speaker.number(&share.ty, n);
    let line = Line::default().plain(format!("its exact part cut down, to {}: ", words(&share.step)));
    let mut entry = Entry::from(rounded(line, &words, &share.exact, &share.cut));
    let note = Line::default();
    entry.notes.push(if share.winners == 0 {
        note.plain(format!("nothing that is cut off the {} rows is left to give out", share.rows))
    } else {
        let rows = if share.winners == 1 { "row" } else { "rows" };
        let (all, winners) = (share.rows, share.winners);
        note.with(Ink::Value, words(&share.left_over)).plain(format!(
            " left over from all {all} rows: one step each to the {winners} {rows} with the most cut off"
        ))
    });
    if share.winners > 0 {
        let gets = if share.place <= share.winners { "it gets one" } else { "it gets none" };
        entry.notes.push(
            Line::default().plain(format!("this row is number {} by what is cut off: {gets}", share.place)),
        );
    }
    entry
}

//! Records in words: field by field, only what changed where that is clearer, and by a name once they
//! were told.

use super::entry::{Entry, Ink, Line};
use super::speaker::Speaker;
use crate::eval::{Node, NodeKind, Step, WalkStep, Walked};
use crate::value::{Type, Value};
use indexmap::IndexMap;

/// The most characters of a record, or a list of records, that stands in a line as the plan writes it.
const SHORT: usize = 60;
/// The most records of a list that are told one by one: of what is explained, and of what it rests on.
const ITEMS: [usize; 2] = [24, 4];

/// Records that were told, with the name of what they are the value of.
pub type Known = IndexMap<Value, String>;

/// A row or item of a walk as a name: a row's key; of a record what is present of it.
pub fn label(speaker: &Speaker<'_>, ty: &Type, value: &Value) -> String {
    let (Type::Record(record), Value::Record(values)) = (ty.required(), value) else {
        return speaker.words(ty, value);
    };
    let present = record.fields.iter().zip(values.iter()).filter(|(_, value)| **value != Value::Absent);
    let words: Vec<String> = present.map(|(field, value)| speaker.words(&field.ty, value)).collect();
    words.join(" / ")
}

/// A value by the name it is known by, else in words.
pub fn known_or_words(speaker: &Speaker<'_>, known: &Known, ty: &Type, value: &Value) -> String {
    known.get(value).cloned().unwrap_or_else(|| speaker.words(ty, value))
}

/// Notes by what name a record is known from here on.
pub fn learn(known: &mut Known, value: Option<&Value>, name: String) {
    if let Some(value @ Value::Record(_)) = value {
        known.entry(value.clone()).or_insert(name);
    }
}

/// Whether a value is a record, or a list of records, too long for a line.
pub fn is_long(speaker: &Speaker<'_>, ty: &Type, value: &Value) -> bool {
    let records = match (ty.required(), value) {
        (Type::Record(_), Value::Record(_)) => true,
        (Type::List(item), Value::List(_)) => matches!(item.required(), Type::Record(_)),
        _ => false,
    };
    records && speaker.words(ty, value).chars().count() > SHORT
}

/// The fields of a record, `price = 1.26 USD/share, carried = 0 USD/share`; only those that differ from
/// another of its type, where there is one.
fn fields(speaker: &Speaker<'_>, ty: &Type, value: &Value, other: Option<&Value>) -> Line {
    let (Type::Record(record), Value::Record(values)) = (ty.required(), value) else {
        return Line::default().with(Ink::Value, speaker.words(ty, value));
    };
    let old = |index: usize| match other {
        Some(Value::Record(values)) => values.get(index),
        _ => None,
    };
    let mut line = Line::default();
    let told = record.fields.iter().zip(values.iter()).enumerate();
    for (_, (field, value)) in told.filter(|(index, (_, value))| old(*index) != Some(value)) {
        let comma = if line.0.is_empty() { "" } else { ", " };
        let verb = if *value == Value::Absent { " is " } else { " = " };
        line = line.plain(comma).with(Ink::Name, &*field.name).plain(verb);
        line = line.with(Ink::Value, speaker.words(&field.ty, value));
    }
    line
}

/// What differs from another record: `price = 1.26 USD/share (the rest as before)`.
fn changes(speaker: &Speaker<'_>, ty: &Type, value: &Value, before: &Value) -> Line {
    let changed = fields(speaker, ty, value, Some(before));
    let all = match (value, before) {
        (Value::Record(new), Value::Record(old)) => new.iter().zip(old.iter()).all(|(a, b)| a != b),
        _ => true,
    };
    match (changed.0.is_empty(), all) {
        (true, _) => Line::default().plain("nothing changes"),
        (false, true) => changed,
        (false, false) => changed.with(Ink::Quiet, " (the rest as before)"),
    }
}

/// A node with a long value: what follows its name, and the lines below it.
pub fn of_node(
    speaker: &Speaker<'_>,
    known: &Known,
    node: &Node,
    value: &Value,
    is_root: bool,
) -> (Line, Vec<Line>) {
    if let (Type::List(item), Value::List(items)) = (node.ty.required(), value) {
        let head = Line::default().plain(" = ").with(Ink::Value, format!("{} records", items.len()));
        return (head, if told_below(node) { Vec::new() } else { listed(speaker, item, items, is_root) });
    }
    if let Some(name) = known.get(value) {
        return (Line::default().plain(" = ").with(Ink::Value, name), Vec::new());
    }
    // What a function makes of a record of the same type is told by what it changes.
    if let NodeKind::Function(id, args) = &node.kind
        && let Some(function) = speaker.program.functions.get(id.0)
        && let Some(((name, _), before)) =
            function.params.iter().zip(args).find(|((_, ty), _)| ty.required() == node.ty.required())
    {
        let line = Line::default().plain(" = ").with(Ink::Name, &**name).plain(" with");
        return (line, vec![changes(speaker, &node.ty, value, before)]);
    }
    (Line::default(), vec![fields(speaker, &node.ty, value, None)])
}

/// Whether a list is the outcome of a walk whose steps are told below it.
fn told_below(node: &Node) -> bool {
    node.steps.iter().any(|step| match step {
        Step::Walk(walked) => !walked.steps.is_empty() && Some(walked.walk.whole) == node.taken,
        _ => false,
    })
}

fn listed(speaker: &Speaker<'_>, item: &Type, items: &[Value], is_root: bool) -> Vec<Line> {
    let [of_root, of_others] = ITEMS;
    let most = if is_root { of_root } else { of_others };
    let told = items.iter().take(most).enumerate().map(|(index, value)| {
        let number = Line::default().with(Ink::Quiet, format!("({}) ", index.saturating_add(1)));
        number.then(fields(speaker, item, value, None))
    });
    let more = items.len().saturating_sub(most);
    let rest = (more > 0).then(|| Line::default().with(Ink::Quiet, format!("and {more} more")));
    told.chain(rest).collect()
}

/// A step of a walk: its item and what that gives; for a fold, what it changes of the state before it.
/// The state before is told where no step told before this one ended with it.
pub fn of_step(
    speaker: &Speaker<'_>,
    known: &mut Known,
    walked: &Walked,
    step: &WalkStep,
    follows: bool,
) -> Entry {
    let ty = &step.node.ty;
    let gives = step.node.value.as_ref().unwrap_or(&Value::Absent);
    let item = label(speaker, &walked.walk.row, &step.of);
    let Some(before) = &step.before else {
        let line = Line::default().with(Ink::Name, item).plain(": ");
        return Entry::from(line.then(fields(speaker, ty, gives, None)));
    };
    let line = Line::default().plain(format!("step {}, after ", step.number));
    let line = line.with(Ink::Name, &*item).plain(": ");
    let mut entry = Entry::from(line.then(changes(speaker, ty, gives, before)));
    if !follows {
        let line = Line::default().plain("before it: ");
        entry.notes.push(match known.get(before) {
            Some(name) => line.with(Ink::Value, name),
            None => line.then(fields(speaker, ty, before, None)),
        });
        learn(known, Some(before), format!("the state before {item}"));
    }
    learn(known, Some(gives), format!("the state after {item}"));
    entry
}

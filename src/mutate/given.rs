//! A test's own data while a proposal is looked for: entries that are set, left out, and written as TOML.

use crate::check::given;
use crate::ir::{Program, Test};
use crate::syntax::toml_key;
use crate::value::{Place, Raw, RawKind, Value};
use std::fmt::Write as _;
use std::sync::Arc;

/// A step from a document into its entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// The entry with this name.
    Name(Arc<str>),
    /// The item with this number.
    Item(usize),
}

/// A test's data: what it says itself, over a fixture.
#[derive(Clone, Debug)]
pub struct Given {
    /// The fixture.
    pub base: Option<Arc<str>>,
    /// What the test says itself.
    pub own: Raw,
}

impl Given {
    /// The data of a test.
    pub fn of(test: &Test) -> Self {
        Self { base: test.base.as_ref().map(|b| Arc::clone(&b.value)), own: test.own.clone() }
    }

    /// With the fixture's data.
    pub fn whole(&self, program: &Program) -> Raw {
        given(&program.fixtures, self.base.as_deref(), &self.own)
    }

    /// The same data but for one entry: a field of a record (two steps), a scalar (one) or a row's field
    /// (three). A table that only the fixture has is taken over first.
    pub fn with(&self, path: &[Step], value: Raw, program: &Program) -> Self {
        let mut changed = self.clone();
        if let [Step::Name(table), Step::Item(_), ..] = path
            && at(&changed.own, path.get(..1).unwrap_or_default()).is_none()
            && let Some(rows) = at(&self.whole(program), &[Step::Name(Arc::clone(table))])
        {
            put(&mut changed.own, &[Step::Name(Arc::clone(table))], rows.clone());
        }
        put(&mut changed.own, path, value);
        changed
    }

    /// Every entry of the test's own that could be left out, the largest first.
    pub fn entries(&self) -> Vec<Vec<Step>> {
        let mut found = Vec::new();
        list(&self.own, &mut Vec::new(), &mut found);
        found.sort_by_key(Vec::len);
        found
    }

    /// Without one of its entries.
    pub fn without(&self, path: &[Step]) -> Self {
        let mut changed = self.clone();
        remove(&mut changed.own, path);
        changed
    }
}

fn list(raw: &Raw, path: &mut Vec<Step>, found: &mut Vec<Vec<Step>>) {
    if path.len() > 3 {
        return;
    }
    let mut visit = |step: Step, inner: &Raw| {
        path.push(step);
        found.push(path.clone());
        list(inner, path, found);
        path.pop();
    };
    match &raw.kind {
        RawKind::Map(entries) => entries.iter().for_each(|(name, e)| visit(Step::Name(Arc::clone(name)), e)),
        RawKind::List(items) => items.iter().enumerate().rev().for_each(|(i, e)| visit(Step::Item(i), e)),
        _ => {}
    }
}

/// The entry at a path.
pub fn at<'r>(raw: &'r Raw, path: &[Step]) -> Option<&'r Raw> {
    let Some((first, rest)) = path.split_first() else { return Some(raw) };
    let next = match (first, &raw.kind) {
        (Step::Name(name), RawKind::Map(entries)) => entries.iter().find(|(n, _)| n == name).map(|(_, e)| e),
        (Step::Item(index), RawKind::List(items)) => items.get(*index),
        _ => None,
    }?;
    at(next, rest)
}

fn put(raw: &mut Raw, path: &[Step], value: Raw) {
    let Some((first, rest)) = path.split_first() else {
        *raw = value;
        return;
    };
    match (first, &mut raw.kind) {
        (Step::Name(name), RawKind::Map(entries)) => {
            if let Some((_, entry)) = entries.iter_mut().find(|(n, _)| n == name) {
                put(entry, rest, value);
            } else {
                let mut entry = Raw::default();
                put(&mut entry, rest, value);
                entries.push((Arc::clone(name), entry));
            }
        }
        (Step::Item(index), RawKind::List(items)) => {
            if let Some(item) = items.get_mut(*index) {
                put(item, rest, value);
            }
        }
        _ => {}
    }
}

fn remove(raw: &mut Raw, path: &[Step]) {
    match path {
        [] => {}
        [Step::Name(name)] => {
            if let RawKind::Map(entries) = &mut raw.kind {
                entries.retain(|(n, _)| n != name);
            }
        }
        [Step::Item(index)] => {
            if let RawKind::List(items) = &mut raw.kind
                && *index < items.len()
            {
                items.remove(*index);
            }
        }
        [first, rest @ ..] => {
            let next = match (first, &mut raw.kind) {
                (Step::Name(name), RawKind::Map(entries)) => {
                    entries.iter_mut().find(|(n, _)| n == name).map(|(_, e)| e)
                }
                (Step::Item(index), RawKind::List(items)) => items.get_mut(*index),
                _ => None,
            };
            if let Some(next) = next {
                remove(next, rest);
            }
        }
    }
}

/// A value as data: none for one that data cannot be.
pub fn raw(value: &Value) -> Option<Raw> {
    let kind = match value {
        Value::Absent => RawKind::Null,
        Value::Bool(answer) => RawKind::Bool(*answer),
        Value::Number(n) => RawKind::Number(Arc::from(n.to_string())),
        Value::Date(date) => RawKind::Date(Arc::from(date.format("%Y-%m-%d").to_string())),
        Value::Text(text) | Value::Symbol(text) => RawKind::Text(Arc::clone(text)),
        _ => return None,
    };
    Some(Raw { kind, place: Place::default() })
}

/// The test's own data as lines of TOML.
pub fn written(given: &Given) -> String {
    let mut out = String::new();
    if let Some(base) = &given.base {
        let _ = writeln!(out, "use = {}", toml_key::quoted(base));
    }
    if let RawKind::Map(entries) = &given.own.kind {
        for (name, entry) in entries {
            let name = toml_key::key(name);
            match &entry.kind {
                RawKind::List(rows) if !rows.is_empty() => {
                    let _ = writeln!(out, "given.{name} = [");
                    for row in rows {
                        let _ = writeln!(out, "    {},", inline(row));
                    }
                    out.push_str("]\n");
                }
                _ => {
                    let _ = writeln!(out, "given.{name} = {}", inline(entry));
                }
            }
        }
    }
    out
}

fn inline(raw: &Raw) -> String {
    match &raw.kind {
        RawKind::Null => "\"\"".to_owned(),
        RawKind::Bool(answer) => answer.to_string(),
        RawKind::Number(text) | RawKind::Float(text) => {
            let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.' || b == b'-');
            if plain { text.to_string() } else { toml_key::quoted(text) }
        }
        RawKind::Date(text) => text.to_string(),
        RawKind::Text(text) | RawKind::Cell(text) => toml_key::quoted(text),
        RawKind::List(items) | RawKind::Sheet { rows: items, .. } => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        RawKind::Map(entries) => {
            let given = entries.iter().filter(|(_, e)| e.kind != RawKind::Null);
            let parts: Vec<String> =
                given.map(|(name, e)| format!("{} = {}", toml_key::key(name), inline(e))).collect();
            if parts.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", parts.join(", ")) }
        }
    }
}

//! What a plan says of itself and no evaluation reads: its tests with the data that they share, the levels
//! of lints, the changes that no test need tell. They are compared as such, and amend nothing.

use super::How;
use crate::diagnostic::Level;
use crate::plan::{AcceptedMutant, Document, Fixture, Lint, Test};
use crate::syntax::print_expr;
use crate::value::{Raw, RawKind};

/// What kind of entry it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum CheckKind {
    Test,
    Fixture,
    Lint,
    Mutant,
}

impl CheckKind {
    /// What it is called.
    #[must_use]
    pub fn noun(self) -> &'static str {
        match self {
            Self::Test => "test",
            Self::Fixture => "fixture",
            Self::Lint => "lint",
            Self::Mutant => "accepted change",
        }
    }
}

/// An entry that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// What it is.
    pub kind: CheckKind,
    /// Its name.
    pub name: String,
    /// What became of it.
    pub how: How,
    /// What it was and is, of a lint's level.
    pub said: Option<String>,
}

/// Every entry that differs: what the later version has, in its order, then what is gone.
pub(super) fn checks(old: &Document, new: &Document) -> Vec<Checked> {
    let (before, after) = (entries(old), entries(new));
    let twin = |all: &[Entry], one: &Entry| {
        all.iter().position(|e| e.kind == one.kind && e.name == one.name && e.place == one.place)
    };
    let mut found = Vec::new();
    for entry in &after {
        let was = twin(&before, entry).and_then(|index| before.get(index));
        let how = match was {
            Some(was) if was.normal == entry.normal => continue,
            Some(_) => How::Changed,
            None => How::Added,
        };
        let from = was.map_or(entry.usual, |was| was.level);
        found.push(checked(entry, how, from, entry.level));
    }
    let gone = before.iter().filter(|entry| twin(&after, entry).is_none());
    found.extend(gone.map(|entry| checked(entry, How::Removed, entry.level, entry.usual)));
    found
}

/// One entry in normal form.
struct Entry {
    kind: CheckKind,
    name: String,
    /// Of several with the same name, which.
    place: usize,
    normal: String,
    level: Option<Level>,
    /// The level of a lint that the plan says nothing of.
    usual: Option<Level>,
}

fn checked(entry: &Entry, how: How, from: Option<Level>, to: Option<Level>) -> Checked {
    let said = match (from, to) {
        (Some(from), Some(to)) if from != to => Some(format!("{} → {}", from.word(), to.word())),
        _ => None,
    };
    Checked { kind: entry.kind, name: entry.name.clone(), how, said }
}

fn entries(document: &Document) -> Vec<Entry> {
    let mut all: Vec<Entry> = Vec::new();
    let mut add = |kind, name: String, normal: String| {
        let place = all.iter().filter(|e| e.kind == kind && e.name == name).count();
        all.push(Entry { kind, name, place, normal, level: None, usual: None });
    };
    for one in &document.tests {
        add(CheckKind::Test, one.name.value.to_string(), test(one));
    }
    for Fixture { name, base, given, rows } in &document.fixtures {
        let base = base.as_ref().map(|b| &b.value);
        let normal = format!("{base:?} {} {}", data(given), data(rows));
        add(CheckKind::Fixture, name.value.to_string(), normal);
    }
    for AcceptedMutant { place, change, why } in &document.mutants {
        let name = format!("{}: {}", place.value, change.value);
        add(CheckKind::Mutant, name, why.to_string());
    }
    all.extend(document.lints.iter().map(|Lint { code, level, reason }| Entry {
        kind: CheckKind::Lint,
        name: code.name().to_owned(),
        place: 0,
        normal: format!("{level:?} {reason:?}"),
        level: Some(*level),
        usual: code.level(),
    }));
    all
}

fn test(test: &Test) -> String {
    let mut parts = vec![
        format!("{:?}", test.cite.iter().map(|c| &c.value).collect::<Vec<_>>()),
        format!("{:?}", test.base.as_ref().map(|b| &b.value)),
        test.given.as_ref().map(data).unwrap_or_default(),
        format!("{:?}", test.as_of.as_ref().map(|d| d.value)),
        format!("{:?}", test.refused.as_ref().map(|r| &r.value)),
        format!("{}", test.unconfirmed),
    ];
    parts.extend(test.assume.iter().map(|(name, reading)| format!("{} = {}", name.value, reading.value)));
    parts.extend(
        test.fails
            .iter()
            .map(|fails| format!("{} {:?}", fails.rule.value, fails.code.as_ref().map(|code| &code.value))),
    );
    for one in &test.expect {
        let row = one.row.as_ref().map(|(table, key)| (&table.value, &key.value));
        parts.push(format!("{row:?} {} {}", one.rule.value, print_expr(&one.value)));
    }
    parts.join("\n")
}

/// Data without their places. Their nesting was bounded when they were read.
fn data(raw: &Raw) -> String {
    let list = |items: &[Raw]| items.iter().map(data).collect::<Vec<_>>().join(", ");
    match &raw.kind {
        RawKind::List(items) => format!("[{}]", list(items)),
        RawKind::Sheet { columns, rows } => format!("{columns:?} [{}]", list(rows)),
        RawKind::Map(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name} = {}", data(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
        plain => format!("{plain:?}"),
    }
}

//! Two versions of a plan: what differs in meaning and what only in words, which rules that bears on,
//! whose approval it needs, and which results move.

mod checks;
mod difference;
mod isolate;
mod item;
mod normal;
mod results;

#[cfg(test)]
mod tests;

pub use checks::{CheckKind, Checked};
pub use difference::Difference;
pub use item::Kind;
pub use results::{Example, Moved, results};

use crate::ir::{Holder, Program, RuleId, Use, reached};
use crate::plan::Document;
use item::{Asked, Item, items};
use normal::Names;
use std::collections::BTreeSet;

/// One version of a plan.
#[derive(Clone, Debug)]
pub struct Version {
    /// What it is called: a file, or a file of a revision.
    pub name: String,
    /// The plan as read.
    pub document: Document,
    /// The plan as checked.
    pub program: Program,
}

/// What became of a definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The earlier version has none of this name.
    Added,
    /// The later version has none of this name.
    Removed,
    /// It says something else.
    Changed,
}

impl How {
    /// How it is said: "added".
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// A definition that differs in meaning.
#[derive(Clone, Debug)]
pub struct Change {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Its name as results write it; the later one of a renamed thing.
    pub name: String,
    /// What became of it.
    pub how: How,
    /// Its clauses.
    pub cite: Vec<String>,
    /// One line about it.
    pub about: Option<String>,
    /// The imported file that it stands in.
    pub from: Option<String>,
    /// What differs.
    pub differences: Vec<Difference>,
    /// Rules whose results may move, by name.
    pub bears_on: Vec<String>,
    /// Whose approval it needs, by the names that the plan gives them.
    pub approval: Vec<String>,
}

/// A definition of another name that says the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Its name in the earlier version.
    pub from: String,
    /// Its name in the later version.
    pub to: String,
}

/// A definition that says the same in other words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reworded {
    /// What kind of thing it is.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// What is worded otherwise: `about`, `cite`, `formula`.
    pub what: Vec<String>,
}

/// An approval that the changes need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Needed {
    /// What the plan calls it.
    pub name: String,
    /// Who must approve, where the plan says.
    pub by: Option<String>,
    /// The clauses that say so.
    pub cite: Vec<String>,
    /// The document's words.
    pub words: Option<String>,
    /// What is changed, by name.
    pub of: Vec<String>,
}

/// What two versions differ in.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// What differs in meaning, in the order of the later version, then what is gone.
    pub changes: Vec<Change>,
    /// What has another name.
    pub renamed: Vec<Renamed>,
    /// What only has other words.
    pub reworded: Vec<Reworded>,
    /// The approvals needed, in the order in which the changes come to need them.
    pub needed: Vec<Needed>,
    /// Changes of which the plan does not say who must approve them, by name.
    pub unsaid: Vec<String>,
    /// Tests, their data, lints and accepted changes that differ.
    pub checks: Vec<Checked>,
    /// Whether the texts differ at all.
    pub texts_differ: bool,
    /// Rules of both versions: the earlier and the later.
    pub rules: Vec<(RuleId, RuleId)>,
}

impl Comparison {
    /// Whether both versions mean the same.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.changes.is_empty() && self.renamed.is_empty()
    }
}

/// Compares two versions.
#[must_use]
pub fn compare(old: &Version, new: &Version) -> Comparison {
    let (names, renamed) = renames(old, new);
    let asked = Asked::default().by(&old.program, &names).by(&new.program, &Names::default());
    let (before, after) = (items(old, &names, &asked), items(new, &Names::default(), &asked));
    let readers = |version: &Version| {
        let rules = (0..version.program.rules.len()).map(RuleId);
        rules.map(|id| (id, reached(&version.program, [Use::Rule(id)]))).collect::<Vec<_>>()
    };
    let (old_reads, new_reads) = (readers(old), readers(new));
    let mut found = Comparison { renamed, ..Comparison::default() };
    let twin =
        |items: &[Item], item: &Item| items.iter().position(|i| i.kind == item.kind && i.name == item.name);
    for item in &after {
        let was = twin(&before, item).and_then(|index| before.get(index));
        let differences = match was {
            None => difference::all(item, true),
            Some(was) => difference::differences(was, item),
        };
        if was.is_some() && differences.is_empty() {
            found.reworded.extend(was.and_then(|was| reworded(was, item)));
            continue;
        }
        let how = if was.is_some() { How::Changed } else { How::Added };
        let change = change(item, how, differences, (new, &new_reads));
        found.approve(change, (was.unwrap_or(item), item), old, new);
    }
    for item in before.iter().filter(|item| twin(&after, item).is_none()) {
        let change = change(item, How::Removed, difference::all(item, false), (old, &old_reads));
        found.approve(change, (item, item), old, new);
    }
    found.checks = checks::checks(&old.document, &new.document);
    let texts = |version: &Version| -> Vec<_> {
        version.document.sources.iter().map(|(_, s)| std::sync::Arc::clone(&s.text)).collect()
    };
    found.texts_differ = texts(old) != texts(new);
    found.rules = (0..old.program.rules.len())
        .map(RuleId)
        .filter_map(|id| {
            let name = names.path(&old.program.rule_name(id));
            Some((id, new.program.find_rule(&name)?))
        })
        .collect();
    found
}

/// The names of what is defined under another one, and these definitions.
fn renames(old: &Version, new: &Version) -> (Names, Vec<Renamed>) {
    let asked = Asked::default().by(&new.program, &Names::default());
    let after = items(new, &Names::default(), &asked);
    let mut names = Names::default();
    let mut renamed = Vec::new();
    loop {
        let before = items(old, &names, &Asked::default().by(&old.program, &names));
        let missing = |from: &[Item], of: &[Item]| -> Vec<Item> {
            let twin = |item: &Item| of.iter().any(|i| i.kind == item.kind && i.name == item.name);
            from.iter().filter(|item| !twin(item)).cloned().collect()
        };
        let (gone, come) = (missing(&before, &after), missing(&after, &before));
        let found = gone.iter().find_map(|was| {
            let of_kind = |item: &&Item| item.kind == was.kind && holder(item) == holder(was);
            let alike = |item: &&Item| of_kind(item) && says(item, &after) == says(was, &before);
            let candidates: Vec<&Item> = come.iter().filter(alike).collect();
            let rivals = gone.iter().filter(alike_to(was, &before)).count();
            let is = match (candidates.as_slice(), rivals) {
                ([only], 1) => only,
                // Several say the same: the clause tells them apart.
                (several, _) => {
                    let mut cited = several.iter().filter(|c| c.cite == was.cite && c.about == was.about);
                    cited.next().filter(|_| cited.next().is_none())?
                }
            };
            Some((was.clone(), (*is).clone()))
        });
        let Some((was, is)) =
            found.filter(|(was, _)| !matches!(was.kind, Kind::Clause | Kind::Plan | Kind::Amendment))
        else {
            return (names, renamed);
        };
        let last = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
        if names.by_old.insert(last(&was.own), last(&is.own)).is_some() {
            return (names, renamed);
        }
        renamed.push(Renamed { kind: was.kind, from: was.own, to: is.own });
    }
}

fn alike_to<'a>(was: &'a Item, all: &'a [Item]) -> impl Fn(&&Item) -> bool + 'a {
    move |item| item.kind == was.kind && holder(item) == holder(was) && says(item, all) == says(was, all)
}

/// The table or record that a name stands in.
fn holder(item: &Item) -> &str {
    item.name.rsplit_once('.').map_or("", |(holder, _)| holder)
}

/// What a definition says; of an input, what its fields say too.
fn says(item: &Item, all: &[Item]) -> Vec<String> {
    let own = item.says().into_iter().map(|(key, normal)| format!("{key}\u{0}{normal}"));
    let mut says: Vec<String> = own.collect();
    says.extend(item.calendar.iter().map(|calendar| format!("{calendar:?}")));
    if item.kind == Kind::Input {
        for field in all.iter().filter(|i| i.kind == Kind::Field && holder(i) == item.name) {
            says.push(field.name.rsplit('.').next().unwrap_or_default().to_owned());
            says.extend(field.says().into_iter().map(|(key, normal)| format!("{key}\u{0}{normal}")));
        }
    }
    says
}

fn reworded(was: &Item, is: &Item) -> Option<Reworded> {
    let what: BTreeSet<String> = {
        let other = |a: &[(String, String)], b: &[(String, String)]| -> Vec<String> {
            a.iter().filter(|w| !b.contains(w)).map(|(what, _)| what.clone()).collect()
        };
        let formulas_kept = was.wording.len() == is.wording.len()
            || was.wording.iter().any(|(what, _)| what == "formula")
                == is.wording.iter().any(|(what, _)| what == "formula");
        let mut both = other(&was.wording, &is.wording);
        both.extend(other(&is.wording, &was.wording));
        both.retain(|what| formulas_kept || !matches!(what.as_str(), "formula" | "condition"));
        both.into_iter().collect()
    };
    (!what.is_empty()).then(|| Reworded {
        kind: is.kind,
        name: is.name.clone(),
        what: what.into_iter().collect(),
    })
}

type Readers<'a> = (&'a Version, &'a [(RuleId, BTreeSet<Use>)]);

fn change(item: &Item, how: How, differences: Vec<Difference>, (version, readers): Readers<'_>) -> Change {
    let (own, program) = (uses_of(item, version), &version.program);
    let bears_on = readers
        .iter()
        .filter(|(id, _)| program.rule(*id).is_some_and(|r| !r.private))
        .filter(|(_, reads)| own.iter().any(|u| reads.contains(u)))
        .map(|(id, _)| program.rule_name(*id))
        .filter(|name| *name != item.own)
        .collect();
    Change {
        kind: item.kind,
        name: item.own.clone(),
        how,
        cite: item.cite.clone(),
        about: item.about.clone(),
        from: item.from.clone(),
        differences,
        bears_on,
        approval: Vec::new(),
    }
}

/// What formulas read where they read this.
fn uses_of(item: &Item, Version { program, document, .. }: &Version) -> Vec<Use> {
    let calendars = &document.calendars;
    let field = |holder: Holder, name: &str| {
        program
            .fields(holder)
            .iter()
            .position(|f| &*f.name.value == name)
            .map(|index| Use::field(holder, index))
    };
    let holder = |name: &str| {
        let table = program.find_table(name).map(Holder::Table);
        table.or_else(|| program.find_record(name).map(Holder::Record))
    };
    let found = match item.kind {
        Kind::Term => program.terms.iter().position(|t| *t.name.value == *item.own).map(Use::Term),
        Kind::Rule => program.find_rule(&item.own).map(Use::Rule),
        Kind::Function => {
            let index = program.functions.iter().position(|f| *f.name.value == *item.own);
            index.map(|index| Use::Function(crate::ir::FunctionId(index)))
        }
        Kind::Assumption => {
            program.assumptions.iter().position(|a| *a.name.value == *item.own).map(Use::Assumption)
        }
        Kind::Field => {
            item.own.split_once('.').and_then(|(of, name)| holder(of).and_then(|holder| field(holder, name)))
        }
        Kind::Input => match holder(&item.own) {
            Some(Holder::Table(table)) => Some(Use::Table(table)),
            Some(Holder::Record(record)) => Some(Use::Record(record)),
            None => field(Holder::Record(crate::ir::SCALARS), &item.own),
        },
        Kind::Calendar => {
            let index = calendars.iter().position(|c| *c.name.value == *item.own);
            index.and_then(|index| u32::try_from(index).ok()).map(Use::Calendar)
        }
        Kind::Plan | Kind::Amendment | Kind::Type | Kind::Clause => None,
    };
    found.into_iter().collect()
}

impl Comparison {
    /// Adds a change with the approval that it needs: the one that the earlier version asks for, which
    /// is in force until the change is; of something new, the later version's.
    fn approve(&mut self, mut change: Change, (was, is): (&Item, &Item), old: &Version, new: &Version) {
        // The outline and calendars tell of the document and of the world; they amend nothing, and
        // neither does it to say for the first time whose approval the document asks for.
        let first = change.kind == Kind::Amendment && old.document.amendment.is_none();
        let amends = !first && !matches!(change.kind, Kind::Clause | Kind::Calendar);
        // What cannot be told to go one way needs the approvals of both.
        let up = change.differences.iter().any(|d| d.grows != Some(false));
        let down = change.differences.iter().any(|d| d.grows != Some(true));
        let of = |version: &Version, item: &Item| -> Vec<String> {
            let default = version.document.amendment.as_ref().and_then(|a| a.default.as_ref());
            let own = item.change.clone().unwrap_or_default();
            let each = match (&own.increase, &own.decrease) {
                (None, None) => vec![own.any.as_ref()],
                (more, less) => [(up, more), (down, less)]
                    .into_iter()
                    .filter_map(|(is, name)| is.then_some(name.as_ref()))
                    .collect(),
            };
            let mut names: Vec<String> =
                each.into_iter().filter_map(|name| Some(name.or(default)?.value.to_string())).collect();
            names.dedup();
            names
        };
        let either = |first: Vec<String>, second: Vec<String>| if first.is_empty() { second } else { first };
        let names = match change.how {
            How::Added => either(of(new, is), of(old, is)),
            How::Removed | How::Changed => either(of(old, was), of(new, is)),
        };
        if amends && names.is_empty() {
            self.unsaid.push(change.name.clone());
        } else if amends {
            for name in &names {
                self.need(name, &change, [old, new]);
            }
            change.approval = names;
        }
        self.changes.push(change);
    }

    /// Notes that a change needs an approval.
    fn need(&mut self, name: &str, change: &Change, versions: [&Version; 2]) {
        if let Some(needed) = self.needed.iter_mut().find(|n| n.name == name) {
            needed.of.push(change.name.clone());
            return;
        }
        let approval = versions.iter().find_map(|v| v.document.amendment.as_ref()?.of(name));
        let cite = approval.map(|a| a.cite.iter().map(|c| c.value.to_string()).collect());
        self.needed.push(Needed {
            name: name.to_owned(),
            by: approval.map(|a| a.by.to_string()),
            cite: cite.unwrap_or_default(),
            words: approval.and_then(|a| a.words.as_ref()).map(ToString::to_string),
            of: vec![change.name.clone()],
        });
    }

    /// The changes that bear on a rule, by index.
    #[must_use]
    pub fn bearing_on(&self, rule: &str) -> Vec<usize> {
        let bears = |c: &&Change| c.name == rule || c.bears_on.iter().any(|r| r == rule);
        self.changes.iter().enumerate().filter(|(_, c)| bears(c)).map(|(index, _)| index).collect()
    }
}

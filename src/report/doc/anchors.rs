//! The anchor of every entry of a page, and links to it.

use super::model::{Link, Target};
use super::uses::User;
use super::words::clean;
use crate::ir::{FunctionId, Holder, Program, RuleBody, RuleId, SCALARS, Use};
use crate::library::Builtin;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Knows every entry's anchor. Names of a plan are unique within their kind and made of letters,
/// digits and `_`; clauses and tests have free texts, of which anchors are made and told apart.
pub(super) struct Anchors<'p> {
    program: &'p Program,
    /// The clauses of the plan's document in its order, then those of others, each with its anchor.
    clauses: Vec<(Arc<str>, String)>,
    /// Where those of others begin.
    first_other: usize,
    /// One anchor for each test.
    tests: Vec<String>,
}

impl<'p> Anchors<'p> {
    /// The anchors of a plan.
    pub fn new(program: &'p Program) -> Self {
        let mut taken = BTreeSet::new();
        let mut clauses: Vec<(Arc<str>, String)> = Vec::new();
        for clause in &program.outline {
            clauses.push((Arc::clone(&clause.name.value), slug("clause", &clause.name.value, &mut taken)));
        }
        let mut cited: Vec<(bool, Arc<str>)> = Vec::new();
        for cite in cites(program) {
            let own = own_name(&program.title, &cite).map_or_else(|| Arc::clone(&cite), Arc::from);
            // Without an outline there is no document whose order could be kept.
            let is_other = !program.outline.is_empty() && document_of(&own).is_some();
            let one = (is_other, own);
            if covering(&clauses, &cite).or_else(|| covering(&clauses, &one.1)).is_none()
                && !cited.contains(&one)
            {
                cited.push(one);
            }
        }
        cited.sort_by_cached_key(|(is_other, name)| (*is_other, natural(name)));
        let mut first_other = clauses.len();
        for (is_other, name) in cited {
            let id = slug("clause", &name, &mut taken);
            if is_other {
                clauses.push((name, id));
            } else {
                clauses.insert(place_of(&clauses, &name), (name, id));
                first_other = clauses.len();
            }
        }
        let mut taken = BTreeSet::new();
        let tests = program.tests.iter().map(|t| slug("test", &t.name.value, &mut taken)).collect();
        Self { program, clauses, first_other, tests }
    }

    /// The clauses of the plan's document, with their anchors: those of the outline, and in their places
    /// those that are only cited.
    pub fn clauses(&self) -> &[(Arc<str>, String)] {
        self.clauses.get(..self.first_other).unwrap_or_default()
    }

    /// The clauses of other documents that are cited.
    pub fn other_clauses(&self) -> &[(Arc<str>, String)] {
        self.clauses.get(self.first_other..).unwrap_or_default()
    }

    /// A clause that is cited: its own entry, or that of the clause that it is part of.
    pub fn clause(&self, cite: &str) -> Link {
        let own = || covering(&self.clauses, own_name(&self.program.title, cite)?);
        let id = covering(&self.clauses, cite).or_else(own).map_or("outline", |(_, id)| id);
        link(id, cite, Target::Clause)
    }

    /// Clauses that are cited.
    pub fn cites(&self, cite: &[Arc<str>]) -> Vec<Link> {
        cite.iter().map(|c| self.clause(c)).collect()
    }

    /// A rule.
    pub fn rule(&self, id: RuleId) -> Link {
        let name = self.program.rule_name(id);
        link(&format!("rule-{name}"), &name, Target::Rule)
    }

    /// A function of the plan.
    pub fn function(&self, id: FunctionId) -> Link {
        let name = self.program.functions.get(id.0).map_or("", |f| &f.name.value);
        link(&format!("function-{name}"), name, Target::Function)
    }

    /// A function of the language.
    pub fn builtin(builtin: &Builtin) -> Link {
        link(&format!("language-{}", builtin.name), builtin.name, Target::Language)
    }

    /// A term.
    pub fn term(&self, index: usize) -> Link {
        let name = self.program.terms.get(index).map_or("", |t| &t.name.value);
        link(&format!("term-{name}"), name, Target::Term)
    }

    /// An assumption.
    pub fn assumption(&self, index: usize) -> Link {
        let name = self.program.assumptions.get(index).map_or("", |a| &a.name.value);
        link(&format!("assumption-{name}"), name, Target::Assumption)
    }

    /// A calendar.
    pub fn calendar(&self, index: usize) -> Link {
        let name = self.program.calendar_names.get(index).map_or("", |n| &n.value);
        link(&format!("calendar-{name}"), name, Target::Calendar)
    }

    /// A record or table.
    pub fn holder(&self, holder: Holder) -> Link {
        if holder == Holder::Record(SCALARS) {
            return link("inputs-single", "single values", Target::Input);
        }
        let name = self.program.holder_name(holder);
        link(&format!("input-{name}"), name, Target::Input)
    }

    /// A field of a record or table.
    pub fn field(&self, holder: Holder, index: usize) -> Link {
        let field = self.program.fields(holder).get(index).map_or("", |f| &f.name.value);
        let holder = self.program.holder_name(holder);
        let name = if holder.is_empty() { field.to_owned() } else { format!("{holder}.{field}") };
        link(&format!("input-{name}"), &name, Target::Input)
    }

    /// The input that a name means: `participants.pay`.
    pub fn find_field(&self, name: &str) -> Option<Link> {
        let (holder, field) = name.split_once('.').unwrap_or(("", name));
        let holder =
            if holder.is_empty() { Some(Holder::Record(SCALARS)) } else { self.find_holder(holder) }?;
        let index = self.program.fields(holder).iter().position(|f| &*f.name.value == field)?;
        Some(self.field(holder, index))
    }

    /// The record or table that a name means.
    pub fn find_holder(&self, name: &str) -> Option<Holder> {
        let table = self.program.find_table(name).map(Holder::Table);
        table.or_else(|| self.program.find_record(name).map(Holder::Record))
    }

    /// A fixture of the tests.
    pub fn fixture(name: &str) -> Link {
        link(&format!("fixture-{name}"), name, Target::Fixture)
    }

    /// A test, by its number.
    pub fn test(&self, index: usize) -> Link {
        let number = index.saturating_add(1).to_string();
        link(self.tests.get(index).map_or("tests", String::as_str), &number, Target::Test)
    }

    /// Something that a formula reads.
    pub fn used(&self, used: Use) -> Link {
        match used {
            Use::Rule(id) => self.rule(id),
            Use::Function(id) => self.function(id),
            Use::Term(index) => self.term(index),
            Use::Assumption(index) => self.assumption(index),
            Use::RecordField(record, field) => self.field(Holder::Record(record), field),
            Use::Record(record) => self.holder(Holder::Record(record)),
            Use::TableField(table, field) => self.field(Holder::Table(table), field),
            Use::Table(table) => self.holder(Holder::Table(table)),
            Use::Calendar(index) => self.calendar(index as usize),
        }
    }

    /// Something whose formula reads.
    pub fn user(&self, user: User) -> Link {
        match user {
            User::Rule(id) => self.rule(id),
            User::Function(id) => self.function(id),
            User::Field(holder, field) => self.field(holder, field),
            User::TermDate => link("conventions", "the date of the terms", Target::Term),
        }
    }
}

fn link(id: &str, text: &str, target: Target) -> Link {
    Link { id: id.to_owned(), text: clean(text), target }
}

/// The entry of a clause, or of the nearest one that it is part of: `§4` covers `§4(a)` and `§4.1`,
/// not `§41`.
fn covering<'c>(clauses: &'c [(Arc<str>, String)], cite: &str) -> Option<&'c (Arc<str>, String)> {
    let covers = |name: &str| {
        cite.strip_prefix(name).is_some_and(|rest| rest.chars().next().is_none_or(|c| !c.is_alphanumeric()))
    };
    clauses.iter().filter(|(name, _)| covers(name)).max_by_key(|(name, _)| name.len())
}

/// The document that a clause names before its mark, as in `Notes §19`.
fn document_of(cite: &str) -> Option<&str> {
    let (document, _) = cite.split_once(['§', '¶'])?;
    Some(document.trim()).filter(|document| !document.is_empty())
}

/// A clause without the name of its document, where that is part of the plan's own title: parts that
/// several plans share cite their clauses so.
fn own_name<'c>(title: &str, cite: &'c str) -> Option<&'c str> {
    let words = |text: &str| text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>();
    let (title, document) = (words(title), words(document_of(cite)?));
    let at = cite.find(['§', '¶'])?;
    title.windows(document.len()).any(|part| part == document).then(|| cite.get(at..)).flatten()
}

/// Where a clause stands among others: after the last that is numbered in the same way and comes before it.
fn place_of(clauses: &[(Arc<str>, String)], name: &str) -> usize {
    let numbered = |name: &str| name.split(|c: char| c.is_ascii_digit()).next().unwrap_or("").to_owned();
    let (way, key) = (numbered(name), natural(name));
    let alike = |other: &str| numbered(other) == way;
    let before = clauses.iter().rposition(|(other, _)| alike(other) && natural(other) < key);
    match before {
        Some(at) => at.saturating_add(1),
        None => clauses.iter().position(|(other, _)| alike(other)).unwrap_or(clauses.len()),
    }
}

/// Every clause that something cites, in the order of the plan.
fn cites(program: &Program) -> Vec<Arc<str>> {
    let mut found: Vec<Arc<str>> = Vec::new();
    program.terms.iter().for_each(|t| found.extend(t.cite.iter().cloned()));
    let records = program.records.iter().map(|r| (&r.cite, &r.fields));
    let tables = program.tables.iter().map(|t| (&t.cite, &t.fields));
    for (cite, fields) in records.chain(tables) {
        found.extend(cite.iter().cloned());
        fields.iter().for_each(|f| found.extend(f.cite.iter().cloned()));
    }
    for rule in &program.rules {
        found.extend(rule.cite.iter().cloned());
        match &rule.body {
            RuleBody::Cases(cases) => found.extend(cases.iter().filter_map(|c| c.cite.clone())),
            RuleBody::All(requirements) => found.extend(requirements.iter().filter_map(|r| r.cite.clone())),
            RuleBody::Value(_) | RuleBody::Allocate(_) => {}
        }
    }
    program.functions.iter().for_each(|f| found.extend(f.cite.iter().cloned()));
    program.assumptions.iter().for_each(|a| found.extend(a.cite.iter().cloned()));
    program.tests.iter().for_each(|t| found.extend(t.cite.iter().cloned()));
    found
}

/// An anchor made of a text: its ASCII letters and digits in lower case, all else as one `-`, and a
/// number where another text has made the same.
fn slug(prefix: &str, text: &str, taken: &mut BTreeSet<String>) -> String {
    let mut id = String::from(prefix);
    for word in text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|w| !w.is_empty()) {
        id.push('-');
        id.push_str(&word.to_ascii_lowercase());
    }
    let mut free = id.clone();
    let mut number = 2_u32;
    while free == prefix || !taken.insert(free.clone()) {
        free = format!("{id}-{number}");
        number = number.saturating_add(1);
    }
    free
}

/// A key that sorts `§9` before `§10`.
fn natural(text: &str) -> Vec<(bool, usize, String)> {
    let mut parts: Vec<(bool, String)> = Vec::new();
    for c in text.chars() {
        match parts.last_mut() {
            Some((digits, part)) if *digits == c.is_ascii_digit() => part.push(c),
            _ => parts.push((c.is_ascii_digit(), c.to_string())),
        }
    }
    // Of two numbers without leading zeros the longer is the larger.
    let key = |(digits, part): (bool, String)| {
        if digits {
            let trimmed = part.trim_start_matches('0').to_owned();
            (true, trimmed.len(), trimmed)
        } else {
            (false, 0, part)
        }
    };
    parts.into_iter().map(key).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn anchors_of_free_texts_are_told_apart() {
        let mut taken = BTreeSet::new();
        let ids: Vec<String> =
            ["§4(a)", "§4 (A)", "§", "4-a"].iter().map(|t| slug("clause", t, &mut taken)).collect();
        assert_eq!(ids, ["clause-4-a", "clause-4-a-2", "clause-2", "clause-4-a-3"]);
    }

    #[test]
    fn a_clause_is_found_by_the_nearest_one_that_it_is_part_of() {
        let clauses: Vec<(Arc<str>, String)> =
            ["§4", "§4(a)", "§1"].iter().map(|n| (Arc::from(*n), (*n).to_owned())).collect();
        let found = |cite: &str| covering(&clauses, cite).map(|(name, _)| name.to_string());
        assert_eq!(found("§4(a)").as_deref(), Some("§4(a)"));
        assert_eq!(found("§4(b)").as_deref(), Some("§4"));
        assert_eq!(found("§12"), None);
    }

    #[test]
    fn clauses_are_placed_among_those_numbered_alike() {
        let clauses: Vec<(Arc<str>, String)> = ["Legend", "§1", "§1(a)", "§3", "Exhibit A"]
            .iter()
            .map(|n| (Arc::from(*n), (*n).to_owned()))
            .collect();
        let places = ["§2", "§0", "§10", "§1(b)", "Schedule 1"].map(|name| place_of(&clauses, name));
        assert_eq!(places, [3, 1, 4, 3, 5]);
    }

    #[test]
    fn a_documents_own_clauses_are_known_by_the_plans_title() {
        let title = "SAVVIS Employee Stock Purchase Plan";
        assert_eq!(own_name(title, "Stock Purchase Plan §8(a)"), Some("§8(a)"));
        for other in ["Stock Option Plan §8", "§8", "Plan of Stock §1", "Exhibit A"] {
            assert_eq!(own_name(title, other), None, "{other}");
        }
    }

    #[test]
    fn clauses_are_sorted_as_people_number_them() {
        let mut names = ["§10", "§9", "§9(b)", "§9(a)", "Preamble"];
        names.sort_by_cached_key(|n| natural(n));
        assert_eq!(names, ["Preamble", "§9", "§9(a)", "§9(b)", "§10"]);
    }
}

//! The document's clauses, each with what became of it and what cites it.

use super::items::Maker;
use super::model::{Clause, Group, HolderEntry, Item, Link, Status};
use super::words::clean;
use crate::ir::ClauseStatus;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The entries that may cite a clause.
pub(super) struct Citing<'a> {
    pub terms: &'a [Item],
    pub inputs: &'a [HolderEntry],
    pub rules: &'a [Group],
    pub functions: &'a [Item],
    pub assumptions: &'a [Item],
}

impl Maker<'_> {
    /// The clauses of the plan's document, and those of others that are cited.
    pub fn clauses(&self, citing: &Citing<'_>) -> (Vec<Clause>, Vec<Clause>) {
        let cited = self.cited(citing);
        let told = |clauses| self.told(clauses, &cited);
        (told(self.anchors.clauses()), told(self.anchors.other_clauses()))
    }

    /// Clauses, each with what became of it.
    fn told(&self, clauses: &[(Arc<str>, String)], cited: &BTreeMap<String, Vec<Link>>) -> Vec<Clause> {
        let outline = self.program.outline.iter();
        let outline: BTreeMap<&str, _> = outline.map(|c| (&*c.name.value, c)).collect();
        clauses
            .iter()
            .map(|(name, id)| {
                let entry = outline.get(&**name);
                let status = entry.map(|c| self.statuses(&c.status)).unwrap_or_default();
                let named = |link: &Link| {
                    status.iter().any(|s| matches!(s, Status::Entries(_, links) if links.contains(link)))
                };
                let cited_by =
                    cited.get(id).map(|links| links.iter().filter(|l| !named(l)).cloned().collect());
                let cites = |t: &crate::ir::Test| t.cite.iter().any(|c| self.anchors.clause(c).id == *id);
                Clause {
                    id: id.clone(),
                    name: clean(name),
                    heading: entry.and_then(|c| c.heading.as_ref()).map(|h| clean(h)),
                    cited_by: cited_by.unwrap_or_default(),
                    tests: self.tests(cites),
                    status,
                }
            })
            .collect()
    }

    /// Statuses of one clause, those of a kind together, in the order in which the kinds appear.
    fn statuses(&self, all: &[ClauseStatus]) -> Vec<Status> {
        let mut found: Vec<Status> = Vec::new();
        for status in all {
            let (one, many, link) = match status {
                ClauseStatus::Rule(id) => ("rule", "rules", self.anchors.rule(*id)),
                ClauseStatus::Function(id) => ("function", "functions", self.anchors.function(*id)),
                ClauseStatus::Input(holder) => ("input", "inputs", self.anchors.holder(*holder)),
                ClauseStatus::Field(holder, field) => {
                    ("input", "inputs", self.anchors.field(*holder, *field))
                }
                ClauseStatus::Term(index) => ("term", "terms", self.anchors.term(*index)),
                ClauseStatus::Assumption(index) => {
                    ("assumption", "assumptions", self.anchors.assumption(*index))
                }
                ClauseStatus::Discretion(why) => {
                    found.push(Status::Words("discretion", clean(why)));
                    continue;
                }
                ClauseStatus::Narrative(why) => {
                    found.push(Status::Words("narrative", clean(why)));
                    continue;
                }
            };
            let same = found.iter_mut().find_map(|s| match s {
                Status::Entries(word, links) if *word == one || *word == many => Some((word, links)),
                _ => None,
            });
            match same {
                Some((word, links)) => {
                    *word = many;
                    links.push(link);
                }
                None => found.push(Status::Entries(one, vec![link])),
            }
        }
        found
    }

    /// What cites each clause, by the clause's anchor.
    fn cited(&self, citing: &Citing<'_>) -> BTreeMap<String, Vec<Link>> {
        let mut cited: BTreeMap<String, Vec<Link>> = BTreeMap::new();
        let mut note = |clauses: &[Link], by: &Link| {
            for clause in clauses {
                let list = cited.entry(clause.id.clone()).or_default();
                if !list.contains(by) {
                    list.push(by.clone());
                }
            }
        };
        for (index, item) in citing.terms.iter().enumerate() {
            note(&item.cite, &self.anchors.term(index));
        }
        for holder in citing.inputs {
            if let Some(found) = self.anchors.find_holder(&holder.name) {
                note(&holder.cite, &self.anchors.holder(found));
            }
            for field in &holder.fields {
                let name = if holder.name.is_empty() {
                    field.name.clone()
                } else {
                    format!("{}.{}", holder.name, field.name)
                };
                self.anchors.find_field(&name).iter().for_each(|link| note(&field.cite, link));
            }
        }
        for item in citing.rules.iter().flat_map(|g| &g.rules) {
            let Some(name) = item.id.strip_prefix("rule-") else { continue };
            let Some(id) = self.program.find_rule(name) else { continue };
            let link = self.anchors.rule(id);
            note(&item.cite, &link);
            note(&item.inner_cites(), &link);
        }
        for (index, item) in citing.functions.iter().enumerate() {
            note(&item.cite, &self.anchors.function(crate::ir::FunctionId(index)));
        }
        for (index, item) in citing.assumptions.iter().enumerate() {
            note(&item.cite, &self.anchors.assumption(index));
        }
        cited
    }
}

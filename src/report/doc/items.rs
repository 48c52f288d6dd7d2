//! Terms, rules, functions and assumptions as entries of the page.

use super::anchors::Anchors;
use super::formula::Formulas;
use super::model::{Body, Case, Group, Item, LanguageFunction, Link, Reading, Requirement, Version};
use super::uses::{User, Uses};
use super::words::{clean, imported_from, type_text, value_text};
use crate::ir::{Expectation, FunctionId, Holder, Program, Rule, RuleBody, RuleId, Term, Use};
use crate::library::BUILTINS;
use crate::source::Name;
use std::collections::BTreeSet;
use std::sync::Arc;

/// What is needed to make entries.
#[derive(Clone, Copy)]
pub(super) struct Maker<'p> {
    pub program: &'p Program,
    pub anchors: &'p Anchors<'p>,
    pub formulas: &'p Formulas<'p>,
    pub uses: &'p Uses,
}

/// The texts that every entry may have.
struct Notes<'a> {
    cite: &'a [Arc<str>],
    about: Option<&'a Arc<str>>,
    change: Option<&'a Arc<str>>,
}

impl Maker<'_> {
    /// Terms.
    pub fn terms(&self) -> Vec<Item> {
        let all = self.program.terms.iter().enumerate();
        all.map(|(index, term)| {
            let notes = Notes { cite: &term.cite, about: term.about.as_ref(), change: term.change.as_ref() };
            let body = Body::Versions(self.versions(term));
            Item {
                ty: Some(type_text(self.program, &term.ty)),
                used_by: self.users(Use::Term(index)),
                ..self.item(&self.anchors.term(index), &term.name, &notes, body)
            }
        })
        .collect()
    }

    fn versions(&self, term: &Term) -> Vec<Version> {
        let version = |v: &crate::ir::TermVersion| {
            let when = match (v.from, v.until) {
                (None, None) => String::new(),
                (Some(from), None) => format!("from {from}"),
                (Some(from), Some(until)) => format!("from {from} to {until}"),
                (None, Some(until)) => format!("to {until}"),
            };
            Version { when, value: self.formulas.constant(v.span) }
        };
        term.versions.iter().map(version).collect()
    }

    /// Rules: the plan's figures, then those of each table.
    pub fn rules(&self) -> Vec<Group> {
        let mut groups = Vec::new();
        for table in std::iter::once(None).chain((0..self.program.tables.len()).map(Some)) {
            let rules: Vec<Item> =
                self.program.rules_of(table).map(|(id, rule)| self.rule(id, rule)).collect();
            if rules.is_empty() {
                continue;
            }
            groups.push(match table {
                None => Group {
                    id: "rules-plan".to_owned(),
                    title: "Figures of the plan".to_owned(),
                    table: None,
                    rules,
                },
                Some(table) => {
                    let link = self.anchors.holder(Holder::Table(table));
                    let title = format!("Each row of {}", link.text);
                    Group { id: format!("rules-{}", link.text), title, table: Some(link), rules }
                }
            });
        }
        groups
    }

    fn rule(&self, id: RuleId, rule: &Rule) -> Item {
        let notes = Notes { cite: &rule.cite, about: rule.about.as_ref(), change: rule.change.as_ref() };
        let formula = |e: &crate::ir::Expr| self.formulas.formula(e.span);
        let cite = |c: &Option<Arc<str>>| c.as_ref().map(|c| self.anchors.clause(c));
        let body = match &rule.body {
            RuleBody::Value(value) => Body::Formula(formula(value)),
            RuleBody::Cases(cases) => Body::Cases(
                cases
                    .iter()
                    .map(|c| Case {
                        when: c.when.as_ref().map(formula),
                        then: formula(&c.then),
                        cite: cite(&c.cite),
                    })
                    .collect(),
            ),
            RuleBody::All(all) => Body::All(
                all.iter()
                    .map(|r| Requirement {
                        require: formula(&r.require),
                        reason: clean(&r.reason),
                        cite: cite(&r.cite),
                    })
                    .collect(),
            ),
            RuleBody::Allocate(a) => {
                let mut entries = vec![
                    ("exact part", formula(&a.parts)),
                    ("cut to steps of", formula(&a.step)),
                    ("ties broken by", formula(&a.ties)),
                ];
                entries.extend(a.within.as_ref().map(|w| ("one total for each", formula(w))));
                Body::Allocate(entries)
            }
        };
        let link = self.anchors.rule(id);
        let expected = |e: &Expectation| match e {
            Expectation::Values(values) => values.iter().any(|(rule, ..)| *rule == id),
            Expectation::Fails(rule, ..) => *rule == id,
            Expectation::Refused(_) => false,
        };
        let mut ty = type_text(self.program, &rule.ty);
        for bound in &rule.bounds {
            let value = value_text(self.program, &rule.ty, &bound.value);
            ty.push_str(&format!(", {} {value}", bound.kind.words()));
        }
        Item {
            ty: Some(ty),
            private: rule.private,
            used_by: self.users(Use::Rule(id)),
            tests: self.tests(|t| expected(&t.expect)),
            ..self.item(&link, &rule.name, &notes, body)
        }
    }

    /// Functions of the plan.
    pub fn functions(&self) -> Vec<Item> {
        let all = self.program.functions.iter().enumerate();
        all.map(|(index, function)| {
            let notes = Notes {
                cite: &function.cite,
                about: function.about.as_ref(),
                change: function.change.as_ref(),
            };
            let body = Body::Formula(self.formulas.formula(function.body.span));
            let params: Vec<String> = function
                .params
                .iter()
                .map(|(name, ty)| format!("{name}: {}", type_text(self.program, ty)))
                .collect();
            let id = FunctionId(index);
            Item {
                params: Some(format!("({})", params.join(", "))),
                ty: Some(type_text(self.program, &function.ty)),
                used_by: self.users(Use::Function(id)),
                ..self.item(&self.anchors.function(id), &function.name, &notes, body)
            }
        })
        .collect()
    }

    /// Functions of the language that the plan uses.
    pub fn language(&self) -> Vec<LanguageFunction> {
        let used = BUILTINS.iter().filter(|b| !self.uses.of_language(b.name).is_empty());
        used.map(|b| LanguageFunction {
            id: Anchors::builtin(b).id,
            signature: b.signature,
            about: b.about,
            used_by: self.links(self.uses.of_language(b.name)),
        })
        .collect()
    }

    /// Assumptions.
    pub fn assumptions(&self) -> Vec<Item> {
        let all = self.program.assumptions.iter().enumerate();
        all.map(|(index, assumption)| {
            let notes = Notes {
                cite: &assumption.cite,
                about: assumption.about.as_ref(),
                change: assumption.change.as_ref(),
            };
            let readings = assumption.readings.values.iter().zip(&assumption.meanings).enumerate();
            let readings = readings.map(|(i, (name, meaning))| Reading {
                name: clean(name),
                meaning: clean(meaning),
                chosen: i == assumption.chosen,
            });
            let reached: BTreeSet<RuleId> = self.uses.reached_from(Use::Assumption(index));
            let results = reached.into_iter().filter(|id| self.program.rule(*id).is_some_and(|r| !r.private));
            Item {
                used_by: self.users(Use::Assumption(index)),
                bears_on: results.map(|id| self.anchors.rule(id)).collect(),
                tests: self.tests(|t| t.assume.iter().any(|(a, _)| *a == index)),
                ..self.item(
                    &self.anchors.assumption(index),
                    &assumption.name,
                    &notes,
                    Body::Readings(readings.collect()),
                )
            }
        })
        .collect()
    }

    fn item(&self, link: &Link, name: &Name, notes: &Notes<'_>, body: Body) -> Item {
        Item {
            id: link.id.clone(),
            name: clean(&name.value),
            params: None,
            ty: None,
            private: false,
            from: imported_from(self.program, name.span),
            cite: self.anchors.cites(notes.cite),
            about: notes.about.map(|a| clean(a)),
            change: notes.change.map(|c| clean(c)),
            body,
            used_by: Vec::new(),
            bears_on: Vec::new(),
            tests: Vec::new(),
        }
    }

    /// Links to whatever reads something; a field's own conditions go without saying.
    pub fn users(&self, used: Use) -> Vec<Link> {
        let own = self.anchors.used(used);
        self.links(self.uses.of(used)).into_iter().filter(|link| *link != own).collect()
    }

    /// Links to users.
    pub fn links(&self, users: &[User]) -> Vec<Link> {
        users.iter().map(|user| self.anchors.user(*user)).collect()
    }

    /// Links to tests.
    pub fn tests(&self, wanted: impl Fn(&crate::ir::Test) -> bool) -> Vec<Link> {
        let found = self.program.tests.iter().enumerate().filter(|(_, test)| wanted(test));
        found.map(|(index, _)| self.anchors.test(index)).collect()
    }
}

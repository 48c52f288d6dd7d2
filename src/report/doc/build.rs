//! From a checked plan to its page.

use super::anchors::Anchors;
use super::clauses::Citing;
use super::formula::Formulas;
use super::items::Maker;
use super::model::{Body, Fact, Formula, Item, Link, Page, Piece, Style};
use super::picture;
use super::uses::Uses;
use super::words::clean;
use crate::engine::TestReport;
use crate::ir::Program;
use crate::number::RoundingMode;
use crate::value::MonthEnd;

impl Page {
    /// The page of a plan or part. `reports` are those of all its tests, where they were run.
    #[must_use]
    pub fn new(program: &Program, is_part: bool, reports: &[TestReport]) -> Self {
        let anchors = Anchors::new(program);
        let formulas = Formulas::new(program, &anchors);
        let uses = Uses::new(program);
        let maker = Maker { program, anchors: &anchors, formulas: &formulas, uses: &uses };
        let terms = maker.terms();
        let inputs = maker.inputs();
        let rules = maker.rules();
        let functions = maker.functions();
        let assumptions = maker.assumptions();
        let citing = Citing {
            terms: &terms,
            inputs: &inputs,
            rules: &rules,
            functions: &functions,
            assumptions: &assumptions,
        };
        let (clauses, other_clauses) = maker.clauses(&citing);
        Self {
            kind: if is_part { "Part" } else { "Plan" },
            id: clean(&program.id),
            title: clean(&program.title),
            document: program.source.as_ref().map(|s| clean(s)),
            about: program.about.as_ref().map(|a| clean(a)),
            facts: facts(program, &formulas),
            clauses,
            other_clauses,
            has_outline: !program.outline.is_empty(),
            language: maker.language(),
            calendars: maker.calendars(),
            pictures: picture::pictures(&maker),
            fixtures: maker.fixtures(),
            tests: maker.test_entries(reports),
            terms,
            inputs,
            rules,
            functions,
            assumptions,
        }
    }
}

fn facts(program: &Program, formulas: &Formulas<'_>) -> Vec<Fact> {
    let words = |label: &'static str, text: String| Fact {
        label,
        value: Formula { pieces: vec![Piece::Plain(Style::Plain, clean(&text))] },
    };
    let mut facts = Vec::new();
    if !program.currencies.is_empty() {
        let all: Vec<String> = program
            .currencies
            .iter()
            .map(|(code, decimals)| format!("{code}, {decimals} decimals"))
            .collect();
        facts.push(words("Currency", all.join("; ")));
    }
    if !program.units.is_empty() {
        let all: Vec<&str> = program.units.iter().map(|u| &*u.value).collect();
        facts.push(words("Further units", all.join(", ")));
    }
    if let Some(date) = &program.term_date {
        facts.push(Fact { label: "Terms as of", value: formulas.formula(date.span) });
    }
    if let Some(MonthEnd::Clamp) = program.month_end {
        facts.push(words("A month too short", "the month's last day".to_owned()));
    }
    if let Some(mode) = program.rounding {
        facts.push(words("Rounding to the nearest", rounding(mode).to_owned()));
    }
    facts
}

fn rounding(mode: RoundingMode) -> &'static str {
    match mode {
        RoundingMode::HalfUp => "a half away from zero",
        RoundingMode::HalfEven => "a half to the even neighbour",
        RoundingMode::HalfDown => "a half toward zero",
        RoundingMode::Floor => "always down",
        RoundingMode::Ceiling => "always up",
        RoundingMode::TowardZero => "always toward zero",
        RoundingMode::AwayFromZero => "always away from zero",
    }
}

impl Item {
    /// Clauses that its cases or requirements cite.
    pub(super) fn inner_cites(&self) -> Vec<Link> {
        match &self.body {
            Body::Cases(cases) => cases.iter().filter_map(|c| c.cite.clone()).collect(),
            Body::All(all) => all.iter().filter_map(|r| r.cite.clone()).collect(),
            _ => Vec::new(),
        }
    }
}

//! Why a rule concluded what it did: the derivation as a tree of plain data.

use super::machine::Machine;
use super::outcome::{Choices, Detail};
use super::trace::{Event, Recorder, Rounding};
use super::Dataset;
use crate::ir::{Holder, Program, RuleBody, RuleId, Selection};
use crate::library::Fault;
use crate::limits::Limits;
use crate::source::Span;
use crate::value::{Type, Value};
use chrono::NaiveDate;
use indexmap::IndexSet;
use std::sync::Arc;

/// A derivation.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The rule asked about.
    pub root: Node,
}

/// What a node of a derivation is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A rule's conclusion, for a row where it is a table's.
    Rule(RuleId, Option<u32>),
    /// A function's result for these arguments.
    Function(usize, Vec<Value>),
}

/// One figure and where it comes from.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it is about.
    pub kind: NodeKind,
    /// The conclusion; none where it failed.
    pub value: Option<Value>,
    /// Its type.
    pub ty: Type,
    /// The formula that gave it.
    pub formula: Option<Span>,
    /// Conditions asked on the way, in order.
    pub branches: Vec<Branch>,
    /// Roundings.
    pub roundings: Vec<Rounding>,
    /// Inputs, terms, assumptions and walks that it rests on directly.
    pub figures: Vec<Figure>,
    /// Rules and functions that it rests on.
    pub children: Vec<Node>,
    /// Whether the same node stands before in the tree, where its parts are listed.
    pub repeated: bool,
    /// Why it failed, where it did.
    pub fault: Option<Fault>,
}

/// A condition, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The condition; none for `otherwise`.
    pub condition: Option<Span>,
    /// What it was asked for: a case, a requirement (with its reason), an `if`.
    pub of: BranchOf,
    /// Its answer; none where it was not reached.
    pub answer: Option<bool>,
    /// Its clause.
    pub cite: Option<Arc<str>>,
}

/// What a condition was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchOf {
    /// A case of a rule, with its value's formula.
    Case(Span),
    /// A requirement, with the reason where it is not met.
    Requirement(Arc<str>),
    /// A choice inside a formula.
    If,
}

/// Something that a conclusion rests on and that no rule concluded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Figure {
    /// An input.
    Input {
        /// The record or table.
        holder: Holder,
        /// The row of a table.
        row: Option<u32>,
        /// The field.
        field: usize,
        /// Its value.
        value: Value,
    },
    /// A term.
    Term {
        /// Which.
        term: usize,
        /// Which version.
        version: usize,
        /// The date at which it was read, where it has a history.
        date: Option<NaiveDate>,
        /// Its value.
        value: Value,
    },
    /// An assumption.
    Assumption {
        /// Which.
        assumption: usize,
        /// The reading relied upon.
        reading: usize,
    },
    /// A walk over rows, summed up.
    Walk {
        /// The formula's part.
        span: Span,
        /// How many rows there are.
        all: usize,
        /// How many passed.
        passed: usize,
    },
}

/// Explains one conclusion: everything it needs is evaluated, then the rule once more with its events
/// recorded, and so on down to the inputs.
#[must_use]
pub fn explain(
    program: &Program,
    data: &Dataset,
    choices: &Choices,
    rule: RuleId,
    row: Option<u32>,
    limits: &Limits,
) -> Explanation {
    let mut machine = Machine::new(program, data, choices, limits);
    machine.run(&Selection::Rules(vec![rule]));
    let mut seen = IndexSet::new();
    let root = machine.explain_rule(rule, row, &mut seen);
    Explanation { root }
}

impl Machine<'_> {
    fn explain_rule(&mut self, id: RuleId, row: Option<u32>, seen: &mut IndexSet<(RuleId, Option<u32>)>) -> Node {
        let program = self.program;
        let mut node = Node {
            kind: NodeKind::Rule(id, row),
            value: self.columns.get(id.0).and_then(Option::as_ref).and_then(|c| c.values.get(row.unwrap_or(0) as usize).cloned().flatten()),
            ty: program.rule(id).map_or(Type::Never, |r| r.ty.clone()),
            formula: None,
            branches: Vec::new(),
            roundings: Vec::new(),
            figures: Vec::new(),
            children: Vec::new(),
            repeated: !seen.insert((id, row)),
            fault: None,
        };
        let Some(rule) = program.rule(id) else { return node };
        if node.repeated {
            return node;
        }
        self.recorder = Some(Recorder::new());
        let events = match &rule.body {
            RuleBody::Allocate(allocate) => {
                let mut frame = vec![Value::Absent; rule.slots];
                let table = rule.table.and_then(|t| u32::try_from(t).ok()).unwrap_or(0);
                self.set(&mut frame, 0, Value::Row { table, row: row.unwrap_or(0) });
                node.formula = Some(allocate.parts.span);
                let exact = self.number(&allocate.parts, &mut frame).ok();
                let step = self.number(&allocate.step, &mut frame).ok();
                if let (Some(exact), Some(step), Some(Value::Number(result))) = (exact, step, node.value.clone()) {
                    node.roundings.push(Rounding {
                        span: rule.name.span,
                        mode: crate::number::RoundingMode::Floor,
                        step,
                        exact,
                        result,
                        ty: rule.ty.clone(),
                    });
                }
                self.recorder.take().map(|mut r| r.close()).unwrap_or_default()
            }
            body => {
                let concluded = self.conclude(rule, row);
                let events = self.recorder.take().map(|mut r| r.close()).unwrap_or_default();
                if let Err(fault) = concluded {
                    node.fault = Some(*fault);
                }
                node.formula = match body {
                    RuleBody::Value(formula) => Some(formula.span),
                    _ => None,
                };
                events
            }
        };
        self.branches_of(&rule.body, id, row, &events, &mut node);
        self.read_events(events, &mut node, seen, true);
        node
    }

    /// Cases and requirements with their answers, those not reached included.
    fn branches_of(&self, body: &RuleBody, id: RuleId, row: Option<u32>, events: &[Event], node: &mut Node) {
        let answer = |span: Span| {
            events.iter().find_map(|e| match e {
                Event::Asked(at, answer) if *at == span => Some(*answer),
                _ => None,
            })
        };
        match body {
            RuleBody::Cases(cases) => {
                let decided = match self.columns.get(id.0).and_then(Option::as_ref).map(|c| &c.detail) {
                    Some(Detail::Cases(all)) => all.get(row.unwrap_or(0) as usize).copied(),
                    _ => None,
                };
                for (index, case) in cases.iter().enumerate() {
                    let taken = decided.is_some_and(|d| d as usize == index);
                    if taken {
                        node.formula = Some(case.then.span);
                    }
                    node.branches.push(Branch {
                        condition: case.when.as_ref().map(|w| w.span),
                        of: BranchOf::Case(case.then.span),
                        answer: match &case.when {
                            Some(when) => answer(when.span),
                            None => taken.then_some(true),
                        },
                        cite: case.cite.clone(),
                    });
                }
            }
            RuleBody::All(requirements) => {
                for requirement in requirements {
                    node.branches.push(Branch {
                        condition: Some(requirement.require.span),
                        of: BranchOf::Requirement(Arc::clone(&requirement.reason)),
                        answer: answer(requirement.require.span),
                        cite: requirement.cite.clone(),
                    });
                }
            }
            _ => {}
        }
    }

    fn read_events(
        &mut self,
        events: Vec<Event>,
        node: &mut Node,
        seen: &mut IndexSet<(RuleId, Option<u32>)>,
        in_rule: bool,
    ) {
        let known: Vec<Span> = node.branches.iter().filter_map(|b| b.condition).collect();
        for event in events {
            match event {
                Event::Rule(id, row, _) => {
                    let kind = NodeKind::Rule(id, row);
                    if !node.children.iter().any(|c| c.kind == kind) && node.kind != kind {
                        let child = self.explain_rule(id, row, seen);
                        node.children.push(child);
                    }
                }
                Event::Called(id, args, value, inner) => {
                    let kind = NodeKind::Function(id, args);
                    if node.children.iter().any(|c| c.kind == kind) {
                        continue;
                    }
                    let function = self.program.functions.get(id);
                    let mut child = Node {
                        kind,
                        value: Some(value),
                        ty: function.map_or(Type::Never, |f| f.ty.clone()),
                        formula: function.map(|f| f.body.span),
                        branches: Vec::new(),
                        roundings: Vec::new(),
                        figures: Vec::new(),
                        children: Vec::new(),
                        repeated: false,
                        fault: None,
                    };
                    self.read_events(inner, &mut child, seen, false);
                    node.children.push(child);
                }
                Event::Asked(span, answer) => {
                    if !(in_rule && known.contains(&span)) {
                        node.branches.push(Branch {
                            condition: Some(span),
                            of: BranchOf::If,
                            answer: Some(answer),
                            cite: None,
                        });
                    }
                }
                Event::Rounded(rounding) => node.roundings.push(rounding),
                Event::Input(holder, row, field, value) => {
                    node.add(Figure::Input { holder, row, field, value });
                }
                Event::Term(term, version, date, value) => node.add(Figure::Term { term, version, date, value }),
                Event::Assumption(assumption, reading) => node.add(Figure::Assumption { assumption, reading }),
                Event::Walked(span, all, passed) => node.add(Figure::Walk { span, all, passed }),
                Event::Took(_) | Event::Failed(..) => {}
            }
        }
    }
}

impl Node {
    fn add(&mut self, figure: Figure) {
        if !self.figures.contains(&figure) {
            self.figures.push(figure);
        }
    }
}

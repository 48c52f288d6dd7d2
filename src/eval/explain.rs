//! Why a rule concluded what it did: the derivation as a tree of plain data.
//!
//! Everything that a conclusion needs is evaluated first, without a trace. Then the tree is opened
//! from the top: each rule, and each call of a function, is evaluated once more with its events
//! recorded, in the order in which a reader meets it.

use super::allocate::Share;
use super::machine::Machine;
use super::outcome::Choices;
use super::rules::Decided;
use super::trace::{AskedFor, Event, Path, Recorder, Rounding, Walk};
use super::Dataset;
use crate::ir::{Allocate, Expr, FunctionId, Holder, Program, Rule, RuleBody, RuleId, Selection};
use crate::library::Fault;
use crate::limits::Limits;
use crate::source::Span;
use crate::value::{Type, Value};
use chrono::NaiveDate;
use indexmap::IndexSet;
use std::sync::Arc;

/// How deep a tree goes; what lies deeper is cut.
const DEPTH: usize = 48;
/// How many figures of a tree are opened; the others are cut.
const OPENED: usize = 10_000;

/// A derivation.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// The rule asked about.
    pub root: Node,
}

/// What a node of a derivation is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum NodeKind {
    /// A rule's conclusion, for a row where it is a table's.
    Rule(RuleId, Option<u32>),
    /// A function's result for these arguments.
    Function(FunctionId, Vec<Value>),
    /// A variable of the formula above.
    Variable(Arc<str>),
}

/// How much of a node is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// Its value alone: where it comes from stands above.
    Above,
    /// Its value alone: the tree is too deep or too large.
    Cut,
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
    /// The formula that gave it: a rule's, that of the case that decided, a function's, a variable's.
    pub formula: Option<Span>,
    /// The part of the formula that gave it, once `let`, `if` and `match` at its head are gone through.
    pub taken: Option<Span>,
    /// Whether that part is a constant, and says no more than the value.
    pub constant: bool,
    /// What it rests on, in the order in which it was evaluated.
    pub steps: Vec<Step>,
    /// How much of it is here.
    pub extent: Extent,
    /// Why it failed, where it did.
    pub fault: Option<Fault>,
}

/// One thing that a figure rests on.
#[derive(Clone, Debug)]
pub enum Step {
    /// A rule, a function or a variable.
    Node(Node),
    /// A condition that was asked, or was not reached.
    Branch(Branch),
    /// A rounding.
    Rounding(Rounding),
    /// Anything that no rule concluded.
    Figure(Figure),
}

/// A condition, and what came of it.
#[derive(Clone, Debug)]
pub struct Branch {
    /// The condition, or the subject of a `match`; none for `otherwise`.
    pub condition: Option<Span>,
    /// What it was asked for.
    pub of: BranchOf,
    /// Its answer; none where it was not reached, or failed.
    pub answer: Option<bool>,
    /// Its clause.
    pub cite: Option<Arc<str>>,
    /// What it rests on.
    pub steps: Vec<Step>,
}

/// What a condition was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BranchOf {
    /// A case of a rule, with its value's formula.
    Case(Span),
    /// A requirement, with the reason where it is not met.
    Requirement(Arc<str>),
    /// A choice inside a formula, with the part taken; none where it is (a step to) the node's own.
    If(Option<Span>),
    /// A choice among values: the value found, its type, and the part taken as for an `if`.
    Match(Value, Type, Option<Span>),
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
        /// Whether that is what the field's default gives; the data may say the same.
        default: bool,
    },
    /// Whether a record that may be absent as a whole is there.
    Record {
        /// The record.
        record: usize,
        /// Whether it is.
        present: bool,
    },
    /// A row looked for by its key.
    Lookup {
        /// The table.
        table: usize,
        /// The key.
        key: Vec<Value>,
        /// The row, where there is one.
        row: Option<u32>,
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
    Walk(Box<Walk>),
    /// The row or item at which a walk failed.
    Stopped {
        /// The row or item.
        at: Value,
        /// Its type.
        ty: Type,
    },
    /// A value that is worked out to be compared, or for the least or the greatest to be found.
    Computed {
        /// The formula's part.
        span: Span,
        /// Its value.
        value: Value,
        /// Its type.
        ty: Type,
    },
    /// How a row came by its part of an allocation.
    Share(Box<Share>),
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
    let mut explainer = Explainer { machine, opened: IndexSet::new() };
    Explanation { root: explainer.rule(rule, row, 0) }
}

/// Opens the tree, each figure once.
struct Explainer<'a> {
    machine: Machine<'a>,
    opened: IndexSet<NodeKind>,
}

impl<'a> Explainer<'a> {
    fn rule(&mut self, id: RuleId, row: Option<u32>, depth: usize) -> Node {
        let column = self.machine.columns.get(id.0).and_then(Option::as_ref);
        let value = column.and_then(|c| c.values.get(row.unwrap_or(0) as usize)).cloned().flatten();
        let rule = self.machine.program.rule(id);
        let mut node = Node::new(NodeKind::Rule(id, row), value, rule.map_or(Type::Never, |r| r.ty.clone()));
        let Some(rule) = rule else { return node };
        node.extent = self.extent(&node.kind, depth);
        if node.extent != Extent::Whole {
            return node;
        }
        if let RuleBody::Allocate(allocate) = &rule.body {
            self.allocation(rule, allocate, row, &mut node, depth);
            return node;
        }
        let (concluded, events) = self.recorded(|machine| machine.conclude(rule, row));
        let mut way = None;
        match (&rule.body, &concluded) {
            (RuleBody::Value(formula), _) => way = Some(formula),
            (RuleBody::Cases(cases), Ok((_, Decided::Case(case)))) => {
                way = cases.get(*case as usize).map(|c| &c.then);
            }
            _ => {}
        }
        let path = node.follow(way, &events);
        node.fault = concluded.err().map(|f| *f);
        node.steps = self.steps(events, &rule.body, path.as_ref(), &node.kind, depth);
        add_unasked(&rule.body, way, &mut node.steps);
        node
    }

    /// What every row's part is cut from, and what this row is given of the rest.
    fn allocation(&mut self, rule: &Rule, allocate: &Allocate, row: Option<u32>, node: &mut Node, depth: usize) {
        let table = rule.table.unwrap_or(0);
        let rows = self.machine.data.len_of(table);
        let number = u32::try_from(table).unwrap_or(u32::MAX);
        let this = row.unwrap_or(0);
        let share = self.machine.share_of(allocate, rule.slots, number, rows, this as usize);
        let (_, events) = self.recorded(|machine| {
            let mut frame = vec![Value::Absent; rule.slots.max(1)];
            machine.set(&mut frame, 0, Value::Row { table: number, row: this });
            machine.number(&allocate.parts, &mut frame).and_then(|_| machine.number(&allocate.step, &mut frame))
        });
        let path = node.follow(Some(&allocate.parts), &events);
        node.steps = self.steps(events, &rule.body, path.as_ref(), &node.kind, depth);
        match share {
            Ok(Some(share)) => node.steps.push(Step::Figure(Figure::Share(Box::new(share)))),
            Ok(None) => {}
            Err((_, fault)) => node.fault = Some(*fault),
        }
    }

    fn function(&mut self, id: FunctionId, args: Vec<Value>, value: Option<Value>, depth: usize) -> Node {
        let function = self.machine.program.functions.get(id.0);
        let ty = function.map_or(Type::Never, |f| f.ty.clone());
        let mut node = Node::new(NodeKind::Function(id, args.clone()), value, ty);
        let Some(function) = function else { return node };
        node.extent = self.extent(&node.kind, depth);
        if node.extent == Extent::Whole {
            let (result, events) = self.recorded(|machine| machine.body(id, &args, function.body.span));
            let path = node.follow(Some(&function.body), &events);
            node.fault = result.err().map(|f| *f);
            node.steps = self.steps(events, &RuleBody::All(Vec::new()), path.as_ref(), &node.kind, depth);
        }
        node
    }

    /// Whether a figure is opened here: not a second time, and not where the tree grows out of bounds.
    fn extent(&mut self, kind: &NodeKind, depth: usize) -> Extent {
        if self.opened.contains(kind) {
            return Extent::Above;
        }
        if depth >= DEPTH || self.opened.len() >= OPENED {
            return Extent::Cut;
        }
        self.opened.insert(kind.clone());
        Extent::Whole
    }

    fn recorded<T>(&mut self, within: impl FnOnce(&mut Machine<'a>) -> T) -> (T, Vec<Event>) {
        self.machine.recorder = Some(Recorder::new());
        let result = within(&mut self.machine);
        let events = self.machine.recorder.take().map(|mut r| r.close()).unwrap_or_default();
        (result, events)
    }

    /// The steps that events make, each thing once. The figures that a formula rests on are opened
    /// before those that its conditions do, for readers meet them in that order.
    fn steps(
        &mut self,
        events: Vec<Event>,
        body: &RuleBody,
        path: Option<&Path>,
        within: &NodeKind,
        depth: usize,
    ) -> Vec<Step> {
        // A choice at the formula's head leads to the node's own value; any other to a part of it.
        let took = |event: Option<&Event>| match event {
            Some(Event::Took(part)) => Some(*part),
            _ => None,
        };
        let next: Vec<Option<Span>> = (1..=events.len()).map(|i| took(events.get(i))).collect();
        let numbered = events.into_iter().zip(next).enumerate();
        let (choices, others): (Vec<_>, Vec<_>) =
            numbered.partition(|(_, (e, _))| matches!(e, Event::Asked(..) | Event::Matched(..)));
        let mut steps: Vec<(usize, Step)> = Vec::new();
        for (place, (event, _)) in others {
            if let Some(step) = self.step(event, body, within, depth, &steps) {
                steps.push((place, step));
            }
        }
        for (place, (event, gives)) in choices {
            let gives = |at: Span| gives.filter(|_| !path.is_some_and(|p| p.choices.contains(&at)));
            if let Some(branch) = self.branch(event, &gives, body, within, depth) {
                steps.push((place, Step::Branch(branch)));
            }
        }
        steps.sort_by_key(|(place, _)| *place);
        steps.into_iter().map(|(_, step)| step).collect()
    }

    fn step(
        &mut self,
        event: Event,
        body: &RuleBody,
        within: &NodeKind,
        depth: usize,
        before: &[(usize, Step)],
    ) -> Option<Step> {
        let deeper = depth.saturating_add(1);
        let has_node = |kind: &NodeKind| before.iter().any(|(_, s)| matches!(s, Step::Node(n) if n.kind == *kind));
        let has_figure =
            |figure: &Figure| before.iter().any(|(_, s)| matches!(s, Step::Figure(other) if other == figure));
        Some(match event {
            Event::Rule(id, row) => {
                let kind = NodeKind::Rule(id, row);
                if kind == *within || has_node(&kind) {
                    return None;
                }
                Step::Node(self.rule(id, row, deeper))
            }
            Event::Called(id, args, value) => {
                if has_node(&NodeKind::Function(id, args.clone())) {
                    return None;
                }
                Step::Node(self.function(id, args, value, deeper))
            }
            Event::Named(named) => {
                let mut node = Node::new(NodeKind::Variable(named.name), named.value, named.ty);
                node.formula = Some(named.formula);
                node.taken = Some(named.path.end);
                node.constant = named.path.constant;
                if depth >= DEPTH {
                    node.extent = Extent::Cut;
                } else {
                    node.steps = self.steps(named.events, body, Some(&named.path), within, deeper);
                }
                Step::Node(node)
            }
            Event::Rounded(rounding) => Step::Rounding(rounding),
            other => Step::Figure(self.figure(other).filter(|f| !has_figure(f))?),
        })
    }

    fn branch(
        &mut self,
        event: Event,
        gives: &dyn Fn(Span) -> Option<Span>,
        body: &RuleBody,
        within: &NodeKind,
        depth: usize,
    ) -> Option<Branch> {
        Some(match event {
            Event::Asked(what_for, condition, answer, inner) => {
                let (of, cite) = match (what_for, body) {
                    (AskedFor::Case(index), RuleBody::Cases(cases)) => {
                        let case = cases.get(index)?;
                        (BranchOf::Case(case.then.span), case.cite.clone())
                    }
                    (AskedFor::Requirement(index), RuleBody::All(all)) => {
                        let one = all.get(index)?;
                        (BranchOf::Requirement(Arc::clone(&one.reason)), one.cite.clone())
                    }
                    _ => (BranchOf::If(gives(condition)), None),
                };
                let steps = self.inner(inner, body, within, depth);
                Branch { condition: Some(condition), of, answer, cite, steps }
            }
            Event::Matched(subject, value, ty, inner) => {
                let of = BranchOf::Match(value, ty, gives(subject));
                let steps = self.inner(inner, body, within, depth);
                Branch { condition: Some(subject), of, answer: Some(true), cite: None, steps }
            }
            _ => return None,
        })
    }

    /// The steps of a condition.
    fn inner(&mut self, events: Vec<Event>, body: &RuleBody, within: &NodeKind, depth: usize) -> Vec<Step> {
        if depth >= DEPTH { Vec::new() } else { self.steps(events, body, None, within, depth.saturating_add(1)) }
    }

    fn figure(&mut self, event: Event) -> Option<Figure> {
        Some(match event {
            Event::Input(holder, row, field, value) => {
                let default = self.is_default(holder, row, field, &value);
                Figure::Input { holder, row, field, value, default }
            }
            Event::Record(record, present) => Figure::Record { record, present },
            Event::Looked(table, key, row) => Figure::Lookup { table, key, row },
            Event::Term(term, version, date, value) => Figure::Term { term, version, date, value },
            Event::Assumption(assumption, reading) => Figure::Assumption { assumption, reading },
            Event::Walked(walk) => Figure::Walk(walk),
            Event::Stopped(at, ty) => Figure::Stopped { at, ty },
            Event::Computed(span, value, ty) => Figure::Computed { span, value, ty },
            _ => return None,
        })
    }

    fn is_default(&mut self, holder: Holder, row: Option<u32>, field: usize, value: &Value) -> bool {
        let program = self.machine.program;
        let fields = match holder {
            Holder::Record(record) => program.records.get(record).map(|r| &r.fields),
            Holder::Table(table) => program.tables.get(table).map(|t| &t.fields),
        };
        let Some(default) = fields.and_then(|f| f.get(field)).and_then(|f| f.default.as_ref()) else { return false };
        let mut frame = match (holder, row) {
            (Holder::Table(table), Some(row)) => {
                vec![Value::Row { table: u32::try_from(table).unwrap_or(u32::MAX), row }]
            }
            _ => Vec::new(),
        };
        self.machine.eval(default, &mut frame).is_ok_and(|found| found == *value)
    }
}

/// Adds what was never asked: the cases below the one that decided, and the `otherwise` that did.
fn add_unasked(body: &RuleBody, decided: Option<&Expr>, steps: &mut Vec<Step>) {
    let RuleBody::Cases(cases) = body else { return };
    let is_asked = |s: &Step| matches!(s, Step::Branch(Branch { of: BranchOf::Case(_), .. }));
    let asked = steps.iter().filter(|s| is_asked(s)).count();
    let mut place = steps.iter().rposition(is_asked).map_or(0, |p| p.saturating_add(1));
    for case in cases.iter().skip(asked) {
        let decides = decided.is_some_and(|d| d.span == case.then.span);
        let branch = Branch {
            condition: case.when.as_ref().map(|w| w.span),
            of: BranchOf::Case(case.then.span),
            answer: decides.then_some(true),
            cite: case.cite.clone(),
            steps: Vec::new(),
        };
        steps.insert(place, Step::Branch(branch));
        place = place.saturating_add(1);
    }
}

impl Node {
    fn new(kind: NodeKind, value: Option<Value>, ty: Type) -> Self {
        Self {
            kind,
            value,
            ty,
            formula: None,
            taken: None,
            constant: false,
            steps: Vec::new(),
            extent: Extent::Whole,
            fault: None,
        }
    }

    /// Notes the formula and the part of it that gave the value.
    fn follow(&mut self, formula: Option<&Expr>, events: &[Event]) -> Option<Path> {
        let formula = formula?;
        let path = Path::of(formula, events);
        self.formula = Some(formula.span);
        self.taken = Some(path.end);
        self.constant = path.constant;
        Some(path)
    }
}

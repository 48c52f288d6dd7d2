//! Why a rule concluded what it did: the derivation as a tree of plain data.
//!
//! Everything that a conclusion needs is evaluated first, without a trace. Then the tree is opened
//! from the top: each rule, and each call of a function, is evaluated once more with its events
//! recorded. A figure that several others rest on is opened once, where it stands highest in the
//! tree; elsewhere it is referred to.

use super::Dataset;
use super::derivation::{
    Branch, BranchOf, Explanation, Extent, Figure, Node, NodeKind, Step, WalkStep, Walked,
};
use super::machine::{Machine, set};
use super::outcome::Choices;
use super::recorder::{Notes, Recorder};
use super::reliance::Reliance;
use super::rules::Decided;
use super::trace::{AskedFor, Event, Named, Path, Stepped, Walk};
use crate::ir::{Allocate, Expr, FunctionId, Holder, Program, Rule, RuleBody, RuleId, Selection};
use crate::limits::Limits;
use crate::source::Span;
use crate::value::{Type, Value};
use indexmap::IndexMap;
use std::collections::BTreeSet;
use std::sync::Arc;

/// How deep a tree goes; what lies deeper is cut.
const DEPTH: usize = 48;
/// How many figures of a tree are opened; the others are cut.
const OPENED: usize = 10_000;
/// How many steps of walks a tree tells one by one; further ones are only counted.
const STEPS: usize = 4_000;
/// What opening figures may take: so many times the steps of the evaluation, and so many more. Figures
/// beyond are cut.
const TIMES: u64 = 8;
const MORE: u64 = 20_000_000;

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
    machine.reliance = Some(Reliance::new(program.rules.len(), program.functions.len()));
    machine.run(&Selection::Rules(vec![rule]));
    let relied = machine.reliance.take().map(|r| r.of(rule, row)).unwrap_or_default();
    let left = machine.account.steps().saturating_mul(TIMES).saturating_add(MORE);
    let mut explainer =
        Explainer { machine, found: IndexMap::new(), waiting: BTreeSet::new(), steps: STEPS, left };
    let root = explainer.stub_of_rule(rule, row);
    explainer.open_all(&root);
    let Explainer { mut found, .. } = explainer;
    let root = assemble(root, None, &mut found);
    // A walk that found its rows by a field has asked fewer of them than the explanation, which asks all.
    let mut assumptions: BTreeSet<usize> = relied;
    named(&root.steps, &mut assumptions);
    let relied_upon = assumptions.into_iter().filter_map(|index| {
        let chosen = program.assumptions.get(index)?.chosen;
        Some((index, choices.reading(index).unwrap_or(chosen)))
    });
    Explanation { assumptions: relied_upon.collect(), root, steps: None }
}

/// The assumptions that steps name.
fn named(steps: &[Step], found: &mut BTreeSet<usize>) {
    for step in steps {
        match step {
            Step::Node(node) => named(&node.steps, found),
            Step::Branch(branch) => named(&branch.steps, found),
            Step::Walk(walked) => walked.steps.iter().for_each(|s| named(&s.node.steps, found)),
            Step::Figure(Figure::Assumption { assumption, .. }) => {
                found.insert(*assumption);
            }
            Step::Rounding(_) | Step::Figure(_) => {}
        }
    }
}

/// A figure of the tree.
struct Found {
    /// How deep it stands, where it stands highest.
    depth: usize,
    /// What rests on it there.
    parent: Option<NodeKind>,
    /// The figure, opened; its own figures are not yet.
    node: Option<Node>,
    /// Whether it is in its place.
    placed: bool,
}

/// Opens the figures of the tree, the highest first.
struct Explainer<'a> {
    machine: Machine<'a>,
    found: IndexMap<NodeKind, Found>,
    /// Figures that are not opened yet, by depth, then in the order in which they were found.
    waiting: BTreeSet<(usize, usize)>,
    /// How many more steps of walks may be told.
    steps: usize,
    /// How many more steps of evaluation there are for opening figures.
    left: u64,
}

/// Puts an opened figure into its place, or says where that is.
fn assemble(stub: Node, parent: Option<&NodeKind>, found: &mut IndexMap<NodeKind, Found>) -> Node {
    let extent = match found.get_mut(&stub.kind) {
        Some(entry) if entry.placed => Extent::Above,
        Some(entry) if entry.parent.as_ref() == parent => match entry.node.take() {
            Some(mut node) => {
                entry.placed = true;
                let kind = node.kind.clone();
                node.steps = assemble_all(node.steps, &kind, found);
                return node;
            }
            None => Extent::Cut,
        },
        Some(Found { node: Some(_), .. }) => Extent::Below,
        _ => Extent::Cut,
    };
    Node { extent, ..stub }
}

/// In the order of reading: what a formula rests on, then what its conditions do.
fn assemble_all(steps: Vec<Step>, parent: &NodeKind, found: &mut IndexMap<NodeKind, Found>) -> Vec<Step> {
    let (choices, others): (Vec<_>, Vec<_>) =
        steps.into_iter().enumerate().partition(|(_, s)| matches!(s, Step::Branch(_)));
    let mut placed: Vec<(usize, Step)> = Vec::new();
    for (place, step) in others.into_iter().chain(choices) {
        let step = match step {
            Step::Node(mut node) if matches!(node.kind, NodeKind::Variable(_)) => {
                node.steps = assemble_all(node.steps, parent, found);
                Step::Node(node)
            }
            Step::Node(node) => Step::Node(assemble(node, Some(parent), found)),
            Step::Branch(mut branch) => {
                branch.steps = assemble_all(branch.steps, parent, found);
                Step::Branch(branch)
            }
            Step::Walk(mut walked) => {
                for step in &mut walked.steps {
                    step.node.steps = assemble_all(std::mem::take(&mut step.node.steps), parent, found);
                }
                Step::Walk(walked)
            }
            other => other,
        };
        placed.push((place, step));
    }
    placed.sort_by_key(|(place, _)| *place);
    placed.into_iter().map(|(_, step)| step).collect()
}

/// Calls `visit` on every figure that steps speak of, with how much deeper than these it is told:
/// what conditions rest on is told beside the rest, what a variable rests on below it.
fn stubs(steps: &[Step], depth: usize, visit: &mut dyn FnMut(&NodeKind, usize)) {
    for step in steps {
        match step {
            Step::Node(Node { kind: NodeKind::Variable(_), steps, .. }) => {
                stubs(steps, depth.saturating_add(1), visit);
            }
            Step::Node(node) => visit(&node.kind, depth),
            Step::Branch(branch) => stubs(&branch.steps, depth, visit),
            Step::Walk(walked) => {
                let depth = depth.saturating_add(2);
                walked.steps.iter().for_each(|s| stubs(&s.node.steps, depth, visit));
            }
            Step::Rounding(_) | Step::Figure(_) => {}
        }
    }
}

impl<'a> Explainer<'a> {
    /// Opens figures, the highest in the tree first, until all are or the tree is large enough.
    fn open_all(&mut self, root: &Node) {
        self.find(&root.kind, None, 0);
        let mut opened = 0_usize;
        while let Some((depth, index)) = self.waiting.pop_first() {
            if depth >= DEPTH || opened >= OPENED || self.left == 0 {
                break;
            }
            let Some((kind, _)) = self.found.get_index(index) else { continue };
            let kind = kind.clone();
            let node = self.open(&kind);
            opened = opened.saturating_add(1);
            let mut parts: Vec<(NodeKind, usize)> = Vec::new();
            stubs(&node.steps, depth.saturating_add(1), &mut |part, depth| parts.push((part.clone(), depth)));
            if let Some((_, found)) = self.found.get_index_mut(index) {
                found.node = Some(node);
            }
            for (part, depth) in parts {
                self.find(&part, Some(&kind), depth);
            }
        }
    }

    /// Notes where a figure was met; it is opened where it stands highest.
    fn find(&mut self, kind: &NodeKind, parent: Option<&NodeKind>, depth: usize) {
        match self.found.get_full_mut(kind) {
            None => {
                let entry = Found { depth, parent: parent.cloned(), node: None, placed: false };
                let (index, _) = self.found.insert_full(kind.clone(), entry);
                self.waiting.insert((depth, index));
            }
            Some((index, _, entry)) if depth < entry.depth && entry.node.is_none() => {
                self.waiting.remove(&(entry.depth, index));
                self.waiting.insert((depth, index));
                entry.depth = depth;
                entry.parent = parent.cloned();
            }
            Some(_) => {}
        }
    }

    fn open(&mut self, kind: &NodeKind) -> Node {
        match kind {
            NodeKind::Rule(id, row) => self.rule(*id, *row),
            NodeKind::Function(id, args) => self.function(*id, args),
            NodeKind::Variable(_) | NodeKind::Step(_) => Node::new(kind.clone(), None, Type::Never),
        }
    }

    fn stub_of_rule(&self, id: RuleId, row: Option<u32>) -> Node {
        let column = self.machine.columns.get(id.0).and_then(Option::as_ref);
        let value = column.and_then(|c| c.values.get(row.unwrap_or(0) as usize));
        let ty = self.machine.program.rule(id).map_or(Type::Never, |r| r.ty.clone());
        Node::new(NodeKind::Rule(id, row), value, ty)
    }

    fn stub_of_function(&self, id: FunctionId, args: &[Value], value: Option<Value>) -> Node {
        let ty = self.machine.program.functions.get(id.0).map_or(Type::Never, |f| f.ty.clone());
        Node::new(NodeKind::Function(id, args.to_vec()), value, ty)
    }

    fn rule(&mut self, id: RuleId, row: Option<u32>) -> Node {
        let mut node = self.stub_of_rule(id, row);
        let Some(rule) = self.machine.program.rule(id) else { return node };
        if let RuleBody::Allocate(allocate) = &rule.body {
            self.allocation(rule, allocate, row, &mut node);
            return node;
        }
        let (concluded, events, notes) = self.recorded(row.is_some(), |machine| machine.conclude(rule, row));
        let way = match (&rule.body, &concluded) {
            (RuleBody::Value(formula), _) => Some(formula),
            (RuleBody::Cases(cases), Ok((_, Decided::Case(case)))) => {
                cases.get(*case as usize).map(|c| &c.then)
            }
            _ => None,
        };
        let path = node.follow(way, &events, &notes);
        node.fault = concluded.err().map(|f| *f);
        let scene = Scene::of(&rule.body, &notes);
        node.steps = self.steps(events, &scene, path.as_ref());
        add_unasked(&rule.body, way, &mut node.steps);
        node
    }

    /// What every row's part is cut from, and what this row is given of the rest.
    fn allocation(&mut self, rule: &Rule, allocate: &Allocate, row: Option<u32>, node: &mut Node) {
        let table = rule.table.unwrap_or(0);
        let rows = self.machine.data.len_of(table);
        let number = u32::try_from(table).unwrap_or(u32::MAX);
        let this = row.unwrap_or(0);
        let share = self.machine.share_of(allocate, rule.slots, number, rows, this as usize);
        let (_, events, notes) = self.recorded(true, |machine| {
            let mut frame = vec![Value::Absent; rule.slots.max(1)];
            set(&mut frame, 0, Value::Row { table: number, row: this });
            machine
                .number(&allocate.parts, &mut frame)
                .and_then(|_| machine.number(&allocate.step, &mut frame))
        });
        let path = node.follow(Some(&allocate.parts), &events, &notes);
        node.steps = self.steps(events, &Scene::of(&rule.body, &notes), path.as_ref());
        match share {
            Ok(Some(share)) => node.steps.push(Step::Figure(Figure::Share(Box::new(share)))),
            Ok(None) => {}
            Err((_, fault)) => node.fault = Some(*fault),
        }
    }

    fn function(&mut self, id: FunctionId, args: &[Value]) -> Node {
        let Some(function) = self.machine.program.functions.get(id.0) else {
            return self.stub_of_function(id, args, None);
        };
        let (result, events, notes) =
            self.recorded(false, |machine| machine.body(id, args, function.body.span));
        let mut node = self.stub_of_function(id, args, result.as_ref().ok().cloned());
        let path = node.follow(Some(&function.body), &events, &notes);
        node.fault = result.err().map(|f| *f);
        let body = RuleBody::All(Vec::new());
        node.steps = self.steps(events, &Scene::of(&body, &notes), path.as_ref());
        node
    }

    fn recorded<T>(
        &mut self,
        of_a_row: bool,
        within: impl FnOnce(&mut Machine<'a>) -> T,
    ) -> (T, Vec<Event>, Notes) {
        // Where it was concluded, it took no more than an evaluation may.
        let held = self.machine.account.held();
        self.machine.account.begin_again(held);
        self.machine.recorder = Some(Recorder::new(of_a_row, self.steps));
        let result = within(&mut self.machine);
        self.left = self.left.saturating_sub(self.machine.account.steps());
        self.machine.account.begin_again(held);
        let recorder = self.machine.recorder.take().unwrap_or_default();
        self.steps = recorder.room();
        let (events, notes) = recorder.finish();
        (result, events, notes)
    }

    /// The steps that events make, each thing once.
    fn steps(&mut self, events: Vec<Event>, scene: &Scene<'_>, path: Option<&Path>) -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        let mut events = events.into_iter().peekable();
        while let Some(event) = events.next() {
            // A choice at the formula's head leads to the node's own value; any other to a part of it.
            let gives = |at: Span, next: Option<&Event>| match next {
                Some(Event::Took(part)) if !path.is_some_and(|p| p.choices.contains(&at)) => Some(*part),
                _ => None,
            };
            let step = match event {
                Event::Took(_) => None,
                Event::Rounded(rounding) => Some(Step::Rounding(rounding)),
                Event::Rule(id, row) => Some(Step::Node(self.stub_of_rule(id, row))),
                Event::Called(id, args, value) => Some(Step::Node(self.stub_of_function(id, &args, value))),
                Event::Named(named) => self.variable(*named, scene),
                Event::Asked(what_for, condition, answer, inner) => {
                    scene.asked(what_for, gives(condition, events.peek())).map(|(of, cite)| {
                        let steps = self.steps(inner, scene, None);
                        Step::Branch(Branch { condition: Some(condition), of, answer, cite, steps })
                    })
                }
                Event::Matched(subject, value, ty, inner) => {
                    let of = BranchOf::Match(value, ty, gives(subject, events.peek()));
                    let steps = self.steps(inner, scene, None);
                    Some(Step::Branch(Branch {
                        condition: Some(subject),
                        of,
                        answer: Some(true),
                        cite: None,
                        steps,
                    }))
                }
                Event::Walked(walk, steps) => Some(Step::Walk(Box::new(self.walked(*walk, steps, scene)))),
                other => self.figure(other).map(Step::Figure),
            };
            if let Some(step) = step.filter(|s| !is_among(s, &steps)) {
                steps.push(step);
            }
        }
        steps
    }

    /// A variable; none where nothing read it, so that the value does not rest on it.
    fn variable(&mut self, named: Named, scene: &Scene<'_>) -> Option<Step> {
        if named.value.is_some() && !scene.read.contains(&named.number) {
            return None;
        }
        let mut node = Node::new(NodeKind::Variable(named.name), named.value, named.ty);
        node.formula = Some(named.formula);
        node.fill(&named.path, scene.values);
        node.steps = self.steps(named.events, scene, Some(&named.path));
        Some(Step::Node(node))
    }

    /// A walk, with what each step that is told rests on.
    fn walked(&mut self, walk: Walk, steps: Vec<Stepped>, scene: &Scene<'_>) -> Walked {
        let mut told = Vec::with_capacity(steps.len());
        for step in steps {
            let mut node = Node::new(NodeKind::Step(step.number), Some(step.gives), walk.item.clone());
            node.formula = Some(step.formula);
            node.fill(&step.path, &step.values);
            node.steps = self.steps(step.events, &Scene { values: &step.values, ..*scene }, Some(&step.path));
            told.push(WalkStep { number: step.number, of: step.of, before: step.before, node });
        }
        Walked { walk, steps: told }
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
            Event::Stopped(at, ty) => Figure::Stopped { at, ty },
            Event::Computed(span, value, ty) => Figure::Computed { span, value, ty },
            _ => return None,
        })
    }

    fn is_default(&mut self, holder: Holder, row: Option<u32>, field: usize, value: &Value) -> bool {
        let program = self.machine.program;
        let Some(default) = program.fields(holder).get(field).and_then(|f| f.default.as_ref()) else {
            return false;
        };
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

/// Whether a step is told already.
fn is_among(step: &Step, steps: &[Step]) -> bool {
    steps.iter().any(|other| match (step, other) {
        (Step::Node(a), Step::Node(b)) => a.kind == b.kind && !matches!(a.kind, NodeKind::Variable(_)),
        (Step::Figure(a), Step::Figure(b)) => a == b,
        (Step::Walk(a), Step::Walk(b)) => a.walk == b.walk,
        _ => false,
    })
}

/// Where events took place.
struct Scene<'r> {
    /// The rule's body.
    body: &'r RuleBody,
    /// The values of operands, by place.
    values: &'r IndexMap<Span, Value>,
    /// The numbers of the variables that were read.
    read: &'r BTreeSet<usize>,
}

impl<'r> Scene<'r> {
    fn of(body: &'r RuleBody, notes: &'r Notes) -> Self {
        Self { body, values: &notes.values, read: &notes.read }
    }

    /// What a condition was asked for, and its clause.
    fn asked(&self, what_for: AskedFor, gives: Option<Span>) -> Option<(BranchOf, Option<Arc<str>>)> {
        match (what_for, self.body) {
            (AskedFor::Case(index), RuleBody::Cases(cases)) => {
                cases.get(index).map(|c| (BranchOf::Case(c.then.span), c.cite.clone()))
            }
            (AskedFor::Requirement(index), RuleBody::All(all)) => {
                all.get(index).map(|r| (BranchOf::Requirement(Arc::clone(&r.reason)), r.cite.clone()))
            }
            (AskedFor::If, _) => Some((BranchOf::If(gives), None)),
            _ => None,
        }
    }
}

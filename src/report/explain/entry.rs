//! What a reader is told, before it is drawn: entries with a head, notes and reasons below it, and parts.

use super::phrases;
use super::records::{self, Known};
use super::speaker::{RowOf, Speaker};
use crate::eval::{Branch, BranchOf, Explanation, Extent, Figure, Node, NodeKind, Step, WalkStep, Walked};
use crate::ir::{Holder, Rule};
use crate::library::FaultKind;
use crate::report::escape;
use crate::source::Span;
use crate::value::Value;
use chrono::NaiveDate;
use indexmap::IndexSet;
use std::sync::Arc;

/// What a stretch of text is, so that it can be set off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Words of the report.
    Plain,
    /// The name of a figure.
    Name,
    /// Its value.
    Value,
    /// Text of the plan's formulas.
    Formula,
    /// Clauses, remarks: what may be passed over.
    Quiet,
    /// A condition holds.
    Yes,
    /// It does not.
    No,
    /// A failure.
    Fault,
}

/// A stretch of text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// What it is.
    pub ink: Ink,
    /// The text, safe for a terminal and without line breaks.
    pub text: String,
}

/// A line, of any length.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line(pub Vec<Piece>);

impl Line {
    /// Adds a stretch.
    pub fn with(mut self, ink: Ink, text: impl Into<String>) -> Self {
        let text = text.into();
        if !text.is_empty() {
            self.0.push(Piece { ink, text });
        }
        self
    }

    /// Adds words of the report.
    pub fn plain(self, text: impl Into<String>) -> Self {
        self.with(Ink::Plain, text)
    }

    /// Adds the name of a figure, and of which row it is.
    pub fn figure(self, (name, key): (String, Option<String>)) -> Self {
        let line = self.with(Ink::Name, name);
        match key {
            Some(key) => line.plain(" of ").with(Ink::Name, key),
            None => line,
        }
    }

    /// Adds remarks in brackets, where there are any.
    pub fn tags(self, tags: &[String]) -> Self {
        if tags.is_empty() { self } else { self.with(Ink::Quiet, format!(" ({})", tags.join(", "))) }
    }

    /// Its text alone.
    pub fn text(&self) -> String {
        self.0.iter().map(|p| p.text.as_str()).collect()
    }

    /// Adds another line.
    pub fn then(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// One thing told, with what it rests on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub head: Line,
    /// More about it.
    pub notes: Vec<Line>,
    /// Conditions that were asked on the way, each with its answer.
    pub reasons: Vec<Line>,
    /// What it rests on.
    pub parts: Vec<Entry>,
}

impl From<Line> for Entry {
    fn from(head: Line) -> Self {
        Self { head, ..Self::default() }
    }
}

/// The entries of a derivation.
pub fn of(speaker: &Speaker<'_>, explanation: &Explanation) -> Entry {
    let root = &explanation.root;
    let row = speaker.row_of(&root.kind, None);
    let mut teller = Teller { speaker, told: IndexSet::new(), row, known: Known::new(), is_root: true };
    let mut entry = teller.node(root, None);
    for (assumption, reading) in &explanation.assumptions {
        if teller.told.insert(Once::Assumption(*assumption, *reading)) {
            entry.parts.extend(phrases::assumption_elsewhere(speaker, *assumption, *reading));
        }
    }
    entry
}

/// How something is told.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// With all that there is to say: it is told for the first time.
    pub in_full: bool,
    /// The formula that stands directly above.
    pub formula: Option<Span>,
    /// The row that the whole explanation is about.
    pub row: Option<RowOf>,
}

/// Something that is told in full once.
#[derive(PartialEq, Eq, Hash)]
enum Once {
    Assumption(usize, usize),
    Term(usize, usize, Option<NaiveDate>),
    Field(Holder, usize),
    About(NodeKind),
}

/// What a line about a node is about: the rule for whatever row, the function for whatever arguments.
fn subject(kind: &NodeKind) -> NodeKind {
    match kind {
        NodeKind::Rule(id, _) => NodeKind::Rule(*id, None),
        NodeKind::Function(id, _) => NodeKind::Function(*id, Vec::new()),
        NodeKind::Variable(_) | NodeKind::Step(_) => kind.clone(),
    }
}

/// Tells a derivation in the order of reading.
struct Teller<'s, 'a> {
    speaker: &'s Speaker<'a>,
    told: IndexSet<Once>,
    /// The row that the whole explanation is about.
    row: Option<RowOf>,
    /// The records that were told field by field.
    known: Known,
    /// Whether nothing was told yet.
    is_root: bool,
}

impl Teller<'_, '_> {
    /// A rule, a function or a variable.
    fn node(&mut self, node: &Node, around: Option<RowOf>) -> Entry {
        let speaker = self.speaker;
        let (name, about) = phrases::node_name(speaker, &self.known, node, around);
        let name_text = name.text();
        let is_root = std::mem::take(&mut self.is_root);
        let mut long = Vec::new();
        let value = match &node.value {
            Some(value) if records::is_long(speaker, &node.ty, value) => {
                let (line, fields) = records::of_node(speaker, &self.known, node, value, is_root);
                long = fields;
                line
            }
            Some(value) => phrases::equals(speaker, Line::default(), &node.ty, value),
            None => Line::default().with(Ink::Fault, " has no value"),
        };
        let tags = match node.extent {
            Extent::Whole => clauses(speaker, node),
            Extent::Above => vec!["as above".to_owned()],
            Extent::Below => vec!["see below".to_owned()],
            Extent::Cut => vec!["not opened here".to_owned()],
        };
        let mut entry = Entry::from(name.then(value).tags(&tags));
        if node.extent != Extent::Whole {
            return entry;
        }
        entry.notes.extend(long);
        if let Some(Value::Record(_)) = &node.value {
            records::learn(&mut self.known, node.value.as_ref(), name_text);
        }
        if let Some(about) = about.filter(|_| self.told.insert(Once::About(subject(&node.kind)))) {
            entry.notes.push(Line::default().with(Ink::Quiet, escape::one_line(&about)));
        }
        if let Some(fault) = &node.fault {
            let part = Line::default().with(Ink::Formula, speaker.formula(fault.span));
            let line = match fault.kind {
                FaultKind::Dependent(_) => part.plain(" has none"),
                _ => Line::default()
                    .with(Ink::Fault, escape::one_line(&fault.kind.to_string()))
                    .plain(", in ")
                    .then(part),
            };
            entry.notes.push(line.with(Ink::Quiet, format!(" ({})", speaker.place(fault.span))));
        }
        self.derivation(node, speaker.row_of(&node.kind, around), &mut entry);
        entry
    }

    /// A value's formula, what it rests on, and the conditions asked on the way.
    fn derivation(&mut self, node: &Node, here: Option<RowOf>, entry: &mut Entry) {
        let speaker = self.speaker;
        if let (Some(taken), false, None) = (node.taken, node.constant, &node.fault) {
            entry.notes.push(Line::default().plain("= ").with(Ink::Formula, speaker.formula(taken)));
            entry.notes.extend(phrases::filled(speaker, node, taken));
        }
        for step in &node.steps {
            entry.parts.extend(self.part(step, here, node.taken));
        }
        self.reasons(&node.steps, here, entry);
    }

    /// A walk, with its steps where they are told one by one.
    fn walk(&mut self, walked: &Walked, here: Option<RowOf>, formula: Option<Span>) -> Entry {
        let telling = Telling { in_full: true, formula, row: self.row };
        let mut entry = phrases::walk(self.speaker, &self.known, walked, &telling);
        let mut before = 0_usize;
        for step in &walked.steps {
            entry.parts.extend(phrases::left_out(walked, before, step.number));
            entry.parts.push(self.step(walked, step, before, here));
            before = step.number;
        }
        if !walked.steps.is_empty() {
            entry.parts.extend(phrases::left_out(walked, before, walked.walk.passed.saturating_add(1)));
        }
        entry
    }

    /// One step of a walk; `previous` is the number of the one told before it.
    fn step(&mut self, walked: &Walked, step: &WalkStep, previous: usize, here: Option<RowOf>) -> Entry {
        let speaker = self.speaker;
        let follows = previous > 0 && previous.saturating_add(1) == step.number;
        let mut entry = records::of_step(speaker, &mut self.known, walked, step, follows);
        self.derivation(&step.node, here, &mut entry);
        entry
    }

    /// One thing that a figure rests on; conditions are told of elsewhere.
    fn part(&mut self, step: &Step, here: Option<RowOf>, formula: Option<Span>) -> Option<Entry> {
        match step {
            Step::Branch(_) => None,
            Step::Node(node) => Some(self.node(node, here)),
            Step::Rounding(rounding) => Some(phrases::rounding(self.speaker, rounding)),
            Step::Walk(walked) => Some(self.walk(walked, here, formula)),
            Step::Figure(figure) => {
                let in_full = self.is_new(figure);
                phrases::figure(self.speaker, figure, here, &Telling { in_full, formula, row: self.row })
            }
        }
    }

    /// Conditions, one line each, with the values that they read; and among the parts of the figure
    /// whatever those values have to tell of themselves.
    fn reasons(&mut self, steps: &[Step], here: Option<RowOf>, entry: &mut Entry) {
        let mut unasked = 0_usize;
        for step in steps {
            let Step::Branch(branch) = step else { continue };
            if branch.answer.is_none() && branch.steps.is_empty() {
                unasked = unasked.saturating_add(1);
                continue;
            }
            entry.reasons.extend(not_asked(std::mem::take(&mut unasked)));
            entry.reasons.push(self.branch(branch, here));
            for step in &branch.steps {
                let tells_more = match step {
                    Step::Branch(_) => false,
                    Step::Node(node) => opens(node),
                    Step::Rounding(_) => true,
                    Step::Figure(Figure::Assumption { assumption, reading }) => {
                        !self.told.contains(&Once::Assumption(*assumption, *reading))
                    }
                    Step::Walk(walked) => phrases::shows_items(walked, self.row),
                    Step::Figure(Figure::Term { term, version, date, .. }) => {
                        !self.told.contains(&Once::Term(*term, *version, *date))
                    }
                    Step::Figure(figure) => matches!(figure, Figure::Stopped { .. }),
                };
                if tells_more {
                    entry.parts.extend(self.part(step, here, None));
                }
            }
            // Choices within the condition.
            self.reasons(&branch.steps, here, entry);
        }
        entry.reasons.extend(not_asked(unasked));
    }

    /// Whether something is told of for the first time.
    fn is_new(&mut self, figure: &Figure) -> bool {
        match figure {
            Figure::Input { holder, field, .. } => self.told.insert(Once::Field(*holder, *field)),
            Figure::Term { term, version, date, .. } => self.told.insert(Once::Term(*term, *version, *date)),
            Figure::Assumption { assumption, reading } => {
                self.told.insert(Once::Assumption(*assumption, *reading))
            }
            _ => true,
        }
    }

    fn branch(&self, branch: &Branch, here: Option<RowOf>) -> Line {
        let speaker = self.speaker;
        let condition = branch.condition.map(|span| speaker.formula(span)).unwrap_or_default();
        let cite: Vec<String> = branch.cite.iter().map(|c| escape::one_line(c)).collect();
        let since = phrases::since(speaker, &self.known, branch, &condition, here);
        let mark = |yes: &str, no: &str| match branch.answer {
            Some(true) => Line::default().with(Ink::Yes, format!("{yes}: ")),
            Some(false) => Line::default().with(Ink::No, format!("{no}: ")),
            None => Line::default().with(Ink::Fault, "no answer: "),
        };
        match &branch.of {
            BranchOf::Case(_) if branch.condition.is_none() => Line::default()
                .with(Ink::Yes, "otherwise: ")
                .plain("none of the cases above applies")
                .tags(&cite),
            BranchOf::Case(_) => mark("yes", "no").with(Ink::Formula, condition).tags(&cite).then(since),
            BranchOf::Requirement(reason) => {
                let line = mark("met", "not met").with(Ink::Formula, condition).tags(&cite).then(since);
                match branch.answer {
                    Some(false) => line.plain("; the reason is ").with(Ink::Value, escape::one_line(reason)),
                    _ => line,
                }
            }
            BranchOf::If(gives) => {
                self.so(mark("yes", "no").with(Ink::Formula, condition).then(since), *gives)
            }
            BranchOf::Match(value, ty, gives) => {
                let line = Line::default().with(Ink::Formula, condition).plain(" is ");
                self.so(line.with(Ink::Value, speaker.words(ty, value)).then(since), *gives)
            }
        }
    }

    fn so(&self, head: Line, gives: Option<Span>) -> Line {
        match gives {
            Some(part) => head.plain(", so ").with(Ink::Formula, self.speaker.formula(part)),
            None => head,
        }
    }
}

/// Whether a figure has more to tell than its value.
fn opens(node: &Node) -> bool {
    node.extent == Extent::Whole && (!node.steps.is_empty() || node.fault.is_some() || !node.constant)
}

fn not_asked(count: usize) -> Option<Line> {
    let text = match count {
        0 => return None,
        1 => "1 more case is not looked at".to_owned(),
        n => format!("{n} more cases are not looked at"),
    };
    Some(Line::default().with(Ink::Quiet, text))
}

/// The clauses of a node: that of the case that decided before the rule's own.
fn clauses(speaker: &Speaker<'_>, node: &Node) -> Vec<String> {
    let rule = |rule: Option<&Rule>| rule.map(|r| r.cite.clone()).unwrap_or_default();
    let own: Vec<Arc<str>> = match &node.kind {
        NodeKind::Rule(id, _) => rule(speaker.program.rule(*id)),
        NodeKind::Function(id, _) => {
            speaker.program.functions.get(id.0).map(|f| f.cite.clone()).unwrap_or_default()
        }
        NodeKind::Variable(_) | NodeKind::Step(_) => Vec::new(),
    };
    let mut all: Vec<String> = Vec::new();
    let decided = node.steps.iter().filter_map(|s| match s {
        Step::Branch(Branch { of: BranchOf::Case(_), answer: Some(true), cite, .. }) => cite.clone(),
        _ => None,
    });
    for clause in decided.chain(own) {
        let clause = escape::one_line(&clause);
        if !all.contains(&clause) {
            all.push(clause);
        }
    }
    all
}

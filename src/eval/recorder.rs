//! Records what an evaluation does.

use super::trace::{Event, is_operand};
use crate::ir::{Expr, ExprKind, Holder, RuleId};
use crate::source::Span;
use crate::value::{Type, Value};
use chrono::NaiveDate;
use indexmap::{IndexMap, IndexSet};
use std::collections::{BTreeMap, BTreeSet};

/// Records events. While rows of a walk are gone through it is hushed, but for the steps that are told
/// one by one: the walk itself is one event, and what is the same for every row (a term, an assumption, a figure of the plan) is recorded once.
/// While a function is carried out nothing is recorded: an explanation opens it by itself.
#[derive(Clone, Debug, Default)]
pub struct Recorder {
    /// The list being written, and those around it.
    stack: Vec<Vec<Event>>,
    /// How many walks deep it is.
    quiet: usize,
    /// Whether the outermost of the walks and functions that it is in is a walk.
    walking: bool,
    /// What was recorded from within walks.
    aside: IndexSet<Aside>,
    /// Whether the rule is about a row of a table.
    of_a_row: bool,
    notes: Notes,
    /// The number of the variable in each slot.
    bound: BTreeMap<usize, usize>,
    /// How many variables there were.
    variables: usize,
    /// How many functions deep it is: their slots are their own.
    away: usize,
    /// How many more steps of walks may be told one by one.
    steps: usize,
}

/// What is put aside while a step of a walk is told.
#[derive(Debug)]
pub struct Outside {
    quiet: usize,
    walking: bool,
    values: IndexMap<Span, Value>,
}

/// What is the same for every row of a walk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Aside {
    Rule(RuleId, Option<u32>),
    Input(Holder, Option<u32>, usize),
    Record(usize),
    Term(usize, usize, Option<NaiveDate>),
    Assumption(usize),
}

/// What a recorder knows besides the events.
#[derive(Clone, Debug, Default)]
pub struct Notes {
    /// The values of operands, by place.
    pub values: IndexMap<Span, Value>,
    /// The numbers of the variables that were read.
    pub read: BTreeSet<usize>,
}

impl Recorder {
    /// Starts with one open list, for a rule about a row of a table or for anything else, with room for
    /// so many steps of walks.
    #[must_use]
    pub fn new(of_a_row: bool, steps: usize) -> Self {
        Self { stack: vec![Vec::new()], of_a_row, steps, ..Self::default() }
    }

    /// How many more steps of walks there is room for.
    #[must_use]
    pub fn room(&self) -> usize {
        self.steps
    }

    /// Begins to tell a step of the walk that it is in; none where there is no room for one more.
    pub fn begin_step(&mut self) -> Option<Outside> {
        self.steps = self.steps.checked_sub(1)?;
        let outside = Outside {
            quiet: std::mem::take(&mut self.quiet),
            walking: std::mem::take(&mut self.walking),
            values: std::mem::take(&mut self.notes.values),
        };
        self.open();
        Some(outside)
    }

    /// Ends it: what was done, and the values of operands, by place.
    pub fn end_step(&mut self, outside: Outside) -> (Vec<Event>, IndexMap<Span, Value>) {
        self.quiet = outside.quiet;
        self.walking = outside.walking;
        (self.close(), std::mem::replace(&mut self.notes.values, outside.values))
    }

    /// Whether events are being listed.
    #[must_use]
    pub fn listens(&self) -> bool {
        self.quiet == 0 && self.away == 0
    }

    /// Adds an event, if it is listened for.
    pub fn add(&mut self, event: impl FnOnce() -> Event) {
        if self.listens() {
            self.insist(event());
        } else if self.walking {
            let event = event();
            if let Some(aside) = Self::aside(&event)
                && self.aside.insert(aside)
            {
                self.insist(event);
            }
        }
    }

    /// Adds an event that is the same for every row of a walk, where it is one of the rule's own row.
    pub fn add_own(&mut self, event: Event) {
        if !self.listens() && self.walking && self.away == 0 && self.of_a_row {
            let aside = match &event {
                Event::Rule(id, row) => Aside::Rule(*id, *row),
                Event::Input(holder, row, field, _) => Aside::Input(*holder, *row, *field),
                _ => return,
            };
            if self.aside.insert(aside) {
                self.insist(event);
            }
        }
    }

    /// An event as something that is the same for every row of a walk, if it is.
    fn aside(event: &Event) -> Option<Aside> {
        match event {
            Event::Rule(id, None) => Some(Aside::Rule(*id, None)),
            Event::Input(Holder::Record(record), None, field, _) => {
                Some(Aside::Input(Holder::Record(*record), None, *field))
            }
            Event::Record(record, _) => Some(Aside::Record(*record)),
            Event::Term(term, version, date, _) => Some(Aside::Term(*term, *version, *date)),
            Event::Assumption(assumption, _) => Some(Aside::Assumption(*assumption)),
            _ => None,
        }
    }

    /// Adds an event even while it is hushed: what stopped a walk, whose rows go unlisted else.
    pub fn insist(&mut self, event: Event) {
        if let Some(top) = self.stack.last_mut() {
            top.push(event);
        }
    }

    /// Says what was made of the walk that has just ended, `part`, or of what was made of it before.
    pub fn conclude_walk(&mut self, part: Span, whole: Span, made: &'static str, value: &Value, ty: &Type) {
        if self.listens()
            && let Some(Event::Walked(walk, steps)) = self.stack.last_mut().and_then(|top| top.last_mut())
            && walk.whole == part
        {
            if walk.result.is_none() {
                walk.pick(made, steps);
            }
            walk.whole = whole;
            walk.result = Some((made, value.clone(), ty.clone()));
        }
    }

    /// Notes the value of a part of a formula.
    pub fn saw(&mut self, part: &Expr, value: &Value) {
        if self.away > 0 {
            return;
        }
        if let ExprKind::Local(slot) = &part.kind
            && let Some(number) = self.bound.get(slot)
        {
            self.notes.read.insert(*number);
        }
        if self.listens() && is_operand(part) {
            self.notes.values.insert(part.span, value.clone());
        }
    }

    /// Numbers the variable that now lives in a slot.
    pub fn bind(&mut self, slot: usize) -> usize {
        self.variables = self.variables.saturating_add(1);
        self.bound.insert(slot, self.variables);
        self.variables
    }

    /// Enters a function.
    pub fn leave(&mut self) {
        self.walking = self.walking && !self.listens();
        self.away = self.away.saturating_add(1);
    }

    /// Leaves it.
    pub fn come_back(&mut self) {
        self.away = self.away.saturating_sub(1);
    }

    /// The events of the outermost list, and what is known besides.
    pub fn finish(mut self) -> (Vec<Event>, Notes) {
        (self.close(), self.notes)
    }

    /// Opens a list of its own for what happens next.
    pub fn open(&mut self) {
        self.stack.push(Vec::new());
    }

    /// Closes it.
    pub fn close(&mut self) -> Vec<Event> {
        self.stack.pop().unwrap_or_default()
    }

    /// Begins to go through the rows of a walk, until [`Recorder::listen`].
    pub fn hush(&mut self) {
        self.walking = self.walking || self.listens();
        self.quiet = self.quiet.saturating_add(1);
    }

    /// Goes on listing.
    pub fn listen(&mut self) {
        self.quiet = self.quiet.saturating_sub(1);
        self.walking = self.walking && !self.listens();
    }
}

//! What reads what: for everything that a formula may read, whatever reads it.

use crate::ir::{Condition, ExprKind, Field, FunctionId, Holder, Program, RuleId, Use, uses, walk};
use std::collections::{BTreeMap, BTreeSet};

/// Something with a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum User {
    /// A rule.
    Rule(RuleId),
    /// A function.
    Function(FunctionId),
    /// A field, by its default or by a condition that blames it.
    Field(Holder, usize),
    /// The plan's `term_date`.
    TermDate,
}

/// Who reads what, each in the order of the plan and once.
#[derive(Debug, Default)]
pub(super) struct Uses {
    users: BTreeMap<Use, Vec<User>>,
    language: BTreeMap<&'static str, Vec<User>>,
    read: BTreeMap<User, Vec<Use>>,
}

impl Uses {
    /// Everything that a plan's formulas read.
    pub fn new(program: &Program) -> Self {
        let mut found = Self::default();
        each_formula(program, &mut |user, formula| {
            uses(formula, &mut |used| found.note(user, used));
            walk(formula, &mut |part| {
                if let ExprKind::Builtin(builtin, _) = &part.kind {
                    once(found.language.entry(builtin.name).or_default(), user);
                }
            });
        });
        found
    }

    fn note(&mut self, user: User, used: Use) {
        once(self.users.entry(used).or_default(), user);
        once(self.read.entry(user).or_default(), used);
    }

    /// What reads something.
    pub fn of(&self, used: Use) -> &[User] {
        self.users.get(&used).map_or(&[], Vec::as_slice)
    }

    /// What reads a function of the language.
    pub fn of_language(&self, name: &str) -> &[User] {
        self.language.get(name).map_or(&[], Vec::as_slice)
    }

    /// What reads a calendar.
    pub fn of_calendar(&self, index: usize) -> &[User] {
        u32::try_from(index).map_or(&[], |index| self.of(Use::Calendar(index)))
    }

    /// What something reads directly, in the order of its formulas.
    pub fn read_by(&self, user: User) -> &[Use] {
        self.read.get(&user).map_or(&[], Vec::as_slice)
    }

    /// Every rule that something bears on, by whatever way, in the order of the plan.
    pub fn reached_from(&self, used: Use) -> BTreeSet<RuleId> {
        let mut rules = BTreeSet::new();
        let mut seen: BTreeSet<User> = BTreeSet::new();
        let mut open: Vec<User> = self.of(used).to_vec();
        while let Some(user) = open.pop() {
            if !seen.insert(user) {
                continue;
            }
            let next = match user {
                User::Rule(id) => {
                    rules.insert(id);
                    Use::Rule(id)
                }
                User::Function(id) => Use::Function(id),
                User::Field(holder, field) => Use::field(holder, field),
                User::TermDate => continue,
            };
            open.extend(self.of(next));
        }
        rules
    }
}

fn once<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

/// Calls `visit` on each formula of a plan with what it belongs to.
pub(super) fn each_formula<'p>(program: &'p Program, visit: &mut dyn FnMut(User, &'p crate::ir::Expr)) {
    if let Some(date) = &program.term_date {
        visit(User::TermDate, date);
    }
    let records = program.records.iter().enumerate();
    let records = records.map(|(i, r)| (Holder::Record(i), &r.fields, &r.conditions));
    let tables = program.tables.iter().enumerate();
    let tables = tables.map(|(i, t)| (Holder::Table(i), &t.fields, &t.conditions));
    for (holder, fields, conditions) in records.chain(tables) {
        holder_formulas(holder, fields, conditions, visit);
    }
    for (index, function) in program.functions.iter().enumerate() {
        visit(User::Function(FunctionId(index)), &function.body);
    }
    for (index, rule) in program.rules.iter().enumerate() {
        rule.body.formulas(&mut |formula| visit(User::Rule(RuleId(index)), formula));
    }
}

fn holder_formulas<'p>(
    holder: Holder,
    fields: &'p [Field],
    conditions: &'p [Condition],
    visit: &mut dyn FnMut(User, &'p crate::ir::Expr),
) {
    for (index, field) in fields.iter().enumerate() {
        if let Some(default) = &field.default {
            visit(User::Field(holder, index), default);
        }
    }
    for condition in conditions {
        visit(User::Field(holder, condition.field), &condition.that);
    }
}

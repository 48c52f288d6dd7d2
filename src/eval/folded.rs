//! Rules about the rows of a table with all that is known put in place of the formulas that say it: figures
//! of the plan, other tables, terms, readings. What is left depends on the row.

use super::Machine;
use super::outcome::Column;
use crate::ir::{Case, Expr, ExprKind, Program, Query, Rule, RuleBody, RuleId, Use, uses, walk};
use crate::value::{Type, Value};
use std::collections::BTreeSet;

/// Puts what is known in place.
pub(super) struct Folding<'m, 'a> {
    /// A machine that knows the conclusions of all other rules.
    machine: &'m mut Machine<'a>,
    /// The table of whose rows nothing is known.
    table: usize,
    /// Functions that read such a row, or come to.
    about_rows: BTreeSet<usize>,
    /// Rules about other tables that do.
    dependent: BTreeSet<RuleId>,
    /// Variables whose values are known, by slot.
    variables: Vec<Option<Value>>,
    /// How deep functions nest, by function.
    depths: Vec<usize>,
}

impl<'m, 'a> Folding<'m, 'a> {
    /// Nothing is known of the rows of this table.
    pub fn new(machine: &'m mut Machine<'a>, table: usize) -> Self {
        let program = machine.program;
        let mut folding = Self {
            machine,
            table,
            about_rows: BTreeSet::new(),
            dependent: dependent(program, table),
            variables: Vec::new(),
            depths: vec![0; program.functions.len()],
        };
        // Functions do not call themselves, so that each round gets one call further.
        loop {
            let before = (folding.about_rows.len(), folding.depths.clone());
            for (index, function) in program.functions.iter().enumerate() {
                if folding.is_about_rows(&function.body) {
                    folding.about_rows.insert(index);
                }
                let depth = folding.depth(&function.body);
                folding.depths.get_mut(index).into_iter().for_each(|known| *known = depth);
            }
            if before == (folding.about_rows.len(), folding.depths.clone()) {
                return folding;
            }
        }
    }

    /// A rule with all that is known in place. Its formulas have the same values and fail in the same way.
    pub fn rule(&mut self, rule: &Rule) -> Rule {
        let mut deepest = 0;
        rule.body.formulas(&mut |formula| deepest = deepest.max(self.depth(formula)));
        // Where formulas might nest beyond their limit, they nest as deep as they are written.
        if deepest >= self.machine.limits.nesting {
            return rule.clone();
        }
        let mut folded = rule.clone();
        match &mut folded.body {
            RuleBody::Cases(cases) => self.cases(cases),
            RuleBody::Allocate(_) => {}
            body => body.formulas_mut(&mut |formula| *formula = self.fold(formula, 0)),
        }
        folded
    }

    /// Cases keep their places, by which it is told which of them decided.
    fn cases(&mut self, cases: &mut Vec<Case>) {
        let mut decides = None;
        for (index, case) in cases.iter_mut().enumerate() {
            case.when = case.when.as_ref().map(|when| self.fold(when, 0));
            match case.when.as_ref().map(|when| &when.kind) {
                Some(ExprKind::Const(Value::Bool(true))) | None => case.when = None,
                Some(ExprKind::Const(_)) => {
                    // It never applies, and what it would give is not needed.
                    case.then = case.when.clone().unwrap_or_else(|| case.then.clone());
                    continue;
                }
                Some(_) => {}
            }
            case.then = self.fold(&case.then, 0);
            if case.when.is_none() {
                decides = Some(index.saturating_add(1));
                break;
            }
        }
        cases.truncate(decides.unwrap_or(cases.len()));
    }

    fn fold(&mut self, expr: &Expr, nesting: usize) -> Expr {
        let folded = self.folded(expr, nesting);
        match self.value(&folded, nesting) {
            Some(value) => constant(value, expr),
            None => folded,
        }
    }

    /// A formula with its parts folded, and without those that are known not to be needed.
    fn folded(&mut self, expr: &Expr, nesting: usize) -> Expr {
        let within = nesting.saturating_add(1);
        let made = |kind| Expr { kind, ty: expr.ty.clone(), span: expr.span };
        match &expr.kind {
            ExprKind::Local(slot) => match self.variables.get(*slot) {
                Some(Some(value)) => constant(value.clone(), expr),
                _ => expr.clone(),
            },
            ExprKind::And(a, b) => {
                let a = self.fold(a, within);
                match &a.kind {
                    ExprKind::Const(Value::Bool(false)) => a,
                    ExprKind::Const(Value::Bool(true)) => self.fold(b, within),
                    _ => made(ExprKind::And(Box::new(a), Box::new(self.fold(b, within)))),
                }
            }
            ExprKind::Or(a, b) => {
                let a = self.fold(a, within);
                match &a.kind {
                    ExprKind::Const(Value::Bool(true)) => a,
                    ExprKind::Const(Value::Bool(false)) => self.fold(b, within),
                    _ => made(ExprKind::Or(Box::new(a), Box::new(self.fold(b, within)))),
                }
            }
            ExprKind::Otherwise(a, b) => {
                let a = self.fold(a, within);
                match &a.kind {
                    ExprKind::Const(Value::Absent) => self.fold(b, within),
                    ExprKind::Const(_) => a,
                    _ => made(ExprKind::Otherwise(Box::new(a), Box::new(self.fold(b, within)))),
                }
            }
            ExprKind::If(condition, a, b) => {
                let condition = self.fold(condition, within);
                match &condition.kind {
                    ExprKind::Const(Value::Bool(true)) => self.fold(a, within),
                    ExprKind::Const(Value::Bool(false)) => self.fold(b, within),
                    _ => {
                        let (a, b) = (self.fold(a, within), self.fold(b, within));
                        made(ExprKind::If(Box::new(condition), Box::new(a), Box::new(b)))
                    }
                }
            }
            ExprKind::Let(slot, name, value, body) => {
                let value = self.fold(value, within);
                let known = match &value.kind {
                    ExprKind::Const(value) => Some(value.clone()),
                    _ => None,
                };
                let is_known = known.is_some();
                let body = self.with(*slot, known, |folding| folding.fold(body, within));
                // With its value in place everywhere, the variable is not needed.
                if is_known {
                    return body;
                }
                made(ExprKind::Let(*slot, name.clone(), Box::new(value), Box::new(body)))
            }
            ExprKind::Query(query) => made(ExprKind::Query(Box::new(self.query(query, within)))),
            ExprKind::Fold { slot, initial, query, running } => {
                let initial = Box::new(self.fold(initial, within));
                let query = self.with(*slot, None, |folding| folding.query(query, within));
                made(ExprKind::Fold { slot: *slot, initial, query: Box::new(query), running: *running })
            }
            ExprKind::Project { list, slot, access } => {
                let list = Box::new(self.fold(list, within));
                let access = Box::new(self.with(*slot, None, |folding| folding.fold(access, within)));
                made(ExprKind::Project { list, slot: *slot, access })
            }
            _ => {
                let mut copy = expr.clone();
                copy.children_mut(&mut |child| *child = self.fold(child, within));
                copy
            }
        }
    }

    fn query(&mut self, query: &Query, nesting: usize) -> Query {
        let mut folded = query.clone();
        folded.source = self.fold(&query.source, nesting);
        self.with(query.slot, None, |folding| {
            folded.filter = query.filter.as_ref().map(|filter| folding.fold(filter, nesting));
            for key in &mut folded.order {
                key.key = folding.fold(&key.key, nesting);
            }
            folded.value = folding.fold(&query.value, nesting);
        });
        folded
    }

    /// What happens within, while a variable is known, or is not.
    fn with<T>(&mut self, slot: usize, value: Option<Value>, within: impl FnOnce(&mut Self) -> T) -> T {
        if self.variables.len() <= slot {
            self.variables.resize(slot.saturating_add(1), None);
        }
        let before = self.variables.get_mut(slot).and_then(|known| std::mem::replace(known, value));
        let result = within(self);
        if let Some(known) = self.variables.get_mut(slot) {
            *known = before;
        }
        result
    }

    /// The value of a formula that is the same for every row; none where it has none, since then it must
    /// fail where it stands, if it comes to be evaluated.
    fn value(&mut self, expr: &Expr, nesting: usize) -> Option<Value> {
        match &expr.kind {
            // The rows of a table stay what walks find rows by.
            ExprKind::Const(_) | ExprKind::Local(_) | ExprKind::Table(_) | ExprKind::Fail(_) => return None,
            _ => {}
        }
        if !is_closed(expr, &mut Vec::new()) || self.is_about_rows(expr) {
            return None;
        }
        let before = self.machine.account.held();
        let value = self.machine.eval_within(nesting, expr, &mut Vec::new()).ok();
        // What is worked out once is not charged to any row.
        self.machine.account.begin_again(before);
        value
    }

    /// Whether a formula reads a row of the table, or may have one as its value.
    fn is_about_rows(&self, expr: &Expr) -> bool {
        let program = self.machine.program;
        let of_table = |rule: RuleId| program.rule(rule).is_some_and(|r| r.table == Some(self.table));
        let depends = |rule: RuleId| of_table(rule) || self.dependent.contains(&rule);
        let mut found = false;
        walk(expr, &mut |part| {
            found |= holds_row(&part.ty, self.table)
                || match &part.kind {
                    ExprKind::Table(table) | ExprKind::Lookup(table, _) => *table == self.table,
                    ExprKind::RowRule(_, rule)
                    | ExprKind::ClauseOf(rule, _)
                    | ExprKind::ReasonsOf(rule, _) => depends(*rule),
                    ExprKind::Call(function, _) => self.about_rows.contains(&function.0),
                    _ => false,
                };
        });
        found
    }

    /// How deep a formula nests, with the functions that it calls.
    fn depth(&self, expr: &Expr) -> usize {
        let mut deepest = match &expr.kind {
            ExprKind::Call(function, _) => self.depths.get(function.0).copied().unwrap_or(0),
            ExprKind::Term(_, None) => self.machine.program.term_date.as_ref().map_or(0, |d| self.depth(d)),
            _ => 0,
        };
        expr.children(&mut |child| deepest = deepest.max(self.depth(child)));
        deepest.saturating_add(1)
    }
}

fn constant(value: Value, of: &Expr) -> Expr {
    Expr { kind: ExprKind::Const(value), ty: of.ty.clone(), span: of.span }
}

/// Whether a formula reads no variable but those that it gives a value itself.
fn is_closed(expr: &Expr, bound: &mut Vec<usize>) -> bool {
    let before = bound.len();
    match &expr.kind {
        ExprKind::Local(slot) => return bound.contains(slot),
        ExprKind::Let(slot, ..) | ExprKind::Project { slot, .. } => bound.push(*slot),
        ExprKind::Query(query) => bound.push(query.slot),
        ExprKind::Fold { slot, query, .. } => bound.extend([*slot, query.slot]),
        _ => {}
    }
    let mut closed = true;
    expr.children(&mut |child| closed &= is_closed(child, bound));
    bound.truncate(before);
    closed
}

/// Whether a value of a type is a row of a table, or has one among its parts.
pub(super) fn holds_row(ty: &Type, table: usize) -> bool {
    match ty {
        Type::Row(of) => *of == table,
        Type::Optional(inner) | Type::List(inner) => holds_row(inner, table),
        Type::Record(record) => record.fields.iter().any(|f| holds_row(&f.ty, table)),
        _ => false,
    }
}

/// The columns of rules that are not about this table, as far as there are any.
pub(super) fn others(program: &Program, table: usize, columns: &[Option<Column>]) -> Vec<Option<Column>> {
    let of_others = |(rule, column): (&crate::ir::Rule, &Option<Column>)| match rule.table {
        Some(of) if of == table => None,
        _ => column.clone(),
    };
    program.rules.iter().zip(columns).map(of_others).collect()
}

/// The rules about other tables that depend on the rows of this one otherwise than through figures of the plan.
pub(super) fn dependent(program: &Program, table: usize) -> BTreeSet<RuleId> {
    let of_others = |id: &RuleId| program.rule(*id).and_then(|r| r.table).is_some_and(|of| of != table);
    (0..program.rules.len()).map(RuleId).filter(of_others).filter(|id| depends(program, table, *id)).collect()
}

fn depends(program: &Program, table: usize, rule: RuleId) -> bool {
    let mut seen: BTreeSet<Use> = BTreeSet::new();
    let mut waiting = vec![Use::Rule(rule)];
    while let Some(next) = waiting.pop() {
        if !seen.insert(next) {
            continue;
        }
        let mut add = |used: Use| waiting.push(used);
        match next {
            Use::Table(of) | Use::TableField(of, _) if of == table => return true,
            Use::Rule(id) => match program.rule(id) {
                Some(rule) if rule.table == Some(table) => return true,
                Some(rule) if rule.table.is_some() => {
                    rule.body.formulas(&mut |formula| uses(formula, &mut add));
                }
                _ => {}
            },
            Use::Function(id) => {
                let body = program.functions.get(id.0).map(|f| &f.body);
                body.into_iter().for_each(|body| uses(body, &mut add));
            }
            _ => {}
        }
    }
    false
}

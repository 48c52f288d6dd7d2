//! A walk through every formula of a plan, knowing what holds where each part stands: branches that are
//! never taken, divisors that can be zero.

use super::formula::Formula;
use super::linear::{Linear, Relation};
use super::range::Range;
use super::ranges;
use super::reading::Env;
use super::search::Example;
use super::shares::{Found, Place};
use super::words;
use super::world::{Answer, Origin, Sym, SymValue, Thing, World};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Arith, Expr, ExprKind, FunctionId, Query, Rule, RuleBody, RuleId};
use crate::number::Num;
use crate::plan::BoundKind;
use crate::source::Span;
use crate::syntax::ast::CmpOp;
use crate::value::Type;
use std::collections::BTreeSet;
use std::sync::Arc;

/// Whether a condition can hold where a formula stands.
pub(super) enum Told {
    /// Never.
    Never,
    /// It can, as far as anybody needs to know.
    Possible,
    /// It is not decided, for this.
    Undecided(Option<Arc<str>>),
}

/// Walks through a plan.
pub(super) struct Examiner<'p> {
    /// The values of the plan.
    pub world: World<'p>,
    /// What was found.
    pub found: Diagnostics,
    /// Whether it is told of cases that overlap.
    pub tells_overlaps: bool,
    /// How many pairs of cases of the rule were held against each other.
    pub pairs: usize,
    /// What holds where the walk stands.
    path: Vec<Formula>,
    known: BTreeSet<Span>,
    /// Whether it was said that no steps are left, and that, until it is told.
    gave_up: bool,
    end: Option<Diagnostic>,
}

impl<'p> Examiner<'p> {
    /// Nothing found yet; nothing is said again of the places known. Cases are held against each other
    /// only where the plan asks for overlaps: by far most questions would be about these.
    pub fn new(mut world: World<'p>, known: &[Span], tells_overlaps: bool) -> Self {
        world.read_records();
        Self {
            world,
            found: Diagnostics::new(),
            tells_overlaps,
            pairs: 0,
            path: Vec::new(),
            known: known.iter().copied().collect(),
            gave_up: false,
            end: None,
        }
    }

    /// Walks through some functions and rules.
    pub fn examine(mut self, places: &[Place]) -> Vec<Found> {
        let of_place = |place: &Place| {
            match place {
                Place::Function(id) => self.function(*id),
                Place::Rule(id) => self.rule(*id),
            }
            Found { place: *place, told: std::mem::take(&mut self.found), end: self.end.take() }
        };
        places.iter().map(of_place).collect()
    }

    fn function(&mut self, id: FunctionId) {
        let Some(function) = self.world.program.functions.get(id.0) else { return };
        let mut env = ranges::of_parameters(&mut self.world, id, &function.params);
        self.walk(&function.body, &mut env);
    }

    fn rule(&mut self, id: RuleId) {
        let Some(rule) = self.world.program.rule(id) else { return };
        let mut env = ranges::of_row(&mut self.world, rule.table);
        self.pairs = 0;
        match &rule.body {
            RuleBody::Value(expr) => self.walk(expr, &mut env),
            RuleBody::Cases(cases) => self.cases(cases, &mut env),
            RuleBody::All(requirements) => self.requirements(requirements, &mut env),
            RuleBody::Allocate(allocate) => {
                self.walk(&allocate.parts, &mut env);
                self.walk(&allocate.ties, &mut env);
                allocate.within.iter().for_each(|within| self.walk(within, &mut env));
            }
        }
        self.range(rule, &mut env);
    }

    /// Keeps what was found, once for each place.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        let is_new = |span| self.known.insert(span);
        if diagnostic.primary().is_none_or(is_new) {
            self.found.push(diagnostic);
        }
    }

    /// Notes that a question is not decided.
    pub fn not_decided(&mut self, span: Span, question: &str, why: Option<&str>) {
        if self.world.is_spent() {
            if !std::mem::replace(&mut self.gave_up, true) {
                let message = "the plan is too large to be looked through to its end";
                let end = Diagnostic::warning(Code::Undecided, message)
                    .label(span, "from here on, nothing is proved")
                    .help("split the plan, or look through its cases by eye");
                self.end = Some(end);
            }
            return;
        }
        let label = match why {
            Some(why) => format!("it depends on `{why}`"),
            None => "there are too many possibilities".to_owned(),
        };
        self.found.push(
            Diagnostic::warning(Code::Undecided, format!("{question} is not decided"))
                .label(span, label)
                .help("look at it by eye, and let a test show it"),
        );
    }

    /// What an example says of the values in a condition, or what to say where it names none.
    pub fn told(&self, example: &Example, about: &Formula) -> String {
        let told = words::told(&self.world, example, about);
        if told.is_empty() { "the inputs allow it".to_owned() } else { told }
    }

    fn here(&self, condition: &Formula) -> Formula {
        Formula::all(self.path.iter().cloned().chain([condition.clone()]))
    }

    fn ask(&mut self, condition: &Formula) -> Answer {
        let here = self.here(condition);
        self.world.ask(&here)
    }

    /// Whether a condition can hold where the walk stands.
    pub fn can_hold(&mut self, condition: &Formula) -> Told {
        let here = self.here(condition);
        match self.world.ask_whether(&here) {
            Answer::Never => Told::Never,
            Answer::Possible(_) => Told::Possible,
            Answer::Undecided(why) => Told::Undecided(why),
        }
    }

    /// Does something knowing more.
    pub fn knowing(&mut self, more: Formula, examine: impl FnOnce(&mut Self)) {
        let before = self.path.len();
        match more {
            // A branch that is known to be left out is not looked through.
            Formula::Known(false) => return,
            Formula::Known(true) => {}
            more => self.path.push(more),
        }
        examine(self);
        self.path.truncate(before);
    }

    /// Walks through a formula.
    pub fn walk(&mut self, expr: &Expr, env: &mut Env) {
        if self.world.is_spent() {
            self.not_decided(expr.span, "this", None);
            return;
        }
        match &expr.kind {
            ExprKind::And(a, b) | ExprKind::Or(a, b) => {
                self.walk(a, env);
                let mut holds = self.world.condition(a, env);
                if matches!(expr.kind, ExprKind::Or(..)) {
                    holds = holds.negated();
                }
                self.knowing(holds, |e| e.walk(b, env));
            }
            ExprKind::Otherwise(a, b) => {
                self.walk(a, env);
                let absent = self.world.read(a, env).present.negated();
                self.knowing(absent, |e| e.walk(b, env));
            }
            ExprKind::If(condition, a, b) => {
                self.walk(condition, env);
                let holds = self.world.condition(condition, env);
                let (taken, left) = self.branches(condition, &holds);
                if taken {
                    self.knowing(holds.clone(), |e| e.walk(a, env));
                }
                if left {
                    self.knowing(holds.negated(), |e| e.walk(b, env));
                }
            }
            ExprKind::Match(subject, arms, otherwise) => {
                self.walk(subject, env);
                let value = self.world.read(subject, env);
                let mut left = Vec::new();
                for arm in arms {
                    let mut any = Vec::new();
                    for pattern in &arm.patterns {
                        let pattern = self.world.read(pattern, env);
                        any.push(self.world.comparison(&value, CmpOp::Eq, &pattern));
                    }
                    if !self.world.spend(left.len()) {
                        return self.not_decided(arm.value.span, "this", None);
                    }
                    let holds = Formula::any(any);
                    let here = Formula::all(left.iter().cloned().chain([holds.clone()]));
                    // Without `else`, a match must name every value, be it reached or not.
                    if is_constant(subject) || otherwise.is_none() || self.arm(&here, arm.value.span) {
                        self.knowing(here, |e| e.walk(&arm.value, env));
                    }
                    left.push(holds.negated());
                }
                if let Some(last) = otherwise {
                    let here = Formula::all(left);
                    if is_constant(subject) || self.arm(&here, last.span) {
                        self.knowing(here, |e| e.walk(last, env));
                    }
                }
            }
            ExprKind::Let(slot, _, value, body) => {
                self.walk(value, env);
                let value = self.world.named(value, env);
                env.push((*slot, value));
                self.walk(body, env);
                env.pop();
            }
            ExprKind::Query(query) => self.query(query, env),
            ExprKind::Fold { initial, query, .. } => {
                self.walk(initial, env);
                self.query(query, env);
            }
            ExprKind::Project { list, slot, access } => {
                self.walk(list, env);
                let item = self.item(list);
                env.extend(item.map(|item| (*slot, item)));
                self.walk(access, env);
                env.retain(|(s, _)| s != slot);
            }
            ExprKind::Arith(Arith::Div, a, b) => {
                self.walk(a, env);
                self.walk(b, env);
                self.divisor(b, env);
            }
            ExprKind::Power(base, exponent) if *exponent < 0 => {
                self.walk(base, env);
                self.divisor(base, env);
            }
            _ => {
                let mut parts: Vec<&Expr> = Vec::new();
                expr.children(&mut |part| parts.push(part));
                parts.into_iter().for_each(|part| self.walk(part, env));
            }
        }
    }

    /// An item of a list of rows: any row of the data.
    fn item(&mut self, list: &Expr) -> Option<Sym> {
        let Type::List(item) = list.ty.required() else { return None };
        let Type::Row(table) = &**item else { return None };
        let said = self.world.program.tables.get(*table).map_or("", |table| &table.name.value);
        let thing = Thing { said: Arc::from(said), ty: (**item).clone(), origin: Origin::Data };
        let id = self.world.number(format!("item {:?}", list.span), Vec::new());
        Some(self.world.value(id, thing, Range::default()))
    }

    fn query(&mut self, query: &Query, env: &mut Env) {
        self.walk(&query.source, env);
        let before = env.len();
        let item = self.item(&query.source);
        env.extend(item.map(|item| (query.slot, item)));
        let holds = match &query.filter {
            Some(filter) => {
                self.walk(filter, env);
                self.world.condition(filter, env)
            }
            None => Formula::Known(true),
        };
        self.knowing(holds, |e| {
            query.order.iter().for_each(|key| e.walk(&key.key, env));
            e.walk(&query.value, env);
        });
        env.truncate(before);
    }

    /// Says which branch of a choice is never taken; answers which of them may be.
    fn branches(&mut self, condition: &Expr, holds: &Formula) -> (bool, bool) {
        // What is said of a part of the condition says it of the choice.
        let within = |known: &Span| {
            let span = condition.span;
            known.source == span.source && span.start <= known.start && known.end <= span.end
        };
        if is_constant(condition) || self.known.iter().any(within) {
            return (true, true);
        }
        let help = "mend the condition, or leave the choice out";
        let mut undecided = None;
        match self.can_hold(holds) {
            Told::Never => {
                self.report(
                    Diagnostic::warning(Code::UnreachableCase, "this condition never holds here")
                        .label(condition.span, "what follows `then` is never reached")
                        .help(help),
                );
                return (false, true);
            }
            Told::Undecided(why) => undecided = Some(why),
            Told::Possible => {}
        }
        match self.can_hold(&holds.negated()) {
            Told::Never => {
                self.report(
                    Diagnostic::warning(Code::UnreachableCase, "this condition always holds here")
                        .label(condition.span, "what follows `else` is never reached")
                        .help(help),
                );
                return (true, false);
            }
            Told::Undecided(why) => undecided = undecided.or(Some(why)),
            Told::Possible => {}
        }
        if let Some(why) = undecided {
            self.not_decided(condition.span, "whether both branches can be reached", why.as_deref());
        }
        (true, true)
    }

    /// Says of an arm of a `match` that it is never reached; answers whether it may be.
    fn arm(&mut self, holds: &Formula, span: Span) -> bool {
        match self.can_hold(holds) {
            Told::Never => {
                self.report(
                    Diagnostic::warning(Code::UnreachableCase, "this arm is never reached")
                        .label(span, "no data lead here")
                        .help("mend the values that it is for, or leave it out"),
                );
                return false;
            }
            Told::Undecided(why) => {
                self.not_decided(span, "whether this arm is ever reached", why.as_deref());
            }
            Told::Possible => {}
        }
        true
    }

    /// Says whether a rule's conclusion can lie outside the range that the rule declares.
    fn range(&mut self, rule: &Rule, env: &mut Env) {
        if rule.bounds.is_empty() {
            return;
        }
        let question = "whether this range can be left";
        let Some(sym) = self.world.conclusion(&rule.body, env) else {
            return self.not_decided(rule.name.span, question, Some("allocate"));
        };
        if matches!(sym.value, SymValue::Fails | SymValue::Nothing) {
            return;
        }
        let sum = self.world.amount_of(&sym);
        for bound in &rule.bounds {
            let Some(at) = words::as_number(&bound.value) else { continue };
            // How far the conclusion lies beyond the bound.
            let limit = Linear::constant(at);
            let (beyond, relation) = match bound.kind {
                BoundKind::Min => (limit.minus(&sum), Relation::AtMost),
                BoundKind::Above => (limit.minus(&sum), Relation::Below),
                BoundKind::Max => (sum.minus(&limit), Relation::AtMost),
                BoundKind::Below => (sum.minus(&limit), Relation::Below),
            };
            let Some(beyond) = beyond else {
                self.not_decided(bound.span, question, None);
                continue;
            };
            let outside = Formula::all([sym.present.clone(), Formula::compared(beyond, relation).negated()]);
            match self.ask(&outside) {
                Answer::Never => {}
                Answer::Possible(example) => {
                    let told = self.told(&example, &outside);
                    let message = format!("`{}` may leave the range that it declares", rule.name.value);
                    let label = format!("not {} this where {told}", bound.kind.words());
                    self.report(Diagnostic::warning(Code::MayLeaveRange, message).label(bound.span, label).help(
                        "cut the figure off where the document does, let the data's conditions say what holds, or widen the range",
                    ));
                }
                Answer::Undecided(why) => self.not_decided(bound.span, question, why.as_deref()),
            }
        }
    }

    /// Says whether a divisor can be zero.
    fn divisor(&mut self, divisor: &Expr, env: &mut Env) {
        let sym = self.world.read(divisor, env);
        let sum = self.world.amount_of(&sym);
        if let Some(constant) = sum.as_constant() {
            if constant.is_zero() && !matches!(self.ask(&Formula::Known(true)), Answer::Never) {
                self.report(
                    Diagnostic::warning(Code::ZeroDivisor, "this divisor is always zero")
                        .label(divisor.span, "zero whatever the data")
                        .help("mend the divisor"),
                );
            }
            return;
        }
        if !self.world.range_of(&sum).holds(&Num::ZERO) {
            return;
        }
        let zero = Formula::zero(sum);
        match self.ask(&zero) {
            Answer::Never => {}
            Answer::Possible(example) => {
                let here = self.here(&zero);
                let told = self.told(&example, &here);
                self.report(
                    Diagnostic::warning(Code::ZeroDivisor, "this divisor can be zero")
                        .label(divisor.span, format!("zero where {told}"))
                        .help("say what holds then, as in `if x = 0 then ... else a / x`, or bound the input where the document does"),
                );
            }
            Answer::Undecided(why) => {
                self.not_decided(divisor.span, "whether this divisor can be zero", why.as_deref());
            }
        }
    }
}

/// Whether a condition is about nothing but figures of the plan: that it always holds, or never, is
/// then what these figures say today.
pub(super) fn is_constant(condition: &Expr) -> bool {
    let mut constant = true;
    crate::ir::walk(condition, &mut |part| {
        let mut leaf = true;
        part.children(&mut |_| leaf = false);
        constant &= !leaf || matches!(part.kind, ExprKind::Const(_) | ExprKind::Term(..));
    });
    constant
}

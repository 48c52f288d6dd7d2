//! The changes that a part of a formula can undergo, one at a time: each a slip that a person could
//! make who writes the formula down.

use super::place::Role;
use crate::number::Num;
use crate::plan::document::Document;
use crate::syntax::ast::{BinOp, CmpOp, Expr, ExprKind, TypeExpr, TypeExprKind};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Functions that are easily taken for each other.
const ALIKE: &[(&str, &str)] = &[
    ("min", "max"),
    ("max", "min"),
    ("earliest", "latest"),
    ("latest", "earliest"),
    ("first", "last"),
    ("last", "first"),
    ("any", "all"),
    ("all", "any"),
    ("floor", "ceiling"),
    ("floor", "round"),
    ("ceiling", "floor"),
    ("ceiling", "round"),
    ("round", "floor"),
    ("next_business_day", "previous_business_day"),
    ("previous_business_day", "next_business_day"),
    ("business_day_on_or_before", "business_day_on_or_after"),
    ("business_day_on_or_after", "business_day_on_or_before"),
];
/// Functions that round: their second argument is a step.
const ROUND: [&str; 3] = ["floor", "ceiling", "round"];
/// Bits of a fraction that a changed number may take.
const BITS: u64 = 512;

/// The enumerations of a plan: what a name of one can be taken for.
#[derive(Debug, Default)]
pub struct Enumerations {
    /// For each name, the next one of the same enumeration.
    next: BTreeMap<Arc<str>, Arc<str>>,
}

impl Enumerations {
    /// Those that a document declares, as types and as readings.
    pub fn of(document: &Document) -> Self {
        let mut found = Self::default();
        document.types.iter().for_each(|alias| found.add_type(&alias.ty));
        let fields = document.inputs.iter().flat_map(|input| input.kind.fields());
        fields.for_each(|field| found.add_type(&field.ty));
        document.rules.iter().filter_map(|rule| rule.ty.as_ref()).for_each(|ty| found.add_type(ty));
        for assumption in &document.assumptions {
            found.add(
                &assumption.readings.iter().map(|(name, _)| Arc::clone(&name.value)).collect::<Vec<_>>(),
            );
        }
        found
    }

    fn add_type(&mut self, ty: &TypeExpr) {
        match &ty.kind {
            TypeExprKind::OneOf(names) => {
                self.add(&names.iter().map(|name| Arc::clone(&name.value)).collect::<Vec<_>>());
            }
            TypeExprKind::List(inner) | TypeExprKind::Optional(inner) => self.add_type(inner),
            TypeExprKind::Record(fields) => fields.iter().for_each(|(_, ty)| self.add_type(ty)),
            TypeExprKind::Percent | TypeExprKind::Named(_) | TypeExprKind::Unit(_) | TypeExprKind::Ref(_) => {
            }
        }
    }

    fn add(&mut self, names: &[Arc<str>]) {
        let after = names.iter().cycle().skip(1);
        for (name, next) in names.iter().zip(after).filter(|(name, next)| name != next) {
            self.next.entry(Arc::clone(name)).or_insert_with(|| Arc::clone(next));
        }
    }
}

/// What a part can become, with the role that it has where it stands.
pub fn changes(part: &Expr, role: Role, names: &Enumerations) -> Vec<Expr> {
    let mut found: Vec<ExprKind> = Vec::new();
    match &part.kind {
        ExprKind::Bool(answer) => found.push(ExprKind::Bool(!answer)),
        ExprKind::Number { value, unit, percent } => {
            found.extend(nearby(value, *percent).map(|value| ExprKind::Number {
                value,
                unit: unit.clone(),
                percent: *percent,
            }));
        }
        ExprKind::Date(date) => found.extend(date.succ_opt().map(ExprKind::Date)),
        ExprKind::Name(name) => {
            found.extend(names.next.get(&name.value).map(|next| {
                let mut other = name.clone();
                other.value = Arc::clone(next);
                ExprKind::Name(other)
            }));
        }
        // What is given is left aside.
        ExprKind::Otherwise(_, otherwise) => found.push(otherwise.kind.clone()),
        ExprKind::Not(inner) => found.push(inner.kind.clone()),
        ExprKind::Binary(op, span, a, b) => {
            let other = match op {
                BinOp::Add => BinOp::Sub,
                BinOp::Sub => BinOp::Add,
                BinOp::Mul => BinOp::Div,
                BinOp::Div => BinOp::Mul,
                BinOp::And => BinOp::Or,
                BinOp::Or => BinOp::And,
            };
            found.push(ExprKind::Binary(other, *span, a.clone(), b.clone()));
        }
        ExprKind::Compare(first, rest) => {
            for index in 0..rest.len() {
                let mut rest = rest.clone();
                if let Some((op, _, _)) = rest.get_mut(index) {
                    *op = beside(*op);
                }
                found.push(ExprKind::Compare(first.clone(), rest));
            }
        }
        ExprKind::In { item, list, negated } => {
            found.push(ExprKind::In { item: item.clone(), list: list.clone(), negated: !negated });
        }
        ExprKind::IsPresent { value, negated } => {
            found.push(ExprKind::IsPresent { value: value.clone(), negated: !negated });
        }
        ExprKind::Call(name, args) => {
            for (_, other) in ALIKE.iter().filter(|(of, _)| *of == &*name.value) {
                let mut other_name = name.clone();
                other_name.value = Arc::from(*other);
                // Only `round` takes a tie rule.
                let keep = if *other == "round" || !ROUND.contains(other) { args.len() } else { 2 };
                found.push(ExprKind::Call(other_name, args.iter().take(keep).cloned().collect()));
            }
            if ROUND.contains(&&*name.value) {
                found.extend(coarser(args).map(|args| ExprKind::Call(name.clone(), args)));
            }
        }
        ExprKind::If(condition, then, otherwise) => {
            if let Some(not) = negated(condition) {
                found.push(ExprKind::If(Box::new(not), then.clone(), otherwise.clone()));
            }
        }
        ExprKind::Match { subject, arms, otherwise } => {
            for index in 0..arms.len() {
                let mut arms = arms.clone();
                arms.remove(index);
                let (subject, otherwise) = (subject.clone(), otherwise.clone());
                found.push(ExprKind::Match { subject, arms, otherwise });
            }
        }
        ExprKind::Query(query) => {
            if let Some(not) = query.filter.as_ref().and_then(negated) {
                let mut changed = query.clone();
                changed.filter = Some(not);
                found.push(ExprKind::Query(changed));
            }
            for index in 0..query.order.len() {
                let mut changed = query.clone();
                if let Some(key) = changed.order.get_mut(index) {
                    key.descending = !key.descending;
                }
                found.push(ExprKind::Query(changed));
            }
        }
        ExprKind::Fold { state, initial, query, running } => {
            if let Some(not) = query.filter.as_ref().and_then(negated) {
                let mut changed = query.clone();
                changed.filter = Some(not);
                found.push(ExprKind::Fold {
                    state: state.clone(),
                    initial: initial.clone(),
                    query: changed,
                    running: *running,
                });
            }
        }
        _ => {}
    }
    let mut all: Vec<Expr> = found.into_iter().map(|kind| Expr { kind, span: part.span }).collect();
    if role == Role::Condition {
        all.extend(negated(part));
    }
    all
}

/// A condition turned round; none where one of the changes of its own form does that.
fn negated(condition: &Expr) -> Option<Expr> {
    let by_itself = match &condition.kind {
        ExprKind::Compare(_, rest) => matches!(rest.as_slice(), [(CmpOp::Eq | CmpOp::Ne, _, _)]),
        ExprKind::Bool(_) | ExprKind::Not(_) | ExprKind::In { .. } | ExprKind::IsPresent { .. } => true,
        _ => false,
    };
    (!by_itself).then(|| Expr { kind: ExprKind::Not(Box::new(condition.clone())), span: condition.span })
}

/// The comparison beside one: with or without equality.
fn beside(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Eq => CmpOp::Ne,
        CmpOp::Ne => CmpOp::Eq,
        CmpOp::Lt => CmpOp::Le,
        CmpOp::Le => CmpOp::Lt,
        CmpOp::Gt => CmpOp::Ge,
        CmpOp::Ge => CmpOp::Gt,
    }
}

/// The number lower by one in its last digit (85% becomes 84%, 5/16 becomes 4/16); higher, where
/// nothing would be left of it.
fn nearby(value: &Num, percent: bool) -> Option<Num> {
    let hundred = Num::from(100);
    let shown = if percent { value.mul(&hundred, BITS).ok()? } else { value.clone() };
    let step = last_digit(&shown)?;
    let lower = shown.sub(&step, BITS).ok()?;
    let changed = if lower.is_positive() { lower } else { shown.add(&step, BITS).ok()? };
    if percent { changed.div(&hundred, BITS).ok() } else { Some(changed) }
}

/// One in the last digit of a number as written without trailing zeros; of a whole number, one.
fn last_digit(value: &Num) -> Option<Num> {
    if value.is_whole() {
        return Some(Num::from(1));
    }
    if let Some(decimal) = value.to_decimal() {
        let scale = decimal.normalize().scale();
        let mut step = Num::from(1);
        for _ in 0..scale {
            step = step.div(&Num::from(10), BITS).ok()?;
        }
        return Some(step);
    }
    Num::from_big_ratio(1.into(), value.denominator())
}

/// The arguments of a function that rounds, to a step ten times as large.
fn coarser(args: &[Expr]) -> Option<Vec<Expr>> {
    let mut args = args.to_vec();
    match args.get_mut(1).map(|step| &mut step.kind) {
        Some(ExprKind::Number { value, .. }) => *value = value.mul(&Num::from(10), BITS).ok()?,
        _ => return None,
    }
    Some(args)
}

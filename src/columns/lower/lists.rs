//! What functions of the language make of lists: of those that a walk has made, and of those whose items stand
//! in figures, which are as long in every row.

use super::Lowering;
use super::emit::Truth;
use super::figure::{Figure, What};
use super::hoist::free_slot;
use super::pairs::Source;
use crate::columns::program::{Is, Mask, Op, Reg};
use crate::columns::walk::Kind;
use crate::ir::{Arith, Expr, ExprKind, Query, conjuncts};
use crate::library::Builtin;
use crate::number::Num;
use crate::syntax::ast::CmpOp;
use crate::value::{Meaning, Type, Value};

/// Items of a list that are looked at one by one, at most.
const MOST_ITEMS: usize = 64;

/// The items of a list as long in every row.
struct Passing {
    /// Each item, and where it is one.
    items: Vec<(Truth, Figure)>,
    /// Rows for which an item, or whether it is one, is not known.
    doubt: Option<Mask>,
}

impl Lowering<'_, '_, '_> {
    /// What a function makes of a list or a walk.
    pub(super) fn of_list(
        &mut self,
        expr: &Expr,
        builtin: &'static Builtin,
        list: &Expr,
        frame: &mut Vec<Figure>,
    ) -> Figure {
        let figure = match builtin.name {
            "present" => self.present_items(expr, list, frame),
            "distinct" => self.distinct(list, frame),
            "product" => self.product_of(expr, list, frame),
            name => Kind::of(name).and_then(|kind| {
                if let ExprKind::Query(query) = &list.kind
                    && let Some(figure) = self.all_but(expr, builtin, (list, query), frame)
                {
                    return Some(figure);
                }
                self.of_items(expr, kind, list, frame)
            }),
        };
        figure.unwrap_or_else(|| self.nothing())
    }

    fn of_items(&mut self, expr: &Expr, kind: Kind, list: &Expr, frame: &mut Vec<Figure>) -> Option<Figure> {
        let whole;
        let query = if let ExprKind::Query(query) = &list.kind {
            query
        } else {
            whole = Box::new(walk_of(list, free_slot(expr).max(frame.len()))?);
            &whole
        };
        if let ExprKind::Table(table) = query.source.kind {
            return Some(self.walk_over(expr, kind, (&Source::Table(table), query), frame));
        }
        // The list that is made of the walk stands between.
        let depth = usize::from(matches!(list.kind, ExprKind::Query(_)));
        let source = self.without_reference(|s| s.lower_at(&query.source, depth, frame));
        let source = self.present(&source);
        let figure = match source.what {
            What::Listed(reg, meaning) => {
                self.walk_over(expr, kind, (&Source::Listed(reg, meaning), query), frame)
            }
            What::List(items) => self.one_by_one(kind, items, query, frame)?,
            What::Const(Value::List(items)) if items.len() <= MOST_ITEMS => {
                let items = items.iter().cloned().map(Figure::constant).collect();
                self.one_by_one(kind, items, query, frame)?
            }
            _ => return None,
        };
        Some(Figure { doubt: self.either(figure.doubt, source.doubt), ..figure })
    }

    /// Whether a value is among the items of a list that a walk has made, which stands in a variable.
    pub(super) fn among_listed(
        &mut self,
        expr: &Expr,
        item: &Expr,
        list: &Expr,
        frame: &mut Vec<Figure>,
    ) -> Option<Figure> {
        let ExprKind::Local(_) = list.kind else { return None };
        let found = self.lower(list, frame);
        let What::Listed(reg, meaning) = found.what else { return None };
        let mut query = walk_of(list, free_slot(expr).max(frame.len()))?;
        // An item that has no value fails, whatever the list.
        let looked_for = self.lower(item, frame);
        let same = ExprKind::Compare(Box::new(query.value), vec![(CmpOp::Eq, item.clone())]);
        query.value = Expr { kind: same, ty: Type::Bool, span: expr.span };
        // The variable of the items stands before those of what is taken out.
        let mut inner = frame.clone();
        inner.resize(query.slot.saturating_add(1), Figure::constant(Value::Absent));
        let figure = self.walk_over(expr, Kind::Any, (&Source::Listed(reg, meaning), &query), &mut inner);
        let doubt = self.either(figure.doubt, looked_for.doubt);
        let doubt = self.either(doubt, found.doubt);
        Some(Figure { doubt: self.either(doubt, found.absent), ..figure })
    }

    /// The whole numbers from one to another.
    pub(super) fn range(&mut self, from: &Figure, last: &Figure) -> Figure {
        let (from, last) = (self.present(from), self.present(last));
        let (Some((a, _, unsure)), Some((b, _, more))) = (self.whole(&from.what), self.whole(&last.what))
        else {
            return self.nothing();
        };
        // Longer ones than lists may be are left to the reference evaluator.
        let Some(long) = self.longer_than_lists(a, b) else { return self.nothing() };
        let (idle, steps) = (self.not_needed(), self.engine.steps());
        let skip = self.either(idle, Some(long));
        let (to, beyond) = (self.reg(), self.mask());
        self.ops.push(Op::Range { from: a, last: b, skip, steps, to, doubt: beyond });
        let doubts = [from.doubt, last.doubt, unsure, more, Some(long), Some(beyond)];
        let doubt = doubts.into_iter().fold(None, |doubt, more| self.either(doubt, more));
        let what = What::Listed(to, Meaning::Number { times: 1, over: 1 });
        Figure { what, absent: None, doubt }
    }

    /// Rows for which the numbers from one to another are more than a list may hold.
    fn longer_than_lists(&mut self, from: Reg, last: Reg) -> Option<Mask> {
        let most = i64::try_from(self.engine.machine.limits().list_items).ok()?;
        let (length, beyond) = (self.reg(), self.mask());
        let difference =
            Op::Combine { a: last, times_a: 1, b: from, times_b: -1, to: length, doubt: Some(beyond) };
        self.ops.push(difference);
        let within = self.mask_op(|to| Op::CompareTo { a: length, is: Is::Less, value: most, to });
        let longer = self.mask_op(|to| Op::Not { a: within, to });
        self.either(Some(longer), Some(beyond))
    }

    /// The items that there are: of a list that a walk has made, all.
    fn present_items(&mut self, expr: &Expr, list: &Expr, frame: &mut Vec<Figure>) -> Option<Figure> {
        let ExprKind::Query(query) = &list.kind else {
            let list = self.without_reference(|s| s.lower(list, frame));
            return matches!(list.what, What::Listed(..)).then_some(list);
        };
        self.list_of(expr, Kind::Present, query, frame)
    }

    /// The items without those that are the same as one before.
    fn distinct(&mut self, list: &Expr, frame: &mut Vec<Figure>) -> Option<Figure> {
        let list = self.without_reference(|s| s.lower(list, frame));
        let What::Listed(run, meaning) = list.what else { return None };
        let (to, doubt) = (self.reg(), self.mask());
        let steps = self.engine.steps();
        self.ops.push(Op::Distinct { run, steps, to, doubt });
        let doubt = self.either(list.doubt, Some(doubt));
        Some(Figure { what: What::Listed(to, meaning), absent: list.absent, doubt })
    }

    /// The product of the items: a fold.
    fn product_of(&mut self, expr: &Expr, list: &Expr, frame: &[Figure]) -> Option<Figure> {
        let state = free_slot(expr).max(frame.len());
        let mut query = match &list.kind {
            ExprKind::Query(query) => (**query).clone(),
            _ => walk_of(list, state.saturating_add(1))?,
        };
        let number = |kind| Expr { kind, ty: expr.ty.clone(), span: expr.span };
        let before = number(ExprKind::Local(state));
        query.value = number(ExprKind::Arith(Arith::Mul, Box::new(before), Box::new(query.value)));
        let slots = state.max(query.slot).saturating_add(1);
        let mut inner = frame.to_vec();
        inner.resize(slots.max(frame.len()), Figure::constant(Value::Absent));
        let one = number(ExprKind::Const(Value::Number(Num::ONE)));
        Some(self.fold(expr, (state, &one), (&query, false), &mut inner))
    }

    /// What is made of items that stand in figures.
    fn one_by_one(
        &mut self,
        kind: Kind,
        items: Vec<Figure>,
        query: &Query,
        frame: &[Figure],
    ) -> Option<Figure> {
        let most = MOST_ITEMS.min(self.engine.machine.limits().list_items);
        (query.order.is_empty() && items.len() <= most).then_some(())?;
        let conditions = query.filter.iter().flat_map(conjuncts).count();
        let before = self.nesting;
        self.nesting = before.saturating_add(2).saturating_add(conditions);
        let found = self.passing_items(items, query, frame);
        self.nesting = before;
        let Passing { items, doubt } = found;
        let figure = self.made_of(kind, items)?;
        Some(Figure { doubt: self.either(figure.doubt, doubt), ..figure })
    }

    fn passing_items(&mut self, list: Vec<Figure>, query: &Query, frame: &[Figure]) -> Passing {
        let mut frame = frame.to_vec();
        let mut found = Passing { items: Vec::with_capacity(list.len()), doubt: None };
        for item in list {
            found.doubt = self.either(found.doubt, item.doubt);
            super::set(&mut frame, query.slot, Figure { doubt: None, ..item });
            let mut passes = Truth::Known(true);
            for condition in query.filter.iter().flat_map(conjuncts) {
                let condition = self.within(passes, true, |s| s.lower(condition, &mut frame));
                let (next, doubt) = self.truth(&condition);
                found.doubt = self.both_doubts(found.doubt, doubt, passes);
                passes = self.and(passes, next);
            }
            if matches!(passes, Truth::Known(false)) {
                continue;
            }
            let value = self.within(passes, true, |s| s.lower(&query.value, &mut frame));
            found.doubt = self.both_doubts(found.doubt, value.doubt, passes);
            found.items.push((passes, Figure { doubt: None, ..value }));
        }
        found
    }

    fn made_of(&mut self, kind: Kind, mut items: Vec<(Truth, Figure)>) -> Option<Figure> {
        let number = |n| Figure::constant(Value::Number(n));
        if kind == Kind::First {
            items.reverse();
        }
        let mut made = match kind {
            Kind::Sum | Kind::Count => number(Num::ZERO),
            Kind::Any => Figure::constant(Value::Bool(false)),
            Kind::All => Figure::constant(Value::Bool(true)),
            Kind::Least | Kind::Greatest | Kind::First | Kind::Last => Figure::constant(Value::Absent),
            Kind::List | Kind::Present => return None,
        };
        for (passes, item) in items {
            let next = match kind {
                Kind::Sum => self.arithmetic(Arith::Add, &made, &item),
                Kind::Count => self.arithmetic(Arith::Add, &made, &number(Num::ONE)),
                Kind::Least | Kind::Greatest => {
                    let none = self.absence(&made);
                    let known = Figure { absent: None, ..made.clone() };
                    let of_both =
                        |s: &mut Self| s.extreme_among(&[known, item.clone()], kind == Kind::Greatest);
                    self.choose((none, None), |_| item.clone(), of_both)
                }
                Kind::Any | Kind::All => {
                    let ((a, doubt), (b, more)) = (self.truth(&made), self.truth(&item));
                    let truth = if kind == Kind::Any { self.or(a, b) } else { self.and(a, b) };
                    Self::flag(truth, self.either(doubt, more))
                }
                Kind::First | Kind::Last => item,
                Kind::List | Kind::Present => return None,
            };
            let before = made;
            made = self.choose((passes, None), |_| next, |_| before);
        }
        Some(made)
    }
}

/// A walk over all items of a list, each as it is.
fn walk_of(list: &Expr, slot: usize) -> Option<Query> {
    let Type::List(item) = &list.ty else { return None };
    let value = Expr { kind: ExprKind::Local(slot), ty: (**item).clone(), span: list.span };
    Some(Query { slot, source: list.clone(), filter: None, order: Vec::new(), value })
}

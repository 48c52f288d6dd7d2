//! Walks over the rows of a table, or a list, within a formula about the rows of a table: rows are found in an
//! index as far as conditions say, and the rest is asked of those rows.

use super::Lowering;
use super::emit::Truth;
use super::figure::{Day, Figure, What};
use super::find::Findable;
use super::hoist::{Hoisted, free, free_slot, reads};
use super::keys::Key;
use super::pairs::Source;
use super::turned::Turned;
use crate::columns::number::{Range, Scaled};
use crate::columns::program::{Mask, Op, Reg};
use crate::columns::sheet::{Kept, Sheet};
use crate::columns::walk::{self, Item, Kind, Walk, Way};
use crate::ir::{Expr, ExprKind, Query, conjuncts};
use crate::syntax::ast::CmpOp;
use crate::value::{Meaning, Type, Value};
use std::sync::Arc;

/// Rows of which a list is made as quickly as an index.
const FEW: usize = 32;

/// What the pairs of a walk come to.
struct Inside {
    sheet: Sheet,
    passes: Option<Mask>,
    doubt: Option<Mask>,
    item: Item,
    absent: Option<Mask>,
    order: Vec<(Reg, bool)>,
    /// What an item is, in no register yet.
    what: What,
}

/// The items of a walk.
pub(super) struct Items {
    /// What they are.
    pub what: What,
    /// Where they stand.
    pub item: Item,
    /// Where there is none.
    pub absent: Option<Mask>,
    /// Where that is not known.
    pub doubt: Option<Mask>,
}

/// A walk that was lowered.
pub(super) enum Walking {
    /// What it comes to is known already.
    Known(Figure),
    /// It is made for each row.
    Over(Box<Over>),
}

/// A walk for each row.
pub(super) struct Over {
    pub walk: Walk,
    /// What an item is.
    pub what: What,
    /// How many rows it finds for one, at most.
    pub most: usize,
    /// Rows for which what is looked for is not known.
    pub doubt: Option<Mask>,
}

impl Inside {
    /// No pairs are looked at.
    fn nothing(what: What) -> Self {
        let sheet = Sheet::new(Vec::new(), Kept::default());
        let (passes, doubt, absent) = (None, None, None);
        Self { sheet, passes, doubt, item: Item::Nothing, absent, order: Vec::new(), what }
    }
}

impl Lowering<'_, '_, '_> {
    /// What is walked over, and rows for which that is not known.
    pub(super) fn source(
        &mut self,
        query: &Query,
        frame: &mut Vec<Figure>,
    ) -> Option<(Source, Option<Mask>)> {
        if let ExprKind::Table(table) = query.source.kind {
            return Some((Source::Table(table), None));
        }
        let list = self.without_reference(|s| s.lower_at(&query.source, 1, frame));
        let list = self.present(&list);
        match list.what {
            What::Listed(reg, meaning) => Some((Source::Listed(reg, meaning), list.doubt)),
            _ => None,
        }
    }

    /// What is made of a walk, row by row.
    pub(super) fn walk_over(
        &mut self,
        expr: &Expr,
        kind: Kind,
        (source, query): (&Source, &Query),
        frame: &mut Vec<Figure>,
    ) -> Figure {
        let turned = Turned::new(kind, query, self.is_listed(source));
        if !turned.opposite {
            let figure = self.walked(expr, &turned, (source, query), frame);
            return figure.unwrap_or_else(|| self.nothing());
        }
        let kind = ExprKind::Not(Box::new(expr.clone()));
        let expr = Expr { kind, ty: expr.ty.clone(), span: expr.span };
        let Some(figure) = self.walked(&expr, &turned, (source, query), frame) else {
            return self.nothing();
        };
        if matches!(figure.what, What::Nothing) {
            return figure;
        }
        let (truth, doubt) = self.truth(&figure);
        let truth = self.not(truth);
        Self::flag(truth, doubt)
    }

    /// The list of what a walk gives, in the order of the rows.
    pub(super) fn list(&mut self, expr: &Expr, query: &Query, frame: &mut Vec<Figure>) -> Figure {
        self.list_of(expr, Kind::List, query, frame).unwrap_or_else(|| self.nothing())
    }

    /// The list of what a walk gives, or of what is present of that.
    pub(super) fn list_of(
        &mut self,
        expr: &Expr,
        kind: Kind,
        query: &Query,
        frame: &mut Vec<Figure>,
    ) -> Option<Figure> {
        let (source, unsure) = self.source(query, frame)?;
        let figure = self.walk_over(expr, kind, (&source, query), frame);
        Some(Figure { doubt: self.either(figure.doubt, unsure), ..figure })
    }

    /// Whether a value is among what a walk gives, where rows are found by it; none where a list made
    /// before does as well.
    pub(super) fn among_rows(
        &mut self,
        expr: &Expr,
        item: &Expr,
        list: &Expr,
        frame: &mut Vec<Figure>,
    ) -> Option<Figure> {
        let ExprKind::Query(query) = &list.kind else { return None };
        let ExprKind::Table(table) = query.source.kind else { return None };
        let rows = self.engine.machine.dataset().len_of(table);
        // Few rows give a short list; and a list is made whether anything is looked for in it or not.
        let source = Source::Table(table);
        let fits = rows > FEW && self.is_listed(&source) && query.order.is_empty();
        (fits && !reads(item, &[query.slot]) && free(&query.value) == [query.slot]).then_some(())?;
        let mut sure = query.filter.iter().flat_map(conjuncts);
        sure.all(|condition| self.is_sure(condition)).then_some(())?;
        // An item that has no value fails, whatever is looked for.
        let of = self.of_row(&query.value, (table, query.slot))?;
        self.of(table, of)?;
        let looked_for = self.lower(item, frame);
        let equal = ExprKind::Compare(Box::new(query.value.clone()), vec![(CmpOp::Eq, item.clone())]);
        let whether = Expr { kind: equal, ty: expr.ty.clone(), span: expr.span };
        let turned = Turned::new(Kind::Any, &Query { value: whether, ..(**query).clone() }, true);
        let within = ExprKind::In(Box::new(item.clone()), Box::new(list.clone()), false);
        let expr = Expr { kind: within, ty: expr.ty.clone(), span: expr.span };
        let mut figure = self.walked(&expr, &turned, (&source, query), frame)?;
        figure.doubt = self.either(figure.doubt, looked_for.doubt);
        Some(figure)
    }

    /// Whether a list of all that is walked over is no longer than lists may be.
    fn is_listed(&self, source: &Source) -> bool {
        match source {
            Source::Table(table) => {
                self.engine.machine.dataset().len_of(*table) <= self.engine.machine.limits().list_items
            }
            Source::Listed(..) | Source::Given(_) => true,
        }
    }

    fn walked(
        &mut self,
        expr: &Expr,
        turned: &Turned,
        (source, query): (&Source, &Query),
        frame: &mut Vec<Figure>,
    ) -> Option<Figure> {
        // What rows are put in order by makes no other difference than that it may have no value: so may what
        // stands in a variable of the row walked for.
        let mut is_sure = |key: &Expr| free(key) == [query.slot] && self.is_sure(key);
        let is_free = turned.kind.is_ordered() || query.order.iter().all(|key| is_sure(&key.key));
        is_free.then_some(())?;
        if matches!(source, Source::Table(table) if self.engine.machine.dataset().len_of(*table) == 0) {
            return of_none(turned.kind).map(Figure::constant);
        }
        match self.deeper(turned, |s| s.walk_of(expr, turned, (source, query), frame))? {
            Walking::Known(figure) => Some(figure),
            Walking::Over(over) => {
                let kind = turned.kind;
                let (to, absent, doubt) = (self.reg(), self.mask(), self.mask());
                let walk = Box::new(over.walk);
                self.ops.push(Op::Walk { walk, to, absent, doubt });
                let doubt = self.either(Some(doubt), over.doubt);
                let what = self.result(kind, over.what, to, over.most)?;
                let may_be_none = matches!(kind, Kind::Least | Kind::Greatest | Kind::First | Kind::Last);
                Some(Figure { what, absent: may_be_none.then_some(absent), doubt })
            }
        }
    }

    /// Lowers what stands within a walk.
    pub(super) fn deeper<T>(&mut self, turned: &Turned, lower: impl FnOnce(&mut Self) -> T) -> T {
        let before = self.nesting;
        // The list stands a step deeper than what is made of it, and each of its conditions one deeper
        // than the next.
        self.nesting = before.saturating_add(1).saturating_add(turned.conditions.len());
        let lowered = lower(self);
        self.nesting = before;
        lowered
    }

    /// A walk over a list, or over the rows of a table that has some; none where it has no column form.
    pub(super) fn walk_of(
        &mut self,
        expr: &Expr,
        turned: &Turned,
        (source, query): (&Source, &Query),
        frame: &mut Vec<Figure>,
    ) -> Option<Walking> {
        let kind = turned.kind;
        let mut hoisted = Hoisted::new(frame.len().max(free_slot(expr)));
        let mut own = vec![query.slot];
        let mut conditions: Vec<(Expr, usize)> = Vec::new();
        for condition in &turned.conditions {
            let condition = hoisted.take_out(condition, &mut own, 0);
            conditions.push((condition, hoisted.parts.len()));
        }
        let order = query.order.iter().filter(|_| kind.is_ordered());
        let order: Vec<(Expr, bool)> =
            order.map(|k| (hoisted.take_out(&k.key, &mut own, 0), k.descending)).collect();
        let value = hoisted.take_out(&turned.value, &mut own, 0);
        // All that is read of the row walked for stands in these variables now.
        let mut inner = self.lower_hoisted(&hoisted, frame);
        let limit = self.engine.machine.limits().list_items;
        let (over, left, most, not_found, running) = match source {
            Source::Given(_) => return None,
            Source::Listed(reg, _) => {
                let left: Vec<Expr> = conditions.into_iter().map(|(condition, _)| condition).collect();
                (walk::Over::Items(*reg), left, limit, None, None)
            }
            Source::Table(table) => {
                let rows = self.engine.machine.dataset().len_of(*table);
                let of = (*table, query.slot);
                let Findable { found, left, doubt } =
                    self.findable(of, conditions, &mut inner, hoisted.slots());
                let is_indexed = found.iter().all(|way| !way.equal.is_empty());
                let ways: Vec<Way> =
                    found.into_iter().map(|way| way.indexed(&mut *self.engine, rows)).collect();
                let (most, running) = match ways.as_slice() {
                    [way] => {
                        let walk = (left.as_slice(), order.as_slice(), &value);
                        let running = self.running(kind, of, walk, &way.among);
                        (way.among.largest(way.equal.len()), running)
                    }
                    _ => (rows, None),
                };
                if running.is_none()
                    && !is_indexed
                    && let Some(figure) = self.referred(expr, frame, true)
                {
                    // Without an index many rows are looked at: once for all that ask for the same.
                    return Some(Walking::Known(figure));
                }
                (walk::Over::Rows(ways), left, most, doubt, running)
            }
        };
        let inside = match &running {
            Some((_, what)) => Inside::nothing(what.clone()),
            None => self.inside(kind, (source, query.slot), (&left, &order, &value), inner)?,
        };
        let idle = self.not_needed();
        let skip = self.either(idle, not_found);
        let walk = Walk {
            over,
            skip,
            running: running.map(|(running, _)| Arc::new(running)),
            sheet: inside.sheet,
            passes: inside.passes,
            doubt: inside.doubt,
            item: inside.item,
            absent: inside.absent,
            order: inside.order,
            kind,
            most: u64::try_from(limit).unwrap_or(u64::MAX),
            steps: self.engine.steps(),
        };
        Some(Walking::Over(Box::new(Over { walk, what: inside.what, most, doubt: not_found })))
    }

    /// The parts that were taken out of formulas, each in its variable.
    pub(super) fn lower_hoisted(&mut self, hoisted: &Hoisted, frame: &mut Vec<Figure>) -> Vec<Figure> {
        let mut inner = Vec::new();
        for ((part, depth), slot) in hoisted.parts.iter().zip(hoisted.slots()) {
            let figure = self.lower_at(part, *depth, frame);
            super::set(&mut inner, slot, figure);
        }
        inner
    }

    /// What a walk's results mean; a row without one holds 0.
    fn result(&mut self, kind: Kind, item: What, to: Reg, most: usize) -> Option<What> {
        let number = |range: Range, times: i128, over: i128| {
            Some(What::Number(Scaled { reg: to, range: range.cut(), times, over, by: None }))
        };
        let most = i128::try_from(most).ok()?;
        let zero = Range::one(0);
        match (kind, item) {
            (Kind::Count, _) => number(Range { low: 0, high: most }, 1, 1),
            (Kind::Sum, What::Number(n)) => {
                number(n.range.times(Range { low: 0, high: most }).join(zero), n.times, n.over)
            }
            (Kind::Any | Kind::All, _) => Some(What::Flag(self.is_set(to))),
            (Kind::Sum, _) => None,
            (Kind::List | Kind::Present, item) => Some(What::Listed(to, meaning_of(&item)?)),
            (_, What::Number(n)) => number(n.range.join(zero), n.times, n.over),
            (_, What::Date(day)) => {
                Some(What::Date(Day { reg: to, range: day.range.join(zero), moved: None }))
            }
            (Kind::First | Kind::Last, What::Flag(_)) => Some(What::Flag(self.is_set(to))),
            (Kind::First | Kind::Last, What::Code(_, values)) => Some(What::Code(to, values)),
            (Kind::First | Kind::Last, What::Row { table, .. }) => Some(What::Row { row: Some(to), table }),
            _ => None,
        }
    }

    /// Works out the pairs of a walk: what is left of its conditions, its order and its items.
    fn inside(
        &mut self,
        kind: Kind,
        of: (&Source, usize),
        (left, order, value): (&[Expr], &[(Expr, bool)], &Expr),
        mut frame: Vec<Figure>,
    ) -> Option<Inside> {
        self.in_registers_all(&mut frame);
        self.in_pairs(&frame, of, |s, frame| s.pairs(kind, (left, order, value), frame))
    }

    /// Rows that pass all conditions, and those in doubt.
    pub fn passing<'e>(
        &mut self,
        left: impl IntoIterator<Item = &'e Expr>,
        frame: &mut Vec<Figure>,
    ) -> (Truth, Option<Mask>) {
        let (mut passes, mut doubt) = (Truth::Known(true), None);
        for condition in left {
            if matches!(passes, Truth::Known(false)) {
                break;
            }
            let condition = self.lower(condition, frame);
            let (next, more) = self.truth(&condition);
            doubt = self.both_doubts(doubt, more, passes);
            passes = self.and(passes, next);
            self.under = match passes {
                Truth::By(mask) => vec![(mask, true)],
                Truth::Known(_) => Vec::new(),
            };
        }
        (passes, doubt)
    }

    fn pairs(
        &mut self,
        kind: Kind,
        (left, order, value): (&[Expr], &[(Expr, bool)], &Expr),
        frame: &mut Vec<Figure>,
    ) -> Option<Inside> {
        let (passes, doubt) = self.passing(left, frame);
        let (mut orders, doubt) = self.orders(order, frame, (passes, doubt))?;
        let Items { what, mut item, mut absent, mut doubt } =
            self.items(kind, value, frame, (passes, doubt))?;
        (!self.is_all(doubt)).then_some(())?;
        let mut passes = self.those_that(passes);
        let ops = std::mem::take(&mut self.ops);
        let mut kept = Kept::default();
        match &mut item {
            Item::Number(reg) => kept.regs.push(reg),
            Item::Flag(mask) => kept.masks.push(mask),
            Item::Nothing => {}
        }
        kept.regs.extend(orders.iter_mut().map(|(reg, _)| reg));
        kept.masks.extend(passes.as_mut());
        kept.masks.extend(doubt.as_mut());
        kept.masks.extend(absent.as_mut());
        let sheet = Sheet::new(ops, kept);
        Some(Inside { sheet, passes, doubt, item, absent, order: orders, what })
    }

    /// What those that pass are put in order by, each in descending order where it says so; in doubt is
    /// what was before, and of those that pass what is not known.
    pub fn orders(
        &mut self,
        order: &[(Expr, bool)],
        frame: &mut Vec<Figure>,
        (passes, mut doubt): (Truth, Option<Mask>),
    ) -> Option<(Vec<(Reg, bool)>, Option<Mask>)> {
        let mut orders = Vec::with_capacity(order.len());
        for (key, descending) in order {
            let key = self.order_key(key, frame);
            let key = self.present(&key);
            doubt = self.both_doubts(doubt, key.doubt, passes);
            match self.key(&Figure::sure(key.what), true)? {
                Key::Same => {}
                Key::Numbers(reg) => orders.push((reg, *descending)),
                Key::Text(_) => return None,
            }
        }
        Some((orders, doubt))
    }

    /// What rows are put in order by: texts, of which there may be many, by their places in their own order.
    fn order_key(&mut self, key: &Expr, frame: &mut Vec<Figure>) -> Figure {
        if let ExprKind::RowField(row, field) = &key.kind
            && *key.ty.required() == Type::Text
        {
            let row = self.lower(row, frame);
            let column = match row.what {
                What::Row { row: Some(_), table } => self.engine.field(table, *field),
                _ => None,
            };
            let places = column.filter(|column| *column.meaning() == Meaning::Text);
            if let Some(places) = places.and_then(|column| self.gather_places(&row, &column)) {
                return places;
            }
        }
        self.lower(key, frame)
    }

    /// The items of those that pass; in doubt is what was before, and of those that pass what is not known.
    pub(super) fn items(
        &mut self,
        kind: Kind,
        value: &Expr,
        frame: &mut Vec<Figure>,
        (passes, doubt): (Truth, Option<Mask>),
    ) -> Option<Items> {
        let figure = self.lower(value, frame);
        let mut doubt = self.both_doubts(doubt, figure.doubt, passes);
        let mut figure = Figure { doubt: None, ..figure };
        if !matches!(kind, Kind::Count | Kind::First | Kind::Last | Kind::Present) {
            figure = self.present(&figure);
            doubt = self.both_doubts(doubt, figure.doubt, passes);
        }
        let (what, item, more) = self.item(kind, figure.what)?;
        let doubt = self.both_doubts(doubt, more, passes);
        Some(Items { what, item, absent: figure.absent, doubt })
    }

    /// The mask of a condition; none where it holds for all.
    pub(super) fn those_that(&mut self, pass: Truth) -> Option<Mask> {
        match pass {
            Truth::Known(true) => None,
            Truth::Known(false) => Some(self.known(false)),
            Truth::By(mask) => Some(mask),
        }
    }

    /// Where items stand, and pairs for which that is not known.
    fn item(&mut self, kind: Kind, what: What) -> Option<(What, Item, Option<Mask>)> {
        if kind == Kind::Count {
            return Some((what, Item::Nothing, None));
        }
        let sure = |what: What, reg: Reg| Some((what, Item::Number(reg), None));
        match what {
            What::Const(Value::Bool(value)) => {
                let mask = self.known(value);
                Some((What::Flag(mask), Item::Flag(mask), None))
            }
            What::Flag(mask) => Some((What::Flag(mask), Item::Flag(mask), None)),
            _ if matches!(kind, Kind::Any | Kind::All) => None,
            What::Number(_) | What::Const(Value::Number(_)) => {
                let number = self.scaled(&what)?;
                let (number, doubt) = self.plain(number);
                let reg = number.reg;
                Some((What::Number(number), Item::Number(reg), doubt))
            }
            What::Date(_) | What::Const(Value::Date(_)) => {
                let day = self.day(&what)?;
                sure(What::Date(day), day.reg)
            }
            What::Row { row: Some(reg), table } => sure(What::Row { row: Some(reg), table }, reg),
            What::Code(reg, values) => sure(What::Code(reg, values), reg),
            What::Const(Value::Absent) => None,
            What::Const(_) => {
                let (reg, values) = self.code(&what);
                sure(What::Code(reg, values), reg)
            }
            _ => None,
        }
    }
}

/// What the numbers of items mean that stand in registers of their own.
pub(super) fn meaning_of(item: &What) -> Option<Meaning> {
    Some(match item {
        What::Number(number) => Meaning::Number {
            times: i64::try_from(number.times).ok()?,
            over: i64::try_from(number.over).ok()?,
        },
        What::Flag(_) => Meaning::Flag,
        What::Date(_) => Meaning::Date,
        What::Code(_, values) => Meaning::Code(Arc::clone(values)),
        What::Row { table, .. } => Meaning::Row(u32::try_from(*table).ok()?),
        _ => return None,
    })
}

/// What is made of no rows.
fn of_none(kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Sum | Kind::Count => Value::Number(crate::number::Num::ZERO),
        Kind::Any => Value::Bool(false),
        Kind::All => Value::Bool(true),
        Kind::Least | Kind::Greatest | Kind::First | Kind::Last => Value::Absent,
        Kind::List | Kind::Present => Value::List(Arc::default()),
    })
}

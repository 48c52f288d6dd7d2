//! Walks over the rows of a table within a formula about the rows of another, or of the same: what
//! equalities and bounds of their conditions say is found in an index, the rest is asked of those rows.

use super::Lowering;
use super::emit::Truth;
use super::figure::{Day, Figure, What};
use super::hoist::{Hoisted, free, free_slot};
use super::keys::Key;
use crate::columns::groups::{Groups, Keys};
use crate::columns::number::{Range, Scaled};
use crate::columns::program::{Is, Mask, Op, Reg};
use crate::columns::sheet::{Kept, Sheet};
use crate::columns::store::{Stored, gathered};
use crate::columns::walk::{Bound, Item, Kind, Running, Walk};
use crate::ir::{Expr, ExprKind, Query, conjuncts};
use crate::library::Builtin;
use crate::progress::Watched;
use crate::syntax::ast::CmpOp;
use crate::value::{Meaning, Packed, Part, Value};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How rows are found, as far as a walk's conditions say.
#[derive(Default)]
struct Found {
    keys: Vec<Keys>,
    equal: Vec<Reg>,
    /// The key of the bounds: the field or rule, and its numbers.
    bounded: Option<(Of, Keys)>,
    bounds: Vec<Bound>,
    /// Rows for which what is looked for is not known.
    doubt: Option<Mask>,
}

/// What of the rows walked over is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    Field(usize),
    Rule(crate::ir::RuleId),
}

/// What of the lowering belongs to the rows at hand.
struct Outside {
    ops: Vec<Op>,
    regs: usize,
    masks: usize,
    all: Option<Mask>,
    planes: BTreeMap<Reg, Vec<Truth>>,
    own_row: Option<Reg>,
    under: Vec<(Mask, bool)>,
    paired: bool,
}

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
struct Items {
    what: What,
    item: Item,
    /// Where there is none.
    absent: Option<Mask>,
    /// Where that is not known.
    doubt: Option<Mask>,
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
    /// What a function of the language makes of a walk, row by row.
    pub(super) fn walk(
        &mut self,
        expr: &Expr,
        builtin: &Builtin,
        walk: &Expr,
        frame: &mut Vec<Figure>,
    ) -> Figure {
        let ExprKind::Query(query) = &walk.kind else { return self.nothing() };
        let Some(kind) = Kind::of(builtin.name) else { return self.nothing() };
        let before = self.nesting;
        // The list stands a step deeper than what is made of it, and each of its conditions one deeper
        // than the next.
        let conditions = query.filter.iter().flat_map(conjuncts).count();
        self.nesting = before.saturating_add(1).saturating_add(conditions);
        let figure = self.walk_of(expr, kind, query, frame);
        self.nesting = before;
        figure.unwrap_or_else(|| self.nothing())
    }

    fn walk_of(&mut self, expr: &Expr, kind: Kind, query: &Query, frame: &mut Vec<Figure>) -> Option<Figure> {
        let ExprKind::Table(table) = query.source.kind else { return None };
        (query.order.is_empty() || kind.is_ordered()).then_some(())?;
        let rows = self.engine.machine.dataset().len_of(table);
        if rows == 0 {
            return of_none(kind).map(Figure::constant);
        }
        let mut hoisted = Hoisted::new(frame.len().max(free_slot(expr)));
        let mut own = vec![query.slot];
        let mut conditions: Vec<(Expr, usize)> = Vec::new();
        for condition in query.filter.iter().flat_map(conjuncts) {
            let condition = hoisted.take_out(condition, &mut own, 0);
            conditions.push((condition, hoisted.parts.len()));
        }
        let order: Vec<(Expr, bool)> =
            query.order.iter().map(|k| (hoisted.take_out(&k.key, &mut own, 0), k.descending)).collect();
        let value = hoisted.take_out(&query.value, &mut own, 0);
        // All that is read of the row walked for stands in these variables now.
        let mut inner = Vec::new();
        for ((part, depth), slot) in hoisted.parts.iter().zip(hoisted.slots()) {
            let before = self.nesting;
            self.nesting = before.saturating_add(*depth);
            let figure = self.lower(part, frame);
            self.nesting = before;
            super::set(&mut inner, slot, figure);
        }
        let (found, left) = self.findable((table, query.slot), conditions, &mut inner, hoisted.slots());
        let mut keys = found.keys;
        keys.extend(found.bounded.map(|(_, numbers)| numbers));
        let among = Arc::new(Groups::new(&keys, rows));
        let most = among.largest(found.equal.len());
        let running = self.running(kind, (table, query.slot), (&left, &value), &among);
        if running.is_none()
            && found.equal.is_empty()
            && let Some(figure) = self.referred(expr, frame, true)
        {
            // Without an index many rows are looked at: once for all that ask for the same.
            return Some(figure);
        }
        let inside = match &running {
            Some((_, what)) => Inside::nothing(what.clone()),
            None => self.inside(kind, (table, query.slot), (&left, &order, &value), inner)?,
        };
        let idle = self.not_needed();
        let skip = self.either(idle, found.doubt);
        let limit = u64::try_from(self.engine.machine.limits().list_items).unwrap_or(u64::MAX);
        let (to, absent, doubt) = (self.reg(), self.mask(), self.mask());
        let walk = Box::new(Walk {
            among,
            equal: found.equal,
            bounds: found.bounds,
            skip,
            running: running.map(|(running, _)| Arc::new(running)),
            sheet: inside.sheet,
            passes: inside.passes,
            doubt: inside.doubt,
            item: inside.item,
            absent: inside.absent,
            order: inside.order,
            kind,
            most: limit,
            steps: self.engine.steps(),
        });
        self.ops.push(Op::Walk { walk, to, absent, doubt });
        let doubt = self.either(Some(doubt), found.doubt);
        let what = self.result(kind, inside.what, to, most)?;
        let absent =
            matches!(kind, Kind::Least | Kind::Greatest | Kind::First | Kind::Last).then_some(absent);
        Some(Figure { what, absent, doubt })
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
            (Kind::Any | Kind::All, _) => Some(self.flag_of(to)),
            (Kind::Sum, _) => None,
            (_, What::Number(n)) => number(n.range.join(zero), n.times, n.over),
            (_, What::Date(day)) => {
                Some(What::Date(Day { reg: to, range: day.range.join(zero), moved: None }))
            }
            (Kind::First | Kind::Last, What::Flag(_)) => Some(self.flag_of(to)),
            (Kind::First | Kind::Last, What::Code(_, values)) => Some(What::Code(to, values)),
            (Kind::First | Kind::Last, What::Row { table, .. }) => Some(What::Row { row: Some(to), table }),
            _ => None,
        }
    }

    fn flag_of(&mut self, a: Reg) -> What {
        What::Flag(self.mask_op(|to| Op::CompareTo { a, is: Is::Equal, value: 1, to }))
    }

    /// The conditions that rows can be found by, and those that are left. Rows that are not found are
    /// never looked at, so that no condition before one of these may be without a value.
    fn findable(
        &mut self,
        (table, slot): (usize, usize),
        conditions: Vec<(Expr, usize)>,
        inner: &mut [Figure],
        parts: std::ops::Range<usize>,
    ) -> (Found, Vec<Expr>) {
        let mut found = Found::default();
        let (mut left, mut sure, mut needed) = (Vec::new(), true, 0);
        for (condition, parts_so_far) in conditions {
            if sure && self.find_by(&condition, (table, slot), inner, &mut found) {
                needed = parts_so_far;
                continue;
            }
            sure = sure && self.is_sure(&condition);
            left.push(condition);
        }
        for slot in parts.take(needed) {
            let Some(figure) = inner.get_mut(slot) else { continue };
            let doubt = figure.doubt.take();
            found.doubt = self.either(found.doubt, doubt);
        }
        (found, left)
    }

    /// Has rows found by a condition, where that says all that the condition does.
    fn find_by(
        &mut self,
        condition: &Expr,
        (table, slot): (usize, usize),
        inner: &[Figure],
        found: &mut Found,
    ) -> bool {
        let ExprKind::Compare(first, rest) = &condition.kind else { return false };
        let mut left = &**first;
        let mut pairs: Vec<(Of, CmpOp, &Figure)> = Vec::new();
        for (op, right) in rest {
            let pair =
                match (read_of(left, slot), known(left, inner), read_of(right, slot), known(right, inner)) {
                    (Some(of), _, _, Some(figure)) => Some((of, *op, figure)),
                    (_, Some(figure), Some(of), _) => Some((of, turned(*op), figure)),
                    _ => None,
                };
            let Some(pair) = pair else { return false };
            pairs.push(pair);
            left = right;
        }
        if let [(of, CmpOp::Eq, figure)] = pairs.as_slice() {
            return self.find_equal(table, *of, figure, found).is_some();
        }
        let bounds = |op: &CmpOp| matches!(op, CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge);
        if !pairs.iter().all(|(_, op, _)| bounds(op)) {
            return false;
        }
        let Some((of, ..)) = pairs.first().copied() else { return false };
        let one = pairs.iter().all(|(other, ..)| *other == of);
        let bounded = found.bounded.as_ref().is_none_or(|(known, _)| *known == of);
        one && bounded && self.find_within(table, of, &pairs, found).is_some()
    }

    fn find_equal(&mut self, table: usize, of: Of, figure: &Figure, found: &mut Found) -> Option<()> {
        let column = self.of(table, of)?;
        let figure = self.present(figure);
        let (reg, numbers, doubt) = self.joined(&figure.what, &column)?;
        let doubt = self.either(doubt, figure.doubt);
        found.doubt = self.either(found.doubt, doubt);
        found.keys.push(numbers);
        found.equal.push(reg);
        Some(())
    }

    fn find_within(
        &mut self,
        table: usize,
        of: Of,
        pairs: &[(Of, CmpOp, &Figure)],
        found: &mut Found,
    ) -> Option<()> {
        let column = self.of(table, of)?;
        let (mut bounds, mut doubts, mut key) = (Vec::new(), None, None);
        for (_, op, figure) in pairs {
            let figure = self.present(figure);
            // Codes, which tell texts and names apart, are in no order.
            matches!(
                (&figure.what, column.meaning()),
                (What::Date(_) | What::Const(Value::Date(_)), Meaning::Date)
                    | (What::Number(_) | What::Const(Value::Number(_)), Meaning::Number { .. })
            )
            .then_some(())?;
            let (reg, numbers, doubt) = self.joined(&figure.what, &column)?;
            let known = key.get_or_insert_with(|| numbers.clone());
            // All bounds must be in the same whole numbers.
            (*known == numbers).then_some(())?;
            if let Some((_, known)) = &found.bounded {
                (*known == numbers).then_some(())?;
            }
            let doubt = self.either(doubt, figure.doubt);
            doubts = self.either(doubts, doubt);
            let (above, strict) = (matches!(op, CmpOp::Lt | CmpOp::Le), matches!(op, CmpOp::Lt | CmpOp::Gt));
            bounds.push(Bound { reg, above, strict });
        }
        found.doubt = self.either(found.doubt, doubts);
        found.bounded = Some((of, key?));
        found.bounds.extend(bounds);
        Some(())
    }

    /// What is compared of the rows of a table, where all of it is packed.
    fn of(&mut self, table: usize, of: Of) -> Option<Arc<Packed>> {
        let column = match of {
            Of::Field(field) => self.engine.field(table, field),
            Of::Rule(rule) => self.engine.conclusions(rule),
        };
        column.filter(|c| !c.parts().iter().any(Part::has_odd))
    }

    /// Whether a condition has an answer whatever the row: it reads and compares, no more. What it reads
    /// of the row walked for is known beforehand.
    fn is_sure(&mut self, expr: &Expr) -> bool {
        let own = match &expr.kind {
            ExprKind::Const(_)
            | ExprKind::Local(_)
            | ExprKind::RowField(..)
            | ExprKind::IsPresent(..)
            | ExprKind::Not(_)
            | ExprKind::And(..)
            | ExprKind::Or(..)
            | ExprKind::Compare(..)
            | ExprKind::In(..)
            | ExprKind::List(_)
            | ExprKind::Otherwise(..)
            | ExprKind::If(..)
            | ExprKind::DateDifference(..) => true,
            ExprKind::RowRule(of, rule) => match of.ty.required() {
                crate::value::Type::Row(table) => self.of(*table, Of::Rule(*rule)).is_some(),
                _ => false,
            },
            _ => false,
        };
        let mut all = own;
        expr.children(&mut |child| all = all && self.is_sure(child));
        all
    }

    /// What runs of rows come to, where neither what is left of the conditions nor the items say anything
    /// of the row walked for: each row is then looked at once, however many it is walked over for.
    fn running(
        &mut self,
        kind: Kind,
        (table, slot): (usize, usize),
        (left, value): (&[Expr], &Expr),
        among: &Groups,
    ) -> Option<(Running, What)> {
        matches!(kind, Kind::Sum | Kind::Count | Kind::Any | Kind::All).then_some(())?;
        let alone = |expr: &Expr| free(expr).iter().all(|read| *read == slot);
        (left.iter().all(alone) && alone(value)).then_some(())?;
        let mut rows = Lowering::new(&mut *self.engine, table, self.nesting);
        let mut frame = Vec::new();
        super::set(&mut frame, slot, rows.own());
        let (passes, doubt) = rows.passing(left, &mut frame);
        let Items { what, item, doubt, .. } = rows.items(kind, value, &mut frame, (passes, doubt))?;
        (!rows.is_all(doubt)).then_some(())?;
        let mut stored = Vec::new();
        let mut store = |rows: &mut Lowering<'_, '_, '_>, what: What| {
            stored.push(Stored::new(&Figure::sure(what), rows)?);
            Some(stored.len().saturating_sub(1))
        };
        let passes = match rows.those_that(passes) {
            Some(mask) => Some(store(&mut rows, What::Flag(mask))?),
            None => None,
        };
        let doubt = match doubt {
            Some(mask) => Some(store(&mut rows, What::Flag(mask))?),
            None => None,
        };
        let item = match item {
            Item::Nothing => None,
            Item::Number(_) | Item::Flag(_) => Some(store(&mut rows, what.clone())?),
        };
        let ops = std::mem::take(&mut rows.ops);
        let columns = gathered(&mut *self.engine, table, ops, &mut stored, Watched::default())?;
        let column = |place: Option<usize>| place.and_then(|p| columns.get(p));
        let (passes, doubt, item) = (column(passes), column(doubt), column(item));
        let mut running = Running { totals: vec![0], counts: vec![0], doubts: vec![0] };
        let (mut total, mut count, mut doubts) = (0_i128, 0_u64, 0_u64);
        for row in among.in_order() {
            let number = |column: &Packed| column.number(*row as usize);
            if doubt.is_some_and(|doubt| number(doubt) == 1) {
                doubts = doubts.saturating_add(1);
            } else if passes.is_none_or(|passes| number(passes) == 1) {
                count = count.saturating_add(1);
                // Numbers of 64 bits, fewer than there are of those, cannot overflow 128.
                total = total.wrapping_add(item.map_or(0, number).into());
            }
            running.totals.push(total);
            running.counts.push(count);
            running.doubts.push(doubts);
        }
        Some((running, what))
    }

    /// Works out the pairs of a walk: what is left of its conditions, its order and its items.
    fn inside(
        &mut self,
        kind: Kind,
        (table, slot): (usize, usize),
        (left, order, value): (&[Expr], &[(Expr, bool)], &Expr),
        mut frame: Vec<Figure>,
    ) -> Option<Inside> {
        // What stands in no register of its own must stand in one to be brought inside.
        for figure in &mut frame {
            self.in_registers(figure);
        }
        let outside = Outside {
            ops: std::mem::take(&mut self.ops),
            regs: std::mem::take(&mut self.regs),
            masks: std::mem::take(&mut self.masks),
            all: self.all.take(),
            planes: std::mem::take(&mut self.planes),
            own_row: self.own_row.take(),
            under: std::mem::take(&mut self.under),
            paired: std::mem::replace(&mut self.paired, true),
        };
        for figure in &mut frame {
            *figure = self.brought(figure, outside.all);
        }
        let row = self.number_op(|to| Op::Inner { to });
        super::set(&mut frame, slot, Figure::sure(What::Row { row: Some(row), table }));
        let inside = self.pairs(kind, (left, order, value), &mut frame);
        self.ops = outside.ops;
        (self.regs, self.masks) = (outside.regs, outside.masks);
        (self.all, self.own_row, self.planes) = (outside.all, outside.own_row, outside.planes);
        (self.under, self.paired) = (outside.under, outside.paired);
        inside
    }

    /// Rows that pass all conditions, and those in doubt.
    fn passing(&mut self, left: &[Expr], frame: &mut Vec<Figure>) -> (Truth, Option<Mask>) {
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
        let (passes, mut doubt) = self.passing(left, frame);
        let mut orders = Vec::with_capacity(order.len());
        for (key, descending) in order {
            let key = self.lower(key, frame);
            let key = self.present(&key);
            doubt = self.both_doubts(doubt, key.doubt, passes);
            match self.key(&Figure::sure(key.what), true)? {
                Key::Same => {}
                Key::Numbers(reg) => orders.push((reg, *descending)),
                Key::Text(_) => return None,
            }
        }
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

    /// The items of those that pass; in doubt is what was before, and of those that pass what is not known.
    fn items(
        &mut self,
        kind: Kind,
        value: &Expr,
        frame: &mut Vec<Figure>,
        (passes, doubt): (Truth, Option<Mask>),
    ) -> Option<Items> {
        let figure = self.lower(value, frame);
        let mut doubt = self.both_doubts(doubt, figure.doubt, passes);
        let mut figure = Figure { doubt: None, ..figure };
        if !matches!(kind, Kind::Count | Kind::First | Kind::Last) {
            figure = self.present(&figure);
            doubt = self.both_doubts(doubt, figure.doubt, passes);
        }
        let (what, item, more) = self.item(kind, figure.what)?;
        let doubt = self.both_doubts(doubt, more, passes);
        Some(Items { what, item, absent: figure.absent, doubt })
    }

    /// The mask of a condition; none where it holds for all.
    fn those_that(&mut self, pass: Truth) -> Option<Mask> {
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

    /// Puts the row at hand into a register, within records too.
    fn in_registers(&mut self, figure: &mut Figure) {
        match &mut figure.what {
            What::Row { row: row @ None, table } => {
                *row = self.row_reg(&What::Row { row: None, table: *table });
            }
            What::Record(parts) | What::List(parts) => parts.iter_mut().for_each(|p| self.in_registers(p)),
            _ => {}
        }
    }

    /// A figure of the row walked for, as pairs see it; `all` was the mask of all rows there.
    fn brought(&mut self, figure: &Figure, all: Option<Mask>) -> Figure {
        if figure.doubt.is_some() && figure.doubt == all {
            return self.nothing();
        }
        let absent = figure.absent.map(|from| self.mask_op(|to| Op::OuterMask { from, to }));
        let doubt = figure.doubt.map(|from| self.mask_op(|to| Op::OuterMask { from, to }));
        let mut bring = |from: Reg| self.number_op(|to| Op::Outer { from, to });
        let what = match &figure.what {
            What::Const(value) => What::Const(value.clone()),
            What::Flag(from) => {
                let from = *from;
                What::Flag(self.mask_op(|to| Op::OuterMask { from, to }))
            }
            What::Number(n) => {
                let by = n.by.map(|(reg, range)| (bring(reg), range));
                What::Number(Scaled { reg: bring(n.reg), by, ..n.clone() })
            }
            What::Date(day) => {
                let moved = day.moved.map(|(reg, months)| (bring(reg), months));
                What::Date(Day { reg: bring(day.reg), moved, ..*day })
            }
            What::Code(reg, values) => What::Code(bring(*reg), Arc::clone(values)),
            What::Row { row: Some(reg), table } => What::Row { row: Some(bring(*reg)), table: *table },
            What::Record(parts) => What::Record(parts.iter().map(|p| self.brought(p, all)).collect()),
            What::List(parts) => What::List(parts.iter().map(|p| self.brought(p, all)).collect()),
            What::Row { row: None, .. } | What::Text(_) | What::Nothing => return self.nothing(),
        };
        Figure { what, absent, doubt }
    }
}

/// What is made of no rows.
fn of_none(kind: Kind) -> Option<Value> {
    Some(match kind {
        Kind::Sum | Kind::Count => Value::Number(crate::number::Num::ZERO),
        Kind::Any => Value::Bool(false),
        Kind::All => Value::Bool(true),
        Kind::Least | Kind::Greatest | Kind::First | Kind::Last => Value::Absent,
    })
}

/// What a formula reads of the row in a slot.
fn read_of(expr: &Expr, slot: usize) -> Option<Of> {
    let own = |row: &Expr| matches!(row.kind, ExprKind::Local(s) if s == slot);
    match &expr.kind {
        ExprKind::RowField(row, field) if own(row) => Some(Of::Field(*field)),
        ExprKind::RowRule(row, rule) if own(row) => Some(Of::Rule(*rule)),
        _ => None,
    }
}

/// What a formula is for the row walked for.
fn known<'f>(expr: &Expr, frame: &'f [Figure]) -> Option<&'f Figure> {
    match expr.kind {
        ExprKind::Local(slot) => frame.get(slot),
        _ => None,
    }
}

fn turned(op: CmpOp) -> CmpOp {
    match op {
        CmpOp::Lt => CmpOp::Gt,
        CmpOp::Le => CmpOp::Ge,
        CmpOp::Gt => CmpOp::Lt,
        CmpOp::Ge => CmpOp::Le,
        CmpOp::Eq | CmpOp::Ne => op,
    }
}

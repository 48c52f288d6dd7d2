//! Folds over the rows of a table, or a list, within a formula about the rows of a table. What a state
//! is held as is found by lowering a step until the next state is held as the one before.

use super::Lowering;
use super::figure::{Figure, What};
use super::hoist::{Hoisted, free_slot};
use super::pairs::Source;
use super::states::{State, Widen};
use super::turned::Turned;
use super::walks::{Over, Walking};
use crate::columns::fold::Fold;
use crate::columns::program::{Mask, Op, Reg};
use crate::columns::sheet::{Kept, Sheet};
use crate::columns::walk::Kind;
use crate::ir::{Expr, ExprKind, Query};
use crate::value::Type;

/// How often a step is lowered as it is, before what a state may be is taken to be anything.
const EXACTLY: usize = 2;
/// How often a step is lowered at most: what a state is held as has not come to rest then.
const MOST: usize = 6;

/// A step whose state is held as the state before.
struct Step {
    sheet: Sheet,
    next: Vec<Reg>,
    doubt: Option<Mask>,
}

/// What lowering a step came to.
enum Tried {
    /// The next state is held as the one before.
    Same(Step),
    /// It is held otherwise.
    Wider(State),
    /// It has no column form.
    Hopeless,
}

impl Lowering<'_, '_, '_> {
    /// The last state of a fold, row by row, or with `running` the list of its states.
    pub(super) fn fold(
        &mut self,
        expr: &Expr,
        (slot, initial): (usize, &Expr),
        (query, running): (&Query, bool),
        frame: &mut Vec<Figure>,
    ) -> Figure {
        let figure = self.fold_of(expr, (slot, initial), (query, running), frame);
        figure.unwrap_or_else(|| self.nothing())
    }

    fn fold_of(
        &mut self,
        expr: &Expr,
        (slot, initial): (usize, &Expr),
        (query, running): (&Query, bool),
        frame: &mut Vec<Figure>,
    ) -> Option<Figure> {
        let first = self.lower(initial, frame);
        let (source, unsure) = self.source(query, frame)?;
        let Type::List(item) = &query.source.ty else { return None };
        if matches!(source, Source::Table(table) if self.engine.machine.dataset().len_of(table) == 0) {
            return (!running).then_some(first);
        }
        // What is walked over for each row is the list of its rows.
        let row = Expr { kind: ExprKind::Local(query.slot), ty: (**item).clone(), span: query.source.span };
        let rows = Query { value: row, ..query.clone() };
        let turned = Turned::new(Kind::List, &rows, false);
        let Over { walk, doubt, .. } =
            match self.deeper(&turned, |s| s.walk_of(expr, &turned, (&source, &rows), frame))? {
                Walking::Known(figure) => return Some(figure),
                Walking::Over(over) => *over,
            };
        let doubt = self.either(doubt, unsure);
        let first = self.settled(first);
        // The steps are given what the list holds.
        let source = match source {
            Source::Listed(_, meaning) => Source::Given(meaning),
            source => source,
        };
        let mut hoisted = Hoisted::new(frame.len().max(free_slot(expr)));
        let value = hoisted.take_out(&query.value, &mut vec![slot, query.slot], 0);
        let mut inner = self.lower_hoisted(&hoisted, frame);
        self.in_registers_all(&mut inner);
        let state = State::of(&first)?;
        // Steps within steps are tried each time that those are.
        let exactly = if self.paired { 0 } else { EXACTLY };
        let (state, Step { sheet, next, doubt: unsure }) = self.deeper(&turned, |s| {
            let step = (slot, &value);
            s.in_pairs(&inner, (&source, query.slot), |s, frame| s.settled_step(state, exactly, step, frame))
        })?;
        let first = self.write_state(&state, &first)?;
        let doubt = self.either(doubt, first.doubt);
        let fold = Fold { rows: walk, first: first.regs, step: sheet, next, doubt: unsure, running };
        self.folded(fold, &state, doubt)
    }

    /// Lowers a step for pairs until the next state is held as the one before, which is then told too.
    fn settled_step(
        &mut self,
        mut state: State,
        exactly: usize,
        (slot, value): (usize, &Expr),
        frame: &mut Vec<Figure>,
    ) -> Option<(State, Step)> {
        // Walks that say nothing of the state are the same however it is held.
        let mut apart = Hoisted::new(frame.len().max(free_slot(value)).max(slot.saturating_add(1)));
        let value = apart.take_walks_out(value, &mut vec![slot]);
        for ((part, depth), slot) in apart.parts.iter().zip(apart.slots()) {
            let figure = self.lower_at(part, *depth, frame);
            super::set(frame, slot, figure);
        }
        let before = self.ops.len();
        let (all, planes, own_row) = (self.all, self.planes.clone(), self.own_row);
        for tried in 0..MOST {
            let widen = if tried < exactly { Widen::Exactly } else { Widen::Fully };
            match self.try_step(&state, widen, (slot, &value), frame) {
                Tried::Same(step) => return Some((state, step)),
                Tried::Wider(wider) => state = wider,
                Tried::Hopeless => return None,
            }
            self.ops.truncate(before);
            (self.all, self.planes, self.own_row) = (all, planes.clone(), own_row);
        }
        None
    }

    /// Adds a fold; what its states come to, with the rows in doubt before.
    fn folded(&mut self, fold: Fold, state: &State, doubt: Option<Mask>) -> Option<Figure> {
        let running = fold.running;
        let figures = if running { 1 } else { fold.next.len() };
        let (to, more): (Vec<Reg>, Mask) = ((0..figures).map(|_| self.reg()).collect(), self.mask());
        self.ops.push(Op::Fold { fold: Box::new(fold), to: to.clone(), doubt: more });
        let doubt = self.either(doubt, Some(more));
        if running {
            let what = What::Listed(*to.first()?, state.meaning()?);
            return Some(Figure { what, absent: None, doubt });
        }
        Some(Figure { doubt, ..self.read_state(state, to) })
    }

    /// Lowers a step for pairs whose state is held so.
    fn try_step(
        &mut self,
        state: &State,
        widen: Widen,
        (slot, value): (usize, &Expr),
        frame: &mut Vec<Figure>,
    ) -> Tried {
        let places = 0..state.places();
        let regs = places.map(|place| self.number_op(|to| Op::State { place, to })).collect();
        let before = self.read_state(state, regs);
        super::set(frame, slot, before);
        let next = self.lower(value, frame);
        if self.is_hopeless(&next) {
            return Tried::Hopeless;
        }
        let next = self.settled(next);
        match State::of(&next).and_then(|next| state.joined(&next, widen)) {
            None => Tried::Hopeless,
            Some(joined) if joined != *state => Tried::Wider(joined),
            Some(_) => self.step(state, &next).map_or(Tried::Hopeless, Tried::Same),
        }
    }

    fn step(&mut self, state: &State, next: &Figure) -> Option<Step> {
        let written = self.write_state(state, next)?;
        let (mut next, mut doubt) = (written.regs, written.doubt);
        let ops = std::mem::take(&mut self.ops);
        let mut kept = Kept::default();
        kept.regs.extend(next.iter_mut());
        kept.masks.extend(doubt.as_mut());
        let sheet = Sheet::new(ops, kept);
        Some(Step { sheet, next, doubt })
    }
}

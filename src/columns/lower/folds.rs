//! Folds over the rows of a table within a formula about the rows of another, or of the same. What a state
//! is held as is found by lowering a step until the next state is held as the one before.

use super::Lowering;
use super::figure::Figure;
use super::hoist::{Hoisted, free_slot};
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
    /// The last state of a fold, row by row.
    pub(super) fn fold(
        &mut self,
        expr: &Expr,
        (slot, initial): (usize, &Expr),
        query: &Query,
        frame: &mut Vec<Figure>,
    ) -> Figure {
        let figure = self.fold_of(expr, (slot, initial), query, frame);
        figure.unwrap_or_else(|| self.nothing())
    }

    fn fold_of(
        &mut self,
        expr: &Expr,
        (slot, initial): (usize, &Expr),
        query: &Query,
        frame: &mut Vec<Figure>,
    ) -> Option<Figure> {
        let ExprKind::Table(table) = query.source.kind else { return None };
        let first = self.lower(initial, frame);
        if self.engine.machine.dataset().len_of(table) == 0 {
            return Some(first);
        }
        // What is walked over for each row is the list of its rows.
        let row = Expr { kind: ExprKind::Local(query.slot), ty: Type::Row(table), span: query.source.span };
        let rows = Query { value: row, ..query.clone() };
        let turned = Turned::new(Kind::List, &rows, false);
        let Over { walk, doubt, .. } =
            match self.deeper(&turned, |s| s.walk_of(expr, &turned, &rows, frame))? {
                Walking::Known(figure) => return Some(figure),
                Walking::Over(over) => *over,
            };
        let first = self.settled(first);
        let mut hoisted = Hoisted::new(frame.len().max(free_slot(expr)));
        let value = hoisted.take_out(&query.value, &mut vec![slot, query.slot], 0);
        let mut inner = self.lower_hoisted(&hoisted, frame);
        self.in_registers_all(&mut inner);
        let mut state = State::of(&first)?;
        for tried in 0..MOST {
            let widen = if tried < EXACTLY { Widen::Exactly } else { Widen::Fully };
            let tried = self.deeper(&turned, |s| {
                let step = (slot, &value);
                s.in_pairs(&inner, (table, query.slot), |s, frame| s.try_step(&state, widen, step, frame))
            });
            match tried {
                Tried::Same(Step { sheet, next, doubt: unsure }) => {
                    let first = self.write_state(&state, &first)?;
                    let doubt = self.either(doubt, first.doubt);
                    let fold = Fold { rows: walk, first: first.regs, step: sheet, next, doubt: unsure };
                    let to: Vec<Reg> = fold.next.iter().map(|_| self.reg()).collect();
                    let more = self.mask();
                    self.ops.push(Op::Fold { fold: Box::new(fold), to: to.clone(), doubt: more });
                    let last = self.read_state(&state, to);
                    return Some(Figure { doubt: self.either(doubt, Some(more)), ..last });
                }
                Tried::Wider(wider) => state = wider,
                Tried::Hopeless => return None,
            }
        }
        None
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

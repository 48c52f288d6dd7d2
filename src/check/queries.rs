//! Types of walks over rows: queries and folds.

use super::context::{Context, broken};
use super::facts;
use super::fit::join;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Expr, ExprKind, OrderKey, Query};
use crate::library::is_ordered;
use crate::source::{Name, Span};
use crate::syntax::ast;
use crate::value::Type;

impl Context<'_> {
    /// Checks a walk; its value sees what `where` decides.
    ///
    /// A fold's state is known to its value alone: which rows there are, and their order, is settled
    /// before the first state is.
    fn walk(
        &mut self,
        query: &ast::Query,
        value_type: Option<&Type>,
        state: Option<(&Name, &Type)>,
    ) -> Option<(Query, usize)> {
        let source = self.present(&query.source, None, "`in`");
        let item = match &source.ty {
            Type::List(item) => (**item).clone(),
            Type::Never => {
                self.bind(&query.row, Type::Never);
                state.iter().for_each(|(name, ty)| {
                    self.bind(name, (*ty).clone());
                });
                let order = query.order.iter().map(|k| &k.key);
                self.touch(query.filter.iter().chain(order).chain([&query.value]));
                state.iter().for_each(|_| self.unbind(false));
                self.unbind(false);
                return None;
            }
            other => {
                let found = self.show(other);
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::WrongType,
                        format!("only a table or a list can be walked over, found `{found}`"),
                    )
                    .label(source.span, format!("this is `{found}`"))
                    .help("name an input table or a list after `in`"),
                );
                return None;
            }
        };
        let slot = self.bind(&query.row, item);
        let filter = query.filter.as_ref().map(|f| self.condition(f, "`where`"));
        let known = filter.as_ref().map(|f| facts::of_condition(f).0).unwrap_or_default();
        let (order, value, state_slot) = self.knowing(&known, |c| {
            let order: Vec<OrderKey> = query.order.iter().map(|k| c.order_key(k)).collect();
            let state_slot = state.map(|(name, ty)| c.bind(name, ty.clone()));
            let value = c.infer(&query.value, value_type);
            if state_slot.is_some() {
                c.unbind(true);
            }
            (order, value, state_slot)
        });
        self.unbind(true);
        Some((Query { slot, source, filter, order, value }, state_slot.unwrap_or(slot)))
    }

    fn order_key(&mut self, key: &ast::OrderKey) -> OrderKey {
        let checked = self.present(&key.key, None, "`order by`");
        if !is_ordered(&checked.ty) {
            let found = self.show(&checked.ty);
            self.diagnostics.push(
                Diagnostic::error(Code::WrongType, format!("`{found}` has no order"))
                    .label(checked.span, format!("this is `{found}`"))
                    .help("order by numbers, dates or text"),
            );
        }
        OrderKey { key: checked, descending: key.descending }
    }

    /// `[value for row in source ...]`; `item` is the type each value needs, where known.
    pub fn query(&mut self, query: &ast::Query, item: Option<&Type>, span: Span) -> Expr {
        match self.walk(query, item, None) {
            Some((query, _)) => {
                let ty = query.value.ty.clone().list();
                Expr { kind: ExprKind::Query(Box::new(query)), ty, span }
            }
            None => broken(span),
        }
    }

    /// `fold state = initial for row in source ... then next`.
    pub fn fold(
        &mut self,
        state: &Name,
        initial: &ast::Expr,
        query: &ast::Query,
        running: bool,
        expected: Option<&Type>,
        span: Span,
    ) -> Expr {
        let wanted = if running { None } else { expected };
        let initial = self.infer(initial, wanted);
        let mut ty = initial.ty.clone();
        // A first state such as `{ last: absent }` says less than the states after it: where the next
        // state's type is wider, the walk is checked once more with it.
        // Each pass settles one leaf of the state's type at least.
        for _ in 0..=leaves(&ty) {
            let before = self.diagnostics.len();
            let walked = self.walk(query, Some(&ty), Some((state, &ty)));
            let Some((walked, slot)) = walked else { return broken(span) };
            let Some(joined) = join(&ty, &walked.value.ty) else {
                let diagnostic = self.misfit(&walked.value.ty, &ty, walked.value.span, "the next state");
                return self.fault(diagnostic, span);
            };
            if joined == ty || !contains_absent(&ty) {
                if !super::fit::fits(&walked.value.ty, &ty) {
                    let diagnostic = self.misfit(&walked.value.ty, &ty, walked.value.span, "the next state");
                    return self.fault(diagnostic, span);
                }
                let result = if running { ty.list() } else { ty };
                let kind =
                    ExprKind::Fold { slot, initial: Box::new(initial), query: Box::new(walked), running };
                return Expr { kind, ty: result, span };
            }
            self.diagnostics.truncate(before);
            ty = joined;
        }
        let found = self.show(&ty);
        self.fault(
            Diagnostic::error(Code::WrongType, "the type of this state grows with every row")
                .label(span, format!("so far it is `{found}`"))
                .help("give the first state the same fields and types as the states after it"),
            span,
        )
    }
}

/// How many parts of a type can still become wider.
fn leaves(ty: &Type) -> usize {
    match ty {
        Type::List(item) | Type::Optional(item) => leaves(item).saturating_add(1),
        Type::Record(record) => record.fields.iter().map(|f| leaves(&f.ty)).fold(1, usize::saturating_add),
        _ => 2,
    }
}

fn contains_absent(ty: &Type) -> bool {
    match ty {
        Type::Absent | Type::Never => true,
        Type::List(item) | Type::Optional(item) => contains_absent(item),
        Type::Record(record) => record.fields.iter().any(|f| contains_absent(&f.ty)),
        _ => false,
    }
}

//! Texts of columns as their places in the order of them all: so they are compared, put in order, and read of
//! other rows than the one at hand.

use super::Lowering;
use super::alike::in_order;
use super::figure::{Figure, What};
use crate::columns::program::Reg;
use crate::value::{Packed, Part, Value};
use std::sync::Arc;

/// Different texts that a part of a formula may be one of, at most.
pub(super) const MOST_TEXTS: usize = 1 << 16;

/// The texts of a column.
#[derive(Clone)]
pub struct InOrder {
    column: Arc<Packed>,
    /// Each row's place.
    places: Arc<Packed>,
    /// The texts, where they are not too many.
    texts: Option<Arc<[Value]>>,
}

impl Lowering<'_, '_, '_> {
    /// The texts of the row at hand, as codes in their order.
    pub(super) fn texts_as_codes(&mut self, column: &Arc<Packed>) -> Option<What> {
        let InOrder { places, texts, .. } = self.in_order(column)?;
        let texts = texts?;
        let figure = self.load(&places);
        Some(What::Code(register(&figure)?, texts))
    }

    /// A column's texts of other rows.
    pub(super) fn gather_texts(&mut self, of: &Figure, column: &Arc<Packed>) -> Figure {
        let found = self.in_order(column).and_then(|known| Some((known.places, known.texts?)));
        let Some((places, texts)) = found else { return self.nothing() };
        let figure = self.gather(of, &places);
        match register(&figure) {
            Some(reg) => Figure { what: What::Code(reg, texts), ..figure },
            None => self.nothing(),
        }
    }

    /// The places of other rows' texts in the order of them all, however many there are.
    pub(super) fn gather_places(&mut self, of: &Figure, column: &Arc<Packed>) -> Option<Figure> {
        let places = self.in_order(column)?.places;
        Some(self.gather(of, &places))
    }

    /// None where the column is put away, or holds what is no text.
    fn in_order(&mut self, column: &Arc<Packed>) -> Option<InOrder> {
        if let Some(known) = self.in_order.iter().find(|known| Arc::ptr_eq(&known.column, column)) {
            return Some(known.clone());
        }
        (column.store().is_none() && !column.parts().iter().any(Part::has_odd)).then_some(())?;
        let (places, texts) = in_order(column)?;
        let texts = (texts.len() <= MOST_TEXTS).then(|| texts.into_iter().map(Value::Text).collect());
        let known = InOrder { column: Arc::clone(column), places: Arc::new(places), texts };
        self.in_order.push(known.clone());
        Some(known)
    }
}

fn register(figure: &Figure) -> Option<Reg> {
    match &figure.what {
        What::Number(number) => Some(number.reg),
        _ => None,
    }
}

//! The items that a walk goes over: those of a list; or rows of a table that has more of them than may be held
//! at a time, one after the other.

use super::Dataset;
use crate::value::{Bits, Long, Recent, Value};
use std::sync::Arc;

/// Items in order.
#[derive(Debug)]
pub enum Items {
    /// Of a list.
    List(Arc<[Value]>),
    /// Rows of a table.
    Rows(u32, Rows),
}

/// Rows by their numbers.
#[derive(Debug)]
pub enum Rows {
    /// So many, all that there are.
    All(u32),
    /// Those whose bits are set, and how many they are.
    Those(Bits, usize),
    /// In an order of their own.
    InOrder(Long<(u32,)>),
}

impl Items {
    /// All rows of a table.
    pub fn all_of(data: &Dataset, table: usize) -> Self {
        let rows = u32::try_from(data.len_of(table)).unwrap_or(u32::MAX);
        Self::Rows(u32::try_from(table).unwrap_or(u32::MAX), Rows::All(rows))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self {
            Self::List(items) => items.len(),
            Self::Rows(_, Rows::All(rows)) => *rows as usize,
            Self::Rows(_, Rows::Those(_, count)) => *count,
            Self::Rows(_, Rows::InOrder(rows)) => rows.len(),
        }
    }

    /// One after the other.
    pub fn iter(&self) -> Each<'_> {
        match self {
            Self::List(items) => Each::List(items.iter()),
            Self::Rows(table, rows) => {
                let table = *table;
                let row = move |row: u32| Value::Row { table, row };
                Each::Rows(match rows {
                    Rows::All(rows) => Box::new((0..*rows).map(row)),
                    Rows::Those(bits, _) => {
                        Box::new(bits.rows().map(move |at| row(u32::try_from(at).unwrap_or(u32::MAX))))
                    }
                    Rows::InOrder(rows) => {
                        let mut recent = Recent::default();
                        let place = move |place| rows.entry(place, &mut recent).map(|(at,)| row(at));
                        Box::new((0..rows.len()).map_while(place))
                    }
                })
            }
        }
    }
}

/// Items one after the other.
pub enum Each<'i> {
    /// Of a list.
    List(std::slice::Iter<'i, Value>),
    /// Rows.
    Rows(Box<dyn Iterator<Item = Value> + 'i>),
}

impl Iterator for Each<'_> {
    type Item = Value;

    fn next(&mut self) -> Option<Value> {
        match self {
            Self::List(items) => items.next().cloned(),
            Self::Rows(rows) => rows.next(),
        }
    }
}

//! A column packed while its values come, for tables that memory has no room for.

use super::packed::{meaning_of, segment};
use super::{Cells, Meaning, Packed, Part, Store};
use crate::value::{Type, Value};
use std::sync::Arc;

/// Values in the order of their rows, packed and put away a segment at a time.
#[derive(Debug)]
pub struct Gathered {
    store: Arc<dyn Store>,
    /// What numbers mean; none where each segment's values say it.
    meaning: Option<Meaning>,
    values: Vec<Option<Value>>,
    /// Rows of each segment that is still to come, the next one last.
    lengths: Vec<usize>,
    parts: Vec<(Meaning, Part)>,
}

impl Gathered {
    /// No values yet, of a type; `starts` are the first rows of the segments, and the number of rows.
    #[must_use]
    pub fn new(ty: &Type, starts: &[usize], store: &Arc<dyn Store>) -> Self {
        let meaning = match ty.required() {
            Type::Number(_) => None,
            Type::Bool => Some(Meaning::Flag),
            Type::Date => Some(Meaning::Date),
            Type::Text => Some(Meaning::Text),
            Type::Enum(names) => {
                Some(Meaning::Code(names.values.iter().cloned().map(Value::Symbol).collect()))
            }
            // No number stands for any other value.
            _ => Some(Meaning::Code(Arc::from([]))),
        };
        let lengths = starts.windows(2).rev().filter_map(|pair| match pair {
            [start, end] => end.checked_sub(*start),
            _ => None,
        });
        let (lengths, parts) = (lengths.collect(), Vec::new());
        Self { store: Arc::clone(store), meaning, values: Vec::new(), lengths, parts }
    }

    /// Adds a row's value; whether that was the last row of a segment, which then is out of memory.
    pub fn push(&mut self, value: Option<Value>) -> bool {
        self.values.push(value);
        let is_full = self.lengths.last() == Some(&self.values.len());
        if is_full {
            self.lengths.pop();
            self.close();
        }
        is_full
    }

    fn close(&mut self) {
        let one = || Meaning::Number { times: 1, over: 1 };
        let meaning = self.meaning.clone().unwrap_or_else(|| match meaning_of(&self.values) {
            Some(number @ Meaning::Number { .. }) => number,
            // Nothing but absent values.
            _ => one(),
        });
        let part = Part::stored(segment(&self.values, &meaning), Some(&self.store));
        self.parts.push((meaning, part));
        self.values.clear();
    }

    /// The column.
    #[must_use]
    pub fn finish(mut self) -> Cells {
        if !self.values.is_empty() {
            self.close();
        }
        Cells::Packed(Arc::new(Packed::joined(self.parts, Some(&self.store))))
    }
}

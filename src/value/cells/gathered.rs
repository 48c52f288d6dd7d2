//! A column packed while its values come, a segment at a time.

use super::packed::{meaning_of, segment};
use super::{Bits, Filling, Meaning, Packed, Part, Segment, Store, Texts};
use crate::value::{Type, Value};
use std::sync::Arc;

/// Lists and records of the rows of a segment so far.
#[derive(Debug, Default)]
struct Wholes {
    texts: Texts,
    absent: Vec<usize>,
    odd: Vec<(u32, Option<Value>)>,
    rows: usize,
}

impl Wholes {
    fn push(&mut self, value: Option<Value>) {
        let is_written = match &value {
            Some(Value::Absent) => {
                self.absent.push(self.rows);
                self.texts.push(b"");
                true
            }
            Some(value) => self.texts.push_whole(value),
            None => {
                self.texts.push(b"");
                false
            }
        };
        if !is_written {
            self.odd.push((u32::try_from(self.rows).unwrap_or(u32::MAX), value));
        }
        self.rows = self.rows.saturating_add(1);
    }

    fn finish(self) -> Segment {
        let mut absent = Bits::none(self.rows);
        self.absent.into_iter().for_each(|row| absent.set(row));
        Segment::new(Filling::Texts(&self.texts), Some(absent), self.odd)
    }
}

/// Values in the order of their rows, packed and, where there is a store, put away a segment at a time.
#[derive(Debug)]
pub struct Gathered {
    store: Option<Arc<dyn Store>>,
    /// What numbers mean; none where each segment's values say it.
    meaning: Option<Meaning>,
    values: Vec<Option<Value>>,
    /// Lists and records, which are written down as they come.
    wholes: Wholes,
    /// Rows of each segment that is still to come, the next one last.
    lengths: Vec<usize>,
    parts: Vec<(Meaning, Part)>,
}

impl Gathered {
    /// No values yet, of a type; `starts` are the first rows of the segments, and the number of rows.
    #[must_use]
    pub fn new(ty: &Type, starts: &[usize], store: Option<&Arc<dyn Store>>) -> Self {
        let meaning = match ty.required() {
            Type::Number(_) => None,
            Type::Bool => Some(Meaning::Flag),
            Type::Date => Some(Meaning::Date),
            Type::Text => Some(Meaning::Text),
            Type::Enum(names) => {
                Some(Meaning::Code(names.values.iter().cloned().map(Value::Symbol).collect()))
            }
            Type::Row(table) => u32::try_from(*table).ok().map(Meaning::Row),
            _ => Some(Meaning::Whole),
        };
        let lengths = starts.windows(2).rev().filter_map(|pair| match pair {
            [start, end] => end.checked_sub(*start),
            _ => None,
        });
        let (lengths, parts) = (lengths.collect(), Vec::new());
        Self { store: store.cloned(), meaning, values: Vec::new(), wholes: Wholes::default(), lengths, parts }
    }

    /// Adds a row's value; whether nothing is held of any now but its packed form.
    pub fn push(&mut self, value: Option<Value>) -> bool {
        let is_whole = self.meaning == Some(Meaning::Whole);
        if is_whole {
            self.wholes.push(value);
        } else {
            self.values.push(value);
        }
        let is_full = self.lengths.last() == Some(&self.rows());
        if is_full {
            self.lengths.pop();
            self.close();
        }
        is_full || is_whole
    }

    /// Rows of the segment so far.
    fn rows(&self) -> usize {
        self.values.len().saturating_add(self.wholes.rows)
    }

    fn close(&mut self) {
        if self.meaning == Some(Meaning::Whole) {
            let part = Part::stored(std::mem::take(&mut self.wholes).finish(), self.store.as_ref());
            return self.parts.push((Meaning::Whole, part));
        }
        let one = || Meaning::Number { times: 1, over: 1 };
        let meaning = self.meaning.clone().unwrap_or_else(|| match meaning_of(&self.values) {
            Some(number @ Meaning::Number { .. }) => number,
            // Nothing but absent values.
            _ => one(),
        });
        let part = Part::stored(segment(&self.values, &meaning), self.store.as_ref());
        self.parts.push((meaning, part));
        self.values.clear();
    }

    /// The column.
    #[must_use]
    pub fn finish(mut self) -> Packed {
        if self.rows() > 0 {
            self.close();
        }
        Packed::joined(self.parts, self.store.as_ref())
    }
}

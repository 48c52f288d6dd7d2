//! A packed column: whole numbers with what they mean.

use super::{Bits, encoded};
use super::{Filling, Held, Part, SEGMENT, Segment, Store, Texts};
use crate::number::Num;
use crate::value::Value;
use chrono::NaiveDate;
use std::sync::{Arc, Mutex, PoisonError};

/// Rows of a segment that was put away are read by themselves where there are fewer than one of so many.
const READ_ALONE: usize = 64;

/// What the whole numbers of a packed column mean.
#[derive(Clone, Debug, PartialEq)]
pub enum Meaning {
    /// 1 is `true`.
    Flag,
    /// The number times `times`, divided by `over`; both are positive.
    Number {
        /// The factor.
        times: i64,
        /// The divisor.
        over: i64,
    },
    /// Days from the first day of the year 1, which is 1.
    Date,
    /// A value by its place in a list.
    Code(Arc<[Value]>),
    /// A row of a table.
    Row(u32),
    /// Text, which no number stands for.
    Text,
    /// Lists and records, for which no number stands either: each is written down.
    Whole,
}

impl Meaning {
    /// The value that a number stands for.
    #[must_use]
    pub fn value(&self, number: i64) -> Option<Value> {
        Some(match self {
            Self::Flag => Value::Bool(number == 1),
            Self::Number { times, over } => Value::Number(Num::from_scaled_ratio(number, *times, *over)?),
            Self::Date => Value::Date(NaiveDate::from_num_days_from_ce_opt(i32::try_from(number).ok()?)?),
            Self::Code(values) => values.get(usize::try_from(number).ok()?)?.clone(),
            Self::Row(table) => Value::Row { table: *table, row: u32::try_from(number).ok()? },
            Self::Text | Self::Whole => return None,
        })
    }
}

/// A packed column.
#[derive(Clone, Debug)]
pub struct Packed {
    meaning: Meaning,
    parts: Vec<Part>,
    /// The first row of each part, and the number of rows at the end.
    starts: Vec<usize>,
    store: Option<Arc<dyn Store>>,
    last: Last,
}

/// What was read back last, for whoever takes one row after the other.
#[derive(Debug, Default)]
struct Last(Mutex<ReadBack>);

#[derive(Debug, Default)]
struct ReadBack {
    /// The part of which a row was read last.
    part: Option<usize>,
    /// A segment, and its part.
    segment: Option<(usize, Arc<Segment>)>,
}

impl Clone for Last {
    fn clone(&self) -> Self {
        Self::default()
    }
}

impl Packed {
    /// A column of segments in order, all in memory.
    #[must_use]
    pub fn new(meaning: Meaning, segments: Vec<Segment>) -> Self {
        Self::of_parts(meaning, segments.into_iter().map(Part::from).collect(), None)
    }

    /// A column of parts in order. Where there is a store, what is worked out from the column goes there too.
    #[must_use]
    pub fn of_parts(meaning: Meaning, mut parts: Vec<Part>, store: Option<Arc<dyn Store>>) -> Self {
        // What they were made of may have taken several times the room.
        parts.shrink_to_fit();
        let mut starts = vec![0_usize];
        for part in &parts {
            let before = starts.last().copied().unwrap_or(0);
            starts.push(before.saturating_add(part.len()));
        }
        Self { meaning, parts, starts, store, last: Last::default() }
    }

    /// A column of parts each with a meaning of its own, which differ in the divisor of their numbers
    /// alone: all are scaled to the greatest.
    #[must_use]
    pub fn joined(parts: Vec<(Meaning, Part)>, store: Option<&Arc<dyn Store>>) -> Self {
        let over = |meaning: &Meaning| match meaning {
            Meaning::Number { over, .. } => *over,
            _ => 1,
        };
        let most = parts.iter().map(|(meaning, _)| over(meaning)).max().unwrap_or(1);
        let meaning = parts.first().map_or(Meaning::Flag, |(meaning, _)| match meaning {
            Meaning::Number { times, .. } => Meaning::Number { times: *times, over: most },
            other => other.clone(),
        });
        let parts = parts
            .into_iter()
            .map(|(own, part)| match most.checked_div(over(&own)).unwrap_or(1) {
                1 => part,
                factor => Part::stored(part.into_segment().scaled(factor, &own), store),
            })
            .collect();
        Self::of_parts(meaning, parts, store.cloned())
    }

    /// What its numbers mean.
    #[must_use]
    pub fn meaning(&self) -> &Meaning {
        &self.meaning
    }

    /// Its parts.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Its segments one after the other, each read back where it was put away.
    pub fn segments(&self) -> impl Iterator<Item = Held<'_>> + '_ {
        self.parts.iter().map(Part::segment)
    }

    /// The first row of each segment, and the number of rows at the end.
    #[must_use]
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// Where segments go that memory has no room for.
    #[must_use]
    pub fn store(&self) -> Option<&Arc<dyn Store>> {
        self.store.as_ref()
    }

    /// The same column, whose parts can be given up one by one while others share it.
    #[must_use]
    pub fn lent(&self) -> Self {
        let parts = self.parts.iter().map(Part::lent).collect();
        Self::of_parts(self.meaning.clone(), parts, self.store.clone())
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.starts.last().copied().unwrap_or(0)
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A row's part, and its place in that.
    #[must_use]
    pub fn place(&self, row: usize) -> Option<(usize, usize)> {
        let index = self.starts.partition_point(|start| *start <= row).checked_sub(1)?;
        let start = self.starts.get(index)?;
        Some((index, row.checked_sub(*start)?))
    }

    /// A row's value; none where it has none, or where it was given up.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<Value> {
        let (index, at) = self.place(row)?;
        let part = self.parts.get(index).filter(|part| !part.is_gone())?;
        if part.store().is_none() {
            return self.value_of(&part.segment(), at);
        }
        let mut last = self.last.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((known, segment)) = &last.segment
            && *known == index
        {
            return self.value_of(segment, at);
        }
        // Of rows here and there each is read by itself; of rows that follow each other the segment is.
        if last.part.replace(index) != Some(index)
            && let Some(value) = self.alone(part, at)
        {
            return value;
        }
        let Held::Read(segment) = part.segment() else { return None };
        let value = self.value_of(&segment, at);
        last.segment = Some((index, segment));
        value
    }

    /// A row's value, read by itself; none where only the whole segment tells.
    fn alone(&self, part: &Part, at: usize) -> Option<Option<Value>> {
        match self.meaning {
            Meaning::Text | Meaning::Whole => {
                let Some(bytes) = part.text(at)? else { return Some(Some(Value::Absent)) };
                Some(if self.meaning == Meaning::Whole {
                    encoded::whole(&bytes)
                } else {
                    String::from_utf8(bytes).ok().map(|text| Value::Text(text.into()))
                })
            }
            _ => Some(part.number(at)?.map_or(Some(Value::Absent), |number| self.meaning.value(number))),
        }
    }

    /// The value of a row of one of its segments; none where it has none.
    #[must_use]
    pub fn value_of(&self, segment: &Segment, at: usize) -> Option<Value> {
        if let Some(odd) = segment.odd_at(at) {
            return odd.clone();
        }
        if segment.absent().is_some_and(|bits| bits.get(at)) {
            return Some(Value::Absent);
        }
        if self.meaning == Meaning::Text {
            return segment.text(at).map(|text| Value::Text(Arc::from(text)));
        }
        if self.meaning == Meaning::Whole {
            return segment.text_bytes(at).and_then(encoded::whole);
        }
        self.meaning.value(segment.number(at))
    }

    /// A row's number; 0 where there is no such row.
    #[must_use]
    pub fn number(&self, row: usize) -> i64 {
        let found = self.place(row).and_then(|(index, at)| {
            let part = self.parts.get(index)?;
            part.number(at)
                .map_or_else(|| Some(part.segment().number(at)), |number| Some(number.unwrap_or(0)))
        });
        found.unwrap_or(0)
    }

    /// Calls `each` with the number of each of some rows, by its place among them: none where the row is absent, and
    /// an outer none where it has no number. Of what is put away, rows that stand close together are read together.
    pub fn numbers_of(
        &self,
        rows: impl Iterator<Item = usize>,
        mut each: impl FnMut(usize, Option<Option<i64>>),
    ) {
        if self.store.is_none() {
            for (at, row) in rows.enumerate() {
                let place = self.place(row).and_then(|(index, row)| Some((self.parts.get(index)?, row)));
                each(at, place.and_then(|(part, row)| part.number(row)));
            }
            return;
        }
        let mut wanted: Vec<(usize, usize)> = rows.enumerate().map(|(at, row)| (row, at)).collect();
        wanted.sort_unstable();
        let mut left = wanted.as_slice();
        while let Some((row, at)) = left.first() {
            let found = self.place(*row).and_then(|(index, _)| {
                Some((
                    self.parts.get(index)?,
                    *self.starts.get(index)?,
                    *self.starts.get(index.checked_add(1)?)?,
                ))
            });
            let Some((part, start, end)) = found else {
                each(*at, None);
                left = left.get(1..).unwrap_or_default();
                continue;
            };
            let (own, later) = left.split_at(left.partition_point(|(row, _)| *row < end));
            left = later;
            if own.len().saturating_mul(READ_ALONE) < part.len() || part.store().is_none() {
                own.iter().for_each(|(row, at)| each(*at, part.number(row.saturating_sub(start))));
            } else {
                let held = part.segment();
                own.iter().for_each(|(row, at)| each(*at, held.number_at(row.saturating_sub(start))));
            }
        }
    }

    /// The numbers of some rows, in the order in which these are asked for; none where a row has none.
    #[must_use]
    pub fn numbers(&self, rows: impl ExactSizeIterator<Item = usize>) -> Vec<Option<i64>> {
        let mut numbers = vec![None; rows.len()];
        self.numbers_of(rows, |at, number| {
            if let Some(place) = numbers.get_mut(at) {
                *place = number.flatten();
            }
        });
        numbers
    }

    /// A row's text, of a column of texts in memory; none where it has none.
    #[must_use]
    pub fn text(&self, row: usize) -> Option<&str> {
        let (index, at) = self.place(row)?;
        match self.parts.get(index)?.segment() {
            Held::Own(segment) => segment.text(at),
            Held::Read(_) => None,
        }
    }

    /// Puts a value in place of a row's.
    pub fn set(&mut self, row: usize, value: Option<Value>) {
        if let Some((index, at)) = self.place(row) {
            self.revise(index, |segment| segment.set_odd(at, value));
        }
    }

    /// The column with what `found` gives for rows that are absent; none where it gives nothing for one.
    pub fn filled(&self, mut found: impl FnMut(usize) -> Option<Value>) -> Option<Self> {
        let mut parts = Vec::with_capacity(self.parts.len());
        for (part, start) in self.parts.iter().zip(&self.starts) {
            if !part.has_absent() && !part.has_odd() {
                parts.push((self.meaning.clone(), part.clone()));
                continue;
            }
            let held = part.segment();
            let mut values = Vec::with_capacity(part.len());
            for row in 0..part.len() {
                values.push(match self.value_of(&held, row) {
                    Some(Value::Absent) => Some(found(start.saturating_add(row))?),
                    other => other,
                });
            }
            let meaning = match (&self.meaning, meaning_of(&values)) {
                (Meaning::Number { .. }, Some(number @ Meaning::Number { .. })) => number,
                (own, _) => own.clone(),
            };
            let segment = segment(&values, &meaning);
            parts.push((meaning, Part::stored(segment, self.store.as_ref())));
        }
        Some(Self::joined(parts, self.store.as_ref()))
    }

    /// The column without some rows, which are in order.
    #[must_use]
    pub fn without(&self, rows: &[usize]) -> Self {
        let mut rows = rows;
        let mut parts = Vec::with_capacity(self.parts.len());
        for (part, start) in self.parts.iter().zip(&self.starts) {
            let end = start.saturating_add(part.len());
            let (own, later) = rows.split_at(rows.partition_point(|row| *row < end));
            rows = later;
            if own.is_empty() {
                parts.push(part.clone());
            } else if own.len() < part.len() {
                let own: Vec<usize> = own.iter().map(|row| row.saturating_sub(*start)).collect();
                parts.push(Part::stored(part.segment().without(&own), self.store.as_ref()));
            }
        }
        Self::of_parts(self.meaning.clone(), parts, self.store.clone())
    }

    /// Changes a segment.
    pub fn revise(&mut self, index: usize, change: impl FnOnce(&mut Segment)) {
        self.last = Last::default();
        if let Some(part) = self.parts.get_mut(index) {
            part.revise(change);
        }
    }

    /// The least and the greatest of its numbers, of rows that have one.
    #[must_use]
    pub fn extremes(&self) -> (i64, i64) {
        let ranges = self.parts.iter().map(Part::extremes);
        ranges.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))).unwrap_or((0, 0))
    }

    /// Packs values, as far as they are of one kind; none where this is none that is packed.
    #[must_use]
    pub fn of(values: &[Option<Value>], starts: Option<&[usize]>) -> Option<Self> {
        let meaning = meaning_of(values)?;
        let even: Vec<usize>;
        let starts = if let Some(starts) = starts {
            starts
        } else {
            even = (0..values.len()).step_by(SEGMENT).chain([values.len()]).collect();
            &even
        };
        let segments = starts.windows(2).filter_map(|pair| match pair {
            [start, end] => Some(segment(values.get(*start..*end)?, &meaning)),
            _ => None,
        });
        Some(Self::new(meaning.clone(), segments.collect()))
    }
}

/// Codes of one column, at most: more is no enumeration.
const MOST_CODES: usize = 4_096;

/// What numbers must mean to hold most of these values.
pub(super) fn meaning_of(values: &[Option<Value>]) -> Option<Meaning> {
    let first = values.iter().flatten().find(|v| **v != Value::Absent);
    Some(match first {
        // Nothing is known of a column without values: any meaning will do.
        None => Meaning::Flag,
        Some(Value::Bool(_)) => Meaning::Flag,
        Some(Value::Date(_)) => Meaning::Date,
        Some(Value::Number(_)) => {
            let decimals = values.iter().flatten().filter_map(|v| match v {
                Value::Number(n) => n.to_decimal().map(|d| d.scale()),
                _ => None,
            });
            // Beyond these, a value is odd.
            let scale = decimals.filter(|s| *s <= 9).max().unwrap_or(0);
            Meaning::Number { times: 1, over: 10_i64.checked_pow(scale)? }
        }
        Some(Value::Row { table, .. }) => Meaning::Row(*table),
        Some(Value::Text(_)) => Meaning::Text,
        Some(Value::Symbol(_)) => {
            let mut found: Vec<Value> = Vec::new();
            for value in values.iter().flatten().filter(|v| matches!(v, Value::Symbol(_))) {
                if !found.contains(value) && found.len() < MOST_CODES {
                    found.push(value.clone());
                }
            }
            Meaning::Code(found.into())
        }
        Some(_) => return None,
    })
}

/// The number that stands for a value, where one does.
pub(super) fn number_of(value: &Value, meaning: &Meaning) -> Option<i64> {
    use chrono::Datelike;
    match (value, meaning) {
        (Value::Bool(flag), Meaning::Flag) => Some(i64::from(*flag)),
        (Value::Date(date), Meaning::Date) => Some(date.num_days_from_ce().into()),
        (Value::Number(n), Meaning::Number { times: 1, over }) => n.times_whole(*over),
        (Value::Row { table, row }, Meaning::Row(of)) if table == of => Some((*row).into()),
        (value, Meaning::Code(values)) => {
            values.iter().position(|v| v == value).and_then(|code| i64::try_from(code).ok())
        }
        _ => None,
    }
}

/// Packs values under a meaning.
pub(super) fn segment(values: &[Option<Value>], meaning: &Meaning) -> Segment {
    let mut absent = Bits::none(values.len());
    let mut odd = Vec::new();
    let mut keep_odd = |row: usize, value: &Option<Value>| {
        odd.push((u32::try_from(row).unwrap_or(u32::MAX), value.clone()));
    };
    if matches!(meaning, Meaning::Text | Meaning::Whole) {
        let mut texts = Texts::default();
        for (row, value) in values.iter().enumerate() {
            match (value, meaning) {
                (Some(Value::Text(text)), Meaning::Text) => texts.push(text.as_bytes()),
                (Some(Value::Absent), _) => {
                    absent.set(row);
                    texts.push(b"");
                }
                (Some(value), Meaning::Whole) => {
                    if !texts.push_whole(value) {
                        keep_odd(row, &Some(value.clone()));
                    }
                }
                (other, _) => {
                    keep_odd(row, other);
                    texts.push(b"");
                }
            }
        }
        return Segment::new(Filling::Texts(&texts), Some(absent), odd);
    }
    let mut numbers = Vec::with_capacity(values.len());
    for (row, value) in values.iter().enumerate() {
        let number = match value {
            Some(Value::Absent) => {
                absent.set(row);
                0
            }
            other => other.as_ref().and_then(|v| number_of(v, meaning)).unwrap_or_else(|| {
                keep_odd(row, other);
                0
            }),
        };
        numbers.push(number);
    }
    if *meaning == Meaning::Flag {
        let mut flags = Bits::none(values.len());
        numbers.iter().enumerate().filter(|(_, n)| **n == 1).for_each(|(row, _)| flags.set(row));
        return Segment::new(Filling::Flags(flags, values.len()), Some(absent), odd);
    }
    Segment::new(Filling::Numbers(&numbers), Some(absent), odd)
}

//! A column as it grows, by the cells of some lines together or value by value.

use super::bounds::{Bounds, Cell, cell_of};
use super::cell::{self, Decimals, Habit, Name, POWERS};
use super::fours::{Dates, NamesOf, Numbers};
use super::numbers::Places;
use crate::data::extras::written;
use crate::data::{Place, Raw, RawKind, convert_cell, key_type};
use crate::ir::{ExprKind, Field, Program};
use crate::lanes::Lanes;
use crate::value::{Bits, Filling, Meaning, Placed, Presentation, Room, Stay, Texts, Type, Value};
use std::ops::Range;
use std::sync::Arc;

/// Cells that say what a column's are like.
const SOME: usize = 16;
/// Decimals that a column's numbers may share.
const FINEST: u32 = 9;

/// The first and the last value of a segment.
pub enum Ends {
    /// Its numbers.
    Numbers(i64, i64),
    /// Its texts.
    Texts(Box<[u8]>, Box<[u8]>),
}

/// A column's rows since its last segment.
pub struct Growing {
    ty: Type,
    default: Option<Value>,
    /// The default as a number of the column, once a row took it.
    default_number: Option<i64>,
    optional: bool,
    kind: Kind,
    /// Whether no two rows may have the same value.
    unique: bool,
    rows: usize,
    /// A number for each row, and then what is left of rows before; none of a column of texts.
    numbers: Vec<i64>,
    texts: Texts,
    absent: Vec<u32>,
    odd: Vec<(u32, Option<Value>)>,
    /// Cells that are not written as most are.
    others: Vec<(u32, Cell)>,
    /// The least and the greatest number so far; none where it is not known.
    range: Option<(i64, i64)>,
    /// Decimals from which a row's number is too large for others beside it, so that these are odd.
    too_fine: u32,
}

/// The range of no number.
const NOTHING: (i64, i64) = (i64::MAX, i64::MIN);

enum Kind {
    /// Numbers with so many decimals.
    Number(u32, Box<Decimals>),
    Date,
    /// `false` and `true`.
    Flag(Vec<Name>),
    /// Names, and the codes as values.
    Code(Vec<Name>, Arc<[Value]>),
    Text,
    /// Lists.
    Whole,
    /// Of a column that the plan does not know: text as it was written, carried through.
    Kept,
    /// Of a column that the plan does not know: nothing of it is kept.
    Passed,
}

impl Growing {
    /// A column without rows; none where its type is none that this reader takes.
    /// `is_key` says whether its values are those by which rows are known.
    pub fn new(program: &Program, field: &Field, is_key: bool) -> Option<Self> {
        // A reference is written as the key that it names.
        let ty = key_type(program, field.ty.required());
        let kind = match &ty {
            Type::Number(unit) => Kind::decimals(match unit.currency() {
                Some(code) => program.currencies.get(code).copied().unwrap_or(2).min(FINEST),
                None if unit.is_none() && unit.presentation() == Presentation::Percent => 4,
                None => 0,
            }),
            Type::Date => Kind::Date,
            Type::Bool => Kind::Flag(cell::flags()),
            Type::Text => Kind::Text,
            Type::Enum(names) => {
                let values = names.values.iter().cloned().map(Value::Symbol).collect();
                Kind::Code(names.values.iter().cloned().map(Name::new).collect(), values)
            }
            Type::List(_) => Kind::Whole,
            _ => return None,
        };
        // Where a default is worked out, rows without a value have none for now.
        let default = field.default.as_ref().map(|default| match &default.kind {
            ExprKind::Const(value) => Some(value.clone()),
            _ => None,
        });
        let is_optional = field.ty.is_optional() || default == Some(None);
        let unique = is_key || field.unique;
        Some(Self { unique, ..Self::of(kind, ty, default.flatten(), is_optional) })
    }

    /// A column that the plan does not know, kept or passed over.
    pub fn unknown(is_kept: bool) -> Self {
        Self::of(if is_kept { Kind::Kept } else { Kind::Passed }, Type::Text, None, true)
    }

    fn of(kind: Kind, ty: Type, default: Option<Value>, optional: bool) -> Self {
        Self {
            ty,
            default,
            default_number: None,
            optional,
            kind,
            unique: false,
            rows: 0,
            numbers: Vec::new(),
            texts: Texts::default(),
            absent: Vec::new(),
            odd: Vec::new(),
            others: Vec::new(),
            range: Some(NOTHING),
            too_fine: u32::MAX,
        }
    }

    /// Forgets its rows.
    pub fn clear(&mut self) {
        self.cut(0);
    }

    /// Forgets all rows but the first so many.
    pub fn cut(&mut self, rows: usize) {
        self.rows = self.rows.min(rows);
        self.texts.truncate(rows);
        self.absent.retain(|row| (*row as usize) < rows);
        self.odd.retain(|(row, _)| (*row as usize) < rows);
        self.others.clear();
        // What is gone may have been the greatest.
        (self.range, self.too_fine) = (None, u32::MAX);
    }

    /// Bytes of memory that its rows take, about.
    pub fn bytes(&self) -> usize {
        let texts = self.texts.size().saturating_add(self.absent.len().saturating_mul(4));
        let odd = self.odd.len().saturating_mul(size_of::<(u32, Option<Value>)>());
        let numbers = if self.is_text() { 0 } else { self.rows };
        numbers.saturating_mul(8).saturating_add(texts).saturating_add(odd)
    }

    /// Whether rows stand among the texts: as they are, or written down.
    fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Kept | Kind::Whole)
    }

    /// Takes the cells of a column of some lines, four at a time where the processor can. The text is UTF-8;
    /// `words` is room that serves again.
    pub fn cells(
        &mut self,
        text: &[u8],
        bounds: &Bounds,
        column: usize,
        rows: Range<usize>,
        (lanes, words): (Option<Lanes>, &mut Vec<u64>),
    ) -> Option<()> {
        let (first, count) = (self.rows, rows.len());
        let end = first.checked_add(count)?;
        if matches!(self.kind, Kind::Passed) {
            return Some(());
        }
        bounds.words(column, rows, words);
        let cells = words.get(..count)?.iter().map(|word| cell_of(*word));
        if matches!(self.kind, Kind::Whole) {
            return cells.into_iter().try_for_each(|cell| {
                let row = self.next();
                self.other(row, cell::bytes(text, cell)?)
            });
        }
        if self.is_text() {
            return self.texts(text, cells, bounds.quotes());
        }
        self.make_room(end);
        let may_be_absent = self.default.is_none() && self.optional;
        let mut unknown = NOTHING;
        let places = Places {
            range: self.range.as_mut().unwrap_or(&mut unknown),
            numbers: self.numbers.get_mut(first..end)?,
            first: u32::try_from(first).ok()?,
            absent: may_be_absent.then_some(&mut self.absent),
            others: &mut self.others,
        };
        match lanes {
            None => self.kind.read(places, text, cells),
            Some(lanes) => self.kind.read_fours((lanes, text), places, words),
        }
        self.rows = end;
        let others = std::mem::take(&mut self.others);
        for (row, cell) in &others {
            self.other(*row as usize, cell::bytes(text, *cell)?)?;
        }
        self.others = others;
        self.others.clear();
        Some(())
    }

    /// Takes cells of text.
    fn texts(&mut self, text: &[u8], cells: impl Iterator<Item = Cell> + Clone, quotes: bool) -> Option<()> {
        if !quotes && cells.clone().all(|(start, end)| start != end) {
            self.rows = self.rows.saturating_add(self.texts.extend(text, cells)?);
            return Some(());
        }
        for cell in cells {
            let cell = cell::bytes(text, cell)?;
            match cell.first() {
                Some(b'"') | None => {
                    let row = self.next();
                    self.other(row, cell)?;
                }
                _ => {
                    self.texts.push(cell);
                    self.rows = self.rows.saturating_add(1);
                }
            }
        }
        Some(())
    }

    /// Room for one row more; answers which.
    fn next(&mut self) -> usize {
        let row = self.rows;
        self.rows = self.rows.saturating_add(1);
        if !self.is_text() && !matches!(self.kind, Kind::Passed) {
            self.make_room(self.rows);
            if let Some(number) = self.numbers.get_mut(row) {
                *number = 0;
            }
        }
        row
    }

    /// Makes room for the numbers of so many rows.
    fn make_room(&mut self, rows: usize) {
        if self.numbers.len() < rows {
            self.numbers.resize(rows, 0);
        }
    }

    /// Takes a value of another format than CSV.
    pub fn value(&mut self, raw: &Raw) -> Option<()> {
        let value = match (&self.kind, &raw.kind) {
            (Kind::Passed, _) => return Some(()),
            (_, RawKind::Null) => return self.missing(),
            (Kind::Kept, _) => written(raw),
            _ => convert_cell(raw, &self.ty)?,
        };
        let row = self.next();
        self.put(row, &value);
        Some(())
    }

    /// A row's cell that is empty, or written in a less common way.
    fn other(&mut self, row: usize, cell: &[u8]) -> Option<()> {
        if cell.is_empty() {
            return self.absent(row);
        }
        if let Kind::Number(scale, _) = &self.kind
            && let Some(scaled) = cell::scaled(cell, *scale)
        {
            *self.numbers.get_mut(row)? = scaled;
            self.note(scaled);
            return Some(());
        }
        let unquoted;
        let cell = if cell.first() == Some(&b'"') {
            unquoted = cell::quoted(cell)?;
            &unquoted
        } else {
            cell
        };
        let text = std::str::from_utf8(cell).ok()?;
        if text.is_empty() {
            return self.absent(row);
        }
        let raw = Raw { kind: RawKind::Cell(Arc::from(text)), place: Place::default() };
        let value = convert_cell(&raw, &self.ty)?;
        self.put(row, &value);
        Some(())
    }

    /// A row more, without a cell of its own.
    pub fn missing(&mut self) -> Option<()> {
        if matches!(self.kind, Kind::Passed) {
            return Some(());
        }
        let row = self.next();
        self.absent(row)
    }

    /// A row without a cell of its own.
    fn absent(&mut self, row: usize) -> Option<()> {
        if let Some(number) = self.default_number {
            *self.numbers.get_mut(row)? = number;
            self.note(number);
            return Some(());
        }
        if let Some(default) = self.default.clone() {
            let odd = self.odd.len();
            self.put(row, &default);
            let is_number = !self.is_text() && default != Value::Absent && odd == self.odd.len();
            self.default_number = self.numbers.get(row).copied().filter(|_| is_number);
            return Some(());
        }
        self.optional.then_some(())?;
        if self.is_text() {
            self.texts.push(b"");
        }
        self.absent.push(u32::try_from(row).ok()?);
        Some(())
    }

    /// Rows of a column that the file does not have.
    pub fn fill(&mut self, rows: usize) -> Option<()> {
        let mut left = rows;
        while left > 0 && self.default_number.is_none() {
            self.missing()?;
            left = left.saturating_sub(1);
        }
        if let Some(number) = self.default_number.filter(|_| left > 0) {
            let (first, end) = (self.rows, self.rows.checked_add(left)?);
            self.make_room(end);
            self.numbers.get_mut(first..end)?.fill(number);
            self.rows = end;
            self.note(number);
        }
        Some(())
    }

    /// A row's value, for which there is room; of texts it is the last row.
    fn put(&mut self, row: usize, value: &Value) {
        let place = u32::try_from(row).unwrap_or(u32::MAX);
        match (&self.kind, value) {
            (Kind::Whole, value) if *value != Value::Absent => {
                if !self.texts.push_whole(value) {
                    self.odd.push((place, Some(value.clone())));
                }
                return;
            }
            (Kind::Text | Kind::Kept, Value::Text(text)) => return self.texts.push(text.as_bytes()),
            _ => {}
        }
        let number = match (&self.kind, value) {
            (_, Value::Absent) => {
                self.absent.push(place);
                Some(0)
            }
            (Kind::Number(scale, _), Value::Number(n)) => {
                let scale = *scale;
                self.rescaled(scale, n)
            }
            (Kind::Date, Value::Date(date)) => Some(chrono::Datelike::num_days_from_ce(date).into()),
            (Kind::Flag(_), Value::Bool(flag)) => Some(i64::from(*flag)),
            (Kind::Code(_, values), value) => {
                values.iter().position(|v| v == value).and_then(|c| i64::try_from(c).ok())
            }
            _ => None,
        };
        if number.is_none() {
            self.odd.push((place, Some(value.clone())));
        }
        if self.is_text() {
            self.texts.push(b"");
        } else if let (Some(number), Some(out)) = (number, self.numbers.get_mut(row)) {
            *out = number;
            if *value != Value::Absent {
                self.note(number);
            }
        }
    }

    /// Takes a number into the range.
    fn note(&mut self, number: i64) {
        if let Some((least, most)) = &mut self.range {
            (*least, *most) = ((*least).min(number), (*most).max(number));
        }
    }

    /// A number in the column's scale, which grows where the number has more decimals.
    fn rescaled(&mut self, scale: u32, n: &crate::number::Num) -> Option<i64> {
        let found = n.times_whole(*POWERS.get(scale as usize)?);
        if found.is_some() {
            return found;
        }
        let finer = n.to_decimal()?.scale();
        (finer > scale && finer <= FINEST && finer < self.too_fine).then_some(())?;
        let factor = *POWERS.get(finer.checked_sub(scale)? as usize)?;
        let found = n.times_whole(*POWERS.get(finer as usize)?)?;
        let rows = self.numbers.get(..self.rows)?;
        let scaled: Option<Vec<i64>> = rows.iter().map(|n| n.checked_mul(factor)).collect();
        if scaled.is_none() {
            // Asked for once, as long as the same rows are there.
            self.too_fine = finer;
        }
        self.numbers = scaled?;
        (self.range, self.default_number) = (None, None);
        self.kind = Kind::decimals(finer);
        Some(found)
    }

    /// The rows as a segment, with what its numbers mean, and its ends where its values ascend and must
    /// differ; the column then has none.
    pub fn finish(&mut self, room: &mut Room<'_>) -> (Meaning, Placed, Option<Ends>) {
        let rows = self.rows;
        let ends = self.ends();
        let absent = (!self.absent.is_empty()).then(|| {
            let mut bits = Bits::none(rows);
            self.absent.iter().for_each(|row| bits.set(*row as usize));
            bits
        });
        self.absent.clear();
        let odd = std::mem::take(&mut self.odd);
        let numbers = self.numbers.get(..rows).unwrap_or_default();
        self.too_fine = u32::MAX;
        let range = self.range.replace(NOTHING).filter(|(least, most)| least <= most);
        let ranged = range.map_or(Filling::Numbers(numbers), |range| Filling::Ranged(numbers, range));
        let (meaning, filling) = match &self.kind {
            Kind::Text | Kind::Kept => (Meaning::Text, Filling::Texts(&self.texts)),
            Kind::Passed => (Meaning::Date, Filling::Numbers(&[])),
            Kind::Whole => (Meaning::Whole, Filling::Texts(&self.texts)),
            Kind::Flag(_) => {
                let mut flags = Bits::none(rows);
                numbers.iter().enumerate().filter(|(_, n)| **n == 1).for_each(|(row, _)| flags.set(row));
                (Meaning::Flag, Filling::Flags(flags, rows))
            }
            Kind::Number(scale, _) => {
                let over = POWERS.get(*scale as usize).copied().unwrap_or(1);
                (Meaning::Number { times: 1, over }, ranged)
            }
            Kind::Date => (Meaning::Date, ranged),
            Kind::Code(_, values) => (Meaning::Code(Arc::clone(values)), ranged),
        };
        // Results need keys and what is passed on to the end, and texts are shared by rows until then.
        let stay = if self.unique || self.is_text() { Stay::Whole } else { Stay::Short };
        let segment = room.segment(stay, filling, absent, odd);
        self.texts.clear();
        self.rows = 0;
        (meaning, segment, ends)
    }

    /// The first and the last value, where values must differ and each is greater than the one before.
    fn ends(&self) -> Option<Ends> {
        (self.unique && self.absent.is_empty() && self.odd.is_empty()).then_some(())?;
        if self.is_text() {
            let texts = self.texts.look();
            let last = texts.len().checked_sub(1)?;
            return texts.ascend().then_some(Ends::Texts(texts.bytes(0)?.into(), texts.bytes(last)?.into()));
        }
        let numbers = self.numbers.get(..self.rows)?;
        let (first, last) = (*numbers.first()?, *numbers.last()?);
        numbers.is_sorted_by(|a, b| a < b).then_some(Ends::Numbers(first, last))
    }
}

impl Kind {
    /// Reads cells into their places.
    fn read(&mut self, places: Places<'_>, text: &[u8], cells: impl Iterator<Item = Cell> + Clone) {
        match self {
            // A loop for each, so that what the cells are like is asked once.
            Kind::Number(_, decimals) => match decimals.habit(text, cells.clone().take(SOME)) {
                Habit::Again => {
                    let left = places.fill(cells.clone(), |cell| decimals.again(text, cell));
                    left.finish(cells, |cell| decimals.learn(text, cell));
                }
                Habit::Whole => {
                    let left = places.fill(cells.clone(), |cell| decimals.whole(text, cell));
                    left.finish(cells, |cell| decimals.short(text, cell));
                }
                Habit::Mixed => {
                    places.fill(cells.clone(), |cell| decimals.short(text, cell)).finish(cells, |_| None);
                }
            },
            Kind::Date => places.fill(cells.clone(), |cell| cell::date(text, cell)).finish(cells, |_| None),
            Kind::Flag(names) | Kind::Code(names, _) => {
                places.fill(cells.clone(), |cell| cell::name(text, cell, names)).finish(cells, |_| None);
            }
            Kind::Text | Kind::Whole | Kind::Kept | Kind::Passed => {}
        }
    }

    /// Reads cells into their places, four at a time.
    fn read_fours(&mut self, of: (Lanes, &[u8]), places: Places<'_>, words: &[u64]) {
        let (lanes, text) = of;
        let cells = words.iter().map(|word| cell_of(*word));
        match self {
            Self::Number(_, decimals) => {
                let left = places.fill_fours(lanes, words, Numbers { of, factors: decimals.fours() });
                left.finish(cells, |_| None);
            }
            Self::Date => {
                let left = places.fill_fours(lanes, words, Dates { of });
                left.finish(cells, |cell| cell::date(text, cell));
            }
            Self::Flag(names) | Self::Code(names, _) => match NamesOf::new(of, names) {
                Some(few) => {
                    let left = places.fill_fours(lanes, words, few);
                    left.finish(cells, |cell| cell::name(text, cell, names));
                }
                None => self.read(places, text, cells),
            },
            Self::Text | Self::Whole | Self::Kept | Self::Passed => {}
        }
    }

    fn decimals(scale: u32) -> Self {
        Self::Number(scale, Box::new(Decimals::new(scale)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A column of a kind that stands for a type, with a default or without.
    fn column(which: usize, scale: u32, default: bool, optional: bool) -> Growing {
        let names = ["active", "left", "on_a_long_leave", "retired_by_agreement", "a"].map(Arc::<str>::from);
        let (kind, ty, value) = match which {
            0 => {
                let value = Value::Number(crate::number::Num::parse("7").unwrap());
                (Kind::decimals(scale), Type::Number(crate::value::Unit::none()), value)
            }
            1 => (Kind::Date, Type::Date, Value::Date(chrono::NaiveDate::from_ymd_opt(2001, 1, 2).unwrap())),
            2 => (Kind::Flag(cell::flags()), Type::Bool, Value::Bool(true)),
            _ => {
                let values = names.iter().cloned().map(Value::Symbol).collect();
                let ty = Type::Enum(Arc::new(crate::value::EnumType { values: names.to_vec() }));
                (Kind::Code(names.map(Name::new).into(), values), ty, Value::Symbol("left".into()))
            }
        };
        Growing::of(kind, ty, default.then_some(value), optional)
    }

    /// What a column holds of some lines, read in so many goes.
    fn held(
        mut column: Growing,
        text: &str,
        lanes: Option<Lanes>,
        goes: usize,
    ) -> Option<(Vec<Option<i64>>, String)> {
        let mut bounds = Bounds::default();
        bounds.find(text.as_bytes(), 0, 2, None)?;
        let rows = bounds.rows();
        let mut words = Vec::new();
        for go in 0..goes {
            let part = rows * go / goes..rows * (go + 1) / goes;
            column.cells(text.as_bytes(), &bounds, 1, part, (lanes, &mut words))?;
        }
        let gone: Vec<u32> =
            column.odd.iter().map(|(row, _)| *row).chain(column.absent.iter().copied()).collect();
        let number = |(row, n): (u32, &i64)| (!gone.contains(&row)).then_some(*n);
        let numbers = (0..).zip(&column.numbers).map(number).collect();
        Some((numbers, format!("{:?} {:?} {:?} {:?}", column.absent, column.odd, column.range, column.rows)))
    }

    proptest! {
        #[test]
        fn cells_are_read_four_at_a_time_as_one_by_one(
            which in 0_usize..4, scale in 0_u32..5, default: bool, optional: bool, goes in 1_usize..4,
            cells in proptest::collection::vec(
                prop_oneof![
                    6 => "[0-9]{1,9}(\\.[0-9]{1,3})?|[12][0-9]{3}-[01][0-9]-[0-3][0-9]|true|false|active|left|on_a_long_leave",
                    2 => "|[0-9]{9,17}|-[0-9]{1,4}|retired_by_agreement|2000-02-29|1900-02-29|a",
                    1 => "[0-9.ae-]{0,10}|actives?|lef|0.123456789|truE",
                ], 1..40),
        ) {
            // Cells of the column's own kind alone, most often.
            let is_own = |cell: &&String| match which {
                0 => cell.parse::<f64>().is_ok() || cell.is_empty(),
                1 => cell.len() == 10 || cell.is_empty(),
                2 => cell.starts_with(['t', 'f']) || cell.is_empty(),
                _ => cell.chars().all(|c| c.is_ascii_lowercase() || c == '_'),
            };
            for own in [true, false] {
                let cells: Vec<&String> = cells.iter().filter(|cell| !own || is_own(cell)).collect();
                let text: String = cells.iter().map(|cell| format!("x,{cell}\n")).collect();
                let read = |lanes| held(column(which, scale, default, optional), &text, lanes, goes);
                prop_assert_eq!(read(None), read(Lanes::find()));
            }
        }
    }
}

//! A column as it grows, cell by cell.

use super::cell::{self, Name};
use crate::data::extras::written;
use crate::data::{Place, Raw, RawKind, convert_cell};
use crate::ir::{ExprKind, Field, Program};
use crate::value::{Bits, Filling, Meaning, Presentation, SEGMENT, Segment, Texts, Type, Value};
use std::sync::Arc;

/// Decimals that a column's numbers may share.
const FINEST: u32 = 9;
/// 10 to the powers up to those.
const POWERS: [i64; 10] =
    [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000];

/// A column's rows since its last segment.
pub struct Growing {
    ty: Type,
    default: Option<Value>,
    optional: bool,
    kind: Kind,
    numbers: Vec<i64>,
    texts: Texts,
    absent: Vec<u32>,
    odd: Vec<(u32, Option<Value>)>,
}

enum Kind {
    /// Numbers with so many decimals.
    Number(u32),
    Date,
    Flag,
    /// Names, and the codes as values.
    Code(Vec<Name>, Arc<[Value]>),
    Text,
    /// Of a column that the plan does not know: text as it was written, carried through.
    Kept,
    /// Of a column that the plan does not know: nothing of it is kept.
    Passed,
}

impl Growing {
    /// A column without rows; none where its type is none that this reader takes.
    pub fn new(program: &Program, field: &Field) -> Option<Self> {
        let kind = match field.ty.required() {
            Type::Number(unit) => Kind::Number(match unit.currency() {
                Some(code) => program.currencies.get(code).copied().unwrap_or(2).min(FINEST),
                None if unit.is_none() && unit.presentation() == Presentation::Percent => 4,
                None => 0,
            }),
            Type::Date => Kind::Date,
            Type::Bool => Kind::Flag,
            Type::Text => Kind::Text,
            Type::Enum(names) => {
                let values = names.values.iter().cloned().map(Value::Symbol).collect();
                Kind::Code(names.values.iter().cloned().map(Name::new).collect(), values)
            }
            _ => return None,
        };
        let default = match &field.default {
            None => None,
            Some(default) => match &default.kind {
                ExprKind::Const(value) => Some(value.clone()),
                _ => return None,
            },
        };
        Some(Self {
            ty: field.ty.required().clone(),
            default,
            optional: field.ty.is_optional(),
            kind,
            numbers: Vec::with_capacity(SEGMENT),
            texts: Texts::default(),
            absent: Vec::new(),
            odd: Vec::new(),
        })
    }

    /// A column that the plan does not know, kept or passed over.
    pub fn unknown(is_kept: bool) -> Self {
        Self {
            ty: Type::Text,
            default: None,
            optional: true,
            kind: if is_kept { Kind::Kept } else { Kind::Passed },
            numbers: Vec::new(),
            texts: Texts::default(),
            absent: Vec::new(),
            odd: Vec::new(),
        }
    }

    fn is_text(&self) -> bool {
        matches!(self.kind, Kind::Text | Kind::Kept)
    }

    fn rows(&self) -> usize {
        if self.is_text() { self.texts.len() } else { self.numbers.len() }
    }

    /// Bytes of memory that its rows take, about.
    pub fn bytes(&self) -> usize {
        let texts = self.texts.size().saturating_add(self.absent.len().saturating_mul(4));
        let odd = self.odd.len().saturating_mul(size_of::<(u32, Option<Value>)>());
        self.numbers.len().saturating_mul(8).saturating_add(texts).saturating_add(odd)
    }

    /// Takes the cell that begins at a place; answers where it ends.
    #[inline]
    pub fn cell(&mut self, block: &[u8], at: usize) -> Option<usize> {
        match &mut self.kind {
            Kind::Number(scale) => {
                if let Some((value, decimals, end)) = cell::number(block, at)
                    && decimals <= *scale
                {
                    let up = scale.wrapping_sub(decimals);
                    let scaled = if up == 0 {
                        Some(value)
                    } else {
                        POWERS.get(up as usize).and_then(|p| value.checked_mul(*p))
                    };
                    if let Some(scaled) = scaled {
                        self.numbers.push(scaled);
                        return Some(end);
                    }
                }
            }
            Kind::Date => {
                if let Some((days, end)) = cell::date(block, at) {
                    self.numbers.push(days);
                    return Some(end);
                }
            }
            Kind::Code(names, _) => {
                if let Some((code, end)) = cell::name(block, at, names) {
                    self.numbers.push(code);
                    return Some(end);
                }
            }
            Kind::Text | Kind::Kept => {
                if let Some((text, end)) = cell::plain(block, at)
                    && !text.is_empty()
                {
                    if !text.is_ascii() {
                        std::str::from_utf8(text).ok()?;
                    }
                    self.texts.push(text);
                    return Some(end);
                }
            }
            Kind::Flag => {
                if let Some((flag, end)) = cell::flag(block, at) {
                    self.numbers.push(flag);
                    return Some(end);
                }
            }
            Kind::Passed => {
                let passed = cell::plain(block, at).map(|(_, end)| end);
                return passed.or_else(|| cell::quoted(block, at).map(|(_, end)| end));
            }
        }
        self.other(block, at)
    }

    /// Takes a value of another format than CSV.
    pub fn value(&mut self, raw: &Raw) -> Option<()> {
        let value = match (&self.kind, &raw.kind) {
            (Kind::Passed, _) => return Some(()),
            (_, RawKind::Null) => return self.missing(),
            (Kind::Kept, _) => written(raw),
            _ => convert_cell(raw, &self.ty)?,
        };
        self.put(&value);
        Some(())
    }

    /// A cell that is empty, or written in a less common way.
    fn other(&mut self, block: &[u8], at: usize) -> Option<usize> {
        if matches!(block.get(at), Some(b',' | b'\n' | b'\r')) {
            self.missing()?;
            return Some(at);
        }
        if block.get(at) == Some(&b'"') {
            let (text, end) = cell::quoted(block, at)?;
            let text = String::from_utf8(text).ok()?;
            self.written(&text)?;
            return Some(end);
        }
        let (text, end) = cell::plain(block, at)?;
        self.written(std::str::from_utf8(text).ok()?)?;
        Some(end)
    }

    fn written(&mut self, text: &str) -> Option<()> {
        if text.is_empty() {
            return self.missing();
        }
        let raw = Raw { kind: RawKind::Cell(Arc::from(text)), place: Place::default() };
        let value = convert_cell(&raw, &self.ty)?;
        self.put(&value);
        Some(())
    }

    /// A row without a cell of its own.
    pub fn missing(&mut self) -> Option<()> {
        if matches!(self.kind, Kind::Passed) {
            return Some(());
        }
        if self.default.is_none() && self.optional && !self.is_text() {
            self.absent.push(u32::try_from(self.numbers.len()).ok()?);
            self.numbers.push(0);
            return Some(());
        }
        if let Some(default) = self.default.clone() {
            self.put(&default);
            return Some(());
        }
        self.optional.then_some(())?;
        self.put(&Value::Absent);
        Some(())
    }

    /// Rows of a column that the file does not have.
    pub fn fill(&mut self, rows: usize) -> Option<()> {
        (0..rows).try_for_each(|_| self.missing())
    }

    fn put(&mut self, value: &Value) {
        let row = u32::try_from(self.rows()).unwrap_or(u32::MAX);
        if let (true, Value::Text(text)) = (self.is_text(), value) {
            return self.texts.push(text.as_bytes());
        }
        let number = match (&self.kind, value) {
            (_, Value::Absent) => {
                self.absent.push(row);
                Some(0)
            }
            (Kind::Number(scale), Value::Number(n)) => {
                let scale = *scale;
                self.rescaled(scale, n)
            }
            (Kind::Date, Value::Date(date)) => Some(chrono::Datelike::num_days_from_ce(date).into()),
            (Kind::Flag, Value::Bool(flag)) => Some(i64::from(*flag)),
            (Kind::Code(_, values), value) => {
                values.iter().position(|v| v == value).and_then(|c| i64::try_from(c).ok())
            }
            _ => None,
        };
        if number.is_none() {
            self.odd.push((row, Some(value.clone())));
        }
        if self.is_text() {
            self.texts.push(b"");
        } else {
            self.numbers.push(number.unwrap_or(0));
        }
    }

    /// A number in the column's scale, which grows where the number has more decimals.
    fn rescaled(&mut self, scale: u32, n: &crate::number::Num) -> Option<i64> {
        let found = n.times_whole(*POWERS.get(scale as usize)?);
        if found.is_some() {
            return found;
        }
        let finer = n.to_decimal()?.scale();
        (finer > scale && finer <= FINEST).then_some(())?;
        let factor = *POWERS.get(finer.checked_sub(scale)? as usize)?;
        let found = n.times_whole(*POWERS.get(finer as usize)?)?;
        let scaled: Vec<i64> = self.numbers.iter().map(|n| n.checked_mul(factor)).collect::<Option<_>>()?;
        self.numbers = scaled;
        self.kind = Kind::Number(finer);
        Some(found)
    }

    /// The rows as a segment; the column then has none.
    pub fn finish(&mut self) -> (Meaning, Segment) {
        let rows = self.rows();
        let absent = (!self.absent.is_empty()).then(|| {
            let mut bits = Bits::none(rows);
            self.absent.iter().for_each(|row| bits.set(*row as usize));
            bits
        });
        self.absent.clear();
        let odd = std::mem::take(&mut self.odd);
        let (meaning, filling) = match &self.kind {
            Kind::Text | Kind::Kept => (Meaning::Text, Filling::Texts(std::mem::take(&mut self.texts))),
            Kind::Passed => (Meaning::Date, Filling::Numbers(&[])),
            Kind::Flag => {
                let mut flags = Bits::none(rows);
                self.numbers.iter().enumerate().filter(|(_, n)| **n == 1).for_each(|(row, _)| flags.set(row));
                (Meaning::Flag, Filling::Flags(flags, rows))
            }
            Kind::Number(scale) => {
                let over = POWERS.get(*scale as usize).copied().unwrap_or(1);
                (Meaning::Number { times: 1, over }, Filling::Numbers(&self.numbers))
            }
            Kind::Date => (Meaning::Date, Filling::Numbers(&self.numbers)),
            Kind::Code(_, values) => (Meaning::Code(Arc::clone(values)), Filling::Numbers(&self.numbers)),
        };
        let segment = Segment::new(filling, absent, odd);
        self.numbers.clear();
        (meaning, segment)
    }
}

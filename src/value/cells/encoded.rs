//! Segments as bytes, for a store: what stands in front tells how many rows and which numbers, so that
//! the bytes are those of words, bits and odd values alone. Lists and records stand as bytes in any segment.

use super::{Bits, Texts};
use crate::number::Num;
use crate::value::Value;
use chrono::{Datelike, NaiveDate};
use rust_decimal::Decimal;
use std::sync::Arc;

/// Reads one thing after the other.
#[derive(Debug)]
pub(super) struct Reader<'a>(pub(super) &'a [u8]);

impl<'a> Reader<'a> {
    pub(super) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (first, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(first)
    }

    pub(super) fn bytes<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    /// Whole numbers of so many bytes each.
    pub(super) fn words<T, const N: usize>(&mut self, rows: usize, of: fn([u8; N]) -> T) -> Option<Box<[T]>> {
        let bytes = self.take(rows.checked_mul(N)?)?;
        let (chunks, _) = bytes.as_chunks::<N>();
        Some(chunks.iter().map(|chunk| of(*chunk)).collect())
    }

    pub(super) fn bits(&mut self, rows: usize) -> Option<Bits> {
        self.words(rows.div_ceil(64), u64::from_le_bytes).map(|words| Bits::from_words(words.into()))
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.bytes()?)).ok()
    }

    fn text(&mut self) -> Option<&'a str> {
        let length = self.length()?;
        std::str::from_utf8(self.take(length)?).ok()
    }

    /// Odd rows, as [`put_odd`] writes them.
    pub(super) fn odd(&mut self) -> Option<Vec<(u32, Option<Value>)>> {
        let mut odd = Vec::new();
        for _ in 0..self.length()? {
            let row = u32::from_le_bytes(self.bytes()?);
            odd.push((row, self.maybe()?));
        }
        Some(odd)
    }

    fn maybe(&mut self) -> Option<Option<Value>> {
        let [tag] = self.bytes()?;
        Some(Some(match tag {
            0 => return Some(None),
            1 => Value::Absent,
            2 => Value::Bool(false),
            3 => Value::Bool(true),
            4 => Value::Number(Num::parse(self.text()?).ok()?),
            5 => Value::Text(Arc::from(self.text()?)),
            6 => Value::Date(NaiveDate::from_num_days_from_ce_opt(i32::from_le_bytes(self.bytes()?))?),
            7 => Value::Symbol(Arc::from(self.text()?)),
            8 => Value::Record(self.several()?),
            9 => Value::List(self.several()?),
            10 => {
                let table = u32::from_le_bytes(self.bytes()?);
                Value::Row { table, row: u32::from_le_bytes(self.bytes()?) }
            }
            11 => Value::Calendar(u32::from_le_bytes(self.bytes()?)),
            12 => {
                let [scale] = self.bytes()?;
                let digits = i64::from_le_bytes(self.bytes()?);
                Value::Number(Num::from_decimal(Decimal::try_new(digits, scale.into()).ok()?))
            }
            _ => return None,
        }))
    }

    fn several(&mut self) -> Option<Arc<[Value]>> {
        let count = self.length()?;
        (0..count).map(|_| self.maybe().flatten()).collect()
    }
}

impl Texts {
    /// Adds a list or a record as bytes; nothing stands there where it has no such form, and the answer is no.
    pub fn push_whole(&mut self, value: &Value) -> bool {
        let mut bytes = Vec::new();
        let has_room = |bytes: &Vec<u8>| u32::try_from(self.size().saturating_add(bytes.len())).is_ok();
        let is_whole = put_value(value, &mut bytes).is_some() && has_room(&bytes);
        self.push(if is_whole { &bytes } else { &[] });
        is_whole
    }
}

/// The list or record that some bytes stand for, as [`Texts::push_whole`] adds them.
pub(super) fn whole(bytes: &[u8]) -> Option<Value> {
    Reader(bytes).maybe().flatten()
}

/// Adds a value as bytes; nothing where it has no such form.
pub fn write_down(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    put_value(value, out)
}

/// The values that some bytes stand for, as [`write_down`] adds them.
pub fn read_back(bytes: &[u8]) -> impl Iterator<Item = Value> + '_ {
    let mut reader = Reader(bytes);
    std::iter::from_fn(move || reader.maybe().flatten())
}

/// Adds words of bits.
pub(super) fn put_bits(bits: &Bits, out: &mut Vec<u8>) {
    bits.words().iter().for_each(|word| out.extend_from_slice(&word.to_le_bytes()));
}

/// Adds odd rows; nothing where one has no form as bytes.
pub(super) fn put_odd(odd: &[(u32, Option<Value>)], out: &mut Vec<u8>) -> Option<()> {
    put_length(odd.len(), out)?;
    odd.iter().try_for_each(|(row, value)| {
        out.extend_from_slice(&row.to_le_bytes());
        match value {
            None => out.push(0),
            Some(value) => put_value(value, out)?,
        }
        Some(())
    })
}

fn put_length(length: usize, out: &mut Vec<u8>) -> Option<()> {
    out.extend_from_slice(&u32::try_from(length).ok()?.to_le_bytes());
    Some(())
}

fn put_text(tag: u8, text: &str, out: &mut Vec<u8>) -> Option<()> {
    out.push(tag);
    put_length(text.len(), out)?;
    out.extend_from_slice(text.as_bytes());
    Some(())
}

/// Adds a value. Values nest no deeper than their types do.
fn put_value(value: &Value, out: &mut Vec<u8>) -> Option<()> {
    match value {
        Value::Absent => out.push(1),
        Value::Bool(flag) => out.push(if *flag { 3 } else { 2 }),
        // Most have few digits, and need not be written out.
        Value::Number(n) if let Some((digits, scale)) = short(n) => {
            out.extend_from_slice(&[12, scale]);
            out.extend_from_slice(&digits.to_le_bytes());
        }
        Value::Number(n) => {
            let text = n.to_string();
            // The longest are not read back.
            Num::parse(&text).is_ok_and(|again| again == *n).then_some(())?;
            put_text(4, &text, out)?;
        }
        Value::Text(text) => put_text(5, text, out)?,
        Value::Date(date) => {
            out.push(6);
            out.extend_from_slice(&date.num_days_from_ce().to_le_bytes());
        }
        Value::Symbol(name) => put_text(7, name, out)?,
        Value::Record(values) => put_several(8, values, out)?,
        Value::List(values) => put_several(9, values, out)?,
        Value::Row { table, row } => {
            out.push(10);
            out.extend_from_slice(&table.to_le_bytes());
            out.extend_from_slice(&row.to_le_bytes());
        }
        Value::Calendar(index) => {
            out.push(11);
            out.extend_from_slice(&index.to_le_bytes());
        }
    }
    Some(())
}

/// The digits of a decimal as a whole number, and how many of them stand behind the point.
fn short(n: &Num) -> Option<(i64, u8)> {
    let decimal = n.to_decimal()?;
    Some((i64::try_from(decimal.mantissa()).ok()?, u8::try_from(decimal.scale()).ok()?))
}

fn put_several(tag: u8, values: &[Value], out: &mut Vec<u8>) -> Option<()> {
    out.push(tag);
    put_length(values.len(), out)?;
    values.iter().try_for_each(|value| put_value(value, out))
}

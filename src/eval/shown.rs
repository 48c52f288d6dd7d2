//! Values in the forms that results and readers take.

use super::{Choices, Dataset};
use crate::ir::Program;
use crate::number::{Num, RoundingMode};
use crate::value::{Presentation, Type, Value, row_key};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use std::sync::Arc;

/// Something together with the plan and the data that it speaks of.
#[derive(Clone, Debug)]
pub struct Faced<T> {
    /// The plan.
    pub program: Arc<Program>,
    /// The data.
    pub data: Arc<Dataset>,
    /// The readings and the date chosen.
    pub choices: Choices,
    /// What it is.
    pub value: T,
}

impl<T> Faced<T> {
    /// A value of the plan or its data with what is needed to write it.
    pub fn shown<'a>(&'a self, ty: &'a Type, value: &'a Value) -> Shown<'a> {
        Shown { program: &self.program, data: &self.data, ty, value }
    }
}

/// A value with what is needed to write it.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The plan.
    pub program: &'a Program,
    /// The data.
    pub data: &'a Dataset,
    /// The value's type.
    pub ty: &'a Type,
    /// The value.
    pub value: &'a Value,
}

/// The key of a row, fields of a composite key joined by ` / `.
#[must_use]
pub fn row_label(program: &Program, data: &Dataset, table: usize, row: u32) -> String {
    row_key::joined(&row_key_of(program, data, table, row))
}

/// The fields of a row's key.
#[must_use]
pub fn row_key_of(program: &Program, data: &Dataset, table: usize, row: u32) -> Vec<String> {
    let Some(info) = program.tables.get(table) else { return Vec::new() };
    let part = |key: &usize| {
        let field = info.fields.get(*key)?;
        let value = data.cell(table, row, *key)?;
        Some(Shown { program, data, ty: &field.ty, value: &value }.plain())
    };
    info.key.iter().filter_map(part).collect()
}

impl<'a> Shown<'a> {
    /// Another value, faced with the same plan and data.
    #[must_use]
    pub fn of<'b>(&self, ty: &'b Type, value: &'b Value) -> Shown<'b>
    where
        'a: 'b,
    {
        Shown { program: self.program, data: self.data, ty, value }
    }

    /// The value as text without a unit, exactly: a number as results write it, a row's key, a name.
    #[must_use]
    pub fn plain(&self) -> String {
        match self.value {
            Value::Absent => String::new(),
            Value::Bool(value) => value.to_string(),
            Value::Number(n) => n.to_string(),
            Value::Text(text) | Value::Symbol(text) => text.to_string(),
            Value::Date(date) => date.format("%Y-%m-%d").to_string(),
            Value::Row { table, row } => row_label(self.program, self.data, *table as usize, *row),
            Value::Calendar(index) => {
                self.program.calendars.get(*index as usize).map(|c| c.id().to_string()).unwrap_or_default()
            }
            Value::Record(_) | Value::List(_) => serde_json::to_string(self).unwrap_or_default(),
        }
    }

    /// A cell of CSV: lists of text joined by `;`, records and lists of records as JSON, amounts of
    /// money with the currency's decimals.
    #[must_use]
    pub fn cell(&self) -> String {
        match (self.ty.required(), self.value) {
            (Type::List(item), Value::List(items))
                if !matches!(item.required(), Type::Record(_) | Type::List(_)) =>
            {
                let cells: Vec<String> = items.iter().map(|v| self.of(item, v).cell()).collect();
                cells.join(";")
            }
            (Type::Number(unit), Value::Number(n)) => match unit.currency() {
                Some(code) => n.padded(self.program.currencies.get(code).copied().unwrap_or(2)),
                None => n.to_string(),
            },
            _ => self.plain(),
        }
    }

    /// The value as the plan would write it, with its unit: `1949.90 USD`, `85%`, `370 shares`.
    #[must_use]
    pub fn words(&self) -> String {
        match (self.ty.required(), self.value) {
            (_, Value::Absent) => "absent".to_owned(),
            (Type::Number(unit), Value::Number(n)) => {
                if let Some(code) = unit.currency() {
                    let decimals = self.program.currencies.get(code).copied().unwrap_or(2);
                    let amount = if n.has_finite_decimal() { n.padded(decimals) } else { mixed(n) };
                    return format!("{amount} {code}");
                }
                match (unit.single(), unit.presentation()) {
                    (Some(name), _) if *n == Num::ONE => format!("{n} {name}"),
                    (Some(name), _) => format!("{} {name}s", mixed(n)),
                    (None, Presentation::Percent) => percent(n),
                    (None, _) if unit.is_none() => n.to_string(),
                    _ => format!("{} {unit}", mixed(n)),
                }
            }
            (Type::List(item), Value::List(items)) => {
                let shown: Vec<String> = items.iter().map(|v| self.of(item, v).words()).collect();
                format!("[{}]", shown.join(", "))
            }
            (Type::Record(record), Value::Record(values)) => {
                let shown: Vec<String> = record
                    .fields
                    .iter()
                    .zip(values.iter())
                    .map(|(f, v)| format!("{}: {}", f.name, self.of(&f.ty, v).words()))
                    .collect();
                format!("{{ {} }}", shown.join(", "))
            }
            (Type::Text, Value::Text(text)) => format!("\"{text}\""),
            _ => self.plain(),
        }
    }
}

fn percent(n: &Num) -> String {
    n.mul(&Num::from(100), Num::ANY_SIZE).map_or_else(|_| n.to_string(), |p| format!("{}%", mixed(&p)))
}

/// A number as documents write it: a decimal where it is one, else a whole number and a proper
/// fraction, as in `66 2/3`.
fn mixed(n: &Num) -> String {
    let bits = Num::ANY_SIZE;
    let whole = n.round_to(&Num::ONE, RoundingMode::TowardZero, bits);
    match whole.and_then(|whole| Ok((n.sub(&whole, bits)?.abs(), whole))) {
        Ok((rest, whole)) if !n.has_finite_decimal() => {
            if whole.is_zero() {
                return n.to_string();
            }
            let sign = if n.is_negative() { "-" } else { "" };
            format!("{sign}{} {rest}", whole.abs())
        }
        _ => n.to_string(),
    }
}

impl Serialize for Shown<'_> {
    /// The JSON of results: counts as integers where whole, every other number as text, dates as ISO
    /// text, absent as null.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match (self.ty.required(), self.value) {
            (_, Value::Absent) => serializer.serialize_none(),
            (_, Value::Bool(value)) => serializer.serialize_bool(*value),
            (Type::Number(unit), Value::Number(n)) if unit.counts() && n.is_whole() => {
                match n.to_string().parse::<i128>() {
                    Ok(whole) => match i64::try_from(whole) {
                        Ok(small) => serializer.serialize_i64(small),
                        Err(_) => serializer.serialize_i128(whole),
                    },
                    Err(_) => serializer.serialize_str(&n.to_string()),
                }
            }
            (Type::List(item), Value::List(items)) => {
                serializer.collect_seq(items.iter().map(|v| self.of(item, v)))
            }
            (Type::Record(record), Value::Record(values)) => {
                let mut map = serializer.serialize_map(Some(values.len()))?;
                for (field, value) in record.fields.iter().zip(values.iter()) {
                    map.serialize_entry(&*field.name, &self.of(&field.ty, value))?;
                }
                map.end()
            }
            _ => serializer.serialize_str(&self.plain()),
        }
    }
}

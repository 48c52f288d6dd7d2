//! One value as written, made what its field's type says.

use super::faults::written;
use crate::data::{Raw, RawKind};
use crate::diagnostic::{Code, meant, ticked};
use crate::number::{Num, NumParseError};
use crate::value::{EnumType, Presentation, Type, Unit, Value, parse_date};
use std::sync::Arc;

/// Why a value does not fit its field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Misfit {
    /// The kind of fault.
    pub code: Code,
    /// What is wrong, after the field's name: "is `abc`, expected an amount in `USD`".
    pub says: String,
    /// What to do.
    pub help: Option<String>,
}

/// What helps with a date.
const DATE: &str = "dates are year, month and day, without a time, from 0001-01-01 to 9999-12-31";

/// A cell as a value of a type without references; none where it does not fit.
#[cfg(feature = "cli")]
#[must_use]
pub fn convert_cell(raw: &Raw, ty: &Type) -> Option<Value> {
    convert(raw, ty).ok()
}

/// Makes a value of a type without references; absence is the caller's.
pub fn convert(raw: &Raw, ty: &Type) -> Result<Value, Misfit> {
    if let RawKind::Text(text) | RawKind::Cell(text) = &raw.kind
        && text.is_empty()
    {
        return Err(Misfit {
            code: Code::DataWrongType,
            says: "is empty, and text is never empty".to_owned(),
            help: Some("leave the value out where there is none".to_owned()),
        });
    }
    match ty {
        Type::Optional(inner) => convert(raw, inner),
        Type::Text => match &raw.kind {
            RawKind::Text(text) | RawKind::Cell(text) => Ok(Value::Text(Arc::clone(text))),
            _ => Err(wrong(raw, "text", Some("write it in quotes"))),
        },
        Type::Bool => match &raw.kind {
            RawKind::Bool(value) => Ok(Value::Bool(*value)),
            RawKind::Cell(text) if &**text == "true" => Ok(Value::Bool(true)),
            RawKind::Cell(text) if &**text == "false" => Ok(Value::Bool(false)),
            RawKind::Text(text) if matches!(&**text, "true" | "false") => Err(Misfit {
                code: Code::DataWrongType,
                says: format!("is the text `{text}`, expected `true` or `false` without quotes"),
                help: Some(format!("write {text} without quotes")),
            }),
            _ => Err(wrong(
                raw,
                "`true` or `false`",
                Some("write it in small letters and, in JSON and TOML, without quotes"),
            )),
        },
        Type::Date => match &raw.kind {
            RawKind::Text(text) | RawKind::Cell(text) | RawKind::Date(text) => parse_date(text)
                .map(Value::Date)
                .ok_or_else(|| wrong(raw, "a date such as `2001-01-31`", Some(DATE))),
            _ => Err(wrong(raw, "a date such as `2001-01-31`", Some(DATE))),
        },
        Type::Number(unit) => number(raw, unit),
        Type::Enum(names) => match &raw.kind {
            RawKind::Text(text) | RawKind::Cell(text) => symbol(text, names),
            _ => Err(wrong(raw, &one_of(names), Some("write one of these names, as text"))),
        },
        Type::List(item) => list(raw, item),
        _ => Err(wrong(raw, "a value of this field's type", None)),
    }
}

fn wrong(raw: &Raw, expected: &str, help: Option<&str>) -> Misfit {
    let found = match &raw.kind {
        RawKind::Text(text) | RawKind::Cell(text) => format!("is `{}`", written_text(text)),
        RawKind::List(_) | RawKind::Sheet { .. } => format!("is the list `{}`", written(raw)),
        RawKind::Map(_) => format!("is the record `{}`", written(raw)),
        RawKind::Number(_) => format!("is the number `{}`", written(raw)),
        _ => format!("is `{}`", written(raw)),
    };
    Misfit {
        code: Code::DataWrongType,
        says: format!("{found}, expected {expected}"),
        help: help.map(str::to_owned),
    }
}

fn written_text(text: &Arc<str>) -> String {
    written(&Raw { kind: RawKind::Text(Arc::clone(text)), place: crate::data::Place::default() })
}

fn one_of(names: &EnumType) -> String {
    format!("one of {}", ticked(&names.values))
}

fn symbol(text: &Arc<str>, names: &EnumType) -> Result<Value, Misfit> {
    if let Some(name) = names.values.iter().find(|n| *n == text) {
        return Ok(Value::Symbol(Arc::clone(name)));
    }
    Err(Misfit {
        code: Code::DataUnknownValue,
        says: format!("is `{}`, expected {}", written_text(text), one_of(names)),
        help: meant(text, names.values.iter().map(|n| &**n))
            .or_else(|| Some("write one of these names, letter for letter".to_owned())),
    })
}

/// What a number of a unit is called.
pub fn noun(unit: &Unit) -> String {
    match (unit.is_none(), unit.presentation()) {
        (true, Presentation::Percent) => "a ratio such as `0.075`, or a percentage such as `7.5%`".to_owned(),
        (true, _) => "a number such as `12.5`".to_owned(),
        (false, _) if unit.currency().is_some() => format!("an amount in `{unit}`, such as `1250.50`"),
        (false, _) if unit.single().is_some_and(|name| name.starts_with(char::is_lowercase)) => {
            format!("a number of `{unit}`, such as `100`")
        }
        (false, _) => format!("a number in `{unit}`, such as `12.5`"),
    }
}

fn number(raw: &Raw, unit: &Unit) -> Result<Value, Misfit> {
    let text = match &raw.kind {
        RawKind::Number(text) | RawKind::Text(text) | RawKind::Cell(text) => text,
        RawKind::Float(text) => {
            return Err(Misfit {
                code: Code::DataBinaryFloat,
                says: format!(
                    "is the binary floating-point number `{text}`, which is not exact; expected {}",
                    noun(unit)
                ),
                help: Some("pass a decimal, an integer or text instead".to_owned()),
            });
        }
        _ => return Err(wrong(raw, &noun(unit), Some("write one number, or the same as text"))),
    };
    let percent = unit.is_none() && unit.presentation() == Presentation::Percent;
    let is_text = !matches!(raw.kind, RawKind::Number(_));
    if let (true, Some(ratio)) = (is_text, text.strip_suffix('%')) {
        if !percent {
            let mut misfit = wrong(raw, &noun(unit), None);
            misfit.help = Some("only a field of type `%` takes a `%` sign".to_owned());
            return Err(misfit);
        }
        let parsed = parse(raw, ratio, unit)?;
        let hundred = Num::from(100);
        return parsed
            .div(&hundred, Num::ANY_SIZE)
            .map(Value::Number)
            .map_err(|_| wrong(raw, &noun(unit), None));
    }
    parse(raw, text, unit).map(Value::Number)
}

fn parse(raw: &Raw, text: &str, unit: &Unit) -> Result<Num, Misfit> {
    let is_text = !matches!(raw.kind, RawKind::Number(_));
    Num::parse(text).map_err(|error| {
        let digits = text.chars().all(|c| c.is_ascii_digit() || "+-./eE".contains(c));
        let help = match error {
            NumParseError::TooLong | NumParseError::ExponentTooLarge if digits => {
                "the number has too many digits".to_owned()
            }
            NumParseError::ZeroDenominator => "a fraction cannot have a denominator of 0".to_owned(),
            _ if text.contains(',') => "write it without commas".to_owned(),
            _ if text.starts_with("0x") || text.starts_with("0o") || text.starts_with("0b") => {
                "write the number in decimal digits".to_owned()
            }
            _ if !is_text && text.ends_with(['f', 'n']) => {
                "write a number, or leave the value out where there is none".to_owned()
            }
            _ if text.contains('$') => "write the number alone, without a sign or unit".to_owned(),
            _ if text.trim() != text => "leave out the spaces".to_owned(),
            _ => "write the number alone: digits, a point, or a fraction such as `1/3`".to_owned(),
        };
        wrong(raw, &noun(unit), Some(&help))
    })
}

fn list(raw: &Raw, item: &Type) -> Result<Value, Misfit> {
    let parts: Vec<Raw>;
    let items: &[Raw] = match &raw.kind {
        RawKind::List(items) => items,
        RawKind::Cell(text) => {
            let part = |part| Raw { kind: RawKind::Cell(Arc::from(part)), place: raw.place.clone() };
            parts = text.split(';').map(part).collect();
            &parts
        }
        _ => {
            return Err(wrong(
                raw,
                "a list",
                Some("write it in square brackets; in CSV its items are separated by `;`"),
            ));
        }
    };
    let values = items.iter().enumerate().map(|(index, one)| {
        if one.kind == RawKind::Null {
            return Err(Misfit {
                code: Code::DataWrongType,
                says: format!("holds nothing at position {}", index.saturating_add(1)),
                help: Some("leave the item out".to_owned()),
            });
        }
        convert(one, item).map_err(|m| Misfit { says: format!("holds an item that {}", m.says), ..m })
    });
    Ok(Value::List(values.collect::<Result<Vec<_>, _>>()?.into()))
}

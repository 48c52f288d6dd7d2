//! Functions over numbers.

use super::{FaultKind, Surroundings};
use crate::limits::LimitError;
use crate::number::{Num, NumError, RoundingMode};
use crate::value::{Type, Value};

impl From<NumError> for FaultKind {
    fn from(error: NumError) -> Self {
        match error {
            NumError::DivisionByZero => Self::DivisionByZero,
            NumError::TooLarge(bits) => Self::Limit(LimitError::Fraction(bits)),
            NumError::BadStep => Self::BadStep("0".to_owned()),
        }
    }
}

pub(super) fn same_type(args: &[Type]) -> Result<Type, String> {
    args.first().cloned().ok_or_else(|| "expected a number".to_owned())
}

pub(super) fn round_type(args: &[Type]) -> Result<Type, String> {
    match args {
        [Type::Number(value), Type::Number(step), ..] if value == step => Ok(Type::Number(value.clone())),
        [value, step, ..] => {
            Err(format!("a value in `{value}` is rounded to a step in `{value}`, found a step in `{step}`"))
        }
        _ => Err("expected a value and a step to round to".to_owned()),
    }
}

fn round_to(around: &Surroundings<'_>, args: &[Value], mode: RoundingMode) -> Result<Value, FaultKind> {
    let [Value::Number(value), Value::Number(step), ..] = args else { return Err(FaultKind::Internal) };
    if !step.is_positive() {
        return Err(FaultKind::BadStep(in_short(step)));
    }
    Ok(Value::Number(value.round_to(step, mode, around.fraction_bits)?))
}

pub(super) fn floor(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    round_to(around, args, RoundingMode::Floor)
}

pub(super) fn ceiling(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    round_to(around, args, RoundingMode::Ceiling)
}

/// The mode that `round` uses: its third argument, else the plan's convention.
#[must_use]
pub fn declared_mode(around: &Surroundings<'_>, args: &[Value]) -> RoundingMode {
    match args.get(2) {
        Some(Value::Symbol(name)) => RoundingMode::from_name(name).unwrap_or(around.rounding),
        _ => around.rounding,
    }
}

pub(super) fn round(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    round_to(around, args, declared_mode(around, args))
}

pub(super) fn abs(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    match args {
        [Value::Number(n)] => Ok(Value::Number(n.abs())),
        _ => Err(FaultKind::Internal),
    }
}

/// A whole number from an argument.
pub(super) fn whole(value: Option<&Value>) -> Result<i64, FaultKind> {
    match value {
        Some(Value::Number(n)) => whole_number(n),
        _ => Err(FaultKind::Internal),
    }
}

/// A number as a whole one.
pub(super) fn whole_number(n: &Num) -> Result<i64, FaultKind> {
    n.to_i64().ok_or_else(|| {
        if n.is_whole() { FaultKind::TooLarge(in_short(n)) } else { FaultKind::NotWhole(in_short(n)) }
    })
}

/// A number for a message; a long one is cut.
#[must_use]
pub fn in_short(n: &Num) -> String {
    const SHOWN: usize = 40;
    let text = n.to_string();
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The number in an argument.
pub(super) fn number(value: Option<&Value>) -> Result<&Num, FaultKind> {
    match value {
        Some(Value::Number(n)) => Ok(n),
        _ => Err(FaultKind::Internal),
    }
}

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
        return Err(FaultKind::BadStep(step.to_string()));
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
        Some(Value::Number(n)) => n.to_i64().ok_or_else(|| FaultKind::NotWhole(n.to_string())),
        _ => Err(FaultKind::Internal),
    }
}

/// The number in an argument.
pub(super) fn number(value: Option<&Value>) -> Result<&Num, FaultKind> {
    match value {
        Some(Value::Number(n)) => Ok(n),
        _ => Err(FaultKind::Internal),
    }
}

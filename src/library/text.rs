//! Functions that make text of numbers, and functions over rows.

use super::numbers::{number, whole};
use super::{FaultKind, Surroundings};
use crate::number::{Num, RoundingMode};
use crate::value::{Presentation, Type, Unit, Value};

/// Steps of writing a number out.
const WRITTEN: u64 = 50;

pub(super) fn text_type(_: &[Type]) -> Result<Type, String> {
    Ok(Type::Text)
}

fn fixed(around: &Surroundings<'_>, value: &Num, decimals: i64) -> Result<String, FaultKind> {
    let decimals = u32::try_from(decimals)
        .ok()
        .filter(|d| *d <= 28)
        .ok_or_else(|| FaultKind::OutOfRange(decimals.to_string()))?;
    around.account.step(WRITTEN)?;
    Ok(value.to_fixed(decimals, RoundingMode::HalfUp, around.fraction_bits)?)
}

pub(super) fn percent_text(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let percent = number(args.first())?.mul(&Num::from(100), around.fraction_bits)?;
    Ok(Value::Text(format!("{}%", fixed(around, &percent, whole(args.get(1))?)?).into()))
}

pub(super) fn decimal_text(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(Value::Text(fixed(around, number(args.first())?, whole(args.get(1))?)?.into()))
}

pub(super) fn position_type(_: &[Type]) -> Result<Type, String> {
    Ok(Type::Number(Unit::dimensionless(Presentation::Count)))
}

pub(super) fn position(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    match args.first() {
        Some(Value::Row { row, .. }) => Ok(Value::Number(Num::from(i64::from(*row).saturating_add(1)))),
        _ => Err(FaultKind::Internal),
    }
}

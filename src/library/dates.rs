//! Functions over dates and calendars.

use super::numbers::whole;
use super::{FaultKind, Surroundings};
use crate::number::Num;
use crate::value::{
    Calendar, CalendarError, DateError, DayCount, Presentation, Type, Unit, Value, days_360 as count_360,
    last_of_month,
};
use chrono::{Datelike, NaiveDate};

impl From<DateError> for FaultKind {
    fn from(_: DateError) -> Self {
        Self::DateRange
    }
}

impl From<CalendarError> for FaultKind {
    fn from(error: CalendarError) -> Self {
        match error {
            CalendarError::OutOfRange { calendar, day } => Self::CalendarRange { calendar, day },
            _ => Self::Internal,
        }
    }
}

fn date_of(value: Option<&Value>) -> Result<NaiveDate, FaultKind> {
    match value {
        Some(Value::Date(date)) => Ok(*date),
        _ => Err(FaultKind::Internal),
    }
}

fn calendar_of<'a>(around: &Surroundings<'a>, value: Option<&Value>) -> Result<&'a Calendar, FaultKind> {
    match value {
        Some(Value::Calendar(index)) => {
            around.calendars.get(*index as usize).map(|c| &**c).ok_or(FaultKind::Internal)
        }
        _ => Err(FaultKind::Internal),
    }
}

pub(super) fn date_type(_: &[Type]) -> Result<Type, String> {
    Ok(Type::Date)
}

pub(super) fn bool_type(_: &[Type]) -> Result<Type, String> {
    Ok(Type::Bool)
}

pub(super) fn count_type(_: &[Type]) -> Result<Type, String> {
    Ok(Type::Number(Unit::dimensionless(Presentation::Count)))
}

pub(super) fn days_type(_: &[Type]) -> Result<Type, String> {
    Ok(Type::Number(Unit::base("day")))
}

pub(super) fn year(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(Value::Number(Num::from(i64::from(date_of(args.first())?.year()))))
}

pub(super) fn month(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(Value::Number(Num::from(i64::from(date_of(args.first())?.month()))))
}

pub(super) fn day(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(Value::Number(Num::from(i64::from(date_of(args.first())?.day()))))
}

pub(super) fn date(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let (y, m, d) = (whole(args.first())?, whole(args.get(1))?, whole(args.get(2))?);
    if !(1..=9999).contains(&y) {
        return Err(FaultKind::DateRange);
    }
    let made = i32::try_from(y).ok().zip(u32::try_from(m).ok()).zip(u32::try_from(d).ok());
    made.and_then(|((y, m), d)| NaiveDate::from_ymd_opt(y, m, d))
        .map(Value::Date)
        .ok_or_else(|| FaultKind::NoSuchDate(y.to_string(), m.to_string(), d.to_string()))
}

pub(super) fn month_end(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    Ok(Value::Date(last_of_month(date_of(args.first())?)))
}

pub(super) fn days_360(_: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let Some(Value::Symbol(name)) = args.get(2) else { return Err(FaultKind::Internal) };
    let convention = DayCount::from_name(name).ok_or(FaultKind::Internal)?;
    let termination = match args.get(3) {
        Some(Value::Date(date)) => Some(*date),
        _ => None,
    };
    let days = count_360(date_of(args.first())?, date_of(args.get(1))?, convention, termination);
    Ok(Value::Number(Num::from(days)))
}

pub(super) fn is_business_day(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let calendar = calendar_of(around, args.get(1))?;
    Ok(Value::Bool(calendar.is_business_day(date_of(args.first())?)?))
}

pub(super) fn previous_business_day(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let calendar = calendar_of(around, args.get(1))?;
    Ok(Value::Date(calendar.previous(date_of(args.first())?)?))
}

pub(super) fn next_business_day(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let calendar = calendar_of(around, args.get(1))?;
    Ok(Value::Date(calendar.next(date_of(args.first())?)?))
}

pub(super) fn business_day_on_or_before(
    around: &Surroundings<'_>,
    args: &[Value],
) -> Result<Value, FaultKind> {
    let calendar = calendar_of(around, args.get(1))?;
    Ok(Value::Date(calendar.on_or_before(date_of(args.first())?)?))
}

pub(super) fn business_day_on_or_after(
    around: &Surroundings<'_>,
    args: &[Value],
) -> Result<Value, FaultKind> {
    let calendar = calendar_of(around, args.get(1))?;
    Ok(Value::Date(calendar.on_or_after(date_of(args.first())?)?))
}

pub(super) fn business_days_after(around: &Surroundings<'_>, args: &[Value]) -> Result<Value, FaultKind> {
    let calendar = calendar_of(around, args.get(2))?;
    Ok(Value::Date(calendar.after(date_of(args.first())?, whole(args.get(1))?)?))
}

//! The values of Arrow's columns as data, exactly: what a cell of CSV would say.

use crate::data::RawKind;
use crate::data::extras::is_number;
use arrow_array::cast::AsArray;
use arrow_array::temporal_conversions::as_datetime;
use arrow_array::types::{
    ArrowPrimitiveType, ArrowTemporalType, Date32Type, Date64Type, Decimal32Type, Decimal64Type,
    Decimal128Type, Decimal256Type, DecimalType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type,
    Int64Type, TimestampMicrosecondType, TimestampMillisecondType, TimestampNanosecondType,
    TimestampSecondType, UInt8Type, UInt16Type, UInt32Type, UInt64Type,
};
use arrow_array::{Array, ArrayRef, PrimitiveArray};
use arrow_schema::{DataType, TimeUnit};
use chrono::{NaiveDateTime, NaiveTime};
use std::fmt::Display;
use std::sync::Arc;

/// Answers a row's value.
pub(super) type Read<'a> = Box<dyn Fn(usize) -> RawKind + 'a>;

/// How many lists may stand in each other.
const DEPTH: usize = 4;

/// Whether a column holds binary floats, perhaps in lists or by dictionary.
pub(super) fn is_float(ty: &DataType) -> bool {
    match ty {
        DataType::Float16 | DataType::Float32 | DataType::Float64 => true,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            is_float(item.data_type())
        }
        DataType::Dictionary(_, values) => is_float(values),
        _ => false,
    }
}

/// Whether a column's values have a form as data.
pub(super) fn is_read(ty: &DataType, depth: usize) -> bool {
    match ty {
        DataType::Null | DataType::Boolean | DataType::Date32 | DataType::Date64 => true,
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View | DataType::Timestamp(..) => true,
        DataType::Decimal32(..) | DataType::Decimal64(..) => true,
        DataType::Decimal128(..) | DataType::Decimal256(..) => true,
        DataType::List(item) | DataType::LargeList(item) | DataType::FixedSizeList(item, _) => {
            depth < DEPTH && is_read(item.data_type(), depth.saturating_add(1))
        }
        DataType::Dictionary(_, values) => depth < DEPTH && is_read(values, depth.saturating_add(1)),
        other => other.is_integer(),
    }
}

/// How the values of a column are read.
pub(super) fn reader(array: &ArrayRef) -> Read<'_> {
    let read = present(array);
    let nulls = array.logical_nulls();
    Box::new(
        move |row| if nulls.as_ref().is_some_and(|n| n.is_null(row)) { RawKind::Null } else { read(row) },
    )
}

fn cell(text: impl Display) -> RawKind {
    RawKind::Cell(Arc::from(text.to_string()))
}

fn text(text: &str) -> RawKind {
    if text.is_empty() { RawKind::Null } else { RawKind::Cell(Arc::from(text)) }
}

fn whole<T: ArrowPrimitiveType<Native: Display>>(array: &ArrayRef) -> Read<'_> {
    let array: &PrimitiveArray<T> = array.as_primitive();
    Box::new(move |row| cell(array.value(row)))
}

fn decimal<T: DecimalType>(array: &ArrayRef) -> Read<'_> {
    let array = array.as_primitive::<T>();
    Box::new(move |row| cell(array.value_as_string(row)))
}

/// Times at midnight are dates; others are shown with their time and fit no date.
fn time<T: ArrowTemporalType>(array: &ArrayRef) -> Read<'_>
where
    i64: From<T::Native>,
{
    let array = array.as_primitive::<T>();
    Box::new(move |row| {
        let value = i64::from(array.value(row));
        match as_datetime::<T>(value) {
            Some(at) => cell(shown(&at)),
            None => cell(format!("{value} beyond the calendar")),
        }
    })
}

fn shown(at: &NaiveDateTime) -> String {
    if at.time() == NaiveTime::MIN {
        at.date().to_string()
    } else {
        at.format("%Y-%m-%dT%H:%M:%S%.f").to_string()
    }
}

/// Whether values are texts, also by dictionary.
fn is_text(ty: &DataType) -> bool {
    match ty {
        DataType::Dictionary(_, values) => is_text(values),
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        _ => false,
    }
}

fn list<'a>(item: impl Fn(usize) -> ArrayRef + 'a) -> Read<'a> {
    Box::new(move |row| {
        let items = item(row);
        let (read, is_text) = (reader(&items), is_text(items.data_type()));
        // A text that looks like a number is told from one where the list is carried to the results.
        let kind = |i| match read(i) {
            RawKind::Cell(text) if is_text && is_number(&text) => RawKind::Text(text),
            kind => kind,
        };
        let place = crate::value::Place::default;
        RawKind::List((0..items.len()).map(|i| crate::data::Raw { kind: kind(i), place: place() }).collect())
    })
}

/// How present values are read.
fn present(array: &ArrayRef) -> Read<'_> {
    match array.data_type() {
        DataType::Boolean => {
            let array = array.as_boolean();
            Box::new(move |row| cell(array.value(row)))
        }
        DataType::Int8 => whole::<Int8Type>(array),
        DataType::Int16 => whole::<Int16Type>(array),
        DataType::Int32 => whole::<Int32Type>(array),
        DataType::Int64 => whole::<Int64Type>(array),
        DataType::UInt8 => whole::<UInt8Type>(array),
        DataType::UInt16 => whole::<UInt16Type>(array),
        DataType::UInt32 => whole::<UInt32Type>(array),
        DataType::UInt64 => whole::<UInt64Type>(array),
        DataType::Decimal32(..) => decimal::<Decimal32Type>(array),
        DataType::Decimal64(..) => decimal::<Decimal64Type>(array),
        DataType::Decimal128(..) => decimal::<Decimal128Type>(array),
        DataType::Decimal256(..) => decimal::<Decimal256Type>(array),
        DataType::Date32 => time::<Date32Type>(array),
        DataType::Date64 => time::<Date64Type>(array),
        DataType::Timestamp(TimeUnit::Second, _) => time::<TimestampSecondType>(array),
        DataType::Timestamp(TimeUnit::Millisecond, _) => time::<TimestampMillisecondType>(array),
        DataType::Timestamp(TimeUnit::Microsecond, _) => time::<TimestampMicrosecondType>(array),
        DataType::Timestamp(TimeUnit::Nanosecond, _) => time::<TimestampNanosecondType>(array),
        DataType::Utf8 => {
            let array = array.as_string::<i32>();
            Box::new(move |row| text(array.value(row)))
        }
        DataType::LargeUtf8 => {
            let array = array.as_string::<i64>();
            Box::new(move |row| text(array.value(row)))
        }
        DataType::Utf8View => {
            let array = array.as_string_view();
            Box::new(move |row| text(array.value(row)))
        }
        DataType::Float32 => {
            let array = array.as_primitive::<Float32Type>();
            Box::new(move |row| RawKind::Float(Arc::from(array.value(row).to_string())))
        }
        DataType::Float64 => {
            let array = array.as_primitive::<Float64Type>();
            Box::new(move |row| RawKind::Float(Arc::from(array.value(row).to_string())))
        }
        DataType::List(_) => {
            let array = array.as_list::<i32>();
            list(move |row| array.value(row))
        }
        DataType::LargeList(_) => {
            let array = array.as_list::<i64>();
            list(move |row| array.value(row))
        }
        DataType::FixedSizeList(..) => {
            let array = array.as_fixed_size_list();
            list(move |row| array.value(row))
        }
        DataType::Dictionary(..) => {
            let dictionary = array.as_any_dictionary();
            let values = dictionary.values();
            if values.is_empty() {
                return Box::new(|_| RawKind::Null);
            }
            let read = reader(values);
            let keys = dictionary.normalized_keys();
            Box::new(move |row| keys.get(row).map_or(RawKind::Null, |key| read(*key)))
        }
        // A column that the plan does not read and that has no form as data.
        other => {
            let kind = cell(format!("({other})"));
            Box::new(move |_| kind.clone())
        }
    }
}

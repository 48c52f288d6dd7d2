//! Data that an embedder has as its own types, serialised into a [`Raw`] tree.

use super::{Place, Raw, RawKind};
use crate::limits::Limits;
use serde::ser::{
    self, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant,
};
use serde::{Serialize, Serializer};
use std::fmt::Display;
use std::sync::Arc;
use thiserror::Error;

/// The name under which `serde_json` hands over a number with all its digits (`arbitrary_precision`).
const JSON_NUMBER: &str = "$serde_json::private::Number";

/// A value that cannot be data.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SerializeError {
    /// Bytes: data are text, numbers, dates and booleans.
    #[error("bytes cannot be data: give them as text")]
    Bytes,
    /// A map whose key is not text.
    #[error("the key of a map must be text, found {0}")]
    Key(&'static str),
    /// A variant that carries data; one without is its name as text.
    #[error("the variant `{variant}` of `{name}` carries values: only variants without any can be data")]
    Variant {
        /// The enumeration.
        name: &'static str,
        /// Its variant.
        variant: &'static str,
    },
    /// Values nested too deeply.
    #[error("values nest deeper than {0} levels")]
    TooDeep(usize),
    /// What the value's own serialisation said.
    #[error("{0}")]
    Custom(String),
}

impl ser::Error for SerializeError {
    fn custom<T: Display>(message: T) -> Self {
        Self::Custom(message.to_string())
    }
}

/// Turns a value into data: structs and maps become records, sequences lists, none and unit null.
///
/// Integers are taken exactly; so are decimals and dates that serialise as text. A binary float is
/// kept as what it is, and is refused where it meets an exact field.
///
/// # Errors
///
/// Bytes, map keys that are not text, variants that carry values, values nested more than
/// [`Limits::DEFAULT`]`.depth` levels deep, and whatever the value itself refuses.
pub fn to_raw<T: Serialize + ?Sized>(value: &T) -> Result<Raw, SerializeError> {
    value.serialize(ToRaw { left: Limits::DEFAULT.depth })
}

fn raw(kind: RawKind) -> Raw {
    Raw { kind, place: Place::default() }
}

fn number(value: impl Display) -> Raw {
    raw(RawKind::Number(Arc::from(value.to_string())))
}

/// The serializer; `left` counts the levels that may still be entered.
#[derive(Clone, Copy)]
struct ToRaw {
    left: usize,
}

impl ToRaw {
    fn inner(self) -> Result<Self, SerializeError> {
        let left = self.left.checked_sub(1).ok_or(SerializeError::TooDeep(Limits::DEFAULT.depth))?;
        Ok(Self { left })
    }

    fn items(self, count: Option<usize>) -> Result<Items, SerializeError> {
        // The count is only said, so it is not trusted with memory.
        Ok(Items { items: Vec::with_capacity(count.unwrap_or(0).min(1024)), inner: self.inner()? })
    }

    fn fields(self, json_number: bool) -> Result<Fields, SerializeError> {
        Ok(Fields { entries: Vec::new(), key: None, json_number, inner: self.inner()? })
    }
}

impl Serializer for ToRaw {
    type Ok = Raw;
    type Error = SerializeError;
    type SerializeSeq = Items;
    type SerializeTuple = Items;
    type SerializeTupleStruct = Items;
    type SerializeTupleVariant = Refused;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeStructVariant = Refused;

    fn serialize_bool(self, v: bool) -> Result<Raw, SerializeError> {
        Ok(raw(RawKind::Bool(v)))
    }
    fn serialize_i8(self, v: i8) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_i16(self, v: i16) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_i32(self, v: i32) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_i64(self, v: i64) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_i128(self, v: i128) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_u8(self, v: u8) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_u16(self, v: u16) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_u32(self, v: u32) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_u64(self, v: u64) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_u128(self, v: u128) -> Result<Raw, SerializeError> {
        Ok(number(v))
    }
    fn serialize_f32(self, v: f32) -> Result<Raw, SerializeError> {
        Ok(raw(RawKind::Float(Arc::from(format!("{v:?}")))))
    }
    fn serialize_f64(self, v: f64) -> Result<Raw, SerializeError> {
        Ok(raw(RawKind::Float(Arc::from(format!("{v:?}")))))
    }
    fn serialize_char(self, v: char) -> Result<Raw, SerializeError> {
        self.serialize_str(v.encode_utf8(&mut [0; 4]))
    }
    fn serialize_str(self, v: &str) -> Result<Raw, SerializeError> {
        Ok(raw(RawKind::Text(Arc::from(v))))
    }
    fn serialize_bytes(self, _: &[u8]) -> Result<Raw, SerializeError> {
        Err(SerializeError::Bytes)
    }
    fn serialize_none(self) -> Result<Raw, SerializeError> {
        Ok(raw(RawKind::Null))
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Raw, SerializeError> {
        value.serialize(self.inner()?)
    }
    fn serialize_unit(self) -> Result<Raw, SerializeError> {
        Ok(raw(RawKind::Null))
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Raw, SerializeError> {
        Ok(raw(RawKind::Null))
    }
    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Raw, SerializeError> {
        self.serialize_str(variant)
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Raw, SerializeError> {
        value.serialize(self.inner()?)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: &T,
    ) -> Result<Raw, SerializeError> {
        Err(SerializeError::Variant { name, variant })
    }
    fn serialize_seq(self, len: Option<usize>) -> Result<Items, SerializeError> {
        self.items(len)
    }
    fn serialize_tuple(self, len: usize) -> Result<Items, SerializeError> {
        self.items(Some(len))
    }
    fn serialize_tuple_struct(self, _: &'static str, len: usize) -> Result<Items, SerializeError> {
        self.items(Some(len))
    }
    fn serialize_tuple_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Refused, SerializeError> {
        Err(SerializeError::Variant { name, variant })
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Fields, SerializeError> {
        self.fields(false)
    }
    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Fields, SerializeError> {
        self.fields(name == JSON_NUMBER)
    }
    fn serialize_struct_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Refused, SerializeError> {
        Err(SerializeError::Variant { name, variant })
    }
}

/// Items of a list.
struct Items {
    items: Vec<Raw>,
    inner: ToRaw,
}

impl Items {
    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        self.items.push(value.serialize(self.inner)?);
        Ok(())
    }

    fn list(self) -> Raw {
        raw(RawKind::List(self.items))
    }
}

impl SerializeSeq for Items {
    type Ok = Raw;
    type Error = SerializeError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        self.push(value)
    }
    fn end(self) -> Result<Raw, SerializeError> {
        Ok(self.list())
    }
}

impl SerializeTuple for Items {
    type Ok = Raw;
    type Error = SerializeError;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        self.push(value)
    }
    fn end(self) -> Result<Raw, SerializeError> {
        Ok(self.list())
    }
}

impl SerializeTupleStruct for Items {
    type Ok = Raw;
    type Error = SerializeError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        self.push(value)
    }
    fn end(self) -> Result<Raw, SerializeError> {
        Ok(self.list())
    }
}

/// Fields of a record.
struct Fields {
    entries: Vec<(Arc<str>, Raw)>,
    key: Option<Arc<str>>,
    json_number: bool,
    inner: ToRaw,
}

impl SerializeMap for Fields {
    type Ok = Raw;
    type Error = SerializeError;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), SerializeError> {
        self.key = match key.serialize(self.inner)?.kind {
            RawKind::Text(text) => Some(text),
            other => return Err(SerializeError::Key(super::fault::described(&other))),
        };
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), SerializeError> {
        let key = self.key.take().ok_or(SerializeError::Key("none"))?;
        self.entries.push((key, value.serialize(self.inner)?));
        Ok(())
    }
    fn end(self) -> Result<Raw, SerializeError> {
        Ok(raw(RawKind::Map(self.entries)))
    }
}

impl SerializeStruct for Fields {
    type Ok = Raw;
    type Error = SerializeError;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        key: &'static str,
        value: &T,
    ) -> Result<(), SerializeError> {
        self.entries.push((Arc::from(key), value.serialize(self.inner)?));
        Ok(())
    }
    fn end(self) -> Result<Raw, SerializeError> {
        if self.json_number
            && let [(_, Raw { kind: RawKind::Text(text), .. })] = self.entries.as_slice()
        {
            return Ok(raw(RawKind::Number(Arc::clone(text))));
        }
        Ok(raw(RawKind::Map(self.entries)))
    }
}

/// A variant that carries values: it is refused before its values are looked at, so there is none.
enum Refused {}

impl SerializeTupleVariant for Refused {
    type Ok = Raw;
    type Error = SerializeError;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, _: &T) -> Result<(), SerializeError> {
        match *self {}
    }
    fn end(self) -> Result<Raw, SerializeError> {
        match self {}
    }
}

impl SerializeStructVariant for Refused {
    type Ok = Raw;
    type Error = SerializeError;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        _: &'static str,
        _: &T,
    ) -> Result<(), SerializeError> {
        match *self {}
    }
    fn end(self) -> Result<Raw, SerializeError> {
        match self {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[derive(Serialize)]
    struct Id(String);

    #[derive(Serialize)]
    #[serde(rename_all = "snake_case")]
    enum Status {
        OnLeave,
        Since(u32),
        From { day: u32 },
        Span(u32, u32),
    }

    #[derive(Serialize)]
    struct Participant {
        id: Id,
        pay: u64,
        rate: Option<&'static str>,
        weight: f64,
        initial: char,
        status: Status,
        nothing: (),
        none: Option<u8>,
        pair: (i8, bool),
    }

    fn participant(status: Status) -> Participant {
        Participant {
            id: Id("E1".to_owned()),
            pay: u64::MAX,
            rate: Some("0.10"),
            weight: 0.1,
            initial: 'é',
            status,
            nothing: (),
            none: None,
            pair: (-1, true),
        }
    }

    fn text(t: &str) -> RawKind {
        RawKind::Text(Arc::from(t))
    }

    fn num(t: &str) -> RawKind {
        RawKind::Number(Arc::from(t))
    }

    #[test]
    fn every_kind_of_value_has_its_form() {
        let RawKind::Map(fields) = to_raw(&participant(Status::OnLeave)).unwrap().kind else { panic!() };
        let fields: Vec<(&str, RawKind)> = fields.iter().map(|(n, v)| (&**n, v.kind.clone())).collect();
        assert_eq!(
            fields,
            [
                ("id", text("E1")),
                ("pay", num("18446744073709551615")),
                ("rate", text("0.10")),
                ("weight", RawKind::Float("0.1".into())),
                ("initial", text("é")),
                ("status", text("on_leave")),
                ("nothing", RawKind::Null),
                ("none", RawKind::Null),
                ("pair", RawKind::List(vec![raw(num("-1")), raw(RawKind::Bool(true))])),
            ]
        );
    }

    #[test]
    fn floats_show_that_they_are_floats() {
        let shown = |v: f64| match to_raw(&v).unwrap().kind {
            RawKind::Float(text) => text.to_string(),
            other => panic!("{other:?}"),
        };
        assert_eq!(
            [shown(25000.0), shown(f64::NAN), shown(1e300), shown(-0.0)],
            ["25000.0", "NaN", "1e300", "-0.0"]
        );
        assert_eq!(to_raw(&0.1_f32).unwrap().kind, RawKind::Float("0.1".into()));
        assert_eq!(to_raw(&i128::MIN).unwrap().kind, num(&i128::MIN.to_string()));
    }

    /// Serialises as decimals and dates do: as the text they display.
    struct Shown<T>(T);
    impl<T: Display> Serialize for Shown<T> {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            serializer.collect_str(&self.0)
        }
    }

    #[test]
    fn decimals_and_dates_arrive_as_text() {
        let decimal: rust_decimal::Decimal = "1.50".parse().unwrap();
        assert_eq!(to_raw(&Shown(decimal)).unwrap().kind, text("1.50"));
        let date = chrono::NaiveDate::from_ymd_opt(2001, 1, 2).unwrap();
        assert_eq!(to_raw(&Shown(date)).unwrap().kind, text("2001-01-02"));
    }

    #[test]
    fn json_values_pass_through() {
        let value = serde_json::json!({"b": [1, null, "x"], "a": {"c": true}});
        let RawKind::Map(fields) = to_raw(&value).unwrap().kind else { panic!() };
        let b = &fields.iter().find(|(n, _)| &**n == "b").unwrap().1;
        assert_eq!(b.kind, RawKind::List(vec![raw(num("1")), raw(RawKind::Null), raw(text("x"))]));
    }

    #[test]
    fn a_json_number_with_all_its_digits_is_a_number() {
        struct Exact;
        impl Serialize for Exact {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut s = serializer.serialize_struct("$serde_json::private::Number", 1)?;
                s.serialize_field("$serde_json::private::Number", "1.50")?;
                s.end()
            }
        }
        assert_eq!(to_raw(&Exact).unwrap().kind, num("1.50"));
    }

    #[test]
    fn keys_are_text() {
        let fine = BTreeMap::from([(Some('a'), 1)]);
        assert!(matches!(to_raw(&fine).unwrap().kind, RawKind::Map(m) if &*m[0].0 == "a"));
        assert_eq!(to_raw(&BTreeMap::from([(1, 1)])).unwrap_err(), SerializeError::Key("a number"));
        assert_eq!(to_raw(&BTreeMap::from([(None::<char>, 1)])).unwrap_err(), SerializeError::Key("nothing"));
    }

    #[test]
    fn variants_with_values_and_bytes_are_refused() {
        for status in [Status::Since(1), Status::From { day: 1 }, Status::Span(1, 2)] {
            assert!(matches!(
                to_raw(&participant(status)).unwrap_err(),
                SerializeError::Variant { name: "Status", .. }
            ));
        }
        struct Bytes;
        impl Serialize for Bytes {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(b"x")
            }
        }
        assert_eq!(to_raw(&[Bytes]).unwrap_err(), SerializeError::Bytes);
        struct Fails;
        impl Serialize for Fails {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(ser::Error::custom("no"))
            }
        }
        assert_eq!(to_raw(&Fails).unwrap_err(), SerializeError::Custom("no".to_owned()));
    }

    #[test]
    fn depth_is_bounded_even_for_a_value_that_holds_itself() {
        struct Endless;
        impl Serialize for Endless {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_some(self)
            }
        }
        assert_eq!(to_raw(&Endless).unwrap_err(), SerializeError::TooDeep(64));
        let mut value = serde_json::json!(1);
        for _ in 0..65 {
            value = serde_json::json!([value]);
        }
        assert_eq!(to_raw(&value).unwrap_err(), SerializeError::TooDeep(64));
    }
}

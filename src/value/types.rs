//! Types of formulas and the values they take.

use super::Unit;
use crate::number::Num;
use chrono::NaiveDate;
use std::fmt;
use std::sync::Arc;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// `true` or `false`.
    Bool,
    /// Text.
    Text,
    /// A calendar day.
    Date,
    /// A number with its unit.
    Number(Unit),
    /// One of some names.
    Enum(Arc<EnumType>),
    /// Named fields.
    Record(Arc<RecordType>),
    /// Items of one type.
    List(Arc<Type>),
    /// A row of the input table with this index.
    Row(usize),
    /// A calendar of business days.
    Calendar,
    /// A value that may be absent.
    Optional(Arc<Type>),
    /// `absent` alone: fits every optional type.
    Absent,
    /// No value at all (`fail`): fits every type.
    Never,
}

/// The names of an enumeration, in the order declared.
#[derive(Clone, Debug, Eq)]
pub struct EnumType {
    /// Its values.
    pub values: Vec<Arc<str>>,
}

/// Two enumerations are one where they have the same names, in whatever order.
impl PartialEq for EnumType {
    fn eq(&self, other: &Self) -> bool {
        self.values.len() == other.values.len() && self.values.iter().all(|v| other.values.contains(v))
    }
}

/// A record's fields, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordType {
    /// The fields.
    pub fields: Vec<Field>,
}

/// A field of a record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
}

impl Type {
    /// This type, or absent.
    #[must_use]
    pub fn optional(self) -> Self {
        match self {
            Self::Optional(_) | Self::Absent => self,
            Self::Never => Self::Absent,
            other => Self::Optional(Arc::new(other)),
        }
    }

    /// The type without absence.
    #[must_use]
    pub fn required(&self) -> &Self {
        match self {
            Self::Optional(inner) => inner,
            other => other,
        }
    }

    /// Whether a value may be absent.
    #[must_use]
    pub fn is_optional(&self) -> bool {
        matches!(self, Self::Optional(_) | Self::Absent)
    }

    /// Whether it nests at most so deep and has at most so many parts, each counted as often as it
    /// stands in it.
    #[must_use]
    pub fn is_within(&self, depth: usize, parts: usize) -> bool {
        fn count(ty: &Type, depth: usize, left: &mut usize) -> bool {
            let (Some(depth), Some(rest)) = (depth.checked_sub(1), left.checked_sub(1)) else { return false };
            *left = rest;
            match ty {
                Type::List(inner) | Type::Optional(inner) => count(inner, depth, left),
                Type::Record(record) => record.fields.iter().all(|f| count(&f.ty, depth, left)),
                _ => true,
            }
        }
        count(self, depth, &mut { parts })
    }

    /// A list of this type.
    #[must_use]
    pub fn list(self) -> Self {
        Self::List(Arc::new(self))
    }
}

/// The type of a choice between two values; none where they have nothing in common.
#[must_use]
pub fn join(a: &Type, b: &Type) -> Option<Type> {
    Some(match (a, b) {
        (Type::Never, other) | (other, Type::Never) => other.clone(),
        (Type::Absent, other) | (other, Type::Absent) => other.clone().optional(),
        (Type::Optional(a), Type::Optional(b)) => join(a, b)?.optional(),
        (Type::Optional(a), b) | (b, Type::Optional(a)) => join(a, b)?.optional(),
        (Type::Number(a), Type::Number(b)) if a == b => Type::Number(a.join(b)),
        (Type::List(a), Type::List(b)) => join(a, b)?.list(),
        (Type::Record(a), Type::Record(b)) if a.fields.len() == b.fields.len() => {
            let joined = a.fields.iter().zip(&b.fields).map(|(a, b)| {
                let ty = join(&a.ty, &b.ty)?;
                (a.name == b.name).then(|| Field { name: Arc::clone(&a.name), ty })
            });
            Type::Record(Arc::new(RecordType { fields: joined.collect::<Option<_>>()? }))
        }
        (a, b) if a == b => a.clone(),
        _ => return None,
    })
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool => f.write_str("boolean"),
            Self::Text => f.write_str("text"),
            Self::Date => f.write_str("date"),
            Self::Number(unit) => unit.fmt(f),
            Self::Enum(e) => write!(f, "one of {}", e.values.join(", ")),
            Self::Record(r) => {
                f.write_str("{ ")?;
                for (i, field) in r.fields.iter().enumerate() {
                    if i > 0 {
                        f.write_str(", ")?;
                    }
                    write!(f, "{}: {}", field.name, field.ty)?;
                }
                f.write_str(" }")
            }
            Self::List(item) => write!(f, "list of {item}"),
            Self::Row(_) => f.write_str("row"),
            Self::Calendar => f.write_str("calendar"),
            Self::Optional(inner) => write!(f, "{inner}?"),
            Self::Absent => f.write_str("absent"),
            Self::Never => f.write_str("fail"),
        }
    }
}

/// A value. Its type is known from the checked plan, so it carries no unit.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Default)]
pub enum Value {
    /// No value.
    #[default]
    Absent,
    /// `true`, `false`.
    Bool(bool),
    /// A number.
    Number(Num),
    /// Text.
    Text(Arc<str>),
    /// A day.
    Date(NaiveDate),
    /// A name of an enumeration.
    Symbol(Arc<str>),
    /// A record's values in the order of its type's fields.
    Record(Arc<[Value]>),
    /// A list.
    List(Arc<[Value]>),
    /// A row of a table, both by index.
    Row {
        /// The table.
        table: u32,
        /// The row, in input order.
        row: u32,
    },
    /// A calendar, by index.
    Calendar(u32),
}

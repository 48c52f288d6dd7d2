//! Types and units as written, resolved.

use super::globals::Globals;
use crate::diagnostic::{Code, Diagnostic, meant, ticked};
use crate::source::Name;
use crate::syntax::ast::{TypeExpr, TypeExprKind, UnitExpr};
use crate::value::{EnumType, Field, Presentation, RecordType, Type, Unit};
use std::sync::Arc;

type Fault = Box<Diagnostic>;

/// Words that are types of their own.
const WORDS: &[&str] = &["text", "date", "boolean", "number", "count", "calendar"];

/// Resolves a type.
pub fn resolve(globals: &Globals, ty: &TypeExpr) -> Result<Type, Fault> {
    Ok(match &ty.kind {
        TypeExprKind::Percent => Type::Number(Unit::dimensionless(Presentation::Percent)),
        TypeExprKind::Named(name) => return named(globals, name),
        TypeExprKind::Unit(factors) => unit(globals, factors)?.map_or(Type::Never, Type::Number),
        TypeExprKind::OneOf(names) => {
            let mut values: Vec<Arc<str>> = Vec::new();
            for name in names {
                if values.contains(&name.value) {
                    return Err(Box::new(
                        Diagnostic::error(
                            Code::DuplicateName,
                            format!("the enumeration names `{}` twice", name.value),
                        )
                        .label(name.span, "named again here")
                        .help("leave one of the two out"),
                    ));
                }
                values.push(Arc::clone(&name.value));
            }
            Type::Enum(Arc::new(EnumType { values }))
        }
        TypeExprKind::List(item) => resolve(globals, item)?.list(),
        TypeExprKind::Ref(name) => {
            if let Some(table) = globals.tables.iter().position(|t| t.name.value == name.value) {
                Type::Row(table)
            } else if globals.is_broken(&name.value) {
                Type::Never
            } else {
                let names = globals.tables.iter().map(|t| &*t.name.value);
                let near = meant(&name.value, names);
                return Err(Box::new(
                    Diagnostic::error(Code::UnknownType, format!("there is no input table `{}`", name.value))
                        .label(name.span, "`ref` needs an input table")
                        .help_maybe(near.or_else(|| {
                            let is_record = globals.records.iter().any(|r| r.name.value == name.value);
                            Some(if is_record {
                                format!(
                                    "`{}` is a record: only an input with a `key` has rows to refer to",
                                    name.value
                                )
                            } else {
                                "declare the table under `[inputs]`, with its `key`".to_owned()
                            })
                        })),
                ));
            }
        }
        TypeExprKind::Record(fields) => {
            let mut resolved: Vec<Field> = Vec::new();
            for (name, ty) in fields {
                resolved.push(Field { name: Arc::clone(&name.value), ty: resolve(globals, ty)? });
            }
            Type::Record(Arc::new(RecordType { fields: resolved }))
        }
        TypeExprKind::Optional(inner) => match resolve(globals, inner)? {
            // Nothing is known of a type with a fault, nor of the same where it may be absent.
            Type::Never => Type::Never,
            ty => ty.optional(),
        },
    })
}

fn named(globals: &Globals, name: &Name) -> Result<Type, Fault> {
    Ok(match &*name.value {
        "text" => Type::Text,
        "date" => Type::Date,
        "boolean" => Type::Bool,
        "number" => Type::Number(Unit::none()),
        "count" => Type::Number(Unit::dimensionless(Presentation::Count)),
        "calendar" => Type::Calendar,
        other => {
            if let Some(ty) = globals.aliases.get(other) {
                return Ok(ty.clone());
            }
            if let Some(base) = base_unit(globals, other) {
                return Ok(Type::Number(Unit::base(base)));
            }
            if globals.is_broken(other) {
                return Ok(Type::Never);
            }
            let units = unit_names(globals);
            let candidates = WORDS
                .iter()
                .copied()
                .chain(globals.aliases.keys().map(|k| &**k))
                .chain(units.iter().map(|u| &**u));
            let help = meant(other, candidates).unwrap_or_else(|| format!(
                    "a type is {}, a unit such as `USD` or `USD/share`, `%`, `one of a, b`, `list of ...`, `ref table`, or a name under `[types]`",
                    ticked(WORDS)
                ));
            return Err(Box::new(
                Diagnostic::error(Code::UnknownType, format!("there is no type or unit `{other}`"))
                    .label(name.span, "no such type")
                    .help(help),
            ));
        }
    })
}

/// Resolves a unit: currencies declared, `share`, `day`, `month`, `year` and the plan's own, singular or plural.
/// None where one of its parts could not be read when it was declared, which is reported already.
pub fn unit(globals: &Globals, expr: &UnitExpr) -> Result<Option<Unit>, Fault> {
    let mut unit = Unit::none();
    for (name, exponent) in &expr.factors {
        let Some(base) = base_unit(globals, &name.value) else {
            if globals.is_broken(&name.value) {
                return Ok(None);
            }
            let names = unit_names(globals);
            let help = meant(&name.value, names.iter().map(|n| &**n)).unwrap_or_else(|| {
                format!(
                    "units are {}; a plan declares more under `[plan]`, with `units` or `currency`",
                    super::context::quoted(&names)
                )
            });
            return Err(Box::new(
                Diagnostic::error(Code::UnknownUnit, format!("there is no unit `{}`", name.value))
                    .label(name.span, "no such unit")
                    .help(help),
            ));
        };
        unit = unit.with(base, *exponent);
    }
    Ok(Some(unit))
}

fn base_unit(globals: &Globals, name: &str) -> Option<Arc<str>> {
    let names = unit_names(globals);
    let singular = name.strip_suffix('s').filter(|s| !s.is_empty());
    names
        .iter()
        .find(|n| &***n == name || Some(&***n) == singular.filter(|_| n.chars().any(char::is_lowercase)))
        .cloned()
}

fn unit_names(globals: &Globals) -> Vec<Arc<str>> {
    let header = &globals.document.header;
    let own = header
        .currencies
        .iter()
        .map(|c| Arc::clone(&c.code.value))
        .chain(header.units.iter().map(|u| Arc::clone(&u.value)));
    own.chain(["share", "day", "month", "year"].into_iter().map(Arc::from)).collect()
}

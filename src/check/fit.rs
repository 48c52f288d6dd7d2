//! Whether a type fits where another is needed, and what two branches have in common.

use super::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Expr;
use crate::source::Span;
use crate::value::{RecordType, Type};
use std::sync::Arc;

/// Whether a value of type `found` can stand where `wanted` is needed.
pub fn fits(found: &Type, wanted: &Type) -> bool {
    match (found, wanted) {
        (Type::Never, _) | (_, Type::Never) => true,
        (Type::Absent, Type::Optional(_) | Type::Absent) => true,
        (Type::Optional(a), Type::Optional(b)) => fits(a, b),
        (a, Type::Optional(b)) => fits(a, b),
        (Type::List(a), Type::List(b)) => fits(a, b),
        (Type::Record(a), Type::Record(b)) => {
            a.fields.len() == b.fields.len()
                && a.fields.iter().zip(&b.fields).all(|(a, b)| a.name == b.name && fits(&a.ty, &b.ty))
        }
        (a, b) => a == b,
    }
}

/// The type of a choice between two values.
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
                (a.name == b.name).then(|| crate::value::Field { name: Arc::clone(&a.name), ty })
            });
            Type::Record(Arc::new(RecordType { fields: joined.collect::<Option<_>>()? }))
        }
        (a, b) if a == b => a.clone(),
        _ => return None,
    })
}

impl Context<'_> {
    /// Adds a fault where a formula's type does not fit; answers whether it does.
    pub fn require(&mut self, expr: &Expr, wanted: &Type, place: &str) -> bool {
        if fits(&expr.ty, wanted) {
            return true;
        }
        let diagnostic = self.misfit(&expr.ty, wanted, expr.span, place);
        self.diagnostics.push(diagnostic);
        false
    }

    /// The fault of a type that does not fit.
    pub fn misfit(&self, found: &Type, wanted: &Type, span: Span, place: &str) -> Diagnostic {
        let (shown, needed) = (self.show(found), self.show(wanted));
        if found.is_optional() && fits(found.required(), wanted) {
            return self.unhandled(found, span, place);
        }
        let (code, message) = match (found.required(), wanted.required()) {
            (Type::Number(_), Type::Number(_)) => {
                (Code::WrongUnit, format!("{place} needs a value in `{needed}`, found one in `{shown}`"))
            }
            _ => (Code::WrongType, format!("{place} needs `{needed}`, found `{shown}`")),
        };
        let help = match (found.required(), wanted.required()) {
            (Type::Number(unit), Type::Number(_)) if unit.is_none() => {
                format!("write the unit after the number, as in `{}`", sample(wanted.required()))
            }
            (Type::Number(_), Type::Number(_)) => {
                "check the units: multiply by a price, divide by a number of shares, or read another figure"
                    .to_owned()
            }
            (_, Type::Bool) => "write a condition, such as a comparison".to_owned(),
            (Type::Bool, _) => {
                format!("this is a condition; write `if ... then ... else ...` to choose a `{needed}`")
            }
            (Type::List(_), other) if !matches!(other, Type::List(_)) => {
                "take one figure of the list, with `sum(...)`, `max(...)`, `first(...)` or the like"
                    .to_owned()
            }
            _ => format!("write a formula whose value is `{needed}`"),
        };
        Diagnostic::error(code, message).label(span, format!("this is `{shown}`")).help(help)
    }

    /// The fault of a value that may be absent.
    pub fn unhandled(&self, found: &Type, span: Span, place: &str) -> Diagnostic {
        let needed = self.show(found.required());
        Diagnostic::error(
            Code::UnhandledAbsence,
            format!("{place} needs `{needed}`, and this value may be absent"),
        )
        .label(span, format!("this is `{}`", self.show(found)))
        .help("say what holds without it: `... otherwise ...`, or ask `... is present and ...` first")
    }

    /// The type of a choice, with a fault where its branches do not go together.
    pub fn joined(&mut self, a: &Expr, b: &Expr) -> Type {
        if let Some(ty) = join(&a.ty, &b.ty) {
            return ty;
        }
        let (first, second) = (self.show(&a.ty), self.show(&b.ty));
        let code = match (a.ty.required(), b.ty.required()) {
            (Type::Number(_), Type::Number(_)) => Code::WrongUnit,
            _ => Code::WrongType,
        };
        self.diagnostics.push(
            Diagnostic::error(code, format!("one branch gives `{first}`, another `{second}`"))
                .label(b.span, format!("this is `{second}`"))
                .label(a.span, format!("this is `{first}`"))
                .help("every branch must give the same kind of value"),
        );
        Type::Never
    }
}

/// A literal of a number's type, for help lines.
fn sample(ty: &Type) -> String {
    match ty {
        Type::Number(unit) if unit.is_none() => "0.5".to_owned(),
        Type::Number(unit) => format!("10 {unit}"),
        other => other.to_string(),
    }
}

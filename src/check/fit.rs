//! Whether a type fits where another is needed, and what two branches have in common.

use super::advice;
use super::context::Context;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Expr, ExprKind};
use crate::source::Span;
use crate::value::Type;
pub use crate::value::join;

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

impl Context<'_> {
    /// Adds a fault where a formula's type does not fit; answers whether it does.
    pub fn require(&mut self, expr: &Expr, wanted: &Type, place: &str) -> bool {
        if fits(&expr.ty, wanted) {
            return true;
        }
        let diagnostic = self.misfit(&expr.ty, wanted, expr.span, place);
        let needed = match (&expr.kind, &expr.ty, wanted.required()) {
            (ExprKind::Const(_), Type::Number(found), Type::Number(unit)) if !found.is_none() => {
                Some(advice::constant(unit))
            }
            _ => None,
        };
        self.diagnostics.push(diagnostic.help_maybe(needed));
        false
    }

    /// The fault of a type that does not fit.
    pub fn misfit(&self, found: &Type, wanted: &Type, span: Span, place: &str) -> Diagnostic {
        if found.is_optional() && fits(found.required(), wanted) {
            return self.unhandled(found, span, place);
        }
        // A value that is there would do where one may be absent.
        let (found, wanted) = (found.required(), wanted.required());
        let (shown, needed) = (self.show(found), self.show(wanted));
        let (code, message) = match (found, wanted) {
            (Type::Number(a), Type::Number(b)) => (
                Code::WrongUnit,
                format!("{place} needs {}, found {}", advice::in_unit(b), advice::in_unit(a)),
            ),
            (Type::List(a), Type::List(b)) if matches!((&**a, &**b), (Type::Number(_), Type::Number(_))) => {
                (Code::WrongUnit, format!("{place} needs `{needed}`, found `{shown}`"))
            }
            _ => (Code::WrongType, format!("{place} needs `{needed}`, found `{shown}`")),
        };
        Diagnostic::error(code, message)
            .label(span, format!("this is `{shown}`"))
            .help(advice::misfit(found, wanted, &needed))
    }

    /// The fault of a value that may be absent.
    pub fn unhandled(&self, found: &Type, span: Span, place: &str) -> Diagnostic {
        const SHOWN: usize = 24;
        let needed = self.show(found.required());
        let text = self.globals.document.sources.slice(span);
        let short = text.chars().count() <= SHOWN && !text.contains(char::is_control) && !text.is_empty();
        let text = if short { text } else { "..." };
        Diagnostic::error(
            Code::UnhandledAbsence,
            format!("{place} needs `{needed}`, and this value may be absent"),
        )
        .label(span, format!("this is `{}`", self.show(found)))
        .help(format!(
            "say what holds without it: `{text} otherwise ...`, or ask `{text} is present and ...` first"
        ))
    }

    /// The type of a choice, with a fault where its branches do not go together.
    pub fn joined(&mut self, a: &Expr, b: &Expr) -> Type {
        self.joined_as(a, b, "one branch gives", "every branch must give the same kind of value")
    }

    /// The type that two values share, with a fault where they share none: `what` the first is
    /// called, and the `rule` that is broken.
    pub fn joined_as(&mut self, a: &Expr, b: &Expr, what: &str, rule: &str) -> Type {
        if let Some(ty) = join(&a.ty, &b.ty) {
            return ty;
        }
        let (first, second) = (self.show(&a.ty), self.show(&b.ty));
        let code = match (a.ty.required(), b.ty.required()) {
            (Type::Number(_), Type::Number(_)) => Code::WrongUnit,
            _ => Code::WrongType,
        };
        self.diagnostics.push(
            Diagnostic::error(code, format!("{what} `{first}`, another `{second}`"))
                .label(b.span, format!("this is `{second}`"))
                .label(a.span, format!("this is `{first}`"))
                .help(advice::choice(a.ty.required(), b.ty.required(), rule)),
        );
        Type::Never
    }
}

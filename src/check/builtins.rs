//! Calls of the language's own functions: their arguments, and what to say where these do not fit.

use super::calls::{STEP, plural};
use super::context::{Context, broken};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Expr, ExprKind};
use crate::library::{self, Builtin, Param, Rounds, Shape};
use crate::source::{Name, Span};
use crate::syntax::ast;
use crate::value::{Type, Unit, Value};

/// How arguments are counted off.
const ORDINALS: [&str; 4] = ["first", "second", "third", "fourth"];

impl Context<'_> {
    /// `function(arguments)`, for a function of the language.
    pub fn call_builtin(
        &mut self,
        builtin: &'static Builtin,
        name: &Name,
        args: &[ast::Expr],
        span: Span,
    ) -> Expr {
        let before = self.diagnostics.len();
        let checked: Vec<Expr> = match builtin.shape {
            Shape::ListOrValues => {
                let mut checked: Vec<Expr> = Vec::new();
                for arg in args {
                    let hint = checked.first().map(|e| e.ty.clone());
                    let arg = self.infer(arg, hint.as_ref());
                    checked.push(arg);
                }
                if let [only] = checked.as_slice()
                    && !matches!(only.ty, Type::List(_) | Type::Never)
                {
                    let found = self.show(&only.ty);
                    let says = format!(" needs a list, or two values or more; found one `{found}`");
                    return self
                        .fault(wrong(builtin, &says).label(only.span, format!("this is `{found}`")), span);
                }
                checked
            }
            Shape::Fixed(params, optional) => {
                let least = params.len().saturating_sub(optional);
                if args.len() < least || args.len() > params.len() {
                    let needs = match optional {
                        0 => format!("{least} {}", plural(least, "argument")),
                        1 => format!("{least} or {} arguments", params.len()),
                        _ => format!("{least} to {} arguments", params.len()),
                    };
                    self.touch(args);
                    let found = args.len();
                    return self.fault(
                        wrong(builtin, &format!(" takes {needs}, found {found}"))
                            .label(span, format!("{found} {} here", plural(found, "argument"))),
                        span,
                    );
                }
                let of = |index: usize| match ORDINALS.get(index) {
                    Some(ordinal) if params.len() > 1 => {
                        format!("the {ordinal} argument of `{}`", builtin.name)
                    }
                    _ => format!("`{}`", builtin.name),
                };
                let given = args.iter().zip(params).enumerate();
                given.map(|(i, (arg, param))| self.argument(arg, *param, builtin, &of(i))).collect()
            }
        };
        // A list of what has a fault of its own says as little as such a value does.
        let says_nothing = |e: &Expr| match (&e.ty, &e.kind) {
            (Type::Never, _) => true,
            (Type::List(_), ExprKind::List(items)) if items.is_empty() => false,
            (Type::List(item), _) => **item == Type::Never,
            _ => false,
        };
        if checked.iter().any(says_nothing) {
            // A part with a fault of its own, or one that never has a value: nothing follows from it.
            let is_broken = self.diagnostics.len() > before;
            return if is_broken {
                broken(span)
            } else {
                Expr { kind: ExprKind::Builtin(builtin, checked), ty: Type::Never, span }
            };
        }
        if builtin.rounds == Some(Rounds::AsDeclared)
            && checked.len() < 3
            && self.globals.program.rounding.is_none()
            && !self.globals.is_broken("rounding")
        {
            self.diagnostics.push(
                Diagnostic::error(Code::MissingConvention, "rounding to the nearest needs a rule for ties")
                    .label(name.span, "which way does a half go?")
                    .help("declare it in the plan: under `[conventions]` write `rounding = \"half_up\"`, or name it here, as in `round(x, 0.01 USD, half_up)`"),
            );
        }
        if builtin.rounds.is_some()
            && let Some(step) = checked.get(1)
        {
            self.step(step, &format!("the step of `{}`", builtin.name));
        }
        let types: Vec<Type> = checked.iter().map(|e| e.ty.clone()).collect();
        match (builtin.result)(&types) {
            Ok(ty) => Expr { kind: ExprKind::Builtin(builtin, checked), ty, span },
            Err(found) => {
                let diagnostic = self.wrong_types(builtin, &checked, &format!(": {found}"), span);
                self.fault(diagnostic, span)
            }
        }
    }

    /// The fault of arguments whose types do not go with the function; `found` says how, after its name.
    fn wrong_types(&self, builtin: &Builtin, args: &[Expr], found: &str, span: Span) -> Diagnostic {
        let may_be_absent = |e: &Expr| match &e.ty {
            Type::List(item) => item.is_optional(),
            ty => ty.is_optional(),
        };
        if let Some(absent) = args.iter().find(|e| may_be_absent(e)) {
            let mut diagnostic = wrong(builtin, found)
                .label(absent.span, format!("this is `{}`", self.show(&absent.ty)))
                .help(self.without_absent(builtin, absent));
            diagnostic.code = Code::UnhandledAbsence;
            return diagnostic;
        }
        // The argument to blame: one that is unlike the first, else the first.
        let first = args.first();
        let unlike = |e: &Expr| first.is_some_and(|f| super::fit::join(&f.ty, &e.ty).is_none());
        let at = args.iter().position(unlike).unwrap_or(0);
        match args.get(at) {
            Some(culprit) => {
                let ordinal = ORDINALS.get(at).filter(|_| args.len() > 1);
                let which = ordinal.map(|ordinal| format!("the {ordinal} argument, ")).unwrap_or_default();
                let shown = self.show(&culprit.ty);
                let which = if which.is_empty() { "this is ".to_owned() } else { which };
                wrong(builtin, found).label(culprit.span, format!("{which}`{shown}`"))
            }
            None => wrong(builtin, found).label(span, "no value here"),
        }
    }

    /// What to do about an argument that may be absent, or may hold what is.
    fn without_absent(&self, builtin: &Builtin, absent: &Expr) -> String {
        const SHOWN: usize = 24;
        let text = self.globals.document.sources.slice(absent.span);
        let short = text.chars().count() <= SHOWN && !text.contains(char::is_control) && !text.is_empty();
        let text = if short { text } else { "..." };
        let name = builtin.name;
        match &absent.ty {
            Type::List(_) => format!(
                "leave out what is absent, as in `{name}(present({text}))`, or say inside the list what stands in for it, with `otherwise`"
            ),
            _ => format!(
                "say what stands in for it: `{text} otherwise ...`; or leave out what is absent, as in `{name}(present([{text}, ...]))`"
            ),
        }
    }

    /// Adds a fault where a step to round to is written as a number that is not above zero.
    pub fn step(&mut self, step: &Expr, place: &str) {
        let positive = match &step.kind {
            ExprKind::Const(Value::Number(n)) => n.is_positive(),
            ExprKind::Negate(inner) => match &inner.kind {
                ExprKind::Const(Value::Number(n)) => n.is_negative(),
                _ => return,
            },
            _ => return,
        };
        if !positive {
            self.diagnostics.push(
                Diagnostic::error(Code::BadRange, format!("{place} must be above zero"))
                    .label(step.span, "not above zero")
                    .help(STEP),
            );
        }
    }

    fn argument(&mut self, arg: &ast::Expr, param: Param, builtin: &Builtin, place: &str) -> Expr {
        match param {
            Param::Number => self.number(arg, place),
            Param::Plain => {
                let checked = self.number(arg, place);
                let none = Type::Number(Unit::none());
                if self.require(&checked, &none, place) { checked } else { broken(checked.span) }
            }
            Param::Date => self.check(arg, &Type::Date, place),
            Param::Calendar => self.check(arg, &Type::Calendar, place),
            Param::Mode => self.check(arg, &library::rounding_modes(), place),
            Param::DayCount => self.check(arg, &library::day_counts(), place),
            Param::List => self.of_shape(arg, builtin, place, "a list", |ty| matches!(ty, Type::List(_))),
            Param::Row => self.of_shape(arg, builtin, place, "a row", |ty| matches!(ty, Type::Row(_))),
        }
    }

    fn of_shape(
        &mut self,
        arg: &ast::Expr,
        builtin: &Builtin,
        place: &str,
        shape: &str,
        fits: impl Fn(&Type) -> bool,
    ) -> Expr {
        let checked = self.present(arg, None, place);
        if fits(&checked.ty) || checked.ty == Type::Never {
            return checked;
        }
        let found = self.show(&checked.ty);
        let mut diagnostic = wrong(builtin, "").label(checked.span, format!("this is `{found}`"));
        diagnostic.message = format!("{place} needs {shape}, found `{found}`");
        self.fault(diagnostic, checked.span)
    }
}

/// A fault of a call, said after the function's name, with what the function takes.
fn wrong(builtin: &Builtin, says: &str) -> Diagnostic {
    Diagnostic::error(Code::WrongArguments, format!("`{}`{says}", builtin.name)).help(takes(builtin))
}

/// What a function takes, in words and in an example.
fn takes(builtin: &Builtin) -> String {
    let example = match builtin.example.0 {
        "" => String::new(),
        example => format!(", as in `{example}`"),
    };
    let taken = match builtin.shape {
        Shape::ListOrValues => "one list, or two values or more of one kind".to_owned(),
        Shape::Fixed(params, optional) => {
            let words: Vec<String> =
                params.iter().enumerate().map(|(at, param)| argument_words(builtin, at, *param)).collect();
            let needed = params.len().saturating_sub(optional);
            let (must, may) = words.split_at_checked(needed).unwrap_or((&words, &[]));
            match may {
                [] => and(must),
                _ => format!("{} and, if you like, {}", and(must), and(may)),
            }
        }
    };
    format!("`{}` takes {taken}{example}", builtin.name)
}

/// One argument in words.
fn argument_words(builtin: &Builtin, at: usize, param: Param) -> String {
    match (param, at) {
        (Param::Number, 0) => "a number of any unit",
        (Param::Number, _) if builtin.rounds.is_some() => "a step in the same unit",
        (Param::Number, _) => "a number",
        (Param::Plain, _) => "a number without a unit",
        (Param::Date, 0) => "a date",
        (Param::Date, _) => "another date",
        (Param::List, 0) => "a list",
        (Param::List, _) => "another list of the same kind",
        (Param::Row, _) => "a row of a table",
        (Param::Calendar, _) => "a calendar that the plan imports",
        (Param::Mode, _) => "which way a half goes",
        (Param::DayCount, _) => "the name of a day count",
    }
    .to_owned()
}

/// "a, b and c".
fn and(words: &[String]) -> String {
    match words {
        [] => "nothing".to_owned(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

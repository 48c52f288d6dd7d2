//! Formulas and types as text, on one line, with no more brackets than reading them back needs.

use super::ast::{BinOp, CmpOp, Expr, ExprKind, Query, TypeExpr, TypeExprKind};
use super::print_literal as literal;
use crate::source::Name;

/// How tightly a form holds together. A form stands without brackets where its level is at least
/// the one that the place asks for; the levels mirror the grammar's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// `let`, `if`, `match`, `fold`, and an `otherwise` that ends with one.
    Open,
    Or,
    And,
    Not,
    Comparison,
    Otherwise,
    Add,
    Multiply,
    Negate,
    Power,
    With,
    At,
    Suffix,
    Primary,
}

/// The formula in its one canonical form: parsing it gives the same tree again, up to places.
///
/// Numbers come out as documents write them (`25_000 USD`, `66 2/3%`), queries of whole rows in
/// their short form. Remarks and line breaks are not kept.
#[must_use]
pub fn print_expr(expr: &Expr) -> String {
    let mut printer = Printer { out: String::new() };
    printer.open(expr);
    printer.out
}

/// The type in its one canonical form.
#[must_use]
pub fn print_type(ty: &TypeExpr) -> String {
    let mut out = String::new();
    print_type_into(ty, &mut out);
    out
}

fn level(expr: &Expr) -> Level {
    match &expr.kind {
        ExprKind::Let { .. } | ExprKind::If(..) | ExprKind::Match { .. } | ExprKind::Fold { .. } => {
            Level::Open
        }
        ExprKind::Otherwise(_, right) if level(right) == Level::Open => Level::Open,
        ExprKind::Otherwise(..) => Level::Otherwise,
        ExprKind::Binary(op, ..) => match op {
            BinOp::Or => Level::Or,
            BinOp::And => Level::And,
            BinOp::Add | BinOp::Sub => Level::Add,
            BinOp::Mul | BinOp::Div => Level::Multiply,
        },
        ExprKind::Not(_) => Level::Not,
        ExprKind::Compare(..) | ExprKind::In { .. } | ExprKind::IsPresent { .. } => Level::Comparison,
        ExprKind::Negate(_) => Level::Negate,
        ExprKind::Number { value, .. } if value.is_negative() => Level::Negate,
        ExprKind::Power(..) => Level::Power,
        ExprKind::With(..) => Level::With,
        // `clause of a` would take a `.b` that follows for its own.
        ExprKind::At(..) | ExprKind::ClauseOf(_) | ExprKind::ReasonsOf(_) => Level::At,
        ExprKind::Field(..) | ExprKind::Lookup(..) => Level::Suffix,
        _ => Level::Primary,
    }
}

/// Whether a form ends with a `match` that has no `else`: it would take one that follows, and a
/// `when` too.
fn ends_with_match(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Match { otherwise: None, .. } => true,
        ExprKind::Match { otherwise: Some(last), .. }
        | ExprKind::If(_, _, last)
        | ExprKind::Let { body: last, .. }
        | ExprKind::Otherwise(_, last) => ends_with_match(last),
        ExprKind::Fold { query, .. } => ends_with_match(&query.value),
        _ => false,
    }
}

struct Printer {
    out: String,
}

impl Printer {
    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// A form at a place that takes any.
    fn open(&mut self, expr: &Expr) {
        self.at_least(Level::Open, expr);
    }

    /// A form before an `else` or a `when` that it must not take.
    fn closed(&mut self, expr: &Expr) {
        if ends_with_match(expr) {
            self.bracketed(expr);
        } else {
            self.open(expr);
        }
    }

    fn bracketed(&mut self, expr: &Expr) {
        self.push("(");
        self.kind(&expr.kind);
        self.push(")");
    }

    fn at_least(&mut self, least: Level, expr: &Expr) {
        if level(expr) < least {
            self.bracketed(expr);
        } else {
            self.kind(&expr.kind);
        }
    }

    fn infix(&mut self, left: (Level, &Expr), op: &str, right: (Level, &Expr)) {
        self.at_least(left.0, left.1);
        self.push(op);
        self.at_least(right.0, right.1);
    }

    fn separated<T>(&mut self, items: &[T], mut print: impl FnMut(&mut Self, &T)) {
        for (i, item) in items.iter().enumerate() {
            if i > 0 {
                self.push(", ");
            }
            print(self, item);
        }
    }

    fn fields(&mut self, fields: &[(Name, Expr)]) {
        self.push("{ ");
        self.separated(fields, |p, (label, value)| {
            p.push(&label.value);
            p.push(": ");
            p.open(value);
        });
        self.push(" }");
    }

    fn kind(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Absent => self.push("absent"),
            ExprKind::Bool(value) => self.push(if *value { "true" } else { "false" }),
            ExprKind::Number { value, unit, percent } => {
                let sign = if value.is_negative() { "-" } else { "" };
                self.push(sign);
                self.push(&literal::number(&value.abs(), *percent, unit.as_ref()));
            }
            ExprKind::Date(date) => self.push(&date.format("%Y-%m-%d").to_string()),
            ExprKind::Text(text) => self.push(&literal::text(text)),
            ExprKind::Name(name) => self.push(&name.value),
            ExprKind::Fail(text) => {
                self.push("fail ");
                self.push(&literal::text(text));
            }
            ExprKind::ClauseOf(path) => {
                self.push("clause of ");
                self.at_least(Level::Suffix, path);
            }
            ExprKind::ReasonsOf(path) => {
                self.push("reasons of ");
                self.at_least(Level::Suffix, path);
            }
            ExprKind::Field(base, field) => {
                // `5.x` and `2001-02-20.x` would not be read.
                if matches!(base.kind, ExprKind::Number { .. } | ExprKind::Date(_)) {
                    self.bracketed(base);
                } else {
                    self.at_least(Level::Suffix, base);
                }
                self.push(".");
                self.push(&field.value);
            }
            ExprKind::Lookup(base, keys) => {
                self.at_least(Level::Suffix, base);
                self.push("[");
                self.separated(keys, Self::open);
                self.push("]");
            }
            ExprKind::At(base, date) => self.infix((Level::At, base), " at ", (Level::Suffix, date)),
            ExprKind::With(base, fields) => {
                self.at_least(Level::With, base);
                self.push(" with ");
                self.fields(fields);
            }
            ExprKind::Power(base, exponent) => {
                self.at_least(Level::With, base);
                self.push(&format!("^{exponent}"));
            }
            ExprKind::Call(function, arguments) => {
                self.push(&function.value);
                self.push("(");
                match arguments.as_slice() {
                    [Expr { kind: ExprKind::Query(query), .. }] => self.query(query),
                    _ => self.separated(arguments, Self::open),
                }
                self.push(")");
            }
            ExprKind::List(items) => {
                self.push("[");
                self.separated(items, Self::open);
                self.push("]");
            }
            ExprKind::Record(fields) => self.fields(fields),
            ExprKind::Query(query) => {
                self.push("[");
                self.query(query);
                self.push("]");
            }
            _ => self.operator(kind),
        }
    }

    fn operator(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::Negate(operand) => {
                self.push("-");
                self.at_least(Level::Negate, operand);
            }
            ExprKind::Not(operand) => {
                self.push("not ");
                self.at_least(Level::Not, operand);
            }
            ExprKind::Binary(op, _, left, right) => {
                // Of equal levels the left one comes first: the right one needs brackets.
                let (mark, outer, inner) = match op {
                    BinOp::Or => (" or ", Level::Or, Level::And),
                    BinOp::And => (" and ", Level::And, Level::Not),
                    BinOp::Add => (" + ", Level::Add, Level::Multiply),
                    BinOp::Sub => (" - ", Level::Add, Level::Multiply),
                    BinOp::Mul => (" * ", Level::Multiply, Level::Negate),
                    BinOp::Div => (" / ", Level::Multiply, Level::Negate),
                };
                self.infix((outer, left), mark, (inner, right));
            }
            ExprKind::Otherwise(left, right) => {
                let least = if level(right) == Level::Open { Level::Open } else { Level::Otherwise };
                self.infix((Level::Add, left), " otherwise ", (least, right));
            }
            ExprKind::Compare(first, rest) => {
                self.at_least(Level::Otherwise, first);
                for (op, _, value) in rest {
                    self.push(match op {
                        CmpOp::Eq => " = ",
                        CmpOp::Ne => " <> ",
                        CmpOp::Lt => " < ",
                        CmpOp::Le => " <= ",
                        CmpOp::Gt => " > ",
                        CmpOp::Ge => " >= ",
                    });
                    self.at_least(Level::Otherwise, value);
                }
            }
            ExprKind::In { item, list, negated } => {
                let op = if *negated { " not in " } else { " in " };
                self.infix((Level::Otherwise, item), op, (Level::Otherwise, list));
            }
            ExprKind::IsPresent { value, negated } => {
                self.at_least(Level::Otherwise, value);
                self.push(if *negated { " is absent" } else { " is present" });
            }
            _ => self.form(kind),
        }
    }

    fn form(&mut self, kind: &ExprKind) {
        match kind {
            ExprKind::If(condition, then, otherwise) => {
                self.push("if ");
                self.at_least(Level::Or, condition);
                self.push(" then ");
                self.closed(then);
                self.push(" else ");
                self.open(otherwise);
            }
            ExprKind::Match { subject, arms, otherwise } => {
                self.push("match ");
                self.at_least(Level::Or, subject);
                for (i, arm) in arms.iter().enumerate() {
                    self.push(" when ");
                    self.separated(&arm.patterns, |p, pattern| p.at_least(Level::Or, pattern));
                    self.push(" then ");
                    // What follows the last arm, if nothing of this form, is the place's own care.
                    if otherwise.is_none() && i.saturating_add(1) == arms.len() {
                        self.open(&arm.value);
                    } else {
                        self.closed(&arm.value);
                    }
                }
                if let Some(last) = otherwise {
                    self.push(" else ");
                    self.open(last);
                }
            }
            ExprKind::Let { name, value, body } => {
                self.push("let ");
                self.push(&name.value);
                self.push(" = ");
                self.open(value);
                self.push("; ");
                self.open(body);
            }
            ExprKind::Fold { state, initial, query, running } => {
                self.push(if *running { "running fold " } else { "fold " });
                self.push(&state.value);
                self.push(" = ");
                self.open(initial);
                self.walk(query);
                self.push(" then ");
                self.open(&query.value);
            }
            // Every other form has been printed by `kind` or `operator`.
            _ => {}
        }
    }

    /// A query without its brackets.
    fn query(&mut self, query: &Query) {
        let picks = query.filter.is_some() || !query.order.is_empty();
        match &query.value.kind {
            ExprKind::Name(value) if value.value == query.row.value && picks => {
                self.push(&query.row.value);
                self.push(" in ");
                self.at_least(Level::Otherwise, &query.source);
                self.clauses(query);
            }
            _ => {
                self.open(&query.value);
                self.walk(query);
            }
        }
    }

    fn walk(&mut self, query: &Query) {
        self.push(" for ");
        self.push(&query.row.value);
        self.push(" in ");
        self.at_least(Level::Otherwise, &query.source);
        self.clauses(query);
    }

    fn clauses(&mut self, query: &Query) {
        if let Some(filter) = &query.filter {
            self.push(" where ");
            self.at_least(Level::Or, filter);
        }
        if !query.order.is_empty() {
            self.push(" order by ");
            self.separated(&query.order, |p, key| {
                p.at_least(Level::Or, &key.key);
                if key.descending {
                    p.push(" descending");
                }
            });
        }
    }
}

fn print_type_into(ty: &TypeExpr, out: &mut String) {
    match &ty.kind {
        TypeExprKind::Percent => out.push('%'),
        TypeExprKind::Named(name) => out.push_str(&name.value),
        TypeExprKind::Unit(unit) => out.push_str(&literal::unit_text(unit)),
        TypeExprKind::OneOf(values) => {
            out.push_str("one of ");
            out.push_str(&values.iter().map(|v| &*v.value).collect::<Vec<_>>().join(", "));
        }
        TypeExprKind::List(item) => {
            out.push_str("list of ");
            print_type_into(item, out);
        }
        TypeExprKind::Ref(table) => {
            out.push_str("ref ");
            out.push_str(&table.value);
        }
        TypeExprKind::Record(fields) => {
            out.push_str("{ ");
            for (i, (label, ty)) in fields.iter().enumerate() {
                if i > 0 {
                    out.push_str(", ");
                }
                out.push_str(&label.value);
                out.push_str(": ");
                print_type_into(ty, out);
            }
            out.push_str(" }");
        }
        TypeExprKind::Optional(inner) => {
            // `list of T?` is a list of optional items, and a second `?` cannot follow the first.
            let brackets = matches!(inner.kind, TypeExprKind::List(_) | TypeExprKind::Optional(_));
            if brackets {
                out.push('(');
            }
            print_type_into(inner, out);
            out.push_str(if brackets { ")?" } else { "?" });
        }
    }
}

//! Types and units of operators.

use super::advice::{self, Side};
use super::context::{Context, broken};
use super::facts;
use super::globals::Global;
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Arith, DateStep, Expr, ExprKind};
use crate::library::is_ordered;
use crate::source::Span;
use crate::syntax::ast::{self, BinOp, CmpOp};
use crate::value::{Type, Unit};

impl Context<'_> {
    /// `and` and `or`, the right side knowing what the left decides.
    pub fn logic(&mut self, expr: &ast::Expr) -> Expr {
        let ast::ExprKind::Binary(op, _, a, b) = &expr.kind else { return broken(expr.span) };
        let is_and = *op == BinOp::And;
        let place = if is_and { "`and`" } else { "`or`" };
        let a = self.condition(a, place);
        let (yes, no) = facts::of_condition(&a);
        let known = if is_and { yes } else { no };
        let b = self.knowing(&known, |c| c.condition(b, place));
        let (a, b) = (Box::new(a), Box::new(b));
        let kind = if is_and { ExprKind::And(a, b) } else { ExprKind::Or(a, b) };
        Expr { kind, ty: Type::Bool, span: expr.span }
    }

    /// `+ - * /` on numbers, dates, texts and lists.
    pub fn arithmetic(
        &mut self,
        op: BinOp,
        at: Span,
        a: &ast::Expr,
        b: &ast::Expr,
        expected: Option<&Type>,
        span: Span,
    ) -> Expr {
        let sign = match op {
            BinOp::Add => "`+`",
            BinOp::Sub => "`-`",
            BinOp::Mul => "`*`",
            _ => "`/`",
        };
        let listed = expected.filter(|t| matches!(t.required(), Type::List(_)));
        let a = self.present(a, listed, sign);
        let b =
            self.present(b, listed.or(if matches!(a.ty, Type::List(_)) { Some(&a.ty) } else { None }), sign);
        let make = |kind: ExprKind, ty: Type| Expr { kind, ty, span };
        let (left, right) = (a.ty.clone(), b.ty.clone());
        let (a, b) = (Box::new(a), Box::new(b));
        match (op, &left, &right) {
            // What has no value of its own, such as `fail "..."`, fails as it stands.
            (_, Type::Never, _) => *a,
            (_, _, Type::Never) => *b,
            (BinOp::Add, Type::Number(x), Type::Number(y)) if x == y => {
                make(ExprKind::Arith(Arith::Add, a, b), Type::Number(x.join(y)))
            }
            (BinOp::Sub, Type::Number(x), Type::Number(y)) if x == y => {
                make(ExprKind::Arith(Arith::Sub, a, b), Type::Number(x.join(y)))
            }
            (BinOp::Mul, Type::Number(x), Type::Number(y)) => {
                let product = make(ExprKind::Arith(Arith::Mul, a, b), Type::Number(x.times(y)));
                self.reasonable(product)
            }
            (BinOp::Div, Type::Number(x), Type::Number(y)) => {
                let quotient = make(ExprKind::Arith(Arith::Div, a, b), Type::Number(x.over(y)));
                self.reasonable(quotient)
            }
            (BinOp::Sub, Type::Date, Type::Date) => {
                make(ExprKind::DateDifference(a, b), Type::Number(Unit::base("day")))
            }
            (BinOp::Add | BinOp::Sub, Type::Date, Type::Number(unit)) => {
                let Some(step) = self.date_step(unit, at, b.span) else { return broken(span) };
                make(ExprKind::DateStep(step, op == BinOp::Sub, a, b), Type::Date)
            }
            (BinOp::Add, Type::Text, Type::Text) => make(ExprKind::Concat(a, b), Type::Text),
            (BinOp::Add, Type::List(_), Type::List(_)) => {
                let ty = self.joined_as(&a, &b, "one list is", "only lists of the same kind can be joined");
                make(ExprKind::Concat(a, b), ty)
            }
            _ => {
                let diagnostic = self.wrong_operands(op, at, &a, &b);
                self.fault(diagnostic, span)
            }
        }
    }

    /// Refuses units with exponents that no figure has.
    pub fn reasonable(&mut self, expr: Expr) -> Expr {
        match &expr.ty {
            Type::Number(unit) if !unit.is_reasonable() => {
                let span = expr.span;
                self.fault(
                    Diagnostic::error(Code::WrongUnit, "a unit is raised to a power beyond 1,000")
                        .label(span, "this multiplies units too often")
                        .help("divide by one unit first, as in `x / 1 USD`, where only the number is meant"),
                    span,
                )
            }
            _ => expr,
        }
    }

    fn date_step(&mut self, unit: &Unit, at: Span, span: Span) -> Option<DateStep> {
        let step = match unit.single() {
            Some("day") => DateStep::Days,
            Some("month") => DateStep::Months,
            Some("year") => DateStep::Years,
            _ => {
                self.diagnostics.push(
                    Diagnostic::error(
                        Code::WrongUnit,
                        format!("a date cannot be moved by {}", advice::in_unit(unit)),
                    )
                    .label(span, format!("this is `{unit}`"))
                    .help("move a date by days, months or years, as in `+ 10 days`"),
                );
                return None;
            }
        };
        let declared = self.globals.program.month_end.is_some() || self.globals.is_broken("month_end");
        if step != DateStep::Days && !declared {
            self.diagnostics.push(
                Diagnostic::error(Code::MissingConvention, "adding months or years needs a month-end convention")
                    .label(at, "which day is it where the later month is too short?")
                    .help("declare it in the plan: under `[conventions]` write `month_end = \"clamp\"` (that month's last day)"),
            );
        }
        Some(step)
    }

    fn wrong_operands(&self, op: BinOp, at: Span, a: &Expr, b: &Expr) -> Diagnostic {
        let (left, right) = (self.show(&a.ty), self.show(&b.ty));
        let (code, message) = match (op, &a.ty, &b.ty) {
            (BinOp::Add, Type::Number(_), Type::Number(_)) => {
                (Code::WrongUnit, format!("`{left}` and `{right}` cannot be added"))
            }
            (BinOp::Sub, Type::Number(_), Type::Number(_)) => {
                (Code::WrongUnit, format!("`{right}` cannot be taken from `{left}`"))
            }
            (BinOp::Add, _, _) => (Code::WrongType, format!("`{left}` and `{right}` cannot be added")),
            (BinOp::Sub, _, _) => (Code::WrongType, format!("`{right}` cannot be taken from `{left}`")),
            (BinOp::Mul, _, _) => (Code::WrongType, format!("`{left}` and `{right}` cannot be multiplied")),
            _ => (Code::WrongType, format!("`{left}` cannot be divided by `{right}`")),
        };
        Diagnostic::error(code, message)
            .label(a.span, format!("this is `{left}`"))
            .label(b.span, format!("this is `{right}`"))
            .label(at, "here")
            .help(advice::operands(op, &a.ty, &b.ty, written(a, b)))
    }

    /// Two values to be compared: a name that only the other side's enumeration knows is resolved by it.
    fn pair(&mut self, a: &ast::Expr, b: &ast::Expr, place: &str) -> (Expr, Expr) {
        let is_unseen = |c: &Self, e: &ast::Expr| match &e.kind {
            ast::ExprKind::Name(name) => !c.sees(&name.value),
            _ => false,
        };
        if is_unseen(self, a) && !is_unseen(self, b) {
            let b = self.present(b, None, place);
            let a = self.present(a, Some(&b.ty), place);
            return (a, b);
        }
        let a = self.present(a, None, place);
        let b = self.present(b, Some(&a.ty), place);
        (a, b)
    }

    /// A chain of comparisons.
    pub fn comparison(&mut self, first: &ast::Expr, rest: &[(CmpOp, Span, ast::Expr)], span: Span) -> Expr {
        let Some(((op, at, second), more)) = rest.split_first() else { return self.infer(first, None) };
        let (first, second) = self.pair(first, second, &format!("`{}`", (*op).sign()));
        self.comparable(*op, *at, &first, &second);
        let mut checked = vec![(*op, second)];
        for (op, at, right) in more {
            let left = checked.last().map_or_else(|| first.clone(), |(_, e)| e.clone());
            let right = self.present(right, Some(&left.ty), &format!("`{}`", (*op).sign()));
            self.comparable(*op, *at, &left, &right);
            checked.push((*op, right));
        }
        Expr { kind: ExprKind::Compare(Box::new(first), checked), ty: Type::Bool, span }
    }

    fn comparable(&mut self, op: CmpOp, at: Span, a: &Expr, b: &Expr) {
        let same = super::fit::fits(&a.ty, &b.ty) || super::fit::fits(&b.ty, &a.ty);
        let ordered = matches!(op, CmpOp::Eq | CmpOp::Ne) || (is_ordered(&a.ty) && is_ordered(&b.ty));
        if same && ordered {
            return;
        }
        let (left, right) = (self.show(&a.ty), self.show(&b.ty));
        let both_numbers = matches!((&a.ty, &b.ty), (Type::Number(_), Type::Number(_)));
        let (code, message, help) = if same {
            let help = "only numbers, dates, texts and conditions have an order: use `=`, `<>` or `in [...]`";
            (Code::WrongType, format!("`{left}` has no order for `{}`", op.sign()), help.to_owned())
        } else {
            let code = if both_numbers { Code::WrongUnit } else { Code::WrongType };
            let help = advice::comparison(&a.ty, &b.ty, written(a, b));
            (code, format!("`{left}` and `{right}` cannot be compared"), help)
        };
        self.diagnostics.push(
            Diagnostic::error(code, message)
                .label(a.span, format!("this is `{left}`"))
                .label(b.span, format!("this is `{right}`"))
                .label(at, "here")
                .help(help),
        );
    }

    /// Whether nothing is known of a formula's type, as it has a fault or names what has one.
    fn says_nothing(&mut self, formula: &ast::Expr) -> bool {
        let before = self.diagnostics.len();
        let ty = self.infer(formula, None).ty;
        self.diagnostics.truncate(before);
        match ty {
            Type::List(item) => *item == Type::Never,
            ty => ty == Type::Never,
        }
    }

    /// The fault of `row in table` where a walk over the table was meant: no such `row` is known.
    fn row_of_nothing(&self, item: &ast::Expr, list: &ast::Expr) -> Option<Diagnostic> {
        let (ast::ExprKind::Name(row), ast::ExprKind::Name(table)) = (&item.kind, &list.kind) else {
            return None;
        };
        let (row, span, table) = (&row.value, row.span, &table.value);
        let is_table = matches!(self.globals.items.get(table), Some(Global::Table(_)));
        if !is_table || self.sees(row) || self.globals.is_broken(row) {
            return None;
        }
        Some(
            Diagnostic::error(Code::UnknownName, format!("nothing here is called `{row}`"))
                .label(span, "not an input, field, term, rule or variable")
                .help(format!("to walk over the rows write `{row} for {row} in {table}`, or add `where` or `order by`; without these it asks whether `{table}` has the row `{row}`")),
        )
    }

    /// `in` and `not in`.
    pub fn membership(&mut self, item: &ast::Expr, list: &ast::Expr, negated: bool, span: Span) -> Expr {
        let place = if negated { "`not in`" } else { "`in`" };
        if let Some(fault) = self.row_of_nothing(item, list) {
            return self.fault(fault, span);
        }
        if let ast::ExprKind::Name(name) = &item.kind
            && !self.sees(&name.value)
            && self.says_nothing(list)
        {
            self.touch([item]);
            return self.present(list, None, place);
        }
        let item = self.present(item, None, place);
        let wanted = item.ty.clone().list();
        let list = self.check(list, &wanted, place);
        Expr { kind: ExprKind::In(Box::new(item), Box::new(list), negated), ty: Type::Bool, span }
    }
}

/// Which of two values is a figure written out, where only one is.
fn written(a: &Expr, b: &Expr) -> Option<Side> {
    let is_written = |e: &Expr| matches!(e.kind, ExprKind::Const(_));
    match (is_written(a), is_written(b)) {
        (true, false) => Some(Side::Left),
        (false, true) => Some(Side::Right),
        _ => None,
    }
}

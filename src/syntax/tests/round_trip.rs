//! Printing and reading back gives the same tree.

use super::{parse, tree};
use crate::limits::Limits;
use crate::number::Num;
use crate::source::{Name, Span};
use crate::syntax::ast::*;
use crate::syntax::{erase_spans, lay_out_expr, print_expr, same_formula};
use chrono::NaiveDate;
use proptest::prelude::*;
use std::sync::Arc;

fn expr(kind: ExprKind) -> Expr {
    Expr { kind, span: Span::default() }
}

fn name() -> impl Strategy<Value = Name> {
    prop_oneof![
        Just("a"),
        Just("hire_date"),
        Just("q"),
        Just("order"),
        Just("clause"),
        Just("present"),
        Just("running"),
        Just("list"),
        Just("by"),
        Just("of"),
        Just("descending"),
        Just("R1"),
        Just("_x"),
    ]
    .prop_map(|n| Name::new(Arc::from(n), Span::default()))
}

/// A field or a label, which any word may be.
fn word() -> impl Strategy<Value = Name> {
    let word =
        prop_oneof![Just("b"), Just("if"), Just("absent"), Just("order"), Just("in"), Just("first_day")];
    word.prop_map(|n| Name::new(Arc::from(n), Span::default()))
}

fn unit() -> impl Strategy<Value = UnitExpr> {
    let factor = || prop_oneof![Just("USD"), Just("share"), Just("days"), Just("list")];
    (prop::collection::vec(factor(), 1..3), prop::collection::vec(factor(), 0..3)).prop_map(
        |(above, below)| {
            let signed = above.into_iter().map(|n| (n, 1)).chain(below.into_iter().map(|n| (n, -1)));
            UnitExpr { factors: signed.map(|(n, e)| (Name::new(Arc::from(n), Span::default()), e)).collect() }
        },
    )
}

fn value() -> impl Strategy<Value = Num> {
    prop_oneof![
        (0..2_000_000_i64, 0..5_u32)
            .prop_map(|(n, d)| Num::from(n).div(&Num::from(10_i64.pow(d)), u64::MAX).unwrap()),
        (0..50_000_i64, 1..400_i64).prop_map(|(n, d)| Num::from_ratio(n, d).unwrap()),
        (any::<u64>(), any::<u64>()).prop_map(|(n, d)| {
            let d = Num::from_i128(i128::from(d) + 1);
            Num::from_i128(n.into()).div(&d, u64::MAX).unwrap()
        }),
    ]
}

fn leaf() -> BoxedStrategy<Expr> {
    let kind = prop_oneof![
        Just(ExprKind::Absent),
        any::<bool>().prop_map(ExprKind::Bool),
        (value(), prop::option::of(unit())).prop_map(|(value, unit)| ExprKind::Number {
            value,
            unit,
            percent: false
        }),
        value().prop_map(|value| ExprKind::Number { value, unit: None, percent: true }),
        (1..=9999_i32, 1..=366_u32).prop_map(|(y, d)| {
            ExprKind::Date(
                NaiveDate::from_yo_opt(y, d).unwrap_or_else(|| NaiveDate::from_yo_opt(y, 1).unwrap()),
            )
        }),
        "[a-z '#§]{0,6}|[a-z \"#]{0,6}".prop_map(|t| ExprKind::Text(Arc::from(t))),
        name().prop_map(ExprKind::Name),
        "[a-z ]{0,6}".prop_map(|t| ExprKind::Fail(Arc::from(t))),
        (name(), prop::option::of(word()), any::<bool>()).prop_map(|(n, f, clause)| {
            let path = expr(ExprKind::Name(n));
            let path = f.into_iter().fold(path, |p, f| expr(ExprKind::Field(Box::new(p), f)));
            if clause { ExprKind::ClauseOf(Box::new(path)) } else { ExprKind::ReasonsOf(Box::new(path)) }
        }),
    ];
    kind.prop_map(expr).boxed()
}

fn fields(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Vec<(Name, Expr)>> {
    prop::collection::vec((word(), inner), 1..3)
}

fn query(inner: BoxedStrategy<Expr>) -> impl Strategy<Value = Query> {
    let key = (inner.clone(), any::<bool>()).prop_map(|(key, descending)| OrderKey { key, descending });
    let keys = prop::collection::vec(key, 0..3);
    (prop::option::of(inner.clone()), name(), inner.clone(), prop::option::of(inner), keys).prop_map(
        |(value, row, source, filter, order)| {
            let value = value.unwrap_or_else(|| expr(ExprKind::Name(row.clone())));
            Query { value, row, source, filter, order }
        },
    )
}

fn any_expr() -> BoxedStrategy<Expr> {
    leaf()
        .prop_recursive(5, 40, 3, |inner| {
            let one = || inner.clone().prop_map(Box::new);
            let some = |least| prop::collection::vec(inner.clone(), least..3);
            let op = prop_oneof![
                Just(BinOp::Add),
                Just(BinOp::Sub),
                Just(BinOp::Mul),
                Just(BinOp::Div),
                Just(BinOp::And),
                Just(BinOp::Or),
            ];
            let cmp = prop_oneof![
                Just(CmpOp::Eq),
                Just(CmpOp::Ne),
                Just(CmpOp::Lt),
                Just(CmpOp::Le),
                Just(CmpOp::Gt),
                Just(CmpOp::Ge),
            ];
            let arm = (some(1), inner.clone()).prop_map(|(patterns, value)| MatchArm { patterns, value });
            let none = Span::default();
            let tight = prop_oneof![
                (one(), word()).prop_map(|(b, n)| ExprKind::Field(b, n)),
                (name(), some(0)).prop_map(|(n, a)| ExprKind::Call(n, a)),
                (one(), some(1)).prop_map(|(b, k)| ExprKind::Lookup(b, k)),
                (one(), one()).prop_map(|(a, b)| ExprKind::At(a, b)),
                (one(), -9..99_i32).prop_map(|(b, n)| ExprKind::Power(b, n)),
                some(0).prop_map(ExprKind::List),
                fields(inner.clone()).prop_map(ExprKind::Record),
                (one(), fields(inner.clone())).prop_map(|(b, f)| ExprKind::With(b, f)),
                query(inner.clone()).prop_map(|q| ExprKind::Query(Box::new(q))),
            ];
            let operators = prop_oneof![
                one().prop_map(ExprKind::Negate),
                one().prop_map(ExprKind::Not),
                (op, one(), one()).prop_map(move |(op, a, b)| ExprKind::Binary(op, none, a, b)),
                (one(), prop::collection::vec((cmp, inner.clone()), 1..3)).prop_map(move |(a, rest)| {
                    ExprKind::Compare(a, rest.into_iter().map(|(op, e)| (op, none, e)).collect())
                }),
                (one(), one(), any::<bool>()).prop_map(|(item, list, negated)| ExprKind::In {
                    item,
                    list,
                    negated
                }),
                (one(), any::<bool>()).prop_map(|(value, negated)| ExprKind::IsPresent { value, negated }),
                (one(), one()).prop_map(|(a, b)| ExprKind::Otherwise(a, b)),
            ];
            let forms = prop_oneof![
                (one(), one(), one()).prop_map(|(a, b, c)| ExprKind::If(a, b, c)),
                (one(), prop::collection::vec(arm, 1..3), prop::option::of(one()))
                    .prop_map(|(subject, arms, otherwise)| ExprKind::Match { subject, arms, otherwise }),
                (name(), one(), one()).prop_map(|(name, value, body)| ExprKind::Let { name, value, body }),
                (name(), one(), query(inner.clone()), any::<bool>()).prop_map(
                    |(state, initial, query, running)| ExprKind::Fold {
                        state,
                        initial,
                        query: Box::new(query),
                        running,
                    }
                ),
            ];
            prop_oneof![tight, operators, forms].prop_map(expr)
        })
        .boxed()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn what_is_printed_reads_back_as_the_same_tree(e in any_expr()) {
        let printed = print_expr(&e);
        match parse(&printed) {
            Ok(again) => {
                let printed_again = print_expr(&again);
                prop_assert!(erase_spans(again) == e, "{printed}\n{printed_again}");
                prop_assert_eq!(printed_again, printed);
            }
            Err(d) => prop_assert!(false, "{printed}\n{d:#?}"),
        }
    }

    #[test]
    fn what_is_laid_out_says_the_same_and_stays_as_it_is(
        e in any_expr(),
        breaks in prop::collection::vec(0..4_u8, 1..20),
    ) {
        // Lines broken and remarks put in wherever a blank stands.
        let mut turns = breaks.iter().cycle();
        let mut text = String::new();
        for c in print_expr(&e).chars() {
            match (c, turns.next().copied().unwrap_or(0)) {
                (' ', 0) => text.push_str("\n   "),
                (' ', 1) => text.push_str(" # why\n\n\n # and how\n"),
                (' ', 2) => text.push_str("   "),
                (c, _) => text.push(c),
            }
        }
        // A break may part what belongs together, such as a text.
        if let Ok(read) = parse(&text) {
            let laid = lay_out_expr(&text, 4, &Limits::DEFAULT);
            prop_assert!(laid.is_some(), "{text}");
            let laid = laid.unwrap();
            prop_assert!(erase_spans(parse(&laid).unwrap()) == erase_spans(read), "{text}\n{laid}");
            prop_assert_eq!(laid.matches("# why").count(), text.matches("# why").count());
            prop_assert_eq!(lay_out_expr(&laid, 4, &Limits::DEFAULT), Some(laid));
        }
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_place_that_is_not_empty(text in "\\PC{0,40}") {
        check_refusal(&text)?;
    }

    #[test]
    fn any_mix_of_tokens_is_read_or_refused_with_a_place_that_is_not_empty(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "a", "b", "1", "2/3", "1 5/16", "85%", "5 USD", "2001-02-20", "'t'", "(", ")", "[", "]", "{", "}", ",", ";",
            ":", ".", "+", "-", "*", "/", "^", "=", "<", "<=", "if", "then", "else", "match", "when", "let", "x =", "fold",
            "for", "in", "not", "and", "or", "is", "present", "absent", "otherwise", "at", "with", "fail", "where",
            "order by", "descending", "clause of", "running", "true", "f(", "#", "\n", "?", "%", "é",
        ]), 0..25),
        blank in prop::bool::weighted(0.8),
    ) {
        check_refusal(&tokens.join(if blank { " " } else { "" }))?;
    }
}

/// Reads a text; a refusal has a message in the house's form and a place within the text.
fn check_refusal(text: &str) -> Result<(), TestCaseError> {
    match parse(text) {
        Ok(expr) => {
            prop_assert!(same_formula(&tree(&print_expr(&expr)), &expr), "{}", text);
        }
        Err(d) => {
            let span = d.primary().unwrap().range();
            prop_assert!(
                text.is_empty()
                    || text.get(span.clone()).is_some_and(|s| !s.trim().is_empty())
                    || text.trim().is_empty()
                    || text.trim_start().starts_with('#')
                    || d.message.contains("cannot be seen"),
                "{:?} {:?}",
                text,
                d
            );
            prop_assert!(!d.message.ends_with('.'), "{}", d.message);
            prop_assert!(d.message != "this cannot be read", "{}", text);
        }
    }
    Ok(())
}

#[test]
fn the_printed_form_is_short_and_canonical() {
    for (written, printed) in [
        ("((a)) + ((b * c))", "a + b * c"),
        ("(a + b) * (c)", "(a + b) * c"),
        ("[ q for q in quotes where q.date=day ]", "[q in quotes where q.date = day]"),
        ("sum([x for r in t])", "sum(x for r in t)"),
        ("25000 USD", "25_000 USD"),
        ("66 2/3%", "66 2/3%"),
        ("a ≠ b × c", "a <> b * c"),
        ("if (a) then (b) else (c)", "if a then b else c"),
        ("a otherwise (if b then c else d)", "a otherwise if b then c else d"),
        (
            "match s when a then (match t when b then c) else d",
            "match s when a then (match t when b then c) else d",
        ),
        ("not (a and b)", "not (a and b)"),
        ("(not a) and b", "not a and b"),
        ("1.50 USD / share", "1.5 USD / share"),
        ("{a:1,b:2}", "{ a: 1, b: 2 }"),
        ("x ^ 2", "x^2"),
    ] {
        assert_eq!(print_expr(&tree(written)), printed);
    }
}

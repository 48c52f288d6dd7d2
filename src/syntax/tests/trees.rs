//! Golden trees: each construct, and how tightly each holds together.

use super::{parse, tree};
use crate::limits::Limits;
use crate::source::{SourceId, TextMap};
use crate::syntax::ast::*;
use crate::syntax::{KEYWORDS, is_reserved, parse_type, print_type};

/// The tree with every node in brackets: `(+ a (* b c))`.
fn shape(expr: &Expr) -> String {
    let all = |items: &[Expr]| items.iter().map(|e| format!(" {}", shape(e))).collect::<String>();
    let fields = |fields: &[(crate::source::Name, Expr)]| {
        fields.iter().map(|(l, e)| format!(" {}: {}", l.value, shape(e))).collect::<String>()
    };
    match &expr.kind {
        ExprKind::Absent => "absent".into(),
        ExprKind::Bool(b) => b.to_string(),
        ExprKind::Number { value, unit, percent } => {
            let unit = unit.as_ref().map_or(String::new(), |u| {
                u.factors.iter().map(|(n, e)| format!(" {}^{e}", n.value)).collect::<String>()
            });
            format!("{value}{}{unit}", if *percent { " %" } else { "" })
        }
        ExprKind::Date(d) => d.to_string(),
        ExprKind::Text(t) => format!("{t:?}"),
        ExprKind::Name(n) => n.value.to_string(),
        ExprKind::Field(b, n) => format!("(. {} {})", shape(b), n.value),
        ExprKind::Call(n, items) => format!("(call {}{})", n.value, all(items)),
        ExprKind::Lookup(b, keys) => format!("(lookup {}{})", shape(b), all(keys)),
        ExprKind::At(a, b) => format!("(at {} {})", shape(a), shape(b)),
        ExprKind::Negate(e) => format!("(neg {})", shape(e)),
        ExprKind::Not(e) => format!("(not {})", shape(e)),
        ExprKind::Power(e, n) => format!("(^ {} {n})", shape(e)),
        ExprKind::Binary(op, _, a, b) => {
            let op = match op {
                BinOp::Add => "+",
                BinOp::Sub => "-",
                BinOp::Mul => "*",
                BinOp::Div => "/",
                BinOp::And => "and",
                BinOp::Or => "or",
            };
            format!("({op} {} {})", shape(a), shape(b))
        }
        ExprKind::Compare(first, rest) => {
            let rest: String = rest.iter().map(|(op, _, e)| format!(" {op:?} {}", shape(e))).collect();
            format!("(compare {}{rest})", shape(first))
        }
        ExprKind::In { item, list, negated } => {
            format!("({} {} {})", if *negated { "not-in" } else { "in" }, shape(item), shape(list))
        }
        ExprKind::IsPresent { value, negated } => {
            format!("({} {})", if *negated { "absent?" } else { "present?" }, shape(value))
        }
        ExprKind::Otherwise(a, b) => format!("(otherwise {} {})", shape(a), shape(b)),
        ExprKind::If(c, a, b) => format!("(if {} {} {})", shape(c), shape(a), shape(b)),
        ExprKind::Match { subject, arms, otherwise } => {
            let arms: String =
                arms.iter().map(|a| format!(" (when{} => {})", all(&a.patterns), shape(&a.value))).collect();
            let last = otherwise.as_ref().map_or(String::new(), |e| format!(" else {}", shape(e)));
            format!("(match {}{arms}{last})", shape(subject))
        }
        ExprKind::Let { name, value, body } => {
            format!("(let {} {} {})", name.value, shape(value), shape(body))
        }
        ExprKind::List(items) => format!("(list{})", all(items)),
        ExprKind::Record(f) => format!("(record{})", fields(f)),
        ExprKind::With(b, f) => format!("(with {}{})", shape(b), fields(f)),
        ExprKind::Query(q) => format!("(query {})", query(q)),
        ExprKind::Fold { state, initial, query: q, running } => {
            let word = if *running { "running" } else { "fold" };
            format!("({word} {} {} {})", state.value, shape(initial), query(q))
        }
        ExprKind::Fail(t) => format!("(fail {t:?})"),
        ExprKind::ClauseOf(e) => format!("(clause {})", shape(e)),
        ExprKind::ReasonsOf(e) => format!("(reasons {})", shape(e)),
    }
}

fn query(q: &Query) -> String {
    let filter = q.filter.as_ref().map_or(String::new(), |f| format!(" where {}", shape(f)));
    let order: String = q
        .order
        .iter()
        .map(|k| format!(" {} {}", if k.descending { "down" } else { "up" }, shape(&k.key)))
        .collect();
    format!("{} for {} in {}{filter}{order}", shape(&q.value), q.row.value, shape(&q.source))
}

/// Checks formulas against their shapes.
fn check(pairs: &[(&str, &str)]) {
    for (text, expected) in pairs {
        assert_eq!(shape(&tree(text)), *expected, "{text}");
    }
}

#[test]
fn literals_are_read_as_documents_write_them() {
    check(&[
        ("25_000", "25000"),
        ("1.3125", "1.3125"),
        ("0.5", "0.5"),
        ("0", "0"),
        ("1 5/16", "1.3125"),
        ("1  5/16", "1.3125"),
        ("66 2/3%", "2/3 %"),
        ("85%", "0.85 %"),
        ("0 1/3", "1/3"),
        ("25_000 USD", "25000 USD^1"),
        ("1 5/16 USD/share", "1.3125 USD^1 share^-1"),
        ("10 days", "10 days^1"),
        ("20 hours/week", "20 hours^1 week^-1"),
        ("3 person*days/week/share", "3 person^1 days^1 week^-1 share^-1"),
        ("2001-02-20", "2001-02-20"),
        ("2004-02-29", "2004-02-29"),
        ("\"it's\"", "\"it's\""),
        ("'a \"b\"'", "\"a \\\"b\\\"\""),
        ("''", "\"\""),
        ("true", "true"),
        ("false", "false"),
        ("absent", "absent"),
    ]);
}

#[test]
fn a_unit_has_no_spaces_and_no_operator_is_taken_for_one() {
    check(&[
        ("5 USD / share", "(/ 5 USD^1 share)"),
        ("5 USD * 3", "(* 5 USD^1 3)"),
        ("5 USD*3", "(* 5 USD^1 3)"),
        ("5 USD/2", "(/ 5 USD^1 2)"),
        ("5 USD^2", "(^ 5 USD^1 2)"),
        ("3 and b", "(and 3 b)"),
        ("2 / 3", "(/ 2 3)"),
        ("1 5/16 / 2", "(/ 1.3125 2)"),
        ("1 5/16/2", "(/ 1.3125 2)"),
        ("2/3", "(/ 2 3)"),
        ("5 - 3", "(- 5 3)"),
        ("5-3", "(- 5 3)"),
        ("2001-02-20 + 3 months", "(+ 2001-02-20 3 months^1)"),
        ("10% * pay", "(* 0.1 % pay)"),
        ("10%*pay", "(* 0.1 % pay)"),
        ("[r in t where x order by 5 descending]", "(query r for r in t where x down 5)"),
        ("[r in t order by 5 USD descending]", "(query r for r in t down 5 USD^1)"),
        ("[r in t where x > 10 order by k]", "(query r for r in t where (compare x Gt 10) up k)"),
    ]);
}

#[test]
fn arithmetic_binds_as_in_arithmetic() {
    check(&[
        ("a + b * c", "(+ a (* b c))"),
        ("(a + b) * c", "(* (+ a b) c)"),
        ("a - b - c", "(- (- a b) c)"),
        ("a / b * c", "(* (/ a b) c)"),
        ("-a * b", "(* (neg a) b)"),
        ("a - -b", "(- a (neg b))"),
        ("--a", "(neg (neg a))"),
        ("-a^2", "(neg (^ a 2))"),
        ("a ^ -2", "(^ a -2)"),
        ("a^2/3", "(/ (^ a 2) 3)"),
        ("2^3", "(^ 2 3)"),
        ("(a^2)^3", "(^ (^ a 2) 3)"),
        ("a − b × −c", "(- a (* b (neg c)))"),
        ("a+b", "(+ a b)"),
    ]);
}

#[test]
fn otherwise_is_looser_than_arithmetic_and_tighter_than_comparisons() {
    check(&[
        ("a otherwise b + 1", "(otherwise a (+ b 1))"),
        ("a + b otherwise c", "(otherwise (+ a b) c)"),
        ("a otherwise b otherwise c", "(otherwise a (otherwise b c))"),
        ("a otherwise b = c", "(compare (otherwise a b) Eq c)"),
        ("a = b otherwise c", "(compare a Eq (otherwise b c))"),
        ("a otherwise fail \"none\"", "(otherwise a (fail \"none\"))"),
        ("a otherwise if b then c else d + 1", "(otherwise a (if b c (+ d 1)))"),
        ("a + 1 otherwise b otherwise let x = 1; x", "(otherwise (+ a 1) (otherwise b (let x 1 x)))"),
        ("(a otherwise match s when b then c) = d", "(compare (otherwise a (match s (when b => c))) Eq d)"),
    ]);
}

#[test]
fn comparisons_chain_and_stand_between_otherwise_and_not() {
    check(&[
        ("a <= b < c", "(compare a Le b Lt c)"),
        ("a ≤ b ≥ c ≠ d", "(compare a Le b Ge c Ne d)"),
        ("a = b and c <> d", "(and (compare a Eq b) (compare c Ne d))"),
        ("not a = b", "(not (compare a Eq b))"),
        ("not not a or not b", "(or (not (not a)) (not b))"),
        ("a or b and c", "(or a (and b c))"),
        ("a and b or c and d", "(or (and a b) (and c d))"),
        ("a + 1 in b", "(in (+ a 1) b)"),
        ("a not in [b, c]", "(not-in a (list b c))"),
        ("not a in b", "(not (in a b))"),
        ("a is present and b is absent", "(and (present? a) (absent? b))"),
        ("a + b is present", "(present? (+ a b))"),
        ("x = absent", "(compare x Eq absent)"),
        ("a=b", "(compare a Eq b)"),
        ("a<-b", "(compare a Lt (neg b))"),
    ]);
}

#[test]
fn what_follows_a_value_closely() {
    check(&[
        ("a.b.c", "(. (. a b) c)"),
        ("a.if.order", "(. (. a if) order)"),
        ("quotes[day, market].close", "(. (lookup quotes day market) close)"),
        ("f(a).b[c]", "(lookup (. (call f a) b) c)"),
        ("discount at grant_date * 2", "(* (at discount grant_date) 2)"),
        ("discount at period.first_day", "(at discount (. period first_day))"),
        ("discount at dates[1]", "(at discount (lookup dates 1))"),
        ("discount at 2001-02-20", "(at discount 2001-02-20)"),
        ("(discount at day).x", "(. (at discount day) x)"),
        ("rate at (day + 3 days) ^ 2", "(^ (at rate (+ day 3 days^1)) 2)"),
        ("s with { a: 1, b: t with { c: 2 } }", "(with s a: 1 b: (with t c: 2))"),
        ("s at d with { a: 1 } with { b: 2 }", "(with (with (at s d) a: 1) b: 2)"),
        ("s with { a: 1 } = t", "(compare (with s a: 1) Eq t)"),
    ]);
}

#[test]
fn brackets_calls_lists_and_records() {
    check(&[
        ("f()", "(call f)"),
        ("f(a, b,)", "(call f a b)"),
        ("[]", "(list)"),
        ("[a]", "(list a)"),
        ("[a, if b then c else d, e,]", "(list a (if b c d) e)"),
        ("{ name: a, if: b }", "(record name: a if: b)"),
        ("{a:let x = 1; x, b: 2,}", "(record a: (let x 1 x) b: 2)"),
        ("((a))", "a"),
        ("[[a], [b]]", "(list (list a) (list b))"),
        ("fail \"no price\"", "(fail \"no price\")"),
        ("clause of outcome", "(clause outcome)"),
        ("clause of participants.outcome = \"§9\"", "(compare (clause (. participants outcome)) Eq \"§9\")"),
        ("reasons of eligible", "(reasons eligible)"),
    ]);
}

#[test]
fn forms_that_open_a_text_reach_as_far_as_they_can() {
    check(&[
        ("if a then b else c + 1", "(if a b (+ c 1))"),
        ("if a and b then c else if d then e else f", "(if (and a b) c (if d e f))"),
        ("if a then if b then c else d else e", "(if a (if b c d) e)"),
        ("let x = a; let y = b; x + y", "(let x a (let y b (+ x y)))"),
        ("let x = if a then b else c; x", "(let x (if a b c) x)"),
        ("match s when a, b then v when c then w else z", "(match s (when a b => v) (when c => w) else z)"),
        ("match s when a then v", "(match s (when a => v))"),
        (
            "match s when a then match t when b then v when c then w",
            "(match s (when a => (match t (when b => v) (when c => w))))",
        ),
        (
            "match s when a then (match t when b then v) when c then w",
            "(match s (when a => (match t (when b => v))) (when c => w))",
        ),
        (
            "match s when a then if b then c else d when e then f",
            "(match s (when a => (if b c d)) (when e => f))",
        ),
        ("a and (if b then c else d)", "(and a (if b c d))"),
    ]);
}

#[test]
fn queries_in_their_long_and_short_forms() {
    check(&[
        ("[q.close for q in quotes]", "(query (. q close) for q in quotes)"),
        (
            "[q.close for q in quotes where q.date = day order by q.date, q.market descending]",
            "(query (. q close) for q in quotes where (compare (. q date) Eq day) up (. q date) down (. q market))",
        ),
        ("[q in quotes where a order by b ascending]", "(query q for q in quotes where a up b)"),
        ("[q in quotes order by b]", "(query q for q in quotes up b)"),
        ("[q for q in quotes]", "(query q for q in quotes)"),
        ("[q in quotes]", "(list (in q quotes))"),
        (
            "count(q in quotes where q.date = day)",
            "(call count (query q for q in quotes where (compare (. q date) Eq day)))",
        ),
        ("count(q in quotes)", "(call count (in q quotes))"),
        ("sum(a * b for r in t where c)", "(call sum (query (* a b) for r in t where c))"),
        ("sum([a for r in t])", "(call sum (query a for r in t))"),
        ("[[x for x in r] for r in t]", "(query (query x for x in r) for r in t)"),
        ("[[x for x in r]]", "(list (query x for x in r))"),
        ("[if a then b else c for r in t]", "(query (if a b c) for r in t)"),
        (
            "all(not r.x for r in a.rows otherwise [])",
            "(call all (query (not (. r x)) for r in (otherwise (. a rows) (list))))",
        ),
        ("(first(q in quotes where a)).close", "(. (call first (query q for q in quotes where a)) close)"),
    ]);
}

#[test]
fn folds_walk_in_order_and_may_keep_every_state() {
    check(&[
        ("fold s = 0 for r in t then s + r.x", "(fold s 0 (+ s (. r x)) for r in t)"),
        (
            "running fold s = { p: 1 } for r in t where r.a order by r.d descending, r.e then s with { p: 2 }",
            "(running s (record p: 1) (with s p: 2) for r in t where (. r a) down (. r d) up (. r e))",
        ),
        (
            "fold s = fold u = 0 for a in b then u for r in t then if c then s else d",
            "(fold s (fold u 0 u for a in b) (if c s d) for r in t)",
        ),
        (
            "[fold s = 0 for r in q.rows then s for q in t where q.x]",
            "(query (fold s 0 s for r in (. q rows)) for q in t where (. q x))",
        ),
        ("running + fold_count", "(+ running fold_count)"),
    ]);
}

#[test]
fn words_that_are_keywords_by_place_are_names_elsewhere() {
    check(&[
        ("order + by", "(+ order by)"),
        ("clause = reasons", "(compare clause Eq reasons)"),
        ("present is present", "(present? present)"),
        ("list.of", "(. list of)"),
        ("ascending otherwise descending", "(otherwise ascending descending)"),
        ("input + is_x + ifs + order_1", "(+ (+ (+ input is_x) ifs) order_1)"),
        (
            "[order in orders where order.by order by order.by]",
            "(query order for order in orders where (. order by) up (. order by))",
        ),
    ]);
}

#[test]
fn the_grammar_and_the_list_of_words_reserve_the_same() {
    for word in KEYWORDS.iter().chain(&["null", "order_1", "iff", "total"]) {
        let is_name = parse(word).is_ok_and(|e| matches!(e.kind, ExprKind::Name(_)));
        assert_eq!(is_name, !is_reserved(word), "{word}");
        let as_variable = parse(&format!("let {word} = 1; 2"));
        assert_eq!(as_variable.is_ok(), is_name || *word == "null", "{word}");
        assert!(parse(&format!("a.{word} + f({{ {word}: 1 }})")).is_ok(), "{word}");
    }
}

#[test]
fn blanks_line_breaks_and_remarks_make_no_difference() {
    check(&[
        ("  a\n+\r\n\tb  ", "(+ a b)"),
        ("a # the first\n  + b # the \"second\" (\n", "(+ a b)"),
        ("running # all of them\n fold s = 0 for r in t then s", "(running s 0 s for r in t)"),
        ("clause\nof x", "(clause x)"),
        ("10\n  days", "10 days^1"),
        ("x not\n in y", "(not-in x y)"),
        ("\"a # b\"", "\"a # b\""),
    ]);
}

fn shape_of_type(text: &str) -> String {
    fn shape(ty: &TypeExpr) -> String {
        match &ty.kind {
            TypeExprKind::Percent => "%".into(),
            TypeExprKind::Named(n) => n.value.to_string(),
            TypeExprKind::Unit(u) => {
                u.factors.iter().map(|(n, e)| format!("{}^{e}", n.value)).collect::<Vec<_>>().join(" ")
            }
            TypeExprKind::OneOf(v) => {
                format!("(one {})", v.iter().map(|n| &*n.value).collect::<Vec<_>>().join(" "))
            }
            TypeExprKind::List(t) => format!("(list {})", shape(t)),
            TypeExprKind::Ref(n) => format!("(ref {})", n.value),
            TypeExprKind::Record(f) => {
                let fields: Vec<_> = f.iter().map(|(n, t)| format!("{}: {}", n.value, shape(t))).collect();
                format!("(record {})", fields.join(" "))
            }
            TypeExprKind::Optional(t) => format!("(? {})", shape(t)),
        }
    }
    let parse = |text: &str| parse_type(&TextMap::plain(SourceId(0), text, 0), &Limits::DEFAULT);
    let ty = parse(text).unwrap_or_else(|d| panic!("{text}: {d:#?}"));
    let printed = print_type(&ty);
    assert_eq!(shape(&parse(&printed).unwrap()), shape(&ty), "{text} -> {printed}");
    shape(&ty)
}

#[test]
fn types_are_words_units_enumerations_lists_references_and_records() {
    for (text, expected) in [
        ("USD", "USD"),
        ("USD/share", "USD^1 share^-1"),
        ("USD*day/share/year", "USD^1 day^1 share^-1 year^-1"),
        ("1/day", "day^-1"),
        ("%", "%"),
        ("%?", "(? %)"),
        ("shares", "shares"),
        ("date?", "(? date)"),
        ("one of active, left, absent, order", "(one active left absent order)"),
        ("one of a, b?", "(? (one a b))"),
        ("list of date?", "(list (? date))"),
        ("(list of date)?", "(? (list date))"),
        ("list of list of text", "(list (list text))"),
        ("ref participants", "(ref participants)"),
        ("ref participants?", "(? (ref participants))"),
        ("{ date: date, price: USD/share? }", "(record date: date price: (? USD^1 share^-1))"),
        ("{ kind: one of a, b, at: date, }", "(record kind: (one a b) at: date)"),
        ("list of {\n  # a step\n  if: count\n}", "(list (record if: count))"),
        ("(USD)", "USD"),
        ("list", "list"),
        ("one", "one"),
    ] {
        assert_eq!(shape_of_type(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_a_formula_is_refused() {
    for text in [
        "a b",
        "a +",
        "+ a",
        "if a then b",
        "let x = 1",
        "let if = 1; 2",
        "f(",
        "f)",
        "[a",
        "{}",
        "{ a }",
        "a.",
        "a[]",
        "a at",
        "a with b",
        "a = b is present",
        "a in b in c",
        "a^b",
        "a^2.5",
        "a^2^3",
        "x is 5",
        "when a",
        "fold s = 0 then s",
        "fail",
        "fail x",
        "clause of",
        "match s",
        "match s when a",
        "and",
        "a not b",
        "1 2",
        "5 USD 3",
        "1 5 / 16 USD b",
        "[a for r in t, b]",
        "f(a for r in t, b)",
        "[a, b for r in t]",
        "[not q in t where x]",
        "[(q in t) where x]",
        "[q.x in t where y]",
        "if a then match s when b then c else d",
        "a = not b",
        "-not a",
        "a and if b then c else d",
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

//! Every node's span is the characters that the author typed, through TOML's escapes and lines.

use crate::limits::Limits;
use crate::source::{SourceId, Span, TextMap};
use crate::syntax::ast::*;
use crate::syntax::{parse_expr, parse_type};
use toml::de::DeTable;

/// The characters under every node of the formula in `v = ...`, the outermost first.
fn nodes(file: &str) -> Vec<String> {
    let table = DeTable::parse(file).unwrap();
    let (_, value) = table.get_ref().iter().next().unwrap();
    let map = TextMap::of(SourceId(7), file, value.span()).unwrap();
    let expr = parse_expr(&map, &Limits::DEFAULT).unwrap_or_else(|d| panic!("{file}: {d:#?}"));
    let mut found = Vec::new();
    let mut stack = vec![&expr];
    while let Some(expr) = stack.pop() {
        assert_eq!(expr.span.source, SourceId(7));
        found.push(file[expr.span.range()].to_owned());
        let mut children = Vec::new();
        expr.children(&mut |child| children.push(child));
        stack.extend(children.into_iter().rev());
    }
    found
}

#[test]
fn a_node_covers_its_text_and_no_blank_around_it() {
    assert_eq!(nodes("v = ' a  +  f( b , c ) # end '"), ["a  +  f( b , c )", "a", "f( b , c )", "b", "c"]);
    assert_eq!(nodes("v = '( a )  * b '"), ["( a )  * b", "( a )", "b"]);
    assert_eq!(nodes("v = 'x  is present '"), ["x  is present", "x"]);
    assert_eq!(nodes("v = 'a not  in b '"), ["a not  in b", "a", "b"]);
    assert_eq!(nodes("v = 'if a then b else - c '"), ["if a then b else - c", "a", "b", "- c", "c"]);
    assert_eq!(nodes("v = 'a <= b < c '"), ["a <= b < c", "a", "b", "c"]);
    assert_eq!(nodes("v = 'a . b [ c ] '"), ["a . b [ c ]", "a . b", "a", "c"]);
    assert_eq!(nodes("v = 'a at b . c ^ 2 '"), ["a at b . c ^ 2", "a at b . c", "a", "b . c", "b"]);
    assert_eq!(nodes("v = 's with { a : 1 } '"), ["s with { a : 1 }", "s", "1"]);
    assert_eq!(nodes("v = 'match s when a then b '"), ["match s when a then b", "s", "a", "b"]);
    assert_eq!(nodes("v = 'let x = 1 ; x '"), ["let x = 1 ; x", "1", "x"]);
    assert_eq!(nodes("v = 'clause of a . b '"), ["clause of a . b", "a . b", "a"]);
    assert_eq!(nodes("v = '1 5/16 USD/share '"), ["1 5/16 USD/share"]);
}

#[test]
fn a_query_covers_its_own_brackets_but_not_those_of_a_call() {
    assert_eq!(
        nodes("v = 'sum( r.x for r in t where c )'"),
        ["sum( r.x for r in t where c )", "r.x for r in t where c", "t", "c", "r.x", "r"]
    );
    assert_eq!(
        nodes("v = '[ q in t order by k descending ] '"),
        ["[ q in t order by k descending ]", "t", "k", "q"]
    );
    assert_eq!(
        nodes("v = 'fold s = 0 for r in t then s + 1 '"),
        ["fold s = 0 for r in t then s + 1", "0", "t", "s + 1", "s", "1"]
    );
}

#[test]
fn spans_are_exact_through_escapes_and_lines() {
    assert_eq!(
        nodes(r#"v = "status = \"a b\" and \u0078 \u003e 1""#),
        [
            r#"status = \"a b\" and \u0078 \u003e 1"#,
            r#"status = \"a b\""#,
            "status",
            r#"\"a b\""#,
            r"\u0078 \u003e 1",
            r"\u0078",
            "1"
        ]
    );
    assert_eq!(
        nodes("v = \"\"\"\r\nif a # why\r\nthen b \\\n   + c\r\nelse d\r\n\"\"\""),
        ["if a # why\r\nthen b \\\n   + c\r\nelse d", "a", "b \\\n   + c", "b", "c", "d"]
    );
}

#[test]
fn operators_names_and_units_have_places_of_their_own() {
    let text = "a ≤ b + 5 USD/share";
    let expr = super::tree(text);
    let slice = |span: Span| &text[span.range()];
    let ExprKind::Compare(_, rest) = &expr.kind else { panic!() };
    assert_eq!(slice(rest[0].1), "≤");
    let ExprKind::Binary(_, op, _, right) = &rest[0].2.kind else { panic!() };
    assert_eq!(slice(*op), "+");
    let ExprKind::Number { unit: Some(unit), .. } = &right.kind else { panic!() };
    assert_eq!(unit.factors.iter().map(|(n, _)| slice(n.span)).collect::<Vec<_>>(), ["USD", "share"]);
}

#[test]
fn a_type_covers_its_text() {
    let text = " list of { a : one of b , c ? , d: USD/share } ";
    let ty = parse_type(&TextMap::plain(SourceId(0), text, 0), &Limits::DEFAULT).unwrap();
    let slice = |ty: &TypeExpr| &text[ty.span.range()];
    assert_eq!(slice(&ty), "list of { a : one of b , c ? , d: USD/share }");
    let TypeExprKind::List(item) = &ty.kind else { panic!() };
    let TypeExprKind::Record(fields) = &item.kind else { panic!() };
    assert_eq!((slice(&fields[0].1), slice(&fields[1].1)), ("one of b , c ?", "USD/share"));
    let TypeExprKind::Optional(inner) = &fields[0].1.kind else { panic!() };
    assert_eq!(slice(inner), "one of b , c");
}

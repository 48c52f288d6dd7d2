//! Hostile formulas: refused in time, on half of the stack of 2 MB that a thread has.

use super::parse;
use crate::diagnostic::Code;
use crate::limits::Limits;
use crate::source::{SourceId, TextMap};
use crate::syntax::ast::Expr;
use crate::syntax::{erase_spans, parse_type, print_expr};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The most that one formula may take, in a debug build on a slow machine.
const TIME: Duration = Duration::from_secs(20);

/// The outcome of a formula, on a thread with a stack of 1 MB, in time.
fn bounded(text: String) -> Option<Code> {
    let (send, receive) = mpsc::channel();
    let shown: String = text.chars().take(60).collect();
    let run = move || {
        let outcome = parse(&text);
        let code = outcome.as_ref().err().map(|d| d.code);
        if let Ok(expr) = outcome {
            // Whatever is accepted can be walked, compared, copied and dropped.
            let again = parse(&print_expr(&expr)).unwrap();
            assert_eq!(erase_spans(again), erase_spans(expr.clone()));
        }
        send.send(code).unwrap();
    };
    let thread = thread::Builder::new().stack_size(1 << 20).spawn(run).unwrap();
    let code = receive.recv_timeout(TIME).unwrap_or_else(|e| panic!("{shown}: {e}"));
    thread.join().unwrap();
    code
}

#[test]
fn nesting_beyond_the_limit_is_refused_whatever_nests() {
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("f(", "1", ")"),
        ("{ a: ", "1", " }"),
        ("a[", "1", "]"),
        ("x with { a: ", "1", " }"),
        ("not ", "a", ""),
        ("-", "a", ""),
        ("- ", "a", ""),
        ("if a then b else ", "c", ""),
        ("if a then ", "c", " else b"),
        ("let x = 1; ", "x", ""),
        ("let x = ", "1", "; x"),
        ("match s when a then b else ", "c", ""),
        ("match s when a, b then ", "c", ""),
        ("fold s = 0 for r in t then ", "s", ""),
        ("fold s = ", "s", " for r in t then s"),
        ("a otherwise ", "b", ""),
        ("[x for x in ", "t", "]"),
        ("[q in t where ", "a", "]"),
        ("[q in t order by ", "a", "]"),
        ("1 + (2 * ", "3", ")"),
        ("a and b = 1 + (", "c", ")"),
        ("f(a, b, [c, {d: ", "1", "}])"),
    ] {
        for times in [65, 1_000, 3_000] {
            let text = format!("{}{middle}{}", open.repeat(times), close.repeat(times));
            let expected = if text.len() > 64 << 10 { Code::PlanTooLarge } else { Code::TooDeep };
            assert_eq!(bounded(text), Some(expected), "{open} {times}");
        }
        let within = 60 / open.matches(['(', '[', '{']).count().max(1);
        let text = format!("{}{middle}{}", open.repeat(within), close.repeat(within));
        assert_eq!(bounded(text), None, "{open} {within}");
    }
}

#[test]
fn unfinished_nesting_is_refused_in_time() {
    for part in [
        "(",
        "[",
        "{",
        "{a:",
        "f(",
        "a[",
        "if ",
        "if a then ",
        "not ",
        "-",
        "let x = ",
        "match ",
        "match a when ",
        "fold s = ",
        "[x for x in ",
        "[a, ",
        "f(a, ",
        "(a + ",
        "[[a],",
        "a otherwise ",
        "[if ",
        "((a) + (",
        "a at ",
        "a.",
        "a with {",
        "clause of ",
        "running ",
        ")",
        "]",
        "a, ",
        "when a then ",
        "else ",
        "then ",
        "1 5/",
    ] {
        for times in [30, 60, 5_000] {
            assert!(bounded(part.repeat(times)).is_some(), "{part} {times}");
        }
    }
}

#[test]
fn long_chains_are_refused_before_their_tree_is_too_high() {
    for (first, part) in [
        ("1", " + 1"),
        ("1", " * 1"),
        ("a", " and b"),
        ("a", " or b"),
        ("a", " otherwise b"),
        ("a", ".b"),
        ("a", "[1]"),
        ("a", " at b"),
        ("a", " with { b: 1 }"),
        ("a = b", " and not c = d"),
    ] {
        for times in [300, 4_000] {
            assert_eq!(
                bounded(format!("{first}{}", part.repeat(times))),
                Some(Code::TooDeep),
                "{part} {times}"
            );
        }
    }
    assert_eq!(bounded(format!("1{}", " + 1".repeat(250))), None);
    let items = vec!["if a then -b else c"; 1_000].join(", ");
    assert_eq!(bounded(format!("[{items}]")), None, "what stands side by side is not deep");
    let arms = " when a, b then if not c then d otherwise e else f".repeat(200);
    assert_eq!(bounded(format!("match s{arms}")), None);
    assert_eq!(bounded(format!("a{}", " < b".repeat(4_000))), None, "a chain of comparisons is one node");
    let mixed = format!("{}1{}", "(".repeat(60), " + 2 + 3 + 4 + 5 + 6)".repeat(60));
    assert_eq!(bounded(mixed), Some(Code::TooDeep), "chains within chains add up");
}

#[test]
fn a_formula_of_more_than_64_kib_is_refused() {
    let error = parse(&format!("[{}1]", "1, ".repeat(30_000))).unwrap_err();
    assert_eq!(error.code, Code::PlanTooLarge);
    assert_eq!(error.primary().unwrap().range(), 0..40);
    assert_eq!(bounded(format!("[{}1]", "1, ".repeat(20_000))), None);
}

#[test]
fn types_are_bounded_too() {
    for (open, middle, close) in [("list of ", "a", ""), ("(", "a", ")"), ("{ a: ", "b", " }")] {
        for times in [65, 3_000] {
            let text = format!("{}{middle}{}", open.repeat(times), close.repeat(times));
            let error = parse_type(&TextMap::plain(SourceId(0), &text, 0), &Limits::DEFAULT).unwrap_err();
            assert_eq!(error.code, Code::TooDeep, "{open}");
        }
        let text = format!("{}{middle}{}", open.repeat(60), close.repeat(60));
        assert!(parse_type(&TextMap::plain(SourceId(0), &text, 0), &Limits::DEFAULT).is_ok(), "{open}");
    }
}

#[test]
fn a_caller_may_set_other_limits() {
    let limits = Limits { depth: 2, ..Limits::DEFAULT };
    let parse = |text: &str| -> Result<Expr, _> {
        crate::syntax::parse_expr(&TextMap::plain(SourceId(0), text, 0), &limits)
    };
    assert!(parse("((a))").is_ok());
    assert_eq!(parse("(((a)))").unwrap_err().code, Code::TooDeep);
    assert_eq!(parse("a + b + c + d + e + f + g + h + i").unwrap_err().code, Code::TooDeep);
}

//! Plans and data from a stranger: each is refused with one typed error, and none takes more of the
//! stack than a small thread has.

#![cfg(feature = "cli")]
#![allow(clippy::pedantic, clippy::unwrap_used, clippy::indexing_slicing, clippy::panic)]

use std::fmt::Write as _;
use whereas::data::{read_json, read_toml};
use whereas::limits::Limits;
use whereas::plan::NoImports;
use whereas::{EvaluateError, Inputs, Plan, PlanError};

const HEAD: &str = "[plan]\nlanguage = 1\nid = \"h\"\ntitle = \"H\"\nsource = \"x\"\ncurrency = \"USD\"\n";

/// Runs in a thread of the size that embedders give theirs.
fn in_a_small_thread(work: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(2 << 20).spawn(work).unwrap().join().unwrap();
}

fn rule(name: &str, formula: &str) -> String {
    format!("[rules.{name}]\ncite = \"1\"\nvalue = '''{formula}'''\n")
}

fn load(body: &str) -> Result<Plan, PlanError> {
    Plan::from_str(&format!("{HEAD}{body}"))
}

/// The codes of the errors of a plan.
fn refused(body: &str) -> Vec<String> {
    load(body).unwrap_err().diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code.to_string()).collect()
}

/// The codes of what an evaluation fails with, under limits that a debug build reaches soon.
fn failed(body: &str) -> Vec<String> {
    let limits = Limits {
        steps: 2_000_000,
        steps_per_row: 0,
        values: 400_000,
        list_items: 100_000,
        ..Limits::DEFAULT
    };
    let plan = Plan::from_str_with("plan.toml", &format!("{HEAD}{body}"), &NoImports, limits).unwrap();
    match plan.evaluate(&Inputs::new()) {
        Err(EvaluateError::Rules(found)) => found.iter().map(|d| d.code.to_string()).collect(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_an_evaluation_may_take_is_bounded_as_a_whole() {
    for formula in [
        "count([[k for k in range(1, 100_000)] for _i in range(1, 1_000)])",
        "count([{ a: x, b: { c: x, d: x } } for x in range(1, 100_000)])",
        "sum([sum([x * y for x in range(1, 10_000)]) for y in range(1, 10_000)])",
        "sum([sum([1 / n for n in range(1, 5_000)]) for _m in range(1, 1_000)])",
        "count([(fold s = \"xxxxxxxx\" for _x in range(1, 10) then s + s) for _i in range(1, 100_000)])",
        "count(fold s = [0] for x in range(1, 100_000) then s + [x])",
        "count([x for x in range(1, 100_000) where x in range(1, 100_000)])",
    ] {
        assert_eq!(failed(&rule("r", formula)), ["evaluation-limit"], "{formula}");
    }
}

#[test]
fn an_evaluation_that_was_ended_has_one_error() {
    let endless = "sum([sum([x * y for x in range(1, 10_000)]) for y in range(1, 10_000)])";
    let plan: String = (0..50).map(|i| rule(&format!("r{i}"), endless)).collect();
    assert_eq!(failed(&plan), ["evaluation-limit"]);
}

#[test]
fn what_is_given_back_is_not_counted() {
    // Each list is made anew, and only one is held at a time.
    let limits = Limits { values: 20_000, ..Limits::DEFAULT };
    let body = rule("r", "sum([count([x for x in range(1, 1_000)]) + y for y in range(1, 500)])")
        + &rule("s", "count(fold s = [0] for x in range(1, 500) then s + [x])");
    let plan = Plan::from_str_with("plan.toml", &format!("{HEAD}{body}"), &NoImports, limits).unwrap();
    plan.evaluate(&Inputs::new()).unwrap();
}

#[test]
fn conclusions_that_share_their_parts_are_counted_as_they_are_written() {
    let mut plan = rule("r0", "[1, 2]");
    for i in 1..50 {
        plan += &rule(&format!("r{i}"), &format!("[r{}, r{}]", i - 1, i - 1));
    }
    assert_eq!(failed(&plan), ["evaluation-limit"]);
}

#[test]
fn constants_have_an_allowance_of_their_own() {
    let endless = "sum([sum([x * y for x in range(1, 10_000)]) for y in range(1, 10_000)])";
    let mut plan = "[terms]\n".to_owned();
    for i in 0..5 {
        let _ = writeln!(plan, "a{i} = {{ value = \"{endless}\", cite = \"1\" }}");
    }
    assert_eq!(refused(&plan), ["not-constant"]);
    let limits = Limits { constant_steps: 100, ..Limits::DEFAULT };
    let plan = format!("{HEAD}[terms]\na = {{ value = \"sum(range(1, 1_000))\", cite = \"1\" }}\n");
    assert!(Plan::from_str_with("plan.toml", &plan, &NoImports, limits).is_err());
}

#[test]
fn types_that_grow_from_each_other_are_refused_once() {
    in_a_small_thread(|| {
        let mut deep = rule("r0", "[1]");
        let mut wide = rule("r0", "{ a: 1, b: 1 }");
        for i in 1..3_000 {
            deep += &rule(&format!("r{i}"), &format!("[r{}]", i - 1));
        }
        for i in 1..60 {
            wide += &rule(&format!("r{i}"), &format!("{{ a: r{0}, b: r{0} }}", i - 1));
        }
        assert_eq!(refused(&deep), ["too-deep"]);
        assert_eq!(refused(&wide), ["too-deep"]);
    });
}

#[test]
fn a_long_circle_is_a_circle() {
    in_a_small_thread(|| {
        let rules = 2_000;
        let plan: String =
            (0..rules).map(|i| rule(&format!("r{i}"), &format!("r{} + 1", (i + 1) % rules))).collect();
        let found = load(&plan).unwrap_err().diagnostics;
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].code.to_string(), "cycle");
        assert!(found[0].message.len() < 500, "{}", found[0].message);
    });
}

#[test]
fn the_deepest_formulas_and_calls_fit_a_small_thread() {
    in_a_small_thread(|| {
        // Functions that call each other as deep as they may, each call deep within its formula.
        let summed = |inner: &str| format!("{}{inner}{}", "sum([1, ".repeat(20), "])".repeat(20));
        let branched =
            |inner: &str| format!("{}{inner}{}", "(if x > 0 then ".repeat(20), " else 0)".repeat(20));
        let walked = |inner: &str| format!("{}{inner}{}", "sum([".repeat(9), " for _x in [1]])".repeat(9));
        let folded =
            |inner: &str| format!("{}{inner}{}", "(fold _s = 0 for _x in [1] then ".repeat(9), ")".repeat(9));
        let nests: [&dyn Fn(&str) -> String; 4] = [&summed, &branched, &walked, &folded];
        for nest in nests {
            let mut plan = String::new();
            for i in 0..64 {
                let inner = if i == 0 { "x".to_owned() } else { format!("f{}(x)", i - 1) };
                let body = nest(&inner);
                let _ =
                    writeln!(plan, "[functions.f{i}]\nparams = {{ x = \"number\" }}\nvalue = '''{body}'''");
            }
            plan += &rule("r", "f63(1)");
            let loaded = load(&plan).map_err(|e| format!("{:?}", e.diagnostics.first())).unwrap();
            match loaded.evaluate(&Inputs::new()) {
                Err(EvaluateError::Rules(found)) => assert_eq!(found[0].code.to_string(), "evaluation-limit"),
                other => panic!("{other:?}"),
            }
            assert!(loaded.explain(&Inputs::new(), "r", None).is_ok());
        }
    });
}

#[test]
fn deep_texts_fit_a_small_thread() {
    in_a_small_thread(|| {
        let opened = [
            "(",
            "[",
            "{ a: ",
            "not ",
            "-",
            "f(",
            "if true then ",
            "let a = ",
            "[x for x in ",
            "1 + (",
            "x[",
        ];
        for open in opened {
            assert!(load(&rule("r", &open.repeat(5_000))).is_err(), "{open}");
        }
        for open in ["list of ", "{ a: ", "("] {
            assert!(load(&format!("[inputs]\na = \"{}\"\n", open.repeat(5_000))).is_err(), "{open}");
        }
        let nested =
            ["a = ".to_owned() + &"[".repeat(100_000), "a = ".to_owned() + &"{ b = ".repeat(100_000)];
        for text in &nested {
            assert!(Plan::from_str(text).is_err());
            assert!(read_toml("d.toml", text, &Limits::DEFAULT).is_err());
        }
        assert!(Plan::from_str(&format!("[{}a]", "a.".repeat(100_000))).is_err());
        for text in ["[".repeat(200_000), "{\"a\":".repeat(200_000)] {
            assert!(read_json("d.json", &text, &Limits::DEFAULT).is_err());
        }
    });
}

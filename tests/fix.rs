//! `check --fix`: what it changes, what it leaves alone, and what it says.
#![cfg(feature = "cli")]
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::pedantic,
    clippy::string_slice,
    clippy::unwrap_used
)]

#[path = "bad/support.rs"]
mod support;

use std::fs;
use support::{Scratch, run};

const PLAN: &str = "# A plan with slips.\r
[plan]
language = 1
id = \"slips\"
title = \"Slips\"
currency = \"USD\"

[inputs]
pay = \"USD\"          # what is paid
price = \"USD?\"

[rules.kind]
cite = \"§1\"
value = '''
if pay == 0 USD   # nothing
then 1 else if pay != 5 USD and pay =< 7 USD then 2 else 3
'''

[rules.rest]
cite = \"§2\"
value = \"(pay otherwise 0 USD) - (price otherwise \\u0031 USD)\"
";

fn args(words: &str) -> Vec<String> {
    words.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn what_needs_no_choice_is_mended_and_everything_else_stays() {
    let scratch = Scratch::new("fix-mended");
    scratch.write("plan.toml", PLAN);
    let ran = run(&scratch.0, &args("check --fix plan.toml"), None);
    assert_eq!(ran.code, Some(0), "{}", ran.text());
    let mended = PLAN
        .replace("==", "=")
        .replace("!=", "<>")
        .replace("=<", "<=")
        .replace("(pay otherwise 0 USD)", "(pay)");
    assert_eq!(fs::read_to_string(scratch.0.join("plan.toml")).unwrap(), mended);
    assert_eq!(ran.out, "plan.toml: no problems\n");
    assert_eq!(
        ran.err,
        "plan.toml:15:8: mended formula-syntax: `==` is now `=`\n\
         plan.toml:21:14: mended needless-otherwise: `otherwise 0 USD` is left out\n\
         plan.toml:16:20: mended formula-syntax: `!=` is now `<>`\n\
         plan.toml:16:37: mended formula-syntax: `=<` is now `<=`\n"
    );
    let again = run(&scratch.0, &args("check --fix plan.toml"), None);
    assert_eq!((again.code, &*again.err), (Some(0), ""));
}

#[test]
fn what_needs_a_choice_is_left_alone() {
    let scratch = Scratch::new("fix-left");
    let plan =
        PLAN.replace("==", "=").replace("!=", "<>").replace("=<", "<=").replace("pay otherwise 0 USD", "py");
    scratch.write("plan.toml", &plan);
    let before = fs::metadata(scratch.0.join("plan.toml")).unwrap().modified().unwrap();
    let ran = run(&scratch.0, &args("check --fix plan.toml"), None);
    assert_eq!(ran.code, Some(1), "{}", ran.text());
    assert_eq!(ran.err, "");
    assert_eq!(fs::read_to_string(scratch.0.join("plan.toml")).unwrap(), plan);
    assert_eq!(fs::metadata(scratch.0.join("plan.toml")).unwrap().modified().unwrap(), before);
}

#[test]
fn programs_are_told_the_place_and_the_text() {
    let scratch = Scratch::new("fix-json");
    scratch.write("plan.toml", PLAN);
    let ran = run(&scratch.0, &args("check --format json plan.toml"), None);
    let found: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    for problem in found.as_array().unwrap() {
        let fix = &problem["fix"];
        let at = |end: &str| usize::try_from(fix[end].as_u64().unwrap()).unwrap();
        let old = &PLAN[at("start")..at("end")];
        let new = fix["text"].as_str().unwrap();
        assert!(
            [("==", "="), (" otherwise 0 USD", "")].contains(&(old, new)),
            "{old} becomes {new} in {problem:#}"
        );
    }
    assert!(!found.as_array().unwrap().is_empty());
}

//! The two evaluators, and the two readers of CSV, held together: the same conclusions, the same
//! failures in the same order, whatever the plan, the data, the readings and the threads.
//!
//! `PROPTEST_CASES=20000 cargo test --release --test columns` takes its time and tries as many.
#![allow(
    clippy::pedantic,
    clippy::manual_is_multiple_of,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::arithmetic_side_effects
)]

mod data;
mod dice;
mod folds;
mod forms;
mod formulas;
mod found;
mod listed;
mod plans;
#[cfg(feature = "cli")]
mod referring;
#[cfg(feature = "cli")]
mod roster;
#[cfg(feature = "cli")]
mod shipped;
mod single;

use data::Shape;
use proptest::prelude::*;
use whereas::engine::Evaluator;
use whereas::limits::Limits;
use whereas::plan::NoImports;
use whereas::{EvaluateError, Evaluation, Inputs, Plan, Results};

/// Generated cases of an ordinary run, in which each may take a few hundredths of a second.
const CASES: u32 = 64;

/// Cases to try: the environment may ask for more.
fn cases(ordinary: u32) -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).map_or(ordinary, |n: u32| n.max(1))
}

/// What came of an evaluation, to be compared: results as JSON, or every problem.
fn told(outcome: Result<Results, EvaluateError>) -> String {
    match outcome {
        Ok(results) => serde_json::to_string_pretty(&results).unwrap(),
        Err(error) => format!("{:#?}", error.diagnostics()),
    }
}

/// Where two texts part, with a few lines around.
fn parting(one: &str, other: &str) -> String {
    let at = one.lines().zip(other.lines()).take_while(|(a, b)| a == b).count();
    let part = |text: &str| text.lines().skip(at.saturating_sub(6)).take(14).collect::<Vec<_>>().join("\n");
    format!("reference:\n{}\n\ncolumns:\n{}", part(one), part(other))
}

/// Both evaluators on the same data; what parts them, where something does.
fn compare(evaluation: &Evaluation<'_>, inputs: &Inputs, threads: &[usize]) -> Result<String, String> {
    let reference = told(evaluation.clone().evaluator(Evaluator::Reference).run(inputs));
    for threads in threads {
        let columns = told(evaluation.clone().evaluator(Evaluator::Columns).threads(*threads).run(inputs));
        if reference != columns {
            return Err(format!("with {threads} threads\n{}", parting(&reference, &columns)));
        }
    }
    Ok(reference)
}

/// Holds that a plan is concluded over columns: with fewer steps than the reference evaluator takes.
fn over_columns(plan: &Plan, inputs: &Inputs, what: &str) {
    let found = |evaluator| plan.evaluation().evaluator(evaluator).run(inputs);
    assert!(found(Evaluator::Reference).is_err(), "{what}");
    found(Evaluator::Columns).unwrap_or_else(|e| panic!("{what}: {:#?}", e.diagnostics()));
}

/// Both evaluators under the readings that the plan chose, and under every other, one at a time.
fn compare_readings(plan: &Plan, inputs: &Inputs, threads: &[usize]) -> Result<String, String> {
    let chosen = compare(&plan.evaluation(), inputs, threads)?;
    for assumption in &plan.program().assumptions {
        for reading in &assumption.readings.values {
            let name = &*assumption.name.value;
            compare(&plan.evaluation().assume(name, reading), inputs, threads)
                .map_err(|e| format!("with {name} = {reading}, {e}"))?;
        }
    }
    Ok(chosen)
}

/// The CSV of what both evaluators conclude about each table, written by one thread and by three.
#[cfg(feature = "cli")]
fn compare_csv(plan: &Plan, inputs: &Inputs) -> Result<(), String> {
    for name in ["plan", "people", "groups"] {
        let mut first: Option<String> = None;
        for (evaluator, threads) in
            [(Evaluator::Reference, 1), (Evaluator::Columns, 1), (Evaluator::Columns, 3)]
        {
            // There may be no rules about a table.
            let Ok(results) = plan.evaluation().only([name]).evaluator(evaluator).run(inputs) else {
                continue;
            };
            if whereas::report::one_table(&results, "CSV").is_err() {
                continue;
            }
            let mut bytes = Vec::new();
            whereas::report::write_csv(&results, threads, whereas::progress::Watched::default(), &mut bytes)
                .unwrap();
            let text = String::from_utf8(bytes).unwrap();
            match &first {
                None => first = Some(text),
                Some(first) if *first == text => {}
                Some(first) => {
                    return Err(format!("{name} as CSV, {threads} threads\n{}", parting(first, &text)));
                }
            }
        }
    }
    Ok(())
}

/// Every rule by itself, for plans of which some rule fails.
fn compare_rules(plan: &Plan, inputs: &Inputs) -> Result<(), String> {
    for index in 0..plan.program().rules.len() {
        let name = plan.program().rule_name(whereas::ir::RuleId(index));
        compare(&plan.evaluation().only([name.as_str()]), inputs, &[1])
            .map_err(|e| format!("{name} alone, {e}"))?;
    }
    Ok(())
}

/// A generated plan and its data.
#[derive(Clone)]
struct Case {
    rules: Vec<Vec<u16>>,
    shape: Shape,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let small = Shape { rows: self.shape.rows.min(8), ..self.shape.clone() };
        let text = plans::plan(&self.rules, self.is_small());
        let rows = self.shape.rows;
        write!(f, "\n{text}\n# {rows} rows, of which\n{}", data::document(&small))
    }
}

impl Case {
    fn is_small(&self) -> bool {
        self.shape.rows <= 24
    }
}

fn case() -> impl Strategy<Value = Case> {
    let rows = prop_oneof![
        8 => 0_usize..8,
        8 => 8_usize..24,
        3 => 25_usize..200,
        1 => 1_020_usize..3_000,
        1 => Just(1_024_usize),
    ];
    let rules = prop::collection::vec(prop::collection::vec(any::<u16>(), 0..64), 1..8);
    let sorts = prop::collection::vec(any::<u8>(), 0..60);
    (rules, rows, any::<u64>(), sorts)
        .prop_map(|(rules, rows, seed, sorts)| Case { rules, shape: Shape { rows, seed, sorts } })
}

/// What came of a case: whether the plan was usable, and whether it concluded.
#[derive(Default, Debug)]
struct Tally {
    refused: u32,
    data: u32,
    failed: u32,
    concluded: u32,
}

fn check(case: &Case, threads: &[usize], tally: &mut Tally) -> Result<(), String> {
    let text = plans::plan(&case.rules, case.is_small());
    let plan = match Plan::from_str(&text) {
        Ok(plan) => plan,
        Err(error) => {
            tally.refused += 1;
            if std::env::var_os("SHOW_REFUSED").is_some() {
                eprintln!("{error}\n{text}");
            }
            return Ok(());
        }
    };
    let mut inputs = Inputs::new();
    let document = data::document(&case.shape);
    for (name, value) in document.as_object().unwrap() {
        inputs = inputs.with(name, value).unwrap();
    }
    let chosen = compare_readings(&plan, &inputs, threads)?;
    if chosen.starts_with('{') {
        tally.concluded += 1;
        #[cfg(feature = "cli")]
        compare_csv(&plan, &inputs)?;
    } else if chosen.contains("has no value") {
        tally.failed += 1;
        if case.is_small() {
            compare_rules(&plan, &inputs)?;
        }
    } else {
        tally.data += 1;
        if std::env::var_os("SHOW_REFUSED").is_some() {
            eprintln!("{chosen}");
        }
    }
    Ok(())
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 3_000, ..ProptestConfig::default() }
}

fn run(cases: u32, strategy: impl Strategy<Value = Case>, threads: &[usize]) -> Tally {
    let tally = std::cell::RefCell::new(Tally::default());
    let mut runner = proptest::test_runner::TestRunner::new(config(cases));
    let result = runner
        .run(&strategy, |case| check(&case, threads, &mut tally.borrow_mut()).map_err(TestCaseError::fail));
    if let Err(error) = result {
        panic!("{error}");
    }
    tally.into_inner()
}

#[test]
fn generated_plans_conclude_the_same() {
    let cases = cases(CASES);
    let tally = run(cases, case(), &[1, 3]);
    println!("{tally:?}");
    // The generator must go on making plans that are plans, of which some conclude and some fail.
    assert!(tally.refused < cases / 4 && tally.data == 0, "{tally:?}");
    assert!(tally.concluded > cases / 12 && tally.failed > cases / 20, "{tally:?}");
}

#[test]
fn tables_of_several_segments_conclude_the_same() {
    let rules = prop::collection::vec(prop::collection::vec(any::<u16>(), 0..24), 1..4);
    let sorts = prop::collection::vec(any::<u8>(), 60);
    let strategy = (rules, 16_380_usize..24_000, any::<u64>(), sorts)
        .prop_map(|(rules, rows, seed, sorts)| Case { rules, shape: Shape { rows, seed, sorts } });
    println!("{:?}", run(cases(CASES).div_ceil(CASES), strategy, &[3]));
}

/// A plan with limits of its own.
fn limited(text: &str, limits: Limits) -> Plan {
    Plan::from_str_with("plan.toml", text, &NoImports, limits).unwrap()
}

//! The plans that come along: on their examples and on the data of their own tests, every reading.

use super::{compare, compare_readings};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use whereas::data::{known_inputs, read_data};
use whereas::engine::Evaluator;
use whereas::ir::RuleId;
use whereas::value::Cells;
use whereas::{Inputs, Plan};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn plan(name: &str) -> Plan {
    Plan::from_path(root().join("plans").join(format!("{name}.toml"))).unwrap()
}

fn plans() -> Vec<String> {
    let files = fs::read_dir(root().join("plans")).unwrap().map(|e| e.unwrap().path());
    let mut names: Vec<String> = files
        .filter(|p| p.extension().is_some_and(|e| e == "toml"))
        .map(|p| p.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect();
    names.sort();
    assert_eq!(names.len(), 7);
    names
}

#[test]
fn plans_conclude_the_same_on_the_data_of_their_tests() {
    let mut tests = 0;
    for name in plans() {
        let plan = plan(&name);
        let program = plan.program();
        for test in &program.tests {
            tests += 1;
            let inputs = Inputs::from_raw(test.given.clone());
            let of =
                |what: &str, e: String| -> String { format!("{name}, `{}`, {what}: {e}", &*test.name.value) };
            let mut evaluation = plan.evaluation();
            for (assumption, reading) in &test.assume {
                let assumption = &program.assumptions[*assumption];
                evaluation = evaluation.assume(&assumption.name.value, &assumption.readings.values[*reading]);
            }
            if let Some(date) = test.as_of {
                evaluation = evaluation.as_of(date);
            }
            // What the test expects first, then all of it, which the data need not be enough for.
            if let whereas::ir::Expectation::Values(values) = &test.expect {
                let names: Vec<String> = values.iter().map(|(id, ..)| program.rule_name(*id)).collect();
                let only = evaluation.clone().only(names.iter().map(String::as_str));
                compare(&only, &inputs, &[1]).unwrap_or_else(|e| panic!("{}", of("expected", e)));
            }
            compare(&evaluation, &inputs, &[1, 3]).unwrap_or_else(|e| panic!("{}", of("all", e)));
        }
    }
    assert!(tests > 300, "{tests}");
}

#[test]
fn plans_conclude_the_same_on_the_data_of_their_tests_under_every_reading() {
    for name in plans() {
        let plan = plan(&name);
        // Each reading is another evaluation: of the tests, some of each plan.
        for test in plan.program().tests.iter().step_by(12) {
            let inputs = Inputs::from_raw(test.given.clone());
            compare_readings(&plan, &inputs, &[1])
                .unwrap_or_else(|e| panic!("{name}, `{}`: {e}", &*test.name.value));
        }
    }
}

#[test]
fn plans_conclude_the_same_on_the_examples() {
    let examples = root().join("examples");
    let folders = [
        ("espp", "espp/period-2001"),
        ("espp", "espp/oversubscribed-2001"),
        ("espp", "espp/quotes-2001"),
        ("espp", "one-year/espp"),
        ("convertible-note", "one-year/notes"),
        ("beneficial-ownership", "one-year/ownership"),
        ("stock-option", "one-year/stock-option"),
    ];
    // Every folder of the examples is here.
    let count = |of: &str| {
        fs::read_dir(examples.join(of)).unwrap().filter(|e| e.as_ref().unwrap().path().is_dir()).count()
    };
    assert_eq!(count("espp") + count("one-year"), folders.len());
    for (name, folder) in folders {
        let plan = plan(name);
        let path = examples.join(folder);
        let document = document(&plan, &path);
        compare_readings(&plan, &Inputs::from_raw(document), &[1, 3])
            .unwrap_or_else(|e| panic!("{folder}: {e}"));
    }
}

fn document(plan: &Plan, folder: &Path) -> whereas::data::Raw {
    let folder = folder.to_str().unwrap();
    read_data([folder], &known_inputs(plan.program()), plan.limits())
        .unwrap_or_else(|e| panic!("{folder}: {e:#?}"))
}

#[test]
fn every_rule_about_rows_has_a_column_form() {
    // What the reference evaluator concludes row by row stands in no packed column.
    let mut by_rows: Vec<String> = Vec::new();
    for name in plans() {
        let plan = plan(&name);
        let program = plan.program();
        let (mut packed, mut each) = (BTreeSet::new(), BTreeSet::new());
        for test in &program.tests {
            let inputs = Inputs::from_raw(test.given.clone());
            let mut evaluation = plan.evaluation().evaluator(Evaluator::Columns);
            for (assumption, reading) in &test.assume {
                let assumption = &program.assumptions[*assumption];
                evaluation = evaluation.assume(&assumption.name.value, &assumption.readings.values[*reading]);
            }
            let Ok(results) = evaluation.run(&inputs) else { continue };
            for index in 0..program.rules.len() {
                let id = RuleId(index);
                match results.cells(id).filter(|_| program.rule(id).unwrap().table.is_some()) {
                    Some(Cells::Packed(_)) => packed.insert(id),
                    Some(Cells::Each(values)) if !values.is_empty() => each.insert(id),
                    _ => false,
                };
            }
        }
        by_rows.extend(each.difference(&packed).map(|id| format!("{name}: {}", program.rule_name(*id))));
    }
    assert_eq!(by_rows, [""; 0]);
}

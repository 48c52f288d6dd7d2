//! The examples of the language's reference: formulas with their values, evaluated in its own plan.

use super::blocks::{Block, blocks, read, update, write};
use whereas::data::read_toml;
use whereas::diagnostic::Diagnostic;
use whereas::eval::Shown;
use whereas::library::BUILTINS;
use whereas::limits::Limits;
use whereas::plan::MapResolver;
use whereas::value::Value;
use whereas::{EvaluateError, Inputs, Plan, PlanError};

const PAGE: &str = "docs/language.md";
const TABLE_BEGINS: &str = "<!-- functions -->\n";
const TABLE_ENDS: &str = "<!-- end of functions -->\n";

/// The plan of the examples and its data.
pub struct Sample {
    plan: String,
    data: Inputs,
}

impl Sample {
    pub fn of(blocks: &[Block]) -> Self {
        let only = |info: &[&str]| {
            let mut found = blocks.iter().filter(|b| b.is(info));
            let text = found.next().unwrap_or_else(|| panic!("{PAGE} has no block {info:?}")).text.clone();
            assert!(found.next().is_none(), "{PAGE} has several blocks {info:?}");
            text
        };
        let data = read_toml("data.toml", &only(&["toml", "data"]), &Limits::DEFAULT)
            .unwrap_or_else(|found| panic!("the data of the examples: {found:#?}"));
        Self { plan: only(&["toml", "plan"]), data: Inputs::from_raw(data) }
    }

    /// The plan with something added.
    pub fn with(&self, added: &str) -> Result<Plan, PlanError> {
        load(&format!("{}\n{added}", self.plan))
    }

    /// The value of a formula as a rule of the plan, or of a table and for the row with this key; or
    /// the codes of what stands in its way.
    fn evaluate(&self, formula: &str, row: Option<(&str, &str)>) -> Result<String, Vec<String>> {
        let (section, rule) = match row {
            Some((table, _)) => (format!("rules.{table}.example"), format!("{table}.example")),
            None => ("rules.example".to_owned(), "example".to_owned()),
        };
        let added = format!("[{section}]\ncite = \"§1\"\nvalue = '''\n{formula}\n'''\n");
        let plan = self.with(&added).map_err(|error| codes(&error.diagnostics))?;
        let evaluated = plan.evaluation().only([rule.as_str()]).run(&self.data);
        let results = evaluated.map_err(|error: EvaluateError| codes(error.diagnostics()))?;
        let value = results.get(&rule, row.map(|(_, key)| key)).unwrap_or(Value::Absent);
        let id = results.program().find_rule(&rule).unwrap();
        let ty = &results.program().rule(id).unwrap().ty;
        Ok(Shown { program: results.program(), data: results.data(), ty, value: &value }.words())
    }
}

/// Loads a plan that may import the calendar and the part that the documentation names.
pub fn load(text: &str) -> Result<Plan, PlanError> {
    let resolver = MapResolver::new()
        .with("calendars/new-york.toml", read("plans/calendars/new-york.toml"))
        .with("parts/market.toml", read("plans/parts/market.toml"));
    Plan::from_str_with("plan.toml", text, &resolver, Limits::DEFAULT)
}

fn codes(found: &[Diagnostic]) -> Vec<String> {
    found.iter().filter(|d| d.is_error()).map(|d| d.code.name().to_owned()).collect()
}

/// The examples of a block: a formula of one line or several, `==>`, its value.
fn examples(block: &Block) -> Vec<(usize, String, String)> {
    let mut found = Vec::new();
    let mut formula = String::new();
    for (line, text) in (block.line + 1..).zip(block.text.lines()) {
        if let Some((before, value)) = text.split_once("==>") {
            formula.push_str(before.trim_end());
            found.push((line, std::mem::take(&mut formula).trim().to_owned(), value.trim().to_owned()));
        } else {
            formula.push_str(text);
            formula.push('\n');
        }
    }
    assert!(formula.trim().is_empty(), "{PAGE}:{}: `{formula}` has no `==>`", block.line);
    found
}

#[test]
fn every_example_of_the_reference_has_the_value_it_says() {
    let page = blocks(&read(PAGE));
    let sample = Sample::of(&page);
    let mut wrong = Vec::new();
    let mut count = 0;
    for block in page.iter().filter(|b| b.info.first().is_some_and(|i| i == "whereas")) {
        let words: Vec<&str> = block.info.iter().map(String::as_str).collect();
        let row = match words.as_slice() {
            [_] => None,
            [_, table, key] => Some((*table, *key)),
            other => panic!("{PAGE}:{}: {other:?}", block.line),
        };
        for (line, formula, expected) in examples(block) {
            count += 1;
            let found = match sample.evaluate(&formula, row) {
                Ok(value) => value,
                Err(mut codes) => {
                    codes.dedup();
                    format!("error {}", codes.join(", "))
                }
            };
            if found != expected {
                wrong.push(format!("{PAGE}:{line}: {formula}\n  expected {expected}\n  found    {found}"));
            }
        }
    }
    assert!(count > 100, "only {count} examples were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The table of functions as the reference shows it.
fn functions() -> String {
    let mut text = "| function | gives | example |\n|---|---|---|\n".to_owned();
    for builtin in BUILTINS {
        let (formula, value) = builtin.example;
        let example = if formula.is_empty() { String::new() } else { format!("`{formula}` is `{value}`") };
        text.push_str(&format!("| `{}` | {} | {example} |\n", builtin.signature, builtin.about));
    }
    text
}

#[test]
fn the_table_of_functions_is_that_of_the_language() {
    let page = read(PAGE);
    let (before, rest) = page.split_once(TABLE_BEGINS).expect("the table's beginning");
    let (table, after) = rest.split_once(TABLE_ENDS).expect("the table's end");
    let written = functions();
    if update() {
        write(PAGE, &format!("{before}{TABLE_BEGINS}{written}{TABLE_ENDS}{after}"));
    } else {
        assert_eq!(table, written, "run with UPDATE=1 to renew the table");
    }
}

#[test]
fn the_examples_of_the_functions_have_the_values_they_say() {
    let sample = Sample::of(&blocks(&read(PAGE)));
    for builtin in BUILTINS.iter().filter(|b| !b.example.0.is_empty()) {
        let (formula, expected) = builtin.example;
        let equal = sample.evaluate(&format!("({formula}) = ({expected})"), None);
        let optional =
            sample.evaluate(&format!("(({formula}) otherwise fail \"absent\") = ({expected})"), None);
        assert!(
            equal == Ok("true".to_owned()) || optional == Ok("true".to_owned()),
            "`{formula}`: {equal:?}"
        );
    }
}

//! Rules that no test of the plan comes to use.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Expectation, Expr, FunctionId, Program, RuleId, Use, uses};
use std::collections::BTreeSet;

/// Says which rules neither a test expects nor a rule that a test expects uses, where the plan has tests.
pub(super) fn check(program: &Program, found: &mut Diagnostics) {
    if program.tests.is_empty() {
        return;
    }
    let mut waiting: Vec<Use> = Vec::new();
    for test in &program.tests {
        match &test.expect {
            Expectation::Values(values) => waiting.extend(values.iter().map(|(rule, ..)| Use::Rule(*rule))),
            Expectation::Fails(rule, ..) => waiting.push(Use::Rule(*rule)),
            Expectation::Refused(_) => {}
        }
    }
    let mut used = BTreeSet::new();
    while let Some(next) = waiting.pop() {
        if !used.insert(next) {
            continue;
        }
        let mut formula = |expr: &Expr| uses(expr, &mut |u| waiting.push(u));
        match next {
            Use::Rule(id) => {
                if let Some(rule) = program.rule(id) {
                    rule.body.formulas(&mut |expr| formula(expr));
                }
            }
            Use::Function(FunctionId(id)) => {
                program.functions.get(id).into_iter().for_each(|f| formula(&f.body));
            }
            _ => {}
        }
    }
    for (index, rule) in program.rules.iter().enumerate() {
        if !used.contains(&Use::Rule(RuleId(index))) {
            let name = program.rule_name(RuleId(index));
            found.push(
                Diagnostic::warning(Code::UntestedRule, format!("no test comes to use the rule `{name}`"))
                    .label(rule.name.span, "nobody would notice if this were wrong")
                    .help("write a test that expects it, with figures worked out by hand"),
            );
        }
    }
}

//! Rules that no test of the plan comes to use.

use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::ir::{Expectation, Program, RuleId, Use, reached};

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
    let used = reached(program, waiting);
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

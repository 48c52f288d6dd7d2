//! However a plan file is damaged, reading it ends with reports whose places lie in the text.

use super::{NoImports, read_plan};
use crate::limits::Limits;
use proptest::prelude::*;

const PLAN: &str = r#"
[plan]
language = 1
id = "p"
title = "P §"
currency = "USD"
[imports]
market = { part = "market.toml" }
[types]
status = "one of active, left"
[terms]
rate = { history = [{ from = 1999-07-22, until = 2001-06-30, value = "10%" }, { from = 2002-01-01, value = 0.12 }] }
[inputs.people]
key = ["id", "day"]
require = [{ that = "status = active", field = "status", message = "is required" }]
fields = { id = "text", pay = { type = "USD", min = 0, default = [1, 2.5] } }
[functions.f]
params = { a = "USD" }
value = "a * 2"
[rules.people.eligible]
all = [{ require = "pay > 1 USD", reason = "poor", cite = "§4" }]
[rules]
total = '''sum(people.pay)
  + 1 USD'''
cost = { cases = [{ when = "true", then = "1" }], otherwise = { then = "2" } }
[assumptions.a]
readings = { x = "it" }
chosen = "x"
[outline]
"§1" = { rule = ["total", "people.eligible"] }
[fixtures.usual]
rows.people = { pay = 1_000.50 }
[[tests]]
name = "one"
use = "usual"
given.people = [{ id = "a", day = 2001-01-02 }]
expect.people."a / b".eligible = true
expect.total = "1 USD"
"#;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn every_place_lies_in_the_text(
        cuts in prop::collection::vec((0..PLAN.len(), 0..12_usize, "[\\[\\]{}=\",.'\\n #a1\\\\§\\-]{0,3}"), 1..4),
    ) {
        let mut text: Vec<char> = PLAN.chars().collect();
        for (at, length, put) in cuts {
            let at = at.min(text.len());
            let end = at.saturating_add(length).min(text.len());
            text.splice(at..end, put.chars());
        }
        let text: String = text.into_iter().collect();
        let (document, diagnostics) = read_plan("plan.toml", &text, &NoImports, &Limits::DEFAULT);
        for d in diagnostics {
            prop_assert!(!d.labels.is_empty(), "{d:?}");
            for label in d.labels {
                let source = document.sources.get(label.span.source);
                prop_assert!(source.is_some_and(|s| s.text.get(label.span.range()).is_some()), "{label:?}");
            }
        }
    }
}

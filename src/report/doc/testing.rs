//! The plan's own tests and the data that they share, as entries of the page.

use super::anchors::Anchors;
use super::data;
use super::items::Maker;
use super::model::{Expected, Expects, FixtureEntry, Part, TestEntry};
use super::words::{clean, value_text};
use crate::diagnostic::Code;
use crate::engine::{TestReport, Verdict};
use crate::ir::{Expectation, Test};

impl Maker<'_> {
    /// Fixtures.
    pub fn fixtures(&self) -> Vec<FixtureEntry> {
        let all = self.program.fixtures.iter();
        all.map(|fixture| FixtureEntry {
            id: Anchors::fixture(&fixture.name.value).id,
            name: clean(&fixture.name.value),
            base: fixture.base.as_ref().map(|b| Anchors::fixture(&b.value)),
            given: data::given(self.anchors, &fixture.given),
            rows: data::given(self.anchors, &fixture.rows),
        })
        .collect()
    }

    /// Tests, with what came of them where they were run.
    pub fn test_entries(&self, reports: &[TestReport]) -> Vec<TestEntry> {
        let all = self.program.tests.iter().enumerate();
        all.map(|(index, test)| {
            let report = reports.get(index).filter(|r| r.name == test.name);
            self.test(index, test, report)
        })
        .collect()
    }

    fn test(&self, index: usize, test: &Test, report: Option<&TestReport>) -> TestEntry {
        let expects = match &test.expect {
            Expectation::Values(values) => Expects::Values(
                values
                    .iter()
                    .map(|(id, row, value, _)| {
                        let value =
                            self.program.rule(*id).map(|rule| value_text(self.program, &rule.ty, value));
                        Expected {
                            rule: self.anchors.rule(*id),
                            row: row.as_ref().map(|r| clean(&r.value)),
                            value: value.unwrap_or_default(),
                        }
                    })
                    .collect(),
            ),
            Expectation::Refused(name) => Expects::Refused(
                self.anchors
                    .find_field(&name.value)
                    .map_or_else(|| Part::Words(clean(&name.value)), Part::Link),
            ),
            Expectation::Fails(id, code, _) => Expects::Fails(self.anchors.rule(*id), code.map(Code::name)),
        };
        let reading = |assumption: usize, reading: usize| {
            let readings = self.program.assumptions.get(assumption).map(|a| &a.readings.values);
            readings.and_then(|r| r.get(reading)).map(|r| clean(r)).unwrap_or_default()
        };
        TestEntry {
            id: self.anchors.test(index).id,
            number: index.saturating_add(1),
            name: clean(&test.name.value),
            cite: self.anchors.cites(&test.cite),
            base: test.base.as_ref().map(|b| Anchors::fixture(&b.value)),
            given: data::given(self.anchors, &test.own),
            assume: test.assume.iter().map(|(a, r)| (self.anchors.assumption(*a), reading(*a, *r))).collect(),
            as_of: test.as_of.map(|d| d.to_string()),
            expects,
            verdict: report.filter(|_| !test.unconfirmed).map(verdict),
            unconfirmed: test.unconfirmed,
        }
    }
}

fn verdict(report: &TestReport) -> Result<(), Vec<String>> {
    match &report.verdict {
        Verdict::Passed | Verdict::Unconfirmed => Ok(()),
        Verdict::Differs(all) => Err(all
            .iter()
            .map(|d| clean(&format!("{} is {}, not {}", d.subject, d.found, d.expected)))
            .collect()),
        Verdict::Failed(found) => Err(found.iter().map(|d| clean(&d.message)).collect()),
        Verdict::Unexpected { expected, found, .. } => {
            Err(vec![clean(&format!("expected {expected}, but {found}"))])
        }
    }
}

//! What came of a plan's changes, kept in a file that a later run can start from. It holds the texts that
//! it was made from, so that it is never taken for that of another plan.

use super::run::{Found, Report, Verdict};
use crate::source::SourceMap;
use serde::{Deserialize, Serialize};

/// A number that changes whenever other changes are tried, or tests proposed in another way.
const KIND: u32 = 2;

/// A report, and what it was made from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Cached {
    version: String,
    asked: String,
    files: Vec<(String, String)>,
    report: Report,
}

/// What a report depends on besides the plan: this program, and what was asked.
#[must_use]
pub fn fingerprint(only: Option<&str>, propose: bool) -> String {
    format!("{} {KIND} {propose} {}", env!("CARGO_PKG_VERSION"), only.unwrap_or_default())
}

fn files(sources: &SourceMap) -> Vec<(String, String)> {
    sources.iter().map(|(_, s)| (s.name.to_string(), s.text.to_string())).collect()
}

/// A report as the text of a file.
#[must_use]
pub fn kept(report: &Report, sources: &SourceMap, asked: &str) -> String {
    let cached = Cached {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        asked: asked.to_owned(),
        files: files(sources),
        report: report.clone(),
    };
    serde_json::to_string(&cached).unwrap_or_default()
}

/// What a file's text keeps of an earlier run.
#[derive(Clone, Debug)]
pub enum Known {
    /// The whole report: it was made from these texts by this program.
    Whole(Box<Report>),
    /// The changes that were killed, where the plan is the same but for tests that were added: a test that
    /// told a change tells it still.
    Killed(Vec<Found>),
    /// Nothing: the text is no such file, or of another program, plan or question.
    Nothing,
}

/// What can be kept of the report in a file's text.
#[must_use]
pub fn known(text: &str, sources: &SourceMap, asked: &str) -> Known {
    let Ok(found) = serde_json::from_str::<Cached>(text) else { return Known::Nothing };
    if found.version != env!("CARGO_PKG_VERSION") || found.asked != asked {
        return Known::Nothing;
    }
    let now = files(sources);
    if found.files == now {
        return Known::Whole(Box::new(found.report));
    }
    let same_or_tested = found.files.len() == now.len()
        && found.files.iter().zip(&now).enumerate().all(|(index, (was, is))| {
            was == is || (index == 0 && was.0 == is.0 && only_tests_were_added(&was.1, &is.1))
        });
    if !same_or_tested {
        return Known::Nothing;
    }
    let killed = |found: &Found| matches!(found.verdict, Verdict::Killed(_));
    Known::Killed(found.report.found.into_iter().filter(killed).collect())
}

/// Whether a file is a cache, of whatever version: anything else is not to be written over.
#[must_use]
pub fn is_cache(text: &str) -> bool {
    serde_json::from_str::<Cached>(text).is_ok()
}

/// Whether two texts of a plan are the same up to their tests, and the later one has every test of the
/// earlier one, letter for letter. Accepted changes stand among the tests and may differ: whether one is
/// accepted is asked afresh.
fn only_tests_were_added(was: &str, is: &str) -> bool {
    match (parts(was), parts(is)) {
        (Some((head, tests)), Some((new_head, new_tests))) => {
            head == new_head && tests.iter().all(|test| new_tests.contains(test))
        }
        _ => false,
    }
}

/// A plan's text up to its tests and accepted changes, and its tests; none where anything else stands
/// among these.
fn parts(text: &str) -> Option<(&str, Vec<&str>)> {
    let starts: Vec<usize> = text
        .match_indices("[[")
        .map(|(at, _)| at)
        .filter(|at| *at == 0 || text.get(..*at).is_some_and(|before| before.ends_with('\n')))
        .collect();
    let head = text.get(..starts.first().copied().unwrap_or(text.len()))?;
    let mut plan: toml::Table = text.parse().ok()?;
    plan.remove("tests");
    plan.remove("mutants");
    (head.parse::<toml::Table>().ok()? == plan).then_some(())?;
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    let each = starts.iter().zip(ends).filter_map(|(start, end)| text.get(*start..end));
    Some((head, each.map(str::trim_end).filter(|block| block.starts_with("[[tests]]")).collect()))
}

//! Coverage as a page: the plan's own text with every part of every formula marked, by colour, by a line
//! under it and by a sign in the margin.

use crate::engine::{Coverage, KINDS, Point, Reached};
use crate::report::doc::frame;
use crate::report::escape::one_line;
use crate::source::SourceId;
use maud::{Markup, html};
use std::collections::BTreeMap;

const OWN_STYLE: &str = include_str!("coverage.css");

/// The page of every plan.
#[must_use]
pub fn coverage_html(all: &[Coverage]) -> String {
    let title = match all {
        [only] => format!("Coverage of {}", one_line(&only.title)),
        _ => "Coverage of plans".to_owned(),
    };
    let body = html! {
        header {
            p.kind { "Coverage" }
            h1 { (title) }
            p.about {
                "A part of a formula counts where it stands behind a figure that a passing test expects."
            }
            (legend())
        }
        main.coverage #main tabindex="-1" {
            @for (index, coverage) in all.iter().enumerate() { (plan(index, coverage)) }
        }
        footer { p { "Written by whereas " (env!("CARGO_PKG_VERSION")) "." } }
    };
    frame(&title, OWN_STYLE, &body)
}

fn legend() -> Markup {
    html! {
        dl.legend {
            div { dt { code.yes { "formula" } } dd { "expected by a test; + in the margin" } }
            div { dt { code.run { "formula" } } dd { "evaluated, and expected by none: a dotted line under it, ~ in the margin" } }
            div { dt { code.no { "formula" } } dd { "never evaluated: a wavy line under it, ! in the margin" } }
        }
    }
}

fn plan(index: usize, coverage: &Coverage) -> Markup {
    let id = format!("plan-{index}");
    html! {
        section id=(id) aria-labelledby={ "h-" (id) } {
            h2 id={ "h-" (id) } { (one_line(&coverage.title)) }
            table.counts {
                caption { "Covered by " (coverage.tests) " tests" }
                thead { tr { th scope="col" { "What" } th scope="col" { "Covered" } th scope="col" { "All" } } }
                tbody {
                    @for (kind, noun) in KINDS {
                        @let (covered, all) = coverage.count(kind);
                        @if all > 0 { tr { th scope="row" { (noun) } td { (covered) } td { (all) } } }
                    }
                }
            }
            (missed(id.as_str(), coverage))
            @for (source, text) in coverage.sources.iter() {
                @if coverage.parts.iter().any(|(span, _)| span.source == source) {
                    h3 { code { (one_line(&text.name)) } }
                    (listing(&id, coverage, source, &text.text))
                }
            }
        }
    }
}

fn anchor(id: &str, source: SourceId, line: usize) -> String {
    format!("{id}-{}-{line}", source.0)
}

fn missed(id: &str, coverage: &Coverage) -> Markup {
    let missed: Vec<&Point> = coverage.points.iter().filter(|p| p.tests == 0).collect();
    html! {
        @if !missed.is_empty() {
            details open[missed.len() <= 40] {
                summary { (missed.len()) " not covered" }
                ul.missed {
                    @for point in missed {
                        @let (line, _) = coverage.sources.line_column(point.span);
                        li {
                            a href={ "#" (anchor(id, point.span.source, line)) } { (one_line(&point.place)) ", line " (line) }
                            @if !point.cite.is_empty() { " (" (one_line(&point.cite.join(", "))) ")" }
                            ": " (one_line(&point.what))
                        }
                    }
                }
            }
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Plain,
    Yes,
    Run,
    No,
}

fn listing(id: &str, coverage: &Coverage, source: SourceId, text: &str) -> Markup {
    let mut marks = vec![Mark::Plain; text.len()];
    // Each whole comes before its parts, so that the innermost is what remains.
    for (span, reached) in coverage.parts.iter().filter(|(span, _)| span.source == source) {
        let mark = match reached {
            Reached::Expected(_) => Mark::Yes,
            Reached::Evaluated => Mark::Run,
            Reached::Never => Mark::No,
        };
        if let Some(covered) = marks.get_mut(span.range()) {
            covered.fill(mark);
        }
    }
    let mut missed: BTreeMap<usize, usize> = BTreeMap::new();
    for point in coverage.points.iter().filter(|p| p.span.source == source && p.tests == 0) {
        let count = missed.entry(coverage.sources.line_column(point.span).0).or_default();
        *count = count.saturating_add(1);
    }
    let mut start = 0_usize;
    let lines: Vec<(usize, &str, usize)> = text
        .split_inclusive('\n')
        .enumerate()
        .map(|(index, line)| {
            let at = start;
            start = start.saturating_add(line.len());
            (index.saturating_add(1), line, at)
        })
        .collect();
    html! {
        pre.listing {
            @for (number, line, at) in lines {
                @let runs = runs(line, marks.get(at..).unwrap_or_default());
                @let (sign, words) = margin(&runs);
                span.line id=(anchor(id, source, number)) {
                    span.number { (number) }
                    span.sign role=[words.map(|_| "img")] aria-label=[words] { (sign) }
                    @for (mark, part) in &runs {
                        @match mark {
                            Mark::Plain => { (part) }
                            Mark::Yes => { span.yes { (part) } }
                            Mark::Run => { span.run { (part) } }
                            Mark::No => { span.no { (part) } }
                        }
                    }
                    @if let Some(count) = missed.get(&number) { span.note { (count) " not covered" } }
                }
                "\n"
            }
        }
    }
}

/// A line cut where its marks change; nothing in it is left that hides or reorders characters.
fn runs(line: &str, marks: &[Mark]) -> Vec<(Mark, String)> {
    let mut runs: Vec<(Mark, String)> = Vec::new();
    for (index, c) in line.trim_end_matches(['\n', '\r']).char_indices() {
        let mark = if c.is_whitespace() {
            runs.last().map_or(Mark::Plain, |(mark, _)| *mark)
        } else {
            marks.get(index).copied().unwrap_or(Mark::Plain)
        };
        let mut text = String::new();
        if c == '\t' {
            text.push_str("    ");
        } else {
            crate::report::escape::push(&mut text, c);
        }
        match runs.last_mut() {
            Some((last, before)) if *last == mark => before.push_str(&text),
            _ => runs.push((mark, text)),
        }
    }
    runs
}

/// The sign of a line, and what it means in words.
fn margin(runs: &[(Mark, String)]) -> (&'static str, Option<&'static str>) {
    let has = |mark: Mark| runs.iter().any(|(m, _)| *m == mark);
    if has(Mark::No) {
        ("!", Some("holds what is never evaluated"))
    } else if has(Mark::Run) {
        ("~", Some("holds what no test expects"))
    } else if has(Mark::Yes) {
        ("+", Some("expected by a test"))
    } else {
        (" ", None)
    }
}

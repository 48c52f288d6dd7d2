//! The plan's own tests and the data that they share.

use super::super::model::{Expects, FixtureEntry, Given, Page, Part, TestEntry};
use super::pieces::{margin, name, prose};
use maud::{Markup, html};

pub(super) fn tests(page: &Page) -> Markup {
    html! {
        (summary(&page.tests))
        @if !page.fixtures.is_empty() {
            div.group #fixtures data-group {
                h3 { "Data that tests start from" }
                @for one in &page.fixtures { (fixture(one)) }
            }
        }
        div.group data-group {
            @if !page.fixtures.is_empty() { h3 { "The tests" } }
            @for one in &page.tests { (test(one, if page.fixtures.is_empty() { 3 } else { 4 })) }
        }
    }
}

fn summary(tests: &[TestEntry]) -> Markup {
    let run = tests.iter().filter(|t| t.verdict.is_some()).count();
    let failed = tests.iter().filter(|t| matches!(t.verdict, Some(Err(_)))).count();
    html! {
        @if run > 0 {
            p.lead {
                @if failed == 0 { "When this page was written, all " (run) " tests passed." }
                @else { "When this page was written, " (failed) " of " (run) " tests failed." }
            }
        }
    }
}

fn fixture(one: &FixtureEntry) -> Markup {
    html! {
        article.item.test #(one.id) data-find {
            div.head { h4 { span.term { (one.name) } } }
            div.text {
                @if let Some(base) = &one.base { p.see { span.what { "Starts from" } " " (name(base)) } }
                (lines(&one.given))
                @if !one.rows.is_empty() { p.see { span.what { "Every row, unless a test says otherwise" } } (lines(&one.rows)) }
            }
        }
    }
}

fn test(one: &TestEntry, level: u8) -> Markup {
    let head = html! { span.number { (one.number) } " " (prose(&one.name)) };
    html! {
        article.item.test #(one.id) data-find {
            div.head { @if level == 3 { h3 { (head) } } @else { h4 { (head) } } }
            (margin(&one.cite))
            div.text {
                @if let Some(base) = &one.base { p.see { span.what { "Starts from" } " " (name(base)) } }
                @if let Some(date) = &one.as_of { p.see { span.what { "Terms as of" } " " (date) } }
                @for (assumption, reading) in &one.assume {
                    p.see { span.what { "Assuming" } " " (name(assumption)) " is " code { (reading) } }
                }
                (lines(&one.given))
                @if one.unconfirmed { p.see { span.what { "Unconfirmed" } " proposed, and not yet calculated by hand" } }
                (expects(&one.expects))
                @if let Some(Err(wrong)) = &one.verdict {
                    div.failed { p { strong { "Fails" } } ul { @for line in wrong { li { (prose(line)) } } } }
                }
            }
        }
    }
}

fn lines(given: &[Given]) -> Markup {
    html! {
        @if !given.is_empty() {
            ul.given {
                @for line in given {
                    li {
                        @if let Some(of) = &line.of { (name(of)) " " }
                        @for (i, (field, value)) in line.fields.iter().enumerate() {
                            @if i > 0 { span.dot { " · " } }
                            span.pair { span.field { (field) } " " (value) }
                        }
                    }
                }
            }
        }
    }
}

fn expects(expects: &Expects) -> Markup {
    html! {
        @match expects {
            Expects::Values(values) => {
                ul.expects aria-label="Expected" {
                    @for one in values {
                        li { (name(&one.rule)) @if let Some(row) = &one.row { " of " (row) } " = " code { (one.value) } }
                    }
                }
            }
            Expects::Refused(part) => {
                p.expects {
                    "The data are refused for "
                    @match part { Part::Link(link) => { (name(link)) } Part::Words(words) => { code { (words) } } }
                    "."
                }
            }
            Expects::Fails(rule, why) => {
                p.expects {
                    (name(rule)) " has no value, and says so"
                    @if let Some(code) = why { ", with the code " code { (code) } }
                    "."
                }
            }
        }
    }
}

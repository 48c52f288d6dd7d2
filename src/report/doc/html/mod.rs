//! The page as one HTML file: its style and its search stand inside it, and it asks for nothing else.

mod clauses;
mod entries;
mod inputs;
mod pictures;
mod pieces;
mod testing;

use super::model::{Page, Section};
use entries::{calendars, functions, group, item};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use pieces::{formula, prose};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// The page as HTML.
#[must_use]
pub fn html(page: &Page) -> String {
    let sections = page.sections();
    let body = html! {
        (header(page))
        div.sheet {
            (contents(&sections))
            main #main tabindex="-1" {
                @for section in &sections { (body(page, section)) }
            }
        }
        footer {
            p { "Written by whereas " (env!("CARGO_PKG_VERSION")) " from the plan " code { (page.id) } "." }
        }
        script { (PreEscaped(SCRIPT)) }
    };
    frame(&page.title, "", &body)
}

/// What stands around every page: its style, with what a page adds to it, and a way past its head.
pub(in crate::report) fn frame(title: &str, more_style: &str, body: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content=(concat!("whereas ", env!("CARGO_PKG_VERSION")));
                title { (title) }
                style { (PreEscaped(STYLE)) (PreEscaped(more_style)) }
            }
            body {
                a.skip href="#main" { "Skip to the text" }
                (body)
            }
        }
    };
    let mut text = page.into_string();
    text.push('\n');
    text
}

fn header(page: &Page) -> Markup {
    html! {
        header {
            p.kind { (page.kind) " " code { (page.id) } }
            h1 { (page.title) }
            @if let Some(about) = &page.about { p.about { (prose(about)) } }
            @if let Some(document) = &page.document { p.document { "Encodes: " (prose(document)) } }
            @if !page.facts.is_empty() {
                dl.facts #conventions {
                    @for fact in &page.facts {
                        div { dt { (fact.label) } dd { (formula(&fact.value)) } }
                    }
                }
            }
        }
    }
}

/// The table of contents, with the search that the script brings to life.
fn contents(sections: &[Section]) -> Markup {
    html! {
        nav aria-label="Contents" {
            form #search role="search" hidden {
                label for="find" { "Find" }
                input #find type="search" autocomplete="off" spellcheck="false" aria-describedby="found";
                p #found role="status" {}
            }
            ol {
                @for section in sections {
                    li {
                        a href={ "#" (section.id) } { (section.title) }
                        @if section.parts.len() > 1 {
                            ol { @for part in &section.parts { li { a href={ "#" (part.id) } { (part.title) } } } }
                        }
                    }
                }
            }
        }
    }
}

fn body(page: &Page, section: &Section) -> Markup {
    let inside = match section.id.as_str() {
        "outline" => clauses::outline(page),
        "other-clauses" => clauses::others(page),
        "terms" => html! { @for term in &page.terms { (item(term, 3)) } },
        "inputs" => html! { @for holder in &page.inputs { (inputs::holder(holder)) } },
        "rules" => html! {
            @if page.rules.iter().any(|g| g.rules.iter().any(|r| r.private)) {
                p.lead { "A private step is left out of the results unless it is asked for." }
            }
            @for part in &page.rules { (group(part)) }
        },
        "functions" => functions(page),
        "calendars" => calendars(page),
        "assumptions" => html! {
            p.lead { "Where the document is silent or speaks twice, the plan takes the reading marked as chosen; another may be taken for one evaluation." }
            @for assumption in &page.assumptions { (item(assumption, 3)) }
        },
        "pictures" => pictures::pictures(page),
        _ => testing::tests(page),
    };
    html! {
        section #(section.id) aria-labelledby={ "h-" (section.id) } data-group {
            h2 id={ "h-" (section.id) } { (section.title) }
            (inside)
        }
    }
}

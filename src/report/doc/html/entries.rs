//! Terms, rules, functions, assumptions and calendars.

use super::super::model::{
    Body, CalendarEntry, Case, Group, Item, LanguageFunction, Link, Page, Reading, Requirement, Version,
};
use super::pieces::{block, folded, formula, link, margin, name, named, prose, tests};
use maud::{Markup, html};

/// A term, rule, function or assumption under a heading of this level.
pub(super) fn item(item: &Item, level: u8) -> Markup {
    let head = html! {
        span.term { (item.name) }
        @if let Some(params) = &item.params { span.params { (params) } }
    };
    html! {
        article.item.private[item.private] #(item.id) data-find {
            div.head {
                @if level == 3 { h3 { (head) } } @else { h4 { (head) } }
                @if item.private || item.ty.is_some() {
                    p.type.long[item.ty.as_ref().is_some_and(|ty| ty.len() > 40)] { @if item.private { em { "private step " } } @if let Some(ty) = &item.ty { code { (ty) } } }
                }
            }
            (margin(&item.cite))
            div.text {
                @if let Some(about) = &item.about { p.about { (prose(about)) } }
                (body(&item.body))
                @if let Some(change) = &item.change { p.see { span.what { "Changes approved by" } " " (prose(change)) } }
                (named("Used by", &item.used_by))
                (folded("Bears on", "results", &item.bears_on))
                (tests(&item.tests))
                @if let Some(from) = &item.from { p.see { span.what { "From" } " " code { (from) } } }
            }
        }
    }
}

fn body(body: &Body) -> Markup {
    match body {
        Body::Formula(value) => block(value),
        Body::Versions(versions) => self::versions(versions),
        Body::Cases(all) => cases(all),
        Body::All(all) => requirements(all),
        Body::Allocate(entries) => html! {
            dl.allocate { @for (what, value) in entries { div { dt { (what) } dd { (formula(value)) } } } }
        },
        Body::Readings(readings) => self::readings(readings),
    }
}

fn versions(versions: &[Version]) -> Markup {
    if let [only] = versions
        && only.when.is_empty()
    {
        return if only.value.is_long() {
            block(&only.value)
        } else {
            html! { p.value { (formula(&only.value)) } }
        };
    }
    html! {
        table.versions {
            thead { tr { th scope="col" { "In force" } th scope="col" { "Value" } } }
            tbody { @for v in versions { tr { td { (v.when) } td { (formula(&v.value)) } } } }
        }
    }
}

fn cases(cases: &[Case]) -> Markup {
    let rows = html! {
        @for case in cases {
            tr {
                td data-label="when" { @if let Some(when) = &case.when { (formula(when)) } @else { em { "otherwise" } } }
                td data-label="then" { (formula(&case.then)) }
                (clause(case.cite.as_ref()))
            }
        }
    };
    decisions(["When", "Then", "Clause"], &rows)
}

fn requirements(all: &[Requirement]) -> Markup {
    let rows = html! {
        @for one in all {
            tr {
                td data-label="required" { (formula(&one.require)) }
                td data-label="else" { code { span.y { (one.reason) } } }
                (clause(one.cite.as_ref()))
            }
        }
    };
    decisions(["Required", "Reason if not met", "Clause"], &rows)
}

/// The table of what decides a rule.
fn decisions(heads: [&str; 3], rows: &Markup) -> Markup {
    html! {
        table.cases {
            thead { tr { @for head in heads { th scope="col" { (head) } } } }
            tbody { (rows) }
        }
    }
}

fn clause(cite: Option<&Link>) -> Markup {
    html! { td.cite { @if let Some(cite) = cite { (link(cite)) } } }
}

fn readings(readings: &[Reading]) -> Markup {
    html! {
        ul.readings {
            @for reading in readings {
                li.chosen[reading.chosen] {
                    code { (reading.name) }
                    @if reading.chosen { span.mark { "chosen" } }
                    span.meaning { (prose(&reading.meaning)) }
                }
            }
        }
    }
}

/// The rules of a table, or of the plan.
pub(super) fn group(group: &Group) -> Markup {
    html! {
        div.group #(group.id) data-group {
            h3 {
                @if let Some(table) = &group.table { "Each row of " (name(table)) } @else { (group.title) }
            }
            @for rule in &group.rules { (item(rule, 4)) }
        }
    }
}

/// Functions: the plan's own, and those of the language that it uses.
pub(super) fn functions(page: &Page) -> Markup {
    html! {
        @for function in &page.functions { (item(function, 3)) }
        @if !page.language.is_empty() {
            div.group #language data-group {
                h3 { "Of the plan language" }
                dl.language { @for function in &page.language { (language(function)) } }
            }
        }
    }
}

fn language(function: &LanguageFunction) -> Markup {
    html! {
        div #(function.id) data-find {
            dt { code { (function.signature) } }
            dd { (prose(function.about)) (named("Used by", &function.used_by)) }
        }
    }
}

/// Calendars.
pub(super) fn calendars(page: &Page) -> Markup {
    html! { @for one in &page.calendars { (calendar(one)) } }
}

fn calendar(one: &CalendarEntry) -> Markup {
    html! {
        article.item #(one.id) data-find {
            div.head { h3 { span.term { (one.name) } } }
            div.text {
                p.about { (prose(&one.title)) }
                p.see { span.what { "Covers days" } " " (one.days) }
                @if let Some(source) = &one.source { p.see { span.what { "Source" } " " (source) } }
                (named("Used by", &one.used_by))
            }
        }
    }
}

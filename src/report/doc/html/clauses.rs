//! The outline: each clause with what became of it.

use super::super::model::{Clause, Page, Status};
use super::pieces::{name, named, prose, tests};
use maud::{Markup, html};

pub(super) fn outline(page: &Page) -> Markup {
    list(&page.clauses, page.has_outline)
}

/// The clauses of other documents, which no outline lists.
pub(super) fn others(page: &Page) -> Markup {
    list(&page.other_clauses, false)
}

fn list(clauses: &[Clause], has_outline: bool) -> Markup {
    html! {
        div.clauses {
            @for clause in clauses { (entry(clause, has_outline)) }
        }
    }
}

fn entry(clause: &Clause, has_outline: bool) -> Markup {
    html! {
        article.clause #(clause.id) data-find {
            h3 { (clause.name) }
            div {
                @if let Some(heading) = &clause.heading { p.heading { (heading) } }
                @for status in &clause.status {
                    @match status {
                        Status::Entries(word, links) => {
                            p.status {
                                span.what { (word) } " "
                                span { @for (i, one) in links.iter().enumerate() { @if i > 0 { ", " } (name(one)) } }
                            }
                        }
                        Status::Words(word, text) => { p.status { span.what { (word) } " " span { (prose(text)) } } }
                    }
                }
                @if clause.status.is_empty() && clause.heading.is_none() && has_outline { p.status { span.what { "cited" } " " span { "not in the outline" } } }
                (named(if has_outline { "also cited by" } else { "cited by" }, &clause.cited_by))
                (tests(&clause.tests))
            }
        }
    }
}

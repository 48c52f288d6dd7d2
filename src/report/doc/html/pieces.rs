//! The small parts of which entries are made: links, formulas, lists of links.

use super::super::model::{Formula, Link, Piece, Style, Target};
use maud::{Markup, html};

/// A link to an entry.
pub(super) fn link(link: &Link) -> Markup {
    html! { a href={ "#" (link.id) } { (link.text) } }
}

/// A link to an entry that has a name, set as names are.
pub(super) fn name(link: &Link) -> Markup {
    html! { a.name href={ "#" (link.id) } { (link.text) } }
}

/// A formula in a line of text.
pub(super) fn formula(formula: &Formula) -> Markup {
    html! { code { (pieces(formula)) } }
}

/// A formula that stands by itself, its lines kept.
pub(super) fn block(formula: &Formula) -> Markup {
    html! { pre.formula { code { (pieces(formula)) } } }
}

fn pieces(formula: &Formula) -> Markup {
    html! {
        @for piece in &formula.pieces {
            @match piece {
                Piece::Plain(Style::Plain, text) => { (text) }
                Piece::Plain(style, text) => { span class=(class(*style)) { (text) } }
                Piece::Name(link) => { a class=[marked(link)] href={ "#" (link.id) } { (link.text) } }
            }
        }
    }
}

fn class(style: Style) -> &'static str {
    match style {
        Style::Plain => "",
        Style::Keyword => "k",
        Style::Number => "n",
        Style::Text => "t",
        Style::Symbol => "y",
        Style::Remark => "r",
    }
}

/// Functions of the language are known to most readers, so their links keep in the background.
fn marked(link: &Link) -> Option<&'static str> {
    (link.target == Target::Language).then_some("l")
}

/// A text of the plan, with what stands in backticks set as code.
pub(super) fn prose(text: &str) -> Markup {
    let parts = text.split('`').collect::<Vec<_>>();
    // A backtick without its partner is a backtick.
    let paired = parts.len() % 2 == 1;
    html! {
        @if paired {
            @for (i, part) in parts.iter().enumerate() { @if i % 2 == 0 { (part) } @else { code.w[part.len() <= 24] { (part) } } }
        } @else { (text) }
    }
}

/// The clauses in the margin.
pub(super) fn margin(cite: &[Link]) -> Markup {
    html! {
        @if !cite.is_empty() {
            p.cite { @for (i, clause) in cite.iter().enumerate() { @if i > 0 { span.comma { ", " } } (link(clause)) } }
        }
    }
}

/// "Used by a, b": nothing where there is nothing to say.
pub(super) fn named(words: &str, links: &[Link]) -> Markup {
    html! {
        @if !links.is_empty() {
            p.see { span.what { (words) } " " @for (i, one) in links.iter().enumerate() { @if i > 0 { ", " } (name(one)) } }
        }
    }
}

/// The same for a list that may be long: closed until it is asked for.
pub(super) fn folded(words: &str, noun: &str, links: &[Link]) -> Markup {
    if links.len() <= 5 {
        return named(words, links);
    }
    html! {
        details.see {
            summary { span.what { (words) } " " (links.len()) " " (noun) }
            p { @for (i, one) in links.iter().enumerate() { @if i > 0 { ", " } (name(one)) } }
        }
    }
}

/// "Tests 3, 7", each number a link.
pub(super) fn tests(links: &[Link]) -> Markup {
    html! {
        @if !links.is_empty() {
            p.see {
                span.what { @if links.len() == 1 { "Test" } @else { "Tests" } } " "
                @for (i, one) in links.iter().enumerate() {
                    @if i > 0 { ", " }
                    a href={ "#" (one.id) } aria-label={ "test " (one.text) } { (one.text) }
                }
            }
        }
    }
}

//! Pictures of what depends on what, each with the same in words.

use super::super::model::{Node, Page, Picture};
use super::super::svg::svg;
use super::pieces::name;
use maud::{Markup, html};

pub(super) fn pictures(page: &Page) -> Markup {
    html! { @for one in &page.pictures { (picture(one)) } }
}

fn picture(picture: &Picture) -> Markup {
    let has_reads = picture.nodes.iter().any(|n| !n.reads.is_empty());
    html! {
        figure.picture #(picture.id) aria-labelledby={ "h-" (picture.id) } {
            h3 id={ "h-" (picture.id) } { (picture.title) }
            figcaption {
                (picture.caption) " An arrow that others imply is left out."
                @if has_reads {
                    " Below a name: " code { "↗ rules" } " of other pictures, " code { "functions()" } ", "
                    code { i { "inputs" } } ", " code { "terms" } " and " code { "assumptions ?" } "."
                }
                @if picture.nodes.iter().any(|n| n.private) { " A private step has a dashed box." }
                @if picture.nodes.iter().any(|n| n.of.is_some()) { " What is concluded about each row of a table has a shaded box." }
            }
            div.canvas role="region" aria-label={ "Picture: " (picture.title) } tabindex="0" { (svg(picture)) }
            details {
                summary { "The same in words" }
                ul { @for (index, node) in picture.nodes.iter().enumerate() { (in_words(picture, index, node)) } }
            }
        }
    }
}

fn in_words(picture: &Picture, index: usize, node: &Node) -> Markup {
    let before = picture.before(index);
    html! {
        li {
            (name(&node.link))
            @if let Some(of) = &node.of { " of each row of " code { (of) } }
            @if before.is_empty() && node.reads.is_empty() { " depends on nothing else here" }
            @if !before.is_empty() {
                " depends on "
                @for (i, one) in before.iter().enumerate() { @if i > 0 { ", " } (name(&one.link)) }
            }
            @if !node.reads.is_empty() {
                @if before.is_empty() { " reads " } @else { "; reads " }
                @for (i, one) in node.reads.iter().enumerate() { @if i > 0 { ", " } (name(one)) }
            }
        }
    }
}

//! Inputs: a table of fields for each record and table.

use super::super::model::{Condition, Field, HolderEntry, HolderKind, Limit};
use super::pieces::{formula, link, margin, named, prose, tests};
use maud::{Markup, html};

/// A record, a table, or the single values.
pub(super) fn holder(holder: &HolderEntry) -> Markup {
    let scalars = holder.kind == HolderKind::Scalars;
    html! {
        div.holder #(holder.id) data-group {
            div.head data-find {
                h3 { @if scalars { "Single values" } @else { span.term { (holder.name) } } }
                p.type {
                    @match holder.kind {
                        HolderKind::Scalars => {}
                        HolderKind::Record => { "one record" @if holder.optional { ", may be absent" } }
                        HolderKind::Table => {
                            "table, key "
                            @for (i, key) in holder.key.iter().enumerate() { @if i > 0 { ", " } (short(key)) }
                        }
                    }
                }
                (margin(&holder.cite))
                @if let Some(about) = &holder.about { p.about { (prose(about)) } }
                (named("Used by", &holder.used_by))
                @if let Some(from) = &holder.from { p.see { span.what { "From" } " " code { (from) } } }
            }
            table.fields {
                thead { tr { th scope="col" { "Field" } th scope="col" { "Type" } th scope="col" { "Meaning and limits" } } }
                tbody { @for one in &holder.fields { (field(one)) } }
            }
            @if !holder.conditions.is_empty() {
                ul.conditions aria-label="Conditions" { @for one in &holder.conditions { (condition(one)) } }
            }
        }
    }
}

/// A field of the same holder, without the holder's name.
fn short(key: &super::super::model::Link) -> Markup {
    let text = key.text.rsplit('.').next().unwrap_or(&key.text);
    html! { a.name href={ "#" (key.id) } { (text) } }
}

fn field(field: &Field) -> Markup {
    html! {
        tr #(field.id) data-find {
            th scope="row" { span.term { (field.name) } }
            td { code { @if let Some(table) = &field.refers { "ref " (link(table)) } @else { (field.ty) } } }
            td {
                @if let Some(about) = &field.about { p.about { (prose(about)) } }
                (limits(field))
                (margin(&field.cite))
                (named("Used by", &field.used_by))
                (tests(&field.tests))
            }
        }
    }
}

fn limits(field: &Field) -> Markup {
    html! {
        @if field.key || !field.limits.is_empty() {
            p.limits {
                @if field.key { "key" @if !field.limits.is_empty() { "; " } }
                @for (i, limit) in field.limits.iter().enumerate() {
                    @if i > 0 { "; " }
                    @match limit {
                        Limit::Words(words) => { (words) }
                        Limit::Default(value) => { "by default " (formula(value)) }
                    }
                }
            }
        }
    }
}

fn condition(condition: &Condition) -> Markup {
    html! {
        li data-find {
            span.what { "required" } " " (formula(&condition.that))
            span.meaning { "else refused: " (short(&condition.field)) " " (prose(&condition.message)) }
        }
    }
}

//! The documentation is tested: its formulas have the values they show, its plans check, its links
//! lead somewhere, its commands print what it says. `UPDATE=1` rewrites what is generated.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::format_push_string,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used
)]

#[path = "docs/blocks.rs"]
mod blocks;
#[cfg(feature = "cli")]
#[path = "docs/consoles.rs"]
mod consoles;
#[path = "docs/example.rs"]
mod example;
#[path = "docs/figures.rs"]
mod figures;
#[path = "docs/formulas.rs"]
mod formulas;
#[path = "docs/links.rs"]
mod links;
#[path = "docs/plans.rs"]
mod plans;

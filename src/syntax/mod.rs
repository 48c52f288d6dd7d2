//! Formulas and types: their text, their trees, and back to text.
//!
//! The way is [`scan`](self) (tokens, and slips that are plain from them), nesting (bounds), the
//! grammar in `grammar/expression.pest`, and lowering to [`ast`]. Nothing here knows what a name
//! means or which type a value has.

pub mod ast;
pub mod toml_key;

mod equality;
mod explain;
mod fault;
mod figures;
mod frames;
mod layout;
mod literals;
mod lower;
mod nesting;
mod parser;
mod print;
mod print_literal;
mod queries;
mod scan;
mod slips;
mod types;
mod words;

pub use equality::{erase_spans, same_formula};
pub use layout::{lay_out_expr, lay_out_type};
pub use parser::{parse_expr, parse_type};
pub use print::{print_expr, print_type};
pub use words::{KEYWORDS, is_name, is_reserved};

#[cfg(test)]
mod tests;

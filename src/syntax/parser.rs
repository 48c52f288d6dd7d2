//! From text to tree: the scan, the bounds, the grammar, the lowering.

use super::ast::{Expr, TypeExpr};
use super::explain;
use super::fault::{Fault, Language};
use super::lower::Lower;
use super::nesting::Nesting;
use super::scan::{Kind, Token, scan};
use super::types;
use crate::diagnostic::{Code, Diagnostic};
use crate::limits::Limits;
use crate::source::TextMap;
use pest::Parser;
use pest::iterators::Pair;

/// The grammar of formulas and types.
#[derive(pest_derive::Parser)]
#[grammar = "../grammar/expression.pest"]
struct Grammar;

/// The most bytes that one formula or type may have.
pub(super) const MAX_BYTES: usize = 64 << 10;

/// Reads a formula.
///
/// # Errors
/// The one fault found first, with its place in the file: [`Code::FormulaSyntax`],
/// [`Code::BadNumber`], [`Code::BadDate`], [`Code::TooDeep`], or [`Code::PlanTooLarge`] for a
/// formula of more than 64 KiB.
pub fn parse_expr(map: &TextMap, limits: &Limits) -> Result<Expr, Box<Diagnostic>> {
    let read = || {
        let tokens = tokens(map, limits, Language::Formula)?;
        let lower = Lower::new(map, limits, &tokens);
        match single(map, &tokens) {
            Some(pair) => lower.single(pair),
            None => lower.formula(parse(map, &tokens, Rule::formula, Language::Formula)?),
        }
    };
    read().map_err(|fault: Box<Fault>| fault.at(map))
}

/// Reads a type.
///
/// # Errors
/// The one fault found first, with its place in the file: [`Code::TypeSyntax`],
/// [`Code::TooDeep`] or [`Code::PlanTooLarge`].
pub fn parse_type(map: &TextMap, limits: &Limits) -> Result<TypeExpr, Box<Diagnostic>> {
    let read = || {
        let tokens = tokens(map, limits, Language::Type)?;
        let pair = parse(map, &tokens, Rule::type_formula, Language::Type)?;
        types::lower(map, pair)
    };
    read().map_err(|fault: Box<Fault>| fault.at(map))
}

/// The tokens, where the text is short and shallow enough for the grammar.
fn tokens<'a>(map: &'a TextMap, limits: &Limits, language: Language) -> Result<Vec<Token<'a>>, Box<Fault>> {
    let text = map.text();
    if text.len() > MAX_BYTES {
        let first = text.lines().find(|l| !l.trim().is_empty()).unwrap_or("");
        let shown: usize = first.chars().take(40).map(char::len_utf8).sum();
        let start = text.find(first).unwrap_or(0);
        let message = format!("a {} of {} bytes, where {MAX_BYTES} is the most", language.noun(), text.len());
        return Err(Box::new(
            Fault::new(Code::PlanTooLarge, message)
                .label(start..start.saturating_add(shown.max(1)), "begins here")
                .help("make its parts rules or functions of their own"),
        ));
    }
    let tokens = scan(text, language)?;
    if tokens.is_empty() {
        return Err(Box::new(explain::nothing(text, language)));
    }
    match Nesting::too_deep(&tokens, limits.depth) {
        Some(token) => Err(Box::new(too_deep(language, token))),
        None => Ok(tokens),
    }
}

/// The literal or the name that a text is, where it is nothing else.
fn single<'a>(map: &'a TextMap, tokens: &[Token<'a>]) -> Option<Pair<'a, Rule>> {
    let may_be = match tokens {
        [one] => matches!(one.kind, Kind::Word | Kind::Number | Kind::Date),
        [first, rest @ ..] => {
            first.kind == Kind::Number
                && rest.iter().all(|t| t.kind == Kind::Word || t.is_mark("/") || t.is_mark("%"))
        }
        [] => false,
    };
    if !may_be {
        return None;
    }
    Grammar::parse(Rule::single, map.text()).ok()?.next()?.into_inner().next()
}

/// Runs the grammar and answers the pair inside its entry rule.
fn parse<'a>(
    map: &'a TextMap,
    tokens: &[Token<'a>],
    rule: Rule,
    language: Language,
) -> Result<Pair<'a, Rule>, Box<Fault>> {
    match Grammar::parse(rule, map.text()) {
        Ok(mut pairs) => {
            let inner = pairs.next().and_then(|pair| pair.into_inner().next());
            inner.ok_or_else(|| Box::new(explain::nothing(map.text(), language)))
        }
        Err(error) => Err(Box::new(explain::explain(map.text(), tokens, &error, language))),
    }
}

/// A formula that nests, or a chain that goes on, beyond its limit at `token`.
pub(super) fn too_deep(language: Language, token: &Token<'_>) -> Fault {
    let help = match language {
        Language::Formula => "give its parts names with `let`, or make them rules or functions of their own",
        Language::Type => "give its parts names under `[types]`",
    };
    Fault::new(Code::TooDeep, format!("this {} nests too deeply", language.noun()))
        .label(token.range(), "too deep from here on")
        .help(help)
}

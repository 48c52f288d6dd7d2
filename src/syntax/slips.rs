//! Slips of people who know spreadsheets or other languages, and what to write instead.

use super::explain::Failure;
use super::fault::{Fault, Language};
use super::lower::Lowered;
use super::nesting::Form;
use super::scan::{Kind, Token};
use super::words::{self, KEYWORDS};
use crate::diagnostic::{Code, meant};
use std::ops::Range;

/// The forms of a type, for help lines.
pub(super) const TYPE_FORMS: &str = "a type is a word such as `date` or `USD`, a unit as in `USD/share`, `%`, `one of a, b`, \
    `list of text`, `ref table` or `{ name: type }`, with `?` behind it where the value may be absent";

/// Refuses the name that another language has for no value.
pub(super) fn foreign_absence(word: &str, place: &Range<usize>) -> Lowered<()> {
    if !words::is_foreign_absence(word) {
        return Ok(());
    }
    Err(Box::new(
        Fault::new(Code::FormulaSyntax, format!("found `{word}`, which is not a value"))
            .label(place.clone(), "expected a value")
            .help("write `absent` for no value, and ask for one with `x is present` or `x is absent`"),
    ))
}

/// Refuses `IF(a, b, c)` and `AND(a, b)`.
pub(super) fn keyword_as_function(word: &str, place: &Range<usize>) -> Lowered<()> {
    let help = match word.to_ascii_lowercase().as_str() {
        "if" | "iif" => "write a choice as `if condition then value else other`",
        "and" => "write `and` between two conditions: `a and b`",
        "or" => "write `or` between two conditions: `a or b`",
        "not" => "write `not` before a condition: `not a`",
        "switch" | "ifs" => "write `match value when a then b when c then d else e`",
        _ => return Ok(()),
    };
    Err(Box::new(
        Fault::new(Code::FormulaSyntax, format!("found `{word}(`, which is not a function"))
            .label(place.clone(), "not a function")
            .help(help),
    ))
}

/// A fault that is about more than the token that did not fit: a date in words.
pub(super) fn whole(failure: &Failure<'_, '_>) -> Option<Fault> {
    let first = failure.at.saturating_sub(2);
    let near = failure.tokens.get(first..)?;
    let near = near.get(..4.min(near.len()))?;
    let (index, month) = near.iter().enumerate().find_map(|(i, t)| {
        let month = words::month(t.text).filter(|_| t.kind == Kind::Word)?;
        Some((first.checked_add(i)?, month))
    })?;
    let number = |index: Option<usize>, digits: Range<usize>| {
        let token = index.and_then(|i| failure.tokens.get(i))?;
        let fits = token.kind == Kind::Number && digits.contains(&token.text.len());
        Some((token, token.text.parse::<u32>().ok()?)).filter(|_| fits)
    };
    let after = |places| index.checked_add(places);
    let comma = after(2).and_then(|i| failure.tokens.get(i)).is_some_and(|t| t.is_mark(","));
    let day_first = (number(index.checked_sub(1), 1..3), number(after(1), 4..5));
    let month_first = (number(after(1), 1..3), number(after(if comma { 3 } else { 2 }), 4..5));
    let (place, day, year) = match (day_first, month_first) {
        ((Some((day, d)), Some((year, y))), _) => (day.start..year.end(), d, y),
        (_, (Some((_, d)), Some((year, y)))) => (failure.tokens.get(index)?.start..year.end(), d, y),
        _ => return None,
    };
    let written = failure.text.get(place.clone())?;
    Some(
        Fault::new(Code::BadDate, format!("found `{written}`, a date in words"))
            .label(place, "not written year-month-day")
            .help(format!("dates are written year-month-day: `{year:04}-{month:02}-{day:02}`")),
    )
}

/// What helps where nothing more telling is known.
pub(super) fn general(failure: &Failure<'_, '_>) -> Option<String> {
    if failure.language == Language::Type {
        return Some(type_advice(failure).unwrap_or(TYPE_FORMS).to_owned());
    }
    let found = failure.found()?;
    let fixed = match found.text {
        "," if found.kind == Kind::Mark => Some(match failure.nesting.bracket() {
            None => "`,` separates values in brackets: a list is written `[a, b]`",
            Some(_) => "`,` separates the values of a list, `[a, b]`, and of a function, `max(a, b)`",
        }),
        "then" => Some("`then` follows the condition of an `if` or the values of a `when`"),
        "else" => Some("`else` follows `if ... then ...` or the last `when ... then ...`"),
        "when" => Some("`when` follows `match value`"),
        "if" | "let" | "match" | "fold" | "running" if failure.wants_value() && failure.at > 0 => {
            Some("put a form of its own in round brackets here: `a and (if b then c else d)`")
        }
        _ if failure.nesting.bracket().is_some_and(|o| failure.opener(o) == "{")
            && matches!(failure.expected.first(), Some(&("`:`" | "the name of a field"))) =>
        {
            Some(RECORD)
        }
        _ if failure.before(1).is_some_and(|t| t.is_word("not")) && failure.expected == ["`in`"] => {
            Some("write `a and not b` for two conditions, or `a not in b` for a value and a list")
        }
        _ if failure.expected == ["`in`"] => Some("a walk over rows is written `for row in table`"),
        _ => return two_values(failure, found),
    };
    fixed.map(str::to_owned)
}

/// What to write where something is missing and nothing else is known.
pub(super) fn missing(failure: &Failure<'_, '_>) -> Option<String> {
    let help = match *failure.expected.first()? {
        "a value" => "write the value that is missing here, or take away what asks for it",
        "the name of a field" => "a field is asked for by its name after a point, as in `period.first_day`",
        "the name of a rule" => "name a rule after `of`, as in `clause of outcome` or `reasons of eligible`",
        "the name of a table" => "name an input table after `ref`, as in `ref participants`",
        _ => return None,
    };
    Some(help.to_owned())
}

const RECORD: &str = "a record is written `{ name: value, other: value }`";
const BRACKETS: &str = "a walk over rows stands in brackets: `[value for row in table where ...]` or `sum(value for row in table)`";

/// What to write instead, where the failure looks like a known slip.
pub(super) fn advice(failure: &Failure<'_, '_>) -> Option<String> {
    if failure.language == Language::Type {
        return None;
    }
    let before = failure.before(1);
    let previous = |word: &str| before.is_some_and(|t| t.kind != Kind::Text && t.text == word);
    if previous("is") {
        return Some(asking(failure).to_owned());
    }
    if previous("^") {
        return Some("an exponent is a whole number, as in `rate^2` or `rate^-1`".to_owned());
    }
    if previous("fail") {
        return Some("write what went wrong as a text: `fail \"no price on this day\"`".to_owned());
    }
    if previous("with") {
        return Some("a record with some fields changed is written `record with { name: value }`".to_owned());
    }
    let Some(found) = failure.found() else { return at_the_end(failure) };
    match found.kind {
        Kind::Mark => mark(failure, found).map(str::to_owned),
        Kind::Word => word(failure, found),
        Kind::Number => number(failure, found),
        Kind::Text | Kind::Date => None,
    }
}

fn type_advice(failure: &Failure<'_, '_>) -> Option<&'static str> {
    let found = failure.found()?;
    match found.text {
        "or" | "|" => Some("write `?` behind a type whose value may be absent, as in `date?`"),
        "/" | "*" => Some("a unit has no spaces inside: `USD/share`"),
        "[" | "<" | "(" => Some("write a list as `list of text`"),
        "?" => Some("one `?` says that a value may be absent"),
        _ => match failure.before(1)?.text {
            _ if failure.expected.first() == Some(&"`:`") => {
                Some("a record is written `{ name: type, other: type }`")
            }
            _ if failure.expected.first() == Some(&"`,`") => {
                Some("values are separated by `,`: `one of a, b`")
            }
            "list" => Some("write a list as `list of text`"),
            "one" => Some("write an enumeration as `one of a, b`"),
            "optional" | "maybe" => Some("write `?` behind a type whose value may be absent: `date?`"),
            _ => None,
        },
    }
}

/// After `is` something else than `present` or `absent`.
fn asking(failure: &Failure<'_, '_>) -> &'static str {
    const NOTHING: &[&str] = &["null", "nil", "none", "empty", "missing", "blank", "undefined", "na"];
    let text = failure.found().map_or("", |t| t.text).to_ascii_lowercase();
    match (text.as_str(), failure.after(1).map_or("", |t| t.text)) {
        ("not", "present") => "write `is absent`",
        ("not", "absent") => "write `is present`",
        ("not", next) if NOTHING.contains(&next.to_ascii_lowercase().as_str()) => "write `is present`",
        ("not", _) => "write `<>` for values that differ; `is` asks only `is present` or `is absent`",
        (text, _) if NOTHING.contains(&text) => "write `is absent`",
        _ => "write `=` to compare two values; `is` asks only `is present` or `is absent`",
    }
}

/// The text ends too early.
fn at_the_end(failure: &Failure<'_, '_>) -> Option<String> {
    let form = failure.form()?;
    let otherwise = failure.nesting.inside().last().is_some_and(|o| o.form == Form::Otherwise);
    if form.form == Form::IfThen && otherwise && !failure.wants_value() {
        return Some("an `if` goes on with `else`; `otherwise` stands in for an absent value".to_owned());
    }
    None
}

fn mark(failure: &Failure<'_, '_>, found: &Token<'_>) -> Option<&'static str> {
    let before = failure.before(1);
    let previous = before.map_or("", |t| t.text);
    match found.text {
        "," => comma(failure),
        ";" if failure.form().is_none_or(|o| o.form != Form::LetValue) => Some(
            "`;` stands only after what a `let` names: `let x = a; body`; values in brackets are separated by `,`",
        ),
        ":" if failure.nesting.bracket().is_some_and(|o| failure.opener(o) == "{") => {
            Some("fields are separated by `,`: `{ name: value, other: value }`")
        }
        ":" => Some(
            "`:` stands after the name of a field, as in `{ price: 5 USD }`; a choice is written `if c then a else b`",
        ),
        "=" if failure.at == 0 => Some("a formula begins with its value, without `=`"),
        "=" if previous == "<" => Some("write `<=` without a space"),
        "=" if previous == ">" => Some("write `>=` without a space"),
        "=" if previous == "=" => Some("write one `=` to compare two values"),
        ">" if previous == "<" => Some("write `<>` without a space"),
        "<" if previous == "=" => Some("write `<=` for at most"),
        ">" if previous == "=" => Some("write `>=` for at least"),
        "=" | "<>" | "<" | "<=" | ">" | ">=" | "≠" | "≤" | "≥"
            if failure.expected.contains(&"an operator") =>
        {
            Some("put round brackets around a test to compare its outcome: `(a is present) = b`")
        }
        "{" if before.is_some_and(Token::ends_value) => {
            Some("a record with some fields changed is written `record with { name: value }`")
        }
        _ => None,
    }
}

fn comma(failure: &Failure<'_, '_>) -> Option<&'static str> {
    let open = failure.nesting.bracket()?;
    let owner = open.token.checked_sub(1).and_then(|i| failure.tokens.get(i));
    match (owner.map_or("", |t| t.text), failure.opener(open)) {
        ("if", _) => Some("write a choice as `if condition then value else other`"),
        ("and", _) => Some("write `and` between two conditions: `a and b`"),
        ("or", _) => Some("write `or` between two conditions: `a or b`"),
        ("not", _) => Some("write `not` before each condition: `not a and not b`"),
        ("in", "(") => Some("write a list in square brackets: `x in [a, b]`"),
        _ if failure.tokens.get(open.token..failure.at).is_some_and(has_walk) => Some(
            "a query is all that its brackets hold; give it brackets of its own: `[row in table where ...]`",
        ),
        _ => None,
    }
}

fn has_walk(tokens: &[Token<'_>]) -> bool {
    tokens.iter().any(|t| t.is_word("where") || t.is_word("for"))
}

fn word(failure: &Failure<'_, '_>, found: &Token<'_>) -> Option<String> {
    let lower = found.text.to_ascii_lowercase();
    let before = failure.before(1);
    let after_value = before.is_some_and(Token::ends_value) && !failure.wants_value();
    if failure.expected.iter().any(|w| w.starts_with("a name") || w.starts_with("the name"))
        && words::is_reserved(found.text)
    {
        return Some(format!("`{}` is a word of the language: choose another name", found.text));
    }
    if lower != found.text && KEYWORDS.contains(&lower.as_str()) {
        return Some(format!("the words of the language are written in small letters: `{lower}`"));
    }
    let fixed = match lower.as_str() {
        "and" if failure.wants_value() => "`and` stands between two conditions: `a and b`",
        "or" if failure.wants_value() => "`or` stands between two conditions: `a or b`",
        "elif" | "elsif" | "elseif" => "write `else if`",
        "for" | "where" | "order" if failure.nesting.bracket().is_none() && failure.form().is_none() => {
            BRACKETS
        }
        "by" if before.is_some_and(|t| t.is_word("order")) => BRACKETS,
        "for" if failure.wants_value() => "the value of each row comes first: `[value for row in table]`",
        "for" if failure.nesting.bracket().is_some() => {
            "a query gives one value for each row: `[value for row in table]`, `[{ a: x, b: y } for row in table]`"
        }
        "if" if after_value && failure.nesting.bracket().is_some() => {
            "rows are picked by `where`: `sum(value for row in table where condition)`"
        }
        "desc" if after_value => "write `descending`",
        "asc" if after_value => "write `ascending`, or nothing: it is the default",
        _ if failure.expected == ["`by`"] => "write `order by` before what rows are ordered by",
        "of" if before.is_some_and(|t| t.is_mark("%")) => {
            "write `*` to take a percentage of a value: `10% * pay`"
        }
        "equals" | "equal" | "eq" if after_value => "write `=` to compare two values",
        "plus" if after_value => "write `+` to add",
        "minus" if after_value => "write `-` to subtract",
        "times" if after_value => "write `*` to multiply",
        "div" | "per" if after_value => "write `/` to divide",
        "mod" if after_value => "there is no remainder operation: write `a - b * floor(a / b, 1)`",
        "between" if after_value => "write both bounds as one comparison: `low <= value <= high`",
        "unless" => "write `if not ... then ... else ...`",
        _ if before.is_some_and(|t| matches!(t.text, "case" | "switch" | "select")) => {
            "write `match value when a then b else c`, or `if a then b else c`"
        }
        "isnt" | "without" => "write `not` before the condition",
        _ if after_value && found.text.len() > 2 && !words::is_reserved(found.text) => {
            const FOLLOWERS: [&str; 10] =
                ["and", "not", "otherwise", "then", "else", "when", "where", "for", "order", "with"];
            return meant(found.text, FOLLOWERS);
        }
        _ => return None,
    };
    Some(fixed.to_owned())
}

fn number(failure: &Failure<'_, '_>, found: &Token<'_>) -> Option<String> {
    let before = failure.before(1)?;
    if before.kind == Kind::Number {
        let (a, b) = (before.text, found.text);
        let fraction = failure.after(2).filter(|t| t.kind == Kind::Number);
        if let Some(below) = fraction.filter(|_| failure.after(1).is_some_and(|t| t.is_mark("/"))) {
            return Some(format!(
                "write the fraction of a mixed number without spaces: `{a} {b}/{}`",
                below.text
            ));
        }
        if b.len() == 3 {
            return Some(format!("write `_` between thousands: `{a}_{b}`"));
        }
    }
    None
}

/// Two values with nothing between them.
fn two_values(failure: &Failure<'_, '_>, found: &Token<'_>) -> Option<String> {
    let is_name = |t: &Token<'_>| t.kind == Kind::Word && words::is_name(t.text);
    let begins = match found.kind {
        Kind::Number | Kind::Date | Kind::Text => true,
        Kind::Word => is_name(found),
        Kind::Mark => found.text == "(",
    };
    let before = failure.before(1).filter(|t| t.ends_value())?;
    if !begins || !failure.expected.contains(&"an operator") {
        return None;
    }
    if is_name(before) && is_name(found) {
        let name = format!("{}_{}", before.text, found.text);
        return Some(format!(
            "a name has no spaces, as in `{name}`; two values need an operator such as `*` between them"
        ));
    }
    Some("two values need an operator between them, such as `*`, `=` or `and`".to_owned())
}

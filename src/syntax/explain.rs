//! What to say when the grammar fails: what was found, what would have fitted, what was left open.

use super::fault::{Fault, Language};
use super::nesting::{Form, Nesting, Open};
use super::parser::{Rule, too_deep};
use super::scan::Token;
use super::slips;
use pest::error::{Error, ErrorVariant, InputLocation};
use std::ops::Range;

/// A failure with everything that wording it needs.
pub(super) struct Failure<'f, 'a> {
    pub(super) language: Language,
    pub(super) text: &'a str,
    pub(super) tokens: &'f [Token<'a>],
    /// The index of the token that did not fit; the number of tokens at the end of the text.
    pub(super) at: usize,
    /// What was open before it.
    pub(super) nesting: Nesting,
    /// What would have fitted, most telling first.
    pub(super) expected: Vec<&'static str>,
}

impl<'a> Failure<'_, 'a> {
    /// The token that did not fit; none at the end.
    pub(super) fn found(&self) -> Option<&Token<'a>> {
        self.tokens.get(self.at)
    }

    /// The token so many places before the one that did not fit, the nearest being 1.
    pub(super) fn before(&self, places: usize) -> Option<&Token<'a>> {
        self.tokens.get(self.at.checked_sub(places)?)
    }

    /// The token so many places after the one that did not fit.
    pub(super) fn after(&self, places: usize) -> Option<&Token<'a>> {
        self.tokens.get(self.at.checked_add(places)?)
    }

    /// Whether an operand would have fitted.
    pub(super) fn wants_value(&self) -> bool {
        self.expected.contains(&VALUE)
    }

    /// What is open inside the innermost bracket, prefixes left out.
    pub(super) fn form(&self) -> Option<Open> {
        let forms = self.nesting.inside().iter().rev();
        forms.copied().find(|o| !matches!(o.form, Form::Not | Form::Minus | Form::Otherwise | Form::ListOf))
    }

    /// The bytes of the token that opened something.
    pub(super) fn place(&self, open: Open) -> Range<usize> {
        self.tokens.get(open.token).map_or(0..0, Token::range)
    }

    /// The characters of the token that opened something.
    pub(super) fn opener(&self, open: Open) -> &'a str {
        self.tokens.get(open.token).map_or("", |t| t.text)
    }
}

const VALUE: &str = "a value";
const TYPE: &str = "a type";
const OPERATOR: &str = "an operator";

/// Words the failure of the grammar.
pub(super) fn explain(text: &str, tokens: &[Token<'_>], error: &Error<Rule>, language: Language) -> Fault {
    let ErrorVariant::ParsingError { positives, .. } = &error.variant else {
        // `pest` refuses to go on where the stack of the thread is nearly used up.
        let token = tokens.last();
        return token.map_or_else(|| nothing(text, language), |t| too_deep(language, t));
    };
    let position = match error.location {
        InputLocation::Pos(position) | InputLocation::Span((position, _)) => position,
    };
    let at = tokens.iter().position(|t| t.end() > position).unwrap_or(tokens.len());
    let nesting = Nesting::after(tokens.get(..at).unwrap_or(tokens));
    let mut failure = Failure { language, text, tokens, at, nesting, expected: expected(positives) };
    narrow(&mut failure);
    if failure.language == Language::Formula
        && let Some(fault) = slips::whole(&failure)
    {
        return fault;
    }
    if let Some(fault) = bracket(&failure) {
        return fault;
    }
    let fault = plain(&failure).help_maybe(slips::general(&failure).or_else(|| slips::missing(&failure)));
    unfinished(&failure, fault).help_maybe(slips::advice(&failure))
}

/// A text without a single token.
pub(super) fn nothing(text: &str, language: Language) -> Fault {
    let noun = language.noun();
    let shown = text.trim();
    let start = text.find(shown).unwrap_or(0);
    let fault = Fault::new(language.code(), format!("this {noun} is empty"))
        .label(start..start.saturating_add(shown.len()), format!("a {noun} should stand here"));
    match language {
        Language::Formula => fault.help("write `absent` where there is no value"),
        Language::Type => fault.help(slips::TYPE_FORMS),
    }
}

/// Words, in order of interest, for rules that would have fitted.
fn expected(rules: &[Rule]) -> Vec<&'static str> {
    let mut words: Vec<(usize, &'static str)> = rules.iter().filter_map(|rule| readable(*rule)).collect();
    words.sort_unstable();
    words.dedup();
    words.into_iter().map(|(_, word)| word).collect()
}

/// What users call a rule, and how much it tells: the least first. None for rules whose mention
/// would lead away from the point.
const fn readable(rule: Rule) -> Option<(usize, &'static str)> {
    Some(match rule {
        Rule::expr
        | Rule::logic
        | Rule::comparison
        | Rule::sum
        | Rule::operand
        | Rule::not_op
        | Rule::neg_op
        | Rule::number
        | Rule::decimal
        | Rule::date
        | Rule::truth
        | Rule::call
        | Rule::group
        | Rule::list
        | Rule::failure
        | Rule::let_expr
        | Rule::if_expr
        | Rule::match_expr
        | Rule::fold_expr => (0, VALUE),
        Rule::type_expr
        | Rule::unit_type
        | Rule::list_type
        | Rule::one_of
        | Rule::ref_type
        | Rule::record_type
        | Rule::type_group => (0, TYPE),
        Rule::and_op
        | Rule::or_op
        | Rule::add_op
        | Rule::sub_op
        | Rule::mul_op
        | Rule::div_op
        | Rule::otherwise_op
        | Rule::compare_op
        | Rule::chained
        | Rule::membership
        | Rule::presence => (1, OPERATOR),
        Rule::variable => (2, "a name for the variable"),
        Rule::field_name | Rule::label => (2, "the name of a field"),
        Rule::table_name => (2, "the name of a table"),
        Rule::value_name => (2, "the name of a value"),
        Rule::name => (3, "the name of a rule"),
        Rule::text => (3, "a text in quotes"),
        Rule::record => (3, "`{`"),
        Rule::exponent => (3, "a whole number"),
        Rule::k_present => (4, "`present`"),
        Rule::k_absent => (5, "`absent`"),
        Rule::k_then => (4, "`then`"),
        Rule::k_else => (4, "`else`"),
        Rule::k_when => (4, "`when`"),
        Rule::k_for => (6, "`for`"),
        Rule::k_in => (4, "`in`"),
        Rule::k_by => (4, "`by`"),
        Rule::equals => (4, "`=`"),
        Rule::semicolon => (4, "`;`"),
        Rule::colon => (4, "`:`"),
        Rule::comma => (5, "`,`"),
        Rule::close_paren => (6, "`)`"),
        Rule::close_bracket => (6, "`]`"),
        Rule::close_brace => (6, "`}`"),
        Rule::EOI => (7, "the end"),
        Rule::unit | Rule::unit_word => (8, "a unit"),
        _ => return None,
    })
}

/// Cuts the list of what was expected down to what helps.
fn narrow(failure: &mut Failure<'_, '_>) {
    let expected = &mut failure.expected;
    let value = expected.first() == Some(&VALUE) || expected.first() == Some(&TYPE);
    if value {
        // All of these are values too, and a list or a call may also be empty.
        expected
            .retain(|w| *w == VALUE || *w == TYPE || w.starts_with('`') && *w != "`absent`" && *w != "`{`");
        expected.truncate(2);
        return;
    }
    // After a value, `in` and `is` are operators, and `for` begins a walk that few mean.
    if expected.contains(&OPERATOR) {
        expected.retain(|w| !matches!(*w, "`in`" | "`for`" | "`absent`" | "`{`" | "the end"));
    }
    if expected.len() > 1 {
        expected.retain(|w| *w != "a unit");
    }
    if expected.len() > 1 {
        expected.retain(|w| *w != "the end");
    }
    expected.truncate(4);
}

/// `a`, `a or b`, `a, b or c`.
fn listed(words: &[&str]) -> String {
    match words {
        [] => "something else".to_owned(),
        [one] => (*one).to_owned(),
        [most @ .., last] => format!("{} or {last}", most.join(", ")),
    }
}

/// What was found and what should stand in its place.
fn plain(failure: &Failure<'_, '_>) -> Fault {
    let noun = failure.language.noun();
    let words = listed(&failure.expected);
    let words = if words == "the end" { format!("the end of the {noun}") } else { words };
    let code = failure.language.code();
    if let Some(token) = failure.found() {
        let message = format!("found {} where {words} should stand", shown(token.text));
        return Fault::new(code, message).label(token.range(), format!("expected {words}"));
    }
    let message = format!("the {noun} ends where {words} should stand");
    Fault::new(code, message).label(last_character(failure), format!("the {noun} ends here"))
}

/// A token as a message shows it: a long text is cut.
fn shown(token: &str) -> String {
    if token.chars().count() <= 40 {
        return format!("`{token}`");
    }
    let start: String = token.chars().take(30).collect();
    format!("`{start}...`")
}

/// The last character of the last token.
pub(super) fn last_character(failure: &Failure<'_, '_>) -> Range<usize> {
    let end = failure.tokens.last().map_or(0, Token::end);
    let before = failure.text.get(..end).unwrap_or("");
    let width = before.chars().next_back().map_or(0, char::len_utf8);
    end.saturating_sub(width)..end
}

/// The mark that closes a bracket.
fn closer(open: &str) -> &'static str {
    match open {
        "(" => ")",
        "[" => "]",
        _ => "}",
    }
}

/// Brackets that do not pair.
fn bracket(failure: &Failure<'_, '_>) -> Option<Fault> {
    let code = failure.language.code();
    let open = failure.nesting.bracket();
    let Some(found) = failure.found() else {
        // Where a value is missing too, that is the nearer fault.
        let open = open.filter(|_| !failure.wants_value() && failure.form().is_none_or(is_complete))?;
        let mark = failure.opener(open);
        let noun = failure.language.noun();
        let close = closer(mark);
        return Some(
            Fault::new(code, format!("a `{mark}` is not closed"))
                .label(failure.place(open), "opened here")
                .label(last_character(failure), format!("the {noun} ends here"))
                .help(format!("close it with `{close}`")),
        );
    };
    let mark = found.text;
    if !matches!(mark, ")" | "]" | "}") {
        return None;
    }
    let Some(open) = open else {
        let opener = match mark {
            ")" => "(",
            "]" => "[",
            _ => "{",
        };
        return Some(
            Fault::new(code, format!("found `{mark}`, which closes nothing"))
                .label(found.range(), format!("no `{opener}` is open here"))
                .help(format!("take it away, or write the `{opener}` that it closes")),
        );
    };
    let close = closer(failure.opener(open));
    (close != mark && !failure.wants_value()).then(|| {
        Fault::new(code, format!("found `{mark}` where `{close}` should stand"))
            .label(found.range(), format!("expected `{close}`"))
            .label(failure.place(open), "opened here")
            .help("brackets are closed in the reverse order in which they were opened")
    })
}

/// Whether a form may end where it is.
fn is_complete(open: Open) -> bool {
    matches!(
        open.form,
        Form::IfElse | Form::MatchValue | Form::MatchElse | Form::LetBody | Form::FoldNext | Form::Bracket
    )
}

/// Points at the form that still lacks a part, where that is why the text cannot go on.
fn unfinished(failure: &Failure<'_, '_>, fault: Fault) -> Fault {
    let named = failure.expected.first().is_some_and(|w| w.starts_with("a name"));
    if failure.wants_value() || named {
        return fault;
    }
    let Some(open) = failure.form() else { return fault };
    let stops = failure.found().is_none_or(|t| {
        t.kind == super::scan::Kind::Mark && matches!(t.text, ")" | "]" | "}" | "," | ";")
            || matches!(t.text, "else" | "then" | "when")
    });
    let (part, label, help) = match open.form {
        Form::IfCondition => (
            "then",
            "this `if` has no `then` yet",
            "a choice is written `if condition then value else other`",
        ),
        Form::IfThen => (
            "else",
            "this `if` has no `else` yet",
            "every `if` says what holds otherwise: `if condition then value else other` (`else absent` for no value)",
        ),
        Form::MatchSubject => (
            "when",
            "this `match` has no `when` yet",
            "a match is written `match value when this, that then one when those then another else a third`",
        ),
        Form::MatchPatterns => {
            ("then", "this `match` awaits a `then`", "after `when` come values, `then` and what they give")
        }
        Form::LetValue => (
            ";",
            "this `let` is not finished",
            "a part is named by `let name = value; formula`, with `;` before the formula",
        ),
        Form::FoldInitial => (
            "for",
            "this `fold` has no `for` yet",
            "a fold is written `fold state = first for row in table then next`",
        ),
        Form::FoldRows => (
            "then",
            "this `fold` has no `then` yet",
            "a fold is written `fold state = first for row in table then next`",
        ),
        _ => return fault,
    };
    let place = failure.place(open);
    let fault = if stops { replaced(failure, part) } else { fault };
    fault.label(place, label).help(help)
}

/// The failure told by the one part that is missing.
fn replaced(failure: &Failure<'_, '_>, part: &str) -> Fault {
    let noun = failure.language.noun();
    let code = failure.language.code();
    match failure.found() {
        Some(token) => Fault::new(code, format!("found `{}` where `{part}` should stand", token.text))
            .label(token.range(), format!("expected `{part}`")),
        None => Fault::new(code, format!("the {noun} ends where `{part}` should stand"))
            .label(last_character(failure), format!("the {noun} ends here")),
    }
}

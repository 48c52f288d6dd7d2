//! A linear scan of a text into tokens, before the grammar reads it.
//!
//! The scan refuses what no formula can hold (`==`, `$5`, `1e5`, a quote left open) with a message
//! about that very slip. What it lets through is counted for depth and is at hand for messages
//! when the grammar fails.

use super::fault::{Fault, Language};
use super::figures;
use super::slips;
use crate::diagnostic::Code;
use std::ops::Range;

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// A name or a keyword.
    Word,
    /// Digits, possibly with `_` and a point.
    Number,
    /// `2001-02-20`.
    Date,
    /// A text with its quotes.
    Text,
    /// Any other mark.
    Mark,
}

/// One word, literal or mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    pub(super) text: &'a str,
    pub(super) start: usize,
}

impl Token<'_> {
    pub(super) fn end(&self) -> usize {
        self.start.saturating_add(self.text.len())
    }

    pub(super) fn range(&self) -> Range<usize> {
        self.start..self.end()
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }

    pub(super) fn is_mark(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    /// Whether a value may end with this token, so that what follows is an operator.
    pub(super) fn ends_value(&self) -> bool {
        const EXPECTS_MORE: &[&str] = &[
            "and",
            "at",
            "by",
            "else",
            "fail",
            "fold",
            "for",
            "if",
            "in",
            "is",
            "let",
            "match",
            "not",
            "of",
            "or",
            "otherwise",
            "then",
            "when",
            "where",
            "with",
        ];
        match self.kind {
            Kind::Number | Kind::Date | Kind::Text => true,
            Kind::Word => !EXPECTS_MORE.contains(&self.text),
            Kind::Mark => matches!(self.text, ")" | "]" | "}" | "%" | "?"),
        }
    }
}

/// Marks that have a meaning, the longer first where one begins another.
const MARKS: &[&str] = &[
    "<>", "<=", ">=", "=", "<", ">", "≠", "≤", "≥", "+", "-", "−", "*", "×", "/", "^", "(", ")", "[", "]",
    "{", "}", ",", ";", ":", ".",
];

/// What stands for a mark of other languages, where it can mean nothing else.
fn instead_of(mark: &str) -> Option<&'static str> {
    Some(match mark {
        "==" | "===" => "=",
        "!=" | "!==" | "><" => "<>",
        "=<" => "<=",
        "**" => "^",
        "÷" => "/",
        "·" => "*",
        "\u{a0}" | "\u{202f}" => " ",
        _ => return None,
    })
}

/// Marks of other languages, and what to write for them. The longer come first.
const FOREIGN_MARKS: &[(&str, &str)] = &[
    ("===", "write `=` to compare two values"),
    ("!==", "write `<>` for values that differ"),
    ("==", "write `=` to compare two values"),
    ("!=", "write `<>` for values that differ"),
    ("=>", "write `>=` for at least, or `then` before what a condition gives"),
    ("=<", "write `<=` for at most"),
    ("><", "write `<>` for values that differ"),
    ("&&", "write `and` to join two conditions"),
    ("||", "write `or` between two conditions"),
    ("**", "write `^` for a power, as in `rate^2`"),
    ("//", "a remark begins with `#`, and one `/` divides"),
    ("/*", "a remark begins with `#` and ends with its line"),
    ("??", "write `otherwise` before what stands in for an absent value"),
    (":=", "name a part with `let`, as in `let cap = 10% * pay; min(rate * pay, cap)`"),
    ("->", "write `then` before what a condition gives"),
    ("!", "write `not` before a condition that must not hold"),
    ("&", "write `and` to join two conditions"),
    ("|", "write `or` between two conditions"),
    ("÷", "write `/` to divide"),
    ("·", "write `*` to multiply"),
    ("–", "this is a dash: write `-` for minus"),
    ("—", "this is a dash: write `-` for minus"),
    ("…", "write every value out: there is no `…`"),
    ("²", "write `^2` for the second power"),
    ("³", "write `^3` for the third power"),
    ("½", "write the fraction with digits, as in `1 1/2`"),
    ("¼", "write the fraction with digits, as in `1 1/4`"),
    ("¾", "write the fraction with digits, as in `1 3/4`"),
    ("⅓", "write the fraction with digits, as in `1 1/3`"),
    ("⅔", "write the fraction with digits, as in `66 2/3%`"),
    ("⅛", "write the fraction with digits, as in `1 1/8`"),
    ("\u{a0}", "this is a no-break space: write an ordinary one"),
    ("\u{202f}", "this is a narrow no-break space: write an ordinary one"),
    ("\u{2009}", "this is a thin space: write an ordinary one"),
    ("\u{200b}", "this is a space without width: take it away"),
    ("\u{feff}", "this is a byte order mark: take it away"),
];

/// Signs of currencies and the units to write after the number instead.
const CURRENCY_SIGNS: &[(char, &str)] = &[('$', "USD"), ('€', "EUR"), ('£', "GBP"), ('¥', "JPY")];

/// The tokens of a text, in order.
///
/// # Errors
/// The first characters that no formula (or type) can hold.
pub(super) fn scan(text: &str, language: Language) -> Result<Vec<Token<'_>>, Fault> {
    let mut scan = Scan { text, at: 0, language, tokens: Vec::new() };
    while let Some(c) = scan.rest().chars().next() {
        match c {
            ' ' | '\t' | '\n' | '\r' => scan.at = scan.at.saturating_add(1),
            '#' => {
                scan.take(|c| c != '\n' && c != '\r');
            }
            'a'..='z' | 'A'..='Z' | '_' => scan.word()?,
            '0'..='9' => scan.number()?,
            '"' | '\'' => scan.quoted(c)?,
            '%' => scan.percent()?,
            '?' if language == Language::Type => scan.push(Kind::Mark, 1),
            _ => scan.mark(c)?,
        }
    }
    figures::check(text, &scan.tokens)?;
    Ok(scan.tokens)
}

struct Scan<'a> {
    text: &'a str,
    at: usize,
    language: Language,
    tokens: Vec<Token<'a>>,
}

impl<'a> Scan<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Steps over the characters that satisfy `pred` and answers them.
    fn take(&mut self, pred: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.get(..rest.find(|c| !pred(c)).unwrap_or(rest.len())).unwrap_or("");
        self.at = self.at.saturating_add(taken.len());
        taken
    }

    /// Makes the next `length` bytes a token.
    fn push(&mut self, kind: Kind, length: usize) {
        let end = self.at.saturating_add(length);
        let text = self.text.get(self.at..end).unwrap_or("");
        self.tokens.push(Token { kind, text, start: self.at });
        self.at = end;
    }

    /// A fault of the next `length` bytes.
    fn fault(&self, length: usize, message: impl Into<String>, label: &str) -> Fault {
        let end = self.at.saturating_add(length);
        Fault::new(self.language.code(), message).label(self.at..end, label)
    }

    /// The token that ends directly before the next character.
    fn adjacent(&self) -> Option<&Token<'a>> {
        self.tokens.last().filter(|t| t.end() == self.at)
    }

    fn word(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let length = rest.find(|c| !is_word_char(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at_checked(length).unwrap_or((rest, ""));
        if after.starts_with(|c: char| c.is_alphabetic()) {
            return Err(self.odd_letters());
        }
        // An apostrophe and one or two letters: a possessive, not the beginning of a text.
        if let Some(tail) = after.strip_prefix(['\'', '’'])
            && tail.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            let letters = tail.find(|c: char| !is_word_char(c)).unwrap_or(tail.len());
            let quote = after.len().saturating_sub(tail.len());
            if letters <= 2 && !tail.get(letters..).is_some_and(|t| t.starts_with('\'')) {
                let length = length.saturating_add(quote).saturating_add(letters);
                return Err(self
                    .fault(length, format!("found an apostrophe after `{word}`"), "a name has no apostrophe")
                    .help(format!("write a field after a point, as in `{word}.date`")));
            }
        }
        self.push(Kind::Word, length);
        Ok(())
    }

    /// A word with letters that names do not have.
    fn odd_letters(&self) -> Fault {
        let rest = self.rest();
        let length = rest.find(|c: char| !is_word_char(c) && !c.is_alphanumeric()).unwrap_or(rest.len());
        let word = rest.get(..length).unwrap_or(rest);
        self.fault(length, format!("found `{word}`, which is not a name"), "letters that a name cannot have")
            .help("a name has the letters a to z, digits and `_`")
    }

    fn number(&mut self) -> Result<(), Fault> {
        let rest = self.rest();
        let before = self.tokens.last();
        if self.language == Language::Type {
            // A type has no number but the 1 of `1/day`.
            let length = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            self.push(Kind::Number, length);
            return Ok(());
        }
        if let Some(fault) = before.and_then(|t| self.spaced_thousands(t)) {
            return Err(fault);
        }
        let exponent = before.is_some_and(|t| t.is_mark("^"));
        match figures::figure(rest, exponent) {
            Ok((kind, length)) => {
                self.push(kind, length);
                Ok(())
            }
            Err(fault) => Err(fault.at(self.at)),
        }
    }

    /// `1 000`: the group after the space begins with a zero, so that it is no number by itself.
    fn spaced_thousands(&self, before: &Token<'_>) -> Option<Fault> {
        let rest = self.rest();
        let group = rest.get(..rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()))?;
        if before.kind != Kind::Number || group.len() != 3 || !group.starts_with('0') {
            return None;
        }
        let place = before.start..self.at.saturating_add(3);
        let written = self.text.get(place.clone())?;
        Some(
            Fault::new(Code::BadNumber, format!("found `{written}`, a number with a space"))
                .label(place, "a space inside a number")
                .help(format!("write `{}_{group}`", before.text)),
        )
    }

    fn quoted(&mut self, quote: char) -> Result<(), Fault> {
        let rest = self.rest();
        let inner = rest.get(1..).unwrap_or("");
        let line = inner.get(..inner.find(['\n', '\r']).unwrap_or(inner.len())).unwrap_or("");
        if let Some(length) = line.find(quote) {
            self.push(Kind::Text, length.saturating_add(2));
            return Ok(());
        }
        let other = if quote == '"' { '\'' } else { '"' };
        let length = line.trim_end().len().saturating_add(1);
        Err(self
            .fault(length, "a text is not closed", "begins here and has no end on its line")
            .help(format!("close it with `{quote}`; a text that holds `{quote}` stands between `{other}`")))
    }

    fn percent(&mut self) -> Result<(), Fault> {
        let next = self.rest().get(1..).and_then(|r| r.chars().next());
        if self.language == Language::Type {
            self.push(Kind::Mark, 1);
            return Ok(());
        }
        if self.adjacent().is_some_and(|t| t.kind == Kind::Number) {
            if next.is_some_and(|c| is_word_char(c) || matches!(c, '(' | '.')) {
                return Err(self
                    .fault(1, "found `%` between two values", "marks the number before it as a percentage")
                    .help("write `*` to take a percentage of a value, as in `10% * pay`; there is no remainder operation"));
            }
            self.push(Kind::Mark, 1);
            return Ok(());
        }
        let help = match self.tokens.last() {
            Some(t) if t.kind == Kind::Number => format!("write `{}%`, without a space", t.text),
            Some(t) if t.ends_value() => "`%` marks a number as a percentage, as in `10%`; \
                a value is made one by `* 1%`, and there is no remainder operation"
                .to_owned(),
            _ => "write the number before it, as in `10%`".to_owned(),
        };
        Err(self.fault(1, "found `%` without a number directly before it", "belongs to a number").help(help))
    }

    fn mark(&mut self, first: char) -> Result<(), Fault> {
        let rest = self.rest();
        // `<-` and `--` are two marks each, but `=>` and `==` are one, and wrong.
        if let Some((mark, help)) = FOREIGN_MARKS.iter().find(|(mark, _)| rest.starts_with(mark)) {
            let shown = if mark.trim().is_empty() || first == '\u{200b}' || first == '\u{feff}' {
                "found a character that cannot be seen".to_owned()
            } else {
                format!("found `{mark}`, which formulas do not have")
            };
            let shown = shown.replace("formulas", &format!("{}s", self.language.noun()));
            let help = if self.language == Language::Type { slips::TYPE_FORMS } else { help };
            let fix = if self.language == Language::Formula { instead_of(mark) } else { None };
            return Err(self.fault(mark.len(), shown, "has no meaning here").help(help).fix(fix));
        }
        if let Some((sign, unit)) = CURRENCY_SIGNS.iter().find(|(sign, _)| *sign == first) {
            return Err(self.currency(*sign, unit));
        }
        if first == '.' && self.adjacent().is_none_or(|t| !t.ends_value()) {
            let digits = rest.get(1..).unwrap_or("");
            let length = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            if length > 0 {
                let written = rest.get(..length.saturating_add(1)).unwrap_or(rest);
                return Err(Fault::new(
                    Code::BadNumber,
                    format!("found `{written}`, a number without a digit before its point"),
                )
                .label(self.at..self.at.saturating_add(written.len()), "begins with a point")
                .help(format!("write `0{written}`")));
            }
        }
        if let Some(mark) = MARKS.iter().find(|mark| rest.starts_with(**mark)) {
            self.push(Kind::Mark, mark.len());
            return Ok(());
        }
        if matches!(first, '“' | '”' | '„' | '‘' | '’' | '‚' | '«' | '»' | '‹' | '›') {
            return Err(self
                .fault(
                    first.len_utf8(),
                    format!("found `{first}`, a typographic quotation mark"),
                    "not a straight quote",
                )
                .help("put texts between straight quotes, `\"` or `'`"));
        }
        if first == '?' {
            return Err(self.fault(1, "found `?`, which formulas do not have", "has no meaning here").help(
                "write a choice as `if c then a else b`, and a question for a value as `x is present`",
            ));
        }
        if first.is_alphabetic() {
            return Err(self.odd_letters());
        }
        let code = u32::from(first);
        if first.is_whitespace() || first.is_control() {
            return Err(self
                .fault(first.len_utf8(), "found a character that cannot be seen", "not an ordinary space")
                .help(format!("this is the character U+{code:04X}: write a space or take it away")));
        }
        let noun = self.language.noun();
        let help = match self.language {
            Language::Formula => {
                "take it away; a formula has names, numbers, texts in quotes, and operators such as `+`, `=` and `and`"
            }
            Language::Type => slips::TYPE_FORMS,
        };
        let message = format!("found `{first}`, which {noun}s do not have");
        Err(self.fault(first.len_utf8(), message, "has no meaning here").help(help))
    }

    /// A currency's sign, with the number after it.
    fn currency(&self, sign: char, unit: &str) -> Fault {
        let rest = self.rest();
        let after = rest.get(sign.len_utf8()..).unwrap_or("");
        let number = after.trim_start_matches(' ');
        let spaces = after.len().saturating_sub(number.len());
        let length = number
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, ',' | '.' | '_'))
            .unwrap_or(number.len());
        let number = number.get(..length).unwrap_or("").trim_end_matches([',', '.', '_']);
        let (length, example) = if number.starts_with(|c: char| c.is_ascii_digit()) {
            let length = sign.len_utf8().saturating_add(spaces).saturating_add(number.len());
            (length, number.replace(',', "_"))
        } else {
            (sign.len_utf8(), "5".to_owned())
        };
        let written = rest.get(..length).unwrap_or(rest);
        if self.language == Language::Type {
            return self
                .fault(length, format!("found `{written}`, a currency's sign"), "not a unit")
                .help(format!("write the currency's code: `{unit}`"));
        }
        self.fault(
            length,
            format!("found `{written}`, an amount with a currency's sign"),
            "the unit goes behind",
        )
        .help(format!("write the currency after the number: `{example} {unit}`"))
    }
}

/// Whether a character continues a word.
pub(super) fn is_word_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

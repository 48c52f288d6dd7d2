//! Which brackets and forms are open at each place of a text, from its tokens alone.
//!
//! The grammar recurses exactly where this stack grows, so its height bounds the recursion before
//! it starts; and when the grammar fails, the stack knows what was left unfinished.

use super::scan::{Kind, Token};

/// Something that has begun and is not over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open {
    pub(super) form: Form,
    /// The index of the token that began it.
    pub(super) token: usize,
}

/// What can be open, with the part it is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// `(`, `[` or `{`.
    Bracket,
    /// `if`, before `then`.
    IfCondition,
    /// `if`, before `else`.
    IfThen,
    /// `if`, after `else`.
    IfElse,
    /// `match`, before the first `when`.
    MatchSubject,
    /// `match`, between `when` and `then`.
    MatchPatterns,
    /// `match`, after `then`.
    MatchValue,
    /// `match`, after `else`.
    MatchElse,
    /// `let`, before `;`.
    LetValue,
    /// `let`, after `;`.
    LetBody,
    /// `fold`, before `for`.
    FoldInitial,
    /// `fold`, between `for` and `then`.
    FoldRows,
    /// `fold`, after `then`.
    FoldNext,
    /// `not`.
    Not,
    /// A unary `-`.
    Minus,
    /// `otherwise`, which associates to the right.
    Otherwise,
    /// `list of`.
    ListOf,
}

/// The stack of what is open after some tokens.
#[derive(Clone, Debug, Default)]
pub(super) struct Nesting {
    open: Vec<Open>,
}

impl Nesting {
    /// What is open after all of `tokens`.
    pub(super) fn after(tokens: &[Token<'_>]) -> Self {
        let mut nesting = Self::default();
        for index in 0..tokens.len() {
            nesting.step(tokens, index);
        }
        nesting
    }

    /// The first token at which more than `limit` things are open.
    pub(super) fn too_deep<'a, 't>(tokens: &'t [Token<'a>], limit: usize) -> Option<&'t Token<'a>> {
        let mut nesting = Self::default();
        (0..tokens.len())
            .find(|&index| {
                nesting.step(tokens, index);
                nesting.open.len() > limit
            })
            .and_then(|index| tokens.get(index))
    }

    /// The innermost open bracket.
    pub(super) fn bracket(&self) -> Option<Open> {
        self.open.iter().rev().find(|o| o.form == Form::Bracket).copied()
    }

    /// What is open inside the innermost bracket, the innermost last.
    pub(super) fn inside(&self) -> &[Open] {
        self.open.get(self.base()..).unwrap_or(&[])
    }

    /// The index above the innermost bracket.
    fn base(&self) -> usize {
        self.open.iter().rposition(|o| o.form == Form::Bracket).map_or(0, |i| i.saturating_add(1))
    }

    fn push(&mut self, form: Form, token: usize) {
        self.open.push(Open { form, token });
    }

    /// Drops the prefixes on top that end before an operator of some level.
    fn end_prefixes(&mut self, ended: &[Form]) {
        while self.open.last().is_some_and(|o| ended.contains(&o.form)) {
            self.open.pop();
        }
    }

    /// Goes back to the innermost form that the token continues and puts it into its next part.
    /// Where none is open, everything inside the bracket is over.
    fn resume(&mut self, next: impl Fn(Form) -> Option<Form>) {
        let base = self.base();
        let mut inside = self.open.iter().enumerate().rev().take_while(|(i, _)| *i >= base);
        let found = inside.find_map(|(i, o)| Some((i, next(o.form)?)));
        self.open.truncate(found.map_or(base, |(i, _)| i.saturating_add(1)));
        if let (Some((_, form)), Some(top)) = (found, self.open.last_mut()) {
            top.form = form;
        }
    }

    fn step(&mut self, tokens: &[Token<'_>], index: usize) {
        let Some(token) = tokens.get(index) else { return };
        let previous = index.checked_sub(1).and_then(|i| tokens.get(i));
        let after_value = previous.is_some_and(Token::ends_value);
        match token.kind {
            Kind::Number | Kind::Date | Kind::Text => {}
            Kind::Mark => self.mark(token.text, index, after_value),
            // A word after a point is a field, one before a colon a label, whatever it is elsewhere.
            Kind::Word if previous.is_some_and(|t| t.is_mark(".")) => {}
            Kind::Word if tokens.get(index.saturating_add(1)).is_some_and(|t| t.is_mark(":")) => {}
            Kind::Word if token.text == "list" => {
                if tokens.get(index.saturating_add(1)).is_some_and(|t| t.is_word("of")) {
                    self.push(Form::ListOf, index);
                }
            }
            Kind::Word => self.word(token.text, index, after_value),
        }
    }

    fn mark(&mut self, mark: &str, index: usize, after_value: bool) {
        match mark {
            "(" | "[" | "{" => self.push(Form::Bracket, index),
            ")" | "]" | "}" => {
                let outside = self.base().saturating_sub(1);
                self.open.truncate(outside);
            }
            "," => self.resume(|form| match form {
                Form::MatchPatterns | Form::FoldRows => Some(form),
                _ => None,
            }),
            ";" => self.resume(|form| (form == Form::LetValue).then_some(Form::LetBody)),
            "-" | "−" if !after_value => self.push(Form::Minus, index),
            "+" | "-" | "−" | "*" | "×" | "/" => self.end_prefixes(&[Form::Minus]),
            "=" | "<>" | "<" | "<=" | ">" | ">=" | "≠" | "≤" | "≥" => {
                self.end_prefixes(&[Form::Minus, Form::Otherwise]);
            }
            _ => {}
        }
    }

    fn word(&mut self, word: &str, index: usize, after_value: bool) {
        match word {
            "if" => self.push(Form::IfCondition, index),
            "match" => self.push(Form::MatchSubject, index),
            "let" => self.push(Form::LetValue, index),
            "fold" => self.push(Form::FoldInitial, index),
            "not" if !after_value => self.push(Form::Not, index),
            "otherwise" => {
                self.end_prefixes(&[Form::Minus]);
                self.push(Form::Otherwise, index);
            }
            "and" | "or" => self.end_prefixes(&[Form::Minus, Form::Otherwise, Form::Not]),
            "is" => self.end_prefixes(&[Form::Minus, Form::Otherwise]),
            "then" => self.resume(|form| match form {
                Form::IfCondition => Some(Form::IfThen),
                Form::MatchPatterns => Some(Form::MatchValue),
                Form::FoldRows => Some(Form::FoldNext),
                _ => None,
            }),
            "else" => self.resume(|form| match form {
                Form::IfThen => Some(Form::IfElse),
                Form::MatchValue => Some(Form::MatchElse),
                _ => None,
            }),
            "when" => self.resume(|form| match form {
                Form::MatchSubject | Form::MatchValue => Some(Form::MatchPatterns),
                _ => None,
            }),
            "for" => self.resume(|form| (form == Form::FoldInitial).then_some(Form::FoldRows)),
            "where" | "by" => self.resume(|form| (form == Form::FoldRows).then_some(form)),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::fault::Language;
    use super::super::scan::scan;
    use super::*;

    fn open_after(text: &str) -> Vec<Form> {
        let tokens = scan(text, Language::Formula).unwrap();
        Nesting::after(&tokens).open.iter().map(|o| o.form).collect()
    }

    #[test]
    fn forms_end_where_the_grammar_ends_them() {
        assert_eq!(open_after("f(a, [b"), [Form::Bracket, Form::Bracket]);
        assert_eq!(open_after("f(a) + [b] - {c: d}"), []);
        assert_eq!(open_after("if a then b else if c then d"), [Form::IfElse, Form::IfThen]);
        assert_eq!(open_after("[if a then b else c, if d"), [Form::Bracket, Form::IfCondition]);
        assert_eq!(open_after("not a and not b or not c"), [Form::Not]);
        assert_eq!(open_after("-a + -b - -c"), [Form::Minus]);
        assert_eq!(open_after("a otherwise b otherwise c"), [Form::Otherwise, Form::Otherwise]);
        assert_eq!(open_after("a otherwise b = c"), []);
        assert_eq!(open_after("match s when a then if b then c else d when e, f"), [Form::MatchPatterns]);
        assert_eq!(open_after("let a = 1; let b = if c"), [Form::LetBody, Form::LetValue, Form::IfCondition]);
        assert_eq!(open_after("fold s = 0 for r in t where not a order by b, c then s"), [Form::FoldNext]);
        assert_eq!(open_after("[fold s = 0 for r in t then s for q in u where x"), [Form::Bracket]);
    }

    #[test]
    fn fields_and_labels_named_like_keywords_open_nothing() {
        assert_eq!(open_after("a.if + b.let + {not: c, fold: d}"), []);
    }
}

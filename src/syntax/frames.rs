//! The forms that are open at a place of a formula, and where a line begins inside each of them.

use super::scan::{Kind, Token};

/// How much deeper a line stands than the form that it continues.
const STEP: usize = 2;

/// The open forms, the innermost last; there is always one.
pub(super) struct Frames {
    open: Vec<Frame>,
    /// Where the line being written begins.
    line: usize,
    /// Whether the token before was an `else`.
    after_else: bool,
    /// Where the `running` of a fold stands that begins.
    running: Option<usize>,
}

/// One open form.
struct Frame {
    kind: Form,
    /// Where its own lines begin (`then`, `else`, a closing bracket).
    column: usize,
    /// Where the part being written begins: what continues it stands below.
    content: Option<usize>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Whole,
    Bracket,
    /// A field of a record, after its colon.
    Value,
    /// `if`, and whether its `then` and its `else` have come.
    If(Part),
    /// `match`, likewise.
    Match(Part),
    /// `let`, and whether its `=` and its `;` have come.
    Let(Part),
    /// `fold`, and whether its `=` and its `then` have come.
    Fold(Part),
    /// `where` and `order by`.
    Clause,
}

/// How far a form has come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    First,
    Second,
    Last,
}

impl Frames {
    pub(super) fn new(margin: usize) -> Self {
        let whole = Frame { kind: Form::Whole, column: margin, content: Some(margin) };
        Self { open: vec![whole], line: margin, after_else: false, running: None }
    }

    fn kind(&self) -> Form {
        self.open.last().map_or(Form::Whole, |f| f.kind)
    }

    /// Closes forms until one that satisfies `wanted` is the innermost; none where there is none.
    fn back_to(&mut self, wanted: impl Fn(Form) -> bool) {
        let stops = |form: Form| wanted(form) || matches!(form, Form::Bracket | Form::Whole);
        while !stops(self.kind()) {
            self.open.pop();
        }
    }

    /// Closes the forms that end before a token, and moves the one it belongs to on.
    pub(super) fn close(&mut self, token: &Token<'_>, after: Option<&Token<'_>>) {
        let part = match (token.kind, token.text) {
            (Kind::Mark, ")" | "]" | "}") => return self.back_to(|_| false),
            (Kind::Mark, ",") if self.kind() != Form::Match(Part::Second) => {
                return self.back_to(|form| form == Form::Clause);
            }
            (Kind::Mark, ";") => {
                self.back_to(|form| form == Form::Let(Part::Second));
                Part::Last
            }
            (Kind::Mark, "=") if matches!(self.kind(), Form::Let(Part::First) | Form::Fold(Part::First)) => {
                Part::Second
            }
            (Kind::Word, "then") => {
                self.back_to(|form| {
                    matches!(
                        form,
                        Form::If(Part::First) | Form::Match(Part::Second) | Form::Fold(Part::Second)
                    )
                });
                match self.kind() {
                    Form::If(_) => Part::Second,
                    _ => Part::Last,
                }
            }
            (Kind::Word, "else") => {
                self.back_to(|form| matches!(form, Form::If(Part::Second) | Form::Match(Part::Last)));
                match self.kind() {
                    // What follows a `match` closes it: it has no second `else`.
                    Form::Match(_) => Part::First,
                    _ => Part::Last,
                }
            }
            (Kind::Word, "when") => {
                self.back_to(|form| matches!(form, Form::Match(_)));
                Part::Second
            }
            (Kind::Word, "for") => {
                self.back_to(|form| form == Form::Fold(Part::Second));
                if let Some(fold) = self.open.last_mut().filter(|f| f.kind == Form::Fold(Part::Second)) {
                    fold.content = Some(fold.column.saturating_add(STEP));
                }
                return;
            }
            _ if begins_clause(token, after) => return self.back_to(|form| form == Form::Fold(Part::Second)),
            _ => return,
        };
        if let Some(frame) = self.open.last_mut()
            && !matches!(frame.kind, Form::Bracket | Form::Whole)
        {
            frame.kind = match frame.kind {
                Form::If(_) => Form::If(part),
                Form::Match(_) => Form::Match(part),
                Form::Let(_) => Form::Let(part),
                Form::Fold(_) => Form::Fold(part),
                other => other,
            };
            frame.content = None;
        }
    }

    /// The column of a token that begins a line.
    pub(super) fn column(&self, token: &Token<'_>, plain: bool) -> usize {
        let Some(frame) = self.open.last() else { return 0 };
        let of_form = !plain
            && match (token.kind, token.text) {
                (Kind::Mark, ")" | "]" | "}") => frame.kind == Form::Bracket,
                (Kind::Word, "then" | "else") => matches!(frame.kind, Form::If(_) | Form::Fold(_)),
                _ => frame.kind == Form::Let(Part::Last) && frame.content.is_none(),
            };
        if of_form {
            return frame.column;
        }
        frame.content.unwrap_or_else(|| frame.column.saturating_add(STEP))
    }

    /// Notes where a line begins.
    pub(super) fn begin(&mut self, column: usize) {
        self.line = column;
    }

    /// Notes a token at a column, and opens the form that it begins.
    pub(super) fn place(
        &mut self,
        (token, after): (&Token<'_>, Option<&Token<'_>>),
        column: usize,
        plain: bool,
        begins: bool,
    ) {
        let chained = std::mem::take(&mut self.after_else) && !begins;
        let of_form = !plain
            && matches!(
                (token.kind, token.text),
                (Kind::Mark, ")" | "]" | "}" | "," | ";" | ":") | (Kind::Word, "then" | "else" | "when")
            );
        let names = matches!(self.kind(), Form::Let(Part::First) | Form::Fold(Part::First))
            || token.is_mark("=")
                && matches!(self.kind(), Form::Let(Part::Second) | Form::Fold(Part::Second));
        let outer = self.open.last().map_or(0, |f| f.column);
        if let Some(frame) = self.open.last_mut().filter(|_| !of_form && !names) {
            frame.content.get_or_insert(column);
        }
        let (kind, column) = match (token.kind, token.text) {
            (Kind::Mark, "(" | "[" | "{") => (Form::Bracket, self.line),
            (Kind::Mark, ")" | "]" | "}") => {
                if self.open.len() > 1 {
                    self.open.pop();
                }
                return;
            }
            (Kind::Mark, ":") => (Form::Value, self.line),
            _ if plain => return,
            (Kind::Word, "if") => (Form::If(Part::First), if chained { outer } else { column }),
            (Kind::Word, "match") => (Form::Match(Part::First), column),
            (Kind::Word, "let") => (Form::Let(Part::First), column),
            (Kind::Word, "running") if after.is_some_and(|t| t.is_word("fold")) => {
                self.running = Some(column);
                return;
            }
            (Kind::Word, "fold") => (Form::Fold(Part::First), self.running.take().unwrap_or(column)),
            _ if begins_clause(token, after) => {
                let content = Some(column.saturating_add(STEP));
                self.open.push(Frame { kind: Form::Clause, column, content });
                return;
            }
            (Kind::Word, "else") => {
                self.after_else = matches!(self.kind(), Form::If(_));
                return;
            }
            _ => return,
        };
        self.open.push(Frame { kind, column, content: None });
    }
}

/// Whether a token begins `where` or `order by`.
fn begins_clause(token: &Token<'_>, after: Option<&Token<'_>>) -> bool {
    token.is_word("where") || token.is_word("order") && after.is_some_and(|t| t.is_word("by"))
}

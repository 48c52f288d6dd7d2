//! How deep a TOML text nests, found before it is parsed: the parser bounds brackets and dotted keys
//! one by one, but not the two together, and a tree too deep would exhaust the stack.

use std::ops::Range;
use toml_parser::Source;
use toml_parser::lexer::TokenKind;

/// Where brackets, dotted keys and headers together first nest deeper than `limit`.
///
/// The answer never understates the depth of the tree that `toml` builds, for invalid texts too.
pub(crate) fn too_deep(text: &str, limit: usize) -> Option<Range<usize>> {
    let mut depth = Depth { line_start: true, ..Depth::default() };
    for token in Source::new(text).lex() {
        depth.take(token.kind());
        if depth.total() > limit {
            return Some(token.span().start()..token.span().end());
        }
    }
    None
}

#[derive(Default)]
struct Depth {
    /// The deepest header so far: everything after it may stand below it.
    header: usize,
    /// The deepest place of the header being read, which begins its line.
    opening: Option<usize>,
    /// Open brackets, each with the dots of the key before it.
    open: Vec<(TokenKind, usize)>,
    /// The sum of the dots in `open`.
    dots_outside: usize,
    /// Dots of the key being read.
    dots: usize,
    line_start: bool,
}

impl Depth {
    fn total(&self) -> usize {
        self.header.saturating_add(self.inner())
    }

    fn inner(&self) -> usize {
        self.open.len().saturating_add(self.dots_outside).saturating_add(self.dots)
    }

    fn take(&mut self, kind: TokenKind) {
        match kind {
            TokenKind::Dot => self.dots = self.dots.saturating_add(1),
            TokenKind::Comma => self.dots = 0,
            TokenKind::Newline => {
                self.dots = 0;
                if self.open.is_empty() {
                    self.line_start = true;
                }
                return;
            }
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => {
                if self.line_start {
                    self.opening = Some(0);
                }
                self.dots_outside = self.dots_outside.saturating_add(self.dots);
                self.open.push((kind, self.dots));
                self.dots = 0;
            }
            TokenKind::RightSquareBracket => self.close(TokenKind::LeftSquareBracket),
            TokenKind::RightCurlyBracket => self.close(TokenKind::LeftCurlyBracket),
            TokenKind::Whitespace => return,
            _ => {}
        }
        self.line_start = false;
        let inner = self.inner();
        if let Some(deepest) = &mut self.opening {
            *deepest = inner.max(*deepest);
            if self.open.is_empty() {
                self.header = self.header.max(*deepest);
                self.opening = None;
            }
        }
    }

    /// Closes the innermost bracket if it is of this kind: a stray one closes nothing, so that the
    /// depth is never understated.
    fn close(&mut self, opened_by: TokenKind) {
        if let Some((_, dots)) = self.open.pop_if(|(kind, _)| *kind == opened_by) {
            self.dots_outside = self.dots_outside.saturating_sub(dots);
            self.dots = dots;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::too_deep;

    #[test]
    fn brackets_dotted_keys_and_headers_add_up() {
        assert_eq!(too_deep("a = 1\nb.c = [1.5, 2.5]\n[d.e]\nf = { g = [1] }\n", 6), None);
        assert!(too_deep("a = [[[[1]]]]", 3).is_some());
        assert!(too_deep("a.b.c.d.e = 1", 3).is_some());
        assert!(too_deep("[a.b.c]\nd.e = 1", 3).is_some());
        assert!(too_deep("[[a.b.c]]\nd = 1", 3).is_some());
        assert!(too_deep("a.b = { c.d = { e.f = 1 } }", 4).is_some());
    }

    #[test]
    fn a_key_on_the_next_line_starts_again() {
        let many = "a.b = 1\n".repeat(100);
        assert_eq!(too_deep(&many, 2), None);
        let list = format!("a = [{}]", "1.5, ".repeat(100));
        assert_eq!(too_deep(&list, 2), None);
    }

    #[test]
    fn a_stray_bracket_hides_nothing() {
        assert!(too_deep(&"a = { ] ".repeat(20), 10).is_some());
    }
}

//! What is known of the terminal: whether there is one, its width, and whether to send colours.
//! This is the only file that reads the environment.

use super::Style;
use std::io::IsTerminal;

/// Columns where neither the terminal nor `COLUMNS` says how many there are.
const USUAL_WIDTH: usize = 100;
/// The narrowest and the widest that output is laid out for.
const WIDTHS: (usize, usize) = (40, 160);

/// When colours are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ColourChoice {
    /// Where the output is a terminal, unless the environment says otherwise
    #[default]
    Auto,
    /// Wherever the output goes
    Always,
    /// Never
    Never,
}

/// The two outputs of the program as they were found when it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own, and none excludes another")]
pub struct Terminal {
    /// Whether standard output is a terminal, and not a file or a pipe.
    pub stdout: bool,
    /// Whether standard error is a terminal.
    pub stderr: bool,
    /// Columns, from 40 to 160.
    pub width: usize,
    /// Whether lines and arrows may be drawn in Unicode.
    pub unicode: bool,
    /// Whether standard output takes colours.
    pub colour_stdout: bool,
    /// Whether standard error takes colours.
    pub colour_stderr: bool,
}

/// What the operating system says.
#[derive(Clone, Debug, Default)]
struct Surroundings {
    stdout: bool,
    stderr: bool,
    columns: Option<usize>,
    columns_variable: Option<String>,
    no_color: Option<String>,
    clicolor_force: Option<String>,
    term: Option<String>,
    /// The locale for characters, as the first of its three variables gives it.
    locale: Option<String>,
}

impl Terminal {
    /// Looks at standard output, standard error and the environment.
    ///
    /// With [`ColourChoice::Auto`], `NO_COLOR` turns colours off, else `CLICOLOR_FORCE` (but `0`)
    /// turns them on, else `TERM=dumb` turns them off, else each output has them that is a
    /// terminal. The width is the terminal's, else that of `COLUMNS`, else 100.
    #[must_use]
    pub fn detect(colour: ColourChoice) -> Self {
        // A variable that is set to nothing counts as one that is not set.
        let variable = |name: &str| {
            std::env::var_os(name).map(|v| v.to_string_lossy().into_owned()).filter(|v| !v.is_empty())
        };
        Self::from(
            &Surroundings {
                stdout: std::io::stdout().is_terminal(),
                stderr: std::io::stderr().is_terminal(),
                columns: terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)),
                columns_variable: variable("COLUMNS"),
                no_color: variable("NO_COLOR"),
                clicolor_force: variable("CLICOLOR_FORCE"),
                term: variable("TERM"),
                locale: ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(variable),
            },
            colour,
        )
    }

    fn from(found: &Surroundings, colour: ColourChoice) -> Self {
        let dumb = found.term.as_deref() == Some("dumb");
        let coloured = |terminal: bool| match colour {
            ColourChoice::Always => true,
            ColourChoice::Never => false,
            ColourChoice::Auto if found.no_color.is_some() => false,
            ColourChoice::Auto if found.clicolor_force.as_deref().is_some_and(|v| v != "0") => true,
            ColourChoice::Auto => terminal && !dumb,
        };
        let from_variable = || found.columns_variable.as_deref().and_then(|v| v.trim().parse().ok());
        let columns = found.columns.filter(|n| *n > 0).or_else(from_variable).filter(|n| *n > 0);
        let (least, most) = WIDTHS;
        Self {
            stdout: found.stdout,
            stderr: found.stderr,
            width: columns.unwrap_or(USUAL_WIDTH).clamp(least, most),
            unicode: !dumb && found.locale.as_deref().is_none_or(is_utf8),
            colour_stdout: coloured(found.stdout),
            colour_stderr: coloured(found.stderr),
        }
    }

    /// How to draw what goes to standard output.
    #[must_use]
    pub fn stdout_style(&self) -> Style {
        Style { colour: self.colour_stdout, unicode: self.unicode, width: self.width }
    }

    /// How to draw what goes to standard error.
    #[must_use]
    pub fn stderr_style(&self) -> Style {
        Style { colour: self.colour_stderr, unicode: self.unicode, width: self.width }
    }
}

/// Whether a locale such as `en_GB.UTF-8` has Unicode's characters; one that names no encoding is
/// taken to, but for the two that stand for plain ASCII.
fn is_utf8(locale: &str) -> bool {
    match locale.split_once('.') {
        Some((_, encoding)) => {
            let encoding = encoding.to_ascii_lowercase();
            encoding.starts_with("utf-8") || encoding.starts_with("utf8")
        }
        None => locale != "C" && locale != "POSIX",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on_a_terminal() -> Surroundings {
        Surroundings { stdout: true, stderr: true, columns: Some(80), ..Surroundings::default() }
    }

    fn colours(found: &Surroundings, choice: ColourChoice) -> (bool, bool) {
        let terminal = Terminal::from(found, choice);
        (terminal.colour_stdout, terminal.colour_stderr)
    }

    #[test]
    fn colours_go_to_terminals_alone_unless_asked_for() {
        let mut found = on_a_terminal();
        found.stdout = false;
        assert_eq!(colours(&found, ColourChoice::Auto), (false, true));
        assert_eq!(colours(&found, ColourChoice::Always), (true, true));
        assert_eq!(colours(&found, ColourChoice::Never), (false, false));
    }

    #[test]
    fn the_environment_turns_colours_off_and_on() {
        let some = |s: &str| Some(s.to_owned());
        let plain = Surroundings { term: some("dumb"), ..on_a_terminal() };
        assert_eq!(colours(&plain, ColourChoice::Auto), (false, false));
        assert!(!Terminal::from(&plain, ColourChoice::Auto).unicode);
        let forced = Surroundings { clicolor_force: some("1"), ..Surroundings::default() };
        assert_eq!(colours(&forced, ColourChoice::Auto), (true, true));
        let not_forced = Surroundings { clicolor_force: some("0"), ..Surroundings::default() };
        assert_eq!(colours(&not_forced, ColourChoice::Auto), (false, false));
        let refused = Surroundings { no_color: some("1"), ..forced };
        assert_eq!(colours(&refused, ColourChoice::Auto), (false, false));
        assert_eq!(colours(&refused, ColourChoice::Always), (true, true));
    }

    #[test]
    fn the_width_is_the_terminals_then_the_variables_then_the_usual_one() {
        let width = |columns: Option<usize>, variable: Option<&str>| {
            let found = Surroundings {
                columns,
                columns_variable: variable.map(str::to_owned),
                ..Surroundings::default()
            };
            Terminal::from(&found, ColourChoice::Auto).width
        };
        assert_eq!(width(Some(80), Some("120")), 80);
        assert_eq!(width(None, Some(" 120 ")), 120);
        assert_eq!(width(Some(0), Some("wide")), 100);
        assert_eq!(width(None, Some("0")), 100);
        assert_eq!((width(Some(7), None), width(Some(4000), None)), (40, 160));
    }

    #[test]
    fn lines_are_drawn_in_ascii_where_the_locale_has_nothing_else() {
        let unicode = |locale: Option<&str>| {
            let found = Surroundings { locale: locale.map(str::to_owned), ..on_a_terminal() };
            Terminal::from(&found, ColourChoice::Auto).unicode
        };
        assert!(
            unicode(None)
                && unicode(Some("en_GB.UTF-8"))
                && unicode(Some("C.utf8"))
                && unicode(Some("de_DE"))
        );
        assert!(!unicode(Some("C")) && !unicode(Some("POSIX")) && !unicode(Some("en_US.ISO-8859-1")));
    }

    #[test]
    fn what_is_detected_is_consistent() {
        let terminal = Terminal::detect(ColourChoice::Never);
        assert!((40..=160).contains(&terminal.width));
        assert!(!terminal.stdout_style().colour && !terminal.stderr_style().colour);
    }
}

//! Numbers and dates as they are written: which forms are one, and what is said of the others.

use super::fault::Fault;
use super::scan::{Kind, Token, is_word_char};
use crate::diagnostic::Code;
use chrono::NaiveDate;

/// A fault of a number or date, at an offset that the scan knows.
pub(super) struct FigureFault {
    code: Code,
    length: usize,
    message: String,
    label: &'static str,
    help: String,
}

impl FigureFault {
    fn new(code: Code, written: &str, message: String, label: &'static str, help: impl Into<String>) -> Self {
        Self { code, length: written.len(), message, label, help: help.into() }
    }

    /// The fault of a figure that begins at byte `start`.
    pub(super) fn at(self, start: usize) -> Fault {
        Fault::new(self.code, self.message)
            .label(start..start.saturating_add(self.length), self.label)
            .help(self.help)
    }
}

/// How dates are written, for help lines.
const DATE_FORM: &str = "dates are written year-month-day: `2001-02-20`";

/// The kind and length of the number or date that `rest` begins with. After `^` a point or a
/// letter is left to the grammar, which knows what an exponent is.
pub(super) fn figure(rest: &str, exponent: bool) -> Result<(Kind, usize), FigureFault> {
    if let Some(length) = date(rest)? {
        return Ok((Kind::Date, length));
    }
    thousands(rest)?;
    let whole = prefix(rest, |c| c.is_ascii_digit() || c == '_');
    let mut written = whole;
    if let Some(after) = rest.get(whole.len()..).and_then(|r| r.strip_prefix('.')) {
        let decimals = prefix(after, |c| c.is_ascii_digit() || c == '_');
        written = rest.get(..whole.len().saturating_add(decimals.len()).saturating_add(1)).unwrap_or(whole);
        if decimals.is_empty() {
            return Err(bad(
                written,
                format!("found `{written}`, a number without a digit after its point"),
                "ends with a point",
                format!("write `{whole}` or `{whole}.0`"),
            ));
        }
        let more = after.get(decimals.len()..).unwrap_or("");
        if more.starts_with('.') && more.get(1..).is_some_and(|m| m.starts_with(|c: char| c.is_ascii_digit()))
        {
            let all = prefix(rest, |c| c.is_ascii_digit() || matches!(c, '_' | '.'));
            return Err(bad(
                all,
                format!("found `{all}`, a number with two points"),
                "has more than one point",
                "write `_` between thousands and one point before the decimals: `1_000.50`",
            ));
        }
    }
    if written.contains("__") || written.contains("_.") || written.contains("._") || written.ends_with('_') {
        return Err(bad(
            written,
            format!("found `{written}`, a number with `_` in the wrong place"),
            "`_` stands between two digits",
            format!("write `{}`", tidy(written)),
        ));
    }
    let zeros = whole.len().saturating_sub(whole.trim_start_matches(['0', '_']).len());
    if zeros > 0 && whole.len() > 1 {
        let shorter = written.get(zeros..).unwrap_or("");
        let shorter = if shorter.is_empty() || shorter.starts_with('.') {
            format!("0{shorter}")
        } else {
            shorter.to_owned()
        };
        return Err(bad(
            written,
            format!("found `{written}`, a number that begins with 0"),
            "begins with a needless 0",
            format!("write `{shorter}`"),
        ));
    }
    let after = rest.get(written.len()..).unwrap_or("");
    if after.starts_with(|c: char| c.is_alphabetic()) && !exponent {
        return Err(letters(rest, written, after));
    }
    Ok((Kind::Number, written.len()))
}

fn bad(written: &str, message: String, label: &'static str, help: impl Into<String>) -> FigureFault {
    FigureFault::new(Code::BadNumber, written, message, label, help)
}

/// The characters at the start of `text` that satisfy `pred`.
fn prefix(text: &str, pred: impl Fn(char) -> bool) -> &str {
    text.get(..text.find(|c| !pred(c)).unwrap_or(text.len())).unwrap_or(text)
}

/// A number with its `_` only between digits.
fn tidy(written: &str) -> String {
    let parts: Vec<String> = written
        .split('.')
        .map(|part| part.split('_').filter(|p| !p.is_empty()).collect::<Vec<_>>().join("_"))
        .collect();
    parts.join(".")
}

/// Letters directly after a number: an exponent, or a unit without its space.
fn letters(rest: &str, written: &str, after: &str) -> FigureFault {
    let tail = prefix(after, |c| is_word_char(c) || c.is_alphabetic());
    let signed = after
        .get(1..)
        .and_then(|r| r.strip_prefix(['-', '+']))
        .map_or("", |r| prefix(r, |c| c.is_ascii_digit()));
    let marked = after.starts_with(['e', 'E']);
    let digits = after.get(1..tail.len()).unwrap_or("");
    if marked
        && (!digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
            || tail.len() == 1 && !signed.is_empty())
    {
        let sign = if signed.is_empty() { 0 } else { signed.len().saturating_add(1) };
        let length = written.len().saturating_add(tail.len()).saturating_add(sign);
        let all = rest.get(..length).unwrap_or(rest);
        return bad(
            all,
            format!("found `{all}`, a number with an exponent"),
            "has an exponent",
            "write the number out, as in `100_000` or `0.001`",
        );
    }
    let all = rest.get(..written.len().saturating_add(tail.len())).unwrap_or(rest);
    let help = if tail.contains(|c: char| c.is_ascii_digit()) {
        "a name does not begin with a digit, and a number has no letters".to_owned()
    } else {
        format!("put a space between a number and its unit: `{written} {tail}`")
    };
    bad(
        all,
        format!("found `{all}`, letters directly after a number"),
        "a number and letters without a space",
        help,
    )
}

/// Refuses `1,000`: it reads as one number, but a comma separates two.
fn thousands(rest: &str) -> Result<(), FigureFault> {
    let first = prefix(rest, |c| c.is_ascii_digit());
    if first.len() > 3 {
        return Ok(());
    }
    let mut length = first.len();
    while let Some(group) = rest.get(length..).and_then(|r| r.strip_prefix(',')) {
        if prefix(group, |c| c.is_ascii_digit()).len() != 3
            || group.get(3..).is_some_and(|g| g.starts_with('_'))
        {
            break;
        }
        length = length.saturating_add(4);
    }
    if length == first.len() {
        return Ok(());
    }
    if let Some(decimals) = rest.get(length..).and_then(|r| r.strip_prefix('.')) {
        let decimals = prefix(decimals, |c| c.is_ascii_digit()).len();
        length = length.saturating_add(if decimals > 0 { decimals.saturating_add(1) } else { 0 });
    }
    let groups = rest.get(..length).unwrap_or(rest);
    let one = groups.replace(',', "_");
    if first == "0" || groups.split(',').skip(1).any(|group| group.starts_with('0')) {
        let message = format!("found `{groups}`, a number with a comma");
        return Err(bad(groups, message, "a comma inside a number", format!("write `{one}`")));
    }
    Err(bad(
        groups,
        format!("found `{groups}`, which could be one number or several"),
        "a comma between digits",
        format!("write `{one}` for one number, or `{}` for several", groups.replace(',', ", ")),
    ))
}

/// The length of the date that `rest` begins with, if it does.
fn date(rest: &str) -> Result<Option<usize>, FigureFault> {
    let Some((parts, mark, written)) = three_parts(rest) else { return Ok(None) };
    let [a, b, c] = parts;
    let fault = |message: String, label, help: String| {
        Err(FigureFault::new(Code::BadDate, written, message, label, help))
    };
    let number = |part: &str| part.parse::<u32>().unwrap_or(u32::MAX);
    if a.len() == 4 && (1..=2).contains(&b.len()) && (1..=2).contains(&c.len()) {
        let iso = format!("{a}-{b:0>2}-{c:0>2}");
        let year = number(a);
        let (month, day) = (number(b), number(c));
        if mark != '-' || b.len() < 2 || c.len() < 2 {
            if valid(year, month, day) {
                let message = format!("found `{written}`, a date in another form");
                return fault(message, "not written year-month-day", format!("write `{iso}`"));
            }
            // `2000/12/100` and the like are divisions.
            return Ok(None);
        }
        if valid(year, month, day) {
            let after = rest.get(written.len()..).unwrap_or("");
            if after.starts_with(|c: char| c.is_alphanumeric() || c == '_') {
                let message = format!("found letters directly after the date `{written}`");
                return fault(message, "a date ends with its day", "a date has no time of day".to_owned());
            }
            return Ok(Some(written.len()));
        }
        let why = if year == 0 {
            "years are 0001 to 9999".to_owned()
        } else if !(1..=12).contains(&month) {
            "months are 01 to 12; put spaces around `-` if this is a subtraction".to_owned()
        } else {
            let last = (28..=31).rev().find(|d| valid(year, month, *d)).unwrap_or(28);
            format!("the last day of that month is `{a}-{b}-{last}`")
        };
        return fault(format!("found `{written}`, a date that does not exist"), "no such day", why);
    }
    if c.len() == 4 && (1..=2).contains(&a.len()) && (1..=2).contains(&b.len()) {
        let (first, second, year) = (number(a), number(b), number(c));
        let iso = |month: u32, day: u32| format!("write `{year:04}-{month:02}-{day:02}`");
        let help = if second > 12 && valid(year, first, second) {
            iso(first, second)
        } else if first > 12 && valid(year, second, first) {
            iso(second, first)
        } else {
            DATE_FORM.to_owned()
        };
        return fault(
            format!("found `{written}`, a date in another form"),
            "not written year-month-day",
            help,
        );
    }
    Ok(None)
}

/// Whether there is such a day, in the years 1 to 9999.
fn valid(year: u32, month: u32, day: u32) -> bool {
    let year = i32::try_from(year).ok().filter(|y| (1..=9999).contains(y));
    year.and_then(|y| NaiveDate::from_ymd_opt(y, month, day)).is_some()
}

/// Three groups of digits held together by the same mark, `-`, `/` or `.`, twice.
fn three_parts(rest: &str) -> Option<([&str; 3], char, &str)> {
    let a = prefix(rest, |c| c.is_ascii_digit());
    let after = rest.get(a.len()..)?;
    let mark = after.chars().next().filter(|c| matches!(c, '-' | '/' | '.'))?;
    let after = after.get(1..)?;
    let b = prefix(after, |c| c.is_ascii_digit());
    let after = after.get(b.len()..)?.strip_prefix(mark)?;
    let c = prefix(after, |c| c.is_ascii_digit());
    if a.is_empty() || b.is_empty() || c.is_empty() {
        return None;
    }
    let length = a.len().checked_add(b.len())?.checked_add(c.len())?.checked_add(2)?;
    let more = rest.get(length..)?;
    // A fourth part, or a decimal point, makes it arithmetic.
    if more.strip_prefix(mark).is_some_and(|m| m.starts_with(|c: char| c.is_ascii_digit())) {
        return None;
    }
    Some(([a, b, c], mark, rest.get(..length)?))
}

/// Checks what takes several tokens to see: mixed numbers, and fractions that read two ways.
pub(super) fn check(text: &str, tokens: &[Token<'_>]) -> Result<(), Fault> {
    for window in tokens.windows(3) {
        let [above, slash, below] = window else { continue };
        let is_fraction = above.kind == Kind::Number && slash.is_mark("/") && below.kind == Kind::Number;
        if !is_fraction || above.end() != slash.start || slash.end() != below.start {
            continue;
        }
        let before = tokens.get(..tokens.partition_point(|t| t.start < above.start)).unwrap_or(&[]);
        let after = tokens.get(tokens.partition_point(|t| t.start <= below.start)..).unwrap_or(&[]);
        match before.last() {
            Some(whole) if whole.kind == Kind::Number => mixed(text, whole, above, below)?,
            Some(t) if t.is_mark("^") || t.is_mark("/") && t.end() == above.start => {}
            _ => two_readings(above, below, after.first())?,
        }
    }
    Ok(())
}

/// A whole number, a space and a fraction.
fn mixed(text: &str, whole: &Token<'_>, above: &Token<'_>, below: &Token<'_>) -> Result<(), Fault> {
    let range = whole.start..below.end();
    let written = text.get(range.clone()).unwrap_or("");
    let fault = |message: String, label: &str, help: &str| {
        Err(Fault::new(Code::BadNumber, message).label(range.clone(), label).help(help))
    };
    let form = "a mixed number is a whole number, a space and a fraction below 1, as in `1 5/16`";
    let digits = |t: &Token<'_>| t.text.bytes().all(|b| b.is_ascii_digit());
    if whole.text.contains('.') || !digits(above) || !digits(below) {
        return fault(
            format!("found `{written}`, which is not a mixed number"),
            "not of whole numbers",
            form,
        );
    }
    if below.text == "0" {
        return fault(format!("found `{written}`, a fraction of 0 parts"), "0 below the line", form);
    }
    // Neither has a leading zero, so the longer is the larger.
    if (above.text.len(), above.text) >= (below.text.len(), below.text) {
        let message = format!("found `{written}`, whose fraction is not below 1");
        return fault(message, "not a proper fraction", form);
    }
    Ok(())
}

/// `2/3%` is 66 2/3% to a reader and 2 divided by 3% to a calculator; so with `5/16 USD`.
fn two_readings(above: &Token<'_>, below: &Token<'_>, after: Option<&Token<'_>>) -> Result<(), Fault> {
    let Some(after) = after else { return Ok(()) };
    let gap = if after.start == below.end() { "" } else { " " };
    let percent = after.is_mark("%");
    let unit = after.kind == Kind::Word && !gap.is_empty() && is_unit(after.text);
    if !percent && !unit {
        return Ok(());
    }
    let (a, b, u) = (above.text, below.text, after.text);
    Err(Fault::new(Code::BadNumber, format!("found `{a}/{b}{gap}{u}`, which can be read in two ways"))
        .label(above.start..after.end(), format!("a fraction, or {a} divided by `{b}{gap}{u}`"))
        .help(format!("write `0 {a}/{b}{gap}{u}` for the fraction, or `{a} / {b}{gap}{u}` for the division")))
}

/// Whether a word after a number is its unit, and not a keyword that may follow a value.
fn is_unit(word: &str) -> bool {
    !super::words::is_reserved(word) && !matches!(word, "order" | "ascending" | "descending")
}

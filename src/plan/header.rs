//! `[plan]`, `[part]` and `[conventions]`: what the file is, and what it settles for all formulas.

use super::document::{Conventions, Currency, Header, Role};
use super::names::{UNITS, checked_name, is_currency};
use super::quote::quoted;
use super::walk::{Entry, Reader, Section};
use crate::diagnostic::{Code, Diagnostic};
use crate::number::RoundingMode;
use crate::source::Name;
use crate::value::MonthEnd;
use std::sync::Arc;

/// The version of the plan language that this program knows.
pub(super) const LANGUAGE: u32 = 1;

const PLAN: &[&str] = &[
    "language",
    "id",
    "title",
    "source",
    "about",
    "currency",
    "currencies",
    "decimals",
    "units",
    "term_date",
];
const PART: &[&str] =
    &["language", "id", "title", "source", "about", "currency", "currencies", "decimals", "units"];
const CONVENTIONS: &[&str] = &["month_end", "rounding"];

/// Decimals of a currency that does not say.
const DECIMALS: u32 = 2;
/// The most decimals a currency may have.
const MOST_DECIMALS: u32 = 12;

/// Reads `[plan]` or `[part]`; none where the language's version is unknown, so that nothing else
/// of the file can be judged.
pub(super) fn read(reader: &mut Reader<'_>, entry: &Entry<'_>, role: Role) -> Option<Header> {
    let mut header = Header {
        role,
        language: LANGUAGE,
        span: entry.key.span,
        file: reader.file.source,
        ..Header::default()
    };
    let is_plan = header.role == Role::Plan;
    let (what, allowed) = if is_plan { ("`[plan]`", PLAN) } else { ("`[part]`", PART) };
    let Some(mut section) = reader.section(entry, what.to_owned(), allowed) else {
        return Some(header);
    };
    section.also("calendars and parts are imported under `[imports]`");
    if let Some(entry) = section.need(reader, "language") {
        let version = reader.whole(&entry, u32::MAX);
        if version.is_some_and(|v| v != LANGUAGE) {
            let message =
                format!("the plan is written in version {} of the plan language", reader.slice(entry.span));
            reader.report(
                Diagnostic::error(Code::UnsupportedLanguage, message)
                    .label(entry.span, format!("this program knows version {LANGUAGE}"))
                    .help("use a later program, or write the plan in the version that this one knows"),
            );
            return None;
        }
    }
    for (key, target) in [("id", &mut header.id), ("title", &mut header.title)] {
        let entry = if is_plan { section.need(reader, key) } else { section.take(key) };
        if let Some(text) = entry.and_then(|e| reader.text(&e)) {
            *target = text.value;
        }
    }
    header.source = reader.line(&mut section, "source");
    header.about = reader.line(&mut section, "about");
    header.currencies = currencies(reader, &mut section);
    header.units = units(reader, &mut section);
    if let Some(entry) = is_plan.then(|| section.take("term_date")).flatten() {
        header.term_date = reader.formula(&entry);
        if header.term_date.is_none() {
            reader.leave_out(&entry);
        }
    }
    let declared = header.currencies.iter().map(|c| &c.code).chain(&header.units);
    reader.found.units.extend(declared.map(|name| Arc::clone(&name.value)));
    section.finish(reader);
    Some(header)
}

fn currencies(reader: &mut Reader<'_>, section: &mut Section<'_>) -> Vec<Currency> {
    let (one, several) = (section.take("currency"), section.take("currencies"));
    if let (Some(one), Some(several)) = (&one, &several) {
        reader.report(
            Diagnostic::error(Code::WrongEntry, "both `currency` and `currencies` are given")
                .label(several.key.span, "the second")
                .label(one.key.span, "the first")
                .help("keep `currency` for one, or `currencies = [\"USD\", \"EUR\"]` for several"),
        );
    }
    let mut found: Vec<Currency> = Vec::new();
    let named: Vec<Name> = [one, several].into_iter().flatten().flat_map(|e| reader.texts(&e)).collect();
    for code in named {
        if !is_currency(&code.value) {
            reader.report(
                Diagnostic::error(Code::BadName, format!("{} is not a currency code", quoted(&code.value)))
                    .label(code.span, "expected three capital letters, such as `USD`")
                    .help("write the currency's ISO code; other units are declared by `units`"),
            );
            reader.found.leave_out(&code);
            reader.found.leave_out(&Name::new(code.value.to_uppercase().into(), code.span));
        } else if reader.declare(&code, "currency code") {
            found.push(Currency { code, decimals: DECIMALS });
        }
    }
    if let Some(mut decimals) =
        section.take("decimals").and_then(|e| reader.section(&e, "`decimals`".to_owned(), &[]))
    {
        for entry in decimals.take_all(|_| true) {
            let digits = reader.whole(&entry, MOST_DECIMALS);
            if let Some(currency) = found.iter_mut().find(|c| c.code.value == entry.key.value) {
                currency.decimals = digits.unwrap_or(DECIMALS);
                continue;
            }
            let near = reader.found.near(&entry.key.value, found.iter().map(|c| &*c.code.value));
            let help = near.map_or_else(
                || format!("declare it: `currencies = [\"{}\"]`", entry.key.value),
                |near| format!("did you mean {}?", quoted(near)),
            );
            reader.report(
                Diagnostic::error(
                    Code::UnknownUnit,
                    format!("no currency {} is declared", quoted(&entry.key.value)),
                )
                .label(entry.key.span, "not among the plan's currencies")
                .help(help),
            );
        }
    }
    found
}

fn units(reader: &mut Reader<'_>, section: &mut Section<'_>) -> Vec<Name> {
    let mut found: Vec<Name> = Vec::new();
    for name in section.take("units").map(|e| reader.texts(&e)).unwrap_or_default() {
        if UNITS.contains(&&*name.value) {
            reader.report(
                Diagnostic::error(
                    Code::BadName,
                    format!("the unit {} need not be declared", quoted(&name.value)),
                )
                .label(name.span, "every plan has it")
                .help("leave it out"),
            );
        } else if checked_name(reader, &name) && reader.declare(&name, "unit") {
            found.push(name);
        }
    }
    found
}

/// Adds what a part declares to the header of the plan that imports it.
pub(super) fn merge(reader: &mut Reader<'_>, plan: &mut Header, part: Header) {
    for unit in part.units {
        if !plan.units.iter().any(|u| u.value == unit.value) {
            plan.units.push(unit);
        }
    }
    for currency in part.currencies {
        match plan.currencies.iter().find(|c| c.code.value == currency.code.value) {
            None => plan.currencies.push(currency),
            Some(known) if known.decimals == currency.decimals => {}
            Some(known) => {
                let message = format!("{} has two numbers of decimals", quoted(&currency.code.value));
                reader.report(
                    Diagnostic::error(Code::DuplicateName, message)
                        .label(currency.code.span, format!("{} decimals in this part", currency.decimals))
                        .label(known.code.span, format!("{} decimals here", known.decimals))
                        .help("a currency has the same decimals everywhere: set `decimals` in one of the two files"),
                );
            }
        }
    }
}

/// Reads `[conventions]`.
pub(super) fn read_conventions(reader: &mut Reader<'_>, entry: &Entry<'_>) -> Conventions {
    let mut conventions = Conventions::default();
    let Some(mut section) = reader.section(entry, "`[conventions]`".to_owned(), CONVENTIONS) else {
        return conventions;
    };
    // A convention that cannot be read is not also missing, so it counts as left out.
    if let Some(entry) = section.take("month_end") {
        conventions.month_end = reader.one_of(&entry, &[("clamp", MonthEnd::Clamp)]);
        if conventions.month_end.is_none() {
            reader.leave_out(&entry);
        }
    }
    if let Some(entry) = section.take("rounding") {
        // Only the modes that say what becomes of a tie: the others have functions of their own.
        let ties = [RoundingMode::HalfUp, RoundingMode::HalfEven, RoundingMode::HalfDown];
        conventions.rounding = reader.one_of(&entry, &ties.map(|mode| (mode.name(), mode)));
        if conventions.rounding.is_none() {
            reader.leave_out(&entry);
        }
    }
    section.finish(reader);
    conventions
}

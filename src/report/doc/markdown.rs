//! The page as Markdown, for repositories and wikis: the same entries under the same anchors.

use super::model::{
    Body, Clause, Expects, Field, Formula, Given, HolderEntry, HolderKind, Item, Limit, Link, Page, Part,
    Picture, Piece, Section, Status, Target, TestEntry,
};
use std::fmt::Write as _;

/// The page as Markdown. Anchors are `<a id="...">`, which every reader of Markdown keeps.
#[must_use]
pub fn markdown(page: &Page) -> String {
    let mut out = Writer::default();
    let sections = page.sections();
    out.line(&format!("# {}", text(&page.title)));
    if let Some(about) = &page.about {
        out.paragraph(&text(about));
    }
    if let Some(document) = &page.document {
        out.paragraph(&format!("Encodes: {}", text(document)));
    }
    if !page.facts.is_empty() {
        out.anchor("conventions");
        for fact in &page.facts {
            out.line(&format!("- {}: {}", fact.label, linked(&fact.value)));
        }
        out.gap();
    }
    for section in &sections {
        out.line(&format!("- {}", link_to(&section.id, &section.title)));
        if section.parts.len() > 1 {
            for part in &section.parts {
                out.line(&format!("  - {}", link_to(&part.id, &part.title)));
            }
        }
    }
    out.gap();
    for section in &sections {
        body(&mut out, page, section);
    }
    out.finish()
}

fn body(out: &mut Writer, page: &Page, section: &Section) {
    out.heading(2, &section.id, &text(&section.title));
    match section.id.as_str() {
        "outline" => page.clauses.iter().for_each(|c| clause(out, c)),
        "other-clauses" => page.other_clauses.iter().for_each(|c| clause(out, c)),
        "terms" => page.terms.iter().for_each(|i| item(out, 3, i)),
        "inputs" => page.inputs.iter().for_each(|h| holder(out, h)),
        "rules" => {
            for group in &page.rules {
                out.heading(3, &group.id, &text(&group.title));
                group.rules.iter().for_each(|i| item(out, 4, i));
            }
        }
        "functions" => functions(out, page),
        "calendars" => calendars(out, page),
        "assumptions" => page.assumptions.iter().for_each(|i| item(out, 3, i)),
        "pictures" => page.pictures.iter().for_each(|p| picture(out, p)),
        _ => tests(out, page),
    }
}

fn clause(out: &mut Writer, clause: &Clause) {
    let heading = clause.heading.as_ref().map(|h| format!(" {}", text(h))).unwrap_or_default();
    out.heading(3, &clause.id, &format!("{}{heading}", text(&clause.name)));
    for status in &clause.status {
        match status {
            Status::Entries(word, links) => out.line(&format!("- *{word}*: {}", names(links))),
            Status::Words(word, why) => out.line(&format!("- *{word}*: {}", text(why))),
        }
    }
    see(out, "cited by", &clause.cited_by);
    test_numbers(out, &clause.tests);
    out.gap();
}

fn item(out: &mut Writer, level: usize, item: &Item) {
    let params = item.params.as_deref().unwrap_or("");
    let ty = item.ty.as_ref().map(|ty| format!(": {}", code(ty))).unwrap_or_default();
    out.heading(level, &item.id, &format!("{}{ty}", code(&format!("{}{params}", item.name))));
    let mut first: Vec<String> = Vec::new();
    if !item.cite.is_empty() {
        first.push(item.cite.iter().map(link).collect::<Vec<_>>().join(", "));
    }
    first.extend(item.about.as_ref().map(|a| text(a)));
    if !first.is_empty() {
        out.paragraph(&first.join(": "));
    }
    item_body(out, &item.body);
    if item.private {
        out.line("- *private step*, left out of the results unless asked for");
    }
    if let Some(change) = &item.change {
        out.line(&format!("- *changes approved by* {}", text(change)));
    }
    see(out, "uses", &names_in(&item.body));
    see(out, "used by", &item.used_by);
    see(out, "bears on", &item.bears_on);
    test_numbers(out, &item.tests);
    if let Some(from) = &item.from {
        out.line(&format!("- *from* {}", code(from)));
    }
    out.gap();
}

fn item_body(out: &mut Writer, body: &Body) {
    match body {
        Body::Formula(value) => out.block(value),
        Body::Versions(versions) => {
            for version in versions {
                let when =
                    if version.when.is_empty() { String::new() } else { format!("{}: ", version.when) };
                if version.value.is_long() {
                    out.block(&version.value);
                } else {
                    out.line(&format!("- {when}{}", code(&version.value.text())));
                }
            }
            out.gap();
        }
        Body::Cases(cases) => {
            out.line("| When | Then | Clause |");
            out.line("| --- | --- | --- |");
            for case in cases {
                let when = case.when.as_ref().map_or_else(|| "*otherwise*".to_owned(), |w| cell(&w.text()));
                let cite = case.cite.as_ref().map(link).unwrap_or_default();
                out.line(&format!("| {when} | {} | {cite} |", cell(&case.then.text())));
            }
            out.gap();
        }
        Body::All(all) => {
            out.line("| Required | Reason if not met | Clause |");
            out.line("| --- | --- | --- |");
            for one in all {
                let cite = one.cite.as_ref().map(link).unwrap_or_default();
                out.line(&format!("| {} | {} | {cite} |", cell(&one.require.text()), cell(&one.reason)));
            }
            out.gap();
        }
        Body::Allocate(entries) => {
            entries.iter().for_each(|(what, value)| out.line(&format!("- {what} {}", code(&value.text()))));
            out.gap();
        }
        Body::Readings(readings) => {
            for reading in readings {
                let chosen = if reading.chosen { " **(chosen)**" } else { "" };
                out.line(&format!("- {}{chosen}: {}", code(&reading.name), text(&reading.meaning)));
            }
            out.gap();
        }
    }
}

/// What the formulas of an item name, each once. A block of code cannot hold links.
fn names_in(body: &Body) -> Vec<Link> {
    let mut found: Vec<Link> = Vec::new();
    let mut note = |formula: &Formula| {
        for piece in &formula.pieces {
            if let Piece::Name(link) = piece
                && link.target != Target::Language
                && !found.iter().any(|l| l.id == link.id)
            {
                found.push(link.clone());
            }
        }
    };
    match body {
        Body::Formula(value) => note(value),
        Body::Versions(all) => all.iter().for_each(|v| note(&v.value)),
        Body::Cases(all) => all.iter().for_each(|c| {
            c.when.iter().for_each(&mut note);
            note(&c.then);
        }),
        Body::All(all) => all.iter().for_each(|r| note(&r.require)),
        Body::Allocate(all) => all.iter().for_each(|(_, value)| note(value)),
        Body::Readings(_) => {}
    }
    found
}

fn holder(out: &mut Writer, holder: &HolderEntry) {
    let title =
        if holder.kind == HolderKind::Scalars { holder.title().to_owned() } else { code(&holder.name) };
    out.heading(3, &holder.id, &title);
    let mut first: Vec<String> = Vec::new();
    match holder.kind {
        HolderKind::Scalars => {}
        HolderKind::Record if holder.optional => first.push("one record, may be absent".to_owned()),
        HolderKind::Record => first.push("one record".to_owned()),
        HolderKind::Table => first.push(format!("table, key {}", names(&holder.key))),
    }
    first.extend(holder.cite.iter().map(link));
    first.extend(holder.about.as_ref().map(|a| text(a)));
    first.extend(holder.from.as_ref().map(|f| format!("from {}", code(f))));
    if !first.is_empty() {
        out.paragraph(&first.join("; "));
    }
    out.line("| Field | Type | Meaning and limits | Used by |");
    out.line("| --- | --- | --- | --- |");
    holder.fields.iter().for_each(|f| field(out, f));
    out.gap();
    for condition in &holder.conditions {
        let line = format!(
            "- {}, else {} {}",
            code(&condition.that.text()),
            names(std::slice::from_ref(&condition.field)),
            text(&condition.message)
        );
        out.line(&line);
    }
    see(out, "used by", &holder.used_by);
    out.gap();
}

fn field(out: &mut Writer, field: &Field) {
    let mut limits: Vec<String> = Vec::new();
    limits.extend(field.about.as_ref().map(|a| text(a)));
    limits.extend(field.key.then(|| "key".to_owned()));
    limits.extend(field.limits.iter().map(|limit| match limit {
        Limit::Words(words) => text(words),
        Limit::Default(value) => format!("by default {}", cell(&value.text())),
    }));
    limits.extend(field.cite.iter().map(link));
    let limits = limits.join("; ");
    let line = format!(
        "| <a id=\"{}\"></a>{} | {} | {limits} | {} |",
        field.id,
        code(&field.name),
        cell(&field.ty),
        names(&field.used_by)
    );
    out.line(&line);
}

fn functions(out: &mut Writer, page: &Page) {
    page.functions.iter().for_each(|i| item(out, 3, i));
    if page.language.is_empty() {
        return;
    }
    out.heading(3, "language", "Of the plan language");
    for function in &page.language {
        let line =
            format!("- <a id=\"{}\"></a>{}: {}", function.id, code(function.signature), text(function.about));
        out.line(&line);
    }
    out.gap();
}

fn calendars(out: &mut Writer, page: &Page) {
    for calendar in &page.calendars {
        out.heading(3, &calendar.id, &code(&calendar.name));
        out.paragraph(&format!("{}, {}", text(&calendar.title), calendar.days));
        if let Some(source) = &calendar.source {
            out.line(&format!("- *source* {}", text(source)));
        }
        see(out, "used by", &calendar.used_by);
        out.gap();
    }
}

/// A picture in words: every box with what leads to it.
fn picture(out: &mut Writer, picture: &Picture) {
    out.heading(3, &picture.id, &text(&picture.title));
    out.paragraph(&text(&picture.caption));
    for (index, node) in picture.nodes.iter().enumerate() {
        let mut reads: Vec<Link> = picture.before(index).iter().map(|n| n.link.clone()).collect();
        reads.extend(node.reads.iter().cloned());
        let own = names(std::slice::from_ref(&node.link));
        out.line(&if reads.is_empty() {
            format!("- {own}")
        } else {
            format!("- {own} ← {}", names(&reads))
        });
    }
    out.gap();
}

fn tests(out: &mut Writer, page: &Page) {
    for fixture in &page.fixtures {
        out.heading(3, &fixture.id, &format!("Data {}", code(&fixture.name)));
        see(out, "starts from", fixture.base.as_slice());
        given(out, &fixture.given);
        if !fixture.rows.is_empty() {
            out.line("- *every row, unless a test says otherwise*");
            given(out, &fixture.rows);
        }
        out.gap();
    }
    page.tests.iter().for_each(|t| test(out, t));
}

fn test(out: &mut Writer, test: &TestEntry) {
    out.heading(3, &test.id, &format!("{}. {}", test.number, text(&test.name)));
    if !test.cite.is_empty() {
        out.paragraph(&test.cite.iter().map(link).collect::<Vec<_>>().join(", "));
    }
    see(out, "starts from", test.base.as_slice());
    if let Some(date) = &test.as_of {
        out.line(&format!("- *terms as of* {date}"));
    }
    for (assumption, reading) in &test.assume {
        out.line(&format!("- *assuming* {} is {}", names(std::slice::from_ref(assumption)), code(reading)));
    }
    given(out, &test.given);
    match &test.expects {
        Expects::Values(values) => {
            for one in values {
                let row = one.row.as_ref().map(|r| format!(" of {}", text(r))).unwrap_or_default();
                let rule = names(std::slice::from_ref(&one.rule));
                out.line(&format!("- *expects* {rule}{row} = {}", code(&one.value)));
            }
        }
        Expects::Refused(Part::Link(field)) => {
            out.line(&format!(
                "- *expects* the data to be refused for {}",
                names(std::slice::from_ref(field))
            ));
        }
        Expects::Refused(Part::Words(field)) => {
            out.line(&format!("- *expects* the data to be refused for {}", code(field)));
        }
        Expects::Fails(rule, why) => {
            let why = why.map_or_else(String::new, |c| format!(", with the code {}", code(c)));
            out.line(&format!("- *expects* {} to have no value{why}", names(std::slice::from_ref(rule))));
        }
    }
    if test.unconfirmed {
        out.line("- *unconfirmed*: proposed, and not yet calculated by hand");
    }
    if let Some(Err(wrong)) = &test.verdict {
        wrong.iter().for_each(|line| out.line(&format!("- **fails**: {}", text(line))));
    }
    out.gap();
}

fn given(out: &mut Writer, lines: &[Given]) {
    for line in lines {
        let of =
            line.of.as_ref().map(|of| format!("{} ", names(std::slice::from_ref(of)))).unwrap_or_default();
        let pair = |(name, value): &(String, String)| {
            if value.is_empty() { text(name) } else { format!("{} {}", code(name), text(value)) }
        };
        let pairs: Vec<String> = line.fields.iter().map(pair).collect();
        out.line(&format!("- {of}{}", pairs.join(", ")));
    }
}

fn see(out: &mut Writer, words: &str, links: &[Link]) {
    if !links.is_empty() {
        out.line(&format!("- *{words}* {}", names(links)));
    }
}

fn test_numbers(out: &mut Writer, links: &[Link]) {
    if !links.is_empty() {
        let all: Vec<String> = links.iter().map(link).collect();
        out.line(&format!("- *tests* {}", all.join(", ")));
    }
}

/// Links to names, set as code.
fn names(links: &[Link]) -> String {
    let all: Vec<String> = links.iter().map(|l| format!("[{}](#{})", code(&l.text), l.id)).collect();
    all.join(", ")
}

fn link(link: &Link) -> String {
    link_to(&link.id, &link.text)
}

/// A short formula in a line of text, its names linked.
fn linked(formula: &Formula) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Plain(_, plain) => text(plain),
        Piece::Name(link) => names(std::slice::from_ref(link)),
    };
    formula.pieces.iter().map(piece).collect()
}

fn link_to(id: &str, title: &str) -> String {
    format!("[{}](#{id})", text(title))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A formula in a table's cell: on one line, its bars written so that they end no cell.
fn cell(text: &str) -> String {
    code(&one_line(text)).replace('|', "\\|")
}

/// A piece of code, within as many backticks as it needs.
fn code(text: &str) -> String {
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let ticks = "`".repeat(longest.saturating_add(1));
    if text.starts_with('`') || text.ends_with('`') {
        format!("{ticks} {text} {ticks}")
    } else {
        format!("{ticks}{text}{ticks}")
    }
}

/// A text whose characters mean nothing to Markdown or HTML; what stands in backticks is code.
fn text(text: &str) -> String {
    let parts: Vec<&str> = text.split('`').collect();
    // A backtick without its partner is a backtick.
    if parts.len().is_multiple_of(2) {
        return plain(text);
    }
    let part = |(i, part): (usize, &&str)| match (i % 2, part.is_empty()) {
        (0, _) => plain(part),
        (_, true) => "\\`\\`".to_owned(),
        _ => cell(part),
    };
    parts.iter().enumerate().map(part).collect()
}

fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

#[derive(Default)]
struct Writer {
    out: String,
}

impl Writer {
    fn line(&mut self, line: &str) {
        self.out.push_str(line);
        self.out.push('\n');
    }

    /// An empty line, unless there is one.
    fn gap(&mut self) {
        if !self.out.ends_with("\n\n") && !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    fn paragraph(&mut self, text: &str) {
        self.gap();
        self.line(text);
        self.gap();
    }

    fn anchor(&mut self, id: &str) {
        self.gap();
        self.line(&format!("<a id=\"{id}\"></a>"));
        self.gap();
    }

    fn heading(&mut self, level: usize, id: &str, title: &str) {
        self.gap();
        // Writing to a `String` cannot fail.
        let _ = writeln!(self.out, "{} <a id=\"{id}\"></a>{title}", "#".repeat(level));
        self.gap();
    }

    fn block(&mut self, formula: &Formula) {
        let text = formula.text();
        let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
        let fence = "`".repeat(longest.saturating_add(1).max(3));
        self.gap();
        self.line(&fence);
        self.line(&text);
        self.line(&fence);
        self.gap();
    }

    fn finish(self) -> String {
        format!("{}\n", self.out.trim_end())
    }
}

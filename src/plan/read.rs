//! Reads a plan file, and the parts and calendars it imports, into one document. Everything that is
//! wrong is reported at once, and what could be read is returned all the same.

use super::document::{CalendarImport, Document, Header, Role};
use super::found::{File, Found, Space};
use super::imports::{Import, ImportKind};
use super::quote::quoted;
use super::resolver::{ResolveError, ResolvedFile, Resolver};
use super::toml_errors::Lost;
use super::walk::{Reader, Section};
use super::{
    amendment, assumptions, fixtures, functions, header, imports, inputs, lints, mutants, outline, rules,
    terms, test, toml_errors, toml_mend,
};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::limits::Limits;
use crate::source::{SourceId, Span, too_deep};
use crate::value::{Calendar, CalendarError};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use toml::de::DeTable;

/// The sections of a plan.
const PLAN: &[&str] = &[
    "plan",
    "conventions",
    "amendment",
    "imports",
    "types",
    "terms",
    "inputs",
    "functions",
    "rules",
    "assumptions",
    "outline",
    "lints",
    "fixtures",
    "tests",
    "mutants",
];
/// The sections of a part.
const PART: &[&str] = &["part", "imports", "types", "terms", "inputs", "functions", "assumptions", "outline"];
/// What only a plan has.
const OF_PLANS: [&str; 7] = ["conventions", "amendment", "rules", "lints", "fixtures", "tests", "mutants"];
/// How deep a file may nest, whatever [`Limits::depth`] allows: walks over it use the stack.
const DEEPEST: usize = 128;
/// How often files may be asked for, in multiples of [`Limits::imports`]: one file may be imported
/// from several places.
const ASKED: usize = 8;

/// Reads the plan (or the part) in `text`, which is called `name` in messages and to `resolver`.
///
/// The document holds whatever could be read: a definition that is wrong is left out and its name
/// put into [`Document::broken`]. The diagnostics are in the order of the text; where there is an
/// error among them, the document must not be evaluated.
#[must_use]
pub fn read_plan(
    name: &str,
    text: &str,
    resolver: &dyn Resolver,
    limits: &Limits,
) -> (Document, Diagnostics) {
    let mut loader = Loader {
        document: Document::default(),
        found: Found::default(),
        resolver,
        limits,
        path: vec![name.to_owned()],
        parts: BTreeSet::new(),
        calendars: BTreeMap::new(),
        imported: BTreeSet::new(),
        asked: 0,
        inputs_sound: true,
    };
    loader.file(name, text, None);
    let Loader { mut document, mut found, inputs_sound, .. } = loader;
    document.broken = std::mem::take(&mut found.broken);
    document.incomplete = found.incomplete;
    document.lost = std::mem::take(&mut found.lost);
    document.mentioned = std::mem::take(&mut found.mentioned);
    document.written = std::mem::take(&mut found.written);
    document.unsure = joined(std::mem::take(&mut found.unsure));
    document.faulty = found.diagnostics.iter().any(Diagnostic::is_error);
    document.inputs_sound = inputs_sound && !document.incomplete;
    (document, found.into_diagnostics())
}

/// Places in the order of the text, those that overlap made one.
fn joined(mut places: Vec<Span>) -> Vec<Span> {
    places.sort_unstable();
    let mut joined: Vec<Span> = Vec::with_capacity(places.len());
    for place in places {
        match joined.last_mut().filter(|last| last.source == place.source && place.start < last.end) {
            Some(last) => *last = last.to(place),
            None => joined.push(place),
        }
    }
    joined
}

struct Loader<'a> {
    document: Document,
    found: Found,
    resolver: &'a dyn Resolver,
    limits: &'a Limits,
    /// The files being read, the plan first, each importing the next.
    path: Vec<String>,
    /// Parts read or being read.
    parts: BTreeSet<String>,
    /// Calendars by file; none for one that cannot be used.
    calendars: BTreeMap<String, Option<Arc<Calendar>>>,
    /// Calendars by the name formulas use and the file.
    imported: BTreeSet<(Arc<str>, String)>,
    /// How often the resolver was asked.
    asked: usize,
    /// Whether what data must be like could all be read so far.
    inputs_sound: bool,
}

impl Loader<'_> {
    /// Reads one file; `import` is where it was imported, none for the plan itself.
    fn file(&mut self, name: &str, text: &str, import: Option<&Import>) {
        let kept = if text.len() > self.limits.plan_bytes { "" } else { text };
        let text_length = text.len();
        let source = self.document.sources.add(name, kept);
        let text: Arc<str> =
            self.document.sources.get(source).map_or_else(|| Arc::from(""), |s| Arc::clone(&s.text));
        let mut file = File::new(source, Arc::from(name), text);
        if let Some(problem) = unusable(&file, text_length, self.limits) {
            self.found.incomplete = true;
            let problem = import.map_or(problem.clone(), |i| problem.label(i.path.span, "imported here"));
            self.found.report(problem, self.limits);
            return;
        }
        let text = Arc::clone(&file.text);
        let (sound, errors) = DeTable::parse_recoverable(&text);
        let mended = if errors.is_empty() {
            toml_mend::Mended::sound()
        } else {
            toml_mend::mend(&file, self.limits.faults.max(1))
        };
        let table = if errors.is_empty() { sound } else { DeTable::parse_recoverable(&mended.text).0 };
        let has = |section: &str| table.get_ref().contains_key(section);
        if import.is_none() && has("calendar") && !has("plan") && !has("part") {
            return self.calendar_file(&file);
        }
        toml_errors::report(&mut reader(&file, &mut self.found, self.limits), mended.faults);
        file.lost = Lost { lines: mended.lost };
        // What a lost import would have brought is not known by name.
        self.found.incomplete |= !mended.whole || file.has_lost_lines_of("imports");
        self.found.lost.extend(file.lost_words());
        self.found.unsure.extend(file.lost_parts());
        self.sections(&file, table.get_ref(), import);
        self.found.diagnostics.retain(|d| file.stands(d));
        let of_data = |d: &Diagnostic| {
            let here = d.primary().filter(|span| span.source == source);
            d.is_error() && here.is_some_and(|span| !file.is_beyond_data(span))
        };
        self.inputs_sound &= !self.found.diagnostics.iter().any(of_data);
    }

    fn sections(&mut self, file: &File, table: &DeTable<'_>, import: Option<&Import>) {
        let mut r = reader(file, &mut self.found, self.limits);
        let mut top = r.top(table, "the file", PLAN);
        let role =
            if top.has("plan") || (import.is_none() && !top.has("part")) { Role::Plan } else { Role::Part };
        if let Some(import) = import.filter(|_| role == Role::Plan || !top.has("part")) {
            if file.lost.is_empty() || role == Role::Plan {
                r.report(not_a_part(file, import, role == Role::Plan));
            }
            self.found.incomplete = true;
            return;
        }
        if role == Role::Part {
            top = r.top(table, "the part", PART);
            refuse_plan_sections(&mut r, &mut top);
        }
        let Some(header) = read_header(&mut r, &mut top, role) else {
            self.found.incomplete = true;
            return;
        };
        let imports = top.take("imports").map(|e| imports::read(&mut r, &e)).unwrap_or_default();
        if import.is_none() {
            self.document.header = header;
        } else {
            header::merge(&mut r, &mut self.document.header, header);
        }
        for import in imports {
            self.import(file, &import);
        }
        let (r, document) = (&mut reader(file, &mut self.found, self.limits), &mut self.document);
        if let Some(entry) = top.take("conventions") {
            document.conventions = header::read_conventions(r, &entry);
        }
        for (name, read) in SECTIONS {
            if let Some(entry) = top.take(name) {
                read(r, &entry, document);
            }
        }
        top.finish(r);
    }

    fn import(&mut self, from: &File, import: &Import) {
        self.asked = self.asked.saturating_add(1);
        let files = self.parts.len().saturating_add(self.calendars.len());
        if files >= self.limits.imports || self.asked > self.limits.imports.saturating_mul(ASKED) {
            let message = format!("the plan imports more than {} files", self.limits.imports);
            let problem = Diagnostic::error(Code::PlanTooLarge, message)
                .label(import.path.span, "one too many")
                .help("join parts that are always imported together");
            return self.lost(import, problem);
        }
        match self.resolver.resolve(&from.name, &import.path.value) {
            Err(error) => self.lost(import, not_found(import, &error)),
            Ok(resolved) if import.kind == ImportKind::Calendar => self.calendar(from, import, &resolved),
            Ok(resolved) => self.part(import, &resolved),
        }
    }

    /// Leaves an import out.
    fn lost(&mut self, import: &Import, problem: Diagnostic) {
        self.found.report(problem, self.limits);
        self.found.leave_out(&import.name);
        self.found.incomplete |= import.kind == ImportKind::Part;
    }

    fn part(&mut self, import: &Import, resolved: &ResolvedFile) {
        if self.path.contains(&resolved.name) {
            let around = self.path.iter().skip_while(|name| **name != resolved.name);
            let circle: Vec<String> = around.chain([&resolved.name]).map(|name| quoted(name)).collect();
            let problem =
                Diagnostic::error(Code::ImportCycle, format!("{}, in a circle", circle.join(" imports ")))
                    .label(import.path.span, "here the circle closes")
                    .help("move what both files need into a third one that imports neither");
            return self.lost(import, problem);
        }
        if !self.parts.insert(resolved.name.clone()) {
            return;
        }
        self.path.push(resolved.name.clone());
        self.file(&resolved.name, &resolved.text, Some(import));
        self.path.pop();
    }

    fn calendar(&mut self, from: &File, import: &Import, resolved: &ResolvedFile) {
        // The plan and a part may import the same calendar under the same name.
        if self.imported.contains(&(Arc::clone(&import.name.value), resolved.name.clone())) {
            return;
        }
        let defined =
            reader(from, &mut self.found, self.limits).define(Space::Definitions, &import.name, "calendar");
        if !self.calendars.contains_key(&resolved.name) {
            let read = self.read_calendar(import, resolved);
            self.calendars.insert(resolved.name.clone(), read);
        }
        let calendar = self.calendars.get(&resolved.name).cloned().flatten();
        match calendar {
            Some(calendar) if defined => {
                self.imported.insert((Arc::clone(&import.name.value), resolved.name.clone()));
                self.document.calendars.push(CalendarImport { name: import.name.clone(), calendar });
            }
            _ => self.found.leave_out(&import.name),
        }
    }

    fn read_calendar(&mut self, import: &Import, resolved: &ResolvedFile) -> Option<Arc<Calendar>> {
        let too_long = resolved.text.len() > self.limits.plan_bytes;
        let kept = if too_long { "" } else { &*resolved.text };
        let source = self.document.sources.add(&*resolved.name, kept);
        let problems = if too_long {
            vec![too_large(source, &resolved.name, self.limits)]
        } else if let Some(place) = too_deep(&resolved.text, self.limits.depth.min(DEEPEST)) {
            vec![nested(Span::new(source, place.start, place.end))]
        } else {
            match Calendar::read(&resolved.name, &resolved.text, self.limits) {
                Ok(calendar) => return Some(Arc::new(calendar)),
                Err(faults) => faults.into_iter().map(|fault| bad_calendar(source, fault)).collect(),
            }
        };
        self.inputs_sound = false;
        for problem in problems {
            self.found.report(problem.label(import.path.span, "imported here"), self.limits);
        }
        None
    }

    /// Reads a calendar that stands by itself.
    fn calendar_file(&mut self, file: &File) {
        self.document.header.role = Role::Calendar;
        if let Err(faults) = Calendar::read(&file.name, &file.text, self.limits) {
            for fault in faults {
                self.found.report(bad_calendar(file.source, fault), self.limits);
            }
        }
    }
}

/// Reads one section into the document.
type ReadSection = fn(&mut Reader<'_>, &super::walk::Entry<'_>, &mut Document);

/// The sections after the imports, in the order in which they build on each other.
const SECTIONS: [(&str, ReadSection); 12] = [
    ("types", terms::read_types),
    ("terms", terms::read),
    ("inputs", inputs::read),
    ("functions", functions::read),
    ("rules", rules::read),
    ("assumptions", assumptions::read),
    ("amendment", amendment::read),
    ("outline", outline::read),
    ("lints", lints::read),
    ("fixtures", fixtures::read),
    ("tests", test::read),
    ("mutants", mutants::read),
];

fn reader<'a>(file: &'a File, found: &'a mut Found, limits: &'a Limits) -> Reader<'a> {
    Reader { file, limits, found }
}

/// Why a file cannot even be parsed, if it cannot.
fn unusable(file: &File, length: usize, limits: &Limits) -> Option<Diagnostic> {
    let start = Span::new(file.source, 0, 0);
    if length > limits.plan_bytes {
        return Some(too_large(file.source, &file.name, limits));
    }
    if file.text.trim_start_matches('\u{feff}').trim().is_empty() {
        return Some(
            Diagnostic::error(Code::FileNotText, format!("{} is empty", quoted(&file.name)))
                .label(start, "nothing stands here")
                .help("a plan begins with a section `[plan]`"),
        );
    }
    let control = |c: char| c.is_ascii_control() && !matches!(c, '\t' | '\n' | '\r' | '\u{7f}');
    if let Some((at, byte)) = file.text.char_indices().find(|(_, c)| control(*c)) {
        let message = format!(
            "{} is not a text: it holds the control character {:#04x}",
            quoted(&file.name),
            u32::from(byte)
        );
        return Some(
            Diagnostic::error(Code::FileNotText, message)
                .label(Span::new(file.source, at, at.saturating_add(1)), "this character")
                .help("save the plan as plain text in UTF-8"),
        );
    }
    let place = too_deep(&file.text, limits.depth.min(DEEPEST))?;
    Some(nested(Span::new(file.source, place.start, place.end)))
}

fn bad_calendar(source: SourceId, fault: CalendarError) -> Diagnostic {
    match fault {
        CalendarError::Invalid { message, help, span, .. } => {
            let span = span.map_or(Span::new(source, 0, 0), |s| Span::new(source, s.start, s.end));
            Diagnostic::error(Code::BadCalendar, message).label(span, "in this calendar").help_maybe(help)
        }
        other => Diagnostic::error(Code::BadCalendar, other.to_string())
            .label(Span::new(source, 0, 0), "this calendar"),
    }
}

fn too_large(source: SourceId, name: &str, limits: &Limits) -> Diagnostic {
    Diagnostic::error(
        Code::FileTooLarge,
        format!("{} has more than {} bytes", quoted(name), limits.plan_bytes),
    )
    .label(Span::new(source, 0, 0), "this file")
    .help("keep what a plan is told in data files, and split the plan into parts")
}

fn nested(span: Span) -> Diagnostic {
    Diagnostic::error(Code::TooDeep, "the file nests too deeply")
        .label(span, "one level too many")
        .help("write with fewer tables and lists inside one another")
}

fn not_found(import: &Import, error: &ResolveError) -> Diagnostic {
    let help = match error {
        ResolveError::NotFound => "paths are taken from the folder of the importing file",
        ResolveError::OutsideFolder => {
            "keep imported files in the plan's folder, and write their paths from the importing file"
        }
        ResolveError::NotText | ResolveError::Utf16 => "save the file as plain text in UTF-8",
        ResolveError::TooLarge => "split the file",
        ResolveError::Unreadable(_) => "name a file in the plan's folder that may be read",
    };
    let path = quoted(&import.path.value);
    Diagnostic::error(Code::ImportFailed, format!("{path} cannot be imported: {error}"))
        .label(import.path.span, error.to_string())
        .help(help)
}

fn not_a_part(file: &File, import: &Import, is_plan: bool) -> Diagnostic {
    let name = quoted(&file.name);
    let message = if is_plan {
        format!("{name} is a plan and cannot be imported")
    } else {
        format!("{name} is not a part: it has no section `[part]`")
    };
    Diagnostic::error(Code::ImportFailed, message)
        .label(import.path.span, "expected a part")
        .help("a part begins with `[part]` and holds types, terms, inputs, functions and assumptions; a calendar is imported as `calendar = \"...\"`")
}

fn refuse_plan_sections(reader: &mut Reader<'_>, top: &mut Section<'_>) {
    for name in OF_PLANS {
        if let Some(entry) = top.take(name) {
            reader.report(
                Diagnostic::error(Code::WrongEntry, format!("a part cannot have {}", quoted(name)))
                    .label(entry.key.span, "only a plan has these")
                    .help("move them to the plan that imports the part"),
            );
        }
    }
}

/// Reads `[plan]` or `[part]`; a plan that lacks it is read on with an empty one.
fn read_header(reader: &mut Reader<'_>, top: &mut Section<'_>, role: Role) -> Option<Header> {
    let (plan, part) = (top.take("plan"), top.take("part"));
    if let (Some(plan), Some(part)) = (&plan, &part) {
        reader.report(
            Diagnostic::error(Code::WrongEntry, "the file is both a plan and a part")
                .label(part.key.span, "a part")
                .label(plan.key.span, "a plan")
                .help("keep `[plan]` for a file that is run, `[part]` for one that plans import"),
        );
    }
    if let Some(entry) = plan.or(part) {
        return header::read(reader, &entry, role);
    }
    reader.report(
        Diagnostic::error(Code::MissingEntry, "the file has no section `[plan]`")
            .label(Span::new(reader.file.source, 0, 0), "`[plan]` is missing")
            .help("begin the file with `[plan]`, then `language = 1`, `id = \"...\"` and `title = \"...\"`"),
    );
    let span = Span::new(reader.file.source, 0, 0);
    Some(Header { role, language: header::LANGUAGE, span, file: reader.file.source, ..Header::default() })
}

//! `whereas diff`.

use super::Exit;
use super::args::{CheckFormat, DiffArgs, DiffFormat};
use super::git::{GitError, GitResolver};
use super::output::{Screen, Target};
use super::plan::{Asked, read_file};
use crate::compare::{Comparison, Moved, Version, compare, results};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::engine::{Loaded, Results, checked, unreadable};
use crate::ir::Program;
use crate::limits::Limits;
use crate::plan::{ResolvedFile, Resolver, Role, read_plan};
use crate::report::{Told, diff_json, diff_markdown, diff_text, one_line};
use std::path::{Path, PathBuf};

/// Compares two versions of a plan.
pub fn run(args: &DiffArgs, screen: &Screen) -> Exit {
    attempt(args, screen).unwrap_or_else(|exit| exit)
}

/// Where a version is read from.
enum Place {
    File(PathBuf),
    /// A revision's file, and the revision that it is compared with; none for the file as it is.
    Revision(String, PathBuf, Option<String>),
}

/// A version read and checked.
struct Read {
    version: Version,
    loaded: Loaded,
}

fn attempt(args: &DiffArgs, screen: &Screen) -> Result<Exit, Exit> {
    let target = Target::of(args.out.as_deref());
    let (old, new) = places(args).map_err(|fault| screen.fail(&fault))?;
    let files = [&old, &new].into_iter().map(|place| match place {
        Place::File(path) | Place::Revision(_, path, _) => path.as_path(),
    });
    target.spare(files.chain(args.given.reads()), screen)?;
    let format = format(args, &target).map_err(|fault| screen.fail(&fault))?;
    // The problems of both are said at once.
    let (old, new) = (read(&old, args, screen), read(&new, args, screen));
    let (old, new) = match (old, new) {
        (Ok(old), Ok(new)) => (old, new),
        (old, new) => return Err(old.err().max(new.err()).unwrap_or(Exit::Problems)),
    };
    let comparison = compare(&old.version, &new.version);
    let evaluated = if args.given.data.is_empty() && args.given.set.is_empty() {
        None
    } else {
        Some(evaluated(args, &old, &new, &comparison, screen)?)
    };
    let told = Told {
        old: &old.version,
        new: &new.version,
        comparison: &comparison,
        moved: evaluated.as_ref().map(|(moved, from, to)| (moved, from, to)),
        rows: args.rows,
    };
    match format {
        DiffFormat::Text => target.print(screen, &diff_text(&told, target.style(screen)))?,
        DiffFormat::Json => target.write(screen, |out| out.write_all(diff_json(&told).as_bytes()))?,
        DiffFormat::Markdown => target.write(screen, |out| out.write_all(diff_markdown(&told).as_bytes()))?,
    }
    Ok(if comparison.is_same() { Exit::Fine } else { Exit::Problems })
}

/// Where the two versions are: two files; or a file after `--`, of one revision and as it is, or of two.
fn places(args: &DiffArgs) -> Result<(Place, Place), Box<Diagnostic>> {
    let wrong = |message: &str| {
        let help = "write `whereas diff OLD NEW`, `whereas diff REVISION -- FILE` or `whereas diff REVISION REVISION -- FILE`";
        Box::new(Diagnostic::error(Code::BadRequest, message).help(help))
    };
    match (args.versions.as_slice(), args.file.as_ref()) {
        ([old, new], None) => Ok((Place::File(PathBuf::from(old)), Place::File(PathBuf::from(new)))),
        ([revision], Some(file)) => {
            Ok((Place::Revision(revision.clone(), file.clone(), None), Place::File(file.clone())))
        }
        ([old, new], Some(file)) => {
            let place =
                |of: &String, other: &String| Place::Revision(of.clone(), file.clone(), Some(other.clone()));
            Ok((place(old, new), place(new, old)))
        }
        ([_], None) => Err(wrong("one version is named where two are compared")),
        _ => Err(wrong("two versions are compared")),
    }
}

fn format(args: &DiffArgs, target: &Target<'_>) -> Result<DiffFormat, Box<Diagnostic>> {
    match (args.format, target.ending().as_deref()) {
        (Some(format), _) => Ok(format),
        (None, Some("json")) => Ok(DiffFormat::Json),
        (None, Some("md" | "markdown")) => Ok(DiffFormat::Markdown),
        (None, None | Some("txt")) => Ok(DiffFormat::Text),
        (None, Some(other)) => {
            let message = format!("differences are not written to files that end in `.{other}`");
            let help = "end the file's name in `.json`, `.md` or `.txt`, or say which with `--format`";
            Err(Box::new(Diagnostic::error(Code::BadRequest, message).help(help)))
        }
    }
}

fn read(place: &Place, args: &DiffArgs, screen: &Screen) -> Result<Read, Exit> {
    let limits = Limits::DEFAULT;
    let refuse = |found: &[Diagnostic], sources: &crate::source::SourceMap| {
        screen.problems(found, sources, args.given.problems);
        Exit::of(found)
    };
    let none = crate::source::SourceMap::default();
    let (file, resolver): (ResolvedFile, Box<dyn Resolver>) = match place {
        Place::File(path) => {
            let (text, resolver) = read_file(path).map_err(|fault| refuse(&[*fault], &none))?;
            (ResolvedFile { name: path.display().to_string(), text }, Box::new(resolver))
        }
        Place::Revision(revision, path, other) => {
            let opened = GitResolver::open(revision, path, other.as_deref(), &limits);
            let (resolver, file) = opened.map_err(|e| refuse(&[of_git(revision, path, e)], &none))?;
            (file, Box::new(resolver))
        }
    };
    let (document, found) = read_plan(&file.name, &file.text, &*resolver, &limits);
    let loaded = checked(document.clone(), found, &limits);
    let errors: Diagnostics = loaded.diagnostics.iter().filter(|d| d.is_error()).cloned().collect();
    let Some(program) = loaded.program.clone().filter(|_| errors.is_empty()) else {
        return Err(refuse(&errors, &loaded.sources));
    };
    if loaded.role == Role::Calendar {
        let message = format!("`{}` is a calendar, and only plans and parts are compared", file.name);
        let fault = Diagnostic::error(Code::BadRequest, message).help("compare the plans that import it");
        return Err(refuse(&[fault], &none));
    }
    let version = Version { name: file.name, document, program };
    Ok(Read { version, loaded })
}

fn of_git(revision: &str, path: &Path, error: GitError) -> Diagnostic {
    let name = format!("{revision}:{}", path.display());
    let fault = |message: String, help: &str| Diagnostic::error(Code::FileUnreadable, message).help(help);
    match error {
        GitError::Missing => fault(
            format!("`{name}` cannot be read: there is no `git` command here"),
            "install git, or save the earlier version as a file and compare the two files",
        ),
        GitError::NoRepository => fault(
            format!("`{name}` cannot be read: `{}` lies in no git repository", path.display()),
            "name a plan of a repository, or compare two files",
        ),
        GitError::NoRevision => fault(
            format!("there is no revision `{revision}`"),
            "`git log --oneline` lists them; two files are compared without `--`",
        ),
        GitError::NoFile => fault(
            format!("`{name}` cannot be read: the revision has no such file"),
            "`git log --follow --oneline -- FILE` lists the revisions that have it",
        ),
        GitError::File(error) => unreadable(&name, &error),
        GitError::Failed(why) => fault(format!("`{name}` cannot be read: {why}"), "check that git runs here"),
    }
}

/// Both versions evaluated over the data that the arguments name.
fn evaluated(
    args: &DiffArgs,
    old: &Read,
    new: &Read,
    comparison: &Comparison,
    screen: &Screen,
) -> Result<(Moved, Results, Results), Exit> {
    let stdin = |argument: &&String| *argument == "-" || argument.ends_with("=-");
    if let Some(argument) = args.given.data.iter().find(stdin) {
        let message = format!("`--data {argument}` can be read once, and two versions are evaluated");
        let fault =
            Diagnostic::error(Code::BadRequest, message).help("save the data as a file and name that");
        return Err(screen.fail(&fault));
    }
    let asked = |read: &Read| Asked::of(read.loaded.clone(), &args.given, screen);
    let run = |asked: &Asked<'_>, read: &Read| {
        let (evaluation, inputs) = asked.evaluation(&only(args, &read.version.program), 1)?;
        let results = evaluation.run(&inputs).map_err(|error| {
            if args.given.problems == CheckFormat::Human {
                Screen::note(&format!("of {}:", one_line(&read.version.name)));
            }
            asked.failed(&error)
        })?;
        Ok((results, inputs))
    };
    let (old_asked, new_asked) = (asked(old)?, asked(new)?);
    let ((from, _), (to, inputs)) = (run(&old_asked, old)?, run(&new_asked, new)?);
    // The later version with one change taken back.
    let evaluate = |program: Program| {
        let loaded = Loaded { program: Some(program), ..new.loaded.clone() };
        let asked = Asked::of(loaded, &args.given, screen).ok()?;
        let evaluation = asked.chosen(&only(args, &new.version.program)).ok()?;
        evaluation.run(&inputs).ok()
    };
    let (was, is) = ((&old.version, &from), (&new.version, &to));
    let moved = results(comparison, was, is, &Limits::DEFAULT, &evaluate);
    Ok((moved, from, to))
}

/// The conclusions asked for that a version has; all that were asked for where it has none, so that it
/// says so.
fn only(args: &DiffArgs, program: &Program) -> Vec<String> {
    let known = |name: &&String| {
        **name == "plan" || program.find_table(name).is_some() || program.find_rule(name).is_some()
    };
    let known: Vec<String> = args.only.iter().filter(known).cloned().collect();
    if known.is_empty() { args.only.clone() } else { known }
}

//! Plans of a revision, through the `git` command: the plan file and what it imports.

use crate::limits::Limits;
use crate::plan::{ResolveError, ResolvedFile, Resolver, join};
use crate::source::is_utf_16;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// Why a plan of a revision cannot be read.
#[derive(Debug)]
pub enum GitError {
    /// There is no `git` command.
    Missing,
    /// The folder lies in no repository.
    NoRepository,
    /// The repository has no such revision.
    NoRevision,
    /// The revision has no such file, whatever it was called.
    NoFile,
    /// The file cannot be read there.
    File(ResolveError),
    /// Anything else, in the words of `git`.
    Failed(String),
}

/// Finds a plan and its imports in a revision.
#[derive(Debug)]
pub struct GitResolver {
    revision: String,
    /// The folder that `git` runs in.
    folder: PathBuf,
    /// The plan's folder: `./` where `git` runs, or from the top of the repository.
    base: String,
    /// What names begin with: the revision, and the plan's folder as it was named.
    shown: String,
    limit: usize,
}

impl GitResolver {
    /// A resolver for the plan at `path`, with the plan's own text. A file that the revision calls otherwise
    /// than `other` does, or the folder where that is none, is read under its name there.
    pub fn open(
        revision: &str,
        path: &Path,
        other: Option<&str>,
        limits: &Limits,
    ) -> Result<(Self, ResolvedFile), GitError> {
        let parent = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut shown = format!("{revision}:");
        if parent != Path::new(".") || path.starts_with(".") {
            shown.push_str(&format!("{}/", parent.display()));
        }
        // A folder that is gone today may still be in the revision.
        let exists = parent.is_dir();
        let folder = if exists { parent.to_path_buf() } else { PathBuf::from(".") };
        let found = git(&folder, &["rev-parse", "--git-dir"])?;
        if !found.status.success() {
            return Err(GitError::NoRepository);
        }
        let commit = format!("{revision}^{{commit}}");
        let found = git(&folder, &["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        if !found.status.success() {
            return Err(GitError::NoRevision);
        }
        let base = if exists { String::from("./") } else { format!("./{}/", parent.display()) };
        let mut resolver =
            Self { revision: revision.to_owned(), folder, base, shown, limit: limits.plan_bytes };
        let mut name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let text = match resolver.text(&name) {
            Err(ResolveError::NotFound) => {
                let below = if exists { name } else { path.display().to_string() };
                name = resolver.renamed(&below, other)?.ok_or(GitError::NoFile)?;
                resolver.text(&name)
            }
            text => text,
        };
        let text = text.map_err(GitError::File)?;
        let file = ResolvedFile { name: format!("{}{name}", resolver.shown), text };
        Ok((resolver, file))
    }

    /// What the revision calls a file that the other side has under this name; the resolver looks into that
    /// file's folder then.
    fn renamed(&mut self, below: &str, other: Option<&str>) -> Result<Option<String>, GitError> {
        let prefix = git(&self.folder, &["rev-parse", "--show-prefix"])?;
        let full = format!("{}{below}", String::from_utf8_lossy(&prefix.stdout).trim_end());
        let mut args =
            vec!["diff", "--name-status", "--find-renames", "--diff-filter=R", "-z", &self.revision];
        args.extend(other);
        args.push("--");
        let found = git(&self.folder, &args)?;
        let told = String::from_utf8_lossy(&found.stdout).into_owned();
        let mut words = told.split('\0');
        // A rename is its likeness, the name in the revision, and the name on the other side.
        while let (Some(_), Some(was), Some(is)) = (words.next(), words.next(), words.next()) {
            if is != full {
                continue;
            }
            let (folder, name) = was.rsplit_once('/').map_or(("", was), |(folder, name)| (folder, name));
            self.base = if folder.is_empty() { String::new() } else { format!("{folder}/") };
            self.shown = format!("{}:{}", self.revision, self.base);
            return Ok(Some(name.to_owned()));
        }
        Ok(None)
    }

    /// The text of a file, by its path from the folder that `git` runs in.
    fn text(&self, path: &str) -> Result<String, ResolveError> {
        let object = format!("{}:{}{path}", self.revision, self.base);
        let failed = |error: GitError| ResolveError::Unreadable(format!("{error:?}"));
        let kind = git(&self.folder, &["cat-file", "-t", &object]).map_err(failed)?;
        match String::from_utf8_lossy(&kind.stdout).trim() {
            "blob" => {}
            "" => return Err(ResolveError::NotFound),
            _ => return Err(ResolveError::Unreadable("it is a folder, not a file".to_owned())),
        }
        let size = git(&self.folder, &["cat-file", "-s", &object]).map_err(failed)?;
        let size = String::from_utf8_lossy(&size.stdout).trim().parse().unwrap_or(usize::MAX);
        if size > self.limit {
            return Err(ResolveError::TooLarge);
        }
        let shown = git(&self.folder, &["cat-file", "blob", &object]).map_err(failed)?;
        if !shown.status.success() {
            return Err(ResolveError::NotFound);
        }
        if is_utf_16(&shown.stdout) {
            return Err(ResolveError::Utf16);
        }
        String::from_utf8(shown.stdout).map_err(|_| ResolveError::NotText)
    }
}

impl Resolver for GitResolver {
    fn resolve(&self, from: &str, path: &str) -> Result<ResolvedFile, ResolveError> {
        let from = from.strip_prefix(&self.shown).unwrap_or(from);
        let below = join(from, path)?;
        let text = self.text(&below)?;
        Ok(ResolvedFile { name: format!("{}{below}", self.shown), text })
    }
}

fn git(folder: &Path, args: &[&str]) -> Result<Output, GitError> {
    let run = Command::new("git").arg("-C").arg(folder).args(args).stdin(Stdio::null()).output();
    run.map_err(|error| match error.kind() {
        ErrorKind::NotFound => GitError::Missing,
        _ => GitError::Failed(error.to_string()),
    })
}

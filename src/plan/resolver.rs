//! How a plan's imports are found: a caller supplies a resolver, and a plan reads nothing else.

use std::collections::BTreeMap;
use thiserror::Error;

/// Finds the files that a plan imports. What it refuses, a plan cannot read.
pub trait Resolver {
    /// The file that `from` (the name of the importing file) means by `path`.
    ///
    /// The answer's name identifies the file: the same file must get the same name however it was
    /// asked for, because that is how a file imported twice and a circle of imports are recognised.
    ///
    /// # Errors
    /// [`ResolveError`] says why there is no such text.
    fn resolve(&self, from: &str, path: &str) -> Result<ResolvedFile, ResolveError>;
}

/// A file that an import led to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolvedFile {
    /// Its name, the same however it was asked for; shown to users.
    pub name: String,
    /// Its whole text.
    pub text: String,
}

/// Why an import led to no text.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ResolveError {
    /// There is nothing of that name.
    #[error("there is no such file")]
    NotFound,
    /// The path leads out of the plan's folder.
    #[error("it lies outside the plan's folder")]
    OutsideFolder,
    /// The file is not UTF-8.
    #[error("it is not a text in UTF-8")]
    NotText,
    /// The file is written in UTF-16.
    #[error("it is written in UTF-16, expected UTF-8")]
    Utf16,
    /// The file is larger than [`crate::limits::Limits::plan_bytes`].
    #[error("it is larger than the limit")]
    TooLarge,
    /// Anything else: a directory, no permission, imports that are not allowed here.
    #[error("{0}")]
    Unreadable(String),
}

/// Refuses every import: for a plan that must stand alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoImports;

impl Resolver for NoImports {
    fn resolve(&self, _from: &str, _path: &str) -> Result<ResolvedFile, ResolveError> {
        Err(ResolveError::Unreadable("imports are not allowed here".to_owned()))
    }
}

/// Texts by name, for embedders that keep plans elsewhere than in files, and for tests.
///
/// Paths are relative to the importing text's name, as they would be in a folder: with `..` and
/// `.`, but never out of the topmost one.
#[derive(Clone, Debug, Default)]
pub struct MapResolver {
    texts: BTreeMap<String, String>,
}

impl MapResolver {
    /// A resolver that knows no text yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text under a name such as `parts/market.toml`.
    #[must_use]
    pub fn with(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.texts.insert(name.into(), text.into());
        self
    }
}

impl Resolver for MapResolver {
    fn resolve(&self, from: &str, path: &str) -> Result<ResolvedFile, ResolveError> {
        let name = join(from, path)?;
        match self.texts.get(&name) {
            Some(text) => Ok(ResolvedFile { name, text: text.clone() }),
            None => Err(ResolveError::NotFound),
        }
    }
}

/// `path`, taken from the folder of `from`, with `.` and `..` carried out.
pub(crate) fn join(from: &str, path: &str) -> Result<String, ResolveError> {
    if path.starts_with('/') {
        return Err(ResolveError::OutsideFolder);
    }
    let mut parts: Vec<&str> = from.split('/').filter(|p| !matches!(*p, "" | ".")).collect();
    parts.pop();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop().ok_or(ResolveError::OutsideFolder)?;
            }
            name => parts.push(name),
        }
    }
    Ok(parts.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_taken_from_the_folder_of_the_importing_text() {
        assert_eq!(join("plan.toml", "parts/market.toml"), Ok("parts/market.toml".to_owned()));
        assert_eq!(
            join("parts/market.toml", "../calendars/./nyse.toml"),
            Ok("calendars/nyse.toml".to_owned())
        );
        assert_eq!(join("parts/market.toml", "other.toml"), Ok("parts/other.toml".to_owned()));
    }

    #[test]
    fn no_path_leads_out_of_the_topmost_folder() {
        assert_eq!(join("plan.toml", "../secret.toml"), Err(ResolveError::OutsideFolder));
        assert_eq!(join("a/plan.toml", "../../secret.toml"), Err(ResolveError::OutsideFolder));
        assert_eq!(join("plan.toml", "/etc/passwd"), Err(ResolveError::OutsideFolder));
    }

    #[test]
    fn a_map_answers_what_it_holds_and_nothing_else() {
        let map = MapResolver::new().with("parts/a.toml", "text");
        assert_eq!(map.resolve("plan.toml", "parts/a.toml").unwrap().text, "text");
        assert_eq!(map.resolve("plan.toml", "a.toml"), Err(ResolveError::NotFound));
        assert!(matches!(NoImports.resolve("plan.toml", "a.toml"), Err(ResolveError::Unreadable(_))));
    }
}

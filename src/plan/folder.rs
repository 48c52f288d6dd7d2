//! Imports from the plan's own folder: the only file of the library that touches the file system.

use super::resolver::{ResolveError, ResolvedFile, Resolver};
use crate::limits::Limits;
use crate::source::is_utf_16;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

/// Finds imports among the files of the plan's folder and the folders inside it.
///
/// A path is taken from the importing file's folder. Neither `..`, nor a symbolic link, nor an
/// absolute path leads out of the plan's folder, and only regular files up to
/// [`Limits::plan_bytes`] are read.
#[derive(Clone, Debug)]
pub struct FolderResolver {
    /// The plan file as its caller named it.
    shown: String,
    /// The folder as its caller named it; empty for a plan named without a folder.
    shown_folder: PathBuf,
    /// The plan file, every link followed.
    plan: PathBuf,
    /// The plan's folder, every link followed.
    folder: PathBuf,
    /// The most bytes a file may have.
    limit: usize,
}

impl FolderResolver {
    /// A resolver for the plan file at `plan`.
    ///
    /// # Errors
    /// [`ResolveError`] where the plan's folder cannot be found, or the path is that of a folder.
    pub fn for_plan(plan: &Path, limits: &Limits) -> Result<Self, ResolveError> {
        // A path drops the separator at its end, which says that a folder is meant.
        if plan.to_string_lossy().ends_with(std::path::is_separator) {
            return Err(ResolveError::Unreadable(
                "a path that ends so names a folder, not a file".to_owned(),
            ));
        }
        let shown_folder = plan.parent().map(Path::to_path_buf).unwrap_or_default();
        let name = plan.file_name().ok_or_else(|| ResolveError::Unreadable("it is not a file".to_owned()))?;
        let here = if shown_folder.as_os_str().is_empty() { Path::new(".") } else { &shown_folder };
        // The folder is the one that the plan is named in, also where the plan itself is a link
        // to somewhere else: that is the folder its author sees.
        let folder = here.canonicalize().map_err(|e| from_io(&e))?;
        let direct = folder.join(name);
        Ok(Self {
            shown: plan.to_string_lossy().into_owned(),
            plan: direct.canonicalize().unwrap_or(direct),
            shown_folder,
            folder,
            limit: limits.plan_bytes,
        })
    }

    /// The same for a part checked on its own: a part lies in a folder of the plans that import it,
    /// and may import what lies beside that folder.
    #[must_use]
    pub fn of_part(mut self) -> Self {
        let (folder, shown) = (self.folder.parent(), self.shown_folder.parent());
        if let (Some(folder), Some(shown)) = (folder, shown) {
            (self.folder, self.shown_folder) = (folder.to_path_buf(), shown.to_path_buf());
        }
        self
    }

    /// The plan file itself, under the name its caller gave.
    ///
    /// # Errors
    /// [`ResolveError`] where it cannot be read or is not a text.
    pub fn plan(&self) -> Result<ResolvedFile, ResolveError> {
        Ok(ResolvedFile { name: self.shown.clone(), text: self.read(&self.plan)? })
    }

    /// The folder, below the plan's, that the file of this name lies in.
    fn folder_of(&self, from: &str) -> PathBuf {
        let from = Path::new(from);
        let below = from.strip_prefix(&self.shown_folder).unwrap_or(from);
        below.parent().map(Path::to_path_buf).unwrap_or_default()
    }

    fn read(&self, path: &Path) -> Result<String, ResolveError> {
        // A pipe would wait for ever when opened, so the kind is asked for first.
        regular(&path.metadata().map_err(|e| from_io(&e))?)?;
        let file = File::open(path).map_err(|e| from_io(&e))?;
        regular(&file.metadata().map_err(|e| from_io(&e))?)?;
        let most = u64::try_from(self.limit).unwrap_or(u64::MAX);
        let mut bytes = Vec::new();
        file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(|e| from_io(&e))?;
        if bytes.len() > self.limit {
            return Err(ResolveError::TooLarge);
        }
        if is_utf_16(&bytes) {
            return Err(ResolveError::Utf16);
        }
        String::from_utf8(bytes).map_err(|_| ResolveError::NotText)
    }
}

impl Resolver for FolderResolver {
    fn resolve(&self, from: &str, path: &str) -> Result<ResolvedFile, ResolveError> {
        // First by the path's words alone, so that nothing outside is even asked about.
        let below = inside(&self.folder_of(from), Path::new(path))?;
        let found = self.folder.join(&below).canonicalize().map_err(|e| from_io(&e))?;
        // Then by where links lead.
        let below = found.strip_prefix(&self.folder).map_err(|_| ResolveError::OutsideFolder)?;
        let name = if found == self.plan {
            self.shown.clone()
        } else {
            self.shown_folder.join(below).to_string_lossy().into_owned()
        };
        Ok(ResolvedFile { name, text: self.read(&found)? })
    }
}

/// `path` taken from `folder`, both below the plan's folder, with `.` and `..` carried out.
fn inside(folder: &Path, path: &Path) -> Result<PathBuf, ResolveError> {
    let mut below = PathBuf::new();
    for part in folder.components().chain(path.components()) {
        match part {
            Component::CurDir => {}
            Component::Normal(name) => below.push(name),
            Component::ParentDir if below.pop() => {}
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => {
                return Err(ResolveError::OutsideFolder);
            }
        }
    }
    Ok(below)
}

fn regular(metadata: &std::fs::Metadata) -> Result<(), ResolveError> {
    if metadata.is_file() {
        Ok(())
    } else if metadata.is_dir() {
        Err(ResolveError::Unreadable("it is a folder, not a file".to_owned()))
    } else {
        Err(ResolveError::Unreadable("it is not a regular file".to_owned()))
    }
}

fn from_io(error: &std::io::Error) -> ResolveError {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => ResolveError::NotFound,
        ErrorKind::PermissionDenied => ResolveError::Unreadable("reading it is not permitted".to_owned()),
        _ => ResolveError::Unreadable(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("plans/parts")).unwrap();
        fs::write(dir.path().join("plans/plan.toml"), "plan").unwrap();
        fs::write(dir.path().join("plans/parts/a.toml"), "a").unwrap();
        fs::write(dir.path().join("plans/parts/b.toml"), "b").unwrap();
        fs::write(dir.path().join("secret.toml"), "secret").unwrap();
        dir
    }

    fn resolver(dir: &tempfile::TempDir) -> FolderResolver {
        FolderResolver::for_plan(&dir.path().join("plans/plan.toml"), &Limits::DEFAULT).unwrap()
    }

    #[test]
    fn files_are_found_from_the_importing_file_and_have_one_name() {
        let dir = folder();
        let r = resolver(&dir);
        let plan = r.plan().unwrap();
        let a = r.resolve(&plan.name, "parts/a.toml").unwrap();
        assert_eq!(a.text, "a");
        let b = r.resolve(&a.name, "b.toml").unwrap();
        assert_eq!(b.text, "b");
        assert_eq!(r.resolve(&plan.name, "parts/../parts/./b.toml").unwrap().name, b.name);
        assert_eq!(r.resolve(&a.name, "../plan.toml").unwrap().name, plan.name);
    }

    #[test]
    fn nothing_outside_the_folder_is_read() {
        let dir = folder();
        let r = resolver(&dir);
        let name = r.plan().unwrap().name;
        assert_eq!(r.resolve(&name, "../secret.toml"), Err(ResolveError::OutsideFolder));
        assert_eq!(r.resolve(&name, "parts/../../secret.toml"), Err(ResolveError::OutsideFolder));
        let absolute = dir.path().join("plans/parts/a.toml");
        assert_eq!(r.resolve(&name, absolute.to_str().unwrap()), Err(ResolveError::OutsideFolder));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_out_is_refused_and_one_that_stays_is_followed() {
        let dir = folder();
        std::os::unix::fs::symlink("../secret.toml", dir.path().join("plans/out.toml")).unwrap();
        std::os::unix::fs::symlink("parts/a.toml", dir.path().join("plans/in.toml")).unwrap();
        let r = resolver(&dir);
        let name = r.plan().unwrap().name;
        assert_eq!(r.resolve(&name, "out.toml"), Err(ResolveError::OutsideFolder));
        let linked = r.resolve(&name, "in.toml").unwrap();
        assert_eq!(linked.name, r.resolve(&name, "parts/a.toml").unwrap().name);
    }

    #[test]
    fn what_is_no_small_text_is_refused_with_its_reason() {
        let dir = folder();
        fs::write(dir.path().join("plans/wide.toml"), [0xff, 0xfe]).unwrap();
        fs::write(dir.path().join("plans/binary.toml"), [0x66, 0xfc]).unwrap();
        fs::write(dir.path().join("plans/large.toml"), "x".repeat(20)).unwrap();
        let limits = Limits { plan_bytes: 10, ..Limits::DEFAULT };
        let r = FolderResolver::for_plan(&dir.path().join("plans/plan.toml"), &limits).unwrap();
        let name = r.plan().unwrap().name;
        assert_eq!(r.resolve(&name, "wide.toml"), Err(ResolveError::Utf16));
        assert_eq!(r.resolve(&name, "binary.toml"), Err(ResolveError::NotText));
        assert_eq!(r.resolve(&name, "large.toml"), Err(ResolveError::TooLarge));
        assert_eq!(r.resolve(&name, "nowhere.toml"), Err(ResolveError::NotFound));
        assert!(matches!(r.resolve(&name, "parts"), Err(ResolveError::Unreadable(_))));
    }
}

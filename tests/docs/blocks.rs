//! The fenced blocks of a Markdown file.

use std::fs;
use std::path::{Path, PathBuf};

/// One fenced block.
#[derive(Clone, Debug)]
pub struct Block {
    /// The words after the fence: the language first.
    pub info: Vec<String>,
    /// What stands between the fences.
    pub text: String,
    /// The line of the opening fence, from 1.
    pub line: usize,
}

impl Block {
    /// Whether the words after the fence are these.
    pub fn is(&self, info: &[&str]) -> bool {
        self.info == info
    }
}

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the project.
pub fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Whether documentation is to be rewritten rather than compared.
pub fn update() -> bool {
    std::env::var_os("UPDATE").is_some()
}

/// Rewrites a file of the project.
pub fn write(path: &str, text: &str) {
    fs::write(root().join(path), text).unwrap_or_else(|e| panic!("{path}: {e}"));
}

/// The blocks of a Markdown text, in order.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut found = Vec::new();
    let mut open: Option<Block> = None;
    for (index, line) in text.lines().enumerate() {
        match (&mut open, line.strip_prefix("```")) {
            (None, Some(info)) => {
                let info = info.split_whitespace().map(str::to_owned).collect();
                open = Some(Block { info, text: String::new(), line: index + 1 });
            }
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(block), None) => {
                block.text.push_str(line);
                block.text.push('\n');
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    found
}

/// Every Markdown file that users and contributors read.
pub fn pages() -> Vec<String> {
    let mut found: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md", "ARCHITECTURE.md"].map(str::to_owned).to_vec();
    let docs = fs::read_dir(root().join("docs")).unwrap();
    let names = docs.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names
        .filter(|name| Path::new(name).extension().is_some_and(|e| e == "md"))
        .map(|name| format!("docs/{name}"))
        .collect();
    let examples = fs::read_dir(root().join("examples")).unwrap();
    let folders = examples.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let readmes = folders.map(|folder| format!("examples/{folder}/README.md"));
    names.extend(readmes.filter(|path| root().join(path).exists()));
    names.sort();
    found.extend(names);
    found
}

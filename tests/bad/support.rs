//! What the tests of bad plans and of the codes' pages share: the command run in a folder, the words
//! of a command line, the codes that a rendering names, and a difference that can be read.
#![allow(dead_code, clippy::arithmetic_side_effects)]

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What the command printed and how it ended.
#[derive(Clone, Debug, Default)]
pub struct Ran {
    pub out: String,
    pub err: String,
    /// The exit code; none where a signal ended it.
    pub code: Option<i32>,
}

impl Ran {
    /// Everything printed, standard output first.
    pub fn text(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

/// Runs `whereas` in a folder, with lines of 100 columns and nothing else from the surroundings.
pub fn run(folder: &Path, args: &[String], stdin: Option<&[u8]>) -> Ran {
    let mut child = Command::new(env!("CARGO_BIN_EXE_whereas"))
        .args(["--color", "never"])
        .args(args)
        .current_dir(folder)
        .env_clear()
        .env("COLUMNS", "100")
        .env("LC_ALL", "C.UTF-8")
        .stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    if let (Some(bytes), Some(mut pipe)) = (stdin, child.stdin.take()) {
        // A command that refuses before it has read all closes the pipe.
        let _ = pipe.write_all(bytes);
    }
    let output = child.wait_with_output().unwrap();
    Ran {
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
        code: output.status.code(),
    }
}

/// What is wrong with any run, whatever it was about: a panic, a signal, an exit code of its own.
pub fn misbehaved(ran: &Ran) -> Option<String> {
    let panicked = ran.err.contains("panicked at") || ran.err.contains("overflowed its stack");
    let known = matches!(ran.code, Some(0..=2));
    (panicked || !known).then(|| format!("ended with {:?}:\n{}", ran.code, ran.text()))
}

/// The words of a command line; a word with spaces stands in single quotes.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let (mut word, mut quoted, mut begun) = (String::new(), false, false);
    for c in line.trim().chars() {
        match c {
            '\'' => (quoted, begun) = (!quoted, true),
            ' ' if !quoted => {
                if begun {
                    words.push(std::mem::take(&mut word));
                }
                begun = false;
            }
            c => {
                word.push(c);
                begun = true;
            }
        }
    }
    assert!(!quoted, "a quote is not closed: {line}");
    if begun {
        words.push(word);
    }
    words
}

/// The codes of the problems in a rendering, in its order, repeats left in.
pub fn codes(text: &str) -> Vec<String> {
    let code = |line: &str| {
        let rest = line.strip_prefix("error[").or_else(|| line.strip_prefix("warning["))?;
        Some(rest.split_once("]:")?.0.to_owned())
    };
    text.lines().filter_map(code).collect()
}

/// Every code of the catalogue, as `whereas code` lists them.
pub fn catalogue() -> BTreeSet<String> {
    let ran = run(Path::new("."), &["code".to_owned()], None);
    let names: BTreeSet<String> =
        ran.out.lines().filter_map(|l| l.split_whitespace().next()).map(str::to_owned).collect();
    assert!(names.len() > 70, "{}", ran.text());
    names
}

/// Does something for every item on all processors and answers what came of it, in the items' order.
pub fn in_parallel<T: Sync, R: Send>(items: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, R)>> = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let (index, Some(item)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    (index, items.get(index))
                } {
                    let result = each(item);
                    done.lock().unwrap().push((index, result));
                }
            });
        }
    });
    let mut done = done.into_inner().unwrap();
    done.sort_by_key(|(index, _)| *index);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Folders and files inside a folder, in the order of their names.
pub fn inside(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut paths: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    paths.sort();
    paths
}

/// The last part of a path as text.
pub fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// A new, empty folder for what a test writes; it is removed with the value.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// Writes a file, and the folders it lies in.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Two texts line by line: `-` before what was expected and is missing, `+` before what came instead.
pub fn difference(expected: &str, found: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), found.lines().collect());
    // The lengths of the longest common ends, for every pair of places.
    let mut common = vec![vec![0_usize; new.len() + 1]; old.len() + 1];
    for i in (0..old.len()).rev() {
        for j in (0..new.len()).rev() {
            common[i][j] = if old[i] == new[j] {
                common[i + 1][j + 1] + 1
            } else {
                common[i + 1][j].max(common[i][j + 1])
            };
        }
    }
    let (mut i, mut j, mut out) = (0, 0, String::new());
    while i < old.len() || j < new.len() {
        let same = i < old.len() && j < new.len() && old[i] == new[j];
        let (mark, line) = if same {
            (i, j) = (i + 1, j + 1);
            (' ', new[j - 1])
        } else if j == new.len() || (i < old.len() && common[i + 1][j] >= common[i][j + 1]) {
            i += 1;
            ('-', old[i - 1])
        } else {
            j += 1;
            ('+', new[j - 1])
        };
        let _ = writeln!(out, "{mark} {line}");
    }
    out
}

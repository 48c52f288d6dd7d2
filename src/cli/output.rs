//! What reaches the terminal: text printed without panicking, and results where they are asked for.

use super::Exit;
use super::args::CheckFormat;
use super::file::{unwritten, write_file};
use super::interrupt::Interrupts;
use crate::data::Packing;
use crate::diagnostic::{Code, Diagnostic};
use crate::report::{self, ColourChoice, Style, Terminal, Visible};
use crate::source::SourceMap;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The two streams of the command.
#[derive(Clone, Debug)]
pub struct Screen {
    /// Standard output.
    pub out: Style,
    /// Standard error.
    pub err: Style,
    /// Whether standard output is a terminal.
    pub is_terminal: bool,
    /// How a problem of the command itself is printed.
    pub problems: CheckFormat,
    /// What an interrupt ends.
    pub interrupts: Interrupts,
}

impl Screen {
    /// The streams as they are.
    #[must_use]
    pub fn new(colour: ColourChoice) -> Self {
        let terminal = Terminal::detect(colour);
        Self {
            out: terminal.stdout_style(),
            err: terminal.stderr_style(),
            is_terminal: terminal.stdout,
            problems: CheckFormat::Human,
            interrupts: Interrupts::default(),
        }
    }

    /// The same where problems are printed otherwise.
    #[must_use]
    pub fn telling(self, problems: CheckFormat) -> Self {
        Self { problems, ..self }
    }

    /// Prints text laid out for people, in which nothing is left that a terminal would obey but
    /// colours, to standard output. A reader that has gone away is no fault; anything else is.
    pub fn print(&self, text: &str) -> Result<(), Exit> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Writes a format for programs to standard output: as it is, but on a terminal with everything
    /// written out that the terminal would obey.
    pub fn write(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Exit> {
        self.stream(|out| {
            if !self.is_terminal {
                return write(out);
            }
            let mut visible = Visible::new(out);
            write(&mut visible).and_then(|()| visible.flush())
        })
    }

    fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Exit> {
        let stdout = io::stdout().lock();
        let mut out = BufWriter::with_capacity(1 << 16, stdout);
        match write(&mut out).and_then(|()| out.flush()) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                // What is left in the buffer has no reader either.
                std::mem::forget(out.into_parts());
                Err(Exit::Fine)
            }
            Err(error) => {
                std::mem::forget(out.into_parts());
                self.fail(
                    &Diagnostic::error(
                        Code::OutputFailed,
                        format!("the results cannot be written: {}", unwritten(&error)),
                    )
                    .help("check the disk, or where the output goes"),
                );
                Err(Exit::CouldNotRun)
            }
        }
    }

    /// Prints to standard error; where that fails there is nobody to tell.
    pub fn tell(text: &str) {
        super::progress::clear();
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Prints a line to standard error.
    pub fn note(line: &str) {
        Self::tell(&format!("{line}\n"));
    }

    /// Prints one problem to standard error, and answers how the command ends.
    pub fn fail(&self, diagnostic: &Diagnostic) -> Exit {
        let problems = std::slice::from_ref(diagnostic);
        self.problems(problems, &SourceMap::default(), self.problems);
        Exit::of(problems)
    }

    /// Prints problems to standard error.
    pub fn problems(&self, diagnostics: &[Diagnostic], sources: &SourceMap, format: CheckFormat) {
        if !diagnostics.is_empty() {
            Self::tell(&render(diagnostics, sources, format, self.err));
        }
    }
}

/// Problems as text.
pub fn render(diagnostics: &[Diagnostic], sources: &SourceMap, format: CheckFormat, style: Style) -> String {
    match format {
        CheckFormat::Human => report::human(diagnostics, sources, style),
        CheckFormat::Json => report::json(diagnostics, sources),
        CheckFormat::Short => report::short(diagnostics, sources),
    }
}

/// Where results go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target<'a> {
    /// To standard output.
    Standard,
    /// Into a file.
    File(&'a Path),
}

impl<'a> Target<'a> {
    /// Where `--out` says; `-` is standard output, as is none.
    pub fn of(out: Option<&'a Path>) -> Self {
        match out {
            None => Self::Standard,
            Some(path) if path.as_os_str() == "-" => Self::Standard,
            Some(path) => Self::File(path),
        }
    }

    /// The ending of the file's name, in small letters.
    pub fn ending(&self) -> Option<String> {
        match self {
            Self::Standard => None,
            Self::File(path) => path.extension().and_then(|e| e.to_str()).map(str::to_ascii_lowercase),
        }
    }

    /// How a file of that name is packed.
    pub fn packing(&self) -> Packing {
        self.ending().as_deref().and_then(Packing::of_ending).unwrap_or(Packing::Plain)
    }

    /// The ending of the file's name before that of a packing, in small letters.
    pub fn format_ending(&self) -> Option<String> {
        match self {
            Self::File(path) if self.packing() != Packing::Plain => {
                Target::File(Path::new(path.file_stem()?)).ending()
            }
            _ => self.ending(),
        }
    }

    /// How text for people is drawn there: a file has no colours, whatever the terminal has.
    pub fn style(&self, screen: &Screen) -> Style {
        match self {
            Self::Standard => screen.out,
            Self::File(_) => Style { colour: false, unicode: true, width: 100 },
        }
    }

    /// Writes a format for programs there.
    pub fn write(
        &self,
        screen: &Screen,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Exit> {
        match self {
            Self::Standard => screen.write(write),
            Self::File(path) => write_file(path, screen, write).map_err(|fault| screen.fail(&fault)),
        }
    }

    /// Writes text laid out for people there.
    pub fn print(&self, screen: &Screen, text: &str) -> Result<(), Exit> {
        match self {
            Self::Standard => screen.print(text),
            Self::File(_) => self.write(screen, |out| out.write_all(text.as_bytes())),
        }
    }

    /// Refuses to write into the file that other output goes to as well, by whatever path.
    pub fn part_from(&self, other: &Self, screen: &Screen) -> Result<(), Exit> {
        let (Self::File(path), Self::File(other)) = (self, other) else { return Ok(()) };
        let place = place_of(path);
        if place.is_none() || place != place_of(other) {
            return Ok(());
        }
        let message =
            format!("`{}` is written by `--out` too, and one of the two would be lost", path.display());
        let fault = Diagnostic::error(Code::OutputFailed, message);
        Err(screen.fail(&fault.help("write the rows that are refused to a file of their own")))
    }

    /// Refuses to write over a file that is read, or into a folder of data.
    pub fn spare<'p>(&self, read: impl IntoIterator<Item = &'p Path>, screen: &Screen) -> Result<(), Exit> {
        let Self::File(out) = self else { return Ok(()) };
        let Ok(target) = out.canonicalize() else { return Ok(()) };
        let is_read = |path: &Path| {
            path.canonicalize()
                .is_ok_and(|p| p == target || (p.is_dir() && target.parent() == Some(p.as_path())))
        };
        if !read.into_iter().any(is_read) {
            return Ok(());
        }
        let fault = Diagnostic::error(
            Code::OutputFailed,
            format!("`{}` is read by this command and would be lost", out.display()),
        )
        .help("write the results to a file of their own");
        Err(screen.fail(&fault))
    }
}

/// Where a file is or will be, whatever is written for its folder; nowhere for a device, which loses nothing.
fn place_of(path: &Path) -> Option<PathBuf> {
    if path.metadata().is_ok_and(|found| !found.is_file()) {
        return None;
    }
    path.canonicalize().ok().or_else(|| {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Some(folder.canonicalize().ok()?.join(path.file_name()?))
    })
}

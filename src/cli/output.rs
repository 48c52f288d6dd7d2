//! What reaches the terminal and files: text printed without panicking, files written whole or not at all.

use super::Exit;
use super::args::CheckFormat;
use crate::diagnostic::{Code, Diagnostic};
use crate::report::{self, ColourChoice, Style, Terminal};
use crate::source::SourceMap;
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::Path;

/// The two streams of the command.
#[derive(Clone, Debug)]
pub struct Screen {
    /// Standard output.
    pub out: Style,
    /// Standard error.
    pub err: Style,
    /// Whether standard output is a terminal.
    pub is_terminal: bool,
}

impl Screen {
    /// The streams as they are.
    #[must_use]
    pub fn new(colour: ColourChoice) -> Self {
        let terminal = Terminal::detect(colour);
        Self { out: terminal.stdout_style(), err: terminal.stderr_style(), is_terminal: terminal.stdout }
    }

    /// Prints to standard output. A reader that has gone away is no fault; anything else is.
    pub fn print(&self, text: &str) -> Result<(), Exit> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Streams to standard output.
    pub fn stream(&self, write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Exit> {
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
                    &Diagnostic::error(Code::OutputFailed, format!("the results cannot be written: {error}"))
                        .help("check the disk, or where the output goes"),
                );
                Err(Exit::CouldNotRun)
            }
        }
    }

    /// Prints to standard error; where that fails there is nobody to tell.
    pub fn tell(text: &str) {
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }

    /// Prints one problem to standard error.
    pub fn fail(&self, diagnostic: &Diagnostic) {
        Self::tell(&report::human(std::slice::from_ref(diagnostic), &SourceMap::default(), self.err));
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

/// Writes a file whole or not at all: into a new file beside it, which then takes its place.
pub fn write_file(
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Box<Diagnostic>> {
    let failed = |error: &io::Error| {
        // The system's own words name the file beside it, which nobody knows of.
        let why = match error.kind() {
            ErrorKind::NotFound => "its folder does not exist".to_owned(),
            ErrorKind::NotADirectory => "a part of the path is a file, not a folder".to_owned(),
            ErrorKind::PermissionDenied => "writing there is not permitted".to_owned(),
            ErrorKind::StorageFull => "there is no space left".to_owned(),
            ErrorKind::IsADirectory => "it is a folder".to_owned(),
            _ if error.to_string().contains(".whereas-") => error.kind().to_string(),
            _ => error.to_string(),
        };
        Box::new(
            Diagnostic::error(Code::OutputFailed, format!("`{}` cannot be written: {why}", path.display()))
                .help("check the folder, its permissions and the space left; nothing was written"),
        )
    };
    if path.is_dir() {
        return Err(failed(&io::Error::new(ErrorKind::IsADirectory, "it is a folder")));
    }
    // A link is written through: its target is what is replaced. A device, or what stands for an open
    // stream such as /dev/stdout, has no place for a file beside it and cannot be replaced.
    let is_stream = path.starts_with("/dev") || path.starts_with("/proc");
    let target = if is_stream {
        path.to_path_buf()
    } else {
        path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
    };
    let path = target.as_path();
    if is_stream || (path.exists() && !path.is_file()) {
        let file = std::fs::OpenOptions::new().append(true).open(path).map_err(|e| failed(&e))?;
        let mut out = BufWriter::new(file);
        return write(&mut out).and_then(|()| out.flush()).map_err(|e| failed(&e));
    }
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file =
        tempfile::Builder::new().prefix(".whereas-").tempfile_in(folder).map_err(|e| failed(&e))?;
    {
        let mut out = BufWriter::with_capacity(1 << 16, file.as_file_mut());
        write(&mut out).and_then(|()| out.flush()).map_err(|e| failed(&e))?;
    }
    file.as_file().sync_all().map_err(|e| failed(&e))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The new file is private until it takes its place; then it is as readable as the old one.
        let mode = std::fs::metadata(path).map_or(0o644, |m| m.permissions().mode());
        file.as_file().set_permissions(std::fs::Permissions::from_mode(mode)).map_err(|e| failed(&e))?;
    }
    file.persist(path).map(|_| ()).map_err(|e| failed(&e.error))
}

/// Refuses to write over what is read: the plan, or data that the arguments name.
pub fn not_an_input(out: &Path, args: &super::args::DataArgs) -> Result<(), Box<Diagnostic>> {
    let Ok(target) = out.canonicalize() else { return Ok(()) };
    let data = args.data.iter().map(|d| {
        let path = Path::new(d);
        if path.exists() { path } else { d.split_once('=').map_or(path, |(_, file)| Path::new(file)) }
    });
    let is_read = |path: &Path| {
        path.canonicalize().is_ok_and(|p| p == target || (p.is_dir() && target.parent() == Some(p.as_path())))
    };
    let mut inputs = data.chain([args.plan.as_path()]).chain(args.determinations.as_deref());
    if inputs.any(is_read) {
        return Err(Box::new(
            Diagnostic::error(
                Code::OutputFailed,
                format!("`{}` is read by this command and would be lost", out.display()),
            )
            .help("write the results to a file of their own"),
        ));
    }
    Ok(())
}

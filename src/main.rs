//! The command: everything it does is a function of the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    whereas::cli::main()
}

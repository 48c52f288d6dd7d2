//! The command: everything it does is a function of the library.

use std::process::ExitCode;

/// A check makes and drops half a million small things, which the allocator of the C library spends a quarter of
/// the time on.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    whereas::cli::main()
}

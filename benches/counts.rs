//! Instructions of whole commands, which are the same on a busy machine and a quiet one, each with the most that
//! it may take: `sh benches/counts.sh`, which sees to what this needs beside Rust.
//!
//! Each bound is a tenth above what was counted, since compilers and libraries differ a little. Jobs take more on a
//! processor that does not work on four cells at once.
// What the macros make has no documentation.
#![allow(missing_docs)]
#![allow(clippy::pedantic, clippy::arithmetic_side_effects, clippy::unwrap_used, clippy::indexing_slicing)]

use gungraun::{
    BinaryBenchmarkConfig, Callgrind, Command, EventKind, binary_benchmark, binary_benchmark_group, main,
};

#[path = "roster.rs"]
#[allow(dead_code)]
mod roster;

/// What a command may take.
fn at_most(instructions: u64) -> BinaryBenchmarkConfig {
    let counted = Callgrind::with_args(["--cache-sim=no"]);
    let bounded = counted.clone().hard_limits([(EventKind::Ir, instructions)]).to_owned();
    BinaryBenchmarkConfig::default().tool(bounded).to_owned()
}

/// What a job may take, on a processor with AVX2 and on one without.
fn at_most_by(with: u64, without: u64) -> BinaryBenchmarkConfig {
    #[cfg(target_arch = "x86_64")]
    if std::arch::is_x86_feature_detected!("avx2") {
        return at_most(with);
    }
    let _ = with;
    at_most(without)
}

/// Where a file of so many rows stands while it is read.
fn file(rows: u32) -> String {
    format!("{}/counted-{rows}.csv", env!("CARGO_TARGET_TMPDIR"))
}

fn write_roster(rows: u32) {
    roster::write(rows, &file(rows), 7);
}

fn whereas(arguments: &[&str]) -> Command {
    Command::new(env!("CARGO_BIN_EXE_whereas"))
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .build()
}

// A whole job, from CSV to CSV. Less a tenth of as many rows, what is left are the rows themselves.
#[binary_benchmark]
#[bench::of_1_000_rows(args = (1_000), setup = write_roster, config = at_most_by(7_900_000, 8_900_000))]
#[bench::of_11_000_rows(args = (11_000), setup = write_roster, config = at_most_by(26_900_000, 36_500_000))]
fn run(rows: u32) -> Command {
    let data = format!("participants={}", file(rows));
    let out = format!("{}/counted.out.csv", env!("CARGO_TARGET_TMPDIR"));
    whereas(&[
        "run",
        "benches/purchase.toml",
        "--data",
        &data,
        "--set",
        "pool=6600000",
        "--only",
        "participants",
        "--threads",
        "1",
        "--engine",
        "columns",
        "--format",
        "csv",
        "--out",
        &out,
    ])
}

#[binary_benchmark]
#[bench::espp(args = ("plans/espp.toml"), config = at_most(178_000_000))]
#[bench::convertible_note(args = ("plans/convertible-note.toml"), config = at_most(189_000_000))]
fn check(plan: &str) -> Command {
    whereas(&["check", plan])
}

#[binary_benchmark]
#[bench::version(config = at_most(1_090_000))]
fn start() -> Command {
    whereas(&["--version"])
}

binary_benchmark_group!(name = commands, benchmarks = [run, check, start]);
main!(binary_benchmark_groups = commands);

#!/bin/sh
# Counts instructions, which are the same on a busy machine and a quiet one, and fails where a command takes more
# than benches/counts.rs allows. It needs valgrind, and the runner of the crate gungraun, which it installs
# beside what Rust builds, in the version that Cargo.lock names.
set -eu
cd "$(dirname "$0")/.."
if ! command -v valgrind >/dev/null 2>&1; then
    echo "skipped: instruction counts (valgrind is not installed)"
    exit 0
fi
target=${CARGO_TARGET_DIR:-$PWD/target}
version=$(sed -n '/^name = "gungraun-runner"$/{n;s/^version = "\(.*\)"$/\1/p;}' Cargo.lock)
tools=$target/tools/gungraun-$version
if ! test -x "$tools/bin/gungraun-runner"; then
    cargo install --quiet --locked --debug --root "$tools" --version "$version" --target-dir "$target/tools/build" gungraun-runner
fi
GUNGRAUN_RUNNER=$tools/bin/gungraun-runner cargo bench --quiet --bench counts -- "$@"

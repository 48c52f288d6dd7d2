#!/bin/sh
# Everything that must hold, in the order in which it fails fastest: form, lints, tests (with those of
# the documentation), the library alone, the plans, and the instructions that jobs take. It needs nothing
# but Rust; instructions are counted where valgrind is there, on a release build, which takes minutes:
# COUNTS=0 leaves them out.
set -eu
cd "$(dirname "$0")/.."

step() {
    printf '\n== %s\n' "$*"
    "$@"
}

# rustfmt and clippy come with Rust, but not with every way of installing it.
has() {
    if cargo "$1" --version >/dev/null 2>&1; then
        return 0
    fi
    printf '\n== %s is not installed: `rustup component add %s`\n' "$1" "$2"
    test -z "${CI:-}" || exit 1
    return 1
}

if has fmt rustfmt; then
    step cargo fmt --check
fi
if has clippy clippy; then
    step cargo clippy --locked --all-targets -- -D warnings
    step cargo clippy --locked --no-default-features --all-targets -- -D warnings
fi
step cargo test --locked --quiet
step cargo test --locked --quiet --no-default-features
step env RUSTDOCFLAGS="-D warnings" cargo doc --locked --quiet --no-deps --document-private-items
step cargo run --locked --quiet -- check plans/*.toml
step cargo run --locked --quiet -- test plans/*.toml
if test "${COUNTS:-1}" = 0; then
    printf '\n== skipped: instruction counts (COUNTS=0)\n'
else
    step sh benches/counts.sh
fi
printf '\neverything holds\n'

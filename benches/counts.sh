#!/bin/sh
# Counts instructions, which are the same on a busy machine and a quiet one, and fails where a job takes
# more than benches/counts.txt allows: sh benches/counts.sh [--write]. It needs valgrind.
set -eu
cd "$(dirname "$0")/.."
if ! command -v valgrind >/dev/null 2>&1; then
    echo "skipped: instruction counts (valgrind is not installed)"
    exit 0
fi
cargo build --release --quiet --bin whereas --example roster
bin=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
"$bin/examples/roster" 1000 "$work/few.csv"
"$bin/examples/roster" 11000 "$work/many.csv"

counted() {
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$bin/whereas" "$@" 2>&1 >/dev/null |
        sed -n 's/.*Collected : //p'
}
job() {
    counted run benches/purchase.toml --data "participants=$1" --set pool=6600000 --only participants \
        --threads 1 --engine columns --format csv --out "$work/out.csv"
}

few=$(job "$work/few.csv")
many=$(job "$work/many.csv")
{
    echo "row $(((many - few) / 10000))"
    echo "start $(counted --version)"
    echo "check-espp $(counted check plans/espp.toml)"
    echo "check-convertible-note $(counted check plans/convertible-note.toml)"
} >"$work/counts.txt"

if [ "${1:-}" = --write ]; then
    cp "$work/counts.txt" benches/counts.txt
    cat benches/counts.txt
    exit 0
fi
# A tenth more is allowed: compilers and libraries differ a little.
awk 'NR == FNR { allowed[$1] = $2; next }
    { more = $2 > allowed[$1] * 1.1; bad += more
      printf "%-24s %12d instructions, %12d allowed%s\n", $1, $2, allowed[$1] * 1.1, more ? "  TOO MANY" : "" }
    END { exit bad > 0 }' benches/counts.txt "$work/counts.txt"

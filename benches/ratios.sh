#!/bin/sh
# Times whole jobs, CSV to CSV, in one alternating run, and prints the median of each with its ratio to
# the hand-written baseline. Usage: sh benches/ratios.sh [ROWS] [ROUNDS]
set -eu
cd "$(dirname "$0")/.."
rows=${1:-1000000}
rounds=${2:-5}
cargo build --release --quiet --bin whereas --example roster --example baseline
bin=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
"$bin/examples/roster" "$rows" "$work/p.csv"
pool=$((rows * 600))

job() {
    case $1 in
        baseline) "$bin/examples/baseline" "$work/p.csv" "$work/baseline.csv" "$pool" ;;
        *) "$bin/whereas" run benches/purchase.toml --data "participants=$work/p.csv" --set "pool=$pool" \
            --only participants --threads "$1" --format csv --out "$work/$1.csv" ;;
    esac
}

# One round that is not counted, in which the results are compared too.
for name in baseline 1 2; do
    job $name
    cmp "$work/baseline.csv" "$work/$name.csv"
done
for _ in $(seq "$rounds"); do
    for name in baseline 1 2; do
        begin=$(date +%s%N)
        job $name
        end=$(date +%s%N)
        echo $(((end - begin) / 1000)) >>"$work/$name.times"
    done
done
median() { sort -n "$work/$1.times" | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'; }
base=$(median baseline)
echo "rows $rows, rounds $rounds, median of each"
for name in baseline 1 2; do
    awk -v name="$name" -v t="$(median $name)" -v base="$base" -v rows="$rows" 'BEGIN {
        what = name == "baseline" ? "written by hand, 1 thread" : "whereas, " name " thread" (name > 1 ? "s" : "")
        printf "%-26s %8.3f s %7.0f ns a row   %.2f of the baseline\n", what, t / 1e6, t * 1000 / rows, t / base
    }'
done

#!/bin/sh
# Times the workload beside DuckDB at equal threads, in one alternating run, and compares the results byte
# for byte: sh benches/duckdb.sh [ROWS] [ROUNDS]. PYTHON names an interpreter that has the module duckdb.
set -eu
cd "$(dirname "$0")/.."
rows=${1:-1000000}
rounds=${2:-5}
python=${PYTHON:-python3}
if ! "$python" -c 'import duckdb' 2>/dev/null; then
    echo "skipped: the comparison with DuckDB ($python has no module duckdb)"
    exit 0
fi
cargo build --release --quiet --bin whereas --example roster
bin=${CARGO_TARGET_DIR:-target}/release
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM
"$bin/examples/roster" "$rows" "$work/p.csv"
pool=$((rows * 600))
sed "s|INPUT|$work/p.csv|; s|OUTPUT|$work/duckdb.csv|; s|POOL|$pool|g" benches/duckdb.sql >"$work/job.sql"

job() {
    case $1 in
        duckdb) "$python" -c '
import duckdb, sys
script, threads = sys.argv[1:]
base = duckdb.connect(config={"threads": int(threads)})
base.execute(open(script).read())' "$work/job.sql" "$2" ;;
        whereas) "$bin/whereas" run benches/purchase.toml --data "participants=$work/p.csv" --set "pool=$pool" \
            --only participants --threads "$2" --format csv --out "$work/whereas.csv" ;;
    esac
}

for threads in 1 2; do
    job duckdb $threads
    job whereas $threads
    cmp "$work/duckdb.csv" "$work/whereas.csv"
done
for _ in $(seq "$rounds"); do
    for threads in 1 2; do
        for name in duckdb whereas; do
            begin=$(date +%s%N)
            job $name $threads
            end=$(date +%s%N)
            echo $(((end - begin) / 1000)) >>"$work/$name.$threads.times"
        done
    done
done
median() { sort -n "$work/$1.times" | awk '{ t[NR] = $1 } END { print t[int((NR + 1) / 2)] }'; }
echo "rows $rows, rounds $rounds, median of each"
for threads in 1 2; do
    awk -v threads=$threads -v duckdb="$(median duckdb.$threads)" -v own="$(median whereas.$threads)" 'BEGIN {
        printf "%d thread%-2s duckdb %8.3f s   whereas %8.3f s   duckdb takes %.1f times as long\n",
            threads, (threads > 1 ? "s" : ""), duckdb / 1e6, own / 1e6, duckdb / own
    }'
done

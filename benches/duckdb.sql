-- The rules of benches/purchase.toml in SQL, exact throughout: amounts are DECIMAL, quotients are whole
-- numbers of the smallest unit divided by `//`, since `/` would make binary fractions of them.
-- benches/duckdb.sh puts the paths and the pool in place of INPUT, OUTPUT and POOL.
SET enable_progress_bar = false;

CREATE TEMP TABLE asked AS
WITH roster AS (
    SELECT * FROM read_csv('INPUT', header = true, auto_detect = false, nullstr = '', columns = {
        'id': 'VARCHAR', 'hire_date': 'DATE', 'hours_per_week': 'DECIMAL(5, 2)', 'months_per_year': 'INTEGER',
        'owned_shares': 'BIGINT', 'status': 'VARCHAR', 'election': 'VARCHAR', 'pay': 'DECIMAL(12, 2)',
        'deduction_rate': 'DECIMAL(5, 4)', 'extra_cash': 'DECIMAL(12, 2)',
        'prior_purchases_fmv_this_year': 'DECIMAL(12, 2)'})
),
judged AS (
    SELECT *, hire_date + INTERVAL 3 MONTHS <= DATE '2001-01-02' AND hours_per_week > 20
        AND months_per_year >= 5 AND owned_shares * 20 < 93840935 AS eligible
    FROM roster
),
paid AS (
    SELECT *, CASE WHEN eligible
        THEN CAST(round(least(deduction_rate, CAST(0.1 AS DECIMAL(5, 4))) * pay, 2) AS DECIMAL(14, 2)) + extra_cash
        ELSE 0 END AS contribution
    FROM judged
)
SELECT id, eligible, CAST(contribution AS DECIMAL(14, 2)) AS contribution,
    CASE WHEN status = 'active' OR status IN ('retired', 'leave', 'deceased') AND election = 'purchase'
        THEN least(
            -- A price of 1.1157 and a value of 1.75 for a share, in ten-thousandths and hundredths.
            CAST(contribution * 100 AS BIGINT) * 100 // 11157,
            CAST(greatest(0, 25000 - prior_purchases_fmv_this_year) * 100 AS BIGINT) // 175)
        ELSE 0 END AS requested
FROM paid;

COPY (
    WITH total AS (SELECT CAST(sum(requested) AS HUGEINT) AS requested FROM asked),
    bought AS (
        SELECT asked.*, CASE WHEN total.requested > POOL
            THEN CAST(CAST(asked.requested AS HUGEINT) * POOL // total.requested AS BIGINT)
            ELSE asked.requested END AS purchased
        FROM asked, total
    ),
    priced AS (
        SELECT *, CAST(round(CAST(purchased AS DECIMAL(12, 0)) * CAST(1.1157 AS DECIMAL(5, 4)), 2)
            AS DECIMAL(14, 2)) AS cost
        FROM bought
    )
    SELECT id, eligible, contribution, requested, purchased, cost, CAST(contribution - cost AS DECIMAL(14, 2)) AS refund
    FROM priced
) TO 'OUTPUT' (FORMAT csv, HEADER true);

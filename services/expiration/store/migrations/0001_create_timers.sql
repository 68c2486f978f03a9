-- One row per order waiting to expire; deleted when the timer fires or no longer matters.
CREATE TABLE timers (
    order_id TEXT PRIMARY KEY,
    fires_at BIGINT NOT NULL
);
CREATE INDEX timers_by_time ON timers(fires_at, order_id);

-- One row an order whose time runs; gone when the time was told or is no longer of interest.
CREATE TABLE timers (
    order_id TEXT PRIMARY KEY,
    fires_at BIGINT NOT NULL
);
CREATE INDEX timers_by_time ON timers(fires_at, order_id);

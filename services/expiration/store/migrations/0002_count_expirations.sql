-- How many times an order's timer has fired: a failed charge restarts it. Deleted once the order is final.
CREATE TABLE fired (
    order_id TEXT PRIMARY KEY,
    times    BIGINT NOT NULL
);

-- How often an order's time was told to be over: a charge that came to nothing starts it anew. Gone with the timer's
-- order.
CREATE TABLE fired (
    order_id TEXT PRIMARY KEY,
    times    BIGINT NOT NULL
);

-- The stock, and the projection of each listing. held + sold <= capacity: no statement can oversell.
CREATE TABLE tickets (
    id            TEXT PRIMARY KEY,
    seller_id     TEXT NOT NULL,
    title         TEXT NOT NULL,
    price_minor   BIGINT NOT NULL,
    currency      TEXT NOT NULL,
    max_per_order BIGINT NOT NULL,
    starts_at     BIGINT,
    status        TEXT NOT NULL,
    version       BIGINT NOT NULL,
    capacity      BIGINT NOT NULL,
    held          BIGINT NOT NULL DEFAULT 0 CHECK (held >= 0),
    sold          BIGINT NOT NULL DEFAULT 0 CHECK (sold >= 0),
    stock_version BIGINT NOT NULL,
    CHECK (held + sold <= capacity)
);

CREATE TABLE orders (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL,
    status      TEXT NOT NULL,
    expires_at  BIGINT NOT NULL,
    total_minor BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    reason      TEXT,
    version     BIGINT NOT NULL,
    created_at  BIGINT NOT NULL
);
CREATE INDEX orders_of_buyer ON orders(user_id, id);
CREATE INDEX orders_unpaid ON orders(user_id, expires_at) WHERE status IN ('created', 'awaiting:payment');

-- `held_until` is the order's expires_at while it holds its tickets, else NULL.
CREATE TABLE order_items (
    order_id       TEXT NOT NULL,
    ticket_id      TEXT NOT NULL,
    seller_id      TEXT NOT NULL,
    title          TEXT NOT NULL,
    price_minor    BIGINT NOT NULL,
    currency       TEXT NOT NULL,
    quantity       BIGINT NOT NULL CHECK (quantity > 0),
    ticket_version BIGINT NOT NULL,
    held_until     BIGINT,
    PRIMARY KEY (order_id, ticket_id)
);
CREATE INDEX order_items_held ON order_items(ticket_id, held_until) WHERE held_until IS NOT NULL;

-- A row to lock while a buyer's unpaid orders are counted.
CREATE TABLE buyers (
    id TEXT PRIMARY KEY
);

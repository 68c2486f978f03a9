-- Projection of each order. `attempt` is its payment that is unresolved or has succeeded.
CREATE TABLE orders (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL,
    status      TEXT NOT NULL,
    expires_at  BIGINT NOT NULL,
    total_minor BIGINT NOT NULL,
    currency    TEXT NOT NULL,
    reason      TEXT,
    attempt     TEXT,
    version     BIGINT NOT NULL
);

-- What each seller gets, and the fee in it, as charged. `cancelled_at` is set when a line is to be refunded.
CREATE TABLE order_lines (
    order_id     TEXT NOT NULL,
    ticket_id    TEXT NOT NULL,
    seller_id    TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    fee_minor    BIGINT NOT NULL DEFAULT 0 CHECK (fee_minor >= 0 AND fee_minor <= amount_minor),
    cancelled_at BIGINT,
    PRIMARY KEY (order_id, ticket_id)
);

-- Attempts. While one is charging, `due_at` is the end of a replica's lease; then any other takes over.
CREATE TABLE payments (
    id           TEXT PRIMARY KEY,
    order_id     TEXT NOT NULL,
    user_id      TEXT NOT NULL,
    amount_minor BIGINT NOT NULL,
    currency     TEXT NOT NULL,
    status       TEXT NOT NULL,
    token        TEXT,
    reference    TEXT,
    reason       TEXT,
    due_at       BIGINT,
    tries        BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    version      BIGINT NOT NULL
);
CREATE UNIQUE INDEX payments_one_of_order ON payments(order_id) WHERE status <> 'failed';
CREATE INDEX payments_of_order ON payments(order_id, id);
CREATE INDEX payments_due ON payments(due_at) WHERE status = 'charging';

-- The id is the payment's id and the cause: the same refund can't be written twice.
CREATE TABLE refunds (
    id           TEXT PRIMARY KEY,
    payment_id   TEXT NOT NULL,
    amount_minor BIGINT NOT NULL CHECK (amount_minor > 0),
    currency     TEXT NOT NULL,
    reason       TEXT NOT NULL,
    status       TEXT NOT NULL,
    reference    TEXT,
    due_at       BIGINT,
    tries        BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    done_at      BIGINT
);
CREATE INDEX refunds_of_payment ON refunds(payment_id);
CREATE INDEX refunds_due ON refunds(due_at) WHERE status = 'pending';

-- Double entry: the entries of one transaction (id and kind) sum to zero.
CREATE TABLE ledger (
    transaction_id TEXT NOT NULL,
    kind           TEXT NOT NULL,
    account        TEXT NOT NULL,
    payment_id     TEXT NOT NULL,
    currency       TEXT NOT NULL,
    amount_minor   BIGINT NOT NULL CHECK (amount_minor <> 0),
    at             BIGINT NOT NULL,
    PRIMARY KEY (transaction_id, kind, account)
);
CREATE INDEX ledger_of_account ON ledger(account, currency, kind, amount_minor);

-- The provider's webhooks that were accepted.
CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX notices_by_age ON notices(at);

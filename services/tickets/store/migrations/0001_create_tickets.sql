-- One row per listing. `capacity` comes from orders (stock.set); `held`, `sold` and `earned_minor` count its
-- orders. `sort_date` is starts_at, or the end of time; `sort_price` is in thousandths, in any currency.
CREATE TABLE tickets (
    id            TEXT PRIMARY KEY,
    user_id       TEXT NOT NULL,
    title         TEXT NOT NULL,
    price_minor   BIGINT NOT NULL CHECK (price_minor > 0),
    currency      TEXT NOT NULL,
    quantity      BIGINT NOT NULL,
    capacity      BIGINT NOT NULL,
    held          BIGINT NOT NULL DEFAULT 0,
    sold          BIGINT NOT NULL DEFAULT 0,
    earned_minor  BIGINT NOT NULL DEFAULT 0,
    max_per_order BIGINT NOT NULL,
    status        TEXT NOT NULL,
    version       BIGINT NOT NULL,
    created_at    BIGINT NOT NULL,
    description   TEXT,
    venue         TEXT,
    city          TEXT,
    category      TEXT,
    starts_at     BIGINT,
    time_zone     TEXT,
    seats         TEXT,
    sort_date     BIGINT NOT NULL,
    sort_price    BIGINT NOT NULL
);
CREATE INDEX tickets_by_date ON tickets(status, sort_date, id);
CREATE INDEX tickets_by_price ON tickets(status, sort_price, id);
CREATE INDEX tickets_by_age ON tickets(status, created_at, id);
CREATE INDEX tickets_by_seller ON tickets(user_id, id);

-- The words of each listing, folded for case and accents, for search.
CREATE TABLE ticket_words (
    ticket_id TEXT NOT NULL,
    word      TEXT NOT NULL,
    PRIMARY KEY (ticket_id, word)
);
CREATE INDEX ticket_words_by_word ON ticket_words(word, ticket_id);

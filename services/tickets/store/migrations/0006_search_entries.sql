-- What searches read: one row per listing that is on sale, with its filters and sort keys as in `tickets`,
-- and its words (words.hpp); '' until they are indexed. Rows of events that have passed are removed.
CREATE TABLE search_entries (
    id         BIGSERIAL PRIMARY KEY,
    ticket_id  TEXT NOT NULL UNIQUE,
    user_id    TEXT NOT NULL,
    category   TEXT,
    currency   TEXT NOT NULL,
    sort_price BIGINT NOT NULL,
    sort_date  BIGINT NOT NULL,
    local_day  BIGINT,
    created_at BIGINT NOT NULL,
    words      TEXT NOT NULL
);
FULL TEXT search_entries(words);
INSERT INTO search_entries(ticket_id, user_id, category, currency, sort_price, sort_date, local_day,
                           created_at, words)
    SELECT id, user_id, category, currency, sort_price, sort_date, local_day, created_at, '' FROM tickets
    WHERE status = 'open';
-- An index for each order, with all filters, so that a search without words looks up no rows.
CREATE INDEX search_entries_by_date
    ON search_entries(sort_date, ticket_id, currency, sort_price, category, local_day);
CREATE INDEX search_entries_by_category
    ON search_entries(category, sort_date, ticket_id, currency, sort_price, local_day);
CREATE INDEX search_entries_by_price
    ON search_entries(currency, sort_price, ticket_id, sort_date, category, local_day);
CREATE INDEX search_entries_by_price_descending
    ON search_entries(currency, sort_price DESC, ticket_id DESC, sort_date, category, local_day);
CREATE INDEX search_entries_by_age
    ON search_entries(created_at, ticket_id, sort_date, currency, sort_price, category, local_day);
CREATE INDEX search_entries_by_seller ON search_entries(user_id, ticket_id);

-- Every word that a listing has or had; `word_variants` has those to which typing errors are corrected, each
-- whole and without one of its letters. `cities` has their names by the name folded.
CREATE TABLE words (word TEXT PRIMARY KEY);
CREATE TABLE word_variants (
    variant TEXT NOT NULL,
    word    TEXT NOT NULL,
    PRIMARY KEY (variant, word)
);
CREATE TABLE cities (
    folded TEXT PRIMARY KEY,
    name   TEXT NOT NULL
);

-- The version whose entry is stored: the program indexes listings that were written by an earlier one.
ALTER TABLE tickets ADD COLUMN entry_version BIGINT NOT NULL DEFAULT 0;
DROP INDEX tickets_to_index;
CREATE INDEX tickets_to_index ON tickets(status, (version - entry_version), id)
    WHERE status = 'open' AND entry_version <> version;

-- Searches no longer read these. `ticket_words` and `indexed_version` remain for replicas of the version
-- before.
DROP INDEX tickets_by_date;
DROP INDEX tickets_by_age;
DROP INDEX tickets_by_category;
DROP INDEX tickets_by_currency_and_price;
DROP INDEX tickets_by_currency_and_price_descending;

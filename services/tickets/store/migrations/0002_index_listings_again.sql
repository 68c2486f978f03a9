-- `local_day` is the event's date where it takes place, in days since 1970. `indexed_version` is the version
-- whose words and local_day are stored: the program indexes listings again that were written by an earlier
-- one.
ALTER TABLE tickets ADD COLUMN local_day BIGINT;
ALTER TABLE tickets ADD COLUMN indexed_version BIGINT NOT NULL DEFAULT 0;
CREATE INDEX tickets_to_index ON tickets(id) WHERE status = 'open' AND indexed_version <> version;

-- Prices are compared within a currency only.
CREATE INDEX tickets_by_currency_and_price ON tickets(status, currency, sort_price, id);
DROP INDEX tickets_by_price;

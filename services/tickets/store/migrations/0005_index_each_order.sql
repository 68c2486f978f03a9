-- An index for each order in which listings are searched, and for the listings of a category.
CREATE INDEX tickets_by_currency_and_price_descending ON tickets(status, currency, sort_price DESC, id DESC);
CREATE INDEX tickets_by_category ON tickets(status, category, sort_date, id);

-- SQLite would use any index that begins with the status rather than one with these listings only, unless the
-- condition bounds another column of it.
DROP INDEX tickets_to_index;
CREATE INDEX tickets_to_index ON tickets(status, (version - indexed_version), id)
    WHERE status = 'open' AND indexed_version <> version;

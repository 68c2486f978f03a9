-- What sellers see of their sales. The title and the number of tickets are NULL in orders from before, and
-- `tickets` in entries from before: how many an entry of a seller has sold, or taken back if negative.
ALTER TABLE order_lines ADD COLUMN title TEXT;
ALTER TABLE order_lines ADD COLUMN quantity BIGINT;
ALTER TABLE ledger ADD COLUMN tickets BIGINT;

-- A seller's entries by time, without anybody else's.
CREATE INDEX ledger_by_time ON ledger(account, at, transaction_id);

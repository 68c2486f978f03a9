-- The listing's version when its event last moved: another date, time zone, venue or city. `moved_from` has
-- the earlier ones as JSON.
ALTER TABLE listings ADD COLUMN moved_version BIGINT;
ALTER TABLE listings ADD COLUMN moved_from TEXT;

-- Who has paid for which tickets. `listing_version` is that of the listing when they were ordered; `void` is
-- 1 once the listing was cancelled.
CREATE TABLE purchases (
    ticket_id       TEXT NOT NULL,
    user_id         TEXT NOT NULL,
    order_id        TEXT NOT NULL,
    listing_version BIGINT NOT NULL,
    void            BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (ticket_id, user_id, order_id)
);

-- Moved events whose buyers after `last_user` are not emailed yet. `emailed` is 1 once a buyer may know
-- of it.
CREATE TABLE moves (
    ticket_id TEXT PRIMARY KEY,
    last_user TEXT NOT NULL,
    emailed   BIGINT NOT NULL DEFAULT 0
);

-- Purchases from before this table are read from the emails about them; the row goes when that is done.
CREATE TABLE purchases_backfill (
    last_email TEXT PRIMARY KEY
);
INSERT INTO purchases_backfill(last_email) VALUES ('');

-- What each version of a listing offers: an order keeps what was bought.
-- changed_version is the latest version, up to this one, whose offer buyers of earlier versions need not
-- accept, and changed_at is when it arrived.
CREATE TABLE offers (
    ticket_id       TEXT NOT NULL,
    version         BIGINT NOT NULL,
    title           TEXT NOT NULL,
    starts_at       BIGINT,
    time_zone       TEXT,
    venue           TEXT,
    city            TEXT,
    seats           TEXT,
    changed_version BIGINT,
    changed_at      BIGINT,
    PRIMARY KEY (ticket_id, version)
);

-- Why the tickets of this item are void; NULL with cancelled_at: the listing was cancelled.
ALTER TABLE order_items ADD COLUMN reason TEXT;

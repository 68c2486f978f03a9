-- The projection of a listing, and what its seller has set for the doors. seller_id and title are NULL until
-- its first event arrives: a pass of it may be issued before.
CREATE TABLE listings (
    id                TEXT PRIMARY KEY,
    seller_id         TEXT,
    title             TEXT,
    starts_at         BIGINT,
    time_zone         TEXT,
    venue             TEXT,
    city              TEXT,
    seats             TEXT,
    cancelled         BIGINT NOT NULL DEFAULT 0,
    version           BIGINT NOT NULL DEFAULT 0,
    transfers         TEXT NOT NULL DEFAULT 'allowed',
    max_transfers     BIGINT,
    rotating          BIGINT NOT NULL DEFAULT 0,
    reentry           TEXT NOT NULL DEFAULT 'none',
    mode              TEXT NOT NULL DEFAULT 'strict',
    settings_version  BIGINT NOT NULL DEFAULT 1,
    doors_opened_at   BIGINT,
    returns_closed_at BIGINT,
    -- How many times passes of it have been revoked or transferred.
    revoked_version   BIGINT NOT NULL DEFAULT 0,
    scanners          BIGINT NOT NULL DEFAULT 0
);

-- One per unit of a paid order. The row has the only live generation of its serial, and its open entry.
CREATE TABLE passes (
    id               TEXT PRIMARY KEY,
    order_id         TEXT NOT NULL,
    ticket_id        TEXT NOT NULL,
    number           BIGINT NOT NULL,
    serial           TEXT NOT NULL,
    shard            BIGINT NOT NULL,
    generation       BIGINT NOT NULL DEFAULT 1 CHECK (generation BETWEEN 1 AND 65535),
    holder_id        TEXT NOT NULL,
    title            TEXT NOT NULL,
    status           TEXT NOT NULL DEFAULT 'valid',
    revoking_version BIGINT,
    entries          BIGINT NOT NULL DEFAULT 0 CHECK (entries >= 0),
    inside           BIGINT NOT NULL DEFAULT 0 CHECK (inside IN (0, 1) AND inside <= entries),
    admitted_at      BIGINT,
    admitted_door    TEXT,
    version          BIGINT NOT NULL DEFAULT 1,
    created_at       BIGINT NOT NULL,
    UNIQUE (order_id, ticket_id, number),
    UNIQUE (ticket_id, serial)
);
CREATE INDEX passes_of_holder ON passes(holder_id, id);
CREATE INDEX passes_used ON passes(ticket_id, shard) WHERE entries > 0;
CREATE INDEX passes_revoking ON passes(ticket_id, shard) WHERE status = 'revoking';

-- Generations that are no longer valid, in the order of the door pack.
CREATE TABLE dead_generations (
    ticket_id  TEXT NOT NULL,
    serial     TEXT NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (ticket_id, serial, generation)
);

-- `generation` is the one that the transfer ends.
CREATE TABLE transfers (
    id           TEXT PRIMARY KEY,
    pass_id      TEXT NOT NULL,
    generation   BIGINT NOT NULL,
    from_user_id TEXT NOT NULL,
    to_user_id   TEXT,
    status       TEXT NOT NULL,
    version      BIGINT NOT NULL,
    created_at   BIGINT NOT NULL,
    claimed_at   BIGINT
);
CREATE INDEX transfers_of_pass ON transfers(pass_id, generation);
CREATE UNIQUE INDEX transfers_open ON transfers(pass_id) WHERE status = 'open';
CREATE UNIQUE INDEX transfers_claimed ON transfers(pass_id, generation) WHERE status = 'claimed';

-- A listing's keys: `sealed` has the private key and the door key, encrypted under ADMISSIONS_SECRET.
CREATE TABLE listing_keys (
    ticket_id  TEXT NOT NULL,
    number     BIGINT NOT NULL CHECK (number BETWEEN 1 AND 255),
    public_key TEXT NOT NULL,
    sealed     TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (ticket_id, number)
);

CREATE TABLE doors (
    id         TEXT PRIMARY KEY,
    ticket_id  TEXT NOT NULL,
    name       TEXT NOT NULL,
    role       TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX doors_of_listing ON doors(ticket_id, id);

CREATE TABLE scanners (
    id         TEXT PRIMARY KEY,
    door_id    TEXT NOT NULL,
    ticket_id  TEXT NOT NULL,
    number     BIGINT NOT NULL,
    name       TEXT,
    created_at BIGINT NOT NULL,
    UNIQUE (ticket_id, number)
);
CREATE INDEX scanners_of_door ON scanners(door_id);

-- Who admits the passes of a shard: the scanner `owner`, or the server if it is NULL. `lenient`: a supervisor
-- has taken it from a scanner that may not know. `wanted`: another scanner has asked for it.
CREATE TABLE shards (
    ticket_id TEXT NOT NULL,
    shard     BIGINT NOT NULL CHECK (shard BETWEEN 0 AND 63),
    epoch     BIGINT NOT NULL DEFAULT 0,
    owner     TEXT,
    lenient   BIGINT NOT NULL DEFAULT 0,
    wanted    BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (ticket_id, shard),
    CHECK (owner IS NULL OR lenient = 0)
);
CREATE INDEX shards_of_scanner ON shards(owner) WHERE owner IS NOT NULL;

-- What scanners have sent, and what they got: `response` for a scan by the server, `recorded` for an upload.
-- A scan that admitted somebody is the entry until `ended_at`, by a check-out or an undo.
CREATE TABLE scans (
    ticket_id  TEXT NOT NULL,
    nonce      TEXT NOT NULL,
    scanner_id TEXT NOT NULL,
    door_id    TEXT NOT NULL,
    action     TEXT NOT NULL,
    result     TEXT NOT NULL,
    pass_id    TEXT,
    generation BIGINT,
    at         BIGINT NOT NULL,
    scanned_at BIGINT NOT NULL,
    duplicate  BIGINT NOT NULL DEFAULT 0,
    ended_at   BIGINT,
    response   TEXT,
    recorded   TEXT,
    PRIMARY KEY (ticket_id, nonce)
);
CREATE INDEX scans_of_door ON scans(door_id, result, at);
CREATE UNIQUE INDEX scans_open_entry ON scans(pass_id)
    WHERE result = 'admitted' AND ended_at IS NULL AND duplicate = 0;

-- Admissions that there should not have been, found at uploads. first_door is NULL if the code was no longer
-- valid.
CREATE TABLE duplicates (
    id          TEXT PRIMARY KEY,
    ticket_id   TEXT NOT NULL,
    serial      TEXT NOT NULL,
    generation  BIGINT NOT NULL,
    first_door  TEXT,
    first_at    BIGINT,
    second_door TEXT NOT NULL,
    second_at   BIGINT NOT NULL
);
CREATE INDEX duplicates_of_listing ON duplicates(ticket_id, id);

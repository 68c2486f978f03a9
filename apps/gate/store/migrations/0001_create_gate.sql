-- This gate as a scanner of the shop; one row. `link` is the hash of the link that it has joined by, `pack`
-- the newest door pack, as JSON.
CREATE TABLE shop (
    id              BIGINT PRIMARY KEY CHECK (id = 1),
    scanner_id      TEXT NOT NULL,
    token           TEXT NOT NULL,
    ticket_id       TEXT NOT NULL,
    role            TEXT NOT NULL,
    link            TEXT NOT NULL,
    pack            TEXT,
    revoked_version BIGINT NOT NULL DEFAULT -1
);

-- The shards whose tickets this gate may admit, since it knows who has come in before, until it releases
-- them.
CREATE TABLE owned_shards (
    shard     BIGINT PRIMARY KEY,
    epoch     BIGINT NOT NULL,
    releasing BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE revoked (
    serial     TEXT NOT NULL,
    generation BIGINT NOT NULL,
    PRIMARY KEY (serial, generation)
);

-- Who has come in. generation, nonce, door and at are those of the last admission; NULL if it was elsewhere.
CREATE TABLE entries (
    serial TEXT PRIMARY KEY,
    shard  BIGINT NOT NULL,
    times  BIGINT NOT NULL,
    inside BIGINT NOT NULL,
    generation BIGINT,
    nonce  TEXT,
    door   TEXT,
    at     BIGINT
);
CREATE INDEX entries_of_shard ON entries(shard);

CREATE TABLE scanners (
    id         TEXT PRIMARY KEY,
    number     BIGINT NOT NULL UNIQUE,
    role       TEXT NOT NULL,
    name       TEXT NOT NULL,
    created_at BIGINT NOT NULL
);

-- Every scan with its response, in their order. upload: whether it has to be uploaded ('waiting'), may have
-- been ('sent'), or neither.
CREATE TABLE scans (
    number     BIGSERIAL PRIMARY KEY,
    nonce      TEXT NOT NULL UNIQUE,
    scanner_id TEXT NOT NULL,
    action     TEXT NOT NULL,
    serial     TEXT,
    generation BIGINT,
    shard      BIGINT,
    epoch      BIGINT,
    scanned_at BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    response   TEXT NOT NULL,
    upload     TEXT
);
CREATE INDEX scans_to_upload ON scans(number) WHERE upload IS NOT NULL;

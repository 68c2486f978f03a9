-- The tables of auth. Times are milliseconds since 1970, flags 0 or 1.

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,            -- normalised
    password_hash TEXT NOT NULL,
    epoch         BIGINT NOT NULL,                 -- raised by each password change: older tokens are refused
    roles         TEXT NOT NULL,                   -- separated by commas
    version       BIGINT NOT NULL,                 -- of the user.* events
    created_at    BIGINT NOT NULL,
    signed_in_at  BIGINT NOT NULL
);

CREATE TABLE sessions (
    id           TEXT PRIMARY KEY,
    user_id      TEXT NOT NULL,
    user_agent   TEXT NOT NULL,
    created_at   BIGINT NOT NULL,
    last_seen_at BIGINT NOT NULL,
    expires_at   BIGINT NOT NULL,                  -- when its newest token runs out
    ended        BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions(user_id, id);
CREATE INDEX sessions_by_expiry ON sessions(expires_at);

-- `number` counts keys, so that of several copies that make the next one, one does.
CREATE TABLE key_pairs (
    id         TEXT PRIMARY KEY,
    number     BIGINT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    sealed_key TEXT NOT NULL,                      -- encrypted under JWT_KEY_SECRET; emptied when retired
    created_at BIGINT NOT NULL,
    active_at  BIGINT NOT NULL,
    retired    BIGINT NOT NULL
);

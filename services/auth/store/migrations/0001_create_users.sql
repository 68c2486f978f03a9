-- Times are in milliseconds since 1970; flags are 0 or 1.

CREATE TABLE users (
    id            TEXT PRIMARY KEY,
    email         TEXT NOT NULL UNIQUE,            -- normalised
    password_hash TEXT NOT NULL,
    epoch         BIGINT NOT NULL,                 -- raised by a password change; older tokens are rejected
    roles         TEXT NOT NULL,                   -- comma-separated
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
    expires_at   BIGINT NOT NULL,                  -- of its newest token
    ended        BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions(user_id, id);
CREATE INDEX sessions_by_expiry ON sessions(expires_at);

-- `number` is unique, so only one of several replicas creates the next key.
CREATE TABLE key_pairs (
    id         TEXT PRIMARY KEY,
    number     BIGINT NOT NULL UNIQUE,
    public_key TEXT NOT NULL,
    sealed_key TEXT NOT NULL,                      -- encrypted under JWT_KEY_SECRET; emptied when retired
    created_at BIGINT NOT NULL,
    active_at  BIGINT NOT NULL,
    retired    BIGINT NOT NULL
);

-- Emailed links: address confirmation and password reset.

ALTER TABLE users ADD COLUMN confirmed BIGINT NOT NULL DEFAULT 0;   -- the user has proved to own the address

-- The token is not stored: notifications derives it from `id` and `purpose` when it renders the email.
CREATE TABLE links (
    token_hash TEXT PRIMARY KEY,
    id         TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT                                -- NULL: unused
);
CREATE INDEX links_by_user ON links(user_id, purpose);
CREATE INDEX links_by_expiry ON links(expires_at);

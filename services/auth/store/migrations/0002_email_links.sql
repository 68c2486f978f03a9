-- Mailed links: whose address it is, and forgotten passwords.

ALTER TABLE users ADD COLUMN confirmed BIGINT NOT NULL DEFAULT 0;   -- whether the address is known to be theirs

-- The token itself is nowhere: notifications makes it of `id` and `purpose` when the mail is written.
CREATE TABLE links (
    token_hash TEXT PRIMARY KEY,
    id         TEXT NOT NULL,
    purpose    TEXT NOT NULL,
    user_id    TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT                                -- NULL: not yet
);
CREATE INDEX links_by_user ON links(user_id, purpose);
CREATE INDEX links_by_expiry ON links(expires_at);

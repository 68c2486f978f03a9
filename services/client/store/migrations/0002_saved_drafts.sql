-- Listings that sellers have begun and saved. `slot` limits how many a seller has; `content` is that of
-- form_drafts.
CREATE TABLE saved_drafts (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL,
    slot       BIGINT NOT NULL,
    title      TEXT NOT NULL,
    content    TEXT NOT NULL,
    saved_at   BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    UNIQUE (user_id, slot)
);
CREATE INDEX saved_drafts_by_expiry ON saved_drafts(expires_at);

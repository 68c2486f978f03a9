-- What was typed into forms that were not accepted. `browser`: a random number in that browser's cookie.
CREATE TABLE form_drafts (
    id         TEXT PRIMARY KEY,
    browser    TEXT NOT NULL,
    user_id    TEXT,
    content    TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX form_drafts_by_browser ON form_drafts(browser, expires_at);
CREATE INDEX form_drafts_by_expiry ON form_drafts(expires_at);

-- Users' addresses, from auth's events.
CREATE TABLE people (
    id        TEXT PRIMARY KEY,
    email     TEXT NOT NULL,
    confirmed BIGINT NOT NULL
);

-- Projection of a listing, for emails.
CREATE TABLE listings (
    id        TEXT PRIMARY KEY,
    title     TEXT NOT NULL,
    venue     TEXT,
    city      TEXT,
    starts_at BIGINT,
    time_zone TEXT,
    seats     TEXT
);

-- `due_at` of a queued email is its next attempt; moving it forward leases the email to one replica.
CREATE TABLE mails (
    id         TEXT PRIMARY KEY,
    user_id    TEXT NOT NULL,
    kind       TEXT NOT NULL,
    data       TEXT NOT NULL,
    status     TEXT NOT NULL,
    due_at     BIGINT NOT NULL,
    tries      BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    sent_at    BIGINT,
    error      TEXT
);
CREATE INDEX mails_due ON mails(due_at) WHERE status = 'queued';
CREATE INDEX mails_by_age ON mails(created_at, id);

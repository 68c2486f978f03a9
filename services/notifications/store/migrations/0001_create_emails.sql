-- Where people are reached, as auth tells.
CREATE TABLE people (
    id        TEXT PRIMARY KEY,
    email     TEXT NOT NULL,
    confirmed BIGINT NOT NULL
);

-- Our copy of what mails tell of a listing.
CREATE TABLE listings (
    id        TEXT PRIMARY KEY,
    title     TEXT NOT NULL,
    venue     TEXT,
    city      TEXT,
    starts_at BIGINT,
    time_zone TEXT,
    seats     TEXT
);

-- `due_at` of a queued mail is when it is to be tried next; who tries it moves that on, and so leases the mail.
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

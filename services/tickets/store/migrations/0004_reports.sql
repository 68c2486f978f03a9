-- What users have reported about listings, until an operator dismisses it. One report per user and listing.
CREATE TABLE reports (
    ticket_id   TEXT NOT NULL,
    user_id     TEXT NOT NULL,
    reason      TEXT NOT NULL,
    details     TEXT NOT NULL,
    reported_at BIGINT NOT NULL,
    PRIMARY KEY (ticket_id, user_id)
);

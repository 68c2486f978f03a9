-- The names that sellers have chosen, from auth's events.
CREATE TABLE sellers (
    id   TEXT PRIMARY KEY,
    name TEXT NOT NULL
);

-- Set once the doors of the listing are open: its tickets can no longer be returned.
ALTER TABLE tickets ADD COLUMN returns_closed_at BIGINT;

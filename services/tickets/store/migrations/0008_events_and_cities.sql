-- `event` is the same for all listings of an event (words.hpp). Listings of earlier versions get it, and the
-- words by which searches find their city and event, when they are indexed again: `search_version` is the
-- version whose entry has them. `entry_version` remains for replicas of the version before.
ALTER TABLE tickets ADD COLUMN event TEXT;
ALTER TABLE tickets ADD COLUMN search_version BIGINT NOT NULL DEFAULT 0;
DROP INDEX tickets_to_index;
CREATE INDEX tickets_to_index ON tickets(status, (version - search_version), id)
    WHERE status = 'open' AND search_version <> version;

-- Counts the listings of each city without looking up rows.
CREATE INDEX tickets_by_city ON tickets(city, sort_date) WHERE status = 'open' AND city IS NOT NULL;

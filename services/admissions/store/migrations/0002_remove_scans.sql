-- What was counted at a door, by step of arrivals, in scans that are removed.
CREATE TABLE door_counts (
    door_id  TEXT NOT NULL,
    step     BIGINT NOT NULL,
    admitted BIGINT NOT NULL,
    refused  BIGINT NOT NULL,
    PRIMARY KEY (door_id, step)
);

-- Scans of doors that were closed by then are removed, or are about to be: from there nothing is uploaded any
-- more.
ALTER TABLE listings ADD COLUMN scans_removed_until BIGINT;

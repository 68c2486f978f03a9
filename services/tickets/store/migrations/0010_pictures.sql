-- Pictures that sellers have uploaded; their files are in the picture store. `state` is `uploading`,
-- `stored`, or `deleting` once no listing may take it any more. `used_at` is when it was uploaded, or
-- last put on a listing.
CREATE TABLE pictures (
    id      TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    width   BIGINT NOT NULL,
    height  BIGINT NOT NULL,
    state   TEXT NOT NULL,
    used_at BIGINT NOT NULL
);
CREATE INDEX pictures_by_use ON pictures(used_at, id);

ALTER TABLE tickets ADD COLUMN picture TEXT;
ALTER TABLE tickets ADD COLUMN picture_width BIGINT;
ALTER TABLE tickets ADD COLUMN picture_height BIGINT;
CREATE INDEX tickets_by_picture ON tickets(picture) WHERE picture IS NOT NULL;

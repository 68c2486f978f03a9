-- Imports of listings. The first `bytes` bytes of the file have been read, with their BLAKE2b `digest`: it
-- recognizes the file when the import is continued, whatever the file is called by then.
CREATE TABLE imports (
    id          TEXT PRIMARY KEY,
    user_id     TEXT NOT NULL,
    file        TEXT NOT NULL,
    bytes       BIGINT NOT NULL,
    lines       BIGINT NOT NULL,
    accepted    BIGINT NOT NULL,
    rejected    BIGINT NOT NULL,
    digest      TEXT NOT NULL,
    started_at  BIGINT NOT NULL,
    finished_at BIGINT
);
CREATE INDEX imports_by_user ON imports(user_id, id);
-- Two programs that import the same file at the same time end with one import: both would begin alike.
CREATE UNIQUE INDEX imports_unfinished ON imports(user_id, digest) WHERE finished_at IS NULL;

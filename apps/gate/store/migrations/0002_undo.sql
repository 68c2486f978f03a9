-- Of an undo, the nonce of the admission. Until the shop has answered about one that it has to do first, the
-- response is empty, and `asked` counts how often it was asked.
ALTER TABLE scans ADD COLUMN undoes TEXT;
ALTER TABLE scans ADD COLUMN asked BIGINT NOT NULL DEFAULT 0;
CREATE INDEX scans_undoing ON scans(undoes) WHERE response = '';

-- Of an undo, the nonce of the admission. Until the shop has answered about one that it has to do first, the
-- response is empty.
ALTER TABLE scans ADD COLUMN undoes TEXT;
CREATE INDEX scans_undoing ON scans(undoes) WHERE response = '';

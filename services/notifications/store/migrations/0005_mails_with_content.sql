-- Those whose content will be removed.
CREATE INDEX mails_with_content ON mails(created_at) WHERE data <> '';

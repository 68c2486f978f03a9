-- When a user confirms their address, what waited for it is sent.
CREATE INDEX mails_by_user ON mails(user_id) WHERE status = 'queued';

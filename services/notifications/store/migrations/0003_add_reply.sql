-- What the mail server replied to the latest attempt, if it did.
ALTER TABLE mails ADD COLUMN reply TEXT;

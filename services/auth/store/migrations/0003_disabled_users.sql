-- A user whom an operator has disabled can't sign in.

ALTER TABLE users ADD COLUMN disabled BIGINT NOT NULL DEFAULT 0;

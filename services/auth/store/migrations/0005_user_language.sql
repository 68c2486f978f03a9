-- The language that a user gets emails in: a language tag. NULL for users from before there were any.

ALTER TABLE users ADD COLUMN language TEXT;

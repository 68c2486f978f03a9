-- The language that a user gets emails in: a language tag. NULL: that of the settings.

ALTER TABLE people ADD COLUMN language TEXT;

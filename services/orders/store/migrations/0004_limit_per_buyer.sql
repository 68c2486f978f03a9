-- How many tickets of a listing one buyer may have in all orders together; NULL: unlimited.
ALTER TABLE tickets ADD COLUMN max_per_buyer BIGINT;

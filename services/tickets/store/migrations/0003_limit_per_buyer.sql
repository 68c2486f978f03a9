-- How many tickets one buyer may have in all orders together; NULL: unlimited.
ALTER TABLE tickets ADD COLUMN max_per_buyer BIGINT;

-- The name that buyers see; empty if it was taken away. `seller_version`: of the events seller.named.

ALTER TABLE users ADD COLUMN seller_name TEXT;
ALTER TABLE users ADD COLUMN seller_version BIGINT NOT NULL DEFAULT 0;

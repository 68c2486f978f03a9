-- When an order was cancelled or expired: the buyer waits before holding the same tickets again. NULL before
-- this column.
ALTER TABLE orders ADD COLUMN ended_at BIGINT;
CREATE INDEX orders_ended ON orders(user_id, ended_at) WHERE status = 'cancelled';

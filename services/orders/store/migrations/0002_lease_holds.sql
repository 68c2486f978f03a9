-- A charge under way leases the hold: until then the order holds its tickets, whatever expires_at says.
ALTER TABLE orders ADD COLUMN payment_id TEXT;
ALTER TABLE orders ADD COLUMN leased_until BIGINT;

-- When the listing was called off after the order was paid: these tickets are void.
ALTER TABLE order_items ADD COLUMN cancelled_at BIGINT;
CREATE INDEX order_items_by_ticket ON order_items(ticket_id, order_id);

-- Listings that were called off and whose orders have not all been seen to.
CREATE TABLE called_off (
    ticket_id TEXT PRIMARY KEY
);

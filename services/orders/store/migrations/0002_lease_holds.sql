-- A charge in progress leases the hold: the order keeps its tickets until then, whatever expires_at says.
ALTER TABLE orders ADD COLUMN payment_id TEXT;
ALTER TABLE orders ADD COLUMN leased_until BIGINT;

-- When the seller cancelled the listing after the order was paid: these tickets are void.
ALTER TABLE order_items ADD COLUMN cancelled_at BIGINT;
CREATE INDEX order_items_by_ticket ON order_items(ticket_id, order_id);

-- Cancelled listings with orders still to process.
CREATE TABLE called_off (
    ticket_id TEXT PRIMARY KEY
);

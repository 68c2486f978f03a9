// The sold tickets. Counts and handled versions are one value that is stored as a whole: an event's effect is never stored
// without the record that it was handled, nor the record without the effect.
import { isKnown, type Envelope } from "./events.js";

export interface Tally {
  listings: Record<string, { title: string; sold: number }>;
  orders: Record<string, { version: number; early: Envelope[] }>;  // the last version handled; events waiting for a gap to be filled
  unreadable: { error: string; text: string }[];
}

const maxUnreadable = 100;

export const emptyTally = (): Tally => ({ listings: {}, orders: {}, unreadable: [] });

// Handles an event of an order: exactly once and in version order, however often and in whatever order events arrive.
export function handle(tally: Tally, event: Envelope) {
  const order = (tally.orders[event.entityId] ??= { version: 0, early: [] });
  if (event.version <= order.version || order.early.some(({ version }) => version === event.version)) return;
  order.early.push(event);
  for (let next; (next = order.early.find(({ version }) => version === order.version + 1)); ) {
    order.early.splice(order.early.indexOf(next), 1);
    apply(tally, next);
    order.version = next.version;
  }
}

// A message that is not a valid event: kept for inspection; it blocks only its own order.
export function keepUnreadable(tally: Tally, text: string, error: string) {
  if (tally.unreadable.some((known) => known.text === text)) return;
  if (tally.unreadable.length < maxUnreadable) tally.unreadable.push({ error, text });
}

// The events that wait for an earlier one.
export const waiting = (tally: Tally) =>
  Object.entries(tally.orders).flatMap(([id, { early }]) => early.map(({ version }) => `${id} ${version}`));

// Events that change nothing here, or have an unknown type, still count as versions.
function apply(tally: Tally, event: Envelope) {
  if (!isKnown(event)) return;
  if (event.type === "order.completed") {
    for (const { ticketId, title, quantity } of event.data.items) add(tally, ticketId, title, quantity);
  } else if (event.type === "order.voided") {
    for (const { ticketId, title, quantity } of event.data.items) {
      if (ticketId === event.data.ticketId) add(tally, ticketId, title, -quantity);
    }
  }
}

function add(tally: Tally, ticketId: string, title: string, quantity: number) {
  const listing = (tally.listings[ticketId] ??= { title, sold: 0 });
  listing.title = title;
  listing.sold += quantity;
}

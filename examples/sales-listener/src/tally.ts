// What has been sold. The counts and the note of what was heard are one value that is stored as a whole: an event's
// effect can't last without the note, nor the note without the effect.
import { isKnown, type Envelope } from "./events.js";

export interface Tally {
  listings: Record<string, { title: string; sold: number }>;
  orders: Record<string, { version: number; early: Envelope[] }>;  // the last version heard; what waits for a gap to fill
  unreadable: { error: string; text: string }[];
}

const unreadableKept = 100;

export const emptyTally = (): Tally => ({ listings: {}, orders: {}, unreadable: [] });

// Counts an event of an order: once however often it comes, and in the order of their versions however they come.
export function hear(tally: Tally, event: Envelope) {
  const order = (tally.orders[event.entityId] ??= { version: 0, early: [] });
  if (event.version <= order.version || order.early.some(({ version }) => version === event.version)) return;
  order.early.push(event);
  for (let next; (next = order.early.find(({ version }) => version === order.version + 1)); ) {
    order.early.splice(order.early.indexOf(next), 1);
    apply(tally, next);
    order.version = next.version;
  }
}

// A message that is no event of ours: kept for people to look at; it holds up nobody but its own order.
export function keepUnreadable(tally: Tally, text: string, error: string) {
  if (tally.unreadable.some((known) => known.text === text)) return;
  if (tally.unreadable.length < unreadableKept) tally.unreadable.push({ error, text });
}

// The events that wait for one that was told before them.
export const waiting = (tally: Tally) =>
  Object.entries(tally.orders).flatMap(([id, { early }]) => early.map(({ version }) => `${id} ${version}`));

// Every event of an order is counted in its version, also those that change nothing here or are of a type that this
// program doesn't know.
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

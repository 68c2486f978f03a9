import assert from "node:assert/strict";
import { it } from "node:test";
import { readEvent } from "../src/events.js";
import { emptyTally, handle, keepUnreadable, waiting } from "../src/tally.js";
import { sale, sampleEvent, type SampleEvent } from "./samples.js";

function tallyOf(...events: SampleEvent[]) {
  const tally = emptyTally();
  for (const event of events) handle(tally, readEvent(JSON.stringify(event)));
  return tally;
}

it("counts paid tickets, not held ones", () => {
  const [held, awaiting, paid] = sale("one", "play", 2) as [SampleEvent, SampleEvent, SampleEvent];
  assert.deepEqual(tallyOf(held, awaiting).listings, {});
  assert.deepEqual(tallyOf(held, awaiting, paid).listings, { play: { title: "Tickets play", sold: 2 } });
});

it("counts an event once and in version order, in whatever order and however often it arrives", () => {
  const events = [...sale("one", "play", 2), sampleEvent("order.voided", "one", 4, (data) => {
    data.items = [{ ...data.items[0], ticketId: "play", quantity: 2 }];
    data.ticketId = "play";
  })];
  const orders = [[3, 2, 1, 0], [1, 0, 3, 3, 1, 2], [2, 2, 0, 0, 1, 3, 0, 1, 2, 3]];
  for (const order of orders) {
    const tally = tallyOf(...order.map((i) => events[i]!));
    assert.equal(tally.listings.play!.sold, 0);
    assert.deepEqual(tally.orders.one, { version: 4, early: [] });
  }
  assert.deepEqual(waiting(tallyOf(events[3]!, events[0]!, events[2]!)), ["one 4", "one 3"]);
});

it("subtracts only the cancelled listing of an order", () => {
  const items = [{ ticketId: "play", quantity: 2 }, { ticketId: "opera", quantity: 3 }];
  const withItems = (data: { items: object[]; ticketId?: string }) => {
    data.items = items.map((each) => ({ ...data.items[0], ...each }));
    if (data.ticketId) data.ticketId = "opera";
  };
  const { listings } = tallyOf(sampleEvent("order.completed", "one", 1, withItems), sampleEvent("order.voided", "one", 2, withItems));
  assert.deepEqual(Object.entries(listings).map(([id, { sold }]) => [id, sold]), [["play", 2], ["opera", 0]]);
});

it("ignores unknown types and members", () => {
  const [held, , paid] = sale("one", "play", 2) as [SampleEvent, SampleEvent, SampleEvent];
  const gifted = sampleEvent("order.gifted", "one", 2, (data) => (data.items = "something else by now"));
  const extended = { ...paid, dataschema: "x", data: { ...paid.data, addedLater: { deep: [1] } } };
  assert.equal(tallyOf(held, gifted, extended).listings.play!.sold, 2);
});

it("reports what is wrong with an invalid event", () => {
  const paid = sale("one", "play", 2)[2]!;
  for (const [text, reason] of [
    ["{", /JSON/],
    ["null", /must be object/],
    [JSON.stringify({ ...paid, version: 0 }), /version must be >= 1/],
    [JSON.stringify({ ...paid, data: { ...paid.data, items: {} } }), /data\/items must be array/],
  ] as const) {
    assert.throws(() => readEvent(text), reason);
  }
  const tally = emptyTally();
  for (const text of ["{", "{", "null"]) keepUnreadable(tally, text, "why");
  assert.equal(tally.unreadable.length, 2);
});

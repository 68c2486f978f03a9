// Events as Stagedoor publishes them: the golden samples of its contracts, with other orders and quantities.
import { readFileSync } from "node:fs";

const golden = new URL("../../../../contracts/tests/golden/", import.meta.url);  // from dist/test

type Data = any;

export interface SampleEvent {
  id: string;
  type: string;
  time: string;
  source: string;
  entityId: string;
  version: number;
  data: Data;
}

// An event of `order`; `change` may modify its data. The unknown type order.gifted has the data of order.created.
export function sampleEvent(type: string, order: string, version: number, change: (data: Data) => void = () => undefined): SampleEvent {
  const sample = type === "order.gifted" ? "order.created" : type;
  const data = JSON.parse(readFileSync(new URL(`${sample}.1.json`, golden), "utf8"));
  Object.assign(data, { id: order, version });
  change(data);
  return { id: `order:${order}:${version}`, type, time: "2026-05-01T19:30:00.000Z", source: "orders", entityId: order, version, data };
}

// From hold to paid: three events.
export function sale(order: string, ticketId: string, quantity: number): SampleEvent[] {
  const change = (data: Data) => (data.items = [{ ...data.items[0], ticketId, quantity, title: `Tickets ${ticketId}` }]);
  return [
    sampleEvent("order.created", order, 1, change),
    sampleEvent("order.awaiting", order, 2, change),
    sampleEvent("order.completed", order, 3, change),
  ];
}

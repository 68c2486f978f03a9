// Parses and validates events.
import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { schemas, type OrderEvent } from "../generated/events.js";

// Common to all events, including types added after this program was written: enough to count versions.
export interface Envelope {
  type: string;
  entityId: string;
  version: number;
}

const anyEvent = {
  type: "object",
  properties: {
    type: { type: "string", minLength: 1 },
    entityId: { type: "string", minLength: 1 },
    version: { type: "integer", minimum: 1 },
  },
  required: ["type", "entityId", "version"],
};

const ajv = new Ajv2020();
addFormats.default(ajv);
const isEvent = ajv.compile<Envelope>(anyEvent);
const validators = new Map<string, ValidateFunction<OrderEvent>>();
for (const [type, schema] of Object.entries(schemas)) validators.set(type, ajv.compile<OrderEvent>(schema));

export const isKnown = (event: Envelope): event is OrderEvent => validators.has(event.type);

// Throws an error that describes the first problem. Unknown members are accepted.
export function readEvent(text: string): Envelope {
  const event: unknown = JSON.parse(text);
  const validate = isEvent(event) ? (validators.get(event.type) ?? isEvent) : isEvent;
  if (!validate(event)) throw new Error(ajv.errorsText(validate.errors, { dataVar: "event" }));
  return event;
}

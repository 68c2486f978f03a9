// Holds events against docs/schemas: an envelope a line on stdin. Prints how many there were and the first that don't
// fit, and ends with 1 if there is one. Stricter than a listener: a member that no schema names doesn't fit either.
//   --complete  the events are all that was ever told: those of each entity must be counted 1, 2, 3 … once each
import { createInterface } from "node:readline";
import { closed, readSchemas, strictAjv } from "./schemas.js";

const shownAtMost = 20;
const complete = process.argv.includes("--complete");

const ajv = strictAjv();
const validators = new Map([...readSchemas()].map(([subject, schema]) => [subject, ajv.compile(closed(schema))]));
const counts = new Map();  // by type
const versions = new Map();  // by source, entity and its id
const failures = [];

function whatIsWrong(line) {
  let event;
  try {
    event = JSON.parse(line);
  } catch (error) {
    return `is no JSON: ${error.message}`;
  }
  const validate = validators.get(event?.type);
  if (!validate) return `has a type without a schema: ${event?.type}`;
  counts.set(event.type, (counts.get(event.type) ?? 0) + 1);
  if (!validate(event)) return validate.errors.map((each) => `${each.instancePath} ${each.message} ${JSON.stringify(each.params)}`).join("; ");
  const entity = event.type.split(".")[0];
  if (event.id !== `${entity}:${event.entityId}:${event.version}`) return `has the id ${event.id}`;
  const key = `${entity} ${event.entityId} of ${event.source}`;
  versions.set(key, [...(versions.get(key) ?? []), event.version]);
}

let lines = 0;
for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === "") continue;
  const wrong = whatIsWrong(line);
  ++lines;
  if (wrong) failures.push(`line ${lines} ${wrong}\n    ${line.slice(0, 400)}`);
}
if (complete) {
  for (const [key, all] of versions) {
    all.sort((one, other) => one - other);
    if (all.some((version, i) => version !== i + 1)) failures.push(`${key} has the versions ${all.slice(0, 50).join(" ")}`);
  }
}
if (lines === 0) failures.push("there were no events");

for (const [type, count] of [...counts].sort()) console.log(`${String(count).padStart(8)} ${type}`);
console.log(`${lines} events of ${counts.size} types, ${versions.size} entities, ${failures.length} failures`);
for (const failure of failures.slice(0, shownAtMost)) console.error(failure);
if (failures.length > shownAtMost) console.error(`… and ${failures.length - shownAtMost} more`);
process.exitCode = failures.length === 0 ? 0 : 1;

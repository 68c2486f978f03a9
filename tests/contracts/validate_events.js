// Validates envelopes, one per line on stdin, against docs/schemas. Prints counts and the first invalid events, and exits
// with 1 if there are any. Stricter than a subscriber: it rejects members that no schema names.
//   --complete  the input has all events ever published: the versions of each entity must be 1, 2, 3 … without gaps
import { createInterface } from "node:readline";
import { closed, readSchemas, strictAjv } from "./schemas.js";

const maxShown = 20;
const complete = process.argv.includes("--complete");

const ajv = strictAjv();
const validators = new Map([...readSchemas()].map(([subject, schema]) => [subject, ajv.compile(closed(schema))]));
const counts = new Map();  // by type
const versions = new Map();  // by source, entity and its id
const failures = [];

function findProblem(line) {
  let event;
  try {
    event = JSON.parse(line);
  } catch (error) {
    return `is not JSON: ${error.message}`;
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
  const problem = findProblem(line);
  ++lines;
  if (problem) failures.push(`line ${lines} ${problem}\n    ${line.slice(0, 400)}`);
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
for (const failure of failures.slice(0, maxShown)) console.error(failure);
if (failures.length > maxShown) console.error(`… and ${failures.length - maxShown} more`);
process.exitCode = failures.length === 0 ? 0 : 1;

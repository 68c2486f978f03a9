// Reads the documents in docs/ and creates validators from them.
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { basename, join } from "node:path";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

export const root = fileURLToPath(new URL("../../", import.meta.url));
export const readJson = (...path) => JSON.parse(readFileSync(join(root, ...path), "utf8"));

// By subject.
export function readSchemas() {
  const files = readdirSync(join(root, "docs", "schemas"));
  return new Map(files.map((file) => [basename(file, ".json"), readJson("docs", "schemas", file)]));
}

export function strictAjv() {
  const ajv = new Ajv2020.default({ strict: true, allErrors: true });
  addFormats.default(ajv);
  return ajv;
}

// The schema, but rejecting members that it does not name. For our own events; subscribers ignore unknown members.
export function closed(schema) {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== "object" || schema === null) return schema;
  const members = Object.entries(schema).map(([name, value]) => [name, closed(value)]);
  return { ...Object.fromEntries(members), ...(schema.type === "object" && { additionalProperties: false }) };
}

// A sample of every form of each event ever published, in its envelope.
export function goldenEnvelopes() {
  const folder = ["contracts", "tests", "golden"], schemas = readSchemas();
  return readdirSync(join(root, ...folder)).map((file) => {
    const type = file.replace(/\.\d+\.json$/, ""), data = readJson(...folder, file);
    const ofListing = ["stock.set", "doors.opened", "returns.closed"].includes(type);
    const entityId = (ofListing ? data.ticketId : type === "expiration.complete" ? data.orderId : data.id) ?? data.userId;
    const source = schemas.get(type).properties.source.const;
    const id = `${type.split(".")[0]}:${entityId}:${data.version}`;
    return { id, type, time: "2026-05-01T19:30:00.000Z", source, entityId, version: data.version, data };
  });
}

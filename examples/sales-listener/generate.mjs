// Generates generated/events.ts from the JSON Schemas of all order events: a type for each, and the schemas themselves, to
// validate incoming events.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const schemas = new URL("../../docs/schemas/", import.meta.url);
const types = [], names = [], texts = [];
for (const file of readdirSync(schemas).sort()) {
  if (!file.startsWith("order.")) continue;
  const text = readFileSync(new URL(file, schemas), "utf8");
  const schema = JSON.parse(text);
  types.push(await compile(schema, schema.title, { bannerComment: "" }));
  names.push(schema.title);
  texts.push(`  ${JSON.stringify(schema.properties.type.const)}: ${text.trim()},`);
}
mkdirSync(new URL("generated/", import.meta.url), { recursive: true });
writeFileSync(new URL("generated/events.ts", import.meta.url), `${types.join("\n")}
export type OrderEvent = ${names.join(" | ")};

// By the event's type.
export const schemas: Record<string, object> = {
${texts.join("\n")}
};
`);

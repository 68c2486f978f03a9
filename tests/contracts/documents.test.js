// Validates the output of stagedoor-describe against the specifications.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { describe, it } from "node:test";
import Ajv from "ajv";
import addFormats from "ajv-formats";
import { closed, goldenEnvelopes, readJson, readSchemas, strictAjv } from "./schemas.js";

const specification = createRequire(import.meta.url).resolve("@asyncapi/specs/schemas/3.0.0.json");

describe("docs/asyncapi.json", () => {
  const document = readJson("docs", "asyncapi.json");

  it("is an AsyncAPI 3.0.0 document", () => {
    // The specification includes the meta-schema of draft 7.
    const ajv = new Ajv.default({ strict: false, meta: false, validateSchema: false });
    addFormats.default(ajv);
    const validate = ajv.compile(JSON.parse(readFileSync(specification, "utf8")));
    assert.ok(validate(document), JSON.stringify(validate.errors));
    assert.ok(!validate({ ...document, channels: { broken: { address: 1 } } }), "it rejects an invalid document");
  });

  it("has no dangling references", () => {
    const references = JSON.stringify(document).match(/"#\/[^"]+"/g).map((text) => JSON.parse(text));
    for (const reference of references) {
      const found = reference.slice(2).split("/").reduce((value, name) => value?.[name], document);
      assert.ok(found, reference);
    }
    assert.ok(references.length > 100);
  });

  it("has a channel, a message and a sender for each event", () => {
    const senders = Object.values(document.operations).filter(({ action }) => action === "send");
    const sent = senders.map(({ channel }) => channel.$ref.replace("#/channels/", "")).sort();
    assert.deepEqual(sent, [...readSchemas().keys()].sort());
    assert.deepEqual(Object.keys(document.channels).sort(), sent);
    assert.equal(Object.keys(document.components.messages).length, sent.length);
  });

  it("has the same schemas as docs/schemas", () => {
    for (const [subject, { $schema, $id, ...schema }] of readSchemas())
      assert.deepEqual(document.components.schemas[schema.title], schema, subject);
  });
});

describe("docs/schemas", () => {
  it("are JSON Schemas of 2020-12, in strict mode", () => {
    const ajv = strictAjv();
    for (const [subject, schema] of readSchemas()) {
      assert.equal(schema.$schema, "https://json-schema.org/draft/2020-12/schema");
      assert.ok(ajv.validateSchema(schema), subject);
      ajv.compile(schema);
    }
  });

  it("match every published form of each event, and future additions", () => {
    const ajv = strictAjv();
    const schemas = readSchemas();
    for (const envelope of goldenEnvelopes()) {
      const validate = ajv.getSchema(schemas.get(envelope.type).$id) ?? ajv.compile(schemas.get(envelope.type));
      assert.ok(validate(envelope), `${envelope.type} ${JSON.stringify(validate.errors)}`);
      assert.ok(validate({ ...envelope, addedLater: 1, data: { ...envelope.data, addedLater: [null] } }), envelope.type);
      assert.ok(!validate({ ...envelope, source: "somebody" }), envelope.type);
      assert.ok(!validate({ ...envelope, data: undefined }), envelope.type);
    }
  });

  it("name every member ever published", () => {
    const ajv = strictAjv();
    const validators = new Map([...readSchemas()].map(([subject, schema]) => [subject, ajv.compile(closed(schema))]));
    for (const envelope of goldenEnvelopes()) {
      const validate = validators.get(envelope.type);
      assert.ok(validate(envelope), `${envelope.type} ${JSON.stringify(validate.errors)}`);
    }
  });
});

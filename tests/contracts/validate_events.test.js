import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { it } from "node:test";
import { goldenEnvelopes } from "./schemas.js";

const program = fileURLToPath(new URL("validate_events.js", import.meta.url));

function validate(events, ...options) {
  const input = events.map((each) => (typeof each === "string" ? each : JSON.stringify(each)) + "\n").join("");
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...options], { input, encoding: "utf8" });
  return { status, stdout, stderr };
}

const samples = goldenEnvelopes();
const completed = samples.find(({ type }) => type === "order.completed");
const counted = (...versions) => versions.map((version) => ({ ...completed, version, id: `order:${completed.entityId}:${version}` }));

it("counts valid events", () => {
  const { status, stdout, stderr } = validate(samples);
  assert.equal(stderr, "");
  const types = new Set(samples.map(({ type }) => type)).size;
  assert.match(stdout, new RegExp(`${samples.length} events of ${types} types`));
  assert.equal(status, 0);
});

for (const [what, event, message] of [
  ["a type that nobody declared", { ...completed, type: "order.gifted" }, /order\.gifted/],
  ["a member that no schema names", { ...completed, data: { ...completed.data, secret: 1 } }, /secret/],
  ["a member that is missing", { ...completed, data: { ...completed.data, items: undefined } }, /items/],
  ["an id that does not match", { ...completed, id: "order:other:1" }, /order:other:1/],
  ["invalid JSON", "{", /not JSON/],
  ["null", "null", /without a schema/],
]) {
  it(`finds ${what}`, () => {
    const { status, stderr } = validate([completed, event]);
    assert.match(stderr, message);
    assert.match(stderr, /^line 2 /);
    assert.equal(status, 1);
  });
}

it("finds gaps and duplicates with --complete", () => {
  assert.equal(validate(counted(2, 1, 3), "--complete").status, 0);
  for (const versions of [[1, 3], [1, 2, 2], [2]]) {
    const { status, stderr } = validate(counted(...versions), "--complete");
    assert.match(stderr, /has the versions/);
    assert.equal(status, 1);
    assert.equal(validate(counted(...versions)).status, 0);
  }
});

it("fails without events", () => assert.equal(validate([]).status, 1));

import assert from "node:assert/strict";
import { it } from "node:test";
import * as base45 from "../src/base45.js";
import { parse, verify } from "../src/ticket_code.js";
import { listingOf, nowOf, vectors } from "./vectors.js";

for (const each of vectors) {
  it(`${each.name}: ${each.expected}`, () => {
    assert.equal(verify(each.text, listingOf(each), nowOf(each)).is, each.expected);
    const code = parse(each.text);
    assert.equal(code === undefined, each.expected === "malformed");
    assert.equal(code?.keyId, each.keyId);
    assert.equal(code?.serial.toString("hex"), each.serial);
    assert.equal(code?.generation, each.generation);
    if (code !== undefined) assert.equal(base45.encode(base45.decode(each.text)!), each.text);
  });
}

it("there are vectors for every verdict", () => {
  const verdicts = new Set(vectors.map(({ expected }) => expected));
  assert.deepEqual([...verdicts].sort(), ["expired", "forged", "malformed", "valid", "wrong listing"]);
});

import assert from "node:assert/strict";
import { it } from "node:test";
import { decode, encode } from "../src/base45.js";

const ascii = (text: string) => Uint8Array.from(Buffer.from(text, "ascii"));

it("agrees with the examples of RFC 9285", () => {
  const examples = { AB: "BB8", "Hello!!": "%69 VD92EX0", "base-45": "UJCLQE7W581", "ietf!": "QED8WEX0" };
  for (const [bytes, text] of Object.entries(examples)) {
    assert.equal(encode(ascii(bytes)), text);
    assert.deepEqual(decode(text), ascii(bytes));
  }
});

it("has one text for every group, and decodes no other", () => {
  let decoded = 0;
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  for (const first of alphabet) {
    for (const second of alphabet) {
      const short = decode(first + second);
      if (short !== undefined) assert.equal(encode(short), first + second);
      for (const third of alphabet) {
        const bytes = decode(first + second + third);
        if (bytes === undefined) continue;
        ++decoded;
        assert.equal(encode(bytes), first + second + third);
      }
    }
  }
  assert.equal(decoded, 65_536);
});

it("refuses what is not Base45", () => {
  assert.deepEqual(decode("FGW"), Uint8Array.of(255, 255));
  assert.deepEqual(decode("U5"), Uint8Array.of(255));
  for (const text of ["GGW", ":::", "V5", "::", "0", "BB8B", "bb8", "BB8\n", "BB_", "B\u{1F3AD}"]) {
    assert.equal(decode(text), undefined, JSON.stringify(text));
  }
});

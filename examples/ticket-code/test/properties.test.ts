import assert from "node:assert/strict";
import { it } from "node:test";
import * as base45 from "../src/base45.js";
import { readKeys } from "../src/keys.js";
import { listingTag, verify, type Listing } from "../src/ticket_code.js";
import { doorKey, encodedKey, issue, key, listingId, rotate } from "./issue.js";
import { listingOf, nowOf, vector } from "./vectors.js";

const now = new Date("2026-11-30T19:30:07Z");
const printed: Listing = { id: listingId, key: () => key };
const rotating: Listing = { ...printed, doorKey };

function flip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  flipped[bit >> 3]! ^= 0x80 >> (bit & 7);
  return flipped;
}

for (const name of ["static", "highest serial and generation", "rotating, at once"]) {
  it(`${name}: is not valid with any bit flipped`, () => {
    const each = vector(name);
    const bytes = base45.decode(each.text)!;
    for (let bit = 0; bit < bytes.length * 8; ++bit) {
      const { is } = verify(base45.encode(flip(bytes, bit)), listingOf(each), nowOf(each));
      // What the signature doesn't cover can't make a code look forged.
      if (bit >= 80 * 8) assert.equal(is, "expired", `bit ${bit}`);
      else assert.ok(["malformed", "wrong listing", "forged"].includes(is), `bit ${bit}: ${is}`);
    }
  });
}

it("is malformed whenever it is cut or gets longer", () => {
  const { text, ...rest } = vector("rotating, at once");
  const listing = listingOf({ text, ...rest });
  for (let length = 0; length < text.length; ++length) {
    // 120 characters are as long as a printed code, but the flag says otherwise.
    assert.equal(verify(text.slice(0, length), listing, now).is, "malformed", `${length} characters`);
  }
  for (const more of [" ", "\n", "0", "00", "000"]) {
    assert.equal(verify(text + more, listing, now).is, "malformed");
    assert.equal(verify(more + text, listing, now).is, "malformed");
  }
});

it("has one text: a group that a 16-bit number would wrap around to the same bytes is malformed", () => {
  const alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
  const each = vector("static");
  let tried = 0;
  for (let at = 0; at < each.text.length; at += 3) {
    const [c, d, e] = [...each.text.slice(at, at + 3)].map((character) => alphabet.indexOf(character));
    const value = c! + 45 * d! + 2025 * e! + 65_536;
    if (value >= 45 ** 3) continue;
    ++tried;
    const digits = [value % 45, Math.floor(value / 45) % 45, Math.floor(value / 2025)];
    const alias = digits.map((digit) => alphabet[digit]!).join("");
    const text = each.text.slice(0, at) + alias + each.text.slice(at + 3);
    assert.equal(verify(text, listingOf(each), nowOf(each)).is, "malformed", text);
  }
  assert.ok(tried > 0);
});

it("is not valid when two characters are swapped", () => {
  const each = vector("static");
  for (let at = 0; at + 1 < each.text.length; ++at) {
    const swapped = each.text.slice(0, at) + each.text[at + 1]! + each.text[at]! + each.text.slice(at + 2);
    if (swapped === each.text) continue;
    assert.notEqual(verify(swapped, listingOf(each), nowOf(each)).is, "valid", `at ${at}`);
  }
});

it("has one signature: the same plus the group's order is forged", () => {
  // RFC 8032, 5.1.7 demands s < L. A lenient verifier would accept a second code for the same ticket.
  const order = 2n ** 252n + 27742317777372353535851937790883648493n;
  const bytes = issue(1);
  let s = order;
  for (let at = 0; at < 32; ++at) s += BigInt(bytes[48 + at]!) << BigInt(8 * at);
  for (let at = 0; at < 32; ++at) bytes[48 + at] = Number((s >> BigInt(8 * at)) & 255n);
  assert.equal(verify(base45.encode(bytes), printed, now).is, "forged");
});

it("verifies for every key id, also if the text begins with a space or a hyphen", () => {
  const beginnings = new Set<string>();
  for (let keyId = 1; keyId <= 255; ++keyId) {
    const text = base45.encode(issue(keyId, keyId * 257));
    beginnings.add(text[0]!);
    assert.equal(verify(text, printed, now).is, "valid", `key ${keyId}`);
  }
  assert.ok(beginnings.has(" ") && beginnings.has("-"));
});

it("is forged if the listing has no key with the code's id", () => {
  const tag = listingTag(listingId).toString("hex");
  const answer = { ticketId: listingId, tag, keys: [{ id: 2, publicKey: encodedKey }] };
  const listing = readKeys(JSON.stringify(answer));
  assert.equal(verify(base45.encode(issue(2)), listing, now).is, "valid");
  assert.equal(verify(base45.encode(issue(1)), listing, now).is, "forged");
});

it("is forged for another listing with the same tag", () => {
  const bytes = issue(1);
  const other = "019a0000-0000-7000-8000-0000000000b2";
  listingTag(other).copy(bytes, 2);
  assert.equal(verify(base45.encode(bytes), { ...printed, id: other }, now).is, "forged");
});

it("rotates: is current for two steps before and after, whenever in a step it is shown and checked", () => {
  const step = (time: Date) => Math.floor(time.getTime() / 15_000);
  for (let shownSecond = 0; shownSecond < 15; ++shownSecond) {
    const shown = new Date(now.getTime() + shownSecond * 1000);
    const text = base45.encode(rotate(issue(1), shown));
    for (let second = -60; second <= 60; ++second) {
      const checked = new Date(shown.getTime() + second * 1000);
      const expected = Math.abs(step(checked) - step(shown)) <= 2 ? "valid" : "expired";
      assert.equal(verify(text, rotating, checked).is, expected);
      if (Math.abs(second) <= 30) assert.equal(expected, "valid");
      if (Math.abs(second) >= 45) assert.equal(expected, "expired");
    }
  }
});

it("ignores a rotating part where codes don't rotate, whatever it says", () => {
  const bytes = rotate(issue(1), new Date(0));
  assert.equal(verify(base45.encode(bytes), printed, now).is, "valid");
  bytes.fill(0, 80);
  assert.equal(verify(base45.encode(bytes), printed, now).is, "valid");
});

it("needs a rotating part of the ticket's own, and of this generation", () => {
  const shown = rotate(issue(1, 1), now);
  const passedOn = Buffer.concat([rotate(issue(1, 2), now).subarray(0, 80), shown.subarray(80)]);
  assert.equal(verify(base45.encode(shown), rotating, now).is, "valid");
  assert.equal(verify(base45.encode(passedOn), rotating, now).is, "expired");
  const otherDoor = { ...rotating, doorKey: Buffer.alloc(32, 8) };
  assert.equal(verify(base45.encode(shown), otherDoor, now).is, "expired");
});

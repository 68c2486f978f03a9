// Keys as they are given to a verifier: one by one, or as the keys document of a listing.
import { createPublicKey, type KeyObject } from "node:crypto";
import { listingTag, type Listing } from "./ticket_code.js";

// Node ignores what isn't base64url, so the text is compared with what it should have been.
export function decodeKey(text: string): Buffer {
  const bytes = Buffer.from(text, "base64url");
  if (bytes.length !== 32 || bytes.toString("base64url") !== text) {
    throw new Error("a key must be 32 bytes in base64url without padding, which are 43 characters");
  }
  return bytes;
}

export function publicKey(bytes: Buffer): KeyObject {
  const key = { kty: "OKP", crv: "Ed25519", x: bytes.toString("base64url") };
  return createPublicKey({ key, format: "jwk" });
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

// The answer of GET /api/admissions/listings/:ticketId/keys. Unknown members are accepted.
export function readKeys(json: string): Listing {
  let answer: unknown;
  try {
    answer = JSON.parse(json);
  } catch {
    throw new Error("the keys are not JSON");
  }
  if (!isObject(answer) || typeof answer.ticketId !== "string" || !Array.isArray(answer.keys)) {
    throw new Error("the keys are not an object with ticketId and keys");
  }
  const { ticketId: id, tag } = answer;
  if (tag !== listingTag(id).toString("hex")) throw new Error("the tag is not that of the ticketId");
  const keys = new Map<number, KeyObject>();
  for (const each of answer.keys as unknown[]) {
    if (!isObject(each) || typeof each.id !== "number" || typeof each.publicKey !== "string") {
      throw new Error("a key is not an object with id and publicKey");
    }
    keys.set(each.id, publicKey(decodeKey(each.publicKey)));
  }
  return { id, key: (keyId) => keys.get(keyId) };
}

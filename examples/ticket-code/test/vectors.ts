// The test vectors of docs/ticket-code.md, which other implementations share.
import { readFileSync } from "node:fs";
import { publicKey } from "../src/keys.js";
import type { Listing, Verdict } from "../src/ticket_code.js";

export interface Vector {
  name: string;
  text: string;
  listing: string;
  publicKey: string;
  publicKeyId: number;
  doorKey?: string;
  now?: string;
  expected: Verdict["is"];
  keyId?: number;
  serial?: string;
  generation?: number;
}

// Seen from dist/test, this is ../../docs of the example.
const file = new URL("../../../../docs/ticket-code-vectors.json", import.meta.url);

export const vectors = (JSON.parse(readFileSync(file, "utf8")) as { codes: Vector[] }).codes;

export function vector(name: string): Vector {
  const found = vectors.find((each) => each.name === name);
  if (found === undefined) throw new Error(`there is no vector "${name}"`);
  return found;
}

// Its listing has one key, and rotates exactly if there is a door key.
export function listingOf({ listing, publicKey: key, publicKeyId, doorKey }: Vector): Listing {
  const onlyKey = publicKey(Buffer.from(key, "hex"));
  return {
    id: listing,
    key: (id) => (id === publicKeyId ? onlyKey : undefined),
    ...(doorKey && { doorKey: Buffer.from(doorKey, "hex") }),
  };
}

export function nowOf({ now }: Vector): Date {
  return new Date(now ?? "2026-11-30T19:30:00Z");
}

// The bytes of a ticket code, and how its signed part is verified.
import { createHash, verify as verifySignature, type KeyObject } from "node:crypto";
import * as base45 from "./base45.js";
import { isCurrent, type RotatingPart } from "./rotating.js";

const signedLength = 80;
const rotatingLength = 92;
const rotates = 1; // the flag

export interface TicketCode {
  keyId: number;
  tag: Buffer;
  serial: Buffer;
  generation: number;
  header: Buffer; // the bytes before the signature
  signature: Buffer;
  rotating?: RotatingPart;
}

// What a verifier has to know about the listing whose tickets it checks.
export interface Listing {
  id: string;
  key: (keyId: number) => KeyObject | undefined;
  doorKey?: Buffer; // set exactly if the listing's codes rotate
}

export type Verdict =
  | { is: "malformed" }
  | { is: "valid" | "wrong listing" | "forged" | "expired"; code: TicketCode };

// Undefined if the text is malformed.
export function parse(text: string): TicketCode | undefined {
  const decoded = base45.decode(text);
  if (decoded === undefined || decoded.length === 0) return undefined;
  const bytes = Buffer.from(decoded);
  const version = bytes[0]! >> 4;
  const flags = bytes[0]! & 0x0f;
  if (version !== 1 || (flags & ~rotates) !== 0) return undefined;
  if (bytes.length !== (flags & rotates ? rotatingLength : signedLength)) return undefined;
  const code: TicketCode = {
    keyId: bytes.readUInt8(1),
    tag: bytes.subarray(2, 6),
    serial: bytes.subarray(6, 14),
    generation: bytes.readUInt16BE(14),
    header: bytes.subarray(0, 16),
    signature: bytes.subarray(16, 80),
    ...(flags & rotates && { rotating: { step: bytes.readUInt32BE(80), proof: bytes.subarray(84, 92) } }),
  };
  return code.keyId === 0 || code.generation === 0 ? undefined : code;
}

export function listingTag(listingId: string): Buffer {
  return createHash("sha256").update(listingId, "latin1").digest().subarray(0, 4);
}

// The flags are left out, so one signature serves the printed and the rotating form of a code. The whole id
// is signed, so it doesn't matter that two listings may share a tag.
export function signedMessage(listingId: string, header: Buffer): Buffer {
  const withoutFlags = Buffer.from(header);
  withoutFlags[0]! &= 0xf0;
  return Buffer.concat([Buffer.from(`stagedoor ticket code 1\n${listingId}\n`, "latin1"), withoutFlags]);
}

// A valid code was issued for this listing. Whether the ticket was refunded or used since, only a door knows.
export function verify(text: string, listing: Listing, now: Date): Verdict {
  const code = parse(text);
  if (code === undefined) return { is: "malformed" };
  if (!code.tag.equals(listingTag(listing.id))) return { is: "wrong listing", code };
  const key = listing.key(code.keyId);
  const message = signedMessage(listing.id, code.header);
  const signed = key !== undefined && verifySignature(null, message, key, code.signature);
  if (!signed) return { is: "forged", code };
  if (listing.doorKey !== undefined && !isCurrent(code, listing.doorKey, now)) return { is: "expired", code };
  return { is: "valid", code };
}

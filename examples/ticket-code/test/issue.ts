// Issues codes like Stagedoor does, to test with keys and key ids of our own.
import { generateKeyPairSync, sign } from "node:crypto";
import { decodeKey, publicKey } from "../src/keys.js";
import { passSecret, proof, timeStep } from "../src/rotating.js";
import { listingTag, signedMessage } from "../src/ticket_code.js";

export const listingId = "019a0000-0000-7000-8000-0000000000b1";
export const doorKey = Buffer.alloc(32, 7);

const pair = generateKeyPairSync("ed25519");
export const encodedKey = pair.publicKey.export({ format: "jwk" }).x!;
export const key = publicKey(decodeKey(encodedKey));

// The signed part for a ticket, with a serial that makes it easy to recognize.
export function issue(keyId: number, generation = 1): Buffer {
  const header = Buffer.concat([
    Buffer.from([0x10, keyId]), listingTag(listingId), Buffer.from("0123456789abcdef", "hex"),
    Buffer.from([generation >> 8, generation & 255]),
  ]);
  return Buffer.concat([header, sign(null, signedMessage(listingId, header), pair.privateKey)]);
}

// What the holder's page shows at `now`.
export function rotate(signed: Buffer, now: Date): Buffer {
  const secret = passSecret(doorKey, { serial: signed.subarray(6, 14), generation: signed.readUInt16BE(14) });
  const step = Buffer.alloc(4);
  step.writeUInt32BE(timeStep(now));
  const bytes = Buffer.concat([signed, step, proof(secret, timeStep(now))]);
  bytes[0]! |= 1;
  return bytes;
}

// The part of a rotating ticket code that changes: docs/ticket-code.md.
import { decode, encode } from "./base45.js";

const staticBytes = 80, proofBytes = 8;

export function stepAt(milliseconds, stepSeconds) {
  return Math.floor(milliseconds / 1000 / stepSeconds);
}

export async function proofOf(secret, step) {
  const key = await crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const message = new DataView(new ArrayBuffer(4));
  message.setUint32(0, step);
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, message.buffer)).slice(0, proofBytes);
}

// The code for one step, from the signed part of it.
export async function rotated(signed, secret, step) {
  const bytes = new Uint8Array(staticBytes + 4 + proofBytes);
  bytes.set(decode(signed).slice(0, staticBytes));
  bytes[0] |= 1;
  new DataView(bytes.buffer).setUint32(staticBytes, step);
  bytes.set(await proofOf(secret, step), staticBytes + 4);
  return encode(bytes);
}

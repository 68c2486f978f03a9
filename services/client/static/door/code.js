// Reads ticket codes: docs/ticket-code.md.
import { decode } from "../base45.js";

const version = 1, rotates = 1;
const signedBytes = 16, staticBytes = 80, fullBytes = 92;

export function hex(bytes) {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
export function fromHex(text) {
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

// undefined unless the text is a code in its one spelling.
export function parse(text) {
  const bytes = decode(text);
  if (!bytes || bytes.length < staticBytes) return undefined;
  const flags = bytes[0] & 15;
  if (bytes[0] >> 4 !== version || flags > rotates) return undefined;
  if (bytes.length !== (flags & rotates ? fullBytes : staticBytes)) return undefined;
  const numbers = new DataView(bytes.buffer);
  const generation = numbers.getUint16(14);
  if (bytes[1] === 0 || generation === 0) return undefined;
  const signed = bytes.slice(0, signedBytes);
  signed[0] = version << 4;
  const code = { keyId: bytes[1], tag: hex(bytes.slice(2, 6)), serial: hex(bytes.slice(6, 14)), generation, signed,
                 signature: bytes.slice(signedBytes, staticBytes) };
  if (flags & rotates) code.rotation = { step: numbers.getUint32(staticBytes), proof: bytes.slice(staticBytes + 4) };
  return code;
}

// What a text is about: a rotating code is of the same ticket at each of its steps.
export function identityOf(text) {
  const code = parse(text);
  return code ? `${code.serial}.${code.generation}` : text;
}

export const shardCount = 64;
export function shardOf(serial) {
  return Number.parseInt(serial.slice(0, 2), 16) % shardCount;
}

// A serial number as people type it: "1F8B 4400 ff10-2030". undefined if it is none.
export function typedSerial(text) {
  const digits = text.replace(/[\s-]/g, "").toLowerCase();
  return /^[0-9a-f]{16}$/.test(digits) ? digits : undefined;
}

// Whether a code is a genuine ticket of this event: docs/ticket-code.md, "Reading a code". Needs no network.
import { fromBase64url } from "../base45.js";
import { proofOf, stepAt } from "../rotation.js";
import { fromHex, hex, parse } from "./code.js";
import { words } from "./wording.js";

const stepSeconds = 15, maxStepsOff = 2;
const text = new TextEncoder();

function join(...parts) {
  const all = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

export function signedMessage(ticketId, code) {
  return join(text.encode("stagedoor ticket code 1\n"), text.encode(ticketId + "\n"), code.signed);
}

async function hmac(key, message) {
  const imported = await crypto.subtle.importKey("raw", key, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return new Uint8Array(await crypto.subtle.sign("HMAC", imported, message));
}

export async function passSecret(doorKey, serial, generation) {
  return hmac(doorKey, join(fromHex(serial), [generation >> 8, generation & 255]));
}

async function isCurrent(code, doorKey, now) {
  if (!code.rotation || Math.abs(code.rotation.step - stepAt(now, stepSeconds)) > maxStepsOff) return false;
  const proof = await proofOf(await passSecret(doorKey, code.serial, code.generation), code.rotation.step);
  return hex(proof) === hex(code.rotation.proof);
}

// A function (publicKey, signature, message) → whether it verifies: the browser's own, or from an npm library (`load`) in
// browsers that lack it.
export async function chooseEd25519(load) {
  const own = (publicKey) => crypto.subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
  try {
    await own(fromBase64url("A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg"));
    return async (publicKey, signature, message) =>
      crypto.subtle.verify({ name: "Ed25519" }, await own(publicKey), signature, message);
  } catch {
    if (!load) throw new Error(words("no_signatures"));
    const library = await load();
    return (publicKey, signature, message) => library.verifyAsync(signature, message, publicKey, { zip215: false });
  }
}

// Of one event, from its door pack. Resolves to {code}, or to {reason, code?}.
export function newVerifier(pack, ed25519) {
  const keys = new Map(pack.keys.map(({ id, publicKey }) => [id, fromBase64url(publicKey)]));
  return async (scanned, now) => {
    const code = parse(scanned);
    if (!code) return { reason: "invalid" };
    if (code.tag !== pack.tag) return { reason: "wrongEvent", code };
    const key = keys.get(code.keyId);
    if (!key) return { reason: "invalid", code };
    const genuine = await ed25519(key, code.signature, signedMessage(pack.ticketId, code)).catch(() => false);
    if (!genuine) return { reason: "invalid", code };
    if (pack.rules.rotating && !(await isCurrent(code, fromBase64url(pack.doorKey), now))) return { reason: "expiredCode", code };
    return { code };
  };
}

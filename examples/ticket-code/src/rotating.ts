// The rotating part of a code: a proof that its reader saw it on the holder's page, not on an older picture.
import { createHmac, timingSafeEqual } from "node:crypto";

const stepSeconds = 15;
const maxStepsApart = 2; // clocks may be wrong by half a minute

export interface RotatingPart {
  step: number;
  proof: Buffer;
}

export interface Ticket {
  serial: Buffer;
  generation: number;
}

export function timeStep(now: Date): number {
  return Math.floor(now.getTime() / 1000 / stepSeconds);
}

// The generation is part of it, so whoever passes a ticket on can't compute proofs for its new holder's code.
export function passSecret(doorKey: Buffer, { serial, generation }: Ticket): Buffer {
  const generationBytes = Buffer.alloc(2);
  generationBytes.writeUInt16BE(generation);
  return createHmac("sha256", doorKey).update(serial).update(generationBytes).digest();
}

export function proof(secret: Buffer, step: number): Buffer {
  const stepBytes = Buffer.alloc(4);
  stepBytes.writeUInt32BE(step);
  return createHmac("sha256", secret).update(stepBytes).digest().subarray(0, 8);
}

export function isCurrent(code: Ticket & { rotating?: RotatingPart }, doorKey: Buffer, now: Date): boolean {
  const { rotating } = code;
  if (rotating === undefined || Math.abs(rotating.step - timeStep(now)) > maxStepsApart) return false;
  return timingSafeEqual(rotating.proof, proof(passSecret(doorKey, code), rotating.step));
}

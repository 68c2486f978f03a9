// What happens to a ticket at this door, from the door pack and this device's log alone. No clock, no network, no page: the
// same input gives the same decision, which is what the tests rely on (tests/browser/door.test.js).
import { fromBase64url } from "../base45.js";
import { fromHex, hex, shardOf } from "./code.js";

const pairBytes = 10;

// The sorted (serial, generation) pairs of a door pack, searched in place: 10 bytes each.
export class RevokedPairs {
  constructor(packed, added = []) {
    this.bytes = fromBase64url(packed);
    this.added = new Set(added.map(([serial, generation]) => `${serial}.${generation}`));
  }

  has(serial, generation) {
    if (this.added.has(`${serial}.${generation}`)) return true;
    const wanted = [...fromHex(serial), generation >> 8, generation & 255];
    for (let low = 0, high = this.bytes.length / pairBytes; low < high; ) {
      const middle = (low + high) >> 1;
      const order = this.compare(middle * pairBytes, wanted);
      if (order === 0) return true;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return false;
  }

  compare(at, wanted) {
    for (let i = 0; i < pairBytes; i += 1) {
      if (this.bytes[at + i] !== wanted[i]) return this.bytes[at + i] - wanted[i];
    }
    return 0;
  }
}

const serialBytes = 8;
function serialsIn(packed) {
  const all = hex(fromBase64url(packed));
  return all.match(new RegExp(`.{${serialBytes * 2}}`, "g")) ?? [];
}

// Who came in, as far as this device knows: what the server reported about the shards that it took over (`claimed`), then its
// own log. Of such a shard only scans of the same epoch count: the server's report includes all that happened before.
export class Entries {
  constructor(claimed = [], log = []) {
    this.bySerial = new Map();
    this.epochs = new Map(claimed.map(({ shard, epoch }) => [shard, epoch]));
    for (const { inside, used } of claimed) {
      for (const serial of serialsIn(used)) this.bySerial.set(serial, [{ inside: false }]);
      for (const serial of serialsIn(inside)) this.bySerial.set(serial, [{ inside: true }]);
    }
    for (const scan of log) this.add(scan);
  }

  add(scan) {
    const epoch = this.epochs.get(shardOf(scan.serial));
    if (epoch === undefined || epoch === scan.epoch) this.apply(scan);
  }

  // An accepted scan: an admission, a check-out, or an undo of one of them.
  apply({ nonce, serial, action, at, door, undoes }) {
    const states = this.bySerial.get(serial) ?? [];
    if (action === "undo") {
      const kept = states.filter((state) => state.nonce !== undoes);
      if (kept.length) this.bySerial.set(serial, kept);
      else this.bySerial.delete(serial);
      return;
    }
    states.push({ nonce, inside: action === "admit", at, door });
    this.bySerial.set(serial, states);
  }

  // {inside, at?, door?} of the last change; undefined if nobody came in with it.
  last(serial) {
    return this.bySerial.get(serial)?.at(-1);
  }
}

// Who decides about a ticket: this device ("here"), the "server", "other" (the scanner that owns its shard), or "nobody" who
// could be reached. `claimed` has the shards that this device took over, `releasing` those that it is returning.
export function deciderOf({ pack, me, claimed, releasing, online }, serial) {
  const shard = pack.shards[shardOf(serial)];
  if (pack.rules.mode === "lenient" || shard.lenient) return { by: online ? "server" : "here" };
  const mine = shard.owner === me && !releasing.has(shard.shard);
  if (mine && claimed.some((each) => each.shard === shard.shard && each.epoch === shard.epoch)) return { by: "here" };
  // Another one's, as far as we know: the server knows better.
  if (online) return { by: "server" };
  if (!shard.owner || shard.owner === me) return { by: "nobody" };
  return { by: "other", owner: pack.doors.find(({ scannerId }) => scannerId === shard.owner) };
}

// The decision about a genuine code of a shard that is decided here: {result} or {result: "refused", reason, first?}.
export function decide({ rules, revoked, entries, serial, generation, action }) {
  const last = entries.last(serial);
  if (action === "checkOut") return last?.inside ? { result: "checkedOut" } : { result: "refused", reason: "notInside" };
  if (revoked.has(serial, generation)) return { result: "refused", reason: "revoked" };
  if (last && (last.inside || rules.reentry !== "allowed")) {
    return { result: "refused", reason: "alreadyRedeemed", ...(last.at && { first: { door: last.door, at: last.at } }) };
  }
  return { result: "admitted" };
}

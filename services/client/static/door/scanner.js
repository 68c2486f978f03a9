// A device at a door: joins, scans, keeps its log, uploads it, takes over shards and returns them. It has no page of its own;
// door.js shows what it does, and the tests drive it with another store, server and clock.
import { shardOf, typedSerial } from "./code.js";
import { Entries, RevokedPairs, decide, deciderOf } from "./decide.js";
import { DoorClosed, NoConnection, NotYet, Refused } from "./server.js";
import { words } from "./wording.js";

const maxUpload = 300;  // scans per request: as many as fit into the largest body that the API takes
const maxTries = 15;  // of taking over shards: the first time, returns of tickets have to end before
// Nothing was decided: the same request may be sent again.
const isUndecided = ({ reason }) => reason === "needsNetwork" || reason === "needsShop";
const refreshAfter = 60_000;  // ms: who owns a shard may have changed without us

export class Scanner {
  constructor({ store, server, newVerifier, now, newNonce, pause, onChange = () => {} }) {
    Object.assign(this, { store, server, newVerifier, clock: now, newNonce, pause, onChange });
    this.online = true;
    this.closed = false;
    this.doubted = false;  // whether it is closed: so it was before the page was loaded
    this.lost = false;  // nobody takes its scans any more
    this.identity = this.pack = this.counts = undefined;
    this.log = [];
    this.revokedLater = [];
    this.claimed = [];
    this.releasing = new Set();
    this.requested = [];
    this.clockOffset = 0;
    this.refreshedAt = -Infinity;
    this.unanswered = new Map();  // the nonces of scans whose response was lost, by action and ticket
    this.writing = Promise.resolve();
  }

  // ---- what it is

  get supervisor() { return this.identity?.door.role === "supervisor"; }
  get pending() { return this.log.filter((scan) => !scan.uploaded); }
  get ownShards() {
    return (this.pack?.shards ?? []).filter(({ owner, lenient }) => owner === this.identity.id && !lenient);
  }
  now() { return this.clock() + this.clockOffset; }

  // Continues where this device left off; false if it has not joined a door yet.
  async resume() {
    const kept = await this.store.load();
    this.log = kept.scans ?? [];
    if (!kept.identity) return false;
    this.identity = kept.identity;
    this.server.token = kept.identity.token;
    this.revokedLater = kept.revokedLater ?? [];
    this.claimed = kept.claimed ?? [];
    this.releasing = new Set(kept.releasing ?? []);
    this.clockOffset = kept.clockOffset ?? 0;
    this.closed = this.doubted = kept.closed ?? false;
    if (kept.pack) this.use(kept.pack);
    return true;
  }

  async join(token, name) {
    this.lost = false;  // perhaps the server takes its scans now
    // The first look may find that its door is closed; the second one then gives its tickets back.
    for (let looks = 0; looks < 2 && (this.pending.length || this.ownShards.length); looks += 1) {
      await this.poll().catch(() => {});
    }
    if (this.closed && this.pending.length && !this.lost) {
      throw new Refused(`${words("pending", { count: this.pending.length })} ${words("connect_first")}`);
    }
    if (this.identity && !this.closed && (this.pending.length || this.ownShards.length)) {
      throw new Refused(words("other_door"));
    }
    this.server.token = undefined;
    const identity = await this.server.join(token, name)
      .finally(() => (this.server.token = this.identity?.token));
    await this.store.forget();
    await this.store.save({ identity });
    Object.assign(this, { identity, log: [], revokedLater: [], claimed: [], releasing: new Set(), pack: undefined, closed: false, doubted: false, lost: false });
    this.server.token = identity.token;
    await this.refresh();
  }

  // Gives everything back and forgets the door.
  async leave() {
    if (this.ownShards.length) await this.release();
    await this.upload();
    if (this.pending.length) throw new NoConnection(words("pending", { count: this.pending.length }));
    await this.store.forget();
    Object.assign(this, { identity: undefined, pack: undefined, log: [] });
  }

  async refresh() {
    const asked = this.clock();
    const pack = await this.reach(() => this.server.pack());
    const middle = (asked + this.clock()) / 2;
    this.clockOffset = pack.now ? Date.parse(pack.now) - middle : 0;
    this.refreshedAt = this.clock();
    // The pack has all pairs that were revoked up to its version; later ones came by themselves.
    await this.store.save({ pack, clockOffset: this.clockOffset });
    this.use(pack);
  }

  use(pack) {
    this.pack = pack;
    this.verify = this.newVerifier(pack);
    this.revoked = new RevokedPairs(pack.revoked, this.revokedLater);
    this.entries = new Entries(this.claimed, this.log);
    this.onChange();
  }

  // Calls the server and notices whether there is a connection.
  async reach(call) {
    try {
      const result = await call();
      this.setOnline(true);
      return result;
    } catch (error) {
      if (error instanceof NoConnection) this.setOnline(false);
      if (error instanceof DoorClosed) await this.close();
      throw error;
    }
  }
  // Also after a reload without a network.
  async close() {
    this.closed = true;
    this.doubted = false;
    this.onChange();
    await this.store.save({ closed: true });
  }
  // Whether it is still closed: the server may have been set up wrongly.
  async askAgain() {
    await this.reach(() => this.server.status());
    this.closed = this.doubted = false;
    await this.store.save({ closed: false });
  }
  setOnline(online) {
    if (this.online === online) return;
    this.online = online;
    if (online) this.refreshedAt = -Infinity;
    this.onChange();
  }

  // ---- scanning

  // `text`: a code, or a serial number, but only if somebody has `typed` it: anybody can print one.
  // Decisions of this device are made one after the other.
  scan(text, action = "admit", { typed = false } = {}) {
    return this.inTurn(() => this.scanNow(text, action, typed));
  }

  inTurn(work) {
    const result = this.writing.then(work);
    this.writing = result.catch(() => {});
    return result;
  }

  async scanNow(text, action, typed) {
    const now = this.now(), at = new Date(now).toISOString();
    const serial = typed && typedSerial(text);
    const { code, reason } = serial ? { code: { serial } } : await this.verify(text, now);
    if (reason) return this.refuse({ nonce: this.newNonce(), code: text, action, at }, code, reason);
    // A repeated scan after a lost response is the same scan, also if its code has rotated: the server may
    // have recorded it.
    const key = `${action} ${code.serial} ${code.generation}`;
    const nonce = this.unanswered.get(key) ?? this.newNonce();
    this.unanswered.set(key, nonce);
    const result = serial
      ? await this.scanSerial({ nonce, serial, action, at })
      : await this.scanCode({ nonce, code: text, action, at }, code);
    if (!isUndecided(result)) this.unanswered.delete(key);
    return result;
  }

  async scanCode(scan, code) {
    const ticket = { serial: code.serial, generation: code.generation };
    const decider = this.deciderOf(code.serial, this.online);
    if (decider.by !== "server") return this.decideWithout(decider, scan, ticket);
    try {
      return await this.askServer(scan, code.serial);
    } catch (error) {
      if (!(error instanceof NoConnection)) throw error;
      // Under the same nonce: whether or not the server has recorded it, it counts once.
      return this.decideWithout(this.deciderOf(code.serial, false), scan, ticket);
    }
  }

  deciderOf(serial, online) {
    const { pack, claimed, releasing } = this;
    return deciderOf({ pack, me: this.identity.id, claimed, releasing, online }, serial);
  }

  // What no server has to be asked about. It is reported all the same, so that the counts are right.
  refuse(scan, code, reason) {
    if (this.online) this.server.scan(scan).catch(() => {});
    return { nonce: scan.nonce, result: "refused", reason, serial: code?.serial };
  }

  async scanSerial(scan) {
    const { nonce, serial } = scan;
    if (!this.supervisor) return { nonce, result: "refused", reason: "notAllowed", serial };
    return this.askServer(scan, serial).catch((error) => {
      if (!(error instanceof NoConnection)) throw error;
      return { nonce, result: "refused", reason: "needsNetwork", serial };
    });
  }

  async askServer(scan, serial) {
    const response = await this.reach(() => this.server.scan(scan));
    const action = { admitted: "admit", checkedOut: "checkOut" }[response.result];
    // Remembered, so that a lenient door knows its own admissions without a network. The server has it already.
    if (action) await this.remember({ nonce: scan.nonce, serial: response.serial ?? serial, action, at: scan.at, uploaded: true });
    return { serial, ...response };
  }

  async decideWithout(decider, scan, { serial, generation }) {
    const { nonce, action, at } = scan;
    if (decider.by === "other") {
      return { nonce, result: "refused", reason: "elsewhere", serial, owner: decider.owner };
    }
    if (decider.by === "nobody") return { nonce, result: "refused", reason: "needsNetwork", serial };
    const { rules } = this.pack;
    const decision = decide({ rules, revoked: this.revoked, entries: this.entries, serial, generation, action });
    if (decision.result !== "refused") await this.record({ nonce, serial, generation, action, at });
    return { nonce, serial, ...decision };
  }

  record(scan) {
    const { shard, epoch } = this.pack.shards[shardOf(scan.serial)];
    return this.remember({ ...scan, shard, epoch, uploaded: false });
  }

  // On the disk before anybody sees green.
  async remember(scan) {
    const kept = { ...scan, door: this.identity.door.name };
    await this.store.addScan(kept);
    this.log.push(kept);
    this.entries.add(kept);
    this.onChange();
  }

  // The server undoes; what was decided here is uploaded before. That may take long, so scans wait for the last
  // part of it only. Asked again after a lost response, it is the same undo.
  async undo(nonce) {
    const key = `undo ${nonce}`;
    const scan = { nonce: this.unanswered.get(key) ?? this.newNonce(), action: "undo", undoes: nonce, at: new Date(this.now()).toISOString() };
    if (!this.supervisor) return { nonce: scan.nonce, result: "refused", reason: "notAllowed" };
    this.unanswered.set(key, scan.nonce);
    try {
      await this.upload();
      const response = await this.inTurn(() => this.undoNow(scan));
      if (!isUndecided(response)) this.unanswered.delete(key);
      return response;
    } catch (error) {
      if (!(error instanceof NoConnection)) throw error;
      return { nonce: scan.nonce, result: "refused", reason: "needsNetwork" };
    }
  }

  async undoNow(scan) {
    await this.upload();  // what was decided meanwhile
    const response = await this.reach(() => this.server.scan(scan));
    const mine = this.log.find(({ nonce }) => nonce === scan.undoes);
    if (response.result === "undone" && mine) {
      await this.remember({ ...scan, serial: mine.serial, epoch: mine.epoch, uploaded: true });
    }
    return response;
  }

  // Whether a supervisor may say here that the device which decides about a ticket is lost: not of this one.
  mayOverride({ reason, owner }) {
    return reason === "elsewhere" && this.supervisor && owner?.number !== this.identity.number;
  }

  // ---- with the server

  // Uploads the log. Returns the tickets that another door had admitted before.
  async upload() {
    const duplicates = [];
    while (this.pending.length) {
      const scans = this.pending.slice(0, maxUpload);
      const sent = scans.map(({ nonce, serial, generation, action, at, shard, epoch }) =>
        ({ nonce, serial, generation, action, at, shard, epoch }));
      const { results } = await this.reach(() => this.server.upload(sent)).catch((error) => {
        this.lost = error instanceof DoorClosed;  // the scans of a closed door are accepted: the device is unknown
        this.onChange();
        throw error;
      });
      const known = new Set(results.map(({ nonce }) => nonce));
      const serials = new Map(scans.map(({ nonce, serial }) => [nonce, serial]));
      for (const each of results) {
        if (each.result === "duplicate") duplicates.push({ ...each, serial: serials.get(each.nonce) });
      }
      await this.store.markUploaded(known);
      for (const scan of scans) scan.uploaded ||= known.has(scan.nonce);
      if (!scans.some(({ nonce }) => known.has(nonce))) break;
    }
    this.onChange();
    return duplicates;
  }

  // One look at the server: uploads, news of revocations, counts. Returns duplicates. Once the door is
  // closed, what it has admitted counts all the same, and its tickets go back; there is no other news.
  async poll() {
    if (this.doubted) await this.askAgain().catch((error) => { if (!(error instanceof DoorClosed)) throw error; });
    if (this.lost) return [];
    const duplicates = await this.upload();
    if (this.closed) {
      if (this.ownShards.length) await this.release();
      return duplicates;
    }
    const status = await this.reach(() => this.server.status());
    this.counts = status.counts;
    this.requested = status.requested ?? [];
    if (status.revoking?.length) await this.acknowledge(status);
    else if (status.revokedVersion !== this.pack.revokedVersion || this.clock() - this.refreshedAt > refreshAfter) await this.refresh();
    const unknown = this.ownShards.filter(({ shard, epoch }) => !this.claimed.some((each) => each.shard === shard && each.epoch === epoch));
    if (unknown.length && !this.releasing.size) await this.claim(unknown.map(({ shard }) => shard));
    if (this.releasing.size) await this.release(this.ownShards.filter(({ shard }) => this.releasing.has(shard)));
    this.onChange();
    return duplicates;
  }

  // Tickets of shards that are decided here, which somebody wants to refund or pass on: from now on they are refused. What was
  // admitted before is uploaded first, so the server knows it before.
  async acknowledge({ revoking, revokedVersion }) {
    await this.writing;
    this.revokedLater = [...this.revokedLater, ...revoking];
    this.revoked = new RevokedPairs(this.pack.revoked, this.revokedLater);
    await this.store.save({ revokedLater: this.revokedLater });
    await this.upload();
    if (this.pending.length) return;
    await this.reach(() => this.server.shards({ acknowledgeRevoked: revokedVersion }));
    await this.refresh();
  }

  // Takes over shards that the server decides about, a fair share unless some are named, so that it works without a network.
  // Nothing is decided here before this device has what happened in them, and a door pack that is no older.
  async claim(shards = []) {
    const response = await this.reach(() => this.patiently(() => this.server.shards({ claim: shards })));
    await this.refresh();
    const named = new Set(response.claimed.map(({ shard }) => shard));
    this.claimed = [...this.claimed.filter(({ shard }) => !named.has(shard)), ...response.claimed];
    await this.store.save({ claimed: this.claimed });
    this.use(this.pack);
  }

  async patiently(call) {
    for (let tries = 1; ; tries += 1) {
      try {
        return await call();
      } catch (error) {
        if (!(error instanceof NotYet) || tries === maxTries) throw error;
        await this.pause();
      }
    }
  }

  // Returns shards, all of this device unless some are named. From the first moment on, nothing is decided here about them.
  async release(shards = this.ownShards) {
    for (const { shard } of shards) this.releasing.add(shard);
    await this.store.save({ releasing: [...this.releasing] });
    await this.writing;
    await this.upload();
    if (this.pending.length) throw new NoConnection(words("pending", { count: this.pending.length }));
    const release = shards.map(({ shard, epoch }) => ({ shard, epoch }));
    if (release.length) await this.giveBack(release);
    this.claimed = this.claimed.filter(({ shard }) => !this.releasing.has(shard));
    await this.store.save({ claimed: this.claimed });
    if (!this.closed) await this.refresh();
    this.releasing.clear();
    await this.store.save({ releasing: [] });
    this.onChange();
  }

  async giveBack(release) {
    const { shards } = await this.reach(() => this.server.shards({ release }));
    const pack = { ...this.pack, shards };  // a closed door gets no new one
    await this.store.save({ pack });
    this.use(pack);
  }

  // The device that decides about this ticket is lost: its shard becomes lenient. For supervisors; the server logs it.
  async override(serial) {
    await this.reach(() => this.server.override(shardOf(serial)));
    await this.refresh();
  }
}

// What the door page decides, without a page: services/client/static/door.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { describe, it } from "node:test";
import { runInNewContext } from "node:vm";
import { load } from "./modules.js";

const { encode, decode, fromBase64url } = await load("base45.js");
const { rotated, stepAt } = await load("rotation.js");
const { InPicture } = await load("door/camera.js");
const { fromHex, hex, identityOf, parse, shardOf, typedSerial } = await load("door/code.js");
const { chooseEd25519, newVerifier, passSecret, signedMessage } = await load("door/verify.js");
const { Entries, RevokedPairs, decide, deciderOf } = await load("door/decide.js");
const { KeyboardScanner } = await load("door/keyboard.js");
const { Scanner } = await load("door/scanner.js");
const { DoorClosed, NoConnection, NotYet, Server } = await load("door/server.js");
const { inWords, useTexts, words } = await load("door/wording.js");

const vectors = JSON.parse(readFileSync(new URL("../../docs/ticket-code-vectors.json", import.meta.url), "utf8"));
const root = new URL("../../services/client/", import.meta.url);
const textsIn = (tag) => Object.fromEntries(Object.entries(JSON.parse(readFileSync(new URL(`locales/${tag}.json`, root), "utf8")))
  .filter(([key]) => key.startsWith("scan.")).map(([key, text]) => [key.slice("scan.".length), text]));
useTexts(textsIn("en"), "en");
const base64url = (bytes) => Buffer.from(bytes).toString("base64url");
const ed25519 = await chooseEd25519();

describe("the page's words", () => {
  it("are all there, and all used", () => {
    const folder = new URL("static/door/", root);
    const scripts = readdirSync(folder).filter((name) => name.endsWith(".js")).map((name) => readFileSync(new URL(name, folder), "utf8"))
      .join("").replaceAll(/=== "\w+"/g, "");
    const named = new Set([...scripts.matchAll(/words\(([^),{]*)/g)].flatMap(([, name]) => [...name.matchAll(/"(\w+)"/g)].map(([, each]) => each)));
    const texts = textsIn("en");
    for (const name of named) assert.ok(name in texts || `${name}.other` in texts, name);
    const reasons = readFileSync(new URL("../admissions/door.hpp", root), "utf8");
    for (const key of Object.keys(texts)) {
      const reason = key.replace(/_text$/, "");
      assert.ok(named.has(key.replace(/\.(one|other)$/, "")) || (reasons + scripts).includes(`"${reason}"`), `nothing says ${key}`);
    }
  });

  it("have the forms of the language", () => {
    useTexts(textsIn("fr"), "fr");
    assert.equal(words("pending", { count: 0 }), "0 scan n’est pas encore envoyé.");
    useTexts(textsIn("de"), "de");
    assert.equal(words("pending", { count: 12 }), "12 Scans sind noch nicht übertragen.");
    assert.equal(inWords({ result: "refused", reason: "cancelled" }).title, "Storniert");
    assert.throws(() => words("nothing"), /There is no text nothing/);
    useTexts(textsIn("en"), "en");
  });
});

describe("ticket codes", () => {
  const results = { valid: undefined, malformed: "invalid", "wrong listing": "wrongEvent", forged: "invalid", expired: "expiredCode" };
  for (const vector of vectors.codes) {
    it(`${vector.name}: ${vector.expected}`, async () => {
      const tag = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(vector.listing)))).slice(0, 8);
      const keyId = vector.publicKeyId;
      const verify = newVerifier({ ticketId: vector.listing, tag, doorKey: vector.doorKey && base64url(fromHex(vector.doorKey)),
                                   keys: [{ id: keyId, publicKey: base64url(fromHex(vector.publicKey)) }],
                                   rules: { rotating: Boolean(vector.doorKey) } }, ed25519);
      const { code, reason } = await verify(vector.text, Date.parse(vector.now ?? "2026-11-30T19:30:00Z"));
      assert.equal(reason, results[vector.expected]);
      if (vector.expected !== "valid") return;
      assert.equal(code.serial, vector.serial);
      assert.equal(code.generation, vector.generation);
      assert.equal(shardOf(code.serial), vector.shard);
    });
  }

  it("base45 has one spelling for each sequence of bytes", () => {
    assert.equal(encode(new TextEncoder().encode("Hello!!")), "%69 VD92EX0");
    assert.deepEqual(decode("QED8WEX0"), new TextEncoder().encode("ietf!"));
    for (const wrong of ["GGW", "A", ":::", "a00", "00é", "AAAA"]) assert.equal(decode(wrong), undefined, wrong);
  });

  it("the ticket page makes the same rotating code as the vectors", async () => {
    const still = vectors.codes.find(({ name }) => name === "static");
    const turning = vectors.codes.find(({ name }) => name === "rotating, at once");
    const secret = await passSecret(fromHex(turning.doorKey), turning.serial, turning.generation);
    assert.equal(await rotated(still.text, secret, stepAt(Date.parse(turning.now), 15)), turning.text);
  });

  it("a browser without Ed25519 uses the library", async () => {
    const own = crypto.subtle.importKey;
    const calls = [];
    crypto.subtle.importKey = async () => { throw new DOMException("no such algorithm", "NotSupportedError"); };
    try {
      const verify = await chooseEd25519(async () => ({ verifyAsync: async (...call) => calls.push(call) > 0 }));
      assert.equal(await verify("key", "signature", "message"), true);
      assert.deepEqual(calls, [["signature", "message", "key", { zip215: false }]]);
      await assert.rejects(chooseEd25519(undefined), /can’t check signatures/);
    } finally {
      crypto.subtle.importKey = own;
    }
  });

  it("serial numbers are read as people type them", () => {
    assert.equal(typedSerial(" 1F8B 4400-ff10 2030"), "1f8b4400ff102030");
    for (const wrong of ["1f8b4400ff10203", "1f8b4400ff10203g", ""]) assert.equal(typedSerial(wrong), undefined);
  });
});

describe("decisions", () => {
  const rules = { reentry: "none", mode: "strict", rotating: false };
  const serial = "1f8b4400ff102030";
  const admitted = { nonce: "one", serial, action: "admit", at: "2026-11-30T19:00:00Z", door: "North" };
  const decideWith = (more) => decide({ rules, revoked: new RevokedPairs(""), entries: new Entries(), serial, generation: 1, action: "admit", ...more });

  it("a ticket is admitted once, and the refusal says when and where", () => {
    const entries = new Entries();
    assert.deepEqual(decideWith({ entries }), { result: "admitted" });
    entries.apply(admitted);
    assert.deepEqual(decideWith({ entries }), { result: "refused", reason: "alreadyRedeemed", first: { door: "North", at: admitted.at } });
    assert.equal(decideWith({ entries, generation: 2 }).reason, "alreadyRedeemed", "whatever its generation");
  });

  it("people come in again only if the rules say so, and only after checking out", () => {
    const entries = new Entries();
    entries.apply(admitted);
    const again = { ...rules, reentry: "allowed" };
    assert.equal(decideWith({ entries, rules: again }).reason, "alreadyRedeemed");
    assert.deepEqual(decideWith({ entries, action: "checkOut" }), { result: "checkedOut" });
    entries.apply({ ...admitted, nonce: "two", action: "checkOut" });
    assert.deepEqual(decideWith({ entries, action: "checkOut" }), { result: "refused", reason: "notInside" });
    assert.deepEqual(decideWith({ entries, rules: again }), { result: "admitted" });
    assert.equal(decideWith({ entries }).reason, "alreadyRedeemed");
  });

  it("an undone admission never was", () => {
    const entries = new Entries();
    entries.apply(admitted);
    entries.apply({ nonce: "two", serial, action: "undo", undoes: "one" });
    assert.deepEqual(decideWith({ entries }), { result: "admitted" });
  });

  it("revoked pairs are found, first, last and in between, and no others", () => {
    const pairs = [["0000000000000001", 1], ["1f8b4400ff102030", 1], ["1f8b4400ff102030", 300], ["ffffffffffffffff", 65535]];
    const bytes = pairs.flatMap(([each, generation]) => [...fromHex(each), generation >> 8, generation & 255]);
    const revoked = new RevokedPairs(base64url(bytes), [["2222222222222222", 4]]);
    for (const [each, generation] of [...pairs, ["2222222222222222", 4]]) assert.ok(revoked.has(each, generation), each);
    for (const [each, generation] of [["1f8b4400ff102030", 2], ["1f8b4400ff102030", 299], ["0000000000000000", 1], ["2222222222222222", 3]]) {
      assert.ok(!revoked.has(each, generation), `${each} ${generation}`);
    }
    assert.deepEqual(decideWith({ revoked }), { result: "refused", reason: "revoked" });
    assert.deepEqual(decideWith({ revoked, generation: 2 }), { result: "admitted" });
  });

  it("of a shard that was taken over, the server's report counts, and of the log only what came after", () => {
    const claimed = [{ shard: shardOf(serial), epoch: 5, inside: "", used: base64url(fromHex(serial)) }];
    const old = { ...admitted, epoch: 3 };
    assert.deepEqual(new Entries(claimed, [old]).last(serial), { inside: false });
    assert.equal(new Entries(claimed, [old, { ...admitted, nonce: "three", epoch: 5 }]).last(serial).nonce, "three");
    assert.equal(new Entries([], [old]).last(serial).nonce, "one");
  });

  it("only the owner of a shard decides without a network", () => {
    const shards = Array.from({ length: 64 }, (_, shard) => ({ shard, epoch: 2, lenient: false }));
    const pack = { rules, shards, doors: [{ scannerId: "other", door: "South", number: 3 }] };
    const claimed = [{ shard: 31, epoch: 2 }];
    const ask = (more, online = false) =>
      deciderOf({ pack: { ...pack, ...more }, me: "me", claimed, releasing: new Set(), online }, serial);
    const owned = (owner, more) => ({ shards: shards.map((each) => (each.shard === 31 ? { ...each, owner, ...more } : each)) });
    assert.deepEqual(ask(owned("me")), { by: "here" });
    assert.deepEqual(ask(owned("me"), true), { by: "here" });
    assert.deepEqual(ask(owned("me", { epoch: 3 })), { by: "nobody" }, "not without what happened in it before");
    assert.deepEqual(deciderOf({ pack: { ...pack, ...owned("me") }, me: "me", claimed, releasing: new Set([31]), online: false }, serial), { by: "nobody" });
    assert.deepEqual(ask(owned("other")), { by: "other", owner: pack.doors[0] });
    assert.deepEqual(ask(owned("other"), true), { by: "server" });
    assert.deepEqual(ask({}), { by: "nobody" });
    assert.deepEqual(ask({}, true), { by: "server" });
    assert.deepEqual(ask(owned("other", { lenient: true })), { by: "here" });
    assert.deepEqual(ask({ rules: { ...rules, mode: "lenient" } }), { by: "here" });
    assert.deepEqual(ask({ rules: { ...rules, mode: "lenient" } }, true), { by: "server" });
  });

  it("every reason has words, and its tone", () => {
    for (const reason of ["alreadyRedeemed", "revoked", "invalid", "wrongEvent", "cancelled", "notInside", "expiredCode", "notAllowed", "needsNetwork", "needsShop"]) {
      const { title, tone } = inWords({ result: "refused", reason });
      assert.ok(title && title !== "Refused", reason);
      assert.ok(["stop", "ask"].includes(tone));
    }
    assert.equal(inWords({ result: "refused", reason: "elsewhere", owner: { door: "South", number: 3 } }).title, "South, please");
    assert.match(inWords({ result: "refused", reason: "alreadyRedeemed", first: { door: "North", at: "2026-11-30T19:00:00Z" } }).text, /\d\d:00:00 at North/);
    assert.match(inWords({ result: "refused", reason: "alreadyRedeemed" }).text, /Before this device took/);
    assert.match(words("requested", { count: 1 }), /1 group\. Give it back/);
    assert.match(words("requested", { count: 2 }), /2 groups\. Give them back/);
    assert.equal(words("pending", { count: 1 }), "1 scan is not uploaded yet.");
    assert.equal(words("pending", { count: 12 }), "12 scans are not uploaded yet.");
  });
});

describe("the camera", () => {
  const still = vectors.codes.find(({ name }) => name === "static").text;
  it("scans each code once while it is in the picture, also if there are two", () => {
    const picture = new InPicture();
    const seen = (text, at) => picture.isNew(text, at);
    assert.ok(seen(still, 0) && seen("other", 0));
    for (let at = 100; at <= 5000; at += 100) assert.ok(!seen(still, at) && !seen("other", at), at);
    assert.ok(!seen(still, 7500));
    assert.ok(seen("other", 7501), "it was away");
    assert.equal(picture.seenAt.size, 2);
  });
  it("takes a rotating code for the same at its next step", async () => {
    const secret = new Uint8Array(32);
    const [one, two] = [await rotated(still, secret, 1), await rotated(still, secret, 2)];
    assert.notEqual(one, two);
    assert.equal(identityOf(one), identityOf(two));
    assert.equal(identityOf("https://example.com"), "https://example.com");
    const picture = new InPicture();
    assert.ok(picture.isNew(one, 0));
    assert.ok(!picture.isNew(two, 100));
  });
});

describe("a USB scanner", () => {
  const type = (keyboard, text, gap) => [...text].map((key, at) => keyboard.press(key, 1000 + at * gap));
  it("types a code faster than people, which ends with Enter", () => {
    const keyboard = new KeyboardScanner();
    const code = vectors.codes[0].text;
    const swallowed = type(keyboard, code, 5);
    assert.ok(swallowed.slice(1).every(({ swallow }) => swallow), "a space would press a button");
    assert.deepEqual(keyboard.press("Shift", 1000 + code.length * 5), { swallow: false });
    assert.deepEqual(keyboard.press("Enter", 1000 + code.length * 5), { swallow: true, code });
    assert.equal(keyboard.press("Enter", 1000 + code.length * 5 + 1).code, undefined);
  });
  it("may type with Caps Lock on", () => {
    const keyboard = new KeyboardScanner();
    const code = vectors.codes[0].text;
    type(keyboard, code.toLowerCase(), 5);
    assert.equal(keyboard.press("Enter", 1000 + code.length * 5).code, code);
  });
  it("is not mistaken for people", () => {
    const keyboard = new KeyboardScanner();
    assert.ok(type(keyboard, vectors.codes[0].text, 150).every(({ swallow }) => !swallow));
    assert.deepEqual(keyboard.press("Enter", 1_000_000), { swallow: false });
  });
});

// ---- a device, with a store and a server of the test

class MemoryStore {
  facts = {};
  scans = [];
  async load() { return structuredClone({ ...this.facts, scans: this.scans }); }
  async save(facts) { Object.assign(this.facts, structuredClone(facts)); }
  async addScan(scan) {
    if (this.full) throw new Error("the disk is full");
    this.scans.push(structuredClone(scan));
  }
  async markUploaded(nonces) {
    for (const scan of this.scans) if (nonces.has(scan.nonce)) scan.uploaded = true;
  }
  async forget() {
    this.facts = {};
    this.scans = [];
  }
}

const listing = "019a0000-0000-7000-8000-0000000000a1";
const keys = await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign", "verify"]);
const publicKey = base64url(new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey)));
const listingTag = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(listing)))).slice(0, 8);

async function codeFor(serial, generation = 1) {
  const signed = new Uint8Array([0x10, 1, ...fromHex(listingTag), ...fromHex(serial), generation >> 8, generation & 255]);
  const signature = await crypto.subtle.sign({ name: "Ed25519" }, keys.privateKey, signedMessage(listing, { signed }));
  return encode(new Uint8Array([...signed, ...new Uint8Array(signature)]));
}

// A server that has these shards' owners, and answers as the test says.
class TestServer {
  constructor(mode = "strict", reentry = "none") {
    this.rules = { mode, reentry, rotating: false };
    this.owners = new Map();
    this.requests = [];
    this.revokedVersion = 1;
    this.revoked = "";
    this.revoking = [];
    this.reachable = true;
    this.responses = {};
  }
  async call(name, body) {
    if (!this.reachable) throw new NoConnection("unreachable");
    const givesBack = name === "upload" || (name === "shards" && !body.claim);
    if (this.closed && name !== "join" && !givesBack) throw new DoorClosed("closed");
    this.requests.push({ name, body });
    const response = this.responses[name]?.(body);
    if (response) return response;
    throw new Error(`unexpected ${name}`);
  }
  view() {
    return Array.from({ length: 64 }, (_, shard) => ({ shard, epoch: this.owners.has(shard) ? 2 : 1, lenient: false, ...(this.owners.has(shard) && { owner: this.owners.get(shard) }) }));
  }
  join() {
    this.responses.join = () => ({ id: "me", token: "secret", number: 1, door: { id: "d", name: "North", role: this.role ?? "steward" }, ticketId: listing });
    return this.call("join");
  }
  pack() {
    this.responses.pack = () => ({ ticketId: listing, title: "Così", tag: listingTag, keys: [{ id: 1, publicKey }], rules: this.rules, shardCount: 64, shards: this.view(),
                                   doors: [{ scannerId: "me", door: "North", number: 1 }, { scannerId: "other", door: "South", number: 3 }],
                                   revoked: this.revoked, revokedVersion: this.revokedVersion, now: new Date(this.clock()).toISOString() });
    return this.call("pack");
  }
  scan(body) { return this.call("scan", body); }
  upload(scans) {
    this.responses.upload ??= (all) => ({ results: all.map(({ nonce }) => ({ nonce, result: "recorded" })) });
    return this.call("upload", scans);
  }
  shards(body) {
    this.responses.shards ??= ({ claim, release }) => {
      for (const { shard } of release ?? []) this.owners.delete(shard);
      const claimed = claim?.length === 0 ? [31, 32] : claim ?? [];
      for (const shard of claimed) this.owners.set(shard, "me");
      return { shards: this.view(), claimed: claimed.map((shard) => ({ shard, epoch: 2, inside: "", used: "" })), revokedVersion: this.revokedVersion, requested: [] };
    };
    return this.call("shards", body);
  }
  status() {
    this.responses.status = () => ({ counts: { admitted: 0, inside: 0 }, revokedVersion: this.revokedVersion, requested: [], revoking: this.revoking });
    return this.call("status");
  }
  names() { return this.requests.map(({ name }) => name); }
}

function device(server, store = new MemoryStore()) {
  let nonces = 0;
  const clock = { now: Date.parse("2026-11-30T19:30:00Z") };
  server.clock ??= () => clock.now;
  const scanner = new Scanner({ store, server, newVerifier: (pack) => newVerifier(pack, ed25519), now: () => clock.now, newNonce: () => `nonce-${++nonces}`, pause: async () => {} });
  return { scanner, store, clock };
}

const mine = "1f00000000000001";  // shard 31
const theirs = "0500000000000001";  // shard 5

describe("the server's responses", () => {
  const responds = (status, body, headers) => new Server(async () => new Response(JSON.stringify(body), { status, headers }));
  it("are a closed door, a refusal in words, or no connection", async () => {
    await assert.rejects(responds(401, { errors: [{ message: "closed" }] }).pack(), DoorClosed);
    await assert.rejects(responds(409, { errors: [{ message: "in lenient mode" }] }).shards({}), /in lenient mode/);
    for (const status of [429, 500, 503]) await assert.rejects(responds(status, {}).status(), NoConnection);
    await assert.rejects(responds(503, {}, { "Retry-After": "1" }).shards({}), NotYet);
    await assert.rejects(new Server(async () => { throw new TypeError("Failed to fetch"); }).status(), NoConnection);
    await assert.rejects(new Server(async () => new Response("<html>a captive portal")).status(), NoConnection);
    assert.deepEqual(await responds(200, { counts: {} }).status(), { counts: {} });
  });
  it("come to requests with the scanner's token and no cookie", async () => {
    const sent = [];
    const server = new Server(async (...request) => {
      sent.push(request);
      return new Response("{}");
    });
    server.token = "secret";
    await server.override(7);
    const [[path, { method, headers, body, credentials }]] = sent;
    assert.deepEqual([path, method, headers.Authorization, body, credentials],
                     ["/api/admissions/scanner/override", "POST", "Bearer secret", '{"shard":7}', "omit"]);
  });
});

describe("the time that a response may take", () => {
  it("is short for single scans, and long for what may be large", async (test) => {
    const times = [];
    test.mock.method(AbortSignal, "timeout", (time) => void times.push(time));
    const server = new Server(async () => new Response("{}"));
    for (const name of ["scan", "status", "pack", "shards", "upload"]) await server[name]({});
    assert.deepEqual(times, [5000, 5000, 60_000, 60_000, 60_000]);
  });
});

describe("the worker of ticket pages", () => {
  const script = new URL("../../services/client/static/tickets_worker.js", import.meta.url);
  const source = readFileSync(script, "utf8");
  const origin = "https://tickets.example";
  const page = `${origin}/my/tickets/one`;
  const module = `${origin}/static/qr.js`, file = `${origin}/static/ticket.js?v=1`;

  // A browser with one cache, and a network that responds as the test says: [status, text] by address.
  function worker(network) {
    const handlers = {}, kept = new Map();
    const urlOf = (request) => new URL(request.url ?? request, origin).href;
    const send = async (request) => {
      const found = network[urlOf(request)];
      if (!found) throw new TypeError("Failed to fetch");
      return new Response(found[1], { status: found[0], headers: { "Offline-Copy": "me" } });
    };
    const cache = {
      put: async (request, response) => kept.set(urlOf(request), await response.text()),
      keys: async () => [...kept.keys()].map((url) => ({ url })),
      match: async (request) => kept.has(urlOf(request)) ? new Response(kept.get(urlOf(request))) : undefined,
      delete: async (request) => kept.delete(urlOf(request)),
      addAll: async (all) => { for (const each of all) await cache.put(each, await send(each)); },
    };
    const self = { location: { origin }, addEventListener: (name, handler) => (handlers[name] = handler) };
    const caches = { keys: async () => ["tickets-me"], open: async () => cache };
    const later = (work, time) => setTimeout(work, time).unref();
    runInNewContext(source, { self, caches, fetch: send, setTimeout: later, URL, Set, Promise });
    return {
      kept,
      keep: () => new Promise((resolve) => {
        handlers.message({ data: { page, files: [module, file] }, waitUntil: (work) => resolve(work) });
      }),
      get: async (url) => {
        let responded;
        const mode = url === page ? "navigate" : "cors";
        handlers.fetch({ request: { url, method: "GET", mode }, respondWith: (work) => (responded = work) });
        return (await responded).text();
      },
    };
  }

  it("shows the copy if the server fails, and only then", async () => {
    const network = { [page]: [200, "old"], [module]: [200, "module"], [file]: [200, "file"] };
    const { keep, get, kept } = worker(network);
    await keep();
    network[page] = [200, "new"];
    assert.equal(await get(page), "new");
    for (const status of [500, 503]) {
      network[page] = [status, "sorry"];
      assert.equal(await get(page), "old", status);
    }
    delete network[page];
    assert.equal(await get(page), "old");
    network[page] = [404, "no such ticket"];
    assert.equal(await get(page), "no such ticket");
    assert.ok(!kept.has(page));
  });

  it("keeps modules as new as their page, and files with a version once", async () => {
    const network = { [page]: [200, "page"], [module]: [200, "old"], [file]: [200, "file"] };
    const { keep, get, kept } = worker(network);
    await keep();
    network[module] = [200, "new"];
    network[file] = [200, "never asked for"];
    assert.equal(await get(module), "new");
    assert.equal(await get(file), "file");
    await keep();
    assert.deepEqual([kept.get(module), kept.get(file)], ["new", "file"]);
    network[module] = [502, "sorry"];
    assert.equal(await get(module), "new");
    delete network[module];
    assert.equal(await get(module), "new");
  });
});

describe("a device at a door", () => {
  it("asks the server about tickets that nobody has taken over", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    server.responses.scan = ({ nonce }) => ({ nonce, result: "admitted", serial: mine });
    assert.equal((await scanner.scan(await codeFor(mine))).result, "admitted");
    assert.equal(scanner.pending.length, 0, "the server has it");
  });

  it("refuses what is no ticket of this event without asking", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    server.reachable = false;
    assert.equal((await scanner.scan("https://example.com")).reason, "invalid");
    assert.equal((await scanner.scan(vectors.codes[0].text)).reason, "invalid", "signed by somebody else's key");
  });

  it("admits without a network what it has taken over, once, also after a restart, and uploads it", async () => {
    const server = new TestServer();
    const { scanner, store } = device(server);
    await scanner.join("door", "phone");
    await scanner.claim();
    server.reachable = false;
    const code = await codeFor(mine);
    assert.equal((await scanner.scan(code)).result, "admitted");
    assert.equal(store.scans.length, 1, "on the disk");
    const again = device(server, store).scanner;
    assert.ok(await again.resume());
    const refused = await again.scan(code);
    assert.equal(refused.reason, "alreadyRedeemed");
    assert.equal(refused.first.door, "North");
    server.reachable = true;
    await again.poll();
    const [{ body }] = server.requests.filter(({ name }) => name === "upload");
    assert.deepEqual(body.map(({ serial, generation, action, shard, epoch }) => ({ serial, generation, action, shard, epoch })),
                     [{ serial: mine, generation: 1, action: "admit", shard: 31, epoch: 2 }]);
    assert.equal(again.pending.length, 0);
  });

  it("two scans at the same moment are one admission", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    await scanner.claim();
    const code = await codeFor(mine);
    const results = await Promise.all([scanner.scan(code), scanner.scan(code), scanner.scan(code)]);
    assert.equal(results.filter(({ result }) => result === "admitted").length, 1);
  });

  it("shows nobody green who is not on the disk", async () => {
    const server = new TestServer();
    const { scanner, store } = device(server);
    await scanner.join("door", "phone");
    await scanner.claim();
    store.full = true;
    const code = await codeFor(mine);
    await assert.rejects(scanner.scan(code), /disk is full/);
    store.full = false;
    assert.equal((await scanner.scan(code)).result, "admitted");
  });

  it("sends people to the door that decides, if there is no network", async () => {
    const server = new TestServer();
    server.owners.set(5, "other");
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    server.reachable = false;
    assert.deepEqual((await scanner.scan(await codeFor(theirs))).owner, { scannerId: "other", door: "South", number: 3 });
    assert.equal((await scanner.scan(await codeFor(mine))).reason, "needsNetwork");
  });

  it("repeats a scan whose response was lost under the same nonce", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    const code = await codeFor(mine);
    server.reachable = false;
    const lost = await scanner.scan(code);
    assert.equal(lost.reason, "needsNetwork");
    server.reachable = true;
    scanner.setOnline(true);
    server.responses.scan = ({ nonce }) => ({ nonce, result: "admitted", serial: mine });
    assert.equal((await scanner.scan(code)).nonce, lost.nonce);
    assert.notEqual((await scanner.scan(code)).nonce, lost.nonce);
  });

  it("repeats it under the same nonce, with the newest text, if the code has rotated meanwhile", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    const code = await codeFor(mine);
    const [one, two] = await Promise.all([1, 2].map((step) => rotated(code, new Uint8Array(32), step)));
    const sent = [];
    server.scan = async (scan) => {
      sent.push(scan);
      throw new NoConnection("lost");
    };
    for (const text of [one, two]) {
      scanner.setOnline(true);
      await scanner.scan(text);
    }
    scanner.setOnline(true);
    await scanner.scan(two, "checkOut");
    assert.deepEqual(sent.map((scan) => scan.code), [one, two, two]);
    assert.equal(sent[0].nonce, sent[1].nonce);
    assert.notEqual(sent[1].nonce, sent[2].nonce);
  });

  it("takes a serial number only if it was typed: anybody can print one", async () => {
    const server = new TestServer();
    server.role = "supervisor";
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    server.responses.scan = ({ nonce }) => ({ nonce, result: "admitted", serial: mine });
    assert.deepEqual(inWords(await scanner.scan(mine)).title, "Not one of our tickets");
    assert.equal((await scanner.scan(mine, "admit", { typed: true })).result, "admitted");
    assert.equal((await scanner.scan(await codeFor(mine), "admit", { typed: true })).result, "admitted");
  });

  it("a supervisor may declare another device lost, not this one", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    const at = (number) => ({ reason: "elsewhere", owner: { door: "South", number } });
    await scanner.join("door", "phone");
    assert.ok(!scanner.mayOverride(at(3)), "a steward");
    scanner.identity.door.role = "supervisor";
    assert.ok(scanner.mayOverride(at(3)));
    assert.ok(!scanner.mayOverride(at(1)));
    assert.ok(!scanner.mayOverride({ reason: "revoked" }));
  });

  it("a lenient door admits without a network and reports the duplicate afterwards", async () => {
    const server = new TestServer("lenient");
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    server.reachable = false;
    assert.equal((await scanner.scan(await codeFor(theirs))).result, "admitted");
    assert.equal((await scanner.scan(await codeFor(theirs))).reason, "alreadyRedeemed", "but not twice at the same door");
    server.reachable = true;
    const first = { door: "South", at: "2026-11-30T19:10:00Z" };
    server.responses.upload = (all) => ({ results: all.map(({ nonce }) => ({ nonce, result: "duplicate", first })) });
    const [duplicate] = await scanner.poll();
    assert.deepEqual([duplicate.serial, duplicate.first], [theirs, first]);
    assert.deepEqual(await scanner.poll(), [], "reported once");
  });

  it("a revocation is acknowledged only after it is on the disk and the log is uploaded", async () => {
    const server = new TestServer();
    const { scanner, store } = device(server);
    await scanner.join("door", "phone");
    await scanner.claim();
    await scanner.scan(await codeFor("1f00000000000002"));
    server.revoking = [[mine, 1]];
    server.revokedVersion = 2;
    server.responses.upload = () => ({ results: [] });
    await scanner.poll();
    assert.equal(server.requests.filter(({ body }) => body?.acknowledgeRevoked).length, 0, "not yet: the log is not uploaded");
    assert.deepEqual(store.facts.revokedLater, [[mine, 1]]);
    assert.equal((await scanner.scan(await codeFor(mine))).reason, "revoked");
    delete server.responses.upload;
    await scanner.poll();
    assert.deepEqual(server.requests.find(({ body }) => body?.acknowledgeRevoked).body, { acknowledgeRevoked: 2 });
    const again = device(server, store).scanner;
    await again.resume();
    server.reachable = false;
    assert.equal((await again.scan(await codeFor(mine))).reason, "revoked", "also after a restart");
  });

  it("returns shards only after everything is uploaded, and decides nothing about them meanwhile", async () => {
    const server = new TestServer();
    const { scanner, store } = device(server);
    await scanner.join("door", "phone");
    await scanner.claim();
    await scanner.scan(await codeFor(mine));
    server.reachable = false;
    await assert.rejects(scanner.release(), NoConnection);
    assert.equal((await scanner.scan(await codeFor("1f00000000000002"))).reason, "needsNetwork");
    const again = device(server, store).scanner;
    await again.resume();
    assert.equal((await again.scan(await codeFor("1f00000000000002"))).reason, "needsNetwork", "also after a restart");
    server.reachable = true;
    await again.poll();
    const order = server.requests.filter(({ name, body }) => name === "upload" || body?.release).map(({ name }) => name);
    assert.deepEqual(order, ["upload", "shards"]);
    assert.equal(again.ownShards.length, 0);
    assert.deepEqual(store.facts.releasing, []);
  });

  it("a lost response to a claim is claimed again by number before anything is decided", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    server.owners.set(31, "me");  // the server has given it, and its response never came
    await scanner.refresh();
    server.reachable = false;
    assert.equal((await scanner.scan(await codeFor(mine))).reason, "needsNetwork");
    server.reachable = true;
    await scanner.poll();
    assert.deepEqual(server.requests.find(({ body }) => body?.claim).body, { claim: [31] });
    server.reachable = false;
    assert.equal((await scanner.scan(await codeFor(mine))).result, "admitted");
  });

  it("waits until returns have ended before it takes tickets over", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    let tries = 0;
    const give = server.shards.bind(server);
    server.shards = (body) => {
      tries += 1;
      if (tries < 3) throw new NotYet("The doors are being opened");
      return give(body);
    };
    await scanner.claim();
    assert.equal(scanner.ownShards.length, 2);
    assert.equal(tries, 3);
    server.shards = () => { throw new NotYet("The doors are being opened"); };
    await assert.rejects(scanner.claim(), NotYet);
  });

  it("only supervisors undo and type serial numbers; an undo uploads first and is remembered", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    assert.equal((await scanner.scan(mine, "admit", { typed: true })).reason, "notAllowed");
    assert.equal((await scanner.undo("nonce-1")).reason, "notAllowed");
    server.role = "supervisor";
    const { scanner: chief, store } = device(server);
    await chief.join("door", "phone");
    await chief.claim();
    const { nonce } = await chief.scan(await codeFor(mine));
    server.requests.length = 0;
    server.responses.scan = (scan) => {
      assert.equal(chief.pending.length, 0, "also what was decided meanwhile is uploaded");
      return { nonce: scan.nonce, result: "undone", serial: mine };
    };
    const meanwhile = await codeFor("1f00000000000002");
    const [undone, admitted] = await Promise.all([chief.undo(nonce), chief.scan(meanwhile)]);
    assert.deepEqual([undone.result, admitted.result], ["undone", "admitted"]);
    assert.deepEqual(server.names(), ["upload", "upload", "scan"]);
    const again = device(server, store).scanner;
    await again.resume();
    assert.equal((await again.scan(await codeFor(mine))).result, "admitted");
  });

  it("repeats an undo whose response was lost under the same nonce", async () => {
    const server = new TestServer();
    server.role = "supervisor";
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    const nonces = [];
    const responses = [() => { throw new NoConnection("lost"); }, (nonce) => ({ nonce, result: "refused", reason: "needsShop" }),
                       (nonce) => ({ nonce, result: "undone", serial: mine }), (nonce) => ({ nonce, result: "refused", reason: "notInside" })];
    server.responses.scan = ({ nonce }) => {
      nonces.push(nonce);
      return responses[nonces.length - 1](nonce);
    };
    assert.equal((await scanner.undo("the admission")).reason, "needsNetwork");
    assert.equal((await scanner.undo("the admission")).reason, "needsShop");
    assert.equal((await scanner.undo("the admission")).result, "undone");
    assert.equal((await scanner.undo("the admission")).reason, "notInside");
    assert.equal(new Set(nonces.slice(0, 3)).size, 1);
    assert.notEqual(nonces[3], nonces[0]);
  });

  it("keeps the time of the server, whatever its own clock says", async () => {
    const server = new TestServer();
    server.clock = () => Date.parse("2026-11-30T19:40:00Z");
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    assert.equal(new Date(scanner.now()).toISOString(), "2026-11-30T19:40:00.000Z");
  });

  it("stops when its door is closed, and can't join another one before its log is uploaded", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    await scanner.claim();
    await assert.rejects(scanner.join("another", "phone"), /still works for another door/);
    server.closed = true;
    await assert.rejects(scanner.poll(), DoorClosed);
    assert.ok(scanner.closed);
  });

  it("uploads and gives its tickets back when its door is closed, and then joins another one", async () => {
    const server = new TestServer();
    const { scanner, store } = device(server);
    await scanner.join("door", "phone");
    await scanner.claim();
    server.reachable = false;
    await scanner.scan(await codeFor(mine));
    server.reachable = server.closed = true;
    server.responses.upload = () => ({ results: [] });
    await assert.rejects(scanner.poll(), DoorClosed);
    await assert.rejects(scanner.join("another", "phone"), /^Error: 1 scan is not uploaded yet/);
    assert.equal(scanner.ownShards.length, 2, "not before its scans are uploaded");
    delete server.responses.upload;
    await scanner.poll();
    assert.equal(scanner.pending.length, 0);
    assert.equal(server.owners.size, 0);
    assert.deepEqual([scanner.ownShards, store.facts.releasing], [[], []]);
    server.requests.length = 0;
    await scanner.poll();
    assert.deepEqual(server.names(), [], "nothing is left to do");
    server.closed = false;
    await scanner.join("another", "phone");
    assert.ok(!scanner.closed && scanner.pack);
    assert.equal(store.scans.length, 0);
  });

  it("knows that its door is closed after a reload, without a connection, too", async () => {
    const server = new TestServer("lenient");
    const { scanner, store } = device(server);
    await scanner.join("door", "phone");
    server.closed = true;
    await assert.rejects(scanner.poll(), DoorClosed);
    server.reachable = false;
    const reloaded = device(server, store).scanner;
    await reloaded.resume();
    assert.ok(reloaded.closed, "before it reaches anybody");
    await assert.rejects(reloaded.poll(), NoConnection);
    server.reachable = true;
    server.requests.length = 0;
    await reloaded.poll();
    await reloaded.poll();
    assert.ok(reloaded.closed);
    server.closed = false;  // the operator had set up the wrong secret
    const mended = device(server, store).scanner;
    await mended.resume();
    await mended.poll();
    assert.ok(!mended.closed && !store.facts.closed);
  });

  it("joins another door once nobody takes its scans any more", async () => {
    const server = new TestServer();
    const { scanner, store } = device(server);
    await scanner.join("door", "phone");
    await scanner.claim();
    server.reachable = false;
    await scanner.scan(await codeFor(mine));
    server.reachable = server.closed = true;
    server.responses.upload = () => { throw new DoorClosed("unknown scanner"); };
    await assert.rejects(scanner.poll(), DoorClosed);
    assert.ok(scanner.closed && scanner.lost);
    server.requests.length = 0;
    await scanner.poll();
    assert.deepEqual(server.names(), [], "it doesn't try for ever");
    server.closed = false;
    await scanner.join("another", "phone");
    assert.ok(!scanner.closed && !scanner.lost);
    assert.equal(store.scans.length, 0);
  });

  it("finds out that its door is closed when it opens another one's link", async () => {
    const server = new TestServer();
    const { scanner } = device(server);
    await scanner.join("door", "phone");
    await scanner.claim();
    server.closed = true;
    const open = server.join.bind(server);
    server.join = async () => { throw new DoorClosed("expired"); };
    server.token = "secret";
    await assert.rejects(scanner.join("another", "phone"), /expired/);
    assert.equal(server.token, "secret", "still works for the first");
    assert.equal(server.owners.size, 0);
    server.join = () => {
      server.closed = false;
      return open();
    };
    await scanner.join("third", "phone");
    assert.ok(!scanner.closed);
  });
});

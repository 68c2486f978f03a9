import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import * as base45 from "../src/base45.js";
import { listingTag } from "../src/ticket_code.js";
import { doorKey, encodedKey, issue, listingId, rotate } from "./issue.js";

const program = fileURLToPath(new URL("../src/main.js", import.meta.url));
const keysOf = (tag: string) => JSON.stringify({
  ticketId: listingId, tag, keys: [{ id: 1, publicKey: encodedKey, createdAt: "2026-11-30T09:00:00.000Z" }],
});
const keysAnswer = keysOf(listingTag(listingId).toString("hex"));
const given = ["--listing", listingId, "--key", encodedKey];
const doorKeyGiven = ["--door-key", doorKey.toString("base64url")];
const valid = "valid: serial 0123456789abcdef generation 1 key 1";

function run(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...words], { encoding: "utf8" });
  return { status, line: stdout.trimEnd(), error: stderr };
}

it("prints the verdict; the exit status is 0 if the code is valid, otherwise 1", () => {
  const text = base45.encode(issue(1));
  assert.deepEqual(run(text, ...given), { status: 0, line: valid, error: "" });
  assert.deepEqual(run(`${text} `, ...given), { status: 1, line: "malformed", error: "" });
  const other = ["--listing", "019a0000-0000-7000-8000-0000000000b2", "--key", encodedKey];
  const wrong = valid.replace("valid", "wrong listing");
  assert.deepEqual(run(text, ...other), { status: 1, line: wrong, error: "" });
});

it("takes a code that begins with a hyphen or a space", () => {
  for (const [keyId, beginning] of [[40, "-"], [35, " "]] as const) {
    const text = base45.encode(issue(keyId));
    assert.equal(text[0], beginning);
    assert.equal(run(text, ...given).line, valid.replace("key 1", `key ${keyId}`));
  }
});

it("checks the rotating part with the door key, and says so if it doesn't", () => {
  const text = base45.encode(rotate(issue(1), new Date()));
  assert.equal(run(text, ...given, ...doorKeyGiven).line, valid);
  assert.equal(run(text, ...given).line, `${valid}, rotating part not checked`);
  const printed = run(base45.encode(issue(1)), ...given, ...doorKeyGiven);
  assert.deepEqual([printed.status, printed.line], [1, valid.replace("valid", "expired")]);
});

it("takes the keys from a file or a URL", async () => {
  const directory = mkdtempSync(join(tmpdir(), "ticket-code-"));
  const file = join(directory, "keys.json");
  writeFileSync(file, keysAnswer);
  assert.equal(run(base45.encode(issue(1)), "--keys", file).line, valid);
  const forged = "forged: serial 0123456789abcdef generation 1 key 2";
  assert.equal(run(base45.encode(issue(2)), "--keys", file).line, forged);
  rmSync(directory, { recursive: true });

  const server = createServer((request, response) => {
    response.statusCode = request.url === "/keys" ? 200 : 404;
    response.end(keysAnswer);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // Not spawnSync: this process has to serve the keys meanwhile.
  for (const [path, status] of [["/keys", 0], ["/none", 2]] as const) {
    const words = [program, base45.encode(issue(1)), "--keys", address + path];
    const child = spawn(process.execPath, words, { stdio: "ignore" });
    assert.deepEqual(await once(child, "exit"), [status, null]);
  }
  server.close();
});

it("exits with 2 if the code could not be checked", () => {
  const text = base45.encode(issue(1));
  const directory = mkdtempSync(join(tmpdir(), "ticket-code-"));
  const wrongTag = join(directory, "keys.json");
  writeFileSync(wrongTag, keysOf("00000000"));
  for (const [words, reason] of [
    [[], /usage/],
    [[text], /usage/],
    [[text, "--key", encodedKey], /usage/],
    [[text, ...given, "--keys", wrongTag], /usage/],
    [[text, ...given, "--unknown", "x"], /usage/],
    [[text, "--listing", listingId, "--key", `${encodedKey}=`], /43 characters/],
    [[text, "--keys", join(directory, "none.json")], /ENOENT/],
    [[text, "--keys", wrongTag], /tag/],
  ] as const) {
    const { status, line, error } = run(...words);
    assert.deepEqual([status, line], [2, ""]);
    assert.match(error, reason);
  }
  rmSync(directory, { recursive: true });
});

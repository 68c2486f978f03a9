// The scripts of the pages, as modules of Node: in the source tree they have no package.json that makes them modules.
import { webcrypto } from "node:crypto";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

globalThis.crypto ??= webcrypto;  // which browsers have, and Node only since 19
const folder = mkdtempSync(join(tmpdir(), "stagedoor-scripts-"));
cpSync(new URL("../../services/client/static", import.meta.url), folder, { recursive: true });
writeFileSync(join(folder, "package.json"), '{"type": "module"}');
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

export function load(file) {
  return import(pathToFileURL(join(folder, file)).href);
}

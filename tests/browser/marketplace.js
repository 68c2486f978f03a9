// The program under test, started with its own data folder and stopped with the test.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startTimeout = 30_000;
const stopTimeout = 15_000;
const emailTimeout = 10_000;

// The text of an email: its headers, and its parts decoded from base64.
function readEmail(message) {
  const [head, ...parts] = message.split("\n\n");
  return head + "\n" + parts.map((part) => Buffer.from(part.split("\n--")[0], "base64").toString("utf8")).join("\n");
}

// The emails to that address, newest last.
function emailsTo(folder, email) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".mbox")).sort();
  const messages = files.flatMap((name) => readFileSync(join(folder, name), "latin1").split(/^From stagedoor /m));
  return messages.map(readEmail).filter((text) => text.includes(`To: <${email}>`));
}

// Starts the marketplace on a free port; `settings` are environment variables, `more` are arguments.
export async function openMarketplace(settings = {}, more = []) {
  const data = mkdtempSync(join(tmpdir(), "stagedoor-browser-"));
  let program;
  let log = "";
  const start = (port) => {
    program = spawn(process.env.STAGEDOOR_BIN, ["serve", "--port", String(port), "--data", data, ...more], {
      env: { ...process.env, STAGEDOOR_RATE_LIMITS: "off", STAGEDOOR_DRAIN_DELAY: "0", ...settings },
      stdio: ["ignore", "pipe", "pipe"],
    });
    return new Promise((resolve, reject) => {
      const before = log.length;
      const timeout = setTimeout(() => reject(new Error("the program did not become ready:\n" + log)), startTimeout);
      const read = (chunk) => {
        log += chunk;
        const ready = log.slice(before).match(/ready at (http:\/\/\S+)/);
        if (!ready) return;
        clearTimeout(timeout);
        resolve(ready[1]);
      };
      program.stdout.on("data", read);
      program.stderr.on("data", read);
      program.on("exit", (code) => reject(new Error(`the program exited with ${code}:\n` + log)));
    });
  };
  const stop = async () => {
    const ended = new Promise((resolve) => program.on("exit", resolve));
    program.kill("SIGTERM");
    const kill = setTimeout(() => program.kill("SIGKILL"), stopTimeout);
    await ended;
    clearTimeout(kill);
  };
  const url = await start(0);
  return {
    url,
    // On the same data and port, with `changed` settings.
    async restart(changed = {}) {
      await stop();
      settings = { ...settings, ...changed };
      await start(new URL(url).port);
    },
    // Waits for the newest emailed link to that page, other than `known`; returns its path and fragment.
    async mailedLink(email, page, known = undefined) {
      for (const end = Date.now() + emailTimeout; ; ) {
        const links = emailsTo(join(data, "mails"), email).map((text) => text.match(new RegExp(`${page}#token=[\\w-]+`))?.[0]);
        const newest = links.filter(Boolean).at(-1);
        if (newest && newest !== known) return newest;
        if (Date.now() > end) throw new Error(`${email} got no link to ${page}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    output: () => log,
    // The log lines of level error.
    errors: () => log.split("\n").filter((line) => / error /.test(line)),
    async close() {
      await stop();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

// The program under test, started with a data folder of its own and ended with the test.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startLimit = 30_000;
const stopLimit = 15_000;
const mailLimit = 10_000;

// The text of an .eml file: its head, and its parts (base64) in clear.
function readMail(path) {
  const [head, ...parts] = readFileSync(path, "latin1").split("\r\n\r\n");
  return head + "\n" + parts.map((part) => Buffer.from(part.split("\r\n--")[0], "base64").toString("utf8")).join("\n");
}

// The mails to that address, newest last.
function mailsTo(folder, email) {
  const files = readdirSync(folder).filter((name) => name.endsWith(".eml")).map((name) => join(folder, name));
  files.sort((one, other) => statSync(one).mtimeMs - statSync(other).mtimeMs);
  return files.map(readMail).filter((text) => text.includes(`To: <${email}>`));
}

// Starts the marketplace on a free port; `settings` are environment variables.
export async function openMarketplace(settings = {}) {
  const data = mkdtempSync(join(tmpdir(), "stagedoor-browser-"));
  const program = spawn(process.env.STAGEDOOR_BIN, ["serve", "--port", "0", "--data", data], {
    env: { ...process.env, STAGEDOOR_RATE_LIMITS: "off", STAGEDOOR_DRAIN_DELAY: "0", ...settings },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let log = "";
  const url = await new Promise((resolve, reject) => {
    const giveUp = setTimeout(() => reject(new Error("the program did not get ready:\n" + log)), startLimit);
    const listen = (chunk) => {
      log += chunk;
      const ready = log.match(/ready at (http:\/\/\S+)/);
      if (!ready) return;
      clearTimeout(giveUp);
      resolve(ready[1]);
    };
    program.stdout.on("data", listen);
    program.stderr.on("data", listen);
    program.on("exit", (code) => reject(new Error(`the program ended with ${code}:\n` + log)));
  });
  return {
    url,
    // Path and query of the newest link to that page that was mailed to the address, other than `known`; mails take a
    // moment.
    async mailedLink(email, page, known = undefined) {
      for (const end = Date.now() + mailLimit; ; ) {
        const links = mailsTo(join(data, "mails"), email).map((text) => text.match(new RegExp(`${page}\\?token=[\\w-]+`))?.[0]);
        const newest = links.filter(Boolean).at(-1);
        if (newest && newest !== known) return newest;
        if (Date.now() > end) throw new Error(`${email} was mailed no link to ${page}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    // The lines that tell of failures of our own.
    errors: () => log.split("\n").filter((line) => / error /.test(line)),
    async close() {
      const ended = new Promise((resolve) => program.on("exit", resolve));
      program.kill("SIGTERM");
      const kill = setTimeout(() => program.kill("SIGKILL"), stopLimit);
      await ended;
      clearTimeout(kill);
      rmSync(data, { recursive: true, force: true });
    },
  };
}

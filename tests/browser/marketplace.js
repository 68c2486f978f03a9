// The program under test, started with a data folder of its own and ended with the test.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const startLimit = 30_000;
const stopLimit = 15_000;

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

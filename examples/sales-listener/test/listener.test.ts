// The program itself, against a real nats-server: killed, restarted, with duplicate and reordered events.
import assert from "node:assert/strict";
import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, it } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { NatsServer, stream } from "./nats_server.js";
import { sale, sampleEvent, type SampleEvent } from "./samples.js";

const program = fileURLToPath(new URL("../src/main.js", import.meta.url));
const timeoutMs = 30_000;

interface Report {
  listings: { ticketId: string; title: string; sold: number }[];
  orders: number;
  waiting: number;
  unreadable: number;
}

class Sales {
  private process: ChildProcess | undefined;
  output = "";
  constructor(
    private readonly nats: NatsServer,
    private readonly file: string,
  ) {}

  start() {
    const environment = { ...process.env, NATS_URL: this.nats.url, SALES_FILE: this.file, SALES_PORT: "0", SALES_GAP_SECONDS: "1" };
    this.output = "";
    this.process = spawn("setpriv", ["--pdeathsig", "KILL", process.execPath, program], { env: environment });
    this.process.stdout!.on("data", (chunk) => (this.output += chunk));
    this.process.stderr!.on("data", (chunk) => (this.output += chunk));
  }

  async stop(signal: NodeJS.Signals) {
    if (!this.process || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = once(this.process, "exit");
    this.process.kill(signal);
    await ended;
    return this.process.exitCode;
  }

  async report(): Promise<Report> {
    const url = this.output.match(/the tally is at (\S+)/)?.[1];
    if (!url) throw new Error("it did not log its address");
    return (await (await fetch(url)).json()) as Report;
  }

  // Waits until these tickets are counted, and this many orders and waiting events are reported.
  async reaches(sold: Record<string, number>, orders: number, waiting = 0) {
    let last: unknown;
    for (const end = Date.now() + timeoutMs; Date.now() < end; await pause(50)) {
      try {
        const report = await this.report();
        last = report;
        const counted = Object.fromEntries(report.listings.map((each) => [each.ticketId, each.sold]));
        assert.deepEqual(counted, sold);
        if (report.orders === orders && report.waiting === waiting) return report;
      } catch (error) {
        last ??= error;
      }
    }
    assert.fail(`it did not reach ${JSON.stringify(sold)} of ${orders} orders: ${JSON.stringify(last)}\n${this.output}`);
  }

  async logs(pattern: RegExp) {
    for (const end = Date.now() + timeoutMs; !pattern.test(this.output); await pause(20)) {
      if (Date.now() > end) assert.fail(`it did not log ${pattern}:\n${this.output}`);
    }
  }
}

describe("the listener", () => {
  let nats: NatsServer, folder: string, sales: Sales;
  before(async () => (nats = await NatsServer.start()));
  after(() => nats.close());
  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "stagedoor-sales-"));
    sales = new Sales(nats, join(folder, "sales.json"));
    await nats.createStream();
  });
  afterEach(async () => {
    await sales.stop("SIGKILL");
    await nats.deleteStream();
    rmSync(folder, { recursive: true, force: true });
  });

  it("counts the history and then new events, repeated or out of order", async () => {
    const [a1, a2, a3] = sale("a", "play", 2) as [SampleEvent, SampleEvent, SampleEvent];
    await nats.publish(a1, a3, a3);
    sales.start();
    await nats.publish(a2, a2, a1, a3);
    await sales.reaches({ play: 2 }, 1);

    const [b1, b2, b3] = sale("b", "opera", 5) as [SampleEvent, SampleEvent, SampleEvent];
    await nats.publish(b2, b1, { ...b3, dataAddedLater: true } as SampleEvent, ...sale("c", "play", 1).reverse(), b3);
    await sales.reaches({ play: 3, opera: 5 }, 3);
  });

  it("ignores unknown types and invalid messages", async () => {
    sales.start();
    const [a1, , a3] = sale("a", "play", 2) as [SampleEvent, SampleEvent, SampleEvent];
    await nats.publish(a1, "{", "{", sampleEvent("order.gifted", "a", 2, (data) => (data.items = null)), a3, ...sale("b", "play", 1));
    const { unreadable } = await sales.reaches({ play: 3 }, 2);
    assert.equal(unreadable, 1);
  });

  it("counts repeated events once after kill -9", async () => {
    const first = sale("a", "play", 2), second = sale("b", "play", 3);
    sales.start();
    await nats.publish(...first, second[0]!, second[2]!);
    await sales.reaches({ play: 2 }, 2, 1);
    await sales.stop("SIGKILL");
    await nats.publish(...first, second[1]!, ...second);
    sales.start();
    await sales.reaches({ play: 5 }, 2);
  });

  it("loses and repeats nothing when killed again and again under load", async () => {
    const orders = Array.from({ length: 300 }, (_, i) => sale(`order ${i}`, `listing ${i % 3}`, 1 + (i % 2)));
    const mixed = orders.flat().map((event, i) => ({ event, at: (i * 7919) % 900 })).sort((one, other) => one.at - other.at);
    const publishing = nats.publish(...mixed.map(({ event }) => event));
    for (let kills = 0; kills < 6; ++kills) {
      sales.start();
      await sales.logs(/subscribed/);
      await pause(30 + 40 * kills);
      await sales.stop("SIGKILL");
    }
    await publishing;
    sales.start();
    await sales.reaches({ "listing 0": 150, "listing 1": 150, "listing 2": 150 }, 300);
  });

  it("survives a server that is killed and restarted", async () => {
    sales.start();
    await nats.publish(...sale("a", "play", 2));
    await sales.reaches({ play: 2 }, 1);
    await nats.kill();
    await sales.logs(/disconnected/);
    await nats.restart();
    await nats.publish(...sale("b", "play", 1));
    await sales.reaches({ play: 3 }, 2);
  });

  it("waits for a lost stream and counts refilled events once", async () => {
    sales.start();
    const events = sale("a", "play", 2);
    await nats.publish(...events);
    await sales.reaches({ play: 2 }, 1);
    await nats.deleteStream();
    await sales.logs(/can't subscribe/);
    await nats.createStream();
    await nats.publish(...events, ...sale("b", "play", 1));
    await sales.reaches({ play: 3 }, 2);
  });

  it("reads the history again when it missed an event", async () => {
    const [a1, a2, a3] = sale("a", "play", 2) as [SampleEvent, SampleEvent, SampleEvent];
    sales.start();
    await nats.publish(a1);
    await sales.reaches({}, 1);
    assert.equal(await sales.stop("SIGTERM"), 0);
    await nats.publish(a2);
    const stolen = await (await nats.jetstream().consumers.get(stream, "listener-order")).next();
    assert.ok(await stolen!.ackAck());
    await nats.publish(a3);
    sales.start();
    await sales.reaches({ play: 2 }, 1);
    assert.match(sales.output, /reading the history again/);
  });

  it("starts over without its file", async () => {
    sales.start();
    await nats.publish(...sale("a", "play", 2));
    await sales.reaches({ play: 2 }, 1);
    assert.equal(await sales.stop("SIGTERM"), 0);
    rmSync(join(folder, "sales.json"));
    sales.start();
    await sales.reaches({ play: 2 }, 1);
  });
});

describe("settings", () => {
  for (const [environment, message] of [
    [{ NATS_URL: "" }, "NATS_URL is not set"],
    [{ NATS_URL: "somewhere" }, "NATS_URL is not a URL"],
    [{ NATS_URL: "http://127.0.0.1:1" }, "NATS_URL must begin with nats:// or tls://"],
    [{ NATS_URL: "nats://127.0.0.1:1", SALES_PORT: "many" }, "SALES_PORT must be a port"],
    [{ NATS_URL: "nats://127.0.0.1:1", SALES_GAP_SECONDS: "0" }, "SALES_GAP_SECONDS must be"],
  ] as const) {
    it(`are rejected in one line: ${message}`, () => {
      const { status, stderr } = spawnSync(process.execPath, [program], { env: { ...process.env, ...environment }, encoding: "utf8" });
      assert.equal(status, 2);
      assert.match(stderr, /^sales: .*\n$/);
      assert.ok(stderr.includes(message), stderr);
    });
  }
});

// A private nats-server with JetStream on a free loopback port, with a stream like that of Stagedoor's orders.
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect, type NatsConnection } from "nats";
import type { SampleEvent } from "./samples.js";

const user = "stagedoor", password = "only/on loopback";
export const stream = "stagedoor-orders";

async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export class NatsServer {
  private readonly folder = mkdtempSync(join(tmpdir(), "stagedoor-nats-"));
  private process: ChildProcess | undefined;
  private connection: NatsConnection | undefined;
  private constructor(private readonly port: number) {}

  static async start() {
    const server = new NatsServer(await freePort());
    writeFileSync(join(server.folder, "nats.conf"), `listen: 127.0.0.1:${server.port}
jetstream { store_dir: "${server.folder}/store" }
authorization { user: ${user}, password: "${password}" }\n`);
    await server.restart();
    return server;
  }

  get url() {
    return `nats://${user}:${encodeURIComponent(password)}@127.0.0.1:${this.port}`;
  }

  // setpriv: the server exits with the test, however that ends.
  async restart() {
    const command = ["--pdeathsig", "KILL", process.env.NATS_SERVER ?? "/usr/sbin/nats-server", "-c", join(this.folder, "nats.conf")];
    this.process = spawn("setpriv", command, { stdio: "ignore" });
    this.connection = await connect({ servers: `127.0.0.1:${this.port}`, user, pass: password, waitOnFirstConnect: true,
                                      maxReconnectAttempts: 200, reconnectTimeWait: 50 });
  }

  async kill() {
    await this.connection!.close();
    const ended = once(this.process!, "exit");
    this.process!.kill("SIGKILL");
    await ended;
  }

  async close() {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  async createStream() {
    await (await this.manager()).streams.add({ name: stream, subjects: ["order.>", "stock.>"] });
  }

  async deleteStream() {
    await (await this.manager()).streams.delete(stream);
  }

  manager() {
    return this.connection!.jetstreamManager();
  }

  jetstream() {
    return this.connection!.jetstream();
  }

  // Strings are sent unchanged.
  async publish(...events: (SampleEvent | string)[]) {
    for (const event of events) {
      const [subject, text] = typeof event === "string" ? ["order.created", event] : [event.type, JSON.stringify(event)];
      await this.jetstream().publish(subject, text);
    }
  }
}

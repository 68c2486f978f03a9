// Counts the tickets that were sold of each listing, by what Stagedoor tells of its orders.
import { connect, type ConnectionOptions } from "nats";
import { Listener } from "./listener.js";
import { serveReport } from "./report.js";
import { emptyTally } from "./tally.js";
import { TallyFile } from "./tally_file.js";

class Misconfigured extends Error {}

const say = (line: string) => console.log(`sales: ${line}`);

// nats://user:password@host:port; several, with commas between them, are members of one cluster.
function servers(urls: string): ConnectionOptions {
  const parsed = urls.split(",").map((text) => {
    let url;
    try {
      url = new URL(text.trim());
    } catch {
      throw new Misconfigured("NATS_URL is no address such as nats://127.0.0.1:4222");
    }
    if (url.protocol !== "nats:" && url.protocol !== "tls:") throw new Misconfigured("NATS_URL must begin with nats:// or tls://");
    return url;
  });
  const { username, password, protocol } = parsed[0]!;
  return {
    servers: parsed.map(({ host }) => host),
    ...(username !== "" && { user: decodeURIComponent(username), pass: decodeURIComponent(password) }),
    ...(protocol === "tls:" && { tls: {} }),
  };
}

function settings(environment: NodeJS.ProcessEnv) {
  const { NATS_URL, SALES_FILE = "sales.json", SALES_PORT = "8099", SALES_GAP_SECONDS = "60" } = environment;
  if (!NATS_URL) throw new Misconfigured("NATS_URL is not set; it says where the events are, e.g. nats://127.0.0.1:4222");
  const port = Number(SALES_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Misconfigured("SALES_PORT must be a port, 0 to 65535");
  const gapLimitMs = Number(SALES_GAP_SECONDS) * 1000;
  if (!(gapLimitMs > 0)) throw new Misconfigured("SALES_GAP_SECONDS must be a number above 0");
  return { nats: servers(NATS_URL), file: new TallyFile(SALES_FILE), port, gapLimitMs };
}

async function main() {
  const { nats, file, port, gapLimitMs } = settings(process.env);
  const stored = file.read();
  const tally = stored ?? emptyTally();
  const { server, url } = await serveReport(tally, port);
  say(`the tally is at ${url}`);

  const connection = await connect({ ...nats, name: "sales-listener", waitOnFirstConnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 500 });
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect" || type === "reconnect") say(`${type}ed`);
    }
  })();
  const listener = new Listener(connection, tally, file, { fromTheBeginning: stored === undefined, gapLimitMs, say });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => listener.stop());
  await listener.run();
  await connection.drain();
  server.close();
  server.closeAllConnections();
}

main().catch((error: Error) => {
  console.error(`sales: ${error instanceof Misconfigured ? error.message : error.stack}`);
  process.exit(error instanceof Misconfigured ? 2 : 1);
});

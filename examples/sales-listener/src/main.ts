// Counts the tickets sold per listing from Stagedoor's order events.
import { connect, type ConnectionOptions } from "nats";
import { Listener } from "./listener.js";
import { serveReport } from "./report.js";
import { emptyTally } from "./tally.js";
import { TallyFile } from "./tally_file.js";

class ConfigurationError extends Error {}

const log = (line: string) => console.log(`sales: ${line}`);

// nats://user:password@host:port; several comma-separated URLs are servers of one cluster.
function servers(urls: string): ConnectionOptions {
  const parsed = urls.split(",").map((text) => {
    let url;
    try {
      url = new URL(text.trim());
    } catch {
      throw new ConfigurationError("NATS_URL is not a URL such as nats://127.0.0.1:4222");
    }
    if (url.protocol !== "nats:" && url.protocol !== "tls:") throw new ConfigurationError("NATS_URL must begin with nats:// or tls://");
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
  if (!NATS_URL) throw new ConfigurationError("NATS_URL is not set; set it to the NATS server, e.g. nats://127.0.0.1:4222");
  const port = Number(SALES_PORT);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new ConfigurationError("SALES_PORT must be a port, 0 to 65535");
  const gapTimeoutMs = Number(SALES_GAP_SECONDS) * 1000;
  if (!(gapTimeoutMs > 0)) throw new ConfigurationError("SALES_GAP_SECONDS must be a number above 0");
  return { nats: servers(NATS_URL), file: new TallyFile(SALES_FILE), port, gapTimeoutMs };
}

async function main() {
  const { nats, file, port, gapTimeoutMs } = settings(process.env);
  const stored = file.read();
  const tally = stored ?? emptyTally();
  const { server, url } = await serveReport(tally, port);
  log(`the tally is at ${url}`);

  const connection = await connect({ ...nats, name: "sales-listener", waitOnFirstConnect: true, maxReconnectAttempts: -1, reconnectTimeWait: 500 });
  void (async () => {
    for await (const { type } of connection.status()) {
      if (type === "disconnect" || type === "reconnect") log(`${type}ed`);
    }
  })();
  const listener = new Listener(connection, tally, file, { fromBeginning: stored === undefined, gapTimeoutMs, log });
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => listener.stop());
  await listener.run();
  await connection.drain();
  server.close();
  server.closeAllConnections();
}

main().catch((error: Error) => {
  console.error(`sales: ${error instanceof ConfigurationError ? error.message : error.stack}`);
  process.exit(error instanceof ConfigurationError ? 2 : 1);
});

// Serves the tally: GET / returns JSON.
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { waiting, type Tally } from "./tally.js";

function report(tally: Tally) {
  const listings = Object.entries(tally.listings).map(([ticketId, { title, sold }]) => ({ ticketId, title, sold }));
  listings.sort((one, other) => other.sold - one.sold || one.ticketId.localeCompare(other.ticketId));
  return {
    listings,
    orders: Object.keys(tally.orders).length,
    waiting: waiting(tally).length,
    unreadable: tally.unreadable.length,
  };
}

// On loopback only; port 0 is any free port. Returns the address.
export async function serveReport(tally: Tally, port: number): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    const found = request.url === "/" && request.method === "GET";
    response.writeHead(found ? 200 : 404, { "Content-Type": "application/json" });
    response.end(JSON.stringify(found ? report(tally) : { error: "only GET / is supported" }) + "\n");
  });
  await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port, "127.0.0.1", resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` };
}

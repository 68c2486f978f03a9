// Steady traffic through a gateway, for what must not interrupt it; in a thread of its own, since a test waits for kubectl.
import assert from "node:assert/strict";
import https from "node:https";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { log } from "./podman.js";

// Requests each path of `statuses` again and again, on one kept connection per path and on new ones, until `stop`, which returns for
// each path how many responses had its status, and what became of the other requests.
export function startLoad(at, statuses) {
  const worker = new Worker(new URL(import.meta.url), { workerData: { at, expected: statuses } });
  const results = new Promise((resolve, reject) => worker.once("message", resolve).once("error", reject));
  results.catch(() => {}); // reported by `stop`
  return () => {
    worker.postMessage("stop");
    return results;
  };
}

// That no request failed, and that there were many.
export function expectNoFailure(results) {
  for (const [path, { good, bad }] of results) {
    log(`${path} through the Gateway: ${good} requests succeeded, ${bad.length} failed`);
    assert.deepEqual(bad, [], path);
    assert.ok(good > 50, `${path}: only ${good} requests`);
  }
}

// For visitors who are not signed in.
export const publicPaths = { "/": 200, "/api/users/currentuser": 200, "/api/tickets": 200, "/api/orders": 401, "/api/payments/balance": 401 };

function get({ connect, url, ca }, path, expected, agent) {
  const { hostname } = new URL(url);
  return new Promise((resolve) => {
    const sent = https.request({ ...connect, path, agent, ca, servername: hostname, headers: { host: hostname }, timeout: 30_000 }, (response) => {
      let text = "";
      response.on("data", (part) => { text += part; });
      response.on("end", () => resolve(response.statusCode === expected ? undefined : `${response.statusCode}: ${text.replaceAll(/<(style|script).*?<\/\1>|<[^>]*>|\s+/gs, " ").slice(0, 300)}`));
      response.on("error", (error) => resolve(error.message));
    });
    sent.on("timeout", () => sent.destroy(new Error("no response within 30 s")));
    sent.on("error", (error) => resolve(error.message));
    sent.end();
  });
}

async function run({ at, expected }) {
  const paths = Object.keys(expected);
  const results = new Map(paths.map((path) => [path, { good: 0, bad: [] }]));
  let running = true;
  parentPort.once("message", () => { running = false; });
  const visit = async (path, agent) => {
    while (running) {
      const problem = await get(at, path, expected[path], agent);
      if (problem) results.get(path).bad.push(problem);
      else ++results.get(path).good;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const kept = new https.Agent({ keepAlive: true, maxSockets: paths.length });
  await Promise.all(paths.flatMap((path) => [visit(path, kept), visit(path, false)]));
  kept.destroy();
  parentPort.postMessage(results);
}

if (!isMainThread) run(workerData);

// Steady traffic through a gateway, for what must not interrupt it.
import https from "node:https";

// Requests each path again and again, on one kept connection per path and on new ones, until `stop`, which returns for each path
// how many requests succeeded, and what became of the others.
export function startLoad(at, paths) {
  const { hostname } = new URL(at.url);
  const results = new Map(paths.map((path) => [path, { good: 0, bad: [] }]));
  let running = true;
  const get = (path, agent) => new Promise((resolve) => {
    const sent = https.request({ ...at.connect, path, agent, ca: at.ca, servername: hostname, headers: { host: hostname }, timeout: 30_000 }, (response) => {
      let text = "";
      response.on("data", (part) => { text += part; });
      response.on("end", () => resolve(response.statusCode < 500 ? undefined : `${response.statusCode}: ${text.replaceAll(/<(style|script).*?<\/\1>|<[^>]*>|\s+/gs, " ").slice(0, 300)}`));
      response.on("error", (error) => resolve(error.message));
    });
    sent.on("timeout", () => sent.destroy(new Error("no response within 30 s")));
    sent.on("error", (error) => resolve(error.message));
    sent.end();
  });
  const visit = async (path, agent) => {
    while (running) {
      const problem = await get(path, agent);
      if (problem) results.get(path).bad.push(problem);
      else ++results.get(path).good;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const kept = new https.Agent({ keepAlive: true, maxSockets: paths.length });
  const visits = paths.flatMap((path) => [visit(path, kept), visit(path, false)]);
  return async () => {
    running = false;
    await Promise.all(visits);
    kept.destroy();
    return results;
  };
}

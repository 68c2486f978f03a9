// The API of admissions, as a scanner uses it.
import { words } from "./wording.js";

// No response: no network, or none in time.
export class NoConnection extends Error {}
// The server responds, but not to this yet.
export class NotYet extends NoConnection {}
// The door's link was revoked or has expired.
export class DoorClosed extends Error {}
// Any other refusal; its message is for people.
export class Refused extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

const quick = 5000;  // ms: a steward waits for the result of a scan
const patient = 60_000;  // ms: door packs and uploads may be large, and the network slow

export class Server {
  constructor(send = (...request) => fetch(...request)) {
    this.send = send;
    this.token = undefined;
  }

  async call(method, path, { body, timeout = patient } = {}) {
    const headers = { Accept: "application/json" };
    if (this.token) headers.Authorization = `Bearer ${this.token}`;
    if (body) headers["Content-Type"] = "application/json";
    let response, content;
    try {
      response = await this.send("/api/admissions/" + path, {
        method, headers, body: body && JSON.stringify(body), credentials: "omit", cache: "no-store",
        signal: AbortSignal.timeout(timeout),
      });
      content = response.status === 204 ? undefined : await response.json();
    } catch (error) {
      throw new NoConnection(error.message);
    }
    if (response.ok) return content;
    const message = content?.errors?.[0]?.message ?? words("something_wrong");
    if (response.status === 401) throw new DoorClosed(message);
    if (response.status === 503 && response.headers.has("Retry-After")) throw new NotYet(message);
    if (response.status >= 500 || response.status === 429) throw new NoConnection(message);
    throw new Refused(message, response.status);
  }

  join(token, name) { return this.call("POST", "scanners", { body: { token, name } }); }
  pack() { return this.call("GET", "scanner/pack"); }
  scan(scan) { return this.call("POST", "scanner/scans", { body: scan, timeout: quick }); }
  upload(scans) { return this.call("POST", "scanner/uploads", { body: { scans } }); }
  shards(request) { return this.call("POST", "scanner/shards", { body: request }); }
  override(shard) { return this.call("POST", "scanner/override", { body: { shard } }); }
  status() { return this.call("GET", "scanner/status", { timeout: quick }); }
}

// The cluster of the current kubectl context, and one namespace of it.
import { spawn, spawnSync } from "node:child_process";
import yaml from "js-yaml";
import { kubectl } from "./manifests.js";

export class Cluster {
  #forwards = new Map(); // by Service: { kubectl, host, port }
  #known = new Map();
  #watches = new Set();

  constructor(namespace) {
    this.program = kubectl();
    this.namespace = namespace;
    const { status, stdout } = this.#run(["version", "-o", "json", "--request-timeout=10s"]);
    this.version = status === 0 ? JSON.parse(stdout).serverVersion?.gitVersion : undefined;
    this.minor = Number(this.version?.match(/^v1\.(\d+)/)?.[1]);
    this.nodes = this.version ? this.json("get", "nodes").items : [];
  }

  #run(parts, input) {
    return spawnSync(this.program, ["-n", this.namespace, ...parts], { encoding: "utf8", maxBuffer: 1 << 28, input });
  }
  do(...parts) {
    const { status, stdout, stderr } = this.#run(parts);
    if (status !== 0) throw new Error(`kubectl ${parts.join(" ")} exited with ${status}:\n${(stdout + stderr).slice(-3000)}`);
    return stdout.trim();
  }
  // The same with manifests on standard input; returns { output, warnings }. `diff` exits with 1 if there is a difference.
  feed(manifests, ...parts) {
    const { status, stdout, stderr } = this.#run(parts, manifests.map((each) => yaml.dump(each)).join("---\n"));
    if (status !== 0 && !(parts[0] === "diff" && status === 1 && stdout))
      throw new Error(`kubectl ${parts.join(" ")} exited with ${status}:\n${(stdout + stderr).slice(-3000)}`);
    return { output: stdout.trim(), warnings: stderr };
  }
  json(...parts) {
    return JSON.parse(this.do(...parts, "-o", "json"));
  }
  exists(kind, name) {
    return this.do("get", kind, name, "--ignore-not-found", "-o", "name") !== "";
  }
  // For the message of a failed test.
  describe() {
    return this.#run(["get", "pods,persistentvolumeclaims"]).stdout + this.#run(["get", "events", "--field-selector=type=Warning"]).stdout;
  }
  pods() {
    return this.json("get", "pods").items;
  }
  // Whether its API has the manifest's kind.
  knows({ apiVersion, kind }) {
    if (!this.#known.has(apiVersion)) {
      const { status, stdout } = this.#run(["get", "--raw", apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`]);
      this.#known.set(apiVersion, status === 0 ? JSON.parse(stdout).resources.map((each) => each.kind) : []);
    }
    return this.#known.get(apiVersion).includes(kind);
  }

  // Forwards a Service's port to this machine. A forward ends with its pod and is then replaced by a new one.
  async forward(service, port) {
    this.#forwards.get(service)?.kubectl.kill();
    const started = spawn(this.program, ["-n", this.namespace, "port-forward", `service/${service}`, `:${port}`], { stdio: ["ignore", "pipe", "pipe"] });
    const forward = { kubectl: started, host: "127.0.0.1", port: undefined };
    this.#forwards.set(service, forward);
    forward.port = await new Promise((resolve, reject) => {
      let output = "";
      const read = (part) => {
        output += part;
        const found = output.match(/Forwarding from 127\.0\.0\.1:(\d+)/);
        if (found) resolve(Number(found[1]));
      };
      started.stdout.on("data", read);
      started.stderr.on("data", read);
      started.on("exit", () => reject(new Error(`port-forward to ${service}: ${output}`)));
    });
    started.removeAllListeners("exit");
    started.on("exit", () => {
      const again = () => this.#forwards.get(service) === forward && this.forward(service, port).catch(() => setTimeout(again, 1000));
      setTimeout(again, 500);
    });
  }
  forwarded(service) {
    const { host, port } = this.#forwards.get(service);
    return { host, port };
  }

  // Watches how pods end: `ends` maps uid to the seconds from the deletion request to the exit, and the exit code.
  watchPods() {
    const started = spawn(this.program, ["-n", this.namespace, "get", "pods", "--watch", "-o", "json"], { stdio: ["ignore", "pipe", "ignore"] });
    this.#watches.add(started);
    const ends = new Map();
    let rest = "";
    started.stdout.on("data", (part) => {
      rest += part;
      for (let end; (end = rest.indexOf("\n}\n")) >= 0; rest = rest.slice(end + 3)) {
        const { metadata, status } = JSON.parse(rest.slice(0, end + 2));
        const ended = status.containerStatuses?.[0].state.terminated;
        if (metadata.deletionTimestamp && ended)
          ends.set(metadata.uid, { took: (Date.parse(ended.finishedAt) - Date.parse(metadata.deletionTimestamp)) / 1000 + metadata.deletionGracePeriodSeconds, code: ended.exitCode });
      }
    });
    return { ends, stop: () => { started.kill(); this.#watches.delete(started); } };
  }

  close() {
    const forwards = [...this.#forwards.values()];
    this.#forwards.clear();
    for (const each of [...forwards.map((forward) => forward.kubectl), ...this.#watches]) each.kill();
  }
}

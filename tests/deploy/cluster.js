// The cluster of the current kubectl context, and the namespaces of a test in it.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { test } from "node:test";
import yaml from "js-yaml";
import { kubectl, ofKind } from "./manifests.js";
import { log, until } from "./podman.js";

export class Cluster {
  #own = []; // namespaces
  #forwards = new Map(); // by Service: { kubectl, host, port }
  #known = new Map();
  #watches = new Set();

  constructor(namespace) {
    this.program = kubectl();
    this.namespace = namespace;
    const { status, stdout } = this.attempt(["version", "-o", "json", "--request-timeout=10s"]);
    this.version = status === 0 ? JSON.parse(stdout).serverVersion?.gitVersion : undefined;
    this.minor = Number(this.version?.match(/^v1\.(\d+)/)?.[1]);
    this.nodes = this.version ? this.json("get", "nodes").items : [];
  }

  // For a test that creates these namespaces, and deletes them with all data when the process ends or calls `end`.
  static open(namespace, others = []) {
    const cluster = new Cluster(namespace);
    cluster.#own = [namespace, ...others];
    const giveUp = (reason) => {
      console.error(`deploy: ${reason}; nothing was tested`);
      process.exit(1);
    };
    if (!cluster.version) giveUp("the cluster of the current kubectl context does not respond");
    for (const each of cluster.#own) if (cluster.exists("namespace", each)) giveUp(`the namespace ${each} exists already and may hold data`);
    log(`Kubernetes ${cluster.version}, ${cluster.nodes.length} node(s)`);
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
      process.once(signal, () => {
        cluster.end();
        process.exit(1);
      });
    return cluster;
  }
  end() {
    this.close();
    this.attempt(["-n", "kube-system", "delete", "pod", "stopper", "--ignore-not-found", "--grace-period=1"]);
    const { status, stderr } = this.attempt(["delete", "namespace", ...this.#own, "--ignore-not-found", "--timeout=240s"]);
    if (status !== 0) console.error(`deploy: not deleted: ${stderr}`);
  }

  // Leaves out, and reports, kinds that the cluster does not know, and gives a Gateway the class that it has.
  fit(manifests) {
    const unknown = manifests.filter((each) => !this.knows(each));
    if (unknown.length) log(`left out, unknown to this cluster: ${[...new Set(unknown.map((each) => `${each.kind} of ${each.apiVersion}`))].join(", ")}`);
    const known = manifests.filter((each) => this.knows(each));
    for (const { spec } of ofKind(known, "Gateway"))
      if (!this.gatewayClasses().includes(spec.gatewayClassName)) spec.gatewayClassName = this.gatewayClasses()[0] ?? spec.gatewayClassName;
    return known;
  }
  // Those that somebody implements.
  gatewayClasses() {
    if (!this.knows({ apiVersion: "gateway.networking.k8s.io/v1", kind: "GatewayClass" })) return [];
    const accepted = ({ status }) => status?.conditions?.some(({ type, status }) => type === "Accepted" && status === "True");
    return this.json("get", "gatewayclasses").items.filter(accepted).map(({ metadata }) => metadata.name);
  }
  // Applies manifests, and returns a line for each; a warning of the API is an error.
  apply(manifests, ...options) {
    const { output, warnings } = this.feed(manifests, "apply", ...options, "-f", "-");
    assert.doesNotMatch(warnings, /^Warning/m);
    return output.split("\n");
  }
  // The address of the Gateway, once it and all routes are accepted.
  async gatewayAddress() {
    const states = (conditions = []) => new Map(conditions.map(({ type, status, message }) => [type, status === "True" ? true : message]));
    let problems = [];
    await until("the Gateway is programmed and its routes are accepted", () => {
      const gateway = states(this.json("get", "gateway", "stagedoor").status?.conditions);
      const routes = this.json("get", "httproutes").items.flatMap(({ metadata, status }) => (status?.parents?.length ? status.parents : [{}]).map(({ conditions }) => [metadata.name, states(conditions)]));
      problems = [["Gateway", "Programmed", gateway], ...routes.flatMap(([name, each]) => [[name, "Accepted", each], [name, "ResolvedRefs", each]])]
        .filter(([, type, conditions]) => conditions.get(type) !== true).map(([name, type, conditions]) => `${name} is not ${type}: ${conditions.get(type)}`);
      return problems.length === 0;
    }, 60, 1000).catch((error) => { throw new Error(`${error.message}: ${problems.join("; ")}`); });
    return this.json("get", "gateway", "stagedoor").status.addresses[0].value;
  }

  // A test that is skipped once an earlier one failed: it would fail too.
  step(name, work, options = {}) {
    test(name, options, async (context) => {
      if (this.failed) return context.skip("an earlier step failed");
      try {
        await work();
      } catch (error) {
        this.failed = true;
        console.error(this.describe());
        throw error;
      }
    });
  }
  ready() {
    const isReady = (pod) => !pod.metadata.deletionTimestamp && pod.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True");
    return this.pods().filter(isReady).map((pod) => pod.metadata.labels["app.kubernetes.io/name"]);
  }
  restarts() {
    return this.pods().flatMap((pod) => (pod.status.containerStatuses ?? []).filter((each) => each.restartCount > 0).map((each) => `${pod.metadata.name}: ${each.restartCount}`));
  }
  available() {
    for (const { metadata } of this.json("get", "statefulsets").items) this.do("rollout", "status", `statefulset/${metadata.name}`, "--timeout=300s");
    this.do("wait", "--for=condition=Available", "deployment", "--all", "--timeout=300s");
  }
  endpoints(service) {
    return this.json("get", "endpointslices", "-l", `kubernetes.io/service-name=${service}`).items
      .flatMap((slice) => slice.endpoints ?? []).filter(({ conditions }) => conditions.ready).length;
  }

  // Runs kubectl, for what may fail: returns { status, stdout, stderr }.
  attempt(parts, input) {
    return spawnSync(this.program, ["-n", this.namespace, ...parts], { encoding: "utf8", maxBuffer: 1 << 28, input });
  }
  do(...parts) {
    const { status, stdout, stderr } = this.attempt(parts);
    if (status !== 0) throw new Error(`kubectl ${parts.join(" ")} exited with ${status}:\n${(stdout + stderr).slice(-3000)}`);
    return stdout.trim();
  }
  // The same with manifests on standard input; returns { output, warnings }. `diff` exits with 1 if there is a difference.
  feed(manifests, ...parts) {
    const { status, stdout, stderr } = this.attempt(parts, manifests.map((each) => yaml.dump(each)).join("---\n"));
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
    return this.attempt(["get", "pods,persistentvolumeclaims"]).stdout + this.attempt(["get", "events", "--field-selector=type=Warning"]).stdout;
  }
  pods() {
    return this.json("get", "pods").items;
  }
  // Whether its API has the manifest's kind.
  knows({ apiVersion, kind }) {
    if (!this.#known.has(apiVersion)) {
      const { status, stdout } = this.attempt(["get", "--raw", apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`]);
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
    const ends = new Map(), requested = new Map();
    let rest = "";
    started.stdout.on("data", (part) => {
      rest += part;
      for (let end; (end = rest.indexOf("\n}\n")) >= 0; rest = rest.slice(end + 3)) {
        const { metadata, status } = JSON.parse(rest.slice(0, end + 2));
        if (!metadata.deletionTimestamp) continue;
        // Later events have the time at which the kubelet deleted what had ended.
        if (!requested.has(metadata.uid)) requested.set(metadata.uid, Date.parse(metadata.deletionTimestamp) / 1000 - metadata.deletionGracePeriodSeconds);
        const ended = status.containerStatuses?.[0].state.terminated;
        if (ended) ends.set(metadata.uid, { took: Date.parse(ended.finishedAt) / 1000 - requested.get(metadata.uid), code: ended.exitCode });
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

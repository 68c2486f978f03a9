// Tests the production overlay in the cluster of the current kubectl context: what the dev overlay does not have. Needs what
// cluster.test.js needs, metrics, an implementation of the Gateway API and one of NetworkPolicies. Certificates and databases
// stand in for cert-manager's and CloudNativePG's; the rest is the overlay as it is.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe } from "node:test";
import { Cluster } from "./cluster.js";
import { expectNoFailure, publicPaths, startLoad } from "./load.js";
import { copyOfTree, named, ofKind, services } from "./manifests.js";
import { log, until } from "./podman.js";
import { buyTickets } from "./story.js";

const host = "tickets.example.com", databases = "stagedoor-test-databases"; // not those of somebody's production
const cluster = Cluster.open("stagedoor", [databases]);
const step = (...parts) => cluster.step(...parts);
// The namespace of the pods that requests come from.
const gatewayPods = cluster.json("get", "pods", "--all-namespaces", "-l", "app.kubernetes.io/name in (traefik, envoy)").items;
const gatewayNamespace = process.env.STAGEDOOR_GATEWAY_NAMESPACE ?? gatewayPods[0]?.metadata.namespace;
if (!cluster.gatewayClasses().length || !gatewayNamespace || !cluster.knows({ apiVersion: "metrics.k8s.io/v1beta1", kind: "PodMetrics" })) {
  console.error("deploy: the cluster has no metrics, no GatewayClass, or pods of it that are not known here (STAGEDOOR_GATEWAY_NAMESPACE); nothing was tested");
  process.exit(1);
}

const tree = copyOfTree();
const folder = mkdtempSync(join(tmpdir(), "stagedoor-production-"));
let stopLoad;
after(async () => {
  cluster.end();
  tree.close();
  rmSync(folder, { recursive: true, force: true });
  await stopLoad?.();
});

// --- What the overlay expects to exist: docs/deploying.md, "Production" ---
const base64 = (text) => Buffer.from(text).toString("base64");
const secret = (name, data, type = "Opaque") => ({
  apiVersion: "v1", kind: "Secret", metadata: { name, namespace: "stagedoor" }, type,
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
});
const configMap = (name, data) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "stagedoor" }, data });
const openssl = (...parts) => execFileSync("openssl", parts, { cwd: folder, stdio: ["ignore", "ignore", "pipe"] });
const read = (name) => readFileSync(join(folder, name), "utf8");

openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=stagedoor-ca", "-keyout", "ca.key", "-out", "ca.crt");
function certificate(name, dnsNames) {
  openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", `/CN=${dnsNames[0]}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
  writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${dnsNames.map((each) => `DNS:${each}`).join(",")}\nextendedKeyUsage=serverAuth,clientAuth\n`);
  openssl("x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`, "-out", `${name}.crt`);
  return secret(name, { "tls.crt": read(`${name}.crt`), "tls.key": read(`${name}.key`), "ca.crt": read("ca.crt") }, "kubernetes.io/tls");
}

const rendered = tree.render("overlays/production"), dev = tree.render("overlays/dev");
// The Certificates that cert-manager would turn into these Secrets.
const certificates = ofKind(rendered, "Certificate").map(({ spec }) => certificate(spec.secretName, spec.dnsNames));
const random = (file) => Object.fromEntries(readFileSync(join(tree.folder, "overlays/dev/secrets", `${file}.env`), "utf8").trim().split("\n").map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
const serviceSecrets = services.map((name) => {
  const data = random(name);
  data.DATABASE_URL = data.DATABASE_URL.replace("@postgres:", `@${name}-database.${databases}:`);
  data.NATS_URL = data.NATS_URL.replace("nats://", "tls://");
  return secret(name, data);
});
const prerequisites = [
  ...certificates, ...serviceSecrets, secret("nats", random("nats")), certificate("stagedoor-tls", [host]),
  certificate("nats-tls", ["nats", ...[0, 1, 2].map((number) => `nats-${number}.nats-servers`)]),
  configMap("stagedoor-ca", { "ca.crt": read("ca.crt") }), configMap("nats-ca", { "ca.crt": read("ca.crt") }),
];

// One PostgreSQL for all in the namespace of the databases, as in the dev overlay, under the names of a cluster per service.
const inDatabases = (manifest) => ({ ...manifest, metadata: { ...manifest.metadata, namespace: databases } });
function databaseManifests() {
  const server = named(dev, "StatefulSet", "postgres");
  const settings = ["Secret", "ConfigMap"].flatMap((kind) => ofKind(dev, kind).filter(({ metadata }) => metadata.name.startsWith("postgres-")));
  const service = (name) => ({ apiVersion: "v1", kind: "Service", metadata: { name }, spec: { selector: server.spec.selector.matchLabels, ports: [{ port: 5432 }] } });
  return [{ apiVersion: "v1", kind: "Namespace", metadata: { name: databases } }, ...[...settings, server, service("postgres"), ...services.map((name) => service(`${name}-database`))].map(inDatabases)];
}

// The overlay with the patches that its documentation asks for, and small requests: this may be one node.
function production() {
  const manifests = cluster.fit(rendered.filter(({ kind }) => kind !== "Certificate"));
  const settings = ofKind(manifests, "ConfigMap").find(({ data }) => data.STAGEDOOR_PAYMENT_PROVIDER);
  Object.assign(settings.data, { STAGEDOOR_PAYMENT_PROVIDER: "test", STAGEDOOR_CONFIRMED_EMAILS: "optional" });
  delete settings.data.STRIPE_PUBLISHABLE_KEY;
  for (const policy of ofKind(manifests, "NetworkPolicy")) {
    for (const rule of policy.spec.ingress ?? [])
      for (const { namespaceSelector } of rule.from ?? [])
        if (namespaceSelector?.matchLabels["kubernetes.io/metadata.name"] === "envoy-gateway-system")
          namespaceSelector.matchLabels["kubernetes.io/metadata.name"] = gatewayNamespace;
    for (const rule of policy.spec.egress ?? [])
      for (const peer of rule.to ?? [])
        if (peer.podSelector?.matchLabels?.["cnpg.io/cluster"]) {
          peer.podSelector.matchLabels = { "app.kubernetes.io/name": "postgres" };
          peer.namespaceSelector.matchLabels["kubernetes.io/metadata.name"] = databases;
        }
  }
  named(manifests, "StatefulSet", "nats").spec.template.spec.containers[0].resources.requests = { cpu: "20m", memory: "64Mi" };
  for (const deployment of ofKind(manifests, "Deployment")) deployment.spec.template.spec.containers[0].resources.requests.cpu = "20m";
  return manifests;
}
const manifests = production();

describe("the production overlay", () => {
  let at;
  step("runs: every pod is ready, with two replicas, TLS everywhere and three NATS servers", async () => {
    cluster.do("apply", "-f", join(tree.folder, "base/namespace.yaml"));
    cluster.feed(databaseManifests(), "-n", databases, "apply", "-f", "-");
    cluster.do("-n", databases, "rollout", "status", "statefulset/postgres", "--timeout=180s");
    cluster.apply(prerequisites);
    const lines = cluster.apply(manifests);
    log(`production: ${lines.length} objects applied`);
    cluster.available();
    await until("two replicas of each", () => { const ready = cluster.ready(); return services.every((name) => ready.filter((each) => each === name).length >= 2); }, 180, 1000);
    log("two replicas of every service and three NATS servers are ready");
  });

  step("sells through the Gateway, which verifies the services' certificates", async () => {
    at = { url: `https://${host}`, ca: read("ca.crt"), connect: { host: await cluster.gatewayAddress(), port: 443 } };
    await until("a purchase", async () => { await buyTickets(at); return true; }, 90);
    log("a purchase was made");
    // Policies of many new pods may take half a minute until all of them are in force.
    await until("requests reach every replica", async () => {
      stopLoad = startLoad(at, publicPaths);
      await new Promise((resolve) => setTimeout(resolve, 3000));
      return [...(await stopLoad()).values()].every(({ bad }) => bad.length === 0);
    }, 150);
    log("every replica is reached");
  });

  step("replaces every pod under traffic without a failed request", async () => {
    const watch = cluster.watchPods();
    stopLoad = startLoad(at, publicPaths);
    cluster.do("rollout", "restart", "deployment");
    for (const name of services) cluster.do("rollout", "status", `deployment/${name}`, "--timeout=300s");
    await new Promise((resolve) => setTimeout(resolve, 10_000)); // the old pods drain
    watch.stop();
    log(`pods exited after ${[...watch.ends.values()].map(({ took, code }) => `${took} s (${code})`).join(", ")}`);
    expectNoFailure(await stopLoad());
    stopLoad = undefined;
  });

  step("loses one replica at a time when a node is drained", async () => {
    const pods = cluster.pods().filter(({ metadata }) => metadata.labels["app.kubernetes.io/name"] === "auth" && !metadata.deletionTimestamp);
    const evict = ({ metadata: { name, namespace } }) => cluster.attempt(
      ["create", "--raw", `/api/v1/namespaces/${namespace}/pods/${name}/eviction`, "-f", "-"],
      JSON.stringify({ apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace } }));
    assert.equal(evict(pods[0]).status, 0);
    const second = evict(pods[1]);
    assert.notEqual(second.status, 0);
    assert.match(second.stderr, /disruption budget/);
    await until("two replicas again", () => cluster.ready().filter((each) => each === "auth").length >= 2, 60, 1000);
    log("the second eviction was refused until the first replica was replaced");
  });

  step("scales by CPU, up and down", async () => {
    const scaler = () => cluster.json("get", "hpa", "tickets");
    await until("a measurement", () => scaler().status.currentMetrics?.[0]?.resource?.current?.averageValue, 120, 2000);
    // As if it were busy: a target that even an idle replica exceeds, and one that no replica does.
    const target = (averageValue) => cluster.do("patch", "hpa", "tickets", "--type=merge", "-p", JSON.stringify({ spec: {
      metrics: [{ type: "Resource", resource: { name: "cpu", target: { type: "AverageValue", averageValue } } }],
      behavior: { scaleDown: { stabilizationWindowSeconds: 0 } } } }));
    stopLoad = startLoad(at, { "/api/tickets": 200, "/": 200 });
    target("1m");
    await until("a third replica", () => cluster.ready().filter((each) => each === "tickets").length >= 3, 120, 2000);
    log("a third replica of tickets serves");
    target("500m");
    await until("two replicas again", () => scaler().status.currentReplicas === 2, 180, 2000);
    for (const [path, { bad }] of await stopLoad()) assert.deepEqual(bad, [], path);
    stopLoad = undefined;
    log("two again, without a failed request");
  });

  step("blocks what no policy allows", async () => {
    const peers = [
      { as: "client", to: "tickets", port: 8080, open: true },
      { as: "orders", to: "payments", port: 8080, open: false },
      { as: "tickets", to: `tickets-database.${databases}`, port: 5432, open: true },
      { as: "tickets", to: "nats", port: 4222, open: true },
      { as: "tickets", to: "nats-0.nats-servers", port: 6222, open: false },
      { as: "tickets", to: "auth", port: 8080, open: false },
      { as: "stranger", to: "client", port: 8080, open: false },
      { as: "stranger", to: "nats", port: 4222, open: false },
      { as: "outsider", to: `postgres.${databases}`, port: 5432, open: true, namespace: databases },
      { as: "outsider", to: "client.stagedoor", port: 8080, open: false, namespace: databases },
      { as: "outsider", to: "nats.stagedoor", port: 4222, open: false, namespace: databases },
      { as: "tickets", to: cluster.nodes[0].status.addresses[0].address, port: 6443, open: false },
    ];
    const pods = [...new Map(peers.map(({ as, namespace = "stagedoor" }) => [as, prober(as, namespace)])).values()];
    for (const pod of pods) cluster.feed([pod], "-n", pod.metadata.namespace, "apply", "-f", "-");
    for (const { metadata: { name, namespace } } of pods) cluster.do("-n", namespace, "wait", "--for=jsonpath={.status.phase}=Running", `pod/${name}`, "--timeout=60s");
    const execute = ({ as, namespace = "stagedoor" }, ...command) => cluster.attempt(["-n", namespace, "exec", `prober-${as}`, "--", ...command]);
    const connects = (peer) => {
      const { status, stderr } = execute(peer, "timeout", "4", "bash", "-c", `exec 3<>/dev/tcp/${peer.to}/${peer.port}`);
      if (status === 0) return true;
      assert.match(stderr, /exit code 124|Connection refused|No route to host|Network is unreachable/, "not because of a policy");
      return false;
    };
    // Policies reach a new pod a moment after it started.
    for (const each of peers) {
      await until(`${each.as} finds ${each.to}`, () => execute(each, "getent", "hosts", each.to).status === 0, 45, 1000);
      await until(`${each.as} ${each.open ? "reaches" : "does not reach"} ${each.to}:${each.port}`, () => connects(each) === each.open, 45, 1000);
      log(`${each.as} ${each.open ? "reaches" : "cannot reach"} ${each.to}:${each.port}`);
    }
    for (const { metadata: { name, namespace } } of pods) cluster.do("-n", namespace, "delete", "pod", name, "--grace-period=1");
  });

  step("admits restricted pods only", () => {
    const pod = prober("privileged", "stagedoor");
    pod.spec.containers[0].securityContext = { privileged: true };
    const { status, stderr } = cluster.attempt(["apply", "-f", "-"], JSON.stringify(pod));
    assert.notEqual(status, 0);
    assert.match(stderr, /violates PodSecurity "restricted/);
  });
});

// A pod with the labels of a service, and so under its policies; never ready, so no Service leads to it.
function prober(as, namespace) {
  const { securityContext, initContainers: [{ image, imagePullPolicy, securityContext: ofContainer }] } = named(dev, "Deployment", "orders").spec.template.spec;
  return {
    apiVersion: "v1", kind: "Pod",
    metadata: { name: `prober-${as}`, namespace, labels: services.includes(as) ? { "app.kubernetes.io/name": as, "app.kubernetes.io/component": "service" } : {} },
    spec: {
      automountServiceAccountToken: false, enableServiceLinks: false, securityContext, terminationGracePeriodSeconds: 1,
      containers: [{ name: "prober", image, imagePullPolicy, command: ["sleep", "600"], securityContext: ofContainer, readinessProbe: { exec: { command: ["false"] } } }],
    },
  };
}

// Tests the dev overlay in the cluster of the current kubectl context. Needs the images there, a default storage class, and
// the namespace `stagedoor` for itself: it creates the namespace, and deletes it with all data at the end.
import assert from "node:assert/strict";
import https from "node:https";
import { join } from "node:path";
import { after, describe } from "node:test";
import { Cluster } from "./cluster.js";
import { openGateway } from "./gateway.js";
import { expectNoFailure, publicPaths, startLoad } from "./load.js";
import { copyOfTree, named, ofKind, services } from "./manifests.js";
import { log, until } from "./podman.js";
import { buyTickets, request } from "./story.js";

const namespace = "stagedoor";
const cluster = Cluster.open(namespace);
const step = (...parts) => cluster.step(...parts);
const tree = copyOfTree();
let gateway, stopLoad;
after(async () => {
  cluster.end();
  tree.close();
  await gateway?.close?.();
  await stopLoad?.();
});
const dev = cluster.fit(tree.render("overlays/dev"));
const hasGateway = cluster.gatewayClasses().length > 0;
const grace = named(dev, "Deployment", "tickets").spec.template.spec.terminationGracePeriodSeconds;

describe("applying", () => {
  step("the production overlay is admitted (not run) once its namespace exists", () => {
    cluster.do("apply", "-f", join(tree.folder, "base/namespace.yaml"));
    const lines = cluster.apply(cluster.fit(tree.render("overlays/production")), "--dry-run=server");
    log(`production: ${lines.length} objects would be accepted`);
  }, { skip: cluster.minor < 27 && "it needs Kubernetes 1.27" });
  step("the dev overlay is applied without warnings", () => {
    const lines = cluster.apply(dev);
    log(`dev: ${lines.length} objects applied`);
  });
  step("every pod becomes ready by its own probes", () => {
    cluster.available();
    log("all Deployments available");
  });
  step("applying it again changes nothing", () => {
    const { output } = cluster.feed(dev, "diff", "-f", "-");
    assert.equal(output, "");
  });
});

// The cluster's own Gateway, or a stand-in that reads the HTTPRoutes and goes through port-forwards.
const forwardAll = async () => {
  for (const name of services) await cluster.forward(name, named(dev, "Service", name).spec.ports[0].port);
};
async function reachGateway() {
  if (hasGateway) {
    const listener = named(dev, "Gateway", "stagedoor").spec.listeners.find(({ protocol }) => protocol === "HTTPS");
    const ca = Buffer.from(named(dev, "Secret", listener.tls.certificateRefs[0].name).data["tls.crt"], "base64").toString();
    return { at: { url: `https://${listener.hostname}`, ca, connect: { host: await cluster.gatewayAddress(), port: listener.port } } };
  }
  await forwardAll();
  return openGateway(dev, (name) => cluster.forwarded(name));
}

let soldTicket;
describe("running", () => {
  const purchase = async () => { soldTicket = await buyTickets(gateway.at); return true; };
  // A gateway knows of ready pods a moment after they are.
  const expectDataKept = () => until("the sold listing", async () => (await request(gateway.at, "GET", `/api/tickets/${soldTicket}`)).json?.available === 0, 30);

  step("a purchase through the Gateway's routes, over TLS", async () => {
    gateway = await reachGateway();
    await until("a purchase", purchase, 60);
    log(`a purchase was made through ${hasGateway ? "the Gateway" : "a stand-in for a Gateway"}`);
  });

  const real = { skip: !hasGateway && "the cluster has no Gateway" };
  step("the Gateway redirects http to https, but not the API, and serves no other host", async () => {
    const plain = { url: gateway.at.url.replace("https:", "http:"), connect: { ...gateway.at.connect, port: 80 } };
    const page = await request(plain, "GET", "/tickets?city=Berlin");
    assert.equal(page.status, 301);
    assert.equal(page.headers.location, `${gateway.at.url}/tickets?city=Berlin`);
    const { status } = await request(plain, "GET", "/api/tickets"); // which error is up to the implementation
    assert.ok(status >= 400, `${status}: a redirect would hide that the token was sent in clear`);
    assert.equal((await request(gateway.at, "GET", "/", { headers: { host: "other.localhost" } })).status, 404);
    assert.equal((await request(gateway.at, "GET", "/API/Tickets")).status, 200, "paths match in any case");
  }, real);

  step("the Gateway believes no forwarded address", async () => {
    // Sign-ins are limited by the visitor's network: an attacker who could choose it would have no limit.
    const attempt = (number) => request(gateway.at, "POST", "/api/users/signin", {
      body: { email: `nobody-${number}@example.com`, password: "not-the-password" },
      headers: { "x-forwarded-for": `203.0.113.${number}`, "x-real-ip": `203.0.113.${number}`, forwarded: `for=203.0.113.${number}` },
    });
    const statuses = [];
    while (statuses.length < 200 && statuses.at(-1) !== 429) statuses.push((await attempt(statuses.length)).status);
    assert.equal(statuses.at(-1), 429, `200 sign-ins by "different" visitors: ${[...new Set(statuses)]}`);
    log(`limited after ${statuses.length} sign-ins under as many invented addresses`);
  }, real);

  step("a stream lasts longer than any timeout of the Gateway", async () => {
    const seconds = 100; // Traefik's and nginx's defaults are 60
    const { lasted, text } = await readStream(gateway.at, `/live?tickets=${soldTicket}`, seconds);
    assert.ok(lasted >= seconds, `cut after ${lasted} s: ${text.slice(-200)}`);
    assert.ok([...text.matchAll(/^:/gm)].length >= 4, `heartbeats: ${text}`);
  }, real);

  step("the programs' commands run in the pods", async () => {
    const email = `grace-${Date.now()}@example.com`;
    assert.equal((await request(gateway.at, "POST", "/api/users/signup", { body: { email, password: "a-long-password" } })).status, 201);
    cluster.do("exec", "deployment/auth", "-c", "service", "--", "stagedoor-auth", "grant", email, "admin");
    cluster.do("exec", "deployment/orders", "-c", "service", "--", "stagedoor-orders", "dead-letters");
    for (const name of services) assert.match(cluster.do("exec", `deployment/${name}`, "-c", "service", "--", `stagedoor-${name}`, "check-ready"), /: ready$/);
  });

  step("without PostgreSQL all pods become unready and none restarts; afterwards they are ready, with their data", async () => {
    cluster.do("scale", "statefulset/postgres", "--replicas=0");
    await until("all unready", () => { const ready = cluster.ready(); return services.every((name) => !ready.includes(name)); }, 90);
    for (const name of services) assert.equal(cluster.endpoints(name), 0, `${name} still gets requests`);
    log("PostgreSQL down: all pods unready, no Service has an endpoint");
    await new Promise((resolve) => setTimeout(resolve, 45_000)); // longer than three liveness probes
    assert.deepEqual(cluster.restarts(), []);
    log("45 s later: still unready, none restarted");
    cluster.do("scale", "statefulset/postgres", "--replicas=1");
    cluster.available();
    await expectDataKept();
    await until("a purchase", purchase, 60);
    log("PostgreSQL up: all pods ready, data kept, a purchase was made");
  });

  step("a new PostgreSQL pod has the data of the deleted one", async () => {
    cluster.do("delete", "pod", "postgres-0");
    cluster.available();
    await until("all ready", () => services.every((name) => cluster.ready().includes(name)), 60);
    await expectDataKept();
    log("PostgreSQL's pod deleted: ready again, data kept");
  });

  step("without NATS all pods stay ready, and catch up afterwards", async () => {
    cluster.do("scale", "statefulset/nats", "--replicas=0");
    await until("NATS is gone", () => !cluster.pods().some((pod) => pod.metadata.name === "nats-0"), 60);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    assert.deepEqual(services.filter((name) => !cluster.ready().includes(name)), []);
    cluster.do("scale", "statefulset/nats", "--replicas=1");
    cluster.available();
    await until("a purchase", purchase, 60);
    log("NATS down: all pods ready; up: a purchase was made");
  });

  step("every Deployment restarts under load without a failed request, and drains in time", async () => {
    const paths = { auth: "/api/users/currentuser", tickets: "/api/tickets", orders: "/api/orders", payments: "/api/payments/balance", client: "/" };
    cluster.feed([visitor(paths)], "apply", "-f", "-");
    cluster.do("wait", "--for=condition=Ready", "pod/visitor", "--timeout=60s");
    const before = cluster.pods().filter((pod) => services.includes(pod.metadata.labels["app.kubernetes.io/name"]));
    const watch = cluster.watchPods();
    if (!gateway.close) stopLoad = startLoad(gateway.at, publicPaths);
    cluster.do("rollout", "restart", "deployment");
    for (const name of services) cluster.do("rollout", "status", `deployment/${name}`, "--timeout=300s");
    await until("the old pods are gone", () => !cluster.pods().some((pod) => before.some(({ metadata }) => metadata.uid === pod.metadata.uid)), 60);
    await new Promise((resolve) => setTimeout(resolve, 1000)); // reads the remaining watch events
    watch.stop();
    expectNoFailure((await stopLoad?.()) ?? []);
    const responses = Object.fromEntries(Object.keys(paths).map((name) => [name, { good: 0, bad: [] }]));
    for (const [, name, status] of cluster.do("logs", "visitor").matchAll(/^([a-z]+) (.*)$/gm))
      if (/^[234]\d\d$/.test(status)) ++responses[name].good;
      else responses[name].bad.push(status);
    for (const [name, { good, bad }] of Object.entries(responses)) {
      log(`${name}: ${good} requests succeeded, ${bad.length} failed`);
      assert.deepEqual(bad, [], name);
      assert.ok(good > 50, `${name}: only ${good} requests`);
    }
    assert.ok(watch.ends.size > 0, "no pod was observed ending");
    for (const { metadata: { name, uid } } of before) {
      const end = watch.ends.get(uid);
      log(end ? `${name} exited with ${end.code} after ${end.took} s` : `${name} ended; its node did not report how`); // older kubelets sometimes do not
      if (end) assert.ok(end.code === 0 && end.took < grace, name);
    }
    cluster.do("delete", "pod", "visitor", "--grace-period=1");
  });

  step("scaled to zero and back it has its data", async () => {
    cluster.do("scale", "deployment,statefulset", "--all", "--replicas=0");
    await until("nothing runs", () => cluster.pods().length === 0, 90);
    cluster.do("scale", "deployment,statefulset", "--all", "--replicas=1");
    cluster.available();
    if (gateway.close) await forwardAll();
    await expectDataKept();
    await until("a purchase", purchase, 60);
    log("scaled to zero and back: data kept, a purchase was made");
  });

  step("no container restarted", () => assert.deepEqual(cluster.restarts(), []));

  step("a program that hangs gets no requests, and is restarted by its liveness probe", async () => {
    const nobody = cluster.endpoints("orders") - 1;
    const pod = cluster.pods().find(({ metadata }) => metadata.labels["app.kubernetes.io/name"] === "orders");
    cluster.feed([stopper(pod)], "-n", "kube-system", "apply", "-f", "-");
    await until("it is unready", () => cluster.endpoints("orders") === nobody, 60);
    await until("it is restarted", () => cluster.restarts().some((each) => each.startsWith("orders-")), 90, 1000);
    cluster.do("-n", "kube-system", "delete", "pod", "stopper", "--grace-period=1");
    cluster.available();
    await until("a purchase", purchase, 60);
    assert.equal(cluster.restarts().length, 1, "and no other");
    log("stopped by SIGSTOP: unready, restarted, and a purchase was made");
  });

  step("deletion leaves nothing", () => {
    cluster.feed(ofKind(dev, "Namespace"), "delete", "--timeout=120s", "-f", "-");
    assert.ok(!cluster.exists("namespace", namespace));
    log("deleted");
  });
});

// A pod that stops another's processes on its node: from inside its own namespace a container's first process can't be.
function stopper({ metadata: { uid }, spec: { nodeName } }) {
  const { image, imagePullPolicy } = named(dev, "Deployment", "orders").spec.template.spec.initContainers[0];
  const script = `for p in /proc/[0-9]*; do grep -qs -e ${uid} -e ${uid.replaceAll("-", "_")} $p/cgroup && kill -STOP \${p#/proc/}; done; sleep 300`;
  return {
    apiVersion: "v1", kind: "Pod", metadata: { name: "stopper", namespace: "kube-system" },
    spec: {
      nodeName, hostPID: true, terminationGracePeriodSeconds: 1, restartPolicy: "Never",
      containers: [{ name: "stopper", image, imagePullPolicy, command: ["bash", "-c", script], securityContext: { privileged: true, runAsUser: 0 } }],
    },
  };
}

// Reads a stream for so many seconds; returns for how long it lasted.
function readStream(at, path, seconds) {
  return new Promise((resolve, reject) => {
    const { hostname } = new URL(at.url), begun = Date.now();
    let text = "", timer;
    const sent = https.request({ ...at.connect, path, ca: at.ca, servername: hostname, headers: { host: hostname, accept: "text/event-stream" }, agent: false }, (response) => {
      if (response.statusCode !== 200) reject(new Error(`${path}: ${response.statusCode}`));
      const end = () => {
        clearTimeout(timer);
        resolve({ lasted: Math.round((Date.now() - begun) / 1000), text });
      };
      response.on("data", (part) => { text += part; });
      response.on("error", end);
      response.on("end", end);
      timer = setTimeout(() => sent.destroy(), seconds * 1000);
    });
    sent.on("error", (error) => (text ? undefined : reject(error)));
    sent.end();
  });
}

// A pod that requests one Service after the other, by name and on a new connection, and prints the statuses.
function visitor(paths) {
  const { spec: { template: { spec: { securityContext, initContainers: [{ image, imagePullPolicy, resources, securityContext: ofContainer }] } } } } = named(dev, "Deployment", "orders");
  const get = `get() {
  status=
  exec 3<>/dev/tcp/$1/8080 && printf 'GET %s HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n' "$2" "$1" >&3 && read -t 10 -r _ status _ <&3
  echo "$1 \${status:-no response}"
  exec 3>&-
}`;
  const script = `${get}\nwhile true; do ${Object.entries(paths).map(([name, path]) => `get ${name} ${path}`).join("; ")}; sleep 0.05; done`;
  return {
    apiVersion: "v1", kind: "Pod", metadata: { name: "visitor", namespace, labels: { "app.kubernetes.io/name": "visitor" } },
    spec: {
      automountServiceAccountToken: false, enableServiceLinks: false, securityContext,
      containers: [{ name: "visitor", image, imagePullPolicy, command: ["bash", "-c", script], resources, securityContext: ofContainer }],
    },
  };
}

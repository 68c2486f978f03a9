// Tests the dev overlay in the cluster of the current kubectl context. Needs the images there, a default storage class, and
// the namespace `stagedoor` for itself: it creates the namespace, and deletes it with all data at the end.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Cluster } from "./cluster.js";
import { openGateway } from "./gateway.js";
import { copyOfTree, named, ofKind, services } from "./manifests.js";
import { log, until } from "./podman.js";
import { buyTickets, request } from "./story.js";

const namespace = "stagedoor";
const cluster = new Cluster(namespace);
const giveUp = (reason) => {
  console.error(`deploy: ${reason}; nothing was tested`);
  process.exit(1);
};
if (!cluster.version) giveUp("the cluster of the current kubectl context does not respond");
if (cluster.exists("namespace", namespace)) giveUp(`the namespace ${namespace} exists already and may hold data`);
log(`Kubernetes ${cluster.version}, ${cluster.nodes.length} node(s)`);

const tree = copyOfTree();
let gateway;
const close = () => {
  cluster.close();
  tree.close();
  if (cluster.exists("namespace", namespace)) cluster.do("delete", "namespace", namespace, "--timeout=120s");
};
after(async () => {
  await gateway?.close();
  close();
});
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.once(signal, () => {
    close();
    process.exit(1);
  });

// Leaves out, and reports, kinds that the cluster does not know (no Gateway API, or an older Kubernetes).
function forCluster(manifests) {
  const unknown = manifests.filter((each) => !cluster.knows(each));
  if (unknown.length) log(`left out, unknown to this cluster: ${[...new Set(unknown.map((each) => `${each.kind} of ${each.apiVersion}`))].join(", ")}`);
  return manifests.filter((each) => cluster.knows(each));
}
function apply(manifests, ...options) {
  const { output, warnings } = cluster.feed(manifests, "apply", ...options, "-f", "-");
  assert.doesNotMatch(warnings, /^Warning/m);
  return output.split("\n");
}
// Steps after a failure would fail too.
let failed = false;
function step(name, work, options = {}) {
  test(name, options, async (context) => {
    if (failed) return context.skip("an earlier step failed");
    try {
      await work();
    } catch (error) {
      failed = true;
      console.error(cluster.describe());
      throw error;
    }
  });
}
const dev = forCluster(tree.render("overlays/dev"));
const grace = named(dev, "Deployment", "tickets").spec.template.spec.terminationGracePeriodSeconds;
const ready = () => cluster.pods().filter((pod) => pod.status.conditions?.some(({ type, status }) => type === "Ready" && status === "True")).map((pod) => pod.metadata.labels["app.kubernetes.io/name"]);
const restarts = () => cluster.pods().flatMap((pod) => (pod.status.containerStatuses ?? []).filter((each) => each.restartCount > 0).map((each) => `${pod.metadata.name}: ${each.restartCount}`));
const available = () => {
  for (const name of ["postgres", "nats"]) cluster.do("rollout", "status", `statefulset/${name}`, "--timeout=300s");
  cluster.do("wait", "--for=condition=Available", "deployment", "--all", "--timeout=300s");
};
const endpoints = (name) => cluster.json("get", "endpointslices", "-l", `kubernetes.io/service-name=${name}`).items
  .flatMap((slice) => slice.endpoints ?? []).filter(({ conditions }) => conditions.ready).length;

describe("applying", () => {
  step("the production overlay is admitted (not run) once its namespace exists", () => {
    cluster.do("apply", "-f", join(tree.folder, "base/namespace.yaml"));
    const lines = apply(forCluster(tree.render("overlays/production")), "--dry-run=server");
    log(`production: ${lines.length} objects would be accepted`);
  }, { skip: cluster.minor < 27 && "it needs Kubernetes 1.27" });
  step("the dev overlay is applied without warnings", () => {
    const lines = apply(dev);
    log(`dev: ${lines.length} objects applied`);
  });
  step("every pod becomes ready by its own probes", () => {
    available();
    log("all Deployments available");
  });
  step("applying it again changes nothing", () => {
    const { output } = cluster.feed(dev, "diff", "-f", "-");
    assert.equal(output, "");
  });
});

let soldTicket;
describe("running", () => {
  const purchase = async () => { soldTicket = await buyTickets(gateway.at); return true; };
  const expectDataKept = async () => assert.equal((await request(gateway.at, "GET", `/api/tickets/${soldTicket}`)).json.available, 0);

  step("a purchase through the Gateway's routes, over TLS", async () => {
    for (const name of services) await cluster.forward(name, named(dev, "Service", name).spec.ports[0].port);
    gateway = await openGateway(tree.render("overlays/dev"), (name) => cluster.forwarded(name));
    await until("a purchase", purchase, 60);
    log("a purchase was made");
  });

  step("the programs' commands run in the pods", async () => {
    const email = `grace-${Date.now()}@example.com`;
    assert.equal((await request(gateway.at, "POST", "/api/users/signup", { body: { email, password: "a-long-password" } })).status, 201);
    cluster.do("exec", "deployment/auth", "-c", "service", "--", "stagedoor-auth", "grant", email, "admin");
    cluster.do("exec", "deployment/orders", "-c", "service", "--", "stagedoor-orders", "dead-letters");
    for (const name of services) assert.match(cluster.do("exec", `deployment/${name}`, "-c", "service", "--", `stagedoor-${name}`, "check-ready"), /: ready$/);
  });

  step("without PostgreSQL all pods become unready and none restarts; afterwards they are ready, with their data", async () => {
    cluster.do("scale", "statefulset/postgres", "--replicas=0");
    await until("all unready", () => services.every((name) => !ready().includes(name)), 90);
    for (const name of services) assert.equal(endpoints(name), 0, `${name} still gets requests`);
    log("PostgreSQL down: all pods unready, no Service has an endpoint");
    await new Promise((resolve) => setTimeout(resolve, 45_000)); // longer than three liveness probes
    assert.deepEqual(restarts(), []);
    log("45 s later: still unready, none restarted");
    cluster.do("scale", "statefulset/postgres", "--replicas=1");
    available();
    await expectDataKept();
    await until("a purchase", purchase, 60);
    log("PostgreSQL up: all pods ready, data kept, a purchase was made");
  });

  step("a new PostgreSQL pod has the data of the deleted one", async () => {
    cluster.do("delete", "pod", "postgres-0");
    available();
    await until("all ready", () => services.every((name) => ready().includes(name)), 60);
    await expectDataKept();
    log("PostgreSQL's pod deleted: ready again, data kept");
  });

  step("without NATS all pods stay ready, and catch up afterwards", async () => {
    cluster.do("scale", "statefulset/nats", "--replicas=0");
    await until("NATS is gone", () => !cluster.pods().some((pod) => pod.metadata.name === "nats-0"), 60);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    assert.deepEqual(services.filter((name) => !ready().includes(name)), []);
    cluster.do("scale", "statefulset/nats", "--replicas=1");
    available();
    await until("a purchase", purchase, 60);
    log("NATS down: all pods ready; up: a purchase was made");
  });

  step("every Deployment restarts under load without a failed request, and drains in time", async () => {
    const paths = { auth: "/api/users/currentuser", tickets: "/api/tickets", orders: "/api/orders", payments: "/api/payments/balance", client: "/" };
    cluster.feed([visitor(paths)], "apply", "-f", "-");
    cluster.do("wait", "--for=condition=Ready", "pod/visitor", "--timeout=60s");
    const before = cluster.pods().filter((pod) => services.includes(pod.metadata.labels["app.kubernetes.io/name"]));
    const watch = cluster.watchPods();
    cluster.do("rollout", "restart", "deployment");
    for (const name of services) cluster.do("rollout", "status", `deployment/${name}`, "--timeout=300s");
    await until("the old pods are gone", () => !cluster.pods().some((pod) => before.some(({ metadata }) => metadata.uid === pod.metadata.uid)), 60);
    await new Promise((resolve) => setTimeout(resolve, 1000)); // reads the remaining watch events
    watch.stop();
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
    available();
    for (const name of services) await cluster.forward(name, named(dev, "Service", name).spec.ports[0].port);
    await expectDataKept();
    await until("a purchase", purchase, 60);
    log("scaled to zero and back: data kept, a purchase was made");
  });

  step("no container restarted", () => assert.deepEqual(restarts(), []));

  step("deletion leaves nothing", () => {
    cluster.feed(ofKind(dev, "Namespace"), "delete", "--timeout=120s", "-f", "-");
    assert.ok(!cluster.exists("namespace", namespace));
    log("deleted");
  });
});

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

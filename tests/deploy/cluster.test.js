// The dev overlay in a cluster: whichever kubectl knows. Wants the images there, a default storage class, and the namespace
// `stagedoor` for itself: it makes it, and deletes it with all data at the end.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { Cluster } from "./cluster.js";
import { openGateway } from "./gateway.js";
import { copyOfTree, named, ofKind, services } from "./manifests.js";
import { say, until } from "./podman.js";
import { request, tellStory } from "./story.js";

const namespace = "stagedoor";
const cluster = new Cluster(namespace);
const refuse = (why) => {
  console.error(`deploy: ${why}; nothing was tried`);
  process.exit(1);
};
if (!cluster.version) refuse("kubectl knows no cluster that answers");
if (cluster.exists("namespace", namespace)) refuse(`the namespace ${namespace} is there already, and perhaps somebody's data`);
say(`Kubernetes ${cluster.version}, ${cluster.nodes.length} node(s)`);

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

// A cluster without the Gateway API, or an older one, is given the rest; what it was not given is said.
function forCluster(manifests) {
  const unknown = manifests.filter((each) => !cluster.knows(each));
  if (unknown.length) say(`left out, since this cluster does not know them: ${[...new Set(unknown.map((each) => `${each.kind} of ${each.apiVersion}`))].join(", ")}`);
  return manifests.filter((each) => cluster.knows(each));
}
function apply(manifests, ...options) {
  const { printed, complaints } = cluster.feed(manifests, "apply", ...options, "-f", "-");
  assert.doesNotMatch(complaints, /^Warning/m);
  return printed.split("\n");
}
// What comes after a failure would fail too.
let failed = false;
function step(name, work, options = {}) {
  test(name, options, async (context) => {
    if (failed) return context.skip("something before it failed");
    try {
      await work();
    } catch (error) {
      failed = true;
      console.error(cluster.look());
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

describe("what is applied", () => {
  step("the production overlay is admitted (not run), once its namespace is there", () => {
    cluster.do("apply", "-f", join(tree.folder, "base/namespace.yaml"));
    const lines = apply(forCluster(tree.render("overlays/production")), "--dry-run=server");
    say(`production: ${lines.length} objects would be taken`);
  }, { skip: cluster.minor < 27 && "it wants Kubernetes 1.27" });
  step("the dev overlay is, without a warning", () => {
    const lines = apply(dev);
    say(`dev: ${lines.length} objects applied`);
  });
  step("every pod becomes ready by its own probes", () => {
    available();
    say("all Deployments available");
  });
  step("applied again it changes nothing", () => {
    const { printed } = cluster.feed(dev, "diff", "-f", "-");
    assert.equal(printed, "");
  });
});

let sold; // a listing
describe("what runs", () => {
  const story = async () => { sold = await tellStory(gateway.at); return true; };
  const kept = async () => assert.equal((await request(gateway.at, "GET", `/api/tickets/${sold}`)).json.available, 0);

  step("a purchase through the Gateway's routes, by TLS", async () => {
    for (const name of services) await cluster.forward(name, named(dev, "Service", name).spec.ports[0].port);
    gateway = await openGateway(tree.render("overlays/dev"), (name) => cluster.forwarded(name));
    await until("a purchase", story, 60);
    say("a purchase was made");
  });

  step("commands of the programs run in the pods", async () => {
    const email = `grace-${Date.now()}@example.com`;
    assert.equal((await request(gateway.at, "POST", "/api/users/signup", { body: { email, password: "a-long-password" } })).status, 201);
    cluster.do("exec", "deployment/auth", "-c", "service", "--", "stagedoor-auth", "grant", email, "admin");
    cluster.do("exec", "deployment/orders", "-c", "service", "--", "stagedoor-orders", "dead-letters");
    for (const name of services) assert.match(cluster.do("exec", `deployment/${name}`, "-c", "service", "--", `stagedoor-${name}`, "check-ready"), /: ready$/);
  });

  step("without PostgreSQL all turn red and none is restarted; with it they are green, and the data are there", async () => {
    cluster.do("scale", "statefulset/postgres", "--replicas=0");
    await until("all red", () => services.every((name) => !ready().includes(name)), 90);
    for (const name of services) assert.equal(endpoints(name), 0, `${name} is sent requests`);
    say("PostgreSQL away: all pods red, no Service has an endpoint");
    await new Promise((resolve) => setTimeout(resolve, 45_000)); // longer than three liveness probes
    assert.deepEqual(restarts(), []);
    say("45 s later: still red, none restarted");
    cluster.do("scale", "statefulset/postgres", "--replicas=1");
    available();
    await kept();
    await until("a purchase", story, 60);
    say("PostgreSQL back: all pods ready, data there, a purchase was made");
  });

  step("PostgreSQL's pod is deleted, and the next one has its data", async () => {
    cluster.do("delete", "pod", "postgres-0");
    available();
    await until("all ready", () => services.every((name) => ready().includes(name)), 60);
    await kept();
    say("PostgreSQL's pod deleted: ready again, data there");
  });

  step("without NATS all stay ready, and catch up when it is back", async () => {
    cluster.do("scale", "statefulset/nats", "--replicas=0");
    await until("NATS is gone", () => !cluster.pods().some((pod) => pod.metadata.name === "nats-0"), 60);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    assert.deepEqual(services.filter((name) => !ready().includes(name)), []);
    cluster.do("scale", "statefulset/nats", "--replicas=1");
    available();
    await until("a purchase", story, 60);
    say("NATS away: all pods ready; back: a purchase was made");
  });

  step("every Deployment is replaced under requests without a failed one, and drains in its time", async () => {
    const paths = { auth: "/api/users/currentuser", tickets: "/api/tickets", orders: "/api/orders", payments: "/api/payments/balance", client: "/" };
    cluster.feed([visitor(paths)], "apply", "-f", "-");
    cluster.do("wait", "--for=condition=Ready", "pod/visitor", "--timeout=60s");
    const before = cluster.pods().filter((pod) => services.includes(pod.metadata.labels["app.kubernetes.io/name"]));
    const watch = cluster.watchPods();
    cluster.do("rollout", "restart", "deployment");
    for (const name of services) cluster.do("rollout", "status", `deployment/${name}`, "--timeout=300s");
    await until("the old pods are gone", () => !cluster.pods().some((pod) => before.some(({ metadata }) => metadata.uid === pod.metadata.uid)), 60);
    await new Promise((resolve) => setTimeout(resolve, 1000)); // what was told meanwhile is read
    watch.stop();
    const answers = Object.fromEntries(Object.keys(paths).map((name) => [name, { good: 0, bad: [] }]));
    for (const [, name, status] of cluster.do("logs", "visitor").matchAll(/^([a-z]+) (.*)$/gm))
      if (/^[234]\d\d$/.test(status)) ++answers[name].good;
      else answers[name].bad.push(status);
    for (const [name, { good, bad }] of Object.entries(answers)) {
      say(`${name}: ${good} requests answered, ${bad.length} failed`);
      assert.deepEqual(bad, [], name);
      assert.ok(good > 50, `${name}: only ${good} requests`);
    }
    assert.ok(watch.ends.size > 0, "no pod was seen to end");
    for (const { metadata: { name, uid } } of before) {
      const end = watch.ends.get(uid);
      say(end ? `${name} ended with ${end.code} after ${end.took} s` : `${name} ended; its node has not told how`); // older kubelets forget it at times
      if (end) assert.ok(end.code === 0 && end.took < grace, name);
    }
    cluster.do("delete", "pod", "visitor", "--grace-period=1");
  });

  step("put away and taken out again it has its data", async () => {
    cluster.do("scale", "deployment,statefulset", "--all", "--replicas=0");
    await until("nothing runs", () => cluster.pods().length === 0, 90);
    cluster.do("scale", "deployment,statefulset", "--all", "--replicas=1");
    available();
    for (const name of services) await cluster.forward(name, named(dev, "Service", name).spec.ports[0].port);
    await kept();
    await until("a purchase", story, 60);
    say("put away and taken out: data there, a purchase was made");
  });

  step("nothing was restarted", () => assert.deepEqual(restarts(), []));

  step("deleted, nothing is left", () => {
    cluster.feed(ofKind(dev, "Namespace"), "delete", "--timeout=120s", "-f", "-");
    assert.ok(!cluster.exists("namespace", namespace));
    say("deleted");
  });
});

// A pod that asks one Service after the other, by its name and with a connection each, and prints what it got.
function visitor(paths) {
  const { spec: { template: { spec: { securityContext, initContainers: [{ image, imagePullPolicy, resources, securityContext: ofContainer }] } } } } = named(dev, "Deployment", "orders");
  const ask = `ask() {
  status=
  exec 3<>/dev/tcp/$1/8080 && printf 'GET %s HTTP/1.1\\r\\nHost: %s\\r\\nConnection: close\\r\\n\\r\\n' "$2" "$1" >&3 && read -t 10 -r _ status _ <&3
  echo "$1 \${status:-no answer}"
  exec 3>&-
}`;
  const script = `${ask}\nwhile true; do ${Object.entries(paths).map(([name, path]) => `ask ${name} ${path}`).join("; ")}; sleep 0.05; done`;
  return {
    apiVersion: "v1", kind: "Pod", metadata: { name: "visitor", namespace, labels: { "app.kubernetes.io/name": "visitor" } },
    spec: {
      automountServiceAccountToken: false, enableServiceLinks: false, securityContext,
      containers: [{ name: "visitor", image, imagePullPolicy, command: ["bash", "-c", script], resources, securityContext: ofContainer }],
    },
  };
}

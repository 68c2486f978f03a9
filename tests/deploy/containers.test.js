// Builds and runs the images with podman, and with them the dev overlay and the compose files.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openGateway } from "./gateway.js";
import { copyOfTree, ofKind, root, services } from "./manifests.js";
import { Podman, base, build, log, makeBase, podOf, run, until } from "./podman.js";
import { Pods } from "./pods.js";
import { buyTickets, request } from "./story.js";

const version = readFileSync(join(root, "CMakeLists.txt"), "utf8").match(/project\(stagedoor VERSION ([\d.]+)/)[1];
const targets = [...services, "stagedoor", "gateway"];
const imageOf = (target) => `${target === "stagedoor" ? "stagedoor" : `stagedoor-${target}`}:${version}`;
const programs = process.env.STAGEDOOR_TEST_LONG ? "built" : "given";
const megabyte = 1e6;
const containerfile = join(root, "deploy/container/Containerfile");

let podman, tree;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.once(signal, () => {
    tree?.close();
    podman?.close();
    process.exit(1);
  });

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
const status = async (host, path, port = 8080) => (await request({ url: `http://${host}:${port}` }, "GET", path)).status;
const addressOf = (container) => podman.inspect(container).NetworkSettings.Networks[podman.network].IPAddress;

before(() => {
  if (programs === "given")
    for (const name of ["stagedoor.cdx.json", "stagedoor", ...services.map((each) => `stagedoor-${each}`)])
      assert.ok(existsSync(join(root, "build/bin", name)), `build/bin/${name} is missing: ./test deploy builds it`);
  podman = Podman.open();
  log("making a Debian base image …");
  makeBase(podman);
  log("Debian base image made");
});
after(() => {
  podman?.close();
  log("everything stopped and removed");
});

describe("images", () => {
  test("all are built", () => {
    for (const target of targets) {
      const what = services.includes(target) ? ["--target", "service", "--build-arg", `SERVICE=${target}`] : ["--target", target];
      build(podman, root, containerfile, imageOf(target), ...what, ...(programs === "given" ? ["--build-arg", "PROGRAMS=given"] : []), "--build-arg", "REVISION=tried");
      log(`${imageOf(target)} built`);
    }
    build(podman, join(root, "tests/deploy/images/postgres"), join(root, "tests/deploy/images/postgres/Containerfile"), "docker.io/library/postgres:15-bookworm");
    log("stand-in for PostgreSQL's image built");
    build(podman, join(root, "tests/deploy/images/nats"), join(root, "tests/deploy/images/nats/Containerfile"), "docker.io/library/nats:2.10-alpine");
    log("stand-in for NATS's image built");
  });

  if (programs === "built")
    test("the next build compiles changed files, even if they are older than the objects", () => {
      const copy = join(podman.folder, "copy"), changed = join(copy, "common/service/check_ready.cpp");
      for (const [, part] of readFileSync(join(root, ".dockerignore"), "utf8").matchAll(/^!([^/\n]+)$/gm))
        cpSync(join(root, part), join(copy, part), { recursive: true, filter: (path) => !path.endsWith("node_modules") });
      writeFileSync(changed, readFileSync(changed, "utf8").replace("nothing is listening on", "nobody is listening on"));
      utimesSync(changed, 0, 0);
      const begun = Date.now();
      build(podman, copy, join(copy, "deploy/container/Containerfile"), "changed", "--target", "stagedoor");
      const took = (Date.now() - begun) / 1000;
      log(`rebuilt with a changed file in ${took.toFixed(0)} s`);
      assert.throws(() => podman.do("run", "--rm", "--network", "none", "changed", "check-ready"), /nobody is listening on/);
      assert.ok(took < 120, "everything was compiled again");
    });

  // One layer of libraries that all images share, so a machine has it once; 75 MB of it are for pictures.
  test("each adds less than 200 MB to its base", () => {
    const size = (image) => podman.inspect(image).Size / megabyte;
    for (const target of targets) {
      const added = size(imageOf(target)) - size(base);
      log(`${imageOf(target)}: ${added.toFixed(1)} MB over ${base} (${size(base).toFixed(1)} MB)`);
      assert.ok(added < 200, `${target} adds ${added} MB`);
    }
  });

  // It decodes and encodes a picture in every format before it reads a request.
  test("have what writes pictures in every format", () =>
    assert.match(podman.do("run", "--rm", "--network", "none", "--entrypoint", "stagedoor-pictures", imageOf("stagedoor")), /not a request/));
  for (const target of targets) {
    test(`${target}: numeric unprivileged user, no shell, health check, stop signal`, () => {
      const { Config: config, Labels: labels, Healthcheck: check } = podman.inspect(imageOf(target));
      assert.match(config.User, /^[1-9]\d*:[1-9]\d*$/);
      assert.ok(config.Entrypoint[0].startsWith("/usr/"), "exec form");
      assert.ok(config.StopSignal);
      if (target === "gateway") return;
      assert.deepEqual(config.Cmd, ["serve"]);
      assert.deepEqual(check.Test, ["CMD", config.Entrypoint[0], "check-ready"]);
      assert.equal(labels["org.opencontainers.image.version"], version);
      assert.equal(labels["org.opencontainers.image.revision"], "tried");
      assert.equal(labels["org.opencontainers.image.licenses"], "Apache-2.0");
      assert.equal(labels["org.opencontainers.image.base.name"], base);
      const sbom = JSON.parse(podman.do("run", "--rm", "--network", "none", "--entrypoint", "cat", imageOf(target), "/usr/share/doc/stagedoor/sbom.cdx.json"));
      assert.deepEqual([sbom.bomFormat, sbom.metadata.component.name, sbom.metadata.component.version], ["CycloneDX", "stagedoor", version]);
      assert.ok(sbom.components.some(({ name }) => name === "libsodium23"));
    });
  }
});

describe("all in one", () => {
  const name = "all-in-one";
  let soldTicket;
  test("runs unprivileged on a read-only root file system, and sells tickets", async () => {
    podman.do("run", "--detach", "--name", name, "--read-only", "--read-only-tmpfs=false", "--cap-drop", "all", "--security-opt", "no-new-privileges",
      "--network", podman.network, "--volume", "all-in-one:/data", "--env", "STAGEDOOR_PAYMENT_PROVIDER=test", imageOf("stagedoor"));
    const address = addressOf(name);
    await until("ready", async () => (await status(address, "/readyz")) === 200, 30);
    soldTicket = await buyTickets({ url: `http://${address}:8080` });
    assert.match(readFileSync(`/proc/${podman.inspect(name).State.Pid}/status`, "utf8"), /^Uid:\s+10001\s+10001\s/m);
  });
  test("its health check reports readiness", async () => {
    assert.match(podman.checkHealth(name), /: ready$/);
    podman.do("kill", "--signal", "TERM", name);
    assert.throws(() => podman.checkHealth(name), /: not ready: /);
    await until("exited", () => podman.inspect(name).State.Status === "exited", 12);
    assert.equal(podman.inspect(name).State.ExitCode, 0, podman.logs(name));
    podman.do("start", name);
    await until("ready again", async () => (await status(addressOf(name), "/readyz")) === 200, 30);
  });
  test("drains and exits with 0 on SIGTERM, and keeps its data", async () => {
    const begun = Date.now();
    podman.do("stop", "--time", "15", name);
    log(`all in one exited after ${((Date.now() - begun) / 1000).toFixed(1)} s`);
    assert.ok(Date.now() - begun < 12_000, "killed");
    assert.equal(podman.inspect(name).State.ExitCode, 0, podman.logs(name));
    podman.do("start", name);
    await until("ready again", async () => (await status(addressOf(name), "/readyz")) === 200, 30);
    assert.equal((await request({ url: `http://${addressOf(name)}:8080` }, "GET", `/api/tickets/${soldTicket}`)).json.available, 0);
    podman.do("rm", "--force", "--time", "0", "--volumes", name);
  });
  // Of the dev overlay, as deploy/make-secrets has written them.
  const madeSecrets = (name) => Object.fromEntries(readFileSync(join(tree.folder, `overlays/dev/secrets/${name}.env`), "utf8").trim().split("\n").map((line) => line.match(/^([^=]*)=(.*)/).slice(1)));
  // Of the optional secrets, the overlay's payment provider needs Stripe's.
  const isNeeded = ({ name, valueFrom }) => !valueFrom?.secretKeyRef?.optional || name.startsWith("STRIPE_");
  // As cert-manager writes it for each program, here one for all.
  let certificate;
  const mountedCertificate = () => {
    if (!certificate) {
      certificate = join(podman.folder, "stagedoor-tls");
      mkdirSync(certificate);
      execFileSync("openssl", ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=test",
        "-keyout", join(certificate, "tls.key"), "-out", join(certificate, "tls.crt")], { stdio: "pipe" });
      cpSync(join(certificate, "tls.crt"), join(certificate, "ca.crt"));
      chmodSync(join(certificate, "tls.key"), 0o644);
    }
    return ["--volume", `${certificate}:/etc/stagedoor-tls:ro`];
  };
  test("every program accepts the settings of the production overlay", () => {
    tree ??= copyOfTree();
    const manifests = tree.render("overlays/production");
    for (const name of services) {
      const [{ env, envFrom }] = ofKind(manifests, "Deployment").find((each) => each.metadata.name === name).spec.template.spec.containers;
      const secrets = madeSecrets(name);
      const settings = { ...ofKind(manifests, "ConfigMap").find((each) => each.metadata.name === envFrom[0].configMapRef.name).data,
        ...Object.fromEntries(env.filter(isNeeded).map((each) => [each.name, each.value ?? secrets[each.name] ?? "a-secret-of-sixteen-characters"])) };
      delete settings.NATS_CA_FILE; // a volume, which is not mounted here
      const given = Object.entries(settings).flatMap(([key, value]) => ["--env", `${key}=${value}`]);
      assert.match(podman.do("run", "--rm", "--network", "none", ...mountedCertificate(), ...given, imageOf(name), "serve", "--check-config"), /the settings are valid/, name);
    }
  });
  test("a node accepts the settings of its overlay", () => {
    const manifests = tree.render("overlays/nodes");
    const [{ env, envFrom, args }] = ofKind(manifests, "Deployment")[0].spec.template.spec.containers;
    const secrets = madeSecrets("node");
    const settings = { ...ofKind(manifests, "ConfigMap").find((each) => each.metadata.name === envFrom[0].configMapRef.name).data,
      ...Object.fromEntries(env.filter(isNeeded).map(({ name }) => [name, secrets[name] ?? "a-secret-of-sixteen-characters"])) };
    delete settings.NATS_CA_FILE;
    const given = Object.entries(settings).flatMap(([key, text]) => ["--env", `${key}=${text}`]);
    assert.match(podman.do("run", "--rm", "--network", "none", ...mountedCertificate(), ...given, imageOf("stagedoor"), ...args, "--check-config"), /the settings are valid/);
  });
  test("reports a missing required setting", () => {
    assert.throws(() => podman.do("run", "--rm", "--network", podman.network, imageOf("orders")), /DATABASE_URL/);
  });
});

describe("the dev overlay as pods", () => {
  let manifests, pods, gateway;
  after(async () => {
    await gateway?.close();
    tree?.close();
  });
  const probe = async (name, kind) => {
    const { path, port } = pods.probe(name, kind);
    return status(pods.address(name), path, port);
  };
  const allReady = () => until("all are ready", async () => {
    const statuses = await Promise.all(services.map((name) => probe(name, "readinessProbe")));
    for (const [i, name] of services.entries()) if (statuses[i] !== 200) throw new Error(`${name} is not ready`);
    return true;
  }, 60);

  test("every pod starts and becomes ready", async () => {
    tree ??= copyOfTree();
    manifests = tree.render("overlays/dev");
    pods = new Pods(podman, manifests);
    const servers = ofKind(manifests, "StatefulSet").map((each) => each.metadata.name);
    try {
      for (const name of [...servers, ...services]) pods.start(name);
      log("all pods started");
      await allReady();
    } catch (error) {
      for (const name of [...servers, ...services]) console.error(name, podman.logs(pods.container(name)));
      throw error;
    }
    for (const name of services) assert.equal(await probe(name, "livenessProbe"), 200);
    for (const name of services) podman.checkHealth(pods.container(name));
    log("all pods ready, alive and healthy");
  });

  test("a purchase through the Gateway's routes, over TLS", async () => {
    gateway = await openGateway(manifests, (name, port) => ({ host: pods.address(name), port }));
    await buyTickets(gateway.at);
    assert.equal((await request(gateway.at, "GET", "/metrics")).status, 404, "metrics are not public");
    assert.equal(await status(pods.address("client"), "/metrics"), 404, "nor on the port of the pods that the Gateway uses");
    assert.equal(await status(pods.address("client"), "/metrics", 9090), 200, "Prometheus gets them");
    assert.equal(await status(pods.address("client"), "/admin/audit", 9090), 403, "without a token nobody is an operator");
    assert.equal((await request(gateway.at, "GET", "/readyz")).status, 200);
    log("a purchase was made through the Gateway's routes");
  });

  test("a service can read its own database only", () => {
    const url = (name) => Buffer.from(ofKind(manifests, "Secret").find((each) => each.metadata.name.startsWith(`${name}-`)).data.DATABASE_URL, "base64").toString().trim();
    const currentUser = (database) => podman.runBeside(pods.container("postgres"), ["psql", "-tAc", "SELECT current_user", database]);
    assert.equal(currentUser(url("orders").replace("@postgres:", "@127.0.0.1:")), "orders");
    assert.throws(() => currentUser(url("orders").replace("@postgres:", "@127.0.0.1:").replace(/\/orders$/, "/payments")), /permission denied for database/);
  });

  test("readiness, not liveness, fails while the database is down, and recovers", async () => {
    podman.do("pod", "stop", "--time", "20", podOf("postgres"));
    log("PostgreSQL stopped");
    await Promise.all(services.map(async (name) => {
      await until(`${name} is not ready`, async () => (await probe(name, "readinessProbe")) === 503, 20);
      assert.equal(await probe(name, "livenessProbe"), 200);
    }));
    log("all pods unready, and alive");
    podman.do("pod", "start", podOf("postgres"));
    await allReady();
    // Events in delivery when the database stopped are redelivered after some seconds: until then orders does not know a new listing.
    await until("a purchase", async () => { await buyTickets(gateway.at); return true; }, 60);
    log("ready again, and a purchase was made");
  });

  test("without the bus the pods stay ready, and catch up afterwards", async () => {
    podman.do("pod", "stop", "--time", "10", podOf("nats"));
    for (const name of services) assert.equal(await probe(name, "readinessProbe"), 200);
    podman.do("pod", "start", podOf("nats"));
    await until("a purchase", async () => { await buyTickets(gateway.at); return true; }, 60);
    log("a purchase was made after NATS was stopped and started");
  });

  test("a terminating pod becomes unready at once, keeps serving, and exits with 0 in time", async () => {
    const { terminationGracePeriodSeconds: limit } = ofKind(manifests, "Deployment").find((each) => each.metadata.name === "tickets").spec.template.spec;
    const container = pods.container("tickets"), address = pods.address("tickets");
    podman.do("kill", "--signal", "TERM", container);
    const begun = Date.now();
    await until("unready", async () => (await status(address, "/readyz")) === 503, 2, 50);
    const response = await request({ url: `http://${address}:8080` }, "GET", "/api/tickets");
    assert.equal(response.status, 200);
    assert.equal(response.headers.connection, "close");
    await until("exited", () => ["exited", "stopped"].includes(podman.inspect(container).State.Status) || podman.inspect(container).RestartCount > 0, limit);
    const took = (Date.now() - begun) / 1000;
    log(`tickets drained and exited after ${took.toFixed(1)} s`);
    assert.ok(took < limit);
    if (podman.inspect(container).RestartCount === 0) assert.equal(podman.inspect(container).State.ExitCode, 0);
  });

  test("memory stays below the requests in the manifests", () => {
    const requested = { Mi: 1 << 20, Gi: 1 << 30 };
    for (const name of services) {
      const pid = podman.inspect(pods.container(name)).State.Pid;
      if (!pid) continue;
      const resident = Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/VmRSS:\s+(\d+) kB/)[1]) * 1024;
      const [, number, unit] = ofKind(manifests, "Deployment").find((each) => each.metadata.name === name).spec.template.spec.containers[0].resources.requests.memory.match(/^(\d+)(Mi|Gi)$/);
      log(`${name}: ${(resident / (1 << 20)).toFixed(1)} MiB resident`);
      assert.ok(resident < number * requested[unit], `${name} takes ${resident} bytes`);
    }
  });

  test("everything can be removed", () => {
    podman.do("pod", "rm", "--force", "--all", "--time", "0");
    assert.equal(podman.do("ps", "--quiet"), "");
  });
});

describe("compose", () => {
  const compose = (port, file, ...parts) => {
    const environment = { ...process.env, STAGEDOOR_PORT: String(port), PROGRAMS: programs, BASE: base };
    return run("env", `STAGEDOOR_PORT=${port}`, `PROGRAMS=${programs}`, `BASE=${base}`, "podman-compose", "--podman-path", podman.program,
      "--podman-build-args", "--isolation chroot --network host --format docker", "-f", join(root, file), ...parts, { cwd: root, env: environment });
  };
  for (const file of ["compose.yaml", "compose.distributed.yaml", "compose.nodes.yaml"]) {
    test(`${file} comes up, sells tickets, and goes down`, async () => {
      const port = await freePort();
      const secrets = join(root, "deploy/compose/secrets");
      const had = existsSync(secrets);
      if (file !== "compose.yaml") execFileSync(join(root, "deploy/make-secrets"), ["compose"]);
      try {
        compose(port, file, "up", "--detach", ...(file === "compose.yaml" ? ["--build"] : []));
        log(`${file}: up`);
        const at = { url: `http://localhost:${port}`, connect: { host: "127.0.0.1", port } };
        await until("ready", async () => (await request(at, "GET", "/readyz")).status === 200, 60, 500);
        await until("a purchase", async () => { await buyTickets(at); return true; }, 30, 1000);
        log(`${file}: a purchase was made`);
      } catch (error) {
        console.error(run("sh", "-c", 'for c in $("$0" ps -aq); do "$0" logs --tail 5 $c; done 2>&1', podman.program));
        throw error;
      } finally {
        compose(port, file, "down", "--volumes");
        if (!had) run("rm", "-rf", secrets);
      }
      assert.equal(podman.do("ps", "--quiet"), "");
    });
  }
});

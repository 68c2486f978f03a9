// Rules for everything that runs in a cluster. Each rule takes the manifests of an overlay and returns the violations, one
// line each.
import { named, ofKind, selects, services } from "./manifests.js";

const workloads = (manifests) => ofKind(manifests, "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob");
const podOf = (workload) => (workload.spec.jobTemplate?.spec ?? workload.spec).template;
const label = (workload) => `${workload.kind} ${workload.metadata.name}`;

// The Deployments of our programs: of a service each, or of nodes with all services.
const programs = (manifests) => ofKind(manifests, "Deployment").filter((each) => podOf(each).metadata.labels["app.kubernetes.io/component"] === "service");
const servicesIn = (name) => (name === "node" ? services : [name]);

// The results of `check(container, pod spec)` for each container; `started` leaves out init containers.
function eachContainer(manifests, check, { started = false } = {}) {
  return workloads(manifests).flatMap((workload) => {
    const { spec } = podOf(workload);
    const all = started ? spec.containers : [...(spec.initContainers ?? []), ...spec.containers];
    return all.flatMap((container) => [check(container, spec)].flat().filter(Boolean)
      .map((problem) => `${label(workload)}, ${container.name}: ${problem}`));
  });
}
const eachPod = (manifests, check) => workloads(manifests).flatMap((workload) =>
  [check(podOf(workload).spec, workload)].flat().filter(Boolean).map((problem) => `${label(workload)}: ${problem}`));

// The references to keys of Secrets: { secret, key, optional, by }; without `key`, to all keys.
export function secretReferences(manifests) {
  return workloads(manifests).flatMap((workload) => {
    const { spec } = podOf(workload);
    return [...(spec.initContainers ?? []), ...spec.containers].flatMap((container) => [
      ...(container.env ?? []).filter((each) => each.valueFrom?.secretKeyRef).map(({ valueFrom: { secretKeyRef } }) =>
        ({ secret: secretKeyRef.name, key: secretKeyRef.key, optional: secretKeyRef.optional, by: workload.metadata.name })),
      ...(container.envFrom ?? []).filter((each) => each.secretRef).map(({ secretRef }) =>
        ({ secret: secretRef.name, by: workload.metadata.name })),
    ]);
  });
}

// The peers that a NetworkPolicy allows in a direction; an empty peer is everybody.
const peers = (policy, direction) => (policy.spec[direction] ?? []).flatMap((rule) => rule[direction === "egress" ? "to" : "from"] ?? [{}]);

export const rules = {
  "runs as an unprivileged numeric user": (manifests) => eachContainer(manifests, (container, pod) => {
    const settings = { ...pod.securityContext, ...container.securityContext };
    return [settings.runAsNonRoot !== true && "runAsNonRoot is not true",
      !(settings.runAsUser > 0) && "runAsUser is not a number above 0"];
  }),
  "cannot gain privileges": (manifests) => eachContainer(manifests, (container, pod) => {
    const settings = container.securityContext ?? {};
    return [settings.allowPrivilegeEscalation !== false && "allowPrivilegeEscalation is not false",
      settings.privileged && "is privileged",
      !settings.capabilities?.drop?.includes("ALL") && "does not drop ALL capabilities",
      (settings.capabilities?.add ?? []).length > 0 && "adds capabilities",
      (settings.seccompProfile ?? pod.securityContext?.seccompProfile)?.type !== "RuntimeDefault" && "seccompProfile is not RuntimeDefault"];
  }),
  "shares nothing with its node": (manifests) => eachPod(manifests, (pod) => [
    ...["hostNetwork", "hostPID", "hostIPC"].map((name) => pod[name] && `${name} is on`),
    ...(pod.volumes ?? []).map((volume) => volume.hostPath && `${volume.name} is a hostPath`)]),
  "writes only to volumes": (manifests) => eachContainer(manifests, (container) =>
    container.securityContext?.readOnlyRootFilesystem !== true && "readOnlyRootFilesystem is not true"),
  "finds its volumes with unchanged permissions": (manifests) => eachPod(manifests, (pod, workload) =>
    workload.spec.volumeClaimTemplates && pod.securityContext?.fsGroupChangePolicy !== "OnRootMismatch" && "changes the permissions of its files at each start"),
  "has resource requests and a memory limit": (manifests) => eachContainer(manifests, ({ resources }) => [
    !resources?.requests?.cpu && "has no CPU request",
    !resources?.requests?.memory && "has no memory request",
    !resources?.limits?.memory && "has no memory limit"]),
  "has a startup, a readiness and a liveness probe": (manifests) => eachContainer(manifests, (container) =>
    ["startupProbe", "readinessProbe", "livenessProbe"].map((probe) => !container[probe] && `has no ${probe}`), { started: true }),
  "is probed at /healthz and /readyz": (manifests) => programs(manifests).flatMap((workload) =>
      Object.entries({ startupProbe: "/healthz", livenessProbe: "/healthz", readinessProbe: "/readyz" })
        .filter(([probe, path]) => podOf(workload).spec.containers[0][probe]?.httpGet?.path !== path)
        .map(([probe, path]) => `${label(workload)}: its ${probe} does not use ${path}`)),
  "has an image with a fixed version": (manifests) => eachContainer(manifests, ({ image }) => {
    const tag = image.split("/").at(-1).split(":")[1];
    return !image.includes("@sha256:") && (!tag || tag === "latest") && `${image} has no tag, or the tag latest`;
  }),
  "has no API token": (manifests) => eachPod(manifests, (pod) =>
    pod.automountServiceAccountToken !== false && "automountServiceAccountToken is not false"),
  "has time to drain": (manifests) => {
    const settings = ofKind(manifests, "ConfigMap").find((each) => /^stagedoor(-|$)/.test(each.metadata.name));
    const drain = Number(settings?.data.STAGEDOOR_DRAIN_DELAY);
    const needed = drain + 8; // 6 s for requests in progress, then events are handed back
    return programs(manifests)
      .filter((each) => !(podOf(each).spec.terminationGracePeriodSeconds >= needed))
      .map((each) => `${label(each)}: has less than ${needed} s to end`);
  },
  "becomes ready when network policies know its address": (manifests) => (ofKind(manifests, "NetworkPolicy").length === 0 ? [] : programs(manifests)
    .filter((each) => !(podOf(each).spec.containers[0].readinessProbe.initialDelaySeconds >= 10))
    .map((each) => `${label(each)}: may get requests before its callers' policies know it`)),
  "is replaced replica by replica": (manifests) => ofKind(manifests, "Deployment")
    .filter(({ spec: { strategy } }) => strategy?.type !== "RollingUpdate" || strategy.rollingUpdate?.maxUnavailable !== 0)
    .map((each) => `${label(each)}: an update may leave it with one replica less`),
  "is spread over the nodes": (manifests) => ofKind(manifests, "Deployment").flatMap((each) =>
    (podOf(each).spec.topologySpreadConstraints ?? []).some(({ topologyKey, labelSelector }) =>
      topologyKey === "kubernetes.io/hostname" && selects(labelSelector, podOf(each).metadata.labels))
      ? [] : [`${label(each)}: its replicas may all be on one node`]),
  "is found by its Service": (manifests) => ofKind(manifests, "Service").filter((each) => each.metadata.name !== "nobody").flatMap((service) => {
    const found = workloads(manifests).filter((each) => service.spec.selector && selects({ matchLabels: service.spec.selector }, podOf(each).metadata.labels));
    if (found.length !== 1) return [`Service ${service.metadata.name}: selects ${found.length} workloads`];
    const ports = podOf(found[0]).spec.containers.flatMap((container) => container.ports ?? []);
    return service.spec.ports.filter(({ port, targetPort = port }) => !ports.some((each) => [each.name, each.containerPort].includes(targetPort)))
      .map(({ name }) => `Service ${service.metadata.name}: no container port for its port ${name}`);
  }),
  "selects its own pods": (manifests) => workloads(manifests).filter((each) => each.spec.selector && !selects(each.spec.selector, podOf(each).metadata.labels))
    .map((each) => `${label(each)}: does not select its own pods`),
  "is routed to an existing Service": (manifests) => {
    const routes = [
      ...ofKind(manifests, "HTTPRoute").flatMap((route) => route.spec.rules.flatMap((rule) => rule.backendRefs ?? [])),
      ...ofKind(manifests, "Ingress").flatMap((each) => each.spec.rules.flatMap((rule) =>
        rule.http.paths.map(({ backend: { service } }) => ({ name: service.name, port: service.port.number })))),
    ];
    return routes.filter(({ name, port }) => !named(manifests, "Service", name)?.spec.ports.some((each) => each.port === port))
      .map(({ name, port }) => `a route leads to ${name}:${port}, which no Service has`);
  },
  "has one host name": (manifests) => {
    const settings = ofKind(manifests, "ConfigMap").find((each) => /^stagedoor(-|$)/.test(each.metadata.name));
    const host = new URL(settings.data.STAGEDOOR_PUBLIC_URL).host;
    const hosts = [
      ...ofKind(manifests, "Gateway").flatMap((each) => each.spec.listeners.map((listener) => listener.hostname)),
      ...ofKind(manifests, "HTTPRoute").flatMap((each) => each.spec.hostnames),
      ...ofKind(manifests, "Ingress").flatMap((each) => [...each.spec.rules.map((rule) => rule.host), ...each.spec.tls.flatMap((tls) => tls.hosts)]),
    ];
    return hosts.filter((each) => each !== host).map((each) => `${each} is not ${host}, the host of STAGEDOOR_PUBLIC_URL`);
  },
  "is in a namespace of restricted pods": (manifests) => {
    const namespace = ofKind(manifests, "Namespace")[0];
    return [
      ...(namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"] === "restricted" ? [] : ["the Namespace does not enforce restricted pods"]),
      ...manifests.filter((each) => each.kind !== "Namespace" && each.metadata.namespace !== namespace?.metadata.name)
        .map((each) => `${label(each)}: is in another namespace`),
    ];
  },
  "gets no other service's secrets": (manifests) => secretReferences(manifests)
    .filter(({ secret, by }) => !servicesIn(by).some((own) => new RegExp(`^${own}(-[0-9a-z]{10})?$`).test(secret)))
    .map(({ secret, by }) => `${by}: gets the secrets of ${secret}`),
};

// Additional rules for production.
export const productionRules = {
  "has at least two replicas": (manifests) => ofKind(manifests, "Deployment").filter((each) => {
    const scaler = ofKind(manifests, "HorizontalPodAutoscaler").find(({ spec }) => spec.scaleTargetRef.name === each.metadata.name);
    return !((scaler ? scaler.spec.minReplicas : each.spec.replicas) >= 2);
  }).map((each) => `${label(each)}: may have only one replica`),
  "has one source for its number of replicas": (manifests) => ofKind(manifests, "HorizontalPodAutoscaler").flatMap(({ spec: { scaleTargetRef } }) => {
    const target = named(manifests, scaleTargetRef.kind, scaleTargetRef.name);
    if (!target) return [`a HorizontalPodAutoscaler targets ${scaleTargetRef.name}, which does not exist`];
    return target.spec.replicas === undefined ? [] : [`${label(target)}: sets replicas although it has a HorizontalPodAutoscaler`];
  }),
  "loses one replica at a time": (manifests) => workloads(manifests).filter((each) =>
    !ofKind(manifests, "PodDisruptionBudget").some(({ spec }) => spec.maxUnavailable === 1 && selects(spec.selector, podOf(each).metadata.labels)))
    .map((each) => `${label(each)}: has no PodDisruptionBudget of one`),
  "contains no Secret": (manifests) => ofKind(manifests, "Secret").map((each) => `Secret ${each.metadata.name} is rendered`),
  "reaches nothing by default": (manifests) => ofKind(manifests, "NetworkPolicy").some(({ spec }) =>
    Object.keys(spec.podSelector).length === 0 && ["Ingress", "Egress"].every((type) => spec.policyTypes.includes(type)) && !spec.ingress && !spec.egress)
    ? [] : ["no NetworkPolicy denies traffic by default"],
  "reaches its own database, the bus and the services it calls": (manifests) => programs(manifests).flatMap((workload) => {
    const { name } = workload.metadata;
    const labels = podOf(workload).metadata.labels;
    const policies = ofKind(manifests, "NetworkPolicy").filter(({ spec }) => selects(spec.podSelector, labels));
    const reached = policies.flatMap((policy) => peers(policy, "egress"));
    const called = (podOf(workload).spec.containers[0].env ?? []).flatMap(({ value }) => value?.match(/^https?:\/\/([a-z]+):/)?.[1] ?? []);
    const databases = reached.flatMap(({ podSelector }) => podSelector?.matchLabels?.["cnpg.io/cluster"] ?? []);
    const pods = workloads(manifests).filter((other) => reached.some(({ namespaceSelector, podSelector, ipBlock }) =>
      !namespaceSelector && !ipBlock && selects(podSelector, podOf(other).metadata.labels))).map((other) => other.metadata.name);
    const expected = ["nats", ...called].sort().join();
    return [
      databases.join() !== servicesIn(name).map((each) => `${each}-database`).join() && `${name}: reaches the databases ${databases.join(" ") || "none"}`,
      pods.sort().join() !== expected && `${name}: reaches ${pods.join(" ") || "none"}, needs ${expected}`,
      reached.some((peer) => Object.keys(peer).length === 0) && `${name}: reaches everything`,
    ].filter(Boolean);
  }),
  "is reached by its callers only": (manifests) => {
    const callsOf = (workload) => (podOf(workload).spec.containers[0].env ?? []).flatMap(({ value }) => value?.match(/^https?:\/\/([a-z]+):/)?.[1] ?? []);
    const names = (all) => all.map((each) => each.metadata.name).join(" ");
    const backends = [
      ...ofKind(manifests, "HTTPRoute").flatMap((route) => route.spec.rules.flatMap((rule) => (rule.backendRefs ?? []).map(({ name }) => name))),
      ...ofKind(manifests, "Ingress").flatMap((each) => each.spec.rules.flatMap((rule) => rule.http.paths.map((path) => path.backend.service.name))),
    ].flatMap((name) => named(manifests, "Service", name)?.spec.selector ?? []);
    return programs(manifests).flatMap((workload) => {
      const { name } = workload.metadata;
      const labels = podOf(workload).metadata.labels;
      const from = ofKind(manifests, "NetworkPolicy").filter(({ spec }) => selects(spec.podSelector, labels)).flatMap((policy) => peers(policy, "ingress"));
      const callers = programs(manifests).filter((other) => from.some(({ namespaceSelector, podSelector, ipBlock }) =>
        !namespaceSelector && !ipBlock && selects(podSelector, podOf(other).metadata.labels)));
      const expected = programs(manifests).filter((other) => callsOf(other).includes(name));
      const routed = backends.some((selector) => selects({ matchLabels: selector }, labels));
      const gateway = from.some(({ namespaceSelector }) => namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"] === "envoy-gateway-system");
      return [
        names(callers) !== names(expected) && `${name}: admits ${names(callers) || "none"}, is called by ${names(expected) || "none"}`,
        gateway !== routed && `${name}: ${routed ? "does not admit the gateway" : "admits the gateway, which does not need it"}`,
      ].filter(Boolean);
    });
  },
};

export const broken = (manifests, ...sets) => sets.flatMap((set) =>
  Object.entries(set).flatMap(([name, rule]) => rule(manifests).map((problem) => `${name}: ${problem}`)));

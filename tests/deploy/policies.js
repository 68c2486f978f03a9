// What must hold for everything that runs in a cluster. Each rule is given what an overlay renders to and returns what
// breaks it, a line each.
import { named, ofKind, selects, services } from "./manifests.js";

const workloads = (manifests) => ofKind(manifests, "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob");
const podOf = (workload) => (workload.spec.jobTemplate?.spec ?? workload.spec).template;
const label = (workload) => `${workload.kind} ${workload.metadata.name}`;

// What `check(container, pod spec)` says of each container; `started` leaves out those that only prepare.
function eachContainer(manifests, check, { started = false } = {}) {
  return workloads(manifests).flatMap((workload) => {
    const { spec } = podOf(workload);
    const all = started ? spec.containers : [...(spec.initContainers ?? []), ...spec.containers];
    return all.flatMap((container) => [check(container, spec)].flat().filter(Boolean)
      .map((trouble) => `${label(workload)}, ${container.name}: ${trouble}`));
  });
}
const eachPod = (manifests, check) => workloads(manifests).flatMap((workload) =>
  [check(podOf(workload).spec, workload)].flat().filter(Boolean).map((trouble) => `${label(workload)}: ${trouble}`));

// The references to keys of Secrets: { secret, key, optional, by }; without a key all of them.
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

// Where a NetworkPolicy lets traffic go, or come from: undefined when it says nothing about that direction.
const peers = (policy, direction) => (policy.spec[direction] ?? []).flatMap((rule) => rule[direction === "egress" ? "to" : "from"] ?? [{}]);

export const rules = {
  "runs as an ordinary user, by number": (manifests) => eachContainer(manifests, (container, pod) => {
    const settings = { ...pod.securityContext, ...container.securityContext };
    return [settings.runAsNonRoot !== true && "runAsNonRoot is not true",
      !(settings.runAsUser > 0) && "runAsUser is not a number above 0"];
  }),
  "can't become more": (manifests) => eachContainer(manifests, (container, pod) => {
    const settings = container.securityContext ?? {};
    return [settings.allowPrivilegeEscalation !== false && "allowPrivilegeEscalation is not false",
      settings.privileged && "is privileged",
      !settings.capabilities?.drop?.includes("ALL") && "does not drop ALL capabilities",
      (settings.capabilities?.add ?? []).length > 0 && "adds capabilities",
      (settings.seccompProfile ?? pod.securityContext?.seccompProfile)?.type !== "RuntimeDefault" && "seccompProfile is not RuntimeDefault"];
  }),
  "shares nothing with its machine": (manifests) => eachPod(manifests, (pod) => [
    ...["hostNetwork", "hostPID", "hostIPC"].map((name) => pod[name] && `${name} is on`),
    ...(pod.volumes ?? []).map((volume) => volume.hostPath && `${volume.name} is a hostPath`)]),
  "writes into volumes only": (manifests) => eachContainer(manifests, (container) =>
    container.securityContext?.readOnlyRootFilesystem !== true && "readOnlyRootFilesystem is not true"),
  "finds what it keeps as it left it": (manifests) => eachPod(manifests, (pod, workload) =>
    workload.spec.volumeClaimTemplates && pod.securityContext?.fsGroupChangePolicy !== "OnRootMismatch" && "gets its files with other permissions at each start"),
  "says what it needs, and how much memory it may take": (manifests) => eachContainer(manifests, ({ resources }) => [
    !resources?.requests?.cpu && "asks for no CPU",
    !resources?.requests?.memory && "asks for no memory",
    !resources?.limits?.memory && "has no limit of memory"]),
  "has a startup, a readiness and a liveness probe": (manifests) => eachContainer(manifests, (container) =>
    ["startupProbe", "readinessProbe", "livenessProbe"].map((probe) => !container[probe] && `has no ${probe}`), { started: true }),
  "is asked what it answers: alive at /healthz, ready at /readyz": (manifests) => workloads(manifests)
    .filter((workload) => services.includes(workload.metadata.name)).flatMap((workload) =>
      Object.entries({ startupProbe: "/healthz", livenessProbe: "/healthz", readinessProbe: "/readyz" })
        .filter(([probe, path]) => podOf(workload).spec.containers[0][probe]?.httpGet?.path !== path)
        .map(([probe, path]) => `${label(workload)}: its ${probe} does not ask ${path}`)),
  "comes from an image of a certain version": (manifests) => eachContainer(manifests, ({ image }) => {
    const tag = image.split("/").at(-1).split(":")[1];
    return !image.includes("@sha256:") && (!tag || tag === "latest") && `${image} has no tag, or latest`;
  }),
  "has no token for the cluster": (manifests) => eachPod(manifests, (pod) =>
    pod.automountServiceAccountToken !== false && "automountServiceAccountToken is not false"),
  "is given time to drain": (manifests) => {
    const settings = ofKind(manifests, "ConfigMap").find((each) => /^stagedoor(-|$)/.test(each.metadata.name));
    const drain = Number(settings?.data.STAGEDOOR_DRAIN_DELAY);
    const needed = drain + 8; // 6 s for what is under way, then events are handed back
    return workloads(manifests).filter((each) => services.includes(each.metadata.name))
      .filter((each) => !(podOf(each).spec.terminationGracePeriodSeconds >= needed))
      .map((each) => `${label(each)}: is given less than ${needed} s to end`);
  },
  "is replaced copy by copy": (manifests) => ofKind(manifests, "Deployment")
    .filter(({ spec: { strategy } }) => strategy?.type !== "RollingUpdate" || strategy.rollingUpdate?.maxUnavailable !== 0)
    .map((each) => `${label(each)}: an update may leave it with a copy less`),
  "is spread over the machines": (manifests) => ofKind(manifests, "Deployment").flatMap((each) =>
    (podOf(each).spec.topologySpreadConstraints ?? []).some(({ topologyKey, labelSelector }) =>
      topologyKey === "kubernetes.io/hostname" && selects(labelSelector, podOf(each).metadata.labels))
      ? [] : [`${label(each)}: its copies may all be on one machine`]),
  "is found by its Service": (manifests) => ofKind(manifests, "Service").filter((each) => each.metadata.name !== "nobody").flatMap((service) => {
    const found = workloads(manifests).filter((each) => service.spec.selector && selects({ matchLabels: service.spec.selector }, podOf(each).metadata.labels));
    if (found.length !== 1) return [`Service ${service.metadata.name}: selects ${found.length} workloads`];
    const ports = podOf(found[0]).spec.containers.flatMap((container) => container.ports ?? []);
    return service.spec.ports.filter(({ port, targetPort = port }) => !ports.some((each) => [each.name, each.containerPort].includes(targetPort)))
      .map(({ name }) => `Service ${service.metadata.name}: nothing listens behind its port ${name}`);
  }),
  "selects its own pods": (manifests) => workloads(manifests).filter((each) => each.spec.selector && !selects(each.spec.selector, podOf(each).metadata.labels))
    .map((each) => `${label(each)}: does not select its own pods`),
  "is sent to where something is": (manifests) => {
    const routes = [
      ...ofKind(manifests, "HTTPRoute").flatMap((route) => route.spec.rules.flatMap((rule) => rule.backendRefs ?? [])),
      ...ofKind(manifests, "Ingress").flatMap((each) => each.spec.rules.flatMap((rule) =>
        rule.http.paths.map(({ backend: { service } }) => ({ name: service.name, port: service.port.number })))),
    ];
    return routes.filter(({ name, port }) => !named(manifests, "Service", name)?.spec.ports.some((each) => each.port === port))
      .map(({ name, port }) => `a route leads to ${name}:${port}, which no Service is`);
  },
  "has one name to the world": (manifests) => {
    const settings = ofKind(manifests, "ConfigMap").find((each) => /^stagedoor(-|$)/.test(each.metadata.name));
    const host = new URL(settings.data.STAGEDOOR_PUBLIC_URL).host;
    const hosts = [
      ...ofKind(manifests, "Gateway").flatMap((each) => each.spec.listeners.map((listener) => listener.hostname)),
      ...ofKind(manifests, "HTTPRoute").flatMap((each) => each.spec.hostnames),
      ...ofKind(manifests, "Ingress").flatMap((each) => [...each.spec.rules.map((rule) => rule.host), ...each.spec.tls.flatMap((tls) => tls.hosts)]),
    ];
    return hosts.filter((each) => each !== host).map((each) => `${each} is not ${host}, which STAGEDOOR_PUBLIC_URL says`);
  },
  "lies in a namespace of restricted pods": (manifests) => {
    const namespace = ofKind(manifests, "Namespace")[0];
    return [
      ...(namespace?.metadata.labels?.["pod-security.kubernetes.io/enforce"] === "restricted" ? [] : ["the Namespace does not enforce restricted pods"]),
      ...manifests.filter((each) => each.kind !== "Namespace" && each.metadata.namespace !== namespace?.metadata.name)
        .map((each) => `${label(each)}: is in another namespace`),
    ];
  },
  "is told no other's secrets": (manifests) => secretReferences(manifests)
    .filter(({ secret, by }) => !new RegExp(`^${by}(-[0-9a-z]{10})?$`).test(secret))
    .map(({ secret, by }) => `${by}: is told the secrets of ${secret}`),
};

// What must hold beyond that where it is for real.
export const productionRules = {
  "has two copies at least": (manifests) => ofKind(manifests, "Deployment").filter((each) => {
    const scaler = ofKind(manifests, "HorizontalPodAutoscaler").find(({ spec }) => spec.scaleTargetRef.name === each.metadata.name);
    return !((scaler ? scaler.spec.minReplicas : each.spec.replicas) >= 2);
  }).map((each) => `${label(each)}: may have one copy only`),
  "is not counted twice": (manifests) => ofKind(manifests, "HorizontalPodAutoscaler").flatMap(({ spec: { scaleTargetRef } }) => {
    const target = named(manifests, scaleTargetRef.kind, scaleTargetRef.name);
    if (!target) return [`a HorizontalPodAutoscaler looks after ${scaleTargetRef.name}, which is not there`];
    return target.spec.replicas === undefined ? [] : [`${label(target)}: says replicas, which its HorizontalPodAutoscaler decides`];
  }),
  "loses one copy at a time": (manifests) => workloads(manifests).filter((each) =>
    !ofKind(manifests, "PodDisruptionBudget").some(({ spec }) => spec.maxUnavailable === 1 && selects(spec.selector, podOf(each).metadata.labels)))
    .map((each) => `${label(each)}: has no PodDisruptionBudget of one`),
  "holds no secret": (manifests) => ofKind(manifests, "Secret").map((each) => `Secret ${each.metadata.name} is rendered`),
  "reaches nothing by default": (manifests) => ofKind(manifests, "NetworkPolicy").some(({ spec }) =>
    Object.keys(spec.podSelector).length === 0 && ["Ingress", "Egress"].every((type) => spec.policyTypes.includes(type)) && !spec.ingress && !spec.egress)
    ? [] : ["no NetworkPolicy denies what none allows"],
  "reaches its own database, the bus and what it calls": (manifests) => services.flatMap((service) => {
    const workload = named(manifests, "Deployment", service);
    const labels = podOf(workload).metadata.labels;
    const policies = ofKind(manifests, "NetworkPolicy").filter(({ spec }) => selects(spec.podSelector, labels));
    const reached = policies.flatMap((policy) => peers(policy, "egress"));
    const called = (podOf(workload).spec.containers[0].env ?? []).flatMap(({ value }) => value?.match(/^http:\/\/([a-z]+):/)?.[1] ?? []);
    const databases = reached.flatMap(({ podSelector }) => podSelector?.matchLabels?.["cnpg.io/cluster"] ?? []);
    const pods = workloads(manifests).filter((other) => reached.some(({ namespaceSelector, podSelector, ipBlock }) =>
      !namespaceSelector && !ipBlock && selects(podSelector, podOf(other).metadata.labels))).map((other) => other.metadata.name);
    const wanted = ["nats", ...called].sort().join();
    return [
      databases.join() !== `${service}-database` && `${service}: reaches the databases ${databases.join(" ") || "none"}`,
      pods.sort().join() !== wanted && `${service}: reaches ${pods.join(" ") || "nobody"}, and needs ${wanted}`,
      reached.some((peer) => Object.keys(peer).length === 0) && `${service}: reaches everything`,
    ].filter(Boolean);
  }),
  "is reached by those who call it": (manifests) => {
    const callsOf = (name) => (podOf(named(manifests, "Deployment", name)).spec.containers[0].env ?? []).flatMap(({ value }) => value?.match(/^http:\/\/([a-z]+):/)?.[1] ?? []);
    return services.flatMap((service) => {
      const labels = podOf(named(manifests, "Deployment", service)).metadata.labels;
      const from = ofKind(manifests, "NetworkPolicy").filter(({ spec }) => selects(spec.podSelector, labels)).flatMap((policy) => peers(policy, "ingress"));
      const callers = services.filter((other) => from.some(({ namespaceSelector, podSelector, ipBlock }) =>
        !namespaceSelector && !ipBlock && selects(podSelector, podOf(named(manifests, "Deployment", other)).metadata.labels)));
      const wanted = services.filter((other) => callsOf(other).includes(service));
      const routed = [...ofKind(manifests, "HTTPRoute")].some((route) => route.spec.rules.some((rule) => (rule.backendRefs ?? []).some(({ name }) => name === service)))
        || ofKind(manifests, "Ingress").some((each) => each.spec.rules.some((rule) => rule.http.paths.some((path) => path.backend.service.name === service)));
      const gateway = from.some(({ namespaceSelector }) => namespaceSelector?.matchLabels?.["kubernetes.io/metadata.name"] === "envoy-gateway-system");
      return [
        callers.join() !== wanted.join() && `${service}: lets in ${callers.join(" ") || "nobody"}, and is called by ${wanted.join(" ") || "nobody"}`,
        gateway !== routed && `${service}: ${routed ? "does not let the gateway in" : "lets the gateway in, which does not need it"}`,
      ].filter(Boolean);
    });
  },
};

export const broken = (manifests, ...sets) => sets.flatMap((set) =>
  Object.entries(set).flatMap(([name, rule]) => rule(manifests).map((trouble) => `${name}: ${trouble}`)));

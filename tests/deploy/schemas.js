// Validates manifests against the schemas of Kubernetes, the Gateway API and cert-manager in kubernetes-models: values with
// its validators, and unknown fields with TypeScript (a cluster silently drops a misspelt probe).
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./manifests.js";

function moduleOf({ apiVersion, kind }) {
  const others = { "gateway.networking.k8s.io": "@kubernetes-models/gateway-api", "cert-manager.io": "@kubernetes-models/cert-manager" };
  const models = others[apiVersion.split("/")[0]] ?? "kubernetes-models";
  return `${models}/${apiVersion}/${kind}`;
}
const nameOf = (manifest) => `${manifest.kind} ${manifest.metadata?.name}`;

export async function wrongValues(manifests) {
  const wrong = [];
  for (const manifest of manifests) {
    const model = await import(moduleOf(manifest)).catch(() => undefined);
    if (!model) {
      wrong.push(`${nameOf(manifest)}: ${manifest.apiVersion} has no ${manifest.kind}`);
      continue;
    }
    try {
      new model[manifest.kind](manifest).validate();
    } catch (error) {
      wrong.push(`${nameOf(manifest)}: ${error.message}`);
    }
  }
  return wrong;
}

export function unknownFields(manifests) {
  const folder = mkdtempSync(join(root, "tests/deploy/node_modules/.checked-"));
  try {
    const lines = manifests.map((manifest, i) =>
      `import type { I${manifest.kind} as T${i} } from "${moduleOf(manifest)}"; export const m${i}: T${i} = ${JSON.stringify(manifest)}; // ${nameOf(manifest)}`);
    writeFileSync(join(folder, "manifests.mts"), lines.join("\n"));
    execFileSync(process.execPath, [join(root, "tests/deploy/node_modules/typescript/bin/tsc"),
      "--noEmit", "--strict", "--module", "nodenext", "--skipLibCheck", join(folder, "manifests.mts")], { encoding: "utf8", cwd: folder });
    return [];
  } catch (error) {
    if (!error.stdout) throw error;
    return error.stdout.split("\n").filter((line) => line.includes("error TS")).map((line) => {
      const [, at, text] = line.match(/\((\d+),\d+\): error TS\d+: (.*)/);
      return `${nameOf(manifests[at - 1])}: ${text}`;
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

// Podman with its own storage, network and settings in one temporary folder: the system's are neither used nor changed, and
// everything is removed at the end, however the test ends.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { root } from "./manifests.js";

const leftovers = join(root, "build/deploy-test-folder"); // names the folder of a run that was killed
const asRoot = process.getuid() === 0 ? [] : ["sudo", "-n"];
const begun = Date.now();

export function log(text) {
  console.log(`[${((Date.now() - begun) / 1000).toFixed(1).padStart(5)} s] ${text}`);
}

// Runs a command as root and returns its output; throws an error with the output if it fails.
export function run(command, ...parts) {
  const [program, ...given] = [...asRoot, command, ...parts.filter((part) => typeof part !== "object")];
  const options = parts.find((part) => typeof part === "object") ?? {};
  const done = spawnSync(program, given, { encoding: "utf8", maxBuffer: 1 << 28, stdio: ["pipe", "pipe", "pipe"], ...options });
  if (done.error) throw new Error(`${program}: ${done.error.message}`);
  if (done.status !== 0) throw new Error(`${[command, ...given].slice(0, 8).join(" ")} … exited with ${done.status}:\n${(done.stdout + done.stderr).slice(-3000)}`);
  return done.stdout.trim();
}

// This release's slim image of Debian, on which programs that were compiled here run.
export const codename = readFileSync("/etc/os-release", "utf8").match(/^VERSION_CODENAME=(\S+)/m)[1];
export const base = `docker.io/library/debian:${codename}-slim`;

// Debian 12 has version 4, Debian 13 version 5: with netavark's networks only, and other names for the pods of a Deployment.
const isNew = Number(spawnSync("podman", ["--version"], { encoding: "utf8" }).stdout?.match(/version (\d+)/)?.[1]) >= 5;
const backend = isNew ? "netavark" : "cni";
export const podOf = (deployment) => `${deployment}-pod${isNew ? "" : "-0"}`;

// Random addresses, so that two simultaneous runs do not conflict.
const settings = (folder) => `[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
[containers]
default_ulimits = ["nofile=10000:10000", "nproc=10000:10000"]
log_driver = "k8s-file"
[network]
network_backend = "${backend}"
network_config_dir = "${folder}/networks"
default_subnet_pools = [{"base" = "10.${100 + Math.floor(Math.random() * 155)}.0.0/16", "size" = 24}]
`;

function remove(folder) {
  if (!existsSync(folder)) return;
  try {
    const podman = new Podman(folder);
    podman.do("pod", "rm", "--force", "--all", "--time", "0");
    podman.do("rm", "--force", "--all", "--time", "0");
    for (const network of podman.do("network", "ls", "--format", "{{.Name}}").split("\n"))
      if (network && network !== "podman") podman.do("network", "rm", "--force", network);
  } catch (error) {
    console.error(`not all containers in ${folder} could be removed: ${error.message}`);
  }
  const mounts = readFileSync("/proc/mounts", "utf8").split("\n").map((line) => line.split(" ")[1]);
  for (const mount of mounts.filter((path) => path === folder || path?.startsWith(`${folder}/`)).reverse()) {
    try {
      run("umount", "-l", mount);
    } catch (error) {
      console.error(error.message);
    }
  }
  run("rm", "-rf", folder);
}

export class Podman {
  constructor(folder) {
    this.folder = folder;
    // The program that podman-compose calls as podman.
    this.program = join(folder, "podman");
    this.network = basename(folder).toLowerCase();
  }

  static open() {
    if (existsSync(leftovers)) {
      remove(readFileSync(leftovers, "utf8").trim());
      rmSync(leftovers);
    }
    const folder = mkdtempSync(join(tmpdir(), "stagedoor-deploy-"));
    mkdirSync(join(root, "build"), { recursive: true });
    writeFileSync(leftovers, folder);
    // Overlays do not stack: inside a container the storage is in memory.
    const overlayfs = 0x794c7630;
    if (statfsSync(folder).type === overlayfs) run("mount", "-t", "tmpfs", "-o", "size=6g,mode=755", "stagedoor-deploy", folder);
    for (const name of ["networks", "tmp"]) run("mkdir", "-p", join(folder, name));
    if (asRoot.length) run("chown", "-R", `${process.getuid()}`, folder);
    writeFileSync(join(folder, "containers.conf"), settings(folder));
    const podman = new Podman(folder);
    writeFileSync(podman.program, `#!/bin/sh
export CONTAINERS_CONF=${folder}/containers.conf PODMAN_IGNORE_CGROUPSV1_WARNING=1 TMPDIR=${folder}/tmp
# Newer podman-compose waits for health checks, which podman leaves to systemd's timers.
if [ "$1 $2" = "wait --condition=healthy" ] && [ ! -d /run/systemd/system ]; then
  shift 2
  for name; do
    check=$("$0" inspect --format '{{json .Config.Healthcheck.Test}}' "$name" | sed 's|"CMD",||; s|"CMD-SHELL"|"/bin/sh","-c"|')
    pod=$("$0" inspect --format '{{.Pod}}' "$name")
    attempts=0
    until "$0" run --rm --network "container:$name" $([ -z "$pod" ] || echo --pod "$pod") --entrypoint "$check" "$("$0" inspect --format '{{.Image}}' "$name")"; do
      attempts=$((attempts + 1))
      [ $attempts -lt 120 ] || { "$0" logs --tail 10 "$name" >&2; exit 1; }
      sleep 1
    done
  done
  exit
fi
exec podman --root ${folder}/storage --runroot ${folder}/run --tmpdir ${folder}/tmp/podman "$@"
`, { mode: 0o755 });
    podman.do("network", "create", podman.network);
    return podman;
  }

  do(...parts) {
    return run(this.program, ...parts);
  }
  inspect(what) {
    return JSON.parse(this.do("inspect", what))[0];
  }
  // Runs a command from a container's image in a second container in the same network. `podman exec` and `podman healthcheck
  // run` do not work in a chroot: runc joins a container at the root of its mounts, which is outside the chroot.
  runBeside(container, [program, ...parts]) {
    const { Image: image, Pod: pod } = this.inspect(container);
    return this.do("run", "--rm", ...(pod ? ["--pod", pod] : ["--network", `container:${container}`]), "--read-only", "--cap-drop", "all",
      "--security-opt", "no-new-privileges", "--entrypoint", JSON.stringify([program]), image, ...parts);
  }
  // Runs the HEALTHCHECK of a container's image; throws unless it exits with 0.
  checkHealth(container) {
    const [form, ...command] = this.inspect(this.inspect(container).Image).Healthcheck.Test;
    assert.equal(form, "CMD", "without a shell");
    return this.runBeside(container, command);
  }
  // A container's output, for the message of a failed test.
  logs(container) {
    try {
      return run("sh", "-c", '"$0" logs --tail 30 "$1" 2>&1', this.program, container);
    } catch (error) {
      return error.message;
    }
  }
  close() {
    remove(this.folder);
    rmSync(leftovers, { force: true });
  }
}

// Builds the base from Debian's packages; cached for a day, since it takes a minute.
export function makeBase(podman) {
  const archive = join(root, `build/deploy-test-base-${codename}.tar`), fresh = join(podman.folder, "base.tar");
  if (!existsSync(archive) || Date.now() - statSync(archive).mtimeMs > 24 * 3600 * 1000) {
    run("mmdebstrap", "--quiet", "--variant=minbase", "--mode=root",
      "--dpkgopt=path-exclude=/usr/share/man/*", "--dpkgopt=path-exclude=/usr/share/locale/*",
      "--dpkgopt=path-exclude=/usr/share/doc/*", "--dpkgopt=path-include=/usr/share/doc/*/copyright",
      "--customize-hook=rm -rf \"$1\"/var/lib/apt/lists/* \"$1\"/var/cache/apt/*", codename, fresh);
    run("mv", fresh, archive);
  }
  podman.do("import", "--quiet", "--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "--change", "CMD [\"bash\"]",
    archive, base);
}

// Like `podman build -f deploy/container/Containerfile --target …`.
export function build(podman, folder, containerfile, tag, ...parts) {
  return podman.do("build", "--isolation", "chroot", "--network", "host", "--format", "docker", "--quiet", "--build-arg", `BASE=${base}`,
    "-f", containerfile, "-t", tag, ...parts, folder);
}

export async function until(what, attempt, seconds, pauseMs = 200) {
  let lastError;
  for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
    try {
      const result = await attempt();
      if (result) return result;
    } catch (error) {
      lastError = error;
    }
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  throw new Error(`not within ${seconds} s: ${what}${lastError ? ` (${lastError.message})` : ""}`);
}

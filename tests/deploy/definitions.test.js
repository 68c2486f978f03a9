// The Containerfiles and compose files as Docker reads them, by the program in definitions/; and deliberate mistakes are found.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { root } from "./manifests.js";

const source = join(root, "tests/deploy/definitions"), program = join(root, "build/deploy-definitions");
const env = { ...process.env, GOTOOLCHAIN: "local", GOFLAGS: "-mod=readonly", GOWORK: "off" };
const containerfiles = ["deploy/container/Containerfile", "tests/deploy/images/nats/Containerfile", "tests/deploy/images/postgres/Containerfile"];
const composeFiles = ["compose.yaml", "compose.distributed.yaml", "compose.nodes.yaml"];
const read = (path) => readFileSync(join(root, path), "utf8");

// False, or why these tests are left out; each is then counted as skipped.
const skip = reasonToSkip();

function reasonToSkip() {
  const wanted = readFileSync(join(source, "go.mod"), "utf8").match(/^go (\d+)\.(\d+)/m).slice(1).map(Number);
  const { stdout, error } = spawnSync("go", ["env", "GOVERSION"], { encoding: "utf8", env });
  const found = stdout?.match(/^go(\d+)\.(\d+)/)?.slice(1).map(Number);
  if (error || !found) return `needs Go ${wanted.join(".")}, which is not installed`;
  return found[0] === wanted[0] && found[1] >= wanted[1] ? false : `needs Go ${wanted.join(".")}; this is ${found.join(".")}`;
}

function mistakes(...parts) {
  const { status, stdout, stderr } = spawnSync(program, parts, { encoding: "utf8", cwd: root });
  assert.ok(status === 0 || status === 1, stderr);
  assert.equal(status, stdout === "" ? 0 : 1);
  return stdout;
}

describe("Docker's own readers", () => {
  let folder;
  before(() => {
    if (skip) return;
    const { status, stderr } = spawnSync("go", ["build", "-trimpath", "-o", program, "."], { encoding: "utf8", cwd: source, env });
    assert.equal(status, 0, stderr);
    folder = mkdtempSync(join(tmpdir(), "stagedoor-definitions-"));
  });
  after(() => folder && rmSync(folder, { recursive: true }));

  for (const file of containerfiles) test(`BuildKit finds nothing in ${file}`, { skip }, () => assert.equal(mistakes("containerfile", file), ""));
  for (const programs of ["built", "given"])
    test(`nor with the programs ${programs}`, { skip }, () =>
      assert.equal(mistakes("containerfile", containerfiles[0], "--build-arg", `PROGRAMS=${programs}`, "--build-arg", "SERVICE=orders"), ""));
  test("Compose loads the compose files", { skip }, () => assert.equal(mistakes("compose", ...composeFiles), ""));

  const mutants = {
    "an instruction that does not exist": [containerfiles[0], "STOPSIGNAL SIGTERM", "STOPSIGNALL SIGTERM", /:\d+: .*unknown instruction: STOPSIGNALL/],
    "a stage that does not exist": [containerfiles[0], "--from=programs ", "--from=prgrams ", /prgrams is neither a stage/],
    "a base that does not exist": [containerfiles[0], "FROM runtime AS service", "FROM runtim AS service", /runtim is neither a stage/],
    "a variable that is not declared": [containerfiles[0], "stagedoor-${SERVICE}/", "stagedoor-${SERVIC}/", /UndefinedVar: .*SERVIC'/],
    "a command that needs a shell": [containerfiles[0], 'CMD ["serve"]', "CMD serve", /JSONArgsRecommended/],
    "a misspelt setting": ["compose.yaml", "read_only:", "readonly:", /services\.stagedoor/],
    "a volume that does not exist": ["compose.yaml", "\n  data:\n", "\n  date:\n", /undefined volume data/],
    "a service that does not exist": ["compose.nodes.yaml", "    postgres:\n      condition", "    postgers:\n      condition", /undefined service "postgers"/],
    "a duration without a unit that exists": ["compose.distributed.yaml", "interval: 2s", "interval: 2 s", /unknown unit/],
    "a port that is none": ["compose.yaml", ":-8080}:8080", ":-808o}:8080", /Invalid hostPort: 808o/],
    "a variable that does not end": ["compose.yaml", "${PROGRAMS:-built}", "${PROGRAMS:-built", /invalid interpolation format/],
  };
  for (const [what, [file, right, wrong, message]] of Object.entries(mutants))
    test(`they find ${what}`, { skip }, () => {
      assert.ok(read(file).includes(right), right);
      const changed = join(folder, "changed");
      writeFileSync(changed, read(file).replace(right, wrong));
      assert.match(mistakes(file.startsWith("compose") ? "compose" : "containerfile", changed), message);
    });
});

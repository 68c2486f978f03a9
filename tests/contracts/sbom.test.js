// The list of libraries (SBOM) that scripts/sbom writes: valid CycloneDX, and what the programs are linked with.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import Ajv from "ajv";
import addFormats from "ajv-formats";

const root = join(dirname(fileURLToPath(import.meta.url)), "../..");
const build = join(root, "build");
const folder = mkdtempSync(join(tmpdir(), "stagedoor-sbom-"));
after(() => rmSync(folder, { recursive: true }));
const run = (program, ...options) => execFileSync(program, options, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
const write = (name) => {
  run(join(root, "scripts/sbom"), build, "--output", join(folder, name));
  return readFileSync(join(folder, name), "utf8");
};
const text = write("one");
const sbom = JSON.parse(text);
const debian = sbom.components.filter(({ purl }) => !purl.startsWith("pkg:npm/"));
const used = (how) => sbom.components.filter((each) => each.properties.some(({ name, value }) => name === "stagedoor:used" && value === how));
const programs = ["stagedoor", "stagedoor-pictures", ...readFileSync(join(root, "services/services.txt"), "utf8").trim().split("\n").map((each) => `stagedoor-${each}`)];

describe("the list of libraries", () => {
  test("is valid CycloneDX", () => {
    const schemas = join(dirname(fileURLToPath(import.meta.url)), "node_modules/@cyclonedx/cyclonedx-library/res/schema");
    const schema = (name) => JSON.parse(readFileSync(join(schemas, `${name}.SNAPSHOT.schema.json`), "utf8"));
    const ajv = new Ajv({ strict: false, allErrors: true });
    for (const name of ["spdx", "jsf-0.82", "cryptography-defs"]) ajv.addSchema(schema(name), `http://cyclonedx.org/schema/${name}.SNAPSHOT.schema.json`);
    addFormats(ajv);
    ajv.addFormat("iri-reference", true).addFormat("idn-email", true);
    const fits = ajv.compile(schema("bom-1.6"));
    assert.ok(fits(sbom), JSON.stringify(fits.errors));
    assert.ok(!fits({ ...sbom, components: [{ type: "library" }] }), "the schema accepts anything");
  });
  test("is the same for the same build", () => assert.equal(write("two"), text));
  test("names our version, and a program for each service", () => {
    const [, version] = readFileSync(join(root, "CMakeLists.txt"), "utf8").match(/project\(stagedoor VERSION ([\d.]+)/);
    const { component } = sbom.metadata;
    assert.deepEqual([component.name, component.version], ["stagedoor", version]);
    assert.deepEqual(component.components.map(({ name }) => name), programs);
  });
  test("has the packages of all libraries that ldd finds, with their versions, and no others", () => {
    const found = new Map();
    const packageOf = (path) => {
      if (!found.has(path)) found.set(path, search(path));
      return found.get(path);
    };
    const search = (path) => {
      const names = [path, path.replace(/^\/lib/, "/usr/lib"), path.replace(/^\/usr\/lib/, "/lib")];
      for (const name of names) {
        try {
          return run("dpkg-query", "--search", name).split(":")[0];
        } catch {
          // Debian moves files from /lib to /usr/lib, and dpkg knows one of the two.
        }
      }
      return assert.fail(`${path} is in no package`);
    };
    const linked = new Map(programs.map((program) => {
      const paths = [...run("ldd", join(build, "bin", program)).matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path);
      assert.ok(paths.length > 10, program);
      return [program, new Set(paths.map(packageOf))];
    }));
    const all = [...new Set([...linked.values()].flatMap((each) => [...each]))].sort();
    assert.deepEqual(used("shared library").map(({ name }) => name).sort(), all);
    const named = new Map(sbom.components.map((each) => [each["bom-ref"], each]));
    for (const { name, version } of debian)
      assert.equal(run("dpkg-query", "-W", "-f", "${Version}\n", name).split("\n")[0], version, name);
    for (const program of programs) {
      const { dependsOn } = sbom.dependencies.find(({ ref }) => ref === program);
      const shared = dependsOn.map((ref) => named.get(ref)).filter((each) => used("shared library").includes(each));
      assert.deepEqual(new Set(shared.map(({ name }) => name)), linked.get(program), program);
    }
  });
  test("has what is compiled in, and nothing that only tests use", () => {
    const names = used("compiled in").map(({ name }) => name);
    for (const library of ["libcli11-dev", "libspdlog-dev"]) assert.ok(names.includes(library), library);
    for (const each of names) assert.doesNotMatch(each, /gtest|gmock|benchmark|rapidcheck|linux-libc|clang/);
  });
  test("has the scripts of the door page, with the versions of their lock file, if the build has them", () => {
    const installed = join(build, "services/client/npm/installed-lock.json");
    const wanted = existsSync(installed) ? Object.entries(JSON.parse(readFileSync(join(root, "services/client/npm/package-lock.json"), "utf8")).packages) : [];
    const packages = wanted.filter(([path]) => path).map(([path, { version }]) => [path.replace("node_modules/", ""), version]);
    assert.deepEqual(used("script of the door page").map(({ name, version }) => [name, version]).sort(), packages.sort());
    const { dependsOn } = sbom.dependencies.find(({ ref }) => ref === "stagedoor-client");
    for (const [name, version] of packages) assert.ok(dependsOn.includes(`pkg:npm/${name.replace("@", "%40")}@${version}`), name);
  });
  test("has no library that docs/dependencies.md does not name, if it is ours to choose", () => {
    const documented = readFileSync(join(root, "docs/dependencies.md"), "utf8").toLowerCase();
    for (const { name } of used("compiled in")) assert.ok(documented.includes(name.replace(/^lib|-dev$/g, "")), name);
  });
  test("identifies each package as scanners do", () => {
    for (const { name, version, purl, licenses } of debian) {
      assert.match(purl, /^pkg:deb\/debian\/[a-z0-9.%A-F-]+@[^?]+\?arch=\w+&distro=debian-(\d+|sid)&upstream=[^&]+$/, name);
      assert.equal(decodeURIComponent(purl.match(/@([^?]+)/)[1]), version);
      assert.ok(licenses.length > 0, name);
    }
  });
});

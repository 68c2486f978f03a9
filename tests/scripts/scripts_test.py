"""Tests ./run and scripts/ in a copy of the repository, on a system whose apt-get, sudo … are replaced."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("STAGEDOOR_BIN", os.path.join(ROOT, "build/bin/stagedoor"))

# An apt-get that installs nothing, and says what the real one says.
APT = r"""
case " $* " in
  *" update "*) exit ${APT_UPDATE-0} ;;
  *" --assume-no "*) echo "Need to get 265 MB of archives."
    echo "After this operation, 1,130 MB of additional disk space will be used."; exit 1 ;;
  *" install "*) [ "${APT_INSTALL-0}" = 0 ] || { echo "E: $APT_ERROR"; exit $APT_INSTALL; }
    echo "dlstatus:1:0.0:Retrieving"; echo "Get:1 noise"; echo "dlstatus:9:55.5:Retrieving"
    echo "pmstatus:cmake:25.1:Unpacking"; echo "pmstatus:cmake:100.0:Installed" ;;
esac
"""


def output_of(*command):
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def package_of(path):
    """The Debian package of a library, whose folder may be below / or /usr."""
    for each in (path, os.path.realpath(path), "/usr" + path, path.removeprefix("/usr")):
        found = subprocess.run(["dpkg", "-S", each], capture_output=True, text=True, check=False).stdout
        if found:
            return found.split(":")[0]
    return path


def is_named(package, wanted):
    """As apt-get install understands it: a name, which may have got a suffix, or a pattern."""
    if re.search(r"[\^$]", wanted):
        return re.search(wanted, package) is not None
    return package in (wanted, wanted + "t64")


class Scripts(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="stagedoor-scripts-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.calls = self.path("calls")
        for each in ("run", "test", "scripts", "docs/operations.md", "docs/operations", "CMakeLists.txt"):
            source, target = os.path.join(ROOT, each), self.path("repository", each)
            os.makedirs(os.path.dirname(target), exist_ok=True)
            shutil.copytree(source, target) if os.path.isdir(source) else shutil.copy(source, target)
        os.mkdir(self.path("bin"))
        self.release("debian", "12")
        self.provide("id", "echo 1000")
        self.provide("dpkg-query", "exit 1")  # nothing is installed
        self.provide("apt-get", APT)
        # The real one would change this system, as `sudo tee /usr/sbin/policy-rc.d`.
        self.provide("sudo", 'case $1 in env) exec "$@" ;; tee) cat >/dev/null ;; esac')
        for each in ("cmake", "ninja"):
            self.provide(each, "exit 1")

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def provide(self, name, text):
        with open(self.path("bin", name), "w", encoding="utf-8") as file:
            file.write(f'#!/bin/sh\necho "{name} $*" >>{self.calls}\n{text}\n')
        os.chmod(self.path("bin", name), 0o755)

    def release(self, distribution, version):
        with open(self.path("os-release"), "w", encoding="utf-8") as file:
            file.write(f"ID={distribution}\nVERSION_ID={version}\n")

    def without(self, *programs):
        """The PATH of a system that lacks some programs."""
        for name in os.listdir("/usr/bin"):
            if name not in programs and not os.path.lexists(self.path("bin", name)):
                os.symlink(os.path.join("/usr/bin", name), self.path("bin", name))
        for name in programs:
            if os.path.lexists(self.path("bin", name)):
                os.remove(self.path("bin", name))
        return self.path("bin")

    def start(self, *command, path=None, **variables):
        environment = {
            "PATH": path or f"{self.path('bin')}:/usr/sbin:/usr/bin:/sbin:/bin",
            "STAGEDOOR_OS_RELEASE": self.path("os-release"),
            "TMPDIR": self.folder,
            **variables,
        }
        return subprocess.run(
            command, cwd=self.path("repository"), env=environment, capture_output=True, text=True, check=False
        )

    def called(self):
        return open(self.calls, encoding="utf-8").read() if os.path.exists(self.calls) else ""

    def packages(self, *task):
        return self.start("scripts/install", "--print", *task).stdout.split()

    # ---- ./run

    def test_run_explains_itself_without_installing_or_building(self):
        for arguments, part in (
            (["--help"], "--hold-seconds"),
            (["distributed", "-h"], "--nats-cluster"),
            (["--version"], "stagedoor "),
        ):
            ended = self.start("./run", *arguments)
            self.assertEqual(ended.returncode, 0, ended.stderr)
            self.assertIn(part, ended.stdout)
        self.assertEqual(self.called(), "")

    def test_run_rejects_typos_and_bad_ports_at_once(self):
        for arguments, part in (
            (["--prot", "9000"], "unknown option: --prot"),
            (["distribute"], "unknown argument: distribute"),
            (["distributed", "--demo"], "unknown option: --demo"),
            (["distributed", "--nodes"], "--nodes needs a value"),
            (["--port"], "--port needs a value"),
            (["--port", "http"], "--port=http: must be a whole number"),
            (["--port=70000"], "--port=70000: must be a whole number"),
        ):
            ended = self.start("./run", *arguments)
            self.assertEqual(ended.returncode, 2)
            self.assertIn(part, ended.stderr)
            self.assertEqual(ended.stderr.count("\n"), 1)
        self.assertEqual(self.called(), "")

    def test_run_tests_its_port_before_it_installs(self):
        for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
            with socket.socket(family) as other:
                other.bind((host, 0))
                other.listen()
                port = str(other.getsockname()[1])
                address = [] if host == "127.0.0.1" else ["--address", "::"]
                starts = [["--port", port, *address], [f"--port={port}", *address]]
                if not address:
                    starts.append(["distributed", "--port", port])
                for arguments in starts:
                    ended = self.start("./run", *arguments)
                    self.assertEqual(ended.returncode, 1)
                    self.assertIn(
                        f":{port}: address already in use; choose another port with --port", ended.stderr
                    )
        self.assertEqual(self.called(), "")

    @unittest.skipUnless(os.path.exists(PROGRAM), "no program is built")
    def test_run_knows_the_options_of_the_programs(self):
        distributed = PROGRAM + "-distributed"
        for command, arguments in (
            ([PROGRAM, "serve", "--help"], []),
            ([distributed, "--help"], ["distributed"]),
        ):
            program = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            theirs = set(re.findall(r"^ +(?:-h,)?(--[a-z0-9-]+)", program, re.MULTILINE)) - {
                "--help",
                "--version",
            }
            ours = set(
                re.findall(r"^  (--[a-z0-9-]+)", self.start("./run", *arguments, "--help").stdout, re.MULTILINE)
            )
            self.assertEqual(ours, theirs)

    # ---- scripts/install

    def test_boost_is_chosen_by_release(self):
        for distribution, version, boost in (
            ("debian", "12", "1.81"),
            ("debian", "13", "1.83"),
            ("debian", "", ""),
            ("ubuntu", "24.04", ""),
        ):
            self.release(distribution, version)
            packages = self.packages("run")
            for library in ("", "-json", "-url"):
                self.assertIn(f"libboost{library}{boost}-dev", packages)

    def test_labels_need_only_their_own_packages(self):
        everything = set(self.packages("test"))
        unit = set(self.packages("test", "unit"))
        self.assertTrue(unit < everything)
        self.assertFalse(
            unit
            & {
                "chromium",
                "podman",
                "postgresql",
                "nats-server",
                "mmdebstrap",
                "prometheus",
                "dpkg-dev",
            }
        )
        self.assertIn("libclang-rt-19-dev", unit)
        self.assertIn("chromium", self.packages("test", "browser"))
        self.assertIn("postgresql", self.packages("test", "race"))
        self.assertEqual(self.packages("test", "tidy"), ["clang-format-19", "python3", "git"])
        self.assertTrue(set(self.packages("distributed")) > set(self.packages("run")))
        self.assertNotEqual(self.start("scripts/install", "test", "unti").returncode, 0)

    def test_a_system_without_apt_is_pointed_to_containers(self):
        ended = self.start("./run", path=self.without("apt-get"))
        self.assertEqual(ended.returncode, 1)
        self.assertIn("docker compose up --build", ended.stderr)
        self.assertIn("docs/deploying.md", ended.stderr)

    def test_without_sudo_it_prints_the_command_for_root(self):
        ended = self.start("scripts/install", "run", path=self.without("sudo"))
        self.assertEqual(ended.returncode, 1)
        self.assertRegex(
            ended.stderr,
            r"apt-get update && apt-get install --no-install-recommends clang-19 .*libboost1\.81-dev",
        )

    def test_it_prints_the_size_of_the_download_and_the_progress(self):
        ended = self.start("scripts/install", "run")
        self.assertEqual(ended.returncode, 0, ended.stderr)
        for part in (
            "to download: 265 MB",
            "on the disk: 1,130 MB",
            "downloading: 55 %",
            "installing: 100 %",
        ):
            self.assertIn(part, ended.stdout)
        self.assertNotIn("noise", ended.stdout)

    def test_it_blames_what_is_to_blame(self):
        for variables, part in (
            (
                {"APT_UPDATE": "100", "APT_INSTALL": "100", "APT_ERROR": "Unable to locate package x"},
                "is this machine online?",
            ),
            (
                {"APT_INSTALL": "100", "APT_ERROR": "Unable to locate package x"},
                "(debian-12) lacks some of them",
            ),
            ({"APT_INSTALL": "100", "APT_ERROR": "dpkg was interrupted"}, "apt-get failed"),
        ):
            ended = self.start("scripts/install", "run", **variables)
            self.assertEqual(ended.returncode, 1)
            self.assertIn(part, ended.stderr)
            self.assertIn(variables["APT_ERROR"], ended.stderr)
            log = re.search(r"full log: (.*)\)", ended.stderr)[1]
            self.assertIn(variables["APT_ERROR"], open(log, encoding="utf-8").read())

    def test_packages_whose_lists_are_old_can_still_be_installed(self):
        self.assertEqual(self.start("scripts/install", "run", APT_UPDATE="100").returncode, 0)

    # ---- ./test

    def test_a_label_installs_and_builds_only_its_own(self):
        for name in ("install", "build"):
            self.provide(name, "")  # only records the call
            shutil.copy(self.path("bin", name), self.path("repository/scripts", name))
        self.provide("ctest", "echo '7: [  PASSED  ] 3 tests.'; echo 'ℹ pass 2'")
        ended = self.start("./test", "unit", "race")
        self.assertEqual(ended.returncode, 0, ended.stdout + ended.stderr)
        self.assertEqual(ended.stdout.splitlines()[-1], "10 passed, 0 failed")
        called = self.called().splitlines()
        self.assertIn("install test unit race", called)
        self.assertIn("build build tests-race", called)
        self.assertIn("build build/asan tests-unit", called)
        self.assertEqual(len([call for call in called if call.startswith("build ")]), 2)

    # ---- what is derived from other files

    def test_the_readme_shows_the_measured_figures(self):
        checked = subprocess.run(
            [os.path.join(ROOT, "bench/plot"), "--check"], capture_output=True, text=True, check=False
        )
        self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_a_bare_docker_build_makes_the_one_process(self):
        with open(os.path.join(ROOT, "Dockerfile"), encoding="utf-8") as file:
            stages = re.findall(r"^FROM .* AS (\S+)$", file.read(), re.MULTILINE)
        self.assertEqual(stages[-1], "stagedoor")
        self.assertTrue(
            os.path.samefile(
                os.path.join(ROOT, "Dockerfile"), os.path.join(ROOT, "deploy/container/Containerfile")
            )
        )

    # The apt-get of the images' runtime stage, which names packages and patterns, as on this release.
    def packages_of_the_images(self):
        with open(os.path.join(ROOT, "deploy/container/Containerfile"), encoding="utf-8") as file:
            command = re.search(r"AS runtime\nRUN (.*?)&& rm -rf", file.read(), re.DOTALL)[1]
        self.provide("apt-get", f'printf "%s\\n" "$@" >{self.path("packages")}')
        ended = self.start("sh", "-c", command.replace("\\\n", " "))
        self.assertEqual(ended.returncode, 0, ended.stderr)
        with open(self.path("packages"), encoding="utf-8") as file:
            return [each for each in file.read().split() if not each.startswith("-")]

    @unittest.skipUnless(os.path.exists(PROGRAM) and shutil.which("dpkg"), "no program is built, or not on Debian")
    def test_the_images_have_every_library_of_the_programs(self):
        listed = self.packages_of_the_images()
        lacking, folder = {}, os.path.dirname(PROGRAM)
        for program in (PROGRAM, os.path.join(folder, "stagedoor-pictures")):
            needed = {
                line.split()[-1]
                for line in output_of("objdump", "-p", program).splitlines()
                if line.startswith("  NEEDED")
            }
            for name, path in re.findall(r"(\S+) => (/\S+)", output_of("ldd", program)):
                package = name in needed and package_of(path)
                if package and not any(is_named(package, each) for each in listed):
                    lacking[name] = package
        lacking = {name: package for name, package in lacking.items() if package not in ("libc6", "libgcc-s1")}
        self.assertEqual(lacking, {}, "linked, but not in the Containerfile's runtime stage")

    @unittest.skipUnless(shutil.which("dpkg-query"), "not on Debian")
    def test_what_is_loaded_by_name_is_in_the_images_and_the_package(self):
        plugin = "libheif-plugin-aomenc"
        with open("/etc/os-release", encoding="utf-8") as file:
            is_apart = 'VERSION_ID="12"' not in file.read()
        self.assertEqual(plugin in self.packages_of_the_images(), is_apart)
        shutil.copy("/etc/os-release", self.path("os-release"))
        self.assertEqual(plugin in self.packages("run"), is_apart)

    # ---- scripts/build

    @unittest.skipUnless(shutil.which("clang++-19") and shutil.which("ninja"), "needs clang 19 and ninja")
    def test_a_build_survives_a_replaced_header(self):
        for each in ("cmake", "ninja"):
            os.remove(self.path("bin", each))
        self.write("include/system.h", "inline int number() { return 1; }\n")
        os.utime(self.path("include/system.h"), (1_600_000_000, 1_600_000_000))
        self.write("repository/main.cpp", "int main() { return number(); }\n")
        self.write("repository/other.cpp", "int other() { return 0; }\n")
        self.write(
            "repository/CMakeLists.txt",
            f"cmake_minimum_required(VERSION 3.25)\nproject(small CXX)\nadd_executable(small main.cpp)\n"
            f"target_precompile_headers(small PRIVATE {self.path('include/system.h')})\nadd_library(other other.cpp)\n"
            f'file(WRITE ${{CMAKE_BINARY_DIR}}/precompiled.cpp "")\n',
        )
        self.write(
            "repository/CMakePresets.json",
            '{"version": 6, "configurePresets": [{"name": "release", "generator": "Ninja", '
            '"binaryDir": "${sourceDir}/build", "cacheVariables": {"CMAKE_CXX_COMPILER": "clang++-19"}}]}',
        )
        built = self.start("scripts/build", "build", "small", "other")
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        self.assertEqual(subprocess.run([self.path("repository/build/small")], check=False).returncode, 1)

        # As dpkg does: a new file, with a date of its own that is in the past.
        self.write("include/new.h", "inline int number() { return 2 + 0; }\n")
        os.utime(self.path("include/new.h"), (1_650_000_000, 1_650_000_000))
        os.rename(self.path("include/new.h"), self.path("include/system.h"))
        os.remove(self.path("repository/build/packages-checked"))
        other = os.stat(self.path("repository/build/CMakeFiles/other.dir/other.cpp.o")).st_mtime_ns
        built = self.start("scripts/build", "build", "small", "other")
        self.assertEqual(built.returncode, 0, built.stdout + built.stderr)
        self.assertIn("1 headers of installed packages have changed", built.stdout)
        self.assertEqual(subprocess.run([self.path("repository/build/small")], check=False).returncode, 2)
        self.assertEqual(
            os.stat(self.path("repository/build/CMakeFiles/other.dir/other.cpp.o")).st_mtime_ns, other
        )

    # ---- scripts/check-vulnerabilities

    def check_vulnerabilities(self, debsecan, npm, path=None):
        component = {
            "name": "libssl3",
            "version": "3.0.15-1~deb12u1",
            "purl": "pkg:deb/debian/libssl3@3.0.15-1~deb12u1?arch=amd64&distro=debian-12&upstream=openssl%403.0.15-1",
            "properties": [{"name": "stagedoor:source-package", "value": "openssl 3.0.15-1~deb12u1"}],
        }
        self.write("repository/sbom.json", json.dumps({"components": [component]}))
        self.write("repository/tests/some/package-lock.json", "{}")
        if debsecan is not None:
            # The status file is the fourth argument.
            self.provide("debsecan", f'cp "$4" {self.path("status")}\n{debsecan}')
        self.provide("npm", npm)
        return self.start("scripts/check-vulnerabilities", "sbom.json", path=path)

    NOTHING = """echo '{"vulnerabilities": {}}'"""

    def test_vulnerabilities_with_a_fix_in_debian_fail(self):
        done = self.check_vulnerabilities('echo "CVE-2026-1 libssl3 (fixed, remotely exploitable)"', self.NOTHING)
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("Debian packages: 1 to take\n  CVE-2026-1 libssl3 (fixed, remotely exploitable)\n", done.stdout)
        self.assertIn("npm packages of tests/some: 0 to take", done.stdout)
        self.assertIn("debsecan --suite bookworm --status", self.called())
        with open(self.path("status"), encoding="utf-8") as status:
            self.assertEqual(
                status.read(),
                "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\n"
                "Source: openssl (3.0.15-1~deb12u1)\nVersion: 3.0.15-1~deb12u1\n",
            )

    def test_vulnerabilities_with_a_fix_in_npm_fail(self):
        report = {"vulnerabilities": {"ajv": {"severity": "high", "fixAvailable": True},
                                      "old": {"severity": "low", "fixAvailable": False}}}
        done = self.check_vulnerabilities("exit 0", f"echo '{json.dumps(report)}'; exit 1")
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("npm packages of tests/some: 1 to take\n  ajv (high) in tests/some\n", done.stdout)

    def test_nothing_to_take_succeeds(self):
        self.assertEqual(self.check_vulnerabilities("exit 0", self.NOTHING).returncode, 0)

    def test_a_check_without_data_is_skipped_with_the_reason_and_does_not_succeed(self):
        done = self.check_vulnerabilities('echo "error: Name or service not known" >&2; exit 1', "echo '{\"message\": \"405\"}'")
        self.assertEqual(done.returncode, 77)
        self.assertIn("Debian packages: skipped: debsecan: error: Name or service not known", done.stdout)
        self.assertIn("npm packages of tests/some: skipped: npm audit: 405", done.stdout)
        done = self.check_vulnerabilities(None, self.NOTHING, path=self.without("debsecan"))
        self.assertEqual(done.returncode, 77)
        self.assertIn("skipped: debsecan is not installed", done.stdout)

    def test_a_list_of_libraries_that_does_not_exist_is_reported(self):
        done = self.start("scripts/check-vulnerabilities")
        self.assertEqual(done.returncode, 1)
        self.assertIn("build/bin/stagedoor.cdx.json; scripts/sbom writes it", done.stderr)

    def write(self, name, text):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2).run(
        unittest.defaultTestLoader.loadTestsFromTestCase(Scripts)
    )
    broken = len(result.failures) + len(result.errors)
    print(f"ℹ pass {result.testsRun - broken - len(result.skipped)}\nℹ fail {broken}")
    sys.exit(broken != 0)

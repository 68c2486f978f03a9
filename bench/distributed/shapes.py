"""Starts a shape, and reads what its programs, PostgreSQL, NATS and the subscribers count."""

import collections
import contextlib
import json
import os
import pathlib
import re
import socket
import subprocess
import time
import urllib.request

import usage

# An idle PostgreSQL session publishes its last counts after 10 s (PGSTAT_IDLE_INTERVAL).
FLUSH_SECONDS = 10.5


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as response:
        return response.read().decode()


class Shape:
    """A program that runs the marketplace, alone or with the programs that it starts."""

    def __init__(self, name, command, folder):
        self.name, self.folder, self.log = name, folder, folder / "log"
        self.port, self.admin_port = free_port(), free_port()
        folder.mkdir(parents=True, exist_ok=True)
        environment = os.environ | {"STAGEDOOR_RATE_LIMITS": "off", "STAGEDOOR_LOG_LEVEL": "warning",
                                    "STAGEDOOR_ADMIN_PORT": str(self.admin_port)}
        with open(self.log, "w", encoding="utf-8") as log:
            arguments = ["--port", str(self.port), "--data", str(folder / "data")]
            self.process = subprocess.Popen([*command, *arguments], stdout=log, stderr=log, env=environment)

    def wait_until_ready(self):
        deadline = time.monotonic() + 120
        while not re.search(r"^(?:\S+ is )?ready at http", self.log.read_text(), re.M):
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self.name} did not start:\n{self.log.read_text()}")
            time.sleep(0.2)
        found = re.search(r"postgres +running at 127\.0\.0\.1:(\d+)", self.log.read_text())
        self.postgres_port = found and found[1]
        self.admin_ports = [self.admin_port]
        targets = self.folder / "data/prometheus-targets.json"
        if targets.exists():
            self.admin_ports = [each["targets"][0].rpartition(":")[2] for each in json.loads(targets.read_text())]
        self.nats_ports = [re.search(r"^http: 127\.0\.0\.1:(\d+)", file.read_text(), re.M)[1]
                           for file in self.folder.glob("data/**/nats.conf")]

    def stop(self):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(60)
        self.process.kill()
        self.process.wait()

    # ---- what it counts

    def usage(self):
        return usage.usage_by_program(self.process.pid)

    def wait_until_idle(self, idle_ms_per_second):
        """Until little more CPU is used than when idle: subscribers may lag behind the last response."""
        deadline = time.monotonic() + 60
        before = sum(each.cpu_ms for each in self.usage().values())
        while time.monotonic() < deadline:
            time.sleep(1)
            now = sum(each.cpu_ms for each in self.usage().values())
            if now - before < 1.5 * idle_ms_per_second + 50:
                return
            before = now

    def wait_until_flushed(self):
        if self.postgres_port:
            time.sleep(FLUSH_SECONDS)

    def counters(self):
        found = collections.Counter()
        if self.postgres_port:
            for name, commits, rollbacks in self._query(
                    "SELECT datname, xact_commit, xact_rollback FROM pg_stat_database WHERE datname NOT IN "
                    "('postgres', 'template0', 'template1')"):
                found[f"transactions, {name}"] = int(commits)
                found["transactions"] += int(commits)
                found["rolled back"] += int(rollbacks)
            [(syncs, size)] = self._query("SELECT wal_sync, wal_bytes FROM pg_stat_wal")
            found["WAL syncs"], found["WAL KiB"] = int(syncs), int(size) / 1024
        for port in self.nats_ports:
            numbers = json.loads(get(port, "/varz"))
            found["messages to NATS"] += numbers["in_msgs"]
            found["messages from NATS"] += numbers["out_msgs"]
        return found

    def _query(self, statement):
        psql = sorted(pathlib.Path("/usr/lib/postgresql").glob("*/bin/psql"))[-1]
        url = f"postgresql://stagedoor_admin:only-on-loopback@127.0.0.1:{self.postgres_port}/postgres"
        command = [psql, url, "-X", "-q", "-A", "-t", "-F", "|", "-c", statement]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return [line.split("|") for line in done.stdout.splitlines()]

    def deliveries(self):
        """Deliveries so far, by the upper bound in seconds of their bucket, summed over all replicas."""
        found = collections.Counter()
        pattern = re.compile(r'^stagedoor_event_delivery_seconds_bucket{.*le="([^"]*)"} ([0-9.e+]*)$', re.M)
        for port in self.admin_ports:
            for bound, count in pattern.findall(get(port, "/metrics")):
                found[float(bound)] += float(count)
        return found

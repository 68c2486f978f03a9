"""Puts loads on a shape, and measures what each arrival (a purchase, a hold) costs."""

import collections
import dataclasses
import json
import subprocess
import sys
import time

import shapes
import usage


@dataclasses.dataclass(frozen=True)
class Load:
    name: str
    scenario: str
    rate: str
    connections: int


LOADS = [
    Load("10/s", "purchases", "10", 32),
    Load("60/s", "purchases", "60", 32),
    Load("max, 64", "purchases", "max", 64),
    Load("max, 128", "purchases", "max", 128),
    Load("max, 256", "purchases", "max", 256),
    Load("holds", "holds", "max", 256),  # last: its orders expire 15 minutes later
]
MAX = [load.name for load in LOADS if load.scenario == "purchases" and load.rate == "max"]


@dataclasses.dataclass
class Cost:
    """Per arrival, or of an idle shape per second."""

    usage: dict  # by program
    counters: dict  # as in Shape.counters


@dataclasses.dataclass
class Measured:
    figures: dict  # the generator's
    cost: Cost
    deliveries: collections.Counter  # as in Shape.deliveries


def _rates(before, after, number, zero):
    return {name: (value - before.get(name, zero)) / number for name, value in after.items()}


def measure_idle(shape, seconds=5):
    """Memory, and the cost per second."""
    time.sleep(5)
    shape.wait_until_flushed()
    memory = usage.resident_mib_by_program(shape.process.pid)
    used, counted = shape.usage(), shape.counters()
    time.sleep(seconds)
    return memory, Cost(_rates(used, shape.usage(), seconds, usage.Usage()),
                        _rates(counted, shape.counters(), seconds, 0))


class Generator:
    """stagedoor-load, which waits for us before its load and before its checks."""

    def __init__(self, program, shape, load, seconds):
        self.file = shape.folder / (load.name.replace("/", "-") + ".json")
        self.process = subprocess.Popen(
            [program, load.scenario, "--port", str(shape.port), "--rate", load.rate, "--json", str(self.file),
             "--connections", str(load.connections), "--seconds", str(seconds), "--pause"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def wait_until(self, word):
        for line in self.process.stdout:
            if line.strip() == word:
                return
        raise RuntimeError("the load generator failed")

    def resume(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def result(self):
        print(self.process.communicate()[0], end="", file=sys.stderr)
        if self.process.returncode != 0:
            raise RuntimeError("the load generator found this run invalid")
        return json.loads(self.file.read_text())


def measure(generator, shape, idle):
    """Throws if the figures are not valid."""
    with generator.process:
        try:
            return _measure(generator, shape, idle)
        finally:
            generator.process.kill()


def _measure(generator, shape, idle):
    def used():
        return shape.usage() | usage.usage_by_program(generator.process.pid)

    generator.wait_until("ready")
    shape.wait_until_flushed()
    before, counted, delivered = used(), shape.counters(), shape.deliveries()
    generator.resume()
    generator.wait_until("done")
    shape.wait_until_idle(sum(each.cpu_ms for each in idle.usage.values()))
    after = used()
    shape.wait_until_flushed()
    counted_after = {name: value - idle.counters[name] * shapes.FLUSH_SECONDS
                     for name, value in shape.counters().items()}
    delivered_after = shape.deliveries()
    delivered_after.subtract(delivered)
    generator.resume()
    figures = generator.result()
    arrivals = figures["answers"]["201"]  # warm-up included, as in our counts
    if figures["name"] == "purchases":
        arrivals /= 2
    cost = Cost(_rates(before, after, arrivals, usage.Usage()), _rates(counted, counted_after, arrivals, 0))
    return Measured(figures, cost, delivered_after)

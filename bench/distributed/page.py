"""The page bench/results/distributed.md."""

import dataclasses

from loads import LOADS, MAX
from usage import Usage

ONE, MANY, NODES = "one process", "sixteen programs", "two nodes"
GENERATOR = "stagedoor-load"
MISSED = "**no**"


def table(head, rows):
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def number(value, digits=1):
    return "–" if value is None else f"{value:.{digits}f}"


@dataclasses.dataclass
class Target:
    """Met if the value is within its bound or, where there is one, within a multiple of one process's value."""

    figure: str
    value: float | None
    unit: str
    bound: float
    is_minimum: bool = False
    one_process: float | None = None
    multiple: float | None = None

    def row(self):
        sign = "≥" if self.is_minimum else "≤"
        wanted = f"{sign} {self.bound:g}{self.unit}"
        if self.multiple:
            wanted += f", or {sign} {self.multiple:g} × one process"
        if self.value is None:
            return [self.figure, "–", wanted, "not measured"]
        measured = number(self.value, 0 if self.value >= 100 else 1) + self.unit
        if self.multiple and self.one_process:
            measured += f", {self.value / self.one_process:.2f} × one process"
        return [self.figure, measured, wanted, "yes" if self._is_met() else MISSED]

    def _is_met(self):
        bounds = [self.bound]
        if self.multiple and self.one_process:
            bounds.append(self.multiple * self.one_process)
        return self.value >= min(bounds) if self.is_minimum else self.value <= max(bounds)


class Results:
    """What was measured, by shape and load."""

    def __init__(self):
        self.measured, self.idle, self.memory, self.problems = {}, {}, {}, []
        self.holds_on_postgres = None

    def figure(self, shape, load, key):
        found = self.measured.get(shape, {}).get(load)
        return found and found.figures[key]

    def fastest(self, shape):
        """The name of the load with the most purchases a second."""
        return max(MAX, key=lambda load: self.figure(shape, load, "rate") or 0)

    def max_rate(self, shape):
        return self.figure(shape, self.fastest(shape), "rate")


def _total_usage(cost):
    return sum((used for name, used in cost.usage.items() if name != GENERATOR), Usage())


def _targets(results):
    def latency(load, key, bound, multiple=None):
        name = f"A purchase, {key.removesuffix('_ms')} at {load}, {MANY}"
        return Target(name, results.figure(MANY, load, key), " ms", bound,
                      one_process=results.figure(ONE, load, key), multiple=multiple)

    def rate(shape, bound, multiple):
        return Target(f"Full purchases, {shape}", results.max_rate(shape), "/s", bound, True,
                      results.max_rate(ONE), multiple)

    full = results.measured.get(MANY, {}).get(results.fastest(MANY))
    return [
        latency("10/s", "p50_ms", 15, 5),
        latency("60/s", "p50_ms", 20, 5),
        latency("60/s", "p99_ms", 50),
        rate(MANY, 1000, 0.35),
        rate(NODES, 1800, 0.6),
        Target("Holds on one hot listing, through the gateway", results.figure(MANY, "holds", "rate"), "/s",
               6000, True),
        Target("Committed PostgreSQL transactions per purchase, at full load",
               full and full.cost.counters["transactions"], "", 3),
        Target("Context switches per purchase, at full load", full and _total_usage(full.cost).switches, "", 60),
    ]


def _loads(results):
    rows = []
    for shape, measured in results.measured.items():
        for load in (load for load in LOADS if load.name in measured):
            figures = measured[load.name].figures
            rows.append([shape, load.name if load.scenario == "holds" else f"purchases, {load.name}",
                         *(number(figures[key]) for key in ("rate", "p50_ms", "p99_ms", "max_ms")),
                         number(figures.get("converged_ms"), 0)])
    return table(["Shape", "Load", "per second", "p50 ms", "p99 ms", "max ms", "converged, ms"], rows)


def _costs(results, shape):
    costs = [found and found.cost for found in (results.measured[shape].get(load.name) for load in LOADS)]
    costs.append(results.idle[shape])
    head = ["a hold" if load.scenario == "holds" else load.name for load in LOADS] + ["idle, a second"]

    def rows(names, value_of, digits):
        return [[name, *(number(cost and value_of(cost, name), digits) for cost in costs)] for name in names]

    def used(title, key, digits):
        programs = {name for cost in costs if cost for name in cost.usage} - {GENERATOR}
        return table([title, *head], [
            *rows(sorted(programs), lambda cost, name: getattr(cost.usage.get(name, Usage()), key), digits),
            *rows(["**all of these**"], lambda cost, _: getattr(_total_usage(cost), key), digits),
            *rows([GENERATOR], lambda cost, name: getattr(cost.usage.get(name, Usage()), key), digits)])

    parts = [f"### {shape.capitalize()}\n", used("CPU, ms", "cpu_ms", 2), used("Context switches", "switches", 1)]
    if counters := sorted({name for cost in costs if cost for name in cost.counters}):
        parts.append(table(["PostgreSQL and NATS", *head],
                           rows(counters, lambda cost, name: cost.counters.get(name), 2)))
    return "\n".join(parts)


def p99_bucket(deliveries):
    """The upper bound, in ms, of the bucket that contains the 99th percentile."""
    total = max(deliveries.values(), default=0)
    bounds = [bound for bound, count in sorted(deliveries.items()) if count >= 0.99 * total]
    return bounds[0] * 1000 if total and bounds else None


def _deliveries(results):
    rows = []
    for shape, measured in results.measured.items():
        if found := measured.get("60/s"):
            total = max(found.deliveries.values(), default=0)
            bound = p99_bucket(found.deliveries)
            rows.append([shape, number(total, 0), f"≤ {number(bound, 0)}"])
    return table(["At 60 purchases a second", "deliveries", "p99 ms"], rows)


def page(results, machine):
    parts = ["# The distributed shape, measured\n", machine + "\n"]
    parts.append(table(["Figure", "Measured", "Wanted", "Met"], [each.row() for each in _targets(results)]))
    parts += [f"- {problem}\n" for problem in results.problems]
    parts += ["## Loads\n", _loads(results), "## What a purchase costs\n"]
    parts += [_costs(results, shape) for shape in results.measured]
    parts += ["## From commit to the subscriber's commit\n", _deliveries(results)]
    if MANY in results.memory:
        rows = [[name, number(mib)] for name, mib in sorted(results.memory[MANY].items())]
        parts += ["## Memory, idle, the largest process of each program\n", table(["Program", "Resident, MiB"], rows)]
    if results.holds_on_postgres:
        parts += ["## Holds on PostgreSQL compared with pgbench: same statements, same server\n",
                  f"```\n{results.holds_on_postgres}```\n"]
    return "\n".join(parts)

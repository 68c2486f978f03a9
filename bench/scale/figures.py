"""Measures single requests, and writes the page bench/results/scale.md."""

import dataclasses
import http.client
import json
import statistics
import time

import searches

REPETITIONS = 40
UNMEASURED = 3  # before them: connections and caches of a server that has just started
MISSED = "**no**"


@dataclasses.dataclass
class Figure:
    median_ms: float
    max_ms: float


@dataclasses.dataclass
class Results:
    databases: list
    sizes: list  # small, large
    imports: dict = dataclasses.field(default_factory=dict)  # listings/s by (database, size)
    figures: dict = dataclasses.field(default_factory=dict)  # by (database, size, request's name)
    problems: list = dataclasses.field(default_factory=list)


def _check(request, response, body, small):
    if response.status != 200:
        raise RuntimeError(f"{request.name}: {request.target} responds with {response.status}")
    if request.finds in ("html", "one"):
        return
    document = json.loads(body)
    found = document["count"] if isinstance(document, dict) else len(document)
    if request.finds == "nothing":
        is_right = found == 0
    else:
        is_right = found > 0 if small or request.finds == "some" else found == searches.PAGE
    if not is_right:
        raise RuntimeError(f"{request.name}: {request.target} finds {found}")


def measure(port, request, values, small):
    """One request after the other on one connection, each until its last byte. `small`: pages may not be full."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    target = request.target.format(**values)
    took = []
    for _ in range(UNMEASURED + REPETITIONS):
        begin = time.perf_counter()
        connection.request("GET", target)
        response = connection.getresponse()
        body = response.read()
        took.append(1000 * (time.perf_counter() - begin))
        _check(request, response, body, small)
    connection.close()
    return Figure(statistics.median(took[UNMEASURED:]), max(took[UNMEASURED:]))


def _table(head, rows):
    lines = [head, ["---", *["--:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines) + "\n"


def bound_ms(request, small):
    """"As with the smaller number" allows half as much again and half a millisecond, which is noise."""
    return request.wanted_ms or (round(1.5 * small.median_ms + 0.5, 1) if small else None)


def _targets(results):
    rows = []
    for request in searches.REQUESTS:
        for database in results.databases:
            small, large = (results.figures.get((database, size, request.name)) for size in results.sizes)
            bound = bound_ms(request, small)
            measured = [f"{large.median_ms:.1f} ms", f"≤ {bound:g} ms"] if large and bound else ["–", "–"]
            is_met = large and bound and large.median_ms <= bound
            rows.append([f"{request.name}, {database}", *measured,
                         "yes" if is_met else MISSED if large else "not measured"])
    return _table(["Request, the larger number of listings", "Median", "Wanted", "Met"], rows)


def _all_figures(results):
    columns = [(database, size) for database in results.databases for size in results.sizes]

    def cell(figure):
        return f"{figure.median_ms:.1f} / {figure.max_ms:.1f}" if figure else "–"

    rows = [[request.name, *(cell(results.figures.get((*column, request.name))) for column in columns),
             f"≤ {request.wanted_ms:g}" if request.wanted_ms else f"as with {results.sizes[0]:,}"]
            for request in searches.REQUESTS]
    rates = [results.imports.get(column) for column in columns]
    rows.append(["import, listings per second", *(f"{rate:.0f}" if rate else "–" for rate in rates), "≥ 20000"])
    return _table(["Request", *(f"{database}, {size:,}" for database, size in columns), "Wanted"], rows)


def page(results, machine):
    parts = ["# Searches among many listings\n", machine + "\n", _targets(results),
             *(f"- **Failed**: {problem}\n" for problem in results.problems),
             "## All figures: median / maximum, ms\n", _all_figures(results)]
    return "\n".join(parts)

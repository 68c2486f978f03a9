"""CPU time, context switches and memory of process trees, read from /proc."""

import dataclasses
import os
import pathlib

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


@dataclasses.dataclass(frozen=True)
class Usage:
    cpu_ms: float = 0.0
    switches: int = 0

    def __add__(self, other):
        return Usage(self.cpu_ms + other.cpu_ms, self.switches + other.switches)

    def __sub__(self, other):
        return Usage(self.cpu_ms - other.cpu_ms, self.switches - other.switches)

    def __truediv__(self, number):
        return Usage(self.cpu_ms / number, self.switches / number)


def _process(pid):
    return pathlib.Path("/proc") / str(pid)


def children(pid):
    """Those that live now; a process that ended has none."""
    found = []
    for file in _process(pid).glob("task/*/children"):
        try:
            found += map(int, file.read_text().split())
        except OSError:  # ended meanwhile
            pass
    return found


def _status(folder, *keys):
    lines = (folder / "status").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.partition(":")[0] in keys)


def _own_usage(pid):
    """Its CPU time includes that of ended children; the switches of ended threads and children are lost."""
    try:
        fields = (_process(pid) / "stat").read_text().rpartition(")")[2].split()
        ticks = sum(int(field) for field in fields[11:15])  # utime, stime, cutime, cstime
        tasks = list((_process(pid) / "task").iterdir())
    except OSError:
        return Usage()
    switches = 0
    for task in tasks:
        try:
            switches += _status(task, "voluntary_ctxt_switches", "nonvoluntary_ctxt_switches")
        except OSError:
            pass
    return Usage(ticks * TICK_MS, switches)


def usage_of_tree(pid):
    return sum((usage_of_tree(child) for child in children(pid)), _own_usage(pid))


def program_of(pid):
    return os.path.basename(os.readlink(_process(pid) / "exe"))


def usage_by_program(root):
    """Of each program that `root` started, all its processes and their children together, and of `root` itself."""
    found = {program_of(root): _own_usage(root)}
    for child in children(root):
        name = program_of(child)
        found[name] = found.get(name, Usage()) + usage_of_tree(child)
    return found


def resident_mib_by_program(root):
    """Of the largest process of each program that `root` started, and of `root` itself."""
    found = {}
    for pid in [root, *children(root)]:
        name = program_of(pid)
        found[name] = max(found.get(name, 0), _status(_process(pid), "VmRSS") / 1024)
    return found

"""Tests what bench/run-distributed computes."""

import collections
import os
import subprocess
import sys
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "distributed"))
sys.dont_write_bytecode = True
import loads
import page
import usage


def results(**figures):
    """One process and sixteen programs that did all loads with these figures each."""
    found = page.Results()
    for shape, factor in ((page.ONE, 1), (page.MANY, 2)):
        found.idle[shape] = loads.Cost({}, {})
        found.measured[shape] = {
            load.name: loads.Measured(
                {"rate": 600 / factor, "p50_ms": 4 * factor, "p99_ms": 10, "max_ms": 20} | figures,
                loads.Cost({"orders": usage.Usage(2, 50), page.GENERATOR: usage.Usage(1, 1000)}, {"transactions": 2.5}),
                collections.Counter())
            for load in loads.LOADS}
    return found


class Page(unittest.TestCase):
    def verdicts(self, found):
        rows = [line.split(" | ") for line in page.page(found, "").split("\n## ")[0].splitlines()[4:]]
        return {row[0].strip("| "): row[-1].strip("| ") for row in rows if len(row) == 4}

    def test_a_bound_or_a_multiple_of_one_process_is_met(self):
        met = self.verdicts(results())
        self.assertEqual(met["Full purchases, sixteen programs"], "yes")  # 300/s of 600/s
        self.assertEqual(met["A purchase, p50 at 10/s, sixteen programs"], "yes")
        self.assertEqual(met["Context switches per purchase, at full load"], "yes")  # without the generator's
        self.assertEqual(met["Holds on one hot listing, through the gateway"], page.MISSED)
        self.assertEqual(met["A purchase, p99 at 60/s, sixteen programs"], "yes")
        self.assertEqual(self.verdicts(results(p99_ms=51))["A purchase, p99 at 60/s, sixteen programs"], page.MISSED)

    def test_what_was_not_measured_is_not_met(self):
        self.assertEqual(self.verdicts(results())["Full purchases, two nodes"], "not measured")
        self.assertEqual(set(self.verdicts(page.Results()).values()) - {"Met", "--:"}, {"not measured"})

    def test_full_load_is_the_fastest(self):
        found = results()
        found.measured[page.MANY]["max, 128"].figures["rate"] = 500
        self.assertEqual(found.fastest(page.MANY), "max, 128")

    def test_percentile_is_the_bucket_that_contains_it(self):
        deliveries = {0.01: 980, 0.025: 989, 0.05: 990, float("inf"): 1000}
        self.assertEqual(page.p99_bucket(deliveries), 50)
        self.assertIsNone(page.p99_bucket({}))


class UsageOfPrograms(unittest.TestCase):
    def test_includes_children_that_live_and_that_ended(self):
        script = "import os, time\nif os.fork(): time.sleep(60)\nwhile time.process_time() < 0.3: pass\ntime.sleep(60)"
        work = "import time\nwhile time.process_time() < 0.3: pass"
        command = f"{sys.executable} -c '{work}'; {sys.executable} -c '{script}' & echo ready; read line"
        with subprocess.Popen(["bash", "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
            parent.stdout.readline()
            for _ in range(100):
                used = usage.usage_of_tree(parent.pid)
                if used.cpu_ms >= 550:
                    break
                subprocess.run(["sleep", "0.1"], check=True)
            for child in usage.children(parent.pid):
                for each in [*usage.children(child), child]:
                    os.kill(each, 9)
        self.assertGreaterEqual(used.cpu_ms, 550)  # two times 300, less what ticks of 10 ms leave out
        self.assertGreater(used.switches, 0)


if __name__ == "__main__":
    ended = unittest.TextTestRunner(verbosity=0).run(unittest.defaultTestLoader.loadTestsFromModule(sys.modules[__name__]))
    broken = len(ended.failures) + len(ended.errors)
    print(f"# pass {ended.testsRun - broken}\n# fail {broken}")
    sys.exit(broken != 0)

"""Tests what bench/run-scale generates and computes."""

import collections
import datetime
import http.server
import json
import os
import sys
import tempfile
import threading
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "scale"))
sys.dont_write_bytecode = True
import figures
import listings
import searches

DAY = datetime.date(2030, 1, 1)


def words_of(listing):
    text = " ".join(listing.get(name, "") for name in ("title", "venue", "city", "description"))
    return {word.strip(".:").lower() for word in text.split()}


class Listings(unittest.TestCase):
    def test_are_the_same_for_the_same_seed_however_many(self):
        some = list(listings.listings(100, DAY))
        self.assertEqual(list(listings.listings(200, DAY))[:100], some)
        self.assertNotEqual(list(listings.listings(100, DAY, seed=2)), some)
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "listings.jsonl")
            listings.write(path, 100, DAY)
            with open(path, encoding="utf-8") as file:
                self.assertEqual([json.loads(line) for line in file], some)

    def test_are_accepted_by_the_limits_of_the_api(self):
        for each in listings.listings(1_000, DAY):
            self.assertLessEqual(len(each["title"]), 200)
            self.assertLessEqual(len(each.get("description", "")), 2_000)
            self.assertRegex(each["price"], r"^[1-9]\d*$" if each["currency"] == "JPY" else r"^[1-9]\d*\.\d\d$")
            self.assertGreater(each["startsAt"], f"{DAY}")

    def test_are_skewed(self):
        some = list(listings.listings(3_000, DAY))
        cities = collections.Counter(each["city"] for each in some)
        self.assertEqual(cities.most_common(1)[0][0], "London")
        self.assertGreater(cities["London"], 10 * cities["Reykjavík"])
        categories = collections.Counter(each["category"] for each in some)
        self.assertGreater(categories["concert"], 5 * categories["other"])
        words = collections.Counter(word for each in some for word in words_of(each))
        self.assertGreater(words.most_common(20)[-1][1], 100)
        self.assertGreater(sum(1 for count in words.values() if count == 1), len(words) / 4)

    def test_never_have_what_nobody_is_to_find(self):
        for each in listings.listings(3_000, DAY):
            self.assertFalse(words_of(each) >= set(listings.NEVER_TOGETHER))
            self.assertNotEqual(each["currency"], listings.UNUSED_CURRENCY)


def results(median=1.0, **medians):
    found = figures.Results(["SQLite"], [10_000, 1_000_000])
    for request in searches.REQUESTS:
        for size in found.sizes:
            found.figures["SQLite", size, request.name] = figures.Figure(medians.get(f"at_{size}", median), 9.0)
    return found


class Page(unittest.TestCase):
    def verdicts(self, found):
        rows = [line.strip("| ").split(" | ") for line in figures.page(found, "").split("\n## ")[0].splitlines()]
        return {row[0]: row[-1] for row in rows if len(row) == 4 and row[-1] not in ("Met", "--:")}

    def test_compares_medians_with_bounds(self):
        met = self.verdicts(results(4.0))
        self.assertEqual(met["one word, SQLite"], "yes")
        self.assertEqual(met["nothing found, SQLite"], figures.MISSED)
        self.assertEqual(len(met), len(searches.REQUESTS))

    def test_compares_medians_with_those_among_fewer_listings(self):
        self.assertEqual(self.verdicts(results(at_10000=1.0, at_1000000=2.0))["landing page, SQLite"], "yes")
        self.assertEqual(self.verdicts(results(at_10000=1.0, at_1000000=2.1))["landing page, SQLite"], figures.MISSED)

    def test_what_was_not_measured_is_not_met(self):
        self.assertEqual(set(self.verdicts(figures.Results(["SQLite"], [1, 2])).values()), {"not measured"})


class Measuring(unittest.TestCase):
    def measure(self, body, request, small=False):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                return figures.measure(server.server_port, request, {}, small)
            finally:
                server.shutdown()
                thread.join()

    def test_fails_if_a_request_finds_something_else(self):
        page = searches.search("a page", 1)
        nothing = searches.search("nothing", 1, "nothing")
        full = json.dumps([{}] * searches.PAGE).encode()
        figure = self.measure(full, page)
        self.assertLessEqual(figure.median_ms, figure.max_ms)
        self.measure(b"[{}]", page, small=True)
        self.measure(b"[]", nothing)
        for body, request in ((b"[{}]", page), (b"[]", page), (full, nothing)):
            with self.assertRaises(RuntimeError):
                self.measure(body, request)


if __name__ == "__main__":
    unittest.main()

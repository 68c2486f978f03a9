"""The requests whose time must not grow with the number of listings. A new one is an element of REQUESTS."""

import dataclasses
import urllib.parse

import listings

AS_SMALL = None  # wanted: as with the smaller number of listings


@dataclasses.dataclass(frozen=True)
class Request:
    name: str
    target: str  # {listing} stands for the id of one, {day} for a date
    wanted_ms: float | None  # at most, for the median
    finds: str = "page"  # a full "page", "some", "nothing", or "one"; "html": a web page


def search(name, wanted_ms, finds="page", **query):
    return Request(name, "/api/tickets?" + urllib.parse.urlencode(query | {"limit": PAGE}), wanted_ms, finds)


PAGE = 50
REQUESTS = [
    Request("landing page", "/", AS_SMALL, "html"),
    search("by date", AS_SMALL),
    search("by category", AS_SMALL, category="theatre"),
    Request("one listing", "/api/tickets/{listing}", AS_SMALL, "one"),
    search("one word", 5, q="quartet"),
    search("two words", 5, q="quartet london"),
    search("sort=price", 5, sort="price"),
    search("category and price range", 10, category="comedy", currency="EUR", minPrice="20", maxPrice="25"),
    search("price range by date", 10, currency="EUR", minPrice="30", maxPrice="32"),
    search("a common city, sort=-price", 20, q="london", sort="-price"),
    search("two common words, never together", 20, "nothing", q=" ".join(listings.NEVER_TOGETHER)),
    search("a currency that nobody uses", 5, "nothing", currency=listings.UNUSED_CURRENCY, sort="price"),
    search("nothing found", 2, "nothing", q="xylqwortz"),
    search("two words by relevance", 20, q="quartet london", sort="relevance"),
    Request("one day by price", f"/api/tickets?sort=price&from={{day}}&to={{day}}&limit={PAGE}", 10, "some"),
    Request("suggestions for two letters", "/api/tickets/suggest?q=lo", 10, "some"),
    Request("suggestions with a typing error", "/api/tickets/suggest?q=quartte", 10, "some"),
    Request("how many of a common city", "/api/tickets/summary?q=london", 20, "some"),
]

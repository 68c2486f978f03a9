"""Generated listings, as JSON Lines: the same for the same seed, and skewed as real ones are.

Some cities, categories and words are common and most are rare; prices depend on the category and end as prices do; most
dates are near. "vienna" and "london" are common words of different listings, since no listing has two cities.
"""

import bisect
import datetime
import itertools
import json
import random

NEVER_TOGETHER = ("vienna", "london")
UNUSED_CURRENCY = "KWD"

# The most common first.
CITIES = [
    ("London", "Europe/London", "GBP"), ("New York", "America/New_York", "USD"), ("Vienna", "Europe/Vienna", "EUR"),
    ("Berlin", "Europe/Berlin", "EUR"), ("Paris", "Europe/Paris", "EUR"), ("Tokyo", "Asia/Tokyo", "JPY"),
    ("Manchester", "Europe/London", "GBP"), ("Chicago", "America/Chicago", "USD"), ("Madrid", "Europe/Madrid", "EUR"),
    ("Zürich", "Europe/Zurich", "CHF"), ("Munich", "Europe/Berlin", "EUR"), ("Toronto", "America/Toronto", "CAD"),
    ("Stockholm", "Europe/Stockholm", "SEK"), ("Amsterdam", "Europe/Amsterdam", "EUR"), ("Sydney", "Australia/Sydney", "AUD"),
    ("Seattle", "America/Los_Angeles", "USD"), ("Glasgow", "Europe/London", "GBP"), ("Hamburg", "Europe/Berlin", "EUR"),
    ("Lyon", "Europe/Paris", "EUR"), ("Osaka", "Asia/Tokyo", "JPY"), ("Graz", "Europe/Vienna", "EUR"),
    ("Kraków", "Europe/Warsaw", "PLN"), ("Oslo", "Europe/Oslo", "NOK"), ("Austin", "America/Chicago", "USD"),
    ("Porto", "Europe/Lisbon", "EUR"), ("Bristol", "Europe/London", "GBP"), ("Basel", "Europe/Zurich", "CHF"),
    ("Turin", "Europe/Rome", "EUR"), ("Melbourne", "Australia/Melbourne", "AUD"), ("Ghent", "Europe/Brussels", "EUR"),
    ("Linz", "Europe/Vienna", "EUR"), ("Aarhus", "Europe/Copenhagen", "DKK"), ("Leeds", "Europe/London", "GBP"),
    ("Montréal", "America/Toronto", "CAD"), ("Sapporo", "Asia/Tokyo", "JPY"), ("Reykjavík", "Atlantic/Reykjavik", "EUR"),
]
# With how often, and the median price in a currency like the euro.
CATEGORIES = [("concert", 38, 45), ("theatre", 20, 38), ("comedy", 12, 22), ("sport", 11, 55), ("festival", 6, 95),
              ("family", 6, 18), ("film", 5, 12), ("other", 2, 25)]
KINDS = {
    "concert": ["Quartet", "Band", "Orchestra", "Trio", "Choir", "Live"], "theatre": ["Premiere", "Play", "Drama", "Ballet"],
    "comedy": ["Comedy Night", "Stand-up", "Improv"], "sport": ["Cup", "Derby", "Open", "Final"],
    "festival": ["Festival", "Weekend", "Open Air"], "family": ["Family Day", "Puppets", "Circus"],
    "film": ["Screening", "Film Night"], "other": ["Talk", "Tour"],
}
VENUES = ["Hall", "Theatre", "Arena", "Club", "Opera", "Cellar", "Stadium", "Garden"]
WORDS = 20_000  # different ones in descriptions and names


class _Skewed:
    """Draws the element at position n about 1/n as often as the first."""

    def __init__(self, elements):
        self.elements = elements
        self.sums = list(itertools.accumulate(1 / position for position in range(1, len(elements) + 1)))

    def draw(self, source):
        return self.elements[bisect.bisect(self.sums, source.random() * self.sums[-1])]


def _vocabulary():
    """Words of two to four syllables, some with marks."""
    consonants, vowels = "bdfghklmnprstvz", "aeiouéöá"
    source = random.Random(7)
    words = {}
    while len(words) < WORDS:
        syllables = (source.choice(consonants) + vowels[int(len(vowels) * source.random() ** 2)]
                     for _ in range(2 + int(3 * source.random())))
        words["".join(syllables)] = None
    return list(words)


def _price(source, median, currency):
    amount = median * source.lognormvariate(0, 0.5)
    if currency == "JPY":
        return f"{max(500, round(amount * 1.5) * 100)}"
    if currency in ("SEK", "NOK", "DKK"):
        return f"{max(50, round(amount)) * 10}.00"
    return f"{max(5, int(amount))}.{source.choice(('00', '00', '50', '90'))}"


def listings(count, first_day, seed=1):
    """`count` bodies of POST /api/tickets as dicts, with events within two years from `first_day` on."""
    source = random.Random(seed)
    vocabulary = _vocabulary()
    words, cities = _Skewed(vocabulary), _Skewed(CITIES)
    names = [f"{source.choice(vocabulary).capitalize()} {source.choice(vocabulary).capitalize()}" for _ in range(5_000)]
    artists = _Skewed(names)
    categories, weights = [name for name, *_ in CATEGORIES], [weight for _, weight, _ in CATEGORIES]
    medians = {name: median for name, _, median in CATEGORIES}
    for _ in range(count):
        city, zone, currency = cities.draw(source)
        [category] = source.choices(categories, weights)
        day = first_day + datetime.timedelta(days=1 + int(730 * source.random() ** 2))
        listing = {
            "title": f"{artists.draw(source)}: {source.choice(KINDS[category])}",
            "price": _price(source, medians[category], currency),
            "currency": currency,
            "quantity": source.choice((2, 4, 20, 50, 100, 400)),
            "maxPerOrder": source.choice((4, 6, 8, 10)),
            "venue": f"{words.draw(source).capitalize()} {source.choice(VENUES)}",
            "city": city,
            "category": category,
            "startsAt": f"{day}T{source.choice((12, 15, 18, 19, 19, 20)):02}:{source.choice((0, 0, 30)):02}:00Z",
            "timeZone": zone,
        }
        if source.random() < 0.8:
            length = 4 + int(16 * source.random() ** 2)
            listing["description"] = " ".join(words.draw(source) for _ in range(length)).capitalize() + "."
        yield listing


def write(path, count, first_day, seed=1):
    with open(path, "w", encoding="utf-8") as file:
        for listing in listings(count, first_day, seed):
            file.write(json.dumps(listing, ensure_ascii=False) + "\n")

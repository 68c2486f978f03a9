"""The rules of the code base that a machine can check.

Each rule is a function that takes a Tree and yields "path:line: what is wrong". `run` runs them all; tidy_test.py shows
each of them a violation. Only files that git knows are looked at.
"""

import fnmatch
import json
import os
import re
import subprocess

MAX_COLUMNS = 110
MAX_FUNCTION_LINES = 70

# Who may include whom, below the files of one's own folder. A folder's tests may include testing/ as well.
COMMON = ["common/errors.hpp", "common/text", "contracts"]
LAYERS = {
    "contracts": [],
    "common/errors.hpp": ["contracts/message.hpp"],
    "common/text": ["contracts"],
    "common/time_zones": ["contracts"],
    "common/language": COMMON + ["common/runtime", "common/json", "common/time_zones"],
    "common/json/tests": COMMON + ["common/runtime", "common/json", "common/language"],
    "common/runtime": COMMON,
    "common/json": COMMON + ["common/runtime"],
    "common/sql": COMMON + ["common/runtime", "common/json"],
    "common/bus": COMMON + ["common/runtime", "common/json", "common/language", "common/security/security_log.hpp"],
    "common/security": COMMON + ["common/runtime", "common/json", "common/sql"],
    "common/templates": COMMON + ["common/runtime", "common/json", "common/language", "common/time_zones"],
    "common/http": COMMON + ["common/runtime", "common/json", "common/language", "common/sql", "common/security", "common/time_zones"],
    "common/history": COMMON + ["common/runtime", "common/json", "common/language", "common/bus"],
    "common/messaging": COMMON + ["common/runtime", "common/json", "common/language", "common/sql", "common/bus", "common/history"],
    "common/idempotency": COMMON + ["common/runtime", "common/json", "common/language", "common/sql", "common/http"],
    "common/outbound": COMMON + ["common/runtime", "common/http/message.hpp"],
    "common/pictures": COMMON + ["common/runtime", "common/history", "common/outbound", "common/http/message.hpp"],
    "common/service": ["common", "contracts"],
    "services/*": ["common", "contracts"],
    "fleet": ["common/errors.hpp", "common/text", "common/runtime", "common/bus", "contracts", "services/service_names.hpp"],
    "apps": ["common", "contracts", "services", "fleet"],
    "simulation": ["common", "contracts", "services", "testing/model", "testing/databases", "testing/http"],
    "testing": ["common", "contracts", "fleet", "services/service_names.hpp"],
    "tests": ["common", "contracts", "services", "fleet", "apps", "testing"],
    "bench": ["common", "contracts", "services", "fleet"],
}

# Paths that documents may name although git does not know them.
UNTRACKED = ["deploy/compose/secrets", "deploy/kubernetes/overlays/dev/secrets"]

# The only places that may include the headers of a driver or of a heavy library.
LIBRARY_FOLDERS = {
    "boost/beast/": ["common/http/server/*", "common/http/status.cpp"],
    "boost/json": ["common/json/value.cpp", "bench/*"],
    "boost/url": ["common/http/message.cpp", "common/service/*", "common/outbound/*"],
    "CLI/": ["common/service/*", "apps/*/main.cpp", "bench/*", "simulation/main.cpp", "testing/service/*"],
    "csv.h": ["services/tickets/import/csv.cpp"],
    "ctemplate/": ["common/templates/templates.cpp"],
    "curl/": ["common/outbound/*", "testing/http/client.cpp"],
    "date/": ["apps/demo/*", "common/language/locale.cpp", "common/templates/calendar_file.cpp", "common/time_zones/*", "services/client/calendar.cpp"],
    "libpq": ["common/sql/postgres/connection.cpp", "testing/databases/*"],
    "nats": ["common/bus/jetstream/nats_connection.cpp"],
    "openssl/": ["common/http/server/tls.cpp", "common/security/proof_of_work.cpp", "services/admissions/wallet/*",
                 "testing/servers/*"],
    "prometheus/": ["common/runtime/metrics.cpp"],
    "sqlite3.h": ["common/sql/sqlite/connection.cpp", "simulation/world/disk.cpp", "testing/*", "bench/baselines/*"],
    "spdlog/": ["common/runtime/log.cpp", "simulation/world/log_capture.cpp"],
    "unicode/": ["common/language/*"],
    "utf8proc.h": ["common/text/*"],
    "unictype.h": ["common/text/*"],
    "idn2.h": ["common/text/*"],
    "gmime/": ["services/client/multipart.cpp"],
    "seccomp.h": ["apps/pictures/sandbox.cpp"],
    "vips/": ["apps/pictures/*"],
    "qrencode.h": ["services/client/qr_code.cpp"],
    "zip.h": ["services/admissions/wallet/apple.cpp"],
    "zstd.h": ["common/history/segment.cpp"],
    "zlib.h": ["common/http/server/compression.cpp", "common/http/tests/*", "tests/conformance/http_test.cpp"],
}


class Tree:
    """The files of a checkout, read once."""

    def __init__(self, root, paths=None):
        self.root = root
        if paths is None:
            command = ["git", "-C", root, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
            listed = subprocess.run(command, check=True, capture_output=True).stdout.decode().split("\0")
            paths = [path for path in listed if path and os.path.isfile(os.path.join(root, path))]
        self.paths = sorted(paths)
        self.texts = {}

    def text(self, path):
        if path not in self.texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self.texts[path] = file.read()
        return self.texts[path]

    def lines(self, path):
        return enumerate(self.text(path).split("\n"), 1)

    def matching(self, *patterns):
        return [path for path in self.paths if any(fnmatch.fnmatch(path, pattern) for pattern in patterns)]

    def cpp(self):
        return self.matching("*.cpp", "*.hpp")


def _matches(path, pattern):
    return fnmatch.fnmatch(path, pattern) or path.startswith(pattern + "/")


def _folder(path):
    for folder in sorted(LAYERS, key=len, reverse=True):
        if _matches(path, folder) or fnmatch.fnmatch(path, folder + "/*"):
            return folder
    return None


def include_layers(tree):
    """Includes point down the layers, and no service includes another."""
    for path in tree.cpp():
        folder = _folder(path)
        if folder is None:
            yield f"{path}:1: is in none of the folders in tests/tidy/tidy.py"
            continue
        own = "/".join(path.split("/")[:2]) if folder == "services/*" else folder
        allowed = LAYERS[folder] + [own]
        if "/tests/" in path:
            allowed = allowed + ["testing", "common", "fleet"]
        for number, line in tree.lines(path):
            include = re.match(r'#include "([^"]+)"', line)
            if include and not any(_matches(include[1], each) for each in allowed):
                yield f"{path}:{number}: {own} may not include {include[1]}"


def library_folders(tree):
    """Headers of drivers and heavy libraries stay in their folders."""
    for path in tree.cpp():
        for number, line in tree.lines(path):
            include = re.match(r"#include <([^>]+)>", line)
            if not include:
                continue
            for library, folders in LIBRARY_FOLDERS.items():
                if include[1].startswith(library) and not any(fnmatch.fnmatch(path, folder) for folder in folders):
                    if "/tests/" not in path:
                        yield f"{path}:{number}: <{include[1]}> may be included only in {', '.join(folders)}"


def line_length(tree):
    """No line of code is longer than 110 columns."""
    for path in tree.matching("*.cpp", "*.hpp", "*.sql", "*.cmake", "*CMakeLists.txt"):
        for number, line in tree.lines(path):
            if len(line) > MAX_COLUMNS and "http://" not in line and "https://" not in line:
                yield f"{path}:{number}: {len(line)} columns, {MAX_COLUMNS} at most"


def function_length(tree):
    """No function is longer than 70 lines."""
    # Relies on the formatting: a body ends with a brace at the indentation of the line that its declaration begins on.
    for path in tree.cpp():
        lines = tree.text(path).split("\n")
        number = 0
        while number < len(lines):
            first = number
            while first > 0 and not re.search(r"([;{}]|^|^\s*//.*|^#.*|\w:)\s*$", lines[first - 1]):
                first -= 1
            head = " ".join(lines[first : number + 1])
            opens = lines[number].endswith("{") and "(" in head and not re.match(
                r"\s*(namespace|(template <[^>]*> )?(class|struct|enum|union)|extern|BOOST_)\b", head)
            if not opens or re.search(r"= \{$", lines[number]):
                number += 1
                continue
            indent = re.match(r"\s*", lines[first])[0]
            end = number + 1
            while end < len(lines) and not lines[end].startswith(indent + "}"):
                end += 1
            length = end - first + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{path}:{first + 1}: a function of {length} lines, {MAX_FUNCTION_LINES} at most"
            number = end + 1


def formatting(tree):
    """clang-format 19 would change nothing."""
    files = [os.path.join(tree.root, path) for path in tree.cpp()]
    for begin in range(0, len(files), 200):
        command = ["clang-format-19", "--dry-run", "--ferror-limit=1", "--style=file", *files[begin : begin + 200]]
        done = subprocess.run(command, capture_output=True, text=True, cwd=tree.root)
        for line in done.stderr.split("\n"):
            place = re.match(r"(\S+?):(\d+):\d+: (?:warning|error): code should be clang-formatted", line)
            if place:
                yield f"{os.path.relpath(place[1], tree.root)}:{place[2]}: not formatted; run clang-format-19 -i"


def unused_headers(tree):
    """Every header is included by somebody."""
    included = set()
    for path in tree.cpp() + tree.matching("*.in", "*.cmake"):
        included.update(re.findall(r'#include \\?"([^"\\]+)\\?"', tree.text(path)))
    for path in tree.matching("*.hpp"):
        if path not in included:
            yield f"{path}:1: nothing includes it"


def unused_assets(tree):
    """Every template and static file is named by code or by another template of its service."""
    for path in tree.matching("services/*/views/*", "services/*/static/*"):
        service = "/".join(path.split("/")[:2])
        name = os.path.splitext(os.path.basename(path))[0]
        users = [each for each in tree.matching(f"{service}/*", "common/templates/*") if each != path and "/tests/" not in each]
        if not any(re.search(rf"\b{re.escape(name)}\b", tree.text(each)) for each in users):
            yield f"{path}:1: nothing in {service} names it"


def _anchors(text):
    found = set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    for heading in re.findall(r"^#+ +(.+?) *$", re.sub(r"```.*?```", "", text, flags=re.S), flags=re.M):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower()
        found.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return found


def document_links(tree):
    """Every relative link in a document leads somewhere, anchors included."""
    known = set(tree.paths)
    folders = {os.path.dirname(path) for path in tree.paths}
    folders |= {"/".join(folder.split("/")[:n]) for folder in folders for n in range(1, folder.count("/") + 1)}
    for path in tree.matching("*.md"):
        for number, line in tree.lines(path):
            for target in re.findall(r"\]\(([^)\s]+)\)", line):
                if re.match(r"[a-z]+:", target):
                    continue
                file, _, anchor = target.partition("#")
                place = os.path.normpath(os.path.join(os.path.dirname(path), file)) if file else path
                if place not in known and place not in folders:
                    yield f"{path}:{number}: {target} leads nowhere"
                elif anchor and place.endswith(".md") and anchor not in _anchors(tree.text(place)):
                    yield f"{path}:{number}: {place} has no heading for #{anchor}"


def document_paths(tree):
    """Every path of this repository that a document or a comment names exists."""
    roots = {path.split("/")[0] for path in tree.paths if "/" in path}
    known = set(tree.paths)
    folders = {"/".join(path.split("/")[:n]) for path in tree.paths for n in range(1, path.count("/") + 1)}
    word = re.compile(r"(?<![\w./-])((?:%s)/[\w./-]*[\w/])" % "|".join(re.escape(root) for root in sorted(roots)))
    for path in tree.matching("*.md", "*.cpp", "*.hpp"):
        if path.startswith("bench/results/") or path == "CHANGELOG.md":
            continue
        for number, line in tree.lines(path):
            prose = "".join(re.findall(r"`[^`]*`", line)) if path.endswith(".md") else line.partition("//")[2]
            for named in word.findall(prose):
                name = named.rstrip("/.")
                if re.search(r"\b[A-Z_]{4,}\b", name) or any(_matches(name, each) for each in UNTRACKED):
                    continue
                stems = (name, name + ".cpp", name + ".hpp", name + ".md")
                if not any(each in known or each in folders for each in stems):
                    yield f"{path}:{number}: there is no {named}"


def _parts(path, text):
    """The identifiers and the prose of a file, as (line number, text) each."""
    if path.endswith((".md", ".html", ".txt")):
        return [], list(enumerate(text.split("\n"), 1))
    identifiers, prose = [], []
    mark = "//" if path.endswith((".cpp", ".hpp", ".js", ".ts")) else "--" if path.endswith(".sql") else "#"
    for number, line in enumerate(text.split("\n"), 1):
        code, _, comment = line.partition(mark + " ")
        prose.append((number, comment))
        prose.extend((number, each) for each in re.findall(r'"((?:[^"\\]|\\.)*)"', code))
        identifiers.append((number, re.sub(r'"(?:[^"\\]|\\.)*"', '""', code)))
    return identifiers, prose


def forbidden_words(tree):
    """The words that the glossary replaces are gone; tests/tidy/forbidden-words lists them."""
    table = []
    for number, line in tree.lines("tests/tidy/forbidden-words"):
        if not line.strip() or line.startswith("#"):
            continue
        fields = re.split(r"\t+", line.rstrip())
        if len(fields) != 3 or fields[0] not in ("identifiers", "prose", "both"):
            yield f"tests/tidy/forbidden-words:{number}: must be context, pattern and replacement, with tabs between"
            continue
        table.append((fields[0], re.compile(fields[1], re.I), fields[2]))
    files = tree.matching("*.cpp", "*.hpp", "*.md", "*.html", "*.sql", "*.js", "*.ts", "*.cmake", "*CMakeLists.txt")
    for path in files:
        if path.startswith(("tests/tidy/", "bench/results/", "contracts/tests/golden/")):
            continue
        if re.match(r"services/client/texts/(?!en/)", path):  # not English
            continue
        identifiers, prose = _parts(path, tree.text(path))
        for context, pattern, better in table:
            places = (prose if context == "prose" else identifiers if context == "identifiers" else prose + identifiers)
            for number, part in places:
                found = pattern.search(part)
                if found:
                    yield f"{path}:{number}: \"{found[0]}\": say {better}"


_LITERAL = r'"(?:[^"\\]|\\.)*"'


def _unquoted(literals):
    return "".join(json.loads('"' + each[1:-1].replace("\\'", "'") + '"') for each in re.findall(_LITERAL, literals))


def _product(tree):
    return [each for each in tree.matching("contracts/*", "common/*", "services/*", "apps/*")
            if each.endswith((".cpp", ".hpp")) and "/tests/" not in each]


def translated_errors(tree):
    """Every message to a client has a translation in each language, and no other text has one."""
    catalogs = {each: json.loads(tree.text(each)) for each in tree.matching("common/language/locales/errors.*.json")}
    used = set()
    for path in _product(tree):
        for match in re.finditer(rf"((?:{_LITERAL}\s*)*{_LITERAL})(?:_text|_stored)\b", tree.text(path)):
            message = _unquoted(match.group(1))
            used.add(message)
            for catalog, texts in catalogs.items():
                if message and message not in texts:
                    line = tree.text(path).count("\n", 0, match.start()) + 1
                    yield f"{path}:{line}: {catalog} does not translate {message!r}"
    for catalog, texts in catalogs.items():
        for message in texts:
            if message not in used:
                yield f"{catalog}:1: no client gets {message!r}"


def text_keys(tree):
    """Every key that code or a template names is in the service's texts, and every text is named."""
    for catalog in tree.matching("services/*/locales/en.json"):
        folder = catalog.removesuffix("/locales/en.json")
        texts, named = json.loads(tree.text(catalog)), set()
        for path in tree.matching(f"{folder}/*.cpp", f"{folder}/*.hpp", f"{folder}/views/*"):
            if "/tests/" in path:
                continue
            wanted = re.findall(r"\[\[([\w.]+)", tree.text(path)) if "/views/" in path else \
                re.findall(r'\btext\("([^"]+)"', tree.text(path))
            for key in wanted:   # "category." + name
                if key not in texts and not (key.endswith(".") and any(each.startswith(key) for each in texts)):
                    yield f"{path}:1: {catalog} has no {key}"
            named.update(wanted, re.findall(r'"(\w+\.[\w.]*)"', tree.text(path)))
        for key in texts:
            if key not in named and key[:key.find(".") + 1] not in named:
                yield f"{catalog}:1: nothing in {folder} names {key}"


RULES = [
    include_layers, library_folders, line_length, function_length, formatting, unused_headers, unused_assets,
    document_links, document_paths, forbidden_words, translated_errors, text_keys,
]

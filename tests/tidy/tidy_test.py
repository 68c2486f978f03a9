"""Shows each rule of tidy.py a violation, and its correct twin."""

import os
import tempfile
import unittest

import tidy


class TidyTest(unittest.TestCase):
    def check(self, rule, files):
        """What the rule says of a tree with these files."""
        with tempfile.TemporaryDirectory() as root:
            for path, text in files.items():
                os.makedirs(os.path.dirname(os.path.join(root, path)) or root, exist_ok=True)
                with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                    file.write(text)
            return list(rule(tidy.Tree(root, list(files))))

    def finds(self, rule, files, part):
        problems = self.check(rule, files)
        self.assertTrue(any(part in problem for problem in problems), f"{part!r} is not in {problems}")

    def finds_nothing(self, rule, files):
        self.assertEqual(self.check(rule, files), [])

    def test_include_layers(self):
        self.finds(tidy.include_layers, {"common/sql/a.cpp": '#include "common/http/b.hpp"'}, "a.cpp:1")
        self.finds(tidy.include_layers, {"services/orders/a.cpp": '#include "services/tickets/b.hpp"'}, "a.cpp:1")
        self.finds(tidy.include_layers, {"services/orders/a.cpp": '#include "testing/b.hpp"'}, "a.cpp:1")
        self.finds(tidy.include_layers, {"elsewhere/a.cpp": ""}, "none of the folders")
        self.finds_nothing(tidy.include_layers, {"services/orders/tests/a.cpp": '#include "testing/b.hpp"'})
        self.finds_nothing(tidy.include_layers, {"services/orders/a.cpp": '#include "services/orders/b.hpp"'})

    def test_library_folders(self):
        self.finds(tidy.library_folders, {"services/orders/a.cpp": "#include <sqlite3.h>"}, "a.cpp:1")
        self.finds_nothing(tidy.library_folders, {"common/sql/sqlite/connection.cpp": "#include <sqlite3.h>"})

    def test_line_length(self):
        self.finds(tidy.line_length, {"a.cpp": "\n" + "x" * 111}, "a.cpp:2")
        self.finds_nothing(tidy.line_length, {"a.cpp": "x" * 110, "a.md": "x" * 200})

    def test_function_length(self):
        body = "    x();\n" * 69
        self.finds(tidy.function_length, {"a.cpp": f"void f() {{\n{body}}}\n"}, "a.cpp:1")
        self.finds(tidy.function_length, {"a.cpp": f"class A {{\n    void f() {{\n{'    ' + body}    }}\n}};\n"}, "a.cpp:2")
        self.finds_nothing(tidy.function_length, {"a.cpp": f"void f() {{\n{'    x();' + chr(10)}}}\n"})
        self.finds_nothing(tidy.function_length, {"a.cpp": f"namespace a {{\n{body}}}\n"})

    def test_formatting(self):
        style = {".clang-format": "BasedOnStyle: Google\nIndentWidth: 4\n"}
        self.finds(tidy.formatting, {**style, "a.cpp": "int  a ;\n"}, "a.cpp:1")
        self.finds_nothing(tidy.formatting, {**style, "a.cpp": "int a;\n"})

    def test_unused_headers(self):
        self.finds(tidy.unused_headers, {"contracts/a.hpp": ""}, "a.hpp")
        self.finds_nothing(tidy.unused_headers, {"contracts/a.hpp": "", "contracts/a.cpp": '#include "contracts/a.hpp"'})

    def test_unused_assets(self):
        self.finds(tidy.unused_assets, {"services/client/views/a.html": "", "services/client/a.cpp": ""}, "a.html")
        self.finds_nothing(tidy.unused_assets, {"services/client/views/a.html": "", "services/client/a.cpp": '"a"'})

    def test_translated_errors(self):
        texts = {"common/language/locales/errors.de.json": '{"Not \\"found\\"": "Nicht gefunden"}'}
        code = 'throw NotFound("Not "\n    "\\"found\\""_text);'
        self.finds_nothing(tidy.translated_errors, {**texts, "common/a.cpp": code})
        self.finds_nothing(tidy.translated_errors, {**texts, "common/a.cpp": code, "common/tests/a.cpp": '"x"_text'})
        self.finds(tidy.translated_errors, {**texts, "services/a.cpp": code + '\n"New"_text'}, "a.cpp:3")
        self.finds(tidy.translated_errors, {**texts, "services/a.cpp": code + '"New"_stored'}, "'New'")
        self.finds(tidy.translated_errors, {**texts, "common/a.cpp": ""}, "no client gets")

    def test_text_keys(self):
        texts = {"services/client/locales/en.json": '{"a.b": "x"}'}
        self.finds_nothing(tidy.text_keys, {**texts, "services/client/views/a.html": "[[a.b|name={{name}}]]"})
        self.finds_nothing(tidy.text_keys, {**texts, "services/client/a.cpp": 'visit.text("a.b")'})
        self.finds_nothing(tidy.text_keys, {**texts, "services/client/a.cpp": 'text("a." + name)'})
        self.finds(tidy.text_keys, {**texts, "services/client/a.cpp": 'text("a.b") + text("c." + name)'}, "no c.")
        self.finds(tidy.text_keys, {**texts, "services/client/views/a.html": "[[a.b]][[a.c]]"}, "no a.c")
        self.finds(tidy.text_keys, {**texts, "services/client/a.cpp": 'text("a.b") + text("a.d")'}, "no a.d")
        self.finds(tidy.text_keys, {**texts, "services/client/a.cpp": ""}, "nothing in services/client names a.b")

    def test_document_links(self):
        self.finds(tidy.document_links, {"README.md": "[x](docs/none.md)"}, "leads nowhere")
        self.finds(tidy.document_links, {"README.md": "[x](#none)"}, "no heading")
        self.finds_nothing(tidy.document_links, {"README.md": "# A heading\n[x](#a-heading) [y](https://example.org)"})

    def test_document_paths(self):
        files = {"docs/a.md": "`common/none.cpp`", "common/a.cpp": "// see common/gone.hpp"}
        self.finds(tidy.document_paths, files, "there is no common/none.cpp")
        self.finds(tidy.document_paths, files, "there is no common/gone.hpp")
        self.finds_nothing(tidy.document_paths, {"docs/a.md": "`common/a`", "common/a.cpp": ""})

    def test_forbidden_words(self):
        words = {"tests/tidy/forbidden-words": "both\tcalamit\tfault\nidentifiers\t\\bpatience\ttimeout\n"}
        self.finds(tidy.forbidden_words, {**words, "a.cpp": "int calamity;"}, "say fault")
        self.finds(tidy.forbidden_words, {**words, "a.md": "A calamity"}, "say fault")
        self.finds(tidy.forbidden_words, {**words, "a.cpp": "int patience_ms;"}, "say timeout")
        self.finds_nothing(tidy.forbidden_words, {**words, "a.cpp": "// patience", "a.md": "patience"})
        self.finds(tidy.forbidden_words, {"tests/tidy/forbidden-words": "one field"}, "with tabs between")

// HTTP as a well-behaved client speaks it: one connection per thread, kept alive.
#pragma once

#include <chrono>
#include <source_location>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/json/value.hpp"

namespace stagedoor::testing {

using Fields = std::vector<std::pair<std::string, std::string>>;
using Where = std::source_location;

// What the marketplace answered.
struct Reply {
    int status = 0;
    Fields headers;
    std::string body;
    std::string asked;  // "POST /api/orders", for messages

    // The first header of that name; empty when there is none.
    [[nodiscard]] std::string_view header(std::string_view name) const;
    [[nodiscard]] json::Value json() const;
    // The text of the member at `path`, e.g. "items[0].ticket.id"; numbers as written; empty when there is
    // none.
    [[nodiscard]] std::string at(std::string_view path) const;
    [[nodiscard]] std::int64_t number(std::string_view path) const;
    // How many elements the array at `path` has.
    [[nodiscard]] std::size_t count(std::string_view path = "") const;
    // "name=value" of the cookie that it sets.
    [[nodiscard]] std::string cookie() const;

    // Fails the test unless it has this status, and `part` in its body; gives itself back for more.
    const Reply& expect(int wanted, std::string_view part = {}, Where where = Where::current()) const;
    // Fails the test unless `errors` names exactly these fields (in any order).
    const Reply& expect_fields(std::vector<std::string> fields, Where where = Where::current()) const;
};

// No answer came: refused, broken off, too late.
struct NoAnswer : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Question {
    std::string method = "GET";
    std::string target;
    std::string body = {};
    Fields headers = {};
    std::chrono::milliseconds limit = std::chrono::seconds{30};
};

// Asks on this thread's connection. Throws NoAnswer. Every answer under /api is held against what is true of
// all of them: X-Request-Id, the one error shape.
[[nodiscard]] Reply ask(const std::string& base_url, const Question& question);

// Opens this thread's connection, or sees that it is open.
void connect(const std::string& base_url);

[[nodiscard]] std::string json_text(std::string_view text);
[[nodiscard]] std::string percent_encoded(std::string_view text);

}  // namespace stagedoor::testing

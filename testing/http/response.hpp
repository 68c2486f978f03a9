// A response under test, with its assertions.
#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.hpp"
#include "common/json/value.hpp"

namespace stagedoor::testing {

using Where = std::source_location;

struct Response : http::Response {
    Response() = default;
    Response(http::Response response, std::string request_line)
        : http::Response(std::move(response)), request(std::move(request_line)) {}

    std::string request;  // "POST /api/orders", for failure messages

    // Fails the test unless the response has this status, and `part` in its body.
    const Response& expect(int expected, std::string_view part = {}, Where where = Where::current()) const;
    // Fails the test unless `errors` names this field.
    const Response& expect_field(std::string_view field, Where where = Where::current()) const;
    // Fails the test unless `errors` names exactly these fields, in any order.
    const Response& expect_fields(std::vector<std::string> fields, Where where = Where::current()) const;

    [[nodiscard]] json::Value json() const;
    // The text of the member at `path`, e.g. "items[0].ticket.id"; numbers as written; empty if there is
    // none.
    [[nodiscard]] std::string at(std::string_view path) const;
    [[nodiscard]] std::int64_t number(std::string_view path) const;
    // The length of the array at `path`.
    [[nodiscard]] std::size_t count(std::string_view path = "") const;
    // "name=value" of the cookie that it sets.
    [[nodiscard]] std::string cookie() const;
    [[nodiscard]] std::string_view header(std::string_view name) const { return headers[name]; }

  private:
    // The fields that `errors` names, one per error, sorted; empty for an error without a field.
    [[nodiscard]] std::vector<std::string> fields() const;
};

}  // namespace stagedoor::testing

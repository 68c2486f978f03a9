#include "testing/http/response.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <charconv>

#include "common/json/path.hpp"

namespace stagedoor::testing {
namespace {

void fail(const Where& where, const std::string& message) {
    ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line())) << message;
}

}  // namespace

const Response& Response::expect(int expected, std::string_view part, Where where) const {
    auto shown = body.substr(0, 1000);
    if (status != expected)
        fail(where, request + ": status " + std::to_string(status) + ", expected " +
                        std::to_string(expected) + ": " + shown);
    if (!body.contains(part)) fail(where, request + ": no \"" + std::string{part} + "\" in " + shown);
    return *this;
}

const Response& Response::expect_field(std::string_view field, Where where) const {
    auto named = fields();
    if (std::ranges::find(named, field) == named.end())
        fail(where, request + ": no error for " + std::string{field} + " in " + body);
    return *this;
}

const Response& Response::expect_fields(std::vector<std::string> expected, Where where) const {
    std::ranges::sort(expected);
    if (fields() != expected)
        fail(where,
             request + ": errors for other fields than " + ::testing::PrintToString(expected) + ": " + body);
    return *this;
}

std::vector<std::string> Response::fields() const {
    std::vector<std::string> named;
    auto document = json();
    if (const auto* errors = document["errors"].array()) {
        for (const auto& error : *errors)
            named.push_back(error["field"].string() ? *error["field"].string() : "");
    }
    std::ranges::sort(named);
    return named;
}

json::Value Response::json() const {
    auto value = json::parse(body);
    EXPECT_TRUE(value) << request << ": " << (value ? "" : value.error().pattern()) << "\n" << body;
    return value.value_or(json::Value{});
}

std::string Response::at(std::string_view path) const {
    auto document = json();
    const auto* value = json::find_at(document, path);
    if (!value) return {};
    if (const auto* text = value->string()) return *text;
    std::string out;
    json::write_value(out, *value);
    return out;
}

std::int64_t Response::number(std::string_view path) const {
    auto text = at(path);
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    EXPECT_TRUE(error == std::errc{} && end == text.data() + text.size())
        << request << ": " << path << " is not an integer in " << body;
    return value;
}

std::size_t Response::count(std::string_view path) const {
    auto document = json();
    const auto* value = json::find_at(document, path);
    const auto* array = value ? value->array() : nullptr;
    EXPECT_TRUE(array) << request << ": no array at \"" << path << "\" in " << body;
    return array ? array->size() : 0;
}

std::string Response::cookie() const {
    auto value = headers["Set-Cookie"];
    return std::string{value.substr(0, value.find(';'))};
}

}  // namespace stagedoor::testing

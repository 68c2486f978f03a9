#include "testing/http/client.hpp"

#include <curl/curl.h>
#include <gtest/gtest.h>
#include <strings.h>

#include <algorithm>
#include <charconv>
#include <memory>

#include "common/json/path.hpp"

namespace stagedoor::testing {
namespace {

struct Handle {
    Handle() {
        static const auto once = curl_global_init(CURL_GLOBAL_DEFAULT);
        static_cast<void>(once);
        curl = curl_easy_init();
    }
    ~Handle() { curl_easy_cleanup(curl); }
    Handle(const Handle&) = delete;
    Handle& operator=(const Handle&) = delete;
    CURL* curl;
};

Handle& this_threads_handle() {
    thread_local Handle handle;
    return handle;
}

std::size_t take_body(char* data, std::size_t, std::size_t size, void* into) {
    static_cast<std::string*>(into)->append(data, size);
    return size;
}

std::size_t take_header(char* data, std::size_t, std::size_t size, void* into) {
    std::string_view line{data, size};
    auto& reply = *static_cast<Reply*>(into);
    if (line.starts_with("HTTP/")) reply.headers.clear();  // the last of several heads counts (100 Continue)
    auto colon = line.find(':');
    if (colon == std::string_view::npos) return size;
    auto value = line.substr(colon + 1);
    while (!value.empty() && (value.front() == ' ')) value.remove_prefix(1);
    while (!value.empty() && (value.back() == '\r' || value.back() == '\n' || value.back() == ' '))
        value.remove_suffix(1);
    reply.headers.emplace_back(line.substr(0, colon), value);
    return size;
}

struct HeaderList {
    curl_slist* list = nullptr;
    ~HeaderList() { curl_slist_free_all(list); }
    void add(const std::string& line) { list = curl_slist_append(list, line.c_str()); }
};

// What CONTRACT.md promises of every answer of the API.
void hold_against_ground_rules(const Reply& reply, const Question& question) {
    if (!question.target.starts_with("/api/")) return;
    EXPECT_FALSE(reply.header("X-Request-Id").empty()) << reply.asked;
    EXPECT_NE(reply.status, 500) << reply.asked << "\n" << reply.body;
    if (reply.status < 400 || question.method == "HEAD") return;
    EXPECT_EQ(reply.header("Content-Type"), "application/problem+json") << reply.asked << " " << reply.body;
    auto document = json::parse(reply.body);
    ASSERT_TRUE(document) << reply.asked << " answered " << reply.status << " without JSON: " << reply.body;
    EXPECT_EQ(reply.at("status"), std::to_string(reply.status)) << reply.body;
    EXPECT_FALSE(reply.at("type").empty()) << reply.body;
    EXPECT_FALSE(reply.at("title").empty()) << reply.body;
    EXPECT_GE(reply.count("errors"), 1u) << reply.body;
    EXPECT_FALSE(reply.at("errors[0].message").empty()) << reply.body;
    if (reply.status == 405) EXPECT_FALSE(reply.header("Allow").empty());
    if (reply.status == 429 || reply.status == 503)
        EXPECT_FALSE(reply.header("Retry-After").empty()) << reply.body;
}

}  // namespace

std::string_view Reply::header(std::string_view name) const {
    for (const auto& [each, value] : headers) {
        if (each.size() == name.size() && ::strncasecmp(each.data(), name.data(), name.size()) == 0)
            return value;
    }
    return {};
}

json::Value Reply::json() const {
    auto value = json::parse(body);
    EXPECT_TRUE(value) << asked << ": " << (value ? "" : value.error()) << "\n" << body;
    return value.value_or(json::Value{});
}

std::string Reply::at(std::string_view path) const {
    auto document = json();
    const auto* value = json::find_at(document, path);
    if (!value) return {};
    if (const auto* text = value->string()) return *text;
    std::string out;
    json::write_value(out, *value);
    return out;
}

std::int64_t Reply::number(std::string_view path) const {
    auto text = at(path);
    std::int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    EXPECT_TRUE(error == std::errc{} && end == text.data() + text.size())
        << asked << ": " << path << " is no whole number in " << body;
    return value;
}

std::size_t Reply::count(std::string_view path) const {
    auto document = json();
    const auto* value = json::find_at(document, path);
    const auto* array = value ? value->array() : nullptr;
    EXPECT_TRUE(array) << asked << ": no list at \"" << path << "\" in " << body;
    return array ? array->size() : 0;
}

std::string Reply::cookie() const {
    auto value = header("Set-Cookie");
    return std::string{value.substr(0, value.find(';'))};
}

const Reply& Reply::expect(int wanted, std::string_view part, Where where) const {
    if (status != wanted) {
        ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
            << asked << " answered " << status << ", not " << wanted << ": " << body.substr(0, 1000);
    }
    if (body.find(part) == std::string::npos) {
        ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
            << asked << ": no \"" << part << "\" in " << body.substr(0, 1000);
    }
    return *this;
}

const Reply& Reply::expect_fields(std::vector<std::string> fields, Where where) const {
    std::vector<std::string> named;
    auto document = json();
    if (const auto* errors = document["errors"].array()) {
        for (const auto& error : *errors)
            named.push_back(error["field"].string() ? *error["field"].string() : "");
    }
    std::ranges::sort(named);
    std::ranges::sort(fields);
    if (named != fields) {
        ADD_FAILURE_AT(where.file_name(), static_cast<int>(where.line()))
            << asked << " names other fields than " << ::testing::PrintToString(fields) << ": " << body;
    }
    return *this;
}

Reply ask(const std::string& base_url, const Question& question) {
    auto* curl = this_threads_handle().curl;
    curl_easy_reset(curl);
    Reply reply;
    reply.asked = question.method + " " + question.target;
    HeaderList headers;
    for (const auto& [name, value] : question.headers)
        headers.add(value.empty() ? name + ";" : name + ": " + value);
    headers.add("Expect:");
    auto has_type =
        std::ranges::any_of(question.headers, [](const auto& each) { return each.first == "Content-Type"; });
    auto sends_body = !question.body.empty() ||
                      (question.method != "GET" && question.method != "HEAD" && question.method != "DELETE");
    if (sends_body && !has_type) headers.add("Content-Type: application/json");

    auto url = base_url + question.target;
    curl_easy_setopt(curl, CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(question.limit.count()));
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, question.method.c_str());
    if (question.method == "HEAD") curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    if (sends_body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(question.body.size()));
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, question.body.data());
    }
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.list);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &reply.body);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &reply);
    auto result = curl_easy_perform(curl);
    if (result != CURLE_OK) throw NoAnswer(reply.asked + ": " + curl_easy_strerror(result));
    long status = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    reply.status = static_cast<int>(status);
    hold_against_ground_rules(reply, question);
    return reply;
}

void connect(const std::string& base_url) { (void)ask(base_url, {.target = "/healthz"}); }

std::string json_text(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
}

std::string percent_encoded(std::string_view text) {
    std::string out;
    for (unsigned char c : text) {
        if (std::isalnum(c) || c == '-' || c == '_' || c == '.' || c == '~') {
            out += static_cast<char>(c);
        } else {
            constexpr auto digits = "0123456789ABCDEF";
            out += '%';
            out += digits[c >> 4];
            out += digits[c & 15];
        }
    }
    return out;
}

}  // namespace stagedoor::testing

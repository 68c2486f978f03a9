#include "common/http/server/response_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "common/http/server/conditional.hpp"
#include "common/http/status.hpp"

namespace stagedoor::http {
namespace {

bool has_no_body(int status) { return status == 204 || status == 304 || status < 200; }

// Headers that only the server sets.
bool is_set_by_server(std::string_view name) {
    constexpr std::array<std::string_view, 6> names{"Connection", "Content-Length",    "Date",
                                                    "Keep-Alive", "Transfer-Encoding", "X-Request-Id"};
    return std::any_of(names.begin(), names.end(), [name](auto each) { return same_name(each, name); });
}

// A line break in a value would inject a header or a whole response.
void append_value(std::string& out, std::string_view value) {
    auto start = out.size();
    out += value;
    for (auto at = start; at < out.size(); ++at) {
        if (static_cast<unsigned char>(out[at]) < ' ' && out[at] != '\t') out[at] = ' ';
    }
}

void append_number(std::string& out, std::size_t number) {
    std::array<char, 24> digits;
    auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), number);
    out.append(digits.data(), end);
}

void to_not_modified(Response& response) {
    response.status = 304;
    response.body.clear();
    response.headers.remove("Content-Type");
}

}  // namespace

void RequestInfo::capture(const Request& request) {
    method = request.method;
    path = request.path;
    if_none_match = request.headers["If-None-Match"];
    request_id = request.request_id;
    traceparent = request.traceparent;
    gzip = accepts_gzip(request.headers["Accept-Encoding"]);
}

std::string_view Date::text(Instant now) {
    auto second = now.milliseconds / 1000;
    if (second == second_) return text_;
    second_ = second;
    constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    std::chrono::sys_seconds time{std::chrono::seconds{second}};
    auto day = std::chrono::floor<std::chrono::days>(time);
    std::chrono::year_month_day date{day};
    std::chrono::hh_mm_ss clock{time - day};
    text_ =
        fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT", days[std::chrono::weekday{day}.c_encoding()],
                    unsigned{date.day()}, months[unsigned{date.month()} - 1], int{date.year()},
                    clock.hours().count(), clock.minutes().count(), clock.seconds().count());
    return text_;
}

void negotiate(Response& response, const RequestInfo& request, Compressor& compressor) {
    auto compressible = worth_compressing(response);
    auto compress = compressible && request.gzip;
    auto is_read = request.method == Method::get || request.method == Method::head;
    auto cacheable = is_read && response.status == 200 && !response.body.empty() &&
                     response.headers["Cache-Control"].find("no-store") == std::string_view::npos;
    if (!cacheable && !compress) {
        if (compressible) response.headers.add("Vary", "Accept-Encoding");
        return;
    }

    auto own_tag = cacheable && !response.headers.has("ETag");
    auto hash = own_tag || compress ? hash_body(response.body) : BodyHash{};
    if (own_tag) response.headers.add("ETag", entity_tag(hash, compress));
    if (compressible) response.headers.add("Vary", "Accept-Encoding");
    if (cacheable && !request.if_none_match.empty() &&
        matches_tag(request.if_none_match, response.headers["ETag"])) {
        return to_not_modified(response);
    }
    if (compress) {
        response.body = compressor.gzip(response.body, hash.first);
        response.headers.add("Content-Encoding", "gzip");
    }
}

bool sends_body(const Response& response, Method method) {
    return method != Method::head && !has_no_body(response.status);
}

void write_head(std::string& out, const Response& response, const RequestInfo& request,
                std::string_view date) {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(response.status));
    out += ' ';
    out += reason(response.status);
    out += "\r\nDate: ";
    out += date;
    if (!has_no_body(response.status)) {
        out += "\r\nContent-Length: ";
        append_number(out, response.body.size());
    }
    if (!request.keep_alive)
        out += "\r\nConnection: close";
    else if (request.http_1_0)
        out += "\r\nConnection: keep-alive";
    out += "\r\nX-Request-Id: ";
    out += request.request_id;

    auto has_options = false, has_policy = false;
    for (const auto& [name, value] : response.headers) {
        if (is_set_by_server(name)) continue;
        has_options |= same_name(name, "X-Content-Type-Options");
        has_policy |= same_name(name, "Referrer-Policy");
        out += "\r\n";
        out += name;
        out += ": ";
        append_value(out, value);
    }
    if (!has_options) out += "\r\nX-Content-Type-Options: nosniff";
    if (!has_policy) out += "\r\nReferrer-Policy: strict-origin-when-cross-origin";
    out += "\r\n\r\n";
}

}  // namespace stagedoor::http

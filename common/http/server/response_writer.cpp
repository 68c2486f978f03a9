#include "common/http/server/response_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>

#include "common/http/negotiation.hpp"
#include "common/http/routing/problem.hpp"
#include "common/http/server/conditional.hpp"
#include "common/http/status.hpp"

namespace stagedoor::http {
namespace {

struct DefaultHeader {
    std::string_view name, line;
};
// For browsers. A response is no document of ours unless it brings its own policy, as pages do: then nothing
// in it may run, load or be framed.
constexpr std::array security_headers{
    DefaultHeader{"X-Content-Type-Options", "\r\nX-Content-Type-Options: nosniff"},
    DefaultHeader{"Referrer-Policy", "\r\nReferrer-Policy: strict-origin-when-cross-origin"},
    DefaultHeader{"Content-Security-Policy",
                  "\r\nContent-Security-Policy: default-src 'none'; object-src 'none'; base-uri 'none'; "
                  "form-action 'none'; frame-ancestors 'none'"},
    DefaultHeader{"Cross-Origin-Opener-Policy", "\r\nCross-Origin-Opener-Policy: same-origin"},
    DefaultHeader{"Cross-Origin-Resource-Policy", "\r\nCross-Origin-Resource-Policy: same-origin"}};
// A year, and for subdomains, as ASVS 3.4.1 asks.
constexpr std::string_view strict_transport_security =
    "\r\nStrict-Transport-Security: max-age=31536000; includeSubDomains";

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
    response.status = not_modified;
    response.body.clear();
    response.headers.remove("Content-Type");
}

// Sets the tag of a 200 response to a read, or weakens the handler's if the body will be compressed. Compared
// with preconditions is the strong one: what a client has got uncompressed is still the same.
EntityTag set_tag(Response& response, BodyHash hash, bool compress) {
    auto own = EntityTags::parse(response.headers["ETag"]).tags;
    auto tag = own.empty() ? entity_tag(hash, false) : std::move(own.front());
    response.headers.set("ETag", EntityTag{tag.opaque, tag.weak || compress}.to_text());
    return tag;
}

// In one line: some caches read only one.
void add_vary(Headers& headers, std::string_view name) {
    auto varies = headers.joined("Vary");
    std::string_view each;
    for (std::string_view rest = varies; next_element(rest, each);) {
        if (same_name(each, name)) return;
    }
    headers.set("Vary", varies.append(varies.empty() ? "" : ", ").append(name));
}

// What the preconditions make of a 200 response to a read, in the order of RFC 9110 (13.2.2).
int status_after_preconditions(const RequestInfo& request, const std::optional<EntityTag>& tag) {
    if (!request.if_match.empty() && !satisfies_if_match(EntityTags::parse(request.if_match), tag))
        return status_of(ErrorKind::precondition_failed);
    if (tag && !request.if_none_match.empty() &&
        EntityTags::parse(request.if_none_match).matches_weakly(*tag))
        return not_modified;
    return ok;
}

}  // namespace

void RequestInfo::capture(const Request& request) {
    method = request.method;
    path = request.path;
    client = request.remote_address;
    if_match = request.headers.joined("If-Match");
    if_none_match = request.headers.joined("If-None-Match");
    request_id = request.request_id;
    traceparent = request.traceparent;
    gzip = accepts_gzip(request.headers);
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
    if (response.stream) return;  // nobody knows what it will be
    auto compressible = worth_compressing(response);
    auto compress = compressible && request.gzip;
    auto is_read = request.method == Method::get || request.method == Method::head;
    // Also with `no-store`: what caches must not keep, a client may have kept itself. But never a new cookie.
    auto is_tagged =
        is_read && response.status == ok && !response.body.empty() && !response.headers.has("Set-Cookie");
    auto needs_hash = compress || (is_tagged && !response.headers.has("ETag"));
    auto hash = needs_hash ? hash_body(response.body) : BodyHash{};
    std::optional<EntityTag> tag;
    if (is_tagged) tag = set_tag(response, hash, compress);
    if (compressible) add_vary(response.headers, "Accept-Encoding");
    if (is_read && response.status == ok) {
        auto status = status_after_preconditions(request, tag);
        if (status == not_modified) return to_not_modified(response);
        if (status != ok) {
            response = problem(PreconditionFailed("This has changed since you loaded it"_text, "If-Match"));
            return;
        }
    }
    if (compress) {
        response.body = compressor.gzip(response.body, hash.first);
        response.headers.add("Content-Encoding", "gzip");
    }
}

bool sends_body(const Response& response, Method method) {
    return method != Method::head && !has_no_body(response.status);
}

void write_head(std::string& out, const Response& response, const RequestInfo& request, std::string_view date,
                bool https) {
    out += "HTTP/1.1 ";
    append_number(out, static_cast<std::size_t>(response.status));
    out += ' ';
    out += reason(response.status);
    out += "\r\nDate: ";
    out += date;
    if (response.stream) {
        if (!request.http_1_0) out += "\r\nTransfer-Encoding: chunked";
    } else if (!has_no_body(response.status)) {
        out += "\r\nContent-Length: ";
        append_number(out, response.body.size());
    }
    if (!request.keep_alive)
        out += "\r\nConnection: close";
    else if (request.http_1_0)
        out += "\r\nConnection: keep-alive";
    out += "\r\nX-Request-Id: ";
    out += request.request_id;

    for (const auto& [name, value] : response.headers) {
        if (is_set_by_server(name)) continue;
        out += "\r\n";
        out += name;
        out += ": ";
        append_value(out, value);
    }
    for (const auto& [name, line] : security_headers) {
        if (!response.headers.has(name)) out += line;
    }
    if (https) out += strict_transport_security;
    out += "\r\n\r\n";
}

}  // namespace stagedoor::http

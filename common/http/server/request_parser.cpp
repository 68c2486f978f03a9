#include "common/http/server/request_parser.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/beast/http/error.hpp>

#include "common/http/authority.hpp"
#include "common/text/ascii.hpp"

namespace stagedoor::http {
namespace {

namespace beast = boost::beast;
using http_error = beast::http::error;

// More than any client sends; each field costs more memory than its bytes on the wire.
constexpr std::size_t max_fields = 128;

// "0\r\n\r\n", the shortest end of a chunked body. Given fewer bytes of a last chunk twice, Beast 1.81 aborts
// with an assertion (found by common/http/tests/fuzz_request.cpp).
constexpr std::size_t min_chunked_rest = 5;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

constexpr auto not_http = "The request is not valid HTTP";
const Rejection too_large{413, "body_limit", "The request's body is too large"};
Rejection malformed(const char* message) { return {400, "malformed", message}; }

std::size_t count(const Headers& headers, std::string_view name) {
    return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), [name](const auto& header) {
        return same_name(header.first, name);
    }));
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Whether a request line ends with " HTTP/1.1", of whatever version.
bool has_version(std::string_view line) {
    constexpr std::string_view example = " HTTP/1.1\r";
    if (line.size() < example.size()) return false;
    auto version = line.substr(line.size() - example.size());
    return version.starts_with(" HTTP/") && text::is_digit(version[6]) && version[7] == '.' &&
           text::is_digit(version[8]) && version[9] == '\r';
}

// Obsolete line folding (RFC 9112, 5.2): another reader may take the second line for a header, or end the
// value at the first. Beast consumes a folded value in one piece.
bool has_folded_line(std::string_view head) {
    return head.find("\n ") != std::string_view::npos || head.find("\n\t") != std::string_view::npos;
}

// ", chunked" or "chunked,": allowed in lists, but some readers find no coding there.
bool has_empty_element(std::string_view list) {
    if (trimmed(list).ends_with(',')) return true;
    std::string_view part;
    while (next_part(list, part, ',')) {
        if (part.empty()) return true;
    }
    return false;
}

// Stops Beast's parser; the reason is already in rejection_.
const auto stop = beast::http::make_error_code(http_error::end_of_stream);

// Keeps nothing of the last request but the memory of its texts.
void clear(Request& request) {
    constexpr std::size_t max_idle_body = 4096;  // keeps idle connections small
    Request next{.method = Method::other};
    for (auto text : {&Request::target, &Request::path, &Request::query, &Request::remote_address,
                      &Request::request_id, &Request::traceparent, &Request::body}) {
        (request.*text).clear();
        (next.*text).swap(request.*text);
    }
    if (next.body.capacity() > max_idle_body) next.body.shrink_to_fit();
    request.headers.clear();
    std::swap(next.headers, request.headers);
    request = std::move(next);
}

}  // namespace

RequestParser::RequestParser(RequestLimits limits, Request& into)
    : request_(into), limits_(std::move(limits)), body_limit_(limits_.body) {
    header_limit(static_cast<std::uint32_t>(limits_.header));
    body_limit(boost::none);  // ours is known after the head, when Beast has compared its own
    clear(request_);
}

std::size_t RequestParser::parse(std::string_view bytes) {
    std::size_t used = 0;
    if (!got_some()) {
        while (bytes.substr(used).starts_with("\r\n")) used += 2;  // some old clients send these after a body
        if (bytes.substr(used) == "\r") return used;
        head_bytes_ += used;
    }
    auto in_head = !head_done_;
    if (!request_line_done_) used += parse_request_line(bytes.substr(used));
    while (request_line_done_ && used < bytes.size() && !rejection_ && !is_done() && in_head == !head_done_) {
        if (head_done_ && chunked() && bytes.size() - used < min_chunked_rest) break;
        error_code error;
        auto step = put(boost::asio::const_buffer{bytes.data() + used, bytes.size() - used}, error);
        if (in_head && has_folded_line(bytes.substr(used, step)) && !rejection_)
            rejection_ = malformed("A header must not go on in a second line");
        used += step;
        if (in_head) head_bytes_ += step;
        auto incomplete = error == http_error::need_more;
        // Beast applies its limit to unparsed bytes only: a head sent line by line would pass, and chunk
        // extensions and trailers have no limit.
        auto unparsed = incomplete ? bytes.size() - used : 0;
        if ((in_head ? head_bytes_ : 0) + unparsed > limits_.header && (!error || incomplete)) {
            error = http_error::header_limit;
        } else if (incomplete) {
            break;
        }
        if (error) reject(error);
    }
    return used;
}

std::size_t RequestParser::parse_request_line(std::string_view bytes) {
    auto end = bytes.find('\n');
    auto line = bytes.substr(0, end);
    if (head_bytes_ + line.size() > limits_.header) {
        reject(http_error::header_limit);
        return 0;
    }
    if (std::any_of(line.begin(), line.end() - line.ends_with('\r'), is_control))
        rejection_ = malformed(not_http);
    if (end == std::string_view::npos || rejection_) return 0;
    if (!has_version(line)) {
        rejection_ = malformed("The request line must be a method, a target and a version");
        return 0;
    }
    std::string known{bytes.substr(0, end + 1)};
    auto& minor = known[known.size() - 3];
    if (known.ends_with(fmt::format("/1.{}\r\n", minor)) && minor > '1') minor = '1';
    error_code error;
    auto step = put(boost::asio::const_buffer{known.data(), known.size()}, error);
    head_bytes_ += step;
    if (error && error != http_error::need_more) reject(error);
    return step;
}

void RequestParser::on_request_impl(verb known, text method, text target, int version, error_code&) {
    request_line_done_ = true;
    request_.method = method_from(view(method));
    request_.target = view(target);
    is_connect_ = known == verb::connect;
    version_ = version;
}

void RequestParser::on_field_impl(field, text name, text value, error_code& error) {
    if (head_done_) return;  // trailers: whatever they say, the head has been judged
    if (request_.headers.size() == max_fields) {
        error = http_error::header_limit;
        return;
    }
    request_.headers.add(name, value);
}

void RequestParser::on_header_impl(error_code& error) {
    rejection_ = check_framing();
    if (!rejection_) rejection_ = check_target();
    if (!rejection_) rejection_ = check_length();
    auto expect = trimmed(request_.headers["Expect"]);
    if (!expect.empty() && !same_name(expect, "100-continue") && !rejection_) {
        rejection_ = Rejection{417, "malformed", "Only \"Expect: 100-continue\" is supported"};
    }
    if (rejection_) error = stop;
    expects_continue_ = !expect.empty() && version_ == 11;
    head_done_ = true;
}

// If two readers could disagree about the end of a request, a second one could be smuggled in behind it (RFC
// 9112, 11.2).
std::optional<Rejection> RequestParser::check_framing() const {
    const auto& headers = request_.headers;
    auto lengths = count(headers, "Content-Length");
    auto codings = count(headers, "Transfer-Encoding");
    if (lengths + codings > 1) return malformed("More than one Content-Length or Transfer-Encoding");
    if (lengths == 1) {
        auto digits = headers["Content-Length"];
        if (!std::ranges::all_of(digits, stagedoor::text::is_digit))
            return malformed("Content-Length is not a number");
    }
    return codings == 1 ? check_transfer_coding() : std::nullopt;
}

// Unless chunked is the last coding, nobody knows where the body ends.
std::optional<Rejection> RequestParser::check_transfer_coding() const {
    if (version_ == 10) return malformed("HTTP/1.0 has no Transfer-Encoding");
    if (has_empty_element(request_.headers["Transfer-Encoding"]))
        return malformed("The Transfer-Encoding has an empty element");
    int codings = 0, chunked = 0;
    auto last_is_chunked = false;
    std::string_view coding;
    for (auto rest = request_.headers["Transfer-Encoding"]; next_element(rest, coding); ++codings) {
        last_is_chunked = same_name(coding, "chunked");
        chunked += last_is_chunked;
    }
    if (!last_is_chunked || chunked > 1)
        return malformed("The Transfer-Encoding must end with chunked, used only once");
    if (codings > 1) return Rejection{501, "malformed", "Only the Transfer-Encoding chunked is supported"};
    return std::nullopt;
}

std::optional<Rejection> RequestParser::check_target() {
    auto hosts = count(request_.headers, "Host");
    if (hosts > 1 || (hosts == 0 && version_ == 11)) return malformed("Exactly one Host header is required");
    if (hosts == 1) {
        auto host = request_.headers["Host"];
        if (!host.empty() && !is_authority(host)) return malformed("The Host header is malformed");
    }
    if (is_connect_ || (request_.method == Method::options && request_.target == "*")) {
        request_.path = "/";  // these have no path; the handler rejects their method
        return std::nullopt;
    }
    auto target = std::move(request_.target);
    if (request_.set_target(target)) return std::nullopt;
    // No resource has such a path. An id in it is malformed, so it is unknown.
    if (has_unreadable_escape(target)) return Rejection{404, "malformed", "Not found"};
    return malformed("The request target is malformed");
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
    // Larger ones grow as they come: a client that only claims a large body gets no memory for it.
    if (length) request_.body.reserve(std::min<std::size_t>(*length, limits_.body));
}

std::optional<Rejection> RequestParser::check_length() {
    auto length = content_length();
    if (length ? *length <= limits_.body : !chunked()) return std::nullopt;
    if (limits_.body_of) body_limit_ = limits_.body_of(request_);
    if (length && *length > body_limit_) return too_large;
    return std::nullopt;
}

std::size_t RequestParser::on_body_impl(text bytes, error_code& error) {
    return add_to_body(view(bytes), error);
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, text bytes, error_code& error) {
    return add_to_body(view(bytes), error);
}

std::size_t RequestParser::add_to_body(std::string_view bytes, error_code& error) {
    if (bytes.size() > body_limit_ - request_.body.size()) {
        error = http_error::body_limit;
        return 0;
    }
    request_.body.append(bytes);
    return bytes.size();
}

void RequestParser::reject(const error_code& error) {
    if (rejection_) return;
    if (error == http_error::header_limit) {
        rejection_ = Rejection{431, "header_limit", "The request's head is too large"};
    } else if (error == http_error::body_limit || error == http_error::buffer_overflow) {
        rejection_ = too_large;
    } else if (error == http_error::bad_version) {
        rejection_ = malformed("Only HTTP/1.0 and HTTP/1.1 are supported");
    } else {
        rejection_ = malformed(not_http);
    }
}

}  // namespace stagedoor::http

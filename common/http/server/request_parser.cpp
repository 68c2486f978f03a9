#include "common/http/server/request_parser.hpp"

#include <algorithm>
#include <boost/beast/http/error.hpp>
#include <boost/url/authority_view.hpp>

namespace stagedoor::http {
namespace {

namespace beast = boost::beast;
using http_error = beast::http::error;

// More fields than any client sends; each costs us more memory than bytes on the wire.
constexpr std::size_t field_limit = 128;

// "0\r\n\r\n": no chunked body ends in less. Beast 1.81 must not be asked again with fewer bytes of a last
// chunk: it breaks off the program by an assertion (found by tests/fuzz_request.cpp).
constexpr std::size_t least_chunked_rest = 5;

std::string_view view(beast::string_view text) { return {text.data(), text.size()}; }

Refusal malformed(const char* message) { return {400, "malformed", message}; }

std::size_t count(const Headers& headers, std::string_view name) {
    return static_cast<std::size_t>(std::count_if(headers.begin(), headers.end(), [name](const auto& header) {
        return same_name(header.first, name);
    }));
}

// Stops Beast's parser; the reason is already in refusal_.
const auto stop = beast::http::make_error_code(http_error::end_of_stream);

}  // namespace

RequestParser::RequestParser(RequestLimits limits, Request& into) : request_(into), limits_(limits) {
    header_limit(static_cast<std::uint32_t>(limits.header));
    body_limit(limits.body);
    request_.method = Method::other;
    request_.target.clear();
    request_.path.clear();
    request_.query.clear();
    request_.headers.clear();
    request_.body.clear();
    if (request_.body.capacity() > 4096) request_.body.shrink_to_fit();  // an idle connection should be small
}

std::size_t RequestParser::take(std::string_view bytes) {
    std::size_t used = 0;
    if (!got_some()) {
        while (bytes.substr(used).starts_with("\r\n")) used += 2;  // as some old clients send after a body
        if (bytes.substr(used) == "\r") return used;
        head_bytes_ += used;
    }
    auto in_head = !head_done_;
    while (used < bytes.size() && !refusal_ && !is_done() && in_head == !head_done_) {
        if (head_done_ && chunked() && bytes.size() - used < least_chunked_rest) break;
        error_code error;
        auto step = put(boost::asio::const_buffer{bytes.data() + used, bytes.size() - used}, error);
        used += step;
        if (in_head) head_bytes_ += step;
        auto incomplete = error == http_error::need_more;
        // Beast compares the limit with what is unparsed only: a head that comes line by line would pass it,
        // and the extension of a chunk, or trailers, have none.
        auto unparsed = incomplete ? bytes.size() - used : 0;
        if ((in_head ? head_bytes_ : 0) + unparsed > limits_.header && (!error || incomplete)) {
            error = http_error::header_limit;
        } else if (incomplete) {
            break;
        }
        if (error) refuse(error);
    }
    return used;
}

void RequestParser::on_request_impl(verb known, text method, text target, int version, error_code&) {
    request_.method = method_from(view(method));
    request_.target = view(target);
    is_connect_ = known == verb::connect;
    version_ = version;
}

void RequestParser::on_field_impl(field, text name, text value, error_code& error) {
    if (head_done_) return;  // trailers: whatever they say, the head has been judged
    if (request_.headers.size() == field_limit) {
        error = http_error::header_limit;
        return;
    }
    request_.headers.add(name, value);
}

void RequestParser::on_header_impl(error_code& error) {
    refusal_ = wrong_with_framing();
    if (!refusal_) refusal_ = wrong_with_target();
    auto expect = trimmed(request_.headers["Expect"]);
    if (!expect.empty() && !same_name(expect, "100-continue") && !refusal_) {
        refusal_ = Refusal{417, "malformed", "Only \"Expect: 100-continue\" can be met"};
    }
    if (refusal_) error = stop;
    expects_continue_ = !expect.empty() && version_ == 11;
    head_done_ = true;
}

// Where two readers could disagree on where the request ends, a second one can be smuggled behind it (RFC
// 9112, 11.2).
std::optional<Refusal> RequestParser::wrong_with_framing() const {
    const auto& headers = request_.headers;
    auto lengths = count(headers, "Content-Length");
    auto codings = count(headers, "Transfer-Encoding");
    if (lengths + codings > 1) return malformed("More than one Content-Length or Transfer-Encoding");
    if (lengths == 1) {
        auto digits = headers["Content-Length"];
        auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
        if (!std::all_of(digits.begin(), digits.end(), is_digit))
            return malformed("Content-Length is not a number");
    }
    if (codings == 1) {
        if (version_ == 10) return malformed("HTTP/1.0 has no Transfer-Encoding");
        if (!same_name(trimmed(headers["Transfer-Encoding"]), "chunked")) {
            return Refusal{501, "malformed", "The only Transfer-Encoding understood is chunked"};
        }
    }
    return std::nullopt;
}

std::optional<Refusal> RequestParser::wrong_with_target() {
    auto hosts = count(request_.headers, "Host");
    if (hosts > 1 || (hosts == 0 && version_ == 11)) return malformed("Exactly one Host header is needed");
    if (hosts == 1) {
        auto host = request_.headers["Host"];
        auto authority = boost::urls::parse_authority({host.data(), host.size()});
        if (!authority || authority->has_userinfo()) return malformed("The Host header is malformed");
    }
    if (is_connect_ || (request_.method == Method::options && request_.target == "*")) {
        request_.path = "/";  // these two have no path; the handler refuses them by their method
        return std::nullopt;
    }
    auto target = std::move(request_.target);
    if (!request_.set_target(target)) return malformed("The request target is malformed");
    return std::nullopt;
}

void RequestParser::on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) {
    if (length) request_.body.reserve(std::min<std::size_t>(*length, limits_.body));
}

std::size_t RequestParser::on_body_impl(text bytes, error_code&) {
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
}

std::size_t RequestParser::on_chunk_body_impl(std::uint64_t, text bytes, error_code&) {
    request_.body.append(bytes.data(), bytes.size());
    return bytes.size();
}

void RequestParser::refuse(const error_code& error) {
    if (refusal_) return;
    if (error == http_error::header_limit) {
        refusal_ = Refusal{431, "header_limit", "The request's head is too large"};
    } else if (error == http_error::body_limit || error == http_error::buffer_overflow) {
        refusal_ = Refusal{413, "body_limit", "The request's body is too large"};
    } else if (error == http_error::bad_version) {
        refusal_ = malformed("Only HTTP/1.0 and HTTP/1.1 are understood");
    } else {
        refusal_ = malformed("The request is not valid HTTP");
    }
}

}  // namespace stagedoor::http

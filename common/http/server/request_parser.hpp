// Parses a Request. The grammar is Beast's; the limits and the rejection of ambiguous requests are ours.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <boost/version.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "common/http/message.hpp"

namespace stagedoor::http {

// Why a request is rejected. Its end in the stream is then unknown, so the connection is closed after the
// response.
struct Rejection {
    int status;
    std::string_view label;  // of the metric
    const char* message;
};

struct RequestLimits {
    std::size_t header;
    std::size_t body;
    // Asked once, about a body beyond that limit or of unknown size: the limit that holds instead.
    std::function<std::size_t(const Request& head)> body_of = {};
};

// Parses one request, in pieces of any size.
class RequestParser final : private boost::beast::http::basic_parser<true> {
  public:
    // Clears the message in `into`, which must outlive the parser.
    RequestParser(RequestLimits limits, Request& into);

    // Parses what it can and returns how many bytes that was; the rest must be passed again, followed by
    // more. Stops at the end of the head, at the end of the request, and when it rejects the request.
    [[nodiscard]] std::size_t parse(std::string_view bytes);

    [[nodiscard]] bool head_done() const { return head_done_; }
    [[nodiscard]] bool done() const { return !rejection_ && is_done(); }
    [[nodiscard]] const std::optional<Rejection>& rejection() const { return rejection_; }

    // Valid after the head.
    [[nodiscard]] bool keep_alive() const { return basic_parser::keep_alive(); }
    [[nodiscard]] bool expects_continue() const { return expects_continue_; }
    [[nodiscard]] bool http_1_0() const { return version_ == 10; }
    // Whether its body may exceed RequestLimits::body.
    [[nodiscard]] bool is_large() const { return body_limit_ > limits_.body; }

  private:
    using error_code = boost::beast::error_code;
    using text = boost::beast::string_view;
    using verb = boost::beast::http::verb;
    using field = boost::beast::http::field;
    using chunk_extensions = boost::beast::string_view;

    void on_request_impl(verb, text method, text target, int version, error_code&) override;
    void on_response_impl(int, text, int, error_code&) override {}
    void on_field_impl(field, text name, text value, error_code& error) override;
#if BOOST_VERSION >= 109000  // before, they go to on_field_impl
    void on_trailer_field_impl(field, text, text, error_code&) override {}
#endif
    void on_header_impl(error_code& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
    std::size_t on_body_impl(text bytes, error_code&) override;
    void on_chunk_header_impl(std::uint64_t, chunk_extensions, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text bytes, error_code&) override;
    void on_finish_impl(error_code&) override {}

    // Parses the request line once it is complete; returns how many bytes that was. Beast would wait for more
    // where the version is missing, and rejects HTTP/1.2, to be read as the newest known version (RFC 9110,
    // 2.5).
    [[nodiscard]] std::size_t parse_request_line(std::string_view bytes);
    [[nodiscard]] std::optional<Rejection> check_framing() const;
    [[nodiscard]] std::optional<Rejection> check_transfer_coding() const;
    [[nodiscard]] std::optional<Rejection> check_target();
    [[nodiscard]] std::optional<Rejection> check_length();
    std::size_t add_to_body(std::string_view bytes, error_code& error);
    void reject(const error_code& error);

    Request& request_;
    RequestLimits limits_;
    std::size_t body_limit_;
    std::size_t head_bytes_ = 0;
    int version_ = 11;
    bool request_line_done_ = false;
    bool is_connect_ = false;
    bool head_done_ = false;
    bool expects_continue_ = false;
    std::optional<Rejection> rejection_;
};

}  // namespace stagedoor::http

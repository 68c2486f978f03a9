// Bytes to a Request. Beast knows the grammar; the limits and what is refused as ambiguous are ours.
#pragma once

#include <boost/beast/http/basic_parser.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/http/message.hpp"

namespace stagedoor::http {

// Why a request isn't taken. Where it ends in the stream is not known then, so the connection ends with the
// answer.
struct Refusal {
    int status;
    std::string_view label;  // in the metric of refusals
    const char* message;
};

struct RequestLimits {
    std::size_t header;
    std::size_t body;
};

// Parses one request, fed in pieces of any size.
class RequestParser final : private boost::beast::http::basic_parser<true> {
  public:
    // What a request with no headers of its own would hold is wiped from `into`; that must live as long as
    // this.
    RequestParser(RequestLimits limits, Request& into);

    // Takes what it can from the front of `bytes` and returns how much that was; what it left must be offered
    // again, with more behind it. Stops at the end of the head, at the end of the request, and when it
    // refuses.
    [[nodiscard]] std::size_t take(std::string_view bytes);

    [[nodiscard]] bool head_done() const { return head_done_; }
    [[nodiscard]] bool done() const { return !refusal_ && is_done(); }
    [[nodiscard]] const std::optional<Refusal>& refusal() const { return refusal_; }

    // Valid once the head is done.
    [[nodiscard]] bool keep_alive() const { return basic_parser::keep_alive(); }
    [[nodiscard]] bool expects_continue() const { return expects_continue_; }
    [[nodiscard]] bool http_1_0() const { return version_ == 10; }

  private:
    using error_code = boost::beast::error_code;
    using text = boost::beast::string_view;
    using verb = boost::beast::http::verb;
    using field = boost::beast::http::field;
    using chunk_extensions = boost::beast::string_view;

    void on_request_impl(verb, text method, text target, int version, error_code&) override;
    void on_response_impl(int, text, int, error_code&) override {}
    void on_field_impl(field, text name, text value, error_code& error) override;
    void on_header_impl(error_code& error) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>& length, error_code&) override;
    std::size_t on_body_impl(text bytes, error_code&) override;
    void on_chunk_header_impl(std::uint64_t, chunk_extensions, error_code&) override {}
    std::size_t on_chunk_body_impl(std::uint64_t, text bytes, error_code&) override;
    void on_finish_impl(error_code&) override {}

    [[nodiscard]] std::optional<Refusal> wrong_with_framing() const;
    [[nodiscard]] std::optional<Refusal> wrong_with_target();
    void refuse(const error_code& error);

    Request& request_;
    RequestLimits limits_;
    std::size_t head_bytes_ = 0;
    int version_ = 11;
    bool is_connect_ = false;
    bool head_done_ = false;
    bool expects_continue_ = false;
    std::optional<Refusal> refusal_;
};

}  // namespace stagedoor::http

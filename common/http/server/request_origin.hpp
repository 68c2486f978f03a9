// Who asks, and under which ids it is logged.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor::http {

using Address = boost::asio::ip::address;

// An IPv4 address that came in through an IPv6 socket as the IPv4 address that it is.
[[nodiscard]] Address plain(const Address& address);

class TrustedProxies {
  public:
    // Addresses and networks; throws std::runtime_error with one line for the operator.
    explicit TrustedProxies(std::span<const std::string> texts);

    [[nodiscard]] bool contains(const Address& address) const;

    // Fills in `remote_address` and `https`. Forwarded headers count only as far as trusted proxies have
    // written them: the client is the right-most address of X-Forwarded-For that isn't one of them.
    void name_client(Request& request, const Address& peer) const;

  private:
    std::vector<boost::asio::ip::network_v4> v4_;
    std::vector<boost::asio::ip::network_v6> v6_;
};

// Random ids, drawn from the system by the hundred. For one thread.
class Ids {
  public:
    explicit Ids(runtime::Random& random) : random_(random), drawn_(1024), used_(drawn_.size()) {}

    void append_hex(std::string& text, std::size_t bytes);

  private:
    runtime::Random& random_;
    std::vector<std::byte> drawn_;
    std::size_t used_;
};

// Fills in `request_id` (the caller's, if it is a decent one) and `traceparent` (the caller's trace or a new
// one, in either case with a span of our own; W3C Trace Context).
void name_request(Request& request, Ids& ids);

// The trace's id within a valid traceparent.
[[nodiscard]] inline std::string_view trace_id(std::string_view traceparent) {
    return traceparent.substr(3, 32);
}

}  // namespace stagedoor::http

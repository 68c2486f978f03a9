// The client's address and protocol, past trusted proxies.
#pragma once

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <span>
#include <string>
#include <vector>

#include "common/http/message.hpp"

namespace stagedoor::http {

using Address = boost::asio::ip::address;

// Converts an IPv4-mapped address, as an IPv6 socket reports it, to IPv4.
[[nodiscard]] Address unmapped(const Address& address);

class TrustedProxies {
  public:
    // Addresses and networks; throws std::runtime_error with one line for the operator.
    explicit TrustedProxies(std::span<const std::string> texts);

    [[nodiscard]] bool contains(const Address& address) const;

    // Fills in `remote_address` and `https`. Forwarded headers count only as far as trusted proxies have
    // written them: the client is the rightmost address in X-Forwarded-For that is not a trusted proxy.
    void set_client(Request& request, const Address& peer) const;

  private:
    std::vector<boost::asio::ip::network_v4> v4_;
    std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace stagedoor::http

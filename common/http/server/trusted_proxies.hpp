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
    // The proxies, either by their addresses and networks or, if `hops` is above 0, as the number of proxies
    // that every request passes, whatever their addresses are. Throws std::runtime_error with one line for
    // the operator.
    explicit TrustedProxies(std::span<const std::string> texts, std::size_t hops = 0);

    // Whether forwarded headers that this peer sends count.
    [[nodiscard]] bool trusts(const Address& peer) const;

    // Fills in `remote_address` and `https`. Forwarded headers count only as far as trusted proxies have
    // written them. Each appends the address it was reached from to X-Forwarded-For: the client is the
    // rightmost one that is not a trusted proxy, or the one that the outermost of the `hops` has written.
    // `encrypted`: whether the peer uses TLS, for proxies that say nothing about the protocol.
    void set_client(Request& request, const Address& peer, bool encrypted) const;

  private:
    [[nodiscard]] bool contains(const Address& address) const;

    std::size_t hops_;
    std::vector<boost::asio::ip::network_v4> v4_;
    std::vector<boost::asio::ip::network_v6> v6_;
};

}  // namespace stagedoor::http

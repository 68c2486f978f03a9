#include "common/service/listen_url.hpp"

#include <boost/asio/ip/address.hpp>

namespace stagedoor {
namespace {

std::string printed_host(const std::string& address) {
    auto ip = boost::asio::ip::make_address(address);
    if (ip.is_unspecified() || ip == boost::asio::ip::address_v4::loopback()) return "localhost";
    if (!ip.is_v6()) return address;
    auto zone = address.find('%');  // fe80::1%eth0; in a URL, % is %25 (RFC 6874)
    return "[" + (zone == std::string::npos ? address : std::string{address}.insert(zone + 1, "25")) + "]";
}

}  // namespace

std::string listen_url(const std::string& address, std::uint16_t port, const std::string& scheme) {
    return scheme + "://" + printed_host(address) + ":" + std::to_string(port);
}

}  // namespace stagedoor

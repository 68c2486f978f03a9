#include "common/http/server/trusted_proxies.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace stagedoor::http {
namespace {

namespace ip = boost::asio::ip;

// An element of X-Forwarded-For: "192.0.2.1", "192.0.2.1:4711", "2001:db8::1", "[2001:db8::1]:4711".
std::optional<Address> forwarded_address(std::string_view text) {
    if (text.starts_with('[')) {
        text = text.substr(1, text.find(']') - 1);
    } else if (std::count(text.begin(), text.end(), ':') == 1) {
        text = text.substr(0, text.find(':'));
    }
    boost::system::error_code error;
    auto address = ip::make_address(std::string{text}, error);
    if (error) return std::nullopt;
    return unmapped(address);
}

// Every element of all headers of that name, in order.
std::vector<std::string_view> elements(const Headers& headers, std::string_view name) {
    std::vector<std::string_view> all;
    for (const auto& [key, value] : headers) {
        if (!same_name(key, name)) continue;
        std::string_view element;
        for (std::string_view rest = value; next_element(rest, element);) all.push_back(element);
    }
    return all;
}

}  // namespace

Address unmapped(const Address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

TrustedProxies::TrustedProxies(std::span<const std::string> texts, std::size_t hops) : hops_(hops) {
    for (const auto& text : texts) {
        boost::system::error_code error;
        auto is_v6 = text.find(':') != std::string::npos;
        auto is_network = text.find('/') != std::string::npos;
        if (is_v6) {
            v6_.push_back(ip::make_network_v6(is_network ? text : text + "/128", error));
        } else {
            v4_.push_back(ip::make_network_v4(is_network ? text : text + "/32", error));
        }
        if (error)
            throw std::runtime_error("trusted proxy \"" + text + "\" is neither an address nor a network");
    }
}

bool TrustedProxies::contains(const Address& address) const {
    // Not by hosts(): Asio's leaves out the first and last address of a network.
    if (address.is_v4()) {
        return std::any_of(v4_.begin(), v4_.end(), [v4 = address.to_v4()](const auto& network) {
            return ip::network_v4{v4, network.prefix_length()}.network() == network.network();
        });
    }
    return std::any_of(v6_.begin(), v6_.end(), [v6 = address.to_v6()](const auto& network) {
        return ip::network_v6{v6, network.prefix_length()}.network() == network.network();
    });
}

bool TrustedProxies::trusts(const Address& peer) const { return hops_ > 0 || contains(peer); }

void TrustedProxies::set_client(Request& request, const Address& peer, bool encrypted) const {
    request.https = encrypted;
    if (!trusts(peer)) {
        request.remote_address = peer.to_string();
        return;
    }
    auto client = peer;
    auto chain = elements(request.headers, "X-Forwarded-For");
    if (hops_ > 0 && !chain.empty()) {
        // A chain shorter than that comes from another service, which sends the client's address alone.
        auto written = forwarded_address(chain[chain.size() - std::min(chain.size(), hops_)]);
        client = written.value_or(peer);
        chain.clear();
    }
    while (!chain.empty() && contains(client)) {
        auto previous = forwarded_address(chain.back());
        if (!previous) break;
        client = *previous;
        chain.pop_back();
    }
    request.remote_address = client.to_string();
    auto protocols = elements(request.headers, "X-Forwarded-Proto");
    if (!protocols.empty()) request.https = same_name(protocols.back(), "https");
}

}  // namespace stagedoor::http

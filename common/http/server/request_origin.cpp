#include "common/http/server/request_origin.hpp"

#include <algorithm>
#include <optional>
#include <stdexcept>

namespace stagedoor::http {
namespace {

namespace ip = boost::asio::ip;

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

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
    return plain(address);
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

bool is_request_id(std::string_view text) {
    auto fits = [](char c) {
        return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
               c == '_' || c == '-';
    };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), fits);
}

// version "-" trace-id "-" parent-id "-" flags; a later version may have more behind a dash.
bool is_traceparent(std::string_view text) {
    if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    auto version = text.substr(0, 2);
    auto trace = text.substr(3, 32);
    auto parent = text.substr(36, 16);
    if (!is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(text.substr(53, 2))) return false;
    if (version == "ff" || is_zero(trace) || is_zero(parent)) return false;
    return version == "00" ? text.size() == 55 : text.size() == 55 || text[55] == '-';
}

}  // namespace

Address plain(const Address& address) {
    if (address.is_v6() && address.to_v6().is_v4_mapped())
        return ip::make_address_v4(ip::v4_mapped, address.to_v6());
    return address;
}

TrustedProxies::TrustedProxies(std::span<const std::string> texts) {
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
    // Not hosts(): in Asio that leaves out the first and the last address of a network.
    if (address.is_v4()) {
        return std::any_of(v4_.begin(), v4_.end(), [v4 = address.to_v4()](const auto& network) {
            return ip::network_v4{v4, network.prefix_length()}.network() == network.network();
        });
    }
    return std::any_of(v6_.begin(), v6_.end(), [v6 = address.to_v6()](const auto& network) {
        return ip::network_v6{v6, network.prefix_length()}.network() == network.network();
    });
}

void TrustedProxies::name_client(Request& request, const Address& peer) const {
    request.https = false;
    if (!contains(peer)) {
        request.remote_address = peer.to_string();
        return;
    }
    auto client = peer;
    auto chain = elements(request.headers, "X-Forwarded-For");
    while (!chain.empty() && contains(client)) {
        auto before = forwarded_address(chain.back());
        if (!before) break;
        client = *before;
        chain.pop_back();
    }
    request.remote_address = client.to_string();
    auto protocols = elements(request.headers, "X-Forwarded-Proto");
    request.https = !protocols.empty() && same_name(protocols.back(), "https");
}

void Ids::append_hex(std::string& text, std::size_t bytes) {
    constexpr auto digits = "0123456789abcdef";
    if (used_ + bytes > drawn_.size()) {
        random_.fill(drawn_);
        used_ = 0;
    }
    for (; bytes > 0; --bytes, ++used_) {
        text += digits[std::to_integer<unsigned>(drawn_[used_]) >> 4];
        text += digits[std::to_integer<unsigned>(drawn_[used_]) & 15];
    }
}

void name_request(Request& request, Ids& ids) {
    request.request_id.clear();
    if (auto given = request.headers["X-Request-Id"]; is_request_id(given)) {
        request.request_id = given;
    } else {
        ids.append_hex(request.request_id, 16);
    }

    auto parent = request.headers["traceparent"];
    auto& own = request.traceparent;
    own = "00-";
    if (is_traceparent(parent)) {
        own += trace_id(parent);
    } else {
        parent = {};
        ids.append_hex(own, 16);
    }
    own += '-';
    ids.append_hex(own, 8);
    // The caller decides whether its trace is sampled; one that starts here is.
    auto sampled = parent.empty() || std::string_view{"13579bdf"}.contains(parent[54]);
    own += sampled ? "-01" : "-00";
}

}  // namespace stagedoor::http

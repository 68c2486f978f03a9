#include "common/http/authority.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <boost/url/authority_view.hpp>

#include "common/http/message.hpp"

namespace stagedoor::http {
namespace {

constexpr std::uint16_t own_port(bool https) { return https ? 443 : 80; }

std::string lower_case(std::string text) {
    std::ranges::transform(text, text.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return text;
}

}  // namespace

std::optional<Authority> Authority::parse(std::string_view text) {
    auto parsed = boost::urls::parse_authority({text.data(), text.size()});
    if (!parsed || parsed->has_userinfo() || parsed->host().empty()) return std::nullopt;
    Authority result;
    if (parsed->has_port() && !parsed->port().empty()) {
        if (parsed->port_number() == 0) return std::nullopt;  // also if it is too large
        result.port = parsed->port_number();
    }
    result.host = lower_case(parsed->host());
    if (result.host.starts_with('[')) result.host = result.host.substr(1, result.host.size() - 2);
    boost::system::error_code not_an_address;
    auto address = boost::asio::ip::make_address(result.host, not_an_address);
    result.is_address = !not_an_address;
    if (result.is_address) result.host = address.to_string();
    return result;
}

std::optional<Origin> Origin::of(bool https, std::string_view host) {
    auto authority = Authority::parse(host);
    if (!authority) return std::nullopt;
    authority->port = authority->port.value_or(own_port(https));
    return Origin{https, std::move(*authority)};
}

std::optional<Origin> Origin::parse(std::string_view text) {
    auto end = text.find("://");
    if (end == std::string_view::npos) return std::nullopt;
    auto https = same_name(text.substr(0, end), "https");
    if (!https && !same_name(text.substr(0, end), "http")) return std::nullopt;
    return of(https, text.substr(end + 3));
}

std::string Origin::to_text() const {
    auto brackets = authority.host.find(':') != std::string::npos;
    auto text = std::string{https ? "https://" : "http://"} + (brackets ? "[" : "") + authority.host;
    if (brackets) text += ']';
    if (authority.port.value_or(own_port(https)) != own_port(https))
        text += ":" + std::to_string(*authority.port);
    return text;
}

bool Origin::operator==(const Origin& other) const {
    return https == other.https && authority.host == other.authority.host &&
           authority.port == other.authority.port;
}

}  // namespace stagedoor::http

#include "common/http/authority.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "common/http/message.hpp"
#include "common/text/ascii.hpp"

namespace stagedoor::http {
namespace {

constexpr std::uint16_t own_port(bool https) { return https ? 443 : 80; }

struct Parts {
    std::string_view host;  // without brackets
    std::optional<std::uint16_t> port;
};

bool is_in_name(char c) {
    return text::is_alphanumeric(c) || std::string_view{"-._~!$&'()*+,;="}.contains(c);
}

bool is_v6(std::string_view text) {
    boost::system::error_code error;
    boost::asio::ip::make_address_v6(std::string{text}, error);
    return !error && !text.contains('%');  // no zone
}

// Not by Boost.URL 1.81, which rejects names that begin with an address, such as 127.0.0.1.nip.io.
std::optional<Parts> split(std::string_view text) {
    auto bracketed = text.starts_with('[');
    auto end = bracketed ? text.find(']') : std::min(text.find(':'), text.size());
    if (end == std::string_view::npos) return std::nullopt;
    Parts parts{text.substr(bracketed, end - bracketed), {}};
    if (bracketed ? !is_v6(parts.host) : parts.host.empty() || !std::ranges::all_of(parts.host, is_in_name))
        return std::nullopt;
    auto rest = text.substr(end + bracketed);
    if (rest.empty() || rest == ":") return parts;
    std::uint16_t port = 0;
    auto [stop, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), port);
    if (rest.front() != ':' || error != std::errc{} || stop != rest.data() + rest.size() || port == 0)
        return std::nullopt;
    parts.port = port;
    return parts;
}

}  // namespace

bool is_authority(std::string_view text) { return split(text).has_value(); }

std::optional<Authority> Authority::parse(std::string_view text) {
    auto parts = split(text);
    if (!parts) return std::nullopt;
    Authority result{text::to_lower(parts->host), parts->port};
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

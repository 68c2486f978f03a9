#include "common/outbound/address.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>
#include <charconv>

#include "common/text/ascii.hpp"

namespace stagedoor::outbound {
namespace {

bool is_port(std::string_view text) {
    std::uint16_t port = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    return error == std::errc{} && end == text.data() + text.size() && port > 0;
}

bool is_name(std::string_view host) {
    auto is_allowed = [](char c) { return text::is_alphanumeric(c) || c == '-' || c == '.' || c == '_'; };
    return !host.empty() && !host.starts_with('.') && std::ranges::all_of(host, is_allowed);
}

}  // namespace

bool is_mail_address(std::string_view text) {
    auto is_delimiter = [](char c) {
        return c < ' ' || c > '~' || std::string_view{" <>,;:\"()[]\\"}.contains(c);
    };
    return std::ranges::none_of(text, is_delimiter) && std::ranges::count(text, '@') == 1 &&
           !text.starts_with('@') && !text.ends_with('@');
}

std::optional<std::string> host_of(std::string_view authority) {
    auto bracketed = authority.starts_with('[');
    auto end = bracketed ? authority.find(']') : std::min(authority.find(':'), authority.size());
    if (end == std::string_view::npos) return std::nullopt;
    std::string host{authority.substr(bracketed, end - bracketed)};
    auto rest = authority.substr(end + bracketed);
    if (!rest.empty() && !(rest.starts_with(':') && is_port(rest.substr(1)))) return std::nullopt;
    boost::system::error_code error;
    if (bracketed) (void)boost::asio::ip::make_address_v6(host, error);
    if (bracketed ? error.failed() : !is_name(host)) return std::nullopt;
    return host;
}

bool is_loopback(const std::string& host) {
    boost::system::error_code error;
    auto address = boost::asio::ip::make_address(host, error);
    return host == "localhost" || (!error && address.is_loopback());
}

std::string hello_name(const std::string& host) {
    boost::system::error_code error;
    auto address = boost::asio::ip::make_address(host, error);
    if (error) return host;
    return (address.is_v6() ? "[IPv6:" : "[") + host + "]";
}

}  // namespace stagedoor::outbound

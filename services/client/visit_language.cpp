#include "services/client/visit_language.hpp"

#include <algorithm>
#include <array>

#include "common/http/negotiation.hpp"

namespace stagedoor::client {
namespace {

// "de" of "/de/orders", "/de" and "/de?x".
std::optional<Language> language_in(std::string_view address) {
    if (!address.starts_with('/')) return std::nullopt;
    auto segment = address.substr(1, address.find_first_of("/?#", 1) - 1);
    return language_of_tag(segment);
}

// Whether the address is that of a page, which has a language.
bool has_language(std::string_view address) {
    constexpr std::array<std::string_view, 6> others{"/static/", "/api/",         "/posters/",
                                                     "/live",    "/.well-known/", "/site.webmanifest"};
    auto is_here = address.starts_with('/') && !address.starts_with("//");
    return is_here && std::ranges::none_of(others, [&](auto each) { return address.starts_with(each); });
}

}  // namespace

Language language_of(const App& app, const http::Request& request) {
    if (auto language = language_in(request.prefix)) return *language;
    if (auto language = language_of_tag(request.cookie(app.cookie_name(language_cookie)))) return *language;
    return http::preferred_language(request.headers).value_or(app.language);
}

std::string with_prefix(std::string_view prefix, std::string address) {
    if (prefix.empty() || !has_language(address) || language_in(address)) return address;
    return std::string{prefix} + address;
}

std::string without_prefix(std::string address) {
    auto language = language_in(address);
    if (!language) return address;
    address.erase(0, 1 + to_tag(*language).size());
    if (!address.starts_with('/')) address.insert(0, "/");
    return address.starts_with("//") ? "/" : address;
}

std::string with_prefixed_links(std::string_view html, std::string_view prefix) {
    constexpr std::array<std::string_view, 3> attributes{" href=\"", " action=\"", " formaction=\""};
    std::string page;
    page.reserve(html.size() + html.size() / 16);
    for (;;) {
        auto quote = html.find("=\"/");
        if (quote == std::string_view::npos) break;
        auto start = quote + 2;
        page.append(html.substr(0, start));
        auto is_link = std::ranges::any_of(attributes, [&](auto each) { return page.ends_with(each); });
        html.remove_prefix(start);
        auto address = html.substr(0, html.find('"'));
        page.append(is_link ? with_prefix(prefix, std::string{address}) : std::string{address});
        html.remove_prefix(address.size());
    }
    return page.append(html);
}

}  // namespace stagedoor::client

#include "common/http/message.hpp"

#include <algorithm>
#include <boost/url/encode.hpp>
#include <boost/url/pct_string_view.hpp>
#include <boost/url/rfc/unreserved_chars.hpp>

#include "common/http/authority.hpp"
#include "common/text/ascii.hpp"

namespace stagedoor::http {
namespace {

using text::to_lower;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

// Whether a decoded path has a segment "." or "..".
bool has_dot_segment(std::string_view path) {
    for (std::size_t at = path.find("/."); at != std::string_view::npos; at = path.find("/.", at + 1)) {
        auto end = std::min(path.find('/', at + 1), path.size());
        auto segment = path.substr(at + 1, end - at - 1);
        if (segment == "." || segment == "..") return true;
    }
    return false;
}

bool has_escaped_slash(std::string_view path) {
    for (auto at = path.find("%2"); at != std::string_view::npos; at = path.find("%2", at + 1)) {
        if (at + 2 < path.size() && to_lower(path[at + 2]) == 'f') return true;
    }
    return false;
}

// Removes "http://host:port" from an absolute target and returns the authority; nullopt if it is malformed.
std::optional<std::string> extract_authority(std::string_view& target) {
    auto scheme_end = target.find("://");
    if (scheme_end == std::string_view::npos) return std::nullopt;
    auto scheme = target.substr(0, scheme_end);
    if (!same_name(scheme, "http") && !same_name(scheme, "https")) return std::nullopt;
    auto rest = target.substr(scheme_end + 3);
    auto end = std::min(rest.find_first_of("/?"), rest.size());
    auto text = rest.substr(0, end);
    if (!is_authority(text)) return std::nullopt;
    target = rest.substr(end);
    return std::string{text};
}

}  // namespace

std::string_view to_text(Method method) {
    switch (method) {
        case Method::get:
            return "GET";
        case Method::head:
            return "HEAD";
        case Method::post:
            return "POST";
        case Method::put:
            return "PUT";
        case Method::delete_:
            return "DELETE";
        case Method::options:
            return "OPTIONS";
        case Method::other:
            break;
    }
    return "OTHER";
}

Method method_from(std::string_view text) {
    for (auto method :
         {Method::get, Method::head, Method::post, Method::put, Method::delete_, Method::options}) {
        if (text == to_text(method)) return method;
    }
    return Method::other;
}

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return x == y || to_lower(x) == to_lower(y);
           });
}

std::string_view trimmed(std::string_view text) {
    auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool next_part(std::string_view& rest, std::string_view& part, char separator) {
    if (rest.empty()) return false;
    bool quoted = false;
    std::size_t end = 0;
    for (; end < rest.size() && (quoted || rest[end] != separator); ++end) {
        if (rest[end] == '"') quoted = !quoted;
        if (quoted && rest[end] == '\\') ++end;
    }
    end = std::min(end, rest.size());
    part = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    return true;
}

bool next_element(std::string_view& rest, std::string_view& element) {
    while (next_part(rest, element, ',')) {
        if (!element.empty()) return true;
    }
    return false;
}

void Headers::set(std::string_view name, std::string value) {
    auto same = [name](const auto& header) { return same_name(header.first, name); };
    auto first = std::find_if(all_.begin(), all_.end(), same);
    if (first == all_.end()) return add(std::string{name}, std::move(value));
    first->second = std::move(value);
    all_.erase(std::remove_if(first + 1, all_.end(), same), all_.end());
}

std::string_view Headers::operator[](std::string_view name) const {
    for (const auto& [key, value] : all_) {
        if (same_name(key, name)) return value;
    }
    return {};
}

bool Headers::has(std::string_view name) const {
    return std::any_of(all_.begin(), all_.end(),
                       [name](const auto& header) { return same_name(header.first, name); });
}

std::string Headers::joined(std::string_view name) const {
    std::string all;
    for (const auto& [key, value] : all_) {
        if (!same_name(key, name)) continue;
        if (!all.empty()) all += ", ";
        all += value;
    }
    return all;
}

void Headers::remove(std::string_view name) {
    std::erase_if(all_, [name](const auto& header) { return same_name(header.first, name); });
}

bool Request::set_target(std::string_view text) {
    std::optional<std::string> authority;
    if (!text.starts_with('/')) {
        authority = extract_authority(text);
        if (!authority) return false;
    }
    if (text.find('#') != std::string_view::npos) return false;
    if (std::any_of(text.begin(), text.end(), [](char c) { return is_control(c) || c == ' '; })) return false;

    auto question = std::min(text.find('?'), text.size());
    auto raw_path = text.substr(0, question);
    auto decoded = percent_decode(raw_path.empty() ? "/" : raw_path, false);
    if (!decoded || has_escaped_slash(raw_path) || has_dot_segment(*decoded)) return false;
    if (std::any_of(decoded->begin(), decoded->end(), is_control)) return false;
    auto raw_query = text.substr(std::min(question + 1, text.size()));
    if (!percent_decode(raw_query, true)) return false;

    path = std::move(*decoded);
    query = raw_query;
    target = raw_path.empty() ? "/" : raw_path;
    target += text.substr(question);
    if (authority) headers.set("Host", std::move(*authority));
    return true;
}

bool has_unreadable_escape(std::string_view target) {
    auto path = target.substr(0, target.find('?'));
    auto decoded = percent_decode(path, false);
    if (!decoded || has_escaped_slash(path)) return true;
    return std::ranges::any_of(*decoded, is_control) && std::ranges::none_of(path, is_control);
}

std::vector<std::string_view> Request::cookies(std::string_view name) const {
    std::vector<std::string_view> all;
    for (const auto& [key, value] : headers) {
        if (!same_name(key, "Cookie")) continue;
        for (std::string_view rest = value; !rest.empty();) {
            auto end = std::min(rest.find(';'), rest.size());
            auto pair = trimmed(rest.substr(0, end));
            rest.remove_prefix(std::min(end + 1, rest.size()));
            auto equals = pair.find('=');
            if (equals != std::string_view::npos && pair.substr(0, equals) == name)
                all.push_back(pair.substr(equals + 1));
        }
    }
    return all;
}

std::string_view Request::cookie(std::string_view name) const {
    auto all = cookies(name);
    return all.empty() ? std::string_view{} : all.front();
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
    auto encoded = boost::urls::make_pct_string_view({text.data(), text.size()});
    if (!encoded) return std::nullopt;
    auto decoded = encoded->decode(boost::urls::encoding_opts{plus_is_space});
    if (decoded.contains('\0')) return std::nullopt;
    return decoded;
}

std::string percent_encode(std::string_view text) {
    return boost::urls::encode({text.data(), text.size()}, boost::urls::unreserved_chars);
}

std::optional<Pairs> parse_pairs(std::string_view text) {
    Pairs pairs;
    while (!text.empty()) {
        auto end = std::min(text.find('&'), text.size());
        auto pair = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        if (pair.empty()) continue;
        auto equals = std::min(pair.find('='), pair.size());
        auto name = percent_decode(pair.substr(0, equals), true);
        auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
        if (!name || !value) return std::nullopt;
        pairs.emplace_back(std::move(*name), std::move(*value));
    }
    return pairs;
}

}  // namespace stagedoor::http

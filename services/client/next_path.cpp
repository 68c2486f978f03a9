#include "services/client/next_path.hpp"

#include <algorithm>

#include "common/http/message.hpp"

namespace stagedoor::client {

std::string next_path(std::string_view text) {
    // Browsers read "\" as "/" and skip tabs and line breaks in URLs, so "/\evil" and "/<tab>/evil" are other
    // sites, too.
    auto allowed = [](char c) { return c > ' ' && c < 0x7F && c != '\\'; };
    auto is_path = text.starts_with('/') && !text.starts_with("//") && text.size() <= 1000;
    return is_path && std::ranges::all_of(text, allowed) ? std::string{text} : "/";
}

std::string sign_in_url(std::string_view next) {
    auto safe = next_path(next);
    return safe == "/" ? "/auth/signin" : "/auth/signin?next=" + http::percent_encode(safe);
}

}  // namespace stagedoor::client

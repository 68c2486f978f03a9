// What a client accepts: Accept, Accept-Encoding and Accept-Language with their weights (RFC 9110, 12.4 and
// 12.5).
#pragma once

#include <compare>
#include <optional>
#include <string_view>

#include "common/http/message.hpp"
#include "common/language/language.hpp"

namespace stagedoor::http {

// How much something is accepted: by the most specific element that matches it.
struct Acceptance {
    double weight = 0;    // 0: not at all
    int specificity = 0;  // 0: by no element; then */*, text/*, text/html

    auto operator<=>(const Acceptance&) const = default;
};

// The weight among the parameters of an element: "q=0.5;level=1" → 0.5, clamped to 0…1; 1 if there is no q, 0
// if it is malformed.
[[nodiscard]] double quality(std::string_view parameters);

// How much the Accept header accepts a media type such as "text/html". Without the header: by no element.
[[nodiscard]] Acceptance acceptance(const Headers& headers, std::string_view media_type);

// Whether JSON is preferred to HTML, as programs do and browsers don't. Of two equal weights, the more
// specific range counts: "application/json, */*" prefers JSON, "*/*" alone doesn't.
[[nodiscard]] bool prefers_json(const Headers& headers);

// The best of our languages, by Accept-Language: a range matches a language or what is spoken in one country
// ("de-AT" is answered in German; RFC 4647's Lookup). nullopt if none of ours is accepted, or all are alike.
[[nodiscard]] std::optional<Language> preferred_language(const Headers& headers);

// Whether Accept-Encoding accepts gzip at least as much as uncompressed content.
[[nodiscard]] bool accepts_gzip(const Headers& headers);

}  // namespace stagedoor::http

#include "common/http/negotiation.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>

namespace stagedoor::http {
namespace {

// Calls f(name, weight) for each element of all headers of that name.
template <class F>
void for_each_weighted(const Headers& headers, std::string_view name, F f) {
    for (const auto& [key, value] : headers) {
        if (!same_name(key, name)) continue;
        std::string_view element;
        for (std::string_view rest = value; next_element(rest, element);) {
            std::string_view accepted;
            if (next_part(element, accepted, ';')) f(accepted, quality(element));
        }
    }
}

// 0 if the range does not match the media type.
int specificity(std::string_view range, std::string_view media_type) {
    if (same_name(range, media_type)) return 3;
    if (range == "*/*") return 1;
    auto slash = media_type.find('/') + 1;
    return range.ends_with("/*") && same_name(range.substr(0, range.size() - 1), media_type.substr(0, slash))
               ? 2
               : 0;
}

}  // namespace

double quality(std::string_view parameters) {
    std::string_view parameter;
    for (auto rest = parameters; next_part(rest, parameter, ';');) {
        if (parameter.size() < 2 || !same_name(parameter.substr(0, 2), "q=")) continue;
        double q = 0;
        auto [stop, error] = std::from_chars(parameter.data() + 2, parameter.data() + parameter.size(), q);
        auto whole = error == std::errc{} && stop == parameter.data() + parameter.size();
        return whole && std::isfinite(q) ? std::clamp(q, 0.0, 1.0) : 0;  // from_chars reads "nan" and "inf"
    }
    return 1;
}

Acceptance acceptance(const Headers& headers, std::string_view media_type) {
    Acceptance best;
    for_each_weighted(headers, "Accept", [&](std::string_view range, double weight) {
        auto match = specificity(range, media_type);
        if (match > best.specificity || (match == best.specificity && match > 0 && weight > best.weight))
            best = {weight, match};
    });
    return best;
}

bool prefers_json(const Headers& headers) {
    auto json =
        std::max(acceptance(headers, "application/json"), acceptance(headers, "application/problem+json"));
    auto html = acceptance(headers, "text/html");
    return json.weight > 0 && json > html;
}

std::optional<Language> preferred_language(const Headers& headers) {
    if (!headers.has("Accept-Language")) return std::nullopt;
    std::optional<Language> best;
    double best_weight = 0;
    for_each_weighted(headers, "Accept-Language", [&](std::string_view range, double weight) {
        auto language = language_of_tag(range.substr(0, range.find('-')));
        if (!language || weight <= best_weight) return;  // of equal weights the first
        best = language;
        best_weight = weight;
    });
    return best;
}

bool accepts_gzip(const Headers& headers) {
    std::optional<double> gzip, any, identity;
    for_each_weighted(headers, "Accept-Encoding", [&](std::string_view coding, double weight) {
        if (same_name(coding, "gzip") || same_name(coding, "x-gzip"))
            gzip = weight;
        else if (same_name(coding, "identity"))
            identity = weight;
        else if (coding == "*")
            any = weight;
    });
    auto weight = gzip.value_or(any.value_or(0));
    return weight > 0 && weight >= identity.value_or(0);
}

}  // namespace stagedoor::http

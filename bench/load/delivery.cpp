#include "bench/load/delivery.hpp"

#include <algorithm>
#include <cstdlib>
#include <limits>

namespace stagedoor::load {
namespace {

std::optional<std::string> label(std::string_view labels, std::string_view name) {
    auto wanted = std::string{name} + "=\"";
    auto at = labels.find(wanted);
    while (at != std::string_view::npos && at != 0 && labels[at - 1] != ',' && labels[at - 1] != ' ') {
        at = labels.find(wanted, at + 1);  // matched the end of a longer name
    }
    if (at == std::string_view::npos) return std::nullopt;
    auto begin = at + wanted.size();
    return std::string{labels.substr(begin, labels.find('"', begin) - begin)};
}

double bound_of(const std::string& text) {
    return text == "+Inf" ? std::numeric_limits<double>::infinity() : std::strtod(text.c_str(), nullptr);
}

void read_line(std::string_view line, std::string_view series, BucketsByService& into) {
    if (!line.starts_with(series) || line.size() == series.size() || line[series.size()] != '{') return;
    auto close = line.rfind('}');
    if (close == std::string_view::npos) return;
    auto labels = line.substr(series.size() + 1, close - series.size() - 1);
    auto bound = label(labels, "le");
    if (!bound) return;
    auto events = std::strtod(std::string{line.substr(close + 1)}.c_str(), nullptr);
    into[label(labels, "service").value_or("all")][bound_of(*bound)] += static_cast<std::uint64_t>(events);
}

}  // namespace

BucketsByService read_buckets(std::string_view page, std::string_view histogram) {
    BucketsByService found;
    auto series = std::string{histogram} + "_bucket";
    while (!page.empty()) {
        auto line_end = page.find('\n');
        read_line(page.substr(0, line_end), series, found);
        if (line_end == std::string_view::npos) break;
        page.remove_prefix(line_end + 1);
    }
    return found;
}

BucketsByService since(const BucketsByService& before, const BucketsByService& after) {
    auto difference = after;
    for (auto& [service, buckets] : difference) {
        auto known = before.find(service);
        if (known == before.end()) continue;
        for (auto& [bound, events] : buckets) {
            auto earlier = known->second.find(bound);
            if (earlier != known->second.end()) events -= std::min(events, earlier->second);
        }
    }
    return difference;
}

Buckets sum_of(const BucketsByService& services) {
    Buckets sum;
    for (const auto& [service, buckets] : services) {
        for (auto [bound, events] : buckets) sum[bound] += events;
    }
    return sum;
}

std::uint64_t events_in(const Buckets& buckets) { return buckets.empty() ? 0 : buckets.rbegin()->second; }

std::optional<double> quantile_seconds(const Buckets& buckets, double share) {
    auto events = events_in(buckets);
    if (events == 0) return std::nullopt;
    auto rank = share * static_cast<double>(events);
    double lower_bound = 0;
    double below = 0;
    for (auto [bound, up_to_here] : buckets) {
        auto here = static_cast<double>(up_to_here);
        if (here >= rank) {
            if (bound == std::numeric_limits<double>::infinity()) return bound;
            return here == below ? bound
                                 : lower_bound + (bound - lower_bound) * (rank - below) / (here - below);
        }
        lower_bound = bound;
        below = here;
    }
    return std::numeric_limits<double>::infinity();
}

}  // namespace stagedoor::load

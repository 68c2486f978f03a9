#include "bench/load/report.hpp"

#include <fmt/format.h>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

namespace stagedoor::load {
namespace {

double ms(Histogram::Duration d) { return static_cast<double>(d.count()) / 1000.0; }

std::string status_counts(const Measured& measured) {
    std::string text;
    for (auto [status, responses] : measured.responses) {
        text += fmt::format("{}{}×{}", text.empty() ? "" : " ", status, responses);
    }
    return text.empty() ? "none" : text;
}

std::string seconds_as_ms(std::optional<double> seconds, std::string_view unknown) {
    return seconds && std::isfinite(*seconds) ? fmt::format("{:.2f}", *seconds * 1000) : std::string{unknown};
}

std::string why_unknown(std::optional<double> seconds) {
    return seconds && std::isinf(*seconds) ? "above the last bucket" : "no events";
}

}  // namespace

std::string table(const Outcome& outcome) {
    const auto& m = outcome.measured;
    auto target = outcome.target_rate > 0 ? fmt::format("{:.0f}", outcome.target_rate) : "max";
    auto text = fmt::format("{:<18} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>5}  {}\n", "scenario",
                            "target", "rate/s", "p50 ms", "p90 ms", "p99 ms", "p99.9 ms", "max ms", "samples",
                            "cores", "responses");
    text +=
        fmt::format("{:<18} {:>6} {:>8.0f} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f} {:>8.2f} {:>8} {:>5.2f}  {}\n",
                    outcome.name, target, m.rate, ms(m.latency.quantile(0.5)), ms(m.latency.quantile(0.9)),
                    ms(m.latency.quantile(0.99)), ms(m.latency.quantile(0.999)), ms(m.latency.max()),
                    m.latency.count(), m.own_cores, status_counts(m));
    if (m.was_overloaded)
        text += fmt::format(
            "refused {}, held back {}; accepted of a connection: at least {}, median {}, at most {}\n",
            m.refused, m.never_sent, m.min_of_connection, m.median_of_connection, m.max_of_connection);
    if (outcome.converged) {
        text += fmt::format("all projections agreed within {} ms of the last response\n",
                            outcome.converged->count());
    }
    if (!outcome.delivery) return text;
    text += "from commit to the subscriber's commit:\n";
    auto line = [&](const std::string& name, const Buckets& buckets) {
        auto p50 = quantile_seconds(buckets, 0.5);
        auto p99 = quantile_seconds(buckets, 0.99);
        text += fmt::format("  {:<16} {:>9} events  p50 {} ms  p99 {} ms\n", name, events_in(buckets),
                            seconds_as_ms(p50, why_unknown(p50)), seconds_as_ms(p99, why_unknown(p99)));
    };
    for (const auto& [service, buckets] : *outcome.delivery) line(service, buckets);
    line("all", sum_of(*outcome.delivery));
    return text;
}

std::string json(const Outcome& outcome) {
    const auto& m = outcome.measured;
    auto text =
        fmt::format("{{\n\"name\": {},\n\"rate_asked\": {:.0f},\n\"connections\": {},\n\"rate\": {:.1f},\n",
                    boost::json::serialize(boost::json::string{outcome.name}), outcome.target_rate,
                    outcome.connections, m.rate);
    text +=
        fmt::format("\"p50_ms\": {:.3f},\n\"p90_ms\": {:.3f},\n\"p99_ms\": {:.3f},\n\"p999_ms\": {:.3f},\n",
                    ms(m.latency.quantile(0.5)), ms(m.latency.quantile(0.9)), ms(m.latency.quantile(0.99)),
                    ms(m.latency.quantile(0.999)));
    text +=
        fmt::format("\"max_ms\": {:.3f},\n\"samples\": {},\n\"sent\": {},\n\"refused\": {},\n\"lost\": {},\n",
                    ms(m.latency.max()), m.latency.count(), m.sent, m.refused + m.rejected, m.lost);
    text += fmt::format("\"never_sent\": {},\n\"reconnects\": {},\n\"own_cores\": {:.2f},\n", m.never_sent,
                        m.reconnects, m.own_cores);
    text +=
        fmt::format("\"min_of_connection\": {},\n\"median_of_connection\": {},\n\"max_of_connection\": {},\n",
                    m.min_of_connection, m.median_of_connection, m.max_of_connection);
    std::string responses;
    for (auto [status, count] : m.responses) {
        responses += fmt::format("{}\"{}\": {}", responses.empty() ? "" : ", ", status, count);
    }
    text += fmt::format("\"answers\": {{{}}},\n", responses);
    if (outcome.converged) text += fmt::format("\"converged_ms\": {},\n", outcome.converged->count());
    if (outcome.delivery) {
        auto all = sum_of(*outcome.delivery);
        text += fmt::format("\"delivery_events\": {},\n\"delivery_p50_ms\": {},\n\"delivery_p99_ms\": {},\n",
                            events_in(all), seconds_as_ms(quantile_seconds(all, 0.5), "null"),
                            seconds_as_ms(quantile_seconds(all, 0.99), "null"));
        for (const auto& [service, buckets] : *outcome.delivery)
            text += fmt::format("\"delivery_{}_p99_ms\": {},\n", service,
                                seconds_as_ms(quantile_seconds(buckets, 0.99), "null"));
    }
    boost::json::array failures(outcome.failures.begin(), outcome.failures.end());
    return text + fmt::format("\"failures\": {}\n}}\n", boost::json::serialize(failures));
}

}  // namespace stagedoor::load

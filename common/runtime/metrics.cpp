#include "common/runtime/metrics.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <mutex>

namespace stagedoor::runtime {

struct Metrics::Registry {
    prometheus::Registry all;
    std::map<std::string, prometheus::Family<prometheus::Counter>*> counters;
    std::map<std::string, prometheus::Family<prometheus::Gauge>*> gauges;
    std::map<std::string, prometheus::Family<prometheus::Histogram>*> histograms;
    std::mutex mutex;

    template <class Kind, class Build>
    prometheus::Family<Kind>& family(std::map<std::string, prometheus::Family<Kind>*>& known, Build build,
                                     const std::string& name, const std::string& help) {
        std::lock_guard lock{mutex};
        auto& found = known[name];
        if (!found) found = &build().Name(name).Help(help).Register(all);
        return *found;
    }
};

Metrics::Metrics() : registry_(std::make_unique<Registry>()) {}
Metrics::~Metrics() = default;

void Counter::add(double amount) const { static_cast<prometheus::Counter*>(held)->Increment(amount); }
void Gauge::set(double value) const { static_cast<prometheus::Gauge*>(held)->Set(value); }
void Gauge::add(double amount) const { static_cast<prometheus::Gauge*>(held)->Increment(amount); }
void Histogram::observe(double value) const { static_cast<prometheus::Histogram*>(held)->Observe(value); }

Counter Metrics::counter(const std::string& name, const std::string& help, const Labels& labels) {
    auto& family = registry_->family(registry_->counters, prometheus::BuildCounter, name, help);
    return {&family.Add(labels)};
}

Gauge Metrics::gauge(const std::string& name, const std::string& help, const Labels& labels) {
    auto& family = registry_->family(registry_->gauges, prometheus::BuildGauge, name, help);
    return {&family.Add(labels)};
}

Histogram Metrics::histogram(const std::string& name, const std::string& help, const Labels& labels,
                             std::vector<double> bounds) {
    if (bounds.empty()) bounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
    auto& family = registry_->family(registry_->histograms, prometheus::BuildHistogram, name, help);
    return {&family.Add(labels, bounds)};
}

std::string Metrics::to_text() const {
    return prometheus::TextSerializer{}.Serialize(registry_->all.Collect());
}

}  // namespace stagedoor::runtime

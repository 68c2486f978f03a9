// Prometheus metrics: base units, names with the prefix `stagedoor_`. Created at start, then updated without
// a lock.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace stagedoor::runtime {

using Labels = std::map<std::string, std::string>;

class Counter {
  public:
    void add(double amount = 1) const;
    void* held = nullptr;
};
class Gauge {
  public:
    void set(double value) const;
    void add(double amount) const;
    void* held = nullptr;
};
class Histogram {
  public:
    void observe(double value) const;
    void* held = nullptr;
};

// The registry of one program's metrics. The same name and labels return the same metric. Metrics are
// handles, valid as long as the registry.
class Metrics {
  public:
    Metrics();
    ~Metrics();
    Metrics(const Metrics&) = delete;
    Metrics& operator=(const Metrics&) = delete;

    [[nodiscard]] Counter counter(const std::string& name, const std::string& help,
                                  const Labels& labels = {});
    [[nodiscard]] Gauge gauge(const std::string& name, const std::string& help, const Labels& labels = {});
    // `bounds`: the buckets' upper bounds; if empty, 1 ms … 10 s.
    [[nodiscard]] Histogram histogram(const std::string& name, const std::string& help,
                                      const Labels& labels = {}, std::vector<double> bounds = {});

    // In Prometheus' text exposition format.
    [[nodiscard]] std::string to_text() const;

  private:
    struct Registry;
    std::unique_ptr<Registry> registry_;
};

}  // namespace stagedoor::runtime

// A bus that only carries hints, at once, to whoever listens.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/bus/bus.hpp"

namespace stagedoor::testing {

struct HintBus final : bus::Bus {
    void publish_from(bus::Log&) override {}
    void deliver_to(bus::Subscriber&) override {}
    void start(const runtime::Executor&) override {}
    Task<> stop() override { co_return; }
    [[nodiscard]] bool connected() const override { return true; }
    [[nodiscard]] bool carries_hints() const override { return true; }
    void on_hint(const std::string& topic, std::function<void(std::string)> receive) override {
        receivers.emplace(topic, std::move(receive));
    }
    void send_hint(const std::string& topic, std::string hint) override {
        sent.push_back(hint);
        auto [begin, end] = receivers.equal_range(topic);
        for (auto each = begin; each != end; ++each) each->second(hint);
    }

    std::multimap<std::string, std::function<void(std::string)>> receivers;
    std::vector<std::string> sent;
};

}  // namespace stagedoor::testing

// How a service asks another one that is a program of its own: over HTTP, on kept-alive connections.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/http/client.hpp"
#include "common/outbound/outbound.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/service/settings.hpp"

namespace stagedoor {

// Copies are asked in turn. When one gives no answer, another is asked; so it is when a request may have arrived, but
// only with what is safe to repeat: reads, deletions, and what carries an Idempotency-Key. A copy that failed
// several times in a row is left alone for a while (a circuit breaker), so that nobody waits for it. Any thread.
class RemoteClient final : public http::Client {
  public:
    // All outlive it.
    RemoteClient(const ServiceAddresses& addresses, outbound::Transport& transport, runtime::Clock& clock,
                 runtime::Metrics& metrics);
    ~RemoteClient() override;

    [[nodiscard]] Task<http::Response> ask(std::string_view service, http::Request request) override;
    [[nodiscard]] std::vector<std::string> services() const;

  private:
    struct Copy;
    using Copies = std::vector<std::unique_ptr<Copy>>;

    [[nodiscard]] std::vector<Copy*> in_turn(Copies& copies);
    void note(Copy& copy, bool answered);

    outbound::Transport& transport_;
    runtime::Clock& clock_;
    std::map<std::string, Copies, std::less<>> services_;
    runtime::Counter failures_, broken_;
    std::mutex mutex_;  // of what is known of copies
    std::size_t next_ = 0;
};

}  // namespace stagedoor

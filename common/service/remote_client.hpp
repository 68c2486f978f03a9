// Sends requests to services in other programs: over HTTP, on keep-alive connections.
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
#include "common/service/cells.hpp"

namespace stagedoor {

class ServiceClient : public http::Client {
  public:
    [[nodiscard]] virtual std::vector<std::string> services() const = 0;
};

// Round robin over a service's replicas. If one does not respond, tries the next one; but repeats a request
// that may have arrived only if that is safe: reads, deletions, and requests with an Idempotency-Key. A
// circuit breaker excludes a replica for a second after three failures in a row. Any thread.
class RemoteClient final : public ServiceClient {
  public:
    // The references must outlive it.
    RemoteClient(const ServiceAddresses& addresses, outbound::Transport& transport, runtime::Clock& clock,
                 runtime::Metrics& metrics);
    ~RemoteClient() override;

    // Throws Unavailable if no replica responds or the service has no address.
    [[nodiscard]] Task<http::Response> send(std::string_view service, http::Request request) override;
    [[nodiscard]] std::vector<std::string> services() const override;

  private:
    struct Replica;
    using Replicas = std::vector<std::unique_ptr<Replica>>;

    [[nodiscard]] std::vector<Replica*> round_robin(Replicas& replicas);
    void record(Replica& replica, bool responded);

    outbound::Transport& transport_;
    runtime::Clock& clock_;
    std::map<std::string, Replicas, std::less<>> services_;
    runtime::Counter failures_, breaks_;
    std::mutex mutex_;  // protects replicas and next_
    std::size_t next_ = 0;
};

}  // namespace stagedoor

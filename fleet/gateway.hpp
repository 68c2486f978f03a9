// nginx in front of the services, routing by path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "fleet/certificates.hpp"
#include "fleet/process.hpp"

namespace stagedoor::fleet {

// The ports of the replicas, by service.
using ServicePorts = std::map<std::string, std::vector<std::uint16_t>>;

class Gateway {
  public:
    // `limited`: whether one client may have only so many requests in progress. With an identity, it reaches
    // the services over TLS.
    Gateway(std::filesystem::path folder, std::uint16_t port, const ServicePorts& services, bool limited,
            const std::optional<Identity>& identity = {});

    // Starts it and waits until it listens. Throws, with its log, if it does not within 10 s.
    void start();
    void stop();
    [[nodiscard]] bool runs() { return process_ && !process_->ended(); }
    [[nodiscard]] Process& process() { return *process_; }
    [[nodiscard]] std::uint16_t port() const { return port_; }

  private:
    std::filesystem::path folder_;
    std::uint16_t port_;
    std::unique_ptr<Process> process_;
};

}  // namespace stagedoor::fleet

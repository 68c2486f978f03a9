// Who may use the admin port.
#pragma once

#include "common/http/message.hpp"
#include "common/service/program_settings.hpp"

namespace stagedoor {

class AdminAccess {
  public:
    explicit AdminAccess(const ProgramSettings& settings);

    // Probes are for everybody, and everything is for those who may open the unix socket. On the port the
    // rest needs the token, if one is set. Without one, only a port on loopback has admin routes, and metrics
    // beyond it where the settings allow that. Throws NotSignedIn or Forbidden.
    void check(const http::Request& request) const;

  private:
    std::string token_;
    bool is_local_, metrics_are_open_;
};

}  // namespace stagedoor

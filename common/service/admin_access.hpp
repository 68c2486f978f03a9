// Who may use the admin port.
#pragma once

#include "common/http/message.hpp"
#include "common/service/program_settings.hpp"

namespace stagedoor {

class AdminAccess {
  public:
    explicit AdminAccess(const ProgramSettings& settings);

    // Probes are open to all; over the unix socket everything is. On the port, other routes need the token if
    // one is set. Without a token, admin routes work only on loopback; metrics also beyond it, if the
    // settings allow. Throws NotSignedIn or Forbidden.
    void check(const http::Request& request) const;

  private:
    std::string token_;
    bool is_local_, metrics_are_open_;
};

}  // namespace stagedoor

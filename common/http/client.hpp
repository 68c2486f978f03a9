// How one service calls another: its routes directly when they share a process, otherwise over HTTP.
#pragma once

#include <string_view>

#include "common/http/message.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::http {

class Client {
  public:
    virtual ~Client() = default;
    // Sends a request to `service` ("tickets"). Returns a response of any status; throws Unavailable if there
    // is none.
    [[nodiscard]] virtual Task<Response> send(std::string_view service, Request request) = 0;
};

}  // namespace stagedoor::http

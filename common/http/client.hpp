// How a service asks another one: in one process by calling its routes, else over HTTP.
#pragma once

#include <string_view>

#include "common/http/message.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::http {

class Client {
  public:
    virtual ~Client() = default;
    // Asks `service` ("tickets"). An error answer is an answer; throws Unavailable when there is none.
    [[nodiscard]] virtual Task<Response> ask(std::string_view service, Request request) = 0;
};

}  // namespace stagedoor::http

// The ids under which a request is logged and traced.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor::http {

// Random ids, drawn from the system in batches. For one thread.
class RandomIds {
  public:
    explicit RandomIds(runtime::Random& random) : random_(random), drawn_(1024), used_(drawn_.size()) {}

    void append_hex(std::string& text, std::size_t bytes);

  private:
    runtime::Random& random_;
    std::vector<std::byte> drawn_;
    std::size_t used_;
};

// Fills in `request_id` (the caller's if it is acceptable) and `traceparent` (the caller's trace or a new
// one, with a span of our own; W3C Trace Context).
void set_request_ids(Request& request, RandomIds& ids);

// The trace id in a valid traceparent.
[[nodiscard]] inline std::string_view trace_id(std::string_view traceparent) {
    return traceparent.substr(3, 32);
}

}  // namespace stagedoor::http

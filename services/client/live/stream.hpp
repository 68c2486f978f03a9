// Live updates as a route and a worker.
#pragma once

#include "common/http/routing/router.hpp"
#include "services/client/app.hpp"

namespace stagedoor::client::live {

[[nodiscard]] Task<http::Response> open_stream(App& app, http::Context& context);
[[nodiscard]] Task<std::optional<Instant>> send_updates(App& app);

}  // namespace stagedoor::client::live

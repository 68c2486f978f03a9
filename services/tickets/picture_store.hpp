// Where the pictures are kept.
#pragma once

#include "common/service/deps.hpp"
#include "services/tickets/settings.hpp"

namespace stagedoor::tickets {

// nullptr: nowhere.
[[nodiscard]] std::unique_ptr<pictures::Store> open_picture_store(const ServiceDeps& deps,
                                                                  const Settings& settings);

}  // namespace stagedoor::tickets

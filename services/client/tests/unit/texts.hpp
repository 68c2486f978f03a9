// The texts of client, for tests of what uses them.
#pragma once

#include <algorithm>

#include "services/client/app.hpp"

namespace stagedoor::client {

inline language::Texts texts(Language language = Language::en) {
    static const language::Catalog catalog{embedded_assets()};
    return {catalog, language};
}

}  // namespace stagedoor::client

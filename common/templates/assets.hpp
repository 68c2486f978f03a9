// The files that pages and emails are made of: templates, texts, style sheet, script, icon. They are embedded
// in the program (embed.cmake); in development they are read from a folder, so that changes show at once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/language/asset.hpp"

namespace stagedoor::templates {

class Assets {
  public:
    // `folder`: the service's folder in the source tree; empty: use the embedded files.
    Assets(std::vector<Asset> embedded, std::string folder);

    // Returns all assets; reads them again if they come from a folder.
    [[nodiscard]] std::vector<Asset> load() const;
    [[nodiscard]] bool may_change() const { return !folder_.empty(); }

  private:
    std::vector<Asset> embedded_;
    std::string folder_;
};

}  // namespace stagedoor::templates

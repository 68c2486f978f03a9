// The files that pages are made of: templates, the style sheet, the script, the icon. They are in the
// program itself; in development they are read from a folder, so that a change shows on the next reload.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::client {

struct Asset {
    std::string path;  // "views/landing.html", "static/stagedoor.css"
    std::string content;
    std::string version =
        {};  // changes with the content; part of a static file's address, which may so be kept for ever
};

// As they were when the program was built (generated, see embed.cmake).
[[nodiscard]] std::vector<Asset> embedded_assets();

class Assets {
  public:
    // `folder`: this folder of the source tree; empty for what the program holds.
    explicit Assets(std::string folder);

    // All of them, read again when they come from a folder.
    [[nodiscard]] std::vector<Asset> load() const;
    [[nodiscard]] bool may_change() const { return !folder_.empty(); }

  private:
    std::string folder_;
};

}  // namespace stagedoor::client

// The files that pages and mails are made of: templates, the style sheet, the script, the icon. They are in
// the program itself (embed.cmake); in development they are read from a folder, so that a change shows at
// once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::templates {

struct Asset {
    std::string path;  // "views/landing.html", "static/stagedoor.css"
    std::string content;
    std::string version =
        {};  // changes with the content; part of a static file's address, which may so be kept for ever
};

class Assets {
  public:
    // `folder`: that of the service in the source tree; empty for what the program holds.
    Assets(std::vector<Asset> embedded, std::string folder);

    // All of them, read again when they come from a folder.
    [[nodiscard]] std::vector<Asset> load() const;
    [[nodiscard]] bool may_change() const { return !folder_.empty(); }

  private:
    std::vector<Asset> embedded_;
    std::string folder_;
};

}  // namespace stagedoor::templates

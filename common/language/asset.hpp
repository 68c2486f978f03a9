// A file that is compiled in (cmake/embed.cmake): a template, a style sheet, the texts of a language.
#pragma once

#include <string>

namespace stagedoor::templates {

struct Asset {
    std::string path;  // "views/landing.html", "static/stagedoor.css", "locales/de.json"
    std::string content;
    // Changes with the content. Part of a static file's URL, so that browsers may cache it forever.
    std::string version = {};
};

}  // namespace stagedoor::templates

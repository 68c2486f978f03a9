// The documents by which services in other languages know the events: an AsyncAPI document of all, a JSON Schema of each.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "apps/describe/idle_services.hpp"

namespace stagedoor::describe {

// By path below docs/: asyncapi.json, schemas/SUBJECT.json.
using Documents = std::map<std::string, std::string>;

// `comments`: what is said of each event in words, by subject.
[[nodiscard]] Documents documents(const Registrations& registrations,
                                  const std::map<std::string, std::string>& comments);

// Those of the services and contracts as they are; `root`: where the source code lies.
[[nodiscard]] Documents documents(const std::filesystem::path& root);

// Those that lie below docs/ at present.
[[nodiscard]] Documents checked_in_documents(const std::filesystem::path& root);

}  // namespace stagedoor::describe

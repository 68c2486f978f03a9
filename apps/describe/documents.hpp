// Documents that describe the events to services in other languages: one AsyncAPI document, and a JSON Schema
// per event.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "apps/describe/idle_services.hpp"

namespace stagedoor::describe {

// By path in docs/: asyncapi.json, schemas/SUBJECT.json.
using Documents = std::map<std::string, std::string>;

// `comments`: the description of each event, by subject.
[[nodiscard]] Documents documents(const Registrations& registrations,
                                  const std::map<std::string, std::string>& comments);

// Generated from the services and contracts of the source tree at `root`.
[[nodiscard]] Documents documents(const std::filesystem::path& root);

// The files in docs/.
[[nodiscard]] Documents checked_in_documents(const std::filesystem::path& root);

}  // namespace stagedoor::describe

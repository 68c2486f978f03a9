// The English of a message without plurals, for the tests of what is below common/language.
#pragma once

#include <string>

#include "contracts/message.hpp"

namespace stagedoor {

inline std::string filled(const Message& message) {
    auto text = message.pattern();
    for (const auto& [name, value] : message.arguments()) {
        const auto* number = std::get_if<std::int64_t>(&value);
        auto place = "{" + name + "}";
        if (auto at = text.find(place); at != std::string::npos)
            text.replace(at, place.size(), number ? std::to_string(*number) : std::get<std::string>(value));
    }
    return text;
}

}  // namespace stagedoor

// Finds a nested value by a path such as "items[0].ticket.price".
#pragma once

#include <charconv>
#include <string_view>

#include "common/json/value.hpp"

namespace stagedoor::json {

// The value at `path`, which must be well-formed; null if there is none.
[[nodiscard]] inline const Value* find_at(const Value& document, std::string_view path) {
    const auto* value = &document;
    while (!path.empty() && value) {
        if (path.starts_with('.')) path.remove_prefix(1);
        if (path.starts_with('[')) {
            std::size_t index = 0;
            auto end = path.find(']');
            std::from_chars(path.data() + 1, path.data() + end, index);
            const auto* array = value->array();
            value = array && index < array->size() ? &(*array)[index] : nullptr;
            path.remove_prefix(end + 1);
        } else {
            auto end = path.find_first_of(".[");
            value = value->find(path.substr(0, end));
            path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
        }
    }
    return value;
}

}  // namespace stagedoor::json

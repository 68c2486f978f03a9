#include "common/text/code_points.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>

#include "common/text/utf8.hpp"

namespace stagedoor::text {
namespace {

utf8proc_int32_t value_of(std::string_view code_point) {
    utf8proc_int32_t value = -1;
    (void)utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(code_point.data()),
                           static_cast<utf8proc_ssize_t>(code_point.size()), &value);
    return value;
}

}  // namespace

std::vector<std::string_view> split_code_points(std::string_view text) {
    std::vector<std::string_view> code_points;
    while (!text.empty()) {
        auto length = std::max<std::size_t>(sequence_length(text), 1);
        code_points.push_back(text.substr(0, length));
        text.remove_prefix(length);
    }
    return code_points;
}

std::string to_upper(std::string_view text) {
    constexpr std::size_t max_bytes = 4;
    std::string upper;
    for (auto code_point : split_code_points(text)) {
        std::array<utf8proc_uint8_t, max_bytes> encoded{};
        auto value = value_of(code_point);
        auto length = value < 0 ? 0 : utf8proc_encode_char(utf8proc_toupper(value), encoded.data());
        if (length > 0)
            upper.append(reinterpret_cast<const char*>(encoded.data()), static_cast<std::size_t>(length));
        else
            upper += code_point;
    }
    return upper;
}

}  // namespace stagedoor::text

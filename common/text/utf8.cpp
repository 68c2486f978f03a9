#include "common/text/utf8.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "common/text/ascii.hpp"

namespace stagedoor::text {
namespace {

const utf8proc_uint8_t* bytes(std::string_view text) {
    return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

bool begins_code_point(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

struct Spelling {
    std::string_view letter, ascii;
};

// Lower-case Latin letters that Unicode doesn't decompose (strokes, ligatures, letters of their own), as
// ASCII spells them, sorted by code point; after Unicode CLDR's transform Latin-ASCII. The last ones are
// letters that look like apostrophes, which people leave out ("Hawaiʻi").
constexpr auto spellings = std::to_array<Spelling>(
    {{"æ", "ae"}, {"ð", "d"}, {"ø", "o"},  {"þ", "th"}, {"đ", "d"},  {"ħ", "h"}, {"ı", "i"}, {"ĸ", "q"},
     {"ł", "l"},  {"ŋ", "n"}, {"œ", "oe"}, {"ŧ", "t"},  {"ƀ", "b"},  {"ƃ", "b"}, {"ƈ", "c"}, {"ƌ", "d"},
     {"ƒ", "f"},  {"ƙ", "k"}, {"ƚ", "l"},  {"ƞ", "n"},  {"ƥ", "p"},  {"ƫ", "t"}, {"ƭ", "t"}, {"ƴ", "y"},
     {"ƶ", "z"},  {"ǝ", "e"}, {"ǥ", "g"},  {"ȡ", "d"},  {"ȥ", "z"},  {"ȴ", "l"}, {"ȵ", "n"}, {"ȶ", "t"},
     {"ȷ", "j"},  {"ȼ", "c"}, {"ȿ", "s"},  {"ɀ", "z"},  {"ɇ", "e"},  {"ɉ", "j"}, {"ɍ", "r"}, {"ɏ", "y"},
     {"ɑ", "a"},  {"ɓ", "b"}, {"ɔ", "o"},  {"ɖ", "d"},  {"ɗ", "d"},  {"ə", "e"}, {"ɛ", "e"}, {"ɠ", "g"},
     {"ɡ", "g"},  {"ɣ", "g"}, {"ɨ", "i"},  {"ɩ", "i"},  {"ɫ", "l"},  {"ɲ", "n"}, {"ɵ", "o"}, {"ʂ", "s"},
     {"ʈ", "t"},  {"ʉ", "u"}, {"ʋ", "v"},  {"ʻ", ""},   {"ʼ", ""},   {"ʾ", ""},  {"ʿ", ""},  {"ⱡ", "l"},
     {"ⱥ", "a"},  {"ⱦ", "t"}, {"ⱳ", "w"},  {"ꜳ", "aa"}, {"ꝏ", "oo"}, {"ꝑ", "p"}});

// UTF-8 sorts by code point.
static_assert(std::ranges::is_sorted(spellings, {}, &Spelling::letter));

std::string spelled_in_ascii(std::string_view folded) {
    std::string text;
    text.reserve(folded.size());
    for (std::size_t at = 0; at < folded.size();) {
        auto length = sequence_length(folded.substr(at));
        auto letter = folded.substr(at, std::max<std::size_t>(length, 1));
        at += letter.size();
        const auto* found =
            length > 1 ? std::ranges::lower_bound(spellings, letter, {}, &Spelling::letter) : spellings.end();
        text += found != spellings.end() && found->letter == letter ? found->ascii : letter;
    }
    return text;
}

}  // namespace

std::size_t sequence_length(std::string_view text) {
    if (!text.empty() && is_ascii(text[0])) return 1;
    utf8proc_int32_t code_point = 0;
    auto length = utf8proc_iterate(bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &code_point);
    return length > 0 ? static_cast<std::size_t>(length) : 0;
}

bool is_utf8(std::string_view text) {
    for (std::size_t at = 0; at < text.size();) {
        auto length = sequence_length(text.substr(at));
        if (length == 0) return false;
        at += length;
    }
    return true;
}

std::size_t code_points(std::string_view text) {
    return static_cast<std::size_t>(std::ranges::count_if(text, begins_code_point));
}

std::string_view prefix(std::string_view text, std::size_t max_bytes) {
    if (text.size() <= max_bytes) return text;
    auto end = max_bytes;
    while (end > 0 && !begins_code_point(text[end])) --end;
    return text.substr(0, end);
}

std::string fold(std::string_view text) {
    if (is_ascii(text)) return to_lower(text);
    constexpr auto options = static_cast<utf8proc_option_t>(
        UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_STRIPMARK | UTF8PROC_IGNORE);
    utf8proc_uint8_t* folded = nullptr;
    auto length = utf8proc_map(bytes(text), static_cast<utf8proc_ssize_t>(text.size()), &folded, options);
    std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned{folded, &std::free};
    if (length < 0) return {};
    return spelled_in_ascii({reinterpret_cast<char*>(folded), static_cast<std::size_t>(length)});
}

bool is_alphanumeric(std::string_view code_point) {
    if (code_point.size() == 1) return is_alphanumeric(code_point[0]);
    utf8proc_int32_t value = 0;
    if (utf8proc_iterate(bytes(code_point), static_cast<utf8proc_ssize_t>(code_point.size()), &value) <= 0)
        return false;
    auto category = utf8proc_category(value);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

}  // namespace stagedoor::text

#include "common/text/visible.hpp"

#include <fmt/format.h>
#include <unictype.h>
#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "common/text/ascii.hpp"

namespace stagedoor::text {
namespace {

using CodePoint = utf8proc_int32_t;

constexpr CodePoint zero_width_space = 0x200B, non_joiner = 0x200C, joiner = 0x200D;
constexpr CodePoint black_flag = 0x1F3F4, cancel_tag = 0xE007F;

std::vector<CodePoint> decode(std::string_view text) {
    std::vector<CodePoint> decoded;
    decoded.reserve(text.size());
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    for (auto left = static_cast<utf8proc_ssize_t>(text.size()); left > 0;) {
        CodePoint next = 0;
        auto length = utf8proc_iterate(at, left, &next);
        if (length <= 0) break;  // not UTF-8
        decoded.push_back(next);
        at += length;
        left -= length;
    }
    return decoded;
}

std::string encode(CodePoint code_point) {
    std::array<utf8proc_uint8_t, 4> bytes{};
    auto length = utf8proc_encode_char(code_point, bytes.data());
    return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(length)};
}

bool is_between(CodePoint code_point, CodePoint first, CodePoint last) {
    return code_point >= first && code_point <= last;
}

// Unicode's White_Space.
bool is_space(CodePoint c) {
    auto category = utf8proc_category(c);
    return category == UTF8PROC_CATEGORY_ZS || category == UTF8PROC_CATEGORY_ZL ||
           category == UTF8PROC_CATEGORY_ZP || is_between(c, 0x09, 0x0D) || c == 0x85;
}

bool is_control(CodePoint c) { return utf8proc_category(c) == UTF8PROC_CATEGORY_CC; }
bool is_line_break_or_tab(CodePoint c) { return c == '\n' || c == '\r' || c == '\t'; }

// Unicode's Bidi_Control.
bool is_direction(CodePoint c) {
    return c == 0x061C || c == 0x200E || c == 0x200F || is_between(c, 0x202A, 0x202E) ||
           is_between(c, 0x2066, 0x2069);
}

// Default_Ignorable_Code_Point, and what is as invisible: interlinear annotation and noncharacters.
bool is_ignorable(CodePoint c) {
    return utf8proc_get_property(c)->ignorable || is_between(c, 0xFFF9, 0xFFFB) ||
           is_between(c, 0xFDD0, 0xFDEF) || (c & 0xFFFE) == 0xFFFE;
}

bool is_mark(CodePoint c) {
    auto category = utf8proc_category(c);
    return category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME;
}

// Symbols by category without ink: the empty Braille pattern and the null notehead.
bool is_empty_symbol(CodePoint c) { return c == 0x2800 || c == 0x1D159; }

bool is_visible(CodePoint c) {
    return !is_space(c) && !is_control(c) && !is_ignorable(c) && !is_mark(c) && !is_empty_symbol(c);
}

bool is_pictographic(CodePoint c) {
    return utf8proc_get_property(c)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

bool is_of_script(CodePoint c, std::initializer_list<std::string_view> names) {
    const auto* script = uc_script(static_cast<ucs4_t>(c));
    return script && std::ranges::find(names, script->name) != names.end();
}

// A code point and what is around it. 0 stands for the ends of the text.
class Place {
  public:
    Place(const std::vector<CodePoint>& all, std::size_t at) : all_(all), at_(at) {}

    [[nodiscard]] CodePoint self() const { return all_[at_]; }
    [[nodiscard]] CodePoint before() const { return at_ == 0 ? 0 : all_[at_ - 1]; }
    [[nodiscard]] CodePoint after() const { return at_ + 1 == all_.size() ? 0 : all_[at_ + 1]; }
    // The nearest code point before or after that is not `skipped`.
    template <class Skipped>
    [[nodiscard]] CodePoint before(Skipped skipped) const {
        auto i = at_;
        while (i > 0 && skipped(all_[i - 1])) --i;
        return i == 0 ? 0 : all_[i - 1];
    }
    template <class Skipped>
    [[nodiscard]] CodePoint after(Skipped skipped) const {
        auto i = at_ + 1;
        while (i < all_.size() && skipped(all_[i])) ++i;
        return i == all_.size() ? 0 : all_[i];
    }

  private:
    const std::vector<CodePoint>& all_;
    std::size_t at_;
};

bool is_virama(CodePoint c) { return utf8proc_get_property(c)->combining_class == 9; }
bool joins(CodePoint c) {
    if (c == joiner) return false;
    auto type = uc_joining_type(static_cast<ucs4_t>(c));
    return type == UC_JOINING_TYPE_D || type == UC_JOINING_TYPE_L || type == UC_JOINING_TYPE_R ||
           type == UC_JOINING_TYPE_C;
}
bool is_transparent(CodePoint c) { return uc_joining_type(static_cast<ucs4_t>(c)) == UC_JOINING_TYPE_T; }

// Joiners choose a form of the letters beside them: after a virama (Indic scripts), or in a cursive script
// (RFC 5892, appendix A.1 and A.2). Bengali and Kannada also have them before a virama.
bool is_effective_joiner(const Place& place) {
    if (is_virama(place.before())) return true;
    auto cursive_after = joins(place.after(is_transparent));
    if (joins(place.before(is_transparent)) && (place.self() == joiner || cursive_after)) return true;
    if (place.self() == non_joiner) return false;
    if (is_virama(place.after()) && is_visible(place.before())) return true;
    auto is_modifier = [](CodePoint c) { return c == 0xFE0F || is_between(c, 0x1F3FB, 0x1F3FF); };
    return is_pictographic(place.after()) && is_pictographic(place.before(is_modifier));
}

bool is_effective_selector(const Place& place) {
    auto base = place.before();
    if (is_between(place.self(), 0xFE0E, 0xFE0F)) {  // as text, as emoji
        return is_pictographic(base) || is_between(base, '0', '9') || base == '#' || base == '*';
    }
    auto category = utf8proc_category(base);
    return category == UTF8PROC_CATEGORY_LO || category == UTF8PROC_CATEGORY_SM ||
           (category == UTF8PROC_CATEGORY_PO && base >= 0x3000);
}

// Flags of regions: a black flag, tags that name the region, the cancel tag.
bool is_effective_tag(const Place& place) {
    auto is_tag = [](CodePoint c) { return is_between(c, 0xE0020, 0xE007E); };
    return place.before(is_tag) == black_flag &&
           (place.self() == cancel_tag ? place.before() != black_flag : place.after(is_tag) == cancel_tag);
}

// Where an ignorable code point changes what is seen, or where lines break in scripts without spaces.
bool is_effective(const Place& place) {
    auto c = place.self();
    if (c == joiner || c == non_joiner) return is_effective_joiner(place);
    if (is_between(c, 0xFE00, 0xFE0F) || is_between(c, 0xE0100, 0xE01EF)) return is_effective_selector(place);
    if (is_between(c, 0xE0020, cancel_tag)) return is_effective_tag(place);
    if (is_between(c, 0x180B, 0x180F)) return is_of_script(place.before(), {"Mongolian"});
    auto has_no_spaces = [](CodePoint each) {
        return is_of_script(each, {"Thai", "Lao", "Khmer", "Myanmar"});
    };
    return c == zero_width_space && has_no_spaces(place.before()) && has_no_spaces(place.after());
}

std::optional<Hidden> hidden_kind(const Place& place) {
    auto c = place.self();
    if (is_control(c)) return is_line_break_or_tab(c) ? std::nullopt : std::optional{Hidden::control};
    if (is_direction(c)) return Hidden::direction;
    if (is_ignorable(c) && !is_effective(place)) return Hidden::invisible;
    return std::nullopt;
}

}  // namespace

std::string nfc(std::string_view text) {
    if (is_ascii(text)) return std::string{text};
    constexpr auto options = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    utf8proc_uint8_t* normalized = nullptr;
    auto length = utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                               static_cast<utf8proc_ssize_t>(text.size()), &normalized, options);
    std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned{normalized, &std::free};
    if (length < 0) return {};
    return {reinterpret_cast<char*>(normalized), static_cast<std::size_t>(length)};
}

std::string_view trimmed(std::string_view text) {
    std::size_t at = 0, begin = text.size(), end = 0;
    for (auto c : decode(text)) {
        auto size = encode(c).size();
        if (!is_space(c)) {
            begin = std::min(begin, at);
            end = at + size;
        }
        at += size;
    }
    return begin < end ? text.substr(begin, end - begin) : std::string_view{};
}

bool is_blank(std::string_view text) { return std::ranges::none_of(decode(text), is_visible); }

std::optional<HiddenCharacter> first_hidden(std::string_view text) {
    auto is_plain = [](char c) { return c >= ' ' && c <= '~'; };
    if (std::ranges::all_of(text, is_plain)) return std::nullopt;
    auto decoded = decode(text);
    for (std::size_t i = 0; i < decoded.size(); ++i) {
        if (auto kind = hidden_kind({decoded, i}))
            return HiddenCharacter{*kind, static_cast<char32_t>(decoded[i])};
    }
    return std::nullopt;
}

std::string without_hidden(std::string_view text) {
    std::string visible;
    auto decoded = decode(text);
    for (std::size_t i = 0; i < decoded.size(); ++i) {
        if (!hidden_kind({decoded, i})) visible += encode(decoded[i]);
    }
    return visible;
}

Message problem_with(HiddenCharacter hidden) {
    if (hidden.kind == Hidden::control) return "must not contain control characters"_text;
    auto code = fmt::format("U+{:04X}", static_cast<std::uint32_t>(hidden.code_point));
    if (hidden.kind == Hidden::direction)
        return "must not contain characters that change the direction of text ({code})"_text.with("code",
                                                                                                  code);
    return "must not contain invisible characters ({code})"_text.with("code", code);
}

std::optional<std::string> opaque_string(std::string_view text) {
    if (text.empty() || first_hidden(text)) return std::nullopt;
    std::string mapped;
    for (auto c : decode(text)) {
        if (is_control(c) || c == 0x2028 || c == 0x2029) return std::nullopt;
        mapped += utf8proc_category(c) == UTF8PROC_CATEGORY_ZS ? std::string{" "} : encode(c);
    }
    return nfc(mapped);
}

}  // namespace stagedoor::text

#include "services/client/poster/poster.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <limits>
#include <set>
#include <vector>

#include "common/templates/templates.hpp"
#include "common/text/code_points.hpp"
#include "common/text/digest.hpp"
#include "common/text/utf8.hpp"
#include "common/text/visible.hpp"
#include "services/client/poster/colour.hpp"
#include "services/client/poster/motif.hpp"

namespace stagedoor::client::poster {
namespace {

// Raise it whenever posters are drawn differently: their addresses are cached for ever.
constexpr std::string_view drawing = "1";

constexpr int margin = 72;
constexpr double text_width = poster_width - 2 * margin, max_text_height = 760;
constexpr std::size_t max_letters = 96;       // of a title; longer ones are cut
constexpr std::size_t max_word_letters = 16;  // longer words are broken
constexpr double max_size = 620;

// ---- colours

Palette palette_of(int hue, Choices& choices) {
    auto other = hue + (choices.one_in(2) ? 70 : 180);
    auto hex = [](double lightness, double chroma, int degrees) {
        return Colour{lightness, chroma, static_cast<double>(degrees % 360)}.hex();
    };
    switch (choices.between(0, 2)) {
        case 0:  // night
            return {hex(0.22, 0.07, hue), hex(0.46, 0.16, hue), hex(0.8, 0.16, other), hex(0.96, 0.03, hue)};
        case 1:  // loud
            return {hex(0.72, 0.17, hue), hex(0.56, 0.19, other), hex(0.92, 0.1, other), hex(0.2, 0.06, hue)};
        default:  // paper
            return {hex(0.94, 0.035, hue), hex(0.74, 0.15, hue), hex(0.58, 0.2, other), hex(0.23, 0.07, hue)};
    }
}

// ---- the title in lines

// In capitals, without line breaks.
std::vector<std::string> words_of(std::string_view title) {
    std::vector<std::string> words;
    std::string word;
    auto capitals = text::to_upper(title);
    std::size_t letters_in_word = 0, letters_in_all = 0;
    auto end_word = [&] {
        if (!word.empty()) words.push_back(std::move(word));
        word.clear();
        letters_in_word = 0;
    };
    for (auto letter : text::split_code_points(capitals)) {
        if (text::is_blank(letter)) {
            end_word();
            continue;
        }
        if (++letters_in_all > max_letters) {
            word += "…";
            break;
        }
        if (letters_in_word == max_word_letters) {
            word += "-";
            end_word();
        }
        word += letter;
        ++letters_in_word;
    }
    end_word();
    return words;
}

struct Line {
    std::string text;
    double width = 0, size = 0;  // width where an em is 1
};

struct Layout {
    std::vector<Line> lines;
    double leading = 0, height = 0, area = 0;
};

// Accents need room below the line above.
double leading_of(const std::vector<Line>& lines) {
    auto is_plain = [](const Line& line) { return text::code_points(line.text) == line.text.size(); };
    return std::ranges::all_of(lines, is_plain) ? 0.14 : 0.24;
}

// The font's widths, or guesses for a title that it can't write.
class Widths {
  public:
    Widths(const Lettering& lettering, const std::vector<std::string>& words)
        : lettering_(lettering), has_outlines_(std::ranges::all_of(words, [&](const auto& word) {
              return lettering.set(word).has_value();
          })) {}

    [[nodiscard]] bool has_outlines() const { return has_outlines_; }
    [[nodiscard]] double operator()(const std::string& text) const {
        if (has_outlines_)
            if (auto line = lettering_.set(text)) return line->width / Lettering::units_per_em;
        constexpr double narrow = 0.6, wide = 1;
        double sum = 0;
        for (auto letter : text::split_code_points(text)) sum += letter.size() > 2 ? wide : narrow;
        return sum;
    }

  private:
    const Lettering& lettering_;
    bool has_outlines_;
};

std::string joined(const std::vector<std::string>& words, std::size_t begin, std::size_t end) {
    std::string text;
    for (auto i = begin; i < end; ++i) text += (i > begin ? " " : "") + words[i];
    return text;
}

// The words in `count` lines whose longest is as short as possible.
std::vector<Line> balanced(const std::vector<std::string>& words, std::size_t count, const Widths& width_of) {
    auto size = words.size();
    auto never = std::numeric_limits<double>::infinity();
    // longest[k][n]: of the first n words in k lines; cut[k][n]: where the last line begins.
    std::vector longest(count + 1, std::vector<double>(size + 1, never));
    std::vector cut(count + 1, std::vector<std::size_t>(size + 1, 0));
    longest[0][0] = 0;
    for (std::size_t end = 1; end <= size; ++end) {
        for (auto begin = end; begin-- > 0;) {
            auto width = width_of(joined(words, begin, end));
            for (std::size_t k = 1; k <= count; ++k) {
                auto worst = std::max(longest[k - 1][begin], width);
                if (worst < longest[k][end]) {
                    longest[k][end] = worst;
                    cut[k][end] = begin;
                }
            }
        }
    }
    std::vector<Line> lines;
    for (auto end = size, k = count; k > 0; --k) {
        auto text = joined(words, cut[k][end], end);
        lines.push_back({text, width_of(text), 0});
        end = cut[k][end];
    }
    std::ranges::reverse(lines);
    return lines;
}

// Like a playbill: each line as large as the width allows, none too much larger than the others.
Layout set_lines(std::vector<Line> lines, double cap_height) {
    constexpr double max_difference = 1.8;
    auto smallest = max_size;
    for (auto& line : lines) {
        line.size = std::min(max_size, text_width / line.width);
        smallest = std::min(smallest, line.size);
    }
    auto leading = leading_of(lines);
    Layout layout{std::move(lines), leading};
    for (auto& line : layout.lines) {
        line.size = std::min(line.size, max_difference * smallest);
        layout.height += line.size * (cap_height + leading);
    }
    auto scale = std::min(1.0, max_text_height / layout.height);
    layout.height *= scale;
    for (auto& line : layout.lines) {
        line.size *= scale;
        layout.area += line.width * line.size * line.size;
    }
    return layout;
}

Layout layout_of(const std::vector<std::string>& words, const Widths& width_of, double cap_height) {
    constexpr std::size_t max_lines = 7;
    Layout best;
    for (std::size_t count = 1; count <= std::min(words.size(), max_lines); ++count) {
        auto layout = set_lines(balanced(words, count, width_of), cap_height);
        if (layout.area > best.area) best = std::move(layout);
    }
    return best;
}

// Each glyph once, and where it is used.
std::string outlines_of(const Layout& layout, const Lettering& lettering, double top,
                        const std::string& colour) {
    std::set<unsigned> drawn;
    std::string glyphs, lines;
    auto y = top;
    for (const auto& line : layout.lines) {
        auto scale = line.size / Lettering::units_per_em;
        y += scale * lettering.cap_height();
        fmt::format_to(std::back_inserter(lines), R"~(<g transform="translate({} {:.0f})scale({:.3f})">)~",
                       margin, y, scale);
        for (auto [glyph, x] : lettering.set(line.text).value_or(SetText{}).glyphs) {
            auto outline = lettering.outline(glyph);
            if (outline.empty()) continue;
            fmt::format_to(std::back_inserter(lines), R"(<use href="#g{}" x="{}"/>)", glyph, x);
            if (drawn.insert(glyph).second)
                fmt::format_to(std::back_inserter(glyphs), R"(<path id="g{}" d="{}"/>)", glyph, outline);
        }
        lines += "</g>";
        y += line.size * layout.leading;
    }
    return fmt::format(R"(<defs>{}</defs><g fill="{}">{}</g>)", glyphs, colour, lines);
}

std::string text_of(const Layout& layout, double cap_height, double top, const std::string& colour) {
    std::string lines;
    auto y = top;
    for (const auto& line : layout.lines) {
        y += line.size * cap_height;
        fmt::format_to(std::back_inserter(lines),
                       R"(<text x="{}" y="{:.0f}" font-size="{:.0f}" textLength="{:.0f}")"
                       R"( lengthAdjust="spacingAndGlyphs">{}</text>)",
                       margin, y, line.size, line.width * line.size, templates::escape_xml(line.text));
        y += line.size * layout.leading;
    }
    return fmt::format(R"(<g fill="{}" font-family="system-ui,sans-serif" font-weight="800">{}</g>)", colour,
                       lines);
}

}  // namespace

Subject::Subject(const Listing& listing) : title(listing.title), category(listing.category.value_or("")) {
    for (const auto& text : {listing.title, listing.venue.value_or(""), listing.city.value_or("")})
        seed += text::fold(text) + "\n";
    if (listing.starts_at) seed += listing.starts_at->to_text();
}

int Subject::hue() const { return 10 * Choices{seed}.between(0, 35); }

std::string Subject::version() const {
    constexpr std::size_t bytes = 16, shown = 12;
    return text::digest(fmt::format("{}\n{}\n{}\n{}", drawing, category, title, seed), bytes)
        .substr(0, shown);
}

std::string draw(const Subject& subject, const Lettering& lettering) {
    Choices choices{subject.seed + "poster"};
    auto palette = palette_of(subject.hue(), choices);
    auto words = words_of(subject.title);
    Widths widths{lettering, words};
    auto cap_height = lettering.cap_height() / Lettering::units_per_em;
    auto layout = layout_of(words, widths, cap_height);
    auto title_space = static_cast<int>(layout.height) + 2 * margin - margin / 3;
    auto title_on_top = choices.one_in(3);
    auto top = margin + (title_on_top ? 0 : poster_height - title_space);

    Canvas canvas;
    draw_motif(canvas, subject.category, palette, poster_height - title_space, choices);
    auto title = widths.has_outlines() ? outlines_of(layout, lettering, top, palette.letters)
                                       : text_of(layout, cap_height, top, palette.letters);
    return fmt::format(
        R"(<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {1}"><rect width="{0}" height="{1}" fill="{2}"/>)"
        R"(<svg y="{3}" width="{0}" height="{4}">{5}</svg>{6}</svg>)",
        poster_width, poster_height, palette.ground, title_on_top ? title_space : 0,
        poster_height - title_space, canvas.svg, title);
}

}  // namespace stagedoor::client::poster

// Text as outlines, so that a poster looks the same wherever it is shown, without the font.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::client::poster {

// A text set in one line, in units of which an em has `units_per_em`.
struct SetText {
    struct Glyph {
        unsigned id = 0;
        long x = 0;
    };
    std::vector<Glyph> glyphs;
    double width = 0;
};

// A font, by HarfBuzz. Any thread.
class Lettering {
  public:
    static constexpr int units_per_em = 400;

    // The content of a TrueType or OpenType file; without one, no text can be set. It must outlive this.
    explicit Lettering(std::string_view font_file);

    // nullopt if the font lacks one of the letters, or the text is written from right to left.
    [[nodiscard]] std::optional<SetText> set(std::string_view text) const;
    // The data of an SVG path, with the glyph's origin at 0 0. Of fonts that can set a text.
    [[nodiscard]] std::string outline(unsigned glyph) const;
    [[nodiscard]] double cap_height() const { return cap_height_; }

  private:
    struct Font;
    std::shared_ptr<const Font> font_;
    double cap_height_ = 0.75 * units_per_em;
};

}  // namespace stagedoor::client::poster

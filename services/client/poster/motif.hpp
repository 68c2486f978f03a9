// The picture on a poster: one grammar per category, whose choices follow from the seed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace stagedoor::client::poster {

// Numbers that follow from a text: the same everywhere and for ever.
class Choices {
  public:
    explicit Choices(std::string_view seed);

    [[nodiscard]] int between(int first, int last);  // both included
    [[nodiscard]] bool one_in(int times) { return between(1, times) == 1; }

  private:
    std::uint64_t state_;
};

// Of the poster, as hexadecimal RGB.
struct Palette {
    std::string ground, middle, bright, letters;
};

// Elements of an SVG.
struct Canvas {
    std::string svg;

    void circle(int x, int y, int radius, const std::string& fill);
    void ring(int x, int y, int radius, int thickness, const std::string& stroke);
    void rectangle(int x, int y, int width, int height, const std::string& fill, int corner = 0);
    void path(std::string_view data, const std::string& fill);
};

// Fills the upper `height` units of the poster.
void draw_motif(Canvas& canvas, std::string_view category, const Palette& palette, int height,
                Choices& choices);

}  // namespace stagedoor::client::poster

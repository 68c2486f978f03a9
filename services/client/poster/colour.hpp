// Colours in OKLCH, in which equal lightness looks equally light whatever the hue.
#pragma once

#include <string>

namespace stagedoor::client::poster {

// Lightness 0 to 1, chroma 0 to about 0.3, hue in degrees.
// https://bottosson.github.io/posts/oklab/
struct Colour {
    double lightness = 0, chroma = 0, hue = 0;

    // "#8f2447". A colour that no screen of sRGB shows loses chroma until one does.
    [[nodiscard]] std::string hex() const;
};

}  // namespace stagedoor::client::poster

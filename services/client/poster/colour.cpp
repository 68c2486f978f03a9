#include "services/client/poster/colour.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace stagedoor::client::poster {
namespace {

using Rgb = std::array<double, 3>;

Rgb linear_rgb(const Colour& colour) {
    auto angle = colour.hue * std::numbers::pi / 180;
    auto a = colour.chroma * std::cos(angle), b = colour.chroma * std::sin(angle);
    auto cube = [](double root) { return root * root * root; };
    auto l = cube(colour.lightness + 0.3963377774 * a + 0.2158037573 * b);
    auto m = cube(colour.lightness - 0.1055613458 * a - 0.0638541728 * b);
    auto s = cube(colour.lightness - 0.0894841775 * a - 1.2914855480 * b);
    return {4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
            -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
            -0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s};
}

bool is_shown(const Rgb& rgb) {
    constexpr double tolerance = 0.001;
    return std::ranges::all_of(
        rgb, [](double channel) { return channel >= -tolerance && channel <= 1 + tolerance; });
}

// IEC 61966-2-1
int byte_of(double linear) {
    linear = std::clamp(linear, 0.0, 1.0);
    auto encoded = linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
    return static_cast<int>(std::lround(encoded * 255));
}

}  // namespace

std::string Colour::hex() const {
    constexpr double step = 0.005;
    auto colour = *this;
    auto rgb = linear_rgb(colour);
    while (!is_shown(rgb) && colour.chroma > 0) {
        colour.chroma = std::max(0.0, colour.chroma - step);
        rgb = linear_rgb(colour);
    }
    return fmt::format("#{:02x}{:02x}{:02x}", byte_of(rgb[0]), byte_of(rgb[1]), byte_of(rgb[2]));
}

}  // namespace stagedoor::client::poster

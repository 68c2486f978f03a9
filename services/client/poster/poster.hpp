// A poster for each event, drawn from its data alone: all listings of an event have the same one.
#pragma once

#include <string>
#include <string_view>

#include "services/client/api.hpp"
#include "services/client/poster/lettering.hpp"

namespace stagedoor::client::poster {

inline constexpr int poster_width = 1200, poster_height = 1600;  // of the SVG's view box

// What a poster is drawn from.
struct Subject {
    std::string title;
    std::string category;  // the API's value; empty if none
    std::string seed;      // the same for all listings of the event

    explicit Subject(const Listing& listing);

    // The hue in degrees, a multiple of ten, for the poster and for pages about the event.
    [[nodiscard]] int hue() const;
    // Changes with what is drawn; a poster of a version never changes.
    [[nodiscard]] std::string version() const;
};

// An SVG of 2 to 4 KB. Titles that the font lacks letters for are set in whatever font the viewer has.
[[nodiscard]] std::string draw(const Subject& subject, const Lettering& lettering);

}  // namespace stagedoor::client::poster

#include "services/client/poster/poster.hpp"

#include <gtest/gtest.h>

#include "services/client/app.hpp"
#include "services/client/poster/colour.hpp"

namespace stagedoor::client::poster {
namespace {

Listing listing_of(const std::string& title, const std::string& category = "concert") {
    Listing listing;
    listing.title = title;
    listing.category = category;
    listing.venue = "Alte Oper";
    listing.city = "Frankfurt";
    listing.starts_at = Instant::parse("2026-05-02T17:30:00Z");
    return listing;
}

std::string draw(const std::string& title, const std::string& category = "concert") {
    static const Theme theme{embedded_assets()};
    return draw(Subject{listing_of(title, category)}, theme.lettering);
}

bool has_face() { return Theme{embedded_assets()}.lettering.set("A").has_value(); }

TEST(Colour, is_as_CSS_says) {  // https://www.w3.org/TR/css-color-4/: these are oklch() of named colours
    EXPECT_EQ((Colour{0.62796, 0.25768, 29.234}.hex()), "#ff0000");
    EXPECT_EQ((Colour{0.51975, 0.17686, 142.495}.hex()), "#008000");
    EXPECT_EQ((Colour{1, 0, 0}.hex()), "#ffffff");
}

TEST(Colour, loses_chroma_that_no_screen_shows) {
    EXPECT_EQ((Colour{0.5, 0.4, 29.234}.hex()), (Colour{0.5, 0.3, 29.234}.hex()));
}

TEST(Poster, is_the_same_for_all_listings_of_an_event) {
    auto one = listing_of("Bach & Sons"), other = listing_of("BACH & SONS");
    other.price = Money::parse("99.00", Currency{}).value();
    EXPECT_EQ(Subject{one}.hue(), Subject{other}.hue());
    EXPECT_EQ(Subject{one}.seed, Subject{other}.seed);
}

TEST(Poster, has_a_version_that_changes_with_what_is_drawn) {
    auto version = [](const Listing& listing) { return Subject{listing}.version(); };
    auto listing = listing_of("Bach");
    auto first = version(listing);
    listing.available = 3;
    EXPECT_EQ(version(listing), first);
    listing.title = "Händel";
    EXPECT_NE(version(listing), first);
    EXPECT_NE(version(listing_of("Bach", "film")), first);
}

TEST(Poster, is_small_in_every_category) {
    for (auto category : {"concert", "theatre", "comedy", "sport", "festival", "family", "film", "other", ""})
        for (std::string title : {"Bach & Sons", "The Great Big Summer Festival of Light and Sound", "Ö"}) {
            auto svg = draw(title, category);
            EXPECT_LT(svg.size(), title.size() < 20 ? 4'000U : 5'500U) << category << title;
            EXPECT_TRUE(svg.starts_with("<svg ") && svg.ends_with("</svg>")) << category << title;
        }
}

TEST(Poster, draws_the_letters_itself) {
    if (!has_face()) GTEST_SKIP() << "this build has no display face";
    EXPECT_EQ(draw("Bach").find("<text"), std::string::npos);
}

TEST(Poster, sets_letters_that_the_face_lacks_in_any_font) {
    auto svg = draw("東京 <ジャズ>");
    EXPECT_NE(svg.find("<text"), std::string::npos);
    EXPECT_NE(svg.find("&lt;ジャズ&gt;"), std::string::npos);
    EXPECT_NE(draw("مهرجان").find("<text"), std::string::npos);
}

TEST(Poster, has_room_for_any_title) {
    std::string word(60, 'w'), words;
    for (int i = 0; i < 40; ++i) words += "lorem ";
    for (const auto& title : {word, words, std::string{"…"}, std::string{"   "}}) {
        auto svg = draw(title);
        EXPECT_EQ(svg.find("nan"), std::string::npos) << title;
        EXPECT_EQ(svg.find("inf"), std::string::npos) << title;
    }
}

}  // namespace
}  // namespace stagedoor::client::poster

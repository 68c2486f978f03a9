// Pictures of listings, through whatever is in front of the services, as specified in docs/contract.md.
#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

std::string big_endian(std::uint32_t number) {
    std::string bytes;
    for (int shift = 24; shift >= 0; shift -= 8) bytes += static_cast<char>(number >> shift);
    return bytes;
}

std::string chunk(const std::string& content) {
    std::uint32_t sum = ~0U;
    for (auto byte : content) {
        sum ^= static_cast<unsigned char>(byte);
        for (int i = 0; i < 8; ++i) sum = sum & 1 ? (sum >> 1) ^ 0xEDB88320U : sum >> 1;
    }
    return big_endian(static_cast<std::uint32_t>(content.size() - 4)) + content + big_endian(~sum);
}

// Grey and uncompressed: a byte per pixel.
std::string png(std::uint32_t width, std::uint32_t height) {
    auto row = std::string(1, '\0') + std::string(width, '\x7F');
    std::string data = "\x78\x01";
    std::uint32_t low = 1, high = 0;
    for (std::uint32_t y = 0; y < height; ++y) {
        auto size = static_cast<std::uint16_t>(row.size()), inverse = static_cast<std::uint16_t>(~size);
        data += static_cast<char>(y + 1 == height);
        for (auto number : {size, inverse})
            data += {static_cast<char>(number), static_cast<char>(number >> 8)};
        data += row;
        for (auto byte : row)
            high = (high + (low = (low + static_cast<unsigned char>(byte)) % 65521)) % 65521;
    }
    data += big_endian(high << 16 | low);
    return "\x89PNG\r\n\x1A\n" +
           chunk("IHDR" + big_endian(width) + big_endian(height) + std::string("\x08\0\0\0\0", 5)) +
           chunk("IDAT" + data) + chunk("IEND");
}

Response upload(const Client& client, std::string bytes) {
    return client.with("Content-Type", "image/png").post("/api/tickets/pictures", std::move(bytes));
}

TEST(Pictures, of_megabytes_are_uploaded_and_served) {
    auto picture = png(2000, 1500);
    ASSERT_GT(picture.size(), 2'900'000u);
    auto uploaded = upload(shared().seller(), picture).expect(201);
    EXPECT_EQ(uploaded.at("width"), "1200");
    EXPECT_EQ(uploaded.at("height"), "900");

    auto listing =
        shared()
            .seller()
            .post("/api/tickets", R"({"title":"Grey","price":12,"picture":")" + uploaded.at("id") + R"("})")
            .expect(201);
    EXPECT_EQ(listing.at("picture"), uploaded.at("id"));
    for (auto [file, type] : {std::pair{"480.avif", "image/avif"}, std::pair{"1200.jpg", "image/jpeg"}}) {
        auto served =
            shared().anonymous().get("/api/tickets/pictures/" + uploaded.at("id") + "/" + file).expect(200);
        EXPECT_EQ(served.header("Content-Type"), type);
        EXPECT_EQ(served.header("Cache-Control"), "public, max-age=31536000, immutable");
        EXPECT_EQ(served.header("X-Content-Type-Options"), "nosniff");
        EXPECT_GT(served.body.size(), 100u);
    }
    auto page = shared().anonymous().get("/tickets/" + listing.at("id")).expect(200);
    EXPECT_NE(page.body.find(uploaded.at("id") + "/preview.jpg"), std::string::npos);
}

TEST(Pictures, that_are_none_are_refused) {
    upload(shared().seller(), "<svg/>").expect(400, "can't be read").expect_field("picture");
    upload(shared().seller(), png(20'000, 1).substr(0, 60)).expect(400).expect_field("picture");
}

TEST(Pictures, are_uploaded_by_those_who_are_signed_in) {
    upload(shared().anonymous(), png(10, 10)).expect(401);
    upload(shared().anonymous(), png(1000, 1000)).expect(413);
    upload(shared().seller(), std::string(11 * 1024 * 1024, 'x')).expect(413);
}

TEST(Pictures, that_are_too_large_are_refused_on_a_page_for_browsers) {
    auto browser = shared().seller().with("Accept", "text/html").with("Accept-Language", "de");
    for (const auto& page :
         {browser.post("/tickets/new", std::string(11 * 1024 * 1024, 'x')),
          shared().anonymous().with("Accept", "text/html").post("/tickets/new", std::string(70'000, 'x'))}) {
        page.expect(413);
        EXPECT_TRUE(page.header("Content-Type").starts_with("text/html"));
        EXPECT_NE(page.body.find("<main"), std::string::npos);
    }
}

TEST(Pictures, leave_the_limit_of_other_routes_alone) {
    shared().seller().post("/api/tickets", R"({"title":")" + std::string(70'000, 'x') + R"("})").expect(413);
}

}  // namespace
}  // namespace stagedoor::testing

#include "services/client/qr_code.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace stagedoor::client {
namespace {

// What a code of docs/ticket-code.md looks like: 120 characters, or 138 if it rotates.
std::string code_of(std::size_t characters) {
    std::string text = "212Q6JE:JK:3%Q81BW5341003.O4B9 X94HU%TOI.TW.MBJQ:IAPVJD 0YI2WNBR-HZ:3BPS- 4N0G3PS2";
    while (text.size() < characters) text += "3A334JFTP4L/I2PEW6Q0:M6M4D.:DXG6CFL$I3";
    return text.substr(0, characters);
}

TEST(QrCode, of_a_ticket_has_version_5_and_of_a_rotating_one_6) {
    constexpr int quiet = 2 * 4;
    EXPECT_EQ(qr_code(code_of(120)).side, 37 + quiet);
    EXPECT_EQ(qr_code(code_of(138)).side, 41 + quiet);
}

TEST(QrCode, is_drawn_as_runs_of_dark_modules_inside_the_quiet_zone) {
    auto code = qr_code("A");
    EXPECT_EQ(code.side, 21 + 2 * 4);
    EXPECT_TRUE(code.path.starts_with("M4 4h7v1h-7z")) << "the upper edge of the first finder pattern";
    EXPECT_EQ(code.path.find_first_not_of("Mhvz-0123456789 "), std::string::npos) << "nothing to escape";
}

TEST(QrCode, is_refused_for_more_than_fits) {
    EXPECT_THROW((void)qr_code(std::string(5'000, 'a')), std::runtime_error);
}

}  // namespace
}  // namespace stagedoor::client

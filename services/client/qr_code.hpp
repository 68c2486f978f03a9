// A text as a QR code, to be drawn as inline SVG.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <string>

namespace stagedoor::client {

struct QrCode {
    std::int64_t side = 0;  // in modules, with the quiet zone
    std::string path;       // of an SVG <path>, in modules: the dark ones
};
BOOST_DESCRIBE_STRUCT(QrCode, (), (side, path))

// Error correction level M, as docs/ticket-code.md says. Throws std::runtime_error for more than fits.
[[nodiscard]] QrCode qr_code(const std::string& text);

}  // namespace stagedoor::client

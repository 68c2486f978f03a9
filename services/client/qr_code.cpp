#include "services/client/qr_code.hpp"

#include <fmt/format.h>
#include <qrencode.h>

#include <iterator>
#include <memory>
#include <stdexcept>

namespace stagedoor::client {
namespace {

constexpr int quiet_zone = 4;  // modules on each side, as ISO/IEC 18004 requires

// One rectangle per run of dark modules.
std::string path_of(const QRcode& code) {
    std::string path;
    for (int y = 0; y < code.width; ++y) {
        auto is_dark = [&](int x) { return x < code.width && (code.data[y * code.width + x] & 1) != 0; };
        for (int x = 0; x < code.width; ++x) {
            if (!is_dark(x)) continue;
            auto begin = x;
            while (is_dark(x)) ++x;
            fmt::format_to(std::back_inserter(path), "M{} {}h{}v1h-{}z", begin + quiet_zone, y + quiet_zone,
                           x - begin, x - begin);
        }
    }
    return path;
}

}  // namespace

QrCode qr_code(const std::string& text) {
    constexpr int smallest_version = 0, case_sensitive = 1;
    std::unique_ptr<QRcode, decltype(&QRcode_free)> code{
        QRcode_encodeString(text.c_str(), smallest_version, QR_ECLEVEL_M, QR_MODE_8, case_sensitive),
        QRcode_free};
    if (!code) throw std::runtime_error("a text does not fit into a QR code");
    return {code->width + 2 * quiet_zone, path_of(*code)};
}

}  // namespace stagedoor::client

#include "common/text/digest.hpp"

#include <sodium.h>

#include <vector>

#include "common/text/hex.hpp"

namespace stagedoor::text {

std::string digest(std::string_view content, std::size_t size) {
    std::vector<std::byte> bytes(size);
    crypto_generichash(reinterpret_cast<unsigned char*>(bytes.data()), bytes.size(),
                       reinterpret_cast<const unsigned char*>(content.data()), content.size(), nullptr, 0);
    return to_hex(bytes);
}

}  // namespace stagedoor::text

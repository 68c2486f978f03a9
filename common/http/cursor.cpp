#include "common/http/cursor.hpp"

#include <sodium.h>

#include <boost/describe.hpp>

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "common/security/token.hpp"

namespace stagedoor::http {
namespace {

struct Wire {
    std::int64_t key = 0;
    std::string id, query;  // query: a fingerprint
};
BOOST_DESCRIBE_STRUCT(Wire, (), (key, id, query))

std::string fingerprint(std::string_view query) {
    unsigned char digest[crypto_generichash_BYTES_MIN];
    crypto_generichash(digest, sizeof digest, reinterpret_cast<const unsigned char*>(query.data()), query.size(), nullptr, 0);
    return security::base64url({reinterpret_cast<const char*>(digest), sizeof digest});
}

}  // namespace

std::string Cursor::to_text(std::string_view query) const {
    return security::base64url(json::to_json(Wire{key, id, fingerprint(query)}));
}

Cursor Cursor::parse(std::string_view text, std::string_view query) {
    auto decoded = security::from_base64url(text);
    auto wire = decoded ? json::read<Wire>(*decoded) : std::unexpected(Problems{});
    if (!wire) throw Invalid("is not a cursor of this collection", "after");
    if (wire->query != fingerprint(query)) throw Invalid("belongs to another query", "after");
    return {wire->key, std::move(wire->id)};
}

}  // namespace stagedoor::http

#include "common/http/routing/cursor.hpp"

#include <sodium.h>

#include <boost/describe.hpp>

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "common/security/token.hpp"

namespace stagedoor::http {
namespace {

Message no_such_page() {
    return "This link to the next page is not valid here. Start again from the first page"_text;
}

struct Wire {
    std::int64_t key = 0;
    std::string id, check;
};
BOOST_DESCRIBE_STRUCT(Wire, (), (key, id, check))

// A fingerprint of row and query, so that a cursor is not used with another query by accident. Not a security
// measure: a forged cursor shows nothing that the query would not show anyway.
std::string fingerprint(const Cursor& cursor, std::string_view query) {
    auto all = std::to_string(cursor.key) + " " + std::to_string(cursor.id.size()) + " " + cursor.id;
    all += query;
    unsigned char digest[crypto_generichash_BYTES_MIN];
    crypto_generichash(digest, sizeof digest, reinterpret_cast<const unsigned char*>(all.data()), all.size(),
                       nullptr, 0);
    return security::base64url({reinterpret_cast<const char*>(digest), sizeof digest});
}

}  // namespace

std::string Cursor::to_text(std::string_view query) const {
    return security::base64url(json::to_json(Wire{key, id, fingerprint(*this, query)}));
}

Cursor Cursor::parse(std::string_view text, std::string_view query) {
    auto decoded = security::from_base64url(text);
    auto wire = decoded ? json::read<Wire>(*decoded) : std::unexpected(Problems{});
    if (!wire) throw Invalid(no_such_page(), "after");
    Cursor cursor{wire->key, std::move(wire->id)};
    if (wire->check != fingerprint(cursor, query)) throw Invalid(no_such_page(), "after");
    return cursor;
}

}  // namespace stagedoor::http

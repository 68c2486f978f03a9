// Who may use a route: the seller of a listing, or a scanner by its own token.
#pragma once

#include <span>
#include <string>

#include "common/http/routing/extract.hpp"
#include "services/admissions/app.hpp"

namespace stagedoor::admissions {

// A scanner's token in the Authorization header; 401 without one. Needs no session, and so no cookie.
struct Scanner {
    std::string token;
};

// Throws NotFound, or Forbidden unless the user is the listing's seller or an admin.
[[nodiscard]] store::ListingRow require_seller(sql::Tx& tx, const TicketId& ticket,
                                               const http::SignedIn& user);

// Throws NotFound, or Forbidden unless the user holds the pass now.
[[nodiscard]] PassRow require_held(sql::Tx& tx, const PassId& pass, const UserId& holder);

// The code of the pass as it is now.
[[nodiscard]] std::string code_of(const PassRow& pass, const ListingKey& key);

// Base64url of bytes.
template <class Bytes>
[[nodiscard]] std::string base64url_of(const Bytes& bytes) {
    return security::base64url({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// Appends the 8 bytes of a serial that was stored as hexadecimal digits.
void append_serial(std::string& bytes, const std::string& hex);

// A listing's keys without their private halves, and the hexadecimal digits of its tag.
[[nodiscard]] std::vector<PublicKeyView> public_keys(const ListingKeys* keys);
[[nodiscard]] std::string tag_of(const TicketId& ticket);

// Of responses that are for one scanner.
[[nodiscard]] inline http::Headers for_scanner_only() { return {{"Cache-Control", "private, no-store"}}; }

}  // namespace stagedoor::admissions

template <>
struct stagedoor::http::Extract<stagedoor::admissions::Scanner> {
    static admissions::Scanner extract(Context& context);
    static void describe(RouteSpec& spec) { spec.may_fail_with(ErrorKind::not_signed_in); }
};

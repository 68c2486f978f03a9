#include "services/admissions/routes/access.hpp"

#include "common/errors.hpp"
#include "common/text/hex.hpp"
#include "services/admissions/code/ticket_code.hpp"
#include "services/admissions/store/passes.hpp"

namespace stagedoor::admissions {

store::ListingRow require_seller(sql::Tx& tx, const TicketId& ticket, const http::SignedIn& user) {
    auto listing = store::find_listing(tx, ticket);
    if (!listing || !listing->seller_id) throw NotFound("Listing not found"_text);
    if (listing->seller_id != user.id && !user.claims.has_role("admin"))
        throw Forbidden("Only the seller can do this"_text);
    return *listing;
}

PassRow require_held(sql::Tx& tx, const PassId& id, const UserId& holder) {
    auto pass = store::find_pass(tx, id);
    if (!pass) throw NotFound("No such ticket"_text);
    if (pass->holder_id != holder) throw Forbidden("Somebody else holds this ticket"_text);
    return std::move(*pass);
}

std::string code_of(const PassRow& pass, const ListingKey& key) {
    auto serial = code::serial_from_hex(pass.serial).value();
    return code::encode(
        code::sign(pass.ticket_id.text, key.number, serial, static_cast<int>(pass.generation), key.signing));
}

void append_serial(std::string& bytes, const std::string& hex) {
    auto serial = code::serial_from_hex(hex).value();
    bytes.append(reinterpret_cast<const char*>(serial.bytes.data()), serial.bytes.size());
}

std::vector<PublicKeyView> public_keys(const ListingKeys* keys) {
    std::vector<PublicKeyView> views;
    if (!keys) return views;
    for (const auto& key : *keys)
        views.push_back({key.number, base64url_of(key.signing.public_key), key.created_at});
    return views;
}

std::string tag_of(const TicketId& ticket) {
    const auto tag = code::listing_tag(ticket.text);
    return text::to_hex(std::as_bytes(std::span{tag}));
}

}  // namespace stagedoor::admissions

namespace stagedoor::http {

admissions::Scanner Extract<admissions::Scanner>::extract(Context& context) {
    auto token = bearer_token(context.request);
    if (!token) throw NotSignedIn("Open the door's link first"_text);
    return {std::string{*token}};
}

}  // namespace stagedoor::http

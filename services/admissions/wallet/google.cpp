#include "services/admissions/wallet/google.hpp"

#include <boost/describe.hpp>
#include <stdexcept>
#include <vector>

#include "common/json/value.hpp"
#include "common/json/write.hpp"
#include "common/security/token.hpp"
#include "services/admissions/wallet/openssl.hpp"

namespace stagedoor::admissions::wallet {
namespace {

const std::string save_url = "https://pay.google.com/gp/v/save/";

struct Header {
    std::string alg = "RS256", typ = "JWT";
};
BOOST_DESCRIBE_STRUCT(Header, (), (alg, typ))

struct Translated {
    std::string language = "en", value;
};
BOOST_DESCRIBE_STRUCT(Translated, (), (language, value))
struct LocalizedText {
    Translated default_value;
};
BOOST_DESCRIBE_STRUCT(LocalizedText, (), (default_value))
LocalizedText localized(const std::string& text) { return {{.value = text}}; }

struct Venue {
    LocalizedText name, address;
};
BOOST_DESCRIBE_STRUCT(Venue, (), (name, address))
struct DateTime {
    std::string start;
};
BOOST_DESCRIBE_STRUCT(DateTime, (), (start))
struct EventClass {
    std::string id, issuer_name = "Stagedoor", review_status = "UNDER_REVIEW";
    LocalizedText event_name;
    std::optional<Venue> venue;
    std::optional<DateTime> date_time;
};
BOOST_DESCRIBE_STRUCT(EventClass, (), (id, issuer_name, review_status, event_name, venue, date_time))

struct GoogleBarcode {
    std::string type = "QR_CODE", value, alternate_text;
};
BOOST_DESCRIBE_STRUCT(GoogleBarcode, (), (type, value, alternate_text))
struct SeatInfo {
    LocalizedText seat;
};
BOOST_DESCRIBE_STRUCT(SeatInfo, (), (seat))
struct EventObject {
    std::string id, class_id, state = "ACTIVE", ticket_number;
    GoogleBarcode barcode;
    std::optional<SeatInfo> seat_info;
};
BOOST_DESCRIBE_STRUCT(EventObject, (), (id, class_id, state, ticket_number, barcode, seat_info))

struct Payload {
    std::vector<EventClass> event_ticket_classes;
    std::vector<EventObject> event_ticket_objects;
};
BOOST_DESCRIBE_STRUCT(Payload, (), (event_ticket_classes, event_ticket_objects))
struct Claims {
    std::string iss, aud = "google", typ = "savetowallet";
    std::int64_t iat = 0;
    std::vector<std::string> origins;
    Payload payload;
};
BOOST_DESCRIBE_STRUCT(Claims, (), (iss, aud, typ, iat, origins, payload))

using Context = std::unique_ptr<EVP_MD_CTX, FreeWith<EVP_MD_CTX_free>>;

// RSASSA-PKCS1-v1_5 with SHA-256 (RFC 7518, 3.3).
std::string sign(const std::string& text, EVP_PKEY* key) {
    Context context{EVP_MD_CTX_new()};
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    std::size_t size = 0;
    require(context && EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
                EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) == 1,
            "OpenSSL can't sign");
    std::string signature(size, '\0');
    require(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                           text.size()) == 1,
            "OpenSSL can't sign");
    signature.resize(size);
    return signature;
}

EventClass class_of(const Ticket& ticket, const std::string& id) {
    EventClass event{.id = id, .event_name = localized(ticket.title), .venue = {}, .date_time = {}};
    // Google wants both, or neither.
    if (ticket.venue && ticket.city) event.venue = Venue{localized(*ticket.venue), localized(*ticket.city)};
    if (ticket.starts_at) event.date_time = DateTime{ticket.starts_at->to_text()};
    return event;
}

}  // namespace

struct Google::Account {
    std::string email, issuer, origin;
    PrivateKey key;
};

Google::Google(const std::string& account, std::string issuer, std::string origin)
    : account_([&] {
          auto file = json::parse(account);
          const auto* email = file ? (*file)["client_email"].string() : nullptr;
          const auto* key = file ? (*file)["private_key"].string() : nullptr;
          if (!email || !key)
              throw std::runtime_error(
                  "not the JSON key file of a service account: it lacks client_email or private_key");
          auto result =
              std::make_unique<Account>(*email, std::move(issuer), std::move(origin), read_private_key(*key));
          require(EVP_PKEY_is_a(result->key.get(), "RSA") == 1, "its private key is not an RSA key");
          return result;
      }()) {}

Google::~Google() = default;

std::string Google::link_for(const Ticket& ticket, Instant now) const {
    auto prefix = account_->issuer + ".";
    EventObject object{.id = prefix + ticket.pass.text + "." + std::to_string(ticket.generation),
                       .class_id = prefix + ticket.listing.text,
                       .ticket_number = ticket.serial,
                       .barcode = {.value = ticket.code, .alternate_text = ticket.serial},
                       .seat_info = {}};
    if (ticket.seats) object.seat_info = SeatInfo{localized(*ticket.seats)};
    Claims claims{.iss = account_->email,
                  .iat = now.milliseconds / 1000,
                  .origins = {account_->origin},
                  .payload = {{class_of(ticket, object.class_id)}, {object}}};
    auto text =
        security::base64url(json::to_json(Header{})) + "." + security::base64url(json::to_json(claims));
    return save_url + text + "." + security::base64url(sign(text, account_->key.get()));
}

}  // namespace stagedoor::admissions::wallet

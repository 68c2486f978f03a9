#include "services/admissions/key_ring.hpp"

#include <algorithm>
#include <stdexcept>

namespace stagedoor::admissions {
namespace {

constexpr std::int64_t first_number = 1;

template <class Bytes>
std::string_view text_of(const Bytes& bytes) {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

template <class Bytes>
void copy_to(Bytes& bytes, std::string_view text) {
    std::ranges::transform(text, bytes.begin(), [](char c) { return static_cast<unsigned char>(c); });
}

std::string name_of(const TicketId& ticket, std::int64_t number) {
    return ticket.text + "/" + std::to_string(number);
}

// For the operator.
std::runtime_error wrong_secret() {
    return std::runtime_error(
        "ADMISSIONS_SECRET is not the secret that the keys of ticket codes were encrypted with. Restore the "
        "old secret, or set it as ADMISSIONS_SECRET_PREVIOUS: without it no code of these listings can be "
        "shown or checked");
}

const std::string purpose = "admissions: keys of listings";

}  // namespace

KeyRing::KeyRing(const std::string& secret, const std::string& previous_secret) : sealer_(secret, purpose) {
    if (!previous_secret.empty())
        previous_sealer_ = std::make_unique<security::Sealer>(previous_secret, purpose);
}

std::optional<std::string> KeyRing::unseal(const std::string& sealed, const std::string& name) {
    auto plain = sealer_.unseal(sealed, name);
    if (!plain && previous_sealer_) plain = previous_sealer_->unseal(sealed, name);
    return plain;
}

std::optional<std::string> KeyRing::sealed_anew(const store::StoredKey& key, runtime::Random& random) {
    auto name = name_of(key.ticket_id, key.number);
    if (!previous_sealer_ || sealer_.unseal(key.sealed, name)) return std::nullopt;
    auto plain = previous_sealer_->unseal(key.sealed, name);
    if (!plain) throw wrong_secret();
    return sealer_.seal(*plain, name, random);
}

store::KeyRow KeyRing::make(const TicketId& ticket, Instant now, runtime::Random& random) {
    auto key = security::new_signing_key(random);
    std::string both{text_of(key.secret_key)};
    both.resize(key.secret_key.size() + sizeof(code::Key));
    random.fill(std::as_writable_bytes(std::span{both}).subspan(key.secret_key.size()));
    return {.number = first_number,
            .public_key = security::base64url(text_of(key.public_key)),
            .sealed = sealer_.seal(both, name_of(ticket, first_number), random),
            .created_at = now};
}

ListingKey KeyRing::open(const TicketId& ticket, const store::KeyRow& row) {
    ListingKey key{.number = static_cast<int>(row.number), .created_at = row.created_at, .signing = {}};
    auto public_key = security::from_base64url(row.public_key);
    auto both = unseal(row.sealed, name_of(ticket, row.number));
    if (!both || both->size() != key.signing.secret_key.size() + key.door_key.size() || !public_key ||
        public_key->size() != key.signing.public_key.size()) {
        throw wrong_secret();
    }
    copy_to(key.signing.public_key, *public_key);
    std::string_view all{*both};
    copy_to(key.signing.secret_key, all.substr(0, key.signing.secret_key.size()));
    copy_to(key.door_key, all.substr(key.signing.secret_key.size()));
    return key;
}

Task<std::shared_ptr<const ListingKeys>> KeyRing::find(sql::Database& db, TicketId ticket) {
    {
        std::scoped_lock lock{mutex_};
        if (auto known = cached_.find(ticket); known != cached_.end()) co_return known->second;
    }
    auto rows = co_await db.read([&](sql::Tx& tx) { return store::keys_of(tx, ticket); });
    if (rows.empty()) co_return nullptr;
    auto keys = std::make_shared<ListingKeys>();
    for (const auto& row : rows) keys->push_back(open(ticket, row));
    std::scoped_lock lock{mutex_};
    if (cached_.size() >= max_cached) cached_.clear();
    cached_[ticket] = keys;
    co_return keys;
}

Task<std::shared_ptr<const ListingKeys>> KeyRing::find_or_make(sql::Database& db, TicketId ticket,
                                                               Instant now, runtime::Random& random) {
    if (auto keys = co_await find(db, ticket)) co_return keys;
    auto row = make(ticket, now, random);
    co_await db.write([&](sql::Tx& tx) { store::add_key(tx, ticket, row); });
    co_return co_await find(db, std::move(ticket));
}

}  // namespace stagedoor::admissions

// The keys of listings: those that sign ticket codes, and the door keys behind rotating codes. They are made
// when they are first needed, kept in the database encrypted, and opened ones in memory.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "common/security/sealed.hpp"
#include "common/security/token.hpp"
#include "common/sql/database.hpp"
#include "contracts/ids.hpp"
#include "services/admissions/code/ticket_code.hpp"
#include "services/admissions/store/keys.hpp"

namespace stagedoor::admissions {

struct ListingKey {
    int number = 0;  // the key id in codes
    Instant created_at;
    security::SigningKey signing;
    code::Key door_key{};
};
// By number, from 1.
using ListingKeys = std::vector<ListingKey>;

class KeyRing {
  public:
    // `previous_secret` opens what was encrypted before `secret` replaced it; empty: nothing.
    explicit KeyRing(const std::string& secret, const std::string& previous_secret = {});

    // A listing's keys; null if it has none yet. Throws std::runtime_error with a message for the operator if
    // neither secret opens them.
    [[nodiscard]] Task<std::shared_ptr<const ListingKeys>> find(sql::Database& db, TicketId ticket);
    // The same, and makes the first one if there is none. Of two replicas that do, one succeeds and both use
    // its key.
    [[nodiscard]] Task<std::shared_ptr<const ListingKeys>> find_or_make(sql::Database& db, TicketId ticket,
                                                                        Instant now, runtime::Random& random);

    [[nodiscard]] bool has_previous_secret() const { return previous_sealer_ != nullptr; }
    // What is sealed under the previous secret, sealed under the current one; nullopt if it is already.
    // Throws as find() does.
    [[nodiscard]] std::optional<std::string> sealed_anew(const store::StoredKey& key,
                                                         runtime::Random& random);

  private:
    // Of many listings, so that a busy one is opened once.
    static constexpr std::size_t max_cached = 10'000;

    [[nodiscard]] store::KeyRow make(const TicketId& ticket, Instant now, runtime::Random& random);
    [[nodiscard]] ListingKey open(const TicketId& ticket, const store::KeyRow& row);

    [[nodiscard]] std::optional<std::string> unseal(const std::string& sealed, const std::string& name);

    security::Sealer sealer_;
    std::unique_ptr<security::Sealer> previous_sealer_;
    std::mutex mutex_;
    std::map<TicketId, std::shared_ptr<const ListingKeys>> cached_;
};

}  // namespace stagedoor::admissions

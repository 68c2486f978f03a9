#include "services/admissions/app.hpp"

namespace stagedoor::admissions {
namespace {

constexpr std::chrono::seconds max_age_of_counts{1};

template <class Key, class Value>
void keep(std::map<Key, Value>& cache, std::size_t limit, const Key& key, Value value) {
    if (cache.size() >= limit) cache.clear();
    cache.insert_or_assign(key, std::move(value));
}

}  // namespace

std::optional<std::vector<std::string>> App::wallets() const {
    std::vector<std::string> names;
    if (apple_wallet) names.emplace_back("apple");
    if (google_wallet) names.emplace_back("google");
    return names.empty() ? std::nullopt : std::optional{std::move(names)};
}

Task<ScannerId> App::scanner_of(std::string token, ScannerFacts& facts) {
    auto text = tokens.id_of(TokenKind::scanner, token);
    if (!text) throw NotSignedIn("This scanner is unknown: open the door's link again"_text);
    ScannerId id{*text};
    {
        std::scoped_lock lock{mutex_};
        if (auto known = scanners_.find(id); known != scanners_.end()) {
            facts = known->second;
            co_return id;
        }
    }
    auto row = co_await db.read([&](sql::Tx& tx) { return store::require_known_scanner(tx, id); });
    facts = {row.ticket_id, row.door_id};
    std::scoped_lock lock{mutex_};
    keep(scanners_, max_cached, id, facts);
    co_return id;
}

Task<store::Counts> App::recent_counts(TicketId ticket) {
    auto now = clock.now();
    {
        std::scoped_lock lock{mutex_};
        auto known = counts_.find(ticket);
        if (known != counts_.end() && now - known->second.at < max_age_of_counts)
            co_return known->second.counts;
    }
    auto counts = co_await db.read([&](sql::Tx& tx) { return store::count_passes(tx, ticket); });
    std::scoped_lock lock{mutex_};
    keep(counts_, max_cached, ticket, RecentCounts{now, counts});
    co_return counts;
}

}  // namespace stagedoor::admissions

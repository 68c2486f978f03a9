// Where a service says what happened: a row in the transaction of the change itself, so that neither is ever
// without the other. Rows are kept: they are the truth from which a bus that lost anything is filled again.
#pragma once

#include <vector>

#include "common/bus/bus.hpp"
#include "common/json/write.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::outbox {

// Database::listen to this channel to hear that there is something new.
inline constexpr std::string_view channel = "outbox";

void publish(sql::Tx& tx, const bus::Event& event);

// Tells `event`; its time and trace are the transaction's.
template <contracts::Event E>
void publish(sql::Tx& tx, const E& event) {
    publish(tx, bus::Event{std::string{E::subject}, std::string{E::source}, event.entity_id(), event.version,
                           tx.now(), tx.traceparent(), json::to_json(event)});
}

// What stands after `position`, oldest first. Only for a database whose row numbers are in commit order
// (SQLite has one writer; PostgreSQL does not promise it).
[[nodiscard]] std::vector<bus::Log::Entry> read_after(sql::Tx& tx, std::string_view source,
                                                      std::int64_t position, int limit);

// The number of the newest row; 0 when there is none.
[[nodiscard]] std::int64_t newest(sql::Tx& tx);

// A service's outbox as a bus reads it.
class Log final : public bus::Log {
  public:
    Log(std::string service, sql::Database& db) : service_(std::move(service)), db_(db) {}

    [[nodiscard]] const std::string& service() const override { return service_; }
    [[nodiscard]] Task<std::vector<Entry>> read_after(std::int64_t position, int limit) override;
    void on_new(std::function<void()> told) override { db_.listen(std::string{channel}, std::move(told)); }
    [[nodiscard]] Task<Ahead> ahead_of(std::int64_t position) override;

    [[nodiscard]] Task<std::vector<Entry>> claim(Outcome last, int limit,
                                                 std::chrono::milliseconds lease) override;
    [[nodiscard]] Task<Stream> known_stream() override;
    [[nodiscard]] Task<Stream> begin_stream(Stream known, Stream found) override;
    void send_again_since(Instant time, Instant now) override;
    [[nodiscard]] Task<Backlog> backlog() override;

  private:
    struct Again {  // published within [since, before)
        Instant since, before;
    };

    std::string service_;
    sql::Database& db_;
    // What claim() has still to look for beside the unpublished.
    std::optional<Again> recent_;
    bool earlier_ = true;  // what was published to earlier generations
};

[[nodiscard]] std::vector<sql::Migration> migrations();

}  // namespace stagedoor::outbox

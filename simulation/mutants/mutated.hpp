// What is bent about a copy that has a planted bug: what it says to its database, how it runs a transaction, what it receives
// from the bus.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/bus/jetstream/nats_connection.hpp"
#include "simulation/servers/database_server.hpp"

namespace stagedoor::simulation {

struct Edit {
    std::string service;  // empty: every one
    std::string from, to;
};
[[nodiscard]] std::string edited(std::string_view statement, const std::vector<Edit>& edits);

// All that services say to this database is said otherwise: programs in which these statements were written wrong.
void say_otherwise(DatabaseServer& server, std::function<std::string(std::string_view)> say);

// A database behind another.
class WrappedDatabase : public sql::Database {
  public:
    explicit WrappedDatabase(std::unique_ptr<sql::Database> real) : real_(std::move(real)) {}

    void migrate(const std::vector<sql::Migration>& migrations) override { real_->migrate(migrations); }
    Task<> check() override { return real_->check(); }
    void close() override { real_->close(); }

  protected:
    Task<> run_read(Work work) override { return real_->read(std::move(work)); }
    [[nodiscard]] sql::Database& real() { return *real_; }

  private:
    std::unique_ptr<sql::Database> real_;
};

// What has looked for something in one transaction writes it in another.
class LookThenWrite final : public WrappedDatabase {
  public:
    struct Step {
        bool writes = false;
        bool has_looked = false;  // to be said by who sees the statement
    };
    LookThenWrite(std::unique_ptr<sql::Database> real, std::shared_ptr<Step> step)
        : WrappedDatabase(std::move(real)), step_(std::move(step)) {}

  protected:
    Task<> run_write(Work work, sql::WriteOptions options) override;

  private:
    std::shared_ptr<Step> step_;
};

// Says whose transaction it is.
class Spoken final : public WrappedDatabase {
  public:
    Spoken(std::unique_ptr<sql::Database> real, std::shared_ptr<int> speaker, int own)
        : WrappedDatabase(std::move(real)), speaker_(std::move(speaker)), own_(own) {}

  protected:
    Task<> run_write(Work work, sql::WriteOptions options) override;

  private:
    std::shared_ptr<int> speaker_;
    const int own_;
};

// Takes what it has sent to a stream for stored there.
class HastyConnection final : public bus::NatsConnection {
  public:
    explicit HastyConnection(std::unique_ptr<bus::NatsConnection> real) : real_(std::move(real)) {}

    std::shared_ptr<bus::Mailbox> make_mailbox() override {
        return mailboxes_.emplace_back(real_->make_mailbox());
    }
    void start(std::function<void()> changed) override { real_->start(std::move(changed)); }
    std::int64_t epoch() const override { return real_->epoch(); }
    bool send(std::int64_t epoch, Outgoing message) override;
    bool is_too_large(const Outgoing& message) const override { return real_->is_too_large(message); }
    void close() override { real_->close(); }

  private:
    std::unique_ptr<bus::NatsConnection> real_;
    std::vector<std::shared_ptr<bus::Mailbox>> mailboxes_;
};

}  // namespace stagedoor::simulation

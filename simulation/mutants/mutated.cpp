#include "simulation/mutants/mutated.hpp"

#include "common/sql/schema_migrations.hpp"

namespace stagedoor::simulation {
namespace {

using Say = std::function<std::string(std::string_view)>;

class EditedTx final : public sql::ScriptTx {
  public:
    EditedTx(sql::sqlite::Connection& connection, sql::Tx& real, const Say& say)
        : ScriptTx(real.now(), real.traceparent()), connection_(connection), real_(real), say_(say) {}

    void after_commit(std::function<void()> action) override { real_.after_commit(std::move(action)); }
    void nested(const std::function<void()>& part) override { real_.nested(part); }
    void run_script(std::string_view statements) override {
        dynamic_cast<sql::ScriptTx&>(real_).run_script(say_(statements));
    }

  protected:
    std::unique_ptr<sql::Rows> start(std::string_view statement,
                                     std::span<const sql::Parameter> parameters) override {
        return connection_.start(say_(statement), parameters);
    }

  private:
    sql::sqlite::Connection& connection_;
    sql::Tx& real_;
    const Say& say_;
};

// Ends a transaction that was to write nothing.
struct HasLooked {};

}  // namespace

std::string edited(std::string_view statement, const std::vector<Edit>& edits) {
    std::string text{statement};
    for (const auto& edit : edits) {
        for (auto at = text.find(edit.from); at != std::string::npos;
             at = text.find(edit.from, at + edit.to.size()))
            text.replace(at, edit.from.size(), edit.to);
    }
    return text;
}

void say_otherwise(DatabaseServer& server, Say say) {
    server.between = [say = std::move(say)](sql::sqlite::Connection& connection,
                                            const DatabaseServer::Work& work, sql::Tx& tx) {
        EditedTx edited{connection, tx, say};
        work(edited);
    };
}

Task<> LookThenWrite::run_write(Work work, sql::WriteOptions options) {
    auto look = [&](sql::Tx& tx) {
        *step_ = {};
        work(tx);
        if (step_->has_looked) throw HasLooked{};
    };
    try {
        co_await real().write(look, options);
        co_return;
    } catch (const HasLooked&) {  // and found what it was looking for
    }
    auto write = [&](sql::Tx& tx) {
        *step_ = {.writes = true};
        work(tx);
    };
    co_await real().write(write, options);
}

Task<> Spoken::run_write(Work work, sql::WriteOptions options) {
    auto say = [&](sql::Tx& tx) {
        *speaker_ = own_;
        work(tx);
    };
    co_await real().write(say, std::move(options));
}

bool HastyConnection::send(std::int64_t epoch, Outgoing message) {
    auto is_event = !message.id.empty();
    auto reply = message.reply;
    if (!real_->send(epoch, std::move(message))) return false;
    for (auto& mailbox : mailboxes_) {
        if (is_event && reply.starts_with(mailbox->address() + "."))
            mailbox->put({.subject = reply,
                          .reply = {},
                          .data = R"({"seq":0,"duplicate":true})",
                          .status = 0,
                          .epoch = epoch});
    }
    return true;
}

}  // namespace stagedoor::simulation

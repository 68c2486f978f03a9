// Several transactions in one of PostgreSQL's, each in a savepoint of its own: what one did is undone without
// the others. At first without savepoints, which cost as much as two statements each: most groups have nothing to
// undo, and one that has runs again with them.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/sql/postgres/commit_markers.hpp"
#include "common/sql/postgres/connection.hpp"
#include "common/sql/postgres/lanes.hpp"
#include "common/sql/schema_migrations.hpp"

namespace stagedoor::sql::postgres {

enum class Savepoints { none, of_each };

// Which of them a connection's next group has: those of somebody whose buyers are refused one after the other would
// run in vain without, so for some time after one did they aren't tried.
class SavepointChoice {
  public:
    [[nodiscard]] Savepoints next() {
        if (groups_left_ == 0) return Savepoints::none;
        --groups_left_;
        return Savepoints::of_each;
    }
    void ran_in_vain() { groups_left_ = 50; }

  private:
    int groups_left_ = 0;
};

class PostgresTx final : public ScriptTx {
  public:
    // The `member`th of a group; 1 when it is alone.
    PostgresTx(Connection& connection, Instant now, std::string traceparent, int member = 1)
        : ScriptTx(now, std::move(traceparent)), connection_(connection), part_{.member = member} {}

    void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
    void nested(const std::function<void()>& part) override;
    void run_script(std::string_view statements) override;

    // Runs `work`, in a savepoint or not. What was sent may still be on its way.
    void run(const std::function<void(Tx&)>& work, Savepoints savepoints);
    // Whether something of it may be there to be undone.
    [[nodiscard]] bool has_effect() const { return has_effect_ || unconfirmed_ || failed_; }
    [[nodiscard]] std::vector<std::function<void()>> take_actions() { return std::move(actions_); }
    // What failed was not this member's: then none of the group's verdicts counts.
    [[nodiscard]] bool is_group_broken() const { return group_broken_; }

  protected:
    std::unique_ptr<Rows> start(std::string_view statement, std::span<const Parameter> parameters) override;
    void send_on(std::string_view statement, std::span<const Parameter> parameters) override;

  private:
    void require_alive() const;
    std::unique_ptr<Rows> hear();
    void undo_to(const std::string& savepoint);

    Connection& connection_;
    Part part_;
    bool failed_ = false;  // a statement of this part: PostgreSQL takes no other before it is undone
    bool group_broken_ = false;
    bool unconfirmed_ = false;  // something was sent whose outcome isn't known
    bool has_effect_ = false;
    std::vector<std::function<void()>> actions_;
};

// How a group's transaction ended when it wasn't committed.
struct Ended {
    enum class How {
        undone,     // by an error, or for want of savepoints: nothing of it is left
        lost,       // with the connection, before COMMIT was sent: nothing will be left
        uncertain,  // with the connection, after COMMIT was sent
    };
    How how;
    std::exception_ptr why;
};

// Nullopt once `group` is committed, each with its verdict. Otherwise no verdict counts, and any of them may run
// again once it is known that they were not committed. `commit` runs what ends it (and may measure it).
[[nodiscard]] std::optional<Ended> commit_together(
    Connection& connection, CommitMarkers& marks, std::span<Write> group, Savepoints savepoints,
    const std::function<void(const std::function<void()>&)>& commit);

// Runs `reader` on a snapshot and sets its verdict. Throws ConnectionLost: then it may run again.
void run_on_snapshot(Connection& connection, PendingTransaction& reader);

}  // namespace stagedoor::sql::postgres

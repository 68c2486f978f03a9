// What was seen at the doors: who was let in, with which code. Checks invariant 9 from the outside, by what
// the phones have shown and not by what the database says.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "simulation/world/world.hpp"
#include "testing/databases/databases.hpp"

namespace stagedoor::simulation {

class AdmissionLog {
  public:
    struct Admission {
        std::string listing, serial, nonce, scanner;
        int generation = 0, shard = 0;
        Duration begun{};  // when the code was scanned
    };

    explicit AdmissionLog(World& world) : world_(world) {}

    // A phone has let somebody in.
    void admitted(Admission admission);
    // The server has it, or has confirmed that it does.
    void recorded(const std::string& nonce) { recorded_.insert(nonce); }
    void undone(const std::string& nonce) { undone_.insert(nonce); }
    // Call it also if no response arrived.
    void checked_out(const std::string& serial) { ++check_outs_[serial]; }
    // The new holder has it: older generations are dead from now on.
    void transferred(const std::string& listing, const std::string& serial, int generation);
    // A door pack that was requested then has all generations that were dead by then.
    void check_pack(const std::string& listing, Duration requested_at,
                    const std::set<std::pair<std::string, int>>& revoked);
    // Its seller may have set these rules.
    void may_be_lenient(const std::string& listing) { lenient_.insert(listing); }
    void may_allow_reentry(const std::string& listing) { with_reentry_.insert(listing); }
    // A supervisor may have taken the shard from its owner: from now on duplicates are possible.
    void overridden(const std::string& listing, int shard) { overridden_.emplace(listing, shard); }

    [[nodiscard]] std::size_t admissions() const { return admissions_.size(); }
    // Those found since the last call.
    [[nodiscard]] std::vector<std::string> violations() { return std::exchange(violations_, {}); }
    // What admissions' database of a settled marketplace contradicts.
    [[nodiscard]] std::vector<std::string> contradictions(testing::Databases& databases) const;

  private:
    [[nodiscard]] bool is_exact(const Admission& admission) const;
    // How often the ticket may be admitted: once more for each check-out, if its holder may come back.
    [[nodiscard]] int allowed_for(const Admission& admission) const;
    void check_generation(const Admission& admission);
    void check_double(const Admission& admission);

    World& world_;
    std::vector<Admission> admissions_;
    std::set<std::string> recorded_, undone_, lenient_, with_reentry_;
    std::map<std::string, int> check_outs_;                       // by serial
    std::map<std::string, std::string> listings_;                 // by serial, of what was passed on
    std::map<std::string, std::map<int, Duration>> alive_since_;  // by serial, by generation
    std::set<std::pair<std::string, int>> overridden_;            // listing, shard
    std::vector<std::string> violations_;
};

}  // namespace stagedoor::simulation

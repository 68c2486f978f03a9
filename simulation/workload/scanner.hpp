// A phone at a door. It decides as the door page does, from what it has stored: its door pack, its log, and
// what the server has sent. Its storage survives everything except losing the phone.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "services/admissions/code/ticket_code.hpp"
#include "services/admissions/door.hpp"
#include "simulation/model/admission_log.hpp"
#include "simulation/workload/requests.hpp"

namespace stagedoor::simulation {

// A seller's link for one door.
struct DoorLink {
    std::string listing, token;
    bool is_supervisor = false;
};

// What somebody in front of a door shows.
struct ShownCode {
    std::string listing, text;
    std::optional<admissions::code::Key> secret;  // of a code that rotates
};

class Scanner {
  public:
    // `machine`: its name in the network. Its clock differs from the true time by `skew`.
    Scanner(CustomerClient& requests, AdmissionLog& log, std::string machine, std::chrono::milliseconds skew);

    // False if the link was not accepted.
    [[nodiscard]] Task<bool> join(DoorLink link);
    // Decides about somebody, or does something else that phones do.
    [[nodiscard]] Task<> act(const std::vector<ShownCode>& queue);
    // Uploads everything and gives its shards back. False if that has to be repeated.
    [[nodiscard]] Task<bool> finish();

    // The server no longer accepts its token.
    [[nodiscard]] bool is_refused() const { return !id_.empty() && account_.token.empty(); }
    [[nodiscard]] const std::string& listing() const { return link_.listing; }

  private:
    using Pass = std::pair<std::string, int>;  // serial, generation
    struct LogEntry {
        std::string nonce, serial, action;
        int generation = 0, shard = 0;
        std::int64_t epoch = 0, at = 0;
        [[nodiscard]] std::string json() const;
    };
    struct Scan {
        std::string nonce, code, serial, action;
        int generation = 0, shard = 0;
        bool is_genuine = false;
        Duration begun{};
    };

    [[nodiscard]] Task<> scan(const ShownCode& shown);
    [[nodiscard]] Task<> decide_online(Scan scan);
    void decide_offline(const Scan& scan);
    void admit(const Scan& scan);
    [[nodiscard]] Task<> undo();

    [[nodiscard]] Task<> load_pack();
    [[nodiscard]] Task<> claim(std::vector<int> shards);
    [[nodiscard]] Task<> release(std::vector<int> shards);
    [[nodiscard]] Task<> check_status();
    [[nodiscard]] Task<bool> upload();
    [[nodiscard]] Task<> upload_again();
    [[nodiscard]] Task<> override_some_shard();

    [[nodiscard]] Task<Response> send(http::Method method, const std::string& path, std::string body = {});
    void add_entries(std::string_view serials, bool inside);
    [[nodiscard]] bool is_strict() const { return pack_->rules.mode == admissions::Mode::strict; }
    [[nodiscard]] bool allows_reentry() const { return pack_->rules.reentry == admissions::Reentry::allowed; }
    [[nodiscard]] std::string new_nonce() { return requests_.new_idempotency_key(); }
    [[nodiscard]] std::int64_t now_ms() const;

    CustomerClient& requests_;
    World& world_;
    AdmissionLog& log_;
    Customer account_;
    const std::chrono::milliseconds skew_;
    const Duration claims_from_;
    DoorLink link_;
    std::string id_;
    std::optional<admissions::Pack> pack_;
    std::set<Pass> revoked_;
    std::map<int, std::int64_t> owned_;   // shards with their epochs, whose admissions so far it knows
    std::map<std::string, bool> inside_;  // by serial: admitted, and not out again
    std::vector<LogEntry> not_uploaded_, uploaded_;
    std::vector<std::string> own_admissions_;  // nonces, at the server
};

}  // namespace stagedoor::simulation

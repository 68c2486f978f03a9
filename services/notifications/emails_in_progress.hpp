// The emails that this replica is delivering, with the ends of their leases. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "services/notifications/email.hpp"

namespace stagedoor::notifications {

class EmailsInProgress {
  public:
    struct Lease {
        Email email;
        Instant end;
    };
    void add(const Email& email, Instant lease_end) {
        std::lock_guard lock{mutex_};
        leases_.insert_or_assign(email.id, Lease{email, lease_end});
    }
    void remove(const std::string& id) {
        std::lock_guard lock{mutex_};
        leases_.erase(id);
    }
    [[nodiscard]] std::vector<Lease> all() const {
        std::lock_guard lock{mutex_};
        std::vector<Lease> all;
        for (const auto& [id, lease] : leases_) all.push_back(lease);
        return all;
    }
    // Unless it has been removed meanwhile.
    void extend(const std::string& id, Instant lease_end) {
        std::lock_guard lock{mutex_};
        if (auto found = leases_.find(id); found != leases_.end()) found->second.end = lease_end;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, Lease> leases_;
};

}  // namespace stagedoor::notifications

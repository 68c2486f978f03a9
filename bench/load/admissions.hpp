// A full house is admitted: every arrival is the scan of another ticket's code. At the end checks that each
// was admitted exactly once.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/load/marketplace.hpp"
#include "bench/load/open_loop.hpp"
#include "bench/load/scenarios.hpp"

namespace stagedoor::load {

class Admissions : public Traffic {
  public:
    // Sells the tickets, gets their codes and opens the doors.
    Admissions(Api& api, const AdmissionsOptions& options, const Plan& plan, std::string host);

    std::string_view request(std::uint64_t arrival) override;
    Next next(std::uint64_t arrival, const Response& response) override;

    // Checks the invariants through the API.
    Verification verify();

  private:
    void sell();
    std::vector<std::string> wait_for_passes();
    void open_doors();

    Api& api_;
    AdmissionsOptions options_;
    std::string host_, run_ = fresh_run_name();
    std::string seller_, buyer_;  // their sessions
    std::string ticket_id_;
    std::vector<std::string> scanners_;  // their tokens
    std::vector<std::string> codes_;     // as JSON text
    std::int64_t admitted_ = 0;
    std::string request_;  // the last one sent
};

}  // namespace stagedoor::load

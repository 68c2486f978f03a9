// The scenarios: each prepares what it needs through the API, runs its traffic, and then asks the server
// whether what must hold does hold.
#pragma once

#include <chrono>
#include <string>

#include "bench/load/report.hpp"

namespace stagedoor::load {

struct HoldsOptions {
    int buyers = 60;
    int quantity = 1'000'000;
    bool idempotency_keys = false;
    std::chrono::milliseconds converge{30'000};  // how long the seller's figures may take to agree at the end
    std::chrono::milliseconds quiet{500};        // no event delivered for so long: all of the run's are in
};

// Everybody wants the one hot listing: POST /api/orders, one ticket each.
Outcome holds(const Plan& plan, const HoldsOptions& options);

struct LandingOptions {
    std::string path = "/";
    int listings = 0;  // made before, so that the page has something to show; 0 for a server that has no API
};

// Nobody signed in looks at a page.
Outcome landing(const Plan& plan, const LandingOptions& options);

struct PurchasesOptions {
    int buyers = 60;
    int sellers = 4;
    int listings = 5;                            // of each seller
    std::chrono::milliseconds converge{30'000};  // as above
    std::chrono::milliseconds quiet{500};
};

// Everybody buys: POST /api/orders of one ticket, then POST /api/payments for it. Every other ticket is of one
// hot listing, the rest are spread over all.
Outcome purchases(const Plan& plan, const PurchasesOptions& options);

// Of ten read_your_writes seven look at the landing page, two at the hot listing, and one takes a ticket.
Outcome mixed(const Plan& plan, const HoldsOptions& options);

}  // namespace stagedoor::load

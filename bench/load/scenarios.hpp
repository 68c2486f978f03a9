// The scenarios: each prepares its data through the API, runs its load, and then checks the invariants.
#pragma once

#include <chrono>
#include <string>

#include "bench/load/report.hpp"

namespace stagedoor::load {

struct HoldsOptions {
    int buyers = 60;
    int quantity = 1'000'000;
    bool idempotency_keys = false;
    std::chrono::milliseconds converge{30'000};  // how long the projections may take to converge at the end
    std::chrono::milliseconds quiet{500};        // no deliveries for this long: all events were delivered
};

// All buyers order from one hot listing: POST /api/orders, one ticket each.
Outcome holds(const Plan& plan, const HoldsOptions& options);

struct LandingOptions {
    std::string path = "/";
    int listings = 0;  // created first, so that the page has content; 0 for a server without the API
};

// GET of one page without a session.
Outcome landing(const Plan& plan, const LandingOptions& options);

struct PurchasesOptions {
    int buyers = 60;
    int sellers = 4;
    int listings = 5;                            // per seller
    std::chrono::milliseconds converge{30'000};  // as above
    std::chrono::milliseconds quiet{500};
};

// Whole purchases: POST /api/orders for one ticket, then POST /api/payments. Every other ticket is from one
// hot listing, the rest are spread over all listings.
Outcome purchases(const Plan& plan, const PurchasesOptions& options);

struct AdmissionsOptions {
    int tickets = 100'000;                       // each arrival is the scan of another one
    std::chrono::milliseconds converge{60'000};  // how long issuing them may take
};

// Scans of tickets at eight doors: POST /api/admissions/scanner/scans, each of another ticket.
Outcome admissions(const Plan& plan, const AdmissionsOptions& options);

// Of ten arrivals, seven get the landing page, two get the hot listing, and one orders a ticket.
Outcome mixed(const Plan& plan, const HoldsOptions& options);

}  // namespace stagedoor::load

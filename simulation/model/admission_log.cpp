#include "simulation/model/admission_log.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace stagedoor::simulation {
namespace {

std::string text(const AdmissionLog::Admission& admission) {
    return fmt::format("serial {} generation {} of listing {} by {} ({})", admission.serial,
                       admission.generation, admission.listing, admission.scanner, admission.nonce);
}

}  // namespace

bool AdmissionLog::is_exact(const Admission& admission) const {
    return !lenient_.contains(admission.listing) &&
           !overridden_.contains({admission.listing, admission.shard});
}

int AdmissionLog::allowed_for(const Admission& admission) const {
    auto outs = check_outs_.find(admission.serial);
    return with_reentry_.contains(admission.listing) && outs != check_outs_.end() ? 1 + outs->second : 1;
}

void AdmissionLog::admitted(Admission admission) {
    auto same = std::ranges::find(admissions_, admission.nonce, &Admission::nonce);
    if (same != admissions_.end()) return;  // a repeated response
    admissions_.push_back(std::move(admission));
    const auto& added = admissions_.back();
    world_.note("doors", "admitted: " + text(added));
    if (!is_exact(added)) return;
    check_generation(added);
    check_double(added);
}

void AdmissionLog::check_generation(const Admission& admission) {
    for (const auto& [generation, since] : alive_since_[admission.serial]) {
        if (generation > admission.generation && since <= admission.begun)
            violations_.push_back("admitted although it had been passed on: " + text(admission));
    }
}

// Every admission after the first needs a check-out before it, and a listing that allows re-entry.
void AdmissionLog::check_double(const Admission& admission) {
    auto count = std::ranges::count_if(admissions_, [&](const Admission& each) {
        return each.serial == admission.serial && !undone_.contains(each.nonce);
    });
    if (count > allowed_for(admission)) violations_.push_back("admitted twice: " + text(admission));
}

void AdmissionLog::transferred(const std::string& listing, const std::string& serial, int generation) {
    listings_[serial] = listing;
    alive_since_[serial].try_emplace(generation, world_.now());
}

void AdmissionLog::check_pack(const std::string& listing, Duration requested_at,
                              const std::set<std::pair<std::string, int>>& revoked) {
    for (const auto& [serial, own_listing] : listings_) {
        if (own_listing != listing) continue;
        for (const auto& [generation, since] : alive_since_[serial]) {
            if (since <= requested_at && !revoked.contains({serial, generation - 1}))
                violations_.push_back(fmt::format("a door pack of listing {} lacks serial {} generation {}",
                                                  listing, serial, generation - 1));
        }
    }
}

std::vector<std::string> AdmissionLog::contradictions(testing::Databases& databases) const {
    std::map<std::string, int> duplicates;  // reported, by serial
    for (const auto& row : databases.query("admissions", "SELECT serial FROM duplicates"))
        ++duplicates[row.at(0).value_or("")];
    std::map<std::string, int> stored;  // by nonce
    for (const auto& row : databases.query(
             "admissions", "SELECT nonce FROM scans WHERE action = 'admit' AND result <> 'refused'"))
        ++stored[row.at(0).value_or("")];

    std::vector<std::string> found;
    std::map<std::string, int> known;  // admissions that the server must know, by serial
    std::map<std::string, const Admission*> first;
    for (const auto& admission : admissions_) {
        if (!recorded_.contains(admission.nonce)) continue;
        if (stored[admission.nonce] != 1) found.push_back("an admission was lost: " + text(admission));
        if (undone_.contains(admission.nonce)) continue;
        ++known[admission.serial];
        first.try_emplace(admission.serial, &admission);
    }
    for (const auto& [serial, count] : known) {
        const auto& admission = *first.at(serial);
        if (count - allowed_for(admission) > duplicates[serial])
            found.push_back(fmt::format("{} admissions but {} duplicates reported: {}", count,
                                        duplicates[serial], text(admission)));
        if (is_exact(admission) && duplicates[serial] > 0)
            found.push_back("a duplicate was reported that can't be: " + text(admission));
    }
    return found;
}

}  // namespace stagedoor::simulation

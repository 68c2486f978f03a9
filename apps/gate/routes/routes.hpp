// The routes of the gate: those of admissions for scanners (docs/services/admissions.md), decided here.
#pragma once

#include "apps/gate/app.hpp"
#include "common/http/routing/responses.hpp"
#include "services/admissions/routes/access.hpp"

namespace stagedoor::gate::routes {

Task<http::Created<admissions::CreatedScanner>> add_scanner(App& app,
                                                            http::Body<admissions::NewScanner> request);
Task<http::Ok<admissions::Pack>> show_pack(App& app, admissions::Scanner scanner);
Task<http::Ok<admissions::Scan>> scan(App& app, admissions::Scanner scanner,
                                      http::Body<admissions::NewScan> request);
Task<http::Ok<admissions::RecordedUpload>> upload(App& app, admissions::Scanner scanner,
                                                  http::Body<admissions::Upload> request);
Task<http::Ok<admissions::Shards>> change_shards(App& app, admissions::Scanner scanner,
                                                 http::Body<admissions::ShardRequest> request);
Task<http::Ok<admissions::ScannerStatus>> show_status(App& app, admissions::Scanner scanner);

// What they share. Throws NotSignedIn.
[[nodiscard]] Task<store::ScannerRow> scanner_of(App& app, admissions::Scanner scanner);
// Throws Unavailable until the gate has reached the shop for the first time.
[[nodiscard]] std::shared_ptr<const admissions::Pack> require_pack(App& app);

}  // namespace stagedoor::gate::routes

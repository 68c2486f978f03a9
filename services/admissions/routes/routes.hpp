// The routes of admissions, each specified and defined in the file named after it.
#pragma once

#include "common/http/routing/extract.hpp"
#include "common/http/routing/page.hpp"
#include "common/http/routing/responses.hpp"
#include "services/admissions/app.hpp"
#include "services/admissions/door.hpp"
#include "services/admissions/pass.hpp"
#include "services/admissions/routes/access.hpp"

namespace stagedoor::admissions::routes {

struct PassesQuery : http::PageQuery {
    std::optional<OrderId> order_id;
};
BOOST_DESCRIBE_STRUCT(PassesQuery, (http::PageQuery), (order_id))

// ---- for holders
Task<http::Page<Pass>> list_passes(App& app, http::SignedIn holder, http::Query<PassesQuery> query,
                                   http::Context& context);
Task<http::Ok<PassDetails>> show_pass(App& app, http::SignedIn holder, http::Path<PassId> id);
Task<http::Response> show_apple_wallet(App& app, http::SignedIn holder, http::Path<PassId> id);
Task<http::Ok<WalletLink>> show_google_wallet(App& app, http::SignedIn holder, http::Path<PassId> id);
Task<http::Created<OfferedTransfer>> offer_transfer(App& app, http::SignedIn holder, http::Path<PassId> id,
                                                    http::Trace trace);
Task<http::NoContent> revoke_transfer(App& app, http::SignedIn holder, http::Path<TransferId> id,
                                      http::Trace trace);
Task<http::Ok<ShownTransfer>> show_transfer(App& app, http::Body<TransferToken> request,
                                            http::Context& context);
Task<http::Ok<Pass>> claim_transfer(App& app, http::SignedIn claimant, http::Body<TransferToken> request);

// ---- for sellers
Task<> wait_for_new_listing(App& app, const TicketId& ticket, const http::SignedIn& user,
                            const http::Context& context);
Task<http::Ok<ListingView>> show_listing(App& app, http::SignedIn seller, http::Path<TicketId> ticket,
                                         http::Context& context);
Task<http::Ok<store::AdmissionSettings>> change_settings(App& app, http::SignedIn seller,
                                                         http::Path<TicketId> ticket, http::IfMatch if_match,
                                                         http::Body<store::AdmissionSettings> request);
Task<http::Created<CreatedDoor>> create_door(App& app, http::SignedIn seller, http::Path<TicketId> ticket,
                                             http::Body<NewDoor> request, http::Context& context);
Task<http::NoContent> revoke_door(App& app, http::SignedIn seller, http::Path<DoorId> id, http::Trace trace);
Task<http::Ok<Arrivals>> show_arrivals(App& app, http::SignedIn seller, http::Path<TicketId> ticket);
Task<http::Page<Duplicate>> list_duplicates(App& app, http::SignedIn seller, http::Path<TicketId> ticket,
                                            http::Query<http::PageQuery> query);

// ---- for everybody
Task<http::Ok<Keys>> list_keys(App& app, http::Path<TicketId> ticket);

// ---- for scanners
Task<http::Created<CreatedScanner>> add_scanner(App& app, http::Body<NewScanner> request);
Task<http::Ok<Pack>> show_pack(App& app, Scanner scanner);
Task<http::Ok<Scan>> scan(App& app, Scanner scanner, http::Body<NewScan> request);
Task<http::Ok<RecordedUpload>> upload(App& app, Scanner scanner, http::Body<Upload> request);
Task<http::Ok<Shards>> change_shards(App& app, Scanner scanner, http::Body<ShardRequest> request);
Task<http::Ok<ShardView>> override_shard(App& app, Scanner scanner, http::Body<OverriddenShard> request);
Task<http::Ok<FoundPass>> find_pass(App& app, Scanner scanner, http::Path<PassSerial> serial);
Task<http::Ok<ScannerStatus>> show_status(App& app, Scanner scanner);

}  // namespace stagedoor::admissions::routes

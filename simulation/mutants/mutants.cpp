#include "simulation/mutants/mutants.hpp"

#include <algorithm>
#include <array>

namespace stagedoor::simulation {
namespace {

constexpr std::array all{
    Mutant{"fsync-ignored", Mutation::fsync_ignored, "databases respond before their writes are synced"},
    Mutant{"ack-before-commit", Mutation::ack_before_commit,
           "an event is acked on arrival, not when its effect is committed", 8},
    Mutant{"publish-before-commit", Mutation::publish_before_commit,
           "events are published before their transaction commits", 93},
    Mutant{"charge-with-new-key", Mutation::charge_with_new_key, "each attempt to charge uses a new key"},
    Mutant{"abandoned-without-cancelling", Mutation::abandoned_without_cancelling,
           "an abandoned payment is not cancelled at the provider", 55},
    Mutant{"outcome-hint-before-commit", Mutation::outcome_hint_before_commit,
           "the other replicas learn the outcome of a payment before it is committed"},
    Mutant{"webhook-unsigned", Mutation::webhook_unsigned, "webhooks are accepted from anybody", 3},
    Mutant{"duplicates-applied", Mutation::duplicates_applied,
           "an event that arrives twice takes effect twice"},
    Mutant{"rolled-back-batch-acked", Mutation::rolled_back_batch_acked,
           "a batch is acked although one of its events failed and undid all of it", 187},
    Mutant{"gap-skipped", Mutation::gap_skipped, "an event is applied although earlier ones are missing", 5},
    Mutant{"edit-not-searchable", Mutation::edit_not_searchable,
           "an edit of a listing leaves what searches read as it was"},
    Mutant{"hold-in-two-transactions", Mutation::hold_in_two_transactions,
           "one transaction checks the stock, another holds the tickets", 9},
    Mutant{"buyer-limit-ignored", Mutation::buyer_limit_ignored,
           "one buyer gets more of a listing's tickets than the seller allows", 3},
    Mutant{"edit-below-held", Mutation::edit_below_held,
           "a seller's edit sets the stock below held plus sold"},
    Mutant{"release-without-holding", Mutation::release_without_holding,
           "an order is cancelled without checking that it still holds its tickets"},
    Mutant{"return-without-reason", Mutation::return_without_reason,
           "a buyer returns tickets of an event that has not changed"},
    Mutant{"late-payment-revives", Mutation::late_payment_revives,
           "a payment completes an order that is already cancelled", 11},
    Mutant{"refund-forgotten", Mutation::refund_forgotten, "the payment for a cancelled order is kept", 2},
    Mutant{"nothing-republished", Mutation::nothing_republished,
           "events that the bus has lost are not published again", 4},
    Mutant{"idempotency-key-ignored", Mutation::idempotency_key_ignored,
           "a request repeated with its Idempotency-Key is executed again", 2},
    Mutant{"revocation-not-shared", Mutation::revocation_not_shared,
           "only one replica of a service learns that a session has ended"},
    Mutant{"new-password-not-shared", Mutation::new_password_not_shared,
           "only one replica of a service learns that a password has changed"},
    Mutant{"expiry-by-timer-only", Mutation::expiry_by_timer_only,
           "a hold ends only by a timer, and a restart forgets all timers", 2},
    Mutant{"public-page-for-users", Mutation::public_page_for_users,
           "a signed-in visitor gets the cached page of those who are not"},
    Mutant{"sale-leaves-pages", Mutation::sale_leaves_pages,
           "a cached page outlives the sale that has changed it"},
    Mutant{"marked-picture-taken", Mutation::marked_picture_taken,
           "a listing takes a picture that is being deleted", 12},
    Mutant{"late-upload-forgotten", Mutation::late_upload_forgotten,
           "an upload that was deleted while it was stored leaves its files", 2},
    Mutant{"silence-ignored", Mutation::silence_ignored,
           "a consumer that the bus has lost between two requests is not declared again", 25},
    Mutant{"silent-consumer-kept", Mutation::silent_consumer_kept,
           "a consumer that the bus knows, but that never responds, is not replaced", 29},
    Mutant{"marked-before-confirmed", Mutation::marked_before_confirmed,
           "an event is permanently marked as published before the bus has confirmed it", 19},
    Mutant{"local-delivery-before-commit", Mutation::local_delivery_before_commit,
           "a node handles an event whose transaction has not committed yet", 48},
    Mutant{"local-ack-before-effect", Mutation::local_ack_before_effect,
           "a node acks an event that it has yet to handle", 69},
    Mutant{"segment-not-synced", Mutation::segment_not_synced,
           "events leave the outbox before the file with them is on disk", 2},
    Mutant{"segments-not-republished", Mutation::segments_not_republished,
           "a bus that lost everything gets only what is still in the outbox"},
    Mutant{"signature-not-checked", Mutation::signature_not_checked,
           "events are accepted from anybody who can publish them", 3},
    Mutant{"scan-nonce-ignored", Mutation::scan_nonce_ignored,
           "an upload that is repeated is taken for other scans", 94},
    Mutant{"generation-ignored", Mutation::generation_ignored,
           "whoever passed a ticket on is admitted with the old code", 30},
    Mutant{"shard-taken-from-owner", Mutation::shard_taken_from_owner,
           "a scanner gets a shard that another one owns and has not given back", 30},
    Mutant{"revoked-not-in-pack", Mutation::revoked_not_in_pack,
           "door packs lack the tickets that were passed on or refunded", 13},
    Mutant{"entries-not-handed-over", Mutation::entries_not_handed_over,
           "a scanner that takes a shard over doesn't learn who has come in", 5},
};

constexpr std::array of_cells{
    Mutant{"cell-ignored", Mutation::cell_ignored, "a request goes to the first cell, whatever its ids say"},
};

}  // namespace

std::span<const Mutant> mutants() { return all; }

std::span<const Mutant> cell_mutants() { return of_cells; }

std::optional<Mutation> find_mutant(std::string_view name) {
    for (auto each : {mutants(), cell_mutants()}) {
        auto found = std::ranges::find(each, name, &Mutant::name);
        if (found != each.end()) return found->mutation;
    }
    return std::nullopt;
}

std::string_view name_of(Mutation mutation) {
    for (auto each : {mutants(), cell_mutants()}) {
        auto found = std::ranges::find(each, mutation, &Mutant::mutation);
        if (found != each.end()) return found->name;
    }
    return "none";
}

}  // namespace stagedoor::simulation

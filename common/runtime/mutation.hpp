// Seams for mutation testing: a bug that the simulation can switch on to prove that its checks catch it.
//
//     if (runtime::mutated(Mutation::gap_skipped)) …the buggy variant…
//
// No program can switch one on: here mutated() always returns false. The simulation links a definition of its
// own (simulation/mutants/switch.cpp), which has the only state; it is global so that a seam stays one line.
#pragma once

namespace stagedoor::runtime {

enum class Mutation {
    none,

    // ---- messaging
    duplicates_applied,       // an event that arrives twice takes effect twice
    rolled_back_batch_acked,  // a batch is acked although one of its events failed and undid all of it
    gap_skipped,              // an event is applied although earlier ones of its entity are missing
    nothing_republished,      // events that the bus has lost are not published again
    silence_ignored,          // a consumer that the bus has lost is not declared again
    silent_consumer_kept,     // a consumer that never responds is not replaced
    marked_before_confirmed,  // an event is permanently marked as published before the bus has confirmed it
    local_delivery_before_commit,  // a node handles an event whose transaction has not committed yet
    local_ack_before_effect,       // a node acks an event that it has yet to handle
    segment_not_synced,            // events leave the outbox before the file with them is on disk
    segments_not_republished,      // a bus that lost everything gets only what is still in the outbox
    signature_not_checked,         // events are accepted from anybody who can publish them

    // ---- requests and sessions
    idempotency_key_ignored,  // a request repeated with its Idempotency-Key is executed again
    revocation_not_shared,    // only one replica of a service learns that a session has ended
    new_password_not_shared,  // only one replica of a service learns that a password has changed
    cell_ignored,             // a request goes to the first cell, whatever its ids say

    // ---- listings and pages
    edit_not_searchable,    // an edit of a listing leaves what searches read as it was
    public_page_for_users,  // signed-in visitors get the cached page of those who are not
    sale_leaves_pages,      // a cached page outlives the sale that has changed it
    marked_picture_taken,   // a listing takes a picture that is being deleted
    late_upload_forgotten,  // an upload that was deleted while it was stored leaves its files

    // ---- orders and expiration
    hold_in_two_transactions,  // one transaction checks the stock, another holds the tickets
    buyer_limit_ignored,       // one buyer gets more of a listing's tickets than the seller allows
    edit_below_held,           // a seller's edit sets the stock below held plus sold
    release_without_holding,   // an order is cancelled without checking that it still holds its tickets
    return_without_reason,     // a buyer returns tickets of an event that has not changed
    late_payment_revives,      // a payment completes an order that is already cancelled
    expiry_by_timer_only,      // a hold ends only by a timer, and a restart forgets all timers

    // ---- payments
    charge_with_new_key,           // each attempt to charge uses a new key
    abandoned_without_cancelling,  // an abandoned payment is not cancelled at the provider
    refund_forgotten,              // the payment for a cancelled order is kept
    outcome_hint_before_commit,    // the other replicas learn the outcome of a payment before it is committed

    // ---- admissions
    scan_nonce_ignored,       // an upload that is repeated is taken for other scans
    generation_ignored,       // whoever passed a ticket on is admitted with the old code
    shard_taken_from_owner,   // a scanner gets a shard that another one owns and has not given back
    revoked_not_in_pack,      // door packs lack the tickets that were passed on or refunded
    entries_not_handed_over,  // a scanner that takes a shard over doesn't learn who has come in

    // ---- parts that exist only in the simulation
    fsync_ignored,          // databases respond before their writes are synced
    ack_before_commit,      // an event is acked on arrival, not when its effect is committed
    publish_before_commit,  // events are published before their transaction commits
    webhook_unsigned,       // webhooks are accepted from anybody
};

// Whether this run has the bug.
[[nodiscard]] bool mutated(Mutation mutation) noexcept;

}  // namespace stagedoor::runtime

namespace stagedoor {
using runtime::Mutation;
}

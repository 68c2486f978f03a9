#include "common/bus/jetstream/relay.hpp"

#include <algorithm>
#include <charconv>

#include "common/bus/envelope.hpp"
#include "common/bus/pause.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;

constexpr auto ack_timeout = 3s;  // leaves a cluster time to elect a leader
// Longer than publishing a batch takes, even without acks. Also delays the events claimed by a killed
// replica.
constexpr auto lease = 5s;
constexpr auto max_poll_interval = 1s;  // finds events that another replica left behind
constexpr auto check_interval = 3s;     // of the stream and the backlog
constexpr auto retry_delay = 500ms;
constexpr std::size_t signature_part = 22;  // characters: 128 bits
constexpr auto too_large_log_interval = 1min;
constexpr std::int64_t message_exceeds_maximum = 10054;  // JetStream error code
// nats-server syncs its files every two minutes: events acknowledged since then may be lost in a power cut.
constexpr auto unsynced_period = 5min;

}  // namespace

JetStreamRelay::JetStreamRelay(Log& log, std::set<std::string> entities, JetStreamContext context)
    : log_(log),
      entities_(std::move(entities)),
      context_(context),
      api_(context.connection, context.options, context.clock),
      acks_(context.connection.make_mailbox()),
      wake_(context.clock),
      interrupted_(context.clock),
      published_(context.metrics.counter("stagedoor_events_published_total", "Events stored by the bus",
                                         {{"service", log.service()}})),
      failed_(context.metrics.counter("stagedoor_events_publish_failed_total",
                                      "Attempts to publish an event that failed",
                                      {{"service", log.service()}})),
      unpublished_(context.metrics.gauge("stagedoor_outbox_unpublished",
                                         "Events that are not yet published, up to 10000",
                                         {{"service", log.service()}})),
      oldest_seconds_(context.metrics.gauge("stagedoor_outbox_oldest_unpublished_seconds",
                                            "Age of the oldest event that is not yet published",
                                            {{"service", log.service()}})) {
    // Captured by value, since the log may outlive this bus.
    log_.on_new([wake = wake_]() mutable { wake.notify(); });
}

void JetStreamRelay::wake() {
    wake_.notify();
    interrupted_.notify();
    acks_->wake();
    api_.wake();
}

Task<> JetStreamRelay::run() {
    while (!context_.stopping) {
        std::string problem;
        std::size_t claimed = 0;
        auto start = context_.clock.monotonic();
        try {
            claimed = co_await publish_batch();
        } catch (const NoResponse& error) {
            if (context_.connection.epoch() != 0) problem = error.what();
        } catch (const std::exception& error) {
            problem = error.what();
        }
        if (!problem.empty()) {
            checked_at_ = {};
            log::error("could not publish events", {{"service", service()}, {"error", problem}});
            co_await record_result();  // releases them: another replica may reach a server that stores them
            if (!context_.stopping) (void)co_await interrupted_.wait_for(retry_delay);
        } else if (claimed == 0 && !context_.stopping) {
            (void)co_await wake_.wait_for(max_poll_interval);
        } else if (claimed < static_cast<std::size_t>(context_.options.max_batch) && !context_.stopping) {
            (void)co_await interrupted_.wait_for(pause_after_batch(context_.clock.monotonic() - start));
        }
    }
    co_await record_result();
}

// Also releases what was claimed but not published.
Task<> JetStreamRelay::record_result() {
    if (result_.empty()) co_return;
    try {
        (void)co_await log_.claim(result_, 0, lease);
        result_ = {};
    } catch (const std::exception& error) {  // retried; at worst the events are published again
        log::warning("could not record which events are published",
                     {{"service", service()}, {"error", error.what()}});
    }
}

// Returns how many events it claimed; if that is `max_batch`, there may be more.
Task<std::size_t> JetStreamRelay::publish_batch() {
    auto now = context_.clock.now();
    if (now - measured_at_ >= check_interval) co_await measure_backlog();
    auto connected = context_.connection.epoch() != 0;
    auto check_due =
        context_.connection.epoch() != epoch_ || now - checked_at_ >= check_interval || sequence_reused_;
    // Recorded before the check, which may make events unpublished again.
    if (!result_.empty() && (!connected || check_due)) {
        (void)co_await log_.claim(result_, 0, lease);
        result_ = {};
    }
    if (!connected) co_return 0;
    if (check_due) co_await check_stream();
    auto entries = co_await log_.claim(result_, context_.options.max_batch, lease);
    result_ = {};
    auto claimed = entries.size();
    if (claimed > 0) co_await publish(std::move(entries));
    co_return claimed;
}

Task<> JetStreamRelay::measure_backlog() {
    measured_at_ = context_.clock.now();
    auto backlog = co_await log_.backlog();
    unpublished_.set(static_cast<double>(backlog.events));
    auto age = backlog.oldest ? std::max(measured_at_ - *backlog.oldest, 0ms) : 0ms;
    oldest_seconds_.set(static_cast<double>(age.count()) / 1000.0);
}

// The broker is disposable: this checks that it still has what was published, and declares the stream.
Task<> JetStreamRelay::check_stream() {
    auto epoch = context_.connection.epoch();
    auto known = co_await log_.known_stream();  // read first, since other replicas publish to the stream
    auto found = co_await api_.declare_stream(epoch, service(), entities_);
    if (has_lost(known, found) && !known.created.empty() && context_.options.replicas > 1) {
        co_await runtime::sleep_for(context_.clock, recheck_delay);
        known = co_await log_.known_stream();
        found = co_await api_.declare_stream(epoch, service(), entities_);
    }
    if (epoch != epoch_) co_await api_.drop_consumers_ahead(epoch, api_.stream_of(service()));
    auto republish = epoch != epoch_ || known.generation != stream_.generation;
    if (has_lost(known, found)) {
        republish = true;
        if (!known.created.empty())
            log::warning("the bus has lost events: publishing all of them again", {{"service", service()}});
        stream_ = co_await log_.begin_stream(known, {found.created, found.last_sequence, 0});
    } else {
        stream_ = known;
    }
    checked_at_ = context_.clock.now();
    if (republish) log_.republish_since(checked_at_ - unsynced_period, checked_at_);
    sequence_reused_ = false;
    epoch_ = epoch;
}

bool JetStreamRelay::has_lost(const Log::Stream& known, const StreamState& found) const {
    if (known.created != found.created || known.last_sequence > found.last_sequence) return true;
    return sequence_reused_ && known.generation == stream_.generation;  // else another replica has noticed
}

// An event counts as published once the stream has acknowledged it.
Task<> JetStreamRelay::publish(std::vector<Log::Entry> entries) {
    ++batch_;
    result_ = {.generation = stream_.generation};
    rejection_.clear();
    (void)acks_->take();  // drops late acks of earlier batches
    auto unacknowledged = send(entries);
    auto sent_all = unacknowledged.size() + result_.too_large.size() == entries.size();
    if (runtime::mutated(Mutation::marked_before_confirmed)) {
        result_.published.assign(unacknowledged.begin(), unacknowledged.end());
        unacknowledged.clear();
    }
    runtime::Timeout timeout{context_.clock, ack_timeout};
    auto address = acks_->address_of(batch_) + ".";
    while (!unacknowledged.empty() && !context_.stopping) {
        auto in_time = context_.connection.epoch() == epoch_ && co_await acks_->wait_until(timeout);
        for (const auto& message : acks_->take()) {
            if (message.subject.starts_with(address)) take_ack(message, unacknowledged);
        }
        if (!in_time) break;
    }
    if (!unacknowledged.empty() && rejection_.empty()) rejection_ = "no response";
    published_.add(static_cast<double>(result_.published.size()));
    stream_.last_sequence = std::max(stream_.last_sequence, result_.last_sequence);
    release_rest(entries);
    if (result_.failed.empty() || context_.stopping || context_.connection.epoch() != epoch_) co_return;
    if (!sent_all && rejection_.empty() && !result_.published.empty()) co_return;  // the send queue was full
    throw NoResponse("the stream did not store the events: " + rejection_);
}

// Returns the positions of the events that were sent.
std::set<std::int64_t> JetStreamRelay::send(const std::vector<Log::Entry>& entries) {
    std::vector<std::int64_t> positions;
    std::vector<NatsConnection::Outgoing> messages;
    auto address = acks_->address_of(batch_) + ".";
    for (const auto& [position, event] : entries) {
        NatsConnection::Outgoing message{.subject = event.type,
                                         .reply = address + std::to_string(position),
                                         .id = event.id(),
                                         .data = to_envelope(event)};
        message.signature = context_.options.keys.sign(service(), message.data);
        // Nobody else can take this id, to have the event dropped as a duplicate.
        if (!message.signature.empty()) message.id += ":" + message.signature.substr(0, signature_part);
        if (context_.connection.is_too_large(message)) {
            reject_too_large(position, event.id(), "exceeds the server's max_payload");
            continue;
        }
        positions.push_back(position);
        messages.push_back(std::move(message));
    }
    auto sent = context_.connection.send_all(epoch_, std::move(messages));
    return {positions.begin(), positions.begin() + static_cast<std::ptrdiff_t>(sent)};
}

// Counts everything that was not acknowledged as failed, whether it was sent or not.
void JetStreamRelay::release_rest(const std::vector<Log::Entry>& entries) {
    std::set<std::int64_t> done{result_.published.begin(), result_.published.end()};
    done.insert(result_.too_large.begin(), result_.too_large.end());
    for (const auto& entry : entries) {
        if (!done.contains(entry.position)) result_.failed.push_back(entry.position);
    }
    failed_.add(static_cast<double>(entries.size() - result_.published.size()));
}

// Such an event blocks no other. It is retried each minute, since the limit may be raised.
void JetStreamRelay::reject_too_large(std::int64_t position, const std::string& event,
                                      const std::string& why) {
    result_.too_large.push_back(position);
    auto now = context_.clock.now();
    if (now - too_large_logged_at_ < too_large_log_interval) return;
    too_large_logged_at_ = now;
    log::error("an event is too large to publish; it is retried each minute and blocks no other",
               {{"service", service()}, {"event", event}, {"error", why}});
}

void JetStreamRelay::take_ack(const NatsMessage& message, std::set<std::int64_t>& unacknowledged) {
    std::int64_t position = 0;
    auto digits = std::string_view{message.subject}.substr(message.subject.rfind('.') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), position);
    if (unacknowledged.erase(position) == 0) return;
    auto ack = json::parse(message.data);
    if (message.status != 0 || !ack || (*ack)["error"].object()) {
        const auto* reason = ack ? (*ack)["error"]["description"].string() : nullptr;
        if (ack && to_integer((*ack)["error"]["err_code"]) == message_exceeds_maximum)
            reject_too_large(position, "at " + std::to_string(position), reason ? *reason : "too large");
        else
            rejection_ = reason ? *reason : "the stream does not exist or has no leader";
        return;
    }
    auto sequence = to_integer((*ack)["seq"]);
    const auto* duplicate = (*ack)["duplicate"].boolean();
    if (!(duplicate && *duplicate) && sequence <= stream_.last_sequence) sequence_reused_ = true;
    result_.published.push_back(position);
    result_.last_sequence = std::max(result_.last_sequence, sequence);
}

}  // namespace stagedoor::bus

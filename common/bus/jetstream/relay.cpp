#include "common/bus/jetstream/relay.hpp"

#include <algorithm>
#include <charconv>

#include "common/bus/envelope.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;

constexpr int batch_limit = 256;
constexpr auto ack_patience = 3s;  // a cluster may elect a leader meanwhile
// Longer than a batch takes, acknowledged or not; a copy that is killed keeps what it has claimed for so long.
constexpr auto lease = 5s;
constexpr auto max_poll_interval = 1s;  // what another copy left behind is found by then
constexpr auto poll_interval = 3s;      // at the stream
constexpr auto wait_after_failure = 500ms;
constexpr auto between_complaints = 1min;  // about events that are too large
constexpr std::int64_t larger_than_stream_allows = 10054;
// nats-server syncs its files every two minutes: what it acknowledged since may be gone after a power cut.
constexpr auto at_risk = 5min;

}  // namespace

JetStreamRelay::JetStreamRelay(Log& log, std::set<std::string> entities, JetStreamParts parts)
    : log_(log),
      entities_(std::move(entities)),
      parts_(parts),
      api_(parts.connection, parts.options, parts.clock),
      acks_(parts.connection.make_mailbox()),
      wake_(parts.clock),
      stirs_(parts.clock),
      published_(parts.metrics.counter("stagedoor_events_published_total", "Events that the bus has taken",
                                       {{"service", log.service()}})),
      failed_(parts.metrics.counter("stagedoor_events_publish_failed_total",
                                    "Events that the bus did not take at that try",
                                    {{"service", log.service()}})),
      unpublished_(parts.metrics.gauge("stagedoor_outbox_unpublished",
                                       "Events that wait for the bus, up to 10000",
                                       {{"service", log.service()}})),
      oldest_seconds_(parts.metrics.gauge("stagedoor_outbox_oldest_unpublished_seconds",
                                          "Age of the oldest event that waits for the bus",
                                          {{"service", log.service()}})) {
    // Copies of the signal: the log may outlive this bus.
    log_.on_new([wake = wake_]() mutable { wake.notify(); });
}

void JetStreamRelay::wake() {
    wake_.notify();
    stirs_.notify();
    acks_->wake();
    api_.wake();
}

Task<> JetStreamRelay::run() {
    while (!parts_.stopping) {
        std::string trouble;
        bool some = false;
        try {
            some = co_await go_round();
        } catch (const NoAnswer& error) {
            if (parts_.connection.epoch() != 0) trouble = error.what();
        } catch (const std::exception& error) {
            trouble = error.what();
        }
        if (!trouble.empty()) {
            looked_at_ = {};
            log::error("events could not be published", {{"service", service()}, {"error", trouble}});
            co_await note_outcome();  // another copy may reach a server that takes them
            if (!parts_.stopping) (void)co_await stirs_.wait_for(wait_after_failure);
        } else if (!some && !parts_.stopping) {
            (void)co_await wake_.wait_for(max_poll_interval);
        }
    }
    co_await note_outcome();
}

// What was claimed and is not published is anybody's from now on.
Task<> JetStreamRelay::note_outcome() {
    if (outcome_.empty()) co_return;
    try {
        (void)co_await log_.claim(outcome_, 0, lease);
        outcome_ = {};
    } catch (const std::exception& error) {  // tried again, or they are sent again
        log::warning("published events could not be noted",
                     {{"service", service()}, {"error", error.what()}});
    }
}

// True when there may be more to do at once.
Task<bool> JetStreamRelay::go_round() {
    auto now = parts_.clock.now();
    if (now - counted_at_ >= poll_interval) co_await watch_backlog();
    auto connected = parts_.connection.epoch() != 0;
    auto look_due = parts_.connection.epoch() != epoch_ || now - looked_at_ >= poll_interval || went_back_;
    if (!outcome_.empty() && (!connected || look_due)) {  // noted first: a look may send it again
        (void)co_await log_.claim(outcome_, 0, lease);
        outcome_ = {};
    }
    if (!connected) co_return false;
    if (look_due) co_await look();
    auto entries = co_await log_.claim(outcome_, batch_limit, lease);
    outcome_ = {};
    if (entries.empty()) co_return false;
    co_await publish(std::move(entries));
    co_return true;
}

Task<> JetStreamRelay::watch_backlog() {
    counted_at_ = parts_.clock.now();
    auto backlog = co_await log_.backlog();
    unpublished_.set(static_cast<double>(backlog.events));
    auto age = backlog.oldest ? std::max(counted_at_ - *backlog.oldest, 0ms) : 0ms;
    oldest_seconds_.set(static_cast<double>(age.count()) / 1000.0);
}

// The broker is disposable: whether it has still what it was given is looked at again and again.
Task<> JetStreamRelay::look() {
    auto epoch = parts_.connection.epoch();
    auto known = co_await log_.known_stream();  // before the stream is asked, which other copies publish to
    auto found = co_await api_.declare_stream(epoch, service(), entities_);
    if (has_lost(known, found) && !known.created.empty() && parts_.options.replicas > 1) {
        co_await runtime::sleep_for(parts_.clock, before_second_look);
        known = co_await log_.known_stream();
        found = co_await api_.declare_stream(epoch, service(), entities_);
    }
    if (epoch != epoch_) co_await api_.drop_consumers_ahead(epoch, api_.stream_of(service()));
    auto again = epoch != epoch_ || known.generation != stream_.generation;
    if (has_lost(known, found)) {
        again = true;
        if (!known.created.empty())
            log::warning("the bus has lost what was told: all of it is sent again", {{"service", service()}});
        stream_ = co_await log_.begin_stream(known, {found.created, found.last_sequence, 0});
    } else {
        stream_ = known;
    }
    looked_at_ = parts_.clock.now();
    if (again) log_.send_again_since(looked_at_ - at_risk, looked_at_);
    went_back_ = false;
    epoch_ = epoch;
}

bool JetStreamRelay::has_lost(const Log::Stream& known, const StreamState& found) const {
    if (known.created != found.created || known.last_sequence > found.last_sequence) return true;
    return went_back_ && known.generation == stream_.generation;  // else another copy has seen it too
}

// Each event counts as published when the stream says that it has it.
Task<> JetStreamRelay::publish(std::vector<Log::Entry> entries) {
    ++batch_;
    outcome_ = {.generation = stream_.generation};
    refusal_.clear();
    (void)acks_->take();  // of batches that were given up
    auto waiting = send(entries);
    auto sent_all = waiting.size() + outcome_.too_large.size() == entries.size();
    runtime::Timeout timeout{parts_.clock, ack_patience};
    auto address = acks_->address_of(batch_) + ".";
    while (!waiting.empty() && !parts_.stopping) {
        auto in_time = parts_.connection.epoch() == epoch_ && co_await acks_->wait_until(timeout);
        for (const auto& message : acks_->take()) {
            if (message.subject.starts_with(address)) take_ack(message, waiting);
        }
        if (!in_time) break;
    }
    if (!waiting.empty() && refusal_.empty()) refusal_ = "no answer";
    published_.add(static_cast<double>(outcome_.published.size()));
    stream_.last_sequence = std::max(stream_.last_sequence, outcome_.last_sequence);
    leave_the_rest(entries);
    if (outcome_.left.empty() || parts_.stopping || parts_.connection.epoch() != epoch_) co_return;
    if (!sent_all && refusal_.empty() && !outcome_.published.empty()) co_return;  // they are many bytes
    throw NoAnswer("the stream does not take them: " + refusal_);
}

// Gives the positions of those that are on their way.
std::set<std::int64_t> JetStreamRelay::send(const std::vector<Log::Entry>& entries) {
    std::set<std::int64_t> sent;
    auto address = acks_->address_of(batch_) + ".";
    for (const auto& [position, event] : entries) {
        NatsConnection::Outgoing message{event.type, address + std::to_string(position), event.id(),
                                         to_envelope(event)};
        if (parts_.connection.is_too_large(message)) {
            set_aside(position, message.id, "larger than the server allows (max_payload)");
            continue;
        }
        if (!parts_.connection.send(epoch_, std::move(message))) break;
        sent.insert(position);
    }
    return sent;
}

// Whatever was not acknowledged, sent or not.
void JetStreamRelay::leave_the_rest(const std::vector<Log::Entry>& entries) {
    std::set<std::int64_t> decided{outcome_.published.begin(), outcome_.published.end()};
    decided.insert(outcome_.too_large.begin(), outcome_.too_large.end());
    for (const auto& entry : entries) {
        if (!decided.contains(entry.position)) outcome_.left.push_back(entry.position);
    }
    failed_.add(static_cast<double>(entries.size() - outcome_.published.size()));
}

// It holds up nobody, and is tried again now and then: somebody may raise the limit.
void JetStreamRelay::set_aside(std::int64_t position, const std::string& event, const std::string& why) {
    outcome_.too_large.push_back(position);
    auto now = parts_.clock.now();
    if (now - complained_at_ < between_complaints) return;
    complained_at_ = now;
    log::error("an event can't be published; it is tried again each minute, and others go on",
               {{"service", service()}, {"event", event}, {"error", why}});
}

void JetStreamRelay::take_ack(const NatsMessage& message, std::set<std::int64_t>& waiting) {
    std::int64_t position = 0;
    auto digits = std::string_view{message.subject}.substr(message.subject.rfind('.') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), position);
    if (waiting.erase(position) == 0) return;
    auto ack = json::parse(message.data);
    if (message.status != 0 || !ack || (*ack)["error"].object()) {
        const auto* reason = ack ? (*ack)["error"]["description"].string() : nullptr;
        if (ack && whole((*ack)["error"]["err_code"]) == larger_than_stream_allows)
            set_aside(position, "at " + std::to_string(position), reason ? *reason : "too large");
        else
            refusal_ = reason ? *reason : "there is no such stream, or nobody leads it";
        return;
    }
    auto sequence = whole((*ack)["seq"]);
    const auto* duplicate = (*ack)["duplicate"].boolean();
    if (!(duplicate && *duplicate) && sequence <= stream_.last_sequence) went_back_ = true;
    outcome_.published.push_back(position);
    outcome_.last_sequence = std::max(outcome_.last_sequence, sequence);
}

}  // namespace stagedoor::bus

#include "common/bus/jetstream/delivery.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <tuple>

#include "common/bus/envelope.hpp"
#include "common/bus/pause.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/mutation.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;

// More than the unacknowledged events of a consumer, since events of other entities are interleaved.
constexpr std::int64_t max_redelivery_requests = 8'192;
// Short, since stopping waits for the end of the request: events that the server sends after that would be
// redelivered only after ack_wait.
constexpr auto request_duration = 1s;
// If a request has not ended this long after its duration, its server counts as dead, and the request is sent
// again.
constexpr auto response_grace = 500ms;
constexpr auto max_batch_wait = 20ms;
constexpr auto retry_delay = 500ms;
constexpr auto max_poll_interval = 1s;
constexpr auto stream_poll_interval = 100ms;  // its owner declares it soon after it has started
constexpr int max_silent_requests = 3;
constexpr auto measure_interval = 5s;
constexpr auto rejection_log_interval = 1min;

// The last token of "$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<consumer seq>.<time>.<pending>".
std::int64_t pending_after(const NatsMessage& message) {
    std::int64_t pending = 0;
    auto digits = std::string_view{message.reply}.substr(message.reply.rfind('.') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), pending);
    return pending;
}

}  // namespace

JetStreamDelivery::JetStreamDelivery(Subscriber& subscriber, std::string source, std::string entity,
                                     JetStreamContext context)
    : subscriber_(subscriber),
      source_(std::move(source)),
      entity_(std::move(entity)),
      durable_(consumer_name(subscriber.service(), entity_)),
      context_(context),
      api_(context.connection, context.options, context.clock),
      mailbox_(context.connection.make_mailbox()),
      interrupted_(context.clock),
      lag_measured_at_(context.clock.monotonic()),
      lag_moved_at_(lag_measured_at_),
      request_timeout_(context.clock, {}),
      pending_(context.metrics.gauge("stagedoor_bus_pending", "Events that the bus has yet to deliver",
                                     {{"service", subscriber.service()}, {"entity", entity_}})),
      stalled_(context.metrics.gauge(
          "stagedoor_bus_stalled_seconds",
          "For how long events have been waiting in the bus without one of them being handled",
          {{"service", subscriber.service()}, {"entity", entity_}})),
      unreadable_(context.metrics.counter("stagedoor_bus_unreadable_total",
                                          "Messages that are not valid events",
                                          {{"service", subscriber.service()}, {"entity", entity_}})),
      rejected_(
          context.metrics.counter("stagedoor_bus_refused_total",
                                  "Events without a valid signature of their source, or on a subject of "
                                  "others",
                                  {{"service", subscriber.service()}, {"entity", entity_}})),
      security_log_(context.metrics) {}

void JetStreamDelivery::wake() {
    interrupted_.notify();
    mailbox_->wake();
    api_.wake();
}

Task<> JetStreamDelivery::run() {
    auto batch_interval = subscriber_.batch_interval();
    while (!context_.stopping) {
        std::string problem;
        auto wait = std::chrono::milliseconds{};
        try {
            if (context_.connection.epoch() == 0) {
                wait = max_poll_interval;  // wake() ends it early
            } else {
                co_await prepare();
                if (waits_for_stream_)
                    wait = stream_poll_interval;
                else
                    request();
                if (!waits_for_stream_ && co_await wait_for_messages()) {
                    auto all = received_.size() < max_batch();
                    auto start = context_.clock.monotonic();
                    auto more = co_await deliver();
                    if (all) wait = batch_interval;
                    if (all && !more)
                        wait = std::max(wait, pause_after_batch(context_.clock.monotonic() - start));
                }
            }
        } catch (const std::exception& error) {
            problem = error.what();
            wait = retry_delay;
            silent_requests_ = 0;  // there is another reason
        }
        if (!problem.empty() && context_.connection.epoch() != 0)
            log::error("delivery failed", {{"consumer", durable_}, {"from", source_}, {"error", problem}});
        if (wait.count() > 0 && !context_.stopping) (void)co_await interrupted_.wait_for(wait);
        if (!problem.empty()) return_unacknowledged();
    }
    co_await drain_request();
    return_unacknowledged();
}

Task<> JetStreamDelivery::drain_request() {
    while (outstanding_ > 0 && context_.connection.epoch() == epoch_ && !request_timeout_.is_over()) {
        (void)co_await mailbox_->wait_until(request_timeout_);
        for (auto& message : mailbox_->take()) {
            if (message.epoch == epoch_ &&
                (message.status == 0 || message.subject == mailbox_->address_of(request_)))
                outstanding_ = message.status == 0 ? outstanding_ - 1 : 0;
            if (message.status == 0) received_.push_back(std::move(message));
        }
    }
}

// Makes sure that there is a consumer to request events from. The server doesn't respond to requests to one
// that has disappeared, so silence is a reason to declare it again.
Task<> JetStreamDelivery::prepare() {
    take_messages();  // the request may have ended while the last batch was handled
    auto is_new = context_.connection.epoch() != epoch_;
    if (!is_new && outstanding_ > 0 && request_timeout_.is_over()) {
        outstanding_ = 0;
        ++silent_requests_;
        lose_consumer();
    }
    if (!is_new && context_.clock.monotonic() - lag_measured_at_ >= measure_interval) co_await measure_lag();
    if (is_new || lost_) co_await declare();
}

void JetStreamDelivery::lose_consumer() {
    if (!runtime::mutated(Mutation::silence_ignored)) lost_ = true;
}

Task<> JetStreamDelivery::declare() {
    auto epoch = context_.connection.epoch();
    auto declared = co_await find_or_create(epoch);
    auto waited = std::exchange(waits_for_stream_, !declared);
    if (!declared) {
        if (!waited && declared.error() == Missing::stream)
            log::info("waiting for a service to declare its stream",
                      {{"consumer", durable_}, {"from", source_}});
        co_return;
    }
    const auto& state = *declared;
    if (!consumer_created_.empty() && state.created != consumer_created_) {
        log::warning("the bus had lost a consumer: declared it again",
                     {{"consumer", durable_}, {"from", source_}});
        received_.clear();  // it delivers them again, perhaps under other sequences
    } else if (lost_) {
        log::info("the bus did not respond to a request for events: sent it again",
                  {{"consumer", durable_}, {"from", source_}});
    }
    consumer_created_ = state.created;
    pending_.set(static_cast<double>(state.undelivered + state.unacknowledged));
    auto reconnected = epoch != epoch_;
    epoch_ = epoch;
    lost_ = false;
    outstanding_ = 0;
    if (reconnected) request_redelivery(state);
}

// nats-server 2.9 also creates consumers of a stream that it is still creating, but these never deliver
// anything. So this creates one only for a stream that was there an interval ago, too, and replaces one that
// stays silent; all its events then come again, and the inbox drops them.
Task<FoundConsumer> JetStreamDelivery::find_or_create(std::int64_t epoch) {
    auto stream = api_.stream_of(source_);
    auto found = co_await api_.find_consumer(epoch, stream, durable_);
    if (found && found->created == consumer_created_ && silent_requests_ >= max_silent_requests &&
        !runtime::mutated(Mutation::silent_consumer_kept)) {
        log::info("a consumer of the bus has not responded to several requests: replacing it",
                  {{"consumer", durable_}, {"from", source_}});
        co_await api_.delete_consumer(epoch, stream, durable_);
        silent_requests_ = 0;
    } else if (!found) {
        auto was_there = std::exchange(stream_seen_without_consumer_, found.error() == Missing::consumer);
        if (!was_there || !stream_seen_without_consumer_) co_return found;
    }
    stream_seen_without_consumer_ = false;
    co_return co_await api_.declare_consumer(epoch, stream, durable_, entity_);
}

Task<> JetStreamDelivery::measure_lag() {
    auto now = lag_measured_at_ = context_.clock.monotonic();
    FoundConsumer state;
    try {
        state = co_await api_.find_consumer(epoch_, api_.stream_of(source_), durable_);
    } catch (const NoResponse&) {  // no leader at present, or the connection is lost
        lag_ = -1;
        co_return;
    }
    if (!state) {
        lag_ = -1;
        co_return lose_consumer();
    }
    lag_ = state->undelivered + state->unacknowledged;
    pending_.set(static_cast<double>(lag_));
    if (lag_ == 0 || state->acknowledged_to != acknowledged_to_) lag_moved_at_ = now;
    acknowledged_to_ = state->acknowledged_to;
}

// A lag that can't be measured counts as one that doesn't move.
void JetStreamDelivery::update_stalled() {
    auto lags = lag_ != 0 || !in_progress_.empty();
    auto stalled = lags ? context_.clock.monotonic() - lag_moved_at_ : std::chrono::nanoseconds{};
    // Between two measurements nothing is known to have stalled.
    if (stalled < 2 * measure_interval) stalled = {};
    stalled_.set(std::chrono::duration<double>(stalled).count());
}

// Events in transit when a connection broke would be delivered again only after ack_wait, longer than callers
// wait for them. The server does not say which events these are, so this requests all unacknowledged events;
// those that another replica is working on are then delivered twice.
void JetStreamDelivery::request_redelivery(const ConsumerState& state) {
    if (state.unacknowledged == 0) return;
    auto last = std::min(state.delivered_to, state.acknowledged_to + max_redelivery_requests);
    for (auto sequence = state.acknowledged_to + 1; sequence <= last; ++sequence) {
        // Like an event's own ack subject: the server checks only the stream sequence and that the number of
        // deliveries is not above its own.
        auto address = "$JS.ACK." + api_.stream_of(source_) + "." + durable_ + ".1." +
                       std::to_string(sequence) + "." + std::to_string(state.deliveries) + ".0.0";
        (void)context_.connection.send(epoch_, {.subject = std::move(address), .data = "-NAK"});
    }
}

// At most one request is open, which bounds the number of messages that can arrive.
void JetStreamDelivery::request() {
    if (outstanding_ > 0 && !request_timeout_.is_over()) return;
    auto expires = std::chrono::nanoseconds{request_duration}.count();
    auto sent = context_.connection.send(
        epoch_, {.subject = "$JS.API.CONSUMER.MSG.NEXT." + api_.stream_of(source_) + "." + durable_,
                 .reply = mailbox_->address_of(++request_),
                 .data = R"({"batch":)" + std::to_string(context_.options.max_batch) + R"(,"expires":)" +
                         std::to_string(expires) + "}"});
    outstanding_ = sent ? context_.options.max_batch : 0;
    request_timeout_ = {context_.clock, sent ? request_duration + response_grace : response_grace};
}

// False if none arrived before the request ended or wake() was called.
Task<bool> JetStreamDelivery::wait_for_messages() {
    take_messages();
    if (!received_.empty()) co_return true;
    (void)co_await mailbox_->wait_until(request_timeout_);
    if (auto interval = subscriber_.batch_interval(); interval.count() > 0 && !context_.stopping)
        (void)co_await interrupted_.wait_for(std::min<std::chrono::milliseconds>(interval, max_batch_wait));
    take_messages();
    co_return !received_.empty();
}

void JetStreamDelivery::take_messages() {
    for (auto& message : mailbox_->take()) accept(std::move(message));
}

void JetStreamDelivery::accept(NatsMessage message) {
    if (message.status != 0) return end_request(message);
    if (message.epoch == epoch_) {  // one of an earlier connection is accepted, too, but will be redelivered
        --outstanding_;
        silent_requests_ = 0;
    }
    received_.push_back(std::move(message));
}

// The request has expired (408) or found nothing (404); otherwise the consumer is gone or has no leader, or
// too many events are unacknowledged.
void JetStreamDelivery::end_request(const NatsMessage& status) {
    if (status.subject != mailbox_->address_of(request_)) return;  // of an earlier request
    outstanding_ = 0;
    silent_requests_ = 0;
    if (status.status == 408 || status.status == 404) return;
    epoch_ = 0;
    throw NoResponse("the bus ended a request with " + std::to_string(status.status));
}

// Returns whether the server had more events when it sent the last of these: after an outage there is no
// pause.
Task<bool> JetStreamDelivery::deliver() {
    auto size = std::min(received_.size(), max_batch());
    in_progress_.assign(std::make_move_iterator(received_.begin()),
                        std::make_move_iterator(received_.begin() + static_cast<std::ptrdiff_t>(size)));
    received_.erase(received_.begin(), received_.begin() + static_cast<std::ptrdiff_t>(size));
    auto events = parse_in_progress();
    if (!events.empty()) co_await subscriber_.receive(std::move(events), std::nullopt);
    acknowledge_all();
    auto pending = in_progress_.empty() ? 0 : pending_after(in_progress_.back());
    if (!in_progress_.empty()) pending_.set(static_cast<double>(pending));
    in_progress_.clear();
    co_return pending > 0;
}

// Sorted, so that all replicas of the service lock rows in the same order. Terminates messages that are not
// valid events.
std::vector<Event> JetStreamDelivery::parse_in_progress() {
    std::vector<Event> events;
    std::erase_if(in_progress_, [&](const NatsMessage& message) {
        // First, so that nothing else is done with the bytes of a stranger.
        if (auto problem = context_.options.keys.problem_with(source_, message.data, message.signature);
            !problem.empty()) {
            reject(message, problem);
            return true;
        }
        auto event = from_envelope(message.data);
        if (event) {
            if (auto problem = mismatch(*event, message); !problem.empty()) {
                reject(message, problem);
                return true;
            }
            events.push_back(std::move(*event));
            return false;
        }
        log::error("skipped a message that is not a valid event",
                   {{"consumer", durable_}, {"subject", message.subject}, {"error", event.error()}});
        unreadable_.add();
        respond(message, "+TERM");
        return true;
    });
    std::ranges::sort(events, {},
                      [](const Event& event) { return std::tie(event.entity_id, event.version); });
    return events;
}

// Why the event is not from this source or about this entity, whatever subject the server gives; empty if it
// is.
std::string JetStreamDelivery::mismatch(const Event& event, const NatsMessage& message) const {
    if (event.type != message.subject) return "its type differs from the subject";
    if (contracts::entity_of(event.type) != entity_) return "it is not about the entity " + entity_;
    if (event.source != source_) return "it is not from " + source_;
    return {};
}

// Terminates it, since no redelivery could make it valid. One line a minute, since anybody may send many.
void JetStreamDelivery::reject(const NatsMessage& message, const std::string& problem) {
    rejected_.add();
    ++rejected_since_logged_;
    respond(message, "+TERM");
    auto now = context_.clock.now();
    if (rejected_logged_at_ && now - *rejected_logged_at_ < rejection_log_interval) return;
    rejected_logged_at_ = now;
    security_log_.write(security::SecurityEvent::event_refused,
                        {{"consumer", durable_},
                         {"from", source_},
                         {"subject", message.subject},
                         {"reason", problem},
                         {"events", std::exchange(rejected_since_logged_, 0)}});
}

// Only on the connection on which the message arrived: a server restored from a backup may give the same
// sequence to another event.
void JetStreamDelivery::respond(const NatsMessage& message, std::string_view verdict) {
    (void)context_.connection.send(message.epoch, {.subject = message.reply, .data = std::string{verdict}});
}

// In one go for each connection on which they arrived.
void JetStreamDelivery::acknowledge_all() {
    std::map<std::int64_t, std::vector<NatsConnection::Outgoing>> by_epoch;
    for (const auto& message : in_progress_)
        by_epoch[message.epoch].push_back({.subject = message.reply, .data = "+ACK"});
    for (auto& [epoch, acks] : by_epoch) (void)context_.connection.send_all(epoch, std::move(acks));
}

void JetStreamDelivery::report_progress() {
    update_stalled();
    auto extend = [this](const NatsMessage& message) {
        if (message.status == 0) respond(message, "+WPI");
    };
    std::ranges::for_each(in_progress_, extend);
    std::ranges::for_each(received_, extend);
    mailbox_->for_each(extend);
}

void JetStreamDelivery::return_unacknowledged() {
    for (const auto& message : std::exchange(in_progress_, {})) respond(message, "-NAK");
    for (const auto& message : std::exchange(received_, {})) respond(message, "-NAK");
    for (const auto& message : mailbox_->take()) {
        if (message.status == 0) respond(message, "-NAK");
    }
}

}  // namespace stagedoor::bus

#include "common/bus/jetstream/delivery.hpp"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "common/bus/envelope.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;

constexpr int batch_limit = 256;
// More than may be unacknowledged at once; events of other entities are among them.
constexpr std::int64_t most_called_again = 8'192;
// At the end its rest is waited for: what the server has sent on its way by then would come again only after the time
// that an acknowledgement may take.
constexpr auto request_lasts = 1s;
// A request that nobody answers any more (its server has died) is made again.
constexpr auto silence = 500ms;
constexpr auto longest_gathering = 20ms;
constexpr auto wait_after_failure = 500ms;
constexpr auto max_poll_interval = 1s;

// "$JS.ACK.<stream>.<consumer>.<delivered>.<sequence>.<sequence>.<time>.<pending>": the last.
std::int64_t pending_after(const NatsMessage& message) {
    std::int64_t pending = 0;
    auto digits = std::string_view{message.reply}.substr(message.reply.rfind('.') + 1);
    std::from_chars(digits.data(), digits.data() + digits.size(), pending);
    return pending;
}

}  // namespace

JetStreamDelivery::JetStreamDelivery(Subscriber& subscriber, std::string source, std::set<std::string> told,
                                     std::string entity, JetStreamParts parts)
    : subscriber_(subscriber),
      source_(std::move(source)),
      told_(std::move(told)),
      entity_(std::move(entity)),
      durable_(as_name(subscriber.service() + "-" + entity_)),
      parts_(parts),
      api_(parts.connection, parts.options, parts.clock),
      mail_(parts.connection.make_mailbox()),
      stirs_(parts.clock),
      request_timeout_(parts.clock, {}),
      pending_(parts.metrics.gauge("stagedoor_bus_pending", "Events that the bus has still to deliver",
                                   {{"service", subscriber.service()}, {"entity", entity_}})),
      unreadable_(parts.metrics.counter("stagedoor_bus_unreadable_total", "What came and is no event of ours",
                                        {{"service", subscriber.service()}, {"entity", entity_}})) {}

void JetStreamDelivery::wake() {
    stirs_.notify();
    mail_->wake();
    api_.wake();
}

Task<> JetStreamDelivery::run() {
    auto gathering = subscriber_.batch_interval();
    while (!parts_.stopping) {
        std::string trouble;
        auto wait = std::chrono::milliseconds{};
        try {
            if (parts_.connection.epoch() == 0) {
                wait = max_poll_interval;  // or until there is one
            } else {
                if (parts_.connection.epoch() != epoch_) co_await declare();
                request();
                if (co_await wait_for_messages()) {
                    auto all = hand_.size() < batch_limit;
                    co_await deliver();
                    if (all) wait = gathering;
                }
            }
        } catch (const std::exception& error) {
            trouble = error.what();
            wait = wait_after_failure;
        }
        if (!trouble.empty() && parts_.connection.epoch() != 0)
            log::error("delivery failed", {{"consumer", durable_}, {"from", source_}, {"error", trouble}});
        if (wait.count() > 0 && !parts_.stopping) (void)co_await stirs_.wait_for(wait);
        if (!trouble.empty()) hand_back();
    }
    co_await receive_rest();
    hand_back();
}

Task<> JetStreamDelivery::receive_rest() {
    while (outstanding_ > 0 && parts_.connection.epoch() == epoch_ && !request_timeout_.is_over()) {
        (void)co_await mail_->wait_until(request_timeout_);
        for (auto& message : mail_->take()) {
            if (message.epoch == epoch_ &&
                (message.status == 0 || message.subject == mail_->address_of(request_)))
                outstanding_ = message.status == 0 ? outstanding_ - 1 : 0;
            if (message.status == 0) hand_.push_back(std::move(message));
        }
    }
}

Task<> JetStreamDelivery::declare() {
    auto epoch = parts_.connection.epoch();
    (void)co_await api_.declare_stream(epoch, source_, told_);
    auto state = co_await api_.declare_consumer(epoch, api_.stream_of(source_), durable_, entity_);
    pending_.set(static_cast<double>(state.waiting));
    epoch_ = epoch;
    outstanding_ = 0;
    call_again(state);
}

// What was on its way when a connection broke has reached nobody, and would come again only after ack_wait; those who wait
// for it wait less. The server does not say which events these are: so it is asked for all that are not acknowledged.
// What another copy has in hand comes twice then.
void JetStreamDelivery::call_again(const ConsumerState& state) {
    if (state.unacknowledged == 0) return;
    auto last = std::min(state.delivered_to, state.acknowledged_to + most_called_again);
    for (auto sequence = state.acknowledged_to + 1; sequence <= last; ++sequence) {
        // As an event's own: of the numbers the server looks at the sequence, and that there were so many deliveries.
        auto address = "$JS.ACK." + api_.stream_of(source_) + "." + durable_ + ".1." +
                       std::to_string(sequence) + "." + std::to_string(state.deliveries) + ".0.0";
        (void)parts_.connection.send(epoch_, {.subject = std::move(address), .data = "-NAK"});
    }
}

// At most one request is open, so that what comes is bounded.
void JetStreamDelivery::request() {
    if (outstanding_ > 0 && !request_timeout_.is_over()) return;
    auto lasts = std::chrono::nanoseconds{request_lasts}.count();
    auto sent = parts_.connection.send(
        epoch_, {.subject = "$JS.API.CONSUMER.MSG.NEXT." + api_.stream_of(source_) + "." + durable_,
                 .reply = mail_->address_of(++request_),
                 .data = R"({"batch":)" + std::to_string(batch_limit) + R"(,"expires":)" +
                         std::to_string(lasts) + "}"});
    outstanding_ = sent ? batch_limit : 0;
    request_timeout_ = {parts_.clock, sent ? request_lasts + silence : silence};
}

// False when none came, and something else is to be done.
Task<bool> JetStreamDelivery::wait_for_messages() {
    for (auto& message : mail_->take()) take_in(std::move(message));
    if (!hand_.empty()) co_return true;
    (void)co_await mail_->wait_until(request_timeout_);
    if (auto gathering = subscriber_.batch_interval(); gathering.count() > 0 && !parts_.stopping)
        (void)co_await stirs_.wait_for(std::min<std::chrono::milliseconds>(gathering, longest_gathering));
    for (auto& message : mail_->take()) take_in(std::move(message));
    co_return !hand_.empty();
}

void JetStreamDelivery::take_in(NatsMessage message) {
    if (message.status != 0) return end_request(message);
    if (message.epoch == epoch_)
        --outstanding_;  // else of an earlier request: received, though it comes again
    hand_.push_back(std::move(message));
}

// Its time is over; or there is no such consumer, or no leader of it, or too much is not acknowledged.
void JetStreamDelivery::end_request(const NatsMessage& status) {
    if (status.subject != mail_->address_of(request_)) return;  // of an earlier one
    outstanding_ = 0;
    if (status.status == 408 || status.status == 404) return;
    epoch_ = 0;
    throw NoAnswer("the bus ended a request with " + std::to_string(status.status));
}

Task<> JetStreamDelivery::deliver() {
    auto size = std::min<std::size_t>(hand_.size(), batch_limit);
    under_way_.assign(std::make_move_iterator(hand_.begin()),
                      std::make_move_iterator(hand_.begin() + static_cast<std::ptrdiff_t>(size)));
    hand_.erase(hand_.begin(), hand_.begin() + static_cast<std::ptrdiff_t>(size));
    auto events = events_in_hand();
    if (!events.empty()) co_await subscriber_.receive(std::move(events), std::nullopt);
    for (const auto& message : under_way_) answer(message, "+ACK");
    if (!under_way_.empty()) pending_.set(static_cast<double>(pending_after(under_way_.back())));
    under_way_.clear();
}

// Two copies of the service lock the rows of what they receive in the same order.
std::vector<Event> JetStreamDelivery::events_in_hand() {
    std::vector<Event> events;
    std::erase_if(under_way_, [&](const NatsMessage& message) {
        auto event = from_envelope(message.data);
        auto wrong = !event                           ? event.error()
                     : event->type != message.subject ? "its type is not its subject"
                                                      : std::string{};
        if (wrong.empty()) {
            events.push_back(std::move(*event));
            return false;
        }
        log::error("what came is no event of ours, and is left out",
                   {{"consumer", durable_}, {"subject", message.subject}, {"error", wrong}});
        unreadable_.add();
        answer(message, "+TERM");
        return true;
    });
    std::ranges::sort(events, {},
                      [](const Event& event) { return std::tie(event.entity_id, event.version); });
    return events;
}

// Only on the connection on which it came: a server that was put back to an older state may give the same number to
// another event.
void JetStreamDelivery::answer(const NatsMessage& message, std::string_view answer) {
    (void)parts_.connection.send(message.epoch, {.subject = message.reply, .data = std::string{answer}});
}

void JetStreamDelivery::keep() {
    auto working = [this](const NatsMessage& message) {
        if (message.status == 0) answer(message, "+WPI");
    };
    std::ranges::for_each(under_way_, working);
    std::ranges::for_each(hand_, working);
    mail_->each(working);
}

void JetStreamDelivery::hand_back() {
    for (const auto& message : std::exchange(under_way_, {})) answer(message, "-NAK");
    for (const auto& message : std::exchange(hand_, {})) answer(message, "-NAK");
    for (const auto& message : mail_->take()) {
        if (message.status == 0) answer(message, "-NAK");
    }
}

}  // namespace stagedoor::bus

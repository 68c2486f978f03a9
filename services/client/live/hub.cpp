#include "services/client/live/hub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "common/http/status.hpp"
#include "common/json/read.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/task_group.hpp"
#include "services/client/live/states.hpp"

namespace stagedoor::client::live {
namespace {

using namespace std::chrono_literals;

// Over all streams. One follows up to 80 topics of some 600 bytes.
constexpr std::size_t max_topics = 100'000;
// What may wait for one reader: all that it follows, once.
constexpr std::size_t max_waiting = std::size_t{64} * 1024;
// What sending an event to one stream, and reading a topic, may cost. While more than half a second of it is
// left to do, nothing is read: changes meanwhile become one event.
constexpr std::chrono::microseconds cost_of_event{40};
constexpr std::chrono::microseconds cost_of_read{200};
constexpr std::chrono::milliseconds max_busy{500};
constexpr std::size_t max_reads = 64, concurrent_reads = 8;  // of one step
// How many browsers fetch a page again in a second, of those whose page an event has changed.
constexpr std::size_t fetches_per_second = 500;
constexpr std::chrono::milliseconds retry_interval{1'000};  // after a failure
// Rechecks: at most a hundred topics a second.
constexpr std::chrono::milliseconds recheck_cost{10};

constexpr auto heartbeat = ":\n\n";

std::string retry_text(std::int64_t milliseconds) { return fmt::format("retry: {}\n\n", milliseconds); }

template <class T>
T parsed(const http::Response& response) {
    auto value = json::read<T>(std::string_view{response.body});
    if (!value) throw std::runtime_error("a service's response can't be read");
    return std::move(*value);
}

}  // namespace

Hub::Hub(HubParts parts)
    : parts_(std::move(parts)),
      name_(parts_.random.hex(8)),
      open_(parts_.metrics.gauge("stagedoor_live_streams", "Open streams of live updates")),
      followed_(parts_.metrics.gauge("stagedoor_live_topics", "Listings and orders that streams follow")),
      events_(parts_.metrics.counter("stagedoor_live_events_total", "Events sent, once for each stream")),
      too_slow_(parts_.metrics.counter("stagedoor_live_dropped_total",
                                       "Streams that ended because their reader was too slow")),
      rejected_(parts_.metrics.counter("stagedoor_live_refused_total",
                                       "Streams refused at a limit, of all or of one network")) {}

std::shared_ptr<http::BodyStream> Hub::open(const Visitor& visitor, const std::vector<Topic>& topics,
                                            std::string_view last_event) {
    std::unique_lock lock{mutex_};
    remove_ended();
    make_room(visitor, topics.size());
    auto id = ++last_stream_;
    auto body = make_body(id);
    auto& stream = streams_[id];
    stream.body = body;
    stream.visitor = visitor;
    ++of_network_[visitor.network];
    open_.set(static_cast<double>(streams_.size()));
    follow(id, stream, topics, last_event, *body);
    followed_.set(static_cast<double>(watches_.size()));
    lock.unlock();
    parts_.wake.notify();
    return body;
}

void Hub::make_room(const Visitor& visitor, std::size_t topics) {
    if (streams_.size() >= parts_.max_streams || watches_.size() + topics > max_topics) {
        rejected_.add();
        throw Unavailable("Too many live updates are open"_text, 10s);
    }
    auto found = of_network_.find(visitor.network);
    if (found != of_network_.end() && found->second >= parts_.max_streams_of_network) {
        rejected_.add();
        throw TooManyRequests("Too many live updates are open from your network"_text, 30s);
    }
}

// Browsers come again after a time of their own, so that those of a server that stops don't come at once, and
// not before it has stopped.
std::shared_ptr<http::BodyStream> Hub::make_body(StreamId id) {
    auto on_end = [ended = ended_, wake = parts_.wake, id](http::BodyStream::End why) mutable {
        std::unique_lock lock{ended->mutex};
        ended->streams.emplace_back(id, why);
        lock.unlock();
        wake.notify();
    };
    auto between = [&](std::int64_t from, std::int64_t to) {
        return from + static_cast<std::int64_t>(parts_.random.below(static_cast<std::uint64_t>(to - from)));
    };
    auto body = std::make_shared<http::BodyStream>(
        http::BodyStream::Options{.max_waiting = max_waiting,
                                  .heartbeat = heartbeat,
                                  .farewell = retry_text(between(3'000, 10'000)),
                                  .on_end = std::move(on_end)});
    body->send(std::make_shared<const std::string>(retry_text(between(1'000, 3'000))));
    return body;
}

// Sends what the browser can't know: everything, unless it says what it has had.
void Hub::follow(StreamId id, Stream& stream, const std::vector<Topic>& topics, std::string_view last_event,
                 http::BodyStream& body) {
    auto seen = number_in(last_event);
    if (!last_event.empty() && !seen)
        body.send(std::make_shared<const std::string>("event: reset\ndata: {}\n\n"));
    std::vector<std::pair<std::uint64_t, http::BodyStream::Part>> missed;
    for (const auto& topic : topics) {
        Key key{topic, topic.kind == Kind::ticket ? StreamId{0} : id};
        auto [found, is_new] = watches_.try_emplace(key);
        auto& watch = found->second;
        if (is_new) {
            watch.since = last_event_;
            read_soon(key, watch);
        }
        watch.streams.insert(id);
        auto had_it = seen && *seen >= watch.number && *seen >= watch.since;
        if (watch.event && !had_it) missed.emplace_back(watch.number, watch.event);
        stream.topics.push_back(std::move(key));
    }
    std::ranges::sort(missed);  // so that the last one is the newest
    for (auto& [number, event] : missed) body.send(std::move(event));
    events_.add(static_cast<double>(missed.size()));
}

// Of an event of this hub: another process, or one before, has had others.
std::optional<std::uint64_t> Hub::number_in(std::string_view event_id) const {
    if (!event_id.starts_with(name_ + "-")) return std::nullopt;
    event_id.remove_prefix(name_.size() + 1);
    std::uint64_t number = 0;
    auto [end, error] = std::from_chars(event_id.data(), event_id.data() + event_id.size(), number);
    if (error != std::errc{} || end != event_id.data() + event_id.size() || number > last_event_)
        return std::nullopt;
    return number;
}

void Hub::have_changed(Kind kind, const DataVersion::Changes& changes) {
    std::unique_lock lock{mutex_};
    if (watches_.empty()) return;
    if (changes.others) read_all_soon();
    auto any = changes.others;
    for (const auto& id : changes.ids) {
        Topic topic{kind, id};
        for (auto at = watches_.lower_bound({topic, 0}); at != watches_.end() && at->first.topic == topic;
             ++at) {
            read_soon(at->first, at->second);
            any = true;
        }
    }
    lock.unlock();
    if (any) parts_.wake.notify();
}

void Hub::schedule(const Key& key, Watch& watch, Time when) {
    schedule_.erase({watch.due, key});
    watch.due = when;
    schedule_.emplace(when, key);
}

void Hub::read_soon(const Key& key, Watch& watch) {
    if (watch.reading)
        watch.changed = true;  // perhaps after it was read
    else
        schedule(key, watch, std::max(parts_.clock.monotonic(), watch.not_before));
}

void Hub::read_all_soon() {
    for (auto& [key, watch] : watches_) read_soon(key, watch);
}

void Hub::remove_ended() {
    std::unique_lock lock{ended_->mutex};
    auto ended = std::exchange(ended_->streams, {});
    lock.unlock();
    for (const auto& [id, why] : ended) {
        if (why == http::BodyStream::End::too_slow) too_slow_.add();
        auto found = streams_.find(id);
        if (found == streams_.end()) continue;
        for (const auto& key : found->second.topics) remove_watch(key, id);
        auto count = of_network_.find(found->second.visitor.network);
        if (--count->second == 0) of_network_.erase(count);
        streams_.erase(found);
    }
    if (ended.empty()) return;
    open_.set(static_cast<double>(streams_.size()));
    followed_.set(static_cast<double>(watches_.size()));
}

void Hub::remove_watch(const Key& key, StreamId stream) {
    auto found = watches_.find(key);
    if (found == watches_.end()) return;
    found->second.streams.erase(stream);
    if (!found->second.streams.empty()) return;
    schedule_.erase({found->second.due, key});
    watches_.erase(found);
}

// Streams that follow orders, and whose session has ended. Their browser connects again without.
void Hub::end_signed_out() {
    Bodies signed_out;
    {
        std::lock_guard lock{mutex_};
        if (parts_.clock.monotonic() < sessions_due_) return;
        sessions_due_ = parts_.clock.monotonic() + session_interval;
        for (const auto& [id, stream] : streams_) {
            const auto& token = stream.visitor.token;
            if (token.empty() || parts_.sessions->verify(token)) continue;
            if (auto body = stream.body.lock()) signed_out.push_back(std::move(body));
        }
    }
    auto part = std::make_shared<const std::string>("event: signed-out\ndata: {}\n\n");
    for (const auto& body : signed_out) {
        body->send(part);
        body->finish();
    }
}

Task<std::optional<Instant>> Hub::step() {
    end_signed_out();
    auto reads = take_due();
    if (!reads.empty()) co_await read_all(std::move(reads));
    std::lock_guard lock{mutex_};
    co_return next_step();
}

std::vector<Hub::Read> Hub::take_due() {
    std::lock_guard lock{mutex_};
    remove_ended();
    auto is_connected = parts_.bus.connected();
    if (is_connected && !std::exchange(was_connected_, is_connected)) read_all_soon();
    was_connected_ = is_connected;
    auto now = parts_.clock.monotonic();
    std::vector<Read> reads;
    if (busy_until_ > now + max_busy) return reads;
    while (!schedule_.empty() && schedule_.begin()->first <= now && reads.size() < max_reads) {
        auto key = schedule_.begin()->second;
        schedule_.erase(schedule_.begin());
        auto& watch = watches_.at(key);
        watch.reading = true;
        auto stream = streams_.find(key.stream);
        Read read{std::move(key), {}, {}};
        if (stream != streams_.end()) {
            read.credentials = stream->second.visitor.credentials;
            read.user = stream->second.visitor.user;
        }
        reads.push_back(std::move(read));
    }
    busy_until_ = std::max(busy_until_, now) + reads.size() * cost_of_read;
    return reads;
}

Task<> Hub::read_all(std::vector<Read> reads) {
    runtime::TaskGroup readers{parts_.clock};
    auto next = reads.begin();
    for (std::size_t i = 0; i < std::min(concurrent_reads, reads.size()); ++i) {
        readers.spawn(parts_.executor, "client: live updates",
                      [this, &reads, &next] { return read_rest(reads, next); });
    }
    co_await readers.wait();
}

Task<> Hub::read_rest(std::vector<Read>& reads, std::vector<Read>::iterator& next) {
    while (next != reads.end()) co_await read(std::move(*next++));
}

Task<> Hub::read(Read read) {
    Outcome outcome;
    try {
        outcome = co_await ask(read);
    } catch (const std::exception& error) {
        log::debug("a live update is late", {{"topic", to_text(read.key.topic)}, {"error", error.what()}});
    }
    http::BodyStream::Part part;
    auto bodies = apply(read, std::move(outcome), part);
    for (const auto& body : bodies) body->send(part);  // not under the lock: there may be thousands
    events_.add(static_cast<double>(bodies.size()));
}

Task<Hub::Outcome> Hub::ask(const Read& read) const {
    auto is_ticket = read.key.topic.kind == Kind::ticket;
    http::Request request{.headers = read.credentials};
    (void)request.set_target((is_ticket ? "/api/tickets/" : "/api/orders/") + read.key.topic.id);
    auto response = co_await parts_.http.send(is_ticket ? "tickets" : "orders", std::move(request));
    if (response.status >= http::internal_error ||
        response.status == http::status_of(ErrorKind::too_many_requests))
        co_return Outcome{Outcome::failed};
    if (response.status != http::ok) co_return Outcome{Outcome::gone};
    if (is_ticket)
        co_return Outcome{Outcome::known,
                          members_of(parsed<Listing>(response), parts_.clock.now(), parts_.theme->catalog)};
    auto order = parsed<Order>(response);
    if (order.user_id != read.user) co_return Outcome{Outcome::gone};  // an admin's session sees them all
    co_return Outcome{Outcome::known, members_of(order)};
}

// Who is to be sent `part`.
Hub::Bodies Hub::apply(const Read& read, Outcome outcome, http::BodyStream::Part& part) {
    std::lock_guard lock{mutex_};
    auto found = watches_.find(read.key);
    if (found == watches_.end()) return {};
    auto& watch = found->second;
    auto now = parts_.clock.monotonic();
    auto is_changed = std::exchange(watch.changed, false);
    watch.reading = false;
    watch.not_before = now + min_interval;
    if (outcome.what == Outcome::failed) {
        schedule(read.key, watch, now + retry_interval);
        return {};
    }
    if (outcome.what == Outcome::gone) {
        part = std::make_shared<const std::string>(
            fmt::format("event: gone\ndata: {{\"topic\":\"{}\"}}\n\n", to_text(read.key.topic)));
        auto bodies = bodies_of(watch);
        watches_.erase(found);
        return bodies;
    }
    schedule(read.key, watch, is_changed ? watch.not_before : now + recheck_time());
    if (outcome.members == watch.members) return {};
    watch.members = std::move(outcome.members);
    part = next_event(read.key, watch);
    busy_until_ = std::max(busy_until_, now) + watch.streams.size() * cost_of_event;
    return bodies_of(watch);
}

Hub::Bodies Hub::bodies_of(const Watch& watch) const {
    Bodies bodies;
    bodies.reserve(watch.streams.size());
    for (auto id : watch.streams) {
        auto found = streams_.find(id);
        if (found == streams_.end()) continue;
        if (auto body = found->second.body.lock()) bodies.push_back(std::move(body));
    }
    return bodies;
}

// `spread`: over how many milliseconds browsers distribute what they fetch because of it.
http::BodyStream::Part Hub::next_event(const Key& key, Watch& watch) {
    watch.number = ++last_event_;
    watch.event = std::make_shared<const std::string>(fmt::format(
        "id: {}-{}\nevent: {}\ndata: {{{},\"spread\":{}}}\n\n", name_, watch.number, to_text(key.topic.kind),
        watch.members, watch.streams.size() * 1000 / fetches_per_second));
    return watch.event;
}

Hub::Time Hub::recheck_time() const {
    auto least = parts_.misses_changes ? recheck_interval_of_cells : recheck_interval;
    return std::max<Time>(least, watches_.size() * recheck_cost);
}

std::optional<Instant> Hub::next_step() const {
    if (streams_.empty()) return std::nullopt;
    auto now = parts_.clock.monotonic();
    auto next = sessions_due_;  // the bus is looked at as often
    if (!schedule_.empty()) next = std::min(next, std::max(schedule_.begin()->first, busy_until_ - max_busy));
    auto wait = std::chrono::ceil<std::chrono::milliseconds>(std::max(next - now, Time{0}));
    return parts_.clock.now() + wait;
}

}  // namespace stagedoor::client::live

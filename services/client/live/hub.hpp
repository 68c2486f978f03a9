// Sends browsers what changes about the listings and orders that they show.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/http/client.hpp"
#include "common/http/server/body_stream.hpp"
#include "common/runtime/async_event.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/security/sessions.hpp"
#include "common/service/data_versions.hpp"
#include "services/client/live/topics.hpp"
#include "services/client/theme.hpp"

namespace stagedoor::client::live {

// Who opens a stream.
struct Visitor {
    std::string network;             // for the limit
    UserId user = {};                // empty: not signed in
    http::Headers credentials = {};  // to ask the services with, as this user
    std::string token = {};          // of that session
};

struct HubParts {
    runtime::Clock& clock;
    runtime::Random& random;
    http::Client& http;
    bus::Bus& bus;
    runtime::Executor executor;
    std::shared_ptr<security::Sessions> sessions;
    runtime::Metrics& metrics;
    runtime::AsyncEvent wake;  // runs step() soon
    std::size_t max_streams;
    std::size_t max_streams_of_network;
    std::shared_ptr<const Theme> theme;  // its texts
    bool misses_changes;                 // some are not passed on to this process: those of cells
};

// A topic is what a listing or an order looks like now. When its service announces that one has changed, the
// hub reads it, once for all who follow it, and sends it to them if it looks different. Listings are public.
// Orders are read with the session of the stream that follows them, each time, so only their buyers get any
// event about them. Any thread.
class Hub {
  public:
    explicit Hub(HubParts parts);

    // `last_event`: the Last-Event-ID of a browser that was connected before. Throws Unavailable or
    // TooManyRequests at a limit.
    [[nodiscard]] std::shared_ptr<http::BodyStream> open(const Visitor& visitor,
                                                         const std::vector<Topic>& topics,
                                                         std::string_view last_event);

    void have_changed(Kind kind, const DataVersion::Changes& changes);

    // Reads the topics whose time has come, and returns when there is more to do. For one worker.
    [[nodiscard]] Task<std::optional<Instant>> step();

    // A change is sent at once, the next one of the same topic after this time.
    static constexpr std::chrono::milliseconds min_interval{500};
    // Revoked sessions end their streams within this time.
    static constexpr std::chrono::milliseconds session_interval{1'000};
    // Changes may not become known here: everything that is followed is read again after this time.
    static constexpr std::chrono::milliseconds recheck_interval{15'000}, recheck_interval_of_cells{3'000};

  private:
    using Time = std::chrono::nanoseconds;  // of the monotonic clock
    using StreamId = std::uint64_t;

    // Listings are read for everybody (stream 0), orders for one stream.
    struct Key {
        Topic topic;
        StreamId stream = 0;
        auto operator<=>(const Key&) const = default;
    };
    struct Watch {
        std::set<StreamId> streams;
        std::string members;                    // of the last event's data; empty: not read yet
        http::BodyStream::Part event;           // that event
        std::uint64_t number = 0;               // its number
        std::uint64_t since = 0;                // the last event before this watch
        Time due{}, not_before{};               // when to read it
        bool reading = false, changed = false;  // meanwhile
    };
    struct Stream {
        std::weak_ptr<http::BodyStream> body;
        Visitor visitor;
        std::vector<Key> topics;
    };
    // Streams that have ended, on whatever thread: what is left of them is removed in the next step.
    struct Ended {
        std::mutex mutex;
        std::vector<std::pair<StreamId, http::BodyStream::End>> streams;
    };
    struct Read {
        Key key;
        http::Headers credentials;
        UserId user;
    };
    struct Outcome {
        enum { known, gone, failed } what = failed;
        std::string members = {};
    };
    using Bodies = std::vector<std::shared_ptr<http::BodyStream>>;

    void make_room(const Visitor& visitor, std::size_t topics);
    [[nodiscard]] std::shared_ptr<http::BodyStream> make_body(StreamId id);
    void follow(StreamId id, Stream& stream, const std::vector<Topic>& topics, std::string_view last_event,
                http::BodyStream& body);
    [[nodiscard]] std::optional<std::uint64_t> number_in(std::string_view event_id) const;
    void schedule(const Key& key, Watch& watch, Time when);
    void read_soon(const Key& key, Watch& watch);
    void read_all_soon();
    void remove_ended();
    void remove_watch(const Key& key, StreamId stream);
    void end_signed_out();
    [[nodiscard]] std::vector<Read> take_due();
    [[nodiscard]] Task<> read_all(std::vector<Read> reads);
    [[nodiscard]] Task<> read_rest(std::vector<Read>& reads, std::vector<Read>::iterator& next);
    [[nodiscard]] Task<> read(Read read);
    [[nodiscard]] Task<Outcome> ask(const Read& read) const;
    [[nodiscard]] Bodies apply(const Read& read, Outcome outcome, http::BodyStream::Part& part);
    [[nodiscard]] Bodies bodies_of(const Watch& watch) const;
    [[nodiscard]] http::BodyStream::Part next_event(const Key& key, Watch& watch);
    [[nodiscard]] Time recheck_time() const;
    [[nodiscard]] std::optional<Instant> next_step() const;

    HubParts parts_;
    const std::string name_;  // of this hub, in the ids of its events
    const std::shared_ptr<Ended> ended_ = std::make_shared<Ended>();
    runtime::Gauge open_, followed_;
    runtime::Counter events_, too_slow_, rejected_;

    mutable std::mutex mutex_;
    std::map<StreamId, Stream> streams_;
    std::map<std::string, std::size_t> of_network_;  // streams
    std::map<Key, Watch> watches_;
    std::set<std::pair<Time, Key>> schedule_;
    StreamId last_stream_ = 0;
    std::uint64_t last_event_ = 0;
    Time busy_until_{};  // with sending
    Time sessions_due_{};
    bool was_connected_ = true;
};

}  // namespace stagedoor::client::live

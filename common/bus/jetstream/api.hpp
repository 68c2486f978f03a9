// The part of the JetStream API that the bus uses: streams and durable consumers.
// https://docs.nats.io/reference/reference-protocols/nats_api_reference
#pragma once

#include <expected>
#include <map>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/bus/jetstream/nats_connection.hpp"
#include "common/json/value.hpp"

namespace stagedoor::bus {

// No response in time, or the connection was lost.
struct NoResponse : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// An error response of JetStream.
struct JetStreamError : std::runtime_error {
    JetStreamError(std::int64_t error_code, const std::string& text)
        : std::runtime_error(text), code(error_code) {}
    std::int64_t code;
};

// A new leader in a cluster may not know all of its stream yet: what is missing counts as lost only if it is
// still missing after this.
constexpr std::chrono::seconds recheck_delay{1};

// The stream of the events that a service publishes.
[[nodiscard]] std::string stream_name(std::string_view prefix, std::string_view service);
// The durable consumer of an entity's events that all replicas of a service share.
[[nodiscard]] std::string consumer_name(std::string_view service, std::string_view entity);
// `text` with every character that stream and consumer names do not allow replaced by '_'.
[[nodiscard]] std::string to_jetstream_name(std::string_view text);
// The number in a JSON value; 0 if it is not a number.
[[nodiscard]] std::int64_t to_integer(const json::Value& value);

struct ConsumerState {
    std::int64_t undelivered = 0;                        // events
    std::int64_t unacknowledged = 0;                     // delivered events
    std::int64_t acknowledged_to = 0, delivered_to = 0;  // sequences in the stream
    std::int64_t deliveries = 0;                         // including redeliveries
    std::string created;                                 // its time of creation, as the server writes it
};

// What is missing where a consumer was looked for.
enum class Missing { stream, consumer };
using FoundConsumer = std::expected<ConsumerState, Missing>;

struct StreamState {
    std::string created;
    std::int64_t last_sequence = 0;
};

// Used by one coroutine, one request at a time. All requests may throw NoResponse and JetStreamError.
class JetStreamApi {
  public:
    JetStreamApi(NatsConnection& connection, const JetStreamOptions& options, runtime::Clock& clock)
        : connection_(connection), options_(options), clock_(clock), responses_(connection.make_mailbox()) {}

    [[nodiscard]] std::string stream_of(std::string_view service) const {
        return stream_name(options_.prefix, service);
    }

    // Creates the stream of the events that `service` publishes. Adds missing subjects to an existing stream,
    // sets its number of replicas and keeps the rest.
    [[nodiscard]] Task<StreamState> declare_stream(std::int64_t epoch, const std::string& service,
                                                   const std::set<std::string>& entities);
    // Creates the durable consumer of an entity's events, from the first on, or sets the ack_wait of an
    // existing one. Only its owner may declare a missing stream.
    [[nodiscard]] Task<FoundConsumer> declare_consumer(std::int64_t epoch, std::string stream,
                                                       std::string durable, std::string entity);
    [[nodiscard]] Task<FoundConsumer> find_consumer(std::int64_t epoch, std::string stream,
                                                    std::string durable);
    // With its position: declared again, it delivers all events once more.
    [[nodiscard]] Task<> delete_consumer(std::int64_t epoch, std::string stream, std::string durable);
    // Deletes consumers whose position is beyond the end of the stream, because the stream lost its tail or
    // was restored from a backup: they would skip what is published again. Their services declare them again.
    [[nodiscard]] Task<> drop_consumers_ahead(std::int64_t epoch, std::string stream);

    // Makes a pending request check whether the connection has changed. Any thread.
    void wake() { responses_->wake(); }

  private:
    [[nodiscard]] Task<json::Value> request(std::int64_t epoch, std::string subject, std::string body);
    [[nodiscard]] Task<json::Value> stream_info(std::int64_t epoch, std::string stream);
    [[nodiscard]] Task<std::vector<std::string>> consumer_names(std::int64_t epoch, std::string stream);
    [[nodiscard]] Task<std::map<std::string, std::int64_t>> ahead_of_stream(
        std::int64_t epoch, std::string stream, std::map<std::string, std::int64_t> delivered);
    [[nodiscard]] Task<> create_stream(std::int64_t epoch, std::string stream,
                                       const std::set<std::string>& entities);

    NatsConnection& connection_;
    const JetStreamOptions& options_;
    runtime::Clock& clock_;
    std::shared_ptr<Mailbox> responses_;
    std::int64_t last_request_ = 0;
};

}  // namespace stagedoor::bus

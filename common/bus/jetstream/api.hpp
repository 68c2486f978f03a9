// JetStream's own questions and answers: what streams and consumers there are, and how to have them.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "common/bus/jetstream/nats_connection.hpp"
#include "common/json/value.hpp"

namespace stagedoor::bus {

// No answer in time, or the connection went meanwhile.
struct NoAnswer : std::runtime_error {
    using std::runtime_error::runtime_error;
};
// What JetStream has against it.
struct Refused : std::runtime_error {
    Refused(std::int64_t error_code, const std::string& text) : std::runtime_error(text), code(error_code) {}
    std::int64_t code;
};

// A new leader in a cluster may not know yet all that its stream has: what it lacks is lost only if it does so for long.
constexpr std::chrono::seconds before_second_look{1};

// What stream and durable consumer names allow.
[[nodiscard]] std::string as_name(std::string_view text);
// The number in a JSON value; 0 when it is none.
[[nodiscard]] std::int64_t whole(const json::Value& value);

struct ConsumerState {
    std::int64_t waiting = 0;                            // events that were not delivered yet
    std::int64_t unacknowledged = 0;                     // that were
    std::int64_t acknowledged_to = 0, delivered_to = 0;  // sequences in the stream
    std::int64_t deliveries = 0;
};

struct StreamState {
    std::string created;
    std::int64_t last_sequence = 0;
};

// Asked by one coroutine, one question at a time. All throw NoAnswer and Refused.
class JetStreamApi {
  public:
    JetStreamApi(NatsConnection& connection, const JetStreamOptions& options, runtime::Clock& clock)
        : connection_(connection), options_(options), clock_(clock), answers_(connection.make_mailbox()) {}

    [[nodiscard]] std::string stream_of(std::string_view service) const {
        return as_name(options_.prefix + std::string{service});
    }

    // Makes the stream of what `service` tells; or, when it is there, adds what it lacks and leaves the rest as it is.
    [[nodiscard]] Task<StreamState> declare_stream(std::int64_t epoch, const std::string& service,
                                                   const std::set<std::string>& entities);
    // Makes the durable consumer of an entity's events, from the first on; or gives the one that is there our time for
    // acknowledgements.
    [[nodiscard]] Task<ConsumerState> declare_consumer(std::int64_t epoch, std::string stream,
                                                       std::string durable, std::string entity);
    // A consumer that has seen more than the stream has (a stream that lost its end, or an old copy put back) would pass
    // over what is published anew: it goes, and its service declares it again.
    [[nodiscard]] Task<> drop_consumers_ahead(std::int64_t epoch, std::string stream);

    // Ends a question under way when the connection has changed. Any thread.
    void wake() { answers_->wake(); }

  private:
    [[nodiscard]] Task<json::Value> ask(std::int64_t epoch, std::string subject, std::string request);
    [[nodiscard]] Task<json::Value> stream_info(std::int64_t epoch, std::string stream);
    [[nodiscard]] Task<std::vector<std::string>> consumer_names(std::int64_t epoch, std::string stream);
    [[nodiscard]] Task<std::map<std::string, std::int64_t>> ahead_of_stream(
        std::int64_t epoch, std::string stream, std::map<std::string, std::int64_t> seen);
    [[nodiscard]] Task<> make_stream(std::int64_t epoch, std::string stream,
                                     const std::set<std::string>& entities);

    NatsConnection& connection_;
    const JetStreamOptions& options_;
    runtime::Clock& clock_;
    std::shared_ptr<Mailbox> answers_;
    std::int64_t asked_ = 0;
};

}  // namespace stagedoor::bus

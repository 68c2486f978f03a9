#include "common/bus/jetstream/nats_connection.hpp"

#include <nats/nats.h>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "common/bus/jetstream/permissions.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t connect_timeout_ms = 1'000;  // per server
constexpr std::int64_t write_timeout_ms = 2'000;
// A server that hangs is detected when two pings are unanswered.
constexpr std::int64_t ping_interval_ms = 1'000;
constexpr int max_pings_out = 2;
// Short, since an attempt is cheap and events wait for the connection.
constexpr auto min_retry_delay = 100ms, max_retry_delay = 500ms;
constexpr auto flush_timeout = 500ms;
constexpr std::size_t max_queued_bytes = std::size_t{16} << 20;
constexpr std::size_t max_denied = 100;  // subjects that are remembered
constexpr const char* id_header = "Nats-Msg-Id";
constexpr const char* signature_header = "Stagedoor-Signature";

struct NatsError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void require(natsStatus status) {
    if (status == NATS_OK) return;
    const auto* details = nats_GetLastError(nullptr);
    throw NatsError(std::string{natsStatus_GetText(status)} +
                    (details && *details ? std::string{": "} + details : ""));
}

const char* or_null(const std::string& text) { return text.empty() ? nullptr : text.c_str(); }

std::vector<std::string> split(const std::string& list) {
    std::vector<std::string> parts;
    for (std::size_t from = 0; from <= list.size();) {
        auto comma = std::min(list.find(',', from), list.size());
        if (comma > from) parts.push_back(list.substr(from, comma - from));
        from = comma + 1;
    }
    return parts;
}

// For the log.
std::string without_credentials(const std::string& servers) {
    std::string text;
    for (const auto& server : split(servers)) {
        auto begin = server.find("://");
        begin = begin == std::string::npos ? 0 : begin + 3;
        auto at = server.rfind('@');
        text += (text.empty() ? "" : ",") + server.substr(at == std::string::npos ? begin : at + 1);
    }
    return text;
}

struct FreeOptions {
    void operator()(natsOptions* options) const { natsOptions_Destroy(options); }
};
using Options = std::unique_ptr<natsOptions, FreeOptions>;

Options nats_options(const JetStreamOptions& settings) {
    natsOptions* created = nullptr;
    require(natsOptions_Create(&created));
    Options options{created};
    auto servers = split(settings.servers);
    std::vector<const char*> urls;
    for (const auto& server : servers) urls.push_back(server.c_str());
    require(natsOptions_SetServers(created, urls.data(), static_cast<int>(urls.size())));
    require(natsOptions_SetName(created, "stagedoor"));
    if (!settings.user.empty())
        require(natsOptions_SetUserInfo(created, settings.user.c_str(), settings.password.c_str()));
    if (!settings.credentials_file.empty())
        require(natsOptions_SetUserCredentialsFromFiles(created, settings.credentials_file.c_str(), nullptr));
    if (!settings.ca_file.empty() || settings.servers.find("tls://") != std::string::npos)
        require(natsOptions_SetSecure(created, true));
    if (!settings.ca_file.empty())
        require(natsOptions_LoadCATrustedCertificates(created, settings.ca_file.c_str()));
    if (!settings.certificate_file.empty())
        require(natsOptions_LoadCertificatesChain(created, settings.certificate_file.c_str(),
                                                  settings.key_file.c_str()));
    // NatsClient does this itself, so that nothing meant for one connection goes out on the next.
    require(natsOptions_SetAllowReconnect(created, false));
    require(natsOptions_SetTimeout(created, connect_timeout_ms));
    require(natsOptions_SetPingInterval(created, ping_interval_ms));
    require(natsOptions_SetMaxPingsOut(created, max_pings_out));
    require(natsOptions_SetWriteDeadline(created, write_timeout_ms));
    require(natsOptions_UseGlobalMessageDelivery(created, true));  // one thread for all mailboxes
    return options;
}

NatsMessage to_message(natsMsg* message) {
    auto text = [](const char* characters) { return std::string{characters ? characters : ""}; };
    NatsMessage copied{text(natsMsg_GetSubject(message)),
                       text(natsMsg_GetReply(message)),
                       {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))}};
    const char* status = nullptr;
    if (copied.data.empty() && natsMsgHeader_Get(message, "Status", &status) == NATS_OK && status)
        std::from_chars(status, status + std::char_traits<char>::length(status), copied.status);
    const char* signature = nullptr;
    if (natsMsgHeader_Get(message, signature_header, &signature) == NATS_OK)
        copied.signature = text(signature);
    return copied;
}

// The context of a subscription's callbacks, freed after its last message.
struct Subscription {
    std::shared_ptr<Mailbox> mailbox;
    std::int64_t epoch;
};

void on_message(natsConnection*, natsSubscription*, natsMsg* message, void* subscription) {
    const auto& [mailbox, epoch] = *static_cast<Subscription*>(subscription);
    auto received = to_message(message);
    received.epoch = epoch;
    mailbox->put(std::move(received));
    natsMsg_Destroy(message);
}

// Headers count towards the server's payload limit.
std::size_t header_size(const NatsConnection::Outgoing& message) {
    constexpr std::string_view around_all = "NATS/1.0\r\n\r\n", around_each = ": \r\n";
    std::size_t size = 0;
    for (const auto& [name, value] : {std::pair<std::string_view, std::string_view>{id_header, message.id},
                                      {signature_header, message.signature}}) {
        if (!value.empty()) size += name.size() + around_each.size() + value.size();
    }
    return size == 0 ? 0 : around_all.size() + size;
}

natsStatus set_header(natsMsg* message, const char* name, const std::string& value) {
    return value.empty() ? NATS_OK : natsMsgHeader_Set(message, name, value.c_str());
}

// The state shared with nats.c.
struct Driver {
    // Guarded by the mutex.
    std::mutex mutex;
    std::condition_variable changed;
    std::vector<NatsConnection::Outgoing> queue;
    std::size_t queued_bytes = 0;
    bool lost = false, stopping = false;

    // Used by the connection's thread only.
    natsConnection* connection = nullptr;
    std::vector<natsSubscription*> subscriptions;
    std::string last_error;

    std::set<std::string> denied;  // logged; used by nats.c's callbacks only

    void subscribe(const Subscription& to, const std::string& subject) {
        natsSubscription* created = nullptr;
        auto subscription = std::make_unique<Subscription>(to);
        require(
            natsConnection_Subscribe(&created, connection, subject.c_str(), on_message, subscription.get()));
        subscriptions.push_back(created);
        require(natsSubscription_SetOnCompleteCB(
            created, [](void* done) { delete static_cast<Subscription*>(done); }, subscription.get()));
        (void)subscription.release();
    }

    static void on_closed(natsConnection*, void* self) {
        auto* driver = static_cast<Driver*>(self);
        std::lock_guard lock{driver->mutex};
        driver->lost = true;
        driver->changed.notify_all();
    }
    static void on_error(natsConnection* connection, natsSubscription*, natsStatus error, void* self) {
        if (error == NATS_NOT_PERMITTED) return static_cast<Driver*>(self)->log_denied(connection);
        log::warning("bus connection error", {{"error", natsStatus_GetText(error)}});
    }
    // Once for each subject: what is denied is retried.
    void log_denied(natsConnection* by) {
        const char* details = nullptr;
        (void)natsConnection_GetLastError(by, &details);
        std::string text = details ? details : "";
        if (denied.size() >= max_denied || !denied.insert(text).second) return;
        log::error("the NATS user lacks a permission; see docs/operations/nats.md", {{"error", text}});
    }

    void connect(const JetStreamOptions& settings, const std::vector<std::shared_ptr<Mailbox>>& mailboxes,
                 std::int64_t epoch) {
        auto options = nats_options(settings);
        require(natsOptions_SetClosedCB(options.get(), on_closed, this));
        require(natsOptions_SetErrorHandler(options.get(), on_error, this));
        {
            std::lock_guard lock{mutex};
            lost = false;
        }
        natsConnection* created = nullptr;
        require(natsConnection_Connect(&created, options.get()));
        connection = created;
        for (const auto& mailbox : mailboxes) {
            subscribe({mailbox, epoch}, mailbox->address());
            subscribe({mailbox, epoch}, mailbox->address() + ".>");
        }
    }

    // Returns after the last callback of nats.c.
    void disconnect() {
        for (auto* subscription : subscriptions) natsSubscription_Destroy(subscription);
        subscriptions.clear();
        if (!connection) return;
        natsConnection_Close(connection);
        {
            std::unique_lock lock{mutex};
            changed.wait(lock, [this] { return lost; });
            queue.clear();
            queued_bytes = 0;
        }
        natsConnection_Destroy(connection);
        connection = nullptr;
    }

    void send_all(const std::vector<NatsConnection::Outgoing>& messages) const {
        for (const auto& message : messages) {
            natsMsg* created = nullptr;
            require(natsMsg_Create(&created, message.subject.c_str(), or_null(message.reply),
                                   message.data.data(), static_cast<int>(message.data.size())));
            auto status = set_header(created, id_header, message.id);
            if (status == NATS_OK) status = set_header(created, signature_header, message.signature);
            if (status == NATS_OK) status = natsConnection_PublishMsg(connection, created);
            natsMsg_Destroy(created);
            require(status);
        }
    }

    // Sends what is queued until the connection is lost or closed. Throws when sending fails.
    void serve() {
        std::unique_lock lock{mutex};
        auto has_work = [this] { return lost || stopping || !queue.empty(); };
        while (!lost) {
            changed.wait(lock, has_work);
            auto messages = std::exchange(queue, {});
            queued_bytes = 0;
            auto last = stopping;
            lock.unlock();
            send_all(messages);
            lock.lock();
            if (last) break;
        }
        lock.unlock();
        (void)natsConnection_FlushTimeout(connection, flush_timeout.count());
    }
};

class NatsClient final : public NatsConnection {
  public:
    NatsClient(const JetStreamOptions& options, runtime::Clock& clock, runtime::Random& random)
        : options_(options),
          clock_(clock),
          random_(random),
          inbox_(inbox_prefix(options.service) + random.hex(16)) {}
    ~NatsClient() override { end(); }
    NatsClient(const NatsClient&) = delete;
    NatsClient& operator=(const NatsClient&) = delete;

    [[nodiscard]] std::shared_ptr<Mailbox> make_mailbox() override;
    [[nodiscard]] std::shared_ptr<Mailbox> subscribe(std::string subject, std::size_t max_messages) override;
    void start(std::function<void()> changed) override;
    [[nodiscard]] std::int64_t epoch() const override { return epoch_; }
    bool send(std::int64_t epoch, Outgoing message) override;
    std::size_t send_all(std::int64_t epoch, std::vector<Outgoing> messages) override;
    [[nodiscard]] bool is_too_large(const Outgoing& message) const override;
    void close() override { end(); }

  private:
    void run();
    void end();
    [[nodiscard]] bool enqueue(std::int64_t epoch, Outgoing message);

    JetStreamOptions options_;
    runtime::Clock& clock_;
    runtime::Random& random_;
    const std::string inbox_;
    std::vector<std::shared_ptr<Mailbox>> mailboxes_;
    std::function<void()> changed_;
    std::atomic<std::int64_t> epoch_ = 0;
    std::atomic<std::size_t> max_payload_ = std::numeric_limits<std::size_t>::max();
    Driver driver_;
    std::thread thread_;
};

std::shared_ptr<Mailbox> NatsClient::make_mailbox() {
    auto address = inbox_ + "." + std::to_string(mailboxes_.size());
    return mailboxes_.emplace_back(std::make_shared<Mailbox>(address, clock_));
}

std::shared_ptr<Mailbox> NatsClient::subscribe(std::string subject, std::size_t max_messages) {
    return mailboxes_.emplace_back(std::make_shared<Mailbox>(std::move(subject), clock_, max_messages));
}

void NatsClient::start(std::function<void()> changed) {
    changed_ = std::move(changed);
    thread_ = std::thread{[this] { run(); }};
}

void NatsClient::run() {
    std::int64_t connections = 0;
    auto wait = min_retry_delay;
    auto where = without_credentials(options_.servers);
    for (;;) {
        std::string problem;
        try {
            driver_.connect(options_, mailboxes_, connections + 1);
            max_payload_ = static_cast<std::size_t>(natsConnection_GetMaxPayload(driver_.connection));
            log::info("connected to the bus", {{"servers", where}});
            driver_.last_error.clear();
            wait = min_retry_delay;
            epoch_ = ++connections;
            changed_();
            driver_.serve();
            problem = "connection lost";
        } catch (const NatsError& error) {
            problem = error.what();
        }
        epoch_ = 0;
        driver_.disconnect();
        changed_();
        std::unique_lock lock{driver_.mutex};
        if (driver_.stopping) return;
        if (std::exchange(driver_.last_error, problem) != problem)
            log::error("can't reach the bus; events wait in the outboxes",
                       {{"servers", where}, {"error", problem}});
        auto jitter = std::chrono::milliseconds{random_.below(static_cast<std::uint64_t>(wait.count()))};
        driver_.changed.wait_for(lock, wait + jitter, [this] { return driver_.stopping; });
        if (driver_.stopping) return;
        wait = std::min(2 * wait, max_retry_delay);
    }
}

bool NatsClient::is_too_large(const Outgoing& message) const {
    return message.data.size() + header_size(message) > max_payload_;
}

// The caller holds the mutex.
bool NatsClient::enqueue(std::int64_t epoch, Outgoing message) {
    auto size = message.subject.size() + message.data.size() + message.signature.size();
    if (epoch == 0 || epoch != epoch_ || driver_.lost || driver_.queued_bytes + size > max_queued_bytes ||
        is_too_large(message))
        return false;
    driver_.queued_bytes += size;
    driver_.queue.push_back(std::move(message));
    return true;
}

bool NatsClient::send(std::int64_t epoch, Outgoing message) {
    std::vector<Outgoing> only;
    only.push_back(std::move(message));
    return send_all(epoch, std::move(only)) == 1;
}

std::size_t NatsClient::send_all(std::int64_t epoch, std::vector<Outgoing> messages) {
    std::size_t accepted = 0;
    auto was_idle = false;
    {
        std::lock_guard lock{driver_.mutex};
        was_idle = driver_.queue.empty();
        while (accepted < messages.size() && enqueue(epoch, std::move(messages[accepted]))) ++accepted;
    }
    if (was_idle && accepted > 0) driver_.changed.notify_all();
    return accepted;
}

void NatsClient::end() {
    {
        std::lock_guard lock{driver_.mutex};
        driver_.stopping = true;
        driver_.changed.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

}  // namespace

std::unique_ptr<NatsConnection> make_nats_connection(const JetStreamOptions& options, runtime::Clock& clock,
                                                     runtime::Random& random) {
    return std::make_unique<NatsClient>(options, clock, random);
}

}  // namespace stagedoor::bus

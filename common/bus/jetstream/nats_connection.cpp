#include "common/bus/jetstream/nats_connection.hpp"

#include <nats/nats.h>

#include <atomic>
#include <charconv>
#include <condition_variable>
#include <limits>
#include <mutex>
#include <thread>
#include <vector>

#include "common/runtime/log.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;

constexpr std::int64_t connect_ms = 1'000, write_ms = 2'000;  // connect: for each server
// A server that stands still is noticed when two pings are out.
constexpr std::int64_t ping_ms = 1'000;
constexpr int pings_out = 2;
// A try costs little, and whoever waits for an event waits for this too.
constexpr auto shortest_wait = 100ms, max_poll_interval = 500ms;
constexpr auto goodbye = 500ms;
constexpr std::size_t most_waiting_bytes = std::size_t{16} << 20;

struct NatsError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

void require(natsStatus status) {
    if (status == NATS_OK) return;
    const auto* more = nats_GetLastError(nullptr);
    throw NatsError(std::string{natsStatus_GetText(status)} +
                    (more && *more ? std::string{": "} + more : ""));
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

// Without users and passwords, for the log.
std::string shown(const std::string& servers) {
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

Options nats_options(const JetStreamOptions& wanted) {
    natsOptions* made = nullptr;
    require(natsOptions_Create(&made));
    Options options{made};
    auto servers = split(wanted.servers);
    std::vector<const char*> urls;
    for (const auto& server : servers) urls.push_back(server.c_str());
    require(natsOptions_SetServers(made, urls.data(), static_cast<int>(urls.size())));
    require(natsOptions_SetName(made, "stagedoor"));
    if (!wanted.user.empty())
        require(natsOptions_SetUserInfo(made, wanted.user.c_str(), wanted.password.c_str()));
    if (!wanted.credentials_file.empty())
        require(natsOptions_SetUserCredentialsFromFiles(made, wanted.credentials_file.c_str(), nullptr));
    if (!wanted.ca_file.empty() || wanted.servers.find("tls://") != std::string::npos)
        require(natsOptions_SetSecure(made, true));
    if (!wanted.ca_file.empty()) require(natsOptions_LoadCATrustedCertificates(made, wanted.ca_file.c_str()));
    if (!wanted.certificate_file.empty())
        require(natsOptions_LoadCertificatesChain(made, wanted.certificate_file.c_str(),
                                                  wanted.key_file.c_str()));
    // It is we who connect again: so that nothing meant for one connection goes out on the next.
    require(natsOptions_SetAllowReconnect(made, false));
    require(natsOptions_SetTimeout(made, connect_ms));
    require(natsOptions_SetPingInterval(made, ping_ms));
    require(natsOptions_SetMaxPingsOut(made, pings_out));
    require(natsOptions_SetWriteDeadline(made, write_ms));
    require(natsOptions_UseGlobalMessageDelivery(made, true));  // one thread for all mailboxes
    return options;
}

NatsMessage to_message(natsMsg* message) {
    auto text = [](const char* characters) { return std::string{characters ? characters : ""}; };
    NatsMessage all{text(natsMsg_GetSubject(message)),
                    text(natsMsg_GetReply(message)),
                    {natsMsg_GetData(message), static_cast<std::size_t>(natsMsg_GetDataLength(message))}};
    const char* status = nullptr;
    if (all.data.empty() && natsMsgHeader_Get(message, "Status", &status) == NATS_OK && status)
        std::from_chars(status, status + std::char_traits<char>::length(status), all.status);
    return all;
}

// What a subscription holds until its last message was handed out.
struct Held {
    std::shared_ptr<Mailbox> mailbox;
    std::int64_t epoch;
};

void on_message(natsConnection*, natsSubscription*, natsMsg* message, void* held) {
    const auto& [mailbox, epoch] = *static_cast<Held*>(held);
    auto taken = to_message(message);
    taken.epoch = epoch;
    mailbox->put(std::move(taken));
    natsMsg_Destroy(message);
}

// What a header with the event's id takes of the payload that the server allows.
std::size_t header_size(const std::string& id) {
    constexpr std::string_view around = "NATS/1.0\r\nNats-Msg-Id: \r\n\r\n";
    return id.empty() ? 0 : around.size() + id.size();
}

// What nats.c is given, and gives back.
struct Driver {
    // Under the mutex.
    std::mutex mutex;
    std::condition_variable stirs;
    std::vector<NatsConnection::Outgoing> outgoing;
    std::size_t outgoing_bytes = 0;
    bool lost = false, ending = false;

    // Of the thread alone.
    natsConnection* connection = nullptr;
    std::vector<natsSubscription*> subscriptions;
    std::string last_trouble;

    void subscribe(const Held& to, const std::string& subject) {
        natsSubscription* made = nullptr;
        auto held = std::make_unique<Held>(to);
        require(natsConnection_Subscribe(&made, connection, subject.c_str(), on_message, held.get()));
        subscriptions.push_back(made);
        require(natsSubscription_SetOnCompleteCB(
            made, [](void* done) { delete static_cast<Held*>(done); }, held.get()));
        (void)held.release();
    }

    static void on_closed(natsConnection*, void* self) {
        auto* driver = static_cast<Driver*>(self);
        std::lock_guard lock{driver->mutex};
        driver->lost = true;
        driver->stirs.notify_all();
    }
    static void on_error(natsConnection*, natsSubscription*, natsStatus error, void*) {
        log::warning("trouble with the bus", {{"error", natsStatus_GetText(error)}});
    }

    void connect(const JetStreamOptions& wanted, const std::vector<std::shared_ptr<Mailbox>>& mailboxes,
                 std::int64_t epoch) {
        auto options = nats_options(wanted);
        require(natsOptions_SetClosedCB(options.get(), on_closed, this));
        require(natsOptions_SetErrorHandler(options.get(), on_error, nullptr));
        {
            std::lock_guard lock{mutex};
            lost = false;
        }
        natsConnection* made = nullptr;
        require(natsConnection_Connect(&made, options.get()));
        connection = made;
        for (const auto& mailbox : mailboxes) {
            subscribe({mailbox, epoch}, mailbox->address());
            subscribe({mailbox, epoch}, mailbox->address() + ".>");
        }
    }

    // Waits until nats.c has let go of us.
    void disconnect() {
        for (auto* subscription : subscriptions) natsSubscription_Destroy(subscription);
        subscriptions.clear();
        if (!connection) return;
        natsConnection_Close(connection);
        {
            std::unique_lock lock{mutex};
            stirs.wait(lock, [this] { return lost; });
            outgoing.clear();
            outgoing_bytes = 0;
        }
        natsConnection_Destroy(connection);
        connection = nullptr;
    }

    void send_all(const std::vector<NatsConnection::Outgoing>& messages) const {
        for (const auto& message : messages) {
            natsMsg* made = nullptr;
            require(natsMsg_Create(&made, message.subject.c_str(), or_null(message.reply),
                                   message.data.data(), static_cast<int>(message.data.size())));
            auto status =
                message.id.empty() ? NATS_OK : natsMsgHeader_Set(made, "Nats-Msg-Id", message.id.c_str());
            if (status == NATS_OK) status = natsConnection_PublishMsg(connection, made);
            natsMsg_Destroy(made);
            require(status);
        }
    }

    // Until the connection is lost or the end. Throws when sending fails.
    void serve() {
        std::unique_lock lock{mutex};
        auto has_work = [this] { return lost || ending || !outgoing.empty(); };
        while (!lost) {
            stirs.wait(lock, has_work);
            auto messages = std::exchange(outgoing, {});
            outgoing_bytes = 0;
            auto last = ending;
            lock.unlock();
            send_all(messages);
            lock.lock();
            if (last) break;
        }
        lock.unlock();
        (void)natsConnection_FlushTimeout(connection, goodbye.count());
    }
};

class NatsClient final : public NatsConnection {
  public:
    NatsClient(const JetStreamOptions& options, runtime::Clock& clock, runtime::Random& random)
        : options_(options), clock_(clock), random_(random), inbox_("_INBOX." + random.hex(16)) {}
    ~NatsClient() override { end(); }
    NatsClient(const NatsClient&) = delete;
    NatsClient& operator=(const NatsClient&) = delete;

    [[nodiscard]] std::shared_ptr<Mailbox> make_mailbox() override;
    void start(std::function<void()> changed) override;
    [[nodiscard]] std::int64_t epoch() const override { return epoch_; }
    bool send(std::int64_t epoch, Outgoing message) override;
    [[nodiscard]] bool is_too_large(const Outgoing& message) const override;
    void close() override { end(); }

  private:
    void run();
    void end();

    JetStreamOptions options_;
    runtime::Clock& clock_;
    runtime::Random& random_;
    const std::string inbox_;
    std::vector<std::shared_ptr<Mailbox>> mailboxes_;
    std::function<void()> changed_;
    std::atomic<std::int64_t> epoch_ = 0;
    std::atomic<std::size_t> largest_ = std::numeric_limits<std::size_t>::max();
    Driver driver_;
    std::thread thread_;
};

std::shared_ptr<Mailbox> NatsClient::make_mailbox() {
    auto address = inbox_ + "." + std::to_string(mailboxes_.size());
    return mailboxes_.emplace_back(std::make_shared<Mailbox>(address, clock_));
}

void NatsClient::start(std::function<void()> changed) {
    changed_ = std::move(changed);
    thread_ = std::thread{[this] { run(); }};
}

void NatsClient::run() {
    std::int64_t connections = 0;
    auto wait = shortest_wait;
    auto where = shown(options_.servers);
    for (;;) {
        std::string trouble;
        try {
            driver_.connect(options_, mailboxes_, connections + 1);
            largest_ = static_cast<std::size_t>(natsConnection_GetMaxPayload(driver_.connection));
            log::info("connected to the bus", {{"servers", where}});
            driver_.last_trouble.clear();
            wait = shortest_wait;
            epoch_ = ++connections;
            changed_();
            driver_.serve();
            trouble = "connection lost";
        } catch (const NatsError& error) {
            trouble = error.what();
        }
        epoch_ = 0;
        driver_.disconnect();
        changed_();
        std::unique_lock lock{driver_.mutex};
        if (driver_.ending) return;
        if (std::exchange(driver_.last_trouble, trouble) != trouble)
            log::error("the bus can't be reached; events wait in the outboxes",
                       {{"servers", where}, {"error", trouble}});
        auto jitter = std::chrono::milliseconds{random_.below(static_cast<std::uint64_t>(wait.count()))};
        driver_.stirs.wait_for(lock, wait + jitter, [this] { return driver_.ending; });
        if (driver_.ending) return;
        wait = std::min(2 * wait, max_poll_interval);
    }
}

bool NatsClient::is_too_large(const Outgoing& message) const {
    return message.data.size() + header_size(message.id) > largest_;
}

bool NatsClient::send(std::int64_t epoch, Outgoing message) {
    if (is_too_large(message)) return false;
    std::lock_guard lock{driver_.mutex};
    auto size = message.subject.size() + message.data.size();
    if (epoch == 0 || epoch != epoch_ || driver_.lost || driver_.outgoing_bytes + size > most_waiting_bytes)
        return false;
    driver_.outgoing_bytes += size;
    driver_.outgoing.push_back(std::move(message));
    driver_.stirs.notify_all();
    return true;
}

void NatsClient::end() {
    {
        std::lock_guard lock{driver_.mutex};
        driver_.ending = true;
        driver_.stirs.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

}  // namespace

std::unique_ptr<NatsConnection> make_nats_connection(const JetStreamOptions& options, runtime::Clock& clock,
                                                     runtime::Random& random) {
    return std::make_unique<NatsClient>(options, clock, random);
}

}  // namespace stagedoor::bus

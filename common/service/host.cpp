#include "common/service/host.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <mutex>
#include <set>

#include "common/http/routing/problem.hpp"
#include "common/http/status.hpp"
#include "common/idempotency/idempotent.hpp"
#include "common/messaging/outbox_log.hpp"
#include "common/runtime/log.hpp"
#include "common/runtime/version.hpp"
#include "common/security/rate_limit.hpp"
#include "common/security/sessions.hpp"
#include "common/service/audit_routes.hpp"
#include "common/service/changed.hpp"
#include "common/service/dead_letters.hpp"
#include "common/service/service.hpp"

namespace stagedoor {

using namespace std::chrono_literals;

struct Host::Running {
    std::unique_ptr<sql::Database> db;
    std::unique_ptr<outbox::Log> log;
    std::shared_ptr<security::Sessions> sessions;
    std::shared_ptr<messaging::ReadYourWrites> read_your_writes;
    Service service;
    PollLoop retry_parked, refresh_sessions, delete_expired, count_parked;
    std::optional<PollLoop> move_old_events;
    std::unique_ptr<outbox::Archiver> archiver;
};

class Host::LocalClient final : public http::Client {
  public:
    explicit LocalClient(const http::Router& router) : router_(router) {}

    Task<http::Response> send(std::string_view, http::Request request) override {
        std::exception_ptr thrown;
        try {
            co_return co_await router_.handle(request);
        } catch (...) {
            thrown = std::current_exception();
        }
        co_return http::problem(thrown, request);
    }

  private:
    const http::Router& router_;
};

namespace {

http::RouterOptions router_options(const ProgramSettings& settings) {
    return {.public_origin = settings.public_url, .operator_hosts = settings.admin_hosts};
}

http::Response text_response(std::string type, std::string body) {
    http::Response response{.status = http::ok, .headers = {}, .body = std::move(body)};
    response.headers.set("Content-Type", std::move(type));
    response.headers.set("Cache-Control", "no-store");
    return response;
}

Task<http::Response> respond(http::Response response) { co_return response; }

// Topic of the hint that a service's data have changed; it lists the changed ids, or none.
std::string changes_topic(const std::string& service) { return service + ".changed"; }

// In one hint. Some 40 KB, of the 1 MB that NATS carries.
constexpr std::size_t max_changed_ids = 1'000;

std::string to_hint(const DataVersion::Changes& changes) {
    return changes.others ? "*" : fmt::format("{}", fmt::join(changes.ids, ","));
}

DataVersion::Changes changes_in(std::string_view hint) {
    if (hint == "*") return {.others = true};
    DataVersion::Changes changes;
    for (std::string_view id; http::next_part(hint, id, ',');) {
        if (!id.empty()) changes.ids.emplace_back(id);
    }
    return changes;
}

// Changes that wait to be announced together.
class PendingChanges {
  public:
    // True for the first since take().
    bool add(const std::string& id) {
        std::lock_guard lock{mutex_};
        if (ids_.size() <= max_changed_ids && !id.empty()) ids_.insert(id);
        return !std::exchange(any_, true);
    }
    [[nodiscard]] DataVersion::Changes take() {
        std::lock_guard lock{mutex_};
        any_ = false;
        auto ids = std::exchange(ids_, {});
        if (ids.size() > max_changed_ids) return {.others = true};
        return {.ids = {ids.begin(), ids.end()}};
    }

  private:
    std::mutex mutex_;
    std::set<std::string> ids_;
    bool any_ = false;
};

}  // namespace

http::RouterOptions Host::admin_router_options() const {
    auto options = router_options(parts_.settings.program);
    options.operators_only = true;
    options.guard = [this](const http::Request& request) { admin_access_.check(request); };
    return options;
}

Host::Host(HostParts parts, const std::vector<NamedService>& services)
    : parts_(std::move(parts)),
      process_(parts_.metrics),
      audit_(parts_.clock, parts_.random, parts_.metrics),
      admin_access_(parts_.settings.program),
      router_(router_options(parts_.settings.program), parts_.clock, parts_.metrics),
      admin_router_(admin_router_options(), parts_.clock, parts_.metrics),
      client_(std::make_unique<LocalClient>(router_)),
      workers_(parts_.clock) {
    for (const auto& [name, make, group] : services) {
        auto own = parts_.settings.services.find(name);
        auto running = std::unique_ptr<Running>(new Running{
            .db = parts_.open_database(name, name),
            .log = {},
            .sessions = std::make_shared<security::Sessions>(parts_.clock, parts_.settings.program.https()),
            .read_your_writes = std::make_shared<messaging::ReadYourWrites>(
                parts_.clock, parts_.settings.program.rate_limits),
            .service = {},
            // Another replica may have parked an event; that does not wake this one.
            .retry_parked = PollLoop{parts_.clock, {.name = name + ": parked events", .max_interval = 3s}},
            // A revocation that another replica received takes effect here within 2 s.
            .refresh_sessions = PollLoop{parts_.clock, {.name = name + ": sessions", .max_interval = 1s}},
            .delete_expired = PollLoop{parts_.clock, {.name = name + ": expired rows", .max_interval = 1h}},
            .count_parked = PollLoop{parts_.clock, {.name = name + ": parked count", .max_interval = 5s}}});
        running->service = make(ServiceDeps{
            *running->db, parts_.bus, parts_.clock, parts_.random, client(), parts_.metrics, parts_.outbound,
            parts_.executor,
            [open = parts_.open_database, name](const std::string& other) { return open(name, other); },
            running->sessions, running->read_your_writes, parts_.settings.program,
            own == parts_.settings.services.end() ? std::any{} : own->second, data_versions_, parts_.renderer,
            parts_.open_pictures});
        running->db->migrate(running->service.migrations);
        running->log = std::make_unique<outbox::Log>(name, *running->db, parts_.history);
        auto moved = outbox::Archiver::make_counter(parts_.metrics, name);
        if (parts_.history && parts_.archive.age.count() > 0) {
            running->archiver = std::make_unique<outbox::Archiver>(name, *running->db, *parts_.history,
                                                                   parts_.random, moved, parts_.archive);
            running->move_old_events.emplace(parts_.clock,
                                             PollOptions{.name = name + ": old events",
                                                         .max_interval = parts_.archive_interval,
                                                         .max_retry_delay = 1min});
        }
        parts_.bus.publish_from(*running->log);
        parts_.bus.deliver_to(*running->service.inbox);
        announce_changes(*running);
        for (auto& route : running->service.routes) router_.add(std::move(route));
        for (auto& route : running->service.admin_routes) admin_router_.add(std::move(route));
        if (running->service.not_found) router_.set_not_found(*running->service.not_found, running->sessions);
        if (running->service.error_page)
            router_.set_error_page(running->service.error_page, running->sessions);
        running_.push_back(std::move(running));
    }
    add_probes(router_);
    add_probes(admin_router_);
    add_metrics(admin_router_);
    add_dead_letter_routes(admin_router_, *this);
    add_audit_routes(admin_router_, *this);
    openapi_ = http::openapi("Stagedoor", runtime::version(), running_.front()->sessions->cookie_name(),
                             router_.specs());
}

Host::~Host() = default;

void Host::add_probes(http::Router& router) {
    auto add = [&](std::string pattern, std::function<Task<http::Response>(http::Context&)> probe) {
        http::Route route{http::Method::get, std::move(pattern), std::move(probe),
                          http::RouteSpec{.hidden = true}};
        route.sessions = any_sessions();
        route.exact_path = !route.pattern.starts_with("/api/");
        router.add(std::move(route));
    };
    add("/healthz",
        [](http::Context&) { return respond(text_response("application/json", R"({"status":"alive"})")); });
    add("/readyz", [this](http::Context&) { return readiness(); });
    add("/api/openapi.json", [this](http::Context&) { return openapi(); });
}

void Host::add_metrics(http::Router& router) {
    auto respond_with_metrics = [this](http::Context&) {
        process_.update();
        return respond(text_response("text/plain; version=0.0.4; charset=utf-8", parts_.metrics.to_text()));
    };
    http::Route route{http::Method::get, "/metrics", respond_with_metrics, http::RouteSpec{.hidden = true}};
    route.sessions = any_sessions();
    route.exact_path = true;
    router.add(std::move(route));
}

// The routes of this program and, if it sends requests to other programs, of those.
Task<http::Response> Host::openapi() {
    if (!parts_.services) co_return http::json_response(http::ok, openapi_, {});
    std::vector<std::string> documents{openapi_};
    for (const auto& service : parts_.services->services()) {
        http::Request request;
        (void)request.set_target("/api/openapi.json");
        auto response = co_await parts_.services->send(service, std::move(request));
        if (response.status != http::ok)
            throw Unavailable(
                "The API description of {service} is not available right now"_text.with("service", service));
        documents.push_back(std::move(response.body));
    }
    auto merged = http::merge_openapi(documents);
    if (!merged) throw std::runtime_error("can't merge the services' OpenAPI documents: " + merged.error());
    co_return http::json_response(http::ok, std::move(*merged), {});
}

// Ready when every database responds and can be written, every service can check sessions, and the program
// is not draining.
Task<http::Response> Host::readiness() {
    if (draining_) throw Unavailable("Draining"_text);
    for (auto& running : running_) {
        std::string error, state = "is not responding";
        try {
            co_await running->db->check();
        } catch (const sql::DatabaseError& failure) {
            error = failure.what();
            if (!failure.state.empty()) state = failure.state;
        } catch (const std::exception& failure) {
            error = failure.what();
        }
        if (!error.empty()) {
            log::error("not ready", {{"service", running->service.name}, {"error", error}});
            throw Unavailable(Message::as_is("The database of " + running->service.name + " " + state));
        }
        if (running->service.has_accounts && !running->sessions->ready())
            throw Unavailable(
                Message::as_is(running->service.name + " is waiting for the session signing keys"));
    }
    auto response = http::json_response(http::ok, R"({"status":"ready"})", {});
    response.headers.set("Cache-Control", "no-store");
    co_return response;
}

Task<> Host::start() {
    for (auto& running : running_) {
        co_await running->db->read([&running](sql::Tx& tx) { running->sessions->load(tx); });
        for (auto& start : running->service.on_start) co_await start();
    }
    parts_.bus.start(parts_.executor);
    start_workers();
}

Task<std::string> Host::wait_until_ready(std::function<bool()> stop_waiting) {
    auto is_waiting = [](const auto& running) {
        return running->service.has_accounts && !running->sessions->ready();
    };
    for (;;) {
        auto first = std::ranges::find_if(running_, is_waiting);
        if (first == running_.end()) co_return "";
        if (stop_waiting()) co_return (*first)->service.name;
        co_await runtime::sleep_for(parts_.clock, std::chrono::milliseconds{2});
    }
}

// Changes share a hint until it is sent: one transaction may announce many.
void Host::announce_changes(Running& running) {
    auto topic = changes_topic(running.service.name);
    if (running.service.changes_channel) {
        auto version = data_versions_->of(running.service.name);
        auto announce = [this, topic, version,
                         pending = std::make_shared<PendingChanges>()](const std::string& id) {
            version->raise();
            auto is_followed_here = version->has_listeners();
            if ((!parts_.bus.carries_hints() && !is_followed_here) || !pending->add(id)) return;
            boost::asio::post(parts_.executor, [this, topic, version, pending] {
                auto changes = pending->take();
                version->pass_on(changes);
                if (parts_.bus.carries_hints()) parts_.bus.send_hint(topic, to_hint(changes));
            });
        };
        if (const auto& channel = *running.service.changes_channel; !channel.empty())
            running.db->listen(channel, [announce] { announce(""); });
        running.db->listen_for<Changed>([announce](const Changed& changed) { announce(changed.id); });
    }
    for (const auto& service : running.service.followed) {
        auto receive = [version = data_versions_->of(service)](const std::string& hint) {
            version->raise();
            version->pass_on(changes_in(hint));
        };
        parts_.bus.on_hint(changes_topic(service), receive);
    }
}

void Host::start_workers() {
    for (auto& each : running_) {
        auto* running = each.get();
        running->db->listen(std::string{messaging::Inbox::parked_channel},
                            [running] { running->retry_parked.wake(); });
        auto poll = [this](PollLoop& loop, PollLoop::Step step) {
            workers_.spawn(parts_.executor, loop.name(),
                           [this, &loop, step = std::move(step)] { return loop.run(stop_, step); });
        };
        poll(running->retry_parked, [running] { return running->service.inbox->retry_due(); });
        poll(running->refresh_sessions, [running] { return refresh_sessions(*running); });
        poll(running->delete_expired, [running] { return delete_expired(*running); });
        poll(running->count_parked, [running] { return count_parked(*running); });
        if (running->archiver)
            poll(*running->move_old_events, [this, running] { return move_old_events(*running); });
        for (auto& worker : running->service.workers)
            workers_.spawn(parts_.executor, worker.name, [this, &worker] { return worker.run(stop_); });
    }
}

// Deletes expired rows of the tables that every service has: idempotency keys, revocations, rate limit
// windows.
Task<std::optional<Instant>> Host::delete_expired(Running& running) {
    while (co_await running.db->write([](sql::Tx& tx) { return idempotency::delete_expired_keys(tx); }) > 0) {
    }
    co_await running.db->write([](sql::Tx& tx) {
        security::Sessions::delete_expired(tx);
        security::delete_ended_windows(tx);
    });
    co_return std::nullopt;
}

Task<std::optional<Instant>> Host::move_old_events(Running& running) {
    using enum outbox::Archiver::Result;
    auto& loop = *running.move_old_events;
    for (;;) {
        auto start = parts_.clock.monotonic();
        auto result = co_await running.archiver->step();
        if (result == leased) co_return parts_.clock.now() + outbox::archiver_lease;
        if (result == done || loop.stop_requested()) co_return std::nullopt;
        co_await loop.pause(outbox::pause_after_step(parts_.clock.monotonic() - start));
    }
}

Task<std::optional<Instant>> Host::count_parked(Running& running) {
    co_await running.service.inbox->update_metrics();
    co_return std::nullopt;
}

Task<std::optional<Instant>> Host::refresh_sessions(Running& running) {
    co_await running.db->read([&running](sql::Tx& tx) { running.sessions->load(tx); });
    co_return std::nullopt;
}

Task<> Host::stop(std::chrono::milliseconds grace) {
    runtime::Timeout timeout{parts_.clock, grace};
    co_await parts_.bus.stop();  // first: deliveries hand jobs over to workers
    stop_.request();
    if (!co_await workers_.wait_until(timeout)) {
        for (auto& running : running_) {
            for (auto& abort : running->service.on_abort) abort();
        }
    }
    parts_.outbound.close();
    co_await workers_.wait();
}

void Host::close() {
    for (auto& running : running_) {
        for (auto& close : running->service.on_close) close();
    }
    for (auto& running : running_) running->db->close();
}

Task<http::Response> Host::handle(http::Request& request) { return router_.handle(request); }

Task<http::Response> Host::handle_admin(http::Request& request) { return admin_router_.handle(request); }

http::Client& Host::client() {
    if (parts_.services) return *parts_.services;
    return *client_;
}

std::vector<std::string> Host::services() const {
    std::vector<std::string> names;
    for (const auto& running : running_) names.push_back(running->service.name);
    return names;
}

std::map<std::string, std::set<std::string>> Host::followed_hints() const {
    std::map<std::string, std::set<std::string>> topics;
    for (const auto& running : running_) {
        for (const auto& service : running->service.followed)
            topics[running->service.name].insert(changes_topic(service));
    }
    return topics;
}

std::vector<std::string> Host::startup_lines(const std::string& url) const {
    std::vector<std::string> lines;
    for (const auto& running : running_) {
        if (!running->service.startup_line) continue;
        if (auto line = running->service.startup_line(url); !line.empty()) lines.push_back(std::move(line));
    }
    return lines;
}

std::shared_ptr<const security::Sessions> Host::any_sessions() const { return running_.front()->sessions; }

sql::Database& Host::database(std::string_view service) {
    for (auto& running : running_) {
        if (running->service.name == service) return *running->db;
    }
    throw std::out_of_range("no such service");
}

messaging::Inbox& Host::inbox(std::string_view service) {
    for (auto& running : running_) {
        if (running->service.name == service) return *running->service.inbox;
    }
    throw std::out_of_range("no such service");
}

}  // namespace stagedoor

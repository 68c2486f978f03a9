#include "common/service/host.hpp"

#include <algorithm>

#include "common/http/routing/problem.hpp"
#include "common/idempotency/idempotent.hpp"
#include "common/runtime/log.hpp"
#include "common/security/rate_limit.hpp"
#include "common/service/dead_letters.hpp"

namespace stagedoor {

struct Host::Running {
    std::unique_ptr<sql::Database> db;
    std::unique_ptr<outbox::Log> log;
    std::shared_ptr<security::Sessions> sessions;
    std::shared_ptr<messaging::ReadYourWrites> read_your_writes;
    Service service;
    runtime::AsyncEvent retry_wake, refresh_wake, clean_up_wake, count_wake;
};

class Host::LocalClient final : public http::Client {
  public:
    explicit LocalClient(const http::Router& router) : router_(router) {}

    Task<http::Response> ask(std::string_view, http::Request request) override {
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

Host::Host(HostParts parts, const std::vector<NamedService>& services)
    : parts_(std::move(parts)),
      process_(parts_.metrics),
      router_({.public_origin = parts_.settings.public_url}, parts_.clock, parts_.metrics),
      admin_router_({}, parts_.clock, parts_.metrics),
      client_(std::make_unique<LocalClient>(router_)),
      workers_ended_(parts_.clock) {
    for (const auto& [name, make] : services) {
        auto running = std::unique_ptr<Running>(new Running{
            .db = parts_.open_database(name),
            .log = {},
            .sessions = std::make_shared<security::Sessions>(parts_.clock, parts_.settings.https()),
            .read_your_writes = std::make_shared<messaging::ReadYourWrites>(parts_.clock),
            .service = {},
            .retry_wake = runtime::AsyncEvent{parts_.clock},
            .refresh_wake = runtime::AsyncEvent{parts_.clock},
            .clean_up_wake = runtime::AsyncEvent{parts_.clock},
            .count_wake = runtime::AsyncEvent{parts_.clock}});
        running->service =
            make(ServiceDeps{*running->db, parts_.bus, parts_.clock, parts_.random, client(), parts_.metrics,
                             parts_.outbound, parts_.executor, parts_.open_database, running->sessions,
                             running->read_your_writes, parts_.settings});
        running->db->migrate(running->service.migrations);
        running->log = std::make_unique<outbox::Log>(name, *running->db);
        parts_.bus.carry(*running->log);
        parts_.bus.deliver_to(*running->service.inbox);
        for (auto& route : running->service.routes) router_.add(std::move(route));
        for (auto& route : running->service.admin_routes) admin_router_.add(std::move(route));
        if (running->service.not_found) router_.set_not_found(*running->service.not_found, running->sessions);
        running_.push_back(std::move(running));
    }
    add_probes(router_);
    add_probes(admin_router_);
    add_dead_letter_routes(admin_router_, *this);
    openapi_ = http::openapi("Stagedoor", "1.0", running_.front()->sessions->cookie_name(), router_.specs());
}

Host::~Host() = default;

namespace {

Task<http::Response> answer(http::Response response) { co_return response; }

}  // namespace

void Host::add_probes(http::Router& router) {
    auto add = [&](std::string pattern, std::function<Task<http::Response>(http::Context&)> probe) {
        http::Route route{http::Method::get, std::move(pattern), std::move(probe),
                          http::RouteSpec{.hidden = true}};
        route.sessions = any_sessions();
        router.add(std::move(route));
    };
    auto text = [](std::string type, std::string body) {
        http::Response response{.status = 200, .headers = {}, .body = std::move(body)};
        response.headers.set("Content-Type", std::move(type));
        response.headers.set("Cache-Control", "no-store");
        return response;
    };
    add("/healthz",
        [text](http::Context&) { return answer(text("application/json", R"({"status":"alive"})")); });
    add("/readyz", [this](http::Context&) { return readiness(); });
    add("/metrics", [this, text](http::Context&) {
        process_.update();
        return answer(text("text/plain; version=0.0.4; charset=utf-8", parts_.metrics.to_text()));
    });
    add("/api/openapi.json", [this](http::Context&) { return openapi(); });
}

// What this program serves and, where it asks others for its answers, what those serve.
Task<http::Response> Host::openapi() {
    if (!parts_.services) co_return http::json_response(200, openapi_, {});
    std::vector<std::string> documents{openapi_};
    for (const auto& service : parts_.services->services()) {
        http::Request question;
        (void)question.set_target("/api/openapi.json");
        auto answer = co_await parts_.services->ask(service, std::move(question));
        if (answer.status != 200) throw Unavailable(service + " can't say what it serves at the moment");
        documents.push_back(std::move(answer.body));
    }
    auto merged = http::merge_openapi(documents);
    if (!merged) throw std::runtime_error("the services' documents can't be merged: " + merged.error());
    co_return http::json_response(200, std::move(*merged), {});
}

// Green when every database answers, every service can check a session, and no end is near.
Task<http::Response> Host::readiness() {
    if (draining_) throw Unavailable("Draining");
    for (auto& running : running_) {
        std::string trouble;
        try {
            co_await running->db->check();
        } catch (const std::exception& error) {
            trouble = error.what();
        }
        if (!trouble.empty()) {
            log::error("not ready", {{"service", running->service.name}, {"error", trouble}});
            throw Unavailable("The database of " + running->service.name + " does not answer");
        }
        if (!running->sessions->ready())
            throw Unavailable(running->service.name + " waits for the keys that sessions are signed with");
    }
    auto response = http::json_response(200, R"({"status":"ready"})", {});
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

Task<std::string> Host::wait_until_ready(std::function<bool()> given_up) {
    auto waits = [](const auto& running) { return !running->sessions->ready(); };
    for (;;) {
        auto first = std::ranges::find_if(running_, waits);
        if (first == running_.end()) co_return "";
        if (given_up()) co_return (*first)->service.name;
        co_await runtime::sleep_for(parts_.clock, std::chrono::milliseconds{2});
    }
}

void Host::run_in_background(std::string name, std::function<Task<>()> loop) {
    ++workers_;
    runtime::spawn(parts_.executor, std::move(name), [this, loop = std::move(loop)]() -> Task<> {
        return [](Host* host, std::function<Task<>()> run) -> Task<> {
            co_await run();
            auto ended =
                host->workers_ended_;  // stop() may return, and the host be gone, as soon as none is left
            if (--host->workers_ == 0) ended.notify();
        }(this, loop);
    });
}

void Host::start_workers() {
    for (auto& each : running_) {
        auto* running = each.get();
        running->db->listen(std::string{messaging::Inbox::parked_channel},
                            [running] { running->retry_wake.notify(); });
        stopping_.on_request([running] {
            running->retry_wake.notify();
            running->refresh_wake.notify();
            running->clean_up_wake.notify();
            running->count_wake.notify();
        });
        run_in_background(running->service.name + " parked",
                          [this, running] { return retry_parked(*running); });
        run_in_background(running->service.name + " sessions",
                          [this, running] { return refresh_sessions(*running); });
        run_in_background(running->service.name + " clean up",
                          [this, running] { return drop_expired(*running); });
        run_in_background(running->service.name + " numbers",
                          [this, running] { return count_kept(*running); });
        for (auto& worker : running->service.workers) {
            run_in_background(running->service.name + " " + worker.name,
                              [this, &worker] { return worker.run(stopping_); });
        }
    }
}

Task<> Host::retry_parked(Running& running) {
    constexpr std::chrono::seconds max_poll_interval{3};  // nobody tells of what another copy has parked
    while (!stopping_.requested()) {
        auto next = parts_.clock.now() + max_poll_interval;
        try {
            auto due = co_await running.service.inbox->retry_due();
            if (due) next = std::min(next, *due);
        } catch (const std::exception& error) {
            log::error("parked events could not be tried",
                       {{"service", running.service.name}, {"error", error.what()}});
            next = parts_.clock.now() + std::chrono::seconds{1};
        }
        if (!stopping_.requested()) (void)co_await running.retry_wake.wait_until(next);
    }
}

// Drops what every service keeps for a while only: idempotency keys, revocations, counted tries.
Task<> Host::drop_expired(Running& running) {
    while (!stopping_.requested()) {
        try {
            while (co_await running.db->write(
                       [](sql::Tx& tx) { return idempotency::delete_expired_keys(tx); }) > 0) {
            }
            co_await running.db->write([](sql::Tx& tx) {
                security::Sessions::forget_expired(tx);
                security::forget_old_tries(tx);
            });
        } catch (const std::exception& error) {
            log::error("what has expired could not be dropped",
                       {{"service", running.service.name}, {"error", error.what()}});
        }
        if (!stopping_.requested()) (void)co_await running.clean_up_wake.wait_for(std::chrono::hours{1});
    }
}

// Every copy counts what is in the database that all share: it is one number, told by each.
Task<> Host::count_kept(Running& running) {
    while (!stopping_.requested()) {
        try {
            co_await running.service.inbox->count_kept();
        } catch (const std::exception& error) {
            log::warning("parked events could not be counted",
                         {{"service", running.service.name}, {"error", error.what()}});
        }
        if (!stopping_.requested()) (void)co_await running.count_wake.wait_for(std::chrono::seconds{5});
    }
}

// So that a revocation told to another copy of the service is heard by this one within 2 s.
Task<> Host::refresh_sessions(Running& running) {
    while (!stopping_.requested()) {
        (void)co_await running.refresh_wake.wait_for(std::chrono::seconds{1});
        if (stopping_.requested()) co_return;
        try {
            co_await running.db->read([&running](sql::Tx& tx) { running.sessions->load(tx); });
        } catch (const std::exception& error) {
            log::error("sessions could not be refreshed",
                       {{"service", running.service.name}, {"error", error.what()}});
        }
    }
}

Task<> Host::stop() {
    stopping_.request();
    parts_.outbound.close();  // nobody waits for the world outside any longer
    co_await parts_.bus.stop();
    while (workers_ > 0) (void)co_await workers_ended_.wait_for(std::chrono::hours{1});
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

// A service as data: the routes it answers, the events it receives, its loops and its tables. The same value
// runs alone, among all in one process, in a test and in the simulation.
#pragma once

#include <atomic>
#include <concepts>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/http/client.hpp"
#include "common/http/routing/extract.hpp"
#include "common/http/routing/responses.hpp"
#include "common/http/routing/router.hpp"
#include "common/messaging/inbox.hpp"
#include "common/messaging/outbox.hpp"
#include "common/messaging/read_your_writes.hpp"
#include "common/outbound/outbound.hpp"
#include "common/runtime/async_event.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/runtime/task.hpp"
#include "common/security/sessions.hpp"
#include "common/service/settings.hpp"
#include "common/sql/database.hpp"

namespace stagedoor {

// What a service is given; each has its own database. The program decides what they are; all outlive the
// service.
struct ServiceDeps {
    sql::Database& db;
    bus::Bus& bus;
    runtime::Clock& clock;
    runtime::Random& random;
    http::Client& http;
    runtime::Metrics& metrics;
    outbound::Transport& outbound;
    runtime::Executor executor;
    // A further database, for what stands in for somebody else's system (the test provider's books). Not brought up to
    // date; closed by whom it is given to.
    std::function<std::unique_ptr<sql::Database>(const std::string& name)> open_database;
    std::shared_ptr<security::Sessions> sessions;
    std::shared_ptr<messaging::ReadYourWrites> read_your_writes;
    Settings settings;
};

// What a loop of a service sees of the program's end. Any thread.
class StopSignal {
  public:
    [[nodiscard]] bool requested() const { return requested_; }
    void request() {
        std::lock_guard lock{mutex_};
        requested_ = true;
        for (auto& wake : wakes_) wake();
    }
    // `wake` is called when the end is requested; at once when it is already.
    void on_request(std::function<void()> wake) {
        std::lock_guard lock{mutex_};
        if (requested_) wake();
        wakes_.push_back(std::move(wake));
    }

  private:
    std::mutex mutex_;
    std::atomic<bool> requested_ = false;
    std::vector<std::function<void()>> wakes_;
};

struct Service {
    struct Worker {
        std::string name;
        // Runs in the background until `stopping` says so.
        std::function<Task<>(StopSignal&)> run;
    };
    std::string name;
    std::vector<http::Route> routes;
    std::vector<http::Route> admin_routes;  // on the admin port only
    std::optional<std::function<Task<http::Response>(http::Context&)>> not_found;
    std::shared_ptr<messaging::Inbox> inbox;
    std::vector<Worker> workers;
    std::vector<sql::Migration> migrations;
    // Called once, after migrations and before anything else.
    std::vector<std::function<Task<>()>> on_start;
    // Called once, at the end: ends what the service runs on threads of its own.
    std::vector<std::function<void()>> on_close;
    std::shared_ptr<security::Sessions> sessions;
    sql::Database* db = nullptr;
};

// Beside its own tables every service has those of `common`: outbox, inbox, idempotency keys, sessions, rate limits.
[[nodiscard]] std::vector<sql::Migration> common_migrations();

namespace service_parts {

template <class T>
using Stored = std::conditional_t<std::same_as<T, http::Context&>, http::Context&, std::remove_cvref_t<T>>;

template <class App, class R, class... Args>
Task<http::Response> call_typed(App& app, Task<R> (*answer)(App&, Args...), http::Context& context) {
    std::tuple<Stored<Args>...> arguments{
        http::Extract<Stored<Args>>::take(context)...};  // in order: who, where, what
    auto result = co_await std::apply(
        [&](auto&&... each) { return answer(app, std::forward<decltype(each)>(each)...); },
        std::move(arguments));
    co_return http::ToResponse<R>::convert(std::move(result), context.request);
}

template <class App, class R, class... Args>
http::Route typed_route(http::Method method, std::string pattern, std::shared_ptr<App> app,
                        Task<R> (*answer)(App&, Args...), std::initializer_list<ErrorKind> errors) {
    http::RouteSpec spec{.method = std::string{to_text(method)}, .pattern = pattern};
    (http::Extract<Stored<Args>>::describe(spec), ...);
    http::ToResponse<R>::describe(spec);
    for (auto kind : errors) spec.may_fail_with(kind);
    auto handler = [app, answer](http::Context& context) -> Task<http::Response> {
        return call_typed<App, R, Args...>(*app, answer, context);
    };
    return http::Route{method, std::move(pattern), std::move(handler), std::move(spec)};
}

}  // namespace service_parts

// Puts a Service together. `App` is what its routes, listeners and loops are given.
template <class App>
class ServiceBuilder {
  public:
    ServiceBuilder(std::string name, const ServiceDeps& deps, std::shared_ptr<App> app)
        : app_(std::move(app)), deps_(deps) {
        service_.name = std::move(name);
        service_.sessions = deps.sessions;
        service_.db = &deps.db;
        service_.inbox = std::make_shared<messaging::Inbox>(service_.name, deps.db, deps.clock, deps.metrics,
                                                            *deps.read_your_writes);
        service_.migrations = common_migrations();
    }

    // A route: its parameter types say what it needs, its return type what it responds with, `errors` which errors it may
    // throw beyond those that follow from the types.
    template <class R, class... Args>
    ServiceBuilder& route(http::Method method, std::string pattern, Task<R> (*answer)(App&, Args...),
                          std::initializer_list<ErrorKind> errors = {}) {
        service_.routes.push_back(
            service_parts::typed_route(method, std::move(pattern), app_, answer, errors));
        service_.routes.back().sessions = deps_.sessions;
        return *this;
    }
    template <class F>
    ServiceBuilder& get(std::string pattern, F answer, std::initializer_list<ErrorKind> errors = {}) {
        return route(http::Method::get, std::move(pattern), answer, errors);
    }
    template <class F>
    ServiceBuilder& post(std::string pattern, F answer, std::initializer_list<ErrorKind> errors = {}) {
        return route(http::Method::post, std::move(pattern), answer, errors);
    }
    template <class F>
    ServiceBuilder& put(std::string pattern, F answer, std::initializer_list<ErrorKind> errors = {}) {
        return route(http::Method::put, std::move(pattern), answer, errors);
    }
    template <class F>
    ServiceBuilder& delete_(std::string pattern, F answer, std::initializer_list<ErrorKind> errors = {}) {
        return route(http::Method::delete_, std::move(pattern), answer, errors);
    }
    // What an operator asks, on the admin port and by commands.
    template <class R, class... Args>
    ServiceBuilder& admin(http::Method method, std::string pattern, Task<R> (*answer)(App&, Args...)) {
        auto route = service_parts::typed_route(method, std::move(pattern), app_, answer, {});
        route.sessions = deps_.sessions;
        service_.admin_routes.push_back(std::move(route));
        return *this;
    }
    // Answers every path that no route has.
    ServiceBuilder& not_found(Task<http::Response> (*answer)(App&, http::Context&)) {
        service_.not_found = [app = app_, answer](http::Context& context) { return answer(*app, context); };
        return *this;
    }

    // What to do at an event.
    template <contracts::Event E>
    ServiceBuilder& on(void (*listener)(sql::Tx&, const E&)) {
        service_.inbox->template on<E>(listener);
        return *this;
    }
    template <contracts::Event E>
    ServiceBuilder& on(void (*listener)(App&, sql::Tx&, const E&)) {
        service_.inbox->template on<E>(
            [app = app_, listener](sql::Tx& tx, const E& event) { listener(*app, tx, event); });
        return *this;
    }

    // Nobody waits for what it does at events: those of so long may share a commit, which leaves the disk to those that
    // somebody waits for. The first after a pause is heard at once.
    ServiceBuilder& batch_events_for(std::chrono::milliseconds time) {
        service_.inbox->batch_for(time);
        return *this;
    }

    // Keeps what auth tells of keys and revocations, so that tokens can be checked here. Every service but
    // auth, which writes the same tables itself.
    ServiceBuilder& follow_sessions() {
        auto sessions = deps_.sessions;
        service_.inbox->template on<contracts::SessionRevoked>(
            [sessions](sql::Tx& tx, const auto& event) { sessions->revoked(tx, event); });
        service_.inbox->template on<contracts::EpochRaised>(
            [sessions](sql::Tx& tx, const auto& event) { sessions->epoch_raised(tx, event); });
        service_.inbox->template on<contracts::KeyAdded>(
            [sessions](sql::Tx& tx, const auto& event) { sessions->key_added(tx, event); });
        service_.inbox->template on<contracts::KeyRetired>(
            [sessions](sql::Tx& tx, const auto& event) { sessions->key_retired(tx, event); });
        return *this;
    }

    ServiceBuilder& migrations(std::vector<sql::Migration> own) {
        for (auto& each : own) service_.migrations.push_back(std::move(each));
        return *this;
    }
    ServiceBuilder& on_start(Task<> (*start)(App&)) {
        service_.on_start.push_back([app = app_, start] { return start(*app); });
        return *this;
    }
    ServiceBuilder& on_close(void (*close)(App&)) {
        service_.on_close.push_back([app = app_, close] { close(*app); });
        return *this;
    }
    ServiceBuilder& worker(std::string name, Task<> (*run)(App&, StopSignal&)) {
        service_.workers.push_back(
            {std::move(name), [app = app_, run](StopSignal& stopping) { return run(*app, stopping); }});
        return *this;
    }

    [[nodiscard]] Service build() { return std::move(service_); }

  private:
    std::shared_ptr<App> app_;
    ServiceDeps deps_;
    Service service_;
};

template <class App>
ServiceBuilder<App> service(std::string name, const ServiceDeps& deps, std::shared_ptr<App> app) {
    return {std::move(name), deps, std::move(app)};
}

}  // namespace stagedoor

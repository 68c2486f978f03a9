// A service as data: its routes, event handlers, workers and tables. The same value runs in a program of its
// own, together with the others in one process, in a test and in the simulation.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "common/http/routing/extract.hpp"
#include "common/http/routing/responses.hpp"
#include "common/http/routing/router.hpp"
#include "common/messaging/inbox.hpp"
#include "common/messaging/read_your_writes.hpp"
#include "common/runtime/task.hpp"
#include "common/security/sessions.hpp"
#include "common/service/deps.hpp"
#include "common/service/worker.hpp"
#include "common/sql/migration.hpp"
#include "contracts/events/auth.hpp"

namespace stagedoor {

struct Service {
    std::string name;
    sql::Database* db = nullptr;
    std::shared_ptr<security::Sessions> sessions;
    bool has_accounts = true;  // somebody may be signed in

    std::vector<http::Route> routes;
    std::vector<http::Route> admin_routes;  // on the admin port only
    std::optional<std::function<Task<http::Response>(http::Context&)>> not_found;
    http::Router::ErrorPage error_page;  // empty: none

    std::shared_ptr<messaging::Inbox> inbox;
    // Of its database, empty if it passes on every change. Nullopt: it announces no changes.
    std::optional<std::string> changes_channel;
    std::vector<std::string> followed;  // services whose changes it follows

    struct Worker {
        std::string name;
        // Runs in the background until a stop is requested.
        std::function<Task<>(StopSignal&)> run;
    };
    std::vector<Worker> workers;
    std::vector<sql::Migration> migrations;

    // Called once, after migrations and before anything else runs.
    std::vector<std::function<Task<>()>> on_start;
    // Returns a line to show to the operator when the program at `url` is ready; empty: none.
    std::function<std::string(const std::string& url)> startup_line;
    // Called when the program stops and its workers take long: aborts the requests they wait for.
    std::vector<std::function<void()>> on_abort;
    // Called once, at the end: stops the service's own threads.
    std::vector<std::function<void()>> on_close;
};

// The tables that every service has: outbox, inbox, idempotency keys, sessions, rate limits, the
// audit log.
[[nodiscard]] std::vector<sql::Migration> common_migrations();

namespace service_parts {

template <class T>
using Stored = std::conditional_t<std::same_as<T, http::Context&>, http::Context&, std::remove_cvref_t<T>>;

template <class App, class R, class... Args>
Task<http::Response> call_typed(App& app, Task<R> (*handler)(App&, Args...), http::Context& context) {
    std::tuple<Stored<Args>...> arguments{
        http::Extract<Stored<Args>>::extract(context)...};  // in the handler's order: sign-in, path, body
    auto result = co_await std::apply(
        [&](auto&&... each) { return handler(app, std::forward<decltype(each)>(each)...); },
        std::move(arguments));
    co_return http::ToResponse<R>::convert(std::move(result), context.request);
}

template <class App, class R, class... Args>
http::Route typed_route(http::Method method, std::string pattern, std::shared_ptr<App> app,
                        Task<R> (*handler)(App&, Args...), std::initializer_list<ErrorKind> errors) {
    http::RouteSpec spec{.method = std::string{to_text(method)}, .pattern = pattern};
    (http::Extract<Stored<Args>>::describe(spec), ...);
    http::ToResponse<R>::describe(spec);
    for (auto kind : errors) spec.may_fail_with(kind);
    auto call = [app, handler](http::Context& context) -> Task<http::Response> {
        return call_typed<App, R, Args...>(*app, handler, context);
    };
    return http::Route{method, std::move(pattern), std::move(call), std::move(spec)};
}

}  // namespace service_parts

// Builds a Service. Its routes, event handlers and workers receive the `App`.
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

    // The handler's parameter types declare what the route needs, its return type the response. `errors`:
    // what it may throw in addition to the errors that follow from the types.
    template <class R, class... Args>
    ServiceBuilder& route(http::Method method, std::string pattern, Task<R> (*handler)(App&, Args...),
                          std::initializer_list<ErrorKind> errors = {}) {
        service_.routes.push_back(
            service_parts::typed_route(method, std::move(pattern), app_, handler, errors));
        service_.routes.back().sessions = deps_.sessions;
        return *this;
    }
    template <class F>
    ServiceBuilder& get(std::string pattern, F handler, std::initializer_list<ErrorKind> errors = {}) {
        return route(http::Method::get, std::move(pattern), handler, errors);
    }
    template <class F>
    ServiceBuilder& post(std::string pattern, F handler, std::initializer_list<ErrorKind> errors = {}) {
        return route(http::Method::post, std::move(pattern), handler, errors);
    }
    template <class F>
    ServiceBuilder& put(std::string pattern, F handler, std::initializer_list<ErrorKind> errors = {}) {
        return route(http::Method::put, std::move(pattern), handler, errors);
    }
    template <class F>
    ServiceBuilder& delete_(std::string pattern, F handler, std::initializer_list<ErrorKind> errors = {}) {
        return route(http::Method::delete_, std::move(pattern), handler, errors);
    }
    // A route for operators, on the admin port only.
    template <class R, class... Args>
    ServiceBuilder& admin(http::Method method, std::string pattern, Task<R> (*handler)(App&, Args...)) {
        auto route = service_parts::typed_route(method, std::move(pattern), app_, handler, {});
        route.sessions = deps_.sessions;
        service_.admin_routes.push_back(std::move(route));
        return *this;
    }
    // Nobody signs in: it is ready without a key to check sessions with.
    ServiceBuilder& without_accounts() {
        service_.has_accounts = false;
        return *this;
    }
    // Limits the route added last to the host names that operators use, as all routes on the admin port are.
    ServiceBuilder& operators_only() {
        service_.routes.back().operators_only = true;
        return *this;
    }
    // Raises the limit on bodies for the route added last, for callers who are signed in.
    ServiceBuilder& with_body_up_to(std::size_t bytes) {
        service_.routes.back().spec.body_limit = bytes;
        return *this;
    }
    // Handles every path that no route matches.
    ServiceBuilder& not_found(Task<http::Response> (*handler)(App&, http::Context&)) {
        service_.not_found = [app = app_, handler](http::Context& context) { return handler(*app, context); };
        return *this;
    }

    // Renders errors of requests that reach no route.
    ServiceBuilder& error_page(Task<http::Response> (*handler)(App&, http::Context&, const ApiError&)) {
        service_.error_page = [app = app_, handler](http::Context& context, const ApiError& error) {
            return handler(*app, context, error);
        };
        return *this;
    }

    // Handles an event inside the inbox's transaction.
    template <contracts::Event E>
    ServiceBuilder& on(void (*handler)(sql::Tx&, const E&)) {
        service_.inbox->template on<E>(handler);
        return *this;
    }
    template <contracts::Event E>
    ServiceBuilder& on(void (*handler)(App&, sql::Tx&, const E&)) {
        service_.inbox->template on<E>(
            [app = app_, handler](sql::Tx& tx, const E& event) { handler(*app, tx, event); });
        return *this;
    }

    // Handles all events of a type in a transaction at once, each of another entity.
    template <contracts::Event E>
    ServiceBuilder& on_batch(void (*handler)(sql::Tx&, messaging::Batch<E>)) {
        service_.inbox->template on_batch<E>(handler);
        return *this;
    }
    template <contracts::Event E>
    ServiceBuilder& on_batch(void (*handler)(App&, sql::Tx&, messaging::Batch<E>)) {
        service_.inbox->template on_batch<E>(
            [app = app_, handler](sql::Tx& tx, messaging::Batch<E> events) { handler(*app, tx, events); });
        return *this;
    }
    // For services whose requests wait for events: notifies other replicas of the events that this one has
    // applied.
    ServiceBuilder& share_applied_events() {
        deps_.read_your_writes->share(deps_.bus, service_.name);
        return *this;
    }

    // A transaction that passes a Changed to Tx::notify_of, or notifies `channel`, raises the version of this
    // service's data.
    ServiceBuilder& announce_changes(std::string_view channel = {}) {
        service_.changes_channel = std::string{channel};
        return *this;
    }
    // Raises the version of that service's data here, too (ServiceDeps::data_versions), whichever process
    // commits the change.
    ServiceBuilder& follow_changes_of(std::string service) {
        service_.followed.push_back(std::move(service));
        return *this;
    }

    // Batches events for this long into one commit; for services whose latency does not matter, so that the
    // disk is free for those where it does. The first event after a pause is handled at once.
    ServiceBuilder& batch_events_for(std::chrono::milliseconds time) {
        service_.inbox->batch_for(time);
        return *this;
    }

    // Stores auth's signing keys and revocations, so that tokens can be checked here. For every service but
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
    ServiceBuilder& startup_line(std::function<std::string(const std::string& url)> line) {
        service_.startup_line = std::move(line);
        return *this;
    }
    ServiceBuilder& on_abort(void (*abort)(App&)) {
        service_.on_abort.push_back([app = app_, abort] { abort(*app); });
        return *this;
    }
    ServiceBuilder& on_close(void (*close)(App&)) {
        service_.on_close.push_back([app = app_, close] { close(*app); });
        return *this;
    }
    // Runs `step` on a poll loop of the App.
    ServiceBuilder& worker(PollLoop App::* loop, Task<std::optional<Instant>> (*step)(App&)) {
        auto& poll_loop = (*app_).*loop;
        service_.workers.push_back({poll_loop.name(), [app = app_, &poll_loop, step](StopSignal& stop) {
                                        return poll_loop.run(stop, [app, step] { return step(*app); });
                                    }});
        return *this;
    }
    // Runs the jobs of a lease worker of the App.
    ServiceBuilder& worker(LeaseWorker App::* jobs,
                           Task<std::optional<Instant>> (*claim)(App&, int max_jobs)) {
        auto& lease_worker = (*app_).*jobs;
        service_.workers.push_back(
            {lease_worker.name(), [app = app_, &lease_worker, claim](StopSignal& stop) {
                 return lease_worker.run(stop, [app, claim](int max_jobs) { return claim(*app, max_jobs); });
             }});
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

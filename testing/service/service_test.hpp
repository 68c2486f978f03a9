// One service alone, for its tests: a clock turned by hand, a database of its own, events put in and taken
// out. Each answer is held against the OpenAPI document that the service itself gives.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "common/bus/embedded/bus.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/temporary_folder.hpp"
#include "common/service/host.hpp"
#include "testing/databases/test_databases.hpp"

namespace stagedoor::testing {

// Polls until `condition` holds; fails the test after `limit` of real time.
void eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds{10});

// What a service answered.
struct Answered {
    int status = 0;
    http::Headers headers;
    std::string body;

    // The status, and that the body holds `part`; gives itself back for more.
    const Answered& expect(int wanted, std::string_view part = {}) const;
    // That `errors` names this field (and only what the caller did wrong).
    const Answered& expect_field(std::string_view field) const;
    [[nodiscard]] json::Value json() const;
    // The text of the member at `path`, e.g. "items[0].quantity"; numbers as written; empty if there is none.
    [[nodiscard]] std::string at(std::string_view path) const;
};

class ServiceTest;

// Someone who asks: nobody, a signed-in user, or whoever has these headers.
class Caller {
  public:
    [[nodiscard]] Answered get(std::string target) const;
    [[nodiscard]] Answered post(std::string target, std::string body = "{}") const;
    [[nodiscard]] Answered put(std::string target, std::string body) const;
    [[nodiscard]] Answered delete_(std::string target) const;
    [[nodiscard]] Answered send(http::Method method, std::string target, std::string body = {}) const;
    // The same caller with one more header.
    [[nodiscard]] Caller with(std::string name, std::string value) const;

  private:
    friend class ServiceTest;
    explicit Caller(ServiceTest& test) : test_(&test) {}
    ServiceTest* test_;
    http::Headers headers_;
};

class ServiceTest {
  public:
    explicit ServiceTest(Service (*make)(ServiceDeps), Settings settings = default_settings());
    ~ServiceTest();

    // As after kill -9: nothing that it still does lasts, and it begins again with what its databases hold.
    void restart();

    [[nodiscard]] static Settings default_settings();

    [[nodiscard]] Caller nobody() { return Caller{*this}; }
    // Signed in as the user of that id, with a session of 24 h from now.
    [[nodiscard]] Caller as(const std::string& user, std::vector<std::string> roles = {});
    [[nodiscard]] std::string token(const security::Claims& claims) const {
        return security::sign_token(claims, key_);
    }
    [[nodiscard]] security::Claims claims(const std::string& user) const;

    [[nodiscard]] Answered get(std::string target) { return nobody().get(std::move(target)); }
    [[nodiscard]] Answered post(std::string target, std::string body = "{}") {
        return nobody().post(std::move(target), std::move(body));
    }
    [[nodiscard]] Answered send(http::Request request);
    // As an operator, on the admin port.
    [[nodiscard]] Answered ask_admin(std::string target);

    // The events reach the service, as they would over the bus.
    template <contracts::Event... E>
    void receives(const E&... events) {
        receives_all({messaging::Event{std::string{E::subject},
                                       std::string{E::source},
                                       events.entity_id(),
                                       events.version,
                                       clock.now(),
                                       {},
                                       json::to_json(events)}...});
    }
    void receives_all(std::vector<messaging::Event> all);

    // Every event of that kind that the service told, oldest first.
    template <contracts::Event E>
    [[nodiscard]] std::vector<E> published() {
        std::vector<E> all;
        for (auto& event : told()) {
            if (event.type == E::subject) all.push_back(json::read<E>(event.data).value());
        }
        return all;
    }
    [[nodiscard]] std::vector<messaging::Event> told();

    template <class F>
    auto read(F fn) {
        return loop.wait_for(database().read(std::move(fn)));
    }
    template <class F>
    auto write(F fn) {
        return loop.wait_for(database().write(std::move(fn)));
    }
    // The first column of the first row, e.g. number("SELECT held FROM tickets WHERE id = $1", "concert").
    template <class... A>
    [[nodiscard]] std::int64_t number(std::string statement, A... arguments) {
        return read([&](sql::Tx& tx) { return tx.find<std::int64_t>(statement, arguments...).value_or(-1); });
    }
    [[nodiscard]] sql::Database& database() { return host_->database(name_); }
    [[nodiscard]] messaging::Inbox& inbox() { return host_->inbox(name_); }
    [[nodiscard]] Host& host() { return *host_; }
    [[nodiscard]] bus::EmbeddedBus& bus() { return *bus_; }

    // The folder that is Settings::data, with the databases in it.
    [[nodiscard]] const std::filesystem::path& data() const { return folder_.path(); }

    runtime::ManualClock clock;
    runtime::SeededRandom random{42};
    runtime::Metrics metrics;
    runtime::EventLoopThread loop;

  private:
    void start();
    void end();
    void hold_against_openapi(const http::Request& request, const Answered& answered);

    runtime::TemporaryFolder folder_;
    TestDatabases databases_{folder_.path()};
    Service (*make_)(ServiceDeps);
    Settings settings_;
    std::function<std::unique_ptr<sql::Database>(const std::string& name)> open_database_;
    std::unique_ptr<bus::EmbeddedBus> bus_;
    std::unique_ptr<outbound::Transport> outbound_;
    security::SigningKey key_;
    std::string name_;
    std::unique_ptr<Host> host_;
    json::Value openapi_;
};

// What is wrong with `value` by `schema` (the subset that common/json/schema.hpp writes); empty: nothing.
[[nodiscard]] std::string schema_violation(const json::Value& schema, const json::Value& value,
                                           const std::string& path = "");

}  // namespace stagedoor::testing

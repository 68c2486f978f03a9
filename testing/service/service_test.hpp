// Runs one service alone, for its tests, with a manual clock and a database of its own. The test delivers
// events and reads the published ones. Every response is checked against the service's OpenAPI document.
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
#include "common/bus/event.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "common/messaging/inbox.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/temporary_folder.hpp"
#include "common/service/host.hpp"
#include "common/sql/database.hpp"
#include "testing/databases/test_databases.hpp"
#include "testing/http/client.hpp"
#include "testing/service/fake_pictures.hpp"

namespace stagedoor::testing {

// Polls until `condition` is true; fails the test after `timeout` of real time.
void eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds timeout = std::chrono::seconds{10});

class ServiceTest {
  public:
    // `own` is the service's own settings struct; empty: its defaults.
    explicit ServiceTest(Service (*make)(ServiceDeps), std::any own = {}, ProgramSettings settings = {});
    ~ServiceTest();

    // As after kill -9: discards work in progress and starts again from the databases.
    void restart();
    // The same with other settings of the service's own.
    void restart_with(std::any own);

    [[nodiscard]] Client nobody();
    // Signed in as the user with that id, in a session of 24 h from now.
    [[nodiscard]] Client as(const std::string& user, std::vector<std::string> roles = {});
    [[nodiscard]] std::string token(const security::Claims& claims) const {
        return security::sign_token(claims, key_);
    }
    [[nodiscard]] security::Claims claims(const std::string& user) const;

    [[nodiscard]] Response get(std::string target) { return nobody().get(std::move(target)); }
    [[nodiscard]] Response post(std::string target, std::string body = "{}") {
        return nobody().post(std::move(target), std::move(body));
    }
    [[nodiscard]] Response send(http::Request request);
    // As an operator on the admin port.
    [[nodiscard]] Response admin_send(http::Request request);
    [[nodiscard]] Response admin_get(std::string target);

    // Delivers these events to the service as the bus would.
    template <contracts::Event... E>
    void receives(const E&... events) {
        receives_all({bus::Event{std::string{E::subject},
                                 std::string{E::source},
                                 events.entity_id(),
                                 events.version,
                                 clock.now(),
                                 {},
                                 json::to_json(events)}...});
    }
    void receives_all(std::vector<bus::Event> all);

    // All events of that type that the service has published, oldest first.
    template <contracts::Event E>
    [[nodiscard]] std::vector<E> published() {
        std::vector<E> all;
        for (auto& event : all_published()) {
            if (event.type == E::subject) all.push_back(json::read<E>(event.data).value());
        }
        return all;
    }
    [[nodiscard]] std::vector<bus::Event> all_published();

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

    // The folder of the databases (ProgramSettings::data).
    [[nodiscard]] const std::filesystem::path& data() const { return folder_.path(); }

    runtime::ManualClock clock;
    runtime::SeededRandom random{42};
    runtime::Metrics metrics;
    FakeRenderer renderer;
    StoredPictures pictures;
    runtime::EventLoopThread loop;

  private:
    void start();
    void end();
    void check_against_openapi(const http::Request& request, const Response& response);

    runtime::TemporaryFolder folder_;
    TestDatabases databases_{folder_.path()};
    Service (*make_)(ServiceDeps);
    std::any own_settings_;
    ProgramSettings settings_;
    std::function<std::unique_ptr<sql::Database>(const std::string& name)> open_database_;
    std::unique_ptr<bus::EmbeddedBus> bus_;
    std::unique_ptr<outbound::Transport> outbound_;
    security::SigningKey key_;
    std::string name_;
    std::unique_ptr<Host> host_;
    json::Value openapi_;
};

// How `value` violates `schema` (of the subset that common/json/schema.hpp writes); empty if it doesn't.
[[nodiscard]] std::string schema_violation(const json::Value& schema, const json::Value& value,
                                           const std::string& path = "");

}  // namespace stagedoor::testing

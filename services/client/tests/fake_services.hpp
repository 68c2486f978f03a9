// client, with the services behind it replaced by canned responses.
#pragma once

#include <map>
#include <set>

#include "common/service/service.hpp"
#include "services/client/service.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::client {

// Returns the response set for "METHOD path", else 404, and records the requests.
class FakeServices : public http::Client {
  public:
    Task<http::Response> send(std::string_view service, http::Request request) override {
        requests.push_back(request);
        if (all_down || down.contains(service)) throw Unavailable("connection refused"_text);
        if (auto key = std::string{request.headers["Idempotency-Key"]}; !key.empty()) {
            auto [first, is_new] = bodies_by_key.try_emplace(std::move(key), request.body);
            if (first->second != request.body) co_return key_reused();
        }
        auto name = std::string{to_text(request.method)} + " " + request.path;
        auto found = responses.find(name);
        if (found == responses.end())
            co_return http::Response{404, {}, R"({"errors":[{"message":"Not found"}]})"};
        co_return found->second;
    }
    // As after a commit of that service.
    void respond(const std::string& name, int status, std::string body,
                 std::vector<std::pair<std::string, std::string>> headers = {}) {
        http::Response response{status, {}, std::move(body)};
        for (auto& [header, value] : headers) response.headers.add(header, value);
        responses[name] = std::move(response);
        if (listings) listings->raise();
    }
    [[nodiscard]] std::ptrdiff_t calls(std::string_view target) const {
        return std::ranges::count(requests, target, &http::Request::target);
    }
    // `path`: of the request; empty: any.
    [[nodiscard]] const http::Request& last(http::Method method, std::string_view path = {}) const {
        for (auto at = requests.rbegin(); at != requests.rend(); ++at) {
            if (at->method == method && (path.empty() || at->path == path)) return *at;
        }
        throw std::runtime_error("no such request");
    }

    std::map<std::string, http::Response> responses;
    std::vector<http::Request> requests;
    std::shared_ptr<DataVersion> listings, orders;  // once the service has started
    bool all_down = false;
    std::set<std::string, std::less<>> down;  // by name

  private:
    static http::Response key_reused() {
        return {422,
                {},
                R"({"errors":[{"message":"This Idempotency-Key was used for a different request",
                "field":"Idempotency-Key"}]})"};
    }
    std::map<std::string, std::string> bodies_by_key;  // like the API's idempotency rows
};

// A service is made by a plain function, so the fake services of the running test are kept here.
inline FakeServices* current_fakes = nullptr;
struct RegisteredFakeServices : FakeServices {
    RegisteredFakeServices() { current_fakes = this; }
};
inline Service make_with_fake_services(ServiceDeps deps) {
    current_fakes->listings = deps.data_versions->of("tickets");
    current_fakes->orders = deps.data_versions->of("orders");
    return make_service(ServiceDeps{deps.db, deps.bus, deps.clock, deps.random, *current_fakes, deps.metrics,
                                    deps.outbound, deps.executor, deps.open_database, deps.sessions,
                                    deps.read_your_writes, deps.settings, deps.own_settings,
                                    deps.data_versions, deps.renderer});
}

inline constexpr auto concert =
    R"({"id":"concert","userId":"seller","title":"Bach & <b>Sons</b>","price":19.90,
    "currency":"EUR","version":3,
    "quantity":10,"available":4,"maxPerOrder":3,"status":"open","venue":"Alte Oper","city":"Frankfurt",
    "category":"concert","startsAt":"2026-05-02T17:30:00.000Z","timeZone":"Europe/Berlin",
    "description":"Two seats\nside by side","held":4,"sold":2,"earned":39.80,
    "surprise":{"new":"member"}})";
inline constexpr auto held_order =
    R"({"id":"order-1","status":"created","userId":"buyer","expiresAt":"2026-01-01T00:15:00.000Z",
    "total":39.80,
    "currency":"EUR","version":1,"createdAt":"2026-01-01T00:00:00.000Z",
    "items":[{"ticket":{"id":"concert","title":"Bach","price":19.90,"currency":"EUR","version":3,
        "userId":"seller"},"quantity":2}]})";

// What a browser sends of an address.
inline std::string without_fragment(std::string_view address) {
    return std::string{address.substr(0, address.find('#'))};
}

class Pages : public ::testing::Test {
  protected:
    testing::Response open(const std::string& target) { return browser().get(target); }
    testing::Response open_as(const std::string& user, const std::string& target) {
        return test.as(user).with("Accept", "text/html").get(target);
    }
    testing::Response submit_as(const std::string& user, const std::string& target, std::string form) {
        return test.as(user).with("Accept", "text/html").post(target, std::move(form));
    }
    // The page that a form's response redirects to, in the browser that sent it.
    testing::Response follow(const std::string& user, const testing::Response& sent) {
        EXPECT_EQ(sent.status, 303) << sent.body;
        auto client = user.empty() ? test.nobody() : test.as(user);
        return client.with("Accept", "text/html")
            .with("Cookie", sent.cookie())
            .get(without_fragment(sent.headers["Location"]));
    }
    testing::Client browser() {
        return test.nobody().with("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    }

    RegisteredFakeServices services;  // before the service that calls them
    testing::ServiceTest test{make_with_fake_services};
};

inline std::string location(const testing::Response& response) {
    return std::string{response.headers["Location"]};
}
inline bool has(const testing::Response& response, std::string_view part) {
    return response.body.find(part) != std::string::npos;
}

}  // namespace stagedoor::client

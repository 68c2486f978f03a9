// The pages, with the services behind them played by a list of answers.
#pragma once

#include <map>
#include <set>

#include "services/client/service.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::client {

// Answers by "METHOD path" with what the test laid there, and remembers what it was asked.
class Services : public http::Client {
  public:
    Task<http::Response> ask(std::string_view service, http::Request request) override {
        asked.push_back(request);
        if (away || gone.contains(service)) throw Unavailable("connection refused");
        if (auto key = std::string{request.headers["Idempotency-Key"]}; !key.empty()) {
            auto [first, fresh] = bodies_by_key.try_emplace(std::move(key), request.body);
            if (first->second != request.body) co_return key_was_used();
        }
        auto name = std::string{to_text(request.method)} + " " + request.path;
        auto found = answers.find(name);
        if (found == answers.end())
            co_return http::Response{404, {}, R"({"errors":[{"message":"Not found"}]})"};
        co_return found->second;
    }
    void say(const std::string& name, int status, std::string body,
             std::vector<std::pair<std::string, std::string>> headers = {}) {
        http::Response response{status, {}, std::move(body)};
        for (auto& [header, value] : headers) response.headers.add(header, value);
        answers[name] = std::move(response);
    }
    [[nodiscard]] const http::Request& last(http::Method method) const {
        for (auto at = asked.rbegin(); at != asked.rend(); ++at) {
            if (at->method == method) return *at;
        }
        throw std::runtime_error("nobody asked that");
    }

    std::map<std::string, http::Response> answers;
    std::vector<http::Request> asked;
    bool away = false;                        // all of them
    std::set<std::string, std::less<>> gone;  // some

  private:
    static http::Response key_was_used() {
        return {422,
                {},
                R"({"errors":[{"message":"This Idempotency-Key was used with another request",
                "field":"Idempotency-Key"}]})"};
    }
    std::map<std::string, std::string> bodies_by_key;  // as the API keeps them
};

// A service is made by a plain function, so the services it is to ask stand here for the length of a test.
inline Services* played = nullptr;
struct Played : Services {
    Played() { played = this; }
};
inline Service make_with_played_services(ServiceDeps deps) {
    return make_service(ServiceDeps{deps.db, deps.bus, deps.clock, deps.random, *played, deps.metrics,
                                    deps.outbound, deps.executor, deps.open_database, deps.sessions,
                                    deps.read_your_writes, deps.settings});
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

class Pages : public ::testing::Test {
  protected:
    testing::Answered open(const std::string& target) { return browser().get(target); }
    testing::Answered open_as(const std::string& user, const std::string& target) {
        return test.as(user).with("Accept", "text/html").get(target);
    }
    testing::Answered send_as(const std::string& user, const std::string& target, std::string form) {
        return test.as(user).with("Accept", "text/html").post(target, std::move(form));
    }
    testing::Caller browser() {
        return test.nobody().with("Accept", "text/html,application/xhtml+xml,*/*;q=0.8");
    }

    Played services;  // before the service that asks them
    testing::ServiceTest test{make_with_played_services};
};

inline std::string location(const testing::Answered& answered) {
    return std::string{answered.headers["Location"]};
}
inline bool has(const testing::Answered& answered, std::string_view part) {
    return answered.body.find(part) != std::string::npos;
}

}  // namespace stagedoor::client

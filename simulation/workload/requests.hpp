// How customers send requests: to the services' own routes and the client's pages, through a gateway that
// knows all replicas but not which of them are alive.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

struct Customer {
    int number = 0;
    std::string email, address;          // `address` is also the name of the customer's machine
    std::string id, token;               // token: empty when not signed in
    std::vector<std::string> tokens;     // of sessions that may still be valid
    std::string password;                // of the last successful sign-in
    std::vector<std::string> passwords;  // that may be valid: several after a missing response
    std::string used_reset_token;
};

[[nodiscard]] http::Request api_request(http::Method method, const std::string& path, std::string body = {},
                                        const std::string& idempotency_key = {});
// A form as a browser posts it.
[[nodiscard]] http::Request form_request(const std::string& path,
                                         const std::vector<std::pair<std::string_view, std::string>>& fields);
[[nodiscard]] bool is_form(const http::Request& request);

// A response to a customer; its status is 0 if there was none.
struct Response : http::Response {
    Response() { status = 0; }
    explicit Response(http::Response received) : http::Response(std::move(received)) {}

    // A form that succeeded redirects to a page with "?done=".
    [[nodiscard]] bool ok() const;
    // A form that was not accepted, or of which it is unknown whether it took effect.
    [[nodiscard]] bool is_rejected_form() const;
    // It is unknown whether the request took effect.
    [[nodiscard]] bool is_unknown() const { return status == 0 || status >= 500; }
    // A member of the JSON body; empty if absent.
    [[nodiscard]] std::string at(std::string_view member) const;
    // The id of what was created, through the API or a form.
    [[nodiscard]] std::string id() const;
    // The token of the session that it starts; empty if it starts none.
    [[nodiscard]] std::string token() const;
};

class CustomerClient {
  public:
    explicit CustomerClient(Marketplace& marketplace);

    // Adds the customer's session. A 401 makes the customer forget the token.
    [[nodiscard]] Task<Response> send(Customer& customer, http::Request request);
    // Retries while the outcome is unknown, up to six times.
    [[nodiscard]] Task<Response> send_with_retry(Customer& customer, http::Request request);
    // The status of one replica's response to a GET; 0 if there was none.
    [[nodiscard]] Task<int> status_at(std::string machine, std::string path, std::string token);
    [[nodiscard]] Task<> pause(std::chrono::milliseconds min, std::chrono::milliseconds max);
    // Whether to post a page's form rather than call the API.
    [[nodiscard]] bool prefers_form() { return world.chance(0.3); }
    [[nodiscard]] std::string new_idempotency_key() { return fmt::format("{:x}", world.new_seed()); }

    std::int64_t sent = 0, without_response = 0;
    Marketplace& marketplace;
    World& world;
    ProcessClock clock;
    runtime::Executor executor;

  private:
    explicit CustomerClient(Marketplace& marketplace, std::shared_ptr<Process> process);
    [[nodiscard]] bool is_online(const Customer& customer) const;
    [[nodiscard]] Task<Response> send_through_gateway(const Customer& customer, http::Request request);

    std::shared_ptr<Process> process_;
};

}  // namespace stagedoor::simulation

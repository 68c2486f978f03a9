// Stripe's API: requests, and their conclusive responses.
#pragma once

#include <string>

#include "common/http/message.hpp"
#include "common/json/value.hpp"
#include "common/outbound/outbound.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::payments::stripe {

// A conclusive response: success (200), or the request was rejected without effect (4xx).
struct Response {
    int status = 0;
    json::Value body;

    [[nodiscard]] bool ok() const { return status == 200; }
    [[nodiscard]] const json::Value& error() const { return body["error"]; }
    // Our secret key is wrong or lacks permission.
    [[nodiscard]] bool is_unauthorized() const { return status == 401 || status == 403; }
};

// A page of a list, newest first.
struct Page {
    json::Value body;

    [[nodiscard]] const json::Array& elements() const { return *body["data"].array(); }
    [[nodiscard]] bool has_more() const;
};

class Api {
  public:
    Api(std::string url, std::string secret_key, outbound::Transport& transport)
        : url_(std::move(url)), secret_key_(std::move(secret_key)), transport_(transport) {}

    // All three throw OutcomeUnknown if there is no conclusive response.
    [[nodiscard]] Task<Response> get(std::string path, http::Pairs query);
    // Takes effect once per idempotency key; empty: no key.
    [[nodiscard]] Task<Response> post(std::string path, std::string key, http::Pairs fields);
    // The PaymentIntents that match `query`, from after the id `after` on.
    [[nodiscard]] Task<Page> intents(http::Pairs query, const std::string& after);

  private:
    [[nodiscard]] Task<Response> send(http::Request request);

    const std::string url_, secret_key_;
    outbound::Transport& transport_;
};

}  // namespace stagedoor::payments::stripe

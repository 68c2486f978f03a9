// Stripe's API: what is asked of it, and answers that decide something.
#pragma once

#include <string>

#include "common/http/message.hpp"
#include "common/json/value.hpp"
#include "common/outbound/outbound.hpp"
#include "common/runtime/task.hpp"

namespace stagedoor::payments::stripe {

// All is well (200), or the request was refused and nothing done (4xx).
struct Answer {
    int status = 0;
    json::Value body;

    [[nodiscard]] bool ok() const { return status == 200; }
    [[nodiscard]] const json::Value& error() const { return body["error"]; }
    // Refused to us, whatever was asked: our key is wrong, or may not.
    [[nodiscard]] bool not_let_in() const { return status == 401 || status == 403; }
};

// A part of a list, the newest first.
struct Page {
    json::Value body;

    [[nodiscard]] const json::Array& elements() const { return *body["data"].array(); }
    [[nodiscard]] bool has_more() const;
};

class Api {
  public:
    Api(std::string url, std::string secret_key, outbound::Transport& transport)
        : url_(std::move(url)), secret_key_(std::move(secret_key)), transport_(transport) {}

    // All three throw ProviderSilent when there is no answer, or none that decides.
    [[nodiscard]] Task<Answer> get(std::string path, http::Pairs query);
    // Done once per key; an empty one is none.
    [[nodiscard]] Task<Answer> post(std::string path, std::string key, http::Pairs fields);
    // The PaymentIntents that `query` chooses, from the one after `after` on.
    [[nodiscard]] Task<Page> intents(http::Pairs query, const std::string& after);

  private:
    [[nodiscard]] Task<Answer> ask(outbound::HttpRequest request);

    const std::string url_, secret_key_;
    outbound::Transport& transport_;
};

}  // namespace stagedoor::payments::stripe

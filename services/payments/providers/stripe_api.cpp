#include "services/payments/providers/stripe_api.hpp"

#include "common/errors.hpp"
#include "common/runtime/log.hpp"
#include "services/payments/providers/provider.hpp"
#include "services/payments/providers/stripe_objects.hpp"

namespace stagedoor::payments::stripe {
namespace {

constexpr auto api_version = "2024-06-20";  // fixes the form of the responses
constexpr auto page_size = "100";           // Stripe's maximum

std::string form(const http::Pairs& pairs) {
    std::string encoded;
    for (const auto& [name, value] : pairs) {
        if (!encoded.empty()) encoded += '&';
        encoded += http::percent_encode(name) + "=" + http::percent_encode(value);
    }
    return encoded;
}

// Some 4xx leave the outcome of a key open: 408 and 424 are timeouts inside Stripe, 409 means that the key's
// first request is still in progress, 429 is a rate limit.
bool is_conclusive(int status) {
    auto is_rejection = status >= 400 && status < 500;
    return status == 200 ||
           (is_rejection && status != 408 && status != 409 && status != 424 && status != 429);
}

// A response that is not Stripe's, such as a proxy's page, is not conclusive.
Response read(const http::Response& response) {
    auto body = json::parse(response.body);
    if (!is_conclusive(response.status) || !body)
        throw OutcomeUnknown("Stripe responded " + std::to_string(response.status));
    Response read{response.status, std::move(*body)};
    if (read.ok()) return read;
    const auto& error = read.error();
    auto type = text(error["type"]);
    log::write(type == "card_error" ? log::Level::info : log::Level::warning, "Stripe rejected a request",
               {{"status", response.status},
                {"type", type},
                {"code", text(error["code"])},
                {"field", text(error["param"])}});
    if (type.empty()) throw OutcomeUnknown("the error response is not Stripe's");
    if (type == "idempotency_error") throw OutcomeUnknown("Stripe knows this key from another request");
    return read;
}

}  // namespace

bool Page::has_more() const {
    const auto* more = body["has_more"].boolean();
    return more && *more && !elements().empty();
}

Task<Response> Api::get(std::string path, http::Pairs query) {
    co_return co_await send({.target = path + "?" + form(query)});
}

Task<Response> Api::post(std::string path, std::string key, http::Pairs fields) {
    http::Request request{.method = http::Method::post, .target = std::move(path), .body = form(fields)};
    request.headers.add("Content-Type", "application/x-www-form-urlencoded");
    if (!key.empty()) request.headers.add("Idempotency-Key", std::move(key));
    co_return co_await send(std::move(request));
}

Task<Page> Api::intents(http::Pairs query, const std::string& after) {
    query.emplace_back("limit", page_size);
    if (!after.empty()) query.emplace_back("starting_after", after);
    auto response = co_await get("/v1/payment_intents", std::move(query));
    if (!response.ok() || !response.body["data"].array())
        throw OutcomeUnknown("Stripe did not list its PaymentIntents");
    co_return Page{std::move(response.body)};
}

Task<Response> Api::send(http::Request request) {
    request.headers.add("Authorization", "Bearer " + secret_key_);
    request.headers.add("Stripe-Version", api_version);
    try {
        co_return read(co_await transport_.send(std::move(request), {.url = url_}));
    } catch (const outbound::NoResponse& error) {
        throw OutcomeUnknown(error.what());
    } catch (const Unavailable& error) {
        throw OutcomeUnknown(error.what());
    }
}

}  // namespace stagedoor::payments::stripe

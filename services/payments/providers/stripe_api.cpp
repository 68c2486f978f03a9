#include "services/payments/providers/stripe_api.hpp"

#include "common/errors.hpp"
#include "common/runtime/log.hpp"
#include "services/payments/providers/provider.hpp"
#include "services/payments/providers/stripe_answers.hpp"

namespace stagedoor::payments::stripe {
namespace {

constexpr auto api_version = "2024-06-20";  // what the answers look like
constexpr auto page_size = "100";           // the most that Stripe gives

std::string form(const http::Pairs& pairs) {
    std::string encoded;
    for (const auto& [name, value] : pairs) {
        if (!encoded.empty()) encoded += '&';
        encoded += http::percent_encode(name) + "=" + http::percent_encode(value);
    }
    return encoded;
}

// Other 4xx leave open what becomes of a key: 408 and 424 are time-outs behind the door, 409 says that the key's
// first request is under way, 429 that there are too many.
bool decides(int status) {
    auto refuses = status >= 400 && status < 500;
    return status == 200 || (refuses && status != 408 && status != 409 && status != 424 && status != 429);
}

// What only looks like an answer (a proxy's page, say) decides nothing.
Answer read(const outbound::HttpAnswer& answer) {
    auto body = json::parse(answer.body);
    if (!decides(answer.status) || !body)
        throw ProviderSilent("Stripe answered " + std::to_string(answer.status));
    Answer read{answer.status, std::move(*body)};
    if (read.ok()) return read;
    const auto& error = read.error();
    auto type = text(error["type"]);
    log::write(type == "card_error" ? log::Level::info : log::Level::warning, "Stripe refused a request",
               {{"status", answer.status},
                {"type", type},
                {"code", text(error["code"])},
                {"field", text(error["param"])}});
    if (type.empty()) throw ProviderSilent("This is not how Stripe refuses");
    if (type == "idempotency_error") throw ProviderSilent("Stripe knows this key with another request");
    return read;
}

}  // namespace

bool Page::has_more() const {
    const auto* more = body["has_more"].boolean();
    return more && *more && !elements().empty();
}

Task<Answer> Api::get(std::string path, http::Pairs query) {
    co_return co_await ask({.url = url_ + path + "?" + form(query)});
}

Task<Answer> Api::post(std::string path, std::string key, http::Pairs fields) {
    outbound::HttpRequest request{.method = "POST", .url = url_ + path, .body = form(fields)};
    request.headers.emplace_back("Content-Type", "application/x-www-form-urlencoded");
    if (!key.empty()) request.headers.emplace_back("Idempotency-Key", std::move(key));
    co_return co_await ask(std::move(request));
}

Task<Page> Api::intents(http::Pairs query, const std::string& after) {
    query.emplace_back("limit", page_size);
    if (!after.empty()) query.emplace_back("starting_after", after);
    auto answer = co_await get("/v1/payment_intents", std::move(query));
    if (!answer.ok() || !answer.body["data"].array())
        throw ProviderSilent("Stripe does not show its PaymentIntents");
    co_return Page{std::move(answer.body)};
}

Task<Answer> Api::ask(outbound::HttpRequest request) {
    request.headers.emplace_back("Authorization", "Bearer " + secret_key_);
    request.headers.emplace_back("Stripe-Version", api_version);
    try {
        co_return read(co_await transport_.send(std::move(request)));
    } catch (const outbound::NoAnswer& error) {
        throw ProviderSilent(error.what());
    } catch (const Unavailable& error) {
        throw ProviderSilent(error.what());
    }
}

}  // namespace stagedoor::payments::stripe

#include "services/payments/providers/tests/fake_stripe.hpp"

#include <algorithm>

#include "common/json/value.hpp"

namespace stagedoor::payments::test {
namespace {

// What Stripe's test cards are declined with (https://docs.stripe.com/testing).
const std::map<std::string, std::pair<std::string, std::string>> declined_cards{
    {"pm_card_visa_chargeDeclined", {"card_declined", "generic_decline"}},
    {"pm_card_visa_chargeDeclinedInsufficientFunds", {"card_declined", "insufficient_funds"}},
    {"pm_card_visa_chargeDeclinedLostCard", {"card_declined", "lost_card"}},
    {"pm_card_visa_chargeDeclinedStolenCard", {"card_declined", "stolen_card"}},
    {"pm_card_chargeDeclinedExpiredCard", {"expired_card", ""}},
    {"pm_card_chargeDeclinedIncorrectCvc", {"incorrect_cvc", ""}},
    {"pm_card_chargeDeclinedProcessingError", {"processing_error", ""}},
    {"pm_card_authenticationRequired", {"authentication_required", "authentication_required"}},
};

// Cards that leave an intent in a state.
const std::map<std::string, std::string> cards{{"pm_card_visa", "succeeded"},
                                               {"pm_processing", "processing"},
                                               {"pm_requires_action", "requires_action"},
                                               {"pm_unconfirmed", "requires_confirmation"}};

std::string quoted(const std::string& text) {
    std::string out;
    json::write_string(out, text);
    return out;
}

std::string error_object(const std::string& type, const std::string& code, const std::string& more = "") {
    return R"({"type":)" + quoted(type) + R"(,"code":)" + quoted(code) +
           R"(,"message":"What Stripe says, with pm_secrets in it")" + more + "}";
}

std::string to_json(const FakeStripe::Intent& intent) {
    return fmt::format(
        R"({{"id":{},"object":"payment_intent","amount":{},"currency":{},"created":{},"status":{},)"
        R"("last_payment_error":{},"metadata":{{"payment_id":{}}},)"
        R"("latest_charge":{{"id":"ch_{}","amount_refunded":{}}}}})",
        quoted(intent.id), intent.amount, quoted(intent.currency), intent.created, quoted(intent.status),
        intent.error, quoted(intent.payment_id), intent.id, intent.refunded);
}

std::string to_json(const FakeStripe::Refund& refund) {
    return fmt::format(
        R"({{"id":{},"object":"refund","amount":{},"status":{},"metadata":{{"refund_id":{}}}}})",
        quoted(refund.id), refund.amount, quoted(refund.status), quoted(refund.refund_id));
}

std::string page(const std::vector<std::string>& objects, bool has_more) {
    std::string data;
    for (const auto& object : objects) data += (data.empty() ? "" : ",") + object;
    return R"({"object":"list","has_more":)" + std::string{has_more ? "true" : "false"} + R"(,"data":[)" +
           data + "]}";
}

std::int64_t number(const std::map<std::string, std::string>& fields, const std::string& name,
                    std::int64_t otherwise) {
    auto found = fields.find(name);
    return found == fields.end() ? otherwise : std::stoll(found->second);
}

}  // namespace

FakeStripe::FakeStripe()
    : server_([this](http::Request& request) -> Task<http::Response> {
          return [](FakeStripe* self, http::Request* received) -> Task<http::Response> {
              co_return self->respond(*received);
          }(this, &request);
      }) {}

void FakeStripe::next(Fault fault) {
    std::lock_guard lock{mutex_};
    fault_ = fault;
}

void FakeStripe::set_time(std::int64_t seconds) {
    std::lock_guard lock{mutex_};
    now_ = seconds;
}

void FakeStripe::set_status(const std::string& payment_id, const std::string& status) {
    std::lock_guard lock{mutex_};
    std::ranges::find(intents_, payment_id, &Intent::payment_id)->status = status;
}

void FakeStripe::forget_keys() {
    std::lock_guard lock{mutex_};
    keys_.clear();
}

void FakeStripe::add_foreign_intents(int count) {
    std::lock_guard lock{mutex_};
    for (int i = 0; i < count; ++i) {
        intents_.push_back({.id = "pi_" + std::to_string(intents_.size() + 1),
                            .payment_id = {},
                            .currency = "usd",
                            .status = "succeeded",
                            .amount = 1,
                            .created = now_});
    }
}

std::vector<FakeStripe::Intent> FakeStripe::intents() const {
    std::lock_guard lock{mutex_};
    return intents_;
}

std::vector<FakeStripe::Refund> FakeStripe::refunds() const {
    std::lock_guard lock{mutex_};
    return refunds_;
}

int FakeStripe::requests() const {
    std::lock_guard lock{mutex_};
    return requests_;
}

std::string FakeStripe::event(const std::string& type, const std::string& payment_id) const {
    std::lock_guard lock{mutex_};
    auto intent = std::ranges::find(intents_, payment_id, &Intent::payment_id);
    return R"({"id":"evt_1","object":"event","type":)" + quoted(type) + R"(,"data":{"object":)" +
           to_json(*intent) + "}}";
}

http::Response FakeStripe::respond(const http::Request& request) {
    std::lock_guard lock{mutex_};
    ++requests_;
    auto as_error = [](int status, const std::string& type, const std::string& code) {
        return Result{status, R"({"error":)" + error_object(type, code) + "}"};
    };
    auto result = [&]() -> Result {
        switch (std::exchange(fault_, Fault::none)) {
            case Fault::none:
                break;
            case Fault::response_lost:
                (void)keyed(request);
                return {502, "<html>Bad Gateway</html>"};
            case Fault::server_error:
                return as_error(500, "api_error", "");
            case Fault::rate_limited:
                return as_error(429, "invalid_request_error", "rate_limit");
            case Fault::key_in_use:
                return as_error(409, "idempotency_error", "idempotency_key_in_use");
            case Fault::not_json:
                return {200, "<html>Sign in to the hotel's network</html>"};
            case Fault::unexpected_json:
                return {200, "{}"};
            case Fault::foreign_error:
                return {404, R"({"error":"no route"})"};
        }
        if (request.headers["Authorization"] != std::string{"Bearer "} + secret_key)
            return as_error(401, "invalid_request_error", "");
        return keyed(request);
    }();
    http::Response response{.status = result.status, .headers = {}, .body = std::move(result.body)};
    response.headers.set("Content-Type", "application/json");
    return response;
}

// The first response to a key is replayed for every repeat.
FakeStripe::Result FakeStripe::keyed(const http::Request& request) {
    std::string key{request.headers["Idempotency-Key"]};
    if (key.empty()) return route(request);
    auto text = request.path + "?" + request.body;
    if (auto known = keys_.find(key); known != keys_.end()) {
        if (known->second.first == text) return known->second.second;
        return {400, R"({"error":)" + error_object("idempotency_error", "") + "}"};
    }
    auto result = route(request);
    if (result.status == 200 || result.status == 402) keys_.emplace(key, std::pair{text, result});
    return result;
}

FakeStripe::Result FakeStripe::route(const http::Request& request) {
    constexpr std::string_view intents_path = "/v1/payment_intents";
    auto posted = request.method == http::Method::post;
    auto pairs = http::parse_pairs(posted ? request.body : request.query);
    Fields fields{pairs->begin(), pairs->end()};
    if (request.path == intents_path) return posted ? create(fields) : list(fields);
    if (request.path == "/v1/refunds") return posted ? refund(fields) : list_refunds(fields);
    auto rest = request.path.substr(std::min(intents_path.size() + 1, request.path.size()));
    if (posted && rest.ends_with("/cancel")) return cancel(rest.substr(0, rest.find('/')));
    return {404, R"({"error":)" + error_object("invalid_request_error", "") + "}"};
}

FakeStripe::Result FakeStripe::create(const Fields& fields) {
    auto rejection = [](const std::string& code, const std::string& field) {
        return Result{400, R"({"error":)" +
                               error_object("invalid_request_error", code, R"(,"param":)" + quoted(field)) +
                               "}"};
    };
    std::vector<std::string> needed{"amount", "currency"};
    auto confirms = fields.contains("confirm");
    if (confirms)
        needed.insert(needed.end(),
                      {"payment_method", "automatic_payment_methods[enabled]",
                       "automatic_payment_methods[allow_redirects]", "error_on_requires_action"});
    for (const auto& name : needed) {
        if (!fields.contains(name)) return rejection("parameter_missing", name);
    }
    Intent intent{.id = "pi_" + std::to_string(intents_.size() + 1),
                  .payment_id = fields.at("metadata[payment_id]"),
                  .currency = fields.at("currency"),
                  .status = {},
                  .amount = std::stoll(fields.at("amount")),
                  .created = now_};
    auto whole_tens = intent.currency != "kwd" || intent.amount % 10 == 0;
    auto whole_hundreds = intent.currency != "isk" || intent.amount % 100 == 0;
    if (!whole_tens || !whole_hundreds)
        return rejection("invalid_charge_amount_no_decimal_compatible", "amount");
    if (intent.amount > 99'999'999) return rejection("amount_too_large", "amount");

    if (!confirms) {
        intent.status = "requires_payment_method";
        intents_.push_back(intent);
        return {200, to_json(intent)};
    }
    auto token = fields.at("payment_method");
    if (auto declined = declined_cards.find(token); declined != declined_cards.end()) {
        const auto& [code, decline_code] = declined->second;
        auto more = decline_code.empty() ? "" : R"(,"decline_code":)" + quoted(decline_code);
        intent.status = "requires_payment_method";
        intent.error = error_object("card_error", code, more);
        intents_.push_back(intent);
        return {402, R"({"error":)" +
                         error_object("card_error", code, more + R"(,"payment_intent":)" + to_json(intent)) +
                         "}"};
    }
    auto card = cards.find(token);
    if (card == cards.end()) return rejection("resource_missing", "payment_method");
    intent.status = card->second;
    intents_.push_back(intent);
    return {200, to_json(intent)};
}

// Newest first.
FakeStripe::Result FakeStripe::list(const Fields& query) const {
    auto from = number(query, "created[gte]", 0);
    auto to = number(query, "created[lte]", std::numeric_limits<std::int64_t>::max());
    auto limit = static_cast<std::size_t>(number(query, "limit", 10));
    auto after = query.contains("starting_after") ? query.at("starting_after") : "";
    auto seen = after.empty();
    std::vector<std::string> found;
    for (auto intent = intents_.rbegin(); intent != intents_.rend(); ++intent) {
        auto wanted = seen && intent->created >= from && intent->created <= to;
        seen = seen || intent->id == after;
        if (!wanted) continue;
        if (found.size() == limit) return {200, page(found, true)};
        found.push_back(to_json(*intent));
    }
    return {200, page(found, false)};
}

FakeStripe::Result FakeStripe::cancel(const std::string& id) {
    auto* intent = find(id);
    if (!intent || intent->status == "succeeded" || intent->status == "canceled")
        return {400, R"({"error":)" +
                         error_object("invalid_request_error", "payment_intent_unexpected_state") + "}"};
    intent->status = "canceled";
    return {200, to_json(*intent)};
}

FakeStripe::Result FakeStripe::refund(const Fields& fields) {
    auto rejection = [](const std::string& code) {
        return Result{400, R"({"error":)" + error_object("invalid_request_error", code) + "}"};
    };
    auto* intent = find(fields.at("payment_intent"));
    auto amount = std::stoll(fields.at("amount"));
    if (!intent) return rejection("resource_missing");
    if (intent->refunded == intent->amount) return rejection("charge_already_refunded");
    if (intent->refunded + amount > intent->amount) return rejection("");
    intent->refunded += amount;
    refunds_.push_back({.id = "re_" + std::to_string(refunds_.size() + 1),
                        .intent = intent->id,
                        .refund_id = fields.at("metadata[refund_id]"),
                        .status = "succeeded",
                        .amount = amount});
    return {200, to_json(refunds_.back())};
}

FakeStripe::Result FakeStripe::list_refunds(const Fields& query) const {
    auto of = query.at("payment_intent");
    if (std::ranges::find(intents_, of, &Intent::id) == intents_.end())
        return {404, R"({"error":)" + error_object("invalid_request_error", "resource_missing") + "}"};
    std::vector<std::string> found;
    for (const auto& refund : refunds_) {
        if (refund.intent == of) found.push_back(to_json(refund));
    }
    return {200, page(found, false)};
}

FakeStripe::Intent* FakeStripe::find(const std::string& id) {
    auto found = std::ranges::find(intents_, id, &Intent::id);
    return found == intents_.end() ? nullptr : &*found;
}

}  // namespace stagedoor::payments::test

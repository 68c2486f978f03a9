#include "simulation/servers/webhooks.hpp"

#include "common/http/status.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "services/payments/providers/stripe_signature.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

const std::string secret = "a secret of payments and its provider";
constexpr auto response_timeout = 10s;
constexpr int max_attempts = 8;

struct WebhookBody {
    std::string id, payment;
    bool succeeded = false;
    std::string reference, reason;
};
BOOST_DESCRIBE_STRUCT(WebhookBody, (), (id, payment, succeeded, reference, reason))

WebhookBody body_about(const std::string& id, const PaymentId& payment, bool succeeded) {
    return {id, payment.text, succeeded, succeeded ? "test_" + payment.text : "",
            succeeded ? "" : "Your card was declined"};
}

std::string signature(const std::string& body, Instant time, const std::string& key) {
    auto seconds = std::to_string(time.milliseconds / 1000);
    return fmt::format("t={},v1={}", seconds, payments::stripe::signature(seconds, body, key));
}

}  // namespace

payments::Webhook parse_webhook(std::string_view body) {
    auto parsed = json::read<WebhookBody>(body).value();
    return {.id = parsed.id,
            .charge = PaymentId{parsed.payment},
            .outcome = {parsed.succeeded, parsed.reference, parsed.reason}};
}

payments::Webhook verify_webhook(std::string_view body, std::string_view signature, Instant now) {
    if (!payments::stripe::is_genuine(body, signature, secret, now))
        throw Invalid("The signature is invalid or too old"_text);
    return parse_webhook(body);
}

Webhooks::Webhooks(Marketplace& marketplace)
    : marketplace_(marketplace),
      world_(marketplace.world),
      databases_(marketplace),
      process_(world_.start_process(provider_machine)),
      clock_(process_),
      executor_(ProcessExecutor{process_, marketplace.context}),
      enabled_(world_.chance(0.7)) {
    marketplace.database("test-provider").on_commit([this] { send_new_charges(); });
}

void Webhooks::send_new_charges() {
    auto rows = databases_.query(
        "test-provider",
        fmt::format("SELECT rowid, id, declined FROM charges WHERE rowid > {} ORDER BY rowid", last_charge_));
    for (auto& row : rows) {
        Charge charge{std::stoll(row.at(0).value()), PaymentId{row.at(1).value()}, row.at(2)};
        last_charge_ = charge.number;
        if (enabled_) boost::asio::co_spawn(executor_, notify(charge), boost::asio::detached);
        if (marketplace_.faults.inject("webhook forged", 0.1))
            boost::asio::co_spawn(executor_, send_forged(charge), boost::asio::detached);
    }
}

// Before the charge's response, which takes some milliseconds, or after it.
Duration Webhooks::delay() {
    if (marketplace_.faults.inject("webhook late", 0.15)) return world_.between(5s, 60s);
    return world_.chance(0.3) ? world_.between(0ms, 3ms) : world_.between(3ms, 2s);
}

Task<> Webhooks::notify(Charge charge) {
    auto id = fmt::format("evt_{:x}", world_.new_seed());
    auto body = json::to_json(body_about(id, charge.payment, !charge.declined));
    if (marketplace_.faults.inject("webhook duplicated", 0.1))
        boost::asio::co_spawn(executor_, send_until_accepted(charge, body), boost::asio::detached);
    co_await send_until_accepted(std::move(charge), std::move(body));
}

void Webhooks::count_anomalies(const Charge& charge) {
    if (charge.number < last_notified_) marketplace_.faults.count("webhook out of order");
    last_notified_ = std::max(last_notified_, charge.number);
    if (marketplace_.provider_state.without_response.contains(charge.payment))
        marketplace_.faults.count("webhook before any response");
}

Task<> Webhooks::send_until_accepted(Charge charge, std::string body) {
    co_await runtime::sleep_for(clock_, std::chrono::ceil<std::chrono::milliseconds>(delay()));
    count_anomalies(charge);
    for (int i = 0; i < max_attempts; ++i) {
        auto status = co_await send({body, signature(body, clock_.now(), secret)});
        if (http::is_success(status)) co_return;
        if (marketplace_.faults.is_active()) marketplace_.faults.count("webhook not accepted, retried");
        co_await runtime::sleep_for(clock_, 1s * (1 << i));
    }
}

// Claims the opposite of what happened, with an id of its own.
Webhooks::Signed Webhooks::forge(const Charge& charge) {
    auto id = fmt::format("evt_{:x}", world_.new_seed());
    auto body = json::to_json(body_about(id, charge.payment, charge.declined.has_value()));
    auto true_body = json::to_json(body_about(id, charge.payment, !charge.declined));
    switch (world_.below(4)) {
        case 0:
            return {body, {}};
        case 1:
            return {body, signature(body, clock_.now(), "a guess")};
        case 2:
            return {body, signature(true_body, clock_.now(), secret)};
        default:
            return {body, signature(body, clock_.now() - 10min, secret)};
    }
}

Task<> Webhooks::send_forged(Charge charge) {
    co_await runtime::sleep_for(clock_, std::chrono::milliseconds{world_.below(4)});
    auto status = co_await send(forge(charge));
    if (http::is_success(status))
        accepted_forgeries_.push_back(
            fmt::format("a forged webhook for payment {} got {}", charge.payment.text, status));
}

// Returns the response's status; 0 if there was none.
Task<int> Webhooks::send(Signed webhook) {
    http::Request request;
    request.method = http::Method::post;
    (void)request.set_target("/api/payments/notices/test");
    request.headers.add("Host", "tickets.example");
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Stripe-Signature", webhook.signature);
    request.body = webhook.body;
    auto replicas = marketplace_.replicas_of("payments");
    auto* replica = replicas.at(world_.below(replicas.size()));
    int status = 0;
    try {
        auto response = co_await marketplace_.send(process_, clock_, provider_machine, replica->machine(),
                                                   request, response_timeout);
        status = response.status;
    } catch (const outbound::NoResponse&) {
    }
    world_.note(provider_machine,
                fmt::format("webhook to {}: {} -> {}", replica->machine(), webhook.body, status));
    co_return status;
}

}  // namespace stagedoor::simulation

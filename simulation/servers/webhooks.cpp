#include "simulation/servers/webhooks.hpp"

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "services/payments/providers/stripe_signature.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

const std::string secret = "a secret of payments and its provider";
constexpr auto patience = 10s;
constexpr int most_tries = 8;

struct NoticeText {
    std::string id, payment;
    bool succeeded = false;
    std::string reference, reason;
};
BOOST_DESCRIBE_STRUCT(NoticeText, (), (id, payment, succeeded, reference, reason))

NoticeText text_about(const std::string& id, const PaymentId& payment, bool succeeded) {
    return {id, payment.text, succeeded, succeeded ? "test_" + payment.text : "",
            succeeded ? "" : "Your card was declined"};
}

std::string signature(const std::string& body, Instant time, const std::string& key) {
    auto seconds = std::to_string(time.milliseconds / 1000);
    return fmt::format("t={},v1={}", seconds, payments::stripe::signature(seconds, body, key));
}

}  // namespace

payments::Notice read_text_of_notice(std::string_view body) {
    auto text = json::read<NoticeText>(body).value();
    return {.id = text.id,
            .charge = PaymentId{text.payment},
            .outcome = {text.succeeded, text.reference, text.reason}};
}

payments::Notice read_notice(std::string_view body, std::string_view signature, Instant now) {
    if (!payments::stripe::is_genuine(body, signature, secret, now))
        throw Invalid("This notice is not the provider's, or too old");
    return read_text_of_notice(body);
}

Notices::Notices(Marketplace& marketplace)
    : marketplace_(marketplace),
      world_(marketplace.world),
      books_(marketplace),
      life_(world_.begin_life(provider_machine)),
      clock_(life_),
      executor_(LifeExecutor{life_, marketplace.context}),
      is_told_(world_.chance(0.7)) {
    marketplace.database("test-provider").on_commit([this] { look_into_books(); });
}

void Notices::look_into_books() {
    auto rows = books_.query(
        "test-provider",
        fmt::format("SELECT rowid, id, declined FROM charges WHERE rowid > {} ORDER BY rowid", last_booked_));
    for (auto& row : rows) {
        Booked charge{std::stoll(row.at(0).value()), PaymentId{row.at(1).value()}, row.at(2)};
        last_booked_ = charge.number;
        if (is_told_) boost::asio::co_spawn(executor_, tell(charge), boost::asio::detached);
        if (marketplace_.faults.strikes("notice forged", 0.1))
            boost::asio::co_spawn(executor_, forge(charge), boost::asio::detached);
    }
}

// Before the charge's answer, which takes some milliseconds, or after it.
Duration Notices::time_to_tell() {
    if (marketplace_.faults.strikes("notice late", 0.15)) return world_.between(5s, 60s);
    return world_.chance(0.3) ? world_.between(0ms, 3ms) : world_.between(3ms, 2s);
}

Task<> Notices::tell(Booked charge) {
    auto id = fmt::format("evt_{:x}", world_.new_seed());
    auto body = json::to_json(text_about(id, charge.payment, !charge.declined));
    if (marketplace_.faults.strikes("notice twice", 0.1))
        boost::asio::co_spawn(executor_, send_until_taken(charge, body), boost::asio::detached);
    co_await send_until_taken(std::move(charge), std::move(body));
}

void Notices::count_what_is_odd(const Booked& charge) {
    if (charge.number < last_told_) marketplace_.faults.count("notice out of order");
    last_told_ = std::max(last_told_, charge.number);
    if (marketplace_.provider_talk.unanswered.contains(charge.payment))
        marketplace_.faults.count("notice before any answer");
}

Task<> Notices::send_until_taken(Booked charge, std::string body) {
    co_await runtime::sleep_for(clock_, std::chrono::ceil<std::chrono::milliseconds>(time_to_tell()));
    count_what_is_odd(charge);
    for (int i = 0; i < most_tries; ++i) {
        auto status = co_await send({body, signature(body, clock_.now(), secret)});
        if (status >= 200 && status < 300) co_return;
        if (marketplace_.faults.are_active()) marketplace_.faults.count("notice not taken, sent again");
        co_await runtime::sleep_for(clock_, 1s * (1 << i));
    }
}

// Says the contrary of what happened, under a name of its own.
Notices::Email Notices::forged(const Booked& charge) {
    auto id = fmt::format("evt_{:x}", world_.new_seed());
    auto body = json::to_json(text_about(id, charge.payment, charge.declined.has_value()));
    auto true_body = json::to_json(text_about(id, charge.payment, !charge.declined));
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

Task<> Notices::forge(Booked charge) {
    co_await runtime::sleep_for(clock_, std::chrono::milliseconds{world_.below(4)});
    auto status = co_await send(forged(charge));
    if (status >= 200 && status < 300)
        believed_.push_back(
            fmt::format("a forged notice of the payment {} was answered {}", charge.payment.text, status));
}

// The status of the answer; 0: there was none.
Task<int> Notices::send(Email letter) {
    http::Request request;
    request.method = http::Method::post;
    (void)request.set_target("/api/payments/notices/test");
    request.headers.add("Host", "tickets.example");
    request.headers.add("Content-Type", "application/json");
    request.headers.add("Stripe-Signature", letter.signature);
    request.body = letter.body;
    auto copies = marketplace_.copies("payments");
    auto* copy = copies.at(world_.below(copies.size()));
    int status = 0;
    try {
        auto response =
            co_await marketplace_.ask(life_, clock_, provider_machine, copy->machine(), request, patience);
        status = response.status;
    } catch (const outbound::NoAnswer&) {
    }
    world_.note(provider_machine, fmt::format("tells {} {} -> {}", copy->machine(), letter.body, status));
    co_return status;
}

}  // namespace stagedoor::simulation

#include "simulation/faults/compromised_user.hpp"

#include <fmt/format.h>

#include <array>

#include "common/bus/envelope.hpp"
#include "common/http/status.hpp"
#include "common/json/write.hpp"
#include "contracts/events/all.hpp"
#include "contracts/events/signed.hpp"
#include "simulation/servers/nats_users.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr const char* machine = "attacker";
const std::vector<std::string> signing_users{contracts::signing_services.begin(),
                                             contracts::signing_services.end()};
constexpr auto response_timeout = 10s;

template <class E>
bus::Event to_event(const E& event, Instant time) {
    return {.type = std::string{E::subject},
            .source = std::string{E::source},
            .entity_id = event.entity_id(),
            .version = event.version,
            .time = time,
            .traceparent = {},
            .data = json::to_json(event)};
}

}  // namespace

CompromisedUser::CompromisedUser(Marketplace& marketplace)
    : marketplace_(marketplace),
      world_(marketplace.world),
      databases_(marketplace),
      process_(world_.start_process(machine)),
      clock_(process_),
      random_(world_.new_seed()),
      executor_(ProcessExecutor{process_, marketplace.context}),
      key_(security::new_signing_key(random_)) {}

void CompromisedUser::start() {
    switch (world_.below(3)) {
        case 0:  // the server itself
            break;
        case 1:
            user_ = world_.pick(signing_users);
            break;
        default:
            user_ = world_.pick(nats_users()).name;
    }
    if (!user_.empty()) {
        connection_ = connect(marketplace_.nats, process_, machine, clock_, user_);
        connection_->start([] {});
    }
    world_.note(machine, user_.empty() ? "owns the bus" : "has the password of " + user_);
    boost::asio::co_spawn(executor_, attack(), boost::asio::detached);
}

Task<> CompromisedUser::attack() {
    while (marketplace_.faults.is_active()) {
        co_await runtime::sleep_for(clock_,
                                    std::chrono::ceil<std::chrono::milliseconds>(world_.between(2s, 8s)));
        forge_key();
        forge_payment();
        co_await runtime::sleep_for(clock_,
                                    std::chrono::ceil<std::chrono::milliseconds>(world_.between(1s, 3s)));
        co_await use_token();
    }
}

void CompromisedUser::forge_key() {
    auto now = world_.time();
    std::string_view bytes{reinterpret_cast<const char*>(key_.public_key.data()), key_.public_key.size()};
    publish(to_event(
        contracts::KeyAdded{
            .id = key_.id, .public_key = security::base64url(bytes), .active_at = now - 1min, .version = 1},
        now));
}

// For an order that nobody has paid for.
void CompromisedUser::forge_payment() {
    if (!marketplace_.database("orders").is_up()) return;
    auto orders = databases_.query(
        "orders",
        "SELECT id, user_id, total_minor, currency FROM orders WHERE status = 'created' ORDER BY id");
    if (orders.empty()) return;
    const auto& order = world_.pick(orders);
    contracts::PaymentState payment{
        .id = PaymentId{runtime::new_uuid(random_, world_.time())},
        .order_id = OrderId{order.at(0).value()},
        .user_id = UserId{order.at(1).value()},
        .amount = {std::stoll(order.at(2).value()), Currency::parse(order.at(3).value()).value()},
        .reference = {},
        .version = 1};
    publish(to_event(contracts::PaymentStarted{payment}, world_.time()));
    payment.reference = "forged";
    payment.version = 2;
    publish(to_event(contracts::PaymentCreated{payment}, world_.time()));
}

void CompromisedUser::publish(const bus::Event& event) {
    auto envelope = bus::to_envelope(event);
    auto signature = signature_of(envelope);
    marketplace_.faults.count("forged " + event.type);
    if (user_.empty()) {
        if (marketplace_.nats.is_up()) marketplace_.nats.store(event.type, event.id(), envelope, signature);
        return;
    }
    (void)connection_->send(connection_->epoch(), {.subject = event.type,
                                                   .reply = {},
                                                   .id = event.id(),
                                                   .data = std::move(envelope),
                                                   .signature = std::move(signature)});
}

// No signature, a malformed one, one by an unknown key, or one by another service's key.
std::string CompromisedUser::signature_of(std::string_view envelope) {
    switch (world_.below(4)) {
        case 0:
            return {};
        case 1:
            return std::string(86, 'A');
        case 2:
            return bus::EventKey::parse(random_.hex(32)).value().sign(envelope);
        default: {
            auto is_key = envelope.find(R"("type":"key.)") != std::string_view::npos;
            return marketplace_.event_keys.sign(is_key ? "payments" : "auth", envelope);
        }
    }
}

Task<> CompromisedUser::use_token() {
    static constexpr std::array pages{std::pair{"orders", "/api/orders"},
                                      std::pair{"payments", "/api/payments/balance"},
                                      std::pair{"tickets", "/api/tickets/mine"}};
    auto now = world_.time();
    auto token = security::sign_token({.user = UserId{"attacker"},
                                       .email = "attacker@example.com",
                                       .session = SessionId{"forged"},
                                       .epoch = 0,
                                       .roles = {"admin"},
                                       .issued_at = now - 1min,
                                       .expires_at = now + 1h},
                                      key_);
    const auto& [service, path] = pages.at(world_.below(pages.size()));
    auto replicas = marketplace_.replicas_of(service);
    auto to = world_.pick(replicas)->machine();
    http::Request request;
    request.method = http::Method::get;
    (void)request.set_target(path);
    request.headers.add("Host", "tickets.example");
    request.headers.add("Authorization", "Bearer " + token);
    int status = 0;
    try {
        status =
            (co_await marketplace_.send(process_, clock_, machine, to, std::move(request), response_timeout))
                .status;
    } catch (const outbound::NoResponse&) {
    }
    if (http::is_success(status))
        accepted_tokens_.push_back(fmt::format("{} accepts a token of a forged key", to));
}

}  // namespace stagedoor::simulation

// notifications with a mailer that remembers, and the events that its tests tell it.
#pragma once

#include <mutex>

#include "contracts/events/auth.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"
#include "contracts/events/tickets.hpp"
#include "services/notifications/service.hpp"
#include "services/notifications/tests/received.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::notifications {

using namespace std::chrono_literals;
using stagedoor::testing::eventually;
using stagedoor::testing::ServiceTest;

// Takes every letter, unless it is told to fail.
class Recorder : public Mailer {
  public:
    struct Taken {
        std::string id;
        outbound::Email letter;
    };
    enum class Manner { takes, silent, refuses, refuses_for_good };

    Task<> deliver(const std::string& id, outbound::Email letter) override {
        std::lock_guard lock{mutex_};
        ++tries_;
        if (manner_ == Manner::silent) throw outbound::NoAnswer("the server is away");
        if (manner_ == Manner::refuses) throw outbound::EmailRejected(refusal_, false);
        if (manner_ == Manner::refuses_for_good) throw outbound::EmailRejected("550 never", true);
        taken_.push_back({id, std::move(letter)});
        co_return;
    }
    void set(Manner manner) {
        std::lock_guard lock{mutex_};
        manner_ = manner;
    }
    void refuse_with(std::string text) {
        std::lock_guard lock{mutex_};
        manner_ = Manner::refuses;
        refusal_ = std::move(text);
    }
    [[nodiscard]] std::vector<Taken> taken() const {
        std::lock_guard lock{mutex_};
        return taken_;
    }
    [[nodiscard]] int tries() const {
        std::lock_guard lock{mutex_};
        return tries_;
    }

  private:
    mutable std::mutex mutex_;
    Manner manner_ = Manner::takes;
    std::string refusal_ = "451 later";
    std::vector<Taken> taken_;
    int tries_ = 0;
};

// A service is made by a plain function, so the mailer it is to use stands here for the length of a test.
inline Recorder* recording = nullptr;
inline Service make_with_recorder(ServiceDeps deps) {
    return make_service_with(std::move(deps), std::shared_ptr<Mailer>{recording, [](Mailer*) {}});
}

// ---- events

inline contracts::UserRegistered registered(const std::string& user) {
    return {.id = UserId{user}, .email = user + "@example.com", .version = 1};
}
inline contracts::Listing listing(const std::string& id) {
    return {.id = TicketId{id},
            .user_id = UserId{"seller"},
            .title = "The " + id,
            .price = {1999, {}},
            .quantity = 10,
            .max_per_order = 10,
            .starts_at = Instant::parse("2026-05-02T17:30:00Z"),
            .venue = "Alte Oper",
            .city = "Frankfurt",
            .time_zone = "Europe/Berlin",
            .seats = "Row 7",
            .version = 1};
}
inline contracts::OrderLine line(const std::string& ticket, std::int64_t quantity = 2,
                                 const std::string& seller = "seller") {
    return {.ticket_id = TicketId{ticket},
            .seller_id = UserId{seller},
            .title = "The " + ticket,
            .price = {1999, {}},
            .quantity = quantity,
            .cancelled_at = {}};
}
inline contracts::OrderState order(const std::string& id, std::vector<contracts::OrderLine> items,
                                   std::int64_t version = 1) {
    contracts::OrderState order{.id = OrderId{id},
                                .user_id = UserId{"buyer"},
                                .status = OrderStatus::complete,
                                .expires_at = Instant::parse("2026-01-01T00:15:00Z").value(),
                                .total = {},
                                .items = std::move(items),
                                .reason = {},
                                .payment_id = {},
                                .version = version};
    for (const auto& item : order.items) order.total.minor += item.price.minor * item.quantity;
    return order;
}
inline contracts::OrderCancelled cancelled(contracts::OrderState order, CancelReason reason) {
    order.status = OrderStatus::cancelled;
    order.reason = reason;
    return {std::move(order)};
}
inline contracts::PaymentRefunded refunded(const std::string& id, CancelReason reason) {
    return {{.id = PaymentId{"payment-" + id},
             .order_id = OrderId{"order-1"},
             .user_id = UserId{"buyer"},
             .amount = {3998, {}},
             .reference = {},
             .version = 1},
            RefundId{id},
            reason};
}
inline contracts::LinkIssued link(const std::string& id, contracts::LinkPurpose purpose, Instant expires_at) {
    return {.id = LinkId{id},
            .purpose = purpose,
            .user_id = UserId{"buyer"},
            .email = "buyer@example.com",
            .expires_at = expires_at};
}

// ---- the service

inline Settings with_secret() {
    auto settings = ServiceTest::default_settings();
    settings.public_url = "https://tickets.example";
    settings.mail_link_secret = "a secret between two";
    return settings;
}

struct Test : ::testing::Test {
    struct Recording : Recorder {
        Recording() { recording = this; }
    };
    Recording mailer;  // before the service that uses it
    ServiceTest notifications{make_with_recorder, with_secret()};

    // Waits, by small steps of the clock, until this many mails were taken.
    void expect_taken(std::size_t count) {
        settle([&] { return mailer.taken().size() >= count; });
        EXPECT_EQ(mailer.taken().size(), count);
    }
    void settle(const std::function<bool()>& condition) {
        eventually([&] {
            notifications.clock.advance(1ms);
            return condition();
        });
    }
    // Until nothing is queued but what waits for its time.
    void settle() {
        settle([&] {
            return notifications.number("SELECT count(*) FROM mails WHERE status = 'queued' AND due_at <= $1",
                                        notifications.clock.now()) == 0 &&
                   notifications.number(
                       "SELECT count(*) FROM mails WHERE status = 'queued' AND due_at > $1 "
                       "AND error IS NULL",
                       notifications.clock.now()) == 0;
        });
    }
    // The one mail of this id that was taken.
    [[nodiscard]] Received mail(const std::string& id) {
        settle([&] { return count(id) > 0; });
        EXPECT_EQ(count(id), 1) << id;
        for (const auto& taken : mailer.taken()) {
            if (taken.id == id) return read_message(taken.letter.message);
        }
        throw std::runtime_error("nobody was sent " + id);
    }
    [[nodiscard]] std::ptrdiff_t count(const std::string& id) {
        return std::ranges::count(mailer.taken(), id, &Recorder::Taken::id);
    }
    [[nodiscard]] std::string text_of(const std::string& column, const std::string& id) {
        return notifications.read([&](sql::Tx& tx) {
            return tx.find<std::optional<std::string>>("SELECT " + column + " FROM mails WHERE id = $1", id)
                .value_or(std::nullopt)
                .value_or("");
        });
    }
    [[nodiscard]] Instant now() const { return notifications.clock.now(); }
};

inline void expect_all(const std::string& text, std::initializer_list<std::string_view> parts) {
    for (auto part : parts) EXPECT_NE(text.find(part), std::string::npos) << "no " << part << " in " << text;
}
inline void expect_none(const std::string& text, std::initializer_list<std::string_view> parts) {
    for (auto part : parts) EXPECT_EQ(text.find(part), std::string::npos) << part << " in " << text;
}

}  // namespace stagedoor::notifications

// notifications with a recording mailer, and sample events.
#pragma once

#include <atomic>
#include <mutex>

#include "common/runtime/async_event.hpp"
#include "common/service/service.hpp"
#include "contracts/events/admissions.hpp"
#include "contracts/events/auth.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"
#include "contracts/events/tickets.hpp"
#include "services/notifications/service.hpp"
#include "services/notifications/tests/parsed_email.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::notifications {

using namespace std::chrono_literals;
using stagedoor::testing::eventually;
using stagedoor::testing::ServiceTest;

// Records every email, unless set to fail.
class RecordingMailer : public Mailer {
  public:
    struct Accepted {
        std::string id;
        outbound::Email email;
    };
    enum class Mode { accepts, unreachable, rejects, rejects_for_good };

    [[nodiscard]] bool reaches_people() const override { return reaches_people_; }
    Task<std::string> deliver(const std::string& id, outbound::Email email) override {
        {
            std::lock_guard lock{mutex_};
            ++attempts_;
        }
        if (id == held_id_) co_await held_.wait_for(1h);
        std::lock_guard lock{mutex_};
        if (mode_ == Mode::unreachable) throw outbound::NoResponse("the server is unreachable");
        if (mode_ == Mode::rejects) throw outbound::EmailRejected(rejection_, false);
        if (mode_ == Mode::rejects_for_good)
            throw outbound::EmailRejected("RCPT failed: 550", true, "550-5.1.1 No such\n550 5.1.1 user");
        accepted_.push_back({id, std::move(email)});
        co_return "250 2.0.0 Ok: queued as 4711";
    }
    void reach_people() { reaches_people_ = true; }
    // Doesn't respond about the email of this id until release(), like a server that is slow to greet.
    void hold(std::string id) { held_id_ = std::move(id); }
    void release() { held_.notify(); }
    void set(Mode mode) {
        std::lock_guard lock{mutex_};
        mode_ = mode;
    }
    void reject_with(std::string text) {
        std::lock_guard lock{mutex_};
        mode_ = Mode::rejects;
        rejection_ = std::move(text);
    }
    [[nodiscard]] std::vector<Accepted> accepted() const {
        std::lock_guard lock{mutex_};
        return accepted_;
    }
    [[nodiscard]] int attempts() const {
        std::lock_guard lock{mutex_};
        return attempts_;
    }

  private:
    std::atomic<bool> reaches_people_ = false;
    runtime::ManualClock never_;
    runtime::AsyncEvent held_{never_};
    std::string held_id_;
    mutable std::mutex mutex_;
    Mode mode_ = Mode::accepts;
    std::string rejection_ = "451 later";
    std::vector<Accepted> accepted_;
    int attempts_ = 0;
};

// A service is made by a plain function, so the mailer of the running test is kept here.
inline RecordingMailer* current_mailer = nullptr;
inline Service make_with_recording_mailer(ServiceDeps deps) {
    return make_service_with(std::move(deps), std::shared_ptr<Mailer>{current_mailer, [](Mailer*) {}});
}

// ---- events

inline contracts::UserRegistered registered(const std::string& user) {
    return {.id = UserId{user}, .email = user + "@example.com", .version = 1};
}
inline contracts::UserConfirmed confirmed(const std::string& user) {
    return {UserId{user}, user + "@example.com", 2};
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
                                 const std::string& seller = "seller",
                                 std::optional<std::int64_t> ticket_version = 1) {
    return {.ticket_id = TicketId{ticket},
            .seller_id = UserId{seller},
            .title = "The " + ticket,
            .price = {1999, {}},
            .quantity = quantity,
            .cancelled_at = {},
            .ticket_version = ticket_version};
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

inline contracts::TransferState transfer(const std::string& id) {
    return {.id = TransferId{id},
            .pass_id = PassId{"pass-1"},
            .order_id = OrderId{"order-1"},
            .ticket_id = TicketId{"concert"},
            .title = "The concert",
            .from_user_id = UserId{"buyer"},
            .to_user_id = {},
            .version = 1};
}
inline contracts::TransferClaimed claimed(contracts::TransferState transfer, const std::string& by) {
    transfer.to_user_id = UserId{by};
    transfer.version += 1;
    return {std::move(transfer)};
}

// ---- the service

inline const ProgramSettings public_site{.public_url = "https://tickets.example"};
inline Settings with_secret() { return {.mail_link_secret = "a secret between two"}; }

struct Test : ::testing::Test {
    struct CurrentMailer : RecordingMailer {
        CurrentMailer() { current_mailer = this; }
    };
    CurrentMailer mailer;  // before the service that uses it
    ServiceTest notifications{make_with_recording_mailer, with_secret(), public_site};

    // Advances the clock in small steps until this many emails were accepted.
    void expect_accepted(std::size_t count) {
        settle([&] { return mailer.accepted().size() >= count; });
        EXPECT_EQ(mailer.accepted().size(), count);
    }
    void settle(const std::function<bool()>& condition) {
        eventually([&] {
            notifications.clock.advance(1ms);
            return condition();
        });
    }
    // Until every queued email has been attempted and is not yet due again.
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
    // The accepted email of this id; fails the test unless there is exactly one.
    [[nodiscard]] ParsedEmail sent_email(const std::string& id) {
        settle([&] { return count(id) > 0; });
        EXPECT_EQ(count(id), 1) << id;
        for (const auto& accepted : mailer.accepted()) {
            if (accepted.id == id) return parse_email(accepted.email.message);
        }
        throw std::runtime_error("no such email: " + id);
    }
    [[nodiscard]] std::ptrdiff_t count(const std::string& id) {
        return std::ranges::count(mailer.accepted(), id, &RecordingMailer::Accepted::id);
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
    for (auto part : parts)
        EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in " << text;
}
inline void expect_none(const std::string& text, std::initializer_list<std::string_view> parts) {
    for (auto part : parts) EXPECT_EQ(text.find(part), std::string::npos) << part << " is in " << text;
}

}  // namespace stagedoor::notifications

#include "services/payments/store/ledger.hpp"

#include <map>
#include <numeric>
#include <stdexcept>

namespace stagedoor::payments::store {
namespace {

// What a transaction adds to each account. Kinds: charge, fee, refund, fee_back, stray, paid_back.
struct Posting {
    std::string_view transaction_id, kind;
    const PaymentId& payment;
    Currency currency;
    std::map<std::string, std::int64_t> by_account = {};
    std::map<std::string, std::optional<std::int64_t>> tickets = {};  // of sellers; nullopt: unknown

    void add_tickets(const std::string& account, std::optional<std::int64_t> count) {
        auto [found, is_new] = tickets.try_emplace(account, count);
        if (!is_new)
            found->second = found->second && count ? std::optional{*found->second + *count} : std::nullopt;
    }
    void post(sql::Tx& tx) const {
        std::int64_t sum = 0;
        for (const auto& [account, minor] : by_account) {
            sum += minor;
            if (minor == 0) continue;
            auto sold = tickets.find(account);
            tx.send(
                "INSERT INTO ledger(transaction_id, kind, account, payment_id, currency, amount_minor, at, "
                "tickets) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
                transaction_id, kind, account, payment, currency, minor, tx.now(),
                sold == tickets.end() ? std::nullopt : sold->second);
        }
        if (sum != 0) throw std::logic_error("ledger entries don't sum to zero");
    }
};

struct Sums {
    Currency currency;
    std::int64_t sold = 0, fees = 0, refunded = 0, balance = 0;
};
BOOST_DESCRIBE_STRUCT(Sums, (), (currency, sold, fees, refunded, balance))

std::string buyer_account(const UserId& id) { return "buyer/" + id.text; }

}  // namespace

void post_charge(sql::Tx& tx, const PaymentRow& payment, const std::vector<Line>& lines) {
    Posting charge{payment.id.text, "charge", payment.id, payment.amount.currency};
    Posting fee{payment.id.text, "fee", payment.id, payment.amount.currency};
    charge.by_account[buyer_account(payment.user_id)] -= payment.amount.minor;
    for (const auto& line : lines) {
        charge.by_account[seller_account(line.seller_id)] += line.amount_minor;
        charge.add_tickets(seller_account(line.seller_id), line.quantity);
        fee.by_account[seller_account(line.seller_id)] -= line.fee_minor;
        fee.by_account["fee"] += line.fee_minor;
    }
    charge.post(tx);
    fee.post(tx);
}

void post_refund(sql::Tx& tx, const RefundRow& refund, const std::vector<Line>& lines) {
    Posting back{refund.id.text, "refund", refund.payment_id, refund.amount.currency};
    Posting fee{refund.id.text, "fee_back", refund.payment_id, refund.amount.currency};
    back.by_account["refunds"] += refund.amount.minor;
    for (const auto& line : lines) {
        back.by_account[seller_account(line.seller_id)] -= line.amount_minor;
        back.add_tickets(seller_account(line.seller_id),
                         line.quantity.transform([](auto count) { return -count; }));
        fee.by_account["fee"] -= line.fee_minor;
        fee.by_account[seller_account(line.seller_id)] += line.fee_minor;
    }
    back.post(tx);
    fee.post(tx);
}

void post_stray(sql::Tx& tx, const RefundRow& refund, const UserId& buyer) {
    Posting stray{refund.id.text, "stray", refund.payment_id, refund.amount.currency};
    stray.by_account[buyer_account(buyer)] -= refund.amount.minor;
    stray.by_account["refunds"] += refund.amount.minor;
    stray.post(tx);
}

void post_refund_done(sql::Tx& tx, const RefundRow& refund, const UserId& buyer) {
    Posting done{refund.id.text, "paid_back", refund.payment_id, refund.amount.currency};
    done.by_account["refunds"] -= refund.amount.minor;
    done.by_account[buyer_account(buyer)] += refund.amount.minor;
    done.post(tx);
}

std::vector<Balance> balance_of(sql::Tx& tx, const UserId& seller) {
    auto sums = tx.query<Sums>(R"(
        SELECT currency,
               CAST(sum(CASE WHEN kind = 'charge' THEN amount_minor ELSE 0 END) AS BIGINT),
               CAST(-sum(CASE WHEN kind IN ('fee', 'fee_back') THEN amount_minor ELSE 0 END) AS BIGINT),
               CAST(-sum(CASE WHEN kind = 'refund' THEN amount_minor ELSE 0 END) AS BIGINT),
               CAST(sum(amount_minor) AS BIGINT)
          FROM ledger WHERE account = $1 GROUP BY currency ORDER BY currency)",
                               seller_account(seller));
    std::vector<Balance> balances;
    for (const auto& each : sums) {
        auto amount = [&](std::int64_t minor) { return json::Amount{{minor, each.currency}}; };
        balances.push_back(
            {{each.sold, each.currency}, amount(each.fees), amount(each.refunded), amount(each.balance)});
    }
    return balances;
}

}  // namespace stagedoor::payments::store

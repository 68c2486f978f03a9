// Many scans, one ticket.
#include "testing/model/admission.hpp"

#include "common/security/token.hpp"
#include "tests/race/shared_marketplaces.hpp"

namespace stagedoor::testing {
namespace {

// A listing with doors, and a buyer of its tickets.
class AdmissionRace : public DatabaseRace {
  protected:
    void SetUp() override {
        DatabaseRace::SetUp();
        if (IsSkipped()) return;
        ticket_ = list_ticket(seller_, {.quantity = 100});
        doors_.push_back(open_door(shared().url, seller_, ticket_, "Main"));
        doors_.push_back(open_door(shared().url, seller_, ticket_, "Side"));
    }

    // The ids of that many passes of the buyer.
    std::vector<std::string> buy(int quantity) {
        auto order = testing::order(buyer_, {{ticket_, quantity}}).expect(201);
        shared().expected.ordered(shared().user(1), order);
        auto paid = pay(buyer_, order.at("id")).expect(201);
        shared().expected.paid(shared().user(1), order.at("id"), paid);
        std::vector<std::string> passes;
        EXPECT_TRUE(becomes_true(
            [&] {
                passes = passes_of(buyer_, order.at("id"));
                return static_cast<int>(passes.size()) == quantity;
            },
            std::chrono::seconds{20}));
        return passes;
    }
    const Client& door(int i) { return doors_[static_cast<std::size_t>(i) % doors_.size()]; }

    Client seller_ = shared().visitor(0), buyer_ = shared().visitor(1);
    std::string ticket_;
    std::vector<Client> doors_;
};

// Counts results of scans by their names.
class Results {
  public:
    void add(const Response& response) {
        std::lock_guard lock{mutex_};
        ++counts_[response.status == 200 ? response.at("result") + response.at("reason") : response.body];
    }
    [[nodiscard]] int operator[](const std::string& result) const {
        std::lock_guard lock{mutex_};
        auto found = counts_.find(result);
        return found == counts_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::string text() const {
        std::lock_guard lock{mutex_};
        std::string all;
        for (const auto& [result, count] : counts_) all += std::to_string(count) + " × " + result + "; ";
        return all;
    }

  private:
    mutable std::mutex mutex_;
    std::map<std::string, int> counts_;
};

TEST_F(AdmissionRace, two_doors_with_200_scans_of_one_ticket_each) {
    for (int round = 0; round < rounds_here(3); ++round) {
        auto code = code_of(buyer_, buy(1).front());
        Results results;
        all_at_once(
            200, [](int) { connect(shared().url); },
            [&](int i) {
                for (int side = 0; side < 2; ++side)
                    results.add(scan(door(i + side), scan_body(unique_email("scan"), code)));
            });
        std::cout << results.text() << std::endl;
        EXPECT_EQ(results["admitted"], 1);
        EXPECT_EQ(results["refusedalreadyRedeemed"], 399);
    }
}

TEST_F(AdmissionRace, one_scan_sent_fifty_times_at_once_gets_one_response) {
    auto code = code_of(buyer_, buy(1).front());
    auto body = scan_body(unique_email("scan"), code);
    std::mutex mutex;
    std::set<std::string> responses;
    all_at_once(
        50, [](int) { connect(shared().url); },
        [&](int) {
            auto response = scan(door(0), body).expect(200);
            std::lock_guard lock{mutex};
            responses.insert(response.body);
        });
    EXPECT_EQ(responses.size(), 1u);
    EXPECT_NE(responses.begin()->find("admitted"), std::string::npos);
}

TEST_F(AdmissionRace, one_transfer_claimed_by_forty_users_at_once) {
    auto pass = buy(1).front();
    auto token = offer_pass(buyer_, pass);
    Tally tally;
    all_at_once(
        40, [](int) { connect(shared().url); },
        [&](int i) { tally.add(claim_pass(shared().visitor(i + 2), token).status); });
    EXPECT_EQ(tally[200], 1) << tally.text();
    EXPECT_EQ(tally[409], 39) << tally.text();
}

// Whoever comes first: either the old code admits and the transfer is refused, or it is dead.
TEST_F(AdmissionRace, transfers_and_scans_of_the_same_passes) {
    auto passes = buy(10);
    std::vector<std::string> codes, tokens;
    for (const auto& pass : passes) {
        codes.push_back(code_of(buyer_, pass));
        tokens.push_back(offer_pass(buyer_, pass));
    }
    std::array<std::atomic<int>, 10> admitted{}, claimed{};
    all_at_once(
        40, [](int) { connect(shared().url); },
        [&](int i) {
            auto which = static_cast<std::size_t>(i % 10);
            if (i < 20) {
                auto response = scan(door(i), scan_body(unique_email("scan"), codes[which])).expect(200);
                if (response.at("result") == "admitted") ++admitted[which];
            } else {
                if (claim_pass(shared().visitor(i), tokens[which]).status == 200) ++claimed[which];
            }
        });
    for (std::size_t i = 0; i < passes.size(); ++i) EXPECT_EQ(admitted[i] + claimed[i], 1) << i;
}

// A scanner takes and returns shards again and again, and admits whoever its lists don't have, while others
// scan the same tickets at the server.
class ShardRace : public AdmissionRace {
  protected:
    struct Ticket {
        std::string code, serial, raw_serial;
        int shard = 0;
    };

    Ticket ticket_of(const std::string& pass) {
        auto shown = buyer_.get("/api/admissions/passes/" + pass).expect(200);
        Ticket ticket{shown.at("code"), shown.at("serial"), {}, 0};
        for (std::size_t i = 0; i < ticket.serial.size(); i += 2)
            ticket.raw_serial += static_cast<char>(std::stoi(ticket.serial.substr(i, 2), nullptr, 16));
        ticket.shard = static_cast<unsigned char>(ticket.raw_serial[0]) % 64;
        return ticket;
    }
    static std::string all_shards() {
        std::string all;
        for (int shard = 0; shard < 64; ++shard) all += (shard == 0 ? "" : ",") + std::to_string(shard);
        return all;
    }
    Response claim_all(const Client& scanner) {
        Response response;
        EXPECT_TRUE(becomes_true(
            [&] {  // returns may not be closed yet
                response =
                    scanner.post("/api/admissions/scanner/shards", R"({"claim":[)" + all_shards() + "]}");
                return response.status == 200;
            },
            std::chrono::seconds{20}));
        return response;
    }
    static bool contains(const std::string& list, const std::string& raw_serial) {
        auto bytes = security::from_base64url(list).value();
        for (std::size_t at = 0; at < bytes.size(); at += raw_serial.size()) {
            if (bytes.substr(at, raw_serial.size()) == raw_serial) return true;
        }
        return false;
    }

    // Owns what it gets, admits one ticket of those that nobody has admitted, and returns everything.
    void admit_one_offline(const Client& scanner, const std::vector<Ticket>& tickets) {
        auto claimed = claim_all(scanner);
        std::string released;
        auto has_admitted = false;
        for (std::size_t i = 0; i < claimed.count("claimed"); ++i) {
            auto at = "claimed[" + std::to_string(i) + "].";
            auto shard = static_cast<int>(claimed.number(at + "shard"));
            auto epoch = claimed.at(at + "epoch");
            released += (released.empty() ? "" : ",") + (R"({"shard":)" + std::to_string(shard)) +
                        R"(,"epoch":)" + epoch + "}";
            for (const auto& ticket : tickets) {
                if (has_admitted || ticket.shard != shard) continue;
                if (contains(claimed.at(at + "inside"), ticket.raw_serial)) continue;
                has_admitted = true;
                auto uploaded = scanner.post(
                    "/api/admissions/scanner/uploads",
                    R"({"scans":[{"nonce":")" + unique_email("scan") + R"(","serial":")" + ticket.serial +
                        R"(","generation":1,"action":"admit","at":"2026-01-01T00:00:00Z","shard":)" +
                        std::to_string(shard) + R"(,"epoch":)" + epoch + "}]}");
                EXPECT_EQ(uploaded.expect(200).at("results[0].result"), "recorded");
                ++admitted_offline_;
            }
        }
        scanner.post("/api/admissions/scanner/shards", R"({"release":[)" + released + "]}").expect(200);
    }

    std::atomic<int> admitted_offline_ = 0;
};

TEST_F(ShardRace, scans_at_the_server_while_a_scanner_takes_and_returns_shards) {
    std::vector<Ticket> tickets;
    for (int i = 0; i < 3; ++i) {
        for (const auto& pass : buy(10)) tickets.push_back(ticket_of(pass));
    }
    auto scanner = open_door(shared().url, seller_, ticket_, "Offline");
    (void)claim_all(scanner);
    admit_one_offline(scanner, tickets);
    std::atomic<int> admitted = 0;
    all_at_once(
        9, [](int) { connect(shared().url); },
        [&](int i) {
            if (i == 0) {
                for (int round = 0; round < 8; ++round) admit_one_offline(scanner, tickets);
                return;
            }
            for (const auto& each : tickets) {
                auto response = scan(door(i), scan_body(unique_email("scan"), each.code)).expect(200);
                if (response.at("result") == "admitted") ++admitted;
            }
        });
    // Whatever was refused because it was elsewhere.
    for (const auto& each : tickets) {
        auto response = scan(door(0), scan_body(unique_email("scan"), each.code)).expect(200);
        if (response.at("result") == "admitted") ++admitted;
    }
    std::cout << admitted << " admitted by the server, " << admitted_offline_ << " by the scanner"
              << std::endl;
    EXPECT_EQ(admitted + admitted_offline_, static_cast<int>(tickets.size()));
    auto listing = seller_.get("/api/admissions/listings/" + ticket_).expect(200);
    EXPECT_EQ(listing.at("duplicates"), "0");
    EXPECT_EQ(listing.number("counts.admitted"), static_cast<std::int64_t>(tickets.size()));
}

}  // namespace
}  // namespace stagedoor::testing

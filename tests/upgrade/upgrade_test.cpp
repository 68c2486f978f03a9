// Data that earlier versions made: today's programs start on it, migrate it, show what was there, and sell
// on. Each folder below fixtures/ is one version's; tests/upgrade/make-fixture makes another.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "contracts/instant.hpp"
#include "fleet/postgres_server.hpp"
#include "services/service_names.hpp"
#include "testing/model/customers.hpp"
#include "testing/model/invariant_checks.hpp"

namespace stagedoor::testing {
namespace {

namespace filesystem = std::filesystem;

std::vector<std::string> versions() {
    std::vector<std::string> all;
    for (const auto& folder : filesystem::directory_iterator(UPGRADE_FIXTURES))
        all.push_back(folder.path().filename().string());
    std::ranges::sort(all);
    return all;
}

void extract(const filesystem::path& archive, const filesystem::path& folder) {
    filesystem::create_directories(folder);
    auto tar = run("/usr/bin/tar", {"-xzf", archive.string(), "-C", folder.string()});
    if (tar.exit.code != 0) throw std::runtime_error("tar: " + tar.errors);
}

// Fills the PostgreSQL server of a distributed shape that is to start in `data`.
void restore_databases(const filesystem::path& dumps, const filesystem::path& data) {
    PostgresServer server{data / "postgres"};
    server.start();
    for (const auto& service : service_names()) {
        server.make_database(service);
        auto dump = dumps / (service + ".sql");
        if (!filesystem::exists(dump)) continue;  // a service that this version didn't have
        auto psql = run(postgres_program("psql"), {server.url(service), "-X", "-q", "-v", "ON_ERROR_STOP=1",
                                                   "-o", "/dev/null", "-f", dump.string()});
        if (psql.exit.code != 0) throw std::runtime_error("psql: " + psql.errors);
    }
    server.stop();
    for (const auto* secret : {"jwt-key.secret", "mail-link.secret"})
        filesystem::copy_file(dumps / secret, data / secret);
}

class Upgrade : public ::testing::TestWithParam<std::string> {
  protected:
    [[nodiscard]] filesystem::path fixture(const std::string& file) const {
        return filesystem::path{UPGRADE_FIXTURES} / GetParam() / file;
    }

    // What the test expects is in `file`.
    void expect_upgraded(Marketplace& marketplace, const std::string& file) {
        Response expected;
        expected.body = read_file(fixture(file));
        marketplace.start();
        expect_invariants_hold(marketplace);
        auto url = marketplace.base_url();
        sign_in_everybody(expected, url);
        expect_same_as_before(expected, url);
        expect_hold_expired(expected);
        buy(expected.at("onSale"), url);
        expect_invariants_hold(marketplace);
        EXPECT_EQ(marketplace.stop(), 0);
    }

    static Variables environment() { return {{"STAGEDOOR_RATE_LIMITS", "off"}}; }

    runtime::TemporaryFolder folder_;

  private:
    // With their old passwords.
    void sign_in_everybody(const Response& expected, const std::string& url) {
        for (std::size_t i = 0; i < expected.count("users"); ++i) {
            auto user = "users[" + std::to_string(i) + "]";
            auto email = expected.at(user + ".email");
            auto response =
                Client{url}.post("/api/users/signin", R"({"email":)" + json_text(email) + R"(,"password":)" +
                                                          json_text(expected.at(user + ".password")) + "}");
            response.expect(200);
            users_.insert_or_assign(email, Client{url}.with("Cookie", response.cookie()));
        }
    }

    void expect_same_as_before(const Response& expected, const std::string& url) {
        for (std::size_t i = 0; i < expected.count("seen"); ++i) {
            auto seen = "seen[" + std::to_string(i) + "]";
            auto response = users_.at(expected.at(seen + ".email")).get(expected.at(seen + ".path"));
            response.expect(200);
            for (std::size_t j = 0; j < expected.count(seen + ".fields"); ++j) {
                auto each = seen + ".fields[" + std::to_string(j) + "]";
                EXPECT_EQ(response.at(expected.at(each + ".field")), expected.at(each + ".value"))
                    << response.request << " " << expected.at(each + ".field");
            }
        }
        for (std::size_t i = 0; i < expected.count("search"); ++i) {
            auto search = "search[" + std::to_string(i) + "]";
            (void)Client{url}
                .get("/api/tickets?q=" + http::percent_encode(expected.at(search + ".words")))
                .expect(200, expected.at(search + ".ticket"));
        }
    }

    // Of the order that was unpaid when the old program stopped.
    void expect_hold_expired(const Response& expected) {
        auto expires_at = Instant::parse(expected.at("held.expiresAt"));
        ASSERT_TRUE(expires_at);
        if (now_ms() < expires_at->milliseconds) return;  // the fixture is minutes old
        auto& buyer = users_.at(expected.at("held.email"));
        Response order;
        auto cancelled = [&] {
            order = buyer.get(expected.at("held.path"));
            return order.at("status") == "cancelled";
        };
        EXPECT_TRUE(becomes_true(cancelled, 20s, 10ms)) << order.body;
    }

    static void buy(const std::string& ticket, const std::string& url) {
        auto buyer = sign_up(url).at(url);
        auto ordered = order(buyer, {{ticket, 1}});
        ordered.expect(201);
        (void)pay(buyer, ordered.at("id")).expect(201);
        Response shown;
        auto complete = [&] {
            shown = buyer.get("/api/orders/" + ordered.at("id"));
            return shown.at("status") == "complete";
        };
        EXPECT_TRUE(becomes_true(complete, 20s, 10ms)) << shown.body;
    }

    std::map<std::string, Client> users_;
};

TEST_P(Upgrade, one_process_continues_with_an_earlier_data_folder) {
    extract(fixture("one-process.tar.gz"), folder_.file("data"));
    auto marketplace = make_one_process({.environment = environment(), .data = folder_.file("data")});
    expect_upgraded(*marketplace, "one-process-expected.json");
}

TEST_P(Upgrade, distributed_continues_with_earlier_postgresql_databases) {
    extract(fixture("distributed.tar.gz"), folder_.file("dumps"));
    filesystem::create_directories(folder_.file("data"));
    restore_databases(folder_.file("dumps"), folder_.file("data"));
    auto marketplace = make_distributed({.environment = environment(), .data = folder_.file("data")});
    expect_upgraded(*marketplace, "distributed-expected.json");
}

INSTANTIATE_TEST_SUITE_P(From, Upgrade, ::testing::ValuesIn(versions()), [](const auto& version) {
    auto name = version.param;
    std::ranges::replace_if(name, [](char each) { return each == '.' || each == '-'; }, '_');
    return name;
});

}  // namespace
}  // namespace stagedoor::testing

// What a bus must stand that keeps events itself, beside what any bus must (bus_test.cpp): copies of services, and a
// server that dies, forgets and remembers wrongly.
#include "common/bus/tests/jetstream.hpp"

#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/bus/nats_connection.hpp"
#include "common/bus/tests/participant.hpp"
#include "deploy/local/process.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;
using namespace testing;

class JetStreamTest : public ServicesTest {
  protected:
    JetStreamTest() { empty_nats_server(); }
    ~JetStreamTest() override { stop(); }

    // A process with these services.
    JetStreamBus& start(const std::vector<Participant*>& services) {
        auto& bus =
            *buses_.emplace_back(std::make_unique<JetStreamBus>(options_, *clock_, random_, metrics_));
        for (auto* each : services) {
            bus.carry(each->log);
            bus.deliver_to(each->inbox);
        }
        bus.start(loop_.executor());
        return bus;
    }
    // One for each participant.
    void start_all() {
        for (auto& [name, each] : participants_) start({each.get()});
    }
    void stop_buses() {
        for (auto& bus : buses_) loop_.wait_for(bus->stop());
        buses_.clear();
    }
    void stop() {
        stop_buses();
        copies_.clear();
        close();
    }
    // Another copy of a participant, which hears what it is told to.
    Participant& copy_of(const std::string& name) {
        return *copies_.emplace_back(std::make_unique<Participant>(participant(name), *clock_));
    }
    void write(const std::string& name, const std::string& statement) {
        loop_.wait_for(participant(name).db->write([&](sql::Tx& tx) { tx.execute(statement); }));
    }
    [[nodiscard]] std::int64_t unpublished(const std::string& name) {
        return count(name, "SELECT count(*) FROM outbox WHERE generation IS NULL");
    }
    void expect_all_published(const std::string& name) {
        eventually([&] { return unpublished(name) == 0; }, 30s);
    }
    // Says something to the server that is none of the bus's business.
    void send(const std::string& subject, const std::string& data = "") {
        NatsConnection connection{options_, *clock_, random_};
        connection.start([] {});
        eventually([&] { return connection.epoch() != 0; });
        ASSERT_TRUE(connection.send(connection.epoch(), {.subject = subject, .data = data}));
        connection.close();
    }

    JetStreamOptions options_ = jetstream_options();
    runtime::SystemRandom random_;
    runtime::Metrics metrics_;
    std::vector<std::unique_ptr<Participant>> copies_;
    std::vector<std::unique_ptr<JetStreamBus>> buses_;
};

TEST(Tellers, are_known_from_the_contracts) {
    auto all = tellers();
    EXPECT_EQ(all["orders"], (std::set<std::string>{"order", "stock"}));
    EXPECT_EQ(all["tickets"], (std::set<std::string>{"ticket"}));
    EXPECT_EQ(all["auth"], (std::set<std::string>{"epoch", "key", "link", "session", "user"}));
}

// ---- copies

TEST_F(JetStreamTest, streams_and_consumers_are_declared_by_several_copies_at_once) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    for (int i = 0; i < 3; ++i) {
        auto& listener = copy_of("listener");
        listener.hears<ShopCounted>();
        start({&copy_of("shop"), &listener});
    }
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
}

TEST_F(JetStreamTest, copies_of_a_service_share_the_work_and_each_event_has_its_effect_once) {
    std::atomic<int> by_first = 0, by_second = 0;
    participant("shop");
    participant("listener").hears<ShopCounted>([&](sql::Tx&, const ShopCounted&) { ++by_first; });
    auto& second = copy_of("listener");
    second.hears<ShopCounted>([&](sql::Tx&, const ShopCounted&) { ++by_second; });
    start_all();
    start({&second, &copy_of("shop")});
    for (int i = 0; i < 40; ++i) tell_at_once<ShopCounted>("shop", "e" + std::to_string(i % 7), 25);
    expect_heard("listener", 1000);
    EXPECT_GT(by_first, 0);
    EXPECT_GT(by_second, 0);
}

TEST_F(JetStreamTest, what_a_copy_has_received_when_it_stops_goes_to_another_at_once) {
    options_.ack_wait = 60s;
    participant("shop");
    participant("listener").hears<ShopCounted>();
    auto& second = copy_of("listener");
    second.hears<ShopCounted>();
    auto& leaving = start({&second});
    start_all();
    tell_at_once<ShopCounted>("shop", "a", 500);
    loop_.wait_for(leaving.stop());
    expect_heard("listener", 500);
}

TEST_F(JetStreamTest, slow_listener_is_not_taken_for_a_dead_one) {
    options_.ack_wait = 600ms;
    std::atomic<int> tries = 0;
    participant("shop");
    participant("listener").hears<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        ++tries;
        std::this_thread::sleep_for(1500ms);
    });
    start_all();
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
    expect_stays("listener", 1);
    EXPECT_EQ(tries, 1);
}

// ---- the relay

TEST_F(JetStreamTest, publishes_what_committed_late_before_what_it_has_published) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    auto insert = [&](int position, int version) {
        write("shop",
              "INSERT INTO outbox(position, type, entity_id, version, time, traceparent, data) VALUES (" +
                  std::to_string(position) + ", 'shopping.counted', 'a', " + std::to_string(version) +
                  R"(, 0, '', '{"id":"a","version":)" + std::to_string(version) + "}')");
    };
    insert(10, 2);
    expect_all_published("shop");
    insert(5, 1);  // nobody is woken: it is found
    expect_heard("listener", 2);
}

TEST_F(JetStreamTest, sends_again_what_it_had_published_and_could_not_note) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 30);
    expect_heard("listener", 30);
    expect_all_published("shop");
    stop_buses();
    write("shop", "UPDATE outbox SET generation = NULL, published_at = NULL, claimed_until = 0");
    start_all();
    expect_all_published("shop");
    tell<ShopCounted>("shop", "a", 5);
    expect_heard("listener", 35);
}

TEST_F(JetStreamTest, publishes_what_another_copy_had_claimed_when_it_died) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    tell<ShopCounted>("shop", "a", 3);
    auto claimed = loop_.wait_for(participant("shop").log.claim({}, 2, 500ms));
    ASSERT_EQ(claimed.size(), 2u);
    start_all();
    expect_heard("listener", 3);
}

// ---- a server that is away, or has lost something

TEST_F(JetStreamTest, begins_when_the_server_comes) {
    nats_server().kill();
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 10);
    EXPECT_FALSE(buses_.front()->connected());
    expect_stays("listener", 0);
    EXPECT_EQ(unpublished("shop"), 10);
    nats_server().start();
    expect_heard("listener", 10);
}

TEST_F(JetStreamTest, stands_a_server_that_is_killed_while_events_go_on) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    std::jthread teller{[&] { tell<ShopCounted>("shop", "a", 300); }};
    for (int i = 0; i < 3; ++i) {
        std::this_thread::sleep_for(100ms);
        nats_server().kill();
        nats_server().start();
    }
    teller.join();
    expect_heard("listener", 300);
}

TEST_F(JetStreamTest, notices_a_server_that_stands_still_and_goes_on_when_it_does) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    auto& bus = start({&participant("shop"), &participant("listener")});
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
    nats_server().process().signal(SIGSTOP);
    tell<ShopCounted>("shop", "a", 20);
    eventually([&] { return !bus.connected(); });
    nats_server().process().signal(SIGCONT);
    expect_heard("listener", 21);
}

TEST_F(JetStreamTest, fills_a_server_again_that_has_lost_everything) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell_at_once<ShopCounted>("shop", "a", 600);
    expect_heard("listener", 600);
    nats_server().kill();
    nats_server().wipe();
    tell<ShopCounted>("shop", "a", 10);
    nats_server().start();
    expect_heard("listener", 610);
    participant("late").hears<ShopCounted>();
    start({&participant("late")});
    expect_heard("late", 610);  // all of it is there again
    expect_heard("listener", 610);
}

TEST_F(JetStreamTest, fills_a_server_again_that_was_put_back_to_an_older_state) {
    auto store = nats_server().store();
    auto kept = folder_.path() / "kept";
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
    nats_server().stop();
    std::filesystem::copy(store, kept, std::filesystem::copy_options::recursive);
    nats_server().start();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 40);
    expect_all_published("shop");
    nats_server().kill();
    nats_server().wipe();
    std::filesystem::copy(kept, store, std::filesystem::copy_options::recursive);
    // What was published in the last minutes would be sent again in any case.
    write("shop", "UPDATE outbox SET published_at = 0");
    nats_server().start();
    tell<ShopCounted>("shop", "a", 5);
    expect_heard("listener", 45);
    participant("late").hears<ShopCounted>();
    start({&participant("late")});
    expect_heard("late", 45);
}

TEST_F(JetStreamTest, fills_a_stream_again_that_is_deleted_while_it_is_connected) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
    send("$JS.API.STREAM.DELETE.stagedoor-shop");
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 40);
    participant("late").hears<ShopCounted>();
    start({&participant("late")});
    expect_heard("late", 40);
}

TEST_F(JetStreamTest, declares_a_consumer_again_that_is_deleted) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
    send("$JS.API.CONSUMER.DELETE.stagedoor-shop.listener-shopping");
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 40);
}

TEST_F(JetStreamTest, drops_in_the_inbox_what_comes_twice_after_the_servers_own_window) {
    options_.duplicate_window = 100ms;
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
    expect_all_published("shop");
    stop_buses();
    std::this_thread::sleep_for(300ms);
    write("shop", "UPDATE outbox SET generation = NULL, published_at = NULL, claimed_until = 0");
    start_all();
    expect_all_published("shop");
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 21);
    eventually([&] {
        return metrics_.to_text().find("stagedoor_bus_pending{entity=\"shopping\",service=\"listener\"} 0") !=
               std::string::npos;
    });
    expect_stays("listener", 21);
}

// ---- what is not ours, and who is not let in

TEST_F(JetStreamTest, leaves_out_what_is_no_event_and_goes_on) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
    send("shopping.counted", "hello");
    send("shopping.counted",
         R"({"id":"x","type":"move.done","time":"2026-05-01T00:00:00.000Z","source":"shop",)"
         R"("entityId":"a","version":2,"data":{}})");
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 2);
    eventually([&] {
        return metrics_.to_text().find(
                   "stagedoor_bus_unreadable_total{entity=\"shopping\",service=\"listener\"} 2") !=
               std::string::npos;
    });
}

TEST_F(JetStreamTest, is_not_connected_with_a_wrong_password) {
    participant("shop");
    options_.servers = "nats://stagedoor:wrong@127.0.0.1:" + std::to_string(nats_server().port());
    auto& bus = start({&participant("shop")});
    std::this_thread::sleep_for(500ms);
    EXPECT_FALSE(bus.connected());
}

TEST_F(JetStreamTest, takes_user_and_password_apart_from_the_address_and_goes_to_the_server_that_is_there) {
    auto url = nats_server().url();
    auto at = url.find('@');
    options_.user = "stagedoor";
    options_.password = url.substr(url.rfind(':', at) + 1, at - url.rfind(':', at) - 1);
    options_.servers =
        "nats://127.0.0.1:" + std::to_string(local::free_port()) + ",nats://" + url.substr(at + 1);
    auto& bus = start({&participant("shop")});
    eventually([&] { return bus.connected(); });
}

// ---- a cluster

TEST_F(JetStreamTest, goes_on_when_one_of_a_cluster_of_three_dies) {
    std::vector<local::ClusterMember> members;
    for (auto name : {"a", "b", "c"}) members.push_back({name, local::free_port()});
    std::vector<std::unique_ptr<local::NatsServer>> servers;
    options_.servers.clear();
    for (std::size_t i = 0; i < members.size(); ++i) {
        servers.push_back(std::make_unique<local::NatsServer>(
            folder_.path() / members[i].name, local::NatsServer::Options{.cluster = members, .member = i}));
        options_.servers += (i > 0 ? "," : "") + servers.back()->url();
        servers.back()->start();
    }
    options_.replicas = 3;
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 50);
    expect_heard("listener", 50);
    servers.front()->kill();
    tell<ShopCounted>("shop", "a", 50);
    eventually([&] { return count("listener") == 100; }, 60s);
    servers.front()->start();
    tell<ShopCounted>("shop", "a", 50);
    eventually([&] { return count("listener") == 150; }, 60s);
    expect_heard("listener", 150);
    stop();
}

// ---- TLS, with a CA of our own

class JetStreamTls : public JetStreamTest {
  protected:
    JetStreamTls() {
        openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", file("ca.key"), "-out",
                 file("ca.pem"), "-days", "2", "-subj", "/CN=Stagedoor tests"});
        sign("server", "subjectAltName=DNS:localhost,IP:127.0.0.1");
        sign("client", "subjectAltName=DNS:stagedoor");
        std::ofstream{file("nats.conf")} << "listen: 127.0.0.1:" << port_ << "\njetstream { store_dir: \""
                                         << file("store") << "\" }\ntls { cert_file: \"" << file("server.pem")
                                         << "\", key_file: \"" << file("server.key") << "\", ca_file: \""
                                         << file("ca.pem") << "\", verify: true }\n";
        server_ = std::make_unique<local::Process>("/usr/sbin/nats-server",
                                                   std::vector<std::string>{"-c", file("nats.conf")},
                                                   local::Variables{}, folder_.path());
        options_.servers = "tls://localhost:" + std::to_string(port_);
        options_.ca_file = file("ca.pem");
        options_.certificate_file = file("client.pem");
        options_.key_file = file("client.key");
    }
    ~JetStreamTls() override { stop(); }

    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }
    static void openssl(const std::vector<std::string>& words) {
        auto ended = local::run("/usr/bin/openssl", words);
        ASSERT_EQ(ended.exit.code, 0) << ended.errors;
    }
    void sign(const std::string& name, const std::string& extension) const {
        std::ofstream{file(name + ".ext")} << extension << "\n";
        openssl({"req", "-newkey", "rsa:2048", "-nodes", "-keyout", file(name + ".key"), "-out",
                 file(name + ".csr"), "-subj", "/CN=" + name});
        openssl({"x509", "-req", "-in", file(name + ".csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
                 "-CAcreateserial", "-out", file(name + ".pem"), "-days", "2", "-extfile",
                 file(name + ".ext")});
    }

    std::uint16_t port_ = local::free_port();
    std::unique_ptr<local::Process> server_;
};

TEST_F(JetStreamTls, carries_events_when_both_sides_show_who_they_are) {
    participant("shop");
    participant("listener").hears<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 10);
    expect_heard("listener", 10);
}

TEST_F(JetStreamTls, does_not_connect_without_a_certificate_or_to_one_that_nobody_vouches_for) {
    auto right = options_;
    participant("shop");
    options_.certificate_file = options_.key_file = "";
    auto& nobody = start({&participant("shop")});
    options_ = right;
    options_.ca_file = file("client.pem");
    auto& distrustful = start({&copy_of("shop")});
    std::this_thread::sleep_for(1s);
    EXPECT_FALSE(nobody.connected());
    EXPECT_FALSE(distrustful.connected());
}

}  // namespace
}  // namespace stagedoor::bus

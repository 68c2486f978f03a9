// Measures what a long history costs: writes beside a large outbox, moving it to segments, and a new service
// that reads all of it. One database in a folder, as in the one process.
//
//   build/bin/stagedoor-history --events 10000000 --folder build/measured/history
#include <fmt/format.h>
#include <sodium.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <iostream>
#include <numeric>

#include "common/bus/embedded/bus.hpp"
#include "common/history/folder_storage.hpp"
#include "common/messaging/archiver.hpp"
#include "common/messaging/inbox.hpp"
#include "common/messaging/outbox_log.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor {
namespace {

using namespace std::chrono_literals;
using Stopwatch = std::chrono::steady_clock;

constexpr std::int64_t events_per_order = 3;
constexpr int writers = 32, rounds = 5;

struct OrderChanged {
    static constexpr std::string_view subject = "order.created", source = "orders";
    std::string id;
    std::string data;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(OrderChanged, (), (id, data, version))

double seconds_since(Stopwatch::time_point start) {
    return std::chrono::duration<double>(Stopwatch::now() - start).count();
}

// As long as an event of an order with one item, and not more compressible: half of it are ids.
std::string some_data(runtime::Random& random) { return random.hex(70) + std::string(140, 'x'); }

class Measurement {
  public:
    Measurement(std::int64_t events, std::filesystem::path folder, std::int64_t seconds)
        : events_(events), seconds_(seconds), folder_(std::move(folder)) {
        for (auto* db : {orders_.get(), short_.get()}) {
            db->migrate(outbox::migrations());
            write(*db, [](sql::Tx& tx) {
                tx.execute("CREATE TABLE stock (id BIGINT PRIMARY KEY, held BIGINT NOT NULL)");
                tx.execute("INSERT INTO stock VALUES (1, 0)");
            });
        }
    }
    ~Measurement() {
        orders_->close();
        short_->close();
    }

    void run() {
        fill();
        compare(fmt::format("{} rows", events_));
        auto moving = start_archiver();
        compare(fmt::format("{} rows, which move", events_));
        finish(std::move(moving));
        compare("all events moved");
        catch_up();
    }

  private:
    std::unique_ptr<sql::Database> open(const std::string& name) {
        return sql::open_sqlite({.path = (folder_ / (name + ".db")).string(), .name = name}, *clock_);
    }
    template <class F>
    void write(sql::Database& db, F fn) {
        loop_.wait_for(db.write(std::move(fn)));
    }

    void fill() {
        auto start = Stopwatch::now();
        runtime::SystemRandom random;
        for (std::int64_t done = 0; done < events_;) {
            std::vector<OrderChanged> batch;
            for (; done < events_ && batch.size() < 6000; ++done) {
                batch.push_back({fmt::format("019b76da-c742-7000-8000-{:012x}", done / events_per_order),
                                 some_data(random), 1 + done % events_per_order});
            }
            write(*orders_, [&](sql::Tx& tx) { outbox::publish_all(tx, batch); });
        }
        fmt::print("filled with {} events in {:.0f} s\n", events_, seconds_since(start));
    }

    struct Figures {
        double rate = 0, p50 = 0, p99 = 0;
    };

    // With this outbox and with a short one in turn, since the machine has other things to do.
    void compare(const std::string& what) {
        std::vector<Figures> here, there;
        for (int i = 0; i < rounds; ++i) {
            there.push_back(measure(*short_));
            here.push_back(measure(*orders_));
        }
        print("a short outbox", median(there));
        print(what, median(here));
        fmt::print("p99: {:.2f} times\n", median(here).p99 / median(there).p99);
        std::cout << std::flush;
    }
    static void print(const std::string& what, const Figures& figures) {
        fmt::print("holds with {}: {:.0f}/s, p50 {:.2f} ms, p99 {:.2f} ms\n", what, figures.rate, figures.p50,
                   figures.p99);
    }
    static Figures median(std::vector<Figures> all) {
        auto middle = [&](double Figures::* member) {
            std::ranges::sort(all, {}, member);
            return all.at(all.size() / 2).*member;
        };
        return {middle(&Figures::rate), middle(&Figures::p50), middle(&Figures::p99)};
    }

    Figures measure(sql::Database& db) {
        std::vector<std::future<std::vector<double>>> running;
        auto end = Stopwatch::now() + std::chrono::seconds{seconds_};
        for (int i = 0; i < writers; ++i) running.push_back(loop_.start(hold_until(db, end)));
        std::vector<double> all;
        for (auto& each : running) {
            auto own = each.get();
            all.insert(all.end(), own.begin(), own.end());
        }
        std::ranges::sort(all);
        auto at = [&](double share) {
            return all.at(static_cast<std::size_t>(share * static_cast<double>(all.size() - 1)));
        };
        return {static_cast<double>(all.size()) / static_cast<double>(seconds_), at(0.5), at(0.99)};
    }

    // As a hold does: an update of a hot row, an event, a commit.
    Task<std::vector<double>> hold_until(sql::Database& db, Stopwatch::time_point end) {
        std::vector<double> milliseconds;
        while (Stopwatch::now() < end) {
            auto start = Stopwatch::now();
            auto id = fmt::format("hold-{}", ++holds_);
            co_await db.write([&](sql::Tx& tx) {
                tx.execute("UPDATE stock SET held = held + 1 WHERE id = 1");
                outbox::publish(tx, OrderChanged{id, std::string(280, 'x'), 1});
            });
            milliseconds.push_back(seconds_since(start) * 1000);
        }
        co_return milliseconds;
    }

    struct Moving {
        Stopwatch::time_point start;
        std::future<void> done;
    };
    Moving start_archiver() {
        archiver_ = std::make_unique<outbox::Archiver>("orders", *orders_, storage_, random_,
                                                       outbox::Archiver::make_counter(metrics_, "orders"),
                                                       outbox::ArchiveOptions{.age = 1ms});
        return {Stopwatch::now(), background_.start(move_all())};
    }
    // With the rests of the host's worker.
    Task<> move_all() {
        for (auto start = Stopwatch::now(); co_await archiver_->step() == outbox::Archiver::Result::more;
             start = Stopwatch::now()) {
            if (rests_)
                co_await runtime::sleep_for(*clock_, outbox::pause_after_step(Stopwatch::now() - start));
        }
    }
    void finish(Moving moving) {
        rests_ = false;
        moving.done.get();
        std::uintmax_t bytes = 0;
        for (const auto& each : std::filesystem::recursive_directory_iterator{folder_ / "history"}) {
            if (each.is_regular_file()) bytes += each.file_size();
        }
        fmt::print("moved in {:.0f} s; {:.1f} MiB of segments\n", seconds_since(moving.start),
                   double(bytes) / (1 << 20));
    }

    // A new service applies the whole history.
    void catch_up() {
        std::shared_ptr<sql::Database> fresh = open("new");
        auto migrations = outbox::migrations();
        for (auto& each : messaging::Inbox::migrations()) migrations.push_back(std::move(each));
        migrations.push_back(
            {"test", 1, "CREATE TABLE orders (id TEXT PRIMARY KEY, version BIGINT NOT NULL)"});
        fresh->migrate(migrations);
        messaging::ReadYourWrites read_your_writes{*clock_};
        messaging::Inbox inbox{"new", *fresh, *clock_, metrics_, read_your_writes};
        inbox.on<OrderChanged>([](sql::Tx& tx, const OrderChanged& event) {
            tx.send("INSERT INTO orders VALUES ($1, $2) ON CONFLICT (id) DO UPDATE SET version = $2",
                    event.id, event.version);
        });
        outbox::Log log{"orders", *orders_, &storage_};
        auto newest = loop_.wait_for(orders_->read([](sql::Tx& tx) { return outbox::newest_position(tx); }));
        bus::EmbeddedBus bus{*clock_, metrics_};
        bus.publish_from(log);
        bus.deliver_to(inbox);
        auto start = Stopwatch::now();
        bus.start(background_.executor());
        while (loop_.wait_for(inbox.position("orders")) < newest) std::this_thread::sleep_for(20ms);
        auto took = seconds_since(start);
        fmt::print("a new service applied {} events in {:.0f} s: {:.0f}/s\n", newest, took,
                   double(newest) / took);
        loop_.wait_for(bus.stop());
        fresh->close();
    }

    const std::int64_t events_, seconds_;
    const std::filesystem::path folder_;
    runtime::SystemRandom random_;
    runtime::Metrics metrics_;
    runtime::EventLoopThread loop_, background_;
    std::unique_ptr<runtime::Clock> clock_ = runtime::make_system_clock(background_.executor());
    history::FolderStorage storage_{folder_ / "history"};
    std::unique_ptr<sql::Database> orders_ = open("orders"), short_ = open("short");
    std::unique_ptr<outbox::Archiver> archiver_;
    std::atomic<bool> rests_ = true;
    std::int64_t holds_ = 0;
};

}  // namespace
}  // namespace stagedoor

int main(int argc, char** argv) {
    CLI::App app{"Measures what a long history costs"};
    std::int64_t events = 1'000'000, seconds = 10;
    std::string folder = "build/measured/history";
    app.add_option("--events", events, "in the outbox");
    app.add_option("--seconds", seconds, "per figure");
    app.add_option("--folder", folder, "for databases and segments; emptied first");
    CLI11_PARSE(app, argc, argv);
    if (sodium_init() < 0) return 1;
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    stagedoor::Measurement{events, folder, seconds}.run();
    return 0;
}

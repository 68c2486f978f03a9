// Services as a bus sees them: a database with an outbox and an inbox, and nothing else.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/history/folder_storage.hpp"
#include "common/messaging/archiver.hpp"
#include "common/messaging/inbox.hpp"
#include "common/messaging/outbox_log.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::bus::testing {

using ::stagedoor::runtime::EventLoopThread;
using ::stagedoor::runtime::TemporaryFolder;
using ::stagedoor::testing::eventually;

struct Counted {
    std::string id;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(Counted, (), (id, version))
struct ShopCounted : Counted {
    static constexpr std::string_view subject = "cart.counted", source = "shop";
};
BOOST_DESCRIBE_STRUCT(ShopCounted, (Counted), ())
struct ShopClosed : Counted {
    static constexpr std::string_view subject = "cart.closed", source = "shop";
};
BOOST_DESCRIBE_STRUCT(ShopClosed, (Counted), ())
struct ShopMoved : Counted {
    static constexpr std::string_view subject = "move.done", source = "shop";
};
BOOST_DESCRIBE_STRUCT(ShopMoved, (Counted), ())
struct StoreCounted : Counted {
    static constexpr std::string_view subject = "shelf.counted", source = "store";
};
BOOST_DESCRIBE_STRUCT(StoreCounted, (Counted), ())

// Publishes the entity's next version.
template <class E>
void publish_next(sql::Tx& tx, const std::string& id) {
    auto version = tx.find<std::int64_t>(
        "INSERT INTO counts(kind, id, version) VALUES ($1, $2, 1)"
        " ON CONFLICT (kind, id) DO UPDATE SET version = counts.version + 1 RETURNING version",
        contracts::entity_of(E::subject), id);
    outbox::publish(tx, E{{id, version.value()}});
}

struct Received {
    std::string type, id;
    std::int64_t version = 0;
    auto operator<=>(const Received&) const = default;
};
BOOST_DESCRIBE_STRUCT(Received, (), (type, id, version))

struct Participant {
    // Another replica of the service, on the same database.
    Participant(const Participant& first, runtime::Clock& clock)
        : name(first.name),
          read_your_writes(clock),
          db(first.db),
          folder(first.folder),
          log(name, *db, folder.get()),
          inbox(name, *db, clock, metrics, read_your_writes) {}
    Participant(std::string service, const std::string& file, runtime::Clock& clock)
        : name(service),
          read_your_writes(clock),
          db(sql::open_sqlite({.path = file, .name = service}, clock)),
          folder(std::make_shared<history::FolderStorage>(file + ".history")),
          log(service, *db, folder.get()),
          inbox(service, *db, clock, metrics, read_your_writes) {
        auto migrations = outbox::migrations();
        for (auto& each : messaging::Inbox::migrations()) migrations.push_back(std::move(each));
        migrations.push_back({"test", 1, R"(
            CREATE TABLE counts (
                kind TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL, PRIMARY KEY (kind, id));
            CREATE TABLE received (
                position BIGSERIAL PRIMARY KEY,
                type TEXT NOT NULL, id TEXT NOT NULL, version BIGINT NOT NULL);)"});
        db->migrate(migrations);
    }

    // Records every E it receives; `then` may throw or publish further events.
    template <class E>
    void receives(std::function<void(sql::Tx&, const E&)> then = nullptr) {
        inbox.on<E>([then](sql::Tx& tx, const E& event) {
            tx.execute("INSERT INTO received(type, id, version) VALUES ($1, $2, $3)", E::subject, event.id,
                       event.version);
            if (then) then(tx, event);
        });
    }

    // The same with a database that fails while `broken`.
    template <class E>
    void receives_unless(const std::atomic<bool>& broken) {
        receives<E>([&broken](sql::Tx&, const E&) {
            if (broken) throw sql::DatabaseError("disk full");
        });
    }

    std::string name;
    runtime::Metrics metrics;
    messaging::ReadYourWrites read_your_writes;
    std::shared_ptr<sql::Database> db;
    std::shared_ptr<history::FolderStorage> folder;  // of old events
    outbox::Log log;
    runtime::SystemRandom random;
    outbox::Archiver archiver{name,
                              *db,
                              *folder,
                              random,
                              outbox::Archiver::make_counter(metrics, name),
                              {.age = std::chrono::milliseconds{1}, .max_events = 100}};
    messaging::Inbox inbox;
};

class ServicesTest : public ::testing::Test {
  protected:
    Participant& participant(const std::string& name) {
        auto& found = participants_[name];
        if (!found) found = std::make_unique<Participant>(name, folder_.file(name + ".db"), *clock_);
        return *found;
    }
    void close() {
        for (auto& [name, each] : participants_) each->db->close();
        participants_.clear();
    }

    template <class E>
    void publish(const std::string& publisher, const std::string& id, int times = 1) {
        for (int i = 0; i < times; ++i) {
            loop_.wait_for(participant(publisher).db->write([&](sql::Tx& tx) { publish_next<E>(tx, id); }));
        }
    }
    // All in one transaction.
    template <class E>
    void publish_batch(const std::string& publisher, const std::string& id, int times) {
        loop_.wait_for(participant(publisher).db->write([&](sql::Tx& tx) {
            for (int i = 0; i < times; ++i) publish_next<E>(tx, id);
        }));
    }

    // All events but the newest, a hundred to a segment.
    void move_old_events(const std::string& publisher) {
        auto& archiver = participant(publisher).archiver;
        loop_.wait_for(runtime::sleep_for(*clock_, std::chrono::milliseconds{5}));
        while (loop_.wait_for(archiver.step()) == outbox::Archiver::Result::more) {
        }
    }

    std::int64_t count(const std::string& subscriber,
                       std::string statement = "SELECT count(*) FROM received") {
        return loop_.wait_for(participant(subscriber).db->read([&](sql::Tx& tx) {
            return tx.find<std::int64_t>(statement).value();
        }));
    }
    std::vector<Received> received(const std::string& subscriber) {
        return loop_.wait_for(participant(subscriber).db->read([](sql::Tx& tx) {
            return tx.query<Received>("SELECT type, id, version FROM received ORDER BY position");
        }));
    }
    void expect_received(const std::string& subscriber, std::int64_t events) {
        eventually([&] { return count(subscriber) >= events; }, std::chrono::seconds{30});
        EXPECT_EQ(count(subscriber), events) << subscriber;
        EXPECT_EQ(count(subscriber, "SELECT count(*) FROM parked"), 0) << subscriber;
        expect_once_and_in_order(subscriber);
    }
    void expect_once_and_in_order(const std::string& subscriber) {
        std::map<std::pair<std::string, std::string>, std::int64_t> known;
        for (const auto& [type, id, version] : received(subscriber)) {
            auto& before = known[{std::string{contracts::entity_of(type)}, id}];
            EXPECT_EQ(version, before + 1) << subscriber << " " << type << " " << id;
            before = version;
        }
    }
    // Nothing more arrives within 150 ms, which is long compared with a delivery.
    void expect_stays(const std::string& subscriber, std::int64_t events) {
        for (auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds{150};
             std::chrono::steady_clock::now() < end;) {
            ASSERT_EQ(count(subscriber), events) << subscriber;
        }
    }

    TemporaryFolder folder_;
    EventLoopThread loop_;
    std::unique_ptr<runtime::Clock> clock_ = runtime::make_system_clock(loop_.executor());
    // For handlers. They run until the fixture has stopped the bus, when a test's own variables are gone.
    std::atomic<bool> broken_ = true;
    std::atomic<int> tries_ = 0;
    std::map<std::string, std::unique_ptr<Participant>> participants_;
};

}  // namespace stagedoor::bus::testing

// A small example service, built like the real ones, on a host.
#include "common/service/service.hpp"

#include <gtest/gtest.h>

#include <set>

#include "common/http/routing/cursor.hpp"
#include "common/idempotency/idempotent.hpp"
#include "common/messaging/outbox.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor {
namespace {

using testing::ServiceTest;

struct NewNote {
    json::Text<1, 20> text;
    Money price;
};
BOOST_DESCRIBE_STRUCT(NewNote, (), (text, price))
struct Note {
    std::string id, text;
    Money price;
    std::int64_t version = 0;
};
BOOST_DESCRIBE_STRUCT(Note, (), (id, text, price, version))
struct Paging {
    std::optional<json::Whole<1, 100>> limit;
    std::optional<std::string> after;
};
BOOST_DESCRIBE_STRUCT(Paging, (), (limit, after))

struct NoteWritten {
    static constexpr std::string_view subject = "note.written", source = "notes";
    std::string id;
    std::int64_t version = 1;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(NoteWritten, (), (id, version))
struct NoteRead {
    static constexpr std::string_view subject = "note.read", source = "readers";
    std::string id;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id; }
};
BOOST_DESCRIBE_STRUCT(NoteRead, (), (id, version))

struct App {
    sql::Database& db;
    runtime::Clock& clock;
    runtime::Random& random;
};

Task<http::Created<Note>> write_note(App& app, http::SignedIn, http::Body<NewNote> request) {
    auto id = runtime::new_uuid(app.random, app.clock.now());
    auto note = co_await idempotent(app.db, request.key, [&](sql::Tx& tx) {
        Note made{id, request->text, request->price, 1};
        tx.execute("INSERT INTO notes(id, text, minor, currency, version) VALUES ($1, $2, $3, $4, 1)",
                   made.id, made.text, made.price.minor, made.price.currency);
        outbox::publish(tx, NoteWritten{made.id, 1});
        return made;
    });
    co_return http::Created{std::move(note)};
}

Task<http::Ok<Note>> show_note(App& app, http::Path<std::string> id) {
    auto note = co_await app.db.read([&](sql::Tx& tx) {
        return tx.find<Note>("SELECT id, text, minor, currency, version FROM notes WHERE id = $1", *id);
    });
    if (!note) throw NotFound("No such note"_text);
    co_return http::Ok{std::move(*note)};
}

Task<http::Page<Note>> list_notes(App& app, http::Query<Paging> query) {
    auto after = query->after ? http::Cursor::parse(*query->after, "notes").id : "";
    auto limit = query->limit ? query->limit->value : 50;
    auto notes = co_await app.db.read([&](sql::Tx& tx) {
        return tx.query<Note>(
            "SELECT id, text, minor, currency, version FROM notes WHERE id > $1 ORDER BY id LIMIT $2", after,
            limit + 1);
    });
    std::optional<std::string> next;
    if (notes.size() > static_cast<std::size_t>(limit)) {
        notes.pop_back();
        next = http::Cursor{0, notes.back().id}.to_text("notes");
    }
    co_return http::Page<Note>{std::move(notes), std::move(next)};
}

Task<http::NoContent> delete_note(App& app, http::SignedIn, http::Path<std::string> id, http::IfMatch match) {
    co_await app.db.write([&](sql::Tx& tx) {
        auto version = tx.find<std::int64_t>("SELECT version FROM notes WHERE id = $1", *id).value_or(0);
        if (!match.allows(version)) throw PreconditionFailed("Stale"_text);
        tx.execute("DELETE FROM notes WHERE id = $1", *id);
    });
    co_return http::NoContent{};
}

Task<http::Response> page(App&, http::Context&) { co_return http::Response{200, {}, "<h1>Notes</h1>"}; }

void note_read(sql::Tx& tx, const NoteRead& event) {
    tx.execute("UPDATE notes SET text = text || '!' WHERE id = $1", event.id);
}

Service make_notes(ServiceDeps deps) {
    return service("notes", deps, std::make_shared<App>(App{deps.db, deps.clock, deps.random}))
        .get("/api/notes", list_notes)
        .get("/api/notes/:id", show_note)
        .post("/api/notes", write_note)
        .delete_("/api/notes/:id", delete_note, {ErrorKind::conflict})
        .get("/notes", page)
        .on<NoteRead>(note_read)
        .follow_sessions()
        .migrations({{"notes", 1,
                      R"(CREATE TABLE notes (id TEXT PRIMARY KEY, text TEXT NOT NULL, minor BIGINT NOT NULL,
                                             currency TEXT NOT NULL, version BIGINT NOT NULL);)"}})
        .build();
}

const auto hello = R"({"text":" hello ","price":19.99})";

TEST(Service, lists_every_route_of_its_api_once_in_its_openapi_document) {
    ServiceTest notes{make_notes};
    auto document = json::parse(notes.get("/api/openapi.json").body).value();
    std::multiset<std::string> listed;
    std::set<std::string> ids;
    for (const auto& [path, methods] : *document["paths"].object()) {
        for (const auto& [method, operation] : *methods.object()) {
            listed.insert(method + " " + path);
            ids.insert(*operation["operationId"].string());
        }
    }
    EXPECT_EQ(listed, (std::multiset<std::string>{"delete /api/notes/{id}", "get /api/notes",
                                                  "get /api/notes/{id}", "post /api/notes"}));
    EXPECT_EQ(ids.size(), listed.size());
}

TEST(Service, derives_responses_from_the_types_of_its_routes) {
    ServiceTest notes{make_notes};
    auto written = notes.as("writer").post("/api/notes", hello);
    written.expect(201, R"("text":"hello","price":19.99,"currency":"USD","version":1)");
    notes.get("/api/notes/" + written.at("id")).expect(200, "hello");
    notes.get("/api/notes/other").expect(404, "No such note");
    notes.post("/api/notes", hello).expect(401);
    notes.as("writer").post("/api/notes", "{}").expect(400).expect_field("text").expect_field("price");
    notes.as("writer").with("Content-Type", "text/plain").post("/api/notes", hello).expect(415);
    notes.as("writer").with("If-Match", "\"2\"").delete_("/api/notes/" + written.at("id")).expect(412);
    notes.as("writer").with("If-Match", "\"1\"").delete_("/api/notes/" + written.at("id")).expect(204);
    EXPECT_EQ(notes.get("/notes").body, "<h1>Notes</h1>");
    notes.get("/nothing").expect(404, "errors");
    notes.nobody().put("/api/notes", "{}").expect(405);
}

TEST(Service, checks_sign_in_before_the_body) {
    ServiceTest notes{make_notes};
    notes.post("/api/notes", "{").expect(401);
}

TEST(Service, lists_everything_when_following_its_links) {
    ServiceTest notes{make_notes};
    std::set<std::string> written, seen;
    for (int i = 0; i < 7; ++i) written.insert(notes.as("writer").post("/api/notes", hello).at("id"));
    std::string target = "/api/notes?limit=3";
    for (int pages = 1; !target.empty(); ++pages) {
        ASSERT_LE(pages, 3);
        auto page_of = notes.get(target);
        for (std::size_t i = 0; i < page_of.json().array()->size(); ++i)
            seen.insert(page_of.at("[" + std::to_string(i) + "].id"));
        auto link = std::string{page_of.headers["Link"]};
        target = link.empty() ? "" : link.substr(1, link.find('>') - 1);
    }
    EXPECT_EQ(seen, written);
    notes.get("/api/notes?after=nonsense").expect(400).expect_field("after");
    notes.get("/api/notes?after=" + http::Cursor{0, "x"}.to_text("others")).expect(400).expect_field("after");
}

TEST(Service, publishes_once_per_idempotency_key) {
    ServiceTest notes{make_notes};
    auto writer = notes.as("writer").with("Idempotency-Key", "k");
    auto first = writer.post("/api/notes", hello);
    auto again = writer.post("/api/notes", hello);
    EXPECT_EQ(first.body, again.body);
    EXPECT_EQ(again.status, 201);
    writer.post("/api/notes", R"({"text":"other","price":1})").expect(422);
    EXPECT_EQ(notes.published<NoteWritten>().size(), 1u);
    EXPECT_EQ(notes.number("SELECT count(*) FROM notes"), 1);
}

TEST(Service, handles_each_event_once) {
    ServiceTest notes{make_notes};
    auto id = notes.as("writer").post("/api/notes", hello).at("id");
    notes.receives(NoteRead{id, 1}, NoteRead{id, 1}, NoteRead{id, 2});
    notes.get("/api/notes/" + id).expect(200, "hello!!");
}

TEST(Service, rejects_revoked_sessions) {
    ServiceTest notes{make_notes};
    auto writer = notes.as("writer");
    writer.post("/api/notes", hello).expect(201);
    notes.receives(contracts::SessionRevoked{SessionId{"session of writer"}, UserId{"writer"},
                                             notes.clock.now() + std::chrono::hours{24}, 1});
    writer.post("/api/notes", hello).expect(401);
}

TEST(Host, responds_to_probes) {
    ServiceTest notes{make_notes};
    notes.get("/healthz").expect(200, "alive");
    notes.get("/readyz").expect(200, "ready");
    notes.get("/metrics").expect(404);
    notes.admin_get("/metrics").expect(200, "stagedoor_http_requests_total");
    notes.host().set_draining();
    notes.get("/readyz").expect(503);
    notes.get("/healthz").expect(200);  // still alive
}

int close_count = 0;

TEST(Host, closes_its_services_once) {
    close_count = 0;
    {
        ServiceTest test{[](ServiceDeps deps) {
            return service("closing", deps, std::make_shared<App>(App{deps.db, deps.clock, deps.random}))
                .on_close([](App&) { ++close_count; })
                .build();
        }};
        EXPECT_EQ(close_count, 0);
    }
    EXPECT_EQ(close_count, 1);
}

TEST(Host, names_a_service_that_is_not_ready_when_waiting_stops) {
    runtime::EventLoopThread loop;
    runtime::TemporaryFolder folder;
    runtime::SystemRandom random;
    runtime::Metrics metrics;
    auto clock = runtime::make_system_clock(loop.executor());
    bus::EmbeddedBus bus{*clock, metrics};
    auto outbound = outbound::make_transport();
    Host host{HostParts{*clock, random, metrics, bus, loop.executor(), Settings{{}, {{"notes", {}}}},
                        [&](const std::string&, const std::string& name) {
                            return sql::open_sqlite({.path = folder.file(name + ".db"), .name = name},
                                                    *clock);
                        },
                        *outbound},
              {{"notes", make_notes}}};
    int polls = 0;
    EXPECT_EQ(loop.wait_for(host.wait_until_ready([&] { return ++polls == 3; })), "notes");
    EXPECT_EQ(polls, 3);
    host.close();
}

TEST(Host, is_not_ready_when_a_database_is_not_responding) {
    ServiceTest notes{make_notes};
    notes.database().close();
    notes.get("/readyz").expect(503, "notes");
    notes.get("/healthz").expect(200);
}

TEST(Host, says_that_a_database_cannot_be_written) {
    if (testing::is_postgres_wanted()) GTEST_SKIP() << "uses a pragma of SQLite";
    ServiceTest notes{make_notes};
    notes.get("/readyz").expect(200);
    notes.write([](sql::Tx& tx) { tx.execute("PRAGMA query_only = ON"); });
    notes.clock.advance(std::chrono::seconds{5});
    notes.get("/readyz").expect(503, "The database of notes is read-only");
    notes.get("/readyz").expect(200, "ready");  // over another connection
}

}  // namespace
}  // namespace stagedoor

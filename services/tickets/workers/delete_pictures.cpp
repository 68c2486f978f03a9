#include "common/pictures/protocol.hpp"
#include "services/tickets/store/pictures.hpp"
#include "services/tickets/workers/workers.hpp"

namespace stagedoor::tickets::workers {
namespace {

constexpr std::int64_t pictures_at_once = 20;

}  // namespace

// First marked, so that no listing takes it any more; then its files; the row at last. After a crash at any
// point, what is marked is found again, and removing a file twice does no harm.
Task<std::optional<Instant>> delete_pictures(App& app) {
    auto before = app.clock.now() - app.settings.unused_pictures_kept_for;
    auto unused = co_await app.db.read(
        [&](sql::Tx& tx) { return store::unused_pictures(tx, before, pictures_at_once); });
    for (const auto& id : unused)
        co_await app.db.write([&](sql::Tx& tx) { store::mark_if_unused(tx, id, before); });
    auto marked =
        co_await app.db.read([](sql::Tx& tx) { return store::marked_pictures(tx, pictures_at_once); });
    for (const auto& picture : marked) {
        if (app.picture_deletion.stop_requested()) co_return std::nullopt;
        for (auto file : pictures::protocol::picture_files)
            co_await app.picture_store->remove(picture.id + "/" + std::string{file});
        co_await app.db.write([&](sql::Tx& tx) { store::remove_picture(tx, picture); });
    }
    if (std::ssize(marked) == pictures_at_once) co_return app.clock.now();
    co_return std::nullopt;
}

}  // namespace stagedoor::tickets::workers

// POST /api/tickets/pictures
//
// Uploads a picture for a listing: JPEG, PNG or WebP, up to 10 MiB. A picture that is on no listing and
// wasn't put on one for 31 days is deleted.
//   201  its id, for `picture` of a listing, and its size
//   400  not a picture that can be read, or there is nowhere to keep pictures
//   401  not signed in
//   403  the seller's address is not confirmed, where it must be
//   413  larger than 10 MiB
//   429  too many pictures by this seller within an hour
//   503  too many uploads at once, or the picture store fails
#include "common/pictures/renderer.hpp"
#include "common/security/rate_limit.hpp"
#include "services/tickets/picture_files.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/pictures.hpp"

namespace stagedoor::tickets::routes {
namespace {

constexpr security::RateLimit pictures_of_seller{
    .name = "pictures by seller", .max_attempts = 30, .window = std::chrono::hours{1}};

// Returns how the store has failed, if it has.
Task<std::optional<Unavailable>> put_files(pictures::Store& store, std::string id,
                                           std::vector<pictures::File> files) {
    try {
        for (auto& file : files) co_await store.put(id + "/" + file.name, std::move(file.bytes));
        co_return std::nullopt;
    } catch (const Unavailable& failure) {
        co_return failure;
    }
}

}  // namespace

Task<http::Created<UploadedPicture>> upload_picture(App& app, http::SignedIn seller, http::Upload upload) {
    if (app.needs_confirmed_emails) security::require_confirmed(seller.claims);
    if (!app.picture_store || !app.renderer) throw Invalid("Pictures can't be uploaded here"_text, "picture");
    if (app.rate_limits) {
        co_await app.db.write(
            [&](sql::Tx& tx) { security::count_attempt(tx, pictures_of_seller, seller.id.text); });
    }
    auto rendition = co_await app.renderer->resize(std::move(upload.bytes));
    if (!rendition) throw Invalid("This picture can't be read. Choose a JPEG, PNG or WebP"_text, "picture");
    UploadedPicture picture{runtime::new_uuid(app.random, app.clock.now(), app.cell_of_new_ids),
                            rendition->width, rendition->height};
    // After a crash in between, the row is deleted like an unused one, with what there is of its files.
    co_await app.db.write([&](sql::Tx& tx) { store::add_picture(tx, seller.id, picture); });
    auto failure = co_await put_files(*app.picture_store, picture.id, std::move(rendition->files));
    auto is_finished = co_await app.db.write([&](sql::Tx& tx) {
        if (!failure) return store::finish_picture(tx, seller.id, picture);
        store::abandon_picture(tx, seller.id, picture);
        return false;
    });
    if (!is_finished) {
        app.picture_deletion.wake();
        throw failure.value_or(Unavailable("This isn't possible right now. Please try again"_text));
    }
    co_return http::Created{std::move(picture)};
}

}  // namespace stagedoor::tickets::routes

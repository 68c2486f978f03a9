// GET /api/tickets/pictures/:id/:file
//
// A file of a seller's picture: 480 or 1200 pixels wide at most, as .avif, .webp or .jpg; preview.jpg is
// 1200 × 630, for previews of links.
//   200  the file, to be kept for a year
//   404  no such picture or file
#include "services/tickets/picture_files.hpp"
#include "services/tickets/routes/routes.hpp"
#include "services/tickets/store/pictures.hpp"

namespace stagedoor::tickets::routes {

Task<http::Picture> show_picture(App& app, http::Path<std::string> id, http::Context& context) {
    const auto& file = context.path_values.at(1);
    // Only names that we make: nothing else gets into a path.
    if (!app.picture_store || !runtime::uuid_time(*id) || !is_picture_file(file)) throw NotFound();
    // Ids that somebody has invented cost no request to a bucket.
    if (!co_await app.db.read([&](sql::Tx& tx) { return store::is_stored(tx, *id); })) throw NotFound();
    auto bytes = co_await app.picture_store->get(*id + "/" + file);
    if (!bytes) throw NotFound();
    http::Headers headers{{"Cache-Control", "public, max-age=31536000, immutable"},
                          {"Content-Security-Policy", "default-src 'none'; sandbox"}};
    co_return http::Picture{picture_type(file), std::move(*bytes), std::move(headers)};
}

}  // namespace stagedoor::tickets::routes

// GET /posters/:id.svg · GET /posters/:id.png
//
//   200  the poster of a listing's event; cacheable for ever under the versioned URL that pages use. The PNG
//        has it in the middle of 1200 × 630 pixels, as networks show links
//   404  no such listing
//   503  tickets is down, or too many PNGs are being made
#include "services/client/poster/poster.hpp"

#include "common/pictures/renderer.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

constexpr auto preview_background = "#0e0c13";  // --curtain

Task<poster::Previews::Png> preview_of(App& app, const std::string& id, const poster::Subject& subject) {
    auto key = id + " " + subject.version();
    if (auto known = app.previews.find(key)) co_return known;
    if (!app.renderer) throw Unavailable("This isn't possible right now. Please try again"_text);
    auto png =
        co_await app.renderer->preview(poster::draw(subject, app.theme()->lettering), preview_background);
    auto shared = std::make_shared<const std::string>(std::move(png));
    app.previews.add(std::move(key), shared);
    co_return shared;
}

}  // namespace

Task<http::Response> poster(Visit& visit) {
    std::string file = visit.path_value();
    if (file == "preview.svg") co_return co_await preview_poster(visit);
    auto is_png = file.ends_with(".png");
    if (!is_png && !file.ends_with(".svg")) throw NotFound();
    file.resize(file.size() - 4);
    auto listing = (co_await visit.get("tickets", api_path("/api/tickets", file))).as<Listing>();
    poster::Subject subject{listing};
    http::Response response{.status = http::ok, .headers = {}, .body = {}};
    if (is_png)
        response.body = *co_await preview_of(visit.app, listing.id.text, subject);
    else
        response.body = poster::draw(subject, visit.app.theme()->lettering);
    response.headers.add("Content-Type", is_png ? "image/png" : "image/svg+xml");
    response.headers.add("Cache-Control", cache_control(visit.query()["v"] == subject.version()));
    co_return response;
}

}  // namespace stagedoor::client::routes

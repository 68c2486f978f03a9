// GET /posters/:id.svg
//
//   200  the poster of a listing's event; cacheable for ever under the versioned URL that pages use
//   404  no such listing
//   503  tickets is down
#include "services/client/poster/poster.hpp"

#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {

Task<http::Response> poster(Visit& visit) {
    constexpr std::string_view suffix = ".svg";
    std::string_view file = visit.path_value();
    if (file == "preview.svg") co_return co_await preview_poster(visit);
    if (!file.ends_with(suffix)) throw NotFound();
    file.remove_suffix(suffix.size());
    auto listing = (co_await visit.get("tickets", api_path("/api/tickets", file))).as<Listing>();
    poster::Subject subject{listing};
    http::Response response{.status = http::ok, .headers = {}, .body = {}};
    response.body = poster::draw(subject, visit.app.theme()->lettering);
    response.headers.add("Content-Type", "image/svg+xml");
    response.headers.add("Cache-Control", cache_control(visit.query()["v"] == subject.version()));
    co_return response;
}

}  // namespace stagedoor::client::routes

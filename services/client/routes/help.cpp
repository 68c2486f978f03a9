// GET /help, /fees, /terms, /privacy
//
//   200  a text of the operator's, or ours (texts/en/*.md)
#include <fmt/format.h>

#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct NoView {};
BOOST_DESCRIBE_STRUCT(NoView, (), ())

std::string_view key_of_title(std::string_view name) {
    if (name == "fees") return "layout.fees";
    if (name == "terms") return "help.terms";
    if (name == "privacy") return "layout.privacy";
    return "layout.help";
}

}  // namespace

Task<http::Response> help(Visit& visit) {
    auto name = visit.request.path.substr(1);
    auto title = visit.text(key_of_title(name));
    visit.describe({visit.text("help.description", {{"title", title}}), "/" + name, ""});
    co_return visit.page(http::ok, fmt::format("text-{}-{}.html", to_tag(visit.language), name), title,
                         NoView{});
}

}  // namespace stagedoor::client::routes

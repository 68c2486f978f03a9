// GET /help, /fees, /terms, /privacy
//
//   200  a text of the operator's, or ours (texts/*.md)
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

struct NoView {};
BOOST_DESCRIBE_STRUCT(NoView, (), ())

std::string title_of(std::string_view name) {
    if (name == "fees") return "Fees";
    if (name == "terms") return "Terms of use";
    if (name == "privacy") return "Privacy";
    return "Help";
}

}  // namespace

Task<http::Response> help(Visit& visit) {
    auto name = visit.request.path.substr(1);
    auto title = title_of(name);
    visit.describe({title + ": how Stagedoor works for buyers and sellers.", "/" + name, ""});
    co_return visit.page(http::ok, "text-" + name + ".html", title, NoView{});
}

}  // namespace stagedoor::client::routes

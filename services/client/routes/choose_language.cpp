// POST /language
//
// Sets the language of the pages in this browser, and of the user's emails.
//   303  to `next`, a path on this site, in that language; or to the homepage with the error
#include "common/runtime/log.hpp"
#include "services/client/next_path.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/visit_language.hpp"

namespace stagedoor::client::routes {
namespace {

constexpr std::chrono::days cookie_lifetime{365};

// Emails go on in the language before if auth is down: the page must not fail because of that.
Task<> save_for_emails(Visit& visit, Language language) {
    if (!visit.user) co_return;
    json::Object body{{"language", json::Value{std::string{to_tag(language)}}}};
    try {
        (void)co_await visit.send(http::Method::put, "auth", "/api/users/language",
                                  json::Value{std::move(body)});
    } catch (const ServiceUnavailable& error) {
        log::warning("a user's language can't be saved",
                     {{"request_id", visit.request.request_id}, {"error", error.what()}});
    }
}

}  // namespace

Task<http::Response> choose_language(Visit& visit) {
    visit.form_page = "/";
    auto form = visit.form();
    auto language = language_of_tag(form["language"]);
    if (!language) throw Invalid("must be one of {names}"_text.with("names", "en, de, fr, es"), "language");
    visit.set_cookie(language_cookie, to_tag(*language), cookie_lifetime);
    co_await save_for_emails(visit, *language);
    auto next = without_prefix(next_path(form["next"]));
    // Whoever is at an address in a language goes on at one.
    auto prefix = visit.request.prefix.empty() ? std::string{} : "/" + std::string{to_tag(*language)};
    co_return visit.see_other(with_prefix(prefix, std::move(next)));
}

}  // namespace stagedoor::client::routes

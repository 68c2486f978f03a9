#include "services/client/public_page.hpp"

#include <array>

#include "common/http/negotiation.hpp"
#include "common/runtime/mutation.hpp"
#include "services/client/visit_language.hpp"

namespace stagedoor::client {
namespace {

// Whether the page may depend on who asks. A cookie that is no valid session, or an empty basket, counts too:
// finding out costs more than it saves.
bool depends_on_visitor(const App& app, const http::Context& context) {
    if (runtime::mutated(Mutation::public_page_for_users)) return false;
    const auto& headers = context.request.headers;
    if (headers.has("Authorization")) return true;
    if (!headers.has("Cookie")) return false;
    auto has = [&](std::string_view name) { return !context.request.cookies(name).empty(); };
    return has(context.sessions.cookie_name()) || has(app.cookie_name(Basket::cookie_name)) ||
           has(app.cookie_name(Draft::cookie_name));
}

// Where the page for everybody is; nullopt if this visit gets one of its own.
std::optional<std::string> shared_address(const App& app, const http::Context& context,
                                          PublicAddress address) {
    if (app.assets.may_change() || depends_on_visitor(app, context)) return std::nullopt;
    auto pairs = http::parse_pairs(context.request.query);
    if (!pairs) return std::nullopt;
    Form query{std::move(*pairs)};
    if (query.has("draft") || query.has("done")) return std::nullopt;
    return address(context, query);
}

// The page as anybody gets it: nothing of the visitor's request gets into it. `Accept` decides about the form
// of an error, and the rest is for the logs and the limits of the services that it calls.
Task<http::Response> render_for_everybody(App& app, const http::Context& context, Page page,
                                          std::string address) {
    const auto& visitors = context.request;
    http::Request request;
    if (!request.set_target(address)) throw std::logic_error("a page has an address that can't be read");
    request.prefix = visitors.prefix;
    request.headers.add("Accept-Language", std::string{to_tag(language_of(app, visitors))});
    if (visitors.headers.has("Accept")) request.headers.add("Accept", visitors.headers.joined("Accept"));
    request.remote_address = visitors.remote_address;
    request.https = visitors.https;
    request.request_id = visitors.request_id;
    request.traceparent = visitors.traceparent;
    http::Context anybodys{request, context.sessions, context.route, context.path_values, context.now};
    co_return co_await run_page(app, anybodys, page);
}

// The live update that made a browser fetch the page again: what it gets must not be older, as a page from
// before could be, at another replica or in a gateway. Nobody knows the id of an event before there is one.
std::string seen_event(const http::Request& request) {
    constexpr std::size_t max_size = 64;
    if (!request.query.contains("live=")) return {};
    auto id = Form{request.query}["live"];
    return id.size() <= max_size ? id : std::string{};
}

// If-Match compares with the tag of the uncompressed form.
bool wants_gzip(const http::Headers& headers) {
    return http::accepts_gzip(headers) && !headers.has("If-Match");
}

}  // namespace

Task<http::Response> run_public_page(App& app, http::Context& context, Page page, PublicAddress address) {
    auto shared = shared_address(app, context, address);
    if (!shared) co_return co_await run_page(app, context, page);
    auto render = [&] { return render_for_everybody(app, context, page, *shared); };
    // The links of /de/… stay there: those are other pages than the same ones in German at /….
    const auto& request = context.request;
    auto key = fmt::format("{} {} {} {}", to_tag(language_of(app, request)), request.prefix, *shared,
                           seen_event(request));
    co_return co_await app.pages.get(std::move(key), wants_gzip(request.headers), render);
}

}  // namespace stagedoor::client

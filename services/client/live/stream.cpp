// GET /live?tickets=ID,…&orders=ID,…
//
//   200  a stream of server-sent events: `ticket` and `order` whenever one of these looks different, at first
//        all of them; `gone` for what there isn't, or isn't the caller's; `signed-out` at the end of the
//        session
//   400  nothing to follow, too much, or no ids
//   401  orders, but not signed in
//   429  too many streams of the caller's network are open
//   503  too many streams are open
#include "services/client/live/stream.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/http/network.hpp"
#include "common/http/status.hpp"

namespace stagedoor::client::live {
namespace {

// As the caller, with nothing of the request but the session.
Visitor visitor_of(http::Context& context, bool with_session) {
    Visitor visitor{.network = http::network_of(context.request.remote_address)};
    if (!with_session) return visitor;
    const auto& claims = context.claims();
    if (!claims) throw NotSignedIn("Sign in to follow orders"_text);
    visitor.user = claims->user;
    if (auto token = http::bearer_token(context.request)) {
        visitor.token = *token;
        visitor.credentials.add("Authorization", "Bearer " + visitor.token);
        return visitor;
    }
    auto name = context.sessions.cookie_name();
    for (auto token : context.request.cookies(name)) {
        if (!context.sessions.verify(token)) continue;
        visitor.token = token;  // the one that the services would take, too
        visitor.credentials.add("Cookie", fmt::format("{}={}", name, token));
        break;
    }
    return visitor;
}

}  // namespace

Task<http::Response> open_stream(App& app, http::Context& context) {
    auto topics = topics_in(context.request.query);
    auto with_orders = std::ranges::any_of(topics, [](const auto& each) { return each.kind == Kind::order; });
    auto visitor = visitor_of(context, with_orders);
    http::Response response{.status = http::ok};
    response.headers.add("Content-Type", "text/event-stream");
    response.headers.add("Cache-Control", "no-store");
    response.headers.add("X-Accel-Buffering", "no");  // nginx: at once
    response.stream = app.live->open(visitor, topics, context.request.headers["Last-Event-ID"]);
    co_return response;
}

Task<std::optional<Instant>> send_updates(App& app) { return app.live->step(); }

}  // namespace stagedoor::client::live

#include "services/notifications/routes/page.hpp"

#include "common/http/status.hpp"

namespace stagedoor::notifications::routes {

Facts Found::facts(std::string subject) const {
    const auto& row = email.email;
    return {.link = "/dev/mails/" + http::percent_encode(row.id),
            .subject = std::move(subject),
            .to = email.recipient ? email.recipient->email : "unknown address",
            .kind = std::string{json::to_text(row.kind)},
            .status = std::string{json::to_text(status)},
            .made = row.created_at.to_text(),
            .tries = std::to_string(row.tries),
            .error = error};
}

Found resolve(sql::Tx& tx, store::StoredEmail row) {
    return {store::resolve(tx, std::move(row.email)), row.status, std::move(row.error)};
}

Task<Found> find(App& app, const std::string& id) {
    auto found = co_await app.db.read([&](sql::Tx& tx) -> std::optional<Found> {
        auto row = store::find(tx, id);
        if (!row) return std::nullopt;
        return resolve(tx, std::move(*row));
    });
    if (!found) throw NotFound("No such email"_text);
    co_return std::move(*found);
}

RenderedEmail render(const App& app, const Found& found) {
    if (!found.readable()) return {.subject = "Unreadable email", .text = {}, .html = {}};
    return app.writer.render(found.email);
}

http::Response html_response(std::string body) {
    http::Response response{.status = http::ok, .headers = {}, .body = std::move(body)};
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    response.headers.add("Content-Security-Policy",
                         "default-src 'none'; style-src 'unsafe-inline'; object-src 'none'; base-uri 'none'; "
                         "form-action 'none'; "
                         "frame-ancestors 'none'");
    response.headers.add("Referrer-Policy", "no-referrer");  // ids of emails don't leak
    response.headers.add("Cache-Control", "no-store");
    return response;
}

}  // namespace stagedoor::notifications::routes

#include "services/notifications/routes/page.hpp"

namespace stagedoor::notifications::routes {

Facts Found::facts(std::string subject) const {
    const auto& row = mail.mail;
    return {.link = "/dev/mails/" + http::percent_encode(row.id),
            .subject = std::move(subject),
            .to = mail.person ? mail.person->email : "nobody yet",
            .kind = std::string{json::to_text(row.kind)},
            .status = std::string{json::to_text(status)},
            .made = row.created_at.to_text(),
            .tries = std::to_string(row.tries),
            .error = error};
}

Found open(sql::Tx& tx, store::ShownMail row) {
    return {store::open(tx, std::move(row.mail)), row.status, std::move(row.error)};
}

Task<Found> find(App& app, const std::string& id) {
    auto found = co_await app.db.read([&](sql::Tx& tx) -> std::optional<Found> {
        auto row = store::find(tx, id);
        if (!row) return std::nullopt;
        return open(tx, std::move(*row));
    });
    if (!found) throw NotFound("No such mail");
    co_return std::move(*found);
}

Written words_of(const App& app, const Found& found) {
    if (!found.readable()) return {.subject = "A mail that can’t be read", .text = {}, .html = {}};
    return app.writer.write(found.mail);
}

http::Response html_response(std::string body) {
    http::Response response{.status = 200, .headers = {}, .body = std::move(body)};
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    response.headers.add(
        "Content-Security-Policy",
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
        "frame-ancestors 'none'");
    response.headers.add("X-Content-Type-Options", "nosniff");
    response.headers.add("Referrer-Policy", "no-referrer");  // a mail's address is nobody else's business
    response.headers.add("Cache-Control", "no-store");
    return response;
}

}  // namespace stagedoor::notifications::routes

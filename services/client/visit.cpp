#include "services/client/visit.hpp"

#include "common/http/server/conditional.hpp"
#include "common/runtime/log.hpp"
#include "services/client/answers.hpp"
#include "services/client/next_path.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

// Everything a page needs comes from here, and nothing of it stands in the page itself.
constexpr auto content_security_policy =
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'";
// Where a card is typed, that form is Stripe's.
constexpr auto policy_with_stripe =
    "default-src 'self'; script-src 'self' https://js.stripe.com; frame-src https://js.stripe.com; "
    "connect-src 'self' https://api.stripe.com; style-src 'self'; img-src 'self' data:; "
    "frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

constexpr auto basket_days = 30;

std::string what_is_away(std::string_view service) {
    if (service == "tickets") return "The listings can’t be shown at the moment";
    if (service == "orders") return "Orders can’t be reached at the moment";
    if (service == "payments") return "Payments can’t be reached at the moment";
    if (service == "auth") return "Accounts can’t be reached at the moment";
    return "Part of Stagedoor can’t be reached at the moment";
}

// Refused since the key came with another body before.
bool key_is_used(const Said& said) {
    if (said.status != 422) return false;
    auto problems = said.problems();
    return std::ranges::find(problems, "Idempotency-Key", &Problem::field) != problems.end();
}

// A key for this wish of a form that has had another. Made of both rather than at random: a double click on
// the changed form makes the same key again, and so still does one thing.
std::string key_of_wish(std::string_view form_key, const json::Value& body) {
    auto text = std::string{form_key} + "\n";
    json::write_value(text, body);
    auto hash = http::hash_body(text);
    return fmt::format("{:016x}{:016x}", hash.first, hash.second);
}

}  // namespace

ServiceAway::ServiceAway(std::string_view service)
    : Unavailable(what_is_away(service), std::chrono::seconds{5}) {}

std::string first_problem(const Problems& problems) {
    return problems.empty() ? "" : problems.front().field + " " + problems.front().message;
}

Problems Said::problems() const {
    Problems problems;
    if (auto read = json::read<Refusals>(std::string_view{body})) {
        for (auto& each : read->errors)
            problems.push_back({std::move(each.message), each.field.value_or("")});
    }
    if (problems.empty()) problems.push_back({"That did not work", {}});
    return problems;
}

std::optional<std::string> Said::next() const {
    auto link = headers["Link"];
    auto end = link.find('>');
    if (!link.starts_with('<') || link.find("rel=\"next\"") == std::string_view::npos ||
        end == std::string_view::npos)
        return {};
    auto question = link.substr(0, end).find('?');
    if (question == std::string_view::npos) return {};
    for (auto& [name, value] :
         http::parse_pairs(link.substr(question + 1, end - question - 1)).value_or(http::Pairs{})) {
        if (name == "after") return std::move(value);
    }
    return {};
}

const Said& Said::or_refuse() const {
    if (ok()) return *this;
    if (status == 401) throw NotSignedIn();
    auto kind = http::error_kind_of(status);
    if (!kind) throw std::runtime_error("a service responded with " + std::to_string(status));
    throw ApiError(*kind, problems());
}

Visit::Visit(App& of, http::Context& context)
    : app(of),
      request(context.request),
      user(context.claims()),
      basket(Basket::parse(context.request.cookie(Basket::cookie_name))),
      context_(context),
      basket_before_(basket) {
    auto reads = request.method == http::Method::get || request.method == http::Method::head;
    after_sign_in = reads ? request.target : "/";
}

const security::Claims& Visit::need_user(std::string_view next) {
    if (!next.empty()) after_sign_in = next;
    if (!user) throw NotSignedIn();
    return *user;
}

Task<Said> Visit::get(std::string_view service, std::string target) {
    http::Request question;
    if (!question.set_target(target)) throw NotFound();
    co_return co_await ask(service, std::move(question));
}

Task<Said> Visit::send(http::Method method, std::string_view service, std::string target, json::Value body,
                       std::string_view key) {
    http::Request question{.method = method};
    if (!question.set_target(target)) throw NotFound();
    if (!body.is_null()) {
        json::write_value(question.body, body);
        question.headers.add("Content-Type", "application/json");
    }
    if (!key.empty()) question.headers.add("Idempotency-Key", std::string{key});
    co_return co_await ask(service, std::move(question));
}

Task<Said> Visit::send_form(std::string_view service, std::string target, json::Value body,
                            std::string_view key) {
    auto said = co_await send(http::Method::post, service, target, body, key);
    if (!key_is_used(said)) co_return said;
    auto own_key = key_of_wish(key, body);
    co_return co_await send(http::Method::post, service, std::move(target), std::move(body), own_key);
}

Task<std::optional<Said>> Visit::try_get(std::string_view service, std::string target) {
    try {
        auto said = co_await get(service, std::move(target));
        if (said.ok()) co_return said;
    } catch (const ServiceAway&) {
    }
    co_return std::nullopt;
}

Task<Said> Visit::ask(std::string_view service, http::Request question) {
    for (const auto* name : {"Host", "Cookie", "User-Agent"}) {
        if (request.headers.has(name)) question.headers.add(name, std::string{request.headers[name]});
    }
    question.headers.add("Accept", "application/json");
    question.remote_address = request.remote_address;
    question.https = request.https;
    question.request_id = request.request_id;
    question.traceparent = request.traceparent;

    std::optional<http::Response> response;
    try {
        response = co_await app.http.ask(service, std::move(question));
    } catch (const Unavailable& error) {
        log::warning("service away",
                     {{"request_id", request.request_id}, {"service", service}, {"error", error.what()}});
    }
    if (!response || response->status >= 500) throw ServiceAway(service);
    for (const auto& [name, value] : response->headers) {
        if (http::same_name(name, "Set-Cookie")) cookies_.push_back(value);
    }
    co_return Said{response->status, std::move(response->headers), std::move(response->body)};
}

Frame Visit::frame(const Look& look, std::string title) const {
    Frame frame{.title = std::move(title),
                .search = {},
                .account = {},
                .sign_in = sign_in_first(after_sign_in),
                .in_basket = {},
                .styles = look.address("stagedoor.css"),
                .script = look.address("stagedoor.js"),
                .icon = look.address("favicon.svg")};
    std::string_view path = request.path;
    if (path == "/") frame.search = query()["q"];
    if (path.starts_with("/auth/")) frame.sign_in = "/auth/signin";
    if (user) frame.account = Account{user->email};
    if (!basket.empty()) frame.in_basket = grouped(basket.tickets());
    auto refused_hold = path == "/orders" && request.method == http::Method::post;  // shows the basket again
    frame.here_basket = path == "/basket" || refused_hold;
    frame.here_orders = path.starts_with("/orders") && !refused_hold;
    frame.here_selling = path == "/selling";
    frame.here_account = path == "/account";
    frame.here_sell = path == "/tickets/new";
    frame.waits = waits;
    return frame;
}

http::Response Visit::html(int status, std::string body) {
    http::Response response{.status = status, .headers = {}, .body = std::move(body)};
    response.headers.add("Content-Type", "text/html; charset=utf-8");
    // Kept, but asked for again each time: the server's ETag makes that cheap, and one who signed out sees
    // no page of before.
    response.headers.add("Cache-Control", status == 200 ? "private, no-cache" : "no-store");
    return response;
}

http::Response Visit::see_other(std::string path) const {
    http::Response response{.status = 303, .headers = {}, .body = {}};
    response.headers.add("Location", std::move(path));
    response.headers.add("Cache-Control", "no-store");
    return response;
}

http::Response Visit::finish(http::Response response) const {
    response.headers.set("Content-Security-Policy", stripe_ ? policy_with_stripe : content_security_policy);
    response.headers.set("X-Content-Type-Options", "nosniff");
    // Not no-referrer: a form of that page would come with `Origin: null`, and be refused as another site's.
    response.headers.set("Referrer-Policy", secret_ ? "strict-origin" : "strict-origin-when-cross-origin");
    if (secret_) response.headers.set("Cache-Control", "no-store");
    for (const auto& cookie : cookies_) response.headers.add("Set-Cookie", cookie);
    if (!(basket == basket_before_)) {
        // A proxy that isn't trusted can't say that it was https; the public URL can.
        auto secure = request.https || app.https;
        auto age = basket.empty() ? 0 : basket_days * 24 * 3600;
        response.headers.add(
            "Set-Cookie", fmt::format("{}={}; Path=/; Max-Age={}; HttpOnly; SameSite=Lax{}",
                                      Basket::cookie_name, basket.to_text(), age, secure ? "; Secure" : ""));
    }
    return response;
}

std::string api_path(std::string_view collection, std::string_view id) {
    return std::string{collection} + "/" + http::percent_encode(id);
}

}  // namespace stagedoor::client

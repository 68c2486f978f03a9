#include "apps/gate/shop.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/http/status.hpp"
#include "common/json/write.hpp"
#include "common/language/message.hpp"

namespace stagedoor::gate {
namespace {

using http::Method;

const std::string scanner_path = "/api/admissions/scanner";

Task<json::Value> exchange(App& app, http::Request request, ShopTimeouts timeouts) {
    auto options = outbound::SendOptions{.url = parse_link(app.settings.link).origin,
                                         .timeout = timeouts.exchange,
                                         .connect_timeout = timeouts.connect};
    auto response = co_await app.outbound.send(std::move(request), std::move(options));
    auto document = json::parse(response.body);
    if (!http::is_success(response.status)) {
        auto text = fmt::format("the shop responded with {}", response.status);
        const auto* errors = document ? (*document)["errors"].array() : nullptr;
        if (errors && !errors->empty() && (*errors)[0]["message"].string())
            text += ": " + *(*errors)[0]["message"].string();
        throw ShopRefused(response.status, text);
    }
    if (!document) throw ShopRefused(response.status, "the shop's response is not JSON");
    co_return std::move(*document);
}

http::Request json_request(Method method, const std::string& path, std::string body) {
    http::Request request{.method = method, .target = path, .path = path};
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    request.body = std::move(body);
    return request;
}

template <class T>
T read_response(const json::Value& document) {
    auto value = json::read<T>(document, Instant{});
    if (!value)
        throw ShopRefused(http::ok, "the shop's response can't be read: " +
                                        language::to_text(value.error().front().message));
    return std::move(*value);
}

}  // namespace

Task<admissions::CreatedScanner> join(App& app) {
    auto body =
        fmt::format(R"({{"token":{},"name":"gate"}})", json::to_json(parse_link(app.settings.link).token));
    auto response = co_await exchange(app, json_request(Method::post, scanner_path + "s", std::move(body)),
                                      in_background);
    co_return read_response<admissions::CreatedScanner>(response);
}

Task<json::Value> Shop::send(Method method, const std::string& path, std::string body) {
    auto request = json_request(method, scanner_path + path, std::move(body));
    request.headers.add("Authorization", "Bearer " + token_);
    co_return co_await exchange(app_, std::move(request), timeouts_);
}

Task<store::Pack> Shop::pack() { co_return read_response<store::Pack>(co_await send(Method::get, "/pack")); }

Task<admissions::Shards> Shop::claim(const std::vector<std::int64_t>& shards) {
    auto body = fmt::format(R"({{"claim":[{}]}})", fmt::join(shards, ","));
    co_return read_response<admissions::Shards>(co_await send(Method::post, "/shards", std::move(body)));
}

Task<> Shop::release(const std::vector<store::OwnedShard>& shards) {
    (void)co_await send(Method::post, "/shards", R"({"release":)" + json::to_json(shards) + "}");
}

Task<> Shop::acknowledge_revoked(std::int64_t version) {
    (void)co_await send(Method::post, "/shards", fmt::format(R"({{"acknowledgeRevoked":{}}})", version));
}

Task<> Shop::upload(const std::vector<store::ScanToUpload>& scans) {
    (void)co_await send(Method::post, "/uploads", R"({"scans":)" + json::to_json(scans) + "}");
}

Task<admissions::Scan> Shop::undo(const std::string& nonce, const std::string& undone) {
    auto body = fmt::format(R"({{"nonce":{},"action":"undo","undoes":{},"at":{}}})", json::to_json(nonce),
                            json::to_json(undone), json::to_json(app_.clock.now()));
    co_return read_response<admissions::Scan>(co_await send(Method::post, "/scans", std::move(body)));
}

Task<admissions::FoundPass> Shop::find_pass(const std::string& serial) {
    co_return read_response<admissions::FoundPass>(co_await send(Method::get, "/passes/" + serial));
}

Task<Shop::Status> Shop::status() {
    auto response = co_await send(Method::get, "/status");
    Status status;
    if (const auto* version = response["revokedVersion"].number())
        status.revoked_version = settings::parse_whole(version->text, 0, INT64_MAX).value_or(0);
    const auto* revoking = response["revoking"].array();
    for (const auto& pair : revoking ? *revoking : json::Array{}) {
        const auto* values = pair.array();
        if (!values || values->size() != 2 || !(*values)[0].string() || !(*values)[1].number())
            throw ShopRefused(http::ok, "the shop's response can't be read: revoking");
        status.revoking.emplace_back(
            *(*values)[0].string(),
            settings::parse_whole((*values)[1].number()->text, 1, 65'535).value_or(0));
    }
    co_return status;
}

namespace {

// Whether a failed request has certainly changed nothing at the shop.
bool did_nothing(const std::exception_ptr& failure) {
    try {
        std::rethrow_exception(failure);
    } catch (const outbound::NotSent&) {
        return true;
    } catch (const ShopRefused& refusal) {
        return refusal.status >= http::status_of(ErrorKind::invalid) && refusal.status < http::internal_error;
    } catch (...) {
        return false;
    }
}

// What the shop may or may not know, it learns first.
Task<> upload_unsure(App& app, Shop& shop, const store::UndoAtShop& undo) {
    auto unsure = co_await app.db.read([&](sql::Tx& tx) { return store::sent_until(tx, undo.undoes); });
    if (unsure.empty()) co_return;
    co_await shop.upload(unsure);
    co_await app.db.write([&](sql::Tx& tx) { store::end_upload(tx, unsure, true); });
}

}  // namespace

Task<admissions::Scan> finish_undo(App& app, Shop& shop, store::UndoAtShop undo) {
    std::int64_t asked = 0;
    std::exception_ptr failure;
    try {
        co_await upload_unsure(app, shop, undo);
        auto times = co_await app.db.write([&](sql::Tx& tx) { return store::ask_to_undo(tx, undo); });
        if (!times) throw outbound::NotSent("another request has ended this undo");
        asked = *times;
        auto at_shop = co_await shop.undo(undo.nonce, undo.undoes);
        at_shop.nonce = undo.nonce;
        at_shop.serial = undo.serial;
        co_return co_await app.db.write([&](sql::Tx& tx) { return store::end_undo(tx, undo, at_shop); });
    } catch (...) {
        failure = std::current_exception();
    }
    constexpr std::int64_t first_time = 1;
    if (asked == 0 || (asked == first_time && did_nothing(failure)))
        co_await app.db.write([&](sql::Tx& tx) { store::forget_undo(tx, undo, asked); });
    std::rethrow_exception(failure);
}

}  // namespace stagedoor::gate

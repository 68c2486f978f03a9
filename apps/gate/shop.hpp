// The shop as a scanner sees it: docs/services/admissions.md. Every function throws outbound::NoResponse if
// the shop can't be reached, and ShopRefused if it responds with an error.
#pragma once

#include <chrono>
#include <stdexcept>
#include <string>

#include "apps/gate/app.hpp"

namespace stagedoor::gate {

// A phone waits 5 s for the response to a scan (services/client/static/door/server.js), which may take two
// exchanges.
struct ShopTimeouts {
    std::chrono::milliseconds connect, exchange;
};
inline constexpr ShopTimeouts at_the_door{std::chrono::milliseconds{1'500}, std::chrono::seconds{2}};
inline constexpr ShopTimeouts in_background{std::chrono::seconds{3}, std::chrono::seconds{10}};

struct ShopRefused : std::runtime_error {
    ShopRefused(int response_status, const std::string& text)
        : std::runtime_error(text), status(response_status) {}
    int status;
};

[[nodiscard]] Task<admissions::CreatedScanner> join(App& app);

class Shop {
  public:
    Shop(App& app, std::string token, ShopTimeouts timeouts = in_background)
        : app_(app), token_(std::move(token)), timeouts_(timeouts) {}

    [[nodiscard]] Task<store::Pack> pack();
    // Those shards that the gate owns then, and who has come in with their tickets.
    [[nodiscard]] Task<admissions::Shards> claim(const std::vector<std::int64_t>& shards);
    // Everything must have been uploaded.
    [[nodiscard]] Task<> release(const std::vector<store::OwnedShard>& shards);
    [[nodiscard]] Task<> acknowledge_revoked(std::int64_t version);
    [[nodiscard]] Task<> upload(const std::vector<store::ScanToUpload>& scans);
    [[nodiscard]] Task<admissions::Scan> undo(const std::string& nonce, const std::string& undone);
    [[nodiscard]] Task<admissions::FoundPass> find_pass(const std::string& serial);

    struct Status {
        std::int64_t revoked_version = 0;
        std::vector<std::pair<std::string, std::int64_t>> revoking;
    };
    [[nodiscard]] Task<Status> status();

  private:
    [[nodiscard]] Task<json::Value> send(http::Method method, const std::string& path, std::string body = {});

    App& app_;
    const std::string token_;
    const ShopTimeouts timeouts_;
};

// Undoes an admission at the shop, and then here. If that fails, an undo is forgotten that the shop has not
// begun; any other is tried again (workers::follow_shop).
[[nodiscard]] Task<admissions::Scan> finish_undo(App& app, Shop& shop, store::UndoAtShop undo);

}  // namespace stagedoor::gate

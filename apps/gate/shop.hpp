// The shop as a scanner sees it: docs/services/admissions.md. Every function throws outbound::NoResponse if
// the shop can't be reached, and ShopRefused if it responds with an error.
#pragma once

#include <stdexcept>
#include <string>

#include "apps/gate/app.hpp"

namespace stagedoor::gate {

struct ShopRefused : std::runtime_error {
    ShopRefused(int response_status, const std::string& text)
        : std::runtime_error(text), status(response_status) {}
    int status;
};

[[nodiscard]] Task<admissions::CreatedScanner> join(App& app);

class Shop {
  public:
    Shop(App& app, std::string token) : app_(app), token_(std::move(token)) {}

    [[nodiscard]] Task<store::Pack> pack();
    // Those shards that the gate owns then, and who has come in with their tickets.
    [[nodiscard]] Task<admissions::Shards> claim(const std::vector<std::int64_t>& shards);
    // Everything must have been uploaded.
    [[nodiscard]] Task<> release(const std::vector<store::OwnedShard>& shards);
    [[nodiscard]] Task<> acknowledge_revoked(std::int64_t version);
    [[nodiscard]] Task<> upload(const std::vector<store::ScanToUpload>& scans);
    [[nodiscard]] Task<admissions::Scan> undo(const std::string& nonce, const std::string& undone);

    struct Status {
        std::int64_t revoked_version = 0;
        std::vector<std::pair<std::string, std::int64_t>> revoking;
    };
    [[nodiscard]] Task<Status> status();

  private:
    [[nodiscard]] Task<json::Value> send(http::Method method, const std::string& path, std::string body = {});

    App& app_;
    const std::string token_;
};

}  // namespace stagedoor::gate

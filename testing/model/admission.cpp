#include "testing/model/admission.hpp"

#include <stdexcept>

namespace stagedoor::testing {
namespace {

Response require(Response response, int status) {
    if (response.status != status)
        throw std::runtime_error(response.request + ": " + std::to_string(response.status) + " " +
                                 response.body);
    return response;
}

std::string token_in(const std::string& link) { return link.substr(link.find('#') + 1); }

}  // namespace

std::vector<std::string> passes_of(const Client& holder, const std::string& order) {
    // Waits for those of an order that was placed a moment ago.
    auto page = require(holder.get("/api/admissions/passes?orderId=" + order), 200);
    std::vector<std::string> ids;
    for (std::size_t i = 0; i < page.count(); ++i) ids.push_back(page.at("[" + std::to_string(i) + "].id"));
    return ids;
}

std::string code_of(const Client& holder, const std::string& pass) {
    return require(holder.get("/api/admissions/passes/" + pass), 200).at("code");
}

std::string offer_pass(const Client& holder, const std::string& pass) {
    return token_in(require(holder.post("/api/admissions/passes/" + pass + "/transfer"), 201).at("link"));
}

Response claim_pass(const Client& claimant, const std::string& token) {
    return claimant.post("/api/admissions/transfers/claim", R"({"token":")" + token + R"("})");
}

Client open_door(const std::string& base_url, const Client& seller, const std::string& ticket,
                 const std::string& name, const std::string& role) {
    auto door = require(seller.post("/api/admissions/listings/" + ticket + "/doors",
                                    R"({"name":")" + name + R"(","role":")" + role + R"("})"),
                        201);
    auto scanner = require(Client{base_url}.post("/api/admissions/scanners",
                                                 R"({"token":")" + token_in(door.at("link")) + R"("})"),
                           201);
    return Client{base_url}.with("Authorization", "Bearer " + scanner.at("token"));
}

std::string scan_body(const std::string& nonce, const std::string& code, const std::string& action) {
    return R"({"nonce":")" + nonce + R"(","code":)" + json_text(code) + R"(,"action":")" + action +
           R"(","at":"2026-01-01T00:00:00Z"})";
}

Response scan(const Client& scanner, const std::string& body) {
    return scanner.post("/api/admissions/scanner/scans", body);
}

}  // namespace stagedoor::testing

#include "services/client/passes.hpp"

#include "common/http/message.hpp"

namespace stagedoor::client {

std::string grouped_serial(std::string_view serial) {
    std::string text;
    for (auto c : serial) {
        if (text.size() % 5 == 4) text += ' ';
        text += c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    }
    return text;
}

namespace {

std::string status_of(std::string_view status) {
    if (status == "inside") return "You’re in";
    if (status == "used") return "Used";
    if (status == "revoked") return "Void";
    return "Valid";
}

}  // namespace

PassView view_of(const Pass& pass) {
    return {.address = pass_address(pass.id),
            .title = pass.title,
            .name = "Ticket " + std::to_string(pass.number),
            .serial = grouped_serial(pass.serial),
            .when = when_of(pass.starts_at, pass.time_zone),
            .place = place_of(pass.venue, pass.city),
            .seats = pass.seats,
            .status = status_of(pass.status),
            .tone = pass.status == "valid" || pass.status == "inside" ? "good" : ""};
}

std::optional<CodeView> code_of(const PassDetail& pass) {
    if (!pass.code || pass.revoked()) return std::nullopt;
    if (!pass.rotation)
        return CodeView{.fixed = qr_code(*pass.code), .rotating = {}, .secret = {}, .step = {}};
    return CodeView{.fixed = {},
                    .rotating = pass.code,
                    .secret = pass.rotation->secret,
                    .step = std::to_string(pass.rotation->step_seconds)};
}

std::string pass_address(const std::string& id) { return "/my/tickets/" + http::percent_encode(id); }

}  // namespace stagedoor::client

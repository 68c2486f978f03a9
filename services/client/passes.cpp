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

std::string_view key_of_status(std::string_view status) {
    if (status == "inside") return "pass.inside";
    if (status == "used") return "pass.used";
    if (status == "revoked") return "pass.void";
    return "pass.valid";
}

}  // namespace

PassView view_of(const Pass& pass, const language::Texts& text) {
    return {.address = pass_address(pass.id),
            .title = pass.title,
            .name = text("pass.name", {{"number", pass.number}}),
            .serial = grouped_serial(pass.serial),
            .when = when_of(pass.starts_at, pass.time_zone, text.language()),
            .place = place_of(pass.venue, pass.city),
            .seats = pass.seats,
            .status = text(key_of_status(pass.status)),
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

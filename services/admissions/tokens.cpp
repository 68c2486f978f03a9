#include "services/admissions/tokens.hpp"

#include "common/security/link.hpp"

namespace stagedoor::admissions {
namespace {

std::string_view purpose_of(TokenKind kind) {
    switch (kind) {
        case TokenKind::door:
            return "admissions: door";
        case TokenKind::scanner:
            return "admissions: scanner";
        case TokenKind::transfer:
            return "admissions: transfer";
    }
    return {};
}

std::string derive(TokenKind kind, const std::string& id, const std::string& secret) {
    return id + "." + security::keyed_hash(purpose_of(kind), id, secret);
}

}  // namespace

std::string Tokens::make(TokenKind kind, const std::string& id) const { return derive(kind, id, secret_); }

std::optional<std::string> Tokens::id_of(TokenKind kind, std::string_view text) const {
    auto dot = text.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    std::string id{text.substr(0, dot)};
    auto is_ours =
        security::is_same_secret(text, make(kind, id)) ||
        (!previous_secret_.empty() && security::is_same_secret(text, derive(kind, id, previous_secret_)));
    return is_ours ? std::optional{std::move(id)} : std::nullopt;
}

}  // namespace stagedoor::admissions

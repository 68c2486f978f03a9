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

}  // namespace

std::string Tokens::make(TokenKind kind, const std::string& id) const {
    return id + "." + security::keyed_hash(purpose_of(kind), id, secret_);
}

std::optional<std::string> Tokens::id_of(TokenKind kind, std::string_view token) const {
    auto dot = token.rfind('.');
    if (dot == std::string_view::npos) return std::nullopt;
    std::string id{token.substr(0, dot)};
    if (!security::is_same_secret(token, make(kind, id))) return std::nullopt;
    return id;
}

}  // namespace stagedoor::admissions

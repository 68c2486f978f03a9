#include "common/http/status.hpp"

#include <algorithm>
#include <boost/beast/http/status.hpp>
#include <utility>

namespace stagedoor::http {
namespace {

using enum ErrorKind;
constexpr std::pair<ErrorKind, int> statuses[] = {
    {invalid, 400},
    {not_signed_in, 401},
    {declined, 402},
    {forbidden, 403},
    {not_found, 404},
    {method_not_allowed, 405},
    {conflict, 409},
    {precondition_failed, 412},
    {too_large, 413},
    {unsupported_media_type, 415},
    {idempotency_key_reused, 422},
    {too_many_requests, 429},
    {unavailable, 503},
};

}  // namespace

int status_of(ErrorKind kind) {
    return std::ranges::find(statuses, kind, &std::pair<ErrorKind, int>::first)->second;
}

std::optional<ErrorKind> error_kind_of(int status) {
    const auto* found = std::ranges::find(statuses, status, &std::pair<ErrorKind, int>::second);
    if (found == std::end(statuses)) return std::nullopt;
    return found->first;
}

std::string_view reason(int status) {
    // RFC 9110 has renamed these two since Beast's table was written.
    if (status == 413) return "Content Too Large";
    if (status == 422) return "Unprocessable Content";
    return boost::beast::http::obsolete_reason(static_cast<boost::beast::http::status>(status));
}

}  // namespace stagedoor::http

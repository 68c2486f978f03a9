#include "common/http/server/request_ids.hpp"

#include <algorithm>

#include "common/text/ascii.hpp"
#include "common/text/hex.hpp"

namespace stagedoor::http {
namespace {

bool is_hex(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return text::is_digit(c) || (c >= 'a' && c <= 'f'); });
}

bool is_zero(std::string_view text) { return text.find_first_not_of('0') == std::string_view::npos; }

bool is_request_id(std::string_view text) {
    auto is_allowed = [](char c) { return text::is_alphanumeric(c) || c == '.' || c == '_' || c == '-'; };
    return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), is_allowed);
}

// version "-" trace-id "-" parent-id "-" flags; later versions may append more after a dash.
bool is_traceparent(std::string_view text) {
    if (text.size() < 55 || text[2] != '-' || text[35] != '-' || text[52] != '-') return false;
    auto version = text.substr(0, 2);
    auto trace = text.substr(3, 32);
    auto parent = text.substr(36, 16);
    if (!is_hex(version) || !is_hex(trace) || !is_hex(parent) || !is_hex(text.substr(53, 2))) return false;
    if (version == "ff" || is_zero(trace) || is_zero(parent)) return false;
    return version == "00" ? text.size() == 55 : text.size() == 55 || text[55] == '-';
}

}  // namespace

void RandomIds::append_hex(std::string& to, std::size_t bytes) {
    if (used_ + bytes > drawn_.size()) {
        random_.fill(drawn_);
        used_ = 0;
    }
    text::append_hex(to, std::span{drawn_}.subspan(used_, bytes));
    used_ += bytes;
}

void set_request_ids(Request& request, RandomIds& ids) {
    request.request_id.clear();
    if (auto given = request.headers["X-Request-Id"]; is_request_id(given)) {
        request.request_id = given;
    } else {
        ids.append_hex(request.request_id, 16);
    }

    auto parent = request.headers["traceparent"];
    auto& own = request.traceparent;
    own = "00-";
    if (is_traceparent(parent)) {
        own += trace_id(parent);
    } else {
        parent = {};
        ids.append_hex(own, 16);
    }
    own += '-';
    ids.append_hex(own, 8);
    // The caller decides whether its trace is sampled; a new trace is.
    auto sampled = parent.empty() || std::string_view{"13579bdf"}.contains(parent[54]);
    own += sampled ? "-01" : "-00";
}

}  // namespace stagedoor::http

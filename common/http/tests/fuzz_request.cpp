// Any bytes, in pieces of any size, are parsed or rejected, with the same result for any cut.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/http/authority.hpp"
#include "common/http/entity_tag.hpp"
#include "common/http/negotiation.hpp"
#include "common/http/server/request_ids.hpp"
#include "common/http/server/request_parser.hpp"
#include "common/http/server/response_writer.hpp"
#include "common/http/server/trusted_proxies.hpp"
#include "common/runtime/random.hpp"

namespace {

using namespace stagedoor::http;

const RequestLimits limits{.header = 2048, .body = 4096};

struct Outcome {
    bool done;
    std::size_t used;
    Request request;
};

Outcome parse(std::string_view bytes, std::size_t piece) {
    Outcome outcome{};
    RequestParser parser{limits, outcome.request};
    for (auto end = std::size_t{0}; end < bytes.size() && !parser.done() && !parser.rejection();) {
        end = std::min(end + piece, bytes.size());
        auto head_was_done = parser.head_done();
        outcome.used += parser.parse(bytes.substr(outcome.used, end - outcome.used));
        if (!head_was_done && parser.head_done() && !parser.done() && !parser.rejection()) {
            outcome.used += parser.parse(bytes.substr(outcome.used, end - outcome.used));
        }
    }
    outcome.done = parser.done();
    return outcome;
}

void require(bool condition) {
    if (!condition) std::abort();
}

void use(Request request) {
    require(request.path.starts_with('/') && request.path.find('\0') == std::string::npos);
    require(request.body.size() <= limits.body);
    (void)request.cookie("session");
    (void)parse_pairs(request.query);
    (void)parse_pairs(request.body);
    (void)accepts_gzip(request.headers);
    (void)prefers_json(request.headers);
    (void)EntityTags::parse(request.headers.joined("If-None-Match"));
    (void)Authority::parse(request.headers["Host"]);
    (void)Origin::parse(request.headers["Origin"]);

    static stagedoor::runtime::SeededRandom random{1};
    static RandomIds ids{random};
    static const std::string everyone[]{"0.0.0.0/0"};
    static const TrustedProxies proxies{everyone};
    proxies.set_client(request, Address{}, false);
    set_request_ids(request, ids);
    require(request.traceparent.size() == 55 && !request.request_id.empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view bytes{reinterpret_cast<const char*>(data), size};
    auto whole = parse(bytes, std::max<std::size_t>(size, 1));
    // Longer input may have a chunk extension over the limit, which is noticed only in pieces.
    for (std::size_t piece : {1u, 7u}) {
        if (size > limits.header) break;
        auto cut = parse(bytes, piece);
        require(cut.done == whole.done);
        if (!whole.done) continue;
        require(cut.used == whole.used && cut.request.target == whole.request.target);
        require(cut.request.body == whole.request.body);
        require(std::equal(cut.request.headers.begin(), cut.request.headers.end(),
                           whole.request.headers.begin(), whole.request.headers.end()));
    }
    if (whole.done) use(whole.request);
    return 0;
}

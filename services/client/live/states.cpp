#include "services/client/live/states.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/json/value.hpp"
#include "services/client/app.hpp"

namespace stagedoor::client::live {
namespace {

std::string quoted(std::string_view text) {
    std::string out;
    json::write_string(out, text);
    return out;
}

std::string member(std::string_view name, std::string_view text) {
    return fmt::format("{}:{}", quoted(name), quoted(text));
}

}  // namespace

std::string state_of(const Order& order) { return fmt::format("{}-{}", order.version, order.status); }

// The texts are those of the listing's card. By language: tabs in several share a stream.
std::string members_of(const Listing& listing, Instant now, const language::Catalog& catalog) {
    std::vector<std::string> texts;
    Card card;
    for (auto each : all_languages) {
        card = card_of(listing, {}, now, language::Texts{catalog, each});
        texts.push_back(fmt::format("{}:{{{},{}}}", quoted(to_tag(each)), member("left", card.left),
                                    member("price", card.price)));
    }
    return fmt::format(R"({},{},"buyable":{},"few":{},"texts":{{{}}})",
                       member("topic", "ticket:" + listing.id.text), member("state", card.state),
                       card.buyable, card.few, fmt::join(texts, ","));
}

std::string members_of(const Order& order) {
    return fmt::format("{},{}", member("topic", "order:" + order.id.text), member("state", state_of(order)));
}

}  // namespace stagedoor::client::live

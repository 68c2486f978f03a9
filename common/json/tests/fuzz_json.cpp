// Any input is parsed or rejected with a message, and a written document is read back unchanged.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "contracts/ids.hpp"

namespace {

using namespace stagedoor;

enum class Kind { standing, seated };
constexpr auto wire_names(Kind) {
    return std::array{std::pair{Kind::standing, std::string_view{"standing"}},
                      std::pair{Kind::seated, std::string_view{"seated"}}};
}

// Like the bodies of POST /api/orders and POST /api/tickets combined.
struct NewItem {
    TicketId ticket_id;
    json::Whole<1, 1'000, 1> quantity;
    std::optional<Money> price;
};
BOOST_DESCRIBE_STRUCT(NewItem, (), (ticket_id, quantity, price))
struct NewOrder {
    std::optional<json::List<NewItem, 1, 20>> items;
    std::optional<TicketId> ticket_id;
    json::Text<0, 20> title;
    Money price;
    std::optional<Instant> starts_at;
    std::optional<Kind> kind;
    std::vector<std::int64_t> numbers;
};
BOOST_DESCRIBE_STRUCT(NewOrder, (), (items, ticket_id, title, price, starts_at, kind, numbers))

void require(bool condition) {
    if (!condition) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    auto value = json::parse({reinterpret_cast<const char*>(data), size});
    if (!value) {
        require(!value.error().empty());
        return 0;
    }
    std::string text, again;
    json::write_value(text, *value);
    auto parsed = json::parse(text);
    require(parsed.has_value());
    json::write_value(again, *parsed);
    require(again == text);

    auto order = json::read<NewOrder>(*value);
    require(order.has_value() || !order.error().empty());
    if (!order) return 0;
    auto written = json::to_json(*order);
    auto reread = json::read<NewOrder>(written);
    require(reread.has_value());
    require(json::to_json(*reread) == written);
    return 0;
}

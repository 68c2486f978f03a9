#include "common/templates/wording.hpp"

#include <fmt/format.h>

namespace stagedoor::templates {

std::string grouped(std::int64_t number) {
    auto text = std::to_string(number);
    auto first = text.starts_with('-') ? 1 : 0;
    for (auto at = static_cast<int>(text.size()) - 3; at > first; at -= 3)
        text.insert(static_cast<std::size_t>(at), ",");
    return text;
}

std::string price(Money money) {
    auto amount = money.to_text();
    auto sign = amount.starts_with('-') ? "-" : "";
    if (*sign) amount.erase(0, 1);
    auto point = amount.find('.');
    auto whole = amount.substr(0, point);
    for (auto at = static_cast<int>(whole.size()) - 3; at > 0; at -= 3)
        whole.insert(static_cast<std::size_t>(at), ",");
    auto rest = point == std::string::npos ? std::string{} : amount.substr(point);
    return fmt::format("{}{}{}{}", sign, money.currency.symbol(), whole, rest);
}

std::string counted(std::int64_t count, std::string_view one) {
    return fmt::format("{} {}{}", grouped(count), one, count == 1 ? "" : "s");
}

}  // namespace stagedoor::templates

#include "services/client/basket.hpp"

#include <algorithm>
#include <charconv>

#include "common/text/ascii.hpp"

namespace stagedoor::client {
namespace {

bool is_id(std::string_view text) {
    auto allowed = [](char c) { return text::is_alphanumeric(c) || c == '-' || c == '_'; };
    return !text.empty() && text.size() <= 64 && std::ranges::all_of(text, allowed);
}

}  // namespace

Basket Basket::parse(std::string_view text) {
    Basket basket;
    while (!text.empty()) {
        auto end = std::min(text.find('.'), text.size());
        auto part = text.substr(0, end);
        text.remove_prefix(std::min(end + 1, text.size()));
        auto colon = part.find(':');
        if (colon == std::string_view::npos) continue;
        auto number = part.substr(colon + 1);
        std::int64_t quantity = 0;
        auto [stop, error] = std::from_chars(number.data(), number.data() + number.size(), quantity);
        if (error != std::errc{} || stop != number.data() + number.size()) continue;
        basket.add(part.substr(0, colon), quantity);
    }
    return basket;
}

std::string Basket::to_text() const {
    std::string text;
    for (const auto& [ticket, quantity] : lines_) {
        if (!text.empty()) text += '.';
        text.append(ticket).append(":").append(std::to_string(quantity));
    }
    return text;
}

bool Basket::add(std::string_view ticket, std::int64_t quantity) {
    if (!is_id(ticket) || quantity < 1) return false;
    quantity = std::min(quantity, max_per_line);
    auto line = std::ranges::find(lines_, ticket, &Line::ticket);
    if (line != lines_.end()) {
        line->quantity = std::min(line->quantity + quantity, max_per_line);
        return true;
    }
    if (lines_.size() >= max_lines) return false;
    lines_.push_back({std::string{ticket}, quantity});
    return true;
}

void Basket::set(std::string_view ticket, std::int64_t quantity) {
    auto line = std::ranges::find(lines_, ticket, &Line::ticket);
    if (line == lines_.end()) return;
    if (quantity < 1)
        lines_.erase(line);
    else
        line->quantity = std::min(quantity, max_per_line);
}

std::int64_t Basket::tickets() const {
    std::int64_t sum = 0;
    for (const auto& line : lines_) sum += line.quantity;
    return sum;
}

}  // namespace stagedoor::client

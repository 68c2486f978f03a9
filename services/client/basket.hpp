// The tickets that a visitor intends to buy, kept in a cookie. Nothing is held before it is ordered, so the
// basket needs neither a table nor a signature. Format: "<ticket>:<quantity>.<ticket>:<quantity>".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::client {

class Basket {
  public:
    static constexpr std::string_view cookie_name = "basket";  // see App::cookie_name()
    static constexpr std::size_t max_lines = 20;               // limit of items per order
    static constexpr std::int64_t max_per_line = 1000;         // upper limit of maxPerOrder

    struct Line {
        std::string ticket;
        std::int64_t quantity = 0;
        bool operator==(const Line&) const = default;
    };

    // Unreadable parts are ignored.
    [[nodiscard]] static Basket parse(std::string_view text);
    [[nodiscard]] std::string to_text() const;

    // False if `ticket` is not an id or the basket is full.
    bool add(std::string_view ticket, std::int64_t quantity);
    // Changes an existing line; a quantity below 1 removes it.
    void set(std::string_view ticket, std::int64_t quantity);
    void remove(std::string_view ticket) { set(ticket, 0); }

    [[nodiscard]] const std::vector<Line>& lines() const { return lines_; }
    [[nodiscard]] bool empty() const { return lines_.empty(); }
    [[nodiscard]] std::int64_t tickets() const;

    bool operator==(const Basket&) const = default;

  private:
    std::vector<Line> lines_;
};

}  // namespace stagedoor::client

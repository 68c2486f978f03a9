// What a visitor means to buy, kept in a cookie: nothing is held until it is ordered, so it needs no table
// and no signature. "<ticket>:<quantity>.<ticket>:<quantity>".
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::client {

class Basket {
  public:
    static constexpr std::string_view cookie_name = "basket";
    static constexpr std::size_t most_lines = 20;      // as many as one order may have
    static constexpr std::int64_t most_of_one = 1000;  // as maxPerOrder may be

    struct Line {
        std::string ticket;
        std::int64_t quantity = 0;
        bool operator==(const Line&) const = default;
    };

    // What can't be read is left out.
    [[nodiscard]] static Basket parse(std::string_view text);
    [[nodiscard]] std::string to_text() const;

    // False when the ticket is no id or the basket is full.
    bool add(std::string_view ticket, std::int64_t quantity);
    // Below 1: takes the line out. A ticket that isn't in the basket is not put into it.
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

// What happened, as a number that two histories share only when they are the same, and as text on demand.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace stagedoor::simulation {

class Trace {
  public:
    // Kept as text as well: the last so many lines; 0: none.
    void keep(std::size_t lines) { most_ = lines; }
    // Printed as it happens.
    void print(bool wanted) { printed_ = wanted; }
    [[nodiscard]] bool is_text_wanted() const { return most_ > 0 || printed_; }

    void add(std::uint64_t number);
    void add(std::chrono::microseconds when, std::string_view who, std::string_view what);

    // Only text.
    void remark(std::chrono::microseconds when, std::string_view who, std::string_view what);

    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    [[nodiscard]] const std::deque<std::string>& lines() const { return lines_; }

  private:
    void add_bytes(std::string_view bytes);

    std::uint64_t hash_ = 0xcbf29ce484222325;
    std::size_t most_ = 0;
    bool printed_ = false;
    std::deque<std::string> lines_;
};

}  // namespace stagedoor::simulation

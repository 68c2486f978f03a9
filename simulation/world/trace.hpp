// What happened in a run: a hash, equal only for equal runs, and text on demand.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace stagedoor::simulation {

class Trace {
  public:
    // Keeps the last `lines` as text; 0: none.
    void keep(std::size_t lines) { max_lines_ = lines; }
    // Prints each line to stdout at once.
    void print(bool wanted) { prints_ = wanted; }
    [[nodiscard]] bool keeps_text() const { return max_lines_ > 0 || prints_; }

    void add(std::uint64_t number);
    void add(std::chrono::microseconds time, std::string_view source, std::string_view text);

    // Text that is not part of the hash.
    void annotate(std::chrono::microseconds time, std::string_view source, std::string_view text);

    [[nodiscard]] std::uint64_t hash() const { return hash_; }
    [[nodiscard]] const std::deque<std::string>& lines() const { return lines_; }

  private:
    void add_bytes(std::string_view bytes);

    std::uint64_t hash_ = 0xcbf29ce484222325;
    std::size_t max_lines_ = 0;
    bool prints_ = false;
    std::deque<std::string> lines_;
};

}  // namespace stagedoor::simulation

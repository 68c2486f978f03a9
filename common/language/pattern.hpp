// A text in ICU's MessageFormat, parsed once: "Only {left, number} left",
// "{count, plural, one {# ticket} other {# tickets}}". Of its formats these: {name}, {name, number}, plural
// (without offset) and select; dates and money are formatted by locale.hpp.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/language/language.hpp"

namespace stagedoor::language {

// What a text says about something.
struct Argument {
    std::string_view name;
    std::variant<std::int64_t, std::string_view> value;
};
using Arguments = std::span<const Argument>;

class Pattern {
  public:
    // Throws std::runtime_error, which says what is wrong and where.
    Pattern(std::string_view text, Language language);
    ~Pattern();
    Pattern(Pattern&&) noexcept;
    Pattern& operator=(Pattern&&) noexcept;

    // Any thread; takes no lock. Throws std::logic_error if an argument is missing, or is text where a number
    // is needed.
    [[nodiscard]] std::string format(Arguments arguments) const;
    [[nodiscard]] const std::set<std::string>& arguments() const { return arguments_; }

  private:
    struct Part;
    struct Choice;
    using Parts = std::vector<Part>;
    class Parser;

    void format(const Parts& parts, Arguments arguments, const std::int64_t* plural, std::string& out) const;
    [[nodiscard]] const Parts& chosen(const Part& part, const Argument& argument) const;

    Language language_;
    std::unique_ptr<Parts> parts_;
    std::set<std::string> arguments_;
};

}  // namespace stagedoor::language

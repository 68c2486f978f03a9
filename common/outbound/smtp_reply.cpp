#include "common/outbound/smtp_reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

namespace stagedoor::outbound {
namespace {

constexpr std::size_t max_reply = 4096;
constexpr std::string_view goodbye = "221";
constexpr std::size_t status_size = 3;

struct EnhancedCode {
    int kind = 0, subject = 0, detail = 0;
};

// Removes a number of at most `max_digits` from the beginning of `text`.
std::optional<int> take_number(std::string_view& text, std::ptrdiff_t max_digits) {
    int number = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    auto digits = end - text.data();
    if (error != std::errc{} || number < 0 || digits > max_digits) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(digits));
    return number;
}

bool take_dot(std::string_view& text) {
    if (!text.starts_with('.')) return false;
    text.remove_prefix(1);
    return true;
}

// The code at the beginning of a line's text. "192.168.0.1" is none.
std::optional<EnhancedCode> enhanced_code(std::string_view text) {
    auto kind = take_number(text, 1);
    if (!kind || !take_dot(text)) return std::nullopt;
    auto subject = take_number(text, 3);
    if (!subject || !take_dot(text)) return std::nullopt;
    auto detail = take_number(text, 3);
    if (!detail || (text.size() > 1 && text[0] == '.' && text[1] >= '0' && text[1] <= '9'))
        return std::nullopt;
    return EnhancedCode{*kind, *subject, *detail};
}

std::optional<EnhancedCode> enhanced_code_of(std::string_view reply) {
    for (std::size_t from = 0; from < reply.size();) {
        auto end = std::min(reply.find('\n', from), reply.size());
        auto line = reply.substr(from, end - from);
        if (line.size() > status_size) {
            if (auto code = enhanced_code(line.substr(status_size + 1))) return code;
        }
        from = end + 1;
    }
    return std::nullopt;
}

bool is_about_the_mailbox(const EnhancedCode& code) {
    constexpr std::array addresses{1, 2, 3, 6, 10};
    if (code.kind != 5) return false;
    return code.subject == 2 ||
           (code.subject == 1 && std::ranges::find(addresses, code.detail) != addresses.end());
}

}  // namespace

void SmtpReply::add(std::string_view line) {
    while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
    if (complete_ && line.starts_with(goodbye)) return;
    if (complete_) previous_ = std::exchange(text_, {});
    if (!text_.empty()) text_ += '\n';
    text_ += line.substr(0, max_reply - std::min(max_reply, text_.size()));
    complete_ = line.size() <= status_size || line[status_size] != '-';
}

const std::string& SmtpReply::text(int status) const {
    auto has_status = [&](const std::string& reply) { return reply.starts_with(std::to_string(status)); };
    return has_status(previous_) && !has_status(text_) ? previous_ : text_;
}

bool is_final_rejection(std::string_view reply) {
    auto text = reply;
    auto status = take_number(text, status_size).value_or(0);
    if (status / 100 != 5) return false;
    if (auto code = enhanced_code_of(reply)) return is_about_the_mailbox(*code);
    return status >= 550 && status <= 553;
}

}  // namespace stagedoor::outbound

#include "services/client/wording.hpp"

#include <fmt/format.h>

#include <array>

#include "common/http/routing/problem.hpp"

namespace stagedoor::client {
namespace {

// The first of `names` whose key occurs in the text.
template <std::size_t N>
std::string_view find_part(const std::array<Named, N>& names, std::string_view text) {
    for (const auto& [part, name] : names) {
        if (text.find(part) != std::string_view::npos) return name;
    }
    return {};
}

constexpr std::array<std::string_view, 8> all_categories{"concert",  "theatre", "comedy", "sport",
                                                         "festival", "family",  "film",   "other"};

// Order matters: Edge and Opera also claim to be Chrome, and all of them Safari.
constexpr std::array browsers{Named{"Edg", "Edge"},         Named{"OPR/", "Opera"},
                              Named{"Firefox/", "Firefox"}, Named{"Chrome/", "Chrome"},
                              Named{"CriOS/", "Chrome"},    Named{"FxiOS/", "Firefox"},
                              Named{"Safari/", "Safari"},   Named{"curl/", "curl"}};
constexpr std::array systems{Named{"Android", "Android"}, Named{"iPhone", "iPhone"},
                             Named{"iPad", "iPad"},       Named{"Windows", "Windows"},
                             Named{"Mac OS X", "macOS"},  Named{"CrOS", "ChromeOS"},
                             Named{"Linux", "Linux"}};

}  // namespace

std::span<const std::string_view> categories() { return all_categories; }

std::vector<Option> currency_options(std::string_view chosen) {
    std::vector<Option> options;
    for (int i = 0; i < Currency::count; ++i) {
        auto code = std::string{Currency::at(i).code()};
        options.push_back({code, code, chosen == code});
    }
    return options;
}

std::string stock_text(std::int64_t available, const language::Texts& text) {
    if (available <= 0) return text("stock.sold_out");
    if (available == 1) return text("stock.last");
    return text(available <= 5 ? "stock.few" : "stock.left", {{"count", available}});
}

std::string in_utc(Instant instant, Language language) {
    return language::day_and_time(instant, "UTC", language) + " UTC";
}

std::string time_left(std::chrono::milliseconds left, const language::Texts& text) {
    std::int64_t seconds = std::max<std::int64_t>(0, std::chrono::ceil<std::chrono::seconds>(left).count());
    if (seconds < 60) return text("time.seconds", {{"count", seconds}});
    auto minutes = seconds / 60;
    if (minutes < 60) return text("time.minutes", {{"count", minutes}});
    auto hours = text("time.hours", {{"count", minutes / 60}});
    return minutes % 60 == 0 ? hours : hours + " " + text("time.minutes", {{"count", minutes % 60}});
}

std::string category_name(std::string_view category, const language::Texts& text) {
    auto is_known = std::ranges::find(all_categories, category) != all_categories.end();
    return is_known ? text("category." + std::string{category}) : std::string{};
}

std::string order_status(std::string_view status, const language::Texts& text) {
    if (status == "created") return text("status.held");
    if (status == "awaiting:payment") return text("status.paying");
    if (status == "complete") return text("status.paid");
    if (status == "cancelled") return text("status.cancelled");
    return std::string{status};
}

std::string status_tone(std::string_view status) {
    if (status == "complete") return "good";
    return status == "created" || status == "awaiting:payment" ? "warn" : "";
}

std::string label_of(std::string_view field, Language language) {
    if (auto label = language::label_of(field, language)) return std::move(*label);
    auto last = field.rfind('.');  // "items[0].quantity"
    return last == std::string_view::npos ? std::string{field} : label_of(field.substr(last + 1), language);
}

std::string sentence(const Problem& problem, Language language) {
    const auto& field = problem.field;
    auto message = language::to_text(problem.message, language);
    if (message.empty()) return language::to_text("Something went wrong"_text, language);
    // The services begin with the field's name, a form with its own label.
    auto name = http::field_in_words(field) + " ";
    if (!field.empty() && message.starts_with(name))
        message.replace(0, name.size() - 1, label_of(field, language));
    auto is_predicate = message.front() >= 'a' && message.front() <= 'z';
    if (!is_predicate) return message;
    if (!field.empty()) return language::with_subject(label_of(field, language), message, language);
    message.front() = static_cast<char>(message.front() - 'a' + 'A');
    return message;
}

std::string device(std::string_view user_agent, const language::Texts& text) {
    auto browser = find_part(browsers, user_agent);
    auto system = find_part(systems, user_agent);
    if (browser.empty() && system.empty()) return text("device.unknown");
    if (browser.empty()) return std::string{system};
    if (system.empty()) return std::string{browser};
    return text("device.on", {{"browser", browser}, {"system", system}});
}

}  // namespace stagedoor::client

#include "services/client/wording.hpp"

#include <fmt/format.h>

#include <array>

#include "common/http/routing/problem.hpp"

namespace stagedoor::client {
namespace {

template <std::size_t N>
std::string_view find_name(const std::array<Named, N>& names, std::string_view key) {
    for (const auto& [each, name] : names) {
        if (each == key) return name;
    }
    return {};
}

// The first of `names` whose key occurs in the text.
template <std::size_t N>
std::string_view find_part(const std::array<Named, N>& names, std::string_view text) {
    for (const auto& [part, name] : names) {
        if (text.find(part) != std::string_view::npos) return name;
    }
    return {};
}

constexpr std::array category_names{Named{"concert", "Concert"},   Named{"theatre", "Theatre"},
                                    Named{"comedy", "Comedy"},     Named{"sport", "Sport"},
                                    Named{"festival", "Festival"}, Named{"family", "Family"},
                                    Named{"film", "Film"},         Named{"other", "Other"}};

constexpr std::array statuses{Named{"created", "Held"}, Named{"awaiting:payment", "Payment in progress"},
                              Named{"complete", "Paid"}, Named{"cancelled", "Cancelled"}};

constexpr std::array labels{Named{"title", "Title"},
                            Named{"price", "Price"},
                            Named{"currency", "Currency"},
                            Named{"quantity", "Quantity"},
                            Named{"venue", "Venue"},
                            Named{"maxPerOrder", "Limit per order"},
                            Named{"maxPerBuyer", "Limit per buyer"},
                            Named{"city", "City"},
                            Named{"description", "Description"},
                            Named{"category", "Category"},
                            Named{"startsAt", "Date and time"},
                            Named{"timeZone", "Time zone"},
                            Named{"seats", "Seats"},
                            Named{"email", "Email"},
                            Named{"password", "Password"},
                            Named{"newPassword", "New password"},
                            Named{"currentPassword", "Current password"},
                            Named{"q", "Search"},
                            Named{"from", "From"},
                            Named{"to", "To"},
                            Named{"minPrice", "Min price"},
                            Named{"maxPrice", "Max price"},
                            Named{"sort", "Sort by"},
                            Named{"name", "Name"},
                            Named{"expiresAt", "Valid until"},
                            Named{"maxTransfers", "Times a ticket may be passed on"}};

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

std::span<const Named> categories() { return category_names; }

std::vector<Option> currency_options(std::string_view chosen) {
    std::vector<Option> options;
    for (int i = 0; i < Currency::count; ++i) {
        auto code = std::string{Currency::at(i).code()};
        options.push_back({code, code, chosen == code});
    }
    return options;
}

std::string stock_text(std::int64_t available) {
    if (available <= 0) return "Sold out";
    if (available == 1) return "Last one";
    if (available <= 5) return fmt::format("Only {} left", available);
    return fmt::format("{} left", grouped(available));
}

std::string time_left(std::chrono::milliseconds left) {
    auto seconds = std::chrono::ceil<std::chrono::seconds>(left).count();
    if (seconds <= 0) return "0 seconds";
    if (seconds < 60) return counted(seconds, "second");
    auto minutes = seconds / 60;
    if (minutes < 60) return counted(minutes, "minute");
    auto hours = counted(minutes / 60, "hour");
    return minutes % 60 == 0 ? hours : hours + " " + counted(minutes % 60, "minute");
}

std::string category_name(std::string_view category) {
    return std::string{find_name(category_names, category)};
}

std::string order_status(std::string_view status) {
    auto name = find_name(statuses, status);
    return std::string{name.empty() ? status : name};
}

std::string status_tone(std::string_view status) {
    if (status == "complete") return "good";
    return status == "created" || status == "awaiting:payment" ? "warn" : "";
}

std::string label_of(std::string_view field) {
    auto name = find_name(labels, field);
    if (!name.empty()) return std::string{name};
    auto last = field.rfind('.');  // "items[0].quantity"
    return last == std::string_view::npos ? std::string{field} : label_of(field.substr(last + 1));
}

std::string sentence(const Problem& problem) {
    auto message = problem.message;
    // The services begin with the field's name, a form with its own label.
    auto name = http::field_in_words(problem.field) + " ";
    if (!problem.field.empty() && message.starts_with(name))
        message.replace(0, name.size() - 1, label_of(problem.field));
    if (message.empty()) return "Something went wrong";
    auto is_predicate = message.front() >= 'a' && message.front() <= 'z';
    if (!is_predicate) return message;
    if (!problem.field.empty()) return label_of(problem.field) + " " + message;
    message.front() = static_cast<char>(message.front() - 'a' + 'A');
    return message;
}

std::string device(std::string_view user_agent) {
    auto browser = find_part(browsers, user_agent);
    auto system = find_part(systems, user_agent);
    if (browser.empty() && system.empty()) return "Unknown device";
    if (browser.empty()) return std::string{system};
    if (system.empty()) return std::string{browser};
    return fmt::format("{} on {}", browser, system);
}

}  // namespace stagedoor::client

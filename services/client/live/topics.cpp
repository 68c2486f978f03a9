#include "services/client/live/topics.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "common/errors.hpp"
#include "common/http/message.hpp"
#include "common/text/ascii.hpp"

namespace stagedoor::client::live {
namespace {

constexpr std::size_t max_id = 64;

bool is_id(std::string_view text) {
    auto belongs = [](char c) {
        return text::is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
    };
    return !text.empty() && text.size() <= max_id && std::ranges::all_of(text, belongs);
}

void add_topics(std::vector<Topic>& topics, Kind kind, std::string_view ids, const std::string& field) {
    for (std::string_view id; http::next_part(ids, id, ',');) {
        if (!is_id(id)) throw Invalid("must be ids, separated by commas"_text, field);
        Topic topic{kind, std::string{id}};
        if (std::ranges::find(topics, topic) == topics.end()) topics.push_back(std::move(topic));
    }
}

void check_count(const std::vector<Topic>& topics, Kind kind, std::size_t max, const std::string& field) {
    if (static_cast<std::size_t>(std::ranges::count(topics, kind, &Topic::kind)) > max)
        throw Invalid("must be at most {max} ids"_text.with("max", std::to_string(max)), field);
}

}  // namespace

std::string_view to_text(Kind kind) { return kind == Kind::ticket ? "ticket" : "order"; }

std::string to_text(const Topic& topic) { return fmt::format("{}:{}", to_text(topic.kind), topic.id); }

std::vector<Topic> topics_in(std::string_view query) {
    auto pairs = http::parse_pairs(query);
    if (!pairs) throw Invalid("The query string is malformed"_text);
    std::vector<Topic> topics;
    for (const auto& [name, value] : *pairs) {
        if (name == "tickets") add_topics(topics, Kind::ticket, value, name);
        if (name == "orders") add_topics(topics, Kind::order, value, name);
    }
    check_count(topics, Kind::ticket, max_tickets, "tickets");
    check_count(topics, Kind::order, max_orders, "orders");
    if (topics.empty()) throw Invalid("Say what to follow: tickets=ID,… or orders=ID,…"_text);
    return topics;
}

}  // namespace stagedoor::client::live

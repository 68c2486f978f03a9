#include "services/client/listing_input.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "services/client/calendar.hpp"
#include "services/client/typed_numbers.hpp"
#include "services/client/wording.hpp"

namespace stagedoor::client {
namespace {

constexpr std::array<std::string_view, 14> names{
    "title",    "venue",    "city",        "category",    "startsAt", "timeZone",    "price",
    "currency", "quantity", "maxPerOrder", "maxPerBuyer", "seats",    "description", "picture"};
// Which of two equal local times: the offset from UTC.
constexpr std::string_view occurrence = "startsAtOffset";
constexpr auto default_zone = "UTC";

bool has(const Values& values, std::string_view name) {
    return std::ranges::find(values, name, &Values::value_type::first) != values.end();
}

std::string zone_of(const Values& values) {
    auto zone = value_of(values, "timeZone");
    return zone.empty() ? default_zone : zone;
}

json::Value typed_price(const Values& fields) {
    return as_price(value_of(fields, "price"), currency_of(fields));
}

// "15.00" and "15" are the same price.
bool same_amount(const std::string& stored, const Values& typed) {
    auto amount = typed_price(typed);
    if (!amount.number()) return false;
    auto widest = Currency::parse("KWD").value();
    auto one = Money::parse(stored, widest), other = Money::parse(amount.number()->text, widest);
    return one && other && *one == *other;
}

bool same(std::string_view name, const Values& stored, const Values& typed) {
    auto one = value_of(stored, name);
    return one == value_of(typed, name) || (name == "price" && same_amount(one, typed));
}

// As the input comes back if it isn't touched: trimmed; with LF for line breaks, or, in an input of one line,
// with the blank that the template writes for one.
std::string as_sent(std::string_view name, std::string text) {
    if (name == "description")
        std::erase(text, '\r');
    else
        std::ranges::replace_if(text, [](char c) { return c >= '\t' && c <= '\r'; }, ' ');
    return Form{http::Pairs{{"text", std::move(text)}}}["text"];
}

bool is_unchanged(std::string_view name, const Values& inputs, const Values& shown) {
    Values sent{{name, as_sent(name, value_of(shown, name))}};
    if (name == "price") {
        return value_of(inputs, "currency") == value_of(shown, "currency") && same(name, sent, inputs);
    }
    return value_of(sent, name) == value_of(inputs, name);
}

Message skipped_text(const LocalTime& local, const std::string& zone) {
    return "{time} on {day} doesn’t exist in {zone}: the clocks are set forward from {begin} to {end}"_text
        .with("time", local.clock)
        .with("day", local.day)
        .with("zone", zone)
        .with("begin", local.gap_begin)
        .with("end", local.gap_end);
}

Message twice_text(const LocalTime& local) {
    return "{time} occurs twice on {day}, when the clocks are set back. Choose which one you mean"_text
        .with("time", local.clock)
        .with("day", local.day);
}

// The instant that was entered; what can't be read stays as it is, with a problem.
std::string read_start(const Values& inputs, const std::optional<Values>& base, Problems& problems) {
    auto text = value_of(inputs, "startsAt"), zone = zone_of(inputs), offset = value_of(inputs, occurrence);
    if (text.empty()) return text;
    auto same_time = false;
    if (base) {
        auto shown = inputs_for(*base);
        same_time = text == value_of(shown, "startsAt");
        auto same_occurrence = offset.empty() || offset == value_of(shown, occurrence);
        if (same_time && zone == zone_of(shown) && same_occurrence) return value_of(*base, "startsAt");
    }
    auto reject = [&](Message message) { problems.push_back({std::move(message), "startsAt"}); };
    auto local = from_local_input(text, zone);
    if (!local) {
        if (auto instant = Instant::parse(text)) return instant->to_text();
        reject("Enter a date and a time, e.g. 2027-05-02 19:30"_text);
        return text;
    }
    auto moment = std::ranges::find(local->moments, offset, &LocalTime::Moment::offset);
    if (local->moments.size() == 1) moment = local->moments.begin();
    if (moment == local->moments.end()) {
        reject(local->moments.empty() ? skipped_text(*local, zone) : twice_text(*local));
        return text;
    }
    // The form shows no seconds: they stay if only the zone was changed.
    auto stored = same_time ? Instant::parse(value_of(*base, "startsAt")) : std::nullopt;
    std::chrono::milliseconds seconds{stored ? stored->milliseconds % 60'000 : 0};
    return (moment->instant + seconds).to_text();
}

// How a field is shown in a list of differences.
std::string shown_text(std::string_view name, const Values& fields, const language::Texts& text) {
    auto value = value_of(fields, name);
    if (name == "startsAt") {
        if (auto instant = Instant::parse(value))
            return day_and_time(*instant, zone_of(fields), text.language());
    }
    if (name == "category" && !value.empty()) return category_name(value, text);
    if (name == "picture" && !value.empty()) return text("form.picture_some");
    return value.empty() ? text("form.nothing") : value;
}

// Fields that only make sense together.
constexpr std::array<std::pair<std::string_view, std::string_view>, 2> pairs{
    {{"startsAt", "timeZone"}, {"price", "currency"}}};

std::vector<std::string_view> changed_with(std::string_view name) {
    for (const auto& [one, other] : pairs) {
        if (name == one || name == other) return {one, other};
    }
    return {name};
}

}  // namespace

std::string value_of(const Values& values, std::string_view name) {
    auto found = std::ranges::find(values, name, &Values::value_type::first);
    return found == values.end() ? std::string{} : found->second;
}

Currency currency_of(const Values& values) {
    return Currency::parse(value_of(values, "currency")).value_or(Currency{});
}

std::vector<std::string_view> input_names() { return {names.begin(), names.end()}; }

Values fields_of(const Listing& listing) {
    auto number = [](const std::optional<std::int64_t>& value) {
        return value ? std::to_string(*value) : std::string{};
    };
    return {{"title", listing.title},
            {"venue", listing.venue.value_or("")},
            {"city", listing.city.value_or("")},
            {"category", listing.category.value_or("")},
            {"startsAt", listing.starts_at ? listing.starts_at->to_text() : ""},
            {"timeZone", listing.time_zone.value_or("")},
            {"price", listing.price.to_text()},
            {"currency", std::string{listing.price.currency.code()}},
            {"quantity", std::to_string(listing.quantity)},
            {"maxPerOrder", number(listing.max_per_order)},
            {"maxPerBuyer", number(listing.max_per_buyer)},
            {"seats", listing.seats.value_or("")},
            {"description", listing.description.value_or("")},
            {"picture", listing.picture.value_or("")}};
}

Values inputs_of(const Form& form) {
    Values inputs;
    for (auto name : names) {
        if (!form.has(name)) continue;
        inputs.emplace_back(name, form[name]);
        std::erase(inputs.back().second, '\r');  // browsers send line breaks as CR LF
    }
    if (form.has(occurrence)) inputs.emplace_back(occurrence, form[occurrence]);
    return inputs;
}

Values inputs_for(const Values& fields) {
    Values inputs;
    auto zone = zone_of(fields);
    for (auto name : names) {
        auto value = value_of(fields, name);
        auto instant = name == "startsAt" ? Instant::parse(value) : std::nullopt;
        if (instant) {
            value = to_local_input(*instant, zone);
            auto local = from_local_input(value, zone);
            if (local && local->moments.size() > 1)
                inputs.emplace_back(occurrence, offset_at(*instant, zone));
        }
        inputs.emplace_back(name, name == "timeZone" ? zone : std::move(value));
    }
    return inputs;
}

std::string to_text(const Values& fields) {
    json::Object object;
    for (const auto& [name, value] : fields) object.emplace_back(std::string{name}, json::Value{value});
    std::string text;
    json::write_value(text, json::Value{std::move(object)});
    return text;
}

std::optional<Values> fields_from(std::string_view text) {
    auto value = json::parse(text);
    if (!value || !value->object()) return std::nullopt;
    Values fields;
    for (auto name : names) {
        const auto* field = (*value)[name].string();
        fields.emplace_back(name, field ? *field : "");
    }
    return fields;
}

Values with_missing(Values inputs, const std::optional<Values>& base) {
    if (!base) return inputs;
    for (auto& [name, value] : inputs_for(*base)) {
        if (name != occurrence && !has(inputs, name)) inputs.emplace_back(name, std::move(value));
    }
    return inputs;
}

Entry read_entry(const Values& sent, const std::optional<Values>& base) {
    Entry entry;
    auto inputs = with_missing(sent, base);
    auto shown = base ? inputs_for(*base) : Values{};
    for (auto name : names) {
        if (name == "startsAt")
            entry.fields.emplace_back(name, read_start(inputs, base, entry.problems));
        else if (base && is_unchanged(name, inputs, shown))
            entry.fields.emplace_back(name, value_of(*base, name));
        else
            entry.fields.emplace_back(name, value_of(inputs, name));
    }
    return entry;
}

json::Value body_of(const Values& fields, const std::optional<Values>& base, const std::string& version) {
    json::Object body;
    auto add = [&](std::string_view name, json::Value value) {
        body.emplace_back(std::string{name}, std::move(value));
    };
    for (auto name : names) {
        auto text = value_of(fields, name);
        if (text.empty() && name != "title") continue;
        auto is_stored = base && text == value_of(*base, name);
        if (name == "price" && is_stored && value_of(fields, "currency") == value_of(*base, "currency"))
            add(name, json::Value{json::Number{std::move(text)}});
        else if (name == "price")
            add(name, typed_price(fields));
        else if (name == "quantity" || name == "maxPerOrder" || name == "maxPerBuyer")
            add(name, as_count(text));
        else
            add(name, json::Value{std::move(text)});
    }
    if (!version.empty()) add("version", as_count(version));
    return json::Value{std::move(body)};
}

std::vector<Option> occurrences(const Values& inputs, const language::Texts& text) {
    auto local = from_local_input(value_of(inputs, "startsAt"), zone_of(inputs));
    if (!local || local->moments.size() < 2) return {};
    auto chosen = value_of(inputs, occurrence);
    std::vector<Option> options{{"", text("form.choose"), true}};
    for (const auto& moment : local->moments) {
        options.push_back({moment.offset, moment.label, moment.offset == chosen});
        if (options.back().chosen) options.front().chosen = false;
    }
    return options;
}

Merge merge(const Values& mine, const std::optional<Values>& base, const Values& theirs,
            const language::Texts& text) {
    auto language = text.language();
    Merge result{.fields = {}, .changes = {}, .same = true};
    auto is_mine = [&](std::string_view name) {
        auto together = changed_with(name);
        return !base || std::ranges::any_of(together, [&](auto each) { return !same(each, *base, mine); });
    };
    for (auto name : names) result.fields.emplace_back(name, value_of(is_mine(name) ? mine : theirs, name));
    for (auto name : names) {
        if (!same(name, theirs, result.fields)) {
            result.same = false;
            result.changes.push_back({label_of(name, language), shown_text(name, theirs, text),
                                      shown_text(name, result.fields, text)});
        } else if (base && value_of(*base, name) != value_of(theirs, name)) {
            result.changes.push_back(
                {label_of(name, language), shown_text(name, theirs, text), std::nullopt});
        }
    }
    return result;
}

}  // namespace stagedoor::client

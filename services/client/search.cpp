#include "services/client/search.hpp"

#include <algorithm>

#include "common/text/code_points.hpp"
#include "common/text/utf8.hpp"

namespace stagedoor::client {

std::string slug_of(std::string_view name) {
    std::string slug;
    auto folded = text::fold(name);
    for (auto code_point : text::split_code_points(folded)) {
        if (text::is_alphanumeric(code_point))
            slug += code_point;
        else if (!slug.empty() && !slug.ends_with('-'))
            slug += '-';
    }
    if (slug.ends_with('-')) slug.pop_back();
    return slug;
}

void append_parameter(std::string& address, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    address += address.find('?') == std::string::npos ? '?' : '&';
    address.append(name).append("=").append(http::percent_encode(value));
}

std::string search_url(const Form& query, std::string_view changed, std::string_view value) {
    auto value_of = [&](std::string_view name) { return name == changed ? std::string{value} : query[name]; };
    auto has_page_of_its_own = [&](std::string_view name) {
        auto has_only_it = std::ranges::all_of(
            filters, [&](auto filter) { return filter == name || value_of(filter).empty(); });
        return has_only_it && !value_of(name).empty();
    };
    std::string address = "/";
    if (has_page_of_its_own("category"))
        address += "categories/" + http::percent_encode(value_of("category"));
    else if (has_page_of_its_own("city") && !slug_of(value_of("city")).empty())
        address += "cities/" + http::percent_encode(slug_of(value_of("city")));
    else
        for (auto name : filters) append_parameter(address, name, value_of(name));
    if (!changed.empty() && std::ranges::find(filters, changed) == filters.end())
        append_parameter(address, changed, value);
    return address;
}

}  // namespace stagedoor::client

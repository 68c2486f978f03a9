#include "common/json/object.hpp"

namespace stagedoor::json {

void add_member(Value& object, std::string_view name, Part part) {
    std::get<Object>(object.held).emplace_back(name, std::move(part.value));
}

Value object(std::initializer_list<Member> members) {
    Value all{Object{}};
    for (const auto& [name, part] : members) add_member(all, name, part);
    return all;
}

Value array(std::initializer_list<Part> elements) {
    Array all;
    for (const auto& part : elements) all.push_back(part.value);
    return Value{std::move(all)};
}

}  // namespace stagedoor::json

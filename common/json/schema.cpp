#include "common/json/schema.hpp"

namespace stagedoor::json {

Value amount_schema() { return object({{"type", "number"}, {"minimum", 0}}); }

Value money_schema(SchemaOf use) {
    if (use != SchemaOf::read) return object({{"type", "number"}, {"exclusiveMinimum", 0}});
    // The pattern is of text, the limits are of a number.
    return object({{"type", array({"number", "string"})},
                   {"exclusiveMinimum", 0},
                   {"maximum", Number{"999999.99"}},
                   {"pattern", "^([0-9]+[.]?[0-9]*|[.][0-9]+)$"}});
}

Value currency_schema(SchemaOf use) {
    if (use == SchemaOf::event) return object({{"type", "string"}, {"pattern", "^[A-Z]{3}$"}});
    Array codes;
    for (int i = 0; i < Currency::count; ++i) codes.emplace_back(std::string{Currency::at(i).code()});
    return object({{"type", "string"}, {"enum", std::move(codes)}});
}

}  // namespace stagedoor::json

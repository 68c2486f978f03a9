// The merged OpenAPI document that client serves when every service is a program of its own.
#include "common/http/openapi/openapi.hpp"

#include <gtest/gtest.h>

#include "apps/describe/idle_services.hpp"
#include "services/all_services.hpp"

namespace stagedoor::describe {
namespace {

TEST(MergedOpenApi, equals_the_document_of_one_program_with_all_services) {
    std::vector<std::string> parts;
    for (const auto& service : all_services()) parts.push_back(IdleServices{{service}}.openapi());
    auto whole = IdleServices{all_services()}.openapi();
    EXPECT_EQ(http::merge_openapi(parts), whole);
    EXPECT_GT(whole.size(), parts.front().size());
}

}  // namespace
}  // namespace stagedoor::describe

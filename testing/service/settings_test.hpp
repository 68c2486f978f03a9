// What tests of settings share: flags and variables in, values or problems out.
#pragma once

#include <gtest/gtest.h>

#include <CLI/CLI.hpp>
#include <map>
#include <string>
#include <vector>

#include "common/runtime/temporary_folder.hpp"
#include "common/service/options.hpp"

namespace stagedoor::testing {

// Variables of the environment, for as long as it lives.
class Environment {
  public:
    explicit Environment(std::map<std::string, std::string> variables);
    ~Environment();
    Environment(const Environment&) = delete;
    Environment& operator=(const Environment&) = delete;

  private:
    std::map<std::string, std::string> variables_;
};

// A program with these services. Its variables are removed from the test's own environment.
class SettingsTest : public ::testing::Test {
  public:
    explicit SettingsTest(std::vector<Options::Owner> services, std::vector<std::string> calls = {},
                          Deployment deployment = Deployment::one_process);

    // Throws CLI::ParseError for an unknown flag.
    [[nodiscard]] std::expected<Settings, std::vector<std::string>> read(std::vector<std::string> flags);
    // Fails the test unless the settings are valid.
    [[nodiscard]] Settings valid(std::vector<std::string> flags = {});
    // Fails the test if they are valid.
    [[nodiscard]] std::vector<std::string> problems(std::vector<std::string> flags = {});
    // Fails the test unless there is exactly one problem.
    [[nodiscard]] std::string problem(std::vector<std::string> flags = {});
    // Giving a default explicitly, as --help shows it, changes nothing.
    void expect_shown_defaults_to_apply();

    Options options;

  private:
    void TestBody() override {}

    std::vector<Options::Owner> owners_;
};

}  // namespace stagedoor::testing
